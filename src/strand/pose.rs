//! Where a shaft heads at its end, how well that is known, and how well two ends fit each other.

use super::shaft::Shaft;
use crate::geometry::{Point, Vector};
use crate::raster::{Plane, sample};
use std::f64::consts::PI;

/// A shaft at one of its ends, seen outward.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pose {
    at: Point,
    /// Where it heads, and one standard deviation of that in radians.
    heading: f64,
    heading_sd: f64,
    /// The turn per pixel as it goes on outward, positive clockwise as seen, with one standard deviation.
    curvature: f64,
    curvature_sd: f64,
    width: f64,
    height: f64,
    /// What leaving this end unjoined costs.
    pub(super) alone: f64,
}

/// How far from an end its heading is learned, in strokes.
const LEARNED_FROM: f64 = 4.0;

/// The scatter of a heading taken over half a stroke: 0.5 px sideways at either of its ends.
const HEADING_SCATTER: f64 = 0.1;

/// The spread of curvatures met in hair, in radians per stroke: a curl of 1 mm radius turns 0.07 in one, a tight one 0.25.
const USUAL_CURVATURE: f64 = 0.12;

/// What an end costs that is left alone, in nats: where bare skin follows, it is likely the end of the hair; where something dark follows, it
/// is likely hidden.
const ALONE_OPEN: f64 = 1.0;
const ALONE_HIDDEN: f64 = 5.0;

impl Pose {
    /// The shaft at its last end, or at its first.
    pub(super) fn of(shaft: &Shaft, at_last: bool, plane: &Plane, stroke: f64) -> Option<Self> {
        let n = shaft.line.points.len();
        let arm = (0.5 * stroke).max(1.0);
        // The end itself and the points inward of it, half a stroke apart.
        let mut nodes: Vec<(f64, Point)> = vec![];
        let (mut along, mut before) = (0.0, None::<Point>);
        for i in 0..n {
            let p = shaft.line.points[if at_last { n - 1 - i } else { i }];
            let piece = before.map_or(0.0, |b| b.distance(p));
            while let Some(b) = before {
                let wanted = nodes.len() as f64 * arm;
                if wanted > along + piece || piece <= 0.0 {
                    break;
                }
                nodes.push((-wanted, b.lerp(p, (wanted - along) / piece)));
            }
            if before.is_none() {
                nodes.push((0.0, p));
            }
            along += piece;
            before = Some(p);
            if along > LEARNED_FROM * stroke {
                break;
            }
        }
        if nodes.len() < 2 {
            nodes.push((-along, before?));
        }
        // Headings of the pieces against where they lie, unwrapped, fitted by a line whose slope is held towards straight.
        let mut headings: Vec<(f64, f64)> = vec![];
        for pair in nodes.windows(2) {
            let heading = (pair[0].1 - pair[1].1).unit()?.angle();
            let last = headings.last().map_or(heading, |h| h.1);
            headings.push((0.5 * (pair[0].0 + pair[1].0) / stroke, last + wrapped(heading - last)));
        }
        let count = headings.len() as f64;
        let (mean_s, mean_h) = (headings.iter().map(|h| h.0).sum::<f64>() / count, headings.iter().map(|h| h.1).sum::<f64>() / count);
        let spread: f64 = headings.iter().map(|h| (h.0 - mean_s).powi(2)).sum();
        let together: f64 = headings.iter().map(|h| (h.0 - mean_s) * (h.1 - mean_h)).sum();
        let held = (HEADING_SCATTER / USUAL_CURVATURE).powi(2);
        let slope = together / (spread + held);
        let slope_variance = HEADING_SCATTER.powi(2) / (spread + held);
        let short = if nodes.len() == 2 { stroke * 0.5 / (-nodes[1].0).max(1.0) } else { 1.0 };
        let heading_variance = (HEADING_SCATTER * short).powi(2) / count + slope_variance * mean_s * mean_s;
        let heading = mean_h - slope * mean_s;
        let at = nodes[0].1;
        let ahead = |d: f64| f64::from(sample(plane, at + Vector::from_angle(heading) * d));
        let follows = [0.5, 0.75, 1.0, 1.25].iter().map(|d| ahead(d * stroke)).fold(f64::INFINITY, f64::min);
        let hidden = ((follows / shaft.height - 0.3) / 0.4).clamp(0.0, 1.0);
        Some(Self {
            at,
            heading,
            heading_sd: heading_variance.sqrt(),
            curvature: slope / stroke,
            curvature_sd: slope_variance.sqrt() / stroke,
            width: shaft.width,
            height: shaft.height,
            alone: ALONE_OPEN + hidden * (ALONE_HIDDEN - ALONE_OPEN),
        })
    }

