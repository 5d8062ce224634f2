//! Smooth bending of the plane: the thin-plate spline.

use crate::geometry::{Point, Vector};
use nalgebra::{DMatrix, DVector};

/// A smooth field of displacements: an even part and one that bends around control points.
///
/// # Source
/// Bookstein 1989, doi:10.1109/34.24792; smoothed as by Wahba 1990.
#[derive(Debug, Clone, PartialEq)]
pub struct Warp {
    /// The displacement at the origin, and its change per pixel to the right and down.
    pub even: [Vector; 3],
    /// Where it bends, in baseline pixels.
    pub controls: Vec<Point>,
    /// How much each control bends it: times r² ln r, r the distance in pixels.
    pub weights: Vec<Vector>,
}

impl Warp {
    /// The displacement at a point.
    pub fn at(&self, p: Point) -> Vector {
        let [shift, right, down] = self.even;
        self.controls.iter().zip(&self.weights).fold(shift + right * p.x + down * p.y, |sum, (c, w)| sum + *w * bend(p.distance(*c)))
    }

    /// The field that comes near the displacements wanted at some places: exactly so at a smoothness of 0, an even field as it grows.
    /// `None` for fewer than four places or places along one line.
    ///
    /// Smoothness is without a unit: lengths are taken relative to the spread of the places.
    pub fn fitted(places: &[Point], wanted: &[Vector], smoothness: f64) -> Option<Self> {
        let n = places.len();
        if n < 4 {
            return None;
        }
        let (system, size) = system(places, smoothness);
        let solve = |values: &dyn Fn(&Vector) -> f64| {
            let right = DVector::from_fn(n + 3, |i, _| wanted.get(i).map_or(0.0, values));
            system.clone().lu().solve(&right).filter(|solution| solution.iter().all(|value| value.is_finite()))
        };
        let (x, y) = (solve(&|v| v.x)?, solve(&|v| v.y)?);
        let vector = |i: usize| Vector::new(x[i], y[i]);
        // In the system lengths are in units of `size`, so that its numbers are alike: s² r² ln(s r) = s² r² ln r + s² ln s · r², and
        // the last term adds up to nothing even, since the weights bend without shifting, but for what the moments leave.
        let factor = 1.0 / (size * size);
        let weights: Vec<Vector> = (0..n).map(|i| vector(i) * factor).collect();
        let squares = -size.ln();
        let (mut shift, mut right, mut down) = (vector(n), vector(n + 1) * (1.0 / size), vector(n + 2) * (1.0 / size));
        for (c, w) in places.iter().zip(&weights) {
            // Σ w |p − c|² with Σ w = 0 is −2 p·Σ w c + Σ w |c|².
            shift = shift + *w * (squares * (c.x * c.x + c.y * c.y));
            right = right - *w * (2.0 * squares * c.x);
            down = down - *w * (2.0 * squares * c.y);
        }
        Some(Self { even: [shift, right, down], controls: places.to_vec(), weights })
    }

    /// The mean squared distance by which each place's displacement is missed when that place is left out, at a smoothness.
    pub fn left_out_error(places: &[Point], wanted: &[Vector], smoothness: f64) -> Option<f64> {
        let n = places.len();
        if n < 6 {
            return None;
        }
        // For a linear smoother what is missed without a place follows from its residual and its own leverage. The spline's weights are
        // the residuals over the smoothness, so that the system's inverse gives both.
        let (system, _) = system(places, smoothness);
        let inverse = system.try_inverse()?;
        let missed = |values: &dyn Fn(&Vector) -> f64, i: usize| {
            let weight: f64 = (0..n).map(|k| inverse[(i, k)] * values(&wanted[k])).sum();
            weight / inverse[(i, i)]
        };
        let sum: f64 = (0..n).map(|i| missed(&|v| v.x, i).powi(2) + missed(&|v| v.y, i).powi(2)).sum();
        (sum / n as f64).is_finite().then_some(sum / n as f64)
    }
}

