//! What surrounds the skin: padding, black frames, and the round frame of a dermoscope.

use super::cells::Cells;
use crate::geometry::Point;
use crate::raster::regions::{grown, opened, regions};
use crate::raster::{Mask, Plane};

/// The whole pixels left after flat strips at the photo's sides are taken off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Inner {
    pub left: usize,
    pub top: usize,
    /// One past the last column.
    pub right: usize,
    /// One past the last row.
    pub bottom: usize,
}

/// How far the luma of padding strays from one value.
const FLAT: f32 = 0.012;
/// How dark the frame of a dermoscope is at most.
const BLACK: f32 = 0.13;
/// How bright a white one is at least.
const WHITE: f32 = 0.98;

impl Inner {
    /// The part of a photo within its padding: rows and columns of one flat value are taken off each side, with one more that is blended.
    pub fn of(luma: &Plane) -> Self {
        let (rows, columns) = luma.dim();
        let mut inner = Self { left: 0, top: 0, right: columns, bottom: rows };
        // Strips may meet at corners, so that one side is only flat once another is off.
        for _ in 0..2 {
            let across = inner.left..inner.right;
            inner.top += flat_lines((inner.top..inner.bottom).map(|r| across.clone().map(move |c| luma[[r, c]])));
            inner.bottom -= flat_lines((inner.top..inner.bottom).rev().map(|r| across.clone().map(move |c| luma[[r, c]])));
            let down = inner.top..inner.bottom;
            inner.left += flat_lines((inner.left..inner.right).map(|c| down.clone().map(move |r| luma[[r, c]])));
            inner.right -= flat_lines((inner.left..inner.right).rev().map(|c| down.clone().map(move |r| luma[[r, c]])));
        }
        inner
    }

    /// How much of a cell lies inside, in square pixels.
    pub fn area_of(&self, row: usize, column: usize, step: usize) -> f64 {
        let overlap = |cell: usize, from: usize, to: usize| ((cell + 1) * step).min(to).saturating_sub((cell * step).max(from));
        (overlap(row, self.top, self.bottom) * overlap(column, self.left, self.right)) as f64
    }
}

/// How many lines from the first on are flat and alike, with one more that is blended with what follows.
fn flat_lines<L: Iterator<Item = f32>>(lines: impl Iterator<Item = L>) -> usize {
    let mut shared: Option<f32> = None;
    let mut count = 0;
    for line in lines {
        let mut values: Vec<f32> = line.collect();
        if values.is_empty() {
            return 0;
        }
        let middle = values.len() / 2;
        let median = *values.select_nth_unstable_by(middle, f32::total_cmp).1;
        let astray = values.iter().filter(|v| (*v - median).abs() > FLAT).count();
        if astray * 100 > values.len() || shared.is_some_and(|s| (s - median).abs() > 2.0 * FLAT) {
            return if count > 0 { count + 1 } else { 0 };
        }
        shared.get_or_insert(median);
        count += 1;
    }
    count
}

/// The cells of a black or white frame around the skin: that of a dermoscope, most often with a round opening, or the corners that a photo gets
/// when it is turned; all `false` where there is none.
pub(super) fn frame(cells: &Cells, inner: &Inner) -> Mask {
    let black = frame_of(cells, inner, true, |luma, spread| luma < BLACK && spread < 0.05);
    let white = frame_of(cells, inner, false, |luma, spread| luma > WHITE && spread < FLAT);
    Mask::from_shape_fn(black.dim(), |cell| black[cell] || white[cell])
}

/// The cells of a frame of what is `flat` by a cell's luma and the spread of its pixels, and may be `like_hair`.
///
/// Only what is thick and reaches into a corner is a frame: a dark hair at the photo's edge is thin. A round opening is taken as the circle it
/// is, so that the thin ends of the frame are left out too.
fn frame_of(cells: &Cells, inner: &Inner, like_hair: bool, flat: impl Fn(f32, f32) -> bool) -> Mask {
    let (rows, columns) = cells.dim();
    let within = cell_range(inner, cells.step, rows, columns);
    let holds = |r: usize, c: usize| within.0.contains(&r) && within.1.contains(&c);
    let like = Mask::from_shape_fn((rows, columns), |(r, c)| holds(r, c) && flat(cells.luma[[r, c]], cells.spread[[r, c]]));
    let reach = (columns.max(rows) / 50).max(1);
    let thick = opened(&like, reach);
    let mut frame = Mask::from_elem((rows, columns), false);
    let mut corners = 0;
    for region in regions(&thick) {
        let last = |range: &std::ops::Range<usize>| range.end.saturating_sub(1);
        let top = region.rows.0 == within.0.start;
        let bottom = region.rows.1 == last(&within.0);
        let left = region.columns.0 == within.1.start;
        let right = region.columns.1 == last(&within.1);
        // The opening of a frame may cut its corners by a cell or two, but not its sides.
        if (top || bottom) && (left || right) {
            region.cells.iter().for_each(|&cell| frame[cell] = true);
            corners += usize::from(top && left) + usize::from(top && right) + usize::from(bottom && left) + usize::from(bottom && right);
        }
    }
    if corners == 0 {
        return frame;
    }
    // Opening rounds the inner edge away from the skin: the circle is fitted to all that is like it and hangs together with it.
    let mut whole = Mask::from_elem((rows, columns), false);
    for region in regions(&like).iter().filter(|region| region.cells.iter().any(|&cell| frame[cell])) {
        region.cells.iter().for_each(|&cell| whole[cell] = true);
    }
    if let Some((center, radius)) = round_opening(&whole, within.clone()) {
        return Mask::from_shape_fn((rows, columns), |(r, c)| {
            holds(r, c) && center.distance(Point::new(c as f64, r as f64)) > radius - 1.5
        });
    }
    if !like_hair {
        return grown(&whole, 1);
    }
    // The square that opened the mask cut the corners of what it left: they are given back.
    let mut near = grown(&frame, reach);
    near.zip_mut_with(&like, |near, &like| *near &= like);
    grown(&near, 1)
}

