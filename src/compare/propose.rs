//! Poses worth a closer look: two roots of one photo laid on two of the other, by the thousands, in a fixed order.

use super::mapping::Homography;
use super::roots::Root;
use super::visit::Visit;
use crate::geometry::{Point, Vector};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

const SEED: u64 = 0x636f_6d70_6172_6500;

/// Which poses are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// Follow-up pixels per baseline pixel: the least and the most.
    pub scales: [f64; 2],
    /// Whether the two hairs must run as the pose turns them; not so where hair was combed anew.
    pub directed: bool,
}

/// How far a hair may run off the pose's turn, in radians.
const MOST_TURN: f64 = 0.45;

/// At least this many poses are tried, and those of this many pairs of the baseline.
const TRIALS: usize = 24_000;
const PAIRS: usize = 40;

/// How many poses get a closer look.
const KEPT: usize = 8;

/// The poses under which most units of the baseline fall near a root of the follow-up, best first.
pub fn propose(baseline: &[Root], follow_up: &[Root], visit: &Visit, search: &Search) -> Vec<Homography> {
    if baseline.len() < 2 || follow_up.len() < 2 {
        return vec![];
    }
    let chart = Nearness::new(follow_up, visit);
    let pairs = long_pairs(baseline);
    let mut others: Vec<(f64, usize, usize)> = vec![];
    for i in 0..follow_up.len() {
        others.extend((0..follow_up.len()).filter(|&j| j != i).map(|j| (follow_up[i].at.distance(follow_up[j].at), i, j)));
    }
    others.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut kept: Vec<(f64, Homography)> = vec![];
    let mut tried = 0;
    let least = MOST_TURN.cos();
    for (i, (length, a, b)) in pairs.into_iter().enumerate() {
        if tried > TRIALS && i >= PAIRS {
            break;
        }
        let from = others.partition_point(|other| other.0 < length * search.scales[0]);
        for (other, c, d) in others[from..].iter().take_while(|other| other.0 <= length * search.scales[1]) {
            let along = (baseline[b].at - baseline[a].at, follow_up[*d].at - follow_up[*c].at);
            // The sine and cosine of the turn from the one to the other.
            let (sin, cos) = (along.0.cross(along.1) / (length * other), along.0.dot(along.1) / (length * other));
            let alike = |a: usize, c: usize| runs_along(&baseline[a], &follow_up[c], sin, cos, least);
            if search.directed && !(alike(a, *c) && alike(b, *d)) {
                continue;
            }
            tried += 1;
            let scale = other / length;
            let (x, y) = (baseline[a].at.x, baseline[a].at.y);
            let shift = Vector::new(follow_up[*c].at.x - scale * (cos * x - sin * y), follow_up[*c].at.y - scale * (sin * x + cos * y));
            let score = chart.score(baseline, scale * cos, scale * sin, shift);
            keep(&mut kept, score, || Homography::similarity(scale, sin.atan2(cos), shift), visit);
        }
    }
    kept.into_iter().map(|(_, pose)| pose).collect()
}

/// Pairs of roots far apart, in a shuffled order that is always the same: a pose from near roots is too rough.
fn long_pairs(roots: &[Root]) -> Vec<(f64, usize, usize)> {
    let n = roots.len();
    let mut pairs: Vec<(f64, usize, usize)> = vec![];
    for i in 0..n {
        pairs.extend((i + 1..n).map(|j| (roots[i].at.distance(roots[j].at), i, j)));
    }
    let longest = pairs.iter().map(|pair| pair.0).fold(0.0, f64::max);
    // Of photos that share half of their skin no pair at the far ends is common.
    pairs.retain(|pair| pair.0 > 0.12 * longest && pair.0 < 0.75 * longest);
    pairs.shuffle(&mut ChaCha8Rng::seed_from_u64(SEED));
    pairs
}

/// Whether two hairs run alike under a turn, of this sine and cosine: the cosine between them is more than `least`.
fn runs_along(a: &Root, b: &Root, sin: f64, cos: f64, least: f64) -> bool {
    let (Some(a), Some(b)) = (a.direction, b.direction) else { return true };
    Vector::new(cos * a.x - sin * a.y, sin * a.x + cos * a.y).dot(b) > least
}

