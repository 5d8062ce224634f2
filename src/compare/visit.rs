//! One photo as it is compared: its hairs, its field, and its light at the scale of hair.

use crate::calibration::Calibration;
use crate::field::Field;
use crate::follicle::Unit;
use crate::geometry::Point;
use crate::photo::Photo;
use crate::raster::{Plane, sample};
use crate::strand::Strand;
use crate::units::Pixels;

/// The width of a usual hair, in micrometers: what lengths are counted in where no hair was measured.
const USUAL_UM: f64 = 65.0;

/// The width of a usual hair where neither a scale nor a hair is known, in pixels.
const USUAL_PX: f64 = 16.0;

/// Light is looked at with this many pixels to a usual hair: enough to see one of a quarter of that.
const PIXELS_PER_HAIR: f64 = 13.0;

/// One photo as it is compared with another.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The scale, where one is known.
    pub calibration: Option<Calibration>,
    /// The counted part of the skin.
    pub field: Field,
    /// Every traced shaft.
    pub strands: Vec<Strand>,
    /// Strands grouped by ostium.
    pub units: Vec<Unit>,
    /// The natural log of the light of the brightest color, one pixel for `factor` × `factor` of the photo's.
    light: Plane,
    factor: f64,
    /// The width of a usual hair of this photo: what distances are judged by.
    hair: Pixels,
}

impl Visit {
    /// A photo with what was found in it.
    pub fn new(photo: &Photo, field: Field, strands: Vec<Strand>, units: Vec<Unit>, calibration: Option<Calibration>) -> Self {
        let hair = hair_width(&strands, calibration.as_ref());
        let factor = (hair.0 / PIXELS_PER_HAIR).max(1.0);
        let [red, green, blue] = photo.planes(factor);
        // Hair is dark in every color, vessels and haze in some.
        let light = ndarray::Zip::from(&red).and(&green).and(&blue).map_collect(|r, g, b| r.max(*g).max(*b).max(0.004).ln());
        Self { calibration, field, strands, units, light, factor, hair }
    }

    /// The width of a usual hair of this photo.
    pub fn hair_width(&self) -> Pixels {
        self.hair
    }

    /// The natural log of the encoded light at a place of the photo.
    pub(super) fn light(&self, p: Point) -> f64 {
        f64::from(sample(&self.light, Point::new((p.x + 0.5) / self.factor - 0.5, (p.y + 0.5) / self.factor - 0.5)))
    }

    /// The middle of the photo.
    pub(super) fn middle(&self) -> Point {
        let (rows, columns) = self.field.counted.dim();
        Point::new(columns as f64 * self.field.step / 2.0, rows as f64 * self.field.step / 2.0)
    }

    /// The place among `units` of the one a strand, by its id, is in.
    pub(super) fn unit_of(&self, id: usize) -> Option<usize> {
        self.units.iter().position(|unit| unit.strands.contains(&id))
    }
}

/// By the scale, else by the hairs, else a guess.
fn hair_width(strands: &[Strand], calibration: Option<&Calibration>) -> Pixels {
    if let Some(scale) = calibration {
        return scale.pixels(crate::units::Micrometers(USUAL_UM));
    }
    let mut widths: Vec<f64> = strands.iter().filter_map(|s| s.width).map(|w| w.value.0).filter(|w| *w > 0.0).collect();
    widths.sort_by(f64::total_cmp);
    Pixels(widths.get(widths.len() / 2).copied().unwrap_or(USUAL_PX))
}
