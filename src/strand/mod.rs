//! Strands: one traced shaft each, from root to tip, with its width under a pixel.

mod around;
pub mod ends;
mod explain;
pub mod follow;
mod join;
mod orient;
mod part;
mod pose;
mod rooted;
mod select;
mod shaft;
pub mod trace;
mod weigh;
pub mod width;

pub use crate::segment::Tone;
pub use explain::{Addition, Considered, Untraced, chosen};
pub use weigh::{Evidence, Proposal, Source};

use crate::field::Field;
use crate::geometry::{Point, Polyline, Vector};
use crate::units::Pixels;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was really seen at an end of a strand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The shaft leaves the skin.
    Root,
    /// The shaft ends in the open.
    Tip,
    /// The photo or the seen part of it ends before the shaft does.
    Border,
    /// Something lies over the end: glare, a flake, another hair, a caption.
    Occluded,
}

/// The width of one strand, from a profile fit at several places along it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Width {
    /// At the middle of the strand, a pointed end left out: the trimmed mean over the samples about their taper, or the width of the mean profile where the shaft is narrow
    /// beside the blur. Of a shaft too thin to be trusted, the width it is thinner than.
    pub value: Pixels,
    /// One standard deviation of `value`, with what may be wrong in a photo that no fit knows: 1.96 of it hold the truth of 95 % of such strands.
    pub standard_error: Pixels,
    /// The part of that which the fits along this shaft tell: how far off it is where it is one hair by itself on even skin.
    pub fit_error: Pixels,
    /// How many clean places along the shaft it rests on.
    pub samples: usize,
    /// Change of width per pixel from root to tip, a pointed end left out.
    pub taper: f64,
    /// Whether the shaft was measured with a core: the bright reflex of a shiny hair, or a darker middle.
    pub core: bool,
    /// Whether the shaft is thinner than can be trusted under the photo's blur: then `value` is no figure but a bound.
    pub blur_dominated: bool,
}

impl Width {
    /// The width as a figure; `None` for a shaft thinner than can be trusted.
    pub fn trusted(&self) -> Option<Pixels> {
        (!self.blur_dominated).then_some(self.value)
    }
}

/// What is known of a width that has no figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The likeliest.
    pub value: Pixels,
    /// One standard deviation of it.
    pub standard_error: Pixels,
}

/// Our trace of one shaft in one photo, in the photo's pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Strand {
    /// Its number within the photo, from 0.
    pub id: usize,
    /// From root to tip; two points at least.
    pub centerline: Polyline,
    /// What was seen where the centerline begins.
    pub root_end: End,
    /// What was seen where the centerline ends.
    pub tip_end: End,
    /// Its width, where any clean place was found to measure it.
    pub width: Option<Width>,
    /// Its likeliest width, where that is known too little to be its width.
    pub estimate: Option<Estimate>,
    /// Dark or light against its skin.
    pub tone: Tone,
    /// The estimated chance that this is one hair, rightly traced, root and tip told apart; 0 to 1.
    pub confidence: f64,
}

impl Strand {
    /// Where the shaft leaves the skin.
    pub fn root(&self) -> Point {
        self.centerline.points[0]
    }

    /// The other end.
    pub fn tip(&self) -> Point {
        *self.centerline.points.last().expect("a centerline has two points")
    }

    /// Whether the hair counts: its root was seen, and lies in the field.
    pub fn is_counted(&self, field: &Field) -> bool {
        self.root_end != End::Border && field.counts(self.root())
    }

    /// The straight direction from root to tip, or `None` where they coincide.
    pub fn direction(&self) -> Option<Vector> {
        (self.tip() - self.root()).unit()
    }
}
