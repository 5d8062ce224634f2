//! One profile from all the clean places of a shaft that is not wide.
//!
//! A shaft of a few pixels says too little in one window: its width and its light trade against each other, and a reflex is lost in the
//! blur. The mean of its profiles, each brought to its own center, still follows the same model and carries all of the shaft's pixels.

use super::choice::{Place, evidence, fit_core};
use super::fit::{CorePrior, Fit, Problem, Spread};
use super::profile::{Bin, Profile};
use super::shade;
use super::shape::{INDEPENDENT, Kind, Kinds, Looks, Shape, weights};
use super::staircase::Staircase;
use crate::strand::Tone;

/// The mean profile of places without a second hair, each less its own skin; `None` where there is none.
pub(super) fn mean_profile(places: &[&Place], spread: f64) -> Option<Profile> {
    let single: Vec<&&Place> = places.iter().filter(|p| p.plain.model.steps == 2).collect();
    let range = |p: &Place, center: f64| Some((p.profile.bins.first()?.x - center, p.profile.bins.last()?.x - center));
    // Only the stretch that all places show, so that every bin averages the same places.
    let (mut from, mut to) = (f64::NEG_INFINITY, f64::INFINITY);
    let mut skin_light = 0.0;
    for (i, p) in single.iter().enumerate() {
        let (low, high) = range(p, center(&single, i))?;
        from = from.max(low);
        to = to.min(high);
        skin_light += (skin(p) - p.profile.darkest) * p.profile.unit;
    }
    let bin = (0.4 * spread).clamp(0.35, 1.5);
    let count = ((to - from) / bin).ceil();
    if !(8.0..=4096.0).contains(&count) {
        return None;
    }
    let mut sums = vec![[0.0_f64; 5]; count as usize];
    let mut told = 0.0;
    for (i, p) in single.iter().enumerate() {
        let (center, skin) = (center(&single, i), skin(p));
        for b in &p.profile.bins {
            let x = b.x - center;
            if x >= from && x < to {
                let sum = &mut sums[(((x - from) / bin) as usize).min(count as usize - 1)];
                sum[0] += b.pixels;
                sum[1] += b.pixels * x;
                let light = (b.light - skin) * p.profile.unit;
                sum[2] += b.pixels * light;
                sum[3] += b.pixels * (x * x + p.profile.bin_variance);
                sum[4] += b.pixels * light * light;
                told += 1.0;
            }
        }
    }
    let pixels: f64 = sums.iter().map(|s| s[0]).sum();
    let spread: f64 = sums.iter().filter(|s| s[0] > 0.0).map(|s| s[3] - s[1] * s[1] / s[0]).sum();
    let squares: f64 = sums.iter().filter(|s| s[0] > 0.0).map(|s| s[4] - s[2] * s[2] / s[0]).sum();
    let bins: Vec<Bin> =
        sums.into_iter().filter(|s| s[0] > 0.0).map(|s| Bin { x: s[1] / s[0], light: s[2] / s[0], pixels: s[0] }).collect();
    let freedom = told - bins.len() as f64;
    let mean = Profile::scaled(bins, spread / pixels, -skin_light / single.len() as f64)?;
    // Skin and shaft differ from place to place by more than a pixel's noise, and in patches larger than a bin.
    let scatter = if freedom > 0.0 { (squares / freedom).max(0.0).sqrt() / mean.unit } else { 0.0 };
    Some(Profile { scatter, ..mean })
}

/// The width of a shaft by its mean profile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pooled {
    pub(super) width: f64,
    /// Its variance, were the noise white; what is not known of the blur included.
    pub(super) white: f64,
    /// Its variance by not knowing whether there is a core, nor of which kind it is.
    pub(super) between: f64,
    /// The strength of its core, and the core's own size as a share of the width.
    pub(super) core_strength: f64,
    pub(super) core_share: Option<f64>,
}

/// Fits a mean profile as a shaft of each kind, without and with a core, from what it looks like as an opaque one and what the photo says of blur
/// and core.
///
/// Where the photo's wide hairs tell what core to expect, the fits with it stand; else fits without count too, by their evidence (weights from the
/// Bayesian information criterion). So do the kinds, each by how likely it is beforehand and its evidence. What all these disagree on adds to the
/// variance.
pub(super) fn width(
    profile: &Profile,
    (looks, shade): (f64, Option<shade::Usual>),
    blur: (f64, f64),
    core: Option<CorePrior>,
    kinds: &Kinds,
) -> Option<Pooled> {
    let problem = Problem { profile, spread: Spread::Free, core, blur: Some(blur), shade, noise: None };
    let (tried, shares): (Vec<Kind>, Vec<f64>) = kinds.0.iter().copied().unzip();
    let found = of_kinds(&problem, looks, blur.0, &tried)?;
    let weights = weights(&criteria(&found, profile), &shares);
    let mean = |of: &dyn Fn(&OfKind) -> f64| found.iter().zip(&weights).map(|(k, weight)| weight * of(k)).sum::<f64>();
    let likeliest = (0..found.len()).max_by(|a, b| weights[*a].total_cmp(&weights[*b]))?;
    let width = mean(&|k| k.mean(|f| f.model.width()));
    let between = |k: &OfKind| k.share * (1.0 - k.share) * (k.cored.model.width() - k.plain.model.width()).powi(2);
    Some(Pooled {
        width,
        white: mean(&|k| k.mean(|f| f.width_variance)),
        between: mean(&|k| between(k) + (k.mean(|f| f.model.width()) - width).powi(2) + (k.plain.model.shape.doubt * width).powi(2)),
        core_strength: mean(&|k| k.mean(|f| f.model.core_strength())),
        core_share: found[likeliest].cored.model.core.map(|core| core.share),
    })
}

