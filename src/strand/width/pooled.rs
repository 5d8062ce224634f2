//! One profile from all the clean places of a shaft that is not wide.
//!
//! A shaft of a few pixels says too little in one window: its width and its light trade against each other, and a reflex is lost in the
//! blur. The mean of its profiles, each brought to its own center, still follows the same model and carries all of the shaft's pixels.

use super::choice::{Place, evidence, fit_core};
use super::fit::{CorePrior, Fit, Problem, Spread};
use super::profile::{Bin, Profile};
use super::staircase::Staircase;

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
    let mut sums = vec![[0.0_f64; 4]; count as usize];
    for (i, p) in single.iter().enumerate() {
        let (center, skin) = (center(&single, i), skin(p));
        for b in &p.profile.bins {
            let x = b.x - center;
            if x >= from && x < to {
                let sum = &mut sums[(((x - from) / bin) as usize).min(count as usize - 1)];
                sum[0] += b.pixels;
                sum[1] += b.pixels * x;
                sum[2] += b.pixels * (b.light - skin) * p.profile.unit;
                sum[3] += b.pixels * (x * x + p.profile.bin_variance);
            }
        }
    }
    let pixels: f64 = sums.iter().map(|s| s[0]).sum();
    let spread: f64 = sums.iter().filter(|s| s[0] > 0.0).map(|s| s[3] - s[1] * s[1] / s[0]).sum();
    let bins = sums.into_iter().filter(|s| s[0] > 0.0).map(|s| Bin { x: s[1] / s[0], light: s[2] / s[0], pixels: s[0] }).collect();
    Profile::scaled(bins, spread / pixels, -skin_light / single.len() as f64)
}

/// The width of a shaft by its mean profile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pooled {
    pub(super) width: f64,
    /// Its variance, were the noise white; what is not known of the blur included.
    pub(super) white: f64,
    /// Its variance by not knowing whether there is a core.
    pub(super) between: f64,
    /// The strength of its core, and the core's own size as a share of the width.
    pub(super) core_strength: f64,
    pub(super) core_share: Option<f64>,
}

/// Fits a mean profile without and with a core, from a rough width and what the photo says of blur and core.
///
/// Where the photo's wide hairs tell what core to expect, the fit with it stands; else both count by their evidence (weights from the
/// Bayesian information criterion), and what they disagree on adds to the variance.
pub(super) fn width(profile: &Profile, width: f64, blur: (f64, f64), core: Option<CorePrior>) -> Option<Pooled> {
    let half = width / 2.0;
    let mean = |from: f64, to: f64| {
        let (sum, n) = profile
            .bins
            .iter()
            .filter(|b| b.x >= from && b.x < to)
            .fold((0.0, 0.0), |(sum, n), b| (sum + b.light * b.pixels, n + b.pixels));
        if n > 0.0 { sum / n } else { 0.5 }
    };
    let levels = [mean(f64::NEG_INFINITY, -half), mean(-half, half), mean(half, f64::INFINITY)];
    let start = Staircase::single(levels, [-half, half], blur.0.exp());
    let problem = Problem { profile, spread: Spread::Free, core, blur: Some(blur), noise: None };
    let plain = problem.fit(start)?;
    let cored = fit_core(&problem, &plain);
    let share = match (&cored, core) {
        (None, _) => 0.0,
        (Some(_), Some(_)) => 1.0,
        (Some(cored), None) => 1.0 / (1.0 + (-0.5 * evidence(profile, &plain, cored, 1.0)).exp()),
    };
    let cored = cored.unwrap_or(plain);
    let mean = |of: fn(&Fit) -> f64| share * of(&cored) + (1.0 - share) * of(&plain);
    Some(Pooled {
        width: mean(|f| f.model.width()),
        white: mean(|f| f.width_variance),
        between: share * (1.0 - share) * (cored.model.width() - plain.model.width()).powi(2),
        core_strength: mean(|f| f.model.core_strength()),
        core_share: cored.model.core.map(|core| core.share),
    })
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
