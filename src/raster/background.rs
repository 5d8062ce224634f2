//! The slowly varying level that details stand against.

use super::{Mask, Plane, gaussian, sample};
use crate::geometry::Point;

/// The level that a share `quantile` of the surrounding visible pixels lies below, at every pixel.
///
/// Blocks of `block` × `block` pixels are averaged, the quantile is taken over the blocks within `reach` blocks either way, and the
/// result is smoothed and interpolated; what is smaller than the window by far, such as hair at a quantile of 0.75, leaves no trace.
/// Pixels that are not `visible` have no say. `None` when none is visible.
///
/// # Source
/// Ours; a rank filter in place of the closing usual for hair, for a closing follows single bright specks.
pub fn quantile_background(plane: &Plane, visible: &Mask, block: usize, reach: usize, quantile: f64) -> Option<Plane> {
    let blocks = block_means(plane, visible, block);
    let (rows, columns) = blocks.dim();
    let mut window = Vec::with_capacity((2 * reach + 1).pow(2));
    let mut level = Plane::from_elem((rows, columns), f32::NAN);
    for ((r, c), value) in level.indexed_iter_mut() {
        window.clear();
        for row in r.saturating_sub(reach)..(r + reach + 1).min(rows) {
            let line = blocks.row(row);
            window.extend(line.iter().skip(c.saturating_sub(reach)).take(c.min(reach) + reach + 1).filter(|v| !v.is_nan()));
        }
        if !window.is_empty() {
            let rank = ((window.len() - 1) as f64 * quantile).round() as usize;
            *value = *window.select_nth_unstable_by(rank, f32::total_cmp).1;
        }
    }
    fill_gaps(&mut level)?;
    let smooth = gaussian::blurred(&level, reach as f64 / 2.0);
    let scale = 1.0 / block as f64;
    Some(Plane::from_shape_fn(plane.dim(), |(r, c)| {
        sample(&smooth, Point::new((c as f64 + 0.5) * scale - 0.5, (r as f64 + 0.5) * scale - 0.5))
    }))
}

/// The mean of the visible pixels of every block; NaN where none is visible.
fn block_means(plane: &Plane, visible: &Mask, block: usize) -> Plane {
    let (rows, columns) = plane.dim();
    let shape = (rows.div_ceil(block), columns.div_ceil(block));
    let (mut sums, mut counts) = (Plane::zeros(shape), Plane::zeros(shape));
    for (((r, c), value), visible) in plane.indexed_iter().zip(visible) {
        if *visible {
            sums[[r / block, c / block]] += value;
            counts[[r / block, c / block]] += 1.0;
        }
    }
    sums / counts
}

/// Gives every NaN the nearest known level of its row, then of the rows above and below; `None` when nothing is known.
fn fill_gaps(level: &mut Plane) -> Option<()> {
    let (rows, columns) = level.dim();
    for mut row in level.rows_mut() {
        let known: Vec<usize> = (0..columns).filter(|&c| !row[c].is_nan()).collect();
        for c in 0..columns {
            if let Some(&near) = known.iter().min_by_key(|k| k.abs_diff(c)).filter(|_| row[c].is_nan()) {
                row[c] = row[near];
            }
        }
    }
    let known: Vec<usize> = (0..rows).filter(|&r| !level[[r, 0]].is_nan()).collect();
    for r in 0..rows {
        if level[[r, 0]].is_nan() {
            let near = *known.iter().min_by_key(|k| k.abs_diff(r))?;
            let copy = level.row(near).to_owned();
            level.row_mut(r).assign(&copy);
        }
    }
    (!known.is_empty()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_visible_has_no_background() {
        assert!(quantile_background(&Plane::zeros((8, 8)), &Mask::from_elem((8, 8), false), 4, 1, 0.5).is_none());
    }

    #[test]
    fn thin_dark_lines_leave_no_trace() {
        let plane = Plane::from_shape_fn((64, 64), |(r, _)| if r % 16 < 2 { 0.1 } else { 0.8 });
        let level = quantile_background(&plane, &Mask::from_elem((64, 64), true), 4, 4, 0.75).expect("visible");
        assert!(level.iter().all(|v| (v - 0.8).abs() < 1e-5));
    }
}
