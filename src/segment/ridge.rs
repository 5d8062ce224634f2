//! The classical detector: flatten the light, then lines under a pixel at the scales of hair.

use super::steger::{LinePoint, Smooth};
use super::{Contrast, Lights, Segmentation, Tone, View, WORKING_UM};
use crate::field::Field;
use crate::photo::Photo;
use crate::raster::halved::halved;
use crate::raster::light::ln;
use crate::raster::wide::widely;
use crate::raster::{CONTIGUOUS, Mask, Plane, background, gaussian, sample};

/// The thickness of a usual hair, in micrometers.
const USUAL_UM: f64 = 65.0;

/// The width of a usual hair, in working pixels.
const USUAL: f64 = USUAL_UM / WORKING_UM;

/// The most contrast that tells anything: beyond it hair is just black, and sensor noise decides.
const MOST_CONTRAST: f32 = 3.0;

/// What each pixel of the field is. `None` when the field shows nothing.
pub fn segment(lights: Lights) -> Option<Segmentation> {
    let (factor, Standing { dark, light, haze }) = (lights.factor, Standing::of(lights)?);
    // Light lines are the dark ones of the negative, so that one plane shows both: how dark, and below 0 how light, where either shows better.
    let both = |r: usize, both: &mut [f32]| {
        let [dark, light] = [&dark, &light].map(|plane| plane.row(r).to_slice().expect(CONTIGUOUS));
        let pixels = both.iter_mut().zip(dark.iter().zip(light));
        widely(
            #[inline(always)]
            || pixels.for_each(|(both, (dark, light))| *both = if *dark < 0.0 { dark.min(-*light) } else { *dark }),
        );
    };
    let least = [Tone::Dark, Tone::Light].map(least);
    let (fine, half) = Smooth::lines_and_half(dark.dim(), both, 0.16 * USUAL, least);
    let usual = half.further(0.32 * USUAL);
    drop(half);
    let coarse = usual.further(0.6 * USUAL).lines_above_texture(least);
    let mut contrasts = [(Tone::Dark, dark), (Tone::Light, light)].map(|(tone, plane)| Contrast { tone, plane, lines: vec![] });
    for found in [usual.lines_above_texture(least), fine, coarse] {
        contrasts.iter_mut().zip(found).for_each(|(contrast, lines)| contrast.lines.extend(lines));
    }
    Some(Segmentation { factor, stroke: USUAL, contrasts: contrasts.into(), haze })
}

/// How hair stands out; 0 where nothing is visible.
struct Standing {
    /// How dark: the natural log of the level of bright skin over the light.
    dark: Plane,
    /// How light: that of the light over the level of usual skin.
    light: Plane,
    /// How strongly shafts show through the skin.
    haze: Plane,
}

impl Standing {
    /// How hair stands out in a view. `None` when nothing is visible.
    ///
    /// Hair is dark in every color, while vessels, haze and drawn lines keep one: the brightest channel shows dark hair alone. Blond hair
    /// outshines the skin in red only, so the brightest channel serves for blond hair too. But skin swallows blue and green most, so that gray and
    /// white hair outshines it least in its brightest color: it is seen by all three.
    fn of(lights: Lights) -> Option<Self> {
        let Lights { mut brightest, mean_log: mut mean, red, visible, .. } = lights;
        let [bright, usual] = log_levels(&brightest, &visible, BLOCK, [0.75, 0.5])?;
        let [usual_mean] = background::quantile_levels(&mean, &visible, BLOCK, REACH, [0.5])?;
        let columns = brightest.ncols();
        let mut enlarged = [&bright, &usual, &usual_mean].map(|level| (background::Enlargement::new(level, BLOCK), vec![0.0; columns]));
        let rows = brightest.rows_mut().into_iter().zip(mean.rows_mut()).zip(visible.rows());
        for (r, ((brightest, mean), visible)) in rows.enumerate() {
            enlarged.iter_mut().for_each(|(enlargement, skin)| enlargement.row(r, skin));
            let [brightest, mean] = [brightest, mean].map(|row| row.into_slice().expect(CONTIGUOUS));
            let skin = enlarged[0].1.iter().zip(&enlarged[1].1).zip(&enlarged[2].1);
            let visible = visible.to_slice().expect(CONTIGUOUS);
            // In place: what was the brightest color becomes how dark hair stands out, and the mean of the three how light.
            let pixels = brightest.iter_mut().zip(mean).zip(skin.zip(visible));
            widely(
                #[inline(always)]
                || {
                    for ((dark, light), (((bright, usual), usual_mean), visible)) in pixels {
                        let log = ln(dark.max(DARKEST));
                        let over = |level: f32, log: f32| if *visible { (log - level).max(-MOST_CONTRAST) } else { 0.0 };
                        *light = over(*usual, log).max(over(*usual_mean, *light));
                        *dark = -over(*bright, log);
                    }
                },
            );
        }
        Some(Self { haze: haze(red, &brightest, &visible)?, dark: brightest, light: mean })
    }
}

