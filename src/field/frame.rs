//! What surrounds the skin: padding, black frames, and the round frame of a dermoscope.

use super::cells::Cells;
use crate::geometry::Point;
use crate::photo::Photo;
use crate::raster::regions::{grown, opened, regions};
use crate::raster::{Mask, Shades, median, of_white};
use std::ops::Range;

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
/// How far the channels of one flat color stray.
const ALIKE: f32 = 0.04;
/// The share of a flat line that strays all the same, and that of one beside text that was written before the photo was stored as a JPEG.
const STRAYS: f64 = 0.01;
const STRAYS_BESIDE_TEXT: f64 = 0.1;
/// The share of a line that is of the strip's color where letters are written on it, and the least that a scale bar leaves.
const MOST: f64 = 0.5;
const LEAST: f64 = 0.15;
/// The share of a line that changes its color where the strip ends; some of the hair beyond may be of the strip's.
const EDGE: f64 = 0.85;
/// About how many of a line's pixels tell such shares.
const SAMPLES: usize = 400;
/// How dark the frame of a dermoscope is at most, and how dark against the brightest fiftieth of the photo.
const BLACK: f32 = 0.13;
const BLACK_BESIDE: f32 = 0.5;
/// How bright a white one is at least.
const WHITE: f32 = 0.98;

impl Inner {
    /// The part of a photo within its padding: rows and columns of one flat value, with or without something written on them, are taken off each
    /// side, with one more that is blended.
    pub fn of(photo: &Photo, shades: &Shades) -> Self {
        let (rows, columns) = shades.dim();
        let mut inner = Self { left: 0, top: 0, right: columns, bottom: rows };
        // Strips may meet at corners, so that one side is only flat once another is off.
        for _ in 0..2 {
            let before = inner;
            let across = inner.left..inner.right;
            let row = |y: usize| -> Line { across.clone().map(|x| (x, y)).collect() };
            inner.top += strip(photo, shades, inner.bottom - inner.top, |i| row(inner.top + i));
            inner.bottom -= strip(photo, shades, inner.bottom - inner.top, |i| row(inner.bottom - 1 - i));
            let down = inner.top..inner.bottom;
            let column = |x: usize| -> Line { down.clone().map(|y| (x, y)).collect() };
            inner.left += strip(photo, shades, inner.right - inner.left, |i| column(inner.left + i));
            inner.right -= strip(photo, shades, inner.right - inner.left, |i| column(inner.right - 1 - i));
            if inner == before {
                break;
            }
        }
        inner
    }

    /// How much of a cell lies inside, in square pixels.
    pub fn area_of(&self, row: usize, column: usize, step: usize) -> f64 {
        let overlap = |cell: usize, from: usize, to: usize| ((cell + 1) * step).min(to).saturating_sub((cell * step).max(from));
        (overlap(row, self.top, self.bottom) * overlap(column, self.left, self.right)) as f64
    }
}

/// The pixels of a row or column: how far right and how far down.
type Line = Vec<(usize, usize)>;

/// How many of `count` lines from the photo's side inward are a strip of one color, with one more that is blended with what follows.
///
/// Lines that are flat and alike are one, unless most of what follows is of the same color: the first hair on skin that a camera smoothed ends
/// a run of flat lines too. Then it is either such skin or a strip that something is written on, which only the strip's far edge tells.
fn strip(photo: &Photo, shades: &Shades, count: usize, line: impl Fn(usize) -> Line) -> usize {
    if count == 0 {
        return 0;
    }
    let shared = color(photo, &line(0));
    let goes_on = |line: &[(usize, usize)]| strays(shades, line) <= STRAYS && alike(shared, color(photo, line));
    let plain = (0..count).take_while(|&i| goes_on(&line(i))).count();
    if plain == count {
        return count;
    }
    if strays(shades, &line(0)) > STRAYS_BESIDE_TEXT {
        return 0;
    }
    let ends = plain > 0 && share_of(photo, shared, &line(plain)) <= MOST;
    // A long scale bar ends the run of flat lines as what is beyond the strip does: the strip's own edge goes first.
    written_strip(photo, shared, plain, count, line).unwrap_or(if ends { plain + 1 } else { 0 })
}

/// How many lines a strip of this color takes that is written on from line `from` on; `None` where no edge ends it.
///
/// Its edge is straight, so that nearly all of a line is of another color than what lies two lines further out; neither a hair nor a letter is so
/// long, and the edge of a round frame is not straight.
fn written_strip(photo: &Photo, shared: [f32; 3], from: usize, count: usize, line: impl Fn(usize) -> Line) -> Option<usize> {
    let sample = |i: usize| -> Line {
        let line = line(i.min(count - 1));
        line.iter().step_by((line.len() / SAMPLES).max(1)).copied().collect()
    };
    for i in from..count / 3 {
        let share = share_of(photo, shared, &sample(i));
        if share > MOST {
            continue;
        }
        let (before, after) = (sample(i.saturating_sub(1)), sample(i + 1));
        let changed = before.iter().zip(&after).filter(|(a, b)| !alike(photo.rgb(a.0, a.1), photo.rgb(b.0, b.1))).count();
        if changed as f64 > EDGE * before.len() as f64 {
            return Some(i + 1);
        }
        // A scale bar may cover most of a line.
        if share < LEAST {
            return None;
        }
    }
    None
}

