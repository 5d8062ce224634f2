//! Pixels and how they were acquired: decoding with limits, orientation, color profile, date and device.

mod acquisition;
mod decode;
mod jpeg;
mod scaled;

pub use acquisition::Acquisition;
pub use decode::PhotoError;
pub use scaled::Scaled;

use crate::geometry::Rect;
use crate::raster::wide::widely;
use crate::raster::{CONTIGUOUS, Plane, Shades};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a file may claim before anything is allocated for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The most pixels, in millions. Default: 200.
    pub megapixels: f64,
    /// The most bytes the decoded pixels may take. Default: 2 GiB.
    pub bytes: u64,
}

impl Limits {
    /// Whether a photo may have so many pixels.
    pub fn allow(&self, width: usize, height: usize) -> bool {
        width as f64 * height as f64 <= self.megapixels * 1e6
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { megapixels: 200.0, bytes: 2 << 30 }
    }
}

/// Something about a photo that a reader of its numbers should know; never a reason to stop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// Hair is as thick by this scale as no human hair is.
    ImplausibleScale,
    /// A file held several pictures; the first was read.
    SeveralPictures,
    /// Blur is a large part of the widths.
    BlurDominates,
    /// Hair crosses so much that it is traced in pieces.
    CrossingHair,
    /// Much of what looks like hair could not be traced.
    UntracedHair,
    /// Many strands whose root and tip could not be told apart.
    DirectionUnclear,
    /// Two photos are not shown to be of the same skin.
    NotSameField,
    /// One photo is a mirror image of the other.
    Mirrored,
    /// Two photos of the same skin whose stated scales do not fit each other.
    ScalesDisagree,
    /// A photo was compared with itself.
    SamePhoto,
    /// When one of two photos was taken is not known.
    DatesMissing,
    /// The follow-up was taken before the baseline.
    DatesReversed,
    /// The names say different subjects or sites.
    SitesDiffer,
    /// Too few sessions can be compared for a trend.
    FewSessions,
    /// Growing and resting hairs were asked for and cannot be told.
    NoPhototrichogram,
    /// Growth was asked for and cannot be told.
    NoGrowth,
    /// Much hair is lighter than its skin, and its thickness rests on how much light it is taken to let through.
    LightHair,
}

/// A decoded photo, upright, in sRGB.
#[derive(Debug, Clone)]
pub struct Photo {
    width: usize,
    height: usize,
    samples: Samples,
    /// The linear light of every value a sample can take, so that asking for a pixel's light is three look-ups.
    linear: Arc<[f32]>,
    acquisition: Acquisition,
    caveats: Vec<Caveat>,
}

/// Colors at the depth the file kept them at, row by row.
#[derive(Debug, Clone)]
enum Samples {
    Eight(Vec<[u8; 3]>),
    Sixteen(Vec<[u16; 3]>),
}

/// The weights of red, green and blue in luminance (Rec. 709).
const LUMINANCE: [f32; 3] = [0.2126, 0.7152, 0.0722];

impl Photo {
    /// The photo with these sRGB colors, row by row from the top left; nothing is known of how it was acquired.
    ///
    /// # Panics
    /// When there is not one color per pixel, or no pixel.
    pub fn from_rgb8(width: usize, height: usize, pixels: Vec<[u8; 3]>) -> Self {
        Self::new(width, height, Samples::Eight(pixels))
    }

    /// The photo with these sRGB colors of 16 bits a channel, row by row from the top left; nothing is known of how it was acquired.
    ///
    /// # Panics
    /// When there is not one color per pixel, or no pixel.
    pub fn from_rgb16(width: usize, height: usize, pixels: Vec<[u16; 3]>) -> Self {
        Self::new(width, height, Samples::Sixteen(pixels))
    }

