//! Curvilinear structures under a pixel.

use crate::geometry::Point;
use crate::raster::halved::{halved, halved_row};
use crate::raster::{self, CONTIGUOUS, Plane, gaussian, wide::widely};

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

    /// The lines above texture of a plane of so many rows and columns, blurred by a Gaussian of standard deviation `sigma` pixels, and the blurred
    /// plane on half the grid. Neither plane is held: rows are written when they are asked for, and blurred twice, first to tell the texture.
    pub(super) fn lines_and_half(
        sides: (usize, usize),
        write: impl Fn(usize, &mut [f32]),
        sigma: f64,
        least: [f64; 2],
    ) -> ([Vec<Line>; 2], Self) {
        let (rows, columns) = sides;
        let mut half = Self { plane: Plane::zeros((rows.div_ceil(2), columns.div_ceil(2))), sigma: halved_sigma(sigma), step: 2.0 };
        let mut texture = SIDES.map(|_| vec![]);
        let mut found = [0, 1].map(|_| vec![0.0; columns.saturating_sub(2)]);
        let unit = (sigma * sigma) as f32;
        // The last of three rows, the middle one of which has inner pixels.
        let is_last = |r: usize| r >= 2 && columns >= 3;
        by_threes(gaussian::Rows::of(sides, &write, sigma), sides, |r, lines| {
            if r % 2 > 0 || r + 1 == rows {
                halved_row(lines[2 - r % 2], lines[2], half.plane.row_mut(r / 2).into_slice().expect(CONTIGUOUS));
            }
            if is_last(r) && (r - 2) % SPARSE as usize == 0 {
                texture
                    .iter_mut()
                    .zip(strengths(lines, unit, &mut found))
                    .for_each(|(texture, row)| texture.extend(row.iter().filter(|s| **s >= LEAST)));
            }
        });
        let bounds = bounds_above(texture.map(median), least);
        let mut points = SIDES.map(|_| vec![]);
        by_threes(gaussian::Rows::of(sides, &write, sigma), sides, |r, lines| {
            if is_last(r) {
                add_points(&mut points, (r - 1, lines), strengths(lines, unit, &mut found), bounds.map(|(low, _)| low));
            }
        });
        (lines_through(points, sides, bounds, 1.0), half)
    }

    /// The same on half the grid: of a blur of two pixels and more nothing is lost.
    pub fn halved(&self) -> Self {
        Self { plane: halved(&self.plane), sigma: halved_sigma(self.sigma), step: 2.0 * self.step }
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
        self.lines(bounds_above(self.median_strengths(), least))
    }

    /// The bright and the dark lines that begin at strengths of the second bound and are followed down to the first.
    fn lines(&self, bounds: [(f64, f64); 2]) -> [Vec<Line>; 2] {
        let points = self.points(bounds.map(|(low, _)| low));
        lines_through(points, self.plane.dim(), bounds, self.step)
    }

    /// The bright and the dark line points of at least so much strength, each with the number of its pixel, row by row.
    fn points(&self, least: [f64; 2]) -> [Points; 2] {
        let mut points = SIDES.map(|_| vec![]);
        self.scan(1, |row, lines, strengths| add_points(&mut points, (row, lines), strengths, least));
        points
    }

    /// The median strengths over the line points of every fourth row of the original: what texture and noise alone bring about, where lines are
    /// few. 0 without any.
    fn median_strengths(&self) -> [f64; 2] {
        let mut found = SIDES.map(|_| vec![]);
        self.scan((SPARSE / self.step) as usize, |_, _, rows| {
            found.iter_mut().zip(rows).for_each(|(found, row)| found.extend(row.iter().filter(|strength| **strength >= LEAST)));
        });
        found.map(median)
    }

    /// Hands over every `step`th inner row by its number, with the three lines it is worked out from and the strengths of its inner pixels, bright and
    /// dark: 0 where a pixel has no top.
    fn scan(&self, step: usize, mut found: impl FnMut(usize, [&[f32]; 3], [&[f32]; 2])) {
        let (rows, columns) = self.plane.dim();
        if rows < 3 || columns < 3 {
            return;
        }
        let row = |r: usize| self.plane.row(r).to_slice().expect(CONTIGUOUS);
        let mut strengths_found = [0, 1].map(|_| vec![0.0; columns - 2]);
        let unit = (self.sigma * self.sigma) as f32;
        for r in (1..rows - 1).step_by(step) {
            let lines = [row(r - 1), row(r), row(r + 1)];
            found(r, lines, strengths(lines, unit, &mut strengths_found));
        }
    }
}

