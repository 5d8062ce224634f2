//! Points, lines and regions of the photo's plane: x to the right, y down, the origin at the center of the top-left pixel.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in the photo, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// A displacement in the photo, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Vector {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl From<[f64; 2]> for Point {
    fn from([x, y]: [f64; 2]) -> Self {
        Self { x, y }
    }
}

impl From<Point> for [f64; 2] {
    fn from(point: Point) -> Self {
        [point.x, point.y]
    }
}

impl Point {
    /// The point at (x, y).
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// The straight-line distance to another point.
    pub fn distance(self, other: Self) -> f64 {
        (other - self).length()
    }

    /// The point a share `t` of the way to another.
    pub fn lerp(self, other: Self, t: f64) -> Self {
        self + (other - self) * t
    }
}

impl Vector {
    /// The displacement (x, y).
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// The unit vector at an angle in radians, counted from +x towards +y (clockwise as seen).
    pub fn from_angle(radians: f64) -> Self {
        Self::new(radians.cos(), radians.sin())
    }

    /// Its length.
    pub fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// The same direction at length 1, or `None` for a displacement of no length.
    pub fn unit(self) -> Option<Self> {
        let length = self.length();
        (length > 0.0).then(|| self * (1.0 / length))
    }

    /// The scalar product.
    pub fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    /// The signed area spanned with another displacement; positive when `other` lies clockwise as seen.
    pub fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }

    /// Turned a quarter clockwise as seen.
    pub fn normal(self) -> Self {
        Self::new(-self.y, self.x)
    }

    /// The angle in radians, counted from +x towards +y (clockwise as seen).
    pub fn angle(self) -> f64 {
        self.y.atan2(self.x)
    }
}

impl std::ops::Sub for Point {
    type Output = Vector;
    fn sub(self, other: Self) -> Vector {
        Vector::new(self.x - other.x, self.y - other.y)
    }
}

impl std::ops::Add<Vector> for Point {
    type Output = Self;
    fn add(self, by: Vector) -> Self {
        Self::new(self.x + by.x, self.y + by.y)
    }
}

impl std::ops::Sub<Vector> for Point {
    type Output = Self;
    fn sub(self, by: Vector) -> Self {
        Self::new(self.x - by.x, self.y - by.y)
    }
}

impl std::ops::Add for Vector {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl std::ops::Sub for Vector {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl std::ops::Mul<f64> for Vector {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

impl std::ops::Neg for Vector {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.x, -self.y)
    }
}

/// An upright rectangle of the photo, `[x, y, w, h]` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "[f64; 4]", into = "[f64; 4]")]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl From<[f64; 4]> for Rect {
    fn from([x, y, w, h]: [f64; 4]) -> Self {
        Self { x, y, w, h }
    }
}

impl From<Rect> for [f64; 4] {
    fn from(r: Rect) -> Self {
        [r.x, r.y, r.w, r.h]
    }
}

impl Rect {
    /// Whether a point lies in the rectangle, its left and top edges included.
    pub fn contains(&self, p: Point) -> bool {
        p.x >= self.x && p.x < self.x + self.w && p.y >= self.y && p.y < self.y + self.h
    }
}

/// A chain of straight pieces, such as a strand's centerline from root to tip.
///
/// # Examples
/// ```
/// use anagen::geometry::{Point, Polyline};
/// let line = Polyline::new(vec![Point::new(0.0, 0.0), Point::new(3.0, 4.0), Point::new(3.0, 10.0)]);
/// assert_eq!(line.length(), 11.0);
/// assert_eq!(line.at(5.0), Point::new(3.0, 4.0));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Polyline {
    /// The corners, in order.
    pub points: Vec<Point>,
}

impl Polyline {
    /// The chain through these points.
    pub fn new(points: Vec<Point>) -> Self {
        Self { points }
    }

    /// The sum of the pieces' lengths.
    pub fn length(&self) -> f64 {
        self.points.windows(2).map(|w| w[0].distance(w[1])).sum()
    }

    /// The point at a distance along the chain, held to its two ends. The chain must not be empty.
    pub fn at(&self, distance: f64) -> Point {
        let mut left = distance.max(0.0);
        for w in self.points.windows(2) {
            let piece = w[0].distance(w[1]);
            if left <= piece && piece > 0.0 {
                return w[0].lerp(w[1], left / piece);
            }
            left -= piece;
        }
        *self.points.last().expect("a chain has points")
    }

    /// The unit direction of travel at a distance along the chain, over a stretch of ± `reach`; `None` where the chain has no length.
    pub fn tangent(&self, distance: f64, reach: f64) -> Option<Vector> {
        let (a, b) = ((distance - reach).max(0.0), (distance + reach).min(self.length()));
        (self.at(b) - self.at(a)).unit()
    }

