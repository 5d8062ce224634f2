//! Curvilinear structures under a pixel.

use crate::geometry::Point;
use crate::raster::{CONTIGUOUS, Plane, gaussian, halved::halved, wide::widely};

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
    let [bright, _] = Smooth::of(plane, sigma).lines([(low, high), (f64::INFINITY, f64::INFINITY)]);
    bright
}

/// Which lines: those above what lies beside them, or below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Above.
    Bright,
    /// Below: the bright lines of the negative.
    Dark,
}

/// Of everything there are two: for bright lines and for dark ones.
const SIDES: [Side; 2] = [Side::Bright, Side::Dark];

/// A plane blurred, on which lines of one scale are found.
#[derive(Debug, Clone)]
pub struct Smooth {
    plane: Plane,
    /// The standard deviation of the blur, in pixels of its own.
    sigma: f64,
    /// Pixels of the original plane per pixel of its own, each way.
    step: f64,
}

impl Smooth {
    /// A plane blurred by a Gaussian of standard deviation `sigma` pixels.
    pub fn of(plane: &Plane, sigma: f64) -> Self {
        Self { plane: gaussian::blurred(plane, sigma), sigma, step: 1.0 }
    }

    /// The same on half the grid: of a blur of two pixels and more nothing is lost.
    pub fn halved(&self) -> Self {
        // The mean of two pixels blurs too, by a quarter of a pixel squared.
        Self { plane: halved(&self.plane), sigma: 0.5 * (self.sigma * self.sigma + 0.25).sqrt(), step: 2.0 * self.step }
    }

    /// The same blurred further, to `sigma` pixels of the original plane.
    pub fn further(&self, sigma: f64) -> Self {
        let sigma = sigma / self.step;
        let missing = (sigma * sigma - self.sigma * self.sigma).max(0.0).sqrt();
        Self { plane: gaussian::blurred(&self.plane, missing), sigma, step: self.step }
    }

    /// The bright and the dark lines that stand out from the plane's own texture: six times the median strength of all its line points, or `least`
    /// if that is more. Lines are followed down to 0.4 of that.
    pub fn lines_above_texture(&self, least: [f64; 2]) -> [Vec<Line>; 2] {
        let texture = self.median_strengths();
        self.lines(std::array::from_fn(|side| {
            let high = (6.0 * texture[side]).max(least[side]);
            (0.4 * high, high)
        }))
    }

    /// The bright and the dark lines that begin at strengths of the second bound and are followed down to the first.
    fn lines(&self, bounds: [(f64, f64); 2]) -> [Vec<Line>; 2] {
        let [bright, dark] = self.points(bounds.map(|(low, _)| low));
        [(bright, bounds[0].1), (dark, bounds[1].1)].map(|(points, high)| {
            let mut lines = linked(&Tops::of(points, self.plane.dim()), high);
            for point in lines.iter_mut().flatten() {
                point.at = Point::new((point.at.x + 0.5) * self.step - 0.5, (point.at.y + 0.5) * self.step - 0.5);
            }
            lines
        })
    }

    /// The bright and the dark line points of at least so much strength, each with the number of its pixel, row by row.
    fn points(&self, least: [f64; 2]) -> [Vec<(usize, LinePoint)>; 2] {
        let columns = self.plane.ncols();
        let mut points = SIDES.map(|_| vec![]);
        self.scan(1, |row, lines, strengths| {
            for (k, points) in points.iter_mut().enumerate() {
                for (i, &strength) in strengths[k].iter().enumerate().filter(|(_, strength)| f64::from(**strength) >= least[k]) {
                    points.push((row * columns + i + 1, Curved::of(lines, i + 1).top(SIDES[k]).at(row, i + 1, strength)));
                }
            }
        });
        points
    }

    /// The median strengths over the line points of every fourth row of the original: what texture and noise alone bring about, where lines are
    /// few. 0 without any.
    fn median_strengths(&self) -> [f64; 2] {
        let mut found = SIDES.map(|_| vec![]);
        self.scan((SPARSE / self.step) as usize, |_, _, rows| {
            found.iter_mut().zip(rows).for_each(|(found, row)| found.extend(row.iter().filter(|strength| **strength >= LEAST)));
        });
        found.map(|mut strengths: Vec<f32>| {
            if strengths.is_empty() {
                return 0.0;
            }
            let middle = strengths.len() / 2;
            f64::from(*strengths.select_nth_unstable_by(middle, f32::total_cmp).1)
        })
    }

