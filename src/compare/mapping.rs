//! Where a point of one photo lies in another: a homography, and a further bending where the skin has stretched.

use super::warp::Warp;
use crate::geometry::{Point, Polyline, Vector};
use nalgebra::Matrix3;

/// A plane seen from two places: a point at (x, y, 1) goes to the product, divided by its third coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homography(pub [[f64; 3]; 3]);

impl Homography {
    /// The one that turns by `angle` (radians, clockwise as seen), scales, and then shifts.
    ///
    /// # Examples
    /// ```
    /// use anagen::{compare::Homography, geometry::{Point, Vector}};
    /// let quarter_turn = Homography::similarity(2.0, std::f64::consts::FRAC_PI_2, Vector::new(10.0, 0.0));
    /// assert!(quarter_turn.map(Point::new(1.0, 0.0)).distance(Point::new(10.0, 2.0)) < 1e-12);
    /// ```
    pub fn similarity(scale: f64, angle: f64, shift: Vector) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self([[scale * cos, -scale * sin, shift.x], [scale * sin, scale * cos, shift.y], [0.0, 0.0, 1.0]])
    }

    /// Where a point goes. Points on its vanishing line go nowhere: their coordinates are not finite.
    pub fn map(&self, p: Point) -> Point {
        let [a, b, c] = self.0.map(|row| row[0] * p.x + row[1] * p.y + row[2]);
        Point::new(a / c, b / c)
    }

    /// The way back; `None` where there is none.
    pub fn inverse(&self) -> Option<Self> {
        let inverse = Matrix3::from_fn(|r, c| self.0[r][c]).try_inverse()?;
        let corner = inverse[(2, 2)];
        let scaled = if corner.abs() > 1e-12 { inverse / corner } else { inverse };
        scaled.iter().all(|value| value.is_finite()).then(|| Self([0, 1, 2].map(|r| [0, 1, 2].map(|c| scaled[(r, c)]))))
    }

    /// This one after another.
    pub fn after(&self, first: &Self) -> Self {
        Self([0, 1, 2].map(|r| [0, 1, 2].map(|c| (0..3).map(|k| self.0[r][k] * first.0[k][c]).sum())))
    }

    /// The images of a small step to the right and of one down, at a point.
    fn steps(&self, p: Point) -> [Vector; 2] {
        let here = self.map(p);
        [Vector::new(0.5, 0.0), Vector::new(0.0, 0.5)].map(|step| (self.map(p + step) - here) * 2.0)
    }
}

/// Where a point of the baseline photo lies in the follow-up photo, and back.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The camera's part: pixel to pixel.
    pub homography: Homography,
    /// The skin's part, where it has stretched: added to what the homography gives.
    pub warp: Option<Warp>,
    back: Homography,
}

impl Mapping {
    /// The mapping of these two parts; `None` for a homography without a way back or one that mirrors.
    pub fn new(homography: Homography, warp: Option<Warp>) -> Option<Self> {
        let back = homography.inverse()?;
        let [right, down] = homography.steps(Point::new(0.0, 0.0));
        (right.cross(down) > 0.0).then_some(Self { homography, warp, back })
    }

    /// Where a point of the baseline lies in the follow-up.
    pub fn map(&self, p: Point) -> Point {
        let bent = self.warp.as_ref().map_or(Vector::default(), |warp| warp.at(p));
        self.homography.map(p) + bent
    }

    /// Where a point of the follow-up lies in the baseline.
    pub fn back(&self, p: Point) -> Point {
        let mut q = self.back.map(p);
        if let Some(warp) = &self.warp {
            // The bending is slight and smooth, so a few rounds bring it to far below a pixel.
            for _ in 0..6 {
                q = self.back.map(p - warp.at(q));
            }
        }
        q
    }

    /// A line of the baseline in the follow-up.
    pub fn line(&self, line: &Polyline) -> Polyline {
        Polyline::new(line.points.iter().map(|p| self.map(*p)).collect())
    }

    /// A line of the follow-up in the baseline.
    pub fn line_back(&self, line: &Polyline) -> Polyline {
        Polyline::new(line.points.iter().map(|p| self.back(*p)).collect())
    }

    /// Follow-up pixels per baseline pixel around a point: the root of how much an area grows.
    pub fn scale(&self, p: Point) -> f64 {
        let [right, down] = self.homography.steps(p);
        right.cross(down).abs().sqrt()
    }

    /// How far an upright line of the baseline is turned in the follow-up around a point, in radians clockwise as seen.
    pub fn turn(&self, p: Point) -> f64 {
        let [right, down] = self.homography.steps(p);
        (right - down.normal()).angle()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tilted() -> Homography {
        Homography([[1.1, -0.2, 30.0], [0.25, 0.95, -12.0], [2e-5, -1e-5, 1.0]])
    }

    #[test]
    fn there_and_back_is_nowhere() {
        let warp = Warp::fitted(
            &[[0.0, 0.0], [900.0, 20.0], [30.0, 800.0], [880.0, 830.0], [400.0, 420.0]].map(Point::from),
            &[[1.0, 2.0], [-4.0, 0.0], [3.0, 3.0], [0.0, -5.0], [6.0, 1.0]].map(|[x, y]| Vector::new(x, y)),
            0.0,
        );
        let mapping = Mapping::new(tilted(), warp).unwrap();
        for p in [[10.0, 20.0], [500.0, 80.0], [300.0, 700.0]].map(Point::from) {
            assert!(mapping.back(mapping.map(p)).distance(p) < 1e-6);
        }
    }

    #[test]
    fn mirrors_and_planes_seen_edge_on_are_refused() {
        assert!(Mapping::new(Homography([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), None).is_none());
        assert!(Mapping::new(Homography([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), None).is_none());
        assert!(Mapping::new(Homography([[f64::NAN; 3]; 3]), None).is_none());
    }

    #[test]
    fn scale_and_turn_are_those_it_was_made_with() {
        let mapping = Mapping::new(Homography::similarity(1.2, 0.4, Vector::new(5.0, 6.0)), None).unwrap();
        let at = Point::new(100.0, 50.0);
        assert!((mapping.scale(at) - 1.2).abs() < 1e-9 && (mapping.turn(at) - 0.4).abs() < 1e-9);
    }

    #[test]
    fn one_after_another_is_both_in_turn() {
        let (first, second) = (Homography::similarity(0.9, -0.3, Vector::new(7.0, 1.0)), tilted());
        let p = Point::new(44.0, 81.0);
        assert!(second.after(&first).map(p).distance(second.map(first.map(p))) < 1e-9);
    }
}
