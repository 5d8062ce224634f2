//! The exact area a stroke covers in each pixel, and where along and across the stroke each pixel lies.

use super::light::Light;
use crate::geometry::{Point, Vector};
use std::f64::consts::SQRT_2;

/// A line with a width: sharp, or softened by a Gaussian of its own.
#[derive(Debug, Clone)]
pub(crate) struct Stroke {
    /// Its middle.
    pub line: Vec<Point>,
    /// Full width at each point, in pixels.
    pub width: Vec<f64>,
    /// Standard deviation of the softened edge at each point, in pixels; empty for a sharp stroke.
    pub softness: Vec<f64>,
    /// How far, in half-widths, the last edge leans along the stroke: 0 is cut square.
    pub slant: f64,
}

/// One pixel under a stroke.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    /// The share of the pixel that is covered, 0 to 1.
    pub coverage: f32,
    /// Pixels along the line from its first point.
    pub along: f32,
    /// From −1 at the left edge to 1 at the right one.
    pub across: f32,
}

/// The pixels under a stroke, row by row.
#[derive(Debug)]
pub(crate) struct Footprint {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    y: usize,
    first: usize,
    cells: Vec<Cell>,
}

impl Stroke {
    /// A soft stroke of even width and softness.
    pub fn soft(line: Vec<Point>, width: f64, softness: f64) -> Self {
        let n = line.len();
        Self { line, width: vec![width; n], softness: vec![softness; n], slant: 0.0 }
    }

    /// The area within its edges, in square pixels.
    pub fn area(&self) -> f64 {
        let sides = self.sides();
        sides.windows(2).map(|w| quad_area([w[0].0, w[1].0, w[1].1, w[0].1])).sum()
    }

    /// Calls `paint` for every pixel of the light that the stroke touches.
    pub fn paint(&self, light: &mut Light, mut paint: impl FnMut(&mut [f32; 3], Cell)) {
        let footprint = self.footprint(light.width(), light.height());
        for row in &footprint.rows {
            for (i, cell) in row.cells.iter().enumerate().filter(|(_, c)| c.coverage > 1e-4) {
                paint(light.at_mut(row.first + i, row.y), *cell);
            }
        }
    }

    /// The pixels it touches within a picture of this size.
    pub fn footprint(&self, width: usize, height: usize) -> Footprint {
        if self.line.len() < 2 || width == 0 || height == 0 {
            return Footprint { rows: vec![] };
        }
        let mut footprint = Footprint { rows: self.spans(width, height) };
        let place = self.places(&mut footprint, height);
        if self.softness.is_empty() {
            self.cover_sharp(&mut footprint, height);
        } else {
            self.cover_soft(&mut footprint, &place);
        }
        footprint
    }

    /// The left and right edge at each point of the line.
    fn sides(&self) -> Vec<(Point, Point)> {
        let n = self.line.len();
        (0..n)
            .map(|i| {
                let before = (self.line[i] - self.line[i.saturating_sub(1)]).unit();
                let after = (self.line[(i + 1).min(n - 1)] - self.line[i]).unit();
                // Mitred joints: the edges keep their distance from both pieces.
                let (a, b) = (before.or(after), after.or(before));
                let (Some(a), Some(b)) = (a, b) else { return (self.line[i], self.line[i]) };
                let along = (a + b).unit().unwrap_or(a);
                let stretch = 1.0 / along.dot(a).max(0.5);
                let half = self.width[i] / 2.0;
                let lean = if i == n - 1 { along * (half * self.slant) } else { Vector::default() };
                let out = along.normal() * (half * stretch);
                (self.line[i] - out - lean, self.line[i] + out + lean)
            })
            .collect()
    }

    /// How far beyond the line, in pixels, a piece of the stroke reaches.
    fn reach(&self, i: usize) -> f64 {
        let lean = 1.0 + self.slant.abs();
        let soft = |i: usize| self.softness.get(i).copied().unwrap_or(0.0);
        (self.width[i].max(self.width[i + 1]) / 2.0) * lean + 3.0 * soft(i).max(soft(i + 1)) + 1.5
    }

    /// The empty rows the stroke can touch.
    fn spans(&self, width: usize, height: usize) -> Vec<Row> {
        let mut bounds = vec![(i64::MAX, i64::MIN); height];
        self.each_piece(width, height, |_, rows, columns| {
            for row in &mut bounds[rows] {
                row.0 = row.0.min(columns.start as i64);
                row.1 = row.1.max(columns.end as i64);
            }
        });
        let blank = Cell { coverage: 0.0, along: 0.0, across: 0.0 };
        bounds
            .into_iter()
            .enumerate()
            .filter(|(_, (first, end))| first < end)
            .map(|(y, (first, end))| Row { y, first: first as usize, cells: vec![blank; (end - first) as usize] })
            .collect()
    }

