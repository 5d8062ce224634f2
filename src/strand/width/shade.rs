//! The shade a shaft throws on the skin it lies on.
//!
//! A hair that lies on the skin hides part of the lamps, or of their ring, from the skin beside it. That shade deepens towards the hair and so moves its
//! edges outward; near the root, where hair lies closest, most. On hand-marked fields it makes a hair of 85 µm read 92 µm.

use super::choice::{Expected, staircase};
use super::fit::{Problem, Spread};
use super::locate::Located;
use super::neighbors::{Clearance, Course, clearance};
use super::point_spread::median;
use super::profile::{Light, Profile, Window};
use super::shape::Shape;
use super::staircase::Staircase;
use crate::geometry::Point;
use rayon::prelude::*;

/// How much skin beside a shaft tells of its shade, in its widths.
pub(super) const REACH: f64 = 0.7;

/// The shade right beside a shaft, as a share of its contrast: what noise may make of none, and the most there can be.
pub(super) const LEAST: f64 = -0.1;
pub(super) const MOST: f64 = 0.9;

/// How many places of a shaft are asked, and how many shafts must answer.
const PLACES: usize = 3;
const FEWEST: usize = 5;

/// The least by which the shade of places differs, for a hair is raised here and lies there; and by how much it does along one shaft: on hand-marked fields
/// it falls from 0.42 near the root to 0.16 near the tip.
const LEAST_DEVIATION: f64 = 0.1;
const ALONG: f64 = 0.15;

/// The shade that a photo's hair throws: how much of a shaft's contrast there is right beside it, and one standard deviation over places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Usual {
    pub(super) share: f64,
    pub(super) deviation: f64,
}

impl Usual {
    /// What dark shafts show where they have skin on both sides, be it none; `None` where they are too few to tell. Each comes with the courses near it.
    ///
    /// No least shade is asked for: where hair throws none they show about none, and a photo near any bound would measure another thickness when it is a
    /// little brighter. Light hair is left out, whose shade would make it stand out more and was never measured.
    pub(super) fn of<'a>(
        light: &(dyn Light + Sync),
        shafts: impl ParallelIterator<Item = (&'a Located, Vec<&'a Course>)>,
        usable: &(dyn Fn(Point) -> bool + Sync),
    ) -> Option<Self> {
        let told: Vec<f64> = shafts.filter_map(|(shaft, others)| median(places(light, shaft, &others, usable))).collect();
        let share = median(told.clone())?;
        let deviation = 1.4826 * median(told.iter().map(|own| (own - share).abs()).collect())?;
        (told.len() >= FEWEST).then_some(Self { share, deviation: deviation.max(LEAST_DEVIATION) })
    }

    /// The shade expected along one shaft, by these places of it.
    pub(super) fn along(self, places: impl Iterator<Item = Staircase>) -> Self {
        let share = median(places.filter_map(|place| share(&place)).collect()).unwrap_or(self.share);
        Self { share, deviation: self.deviation.min(ALONG) }
    }
}

/// The shade of a shaft as a share of its contrast.
fn share(model: &Staircase) -> Option<f64> {
    Some(model.shade? / model.contrast()).filter(|share| share.is_finite())
}

/// The shade at a few places of a shaft, as shares of its contrast there.
fn places(light: &dyn Light, shaft: &Located, others: &[&Course], usable: &dyn Fn(Point) -> bool) -> Vec<f64> {
    let width = shaft.width;
    let windows = Window::along(&shaft.centerline, width, width, PLACES);
    let flank = (REACH * width).max(9.0);
    let expected = Expected { width, spread: 1.2, shape: Shape::OPAQUE, noise: None, shade: None };
    let of = |window: &Window| {
        let Clearance::Clear(from, to) = clearance(window, width / 2.0, 0.8 * flank, width / 2.0 + flank, others) else { return None };
        let profile = Profile::gather(light, window, (from, to), 0.8, usable)?;
        let problem = Problem { profile: &profile, spread: Spread::Free, core: None, blur: None, shade: None, noise: None };
        let plain = problem.fit(staircase(&profile, &[-width / 2.0, width / 2.0], 0, &expected))?;
        let shaded = problem.fit(plain.model.with_shade(0.25))?;
        share(&shaded.model)
    };
    windows.iter().filter_map(of).collect()
}

/// How much of the shade right beside a shaft of this width falls on the skin at a distance, seen through a blur, and how that changes with the distance in
/// blurs, with the width, and with the logarithm of the blur. `z` is the distance outside the edge in standard deviations of the blur; `outside` the share
/// of the blur that lies there, and the normal density.
///
/// A cylinder that lies on a plane hides r² / (x² + r²) of an even sky from a place x beside the line it rests on: half of it right beside its edge.
/// Blurred, that is its value at the mean distance of what lies outside, for it bends little within a blur.
///
/// # Accuracy
/// Within 0.015 of the shade right beside shafts at least ten blurs wide, 0.045 at four, 0.06 at three.
///
/// # Source
/// The cylinder takes the elevations from 0 to 2 · atan(r / x), which light the plane by half of 1 − cos of the highest: the view factor of the catalogs of
/// radiative transfer (Howell, Mengüç, Daun & Siegel, Thermal Radiation Heat Transfer, 7th edition 2020). That skin is shaded so is ours, measured on lone
/// hairs of hand-marked fields: of an exponential fall over 12, 25 and 40 µm and this, this leaves the least.
#[inline(always)]
pub(super) fn falls(z: f64, (outside, density): (f64, f64), width: f64, blur: f64) -> [f64; 4] {
    let beyond = density / outside.max(1e-5);
    let distance = (blur * (z + beyond)).max(0.0);
    let q = 1.0 + 2.0 * distance / width;
    let share = 2.0 / (q * q + 1.0);
    let by_distance = -2.0 * outside * q * share * share / width;
    let by_z = density * share + by_distance * blur * (1.0 - beyond * (z + beyond));
    [outside * share, by_z, -by_distance * distance / width, by_distance * distance - z * by_z]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurred_shade_is_the_mean_of_what_the_blur_gathers() {
        let normal = |z: f64| (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        for (width, blur, within) in [(30.0, 3.0, 0.015), (12.0, 3.0, 0.045), (9.0, 3.0, 0.06)] {
            for z in [-3.0, -1.0, 0.0, 0.5, 1.5, 4.0, 9.0] {
                let (mut gathered, mut outside, step) = (0.0, 0.0, 0.01);
                for i in -1200..1200 {
                    let offset = f64::from(i) * step;
                    // Distances grow outward: what lies at z + offset blurs of the edge.
                    if z + offset > 0.0 {
                        let x = width / 2.0 + blur * (z + offset);
                        gathered += normal(offset) * step * 2.0 * (width / 2.0).powi(2) / (x * x + (width / 2.0).powi(2));
                        outside += normal(offset) * step;
                    }
                }
                let [shade, ..] = falls(z, (outside, normal(z)), width, blur);
                assert!((shade - gathered).abs() < within, "{width} px, {z}: {shade}, not {gathered}");
            }
        }
    }
}