    /// Hands over every `step`th inner row by its number, with the three lines it is worked out from and the strengths of its inner pixels, bright and
    /// dark: 0 where a pixel has no top.
    fn scan(&self, step: usize, mut found: impl FnMut(usize, [&[f32]; 3], [&[f32]; 2])) {
        let (rows, columns) = self.plane.dim();
        if rows < 3 || columns < 3 {
            return;
        }
        let row = |r: usize| self.plane.row(r).to_slice().expect(CONTIGUOUS);
        let (mut bright, mut dark) = (vec![0.0; columns - 2], vec![0.0; columns - 2]);
        let unit = (self.sigma * self.sigma) as f32;
        for r in (1..rows - 1).step_by(step) {
            let lines = [row(r - 1), row(r), row(r + 1)];
            widely(
                #[inline(always)]
                || strengths_of(lines, unit, [&mut bright, &mut dark]),
            );
            found(r, lines, [&bright, &dark]);
        }
    }
}

/// Every so many rows of the original tell what the texture is: those next to each other tell the same.
const SPARSE: f64 = 4.0;

/// The least strength that is any at all.
const LEAST: f32 = 1e-4;

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

/// The strengths of the tops of every inner pixel of the middle row, bright and dark, 0 where it has none.
#[inline(always)]
fn strengths_of(lines: [&[f32]; 3], unit: f32, [bright, dark]: [&mut [f32]; 2]) {
    // Of equal and known length, so that no bound is checked in the loop and several pixels are worked out at a time.
    let dark = &mut dark[..bright.len()];
    let lines = lines.map(|line| &line[..bright.len() + 2]);
    for i in 0..bright.len() {
        let curved = Curved::of(lines, i + 1);
        let strength = |top: Top| {
            let within = top.dx.abs() <= BESIDE && top.dy.abs() <= BESIDE && top.curvature < 0.0;
            if within { -top.curvature * unit } else { 0.0 }
        };
        (bright[i], dark[i]) = (strength(curved.top(Side::Bright)), strength(curved.top(Side::Dark)));
    }
}

/// How far from its center, each way, a top counts as a pixel's: hardly beside it.
const BESIDE: f32 = 0.6;

/// How the light bends at a pixel, by it and those around.
struct Curved {
    /// The gradient, and that stretched by the second derivatives.
    gradient: (f32, f32),
    stretched: (f32, f32),
    /// The mean of the two principal second derivatives, and half of what they differ by.
    mean: f32,
    half: f32,
    /// Of the second derivatives: xx − yy and 2 xy, whose angle is twice that across the line, a quarter turn on.
    doubled: (f32, f32),
}

impl Curved {
    #[inline(always)]
    fn of([above, here, below]: [&[f32]; 3], c: usize) -> Self {
        let center = 2.0 * here[c];
        let (xx, yy) = (here[c + 1] + here[c - 1] - center, below[c] + above[c] - center);
        let xy = 0.25 * (below[c + 1] - below[c - 1] - above[c + 1] + above[c - 1]);
        let (gx, gy) = (0.5 * (here[c + 1] - here[c - 1]), 0.5 * (below[c] - above[c]));
        Self {
            gradient: (gx, gy),
            stretched: (xx * gx + xy * gy, xy * gx + yy * gy),
            mean: 0.5 * (xx + yy),
            half: (0.25 * (xx - yy) * (xx - yy) + xy * xy).sqrt(),
            doubled: (xx - yy, 2.0 * xy),
        }
    }

