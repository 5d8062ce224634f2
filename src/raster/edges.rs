//! Edges that run exactly along a row: what programs draw into a photo and lenses do not.

use ndarray::ArrayView2;
use rayon::prelude::*;

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
    /// The mean height of its steps.
    pub step: f32,
}

/// Every run of at least `length` columns in which at least four in five step by `least` or more the same way and no gap is longer than
/// `gap`; for a view's columns, pass its transpose. Ordered by row, then column.
///
/// Not an edge detector for photographed things: an edge a hundredth of a radian off the row breaks into short runs.
///
/// # Examples
/// ```
/// use anagen::raster::edges::level_edges;
/// let plane = ndarray::array![[9.0, 9.0, 9.0, 9.0], [9.0, 1.0, 1.0, 1.0], [9.0, 9.0, 9.0, 9.0]];
/// let edges = level_edges(&plane.view(), 2.0, 3, 0);
/// assert_eq!(edges.iter().map(|e| (e.row, e.start, e.end, e.rising)).collect::<Vec<_>>(), [(0, 1, 4, false), (1, 1, 4, true)]);
/// ```
pub fn level_edges(plane: &ArrayView2<f32>, least: f32, length: usize, gap: usize) -> Vec<LevelEdge> {
    (0..plane.nrows().saturating_sub(1))
        .into_par_iter()
        .flat_map_iter(|row| {
            let steps: Vec<f32> = plane.row(row + 1).iter().zip(plane.row(row)).map(|(below, above)| below - above).collect();
            let mut runs = runs(&steps, row, true, least, length, gap);
            runs.extend(self::runs(&steps, row, false, least, length, gap));
            runs.sort_by_key(|edge| (edge.start, edge.rising));
            runs
        })
        .collect()
}

fn runs(steps: &[f32], row: usize, rising: bool, least: f32, length: usize, gap: usize) -> Vec<LevelEdge> {
    let sign = if rising { 1.0 } else { -1.0 };
    let mut found = vec![];
    let (mut start, mut end, mut hits, mut sum) = (0, 0, 0, 0.0);
    for (x, step) in steps.iter().map(|s| s * sign).chain(std::iter::repeat_n(f32::NEG_INFINITY, gap + 1)).enumerate() {
        if step >= least {
            if hits == 0 {
                start = x;
            }
            (end, hits, sum) = (x + 1, hits + 1, sum + step);
        } else if hits > 0 && x - end >= gap {
            if end - start >= length && hits * 5 >= (end - start) * 4 {
                found.push(LevelEdge { row, start, end, rising, step: sum / hits as f32 });
            }
            (hits, sum) = (0, 0.0);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Plane;

    #[test]
    fn a_plane_of_no_or_one_row_has_no_edges() {
        assert!(level_edges(&Plane::zeros((0, 9)).view(), 1.0, 1, 0).is_empty());
        assert!(level_edges(&Plane::zeros((1, 9)).view(), 1.0, 1, 0).is_empty());
    }

    #[test]
    fn a_gap_within_reason_is_bridged_and_a_longer_one_splits() {
        let plane = Plane::from_shape_fn((2, 40), |(r, c)| if r == 1 && c != 20 && c != 21 { 5.0 } else { 0.0 });
        let spans = |gap| level_edges(&plane.view(), 1.0, 10, gap).iter().map(|e| (e.start, e.end)).collect::<Vec<_>>();
        assert_eq!(spans(2), [(0, 40)]);
        assert_eq!(spans(1), [(0, 20), (22, 40)]);
    }

    #[test]
    fn a_slanted_edge_breaks_up() {
        let plane = Plane::from_shape_fn((40, 200), |(r, c)| if r as f32 > 10.0 + 0.05 * c as f32 { 5.0 } else { 0.0 });
        assert!(level_edges(&plane.view(), 1.0, 30, 2).is_empty());
    }
}
