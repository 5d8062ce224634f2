//! Hairs that stand together, paired together: every way of pairing them is looked at, and each pair is as likely as the ways that hold it.

use super::pair::{MOST_COST, Pair, wrapped};
use crate::geometry::Vector;

/// Strands of both photos that could be paired with one another.
#[derive(Debug, Clone)]
pub struct Group {
    /// Their places among the baseline's strands.
    pub rows: Vec<usize>,
    /// Their places among the follow-up's strands.
    pub columns: Vec<usize>,
}

/// How hairs that stand together move between two photos: one standard deviation each, lengths in pixels and angles in radians.
#[derive(Debug, Clone, Copy)]
pub struct Laws {
    /// Each hair's root across its shaft.
    pub across: f64,
    /// The same along it.
    pub along: f64,
    /// The shift all of them share, which the mapping missed.
    pub shift: f64,
    /// The turn of the comb in the whole photo.
    pub combed: f64,
    /// Each hair's turn beside the one they share.
    pub turn: f64,
    /// The shared turn beside `combed`.
    pub unit_turn: f64,
}

/// What a strand of the follow-up would be as a given strand of the baseline.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Its place among the follow-up's strands.
    pub column: usize,
    /// From where its root should lie to where it lies.
    pub off: Vector,
    /// The direction it runs in.
    pub along: Vector,
    /// How far it is turned.
    pub turn: f64,
    /// What the difference in width costs.
    pub width: f64,
    /// What it costs where it is paired by its line alone, which says nothing of shift and turn.
    pub by_line: Option<f64>,
}

/// The most a turn costs: a hair may have been pushed aside.
const MOST_TURN_COST: f64 = 4.5;

impl Candidate {
    /// What it costs without knowing how its neighbors moved.
    pub fn alone_cost(&self, laws: &Laws) -> f64 {
        cost(&[self], laws)
    }
}

/// What it costs to take all of these for right: the least over the shift and turn they share.
fn cost(taken: &[&Candidate], laws: &Laws) -> f64 {
    let by_root = || taken.iter().filter(|c| c.by_line.is_none());
    let (wide, long, shared) = (laws.across.powi(-2), laws.along.powi(-2), laws.shift.powi(-2));
    // Normal equations of the shared shift; each root is known better across its shaft than along.
    let (mut xx, mut xy, mut yy, mut x, mut y) = (shared, 0.0, shared, 0.0, 0.0);
    for c in by_root() {
        let (u, n) = (c.along, c.along.normal());
        let (a, b, ab) = (long * u.x * u.x + wide * n.x * n.x, long * u.y * u.y + wide * n.y * n.y, long * u.x * u.y + wide * n.x * n.y);
        (xx, yy, xy) = (xx + a, yy + b, xy + ab);
        (x, y) = (x + a * c.off.x + ab * c.off.y, y + ab * c.off.x + b * c.off.y);
    }
    let determinant = xx * yy - xy * xy;
    let shift = Vector::new((yy * x - xy * y) / determinant, (xx * y - xy * x) / determinant);
    let (own, unit) = (laws.turn.powi(-2), laws.unit_turn.powi(-2));
    let (sum, n) = by_root().fold((0.0, 0.0), |(sum, n), c| (sum + wrapped(c.turn - laws.combed), n + 1.0));
    let turn = own * sum / (own * n + unit);
    let mut cost = 0.5 * shift.dot(shift) * shared + 0.5 * turn * turn * unit;
    for c in taken {
        cost += c.width;
        cost += c.by_line.unwrap_or_else(|| {
            let rest = c.off - shift;
            let turn = (0.5 * own * wrapped(c.turn - laws.combed - turn).powi(2)).min(MOST_TURN_COST);
            0.5 * (wide * rest.dot(c.along.normal()).powi(2) + long * rest.dot(c.along).powi(2)) + turn
        });
    }
    cost
}

/// More ways than this are not looked at one by one.
const MOST_WAYS: f64 = 30_000.0;