/// What a mean profile says of the kinds that hair of its tone may be, where the shaft's own edges tell the blur.
pub(super) fn looks(profile: &Profile, (looks, shade): (f64, Option<shade::Usual>), spread: f64, tone: Tone) -> Option<Looks> {
    let problem = Problem { profile, spread: Spread::Free, core: None, blur: None, shade, noise: None };
    let kinds = Kinds::all(tone);
    let found = of_kinds(&problem, looks, spread.ln(), &kinds)?;
    Some(Looks {
        shapes: found.iter().map(|k| k.plain.model.shape).collect(),
        widths: found.iter().map(|k| k.mean(|f| f.model.width())).collect(),
        criteria: criteria(&found, profile),
    })
}

/// A mean profile fitted as a shaft of one kind.
struct OfKind {
    plain: Fit,
    /// The same as `plain` where no core could be fitted.
    cored: Fit,
    /// How much the fit with the core counts.
    share: f64,
}

impl OfKind {
    fn mean(&self, of: fn(&Fit) -> f64) -> f64 {
        self.share * of(&self.cored) + (1.0 - self.share) * of(&self.plain)
    }
}

/// The fits of every kind, from the width of the opaque shaft that looks alike; where a kind cannot be fitted, that of the opaque one. `None` where
/// that cannot.
fn of_kinds(problem: &Problem, looks: f64, ln_spread: f64, kinds: &[Kind]) -> Option<Vec<OfKind>> {
    let profile = problem.profile;
    let half = looks / 2.0;
    let mean = |from: f64, to: f64| {
        let (sum, n) = profile
            .bins
            .iter()
            .filter(|b| b.x >= from && b.x < to)
            .fold((0.0, 0.0), |(sum, n), b| (sum + b.light * b.pixels, n + b.pixels));
        if n > 0.0 { sum / n } else { 0.5 }
    };
    let levels = [mean(f64::NEG_INFINITY, -half), mean(-half, half), mean(half, f64::INFINITY)];
    let start = Staircase::single(levels, [-half, half], ln_spread.exp());
    let opaque = problem.fit(problem.shade.map_or(start, |usual| start.with_shade(usual.share)))?;
    let of_kind = |&kind: &Kind| {
        let shaped = |from: Fit| problem.fit(from.model.shaped(Shape::of(kind, &from, profile))).unwrap_or(from);
        let plain = match kind {
            Kind::Opaque => opaque,
            Kind::Clear(_) => shaped(opaque),
            // How far its light falls is a share of its own contrast, which the first fit tells.
            Kind::Rimmed => shaped(shaped(opaque)),
        };
        let cored = fit_core(problem, &plain);
        let share = match (&cored, problem.core) {
            (None, _) => 0.0,
            (Some(_), Some(_)) => 1.0,
            (Some(cored), None) => 1.0 / (1.0 + (-0.5 * evidence(profile, &plain, cored, 1.0)).exp()),
        };
        OfKind { plain, cored: cored.unwrap_or(plain), share }
    };
    Some(kinds.iter().map(of_kind).collect())
}

/// The criterion of each kind: −2 times the logarithm of its likelihood and what its parameters cost, by the noise that the best of them leaves.
fn criteria(found: &[OfKind], profile: &Profile) -> Vec<f64> {
    let noise = found.iter().map(|k| k.mean(|f| f.noise)).fold(f64::INFINITY, f64::min).max(profile.scatter);
    let n = profile.bins.iter().map(|b| b.pixels).sum::<f64>() * INDEPENDENT;
    let of = |f: &Fit| f.cost / (noise * noise) * INDEPENDENT + f.parameters as f64 * n.max(2.0).ln();
    found.iter().map(|k| of(&k.cored).min(of(&k.plain))).collect()
}

/// The light of the skin beside a place's shaft.
fn skin(place: &Place) -> f64 {
    (place.plain.model.levels[0] + place.plain.model.levels[2]) / 2.0
}

/// The center of a place, smoothed over its neighbors: one narrow place's own center is noisier than a shaft bends.
fn center(places: &[&&Place], i: usize) -> f64 {
    let near = i.min(places.len() - 1 - i).min(2);
    let sum: f64 = places[i - near..=i + near].iter().map(|p| p.plain.model.center()).sum();
    sum / (2 * near + 1) as f64
}