/// Hands over every row of a blurred plane by its number, with itself and the two before it; before the first there are zeros.
fn by_threes(
    mut blurred: gaussian::Rows<impl FnMut(usize, &mut [f32])>,
    (rows, columns): (usize, usize),
    mut take: impl FnMut(usize, [&[f32]; 3]),
) {
    let mut held = [0, 1, 2].map(|_| vec![0.0; columns]);
    for r in 0..rows {
        held.rotate_left(1);
        blurred.next_into(&mut held[2]);
        take(r, held.each_ref().map(Vec::as_slice));
    }
}

/// The strengths of the inner pixels of a row, bright and dark, from the lines it is worked out from.
fn strengths<'a>(lines: [&[f32]; 3], unit: f32, found: &'a mut [Vec<f32>; 2]) -> [&'a [f32]; 2] {
    let [bright, dark] = found;
    widely(
        #[inline(always)]
        || strengths_of(lines, unit, [&mut *bright, &mut *dark]),
    );
    [bright, dark]
}

/// Every so many rows of the original tell what the texture is: those next to each other tell the same.
const SPARSE: f64 = 4.0;

/// The least strength that is any at all.
const LEAST: f32 = 1e-4;

/// Lines begin at so many times the texture's strength, and are followed down to that share of where they begin.
const ABOVE_TEXTURE: f64 = 6.0;
const FOLLOWED: f64 = 0.4;

/// The strengths down to which lines are followed and at which they begin, above texture of these strengths.
fn bounds_above(texture: [f64; 2], least: [f64; 2]) -> [(f64, f64); 2] {
    std::array::from_fn(|side| {
        let high = (ABOVE_TEXTURE * texture[side]).max(least[side]);
        (FOLLOWED * high, high)
    })
}

/// The standard deviation of a blur on half the grid: the mean of two pixels blurs too, by a quarter of a pixel squared.
fn halved_sigma(sigma: f64) -> f64 {
    0.5 * (sigma * sigma + 0.25).sqrt()
}

/// The median of strengths; 0 of none.
fn median(strengths: Vec<f32>) -> f64 {
    f64::from(raster::median(strengths.into_iter()))
}

/// Line points, each with the number of its pixel, row by row.
type Points = Vec<(usize, LinePoint)>;

/// Adds the bright and the dark points of a row, given with the lines it is worked out from, that have at least so much strength.
fn add_points(points: &mut [Points; 2], (row, lines): (usize, [&[f32]; 3]), strengths: [&[f32]; 2], least: [f64; 2]) {
    for (k, points) in points.iter_mut().enumerate() {
        for (i, &strength) in strengths[k].iter().enumerate().filter(|(_, strength)| f64::from(**strength) >= least[k]) {
            points.push((row * lines[0].len() + i + 1, Curved::of(lines, i + 1).top(SIDES[k]).at(row, i + 1, strength)));
        }
    }
}

/// The bright and the dark lines through points of a plane of so many rows and columns, one for `step` of the original's.
fn lines_through([bright, dark]: [Points; 2], sides: (usize, usize), bounds: [(f64, f64); 2], step: f64) -> [Vec<Line>; 2] {
    [(bright, bounds[0].1), (dark, bounds[1].1)].map(|(points, high)| {
        let mut lines = linked(&Tops::of(points, sides), high);
        for point in lines.iter_mut().flatten() {
            point.at = Point::new((point.at.x + 0.5) * step - 0.5, (point.at.y + 0.5) * step - 0.5);
        }
        lines
    })
}

