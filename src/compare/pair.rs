//! Which hair of the baseline is which of the follow-up.

use super::assignment::assignment;
use super::group::{Candidate, Group, Laws, solved};
use super::mapping::Mapping;
use super::visit::Visit;
use crate::geometry::{Polyline, Vector};
use crate::strand::Strand;
use std::f64::consts::{PI, TAU};

/// A hair seen in both photos.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Its place among the baseline's strands.
    pub baseline: usize,
    /// Its place among the follow-up's strands.
    pub follow_up: usize,
    /// How likely it is that both are the same hair, 0 to 1, as far as the laws of `Scatter` hold.
    pub confidence: f64,
}

impl Pair {
    /// The estimated chance that both are the same hair.
    pub(super) fn chance(&self) -> f64 {
        chance(self.confidence)
    }
}

/// The estimated chance that a pair of this confidence is of one hair.
///
/// The laws of a pair know of hairs that are seen. Where one of a unit was traced in neither photo or in one, its neighbor fits the other's place nearly as
/// well, and pairs are surer of themselves than they are right.
///
/// # Source
/// Ours: a logistic law (Platt 1999) of 2,373 pairs of drawn series, seeds 300 to 311, of which 81 % are of the same hair. Of seeds 2300 to 2311, to which
/// nothing was fitted, 52, 71, 72, 82, 90 and 98 % are of pairs at 0.5 to 0.6, to 0.7, to 0.8, to 0.9, to 0.95 and to 1.
pub fn chance(confidence: f64) -> f64 {
    let sure = confidence.clamp(1.0 - SUREST, SUREST);
    let odds = CHANCE_OF_EVEN + CHANCE_BY_ODDS * (sure / (1.0 - sure)).ln();
    1.0 / (1.0 + (-odds).exp())
}

/// The law of a pair's chance: its log odds where the pair is as likely as not, what each of its own log odds adds, and beyond what likelihood nothing is surer.
const CHANCE_OF_EVEN: f64 = -0.33;
const CHANCE_BY_ODDS: f64 = 0.42;
const SUREST: f64 = 0.9999;

/// How pairs of this registration lie: what tells a hair from its neighbor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// How far roots lie from where the mapping puts them: one standard deviation, in pixels.
    pub across: f64,
    /// How far hair was combed on the whole, in radians.
    pub combed: f64,
    /// How much units differ in that, in radians; large where hair was combed anew.
    pub turn: f64,
}

/// The most a pair may cost, in units of half squared deviations: beyond it both stand alone.
pub const MOST_COST: f64 = 9.0;

/// How far beyond `across` a root may be seen along its shaft, in hair widths: skin hides more or less of it.
const ALONG: f64 = 0.7;

/// How far roots of hairs that stand together are seen off across their shafts, in hair widths.
const ROOT_ACROSS: f64 = 0.22;

/// How widths of the same hair scatter, as a logarithm: half of them lie nearer, some far off, since hairs that lie on each other are now and
/// then measured as one and months may change a hair.
const WIDTH_SCATTER: f64 = 0.05;

/// What a difference in width costs is this times the log of its squared deviation, up to the most; with a width unknown it costs what is usual.
///
/// # Source
/// Ours: rounded from the odds of rightly paired hairs against neighbors in the same unit, drawn series of seeds 100 to 107.
const WIDTH_WEIGHT: f64 = 0.75;
const MOST_WIDTH_COST: f64 = 3.0;
const UNKNOWN_WIDTH_COST: f64 = 1.5;

/// A pair by its line alone, traced from the other end, or with a root seen elsewhere along it, costs this much to begin with.
const BY_LINE: f64 = 2.0;

/// One to one pairs by root, direction, line and width, with a cost for standing alone. Hairs that stand together are paired together: they
/// are shifted and turned alike, by what the mapping misses and by the comb.
pub fn pairs(baseline: &Visit, follow_up: &Visit, mapping: &Mapping, residual_px: f64) -> (Vec<Pair>, Scatter) {
    let hair = follow_up.hair_width().0;
    let carried: Vec<Polyline> = baseline.strands.iter().map(|strand| mapping.line(&strand.centerline)).collect();
    let across = residual_px.max(0.12 * hair);
    let (combed, turn) = turns(&carried, follow_up, 2.0 * across + 0.5 * hair);
    let scatter = Scatter { across, combed, turn };
    let laws =
        Laws { across: ROOT_ACROSS * hair, along: ALONG * hair, shift: across, combed, turn: (0.4 * turn).max(0.08), unit_turn: turn };
    let scale = mapping.scale(baseline.middle());
    let candidates: Vec<Vec<Candidate>> = carried
        .iter()
        .zip(&baseline.strands)
        .map(|(line, a)| {
            let of = |(j, b): (usize, &Strand)| candidate(j, line, a, b, scale, hair, &laws);
            follow_up.strands.iter().enumerate().filter_map(of).collect()
        })
        .collect();
    let mut pairs: Vec<Pair> = groups(&candidates, follow_up.strands.len())
        .iter()
        .flat_map(|group| solved(group, &candidates, &laws).unwrap_or_else(|| crowded(group, &candidates, &laws)))
        .collect();
    pairs.sort_by_key(|pair| pair.baseline);
    (pairs, scatter)
}

