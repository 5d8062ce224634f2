//! The classical detector: flatten the light, then lines under a pixel at the scales of hair.

use super::steger;
use super::{Contrast, Segmentation, Tone, View, WORKING_UM};
use crate::field::Field;
use crate::photo::Photo;
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
pub fn segment(view: &View) -> Option<Segmentation> {
    let planes = {
        let brightest = brightest(view);
        [Tone::Dark, Tone::Light].map(|tone| Some((tone, contrast(tone, &brightest, &view.visible)?)))
    };
    let [Some(dark), Some(light)] = planes else { return None };
    let haze = gaussian::blurred(&haze(contrast(Tone::Dark, &view.light[0], &view.visible)?, &dark.1), 2.0);
    let contrasts = [dark, light].map(|(tone, plane)| {
        let lines = [0.32, 0.16, 0.6].iter().flat_map(|share| steger::lines_above_texture(&plane, share * USUAL, least(tone))).collect();
        Contrast { tone, plane, lines }
    });
    Some(Segmentation { factor: view.factor, stroke: USUAL, contrasts: contrasts.into(), haze })
}

/// The brightest of the three colors.
///
/// Hair is dark in every color, while vessels, haze and drawn lines keep one: the brightest channel shows dark hair alone. Blond hair
/// outshines the skin in red only, so the brightest channel serves for light hair too.
fn brightest(view: &View) -> Plane {
    let [red, green, blue] = &view.light;
    ndarray::Zip::from(red).and(green).and(blue).map_collect(|r, g, b| r.max(*g).max(*b))
}

/// How hair of a tone stands out: the natural log of skin over light, or of light over skin; 0 where nothing is visible.
fn contrast(tone: Tone, light: &Plane, visible: &Mask) -> Option<Plane> {
    match tone {
        Tone::Dark => log_ratio(light, visible, 0.75, -1.0),
        Tone::Light => log_ratio(light, visible, 0.5, 1.0),
    }
}

/// The least strength at which a line of this tone is followed, whatever the texture; skin has more bright specks than dark ones.
fn least(tone: Tone) -> f64 {
    match tone {
        Tone::Dark => 0.10,
        Tone::Light => 0.14,
    }
}

/// How strongly shafts show through the skin: by the red light it swallows, and once more by what it swallows of red alone. Hair on the
/// skin, which swallows all colors alike, is left out.
fn haze(mut red: Plane, dark: &Plane) -> Plane {
    ndarray::Zip::from(&mut red).and(dark).for_each(|red, dark| *red = if *dark > HAIR_CONTRAST { 0.0 } else { *red + (*red - dark) });
    red
}

/// Beyond this contrast no haze goes, only hair on the skin.
const HAIR_CONTRAST: f32 = 1.0;

/// The natural log of the level a share `quantile` lies below over the plane (sign −1), or of the plane over it (sign +1); 0 where nothing is visible.
fn log_ratio(plane: &Plane, visible: &Mask, quantile: f64, sign: f32) -> Option<Plane> {
    let mut ratio = background::quantile_background(plane, visible, 8, 8, quantile)?;
    let floor = (-MOST_CONTRAST).exp();
    for ((mut level, light), visible) in ratio.rows_mut().into_iter().zip(plane.rows()).zip(visible.rows()) {
        let level = level.as_slice_mut().expect("a new plane is contiguous");
        let (light, visible) = (light.to_slice().expect(CONTIGUOUS), visible.to_slice().expect(CONTIGUOUS));
        widely(
            #[inline(always)]
            || {
                for ((level, light), visible) in level.iter_mut().zip(light).zip(visible) {
                    let log = ln((light / level.max(1e-4)).max(floor));
                    *level = if *visible { sign * log } else { 0.0 };
                }
            },
        );
    }
    Some(ratio)
}

/// The photo pixels per working pixel at which the dominant strokes have the usual width, for photos of unknown scale: of the octaves and tones, the one whose lines of usual width
/// weigh most.
pub(super) fn usual_stroke(photo: &Photo, field: &Field) -> Option<f64> {
    let longer = photo.width().max(photo.height()) as f64;
    let octaves = (-1..8).map(|k| f64::from(k).exp2()).filter(|factor| (64.0..=3000.0).contains(&(longer / factor)));
    let mut best: Option<(f64, f64)> = None;
    for factor in octaves {
        let view = View::of(photo, field, factor);
        let brightest = brightest(&view);
        for tone in [Tone::Dark, Tone::Light] {
            let Some(plane) = contrast(tone, &brightest, &view.visible) else { continue };
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
    let mut widths: Vec<(f64, f64)> = steger::lines_above_texture(plane, 0.32 * USUAL, least)
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
fn bar_width(plane: &Plane, p: &steger::LinePoint) -> Option<f64> {
    let top = sample(plane, p.at);
    let across = crate::geometry::Vector::from_angle(p.angle).normal();
    let side = |sign: f64| (1..40).map(|i| 0.5 * f64::from(i)).find(|d| sample(plane, p.at + across * (sign * d)) < 0.5 * top);
    Some(side(1.0)? + side(-1.0)?)
}