/// The rows and columns of cells that lie inside by their centers.
pub(super) fn cell_range(inner: &Inner, step: usize, rows: usize, columns: usize) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let range = |from: usize, to: usize, count: usize| {
        let first = (0..count).find(|i| i * step + step / 2 >= from).unwrap_or(count);
        first..(first..count).rev().find(|i| i * step + step / 2 < to).map_or(first, |last| last + 1)
    };
    (range(inner.top, inner.bottom, rows), range(inner.left, inner.right, columns))
}

/// The circle that the frame's inner edge follows, in cells, if it follows one.
fn round_opening(frame: &Mask, (rows, columns): (std::ops::Range<usize>, std::ops::Range<usize>)) -> Option<(Point, f64)> {
    let mut edge: Vec<Point> = vec![];
    let crossing = |line: Vec<bool>| {
        let first = line.iter().position(|&m| !m);
        first.filter(|&i| i > 0)
    };
    for r in rows.clone() {
        let line: Vec<bool> = columns.clone().map(|c| frame[[r, c]]).collect();
        let mirrored: Vec<bool> = line.iter().rev().copied().collect();
        edge.extend(crossing(line).map(|i| Point::new(columns.start as f64 + i as f64 - 0.5, r as f64)));
        edge.extend(crossing(mirrored).map(|i| Point::new(columns.end as f64 - 0.5 - i as f64, r as f64)));
    }
    for c in columns.clone() {
        let line: Vec<bool> = rows.clone().map(|r| frame[[r, c]]).collect();
        let mirrored: Vec<bool> = line.iter().rev().copied().collect();
        edge.extend(crossing(line).map(|i| Point::new(c as f64, rows.start as f64 + i as f64 - 0.5)));
        edge.extend(crossing(mirrored).map(|i| Point::new(c as f64, rows.end as f64 - 0.5 - i as f64)));
    }
    let (center, radius) = fitted_circle(&edge)?;
    let residual = (edge.iter().map(|p| (center.distance(*p) - radius).powi(2)).sum::<f64>() / edge.len() as f64).sqrt();
    (residual < 0.02 * radius + 1.0).then_some((center, radius))
}

/// The circle of least algebraic distance through points (Kåsa 1976, doi:10.1109/TIM.1976.6312298), refitted to the nearer three quarters.
fn fitted_circle(points: &[Point]) -> Option<(Point, f64)> {
    let fit = |points: &[Point]| {
        let n = points.len() as f64;
        let (mx, my) = (points.iter().map(|p| p.x).sum::<f64>() / n, points.iter().map(|p| p.y).sum::<f64>() / n);
        let (mut a, mut b) = (nalgebra::Matrix3::zeros(), nalgebra::Vector3::zeros());
        for p in points {
            let (x, y) = (p.x - mx, p.y - my);
            let row = nalgebra::Vector3::new(x, y, 1.0);
            a += row * row.transpose();
            b += row * (x * x + y * y);
        }
        let solution = a.lu().solve(&b)?;
        let (cx, cy) = (solution[0] / 2.0, solution[1] / 2.0);
        Some((Point::new(cx + mx, cy + my), (solution[2] + cx * cx + cy * cy).max(0.0).sqrt()))
    };
    if points.len() < 24 {
        return None;
    }
    let (center, radius) = fit(points)?;
    let mut nearest = points.to_vec();
    nearest.sort_by(|a, b| (center.distance(*a) - radius).abs().total_cmp(&(center.distance(*b) - radius).abs()));
    fit(&nearest[..points.len() * 3 / 4])
}
