//! What each cell of the field's grid looks like: one pass over the photo.

use crate::photo::Photo;
use crate::raster::wide::widely;
use crate::raster::{CONTIGUOUS, Plane, Shades, of_white};
use rayon::prelude::*;

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

/// From here up a channel is blown out, and the least shade of which this may be so of all three.
const CLIPPED: f32 = 0.97;
const PERHAPS_CLIPPED: u8 = 247;
/// How much more colorful than the ground on both sides a drawn pixel is, in shades.
const VIVID: u8 = 51;
/// A step between neighboring pixels that lenses do not make, in shades.
const HARD: u8 = 102;

impl Cells {
    /// The cells of a photo at this many pixels each.
    pub fn of(photo: &Photo, shades: &Shades, step: usize) -> Self {
        let (width, height) = (photo.width(), photo.height());
        let (rows, columns) = (height.div_ceil(step), width.div_ceil(step));
        // Thicker than any drawn line or letter stroke.
        let longer = width.max(height);
        let aside = (longer / 280).max(6);
        // Sharpness is a matter of how a hair looks, and a hair is a part of the photo, not a number of pixels.
        let rise = (longer / 850).max(1);
        let blank = || Plane::zeros((rows, columns));
        let [luma, spread, clipped, vivid, hard, steepest] = [(); 6].map(|()| blank());
        let mut cells = Self { step, luma, spread, clipped, vivid, hard, steepest };
        cells.lines_mut(columns).enumerate().for_each(|(row, line)| {
            let mut down = Columns::new(width);
            let mut chroma = vec![0; width];
            for y in row * step..((row + 1) * step).min(height) {
                let across = shades.row(y).to_slice().expect(CONTIGUOUS);
                down.look_at(across, shades.row((y + rise).min(height - 1)).to_slice().expect(CONTIGUOUS), rise);
                for x in from_on(across, PERHAPS_CLIPPED) {
                    down.clipped.add(x, photo.rgb(x, y).iter().all(|&c| c > CLIPPED));
                }
                photo.chroma_row(y, &mut chroma);
                for x in from_on(&chroma, VIVID + 1) {
                    down.vivid.add(x, stands_out(photo, shades, (x, y), aside));
                }
            }
            down.write(step, line);
        });
        cells
    }

    /// The rows of all planes, side by side.
    fn lines_mut(&mut self, columns: usize) -> impl IndexedParallelIterator<Item = Line<'_>> {
        let Self { luma, spread, clipped, vivid, hard, steepest, .. } = self;
        let [luma, spread, clipped, vivid, hard, steepest] =
            [luma, spread, clipped, vivid, hard, steepest].map(|plane| plane.as_slice_mut().expect(CONTIGUOUS).par_chunks_mut(columns));
        (luma, spread, clipped, vivid, hard, steepest).into_par_iter().map(|(luma, spread, clipped, vivid, hard, steepest)| Line {
            luma,
            spread,
            clipped,
            vivid,
            hard,
            steepest,
        })
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        self.luma.dim()
    }
}

/// A row of cells.
struct Line<'a> {
    luma: &'a mut [f32],
    spread: &'a mut [f32],
    clipped: &'a mut [f32],
    vivid: &'a mut [f32],
    hard: &'a mut [f32],
    steepest: &'a mut [f32],
}

/// The running sums down every column of the photo within a row of cells, so that many are worked out at a time.
struct Columns {
    rows: usize,
    sum: Vec<f32>,
    squares: Vec<f32>,
    clipped: Counts,
    vivid: Counts,
    hard: Vec<u16>,
    steepest: Vec<u8>,
}

/// How many pixels of every column are of some rare kind.
struct Counts(Option<Vec<u16>>, usize);

impl Counts {
    fn add(&mut self, column: usize, is_one: bool) {
        if is_one {
            let count = &mut self.0.get_or_insert_with(|| vec![0; self.1])[column];
            *count = count.saturating_add(1);
        }
    }
}

impl Columns {
    fn new(width: usize) -> Self {
        let (zeros, none) = (|| vec![0.0; width], || Counts(None, width));
        Self { rows: 0, sum: zeros(), squares: zeros(), clipped: none(), vivid: none(), hard: vec![0; width], steepest: vec![0; width] }
    }

