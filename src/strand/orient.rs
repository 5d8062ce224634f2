//! Telling root from tip.

use super::around;
use super::select::Found;
use super::shaft::Shaft;
use super::trace::{Traced, in_order};
use super::{End, Strand, Tone};
use crate::field::Field;
use crate::geometry::{Point, Polyline, Vector};
use crate::raster::sample;
use crate::segment::Segmentation;
use crate::units::Pixels;

/// The shafts as strands, root first: where the skin beyond one end shows the bluish haze of the shaft under it, where it is the thicker by much,
/// where it meets others, and as the neighbors grow.
pub(super) fn oriented(found: Vec<Found>, seen: &Segmentation, field: &Field) -> Vec<Traced> {
    let shafts: Vec<&Shaft> = found.iter().map(|f| &f.shaft).collect();
    let alone = |s: &&Shaft| haze_evidence(s, seen) + border_evidence(s, seen, field) + taper_evidence(s, seen);
    let own: Vec<f64> =
        shafts.iter().map(alone).zip(meeting_evidence(&found, seen.stroke)).map(|(alone, meeting)| alone + meeting).collect();
    let odds = consensus(&shafts, &own, seen.stroke);
    let mut traced: Vec<Traced> = found
        .iter()
        .zip(odds)
        .map(|(Found { shaft, chance }, odds)| {
            let line = if odds >= 0.0 { shaft.line.clone() } else { shaft.line.reversed() };
            let last = line.points.len() - 1;
            let (root, tip) = (line.points[0], line.points[last]);
            let end = |at: Point, inner: Point, kind: End| end_class(shaft, at, (at - inner).unit().unwrap_or_default(), kind, seen, field);
            let strand = Strand {
                id: 0,
                root_end: end(root, line.at(shaft.width), End::Root),
                tip_end: end(tip, line.at(line.length() - shaft.width), End::Tip),
                centerline: Polyline::new(line.resampled(4.0).points.into_iter().map(|p| seen.to_photo(p)).collect()),
                width: None,
                estimate: None,
                tone: shaft.tone,
                confidence: chance / (1.0 + (-odds.abs()).exp()),
            };
            Traced { strand, rough_width: Pixels(shaft.width * seen.factor), ridge: *chance }
        })
        .collect();
    // A piece of hair neither of whose ends is seen has no root to count, and is most likely part of a hair that is traced elsewhere.
    traced.retain(|t| t.strand.root_end != End::Occluded || t.strand.tip_end != End::Occluded);
    in_order(traced)
}

/// What is seen at an end: the border, something as dark as the shaft that lies over it, or the end of the shaft itself.
fn end_class(shaft: &Shaft, at: Point, outward: Vector, kind: End, seen: &Segmentation, field: &Field) -> End {
    let plane = seen.contrasts.iter().find(|c| c.tone == shaft.tone).map(|c| &c.plane);
    let beyond = plane.map_or(0.0, |plane| f64::from(sample(plane, at + outward * (0.6 * shaft.width + 1.0))));
    if near_border(seen.to_photo(at), field, border_reach(seen)) {
        End::Border
    } else if beyond > 0.6 * shaft.height {
        End::Occluded
    } else {
        kind
    }
}

/// How near the border an end may lie, in photo pixels, before it is the border that is seen.
fn border_reach(seen: &Segmentation) -> f64 {
    0.6 * seen.stroke * seen.factor
}

/// Whether the photo stops showing anything within `reach` pixels of this point; a thin line drawn over the skin ends nothing.
pub(super) fn near_border(at: Point, field: &Field, reach: f64) -> bool {
    let around = |i: i32| at + Vector::from_angle(f64::from(i) * std::f64::consts::FRAC_PI_4) * reach;
    (0..8).map(around).any(|p| !field.shows(p) && !field.is_lined(p))
}

/// Log odds that the line's first end is the root, from where a long shaft leaves the photo: it mostly leaves its root behind.
fn border_evidence(shaft: &Shaft, seen: &Segmentation, field: &Field) -> f64 {
    let [first, last] = [shaft.line.points[0], shaft.line.points[shaft.line.points.len() - 1]]
        .map(|p| near_border(seen.to_photo(p), field, border_reach(seen)));
    let long = (shaft.line.length() / (15.0 * seen.stroke)).min(1.0);
    2.0 * long * (f64::from(u8::from(last)) - f64::from(u8::from(first)))
}

/// How much log odds the natural log of how many times one end is as thick as the other brings, beyond what the skin may hide of a cut hair's root.
///
/// # Source
/// Ours: set before they were tried; the 133 hand-marked fields stay as they are to 0.001.
const TAPER_ODDS: f64 = 5.0;
const UNCUT: f64 = 0.45;

/// Log odds that the line's first end is the root, from how much darkness a section across it holds near either end: hair that was not cut
/// thins towards its tip. How light a light hair is says more of the lamp than of its thickness.
fn taper_evidence(shaft: &Shaft, seen: &Segmentation) -> f64 {
    let dark = seen.contrasts.iter().find(|c| c.tone == Tone::Dark).filter(|_| shaft.tone == Tone::Dark);
    let Some(plane) = dark.map(|c| &c.plane) else { return 0.0 };
    let length = shaft.line.length();
    if length < 4.0 * shaft.width {
        return 0.0;
    }
    let half = (0.9 * shaft.width + 1.0).ceil() as i32;
    let section = |at: f64| {
        let across = shaft.line.tangent(at, 2.0).map_or(Vector::default(), Vector::normal);
        let place = shaft.line.at(at);
        (-2 * half..=2 * half).map(|k| f64::from(sample(plane, place + across * (0.5 * f64::from(k)))).max(0.0)).sum::<f64>()
    };
    let near = |end: f64| {
        let mut sections = [0.08, 0.12, 0.16, 0.2, 0.24].map(|part| section((end - part).abs() * length));
        sections.sort_by(f64::total_cmp);
        sections[2].max(1e-6)
    };
    let thicker = (near(0.0) / near(1.0)).ln();
    TAPER_ODDS * thicker.signum() * (thicker.abs() - UNCUT).clamp(0.0, 1.0)
}

