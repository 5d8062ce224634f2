//! One profile from all the clean places of a narrow shaft.
//!
//! A shaft of a few pixels says too little in one window: its width and its light trade against each other, and a reflex is lost in the
//! blur. The mean of its profiles, each brought to its own center, still follows the same model and carries all of the shaft's pixels.

use super::choice::{Place, fit_core};
use super::fit::{Fit, Spread, Staircase, fit};
use super::profile::{Bin, Profile};

/// The mean profile of places without a second hair, each less its own skin; `None` where there is none.
pub(super) fn mean_profile(places: &[&Place]) -> Option<Profile> {
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
    let bin = 0.35;
    let count = ((to - from) / bin).ceil();
    if !(count >= 8.0) {
        return None;
    }
    let mut sums = vec![[0.0_f64; 3]; count as usize];
    for (i, p) in single.iter().enumerate() {
        let (center, skin) = (center(&single, i), skin(p));
        for b in &p.profile.bins {
            let x = b.x - center;
            if x >= from && x < to {
                let sum = &mut sums[(((x - from) / bin) as usize).min(count as usize - 1)];
                sum[0] += b.pixels;
                sum[1] += b.pixels * x;
                sum[2] += b.pixels * (b.light - skin) * p.profile.unit;
            }
        }
    }
    let bins = sums.into_iter().filter(|s| s[0] > 0.0).map(|s| Bin { x: s[1] / s[0], light: s[2] / s[0], pixels: s[0] }).collect();
    Profile::scaled(bins, -skin_light / single.len() as f64)
}

/// The fits of a mean profile without and with a core, the point spread held.
pub(super) fn fits(profile: &Profile, width: f64, spread: f64) -> Option<(Fit, Option<Fit>)> {
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
    let start = Staircase::single(levels, [-half, half], spread);
    let plain = fit(profile, start, Spread::Fixed)?;
    let cored = fit_core(profile, &plain, Spread::Fixed);
    Some((plain, cored))
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
