//! The skin both photos show.

use super::mapping::Mapping;
use super::visit::Visit;
use crate::geometry::Point;
use crate::units::SquareCentimeters;

/// The skin that lies in the counted field of both photos.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Its area in square pixels of the baseline.
    pub area_px: f64,
    /// Its area by the baseline's scale.
    pub area_cm2: Option<SquareCentimeters>,
    /// Its share of the baseline's field.
    pub share: f64,
}

/// About this many places of the field are asked.
const PLACES: f64 = 12_000.0;

impl Overlap {
    /// The overlap under a mapping, by places on an even grid.
    pub fn of(baseline: &Visit, follow_up: &Visit, mapping: &Mapping) -> Self {
        let field = &baseline.field;
        let stride = ((field.counted.len() as f64 / PLACES).sqrt() as usize).max(1);
        let (mut counted, mut shared) = (0usize, 0usize);
        let (rows, columns) = field.counted.dim();
        for row in (stride / 2..rows).step_by(stride) {
            for column in (stride / 2..columns).step_by(stride) {
                if field.counted[[row, column]] {
                    let place = Point::new((column as f64 + 0.5) * field.step - 0.5, (row as f64 + 0.5) * field.step - 0.5);
                    counted += 1;
                    shared += usize::from(follow_up.field.counts(mapping.map(place)));
                }
            }
        }
        let share = shared as f64 / counted.max(1) as f64;
        let area_px = share * field.area_px;
        Self { area_px, area_cm2: baseline.calibration.map(|scale| scale.square_centimeters(area_px)), share }
    }
}
