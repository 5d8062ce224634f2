//! The photo as the detectors see it.

use crate::field::Field;
use crate::photo::Photo;
use crate::raster::light::linear;
use crate::raster::wide::widely;
use crate::raster::{Mask, Plane};

/// The light of a photo on a grid of `factor` photo pixels per pixel, and where it shows skin or hair.
#[derive(Debug, Clone)]
pub struct View {
    /// Photo pixels per pixel; position p shows photo position (p + 0.5) × factor − 0.5.
    pub factor: f64,
    /// Linear light of red, green and blue, 0 to 1.
    pub light: [Plane; 3],
    /// What the field shows.
    pub visible: Mask,
}

impl View {
    /// A photo seen at `factor` photo pixels per pixel.
    pub fn of(photo: &Photo, field: &Field, factor: f64) -> Self {
        let light = photo.planes(factor).map(|mut plane| {
            let values = plane.as_slice_mut().expect("a new plane is contiguous");
            widely(
                #[inline(always)]
                || values.iter_mut().for_each(|value| *value = linear(*value)),
            );
            plane
        });
        Self { factor, visible: field.shown_on(light[0].dim(), factor), light }
    }
}
