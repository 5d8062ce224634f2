//! What a thickness is worth: draws shafts of known width, measures them as any photo's, and says how far off the measurements are.
//!
//! The shafts are drawn one by one on even skin, so what is held against the truth here is their fit errors: optics, and how the fits bear them. What else
//! may be wrong with a hair in a photo is in a strand's standard error, which `anagen agree` holds against drawn photos.

use crate::geometry::{Polyline, Vector};
use crate::phantom::strip::{Strip, sheet};
use crate::segment::Tone;
use crate::strand::width::{self, Shaft};
use crate::units::Pixels;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use schemars::JsonSchema;
use serde::Serialize;

/// The shafts to draw: so many of every width, under every combination of what makes them hard to measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// The true widths. All of them lie in one photo, since the wide ones tell the blur of the narrow ones.
    pub widths: Vec<Pixels>,
    /// Standard deviations of the optics' point spread.
    pub point_spreads: Vec<Pixels>,
    /// The light of the central reflex, as shares of the way from shaft to skin.
    pub reflexes: Vec<f64>,
    /// How much of the skin's light the shafts hold back in their middle; those below 1 are dull, and hold back less towards their edges.
    pub opacities: Vec<f64>,
    /// Dark hair on light skin, light hair on dark skin.
    pub tones: Vec<Tone>,
    /// Standard deviations of a pixel's noise, in shares of full light.
    pub noises: Vec<f64>,
    /// How many shafts of each width.
    pub shafts: usize,
    /// The same seed draws the same shafts.
    pub seed: u64,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            widths: [2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0, 40.0].map(Pixels).to_vec(),
            point_spreads: [0.5, 1.0, 1.5, 2.0, 3.0].map(Pixels).to_vec(),
            reflexes: vec![0.0, 0.3, 0.6],
            opacities: vec![1.0, 0.7, 0.5, 0.3],
            tones: vec![Tone::Dark, Tone::Light],
            noises: vec![0.01, 0.03],
            shafts: 16,
            seed: 1,
        }
    }
}

/// How well shafts of one width were measured under one set of conditions.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cell {
    /// The true width.
    pub width_px: Pixels,
    /// The standard deviation of the optics' point spread.
    pub point_spread_px: Pixels,
    /// The light of the central reflex, as a share of the way from shaft to skin.
    pub reflex: f64,
    /// How much of the skin's light the shaft holds back in its middle.
    pub opacity: f64,
    /// Dark or light hair.
    pub tone: Tone,
    /// The standard deviation of a pixel's noise, as a share of full light.
    pub noise: f64,
    /// How many shafts were drawn.
    pub drawn: usize,
    /// How many were given a width.
    pub measured: usize,
    /// How many were found thinner than can be trusted, and so given none.
    pub below: usize,
    /// The mean of measured less true width.
    pub bias_px: Option<Pixels>,
    /// The mean size of that difference.
    pub mean_absolute_error_px: Option<Pixels>,
    /// The standard deviation of the measured widths.
    pub spread_px: Option<Pixels>,
    /// The root mean square of the fit errors stated.
    pub stated_error_px: Option<Pixels>,
    /// The share of widths within 1.96 fit errors of the truth: 95 % should be.
    pub covered: Option<f64>,
}

/// Draws one photo for each combination of conditions and measures its shafts; cells in the order of the photos, then by width. `seen` is
/// called with the number of photos done and of all.
///
/// The shafts are drawn exactly, as the camera integrates them over its square pixels, with noise and rounded to 8-bit sRGB. They go through
/// the same measurement as those traced in any photo, their middle lines and widths as rough as tracing leaves them.
///
/// # Source
/// Ours.
///
/// # Examples
/// ```
/// use anagen::selfcheck::{Conditions, check};
/// use anagen::units::Pixels;
/// let matte = Conditions { widths: vec![Pixels(14.0)], shafts: 4, ..Conditions::default().only(Pixels(1.0), 0.01).matte() };
/// let cells = check(&matte, |_, _| ());
/// assert!(cells.iter().all(|c| c.mean_absolute_error_px.unwrap().0 < 0.1));
/// ```
pub fn check(conditions: &Conditions, mut seen: impl FnMut(usize, usize)) -> Vec<Cell> {
    let mut photos = vec![];
    for &tone in &conditions.tones {
        for &noise in &conditions.noises {
            let opaque = conditions.reflexes.iter().filter(|_| conditions.opacities.contains(&1.0)).map(|&reflex| (reflex, 1.0));
            let clear = conditions.opacities.iter().filter(|&&opacity| opacity < 1.0).map(|&opacity| (0.0, opacity));
            for (reflex, opacity) in opaque.chain(clear) {
                photos.extend(conditions.point_spreads.iter().map(|&point_spread| Photo { point_spread, reflex, opacity, tone, noise }));
            }
        }
    }
    let mut cells = vec![];
    for (i, photo) in photos.iter().enumerate() {
        cells.extend(photo.cells(conditions, conditions.seed.wrapping_add(1000 * i as u64)));
        seen(i + 1, photos.len());
    }
    cells
}

impl Conditions {
    /// The same under one point spread and one noise.
    pub fn only(self, point_spread: Pixels, noise: f64) -> Self {
        Self { point_spreads: vec![point_spread], noises: vec![noise], ..self }
    }

    /// The same without any reflex, and opaque.
    pub fn matte(self) -> Self {
        Self { reflexes: vec![0.0], opacities: vec![1.0], ..self }
    }
}

/// What the shafts of one photo have in common.
#[derive(Debug, Clone, Copy)]
struct Photo {
    point_spread: Pixels,
    reflex: f64,
    opacity: f64,
    tone: Tone,
    noise: f64,
}

