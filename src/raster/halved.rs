//! Half the resolution.

use super::wide::widely;
use super::{CONTIGUOUS, Plane};
use ndarray::{ArrayBase, Data, Ix2};

/// The plane on half the grid each way: the means of four pixels, those at an odd edge counting twice.
///
/// Position p of the plane is position (p + 0.5) / 2 − 0.5 of its half.
///
/// # Examples
/// ```
/// use anagen::raster::halved::halved;
/// let plane = ndarray::array![[0.0, 2.0, 7.0], [4.0, 6.0, 9.0]];
/// assert_eq!(halved(&plane), ndarray::array![[3.0, 8.0]]);
/// ```
pub fn halved(plane: &ArrayBase<impl Data<Elem = f32>, Ix2>) -> Plane {
    let (rows, columns) = plane.dim();
    let mut half = Plane::zeros((rows.div_ceil(2), columns.div_ceil(2)));
    for (r, target) in half.rows_mut().into_iter().enumerate() {
        let target = target.into_slice().expect(CONTIGUOUS);
        let [above, below] = [2 * r, (2 * r + 1).min(rows - 1)].map(|r| plane.row(r).to_slice().expect(CONTIGUOUS));
        halved_row(above, below, target);
    }
    half
}

/// Writes the row of the half that two rows show.
pub(crate) fn halved_row(above: &[f32], below: &[f32], target: &mut [f32]) {
    let pairs = above.as_chunks::<2>().0.iter().zip(below.as_chunks::<2>().0);
    widely(
        #[inline(always)]
        || target.iter_mut().zip(pairs).for_each(|(to, (above, below))| *to = 0.25 * (above[0] + above[1] + (below[0] + below[1]))),
    );
    let columns = above.len();
    if !columns.is_multiple_of(2) {
        target[columns / 2] = 0.5 * (above[columns - 1] + below[columns - 1]);
    }
}