/// How much log odds it brings that another hair begins at the same place, and how near that is, in strokes.
///
/// # Source
/// Ours: set before they were tried. Of drawn hair two to six times as many meet at their roots alone as at their tips; on the hand-marked fields,
/// where the haze decides, as many (12 and 10 %), and nothing changes.
const MEETING_ODDS: f64 = 2.0;
const MEETING: f64 = 1.2;

/// For each shaft, log odds that its line's first end is the root, from hairs that meet others at one end and leave it alike: those of one
/// follicular unit meet where they leave the skin.
fn meeting_evidence(found: &[Found], stroke: f64) -> Vec<f64> {
    // Each shaft's ends, with the direction in which it leaves them.
    let ends: Vec<[(Point, Vector); 2]> = found
        .iter()
        .map(|Found { shaft, .. }| {
            let (line, length) = (&shaft.line, shaft.line.length());
            let reach = (3.0 * stroke).min(length);
            let leaving = |at: f64, sign: f64| (line.at(at), line.tangent(at, reach).map_or(Vector::default(), |tangent| tangent * sign));
            [leaving(0.0, 1.0), leaving(length, -1.0)]
        })
        .collect();
    let met = |i: usize, (at, leaving): (Point, Vector)| {
        let others = (0..found.len()).filter(|&j| j != i).flat_map(|j| ends[j].map(|end| (end, found[j].chance)));
        others
            .map(|((other, other_leaving), chance)| {
                chance * (-0.5 * (at.distance(other) / (MEETING * stroke)).powi(2)).exp() * leaving.dot(other_leaving).max(0.0)
            })
            .fold(0.0, f64::max)
    };
    (0..found.len()).map(|i| MEETING_ODDS * (met(i, ends[i][0]) - met(i, ends[i][1]))).collect()
}

/// How much log odds a unit of contrast in the haze brings.
const HAZE_ODDS: f64 = 6.0;

/// Log odds that the line's first end is the root, from the haze beyond either end.
fn haze_evidence(shaft: &Shaft, seen: &Segmentation) -> f64 {
    let length = shaft.line.length();
    let reach = (1.5 * seen.stroke).min(length);
    let (Some(first), Some(last)) = (shaft.line.tangent(0.0, reach), shaft.line.tangent(length, reach)) else { return 0.0 };
    let beyond = |from: Point, heading: Vector| {
        let (mut sum, mut n) = (0.0, 0.0);
        for step in 0..12 {
            let d = (0.7 + 0.3 * f64::from(step)) * seen.stroke;
            for side in -2..=2 {
                let at = from + heading * d + heading.normal() * (0.4 * f64::from(side) * seen.stroke);
                sum += seen.haze_at(at).clamp(-0.5, 1.5);
                n += 1.0;
            }
        }
        sum / n
    };
    let (a, b) = (shaft.line.points[0], shaft.line.points[shaft.line.points.len() - 1]);
    HAZE_ODDS * (beyond(a, -first) - beyond(b, last))
}

/// The log odds after neighbors have been heard: hair nearby grows the same way.
fn consensus(shafts: &[&Shaft], own: &[f64], stroke: f64) -> Vec<f64> {
    let middle: Vec<Point> = shafts.iter().map(|s| s.line.at(s.line.length() / 2.0)).collect();
    let direction: Vec<Vector> =
        shafts.iter().map(|s| (*s.line.points.last().expect("a shaft has points") - s.line.points[0]).unit().unwrap_or_default()).collect();
    // A curl's chord says nothing of how its neighbors grow.
    let straight: Vec<f64> = shafts
        .iter()
        .map(|s| (s.line.points[0].distance(*s.line.points.last().expect("a shaft has points")) / s.line.length().max(1.0)).powi(6))
        .collect();
    let reach = 15.0 * stroke;
    let mut odds = own.to_vec();
    for _ in 0..30 {
        let say = |i: usize| direction[i] * (straight[i] * (odds[i] / 2.0).tanh());
        let said: Vec<[f64; 2]> = (0..shafts.len()).map(say).map(|said| [said.x, said.y]).collect();
        let heard = around::sums(&middle, &said, reach).into_iter().map(|[x, y]| Vector::new(x, y));
        odds = heard.enumerate().map(|(i, heard)| own[i] + (0.8 * straight[i] * direction[i].dot(heard)).clamp(-6.0, 6.0)).collect();
    }
    odds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(from: (f64, f64), to: (f64, f64)) -> Found {
        let line = Polyline::new(vec![Point::new(from.0, from.1), Point::new(to.0, to.1)]).resampled(2.0);
        Found { shaft: Shaft { line, width: 8.0, height: 1.0, tone: Tone::Dark }, chance: 1.0 }
    }

    #[test]
    fn hairs_of_one_unit_begin_where_they_meet() {
        // Two fan out from the left, the second told from its other end; the third goes on where the first ends, and meets none.
        let fan = [found((0.0, 0.0), (80.0, 20.0)), found((80.0, -20.0), (0.0, 2.0)), found((84.0, 21.0), (160.0, 40.0))];
        let [first, second, third] = meeting_evidence(&fan, 13.0).try_into().unwrap();
        assert!(first > 1.0, "{first}");
        assert!(second < -1.0, "{second}");
        assert!(f64::abs(third) < 0.1, "{third}");
        assert_eq!(meeting_evidence(&fan[..1], 13.0), [0.0], "alone");
    }
}