/// The pairs of the likeliest way, each with the share of likelihood of all ways that hold it; `None` for a group with too many ways.
pub fn solved(group: &Group, candidates: &[Vec<Candidate>], laws: &Laws) -> Option<Vec<Pair>> {
    let ways: f64 = group.rows.iter().map(|&i| 1.0 + candidates[i].len() as f64).product();
    if ways > MOST_WAYS {
        return None;
    }
    let mut looked = Looked { group, candidates, laws, taken: vec![], ways: vec![] };
    looked.on(0);
    let least = looked.ways.iter().map(|way| way.0).fold(f64::INFINITY, f64::min);
    let best = looked.ways.iter().position(|way| way.0 == least)?;
    let total: f64 = looked.ways.iter().map(|(cost, _)| (least - cost).exp()).sum();
    let pairs = looked.ways[best].1.iter().map(|&(i, k)| {
        let column = candidates[i][k].column;
        let holds = |way: &Vec<(usize, usize)>| way.iter().any(|&(a, b)| a == i && candidates[a][b].column == column);
        let held: f64 = looked.ways.iter().filter(|(_, way)| holds(way)).map(|(cost, _)| (least - cost).exp()).sum();
        Pair { baseline: i, follow_up: column, confidence: held / total }
    });
    Some(pairs.collect())
}

/// A way of pairing: its cost, and of each paired row which of its candidates it took.
type Way = (f64, Vec<(usize, usize)>);

struct Looked<'a> {
    group: &'a Group,
    candidates: &'a [Vec<Candidate>],
    laws: &'a Laws,
    taken: Vec<(usize, usize)>,
    ways: Vec<Way>,
}

impl Looked<'_> {
    /// Goes through the choices of the rows from here on.
    fn on(&mut self, row: usize) {
        let Some(&i) = self.group.rows.get(row) else {
            let taken: Vec<&Candidate> = self.taken.iter().map(|&(i, k)| &self.candidates[i][k]).collect();
            // A pair spares two from standing alone.
            let alone = self.group.rows.len() + self.group.columns.len() - 2 * taken.len();
            self.ways.push((cost(&taken, self.laws) + 0.5 * MOST_COST * alone as f64, self.taken.clone()));
            return;
        };
        self.on(row + 1);
        for k in 0..self.candidates[i].len() {
            let column = self.candidates[i][k].column;
            if self.taken.iter().all(|&(a, b)| self.candidates[a][b].column != column) {
                self.taken.push((i, k));
                self.on(row + 1);
                self.taken.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAWS: Laws = Laws { across: 2.0, along: 7.0, shift: 6.0, combed: 0.0, turn: 0.1, unit_turn: 0.3 };

    /// Every row may be every column: hairs that run to the right from these heights, then and now.
    fn side_by_side(then: &[f64], now: &[f64], turn: f64) -> Vec<Vec<Candidate>> {
        let candidate = |from: f64, (column, to): (usize, &f64)| Candidate {
            column,
            off: Vector::new(0.0, to - from),
            along: Vector::new(1.0, 0.0),
            turn,
            width: 0.0,
            by_line: None,
        };
        then.iter().map(|from| now.iter().enumerate().map(|to| candidate(*from, to)).collect()).collect()
    }

    fn group(rows: usize, columns: usize) -> Group {
        Group { rows: (0..rows).collect(), columns: (0..columns).collect() }
    }

    fn paired(then: &[f64], now: &[f64], turn: f64) -> Vec<(usize, usize)> {
        let pairs = solved(&group(then.len(), now.len()), &side_by_side(then, now, turn), &LAWS).unwrap();
        pairs.iter().map(|pair| (pair.baseline, pair.follow_up)).collect()
    }

    #[test]
    fn a_group_without_candidates_has_no_pair() {
        assert_eq!(solved(&group(1, 0), &[vec![]], &LAWS), Some(vec![]));
    }

    #[test]
    fn a_crowd_is_left_to_another_method() {
        let many: Vec<f64> = (0..8).map(f64::from).collect();
        assert_eq!(solved(&group(8, 8), &side_by_side(&many, &many, 0.0), &LAWS), None);
    }

    #[test]
    fn neighbors_shifted_and_turned_together_are_not_taken_for_one_another() {
        // Each by itself the second lies nearer to where the first is now.
        assert_eq!(paired(&[0.0, 10.0], &[6.0, 16.0], 0.5), [(0, 0), (1, 1)]);
    }

    #[test]
    fn of_three_hairs_the_one_without_a_place_stands_alone() {
        assert_eq!(paired(&[0.0, 10.0, 25.0], &[1.0, 26.0], 0.0), [(0, 0), (2, 1)]);
    }

    #[test]
    fn a_pair_is_as_sure_as_the_ways_of_pairing_that_hold_it() {
        let sure = |now: &[f64]| solved(&group(1, now.len()), &side_by_side(&[0.0], now, 0.0), &LAWS).unwrap()[0].confidence;
        assert!(sure(&[0.0]) > 0.95);
        assert!((sure(&[5.0, -5.0]) - 0.5).abs() < 0.02, "{}", sure(&[5.0, -5.0]));
    }
}
