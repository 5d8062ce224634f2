//! Connected regions of a mask, their outline, and opening by a square.

use super::Mask;
use crate::geometry::{Point, Polygon};
use image::{GrayImage, Luma};
use imageproc::distance_transform::Norm;
use imageproc::morphology;

/// Cells of a mask joined by their sides, in reading order.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// (row, column) of each cell.
    pub cells: Vec<(usize, usize)>,
    /// The first and last row.
    pub rows: (usize, usize),
    /// The first and last column.
    pub columns: (usize, usize),
}

/// The connected regions of a mask (imageproc's labelling panics on some pictures of a single region), by the reading order of their first cells; cells that only touch by a corner are not joined.
///
/// # Examples
/// ```
/// use anagen::raster::regions::regions;
/// let mask = ndarray::array![[true, false, true], [true, false, false]];
/// assert_eq!(regions(&mask).iter().map(|r| r.cells.len()).collect::<Vec<_>>(), [2, 1]);
/// ```
pub fn regions(mask: &Mask) -> Vec<Region> {
    let mut open = mask.clone();
    let mut found = vec![];
    for ((row, column), &held) in mask.indexed_iter() {
        if !held || !open[[row, column]] {
            continue;
        }
        open[[row, column]] = false;
        let mut region = Region { cells: vec![(row, column)], rows: (row, row), columns: (column, column) };
        let mut next = 0;
        while let Some(&(r, c)) = region.cells.get(next) {
            next += 1;
            region.rows = (region.rows.0.min(r), region.rows.1.max(r));
            region.columns = (region.columns.0.min(c), region.columns.1.max(c));
            for neighbor in [(r.wrapping_sub(1), c), (r, c.wrapping_sub(1)), (r, c + 1), (r + 1, c)] {
                if open.get(neighbor) == Some(&true) {
                    open[neighbor] = false;
                    region.cells.push(neighbor);
                }
            }
        }
        found.push(region);
    }
    found
}

/// The mask as a picture with a rim of `rim` empty pixels: 255 where it holds, 0 elsewhere.
fn picture(mask: &Mask, rim: usize) -> GrayImage {
    let (rows, columns) = mask.dim();
    GrayImage::from_fn((columns + 2 * rim) as u32, (rows + 2 * rim) as u32, |x, y| {
        let cell = [(y as usize).wrapping_sub(rim), (x as usize).wrapping_sub(rim)];
        Luma([if mask.get(cell) == Some(&true) { 255 } else { 0 }])
    })
}

/// The picture without its rim as a mask of the shape given.
fn mask_of(picture: &GrayImage, rim: usize, shape: (usize, usize)) -> Mask {
    Mask::from_shape_fn(shape, |(r, c)| picture.get_pixel((c + rim) as u32, (r + rim) as u32).0[0] > 0)
}

/// The outer outline of a region along the sides of its cells, in cells: cell (row, column) stretches from its number to the next.
pub fn outline(region: &Region) -> Polygon {
    let (top, left) = (region.rows.0, region.columns.0);
    let mut mask = Mask::from_elem((region.rows.1 - top + 1, region.columns.1 - left + 1), false);
    region.cells.iter().for_each(|&(r, c)| mask[[r - top, c - left]] = true);
    let held = |row: isize, column: isize| row >= 0 && column >= 0 && mask.get([row as usize, column as usize]) == Some(&true);

    // Walk the sides with the region on the right hand, turning right where it can: cells that touch by a corner stay apart.
    let Some(first) = mask.row(0).iter().position(|&m| m) else { return Polygon::default() };
    let begin = (0isize, first as isize);
    let corner = |at: (isize, isize)| Point::new((at.1 + left as isize) as f64, (at.0 + top as isize) as f64);
    let mut corners = vec![corner(begin)];
    let (mut at, mut heading) = ((begin.0, begin.1 + 1), (0isize, 1isize));
    while at != begin {
        // The cells ahead to the right and to the left of the way.
        let right = (heading.1, -heading.0);
        let ahead = |side: (isize, isize)| {
            let middle = (2 * at.0 + heading.0 + side.0, 2 * at.1 + heading.1 + side.1);
            held((middle.0 - 1).div_euclid(2), (middle.1 - 1).div_euclid(2))
        };
        let left = (-right.0, -right.1);
        let turned = if !ahead(right) {
            right
        } else if ahead(left) {
            left
        } else {
            heading
        };
        if turned != heading {
            corners.push(corner(at));
            heading = turned;
        }
        at = (at.0 + heading.0, at.1 + heading.1);
    }
    Polygon::new(corners)
}

