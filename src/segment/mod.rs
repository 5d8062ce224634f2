//! Photo to what each pixel is: how much darker or lighter than its skin, which lines run there, and where shafts show through the skin.

pub mod ridge;
pub mod steger;

use crate::geometry::Point;
use crate::raster::Plane;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use steger::Line;

/// Which detector finds the hair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detector {
    /// Classical ridge detection; needs no model.
    #[default]
    Ridge,
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

/// What the detector saw, on a grid of `factor` photo pixels per working pixel.
#[derive(Debug, Clone)]
pub struct Segmentation {
    /// Photo pixels per working pixel; working position p shows photo position (p + 0.5) × factor − 0.5.
    pub factor: f64,
    /// The typical width of a shaft, in working pixels.
    pub stroke: f64,
    /// How hair of each tone stands out, in natural-log units of light; 0 is bare skin.
    pub contrasts: Vec<Contrast>,
    /// How much redder light the skin swallows than its surroundings: shafts under the skin show as a bluish haze.
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
    /// Where a working position lies in the photo.
    pub fn to_photo(&self, p: Point) -> Point {
        Point::new((p.x + 0.5) * self.factor - 0.5, (p.y + 0.5) * self.factor - 0.5)
    }
}
