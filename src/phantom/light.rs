//! A picture in linear light, from drawing to exposure.

use super::dice::Dice;
use crate::geometry::Point;
use rayon::prelude::*;

/// A color in linear light, red, green, blue; 1 is as bright as the camera records.
pub type Color = [f32; 3];

/// What the sensor adds to the light it sees.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Noise {
    /// Standard deviation at no light, in linear light.
    pub read: f32,
    /// Variance per unit of light, in linear light.
    pub shot: f32,
}

/// A picture in linear light.
#[derive(Debug, Clone)]
pub struct Light {
    width: usize,
    height: usize,
    pixels: Vec<Color>,
}

impl Light {
    /// An even picture.
    pub fn filled(width: usize, height: usize, color: Color) -> Self {
        Self { width, height, pixels: vec![color; width * height] }
    }

    /// The picture whose color at (x, y) a function gives.
    pub fn from_fn(width: usize, height: usize, color: impl Fn(usize, usize) -> Color + Sync) -> Self {
        let mut light = Self::filled(width, height, [0.0; 3]);
        light.change(|x, y, pixel| *pixel = color(x, y));
        light
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The color at a pixel.
    pub fn at(&self, x: usize, y: usize) -> Color {
        self.pixels[y * self.width + x]
    }

    /// The color between pixels, in even steps from one to the next; beyond the picture that of its edge.
    pub fn between(&self, p: Point) -> Color {
        let clamped = |v: f64, n: usize| v.clamp(0.0, n.saturating_sub(1) as f64);
        let (x, y) = (clamped(p.x, self.width), clamped(p.y, self.height));
        let (i, j) = (x as usize, y as usize);
        let (k, l) = ((i + 1).min(self.width - 1), (j + 1).min(self.height - 1));
        let t = (x - i as f64) as f32;
        mix(mix(self.at(i, j), self.at(k, j), t), mix(self.at(i, l), self.at(k, l), t), (y - j as f64) as f32)
    }

    /// A pixel to draw on.
    pub fn at_mut(&mut self, x: usize, y: usize) -> &mut Color {
        &mut self.pixels[y * self.width + x]
    }

    /// Changes every pixel by a function of its place.
    pub fn change(&mut self, change: impl Fn(usize, usize, &mut Color) + Sync) {
        let width = self.width.max(1);
        self.pixels.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
            for (x, pixel) in row.iter_mut().enumerate() {
                change(x, y, pixel);
            }
        });
    }

    /// The sum of every pixel, per channel.
    pub fn total(&self) -> [f64; 3] {
        self.pixels.iter().fold([0.0; 3], |sum, p| [0, 1, 2].map(|c| sum[c] + f64::from(p[c])))
    }

    /// The picture seen through a Gaussian point spread of standard deviation `sigma` pixels. Light that would leave the picture is mirrored
    /// back, so the total stays.
    pub fn blurred(&self, sigma: f64) -> Self {
        if sigma <= 0.0 || self.pixels.is_empty() {
            return self.clone();
        }
        let radius = (4.0 * sigma).ceil() as usize;
        let mut kernel: Vec<f32> = (0..=radius).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp() as f32).collect();
        let total = kernel[0] + 2.0 * kernel[1..].iter().sum::<f32>();
        kernel.iter_mut().for_each(|k| *k /= total);

        let (width, height) = (self.width, self.height);
        let mut across = Self::filled(width, height, [0.0; 3]);
        across.pixels.par_chunks_mut(width).zip(self.pixels.par_chunks(width)).for_each(|(out, row)| {
            let padded: Vec<Color> = (-(radius as i64)..(width + radius) as i64).map(|x| row[mirrored(x, width)]).collect();
            for (x, pixel) in out.iter_mut().enumerate() {
                let center = x + radius;
                let mut sum = padded[center].map(|v| v * kernel[0]);
                for (i, k) in kernel.iter().enumerate().skip(1) {
                    for c in 0..3 {
                        sum[c] += k * (padded[center - i][c] + padded[center + i][c]);
                    }
                }
                *pixel = sum;
            }
        });
        let mut down = Self::filled(width, height, [0.0; 3]);
        down.pixels.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
            for offset in -(radius as i64)..=radius as i64 {
                let k = kernel[offset.unsigned_abs() as usize];
                let source = mirrored(y as i64 + offset, height) * width;
                for (pixel, from) in out.iter_mut().zip(&across.pixels[source..source + width]) {
                    for c in 0..3 {
                        pixel[c] += k * from[c];
                    }
                }
            }
        });
        down
    }

    /// The picture at `factor` times fewer pixels each way, each the mean of what it covers; both sides must be multiples of `factor`.
    pub fn binned(&self, factor: usize) -> Self {
        let share = 1.0 / (factor * factor) as f32;
        Self::from_fn(self.width / factor, self.height / factor, |x, y| {
            let mut sum = [0.0; 3];
            for v in 0..factor {
                for u in 0..factor {
                    let pixel = self.at(x * factor + u, y * factor + v);
                    (0..3).for_each(|c| sum[c] += pixel[c]);
                }
            }
            sum.map(|s| s * share)
        })
    }

    /// The sRGB-encoded picture a sensor with this noise records.
    pub fn exposed(&self, noise: Noise, seed: u64) -> Vec<[u8; 3]> {
        let mut out = vec![[0; 3]; self.pixels.len()];
        let width = self.width.max(1);
        // The encoding at 2¹⁶ levels: a twentieth of an 8-bit step apart at most.
        let levels = f32::from(u16::MAX);
        let encoded: Vec<u8> = (0..=u16::MAX).map(|v| (encode(f32::from(v) / levels) * 255.0 + 0.5) as u8).collect();
        let noiseless = noise == Noise::default();
        out.par_chunks_mut(width).zip(self.pixels.par_chunks(width)).enumerate().for_each(|(y, (out, row))| {
            // A stream per row makes the noise the same at any number of threads.
            let mut dice = Dice::new(seed, y as u64);
            for (to, from) in out.iter_mut().zip(row) {
                *to = from.map(|v| {
                    let sd = (noise.read * noise.read + noise.shot * v.max(0.0)).sqrt();
                    let seen = if noiseless { v } else { v + sd * dice.normal(0.0, 1.0) as f32 };
                    encoded[(seen.clamp(0.0, 1.0) * levels + 0.5) as usize]
                });
            }
        });
        out
    }
}

/// The whole-number place mirrored into 0..n, edges repeated.
fn mirrored(at: i64, n: usize) -> usize {
    let folded = at.rem_euclid(2 * n as i64) as usize;
    if folded < n { folded } else { 2 * n - 1 - folded }
}

/// The sRGB encoding of linear light, both 0 to 1.
pub fn encode(linear: f32) -> f32 {
    let v = linear.clamp(0.0, 1.0);
    if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

/// The linear light of an 8-bit sRGB color.
pub fn decode(srgb: [u8; 3]) -> Color {
    srgb.map(|v| {
        let v = f32::from(v) / 255.0;
        if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    })
}

/// The color a share `t` of the way from one to another.
pub(crate) fn mix(from: Color, to: Color, t: f32) -> Color {
    [0, 1, 2].map(|c| from[c] + (to[c] - from[c]) * t)
}