/// Adds a pose to the best so far, unless a better one much like it is there.
fn keep(kept: &mut Vec<(f64, Homography)>, score: f64, pose: impl Fn() -> Homography, visit: &Visit) {
    if score <= 0.0 || kept.len() == KEPT && score <= kept[KEPT - 1].0 {
        return;
    }
    let pose = pose();
    let near = 2.0 * visit.hair_width().0;
    let corners = visit.field.polygon.corners.iter().step_by((visit.field.polygon.corners.len() / 4).max(1)).copied().collect::<Vec<_>>();
    let alike = |other: &Homography| corners.iter().all(|p| pose.map(*p).distance(other.map(*p)) < near);
    if let Some(same) = kept.iter().position(|(_, other)| alike(other)) {
        if kept[same].0 >= score {
            return;
        }
        kept.remove(same);
    }
    let place = kept.partition_point(|(other, _)| *other >= score);
    kept.insert(place, (score, pose));
    kept.truncate(KEPT);
}

/// For each place of the follow-up what a root falling there says for a pose, as a table, since hundred thousands of poses are asked.
struct Nearness {
    step: f64,
    columns: usize,
    rows: usize,
    /// Above 1 near a root, below 1 in the field elsewhere, 0 outside.
    ratio: Vec<f32>,
}

impl Nearness {
    fn new(roots: &[Root], visit: &Visit) -> Self {
        let hair = visit.hair_width().0;
        // A pose laid on two roots is off by as much as those two are, and more far from them.
        let spread = 0.9 * hair;
        let step = 0.5 * hair;
        let (height, width) = visit.field.counted.dim();
        let (width, height) = (width as f64 * visit.field.step, height as f64 * visit.field.step);
        let (columns, rows) = ((width / step).ceil() as usize + 1, (height / step).ceil() as usize + 1);
        let place = |column: usize, row: usize| Point::new(column as f64 * step, row as f64 * step);
        let mut nearest = vec![f64::INFINITY; columns * rows];
        let reach = 3.0 * spread;
        for root in roots {
            let range =
                |at: f64, count: usize| ((at - reach) / step).ceil().max(0.0) as usize..(((at + reach) / step) as usize + 1).min(count);
            for row in range(root.at.y, rows) {
                for column in range(root.at.x, columns) {
                    let distance = &mut nearest[row * columns + column];
                    *distance = distance.min(root.at.distance(place(column, row)));
                }
            }
        }
        let spacing = (visit.field.area_px / roots.len().max(1) as f64).sqrt();
        let peak = spacing * spacing / (TAU * spread * spread);
        let ratio = nearest
            .iter()
            .enumerate()
            .map(|(i, distance)| {
                if !visit.field.counts(place(i % columns, i / columns)) {
                    return 0.0;
                }
                (0.4 + 0.6 * peak * (-0.5 * (distance / spread).powi(2)).exp()) as f32
            })
            .collect();
        Self { step, columns, rows, ratio }
    }

    /// The log of the evidence for a pose, roughly; roots of one unit (they stand together) count as one.
    fn score(&self, roots: &[Root], cos: f64, sin: f64, shift: Vector) -> f64 {
        let (mut score, mut product) = (0.0, 1.0f64);
        let (mut sum, mut members) = (0.0, 0u32);
        for (i, root) in roots.iter().enumerate() {
            let x = (cos * root.at.x - sin * root.at.y + shift.x) / self.step + 0.5;
            let y = (sin * root.at.x + cos * root.at.y + shift.y) / self.step + 0.5;
            if x >= 0.0 && y >= 0.0 && x < self.columns as f64 && y < self.rows as f64 {
                let ratio = self.ratio[y as usize * self.columns + x as usize];
                if ratio > 0.0 {
                    sum += f64::from(ratio);
                    members += 1;
                }
            }
            if roots.get(i + 1).is_none_or(|next| next.unit != root.unit) {
                if members > 0 {
                    product *= sum / f64::from(members);
                    // A logarithm is dear, a product is not, as long as it stays within the numbers.
                    if !(1e-100..1e100).contains(&product) {
                        score += product.ln();
                        product = 1.0;
                    }
                }
                (sum, members) = (0.0, 0);
            }
        }
        score + product.ln()
    }
}