    /// Calls `visit` with each piece's number and the rows and columns it reaches within the picture.
    fn each_piece(&self, width: usize, height: usize, mut visit: impl FnMut(usize, std::ops::Range<usize>, std::ops::Range<usize>)) {
        for i in 0..self.line.len() - 1 {
            let (a, b, reach) = (self.line[i], self.line[i + 1], self.reach(i));
            let range = |low: f64, high: f64, n: usize| {
                let first = (low - reach).floor().clamp(0.0, n as f64) as usize;
                let end = ((high + reach).ceil() + 1.0).clamp(0.0, n as f64) as usize;
                first..end
            };
            let rows = range(a.y.min(b.y), a.y.max(b.y), height);
            let columns = range(a.x.min(b.x), a.x.max(b.x), width);
            if !rows.is_empty() && !columns.is_empty() {
                visit(i, rows, columns);
            }
        }
    }

    /// Finds for each pixel the nearest piece of the line, and where along and across it the pixel lies. Returned are the pixel's offset
    /// across and the overshoot beyond the two ends, in pixels, row by row.
    fn places(&self, footprint: &mut Footprint, height: usize) -> Vec<Vec<Place>> {
        let mut row_of = vec![usize::MAX; height];
        footprint.rows.iter().enumerate().for_each(|(r, row)| row_of[row.y] = r);
        let mut places: Vec<Vec<Place>> = footprint.rows.iter().map(|r| vec![Place::FAR; r.cells.len()]).collect();
        let last = self.line.len() - 2;
        let mut starts = vec![0.0];
        for w in self.line.windows(2) {
            starts.push(starts[starts.len() - 1] + w[0].distance(w[1]));
        }
        let total = starts[starts.len() - 1];
        let width = footprint.rows.iter().map(|r| r.first + r.cells.len()).max().unwrap_or(0);
        self.each_piece(width, height, |i, rows, columns| {
            let (a, along) = (self.line[i], self.line[i + 1] - self.line[i]);
            let length = along.length();
            if length <= 0.0 {
                return;
            }
            let unit = along * (1.0 / length);
            for y in rows {
                let r = row_of[y];
                let first = footprint.rows[r].first;
                for x in columns.clone() {
                    let to = Point::new(x as f64, y as f64) - a;
                    let (s, across) = (to.dot(unit), unit.cross(to));
                    let held = s.clamp(0.0, length);
                    let distance = across * across + (s - held) * (s - held);
                    let place = &mut places[r][x - first];
                    if distance < place.distance {
                        let t = held / length;
                        let half = (self.width[i] + (self.width[i + 1] - self.width[i]) * t) / 2.0;
                        let soft = |i: usize| self.softness.get(i).copied().unwrap_or(0.0);
                        // Beyond a joint on the outside of a bend the distance to the joint is what counts.
                        let inner = (i > 0 || s > 0.0) && (i < last || s < length);
                        let offset = if inner { distance.sqrt().copysign(across) } else { across };
                        *place = Place {
                            distance,
                            offset,
                            half,
                            softness: soft(i) + (soft((i + 1).min(self.width.len() - 1)) - soft(i)) * t,
                            before: starts[i] + if i == 0 { s } else { held },
                            beyond: total - starts[i] - if i == last { s } else { held },
                        };
                        let cell = &mut footprint.rows[r].cells[x - first];
                        cell.along = (starts[i] + held) as f32;
                        cell.across = if half > 0.0 { (offset / half).clamp(-1.0, 1.0) as f32 } else { 0.0 };
                    }
                }
            }
        });
        places
    }

