//! The slowly varying level that details stand against.

use super::wide::widely;
use super::{CONTIGUOUS, Mask, Plane, gaussian};
use ndarray::{ArrayBase, Axis, Data, Ix2};

/// For each of the `quantiles`, the level that such a share of the surrounding visible pixels lies below, at every block.
///
/// Blocks of `block` × `block` pixels are averaged, the quantile is taken over the blocks within `reach` blocks either way, and the
/// result is smoothed; what is smaller than the window by far, such as hair at a quantile of 0.75, leaves no trace. Pixels that are not
/// `visible` have no say. `None` when none is visible.
///
/// # Source
/// Ours; a rank filter in place of the closing usual for hair, for a closing follows single bright specks.
pub fn quantile_levels<const N: usize>(
    plane: &Plane,
    visible: &Mask,
    block: usize,
    reach: usize,
    quantiles: [f64; N],
) -> Option<[Plane; N]> {
    let mut levels = window_quantiles(&block_means(plane, visible, block), reach, quantiles);
    for level in &mut levels {
        fill_gaps(level)?;
    }
    Some(levels.map(|level| gaussian::blurred(&level, reach as f64 / 2.0)))
}

/// A plane at `times` as many pixels each way, interpolated bilinearly and held to its edge, row by row.
pub(crate) struct Enlargement<'a> {
    plane: &'a Plane,
    times: usize,
    /// A row at the plane's own columns.
    line: Vec<f32>,
    /// How far the pixels between two centers lie from the first to the second.
    shares: Vec<f32>,
}

impl<'a> Enlargement<'a> {
    pub(crate) fn new(plane: &'a Plane, times: usize) -> Self {
        let shares = (times / 2..times / 2 + times).map(|i| ((i as f64 + 0.5) / times as f64 - 0.5) as f32).collect();
        Self { plane, times, line: vec![0.0; plane.ncols()], shares }
    }

    /// Writes a row, from its first column on.
    pub(crate) fn row(&mut self, row: usize, target: &mut [f32]) {
        let last = self.plane.nrows() - 1;
        let place = ((row as f64 + 0.5) / self.times as f64 - 0.5).clamp(0.0, last as f64);
        let (above, share) = (place as usize, place.fract() as f32);
        let pairs = self.plane.row(above).into_iter().zip(self.plane.row((above + 1).min(last)));
        self.line.iter_mut().zip(pairs).for_each(|(to, (above, below))| *to = above + (below - above) * share);
        let (lead, rest) = target.split_at_mut(target.len().min(self.times / 2));
        lead.fill(self.line[0]);
        for (i, part) in rest.chunks_mut(self.times).enumerate() {
            let left = self.line[i];
            let step = self.line.get(i + 1).map_or(0.0, |right| right - left);
            part.iter_mut().zip(&self.shares).for_each(|(value, share)| *value = left + step * share);
        }
    }
}

/// For each of the `quantiles`, the level that such a share of the known values within `reach` either way lies below; NaN where none is known.
///
/// # Source
/// The sliding histogram of Huang, Yang and Tang 1979, doi:10.1109/TASSP.1979.1163188, over ranks in place of gray levels.
fn window_quantiles<const N: usize>(values: &Plane, reach: usize, quantiles: [f64; N]) -> [Plane; N] {
    let (rows, columns) = values.dim();
    let mut known: Vec<(f32, usize)> = values.iter().enumerate().filter(|(_, v)| !v.is_nan()).map(|(i, v)| (*v, i)).collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut ranks = vec![None; rows * columns];
    for (rank, (_, i)) in known.iter().enumerate() {
        ranks[*i] = Some(rank);
    }
    let mut results = quantiles.map(|_| Plane::from_elem((rows, columns), f32::NAN));
    let mut window = Ranks::new(known.len());
    for r in 0..rows {
        let lines = r.saturating_sub(reach)..(r + reach + 1).min(rows);
        let column = |c: usize| lines.clone().map(move |r| r * columns + c).filter_map(|i| ranks[i]);
        window.clear();
        (0..reach.min(columns)).flat_map(column).for_each(|rank| window.add(rank));
        for c in 0..columns {
            if c + reach < columns {
                column(c + reach).for_each(|rank| window.add(rank));
            }
            if c > reach {
                column(c - reach - 1).for_each(|rank| window.remove(rank));
            }
            if window.held > 0 {
                for (result, quantile) in results.iter_mut().zip(quantiles) {
                    let place = ((window.held - 1) as f64 * quantile).round() as usize;
                    result[[r, c]] = known[window.at(place)].0;
                }
            }
        }
    }
    results
}

/// A set of ranks that tells its members by their order.
struct Ranks {
    member: Vec<bool>,
    /// How many members each bucket of ranks has, for buckets of either size.
    buckets: [Vec<usize>; 2],
    held: usize,
}

/// How many ranks share a bucket, each size a multiple of the next.
const BUCKETS: [usize; 2] = [1024, 64];

impl Ranks {
    fn new(count: usize) -> Self {
        Self { member: vec![false; count], buckets: BUCKETS.map(|size| vec![0; count.div_ceil(size)]), held: 0 }
    }

    fn clear(&mut self) {
        self.member.fill(false);
        self.buckets.iter_mut().for_each(|counts| counts.fill(0));
        self.held = 0;
    }

    fn add(&mut self, rank: usize) {
        self.member[rank] = true;
        self.buckets.iter_mut().zip(BUCKETS).for_each(|(counts, size)| counts[rank / size] += 1);
        self.held += 1;
    }

