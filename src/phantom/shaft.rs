//! One hair shaft as light meets it, and pictures of shafts described by hand.

use super::light::{Color, Light, Noise, mix};
use super::stroke::Stroke;
use super::texture::{Texture, smooth_step};
use crate::geometry::{Point, Polyline};
use crate::photo::Photo;
use crate::units::Pixels;

/// The bright streak a shaft mirrors towards the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reflex {
    /// The share of the way from the shaft's color to `color` at the middle of the streak, 0 to 1.
    pub strength: f32,
    /// Where the streak lies across the shaft: −1 is the left edge, 0 the middle, 1 the right edge.
    pub offset: f32,
    /// Standard deviation of the streak across the shaft, in half-widths.
    pub breadth: f32,
    /// The color of the mirrored light.
    pub color: Color,
}

/// One shaft, in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Shaft {
    /// Its middle, root first.
    pub centerline: Polyline,
    /// Its true full width at each point of the centerline, in pixels.
    pub widths: Vec<f64>,
    /// Its own color.
    pub color: Color,
    /// How much of the skin's light it holds back at its middle, 0 to 1; less towards the edges as the chord through the shaft shortens.
    /// At 1 it holds back all of it everywhere.
    pub opacity: f32,
    /// How much darker its edges are than its middle, 0 to 1; a clear shaft bends the light away there.
    pub edge: f32,
    /// Uneven tone along the shaft, as a share of its color.
    pub mottle: f32,
    /// The seed of the unevenness.
    pub mottle_seed: u64,
    /// Its streak, if it shines.
    pub reflex: Option<Reflex>,
    /// The length over which the skin gives the shaft free at its root, in pixels; 0 for a root that shows at once.
    pub emergence: f64,
    /// How far the cut at the tip leans along the shaft, in half-widths; 0 is square.
    pub slant: f64,
    /// Standard deviation of its own defocus at root and tip, in pixels; 0 where it lies in the plane of focus.
    pub defocus: [f64; 2],
}

impl Shaft {
    /// An even, opaque, dull, sharp shaft cut square.
    pub fn even(centerline: Polyline, width: Pixels, color: Color) -> Self {
        let widths = vec![width.0; centerline.points.len()];
        Self {
            centerline,
            widths,
            color,
            opacity: 1.0,
            edge: 0.0,
            mottle: 0.0,
            mottle_seed: 0,
            reflex: None,
            emergence: 0.0,
            slant: 0.0,
            defocus: [0.0; 2],
        }
    }

    /// The same shaft with this streak.
    pub fn with_reflex(self, reflex: Reflex) -> Self {
        Self { reflex: Some(reflex), ..self }
    }

    /// The area within its edges, in square pixels.
    pub fn area(&self) -> f64 {
        self.stroke().area()
    }

    /// The same shaft in a picture of `factor` times as many pixels each way.
    fn magnified(&self, factor: f64) -> Self {
        let place = |p: &Point| Point::new((p.x + 0.5) * factor - 0.5, (p.y + 0.5) * factor - 0.5);
        Self {
            centerline: Polyline::new(self.centerline.points.iter().map(place).collect()),
            widths: self.widths.iter().map(|w| w * factor).collect(),
            emergence: self.emergence * factor,
            defocus: self.defocus.map(|d| d * factor),
            ..self.clone()
        }
    }

    fn stroke(&self) -> Stroke {
        let line = self.centerline.points.clone();
        let n = line.len().max(2);
        let [root, tip] = self.defocus;
        let softness =
            if root.max(tip) < 0.2 { vec![] } else { (0..line.len()).map(|i| root + (tip - root) * i as f64 / (n - 1) as f64).collect() };
        Stroke { line, width: self.widths.clone(), softness, slant: self.slant }
    }

    /// Draws it over what is there.
    pub fn draw(&self, light: &mut Light) {
        let texture = Texture::new(self.mottle_seed);
        let mean_width = self.widths.iter().sum::<f64>() / self.widths.len().max(1) as f64;
        let grain = (0.35 * mean_width).max(1.5);
        let blur = 0.5 * (self.defocus[0] + self.defocus[1]) / (0.5 * mean_width).max(0.1);
        self.stroke().paint(light, |pixel, cell| {
            let u = cell.across;
            let chord = (1.0 - u * u).max(0.0).sqrt();
            let opacity = if self.opacity >= 1.0 { 1.0 } else { 1.0 - (1.0 - self.opacity).powf(chord) };
            let mut shade = self.color.map(|c| c * (1.0 - self.edge * u * u * u * u));
            if self.mottle > 0.0 {
                let across = f64::from(u) * mean_width / 2.0;
                let v = texture.fractal(f64::from(cell.along) / (3.0 * grain), across / grain, 3);
                shade = shade.map(|c| c * (1.0 + self.mottle * (1.5 * v).max(-1.0)));
            }
            if let Some(reflex) = self.reflex {
                // A pixel averages the streak over itself, and defocus spreads it.
                let pixel_share = (1.0 / 12.0 / (0.25 * mean_width * mean_width).max(0.01)) as f32;
                let spread = (reflex.breadth * reflex.breadth + pixel_share + (blur * blur) as f32).sqrt();
                let d = (u - reflex.offset) / spread;
                let mut streak = reflex.strength * reflex.breadth / spread * (-0.5 * d * d).exp();
                if self.mottle > 0.0 {
                    streak *= (0.75 + 0.6 * texture.at(f64::from(cell.along) / (4.0 * grain), 71.3)).clamp(0.0, 1.0);
                }
                shade = mix(shade, reflex.color, streak);
            }
            let mut free = 1.0;
            if self.emergence > 0.0 {
                // The fold of skin over the root is thick in the middle of the shaft and ragged.
                let ragged = 0.6 * self.emergence as f32 * texture.at(f64::from(u) * 1.7, -40.0);
                free = smooth_step(-0.7 * self.emergence as f32, self.emergence as f32, cell.along + ragged);
            }
            *pixel = mix(*pixel, shade, cell.coverage * opacity * free);
        });
    }
}