/// The polygon with the fewest corners that a greedy choice finds within `tolerance` of each dropped one (Douglas and Peucker 1973,
/// doi:10.3138/FM57-6770-U75U-7727).
pub fn simplified(polygon: &Polygon, tolerance: f64) -> Polygon {
    let corners = &polygon.corners;
    if corners.len() < 4 {
        return polygon.clone();
    }
    // A closed line is cut at its first corner and the one furthest from it.
    let far = (0..corners.len()).max_by(|&a, &b| corners[0].distance(corners[a]).total_cmp(&corners[0].distance(corners[b]))).unwrap_or(0);
    let mut keep = vec![false; corners.len() + 1];
    keep[0] = true;
    keep[far] = true;
    let closed: Vec<Point> = corners.iter().chain(corners.first()).copied().collect();
    let mut pieces = vec![(0, far), (far, corners.len())];
    while let Some((a, b)) = pieces.pop() {
        let chord = crate::geometry::Polyline::new(vec![closed[a], closed[b]]);
        let furthest = (a + 1..b).map(|i| (i, chord.distance_to(closed[i]))).max_by(|x, y| x.1.total_cmp(&y.1));
        if let Some((i, distance)) = furthest
            && distance > tolerance
        {
            keep[i] = true;
            pieces.extend([(a, i), (i, b)]);
        }
    }
    Polygon::new(corners.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(corner, _)| *corner).collect())
}

/// What is left of a mask where a square of 2 × `reach` + 1 cells fits in; beyond its border a mask holds nothing.
pub fn opened(mask: &Mask, reach: usize) -> Mask {
    if is_empty(mask) {
        return mask.clone();
    }
    mask_of(&morphology::open(&picture(mask, reach), Norm::LInf, radius(reach)), reach, mask.dim())
}

/// The mask grown by `reach` cells to all sides, corners included.
pub fn grown(mask: &Mask, reach: usize) -> Mask {
    if is_empty(mask) {
        return mask.clone();
    }
    mask_of(&morphology::dilate(&picture(mask, 0), Norm::LInf, radius(reach)), 0, mask.dim())
}

/// How many cells a mask holds.
pub fn held(mask: &Mask) -> usize {
    mask.iter().map(|held| usize::from(*held)).sum()
}

/// Whether a mask holds nothing, as most do that tell what is drawn over the skin.
fn is_empty(mask: &Mask) -> bool {
    held(mask) == 0
}

/// A reach as the library takes it, at most 255 cells.
fn radius(reach: usize) -> u8 {
    u8::try_from(reach).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(picture: &[&str]) -> Mask {
        Mask::from_shape_fn((picture.len(), picture[0].len()), |(r, c)| picture[r].as_bytes()[c] == b'#')
    }

    #[test]
    fn an_outline_encloses_its_cells_and_no_others() {
        for picture in [
            &["#"][..],
            &["##", "##"],
            &["###", "#.#", "###"],
            &[".#.", "###", ".#."],
            &["####", "#..#", "#.##", "#..."],
            &["#.#", "###"],
            &["##..", ".##.", "..##"],
        ] {
            let mask = mask(picture);
            let regions = regions(&mask);
            assert_eq!(regions.len(), 1);
            let polygon = outline(&regions[0]);
            for ((r, c), &held) in mask.indexed_iter() {
                let inside = polygon.contains(Point::new(c as f64 + 0.5, r as f64 + 0.5));
                let hole = picture == ["###", "#.#", "###"] && (r, c) == (1, 1);
                assert_eq!(inside, held || hole, "{picture:?} at {r}, {c}: {polygon:?}");
            }
        }
    }

    #[test]
    fn cells_that_touch_by_a_corner_are_two_regions() {
        assert_eq!(regions(&mask(&["#.", ".#"])).len(), 2);
        assert!(regions(&mask(&[".."])).is_empty());
    }

    #[test]
    fn simplifying_keeps_within_its_tolerance() {
        let circle = Polygon::new(
            (0..720).map(|i| Point::new((i as f64 / 2.0).to_radians().cos() * 50.0, (i as f64 / 2.0).to_radians().sin() * 50.0)).collect(),
        );
        let simple = simplified(&circle, 0.5);
        assert!(simple.corners.len() < 40 && (simple.area() / circle.area() - 1.0).abs() < 0.02);
    }

    #[test]
    fn opening_removes_what_is_thinner_than_the_square() {
        let picture = ["#########", ".........", ".###.....", ".###.....", ".###.....", "........."];
        assert_eq!(opened(&mask(&picture), 1), mask(&[".........", ".........", ".###.....", ".###.....", ".###.....", "........."]));
        assert_eq!(grown(&mask(&["...", ".#.", "..."]), 1), Mask::from_elem((3, 3), true));
    }
}