/// The share of a line's pixels whose luma is not that of most; all of none.
fn strays(shades: &Shades, line: &[(usize, usize)]) -> f64 {
    let values = || line.iter().map(|&(x, y)| of_white(shades[[y, x]]));
    let middle = median(values());
    if line.is_empty() { 1.0 } else { values().filter(|v| (*v - middle).abs() > FLAT).count() as f64 / line.len() as f64 }
}

/// The share of a line's pixels that are of a color.
fn share_of(photo: &Photo, shared: [f32; 3], line: &[(usize, usize)]) -> f64 {
    line.iter().filter(|&&(x, y)| alike(shared, photo.rgb(x, y))).count() as f64 / line.len() as f64
}

fn alike(a: [f32; 3], b: [f32; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < ALIKE)
}

/// The median of each channel along a line.
fn color(photo: &Photo, line: &[(usize, usize)]) -> [f32; 3] {
    std::array::from_fn(|channel| median(line.iter().map(|&(x, y)| photo.rgb(x, y)[channel])))
}

/// The cells of a black or white frame around the skin: that of a dermoscope, most often with a round opening, or the corners that a photo gets
/// when it is turned; all `false` where there is none.
pub(super) fn frame(cells: &Cells, inner: &Inner) -> Mask {
    // Of a photo exposed too little all is black; what shows skin is brighter than its frame even so.
    let mut lights: Vec<f32> = cells.luma.iter().copied().collect();
    let brightest = lights.len() * 49 / 50;
    let (_, bright, _) = lights.select_nth_unstable_by(brightest, f32::total_cmp);
    let darkest = BLACK.min(BLACK_BESIDE * *bright);
    let black = frame_of(cells, inner, true, |luma, spread| luma < darkest && spread < 0.05);
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
    let mut frame = Mask::from_elem((rows, columns), false);
    if !may_frame(&like, &within, 2 * reach + 1) {
        return frame;
    }
    let thick = opened(&like, reach);
    let mut corners = 0;
    for region in regions(&thick) {
        let last = |range: &Range<usize>| range.end.saturating_sub(1);
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

/// Whether a mask holds so many cells in a row along a level and along an upright side of what lies within: what fills a corner does.
fn may_frame(mask: &Mask, (rows, columns): &(Range<usize>, Range<usize>), least: usize) -> bool {
    if rows.is_empty() || columns.is_empty() {
        return false;
    }
    let fills = |line: Vec<bool>| line.chunk_by(|a, b| a == b).any(|run| run[0] && run.len() >= least);
    let level = [rows.start, rows.end - 1].iter().any(|&r| fills(columns.clone().map(|c| mask[[r, c]]).collect()));
    level && [columns.start, columns.end - 1].iter().any(|&c| fills(rows.clone().map(|r| mask[[r, c]]).collect()))
}

/// The rows and columns of cells that lie inside by their centers.
pub(super) fn cell_range(inner: &Inner, step: usize, rows: usize, columns: usize) -> (Range<usize>, Range<usize>) {
    let range = |from: usize, to: usize, count: usize| {
        let first = (0..count).find(|i| i * step + step / 2 >= from).unwrap_or(count);
        first..(first..count).rev().find(|i| i * step + step / 2 < to).map_or(first, |last| last + 1)
    };
    (range(inner.top, inner.bottom, rows), range(inner.left, inner.right, columns))
}

/// The circle that the frame's inner edge follows, in cells, if it follows one: around a middle that the photo shows.
///
/// A straight edge follows a circle too, a huge one on whichever side its cells happen to stray to.
fn round_opening(frame: &Mask, (rows, columns): (Range<usize>, Range<usize>)) -> Option<(Point, f64)> {
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
    let holds = |range: &Range<usize>, at: f64| at >= range.start as f64 && at <= range.end as f64 - 1.0;
    let is_shown = holds(&columns, center.x) && holds(&rows, center.y) && radius <= (rows.len() as f64).hypot(columns.len() as f64);
    (residual < 0.02 * radius + 1.0 && is_shown && surround(&edge, center)).then_some((center, radius))
}

/// Whether points lie all around a center: no half of what is around it is without one.
fn surround(points: &[Point], center: Point) -> bool {
    let mut angles: Vec<f64> = points.iter().map(|p| (p.y - center.y).atan2(p.x - center.x)).collect();
    angles.sort_by(f64::total_cmp);
    let around = angles.first().map(|first| first + std::f64::consts::TAU);
    angles.iter().zip(angles.iter().skip(1).chain(&around)).all(|(a, b)| b - a < std::f64::consts::PI)
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