/// Writes the brightest of the three colors, and the mean of their natural logs.
pub(super) fn lights([red, green, blue]: [&[f32]; 3], brightest: &mut [f32], mean_log: &mut [f32]) {
    let pixels = brightest.iter_mut().zip(mean_log).zip(red.iter().zip(green).zip(blue));
    widely(
        #[inline(always)]
        || {
            for ((brightest, mean), ((r, g), b)) in pixels {
                *brightest = r.max(*g).max(*b);
                *mean = ln(r.max(DARKEST) * g.max(DARKEST) * b.max(DARKEST)) / 3.0;
            }
        },
    );
}

/// The least strength at which a line of this tone is followed, whatever the texture; skin has more bright specks than dark ones.
fn least(tone: Tone) -> f64 {
    match tone {
        Tone::Dark => 0.06,
        Tone::Light => 0.10,
    }
}

/// How strongly shafts show through the skin, on half the grid: by the red light it swallows, and once more by what it swallows of red alone.
/// Hair on the skin, which swallows all colors alike, is left out.
fn haze(red: Plane, dark: &Plane, visible: &Mask) -> Option<Plane> {
    let dark = halved(dark);
    let visible = Mask::from_shape_fn(red.dim(), |(r, c)| visible[[2 * r, 2 * c]]);
    let [bright] = log_levels(&red, &visible, BLOCK / 2, [0.75])?;
    let mut haze = stand_out(logarithm(red), &bright, &visible, BLOCK / 2, -1.0);
    ndarray::Zip::from(&mut haze).and(&dark).for_each(|red, dark| *red = if *dark > HAIR_CONTRAST { 0.0 } else { *red + (*red - dark) });
    Some(gaussian::blurred(&haze, 1.0))
}

/// Beyond this contrast no haze goes, only hair on the skin.
const HAIR_CONTRAST: f32 = 1.0;

/// Pixels each way of the blocks over which the level of the skin is taken, and how many of these to each side.
const BLOCK: usize = 8;
const REACH: usize = 8;

/// The natural logs of the levels that shares of the light lie below, by blocks.
fn log_levels<const N: usize>(light: &Plane, visible: &Mask, block: usize, quantiles: [f64; N]) -> Option<[Plane; N]> {
    let levels = background::quantile_levels(light, visible, block, REACH, quantiles)?;
    Some(levels.map(logarithm))
}

/// The natural log of light.
fn logarithm(mut light: Plane) -> Plane {
    let values = light.as_slice_mut().expect(CONTIGUOUS);
    widely(
        #[inline(always)]
        || values.iter_mut().for_each(|value| *value = ln(value.max(DARKEST))),
    );
    light
}

/// What is darker holds no more light than this share of white.
const DARKEST: f32 = 1e-4;

/// How the log of light stands out against that of a level: below it (sign −1) or above it (sign +1); 0 where nothing is visible.
fn stand_out(mut log: Plane, level: &Plane, visible: &Mask, block: usize, sign: f32) -> Plane {
    let mut enlargement = background::Enlargement::new(level, block);
    let mut skin = vec![0.0; log.ncols()];
    for (r, (mut row, visible)) in log.rows_mut().into_iter().zip(visible.rows()).enumerate() {
        enlargement.row(r, &mut skin);
        let (row, visible) = (row.as_slice_mut().expect(CONTIGUOUS), visible.to_slice().expect(CONTIGUOUS));
        widely(
            #[inline(always)]
            || {
                for ((value, skin), visible) in row.iter_mut().zip(&skin).zip(visible) {
                    *value = if *visible { sign * (*value - skin).max(-MOST_CONTRAST) } else { 0.0 };
                }
            },
        );
    }
    log
}