/// Strands of both photos that could be paired with one another, directly or through others.
fn groups(candidates: &[Vec<Candidate>], columns: usize) -> Vec<Group> {
    let mut of_column: Vec<Option<usize>> = vec![None; columns];
    let mut groups: Vec<Option<Group>> = vec![];
    for (i, row) in candidates.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
        let mut merged = Group { rows: vec![i], columns: row.iter().map(|c| c.column).collect() };
        let mut earlier: Vec<usize> = row.iter().filter_map(|c| of_column[c.column]).collect();
        earlier.sort_unstable();
        earlier.dedup();
        for group in earlier.into_iter().filter_map(|g| groups[g].take()) {
            merged.rows.extend(group.rows);
            merged.columns.extend(group.columns);
        }
        merged.rows.sort_unstable();
        merged.columns.sort_unstable();
        merged.columns.dedup();
        merged.columns.iter().for_each(|j| of_column[*j] = Some(groups.len()));
        groups.push(Some(merged));
    }
    groups.into_iter().flatten().collect()
}

/// The pairs of a group too large for every assignment to be looked at: each hair by itself, at the least sum of costs.
fn crowded(group: &Group, candidates: &[Vec<Candidate>], laws: &Laws) -> Vec<Pair> {
    let cost = |i: usize, j: usize| {
        let of = candidates[i].iter().filter(|c| c.column == j).map(|c| c.alone_cost(laws));
        of.fold(f64::INFINITY, f64::min)
    };
    let costs: Vec<Vec<f64>> = group.rows.iter().map(|&i| group.columns.iter().map(|&j| cost(i, j)).collect()).collect();
    let (rows, columns) = (group.rows.len(), group.columns.len());
    // Each row may also take a column of its own: to stand alone.
    let chosen = assignment(rows, columns + rows, |i, j| costs[i].get(j).copied().unwrap_or(MOST_COST).min(2.0 * MOST_COST));
    chosen
        .into_iter()
        .filter(|&(i, j)| j < columns && costs[i][j] < MOST_COST)
        .map(|(i, j)| Pair { baseline: group.rows[i], follow_up: group.columns[j], confidence: confidence(&costs, i, j) })
        .collect()
}

/// How likely a pair is against standing alone and against the pairs either could be in instead.
fn confidence(costs: &[Vec<f64>], i: usize, j: usize) -> f64 {
    let weight = |cost: f64| (-cost).exp();
    let rivals = costs[i].iter().enumerate().filter(|(k, _)| *k != j).map(|(_, cost)| weight(*cost)).sum::<f64>()
        + costs.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, row)| weight(row[j])).sum::<f64>();
    let own = weight(costs[i][j]);
    // A rival's cost speaks for the rival too, so a tie leaves a half.
    own / (own + rivals.min(own) + weight(MOST_COST))
}

/// By how much hairs whose roots agree are turned: the median, and the scatter about it, robustly, so that a wrong pair does not matter.
fn turns(carried: &[Polyline], follow_up: &Visit, reach: f64) -> (f64, f64) {
    let mut turns: Vec<f64> = carried
        .iter()
        .filter_map(|line| {
            let near = |strand: &&Strand| line.points[0].distance(strand.root()) < reach;
            let nearest = follow_up
                .strands
                .iter()
                .filter(near)
                .min_by(|a, b| line.points[0].distance(a.root()).total_cmp(&line.points[0].distance(b.root())))?;
            Some(turned(direction(line)?, nearest.direction()?))
        })
        .collect();
    if turns.len() < 5 {
        return (0.0, 0.45);
    }
    turns.sort_by(f64::total_cmp);
    let median = turns[turns.len() / 2];
    let mut off: Vec<f64> = turns.iter().map(|turn| (turn - median).abs()).collect();
    off.sort_by(f64::total_cmp);
    (median, 1.48 * off[off.len() / 2].clamp(0.05, 0.45))
}

