//! How little chance explains that two constellations agree.
//!
//! The follow-up's roots are taken as they are. If the two photos show different skin, the baseline's units fall among them as if drawn from
//! how densely roots lie thereabouts; if they show the same, most fall on one. The ratio of how likely either makes what is seen, times
//! the share of all poses a camera may have that agree so, has the mean 1 over photos of different skin. So by Markov's inequality the chance that it exceeds
//! some number is at most one over it.

use super::fit::Model;
use super::mapping::Mapping;
use super::roots::Root;
use super::visit::Visit;
use crate::geometry::Point;
use std::f64::consts::{LN_2, TAU};

/// The share of roots of one photo that another photo of the same skin is taken to show.
const SHARED: f64 = 0.6;

/// How directions of the same hair differ, in radians, where hair was not combed anew; and the share of photos where it was not.
const DIRECTION_SPREAD: f64 = 0.2;
const UNCOMBED: f64 = 0.5;

/// How finely directions by chance are told apart.
const TURNS: usize = 36;

/// How far the shear and stretch, and the change of scale across the field, of an affinity and a homography may go.
const SHEAR_RANGE: f64 = 0.3;

/// The follow-up's constellation, made ready to be held against many.
pub struct Chart<'a> {
    visit: &'a Visit,
    roots: &'a [Root],
    /// How far a root of one photo may lie from itself in the other: one standard deviation, in pixels.
    spread: f64,
    /// Around each root, how wide the neighborhood is in which it might lie by chance.
    neighborhood: f64,
}

impl<'a> Chart<'a> {
    /// The constellation of a visit; roots repeat to within `spread` pixels.
    pub fn new(visit: &'a Visit, roots: &'a [Root], spread: f64) -> Self {
        let spacing = (visit.field.area_px / roots.len().max(1) as f64).sqrt();
        Self { visit, roots, spread, neighborhood: (0.75 * spacing).max(3.0 * spread) }
    }

    /// How much likelier a root at this place of the follow-up is if it is one of its roots than if it lies there by chance.
    ///
    /// `agreement` weighs each root of the follow-up by how well its direction agrees.
    fn ratio(&self, at: Point, agreement: impl Fn(&Root) -> f64) -> f64 {
        let bell = |squared: f64, spread: f64| (-0.5 * squared / (spread * spread)).exp() / (TAU * spread * spread);
        // A little even density, so that far from all roots the ratio is that of no agreement and not of nothing by nothing.
        let mut chance = 1e-3 * bell(0.0, self.neighborhood);
        let mut same = 0.0;
        for root in self.roots {
            let squared = (root.at - at).dot(root.at - at);
            if squared < (4.0 * self.neighborhood).powi(2) {
                chance += bell(squared, self.neighborhood);
                if squared < (5.0 * self.spread).powi(2) {
                    same += bell(squared, self.spread) * agreement(root);
                }
            }
        }
        1.0 - SHARED + SHARED * same / chance
    }

    /// The natural log of the evidence that the baseline's roots, carried by this mapping, are the same as the follow-up's.
    ///
    /// It takes in how many poses the model has: `scales` is the log of the largest over the smallest scale looked for.
    pub fn evidence(&self, baseline: &[Root], mapping: &Mapping, model: Model, scales: f64) -> f64 {
        let inside: Vec<(&Root, Point)> =
            baseline.iter().map(|r| (r, mapping.map(r.at))).filter(|(_, p)| self.visit.field.counts(*p)).collect();
        let chance = Turns::by_chance(&inside, self.roots, mapping);
        // Roots of one unit stand and fall together: the mean of ratios is as good a ratio as each, and units are independent.
        let (mut evidence, mut units, mut at) = (0.0, 0, 0);
        while at < inside.len() {
            let members = inside[at..].iter().take_while(|(root, _)| root.unit == inside[at].0.unit).count();
            let sum: f64 = inside[at..at + members]
                .iter()
                .map(|(root, p)| self.ratio(*p, |other| chance.agreement(turned(root, mapping), other.direction.map(|d| d.angle()))))
                .sum();
            evidence += (sum / members as f64).ln();
            units += 1;
            at += members;
        }
        evidence - self.poses(&inside, model, scales, units)
    }

