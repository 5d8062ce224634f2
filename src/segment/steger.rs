//! Curvilinear structures under a pixel.

use crate::geometry::Point;
use crate::raster::{Plane, gaussian, wide::widely};

/// A place where a bright line's profile has its top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinePoint {
    /// The top, under a pixel.
    pub at: Point,
    /// The line's direction in radians, 0 to π.
    pub angle: f64,
    /// σ² times the second derivative across, positive; the height of a bar as wide as the filter is about three times this.
    pub strength: f64,
}

/// A chain of line points, end to end.
pub type Line = Vec<LinePoint>;

/// The bright lines of a plane at one scale, strongest first.
///
/// A line's pixels are where the first derivative across, along the greatest curvature, vanishes within the pixel. Lines begin at points
/// of strength `high` or more and are followed through points of strength `low` or more. It finds lines of full width up to 2√3 σ;
/// wider bars come apart into two lines.
///
/// # Source
/// Steger 1998, doi:10.1109/34.659930. The plane's derivatives are differences of the blurred plane, not of the kernel; junctions are
/// left open, for strands are joined later with the evidence of direction and width.
pub fn lines(plane: &Plane, sigma: f64, low: f64, high: f64) -> Vec<Line> {
    linked(&Tops::of(&gaussian::blurred(plane, sigma), sigma, low), high)
}

/// The bright lines of a plane that stand out from its own texture: six times the median strength of all its line points, or `least` if
/// that is more. Lines are followed down to 0.4 of that.
pub fn lines_above_texture(plane: &Plane, sigma: f64, least: f64) -> Vec<Line> {
    let smooth = gaussian::blurred(plane, sigma);
    let high = (6.0 * median_strength(&smooth, sigma)).max(least);
    linked(&Tops::of(&smooth, sigma, 0.4 * high), high)
}

fn linked(tops: &Tops, high: f64) -> Vec<Line> {
    let mut seeds: Vec<&(usize, LinePoint)> = tops.points.iter().filter(|(_, p)| p.strength >= high).collect();
    seeds.sort_by(|a, b| b.1.strength.total_cmp(&a.1.strength).then(a.0.cmp(&b.0)));
    let mut used = vec![false; tops.index.len()];
    let mut lines = vec![];
    for &&(seed, start) in &seeds {
        if used[seed] {
            continue;
        }
        used[seed] = true;
        let mut line = tops.follow(seed, start, start.angle + std::f64::consts::PI, &mut used);
        line.reverse();
        line.push(start);
        line.extend(tops.follow(seed, start, start.angle, &mut used));
        lines.push(line);
    }
    lines
}

