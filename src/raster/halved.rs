//! Half the resolution.

use super::wide::widely;
use super::{CONTIGUOUS, Plane};

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
pub fn halved(plane: &Plane) -> Plane {
    let (rows, columns) = plane.dim();
    let mut half = Plane::zeros((rows.div_ceil(2), columns.div_ceil(2)));
    for (r, target) in half.rows_mut().into_iter().enumerate() {
        let target = target.into_slice().expect(CONTIGUOUS);
        let [above, below] = [2 * r, (2 * r + 1).min(rows - 1)].map(|r| plane.row(r).to_slice().expect(CONTIGUOUS));
        let pairs = above.as_chunks::<2>().0.iter().zip(below.as_chunks::<2>().0);
        widely(
            #[inline(always)]
            || target.iter_mut().zip(pairs).for_each(|(to, (above, below))| *to = 0.25 * (above[0] + above[1] + (below[0] + below[1]))),
        );
        if columns % 2 > 0 {
            target[columns / 2] = 0.5 * (above[columns - 1] + below[columns - 1]);
        }
    }
    half
}
