//! The classical detector: flatten the light, then lines under a pixel at the scales of hair.

use super::steger;
use super::{Contrast, Segmentation, Tone};
use crate::calibration::Calibration;
use crate::field::Field;
use crate::geometry::Point;
use crate::photo::Photo;
use crate::raster::{Mask, Plane, background, gaussian, sample};

/// Micrometers per working pixel: a 30 µm hair is then 6 pixels wide, and cost follows the area of skin, not the camera.
const WORKING_UM: f64 = 5.0;

/// The thickness of a usual hair, in micrometers, and so in working pixels the widths looked for first.
const USUAL_UM: f64 = 65.0;

/// The most contrast that tells anything: beyond it hair is just black, and sensor noise decides.
const MOST_CONTRAST: f32 = 3.0;

/// What each pixel of the field is. `None` when the field shows nothing.
pub fn segment(photo: &Photo, field: &Field, calibration: Option<&Calibration>) -> Option<Segmentation> {
    let factor = match calibration {
        Some(calibration) => WORKING_UM / calibration.um_per_px,
        None => stroke_width(photo, field)? / (USUAL_UM / WORKING_UM),
    };
    at_factor(photo, field, factor)
}

fn at_factor(photo: &Photo, field: &Field, factor: f64) -> Option<Segmentation> {
    let [red, green, blue] = photo.planes(factor).map(|plane| plane.mapv_into(linear));
    let visible =
        Mask::from_shape_fn(red.dim(), |(r, c)| field.shows(Point::new((c as f64 + 0.5) * factor - 0.5, (r as f64 + 0.5) * factor - 0.5)));
    // Hair is dark in every color, while vessels, haze and drawn lines keep one: the brightest channel shows dark hair alone. Blond hair
    // outshines the skin in red only, so the brightest channel serves for light hair too.
    let brightest = ndarray::Zip::from(&red).and(&green).and(&blue).map_collect(|r, g, b| r.max(*g).max(*b));
    let dark = log_ratio(&brightest, &visible, 0.75, -1.0)?;
    let light = log_ratio(&brightest, &visible, 0.5, 1.0)?;
    let haze = gaussian::blurred(&haze(&log_ratio(&red, &visible, 0.75, -1.0)?, &dark), 2.0);
    let usual = USUAL_UM / WORKING_UM;
    let contrasts = [(Tone::Dark, dark, 0.10), (Tone::Light, light, 0.14)]
        .map(|(tone, plane, least)| {
            let lines = [0.32, 0.16, 0.6].iter().flat_map(|share| steger::lines_above_texture(&plane, share * usual, least)).collect();
            Contrast { tone, plane, lines }
        })
        .into();
    Some(Segmentation { factor, stroke: usual, contrasts, haze })
}

/// How strongly shafts show through the skin: by the red light it swallows, and once more by what it swallows of red alone. Hair on the
/// skin, which swallows all colors alike, is left out.
fn haze(red: &Plane, dark: &Plane) -> Plane {
    ndarray::Zip::from(red).and(dark).map_collect(|red, dark| if *dark > HAIR_CONTRAST { 0.0 } else { red + (red - dark) })
}

/// Beyond this contrast no haze goes, only hair on the skin.
const HAIR_CONTRAST: f32 = 1.0;

/// The natural log of the level a share `quantile` lies below over the plane (sign −1), or of the plane over it (sign +1); 0 where nothing is visible.
fn log_ratio(plane: &Plane, visible: &Mask, quantile: f64, sign: f32) -> Option<Plane> {
    let mut ratio = background::quantile_background(plane, visible, 8, 8, quantile)?;
    let floor = (-MOST_CONTRAST).exp();
    ndarray::Zip::from(&mut ratio).and(plane).and(visible).for_each(|level, light, visible| {
        let level_light = level.max(1e-4);
        *level = if *visible { sign * (light / level_light).max(floor).ln() } else { 0.0 };
    });
    Some(ratio)
}

fn linear(encoded: f32) -> f32 {
    if encoded <= 0.04045 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) }
}

/// The dominant stroke width in photo pixels, for photos of unknown scale: of the octaves, the one whose lines of usual width weigh most.
fn stroke_width(photo: &Photo, field: &Field) -> Option<f64> {
    let longer = photo.width().max(photo.height()) as f64;
    let usual = USUAL_UM / WORKING_UM;
    let octaves = (-1..8).map(|k| f64::from(k).exp2()).filter(|factor| longer / factor >= 64.0 && longer / factor <= 4096.0);
    let mut best: Option<(f64, f64)> = None;
    for factor in octaves {
        let Some(seen) = at_factor(photo, field, factor) else { continue };
        let dark = &seen.contrasts[0];
        let mut widths: Vec<(f64, f64)> = dark
            .lines
            .iter()
            .filter(|line| line.len() as f64 > 1.5 * usual)
            .flat_map(|line| line.iter().step_by(3).filter_map(|p| Some((bar_width(&dark.plane, p)?, p.strength * factor))))
            .filter(|(w, _)| (0.6 * usual..1.3 * usual).contains(w))
            .collect();
        widths.sort_by(|a, b| a.0.total_cmp(&b.0));
        let weight: f64 = widths.iter().map(|w| w.1).sum();
        if weight > best.map_or(0.0, |b| b.0) {
            let mut left = weight / 2.0;
            let median = widths.iter().find(|w| {
                left -= w.1;
                left <= 0.0
            });
            best = median.map(|m| (weight, m.0 * factor));
        }
    }
    best.map(|(_, width)| width)
}

/// The full width at half height across a line point, if both sides fall that low within reach.
fn bar_width(plane: &Plane, p: &steger::LinePoint) -> Option<f64> {
    let top = sample(plane, p.at);
    let across = crate::geometry::Vector::from_angle(p.angle).normal();
    let side = |sign: f64| (1..40).map(|i| 0.5 * f64::from(i)).find(|d| sample(plane, p.at + across * (sign * d)) < 0.5 * top);
    Some(side(1.0)? + side(-1.0)?)
}
