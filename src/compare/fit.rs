//! The similarity, affinity or homography that carries points nearest to others, by least squares.

use super::mapping::Homography;
use crate::geometry::{Point, Vector};
use nalgebra::{DMatrix, DVector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How freely one plane may be carried onto another; each holds those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Turned, scaled and shifted.
    Similarity,
    /// Sheared and stretched as well.
    Affine,
    /// Tilted as well.
    Homography,
}

/// A point of the baseline, where it was found in the follow-up, and how much that weighs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tie {
    /// In the baseline.
    pub from: Point,
    /// In the follow-up.
    pub to: Point,
    /// Its weight, above 0.
    pub weight: f64,
}

/// The plane carried with the least sum of weighted squared distances; `None` where the ties do not decide it.
pub fn fit(model: Model, ties: &[Tie]) -> Option<Homography> {
    let (from, to) = (Frame::of(ties, |tie| tie.from)?, Frame::of(ties, |tie| tie.to)?);
    let ties: Vec<Tie> =
        ties.iter().map(|tie| Tie { from: from.inward.map(tie.from), to: to.inward.map(tie.to), weight: tie.weight }).collect();
    let inner = match model {
        Model::Similarity => similarity(&ties)?,
        Model::Affine => projective(&ties, 6)?,
        Model::Homography => projective(&ties, 8)?,
    };
    let [a, b, c] = to.outward.after(&inner).after(&from.inward).0;
    let corner = c[2];
    let whole = Homography([a, b, c].map(|row| row.map(|value| value / corner)));
    whole.0.iter().flatten().all(|value| value.is_finite()).then_some(whole)
}

/// Points moved to their center and scaled to a spread of 1, so that no number outweighs another by its unit.
struct Frame {
    inward: Homography,
    outward: Homography,
}

impl Frame {
    fn of(ties: &[Tie], point: impl Fn(&Tie) -> Point) -> Option<Self> {
        let total: f64 = ties.iter().map(|tie| tie.weight).sum();
        let center = ties.iter().fold(Vector::default(), |sum, tie| sum + (point(tie) - Point::new(0.0, 0.0)) * (tie.weight / total));
        let spread = ties.iter().map(|tie| (point(tie) - center - Point::new(0.0, 0.0)).length().powi(2) * tie.weight / total).sum::<f64>();
        let size = spread.sqrt();
        (size > 1e-9 && size.is_finite()).then(|| Self {
            inward: Homography::similarity(1.0 / size, 0.0, center * (-1.0 / size)),
            outward: Homography::similarity(size, 0.0, center),
        })
    }
}

/// Both centered: the turn and scale are those of the summed complex products.
fn similarity(ties: &[Tie]) -> Option<Homography> {
    let origin = Point::new(0.0, 0.0);
    let (mut along, mut across, mut squares) = (0.0, 0.0, 0.0);
    for tie in ties {
        let (from, to) = (tie.from - origin, tie.to - origin);
        along += tie.weight * from.dot(to);
        across += tie.weight * from.cross(to);
        squares += tie.weight * from.dot(from);
    }
    let scale = along.hypot(across) / squares;
    (ties.len() >= 2 && scale > 1e-9).then(|| Homography::similarity(scale, across.atan2(along), Vector::default()))
}

/// With 6 unknowns an affinity, with 8 a homography. Distances are linear in the unknowns but for the third coordinate, whose last value
/// weighs the next round.
fn projective(ties: &[Tie], unknowns: usize) -> Option<Homography> {
    if 2 * ties.len() < unknowns {
        return None;
    }
    let mut solution = DVector::from_vec(vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    for _ in 0..if unknowns == 8 { 4 } else { 1 } {
        let (mut normal, mut right) = (DMatrix::<f64>::zeros(unknowns, unknowns), DVector::<f64>::zeros(unknowns));
        for tie in ties {
            let Point { x, y } = tie.from;
            let depth = solution[6] * x + solution[7] * y + 1.0;
            let weight = tie.weight / (depth * depth);
            let rows = [
                (tie.to.x, [x, y, 1.0, 0.0, 0.0, 0.0, -x * tie.to.x, -y * tie.to.x]),
                (tie.to.y, [0.0, 0.0, 0.0, x, y, 1.0, -x * tie.to.y, -y * tie.to.y]),
            ];
            for (value, row) in rows {
                for i in 0..unknowns {
                    right[i] += weight * row[i] * value;
                    for j in 0..unknowns {
                        normal[(i, j)] += weight * row[i] * row[j];
                    }
                }
            }
        }
        let found = normal.cholesky()?.solve(&right);
        solution = DVector::from_fn(8, |i, _| found.get(i).copied().unwrap_or(0.0));
    }
    let h = &solution;
    Some(Homography([[h[0], h[1], h[2]], [h[3], h[4], h[5]], [h[6], h[7], 1.0]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ties(truth: &Homography, n: usize) -> Vec<Tie> {
        let from = (0..n).map(|i| Point::new((i * 37 % 11) as f64 * 90.0, (i * 53 % 13) as f64 * 70.0));
        from.map(|from| Tie { from, to: truth.map(from), weight: 1.0 + from.x / 1000.0 }).collect()
    }

    #[test]
    fn too_few_or_equal_points_decide_nothing() {
        let point = Tie { from: Point::new(1.0, 2.0), to: Point::new(3.0, 4.0), weight: 1.0 };
        for model in [Model::Similarity, Model::Affine, Model::Homography] {
            assert_eq!(fit(model, &[]), None);
            assert_eq!(fit(model, &[point]), None);
            assert_eq!(fit(model, &[point; 9]), None);
        }
    }

    #[test]
    fn each_model_is_found_again() {
        let similarity = Homography::similarity(1.2, 0.4, Vector::new(30.0, -8.0));
        let affine = Homography([[1.1, 0.2, 5.0], [-0.1, 0.9, 7.0], [0.0, 0.0, 1.0]]);
        let tilted = Homography([[1.1, 0.2, 5.0], [-0.1, 0.9, 7.0], [4e-5, -6e-5, 1.0]]);
        for (model, truth) in [(Model::Similarity, similarity), (Model::Affine, affine), (Model::Homography, tilted)] {
            let found = fit(model, &ties(&truth, 12)).unwrap();
            let p = Point::new(321.0, 123.0);
            assert!(found.map(p).distance(truth.map(p)) < 1e-6, "{model:?}");
        }
    }

    #[test]
    fn a_freer_model_comes_nearer() {
        let mut shaken = ties(&Homography::similarity(1.0, 0.1, Vector::default()), 12);
        for (i, tie) in shaken.iter_mut().enumerate() {
            tie.to = tie.to + Vector::from_angle(i as f64 * 2.4) * 5.0;
        }
        let missed = |model| {
            let found = fit(model, &shaken).unwrap();
            shaken.iter().map(|tie| tie.weight * found.map(tie.from).distance(tie.to).powi(2)).sum::<f64>()
        };
        assert!(missed(Model::Affine) < missed(Model::Similarity) && missed(Model::Homography) < missed(Model::Affine) + 1.0);
    }
}