impl Photo {
    fn strip(&self, width: Pixels) -> Strip {
        let (skin, shaft) = if self.tone == Tone::Dark { ([0.45; 2], 0.05) } else { ([0.2; 2], 0.6) };
        Strip {
            width: width.0,
            point_spread: self.point_spread.0,
            skin,
            shaft,
            // A light hair shines no less for being light: its reflex goes the other way, from shaft to brighter.
            reflex: if self.tone == Tone::Dark { self.reflex } else { -self.reflex },
            reflex_offset: 0.08,
            opacity: self.opacity,
            noise: self.noise,
            ..Strip::default()
        }
    }

    fn cells(&self, conditions: &Conditions, seed: u64) -> Vec<Cell> {
        let strips: Vec<Strip> = conditions.widths.iter().flat_map(|&w| vec![self.strip(w); conditions.shafts]).collect();
        let (light, lines) = sheet(&strips, seed);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let traced: Vec<(Polyline, Pixels)> = lines.iter().zip(&strips).map(|(line, strip)| rough(line, strip, &mut random)).collect();
        let shafts: Vec<Shaft> =
            traced.iter().map(|(line, width)| Shaft { centerline: line, tone: self.tone, rough_width: Some(*width) }).collect();
        let found = width::measure(&light, &shafts, &|_| true).shafts;
        found.chunks(conditions.shafts.max(1)).zip(&conditions.widths).map(|(found, &width)| self.cell(width, found)).collect()
    }

    fn cell(&self, width: Pixels, found: &[width::Measured]) -> Cell {
        let below = found.iter().filter(|f| f.width.is_some_and(|w| w.blur_dominated)).count();
        let figures: Vec<(f64, f64)> =
            found.iter().filter_map(|f| f.width.filter(|w| !w.blur_dominated)).map(|w| (w.value.0 - width.0, w.fit_error.0)).collect();
        let n = figures.len() as f64;
        let mean = |of: fn((f64, f64)) -> f64| (n > 0.0).then(|| figures.iter().map(|f| of(*f)).sum::<f64>() / n);
        let bias = mean(|f| f.0);
        let variance = bias.zip(mean(|f| f.0 * f.0)).map(|(bias, square)| (square - bias * bias).max(0.0) * n / (n - 1.0).max(1.0));
        Cell {
            width_px: width,
            point_spread_px: self.point_spread,
            reflex: self.reflex,
            opacity: self.opacity,
            tone: self.tone,
            noise: self.noise,
            drawn: found.len(),
            measured: figures.len(),
            below,
            bias_px: bias.map(Pixels),
            mean_absolute_error_px: mean(|f| f.0.abs()).map(Pixels),
            spread_px: variance.map(|v| Pixels(v.sqrt())),
            stated_error_px: mean(|f| f.1 * f.1).map(|v| Pixels(v.sqrt())),
            covered: mean(|f| f64::from(u8::from(f.0.abs() <= 1.96 * f.1))),
        }
    }
}

/// A middle line and a width as tracing leaves them: aside by a tenth of the width, and wrong by 15 %.
fn rough(line: &Polyline, strip: &Strip, random: &mut ChaCha8Rng) -> (Polyline, Pixels) {
    let mut normal = || StandardNormal.sample(random);
    let aside: [f64; 2] = [normal(), normal()].map(|z: f64| (0.1 * strip.width + 0.2) * z.clamp(-2.0, 2.0));
    let across = line.tangent(line.length() / 2.0, 1.0).map_or(Vector::default(), |t| t.normal());
    let points = line.points.iter().zip(aside).map(|(p, aside)| *p + across * aside).collect();
    let seen = strip.width.hypot(2.0 * strip.point_spread);
    (Polyline::new(points), Pixels(seen * (0.15 * normal().clamp(-2.0, 2.0)).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn few() -> Conditions {
        Conditions { widths: vec![Pixels(6.0), Pixels(14.0)], shafts: 3, tones: vec![Tone::Dark], ..Conditions::default() }
            .only(Pixels(1.0), 0.01)
            .matte()
    }

    #[test]
    fn nothing_to_draw_gives_no_cells() {
        for none in [Conditions { widths: vec![], ..few() }, Conditions { tones: vec![], ..few() }] {
            assert_eq!(check(&none, |_, _| ()), []);
        }
        assert!(check(&Conditions { shafts: 0, ..few() }, |_, _| ()).iter().all(|c| c.measured == 0 && c.covered.is_none()));
    }

    #[test]
    fn the_same_seed_gives_the_same_cells_and_another_others() {
        let other = Conditions { seed: 2, ..few() };
        assert_eq!(check(&few(), |_, _| ()), check(&few(), |_, _| ()));
        assert_ne!(check(&few(), |_, _| ()), check(&other, |_, _| ()));
    }

    #[test]
    fn more_noise_means_more_error_seen_and_stated() {
        let noisy = Conditions { noises: vec![0.1], shafts: 8, ..few() };
        let (calm, noisy) = (check(&Conditions { shafts: 8, ..few() }, |_, _| ()), check(&noisy, |_, _| ()));
        assert!(noisy[0].spread_px > calm[0].spread_px && noisy[0].stated_error_px > calm[0].stated_error_px, "{calm:?} {noisy:?}");
    }

    #[test]
    fn every_photo_is_announced() {
        let mut told = vec![];
        check(&Conditions { reflexes: vec![0.0, 0.6], ..few() }, |done, all| told.push((done, all)));
        assert_eq!(told, [(1, 2), (2, 2)]);
    }
}
