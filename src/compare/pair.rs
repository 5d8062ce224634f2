//! Which hair of the baseline is which of the follow-up.

use super::assignment::assignment;
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
    /// The estimated chance that both are the same hair, 0 to 1.
    pub confidence: f64,
}

/// How pairs of this registration lie: what tells a hair from its neighbor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// How far roots lie from where the mapping puts them, across the shaft: one standard deviation, in pixels.
    pub across: f64,
    /// How much directions differ, in radians; large where hair was combed anew.
    pub turn: f64,
}

/// The most a pair may cost, in units of half squared deviations: beyond it both stand alone.
const MOST_COST: f64 = 9.0;

/// How far beyond `across` a root may be seen along its shaft, in hair widths: skin hides more or less of it.
const ALONG: f64 = 0.7;

/// How widths of the same hair scatter, as a logarithm, with months between.
const WIDTH_SCATTER: f64 = 0.35;

/// A pair by its line alone, traced from the other end, or with a root seen elsewhere along it, costs this much to begin with.
const BY_LINE: f64 = 2.0;

/// One to one pairs at the least sum of costs, by root, direction, line and width, with a cost for standing alone.
pub fn pairs(baseline: &Visit, follow_up: &Visit, mapping: &Mapping, residual_px: f64) -> (Vec<Pair>, Scatter) {
    let hair = follow_up.hair_width().0;
    let carried: Vec<Polyline> = baseline.strands.iter().map(|strand| mapping.line(&strand.centerline)).collect();
    let across = residual_px.max(0.12 * hair);
    let scatter = Scatter { across, turn: turn_scatter(&carried, follow_up, 2.0 * across + 0.5 * hair) };
    let scale = mapping.scale(baseline.strands.first().map_or(crate::geometry::Point::new(0.0, 0.0), |s| s.root()));
    let costs: Vec<Vec<f64>> = carried
        .iter()
        .zip(&baseline.strands)
        .map(|(line, a)| follow_up.strands.iter().map(|b| cost(line, a, b, scale, hair, &scatter)).collect())
        .collect();
    let (rows, columns) = (baseline.strands.len(), follow_up.strands.len());
    // Each row may also take a column of its own: to stand alone.
    let chosen = assignment(rows, columns + rows, |i, j| costs[i].get(j).copied().unwrap_or(MOST_COST).min(2.0 * MOST_COST));
    let mut pairs: Vec<Pair> = chosen
        .into_iter()
        .filter(|&(i, j)| j < columns && costs[i][j] < MOST_COST)
        .map(|(i, j)| Pair { baseline: i, follow_up: j, confidence: confidence(&costs, i, j) })
        .collect();
    pairs.sort_by_key(|pair| pair.baseline);
    (pairs, scatter)
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

/// How much hairs whose roots agree differ in direction: robustly, so that a wrong pair does not matter.
fn turn_scatter(carried: &[Polyline], follow_up: &Visit, reach: f64) -> f64 {
    let mut turns: Vec<f64> = carried
        .iter()
        .filter_map(|line| {
            let near = |strand: &&Strand| line.points[0].distance(strand.root()) < reach;
            let nearest = follow_up
                .strands
                .iter()
                .filter(near)
                .min_by(|a, b| line.points[0].distance(a.root()).total_cmp(&line.points[0].distance(b.root())))?;
            Some(turned(direction(line)?, nearest.direction()?).abs())
        })
        .collect();
    turns.sort_by(f64::total_cmp);
    1.48 * turns.get(turns.len() / 2).copied().unwrap_or(0.3).clamp(0.08, 0.7)
}

fn direction(line: &Polyline) -> Option<Vector> {
    (*line.points.last()? - line.points[0]).unit()
}

/// The angle from one direction to another, −π to π.
fn turned(a: Vector, b: Vector) -> f64 {
    (b.angle() - a.angle() + PI).rem_euclid(TAU) - PI
}

fn cost(line: &Polyline, a: &Strand, b: &Strand, scale: f64, hair: f64, scatter: &Scatter) -> f64 {
    let apart = line.points[0].distance(b.root());
    let reach = line.length().max(b.centerline.length());
    if a.tone != b.tone || apart.is_nan() || apart > 2.0 * hair + 5.0 * scatter.across + reach {
        return f64::INFINITY;
    }
    let width = match (a.width, b.width) {
        (Some(a), Some(b)) if a.value.0 > 0.0 && b.value.0 > 0.0 => (b.value.0 / (a.value.0 * scale)).ln() / WIDTH_SCATTER,
        _ => 1.0,
    };
    let width = (0.5 * width * width).min(2.0);
    width + by_root(line, b, hair, scatter).min(by_line(line, b, hair, scatter))
}

/// Deviation of the root, and of the direction as far as directions hold.
fn by_root(line: &Polyline, b: &Strand, hair: f64, scatter: &Scatter) -> f64 {
    let (Some(from), Some(to)) = (direction(line), b.direction()) else { return f64::INFINITY };
    let off = b.root() - line.points[0];
    let (along, across) = (off.dot(to), off.cross(to));
    let root = (across / scatter.across).powi(2) + (along / scatter.across.hypot(ALONG * hair)).powi(2);
    let turn = (turned(from, to) / scatter.turn).powi(2).min(8.0);
    0.5 * (root + turn)
}

/// Deviation of one line from the other where they run beside each other, whichever end either was traced from.
fn by_line(line: &Polyline, b: &Strand, hair: f64, scatter: &Scatter) -> f64 {
    let (shorter, longer) = if line.length() < b.centerline.length() { (line, &b.centerline) } else { (&b.centerline, line) };
    let stations = shorter.resampled(0.5 * hair).points;
    let distances: Vec<f64> = stations.iter().map(|p| longer.distance_to(*p)).collect();
    let near = 0.35 * hair + 2.0 * scatter.across;
    let beside: Vec<f64> = distances.iter().copied().filter(|distance| *distance < near).collect();
    let share = beside.len() as f64 / distances.len() as f64;
    if share < 0.5 {
        return f64::INFINITY;
    }
    let mean_square = beside.iter().map(|distance| distance * distance).sum::<f64>() / beside.len() as f64;
    // What does not run beside the other, and a turn between, speaks against.
    let spread = scatter.across.hypot(0.15 * hair);
    BY_LINE + 0.5 * mean_square / (spread * spread) + 6.0 * (1.0 - share)
}