    /// Exact coverage: the signed area of the outline is summed edge by edge, so abutting pieces leave no seam.
    fn cover_sharp(&self, footprint: &mut Footprint, height: usize) {
        let sides = self.sides();
        let outline: Vec<Point> = sides.iter().map(|s| s.0).chain(sides.iter().rev().map(|s| s.1)).collect();
        let mut row_of = vec![usize::MAX; height];
        footprint.rows.iter().enumerate().for_each(|(r, row)| row_of[row.y] = r);
        let mut sums: Vec<Vec<f64>> = footprint.rows.iter().map(|r| vec![0.0; r.cells.len() + 2]).collect();
        for k in 0..outline.len() {
            // Pixel (0, 0) covers −0.5 to 0.5: half a pixel on, pixels begin at whole numbers.
            let shift = |p: Point| Point::new(p.x + 0.5, p.y + 0.5);
            let (mut a, mut b) = (shift(outline[k]), shift(outline[(k + 1) % outline.len()]));
            if a.y == b.y {
                continue;
            }
            let sign = if a.y < b.y { 1.0 } else { -1.0 };
            if a.y > b.y {
                (a, b) = (b, a);
            }
            let slope = (b.x - a.x) / (b.y - a.y);
            let rows = a.y.floor().max(0.0) as usize..(b.y.ceil().clamp(0.0, height as f64) as usize);
            for y in rows.filter(|&y| row_of[y] != usize::MAX) {
                let (top, bottom) = (a.y.max(y as f64), b.y.min(y as f64 + 1.0));
                let (x0, x1) = (a.x + (top - a.y) * slope, a.x + (bottom - a.y) * slope);
                let row = row_of[y];
                add_edge(&mut sums[row], footprint.rows[row].first as f64, x0.min(x1), x0.max(x1), sign * (bottom - top));
            }
        }
        for (row, sum) in footprint.rows.iter_mut().zip(&sums) {
            let mut covered = 0.0;
            for (cell, add) in row.cells.iter_mut().zip(sum) {
                covered += add;
                cell.coverage = covered.abs().min(1.0) as f32;
            }
        }
    }

    /// Coverage of a softened stroke in closed form, the pixel's own width counted as softness too.
    fn cover_soft(&self, footprint: &mut Footprint, places: &[Vec<Place>]) {
        for (row, places) in footprint.rows.iter_mut().zip(places) {
            for (cell, p) in row.cells.iter_mut().zip(places) {
                if p.distance == f64::INFINITY {
                    continue;
                }
                let spread = (p.softness * p.softness + 1.0 / 12.0).sqrt();
                let across = normal_share((p.half - p.offset) / spread) - normal_share((-p.half - p.offset) / spread);
                cell.coverage = (across * normal_share(p.before / spread) * normal_share(p.beyond / spread)) as f32;
            }
        }
    }
}

impl Footprint {
    /// The covered area, in square pixels.
    #[cfg(test)]
    pub fn area(&self) -> f64 {
        self.rows.iter().flat_map(|r| &r.cells).map(|c| f64::from(c.coverage)).sum()
    }
}

/// Where a pixel lies by the nearest piece of a line, in pixels.
#[derive(Debug, Clone, Copy)]
struct Place {
    distance: f64,
    offset: f64,
    half: f64,
    softness: f64,
    before: f64,
    beyond: f64,
}

impl Place {
    const FAR: Self = Self { distance: f64::INFINITY, offset: 0.0, half: 0.0, softness: 0.0, before: 0.0, beyond: 0.0 };
}

/// Adds to a row's running sum an edge that falls by `fall` between x0 and x1: the area to its right within each pixel.
fn add_edge(sum: &mut [f64], first: f64, x0: f64, x1: f64, fall: f64) {
    let end = (sum.len() - 2) as f64;
    let (x0, x1) = ((x0 - first).clamp(0.0, end), (x1 - first).clamp(0.0, end));
    let (left, right) = (x0.floor(), x1.ceil().max(x0.floor() + 1.0));
    let mut i = left as usize;
    if right - left <= 1.0 {
        let covered = 1.0 - (0.5 * (x0 + x1) - left);
        sum[i] += fall * covered;
        sum[i + 1] += fall * (1.0 - covered);
        return;
    }
    // The share of the fall spent in each pixel it crosses, and the area left of the crossing point that stays uncovered there.
    let rate = fall / (x1 - x0);
    let mut x = x0;
    while x < x1 {
        let next = (i as f64 + 1.0).min(x1);
        let share = rate * (next - x);
        let covered = 1.0 - (0.5 * (x + next) - i as f64);
        sum[i] += share * covered;
        sum[i + 1] += share * (1.0 - covered);
        x = next;
        i += 1;
    }
}

fn quad_area(corners: [Point; 4]) -> f64 {
    let cross = |a: Point, b: Point| a.x * b.y - b.x * a.y;
    (0..4).map(|i| cross(corners[i], corners[(i + 1) % 4])).sum::<f64>().abs() / 2.0
}

