//! Micrometers per pixel: where the scale came from and how well it is known. There is no default scale.

mod scale_bar;

pub use scale_bar::ScaleBar;

use crate::photo::Acquisition;
use crate::units::{Micrometers, Millimeters, PerCm2, Pixels, SquareCentimeters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A photo's scale. What is not known is an absent `Calibration`, never a scale of 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calibration {
    /// Micrometers of skin per pixel; above 0 and finite.
    pub um_per_px: f64,
    /// One standard deviation of `um_per_px`.
    pub standard_uncertainty: f64,
    /// Where the scale came from.
    pub source: ScaleSource,
}

/// Where a scale came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// Why a scale is not believed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{um_per_px:?} µm per pixel is not the scale of a photo of hair: {} to {} is", PLAUSIBLE.start(), PLAUSIBLE.end())]
pub struct ScaleError {
    /// The scale that was stated or came out.
    pub um_per_px: f64,
}

/// The scales a photo of hair can have, in micrometers per pixel: from a hair across a whole photo to a hair of one pixel.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 0.05..=100.0;

/// How far stated scales are trusted, as a share: makers calibrate with a stage micrometer, and zoom and focus then move.
const STATED_UNCERTAINTY: f64 = 0.005;

impl Calibration {
    /// The scale someone states, in micrometers per pixel.
    ///
    /// # Accuracy
    /// The standard uncertainty is 0.5 %.
    ///
    /// # Errors
    /// When it is not from 0.05 to 100 µm per pixel.
    ///
    /// # Examples
    /// ```
    /// use anagen::calibration::{Calibration, ScaleSource};
    /// assert_eq!(Calibration::stated(2.76, ScaleSource::CommandLine).unwrap().standard_uncertainty, 2.76 * 0.005);
    /// assert!(Calibration::stated(0.0, ScaleSource::CommandLine).is_err());
    /// ```
    pub fn stated(um_per_px: f64, source: ScaleSource) -> Result<Self, ScaleError> {
        Self::plausible(um_per_px, STATED_UNCERTAINTY * um_per_px, source)
    }

    /// The scale at which a bar found in the photo is this long on the skin.
    ///
    /// # Errors
    /// When that is not from 0.05 to 100 µm per pixel.
    pub fn from_scale_bar(bar: &ScaleBar, length: Millimeters) -> Result<Self, ScaleError> {
        let um_per_px = Micrometers::from(length).0 / bar.length.0;
        Self::plausible(um_per_px, um_per_px * bar.standard_error.0 / bar.length.0, ScaleSource::ScaleBar)
    }

    /// The scale by the physical resolution the file states, where it states a real one; trusted to 0.5 %.
    pub fn from_acquisition(acquisition: &Acquisition) -> Option<Self> {
        let um_per_px = acquisition.um_per_px?;
        Self::plausible(um_per_px, STATED_UNCERTAINTY * um_per_px, ScaleSource::FileResolution).ok()
    }

    fn plausible(um_per_px: f64, standard_uncertainty: f64, source: ScaleSource) -> Result<Self, ScaleError> {
        if PLAUSIBLE.contains(&um_per_px) && standard_uncertainty.is_finite() {
            Ok(Self { um_per_px, standard_uncertainty, source })
        } else {
            Err(ScaleError { um_per_px })
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scales_a_photo_can_have_are_taken() {
        for wrong in [0.0, -2.76, f64::NAN, f64::INFINITY, 0.01, 1000.0] {
            assert!(Calibration::stated(wrong, ScaleSource::Config).is_err(), "{wrong}");
        }
        let bar = ScaleBar { length: Pixels(362.0), standard_error: Pixels(0.5), regions: vec![] };
        for wrong in [0.0, -1.0, f64::NAN, 1e9] {
            assert!(Calibration::from_scale_bar(&bar, Millimeters(wrong)).is_err(), "{wrong} mm");
        }
    }

    #[test]
    fn a_bars_uncertainty_carries_to_the_scale() {
        let bar = ScaleBar { length: Pixels(400.0), standard_error: Pixels(0.8), regions: vec![] };
        let scale = Calibration::from_scale_bar(&bar, Millimeters(1.0)).expect("a scale");
        assert_eq!((scale.um_per_px, scale.source), (2.5, ScaleSource::ScaleBar));
        assert!((scale.standard_uncertainty - 2.5 * 0.002).abs() < 1e-12);
    }

    #[test]
    fn no_stated_resolution_is_no_scale() {
        assert_eq!(Calibration::from_acquisition(&Acquisition::default()), None);
        let stated = Acquisition { um_per_px: Some(2.0), ..Acquisition::default() };
        assert_eq!(Calibration::from_acquisition(&stated).map(|c| (c.um_per_px, c.standard_uncertainty)), Some((2.0, 0.01)));
    }
}