    fn new(width: usize, height: usize, samples: Samples) -> Self {
        let (colors, top) = match &samples {
            Samples::Eight(pixels) => (pixels.len(), u8::MAX.into()),
            Samples::Sixteen(pixels) => (pixels.len(), u16::MAX),
        };
        assert!(width > 0 && height > 0 && colors == width * height, "one color per pixel, and one pixel at least");
        let linear = (0..=top).map(|v| srgb_to_linear(f64::from(v) / f64::from(top)) as f32).collect();
        Self { width, height, samples, linear, acquisition: Acquisition::default(), caveats: vec![] }
    }

    /// Pixels from left to right; at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom; at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// When, with what and at what resolution the photo was taken, as far as its file says.
    pub fn acquisition(&self) -> &Acquisition {
        &self.acquisition
    }

    /// What decoding found that a reader of the numbers should know.
    pub fn caveats(&self) -> &[Caveat] {
        &self.caveats
    }

    /// The sRGB-encoded color at a pixel, each channel 0 to 1.
    pub fn rgb(&self, x: usize, y: usize) -> [f32; 3] {
        let i = y * self.width + x;
        match &self.samples {
            Samples::Eight(pixels) => pixels[i].map(|v| f32::from(v) / 255.0),
            Samples::Sixteen(pixels) => pixels[i].map(|v| f32::from(v) / 65535.0),
        }
    }

    /// The sRGB-encoded colors of a row, of 8 bits a channel, from left to right.
    pub fn rgb8_row(&self, y: usize) -> Vec<[u8; 3]> {
        let row = y * self.width..(y + 1) * self.width;
        match &self.samples {
            Samples::Eight(pixels) => pixels[row].to_vec(),
            Samples::Sixteen(pixels) => pixels[row].iter().map(|color| color.map(eight)).collect(),
        }
    }

    /// The light at a pixel: linear-light luminance (Rec. 709), 0 to 1.
    pub fn light(&self, x: usize, y: usize) -> f32 {
        let i = y * self.width + x;
        let [r, g, b] = match &self.samples {
            Samples::Eight(pixels) => pixels[i].map(usize::from),
            Samples::Sixteen(pixels) => pixels[i].map(usize::from),
        };
        LUMINANCE[0] * self.linear[r] + LUMINANCE[1] * self.linear[g] + LUMINANCE[2] * self.linear[b]
    }

    /// Writes the light of neighboring pixels of a row, from column `x` on.
    pub fn light_row(&self, x: usize, y: usize, values: &mut [f32]) {
        let pixels = y * self.width + x..y * self.width + x + values.len();
        let light = |[r, g, b]: [usize; 3]| LUMINANCE[0] * self.linear[r] + LUMINANCE[1] * self.linear[g] + LUMINANCE[2] * self.linear[b];
        match &self.samples {
            Samples::Eight(all) => values.iter_mut().zip(&all[pixels]).for_each(|(value, color)| *value = light(color.map(usize::from))),
            Samples::Sixteen(all) => values.iter_mut().zip(&all[pixels]).for_each(|(value, color)| *value = light(color.map(usize::from))),
        }
    }

    /// How colorful a pixel is: its largest channel less its smallest, sRGB-encoded, of 255.
    pub fn chroma(&self, x: usize, y: usize) -> u8 {
        let i = y * self.width + x;
        match &self.samples {
            Samples::Eight(pixels) => chroma(pixels[i]),
            Samples::Sixteen(pixels) => eight(chroma(pixels[i])),
        }
    }

    /// How colorful the pixels of a row are, from the first on.
    pub fn chroma_row(&self, y: usize, values: &mut [u8]) {
        let row = y * self.width..(y + 1) * self.width;
        widely(
            #[inline(always)]
            || match &self.samples {
                Samples::Eight(pixels) => values.iter_mut().zip(&pixels[row]).for_each(|(value, color)| *value = chroma(*color)),
                Samples::Sixteen(pixels) => values.iter_mut().zip(&pixels[row]).for_each(|(value, color)| *value = eight(chroma(*color))),
            },
        );
    }

