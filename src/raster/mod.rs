//! Pixel operations that know no hair. The only place that says (row, column): everything else says (x, y).

pub mod background;
pub mod drawn;
pub mod edges;
pub mod gaussian;
pub mod halved;
pub mod light;
pub mod regions;
pub mod wide;

use crate::geometry::Point;
use ndarray::Array2;

/// One value per pixel, indexed `[[row, column]]`.
pub type Plane = Array2<f32>;

/// One shade of gray per pixel, 0 for black to 255 for white as they are encoded, indexed `[[row, column]]`.
pub type Shades = Array2<u8>;

/// Which pixels belong, indexed `[[row, column]]`.
pub type Mask = Array2<bool>;

/// A shade as a share of white.
pub(crate) fn of_white(shade: u8) -> f32 {
    f32::from(shade) / 255.0
}

/// What is assumed of every plane and mask: that none is a turned or cut view of another.
pub(crate) const CONTIGUOUS: &str = "rows are contiguous";

/// The value at (x, y) between pixel centers, by bilinear interpolation, held to the plane's edge. The plane must not be empty.
///
/// # Examples
/// ```
/// use anagen::{geometry::Point, raster::sample};
/// let plane = ndarray::array![[0.0, 2.0], [4.0, 6.0]];
/// assert_eq!(sample(&plane, Point::new(0.5, 0.5)), 3.0);
/// assert_eq!(sample(&plane, Point::new(9.0, 0.0)), 2.0);
/// ```
pub fn sample(plane: &Plane, at: Point) -> f32 {
    let (rows, columns) = plane.dim();
    let x = at.x.clamp(0.0, (columns - 1) as f64);
    let y = at.y.clamp(0.0, (rows - 1) as f64);
    // By way of 32 bits, to which a processor turns a number in fewer steps.
    let (column, row) = (x as u32 as usize, y as u32 as usize);
    let (tx, ty) = ((x - column as f64) as f32, (y - row as f64) as f32);
    let values = plane.as_slice().expect(CONTIGUOUS);
    let (here, right) = (row * columns + column, usize::from(column + 1 < columns));
    let below = here + if row + 1 < rows { columns } else { 0 };
    let top = values[here] * (1.0 - tx) + values[here + right] * tx;
    let bottom = values[below] * (1.0 - tx) + values[below + right] * tx;
    top * (1.0 - ty) + bottom * ty
}

/// The mask's value at the pixel nearest (x, y); `false` outside.
pub fn holds(mask: &Mask, at: Point) -> bool {
    // Beyond 0 a number is cut off toward it, which is quicker than to round.
    let (x, y) = (at.x + 0.5, at.y + 0.5);
    x > 0.0 && y > 0.0 && mask.get([y as usize, x as usize]).copied().unwrap_or(false)
}

/// The upper of the middle values; 0 of none.
pub(crate) fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}
