//! Draws photos whose every hair is known.
//!
//! Skin, shafts and litter are drawn in linear light with exact coverage, seen through a point spread, exposed with noise and only then
//! encoded. Everything follows from a seed: the same scene and seed give the same bytes.

mod dice;
mod glyphs;
mod hair;
mod light;
mod litter;
mod marks;
mod pose;
mod scene;
mod scenes;
mod series;
mod shaft;
mod skin;
mod stroke;
mod texture;

pub use hair::{FineHair, HairLook, Pigment, ShadeLook, UnderSkin};
pub use light::{Color, Light, Noise, decode, encode};
pub use litter::Litter;
pub use marks::Marks;
pub use pose::{Motion, Pose};
pub use scene::{Look, Phantom, Scene, draw, draw_look, scenes};
pub use series::{Course, HairLife, Series, SeriesScene, SeriesTruth, SessionTruth, series_scenes};
pub use shaft::{Reflex, Shaft, Specimen};
pub use skin::SkinLook;

pub mod strip;

use crate::geometry::{Point, Polyline};
use crate::units::Micrometers;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known of a photo: drawn by us, or counted by people. The file beside a photo is `<photo>.truth.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Truth {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// The scale, where it is known.
    pub um_per_px: Option<f64>,
    /// Where people's counting tiles met, so that hairs nearby may be unmarked.
    #[serde(default)]
    pub seams: Seams,
    /// Every hair.
    pub hairs: Vec<TrueHair>,
}

impl Truth {
    /// What in it cannot be true of a photo; `None` where all can.
    pub fn nonsense(&self) -> Option<String> {
        let wrong_width = |hair: &&TrueHair| hair.width_um.is_some_and(|width| width.0 <= 0.0);
        if self.width == 0 || self.height == 0 {
            Some(format!("a photo of {}×{} pixels has no hair to count", self.width, self.height))
        } else if let Some(scale) = self.um_per_px.filter(|scale| *scale <= 0.0) {
            Some(format!("um_per_px is {scale} and has to be above 0, or null where the scale is not known"))
        } else {
            let (at, hair) = self.hairs.iter().enumerate().find(|(_, hair)| wrong_width(hair))?;
            let width = hair.width_um?.0;
            Some(format!("hairs[{at}] has a width_um of {width}, which has to be above 0, or left out where it is not known"))
        }
    }
}

/// The lines along which counting tiles met, in pixels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Seams {
    /// Upright lines.
    pub x: Vec<f64>,
    /// Level lines.
    pub y: Vec<f64>,
}

/// One hair whose place is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrueHair {
    /// `single`, `premium` (in a unit of several), `undersize` (fine), or `abnormal` (debris, broken or loose: neither right nor wrong).
    pub class: String,
    /// Where it leaves the skin.
    pub root: Point,
    /// Its other end.
    pub tip: Point,
    /// Its true thickness, that of its shaft: a pointed end is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_um: Option<Micrometers>,
    /// What it is called in every photo of a series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<usize>,
    /// The follicular unit it grows from, called the same in every photo of a series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<usize>,
    /// Its centerline from root to tip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Polyline>,
}