fn linked(tops: &Tops, high: f64) -> Vec<Line> {
    let mut seeds: Vec<usize> = (0..tops.points.len()).filter(|seed| tops.points[*seed].1.strength >= high).collect();
    seeds.sort_by(|a, b| tops.points[*b].1.strength.total_cmp(&tops.points[*a].1.strength).then(a.cmp(b)));
    let mut used = vec![false; tops.points.len()];
    let mut lines = vec![];
    for seed in seeds {
        if used[seed] {
            continue;
        }
        used[seed] = true;
        let (pixel, start) = tops.points[seed];
        let mut line = tops.follow(pixel, start, start.angle + std::f64::consts::PI, &mut used);
        line.reverse();
        line.push(start);
        line.extend(tops.follow(pixel, start, start.angle, &mut used));
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
    points: Points,
    /// Which pixels have one, and how many come before.
    held: Vec<Word>,
    rows: usize,
    columns: usize,
}

/// Pixels one after another.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    /// Which of them have a line point, the first in the lowest bit.
    bits: u64,
    /// How many line points lie before.
    before: u32,
}

/// The steps down and right to the neighbor in each eighth of a turn, from right on toward down.
const OCTANTS: [(isize, isize); 8] = [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)];

impl Tops {
    fn of(points: Points, (rows, columns): (usize, usize)) -> Self {
        let mut held = vec![Word::default(); (rows * columns).div_ceil(64)];
        points.iter().for_each(|(pixel, _)| held[pixel / 64].bits |= 1 << (pixel % 64));
        let mut before = 0;
        for word in &mut held {
            word.before = before;
            before += word.bits.count_ones();
        }
        Self { points, held, rows, columns }
    }

    /// The number of a pixel's line point, if it has one.
    fn number(&self, pixel: usize) -> Option<usize> {
        let Word { bits, before } = self.held[pixel / 64];
        let own = 1 << (pixel % 64);
        (bits & own > 0).then(|| before as usize + (bits & (own - 1)).count_ones() as usize)
    }

    /// The points beyond `from` in the heading given, marking the points of every pixel passed and of its neighbors across as used.
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
                let point = self.points[self.number(next).filter(|number| !used[*number])?].1;
                let turn =
                    (point.angle - heading + std::f64::consts::FRAC_PI_2).rem_euclid(std::f64::consts::PI) - std::f64::consts::FRAC_PI_2;
                Some((next, point, heading + turn, here.distance(point.at) + turn.abs()))
            })
            .filter(|(_, _, turned, _)| (turned - heading).abs() < 1.0)
            .min_by(|a, b| a.3.total_cmp(&b.3))
            .map(|(next, point, turned, _)| (next, point, turned))
    }

    /// Uses up the points of a pixel and of the two beside it across the line, so that no second line runs along the first.
    fn mark(&self, pixel: usize, heading: f64, used: &mut [bool]) {
        let (row, column) = (pixel / self.columns, pixel % self.columns);
        let (dy, dx) = (heading + std::f64::consts::FRAC_PI_2).sin_cos();
        for sign in [0.0, -1.0, 1.0] {
            let row = row.checked_add_signed((sign * dy).round() as isize).filter(|r| *r < self.rows);
            let column = column.checked_add_signed((sign * dx).round() as isize).filter(|c| *c < self.columns);
            let number = row.zip(column).and_then(|(row, column)| self.number(row * self.columns + column));
            number.into_iter().for_each(|number| used[number] = true);
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
    fn a_plane_that_is_never_held_shows_the_same() {
        for (rows, columns, texture) in [(61, 61, 0.0), (60, 57, 0.3), (58, 61, 2.0), (2, 9, 1.0), (9, 2, 1.0), (9, 1, 1.0)] {
            let bar = bar(9.0, 0.4);
            let plane =
                Plane::from_shape_fn((rows, columns), |(r, c)| bar[[r, c]] + texture * ((r * 31 + c * 17 + r * c) % 23) as f32 / 23.0);
            let (smooth, least) = (Smooth::of(&plane, 2.1), [0.06, 0.1]);
            let write = |r: usize, row: &mut [f32]| row.copy_from_slice(plane.row(r).to_slice().unwrap());
            let (lines, half) = Smooth::lines_and_half((rows, columns), write, 2.1, least);
            assert_eq!(lines, smooth.lines_above_texture(least));
            assert_eq!((half.plane, half.sigma, half.step), (smooth.halved().plane, smooth.halved().sigma, 2.0));
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
