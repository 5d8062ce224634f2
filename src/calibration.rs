//! Micrometers per pixel: where the scale came from and how well it is known. There is no default scale.

use crate::units::{Micrometers, Millimeters, PerCm2, Pixels, SquareCentimeters};
use serde::{Deserialize, Serialize};

/// A photo's scale. What is not known is an absent `Calibration`, never a scale of 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Micrometers of skin per pixel; above 0 and finite.
    pub um_per_px: f64,
    /// One standard deviation of `um_per_px`.
    pub standard_uncertainty: f64,
    /// Where the scale came from.
    pub source: ScaleSource,
}

/// Where a scale came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleSource {
    /// Stated on the command line.
    CommandLine,
    /// Measured on a scale bar burned into the photo.
    ScaleBar,
    /// Stated in the folder's `anagen.toml`.
    Config,
    /// The physical resolution the file states.
    FileResolution,
}

impl Calibration {
    /// A length of the photo on the skin.
    pub fn micrometers(&self, length: Pixels) -> Micrometers {
        Micrometers(length.0 * self.um_per_px)
    }

    /// A length of the photo on the skin.
    pub fn millimeters(&self, length: Pixels) -> Millimeters {
        self.micrometers(length).into()
    }

    /// A length on the skin in the photo.
    pub fn pixels(&self, length: Micrometers) -> Pixels {
        Pixels(length.0 / self.um_per_px)
    }

    /// An area of the photo, in square pixels, on the skin.
    pub fn square_centimeters(&self, area_px: f64) -> SquareCentimeters {
        SquareCentimeters(area_px * (self.um_per_px * 1e-4).powi(2))
    }

    /// A count over an area of the photo, in square pixels, as a density on the skin.
    pub fn per_cm2(&self, count: f64, area_px: f64) -> PerCm2 {
        PerCm2(count / self.square_centimeters(area_px).0)
    }
}

/// A scale bar found burned into a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleBar {
    /// Its length, end to end.
    pub length: Pixels,
    /// One standard deviation of `length`.
    pub standard_error: Pixels,
    /// The pixels it and its label cover.
    pub regions: Vec<crate::geometry::Rect>,
}
