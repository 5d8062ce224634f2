//! Which of the strands proposed are hair, rightly traced, root and tip told apart: what speaks for each, and the choice among those that
//! explain the same hair.

use super::End;
use super::trace::Traced;
use crate::geometry::{Point, Polyline, Vector};
use crate::raster::{Mask, Plane, holds, sample};
use crate::segment::learned::Answer;

/// The least chance at which a strand is reported.
const LEAST_CHANCE: f64 = 0.5;

/// How near another strand's line, in pixels of the answer, a place is explained by that strand: 35 µm.
const EXPLAINED: f64 = 3.5;

/// The share of a strand that others may explain.
const MOST_SHARED: f64 = 0.35;

/// Who proposed a strand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    /// The centerlines of the learned detector.
    Learned,
    /// The ridges of the classical one.
    Ridge,
}

/// What speaks for a strand, as [`WEIGHTS`] weighs it.
type Evidence = [f64; 9];

/// Log odds per unit of each evidence, and those of none.
///
/// # Source
/// Ours: a logistic fit on 8,168 strands proposed for 73 drawn photos of fourteen scenes, none of which the network was trained on.
const WEIGHTS: Evidence = [3.3, 8.7, 2.2, 2.4, 7.9, -5.4, 0.3, 2.2, -2.3];
const ODDS_OF_NONE: f64 = -11.9;

/// The strands that together explain what is seen, each hair once, the likeliest first; the chance of each as its confidence.
pub(super) fn chosen(learned: Vec<Traced>, ridges: Vec<Traced>, answer: &Answer) -> Vec<Traced> {
    // Ridges tell root from tip by other signs than the network: here it is asked again.
    let turned: Vec<Traced> = ridges.iter().map(reversed).collect();
    let proposed = learned.into_iter().map(|t| (t, Source::Learned)).chain(ridges.into_iter().chain(turned).map(|t| (t, Source::Ridge)));
    let mut weighed: Vec<(f64, Polyline, Traced)> = proposed
        .filter(|(traced, _)| traced.strand.root_end != End::Occluded || traced.strand.tip_end != End::Occluded)
        .map(|(traced, source)| {
            let line = Polyline::new(traced.strand.centerline.points.iter().map(|p| answer.place_of(*p)).collect()).resampled(1.0);
            (chance(&evidence(&line, &traced, source, answer)), line, traced)
        })
        .filter(|(chance, ..)| *chance >= LEAST_CHANCE)
        .collect();
    let place = |line: &Polyline| (line.points[0].y, line.points[0].x);
    weighed.sort_by(|a, b| {
        let ((ay, ax), (by, bx)) = (place(&a.1), place(&b.1));
        b.0.total_cmp(&a.0).then(ay.total_cmp(&by)).then(ax.total_cmp(&bx))
    });
    let mut explained = Mask::from_elem(answer.hair.dim(), false);
    let mut kept = vec![];
    for (chance, line, mut traced) in weighed {
        let shared = line.points.iter().filter(|p| holds(&explained, **p)).count();
        if shared as f64 <= MOST_SHARED * line.points.len() as f64 {
            line.points.iter().for_each(|p| explain(&mut explained, *p));
            traced.strand.confidence = chance;
            kept.push(traced);
        }
    }
    kept
}

/// The same strand from its other end.
fn reversed(traced: &Traced) -> Traced {
    let mut turned = traced.clone();
    let strand = &mut turned.strand;
    strand.centerline = strand.centerline.reversed();
    let seen_as = |end: End, kind: End| if matches!(end, End::Root | End::Tip) { kind } else { end };
    (strand.root_end, strand.tip_end) = (seen_as(strand.tip_end, End::Root), seen_as(strand.root_end, End::Tip));
    turned
}

fn chance(evidence: &Evidence) -> f64 {
    let odds: f64 = ODDS_OF_NONE + evidence.iter().zip(&WEIGHTS).map(|(evidence, weight)| evidence * weight).sum::<f64>();
    1.0 / (1.0 + (-odds).exp())
}