    /// Where the profile across a line of this side has its top.
    #[inline(always)]
    fn top(&self, side: Side) -> Top {
        // In the negative all derivatives are; what is stretched is negative twice.
        let sign = if side == Side::Bright { 1.0 } else { -1.0 };
        let (least, greatest) = (sign * self.mean - self.half, sign * self.mean + self.half);
        let ((gx, gy), (sx, sy)) = (self.gradient, self.stretched);
        // The gradient's part across the line is (greatest − H) g / (greatest − least): the other one is what H stretches by the greatest.
        let step = 1.0 / (2.0 * self.half * least);
        Top {
            dx: (sx - greatest * sign * gx) * step,
            dy: (sy - greatest * sign * gy) * step,
            curvature: least,
            doubled: (sign * self.doubled.0, sign * self.doubled.1),
        }
    }
}

/// Where the profile across a line has its top.
struct Top {
    /// From the pixel's center; no number where all ways are alike.
    dx: f32,
    dy: f32,
    /// The second derivative across, below 0 at a top.
    curvature: f32,
    /// As of the light: whose angle is twice that across the line, a quarter turn on.
    doubled: (f32, f32),
}

impl Top {
    fn at(&self, row: usize, column: usize, strength: f32) -> LinePoint {
        let (d, s) = (f64::from(self.doubled.0), f64::from(self.doubled.1));
        let across = 0.5 * s.atan2(d) + std::f64::consts::FRAC_PI_2;
        LinePoint {
            at: Point::new(column as f64 + f64::from(self.dx), row as f64 + f64::from(self.dy)),
            angle: (across + std::f64::consts::FRAC_PI_2).rem_euclid(std::f64::consts::PI),
            strength: f64::from(strength),
        }
    }
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
    fn of(points: Vec<(usize, LinePoint)>, (rows, columns): (usize, usize)) -> Self {
        let mut index = vec![NONE; rows * columns];
        points.iter().enumerate().for_each(|(number, (pixel, _))| index[*pixel] = number as u32);
        Self { points, index, rows, columns }
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
        let smooth = Smooth { plane: plane.clone(), sigma: 1.5, step: 1.0 };
        smooth.scan(1, |r, lines, [strengths, _]| {
            for (i, &strength) in strengths.iter().enumerate().filter(|(_, strength)| **strength >= 0.05) {
                found.push((r, i + 1, Curved::of(lines, i + 1).top(Side::Bright).at(r, i + 1, strength)));
            }
        });
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
    fn dark_lines_are_those_of_the_negative_and_blurs_add_up() {
        let plane = bar(13.0, 0.3);
        let of = |lines: Vec<Line>| -> Vec<LinePoint> { lines.into_iter().flatten().collect() };
        let bright = of(lines(&plane, 4.2, 0.1, 0.2));
        let [_, dark] = Smooth::of(&plane.mapv(|v| 1.0 - v), 2.1).further(4.2).lines([(0.1, 0.2); 2]).map(of);
        // Where a blur reaches beyond the edge, two in turn see another edge than one.
        let inner: Vec<&LinePoint> = bright.iter().filter(|p| (p.at.x - 30.0).hypot(p.at.y - 30.0) < 20.0).collect();
        assert!(inner.len() > 30);
        for point in inner {
            let same = |other: &&LinePoint| point.at.distance(other.at) < 0.05 && (point.strength - other.strength).abs() < 0.01;
            assert!(dark.iter().any(|other| same(&other)), "{point:?} is not among {dark:?}");
        }
    }

    #[test]
    fn half_the_grid_shows_a_line_where_it_is() {
        for angle in [0.0_f64, 0.3, 0.785, 1.2, 1.571, 2.5] {
            let smooth = Smooth::of(&bar(13.0, angle), 2.1).halved().further(4.2);
            assert_eq!(smooth.plane.dim(), (31, 31));
            let (s, c) = angle.sin_cos();
            let [lines, _] = smooth.lines([(0.1, 0.2); 2]);
            let inner = lines.iter().flatten().filter(|p| (p.at.x - 30.0).hypot(p.at.y - 30.0) < 15.0);
            let off: Vec<f64> = inner.map(|p| -(p.at.x - 30.2) * s + (p.at.y - 30.4) * c).collect();
            assert!(off.len() > 8 && off.iter().all(|off| off.abs() < 0.1), "{off:?} px beside the middle at {angle}");
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
