//! Edges that run exactly along a row: what programs draw into a photo and lenses do not.

use super::wide::widely;
use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;
use std::borrow::Cow;

/// A run of steps between a row and the next one, all the same way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelEdge {
    /// The step is between this row and the next.
    pub row: usize,
    /// The first column.
    pub start: usize,
    /// One past the last column.
    pub end: usize,
    /// Whether the next row is lighter.
    pub rising: bool,
}

/// Which runs of steps count as an edge.
#[derive(Debug, Clone, Copy)]
pub struct EdgeSearch {
    /// The smallest step, in shades; above 0.
    pub least: u8,
    /// The shortest piece: a run in which four in five columns step, and no three in a row do not.
    pub piece: usize,
    /// The longest stretch over which pieces are joined; the pieces make up a third of an edge or more.
    pub gap: usize,
    /// The shortest edge.
    pub length: usize,
}

/// Every edge along the rows of what is in shades of gray, ordered by row, then column; for edges along columns, pass the transpose.
///
/// Not an edge detector for photographed things: an edge a hundredth of a radian off the row breaks into short runs.
///
/// # Examples
/// ```
/// use anagen::raster::edges::{EdgeSearch, level_edges};
/// let shades = ndarray::array![[9, 9, 9, 9], [9, 1, 1, 1], [9, 9, 9, 9]];
/// let edges = level_edges(&shades.view(), &EdgeSearch { least: 2, piece: 3, gap: 0, length: 3 });
/// assert_eq!(edges.iter().map(|e| (e.row, e.start, e.end, e.rising)).collect::<Vec<_>>(), [(0, 1, 4, false), (1, 1, 4, true)]);
/// ```
pub fn level_edges(shades: &ArrayView2<u8>, search: &EdgeSearch) -> Vec<LevelEdge> {
    (0..shades.nrows().saturating_sub(1))
        .into_par_iter()
        .flat_map_iter(|row| {
            let (above, below) = (in_line(shades.row(row)), in_line(shades.row(row + 1)));
            let found = [true, false].into_iter().flat_map(|rising| {
                let (dark, light) = if rising { (&above, &below) } else { (&below, &above) };
                // Most rows have too few steps for any piece: counting them is quick.
                let enough = steps(dark, light, search.least) * 5 >= search.piece * 4;
                if enough { joined(&pieces(dark, light, row, rising, search), search) } else { vec![] }
            });
            let mut edges: Vec<LevelEdge> = found.collect();
            edges.sort_by_key(|edge| (edge.start, edge.rising));
            edges
        })
        .collect()
}

/// The values of a row one after another, as those of a transposed view do not lie.
fn in_line(row: ArrayView1<'_, u8>) -> Cow<'_, [u8]> {
    row.to_slice().map_or_else(|| row.to_vec().into(), Cow::from)
}

/// In how many columns one row is lighter than the other by a least step.
fn steps(dark: &[u8], light: &[u8], least: u8) -> usize {
    // So few at a time that a byte counts them.
    let few = dark.chunks(255).zip(light.chunks(255));
    widely(
        #[inline(always)]
        || {
            few.map(|(dark, light)| usize::from(dark.iter().zip(light).map(|(d, l)| u8::from(l.saturating_sub(*d) >= least)).sum::<u8>()))
                .sum()
        },
    )
}

/// The runs of steps the same way along one row.
fn pieces(dark: &[u8], light: &[u8], row: usize, rising: bool, search: &EdgeSearch) -> Vec<LevelEdge> {
    const SKIPPED: usize = 2;
    let mut found = vec![];
    let (mut start, mut end, mut hits) = (0, 0, 0);
    let is_step = dark.iter().zip(light).map(|(d, l)| l.saturating_sub(*d) >= search.least);
    for (x, step) in is_step.chain([false; SKIPPED + 1]).enumerate() {
        if step {
            if hits == 0 {
                start = x;
            }
            (end, hits) = (x + 1, hits + 1);
        } else if hits > 0 && x - end >= SKIPPED {
            if end - start >= search.piece && hits * 5 >= (end - start) * 4 {
                found.push(LevelEdge { row, start, end, rising });
            }
            hits = 0;
        }
    }
    found
}

/// Pieces joined over gaps, where they make up enough of the whole.
fn joined(pieces: &[LevelEdge], search: &EdgeSearch) -> Vec<LevelEdge> {
    let mut edges = vec![];
    let mut rest = pieces;
    while let Some(first) = rest.first() {
        let count = 1 + rest.windows(2).take_while(|w| w[1].start - w[0].end <= search.gap).count();
        let (chain, after) = rest.split_at(count);
        let edge = LevelEdge { end: chain[count - 1].end, ..*first };
        let held: usize = chain.iter().map(|piece| piece.end - piece.start).sum();
        if edge.end - edge.start >= search.length && held * 3 >= edge.end - edge.start {
            edges.push(edge);
        }
        rest = after;
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Shades;

    fn spans(shades: &Shades, gap: usize, length: usize) -> Vec<(usize, usize)> {
        level_edges(&shades.view(), &EdgeSearch { least: 1, piece: 5, gap, length }).iter().map(|e| (e.start, e.end)).collect()
    }

    #[test]
    fn a_plane_of_no_or_one_row_has_no_edges() {
        assert_eq!(spans(&Shades::zeros((0, 9)), 0, 1), []);
        assert_eq!(spans(&Shades::zeros((1, 9)), 0, 1), []);
    }

    #[test]
    fn a_gap_within_reason_is_bridged_and_a_longer_one_splits() {
        let shades = Shades::from_shape_fn((2, 40), |(r, c)| if r == 1 && !(18..24).contains(&c) { 5 } else { 0 });
        assert_eq!(spans(&shades, 6, 10), [(0, 40)]);
        assert_eq!(spans(&shades, 5, 10), [(0, 18), (24, 40)]);
    }

    #[test]
    fn specks_beyond_its_ends_do_not_lengthen_an_edge() {
        let shades = Shades::from_shape_fn((2, 80), |(r, c)| if r == 1 && ((10..50).contains(&c) || c % 9 == 0) { 5 } else { 0 });
        assert_eq!(spans(&shades, 20, 20), [(9, 50)]);
    }

    #[test]
    fn a_slanted_edge_breaks_up() {
        let shades = Shades::from_shape_fn((40, 200), |(r, c)| if r as f32 > 10.0 + 0.05 * c as f32 { 5 } else { 0 });
        assert_eq!(spans(&shades, 2, 30), []);
    }
}