/// The straight direction of a line, first point to last.
pub fn direction(line: &Polyline) -> Option<Vector> {
    (*line.points.last()? - line.points[0]).unit()
}

/// The angle from one direction to another, −π to π.
pub fn turned(a: Vector, b: Vector) -> f64 {
    wrapped(b.angle() - a.angle())
}

/// An angle between −π and π.
pub fn wrapped(angle: f64) -> f64 {
    (angle + PI).rem_euclid(TAU) - PI
}

/// A strand of the follow-up as a strand of the baseline, carried there: `None` where it cannot be.
fn candidate(column: usize, line: &Polyline, a: &Strand, b: &Strand, scale: f64, hair: f64, laws: &Laws) -> Option<Candidate> {
    let apart = line.points[0].distance(b.root());
    let reach = line.length().max(b.centerline.length());
    if a.tone != b.tone || apart.is_nan() || apart > 2.0 * hair + 5.0 * laws.shift + reach {
        return None;
    }
    let width = width_ratio(a, b, scale).map_or(UNKNOWN_WIDTH_COST, width_cost);
    let by_root = direction(line).zip(b.direction()).map(|(from, to)| {
        let off = b.root() - line.points[0];
        Candidate { column, off, along: to, turn: turned(from, to), width, by_line: None }
    });
    let by_root_cost = by_root.as_ref().map_or(f64::INFINITY, |c| c.alone_cost(laws));
    let by_line = by_line(line, b, hair, laws.shift);
    if width + by_line < by_root_cost.min(MOST_COST) {
        let along = b.direction().unwrap_or_default();
        return Some(Candidate { column, off: Vector::default(), along, turn: 0.0, width, by_line: Some(by_line) });
    }
    by_root.filter(|_| by_root_cost < 1.5 * MOST_COST)
}

/// The natural log of how much wider a strand of the follow-up is than one of the baseline, once `scale` is allowed for.
pub fn width_ratio(a: &Strand, b: &Strand, scale: f64) -> Option<f64> {
    let (a, b) = (a.width?.value.0 * scale, b.width?.value.0);
    (a > 0.0 && b > 0.0).then(|| (b / a).ln())
}

/// What it costs to take hairs of such different widths for one.
fn width_cost(ratio: f64) -> f64 {
    (WIDTH_WEIGHT * (ratio / WIDTH_SCATTER).powi(2).ln_1p()).min(MOST_WIDTH_COST)
}

/// Deviation of one line from the other where they run beside each other, whichever end either was traced from.
fn by_line(line: &Polyline, b: &Strand, hair: f64, across: f64) -> f64 {
    let (shorter, longer) = if line.length() < b.centerline.length() { (line, &b.centerline) } else { (&b.centerline, line) };
    let stations = shorter.resampled(0.5 * hair).points;
    let distances: Vec<f64> = stations.iter().map(|p| longer.distance_to(*p)).collect();
    let near = 0.35 * hair + 2.0 * across;
    let beside: Vec<f64> = distances.iter().copied().filter(|distance| *distance < near).collect();
    let share = beside.len() as f64 / distances.len() as f64;
    if share < 0.5 {
        return f64::INFINITY;
    }
    let mean_square = beside.iter().map(|distance| distance * distance).sum::<f64>() / beside.len() as f64;
    // What does not run beside the other, and a turn between, speaks against.
    let spread = across.hypot(0.15 * hair);
    BY_LINE + 0.5 * mean_square / (spread * spread) + 6.0 * (1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_right_less_often_than_they_are_sure_and_in_the_same_order() {
        let chances = [0.0, 0.3, 0.5, 0.8, 0.95, 0.999, 1.0].map(chance);
        assert!(chances.is_sorted() && chances[0] > 0.0 && chances[6] < 1.0, "{chances:?}");
        assert!(chances[2] < 0.5 && chances[3] < 0.6 && chances[5] > 0.9, "{chances:?}");
    }

    #[test]
    fn a_greater_difference_in_width_costs_more_up_to_the_most() {
        let costs = [0.0, 0.02, 0.1, 0.3, 2.0].map(width_cost);
        assert!(costs.is_sorted() && costs[0] == 0.0 && costs[4] == MOST_WIDTH_COST, "{costs:?}");
        assert_eq!(width_cost(-0.1), width_cost(0.1));
        // What is not known speaks neither for nor against.
        assert!((width_cost(0.05)..width_cost(0.3)).contains(&UNKNOWN_WIDTH_COST));
    }
}
