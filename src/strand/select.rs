//! Choosing, of all shafts proposed, those that are hair and explain what is seen.

use super::around;
use super::orient::near_border;
use super::shaft::{Shaft, quantile};
use crate::field::Field;
use crate::geometry::{Point, Polyline, Vector};
use crate::raster::{Mask, Plane, sample};
use crate::segment::{Segmentation, Tone};

/// A shaft with what speaks for it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) shaft: Shaft,
    /// The estimated chance that it is hair and rightly traced, 0 to 1.
    pub(super) chance: f64,
}

/// What the tracer weighed, in working pixels, with what speaks for it: for whoever fits its weights.
#[derive(Debug, Clone, PartialEq)]
pub enum Weighed<'a> {
    /// A shaft that may be hair, root and tip not told apart.
    Shaft {
        /// Its middle.
        line: &'a Polyline,
        /// As `select::WEIGHTS` weighs it.
        evidence: [f64; 6],
    },
    /// A shaft that may be two side by side.
    Pair {
        /// Their middles.
        lines: [Polyline; 2],
        /// As `part::WEIGHTS` weighs it.
        evidence: [f64; 4],
    },
}

/// The least chance at which a shaft is reported.
pub(super) const LEAST_CHANCE: f64 = 0.4;

/// Log odds per unit of each evidence, and those of none.
///
/// # Source
/// Ours: a logistic fit on drawn clipped hair, as drawn and stored badly, by `models/stubble/weigh.sh`.
const WEIGHTS: [f64; 6] = [2.3, 3.4, 0.3, 1.9, -0.3, -4.0];
const ODDS_OF_NONE: f64 = -1.6;

/// The shafts that are more likely hair than texture, debris or a path across a bundle.
///
/// What speaks for each is told: its contrast against the photo's own strong hair, the share of its sides that are really edges, its length,
/// its evenness; how far it runs along the border of what is shown, and how far it strays from how the hair around grows.
pub(super) fn likely(shafts: Vec<Shaft>, plane: &Plane, seen: &Segmentation, field: &Field, told: &mut dyn FnMut(Weighed)) -> Vec<Found> {
    let supports: Vec<f64> = shafts.iter().map(|s| edge_support(s, plane)).collect();
    let Some(strong) = strong_contrast(&shafts, &supports) else { return vec![] };
    let stroke = seen.stroke;
    let (shafts, mut evidence): (Vec<Shaft>, Vec<[f64; 6]>) = shafts
        .into_iter()
        .zip(supports)
        .filter(|(shaft, support)| plausible(shaft, stroke) && (shaft.tone == Tone::Dark || unlike_gloss(shaft, *support, plane)))
        .map(|(shaft, support)| {
            let contrast = (shaft.height / strong).ln();
            let length = (shaft.line.length() / stroke).ln();
            let evidence = [contrast, support, length, evenness(&shaft, plane), along_border(&shaft, seen, field), 0.0];
            (shaft, evidence)
        })
        .unzip();
    let weights: Vec<f64> = evidence.iter().map(|evidence| chance(odds(evidence, &WEIGHTS, ODDS_OF_NONE))).collect();
    for (evidence, stray) in evidence.iter_mut().zip(strays(&shafts, &weights, stroke)) {
        evidence[5] = stray.min(MOST_STRAY);
    }
    shafts.iter().zip(&evidence).for_each(|(shaft, evidence)| told(Weighed::Shaft { line: &shaft.line, evidence: *evidence }));
    (shafts.into_iter().zip(evidence))
        .map(|(shaft, evidence)| Found { shaft, chance: chance(odds(&evidence, &WEIGHTS, ODDS_OF_NONE)) })
        .filter(|found| found.chance >= LEAST_CHANCE)
        .collect()
}

/// The log odds that weighed evidence gives.
pub(super) fn odds(evidence: &[f64], weights: &[f64], of_none: f64) -> f64 {
    of_none + evidence.iter().zip(weights).map(|(evidence, weight)| evidence * weight).sum::<f64>()
}