/// The share of a standard normal distribution below `z`, to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
fn normal_share(z: f64) -> f64 {
    let x = z.abs() / SQRT_2;
    if x > 4.0 {
        return if z > 0.0 { 1.0 } else { 0.0 };
    }
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let tail =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429)))) * (-x * x).exp() / 2.0;
    if z > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Stroke {
        /// A sharp stroke cut square at both ends.
        fn sharp(line: Vec<Point>, width: Vec<f64>) -> Self {
            Self { line, width, softness: vec![], slant: 0.0 }
        }
    }

    #[test]
    fn a_pixel_wide_level_stroke_covers_whole_pixels() {
        let line = vec![Point::new(1.5, 2.0), Point::new(4.5, 2.0)];
        let area = Stroke::sharp(line, vec![1.0, 1.0]).footprint(8, 5);
        let row = area.rows.iter().find(|r| r.y == 2).unwrap();
        let covered: Vec<f32> =
            (0..8).map(|x| row.cells.get(x - row.first.min(x)).filter(|_| x >= row.first).map_or(0.0, |c| c.coverage)).collect();
        assert_eq!(covered, [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
        assert!((area.area() - 3.0).abs() < 1e-6);
    }

    #[test]
    fn covered_area_is_the_outlines_area_at_every_angle_width_and_bend() {
        for width in [0.5, 1.0, 2.0, 3.7, 11.0, 40.0] {
            for turn in 0..24 {
                let angle = f64::from(turn) * 0.27;
                for bend in [0.0, 0.004, -0.01] {
                    let mut at = Point::new(150.3, 149.6) - Vector::from_angle(angle) * 60.0;
                    let mut line = vec![at];
                    for i in 0..60 {
                        at = at + Vector::from_angle(angle + bend * f64::from(i)) * 2.0;
                        line.push(at);
                    }
                    let n = line.len();
                    let widths = (0..n).map(|i| width * (1.0 - 0.5 * i as f64 / n as f64)).collect();
                    let stroke = Stroke { line, width: widths, softness: vec![], slant: 0.3 };
                    let (drawn, analytic) = (stroke.footprint(300, 300).area(), stroke.area());
                    assert!((drawn / analytic - 1.0).abs() < 0.002, "width {width} angle {angle} bend {bend}: {drawn} of {analytic}");
                    let by_hand = 120.0 * width * 0.75;
                    assert!((drawn / by_hand - 1.0).abs() < 0.01, "width {width} angle {angle}: {drawn} of {by_hand}");
                }
            }
        }
    }

    #[test]
    fn twice_the_width_is_twice_the_area() {
        let line = vec![Point::new(10.2, 12.9), Point::new(70.7, 55.1)];
        let area = |w: f64| Stroke::sharp(line.clone(), vec![w, w]).footprint(90, 80).area();
        for w in [1.0, 2.5, 6.0] {
            assert!((area(2.0 * w) / area(w) - 2.0).abs() < 1e-4);
        }
    }

    #[test]
    fn a_soft_stroke_covers_the_area_of_a_sharp_one() {
        let line: Vec<Point> = (0..40).map(|i| Point::new(40.0 + f64::from(i), 30.0 + 0.6 * f64::from(i))).collect();
        let sharp = Stroke::sharp(line.clone(), vec![7.0; 40]).area();
        let soft = Stroke::soft(line, 7.0, 2.0).footprint(130, 100).area();
        assert!((soft / sharp - 1.0).abs() < 0.01, "{soft} of {sharp}");
    }

    #[test]
    fn what_leaves_the_picture_is_cut_off() {
        let stroke = Stroke::sharp(vec![Point::new(-50.0, 5.0), Point::new(50.0, 5.0)], vec![2.0, 2.0]);
        assert!((stroke.footprint(10, 10).area() - 20.0).abs() < 1e-6);
        let outside = Stroke::sharp(vec![Point::new(-50.0, -50.0), Point::new(-20.0, -5.0)], vec![4.0, 4.0]);
        assert_eq!(outside.footprint(10, 10).area(), 0.0);
    }

    #[test]
    fn a_line_of_no_length_covers_nothing() {
        let p = Point::new(3.0, 3.0);
        assert_eq!(Stroke::sharp(vec![p, p], vec![2.0, 2.0]).footprint(8, 8).area(), 0.0);
        assert_eq!(Stroke::sharp(vec![p], vec![2.0]).footprint(8, 8).area(), 0.0);
    }
}