    /// The sRGB-encoded luma (Rec. 709) at every pixel, of 255: how light it looks, and the scale on which what programs draw has even steps.
    pub fn shades(&self) -> Shades {
        let mut shades = Shades::zeros((self.height, self.width));
        let values = shades.as_slice_mut().expect(CONTIGUOUS);
        values.par_chunks_mut(self.width).enumerate().for_each(|(y, values)| {
            let row = y * self.width..(y + 1) * self.width;
            widely(
                #[inline(always)]
                || match &self.samples {
                    Samples::Eight(pixels) => values.iter_mut().zip(&pixels[row]).for_each(|(value, color)| *value = shade(*color)),
                    Samples::Sixteen(pixels) => {
                        values.iter_mut().zip(&pixels[row]).for_each(|(value, color)| *value = shade(color.map(eight)))
                    }
                },
            );
        });
        shades
    }

    /// The sRGB-encoded color planes at `factor` photo pixels per plane pixel, red, green and blue.
    ///
    /// Plane position p shows photo position (p + 0.5) × factor − 0.5. For a factor of 1 or more each plane pixel is the mean of the
    /// square of `factor` × `factor` photo pixels centered there, pixels it covers in part weighted by the part; below 1 the colors are
    /// interpolated bilinearly. A plane has as many rows and columns as the photo holds such squares, rounded, and one at least.
    ///
    /// # Panics
    /// When `factor` is not above 0 and finite.
    pub fn planes(&self, factor: f64) -> [Plane; 3] {
        let scaled = Scaled::new(self, factor);
        let (rows, columns) = scaled.dim();
        let mut planes = [0, 1, 2].map(|_| Plane::zeros((rows, columns)));
        let [red, green, blue] = planes.each_mut().map(|p| p.as_slice_mut().expect("a new plane is contiguous").par_chunks_mut(columns));
        (red, green, blue).into_par_iter().enumerate().for_each(|(row, (red, green, blue))| scaled.row(row, [red, green, blue]));
        planes
    }
}

#[inline(always)]
fn chroma<T: Copy + Ord + std::ops::Sub<Output = T>>([r, g, b]: [T; 3]) -> T {
    r.max(g).max(b) - r.min(g).min(b)
}

/// The luma of a color by whole numbers: [`LUMINANCE`] of 2¹⁵, rounded.
#[inline(always)]
fn shade([r, g, b]: [u8; 3]) -> u8 {
    const WEIGHTS: [u32; 3] = [6966, 23436, 2366];
    ((WEIGHTS[0] * u32::from(r) + WEIGHTS[1] * u32::from(g) + WEIGHTS[2] * u32::from(b) + (1 << 14)) >> 15) as u8
}

/// A value of 16 bits at 8.
#[inline(always)]
fn eight(value: u16) -> u8 {
    ((u32::from(value) * 255 + 32767) / 65535) as u8
}