    /// The same chain with points at an even step of at most `step`, both ends kept.
    pub fn resampled(&self, step: f64) -> Self {
        let length = self.length();
        if self.points.len() < 2 || length == 0.0 {
            return self.clone();
        }
        let pieces = (length / step).ceil().max(1.0) as usize;
        let mut even = Vec::with_capacity(pieces + 1);
        even.push(self.points[0]);
        // Walked once from end to end, for asking `at` anew for every point would take the square of the length.
        let mut passed = 0.0;
        for w in self.points.windows(2) {
            let piece = w[0].distance(w[1]);
            while piece > 0.0 && even.len() < pieces {
                let left = length * even.len() as f64 / pieces as f64 - passed;
                if left > piece {
                    break;
                }
                even.push(w[0].lerp(w[1], left / piece));
            }
            passed += piece;
        }
        even.resize(pieces, self.points[self.points.len() - 1]);
        even.push(self.points[self.points.len() - 1]);
        Self::new(even)
    }

    /// The same chain travelled the other way.
    pub fn reversed(&self) -> Self {
        Self::new(self.points.iter().rev().copied().collect())
    }

    /// The smallest distance from a point to the chain; infinite for an empty chain.
    pub fn distance_to(&self, p: Point) -> f64 {
        if let [only] = self.points[..] {
            return only.distance(p);
        }
        self.points
            .windows(2)
            .map(|w| {
                let along = w[1] - w[0];
                let squared = along.dot(along);
                let t = if squared > 0.0 { ((p - w[0]).dot(along) / squared).clamp(0.0, 1.0) } else { 0.0 };
                w[0].lerp(w[1], t).distance(p)
            })
            .fold(f64::INFINITY, f64::min)
    }
}

/// A chain with the distance along it of every corner, so that places on it are found without a walk from its end.
///
/// # Examples
/// ```
/// use anagen::geometry::{Measured, Point, Polyline};
/// let line = Polyline::new(vec![Point::new(0.0, 0.0), Point::new(3.0, 4.0), Point::new(3.0, 10.0)]);
/// let measured = Measured::new(&line);
/// assert!([-1.0, 0.0, 2.0, 5.0, 8.0, 12.0].into_iter().all(|distance| measured.at(distance) == line.at(distance)));
/// ```
#[derive(Debug, Clone)]
pub struct Measured<'a> {
    line: &'a Polyline,
    along: Vec<f64>,
}

impl<'a> Measured<'a> {
    /// A chain, which must not be empty.
    pub fn new(line: &'a Polyline) -> Self {
        let mut along = Vec::with_capacity(line.points.len());
        let mut passed = 0.0;
        along.push(passed);
        along.extend(line.points.windows(2).map(|w| {
            passed += w[0].distance(w[1]);
            passed
        }));
        Self { line, along }
    }

    /// The sum of the pieces' lengths.
    pub fn length(&self) -> f64 {
        self.along[self.along.len() - 1]
    }

    /// As [`Polyline::at`].
    pub fn at(&self, distance: f64) -> Point {
        let points = &self.line.points;
        let next = self.along.partition_point(|along| *along < distance);
        match next {
            0 => points[0],
            next if next == points.len() => points[next - 1],
            next => {
                let (from, to) = (self.along[next - 1], self.along[next]);
                points[next - 1].lerp(points[next], (distance - from) / (to - from))
            }
        }
    }

    /// The stretch of the chain between two distances along it, the first not beyond the second.
    pub fn between(&self, from: f64, to: f64) -> Polyline {
        let inner = self.line.points.iter().zip(&self.along).filter(|(_, along)| (from..to).contains(*along) && **along > from);
        Polyline::new(std::iter::once(self.at(from)).chain(inner.map(|(p, _)| *p)).chain([self.at(to)]).collect())
    }

    /// As [`Polyline::tangent`].
    pub fn tangent(&self, distance: f64, reach: f64) -> Option<Vector> {
        (self.at((distance + reach).min(self.length())) - self.at((distance - reach).max(0.0))).unit()
    }
}

/// A closed region bounded by straight pieces; the last corner joins the first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Polygon {
    /// The corners, in order, either way round.
    pub corners: Vec<Point>,
}

impl Polygon {
    /// The region within these corners.
    pub fn new(corners: Vec<Point>) -> Self {
        Self { corners }
    }

    /// Whether a point lies inside, by the even-odd rule.
    pub fn contains(&self, p: Point) -> bool {
        let mut inside = false;
        for (a, b) in self.edges() {
            if (a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x {
                inside = !inside;
            }
        }
        inside
    }

    /// The enclosed area in square pixels.
    pub fn area(&self) -> f64 {
        self.edges().map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>().abs() / 2.0
    }

    /// The pieces of the boundary.
    pub fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let n = self.corners.len();
        (0..n).map(move |i| (self.corners[i], self.corners[(i + 1) % n]))
    }
}