/// The chance of hair along a strand; a root seen at its root and a tip at its tip, twice, for the first half of either says more than the rest;
/// a root at its tip or a tip at its root; how long it is; and what the ridges hold of it.
fn evidence(line: &Polyline, traced: &Traced, source: Source, answer: &Answer) -> Evidence {
    let (root, tip) = (line.points[0], line.points[line.points.len() - 1]);
    let (root_seen, tip_seen) = (most_near(&answer.root, root), most_near(&answer.tip, tip));
    let confused = most_near(&answer.root, tip).max(most_near(&answer.tip, root));
    let (ridge, held) = if source == Source::Ridge { (1.0, traced.strand.confidence) } else { (0.0, 0.0) };
    [
        mean_along(&answer.hair, line),
        root_seen,
        root_seen.min(0.5),
        tip_seen,
        tip_seen.min(0.5),
        confused,
        line.length().max(1.0).ln(),
        ridge,
        held,
    ]
}

/// Marks what lies within [`EXPLAINED`] of a place.
fn explain(explained: &mut Mask, at: Point) {
    let reach = EXPLAINED.ceil() as i64;
    let (row, column) = (at.y.round() as i64, at.x.round() as i64);
    for (r, c) in (row - reach..=row + reach).flat_map(|r| (column - reach..=column + reach).map(move |c| (r, c))) {
        let near = Point::new(c as f64, r as f64).distance(at) <= EXPLAINED;
        if let (true, Ok(r), Ok(c)) = (near, usize::try_from(r), usize::try_from(c)) {
            explained.get_mut([r, c]).into_iter().for_each(|place| *place = true);
        }
    }
}

/// The greatest value within 3 pixels either way.
pub(super) fn most_near(plane: &Plane, at: Point) -> f64 {
    let offsets = (-3..=3).flat_map(|y| (-3..=3).map(move |x| Vector::new(f64::from(x), f64::from(y))));
    offsets.map(|offset| f64::from(sample(plane, at + offset))).fold(0.0, f64::max)
}

/// The mean along a line.
pub(super) fn mean_along(plane: &Plane, line: &Polyline) -> f64 {
    line.points.iter().map(|p| f64::from(sample(plane, *p))).sum::<f64>() / line.points.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strand::{Strand, Tone};
    use crate::units::Pixels;

    /// What the network says of one hair from (10, 20) to (50, 20).
    fn answer() -> Answer {
        let blank = || Plane::zeros((40, 60));
        let heat = |x: f64| {
            Plane::from_shape_fn(
                (40, 60),
                |(r, c)| if Point::new(c as f64, r as f64).distance(Point::new(x, 20.0)) < 3.0 { 0.9 } else { 0.0 },
            )
        };
        let hair = Plane::from_shape_fn((40, 60), |(r, c)| if (18..=22).contains(&r) && (10..=50).contains(&c) { 1.0 } else { 0.0 });
        Answer { factor: 2.0, light: blank(), center: hair.clone(), hair, root: heat(10.0), tip: heat(50.0), along: [blank(), blank()] }
    }

    fn traced(answer: &Answer, from: (f64, f64), to: (f64, f64)) -> Traced {
        let line = Polyline::new(vec![answer.to_photo(Point::new(from.0, from.1)), answer.to_photo(Point::new(to.0, to.1))]);
        let strand =
            Strand { id: 0, root_end: End::Root, tip_end: End::Tip, centerline: line, width: None, tone: Tone::Dark, confidence: 0.7 };
        Traced { strand, rough_width: Pixels(8.0) }
    }

    #[test]
    fn nothing_proposed_gives_nothing() {
        assert!(chosen(vec![], vec![], &answer()).is_empty());
    }

    #[test]
    fn a_ridge_is_turned_to_where_the_root_is_seen() {
        let answer = answer();
        let found = chosen(vec![], vec![traced(&answer, (50.0, 20.0), (10.0, 20.0))], &answer);
        assert_eq!(found.len(), 1);
        assert!(found[0].strand.root().x < found[0].strand.tip().x);
        assert_eq!((found[0].strand.root_end, found[0].strand.tip_end), (End::Root, End::Tip));
    }

    #[test]
    fn one_hair_is_kept_once_and_what_is_no_hair_not_at_all() {
        let answer = answer();
        let same = || vec![traced(&answer, (10.0, 20.0), (50.0, 20.0)), traced(&answer, (11.0, 21.0), (49.0, 21.0))];
        let mut learned = same();
        learned.push(traced(&answer, (10.0, 35.0), (50.0, 35.0)));
        let found = chosen(learned, same(), &answer);
        assert_eq!(found.len(), 1);
        assert!(found[0].strand.confidence > 0.9, "{}", found[0].strand.confidence);
    }
}