    /// The chain that carries a shaft from this end over to another, both ends left out.
    pub(super) fn bridge(&self, to: &Self, step: f64) -> Vec<Point> {
        let gap = self.at.distance(to.at);
        let (leaving, entering) = (Vector::from_angle(self.heading) * gap, Vector::from_angle(to.heading) * -gap);
        let pieces = (gap / step).ceil() as usize;
        (1..pieces)
            .map(|i| {
                let t = i as f64 / pieces as f64;
                let (t2, t3) = (t * t, t * t * t);
                let ends = self.at.lerp(to.at, 3.0 * t2 - 2.0 * t3);
                ends + leaving * (t3 - 2.0 * t2 + t) + entering * (t3 - t2)
            })
            .collect()
    }

    /// How ill the two ends fit as the two sides of one gap in one shaft, in nats; `None` where they cannot be.
    pub(super) fn misfit(&self, other: &Self, plane: &Plane, stroke: f64, widest_gap: f64) -> Option<f64> {
        let gap = self.at.distance(other.at);
        if gap > widest_gap {
            return None;
        }
        let (leaving, entering) = (Vector::from_angle(self.heading), Vector::from_angle(other.heading + PI));
        // The chord is taken from a little before either end, so that ends that touch have one too.
        let back = BACK * stroke;
        let chord = (other.at + entering * back) - (self.at - leaving * back);
        let reach = chord.length();
        let ahead = (other.at - self.at).dot(leaving + entering) * 0.5;
        if reach < 0.5 * back || ahead < -0.6 * stroke {
            return None;
        }
        let turn_out = wrapped(self.heading - chord.angle());
        let turn_in = wrapped(other.heading + PI - chord.angle());
        if turn_out.abs() > MOST_TURN || turn_in.abs() > MOST_TURN {
            return None;
        }
        // Both sides foretell how the shaft curves in between; the better known weighs more.
        let (weight_a, weight_b) = (self.curvature_sd.powi(-2), other.curvature_sd.powi(-2));
        let curvature = (self.curvature * weight_a - other.curvature * weight_b) / (weight_a + weight_b);
        let curvature_variance = 1.0 / (weight_a + weight_b) + (CURVATURE_DRIFT / stroke).powi(2);
        let half = 0.5 * curvature * reach;
        let sideways = (SIDEWAYS * stroke / reach).powi(2) + curvature_variance * (0.5 * reach).powi(2);
        let out = (turn_out + half).powi(2) / (self.heading_sd.powi(2) + sideways);
        let into = (turn_in - half).powi(2) / (other.heading_sd.powi(2) + sideways);
        let bend = (self.curvature + other.curvature).powi(2)
            / (self.curvature_sd.powi(2) + other.curvature_sd.powi(2) + (2.0 * CURVATURE_DRIFT / stroke).powi(2));
        let width = ((self.width / other.width).ln() / WIDTH_SPREAD).powi(2);
        let tone = ((self.height / other.height).ln() / TONE_SPREAD).powi(2);
        let fit = 0.5 * (out + into + bend + width + tone);
        if fit > self.alone + other.alone {
            return None;
        }
        let level = 0.6 * self.height.min(other.height);
        let bridge = self.bridge(other, 1.0);
        // What is as dark as the shaft may be it, or another that hides it; over bare skin it is not.
        let bare: f64 = bridge.iter().map(|p| (1.0 - f64::from(sample(plane, *p)) / level).clamp(0.0, 1.0)).sum();
        Some(fit + BARE * (bare / stroke).powi(2).min(bare / stroke * 3.0) + PER_STROKE * gap / stroke)
    }
}

/// How far before an end the chord of a gap begins, in strokes.
const BACK: f64 = 0.4;

/// The most a shaft may turn from either end to the chord of a gap, in radians.
const MOST_TURN: f64 = 1.0;

/// The scatter of an end to the side, in strokes.
const SIDEWAYS: f64 = 0.08;

/// How much a hair's curvature changes over a gap, in radians per stroke.
const CURVATURE_DRIFT: f64 = 0.08;

/// The scatter of the logarithms of width and contrast between two stretches of a shaft.
const WIDTH_SPREAD: f64 = 0.3;
const TONE_SPREAD: f64 = 0.5;

/// What a gap costs in nats: for a stroke of it over bare skin, and for a stroke of any.
const BARE: f64 = 1.2;
const PER_STROKE: f64 = 0.12;

/// An angle brought to −π to π.
fn wrapped(angle: f64) -> f64 {
    (angle + PI).rem_euclid(2.0 * PI) - PI
}