/// The photo pixels per working pixel at which the dominant strokes have the usual width, for photos of unknown scale: of the octaves and tones, the one whose lines of usual width
/// weigh most.
pub(super) fn usual_stroke(photo: &Photo, field: &Field) -> Option<f64> {
    let longer = photo.width().max(photo.height()) as f64;
    let octaves = (-1..8).map(|k| f64::from(k).exp2()).filter(|factor| (64.0..=3000.0).contains(&(longer / factor)));
    let mut best: Option<(f64, f64)> = None;
    for factor in octaves {
        let Some(standing) = Standing::of(View::of(photo, field, factor).lights) else { continue };
        for (tone, plane) in [(Tone::Dark, standing.dark), (Tone::Light, standing.light)] {
            let (weight, width) = weigh_usual_lines(&plane, least(tone));
            if weight * factor > best.map_or(0.0, |b| b.0) {
                best = Some((weight * factor, width * factor));
            }
        }
    }
    best.map(|(_, width)| width / USUAL)
}

/// The summed strength of the lines of about usual width and the median of their widths, in working pixels.
fn weigh_usual_lines(plane: &Plane, least: f64) -> (f64, f64) {
    let [lines, _] = Smooth::of(plane, 0.32 * USUAL).lines_above_texture([least, f64::INFINITY]);
    let mut widths: Vec<(f64, f64)> = lines
        .iter()
        .filter(|line| line.len() as f64 > 1.5 * USUAL)
        .flat_map(|line| line.iter().step_by(3).filter_map(|p| Some((bar_width(plane, p)?, p.strength))))
        .filter(|(w, _)| (0.6 * USUAL..1.3 * USUAL).contains(w))
        .collect();
    widths.sort_by(|a, b| a.0.total_cmp(&b.0));
    let weight: f64 = widths.iter().map(|w| w.1).sum();
    let mut left = weight / 2.0;
    let median = widths.iter().find(|w| {
        left -= w.1;
        left <= 0.0
    });
    (weight, median.map_or(USUAL, |m| m.0))
}

/// The full width at half height across a line point, if both sides fall that low within reach.
fn bar_width(plane: &Plane, p: &LinePoint) -> Option<f64> {
    let top = sample(plane, p.at);
    let across = crate::geometry::Vector::from_angle(p.angle).normal();
    let side = |sign: f64| (1..40).map(|i| 0.5 * f64::from(i)).find(|d| sample(plane, p.at + across * (sign * d)) < 0.5 * top);
    Some(side(1.0)? + side(-1.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// White hair on brown skin is hardly lighter in red, in which such skin is bright.
    #[test]
    fn gray_hair_is_seen_in_the_colors_that_skin_swallows() {
        let linear = crate::raster::light::linear;
        let colors = [(205.0, 190.0), (196.0, 142.0), (188.0, 112.0)].map(|(hair, skin)| {
            Plane::from_shape_fn((300, 300), |(r, _)| linear(if (140..152).contains(&r) { hair } else { skin } / 255.0))
        });
        let (mut brightest, mut mean_log) = (Plane::zeros((300, 300)), Plane::zeros((300, 300)));
        let [to_brightest, to_mean_log] = [&mut brightest, &mut mean_log].map(|plane| plane.as_slice_mut().unwrap());
        lights(colors.each_ref().map(|plane| plane.as_slice().unwrap()), to_brightest, to_mean_log);
        let (red, visible) = (halved(&colors[0]), Mask::from_elem((300, 300), true));
        let Standing { dark, light, .. } = Standing::of(Lights { factor: 1.0, brightest, mean_log, red, visible }).unwrap();
        assert!(light[[146, 150]] > 0.5, "{}", light[[146, 150]]);
        assert!(light[[60, 150]].abs() < 0.05 && dark[[60, 150]].abs() < 0.05);
    }
}
