//! Joining stretches of shaft across crossings and gaps.

use super::pose::Pose;
use super::shaft::{Shaft, smoothed};
use crate::geometry::Polyline;
use crate::raster::Plane;

/// The widest gaps bridged, in strokes: first the sure and near ones, then, as the longer shafts know better where they head, wider ones.
const WIDEST_GAPS: [f64; 3] = [2.5, 6.0, 12.0];

/// Stretches whose ends face each other across a crossing, a gap of glare or a thicket become one shaft.
///
/// # Source
/// Ours: an assignment of ends to ends at the least total misfit, in place of the usual choice of the best fit at each crossing.
pub(super) fn joined(shafts: Vec<Shaft>, plane: &Plane, stroke: f64) -> Vec<Shaft> {
    WIDEST_GAPS.iter().fold(shafts, |shafts, gap| joined_once(&shafts, plane, stroke, gap * stroke))
}

/// An end: twice the index of its shaft, plus one for the last.
type End = usize;

fn other_end(end: End) -> End {
    end ^ 1
}

/// The partners an end may have, with what is gained over leaving both alone; ends ascending.
type Choices = Vec<Vec<(End, f64)>>;

fn joined_once(shafts: &[Shaft], plane: &Plane, stroke: f64, widest_gap: f64) -> Vec<Shaft> {
    let poses: Vec<Option<Pose>> = (0..2 * shafts.len()).map(|end| Pose::of(&shafts[end / 2], end % 2 == 1, plane, stroke)).collect();
    let mut choices: Choices = vec![vec![]; poses.len()];
    for (a, pose_a) in poses.iter().enumerate() {
        for (b, pose_b) in poses.iter().enumerate().skip((a | 1) + 1) {
            let (Some(pose_a), Some(pose_b)) = (pose_a, pose_b) else { continue };
            let Some(misfit) = pose_a.misfit(pose_b, plane, stroke, widest_gap) else { continue };
            let gain = pose_a.alone + pose_b.alone - misfit;
            if gain > 0.0 {
                choices[a].push((b, gain));
                choices[b].push((a, gain));
            }
        }
    }
    let mut partner = assigned(&choices);
    open_rings(&mut partner, &choices);
    chains(&partner).into_iter().map(|chain| merged(&chain, shafts, &poses)).collect()
}

/// The pairing of ends of the greatest total gain that exchanges of neighboring pairs reach from the greedy one.
fn assigned(choices: &Choices) -> Vec<Option<End>> {
    let gain = |a: End, b: End| choices[a].iter().find(|c| c.0 == b).map(|c| c.1);
    let mut all: Vec<(f64, End, End)> =
        (0..choices.len()).flat_map(|a| choices[a].iter().filter(move |c| c.0 > a).map(move |c| (c.1, a, c.0))).collect();
    all.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    let mut partner = vec![None; choices.len()];
    for &(_, a, b) in &all {
        if partner[a].is_none() && partner[b].is_none() {
            (partner[a], partner[b]) = (Some(b), Some(a));
        }
    }
    // Every exchange gains, so this ends; the bound only guards against gains too small for floats.
    for _ in 0..20 {
        let mut exchanged = false;
        for &(gained, a, b) in &all {
            if partner[a] == Some(b) {
                continue;
            }
            // This pair is put in place of those its ends are in; those left over find each other, or else whoever is free.
            let left: Vec<End> = partner[a].into_iter().chain(partner[b]).collect();
            let lost: f64 = [a, b].iter().filter_map(|&end| gain(end, partner[end]?)).sum();
            // What was there before, for the few ends that this touches.
            let mut before: Vec<(End, Option<End>)> = vec![];
            let mut put = |partner: &mut [Option<End>], end: End, other: Option<End>| {
                before.push((end, std::mem::replace(&mut partner[end], other)));
            };
            left.iter().for_each(|&end| put(&mut partner, end, None));
            [(a, b), (b, a)].into_iter().for_each(|(end, other)| put(&mut partner, end, Some(other)));
            let mut total = gained - lost;
            if let Some(each_other) = left.get(1).and_then(|&other| gain(left[0], other)) {
                [(left[0], left[1]), (left[1], left[0])].into_iter().for_each(|(end, other)| put(&mut partner, end, Some(other)));
                total += each_other;
            }
            for &end in &left {
                let free =
                    choices[end].iter().filter(|c| partner[end].is_none() && partner[c.0].is_none()).max_by(|x, y| x.1.total_cmp(&y.1));
                if let Some(&(other, more)) = free {
                    [(end, other), (other, end)].into_iter().for_each(|(end, other)| put(&mut partner, end, Some(other)));
                    total += more;
                }
            }
            if total > 1e-9 {
                exchanged = true;
            } else {
                before.into_iter().rev().for_each(|(end, other)| partner[end] = other);
            }
        }
        if !exchanged {
            break;
        }
    }
    partner
}