/// A picture described by hand: even skin and the shafts on it, for measuring against what is exactly known.
///
/// # Examples
/// ```
/// use anagen::geometry::{Point, Polyline};
/// use anagen::phantom::{Noise, Shaft, Specimen};
/// use anagen::units::Pixels;
/// let line = Polyline::new(vec![Point::new(10.0, 16.0), Point::new(50.0, 16.0)]);
/// let specimen = Specimen {
///     width: 64,
///     height: 32,
///     skin: [0.3, 0.25, 0.2],
///     shafts: vec![Shaft::even(line, Pixels(6.0), [0.01; 3])],
///     point_spread: Pixels(1.2),
///     noise: Noise::default(),
///     seed: 1,
/// };
/// assert!(specimen.photo().light(30, 16) < 0.05);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Specimen {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// The color of the skin.
    pub skin: Color,
    /// The shafts, the uppermost last.
    pub shafts: Vec<Shaft>,
    /// Standard deviation of the Gaussian point spread, in pixels, before the pixels themselves average.
    pub point_spread: Pixels,
    /// What the sensor adds.
    pub noise: Noise,
    /// The seed of the noise.
    pub seed: u64,
}

impl Specimen {
    /// Drawn pixels per pixel each way: the point spread acts before the pixels average, as in a camera.
    const SUPERSAMPLING: usize = 4;

    /// The light that reaches the pixels, noiseless.
    pub fn light(&self) -> Light {
        let k = Self::SUPERSAMPLING;
        let mut light = Light::filled(self.width * k, self.height * k, self.skin);
        for shaft in &self.shafts {
            shaft.magnified(k as f64).draw(&mut light);
        }
        light.blurred(self.point_spread.0 * k as f64).binned(k)
    }

    /// The photo a camera takes of it.
    pub fn photo(&self) -> Photo {
        Photo::from_rgb8(self.width, self.height, self.light().exposed(self.noise, self.seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specimen(width: f64, point_spread: f64) -> Specimen {
        let line = Polyline::new(vec![Point::new(20.3, 30.8), Point::new(76.1, 49.4)]);
        Specimen {
            width: 96,
            height: 80,
            skin: [0.5, 0.4, 0.3],
            shafts: vec![Shaft::even(line, Pixels(width), [0.0; 3])],
            point_spread: Pixels(point_spread),
            noise: Noise::default(),
            seed: 3,
        }
    }

    #[test]
    fn the_light_held_back_is_the_shafts_area() {
        for width in [2.0, 5.0, 12.0] {
            let s = specimen(width, 1.0);
            let dark = 96.0 * 80.0 * 0.5 - s.light().total()[0];
            assert!((dark / (0.5 * s.shafts[0].area()) - 1.0).abs() < 0.01);
        }
    }

    #[test]
    fn the_point_spread_softens_and_keeps_the_total_light() {
        let (sharp, soft) = (specimen(4.0, 0.0).light(), specimen(4.0, 3.0).light());
        assert!((sharp.total()[1] / soft.total()[1] - 1.0).abs() < 1e-4);
        assert!(sharp.at(48, 40)[1] < 0.01 && soft.at(48, 40)[1] > 0.1);
    }

    #[test]
    fn a_reflex_brightens_the_middle_and_not_the_edges() {
        let mut s = specimen(12.0, 0.5);
        s.shafts[0] = s.shafts[0].clone().with_reflex(Reflex { strength: 0.6, offset: 0.0, breadth: 0.2, color: s.skin });
        let light = s.light();
        assert!(light.at(48, 40)[0] > 0.25, "middle");
        assert!(light.at(48, 44)[0] < 0.1, "near the edge");
    }

    #[test]
    fn noise_has_the_spread_asked_for() {
        let mut s = specimen(4.0, 0.0);
        s.shafts.clear();
        s.noise = Noise { read: 0.02, shot: 0.0 };
        let photo = s.photo();
        let n = (photo.width() * photo.height()) as f64;
        let values: Vec<f64> =
            (0..photo.height()).flat_map(|y| (0..photo.width()).map(move |x| (x, y))).map(|(x, y)| f64::from(photo.rgb(x, y)[0])).collect();
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        // The slope of the sRGB encoding at 0.5 is 0.619.
        assert!((sd / (0.02 * 0.619) - 1.0).abs() < 0.1, "{sd}");
    }
}
