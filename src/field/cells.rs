//! What each cell of the field's grid looks like: one pass over the photo.

use crate::photo::Photo;
use crate::raster::Plane;
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
        let looks: Vec<Look> = (0..rows)
            .into_par_iter()
            .flat_map_iter(|row| {
                let mut looks = vec![Look::default(); columns];
                for y in row * step..((row + 1) * step).min(height) {
                    let line = luma.row(y).to_slice().expect("rows are contiguous");
                    let lower = luma.row((y + rise).min(height - 1)).to_slice().expect("rows are contiguous");
                    for (look, first) in looks.iter_mut().zip((0..width).step_by(step)) {
                        for x in first..(first + step).min(width) {
                            let v = line[x];
                            look.pixels += 1.0;
                            look.sum += v;
                            look.squares += v * v;
                            look.clipped += f32::from(v > CLIPPED && photo.rgb(x, y).iter().all(|&c| c > CLIPPED));
                            look.vivid += f32::from(is_vivid(photo, luma, (x, y), aside));
                            look.hard += f32::from((line[(x + 1).min(width - 1)] - v).abs() > HARD);
                            look.steepest = look.steepest.max((line[(x + rise).min(width - 1)] - v).abs()).max((lower[x] - v).abs());
                        }
                    }
                }
                looks
            })
            .collect();
        let plane = |value: fn(&Look) -> f32| Plane::from_shape_fn((rows, columns), |(r, c)| value(&looks[r * columns + c]));
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

/// The running sums over one cell's pixels.
#[derive(Clone, Copy, Default)]
struct Look {
    pixels: f32,
    sum: f32,
    squares: f32,
    clipped: f32,
    vivid: f32,
    hard: f32,
    steepest: f32,
}

/// Whether a pixel is more colorful than what lies `aside` on both sides, across or down. A strip of tinted skin between two dark hairs is
/// so too, but it is lighter than both, which a line drawn on skin is not.
fn is_vivid(photo: &Photo, luma: &Plane, (x, y): (usize, usize), aside: usize) -> bool {
    let own = photo.chroma(x, y);
    if own <= VIVID {
        return false;
    }
    let stands_out = |a: (usize, usize), b: (usize, usize)| {
        let beside = photo.chroma(a.0, a.1).max(photo.chroma(b.0, b.1));
        own - beside > VIVID && luma[[y, x]] < luma[[a.1, a.0]].max(luma[[b.1, b.0]]) + 0.05
    };
    let across = x >= aside && x + aside < photo.width() && stands_out((x - aside, y), (x + aside, y));
    across || y >= aside && y + aside < photo.height() && stands_out((x, y - aside), (x, y + aside))
}