/// The median strength over the line points of every fourth row: what texture and noise alone bring about, where lines are few. 0 without any.
fn median_strength(smooth: &Plane, sigma: f64) -> f64 {
    let mut strengths: Vec<f64> = vec![];
    scan(smooth, sigma, 1e-4, SPARSE, |_, _, top| strengths.push(top.strength));
    if strengths.is_empty() {
        return 0.0;
    }
    let middle = strengths.len() / 2;
    *strengths.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Every so many rows tell what the texture is: those next to each other tell the same.
const SPARSE: usize = 4;

/// Hands over the top of every inner pixel that has one of strength `least` or more, in every `step`th row, with its row and column.
fn scan(smooth: &Plane, sigma: f64, least: f64, step: usize, mut found: impl FnMut(usize, usize, Top)) {
    let (rows, columns) = smooth.dim();
    if rows < 3 || columns < 3 {
        return;
    }
    let smooth = smooth.as_standard_layout();
    let row = |r: usize| smooth.row(r).to_slice().expect("the layout is standard");
    let mut curvatures = vec![0.0; columns - 2];
    // Most pixels end at this bound, rounded so as to let none pass by; those beyond it are weighed exactly.
    let bound = (-least / (sigma * sigma) * (1.0 - 1e-6)) as f32;
    for r in (1..rows - 1).step_by(step) {
        let lines = [row(r - 1), row(r), row(r + 1)];
        widely(
            #[inline(always)]
            || curvatures_of(lines, &mut curvatures),
        );
        for (i, &curvature) in curvatures.iter().enumerate() {
            if curvature <= bound
                && let Some(top) = top(lines, i + 1, curvature, sigma).filter(|top| top.strength >= least)
            {
                found(r, i + 1, top);
            }
        }
    }
}

/// The second derivatives of three rows at the inner pixel in this column, (xx, yy, xy).
#[inline(always)]
fn second_derivatives([above, here, below]: [&[f32]; 3], c: usize) -> (f32, f32, f32) {
    let center = here[c];
    let (xx, yy) = (here[c + 1] + here[c - 1] - 2.0 * center, below[c] + above[c] - 2.0 * center);
    (xx, yy, 0.25 * (below[c + 1] - below[c - 1] - above[c + 1] + above[c - 1]))
}

/// The least curvature in any direction at every inner pixel of the middle row.
#[inline(always)]
fn curvatures_of(lines: [&[f32]; 3], curvatures: &mut [f32]) {
    // Of equal and known length, so that no bound is checked in the loop and several pixels are worked out at a time.
    let [above, here, below] = lines.map(|line| &line[..curvatures.len() + 2]);
    for (i, curvature) in curvatures.iter_mut().enumerate() {
        let (xx, yy, xy) = second_derivatives([above, here, below], i + 1);
        *curvature = 0.5 * (xx + yy) - (0.25 * (xx - yy) * (xx - yy) + xy * xy).sqrt();
    }
}

/// Where a profile has its top within a pixel.
struct Top {
    /// From the pixel's center.
    dx: f64,
    dy: f64,
    strength: f64,
    /// Of the second derivatives: xx − yy and 2 xy, whose angle is twice that across the line, a quarter turn on.
    doubled: (f64, f64),
}

impl Top {
    fn at(&self, row: usize, column: usize) -> LinePoint {
        let across = 0.5 * self.doubled.1.atan2(self.doubled.0) + std::f64::consts::FRAC_PI_2;
        LinePoint {
            at: Point::new(column as f64 + self.dx, row as f64 + self.dy),
            angle: (across + std::f64::consts::FRAC_PI_2).rem_euclid(std::f64::consts::PI),
            strength: self.strength,
        }
    }
}

/// The top in the pixel of the middle row in this column, if it lies within the pixel or hardly beside it.
fn top(lines: [&[f32]; 3], c: usize, curvature: f32, sigma: f64) -> Option<Top> {
    let (xx, yy, xy) = second_derivatives(lines, c);
    let [above, here, below] = lines;
    let curvature = f64::from(curvature);
    let (d, s) = (f64::from(xx - yy), 2.0 * f64::from(xy));
    // The unit vector across, by the half-angle formulas: angles cost more than all else here.
    let h = (d * d + s * s).sqrt();
    let (nx, ny) = if h == 0.0 {
        (0.0, 1.0)
    } else if d <= 0.0 {
        let nx = (0.5 * (1.0 - d / h)).sqrt();
        (nx, -0.5 * s / (h * nx))
    } else {
        let ny = (0.5 * (1.0 + d / h)).sqrt();
        (-0.5 * s / (h * ny), ny)
    };
    let (gx, gy) = (f64::from(0.5 * (here[c + 1] - here[c - 1])), f64::from(0.5 * (below[c] - above[c])));
    let t = -(gx * nx + gy * ny) / curvature;
    let top = Top { dx: t * nx, dy: t * ny, strength: -curvature * sigma * sigma, doubled: (d, s) };
    (top.dx.abs() <= 0.6 && top.dy.abs() <= 0.6).then_some(top)
}

/// The line points of a plane: which pixel has which, row by row.
struct Tops {
    points: Vec<(usize, LinePoint)>,
    index: Vec<u32>,
    rows: usize,
    columns: usize,
}

/// The steps down and right to the neighbor in each eighth of a turn, from right on toward down.
const OCTANTS: [(isize, isize); 8] = [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)];

/// Marks a pixel without a line point in `Tops::index`.
const NONE: u32 = u32::MAX;

impl Tops {
    fn of(smooth: &Plane, sigma: f64, least: f64) -> Self {
        let (rows, columns) = smooth.dim();
        let mut tops = Self { points: vec![], index: vec![NONE; rows * columns], rows, columns };
        scan(smooth, sigma, least, 1, |row, column, top| {
            tops.index[row * columns + column] = tops.points.len() as u32;
            tops.points.push((row * columns + column, top.at(row, column)));
        });
        tops
    }

    /// The points beyond `from` in the heading given, marking every pixel passed and its neighbors across as used.
    fn follow(&self, from: usize, start: LinePoint, heading: f64, used: &mut [bool]) -> Line {
        let mut line = vec![];
        let (mut pixel, mut heading) = (from, heading);
        let mut here = start.at;
        while let Some((next, point, turned)) = self.next(pixel, here, heading, used) {
            self.mark(next, turned, used);
            line.push(point);
            (pixel, here, heading) = (next, point.at, turned);
        }
        line
    }

    /// The unused neighbor ahead that lies nearest and turns least, with its heading.
    fn next(&self, pixel: usize, here: Point, heading: f64, used: &[bool]) -> Option<(usize, LinePoint, f64)> {
        let octant = (heading / std::f64::consts::FRAC_PI_4).round() as i64;
        [0, -1, 1]
            .into_iter()
            .filter_map(|side| {
                let (dy, dx) = OCTANTS[(octant + side).rem_euclid(8) as usize];
                let (row, column) = (pixel / self.columns, pixel % self.columns);
                let row = row.checked_add_signed(dy).filter(|r| *r < self.rows)?;
                let column = column.checked_add_signed(dx).filter(|c| *c < self.columns)?;
                let next = row * self.columns + column;
                let point = self.points.get(self.index[next] as usize).filter(|_| !used[next])?.1;
                let turn =
                    (point.angle - heading + std::f64::consts::FRAC_PI_2).rem_euclid(std::f64::consts::PI) - std::f64::consts::FRAC_PI_2;
                Some((next, point, heading + turn, here.distance(point.at) + turn.abs()))
            })
            .filter(|(_, _, turned, _)| (turned - heading).abs() < 1.0)
            .min_by(|a, b| a.3.total_cmp(&b.3))
            .map(|(next, point, turned, _)| (next, point, turned))
    }

