//! What each cell of the field's grid looks like: one pass over the photo.

use crate::photo::Photo;
use crate::raster::wide::widely;
use crate::raster::{CONTIGUOUS, Plane};
use rayon::prelude::*;
use std::ops::Range;

/// The look of every cell, from all the photo's pixels in it.
pub(super) struct Cells {
    /// Photo pixels per cell, along each axis.
    pub step: usize,
    /// Mean luma.
    pub luma: Plane,
    /// How far the luma varies: the standard deviation.
    pub spread: Plane,
    /// The share of pixels that are blown out.
    pub clipped: Plane,
    /// The share of pixels of a color that stands out from both sides: drawn lines and colored letters.
    pub vivid: Plane,
    /// The share of pixels that are a hard step away from the next: letters.
    pub hard: Plane,
    /// The steepest rise of luma over an 850th of the photo's longer side, across or down.
    pub steepest: Plane,
}

/// From here up a channel is blown out.
const CLIPPED: f32 = 0.97;
/// How much more colorful than the ground on both sides a drawn pixel is.
const VIVID: f32 = 0.2;
/// A step between neighboring pixels that lenses do not make.
const HARD: f32 = 0.4;

impl Cells {
    /// The cells of a photo at this many pixels each.
    pub fn of(photo: &Photo, luma: &Plane, step: usize) -> Self {
        let (width, height) = (photo.width(), photo.height());
        let (rows, columns) = (height.div_ceil(step), width.div_ceil(step));
        // Thicker than any drawn line or letter stroke.
        let longer = width.max(height);
        let aside = (longer / 280).max(6);
        // Sharpness is a matter of how a hair looks, and a hair is a part of the photo, not a number of pixels.
        let rise = (longer / 850).max(1);
        let looks: Vec<Vec<Look>> = (0..rows)
            .into_par_iter()
            .map(|row| {
                let mut down = Columns::new(width);
                let mut chroma = vec![0.0; width];
                for y in row * step..((row + 1) * step).min(height) {
                    let line = luma.row(y).to_slice().expect(CONTIGUOUS);
                    down.look_at(line, luma.row((y + rise).min(height - 1)).to_slice().expect(CONTIGUOUS), rise);
                    for x in beyond(line, CLIPPED) {
                        down.clipped[x] += f32::from(photo.rgb(x, y).iter().all(|&c| c > CLIPPED));
                    }
                    photo.chroma_row(y, &mut chroma);
                    for x in beyond(&chroma, VIVID) {
                        down.vivid[x] += f32::from(stands_out(photo, luma, (x, y), aside));
                    }
                }
                (0..width).step_by(step).map(|first| down.look(first..(first + step).min(width))).collect()
            })
            .collect();
        let plane = |value: fn(&Look) -> f32| Plane::from_shape_fn((rows, columns), |(r, c)| value(&looks[r][c]));
        Self {
            step,
            luma: plane(|look| look.sum / look.pixels),
            spread: plane(|look| (look.squares / look.pixels - (look.sum / look.pixels).powi(2)).max(0.0).sqrt()),
            clipped: plane(|look| look.clipped / look.pixels),
            vivid: plane(|look| look.vivid / look.pixels),
            hard: plane(|look| look.hard / look.pixels),
            steepest: plane(|look| look.steepest),
        }
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        self.luma.dim()
    }
}

/// The sums over one cell's pixels.
struct Look {
    pixels: f32,
    sum: f32,
    squares: f32,
    clipped: f32,
    vivid: f32,
    hard: f32,
    steepest: f32,
}

/// The running sums down every column of the photo within a row of cells, so that many are worked out at a time.
struct Columns {
    rows: f32,
    sum: Vec<f32>,
    squares: Vec<f32>,
    clipped: Vec<f32>,
    vivid: Vec<f32>,
    hard: Vec<f32>,
    steepest: Vec<f32>,
}

impl Columns {
    fn new(width: usize) -> Self {
        let zeros = || vec![0.0; width];
        Self { rows: 0.0, sum: zeros(), squares: zeros(), clipped: zeros(), vivid: zeros(), hard: zeros(), steepest: zeros() }
    }

    /// Adds a line of luma, `lower` being the one a rise below; beyond the last column lies the last once more.
    fn look_at(&mut self, line: &[f32], lower: &[f32], rise: usize) {
        self.rows += 1.0;
        let inner = line.len().saturating_sub(rise);
        let last = line[line.len() - 1];
        widely(
            #[inline(always)]
            || {
                for ((sum, squares), v) in self.sum.iter_mut().zip(&mut self.squares).zip(line) {
                    *sum += v;
                    *squares += v * v;
                }
                for ((hard, v), next) in self.hard.iter_mut().zip(line).zip(&line[1..]) {
                    *hard += if (next - v).abs() > HARD { 1.0 } else { 0.0 };
                }
                for ((steepest, v), lower) in self.steepest.iter_mut().zip(line).zip(lower) {
                    *steepest = steepest.max((lower - v).abs());
                }
                for ((steepest, v), beside) in self.steepest.iter_mut().zip(line).zip(&line[line.len() - inner..]) {
                    *steepest = steepest.max((beside - v).abs());
                }
                for (steepest, v) in self.steepest[inner..].iter_mut().zip(&line[inner..]) {
                    *steepest = steepest.max((last - v).abs());
                }
            },
        );
    }

    /// The sums over some columns.
    fn look(&self, columns: Range<usize>) -> Look {
        let over = |values: &[f32]| values[columns.clone()].iter().sum();
        Look {
            pixels: self.rows * columns.len() as f32,
            sum: over(&self.sum),
            squares: over(&self.squares),
            clipped: over(&self.clipped),
            vivid: over(&self.vivid),
            hard: over(&self.hard),
            steepest: self.steepest[columns.clone()].iter().copied().fold(0.0, f32::max),
        }
    }
}

/// The places of a row whose values lie beyond a bound. They are few: most stretches are told at once to have none.
fn beyond(values: &[f32], bound: f32) -> impl Iterator<Item = usize> {
    const STRETCH: usize = 64;
    let stretches = values.chunks(STRETCH).enumerate();
    let any = move |stretch: &[f32]| stretch.iter().map(|value| u32::from(*value > bound)).sum::<u32>() > 0;
    stretches
        .filter(move |(_, stretch)| any(stretch))
        .flat_map(move |(i, stretch)| (i * STRETCH..).zip(stretch).filter(move |(_, value)| **value > bound).map(|(at, _)| at))
}

/// Whether a colorful pixel is more so than what lies `aside` on both sides, across or down. A strip of tinted skin between two dark hairs is
/// so too, but it is lighter than both, which a line drawn on skin is not.
fn stands_out(photo: &Photo, luma: &Plane, (x, y): (usize, usize), aside: usize) -> bool {
    let own = photo.chroma(x, y);
    let stands_out = |a: (usize, usize), b: (usize, usize)| {
        let beside = photo.chroma(a.0, a.1).max(photo.chroma(b.0, b.1));
        own - beside > VIVID && luma[[y, x]] < luma[[a.1, a.0]].max(luma[[b.1, b.0]]) + 0.05
    };
    let across = x >= aside && x + aside < photo.width() && stands_out((x - aside, y), (x + aside, y));
    across || y >= aside && y + aside < photo.height() && stands_out((x, y - aside), (x, y + aside))
}
