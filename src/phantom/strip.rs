//! One straight shaft of known width, drawn exactly: the standard against which width is proved.

use crate::geometry::{Point, Polyline, Vector};
use crate::raster::Plane;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use statrs::function::erf::erf;

/// A straight shaft across the whole picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    /// Across the shaft, in pixels.
    pub width: f64,
    /// The standard deviation of the optics' Gaussian point spread, in pixels; each pixel then collects light over its own square.
    pub point_spread: f64,
    /// The direction of the shaft in radians.
    pub angle: f64,
    /// A point on its middle line.
    pub middle: Point,
    /// The light of the skin to the left and right of the direction of travel (`normal` points right), and of the shaft; linear, 0 to 1.
    pub skin: [f64; 2],
    /// See `skin`.
    pub shaft: f64,
    /// The light of the central reflex, as a share of the way from shaft to skin.
    pub reflex: f64,
    /// Where the reflex lies, as a share of the width from the middle.
    pub reflex_offset: f64,
    /// The standard deviation of a pixel's noise, in linear light.
    pub noise: f64,
}

impl Default for Strip {
    fn default() -> Self {
        Self {
            width: 8.0,
            point_spread: 1.0,
            angle: 0.3,
            middle: Point::new(40.0, 40.0),
            skin: [0.45, 0.45],
            shaft: 0.05,
            reflex: 0.0,
            reflex_offset: 0.0,
            noise: 0.0,
        }
    }
}

impl Strip {
    /// The standard deviation of the whole spread, the pixel's own square included.
    pub fn whole_spread(&self) -> f64 {
        (self.point_spread * self.point_spread + 1.0 / 12.0).sqrt()
    }

    /// The middle line, from one side of a picture of this size to the other.
    pub fn centerline(&self, width: usize, height: usize) -> Polyline {
        let along = Vector::from_angle(self.angle);
        let reach = |at: f64, step: f64, size: usize| {
            if step.abs() < 1e-9 { f64::INFINITY } else { (if step > 0.0 { size as f64 - 1.0 - at } else { -at }) / step }
        };
        let forward = reach(self.middle.x, along.x, width).min(reach(self.middle.y, along.y, height));
        let backward = reach(self.middle.x, -along.x, width).min(reach(self.middle.y, -along.y, height));
        Polyline::new(vec![self.middle - along * backward, self.middle + along * forward])
    }

    /// The picture in linear light, rounded to 8-bit sRGB and back where `rounded`.
    pub fn draw(&self, width: usize, height: usize, seed: u64, rounded: bool) -> Plane {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let noise = Normal::new(0.0, self.noise.max(0.0)).ok();
        let normal = Vector::from_angle(self.angle).normal();
        Plane::from_shape_fn((height, width), |(row, column)| {
            // A pixel's square, by the mean over 4 × 4 places in it.
            let mut light = 0.0;
            for i in 0..4 {
                for j in 0..4 {
                    let at = Point::new(column as f64 + (f64::from(i) - 1.5) / 4.0, row as f64 + (f64::from(j) - 1.5) / 4.0);
                    light += self.light_at((at - self.middle).dot(normal)) / 16.0;
                }
            }
            let noisy = light + noise.map_or(0.0, |n| n.sample(&mut rng));
            (if rounded { rounded_to_srgb(noisy) } else { noisy }) as f32
        })
    }

    /// The blurred light at a distance across the shaft.
    fn light_at(&self, x: f64) -> f64 {
        let below = |edge: f64| match (x - edge) / self.point_spread {
            z if z < -7.0 => 0.0,
            z if z > 7.0 => 1.0,
            z => 0.5 * (1.0 + erf(z / std::f64::consts::SQRT_2)),
        };
        let [left, right] = self.skin;
        let half = self.width / 2.0;
        // The reflex is a Gaussian streak a tenth of the width in standard deviation; blurring a Gaussian widens and lowers it.
        let own = 0.1 * self.width;
        let sigma = own.hypot(self.point_spread);
        let z = (x - self.reflex_offset * self.width) / sigma;
        let peak = self.reflex * ((left + right) / 2.0 - self.shaft) * own / sigma;
        left + (self.shaft - left) * below(-half) + (right - self.shaft) * below(half) + peak * (-z * z / 2.0).exp()
    }
}

fn rounded_to_srgb(light: f64) -> f64 {
    let light = light.clamp(0.0, 1.0);
    let encoded = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    let value = (encoded * 255.0).round() / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}