fn bend(distance: f64) -> f64 {
    if distance > 0.0 { distance * distance * distance.ln() } else { 0.0 }
}

/// The equations of the spline, lengths in units of the size returned: the spread of the places.
fn system(places: &[Point], smoothness: f64) -> (DMatrix<f64>, f64) {
    let n = places.len();
    let center = places.iter().fold(Vector::default(), |sum, p| sum + Vector::new(p.x, p.y)) * (1.0 / n as f64);
    let spread = places.iter().map(|p| (Vector::new(p.x, p.y) - center).dot(Vector::new(p.x, p.y) - center)).sum::<f64>() / n as f64;
    let size = spread.sqrt().max(1e-6);
    let entry = |i: usize, j: usize| match (i < n, j < n) {
        (true, true) if i == j => smoothness,
        (true, true) => bend(places[i].distance(places[j]) / size),
        (true, false) => [1.0, places[i].x / size, places[i].y / size][j - n],
        (false, true) => [1.0, places[j].x / size, places[j].y / size][i - n],
        (false, false) => 0.0,
    };
    (DMatrix::from_fn(n + 3, n + 3, entry), size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Vec<Point> {
        (0..20).map(|i| Point::new(f64::from(i % 5) * 200.0 + f64::from(i), f64::from(i / 5) * 220.0 - f64::from(i * i % 7))).collect()
    }

    fn wavy(p: Point) -> Vector {
        Vector::new(8.0 * (p.x / 400.0).sin(), 5.0 * (p.y / 300.0).cos())
    }

    #[test]
    fn too_few_places_or_places_on_a_line_bend_nothing() {
        assert_eq!(Warp::fitted(&places()[..3], &[Vector::default(); 3], 0.0), None);
        let line: Vec<Point> = (0..6).map(|i| Point::new(f64::from(i), 2.0 * f64::from(i))).collect();
        assert_eq!(Warp::fitted(&line, &[Vector::default(); 6], 0.1), None);
    }

    #[test]
    fn without_smoothing_it_passes_through_every_place() {
        let wanted: Vec<Vector> = places().into_iter().map(wavy).collect();
        let warp = Warp::fitted(&places(), &wanted, 0.0).unwrap();
        for (p, v) in places().into_iter().zip(wanted) {
            assert!((warp.at(p) - v).length() < 1e-6);
        }
    }

    #[test]
    fn an_even_field_is_kept_at_any_smoothness() {
        let even = |p: Point| Vector::new(3.0 + 0.01 * p.x, -2.0 - 0.02 * p.x + 0.005 * p.y);
        let wanted: Vec<Vector> = places().into_iter().map(even).collect();
        for smoothness in [0.0, 0.1, 100.0] {
            let warp = Warp::fitted(&places(), &wanted, smoothness).unwrap();
            let p = Point::new(333.0, 444.0);
            assert!((warp.at(p) - even(p)).length() < 1e-6, "{smoothness}");
        }
    }

    #[test]
    fn what_is_missed_without_a_place_is_what_leaving_it_out_misses() {
        let (places, smoothness) = (places(), 0.03);
        let wanted: Vec<Vector> = places.iter().map(|p| wavy(*p)).collect();
        // The spread changes a little with a place left out, which the closed form does not know: hold it by keeping the same units.
        let mut sum = 0.0;
        for i in 0..places.len() {
            let rest = |all: &[Point]| all.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, p)| *p).collect::<Vec<_>>();
            let values: Vec<Vector> = wanted.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, v)| *v).collect();
            sum += (Warp::fitted(&rest(&places), &values, smoothness).unwrap().at(places[i]) - wanted[i]).length().powi(2);
        }
        let brute = sum / places.len() as f64;
        let closed = Warp::left_out_error(&places, &wanted, smoothness).unwrap();
        assert!((closed / brute - 1.0).abs() < 0.05, "{closed} against {brute}");
    }
}