    fn remove(&mut self, rank: usize) {
        self.member[rank] = false;
        self.buckets.iter_mut().zip(BUCKETS).for_each(|(counts, size)| counts[rank / size] -= 1);
        self.held -= 1;
    }

    /// The member that `place` others come before; there must be more than those.
    fn at(&self, mut place: usize) -> usize {
        let mut rank = 0;
        for (counts, size) in self.buckets.iter().zip(BUCKETS) {
            while place >= counts[rank / size] {
                place -= counts[rank / size];
                rank += size;
            }
        }
        loop {
            if self.member[rank] {
                if place == 0 {
                    return rank;
                }
                place -= 1;
            }
            rank += 1;
        }
    }
}

/// The mean of the visible pixels of every block; NaN where none is visible.
fn block_means(plane: &Plane, visible: &Mask, block: usize) -> Plane {
    let (sums, counts) = block_sums(plane, visible, block);
    sums / counts
}

/// The sum of the visible pixels of every block, and how many they are.
pub(crate) fn block_sums(
    plane: &ArrayBase<impl Data<Elem = f32>, Ix2>,
    visible: &ArrayBase<impl Data<Elem = bool>, Ix2>,
    block: usize,
) -> (Plane, Plane) {
    let (rows, columns) = plane.dim();
    let shape = (rows.div_ceil(block), columns.div_ceil(block));
    let (mut sums, mut counts) = (Plane::zeros(shape), Plane::zeros(shape));
    let (mut sum, mut count) = (vec![0.0; columns], vec![0.0; columns]);
    for (r, (values, visible)) in plane.axis_chunks_iter(Axis(0), block).zip(visible.axis_chunks_iter(Axis(0), block)).enumerate() {
        // Down the columns first, several at a time, then across.
        sum.fill(0.0);
        count.fill(0.0);
        for (values, visible) in values.rows().into_iter().zip(visible.rows()) {
            let seen = values.to_slice().expect(CONTIGUOUS).iter().zip(visible.to_slice().expect(CONTIGUOUS));
            widely(
                #[inline(always)]
                || {
                    for ((sum, count), (value, visible)) in sum.iter_mut().zip(&mut count).zip(seen) {
                        *sum += if *visible { *value } else { 0.0 };
                        *count += if *visible { 1.0_f32 } else { 0.0 };
                    }
                },
            );
        }
        sums.row_mut(r).iter_mut().zip(sum.chunks(block)).for_each(|(to, part)| *to = part.iter().sum());
        counts.row_mut(r).iter_mut().zip(count.chunks(block)).for_each(|(to, part)| *to = part.iter().sum());
    }
    (sums, counts)
}

/// Gives every NaN the nearest known level of its row, then of the rows above and below; `None` when nothing is known.
fn fill_gaps(level: &mut Plane) -> Option<()> {
    let (rows, columns) = level.dim();
    for mut row in level.rows_mut() {
        let known: Vec<usize> = (0..columns).filter(|&c| !row[c].is_nan()).collect();
        for c in 0..columns {
            if row[c].is_nan()
                && let Some(&near) = known.iter().min_by_key(|k| k.abs_diff(c))
            {
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
        assert!(quantile_levels(&Plane::zeros((8, 8)), &Mask::from_elem((8, 8), false), 4, 1, [0.5]).is_none());
    }

    #[test]
    fn quantiles_of_windows_are_those_of_their_sorted_values() {
        let values = Plane::from_shape_fn((9, 14), |(r, c)| if (r * 5 + c) % 7 == 0 { f32::NAN } else { ((r * 31 + c * 17) % 11) as f32 });
        for (reach, quantile) in [(0, 0.5), (2, 0.75), (3, 0.1), (20, 0.5)] {
            let [other, found] = window_quantiles(&values, reach, [0.3, quantile]);
            assert_eq!(other.dim(), found.dim());
            for ((r, c), value) in found.indexed_iter() {
                let near = |a: usize, b: usize| a.abs_diff(b) <= reach;
                let mut window: Vec<f32> =
                    values.indexed_iter().filter(|((y, x), v)| near(*y, r) && near(*x, c) && !v.is_nan()).map(|(_, v)| *v).collect();
                window.sort_by(f32::total_cmp);
                match window.len() {
                    0 => assert!(value.is_nan()),
                    n => assert_eq!(*value, window[((n - 1) as f64 * quantile).round() as usize], "row {r}, column {c}"),
                }
            }
        }
    }

    #[test]
    fn enlarging_interpolates_between_the_centers() {
        let plane = ndarray::array![[0.0, 4.0], [8.0, 12.0]];
        let (mut enlargement, mut line) = (Enlargement::new(&plane, 4), [0.0; 7]);
        for r in 0..8 {
            enlargement.row(r, &mut line);
            for (c, value) in line.iter().enumerate() {
                let at = crate::geometry::Point::new((c as f64 + 0.5) / 4.0 - 0.5, (r as f64 + 0.5) / 4.0 - 0.5);
                assert!((value - super::super::sample(&plane, at)).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn thin_dark_lines_leave_no_trace() {
        let plane = Plane::from_shape_fn((64, 64), |(r, _)| if r % 16 < 2 { 0.1 } else { 0.8 });
        let [level] = quantile_levels(&plane, &Mask::from_elem((64, 64), true), 4, 4, [0.75]).expect("visible");
        assert!(level.iter().all(|v| (v - 0.8).abs() < 1e-5));
    }
}