/// Undoes the weakest joint of every ring: a hair has two ends.
fn open_rings(partner: &mut [Option<End>], choices: &Choices) {
    let mut seen = vec![false; partner.len()];
    for start in 0..partner.len() {
        if seen[start] {
            continue;
        }
        let (mut end, mut weakest) = (start, None::<(f64, End)>);
        loop {
            seen[end] = true;
            let far = other_end(end);
            seen[far] = true;
            let Some(next) = partner[far] else { break };
            let gain = choices[far].iter().find(|c| c.0 == next).map_or(0.0, |c| c.1);
            if weakest.is_none_or(|w| gain < w.0) {
                weakest = Some((gain, far));
            }
            if next == start {
                let far = weakest.map_or(far, |w| w.1);
                if let Some(other) = partner[far].take() {
                    partner[other] = None;
                }
                break;
            }
            end = next;
        }
    }
}

/// The open chains of shafts, each as the ends at which its shafts are entered, from the end that comes first.
fn chains(partner: &[Option<End>]) -> Vec<Vec<End>> {
    let mut walked = vec![false; partner.len() / 2];
    let mut chains = vec![];
    for start in 0..partner.len() {
        if walked[start / 2] || partner[start].is_some() {
            continue;
        }
        let (mut chain, mut at) = (vec![], Some(start));
        while let Some(entered) = at {
            walked[entered / 2] = true;
            chain.push(entered);
            at = partner[other_end(entered)];
        }
        chains.push(chain);
    }
    chains
}