/// The chance at these log odds.
pub(super) fn chance(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

/// A hair may stand askew: beyond this, straying more tells no more.
const MOST_STRAY: f64 = 0.5;

/// How far, in strokes, hair says how its neighbors grow.
const GROWS_ALIKE: f64 = 15.0;

/// How much each shaft strays from how the hair around grows: 0 where it runs along it or the hair around runs every way, 2 where it runs
/// straight across hair that all runs one way. Which way a shaft runs along its line does not matter; curls say nothing.
fn strays(shafts: &[Shaft], weights: &[f64], stroke: f64) -> Vec<f64> {
    let middle: Vec<Point> = shafts.iter().map(|s| s.line.at(s.line.length() / 2.0)).collect();
    // Twice the angle tells the axis alone.
    let axes: Vec<Vector> = shafts
        .iter()
        .map(|s| {
            let chord = *s.line.points.last().expect("a shaft has points") - s.line.points[0];
            Vector::from_angle(2.0 * chord.angle()) * (chord.length() / s.line.length().max(1.0)).min(1.0).powi(6)
        })
        .collect();
    let weighed: Vec<[f64; 3]> = axes.iter().zip(weights).map(|(axis, weight)| [axis.x * weight, axis.y * weight, *weight]).collect();
    let heard = around::sums(&middle, &weighed, GROWS_ALIKE * stroke);
    heard
        .into_iter()
        .zip(&axes)
        .map(|([x, y, total], axis)| {
            let common = Vector::new(x, y);
            // With few neighbors there is little to stray from.
            (common.length() * axis.length() - common.dot(*axis)) / (total.max(0.0) + 0.5)
        })
        .collect()
}

/// How even a shaft is along its length: the contrast of its faintest parts over its usual one.
fn evenness(shaft: &Shaft, plane: &Plane) -> f64 {
    let heights: Vec<f64> = shaft.line.resampled(2.0).points.iter().map(|p| f64::from(sample(plane, *p))).collect();
    let share = |q: f64| quantile(&heights, q).unwrap_or(0.0);
    (share(0.12) / share(0.5).max(1e-3)).clamp(-1.0, 1.0)
}

/// The share of a shaft that runs close along the border of what the photo shows, where its edge may pass for a line.
fn along_border(shaft: &Shaft, seen: &Segmentation, field: &Field) -> f64 {
    let points = shaft.line.resampled(6.0).points;
    let near = points.iter().filter(|p| near_border(seen.to_photo(**p), field, 0.8 * seen.stroke * seen.factor)).count();
    near as f64 / points.len() as f64
}

/// The usual width of one hair: the length-weighted width that two fifths lie below, for some of the shafts are bundles.
pub(super) fn usual_width(shafts: &[Shaft], plane: &Plane) -> Option<f64> {
    let weighed: Vec<(f64, f64)> = shafts.iter().map(|s| (s.width, s.line.length() * edge_support(s, plane).powi(4) * s.height)).collect();
    weighted_quantile(weighed, 0.4)
}

/// The contrast of the photo's strong hair: three fifths of all well-edged length are weaker.
fn strong_contrast(shafts: &[Shaft], supports: &[f64]) -> Option<f64> {
    let weighed = shafts.iter().zip(supports).map(|(s, e)| (s.height, s.line.length() * e * e * s.height)).collect();
    weighted_quantile(weighed, 0.6)
}

/// The value that a share of the weight lies below, of (value, weight) pairs.
fn weighted_quantile(mut weighed: Vec<(f64, f64)>, share: f64) -> Option<f64> {
    weighed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = weighed.iter().map(|w| w.1).sum();
    let mut sum = 0.0;
    weighed
        .iter()
        .find(|w| {
            sum += w.1;
            sum >= share * total
        })
        .map(|w| w.0)
}

/// The shafts that together explain what is seen, each stretch of hair once: the best first, then those that add enough of their own.
pub(super) fn distinct(shafts: Vec<Shaft>, plane: &Plane) -> Vec<Shaft> {
    let mut ranked: Vec<(f64, Shaft)> = shafts
        .into_iter()
        .map(|shaft| (edge_support(&shaft, plane).powi(2) * shaft.line.length() * shaft.height.min(1.5), shaft))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut covered = Mask::from_elem(plane.dim(), false);
    let mut kept = vec![];
    for (_, shaft) in ranked {
        let core = strip(&shaft, 0.35 * shaft.width, plane.dim());
        let (all, fresh) = core.fold((0.0, 0.0), |(all, fresh), at| (all + 1.0, fresh + f64::from(u8::from(!covered[at]))));
        if fresh > 0.6 * all {
            strip(&shaft, 0.5 * shaft.width + 1.0, plane.dim()).for_each(|at| covered[at] = true);
            kept.push(shaft);
        }
    }
    kept
}

/// How far apart places may lie and still leave out no pixel.
const APART: f64 = 0.7;

/// The working pixels within `reach` of a shaft's centerline, some more than once.
pub(super) fn strip(shaft: &Shaft, reach: f64, (rows, columns): (usize, usize)) -> impl Iterator<Item = [usize; 2]> {
    let count = (2.0 * reach / APART).ceil().max(1.0);
    let pieces = shaft.line.points.windows(2).filter_map(|w| Some((w[0], w[0].distance(w[1]), (w[1] - w[0]).unit()?)));
    pieces
        .flat_map(move |(start, length, along)| {
            let steps = (length / APART).ceil();
            (0..steps as u32).flat_map(move |i| {
                let middle = start + along * (length * f64::from(i) / steps);
                (0..=count as u32).map(move |k| middle + along.normal() * (reach * (2.0 * f64::from(k) / count - 1.0)))
            })
        })
        .filter(move |p| p.x >= 0.0 && p.y >= 0.0 && (p.x as usize) < columns && (p.y as usize) < rows)
        .map(|p| [p.y as usize, p.x as usize])
}

/// How much of a shaft's two sides is really an edge, where the contrast falls away: 1 for a bar on bare skin, near 0 for a path across a bundle.
fn edge_support(shaft: &Shaft, plane: &Plane) -> f64 {
    let even = shaft.line.resampled(2.0).points;
    let mut sum = 0.0;
    for i in 0..even.len() {
        let Some(along) = (even[(i + 1).min(even.len() - 1)] - even[i.saturating_sub(1)]).unit() else { continue };
        let at = even[i];
        let top = f64::from(sample(plane, at)).max(0.3 * shaft.height);
        let fall = |sign: f64| {
            let outside = (0..6)
                .map(|k| sign * (0.5 * shaft.width + 0.05 * f64::from(k) * (shaft.width + 4.0)))
                .map(|offset| f64::from(sample(plane, at + along.normal() * offset)))
                .fold(f64::INFINITY, f64::min);
            ((1.0 - outside / top) / 0.6).clamp(0.0, 1.0)
        };
        sum += (fall(1.0) * fall(-1.0)).sqrt();
    }
    sum / even.len() as f64
}

/// Whether a light shaft is as even along its length and as clean at its sides as hair; gloss on skin comes in grains.
fn unlike_gloss(shaft: &Shaft, support: f64, plane: &Plane) -> bool {
    let mut heights: Vec<f64> = shaft.line.resampled(1.0).points.iter().map(|p| f64::from(sample(plane, *p))).collect();
    heights.sort_by(f64::total_cmp);
    let inner = |share: f64| heights[((heights.len() - 1) as f64 * share) as usize];
    support > 0.75 && inner(0.12) > 0.7 * inner(0.5) && inner(0.9) < 1.4 * inner(0.5)
}

/// The light shafts that are hair: not skin that shows between dark hairs, and not a few glints among much dark hair. The rarer they all
/// together are, the less likely is each.
pub(super) fn unlike_glints(light: Vec<Found>, dark: usize, seen: &Segmentation) -> Vec<Found> {
    let light: Vec<Found> = light.into_iter().filter(|found| !between_dark_hairs(&found.shaft, seen)).collect();
    let expected: f64 = light.iter().map(|found| found.chance).sum();
    let rarity = (expected / (USUAL_LIGHT * dark as f64)).min(1.0).ln();
    let rarer = |chance: f64| 1.0 / (1.0 + (1.0 / chance - 1.0) * (-rarity).exp());
    let light = light.into_iter().map(|found| Found { chance: rarer(found.chance), ..found });
    light.filter(|found| found.chance >= LEAST_CHANCE).collect()
}

/// How many light hairs there are for every dark one, where there are light hairs among dark.
const USUAL_LIGHT: f64 = 0.4;

/// Whether a light shaft is skin that shows between dark hairs: along most of it one lies at its side.
fn between_dark_hairs(shaft: &Shaft, seen: &Segmentation) -> bool {
    let Some(dark) = seen.contrasts.iter().find(|contrast| contrast.tone == Tone::Dark) else { return false };
    let even = shaft.line.resampled(2.0).points;
    let beside = even.windows(2).filter(|w| {
        let Some(across) = (w[1] - w[0]).unit().map(Vector::normal) else { return false };
        [-0.9, -0.7, 0.7, 0.9]
            .iter()
            .any(|side| sample(&dark.plane, w[0] + across * (side * shaft.width.max(0.5 * seen.stroke))) > DARK_HAIR)
    });
    2 * beside.count() > even.len()
}

/// The contrast of what is dark hair beyond doubt.
const DARK_HAIR: f32 = 0.6;

/// Whether a shaft is long and thin enough for hair.
fn plausible(shaft: &Shaft, stroke: f64) -> bool {
    let length = shaft.line.length();
    match shaft.tone {
        Tone::Dark => length > 1.3 * shaft.width && length > 1.5 * stroke && shaft.width < 2.5 * stroke,
        Tone::Light => length > 4.0 * shaft.width && length > 3.0 * stroke && shaft.width < 1.6 * stroke,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaft(from: (f64, f64), to: (f64, f64)) -> Shaft {
        let line = Polyline::new(vec![Point::new(from.0, from.1), Point::new(to.0, to.1)]).resampled(2.0);
        Shaft { line, width: 8.0, height: 1.0, tone: Tone::Dark }
    }

    #[test]
    fn a_shaft_strays_where_it_runs_across_hair_that_runs_one_way() {
        let level: Vec<Shaft> = (0..6).map(|k| shaft((0.0, 20.0 * f64::from(k)), (80.0, 20.0 * f64::from(k)))).collect();
        let against = |one: Shaft| strays(&[vec![one], level.clone()].concat(), &[1.0; 7], 13.0)[0];
        assert!(against(shaft((0.0, 50.0), (80.0, 50.0))) < 0.01);
        assert!(against(shaft((80.0, 50.0), (0.0, 50.0))) < 0.01, "which end is first does not matter");
        assert!(against(shaft((40.0, 10.0), (40.0, 90.0))) > 1.5);
        let crossed: Vec<Shaft> =
            (0..6).map(|k| if k % 2 == 0 { level[k].clone() } else { shaft((20.0 * k as f64, 0.0), (20.0 * k as f64, 100.0)) }).collect();
        let among = strays(&[vec![shaft((40.0, 10.0), (40.0, 90.0))], crossed].concat(), &[1.0; 7], 13.0)[0];
        assert!(among < 0.5, "{among} where hair runs every way");
        assert_eq!(strays(&[shaft((0.0, 0.0), (9.0, 0.0))], &[1.0], 13.0), [0.0], "alone");
    }

    #[test]
    fn what_comes_in_grains_is_uneven() {
        let along = shaft((10.0, 10.0), (90.0, 10.0));
        assert!(evenness(&along, &Plane::from_elem((20, 100), 1.0)) > 0.99);
        let grains = Plane::from_shape_fn((20, 100), |(_, c)| if c / 8 % 3 == 0 { 0.2 } else { 1.0 });
        assert!(evenness(&along, &grains) < 0.4);
        assert!(evenness(&along, &Plane::zeros((20, 100))) <= 0.0);
    }
}