    /// Uses up a pixel and the two beside it across the line, so that no second line runs along the first.
    fn mark(&self, pixel: usize, heading: f64, used: &mut [bool]) {
        used[pixel] = true;
        let (dy, dx) = (heading + std::f64::consts::FRAC_PI_2).sin_cos();
        for sign in [-1.0, 1.0] {
            let row = (pixel / self.columns).checked_add_signed((sign * dy).round() as isize);
            let column = (pixel % self.columns).checked_add_signed((sign * dx).round() as isize);
            if let (Some(r), Some(c)) = (row, column)
                && r < self.rows
                && c < self.columns
            {
                used[r * self.columns + c] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar of full width `w` through (30, 30) at `angle`, its edge blurred a little.
    fn bar(w: f64, angle: f64) -> Plane {
        let (s, c) = angle.sin_cos();
        Plane::from_shape_fn((61, 61), |(row, column)| {
            let across = -(column as f64 - 30.2) * s + (row as f64 - 30.4) * c;
            (((w / 2.0 - across.abs()) + 0.5).clamp(0.0, 1.0)) as f32
        })
    }

    #[test]
    fn a_flat_plane_has_no_lines() {
        assert!(lines(&Plane::from_elem((20, 20), 0.5), 2.0, 0.01, 0.02).is_empty());
        assert!(lines(&Plane::from_elem((1, 1), 0.5), 2.0, 0.01, 0.02).is_empty());
    }

    /// The top as the definition has it, by the angle across.
    #[test]
    fn tops_are_where_the_definition_has_them() {
        let plane = Plane::from_shape_fn((12, 15), |(r, c)| (((r * 7 + c * 13 + r * c) % 17) as f32 / 9.0).sin());
        let mut found = vec![];
        scan(&plane, 1.5, 0.05, 1, |r, c, top| found.push((r, c, top.at(r, c))));
        let mut expected = vec![];
        for (r, c) in (1..11_usize).flat_map(|r| (1..14_usize).map(move |c| (r, c))) {
            let v = |down: isize, right: isize| f64::from(plane[[r.wrapping_add_signed(down), c.wrapping_add_signed(right)]]);
            let hessian = nalgebra::Matrix2::new(
                v(0, 1) + v(0, -1) - 2.0 * v(0, 0),
                0.25 * (v(1, 1) - v(1, -1) - v(-1, 1) + v(-1, -1)),
                0.25 * (v(1, 1) - v(1, -1) - v(-1, 1) + v(-1, -1)),
                v(1, 0) + v(-1, 0) - 2.0 * v(0, 0),
            );
            let eigen = hessian.symmetric_eigen();
            let least = if eigen.eigenvalues[0] < eigen.eigenvalues[1] { 0 } else { 1 };
            let (n, curvature) = (eigen.eigenvectors.column(least).into_owned(), eigen.eigenvalues[least]);
            let t = -(0.5 * (v(0, 1) - v(0, -1)) * n[0] + 0.5 * (v(1, 0) - v(-1, 0)) * n[1]) / curvature;
            if -curvature * 2.25 >= 0.05 && (t * n[0]).abs() <= 0.6 && (t * n[1]).abs() <= 0.6 {
                expected.push((r, c, c as f64 + t * n[0], r as f64 + t * n[1], (-n[0]).atan2(n[1])));
            }
        }
        assert!(expected.len() > 20 && found.len() == expected.len(), "{} and {}", found.len(), expected.len());
        for ((r, c, point), (er, ec, x, y, angle)) in found.iter().zip(&expected) {
            assert_eq!((r, c), (er, ec));
            assert!((point.at.x - x).abs() < 1e-4 && (point.at.y - y).abs() < 1e-4, "{point:?}, not {x}, {y}");
            assert!((point.angle - angle).sin().abs() < 1e-4, "{point:?}, not at {angle}");
        }
    }

    #[test]
    fn a_bar_is_one_line_under_a_pixel() {
        for angle in [0.0_f64, 0.3, 0.785, 1.2, 1.571, 2.5] {
            let found = lines(&bar(6.0, angle), 2.5, 0.05, 0.15);
            assert_eq!(found.iter().filter(|l| l.len() > 20).count(), 1, "at {angle}");
            let (s, c) = angle.sin_cos();
            let inner = found[0].iter().filter(|p| (p.at.x - 30.0).hypot(p.at.y - 30.0) < 18.0);
            for p in inner {
                let off = -(p.at.x - 30.2) * s + (p.at.y - 30.4) * c;
                assert!(off.abs() < 0.1, "{off} px beside the middle at {angle}");
            }
        }
    }
}
