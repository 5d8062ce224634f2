//! One photo, from pixels to measurements, top to bottom.

use crate::calibration::{Calibration, ScaleBar};
use crate::field::{Field, Roi};
use crate::follicle::{self, Unit};
use crate::measure::{self, Cuts, Measurement};
use crate::photo::{Caveat, Photo};
use crate::segment::Detector;
use crate::strand::Strand;
use crate::units::Millimeters;
use serde::{Deserialize, Serialize};

/// How a photo's scale is to be found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// As stated.
    Known(Calibration),
    /// By the scale bar burned into the photo, this long on the skin.
    Bar(Millimeters),
    /// By the physical resolution the file states, if it is a real one; else not at all.
    FromFile,
}

/// What decides an analysis, besides the photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How the scale is found.
    pub scale: Scale,
    /// The part to count in, in photo pixels; the whole skin by default.
    pub roi: Option<Roi>,
    /// Which detector finds the hair.
    pub detector: Detector,
    /// The thickness cuts.
    pub cuts: Cuts,
}

/// Everything found in one photo.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The scale, where one is known.
    pub calibration: Option<Calibration>,
    /// The counted part of the skin.
    pub field: Field,
    /// Every traced shaft, ids ascending from 0.
    pub strands: Vec<Strand>,
    /// Strands grouped by ostium.
    pub units: Vec<Unit>,
    /// The catalogue, in its fixed order.
    pub measurements: Vec<Measurement>,
    /// What a reader of the numbers should know.
    pub caveats: Vec<Caveat>,
}

/// The stages of an analysis, in order; told to the caller as each begins, who may time them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Bytes to pixels.
    Decode,
    /// The scale.
    Calibrate,
    /// The counted part of the skin.
    Field,
    /// What each pixel is.
    Segment,
    /// Strands.
    Trace,
    /// Widths.
    Width,
    /// Follicular units.
    Group,
    /// The catalogue.
    Measure,
    /// Files and overlays.
    Write,
}

/// Analyzes one photo: a pure function of its pixels and the settings. `begins` is called as each stage begins.
pub fn analyze(photo: &Photo, settings: &Settings, mut begins: impl FnMut(Stage)) -> Analysis {
    begins(Stage::Calibrate);
    // The bar covers skin whether or not it gives the scale.
    let bar = ScaleBar::find(photo);
    let calibration = match settings.scale {
        Scale::Known(calibration) => Some(calibration),
        Scale::Bar(length) => bar.as_ref().and_then(|bar| Calibration::from_scale_bar(bar, length).ok()),
        Scale::FromFile => Calibration::from_acquisition(photo.acquisition()),
    };
    begins(Stage::Field);
    let (field, caveats) = Field::find(photo, bar.as_ref(), settings.roi.as_ref());
    begins(Stage::Group);
    let strands = vec![];
    let units = follicle::group(&strands, calibration.as_ref());
    begins(Stage::Measure);
    let measurements = measure::catalogue(&strands, &units, &field, calibration.as_ref(), &settings.cuts);
    Analysis { calibration, field, strands, units, measurements, caveats }
}
