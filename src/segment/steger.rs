//! Curvilinear structures under a pixel.

use crate::geometry::Point;
use crate::raster::{Plane, gaussian};

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
    for row in (1..smooth.nrows().saturating_sub(1)).step_by(4) {
        strengths.extend(
            (1..smooth.ncols().saturating_sub(1)).filter_map(|column| Some(line_point(smooth, row, column, sigma, 1e-4)?.strength)),
        );
    }
    if strengths.is_empty() {
        return 0.0;
    }
    let middle = strengths.len() / 2;
    *strengths.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// The line point of one inner pixel of a blurred plane, where it has one of strength `least` or more.
fn line_point(smooth: &Plane, row: usize, column: usize, sigma: f64, least: f64) -> Option<LinePoint> {
    let v = |down: isize, right: isize| smooth[[row.wrapping_add_signed(down), column.wrapping_add_signed(right)]];
    let center = v(0, 0);
    let (xx, yy) = (v(0, 1) + v(0, -1) - 2.0 * center, v(1, 0) + v(-1, 0) - 2.0 * center);
    let xy = 0.25 * (v(1, 1) - v(1, -1) - v(-1, 1) + v(-1, -1));
    let curvature = f64::from(0.5 * (xx + yy) - (0.25 * (xx - yy).powi(2) + xy * xy).sqrt());
    let strength = -curvature * sigma * sigma;
    // Most pixels end here, before any angle is worked out.
    if strength < least {
        return None;
    }
    let (gx, gy) = (f64::from(0.5 * (v(0, 1) - v(0, -1))), f64::from(0.5 * (v(1, 0) - v(-1, 0))));
    let across = 0.5 * (2.0 * f64::from(xy)).atan2(f64::from(xx - yy)) + std::f64::consts::FRAC_PI_2;
    let (ny, nx) = across.sin_cos();
    let t = -(gx * nx + gy * ny) / curvature;
    ((t * nx).abs() <= 0.6 && (t * ny).abs() <= 0.6).then(|| LinePoint {
        at: Point::new(column as f64 + t * nx, row as f64 + t * ny),
        angle: (across + std::f64::consts::FRAC_PI_2).rem_euclid(std::f64::consts::PI),
        strength,
    })
}

/// The line points of a plane: which pixel has which, row by row.
struct Tops {
    points: Vec<(usize, LinePoint)>,
    index: Vec<u32>,
    rows: usize,
    columns: usize,
}

/// Marks a pixel without a line point in `Tops::index`.
const NONE: u32 = u32::MAX;

impl Tops {
    fn of(smooth: &Plane, sigma: f64, least: f64) -> Self {
        let (rows, columns) = smooth.dim();
        let mut tops = Self { points: vec![], index: vec![NONE; rows * columns], rows, columns };
        for row in 1..rows.saturating_sub(1) {
            for column in 1..columns.saturating_sub(1) {
                if let Some(point) = line_point(smooth, row, column, sigma, least) {
                    tops.index[row * columns + column] = tops.points.len() as u32;
                    tops.points.push((row * columns + column, point));
                }
            }
        }
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
                let (dy, dx) = ((octant + side) as f64 * std::f64::consts::FRAC_PI_4).sin_cos();
                let (row, column) = (pixel / self.columns, pixel % self.columns);
                let row = row.checked_add_signed(dy.round() as isize).filter(|r| *r < self.rows)?;
                let column = column.checked_add_signed(dx.round() as isize).filter(|c| *c < self.columns)?;
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
