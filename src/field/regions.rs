//! The counted part of the skin as outlines, its holes included.

use super::Field;
use crate::geometry::{Point, Polygon};
use crate::raster::Mask;
use crate::raster::regions::{outline, regions, simplified};

/// One connected part of the counted skin.
#[derive(Debug, Clone, PartialEq)]
pub struct CountedRegion {
    /// Its outer outline, in photo pixels.
    pub outline: Polygon,
    /// The outlines of what is left out within it.
    pub holes: Vec<Polygon>,
}

/// How far an outline may stray from the cells it bounds, in cells.
const TOLERANCE: f64 = 0.75;

impl CountedRegion {
    /// Whether a point lies within the outline and in none of the holes.
    pub fn contains(&self, p: Point) -> bool {
        self.outline.contains(p) && !self.holes.iter().any(|hole| hole.contains(p))
    }
}

impl Field {
    /// Every connected part of the counted skin with its holes, in reading order. By the even-odd rule they cover `counted`, to about a cell.
    pub fn regions(&self) -> Vec<CountedRegion> {
        let ring = |polygon: Polygon| {
            let to_photo = |p: &Point| Point::new(p.x * self.step - 0.5, p.y * self.step - 0.5);
            Polygon::new(simplified(&polygon, TOLERANCE).corners.iter().map(to_photo).collect())
        };
        let found = regions(&self.counted);
        found
            .iter()
            .map(|region| {
                let (top, left) = (region.rows.0, region.columns.0);
                // A rim of one cell, so that all that lies outside is one piece and holds the first cell.
                let mut others = Mask::from_elem((region.rows.1 - top + 3, region.columns.1 - left + 3), true);
                region.cells.iter().for_each(|&(r, c)| others[[r - top + 1, c - left + 1]] = false);
                let shifted = |p: &Point| Point::new(p.x + left as f64 - 1.0, p.y + top as f64 - 1.0);
                let holes = regions(&others)
                    .iter()
                    .skip(1)
                    .map(|hole| Polygon::new(outline(hole).corners.iter().map(shifted).collect()))
                    .map(ring)
                    .collect();
                CountedRegion { outline: ring(outline(region)), holes }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::BorderRule;

    fn field(rows: &[&str]) -> Field {
        let counted = Mask::from_shape_fn((rows.len(), rows[0].len()), |(r, c)| rows[r].as_bytes()[c] == b'#');
        let polygon = Polygon::default();
        Field {
            visible: counted.clone(),
            lined: Mask::from_elem(counted.dim(), false),
            counted,
            step: 4.0,
            area_px: 0.0,
            polygon,
            border_rule: BorderRule::RootInside,
        }
    }

    #[test]
    fn nothing_counted_has_no_region() {
        assert_eq!(field(&["..", ".."]).regions(), []);
    }

    #[test]
    fn hole_is_the_outline_of_what_is_left_out() {
        let found = field(&["#####.", "#...#.", "#...#.", "#...##", "######", "......"]).regions();
        assert_eq!((found.len(), found[0].holes.len()), (1, 1));
        assert_eq!(found[0].holes[0].area(), 9.0 * 16.0);
        assert!(found[0].holes[0].contains(Point::new(9.0, 9.0)) && !found[0].holes[0].contains(Point::new(1.0, 1.0)));
        assert!(!found[0].contains(Point::new(9.0, 9.0)) && found[0].contains(Point::new(1.0, 1.0)));
    }

    #[test]
    fn parts_are_kept_apart_and_bays_are_no_holes() {
        let found = field(&["##..##", "#...##", "##..##"]).regions();
        assert_eq!(found.iter().map(|region| region.holes.len()).collect::<Vec<_>>(), [0, 0]);
    }
}
