//! Which strands are to be turned round: told by what is seen at their own ends and by how the hair around grows. Positions are in pixels of the answer.

use super::trace::Traced;
use super::weigh::{leaning, placed, reversed};
use crate::geometry::{Point, Polyline, Vector};
use crate::segment::learned::Answer;

/// Log odds that a strand is the right way round, since it was chosen so.
const CHOSEN: f64 = 2.0;

/// Log odds that it grows as the hair around does, where all of that is known to grow one way: fewer than root and tip that are both surely seen give.
const ALIKE: f64 = 12.0;

/// How far hair says which way its neighbors grow: the standard deviation of its say is 1.5 mm; beyond twice and a half of that it says nothing.
const SAYS: f64 = 150.0;
const FARTHEST: f64 = 2.5 * SAYS;

/// What a strand weighs beside its neighbors, so that one or two do not turn it.
const FEW: f64 = 0.5;

/// The most rounds in which what is believed of the neighbors is heard anew, and the change of a belief below which they end.
const ROUNDS: usize = 30;
const SETTLED: f64 = 1e-3;

/// The strands, those turned round that by their own ends and by their neighbors are likelier to grow the other way.
///
/// # Source
/// Ours: the mean field of an Ising model, whose spins say whether a strand is the right way round.
pub(super) fn rightly_turned(strands: Vec<Traced>, answer: &Answer) -> Vec<Traced> {
    let lines: Vec<Polyline> = strands.iter().map(|strand| placed(strand, answer)).collect();
    let own: Vec<f64> = lines.iter().map(|line| CHOSEN + leaning(line, answer)).collect();
    let odds = with_neighbors(&own, &lines);
    strands.into_iter().zip(odds).map(|(strand, odds)| if odds < 0.0 { reversed(&strand) } else { strand }).collect()
}

/// The log odds that each strand is the right way round, of those by its own ends and of what its neighbors are believed to be.
fn with_neighbors(own: &[f64], lines: &[Polyline]) -> Vec<f64> {
    let neighbors: Vec<Vec<(usize, f64)>> = alike(lines);
    let believed = |odds: f64| (0.5 * odds).tanh();
    let mut odds = own.to_vec();
    for _ in 0..ROUNDS {
        let mut moved = 0.0_f64;
        for i in 0..odds.len() {
            let heard: f64 = neighbors[i].iter().map(|(j, alike)| alike * believed(odds[*j])).sum();
            let now = own[i] + ALIKE * heard;
            moved = moved.max((believed(now) - believed(odds[i])).abs());
            odds[i] = now;
        }
        if moved < SETTLED {
            break;
        }
    }
    odds
}

/// For each line its neighbors, and how much each says: positive where both run alike from root to tip, negative where against each other; all together 1 at
/// most, and less the less they lie along it: where hair lies every way there is no way that it grows. A curl says nothing, and hears nothing.
fn alike(lines: &[Polyline]) -> Vec<Vec<(usize, f64)>> {
    let poses: Vec<(Point, Vector)> = lines
        .iter()
        .map(|line| {
            let (root, tip) = (line.points[0], line.points[line.points.len() - 1]);
            let straight = (root.distance(tip) / line.length().max(1.0)).min(1.0).powi(6);
            (root.lerp(tip, 0.5), (tip - root).unit().unwrap_or_default() * straight)
        })
        .collect();
    let of = |(i, (at, heading)): (usize, &(Point, Vector))| {
        let near = |j: &usize| *j != i && at.distance(poses[*j].0) < FARTHEST;
        let say = |j: usize| (j, (-0.5 * (at.distance(poses[j].0) / SAYS).powi(2)).exp());
        let says: Vec<(usize, f64)> = (0..poses.len()).filter(near).map(say).collect();
        let total = FEW + says.iter().map(|say| say.1).sum::<f64>();
        let axis = |other: Vector| heading.dot(other).powi(2) - heading.cross(other).powi(2);
        let combed = (says.iter().map(|(j, say)| say * axis(poses[*j].1)).sum::<f64>() / total).max(0.0);
        says.into_iter().map(|(j, say)| (j, combed * say / total * heading.dot(poses[j].1))).collect()
    };
    poses.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hairs 100 pixels apart that all grow upward, those of these places traced from tip to root.
    fn lines(traced_wrongly: &[usize]) -> Vec<Polyline> {
        (0..12)
            .map(|i| {
                let root = Point::new(100.0 * f64::from(i % 4), 100.0 * f64::from(i / 4));
                let line = Polyline::new(vec![root, root + Vector::new(5.0, -60.0)]);
                if traced_wrongly.contains(&(i as usize)) { line.reversed() } else { line }
            })
            .collect()
    }

    fn wrong(own: &[f64], lines: &[Polyline]) -> Vec<usize> {
        let odds = with_neighbors(own, lines);
        (0..odds.len()).filter(|i| odds[*i] < 0.0).collect()
    }

    #[test]
    fn hair_that_does_not_know_its_ends_grows_as_the_hair_around() {
        let mut own = vec![3.0; 12];
        (own[5], own[6], own[10]) = (0.5, 0.5, 0.5);
        assert_eq!(wrong(&own, &lines(&[5, 10])), [5, 10]);
        assert!(wrong(&own, &lines(&[])).is_empty());
    }

    #[test]
    fn hair_whose_ends_are_surely_seen_may_grow_against_the_others() {
        let mut own = vec![3.0; 12];
        own[5] = 14.0;
        assert!(wrong(&own, &lines(&[5])).is_empty());
    }

    #[test]
    fn where_hair_lies_every_way_none_is_turned() {
        let crossing: Vec<Polyline> = lines(&[5])
            .iter()
            .enumerate()
            .map(|(i, line)| {
                let root = line.points[0];
                if i % 2 == 0 { Polyline::new(vec![root, root + Vector::new(60.0, 5.0)]) } else { line.clone() }
            })
            .collect();
        let mut own = vec![3.0; 12];
        own[5] = 0.5;
        assert!(wrong(&own, &crossing).is_empty());
    }

    #[test]
    fn what_is_alone_far_away_or_curled_stays_as_it_was_chosen() {
        assert!(wrong(&[0.1], &lines(&[])[..1]).is_empty());
        let far = [Point::new(0.0, 0.0), Point::new(0.0, 1000.0)].map(|p| Polyline::new(vec![p, p + Vector::new(0.0, -60.0)]));
        assert!(wrong(&[9.0, 0.1], &[far[0].clone(), far[1].reversed()]).is_empty());
        let ring = Polyline::new((0..=40).map(|i| Point::new(150.0, 150.0) + Vector::from_angle(0.14 * f64::from(i)) * 30.0).collect());
        let with_ring: Vec<Polyline> = lines(&[]).into_iter().chain([ring.clone(), ring.reversed()]).collect();
        let own: Vec<f64> = (0..14).map(|i| if i < 12 { 3.0 } else { 0.1 }).collect();
        assert!(wrong(&own, &with_ring).is_empty());
        assert!(with_neighbors(&[], &[]).is_empty());
    }
}
