//! Pixels and how they were acquired: decoding with limits, orientation, color profile, date and device.

use crate::geometry::Rect;
use serde::{Deserialize, Serialize};

/// What a file may claim before anything is allocated for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The most pixels, in millions. Default: 200.
    pub megapixels: f64,
    /// The most bytes the decoded pixels may take. Default: 2 GiB.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { megapixels: 200.0, bytes: 2 << 30 }
    }
}

/// Something about a photo that a reader of its numbers should know; never a reason to stop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caveat {
    /// What kind of trouble, for programs.
    pub code: CaveatCode,
    /// What it means for the numbers and what to do about it, for people.
    pub message: String,
    /// The part of the photo it concerns, where it concerns a part.
    #[serde(rename = "where")]
    pub region: Option<Rect>,
}

/// The kinds of trouble a photo may have. Names stay for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaveatCode {
    /// No scale is known: pixels only.
    Uncalibrated,
    /// A scale bar was asked for and none was found in this photo.
    NoScaleBar,
    /// Part or all of the photo is out of focus.
    OutOfFocus,
    /// Part of the skin is blown out.
    Glare,
    /// No hair was found.
    NoHair,
    /// Too little of the photo shows skin to count on.
    SmallField,
    /// Too few pixels across a shaft to measure its width.
    CoarseScale,
    /// A file held several pictures; the first was read.
    SeveralPictures,
    /// Blur is a large part of the widths.
    BlurDominates,
    /// Many strands whose root and tip could not be told apart.
    DirectionUnclear,
}

/// A decoded photo, upright, in sRGB.
#[derive(Debug, Clone)]
pub struct Photo {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Photo {
    /// Stub until decoding lands.
    pub fn from_rgb8(width: usize, height: usize, pixels: Vec<[u8; 3]>) -> Self {
        assert_eq!(pixels.len(), width * height, "one color per pixel");
        Self { width, height, pixels }
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The sRGB-encoded color at a pixel, each channel 0 to 1.
    pub fn rgb(&self, x: usize, y: usize) -> [f32; 3] {
        self.pixels[y * self.width + x].map(|v| f32::from(v) / 255.0)
    }

    /// The light at a pixel: linear-light luminance (Rec. 709), 0 to 1.
    pub fn light(&self, x: usize, y: usize) -> f32 {
        let linear = |v: f32| if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) };
        let [r, g, b] = self.rgb(x, y).map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// The sRGB-encoded color planes at `factor` photo pixels per plane pixel (at least 1), each plane pixel the mean of what it covers.
    /// Plane position p shows photo position (p + 0.5) × factor − 0.5.
    pub fn planes(&self, factor: f64) -> [crate::raster::Plane; 3] {
        let (rows, columns) =
            ((self.height as f64 / factor).round().max(1.0) as usize, (self.width as f64 / factor).round().max(1.0) as usize);
        [0, 1, 2].map(|c| {
            crate::raster::Plane::from_shape_fn((rows, columns), |(r, k)| {
                let y = (((r as f64 + 0.5) * factor) as usize).min(self.height - 1);
                let x = (((k as f64 + 0.5) * factor) as usize).min(self.width - 1);
                self.rgb(x, y)[c]
            })
        })
    }
}