    /// Adds a line of shades, `lower` being the one a rise below; beyond the last column lies the last once more.
    fn look_at(&mut self, line: &[u8], lower: &[u8], rise: usize) {
        self.rows += 1;
        let inner = line.len().saturating_sub(rise);
        let last = line[line.len() - 1];
        widely(
            #[inline(always)]
            || {
                for ((sum, squares), shade) in self.sum.iter_mut().zip(&mut self.squares).zip(line) {
                    let shade = f32::from(*shade);
                    *sum += shade;
                    *squares += shade * shade;
                }
                for ((hard, shade), next) in self.hard.iter_mut().zip(line).zip(&line[1..]) {
                    *hard = hard.saturating_add(u16::from(next.abs_diff(*shade) > HARD));
                }
                for ((steepest, shade), lower) in self.steepest.iter_mut().zip(line).zip(lower) {
                    *steepest = (*steepest).max(lower.abs_diff(*shade));
                }
                for ((steepest, shade), beside) in self.steepest.iter_mut().zip(line).zip(&line[line.len() - inner..]) {
                    *steepest = (*steepest).max(beside.abs_diff(*shade));
                }
                for (steepest, shade) in self.steepest[inner..].iter_mut().zip(&line[inner..]) {
                    *steepest = (*steepest).max(last.abs_diff(*shade));
                }
            },
        );
    }

    /// Writes the row of cells, of `step` columns each.
    fn write(&self, step: usize, line: Line) {
        let pixels = |columns: usize| (self.rows * columns) as f32;
        let looks = line.luma.iter_mut().zip(line.spread);
        for ((luma, spread), (sum, squares)) in looks.zip(self.sum.chunks(step).zip(self.squares.chunks(step))) {
            let (mean, square) = (sum.iter().sum::<f32>() / pixels(sum.len()), squares.iter().sum::<f32>() / pixels(sum.len()));
            (*luma, *spread) = (mean / 255.0, (square - mean * mean).max(0.0).sqrt() / 255.0);
        }
        let share = |cells: &mut [f32], counts: &[u16]| {
            for (cell, counts) in cells.iter_mut().zip(counts.chunks(step)) {
                *cell = counts.iter().copied().map(f32::from).sum::<f32>() / pixels(counts.len());
            }
        };
        share(line.hard, &self.hard);
        for (cells, counts) in [(line.clipped, &self.clipped), (line.vivid, &self.vivid)] {
            counts.0.iter().for_each(|counts| share(cells, counts));
        }
        for (cell, steepest) in line.steepest.iter_mut().zip(self.steepest.chunks(step)) {
            *cell = of_white(greatest(steepest));
        }
    }
}

/// The places of a row whose values reach a bound. They are few: most stretches are told at once to have none.
fn from_on(values: &[u8], bound: u8) -> impl Iterator<Item = usize> {
    const STRETCH: usize = 128;
    let stretches = values.chunks(STRETCH).enumerate();
    stretches
        .filter(move |(_, stretch)| greatest(stretch) >= bound)
        .flat_map(move |(i, stretch)| (i * STRETCH..).zip(stretch).filter(move |(_, value)| **value >= bound).map(|(at, _)| at))
}

/// The greatest of some values, many compared at a time.
fn greatest(values: &[u8]) -> u8 {
    values.iter().fold(0, |greatest, value| greatest.max(*value))
}

/// Whether a colorful pixel is more so than what lies `aside` on both sides, across or down. A strip of tinted skin between two dark hairs is
/// so too, but it is lighter than both, which a line drawn on skin is not.
fn stands_out(photo: &Photo, shades: &Shades, (x, y): (usize, usize), aside: usize) -> bool {
    let own = photo.chroma(x, y);
    let stands_out = |a: (usize, usize), b: (usize, usize)| {
        let beside = photo.chroma(a.0, a.1).max(photo.chroma(b.0, b.1));
        own.saturating_sub(beside) > VIVID && shades[[y, x]] <= shades[[a.1, a.0]].max(shades[[b.1, b.0]]).saturating_add(12)
    };
    let across = x >= aside && x + aside < photo.width() && stands_out((x - aside, y), (x + aside, y));
    across || y >= aside && y + aside < photo.height() && stands_out((x, y - aside), (x, y + aside))
}