    /// The natural log of how many poses of the model can be told apart.
    fn poses(&self, inside: &[(&Root, Point)], model: Model, scales: f64, units: usize) -> f64 {
        if inside.is_empty() {
            return 0.0;
        }
        let n = inside.len() as f64;
        let (x, y) = inside.iter().fold((0.0, 0.0), |(x, y), (_, p)| (x + p.x / n, y + p.y / n));
        let radius = (inside.iter().map(|(_, p)| (p.x - x).powi(2) + (p.y - y).powi(2)).sum::<f64>() / n).sqrt().max(self.spread);
        // Many units fix a pose more finely than one root does.
        let step = self.spread * (TAU / (SHARED * units as f64).max(1.0)).sqrt();
        let turn = step / radius;
        // Half a field may be shifted away to any side.
        let shifts = (4.0 * self.visit.field.area_px / (step * step)).ln();
        let similarity = shifts + (TAU / turn).max(1.0).ln() + (scales / turn).max(1.0).ln();
        let shears = 2.0 * (SHEAR_RANGE / turn).max(1.0).ln();
        match model {
            Model::Similarity => similarity,
            Model::Affine => similarity + shears,
            Model::Homography => similarity + 2.0 * shears,
        }
    }
}

/// The direction of a baseline root in the follow-up.
fn turned(root: &Root, mapping: &Mapping) -> Option<f64> {
    let direction = root.direction?;
    Some((mapping.map(root.at + direction) - mapping.map(root.at)).angle())
}

/// How directions differ between hairs taken at random, one from each photo: hair of a field runs much the same way, and that proves nothing.
struct Turns {
    density: [f64; TURNS],
}

impl Turns {
    fn by_chance(baseline: &[(&Root, Point)], follow_up: &[Root], mapping: &Mapping) -> Self {
        // One of each bin to begin with, so that what was never seen is not held impossible.
        let mut counts = [1.0; TURNS];
        let mut total = TURNS as f64;
        let follow_up: Vec<f64> = follow_up.iter().filter_map(|r| Some(r.direction?.angle())).collect();
        for (root, _) in baseline {
            if let Some(angle) = turned(root, mapping) {
                for other in &follow_up {
                    counts[Self::bin(angle - other)] += 1.0;
                    total += 1.0;
                }
            }
        }
        // Smoothed over neighbors, so that where a bin begins does not matter.
        let smooth = |i: usize| (counts[(i + TURNS - 1) % TURNS] + 2.0 * counts[i] + counts[(i + 1) % TURNS]) / 4.0;
        Self { density: std::array::from_fn(|i| smooth(i) / total * TURNS as f64 / TAU) }
    }

    fn bin(angle: f64) -> usize {
        ((angle / TAU).rem_euclid(1.0) * TURNS as f64 + 0.5) as usize % TURNS
    }

    /// How much likelier this difference of directions is for the same hair than by chance; 1 where a direction is not known.
    fn agreement(&self, a: Option<f64>, b: Option<f64>) -> f64 {
        let (Some(a), Some(b)) = (a, b) else { return 1.0 };
        let difference = (a - b + TAU / 2.0).rem_euclid(TAU) - TAU / 2.0;
        let same = (-0.5 * (difference / DIRECTION_SPREAD).powi(2)).exp() / (TAU.sqrt() * DIRECTION_SPREAD);
        1.0 - UNCOMBED + UNCOMBED * same / self.density[Self::bin(difference)]
    }
}

/// The evidence of several looks, each at its own share: the best, less the log of how many.
pub fn best_of(evidences: [f64; 2]) -> f64 {
    evidences[0].max(evidences[1]) - LN_2
}
