//! Where skin is seen but nothing can be told on it: glare and defocus.

use super::cells::Cells;
use crate::raster::regions::{held, opened, regions};
use crate::raster::{Mask, Plane};

/// The cells of blown-out blobs of notable size; specks, which a hair is traced across, are not among them. `closer` is how many times less skin the
/// photo shows than the usual 7 mm.
pub(super) fn glare(cells: &Cells, closer: f64) -> Mask {
    let (rows, columns) = cells.dim();
    let blown = cells.clipped.mapv(|share| share >= 0.5);
    // About 100 µm.
    let across = (rows.max(columns) as f64 * 0.014 * closer).max(2.0);
    let least = 0.6 * across * across;
    let mut mask = Mask::from_elem((rows, columns), false);
    if (held(&blown) as f64) < least {
        return mask;
    }
    // Opening first, so that a chain of specks is no blob.
    let thick = opened(&blown, (across / 4.0) as usize);
    for region in regions(&blown) {
        let solid = region.cells.iter().filter(|&&cell| thick[cell]).count() as f64;
        if solid >= least {
            region.cells.iter().for_each(|&cell| mask[cell] = true);
        }
    }
    mask
}

/// Parts of the photo too far out of focus to measure in, by tiles of a twelfth of a usual photo's longer side; the cells of those tiles. `closer` is how
/// many times less skin than that this one shows: what is sharp is told against the size of hair, not against that of the photo.
///
/// Sharpness is judged only where something dark stands on the skin: bare smooth skin is not out of focus. A tile is out when dark things
/// fill a good part of it and not one of their edges is sharp, here and in the tiles around.
pub(super) fn defocused(cells: &Cells, visible: &Mask, closer: f64) -> Mask {
    let (rows, columns) = cells.dim();
    // By the longer side, so that a photo taken upright is judged as one taken level.
    let longer = rows.max(columns) as f64 * closer;
    let tile = (longer as usize / 12).max(8);
    let (tiles_down, tiles_across) = (rows.div_ceil(tile), columns.div_ceil(tile));
    let ground = typical(&cells.luma, visible);
    let (mut soft, mut sharp) = (vec![0usize; tiles_down * tiles_across], vec![0usize; tiles_down * tiles_across]);
    // The rise of an edge is taken over this many cells: more than any lens in focus needs.
    let reach = (longer as usize / 80).max(2);
    let steepest = |r: usize, c: usize| {
        (r - 1..r + 2).flat_map(|r| (c - 1..c + 2).map(move |c| (r, c))).map(|cell| cells.steepest[cell]).fold(0.0, f32::max)
    };
    for r in reach..rows.saturating_sub(reach) {
        for c in reach..columns.saturating_sub(reach) {
            if !visible[[r, c]] {
                continue;
            }
            let across = (cells.luma[[r, c + reach]] - cells.luma[[r, c - reach]]).abs();
            let down = (cells.luma[[r + reach, c]] - cells.luma[[r - reach, c]]).abs();
            let rise = across.max(down);
            let beside_something_dark = cells.luma[[r, c]] < 0.85 * ground && rise > 0.35 * ground;
            if beside_something_dark {
                let i = (r / tile) * tiles_across + c / tile;
                if f64::from(steepest(r, c)) > 0.3 / closer * f64::from(rise) { sharp[i] += 1 } else { soft[i] += 1 }
            }
        }
    }
    let around = |counts: &[usize], i: usize| -> usize {
        let (r, c) = (i / tiles_across, i % tiles_across);
        let (down, across) = (r.saturating_sub(1)..(r + 2).min(tiles_down), c.saturating_sub(1)..(c + 2).min(tiles_across));
        down.flat_map(|r| across.clone().map(move |c| counts[r * tiles_across + c])).sum()
    };
    let out: Vec<bool> = (0..soft.len()).map(|i| soft[i] * 12 > tile * tile && around(&sharp, i) * 50 < around(&soft, i)).collect();
    // A tile or two may be a single blurred thing.
    let mut large = Mask::from_elem((tiles_down, tiles_across), false);
    let tiles = Mask::from_shape_fn((tiles_down, tiles_across), |(r, c)| out[r * tiles_across + c]);
    for region in regions(&tiles).iter().filter(|region| region.cells.len() >= 4) {
        region.cells.iter().for_each(|&tile| large[tile] = true);
    }
    Mask::from_shape_fn((rows, columns), |(r, c)| large[[r / tile, c / tile]])
}

/// The median over the cells that show skin.
fn typical(plane: &Plane, visible: &Mask) -> f32 {
    let mut values: Vec<f32> = plane.iter().zip(visible).filter(|(_, shown)| **shown).map(|(v, _)| *v).collect();
    if values.is_empty() {
        return 1.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}