/// The linear light of an sRGB-encoded value, both 0 to 1 (IEC 61966-2-1).
fn srgb_to_linear(v: f64) -> f64 {
    if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A photo whose every pixel differs from its neighbors.
    fn gradient(width: usize, height: usize) -> Photo {
        let color = |i: usize| [(i * 7 % 256) as u8, (i * 13 % 251) as u8, (i * 29 % 241) as u8];
        Photo::from_rgb8(width, height, (0..width * height).map(color).collect())
    }

    #[test]
    fn one_pixel_fills_any_plane() {
        let photo = Photo::from_rgb8(1, 1, vec![[255, 0, 51]]);
        for factor in [0.5, 1.0, 1.7, 100.0] {
            let [r, g, b] = photo.planes(factor);
            assert!(r.iter().all(|&v| v == 1.0) && g.iter().all(|&v| v == 0.0) && b.iter().all(|&v| (v - 0.2).abs() < 1e-6));
        }
    }

    #[test]
    fn planes_at_one_to_one_are_the_photo() {
        let photo = gradient(7, 5);
        let planes = photo.planes(1.0);
        for (y, x) in (0..5).flat_map(|y| (0..7).map(move |x| (y, x))) {
            let seen = planes.each_ref().map(|plane| plane[[y, x]]);
            assert!(seen.iter().zip(photo.rgb(x, y)).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }

    #[test]
    fn planes_are_the_mean_of_what_they_cover() {
        let photo = gradient(23, 17);
        for factor in [1.3, 2.0, 2.5, 4.9] {
            let planes = photo.planes(factor);
            let (rows, columns) = planes[0].dim();
            // Brute force: the mean over a fine lattice of points of each cell.
            for (row, column) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
                let n = 200;
                let (mut sum, mut points) = (0.0, 0.0);
                for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
                    let x = (column as f64 + (i as f64 + 0.5) / n as f64) * factor;
                    let y = (row as f64 + (j as f64 + 0.5) / n as f64) * factor;
                    if x < 23.0 && y < 17.0 {
                        sum += f64::from(photo.rgb(x as usize, y as usize)[1]);
                        points += 1.0;
                    }
                }
                assert!((f64::from(planes[1][[row, column]]) - sum / points).abs() < 5e-3, "factor {factor} at {row}, {column}");
            }
        }
    }

    #[test]
    fn a_finer_plane_interpolates_at_the_stated_places() {
        // Bilinear interpolation of a ramp gives the ramp back, so positions are checked exactly.
        let photo = Photo::from_rgb8(6, 4, (0..24).map(|i| [(i % 6 * 40) as u8; 3]).collect());
        let [red, ..] = photo.planes(0.5);
        assert_eq!(red.dim(), (8, 12));
        for column in 1..11 {
            let x = (column as f64 + 0.5) * 0.5 - 0.5;
            assert!((f64::from(red[[3, column]]) - x * 40.0 / 255.0).abs() < 1e-6);
        }
    }

    #[test]
    fn sixteen_bits_agree_with_eight() {
        let eight = gradient(9, 4);
        let pixels = (0..36).map(|i| eight.rgb(i % 9, i / 9).map(|v| (v * 65535.0).round() as u16)).collect();
        let sixteen = Photo::from_rgb16(9, 4, pixels);
        let differs = |(x, y): (usize, usize)| (eight.light(x, y) - sixteen.light(x, y)).abs() > 1e-5;
        assert!(!(0..36).any(|i| differs((i % 9, i / 9))));
        assert!((0..4).all(|y| eight.rgb8_row(y) == sixteen.rgb8_row(y)));
    }

    #[test]
    fn shades_are_the_luma_to_half_a_step_at_either_depth() {
        let eight = gradient(41, 23);
        let sixteen =
            Photo::from_rgb16(41, 23, (0..41 * 23).map(|i| eight.rgb(i % 41, i / 41).map(|v| (v * 65535.0).round() as u16)).collect());
        let (shades, deep) = (eight.shades(), sixteen.shades());
        for ((y, x), shade) in shades.indexed_iter() {
            let luma: f32 = eight.rgb(x, y).iter().zip(LUMINANCE).map(|(v, weight)| 255.0 * v * weight).sum();
            assert!((f32::from(*shade) - luma).abs() < 0.51, "{shade} for {luma}");
            assert_eq!((*shade, eight.chroma(x, y)), (deep[[y, x]], sixteen.chroma(x, y)));
        }
        let ends = Photo::from_rgb8(2, 1, vec![[255; 3], [0; 3]]).shades();
        assert_eq!(ends, ndarray::array![[255, 0]]);
    }

    #[test]
    fn white_is_full_light_and_black_none() {
        let photo = Photo::from_rgb8(2, 1, vec![[255; 3], [0; 3]]);
        assert!((photo.light(0, 0) - 1.0).abs() < 1e-6 && photo.light(1, 0) == 0.0);
    }
}
