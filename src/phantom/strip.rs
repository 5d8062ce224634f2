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
    /// See `skin`; where it holds back all of the skin's light.
    pub shaft: f64,
    /// How much of the skin's light it holds back in its middle; less towards its edges as the way through it shortens (Beer and Lambert's law). At 1 it
    /// holds back all of it everywhere.
    pub opacity: f64,
    /// The light of the central reflex, as a share of the way from shaft to skin.
    pub reflex: f64,
    /// Where the reflex lies, as a share of the width from the middle.
    pub reflex_offset: f64,
    /// How much of the way from skin to shaft the skin right beside the shaft is darker, as under a cylinder that lies on it; less farther off.
    pub shade: f64,
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
            opacity: 1.0,
            reflex: 0.0,
            reflex_offset: 0.0,
            shade: 0.0,
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
        // All pixels see one profile: at 64 places to a pixel, straight lines between them are right to 3 in 100 000 of the contrast.
        let reach = (width as f64).hypot(height as f64) + self.middle.distance(Point::new(width as f64 / 2.0, height as f64 / 2.0));
        let profile: Vec<f64> = (0..=(128.0 * reach) as usize + 1).map(|i| self.light_at(i as f64 / 64.0 - reach)).collect();
        let light_at = |x: f64| {
            let at = 64.0 * (x + reach);
            let (low, share) = (at as usize, at.fract());
            profile[low] + (profile[low + 1] - profile[low]) * share
        };
        Plane::from_shape_fn((height, width), |(row, column)| {
            // A pixel's square, by the mean over 4 × 4 places in it.
            let mut light = 0.0;
            for i in 0..4 {
                for j in 0..4 {
                    let at = Point::new(column as f64 + (f64::from(i) - 1.5) / 4.0, row as f64 + (f64::from(j) - 1.5) / 4.0);
                    light += light_at((at - self.middle).dot(normal)) / 16.0;
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
        let streak = peak * (-z * z / 2.0).exp() + self.shaded(x);
        if self.opacity < 1.0 {
            let skin = left + (right - left) * below(0.0);
            return skin + (self.shaft - (left + right) / 2.0) * self.held_back(x) + streak;
        }
        left + (self.shaft - left) * below(-half) + (right - self.shaft) * below(half) + streak
    }

    /// What the skin's shade adds to the light at a distance across the shaft, blurred: a cylinder of radius r hides r² / (x² + r²) of an even sky.
    fn shaded(&self, x: f64) -> f64 {
        if self.shade == 0.0 {
            return 0.0;
        }
        let (half, steps) = (self.width / 2.0, 200);
        let height = 2.0 * self.shade * (self.shaft - f64::midpoint(self.skin[0], self.skin[1]));
        let mut gathered = 0.0;
        for i in 0..steps {
            let z = (f64::from(i) + 0.5) / f64::from(steps) * 12.0 - 6.0;
            let at = x + z * self.point_spread;
            if at.abs() > half {
                gathered += (-z * z / 2.0).exp() / (1.0 + (at / half).powi(2));
            }
        }
        height * gathered * 12.0 / f64::from(steps) / std::f64::consts::TAU.sqrt()
    }

    /// The share of the skin's light that a translucent shaft holds back at a distance across it, blurred.
    fn held_back(&self, x: f64) -> f64 {
        let half = self.width / 2.0;
        if x.abs() > half + 7.0 * self.point_spread {
            return 0.0;
        }
        // By steps even in angle, which crowd at the edges where the chord is steep.
        let steps = 64 + (8.0 * half / self.point_spread) as usize;
        let step = std::f64::consts::PI / steps as f64;
        let sum: f64 = (0..steps)
            .map(|i| {
                let (chord, across) = ((i as f64 + 0.5) * step).sin_cos();
                let z = (x - half * across) / self.point_spread;
                (1.0 - (1.0 - self.opacity).powf(chord)) * chord * (-z * z / 2.0).exp()
            })
            .sum();
        sum * step * half / (self.point_spread * std::f64::consts::TAU.sqrt())
    }
}

/// A photo of strips, each alone on a square tile of its own, and the middle line of each, short of its tile's sides. Strips are laid from
/// left to right at angles and places of their own; where no tile is, there is no light to speak of (NaN). Each tile is rounded to 8 bits.
pub fn sheet(strips: &[Strip], seed: u64) -> (Plane, Vec<Polyline>) {
    let side = |s: &Strip| (4.0 * s.width + 14.0 * s.point_spread + 130.0) as usize;
    let (height, width) = (strips.iter().map(side).max().unwrap_or(0), strips.iter().map(side).sum());
    let mut light = Plane::from_elem((height, width), f32::NAN);
    let mut lines = vec![];
    let mut left = 0;
    for (i, strip) in strips.iter().enumerate() {
        let size = side(strip);
        // Steps by the golden ratio leave no two strips alike.
        let turn = ((seed as f64).mul_add(0.37, 0.618_034 * i as f64)).fract();
        let middle = Point::new(size as f64 / 2.0 + turn, size as f64 / 2.0 + (7.0 * turn).fract());
        let strip = Strip { angle: std::f64::consts::TAU * turn, middle, ..strip.clone() };
        let tile = strip.draw(size, size, seed.wrapping_mul(10_007).wrapping_add(i as u64), true);
        for (row, of_tile) in light.rows_mut().into_iter().zip(tile.rows()) {
            row.into_iter().skip(left).zip(of_tile).for_each(|(to, from)| *to = *from);
        }
        let line = strip.centerline(size, size);
        let (end, right) = (0.8 * strip.width + 4.0 * strip.point_spread + 10.0, Vector::new(left as f64, 0.0));
        lines.push(Polyline::new(vec![line.at(end) + right, line.at(line.length() - end) + right]));
        left += size;
    }
    (light, lines)
}

fn rounded_to_srgb(light: f64) -> f64 {
    let light = light.clamp(0.0, 1.0);
    let encoded = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    let value = (encoded * 255.0).round() / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}
