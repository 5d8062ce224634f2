//! Photo to what each pixel is: how much darker or lighter than its skin, which lines run there, and where shafts show through the skin.

mod bridge;
pub mod learned;
mod network;
pub mod ridge;
pub mod steger;
mod view;

pub use view::{Colors, Lights, View};

use crate::calibration::Calibration;
use crate::field::Field;
use crate::geometry::Point;
use crate::photo::Photo;
use crate::raster::{Plane, sample};
use learned::Model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use steger::Line;

/// Which detector finds the hair.
#[derive(Debug, Clone, PartialEq)]
pub enum Detector {
    /// Classical ridge detection; needs no model.
    Ridge,
    /// A trained network, which weighs its own lines and those of ridge detection.
    Learned(Model),
}

/// The learned one, with the weights that ship: as good as ridges on photos of clipped dark hair, better by far on long, light and fine hair.
impl Default for Detector {
    fn default() -> Self {
        Self::Learned(Model::shipped())
    }
}

impl Detector {
    /// Its name on the command line and in files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Learned(_) => "learned",
            Self::Ridge => "ridge",
        }
    }

    /// The SHA-256 of its weights, where it has any.
    pub fn model_sha256(&self) -> Option<&str> {
        match self {
            Self::Learned(model) => Some(model.sha256()),
            Self::Ridge => None,
        }
    }
}

impl Serialize for Detector {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How a shaft stands against its skin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Darker than the skin.
    Dark,
    /// Lighter than the skin.
    Light,
}

/// Micrometers per working pixel: a 30 µm hair is then 6 pixels wide, and cost follows the area of skin, not the camera.
pub const WORKING_UM: f64 = 5.0;

/// The coarsest scale at which hair is looked for at [`WORKING_UM`]: a usual hair is five photo pixels wide. A coarser photo holds no more when it
/// is enlarged further, and a scale stated wrong must not cost the memory of a thousand photos.
pub const COARSEST_UM_PER_PX: f64 = 12.5;

/// The most working pixels of one photo, which take about 0.6 GB and are 10 cm² of skin: beyond them, as in a photo of 50 megapixels said to show 70,
/// the grid is coarser.
const MOST_WORKING_PX: f64 = 4e7;

/// Photo pixels per working pixel. Where the scale is unknown the hair itself gives it, taken to be of usual thickness; `None` where none shows.
pub fn working_factor(photo: &Photo, field: &Field, calibration: Option<&Calibration>) -> Option<f64> {
    let wanted = match calibration {
        Some(calibration) => WORKING_UM / calibration.um_per_px.min(COARSEST_UM_PER_PX),
        None => ridge::usual_stroke(photo, field)?,
    };
    let pixels = photo.width() as f64 * photo.height() as f64;
    Some(wanted.max((pixels / MOST_WORKING_PX).sqrt()))
}

/// What the detector saw, on a grid of `factor` photo pixels per working pixel.
#[derive(Debug, Clone)]
pub struct Segmentation {
    /// Photo pixels per working pixel; working position p shows photo position (p + 0.5) × factor − 0.5.
    pub factor: f64,
    /// The typical width of a shaft, in working pixels.
    pub stroke: f64,
    /// How hair of each tone stands out, in natural-log units of light; 0 is bare skin.
    pub contrasts: Vec<Contrast>,
    /// How much redder light the skin swallows than its surroundings, on a grid of two working pixels: shafts under the skin show as a bluish
    /// haze.
    pub haze: Plane,
}

/// Hair of one tone.
#[derive(Debug, Clone)]
pub struct Contrast {
    /// Which.
    pub tone: Tone,
    /// Log of skin over light for dark hair, of light over skin for light hair.
    pub plane: Plane,
    /// The lines found at several scales.
    pub lines: Vec<Line>,
}

impl Segmentation {
    /// The haze at a working position.
    pub fn haze_at(&self, p: Point) -> f64 {
        f64::from(sample(&self.haze, Point::new((p.x + 0.5) / 2.0 - 0.5, (p.y + 0.5) / 2.0 - 0.5)))
    }

    /// Where a working position lies in the photo.
    pub fn to_photo(&self, p: Point) -> Point {
        Point::new((p.x + 0.5) * self.factor - 0.5, (p.y + 0.5) * self.factor - 0.5)
    }
}