/// One shaft of several in a row.
fn merged(chain: &[End], shafts: &[Shaft], poses: &[Option<Pose>]) -> Shaft {
    if let [only] = chain {
        return shafts[only / 2].clone();
    }
    let mut points = vec![];
    for (i, &entered) in chain.iter().enumerate() {
        if let Some((from, to)) = i.checked_sub(1).and_then(|before| Some((poses[other_end(chain[before])]?, poses[entered]?))) {
            points.extend(from.bridge(&to, 2.0));
        }
        let line = &shafts[entered / 2].line;
        if entered % 2 == 0 { points.extend(&line.points) } else { points.extend(line.points.iter().rev()) }
    }
    let length: f64 = chain.iter().map(|end| shafts[end / 2].line.length()).sum();
    let mean = |value: fn(&Shaft) -> f64| chain.iter().map(|e| value(&shafts[e / 2]) * shafts[e / 2].line.length()).sum::<f64>() / length;
    let (width, height) = (mean(|s| s.width), mean(|s| s.height));
    Shaft { line: smoothed(&Polyline::new(points), 1.2 * width), width, height, tone: shafts[chain[0] / 2].tone }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;
    use crate::segment::Tone;

    const STROKE: f64 = 13.0;

    /// A plane on which the contrast is 2 within half a stroke of these lines.
    fn drawn(lines: &[Polyline]) -> Plane {
        Plane::from_shape_fn((300, 300), |(row, column)| {
            let near = lines.iter().map(|line| line.distance_to(Point::new(column as f64, row as f64))).fold(f64::INFINITY, f64::min);
            2.0 * (0.5 * STROKE + 0.5 - near).clamp(0.0, 1.0) as f32
        })
    }

    fn straight(from: (f64, f64), to: (f64, f64)) -> Polyline {
        Polyline::new(vec![Point::new(from.0, from.1), Point::new(to.0, to.1)]).resampled(2.0)
    }

    fn arc(center: (f64, f64), radius: f64, from: f64, to: f64) -> Polyline {
        let at = |i: i32| from + (to - from) * f64::from(i) / 60.0;
        Polyline::new((0..=60).map(|i| Point::new(center.0 + radius * at(i).cos(), center.1 + radius * at(i).sin())).collect())
    }

    /// A line's stretches that no other line comes near.
    fn cut(line: &Polyline, others: &[Polyline]) -> Vec<Shaft> {
        let clear = |p: &Point| others.iter().all(|other| other.distance_to(*p) > 1.1 * STROKE);
        line.points
            .split(|p| !clear(p))
            .filter(|points| points.len() > 4)
            .map(|points| Shaft { line: Polyline::new(points.to_vec()), width: STROKE, height: 2.0, tone: Tone::Dark })
            .collect()
    }

    fn crossing(a: Polyline, b: Polyline) -> Vec<Shaft> {
        let pieces = [cut(&a, std::slice::from_ref(&b)), cut(&b, std::slice::from_ref(&a))].concat();
        assert_eq!(pieces.len(), 4);
        joined(pieces, &drawn(&[a, b]), STROKE)
    }

    #[test]
    fn nothing_joins_nothing() {
        assert!(joined(vec![], &Plane::zeros((4, 4)), STROKE).is_empty());
        let one = cut(&straight((20.0, 20.0), (90.0, 20.0)), &[]);
        assert_eq!(joined(one, &Plane::zeros((1, 1)), STROKE).len(), 1);
    }

    #[test]
    fn straight_hairs_run_on_through_their_crossing() {
        for angle in [0.35_f64, 0.6, 1.0, 1.57] {
            let (c, s) = (120.0 * angle.cos(), 120.0 * angle.sin());
            let level = straight((30.0, 150.0), (270.0, 150.0));
            let found = crossing(level.clone(), straight((150.0 - c, 150.0 - s), (150.0 + c, 150.0 + s)));
            assert_eq!(found.len(), 2, "at {angle}");
            assert!(found.iter().all(|shaft| shaft.line.length() > 235.0), "at {angle}");
            assert!(found[0].line.points.iter().all(|p| level.distance_to(*p) < 1.5), "at {angle}");
        }
    }

    #[test]
    fn a_curl_runs_on_along_its_own_curve() {
        let curl = arc((150.0, 170.0), 90.0, 3.3, 6.1);
        let found = crossing(curl.clone(), straight((150.0, 20.0), (150.0, 280.0)));
        assert_eq!(found.len(), 2);
        assert!(found[0].line.points.iter().all(|p| curl.distance_to(*p) < 2.0));
    }

    #[test]
    fn hairs_end_to_end_over_bare_skin_stay_two() {
        let hairs = [straight((20.0, 100.0), (120.0, 100.0)), straight((160.0, 100.0), (260.0, 100.0))];
        let pieces: Vec<Shaft> = hairs.iter().flat_map(|hair| cut(hair, &[])).collect();
        assert_eq!(joined(pieces, &drawn(&hairs), STROKE).len(), 2);
    }

    #[test]
    fn the_best_pair_yields_to_two_better_together() {
        // Ends 1 and 2 fit best, but then 0 and 3 are left over.
        let choices = vec![vec![(1, 3.0)], vec![(0, 3.0), (2, 4.0)], vec![(1, 4.0), (3, 3.0)], vec![(2, 3.0)]];
        assert_eq!(assigned(&choices), [Some(1), Some(0), Some(3), Some(2)]);
    }

    #[test]
    fn a_ring_is_opened_where_it_holds_least() {
        let choices = vec![vec![(3, 1.0)], vec![(2, 5.0)], vec![(1, 5.0)], vec![(0, 1.0)]];
        let mut partner = vec![Some(3), Some(2), Some(1), Some(0)];
        open_rings(&mut partner, &choices);
        assert_eq!(partner, [None, Some(2), Some(1), None]);
        assert_eq!(chains(&partner), [vec![0, 2]]);
    }
}
