//! Which hairs have become thicker or thinner, beyond what measuring twice would give.

use super::fate::{Fate, HairFate};
use super::visit::Visit;
use crate::strand::Strand;
use crate::units::Micrometers;
use statrs::distribution::{ContinuousCDF, Normal};

/// A thickness with its precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The thickness.
    pub value: Micrometers,
    /// One standard deviation of it.
    pub standard_error: Micrometers,
}

impl Measured {
    /// The thickness of a strand, where its photo has a scale and it has a width that can be trusted there.
    pub(super) fn of(strand: &Strand, visit: &Visit) -> Option<Self> {
        let (scale, width) = (visit.calibration?, strand.width.filter(|width| !width.blur_dominated)?);
        Some(Self { value: scale.micrometers(width.value), standard_error: scale.micrometers(width.standard_error) })
    }

    /// How far off the change from one measurement of a hair to another is, one standard deviation.
    ///
    /// Most of what a standard error holds is wrong alike in both and leaves the change as it is: light that is uneven beside the shaft, its unevenness. Not
    /// so where much is unsure: there it is mostly two hairs measured as one, in either photo or in both.
    pub fn change_error(&self, later: &Self) -> Micrometers {
        let error = self.standard_error.0.hypot(later.standard_error.0);
        let two_as_one = error / (MAYBE_TWO * self.value.0.midpoint(later.value.0)).max(1e-9);
        Micrometers(ANOTHER_SESSION.0.hypot(OF_STANDARD_ERRORS * error * (1.0 + two_as_one * two_as_one)))
    }
}

/// How far off the change of a hair is by what another session's light and comb do, one standard deviation; which part of the two standard errors together
/// is new in each photo; and the share of the thickness from which on, in them, it is mostly two hairs measured as one.
///
/// # Source
/// Ours, as are those below: of 1,192 changes of drawn hair (seeds 300 to 311, both scenes), whose intervals hold the truth of 96 %.
const ANOTHER_SESSION: Micrometers = Micrometers(0.8);
const OF_STANDARD_ERRORS: f64 = 0.35;
const MAYBE_TWO: f64 = 0.1;

/// The share of hairs called thickened or thinned that may be wrong.
const FALSE_DISCOVERIES: f64 = 0.05;

/// Shafts farther than this from each other, in hair widths from middle to middle, are measured apart.
const APART: f64 = 1.0;

/// Only of a hair that is paired at least this surely is it told that it thickened or thinned: one taken for its neighbor changes as much.
pub const SURELY_ITSELF: f64 = 0.9;

/// A change beyond this, as a natural log, is more likely two hairs measured as one in either photo than a hair that changed.
const MOST_CHANGE: f64 = 0.25;

/// Fewer changes than this of hairs known well do not tell how well a pair of photos repeats.
const FEWEST_KNOWN_WELL: usize = 6;

/// Calls kept hairs thickened or thinned where the change is more than chance, with the share of false calls held.
///
/// How far off a change is, the two standard errors tell, as they do in other photos, and how well the two scales are known; the hairs' own changes may
/// only say that this pair of photos repeats worse. If hairs really change by different amounts this is too much rather than too little. Hairs measured
/// together with another, those that may be another than they are taken for, those whose change is little known and those that seem to change more than
/// hair does are not called, for their errors are of another kind: mostly two hairs measured as one in either photo.
pub fn significant(fates: &mut [HairFate], visits: [&Visit; 2], lengths_off: f64) {
    let changes: Vec<(usize, Change)> = fates
        .iter()
        .enumerate()
        .filter(|(_, fate)| fate.fate == Fate::Kept)
        .filter_map(|(i, fate)| {
            let [Some(before), Some(after)] = fate.thickness else { return None };
            let apart =
                [fate.baseline, fate.follow_up].iter().zip(visits).all(|(place, visit)| !has_beside(place.and_then(|p| p.id), visit));
            Some((i, Change { before, after, surely: apart && fate.confidence >= SURELY_ITSELF }))
        })
        .collect();
    let told = changes.iter().map(|(_, change)| change).filter(|change| change.is_known_well());
    let repeat = Repeat {
        scatter: scatter(told.map(|change| change.by() / change.before.change_error(&change.after).0)),
        off_scale: off_scale(visits, lengths_off),
    };
    fates.iter_mut().for_each(|fate| fate.repeat = repeat);
    let chances: Vec<f64> = changes.iter().map(|(_, change)| change.chance(&repeat)).collect();
    for ((i, change), _) in changes.iter().zip(called(&chances)).filter(|(_, called)| *called) {
        fates[*i].fate = if change.by() > 0.0 { Fate::Thickened } else { Fate::Thinned };
    }
}

/// One standard deviation of the natural log of one photo's lengths against the other's: by the uncertainties of both scales, and by what they are off
/// beyond those.
pub fn off_scale(visits: [&Visit; 2], lengths_off: f64) -> f64 {
    let scales: f64 = visits.iter().filter_map(|v| v.calibration).map(|c| (c.standard_uncertainty / c.um_per_px).powi(2)).sum();
    scales.sqrt().hypot(lengths_off)
}

/// How well thickness repeats between two photos.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeat {
    /// By how much more changes scatter than between other photos; 1 at the least.
    pub scatter: f64,
    /// How far off the later photo's lengths may be against the earlier's: one standard deviation of the natural log.
    pub off_scale: f64,
}

impl Default for Repeat {
    /// As well as between other photos, their scales exact.
    fn default() -> Self {
        Self { scatter: 1.0, off_scale: 0.0 }
    }
}

impl Repeat {
    /// One standard deviation of a hair's change from one measurement to another.
    pub fn change_error(&self, before: &Measured, after: &Measured) -> Micrometers {
        Micrometers((self.scatter * before.change_error(after).0).hypot(self.off_scale * before.value.0))
    }

    /// As badly as either.
    pub fn or_worse(self, other: Self) -> Self {
        Self { scatter: self.scatter.max(other.scatter), off_scale: self.off_scale.max(other.off_scale) }
    }
}

/// The thickness of one hair in two photos.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// In the earlier one.
    pub before: Measured,
    /// In the later one.
    pub after: Measured,
    /// Whether it is surely one hair, in both photos measured apart from others.
    pub surely: bool,
}

impl Change {
    /// By how many micrometers it is thicker in the later photo.
    pub fn by(&self) -> f64 {
        self.after.value.0 - self.before.value.0
    }

    /// Whether its error is of the kind that the standard errors tell.
    fn is_known_well(&self) -> bool {
        let [before, after] = [self.before, self.after].map(|measured| measured.standard_error.0);
        self.surely && before.hypot(after) <= MAYBE_TWO * self.before.value.0.midpoint(self.after.value.0)
    }

    /// How likely measuring twice would give as great a change; 1 for one that is not to be told, which counts among all that might have been.
    pub fn chance(&self, repeat: &Repeat) -> f64 {
        let plausible = (self.after.value.0 / self.before.value.0).ln().abs() < MOST_CHANGE;
        let error = repeat.change_error(&self.before, &self.after).0;
        if self.is_known_well() && plausible { 2.0 * Normal::standard().cdf(-(self.by() / error).abs()) } else { 1.0 }
    }
}

/// Which of these changes, each so likely by chance, are told so that at most a share of `FALSE_DISCOVERIES` of those told is wrong.
///
/// # Source
/// Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
pub fn called(chances: &[f64]) -> Vec<bool> {
    let mut sorted = chances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let most = sorted.iter().enumerate().rev().find(|(i, chance)| **chance <= FALSE_DISCOVERIES * (*i as f64 + 1.0) / n);
    chances.iter().map(|chance| most.is_some_and(|(_, most)| chance <= most)).collect()
}

/// By how much more these changes, each over how far off it is in other photos, scatter than that, at the least as much: robustly, so that hairs
/// that changed matter little.
fn scatter(changes: impl Iterator<Item = f64>) -> f64 {
    let mut changes: Vec<f64> = changes.collect();
    if changes.len() < FEWEST_KNOWN_WELL {
        return 1.0;
    }
    let middle = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let center = middle(&mut changes);
    let mut off: Vec<f64> = changes.iter().map(|change| (change - center).abs()).collect();
    (1.48 * middle(&mut off)).max(1.0)
}

/// Whether a strand, by its id, is not measured apart from another of its photo.
pub fn has_beside(id: Option<usize>, visit: &Visit) -> bool {
    let Some(own) = id.and_then(|id| visit.strands.iter().find(|s| s.id == id)) else { return false };
    let length = own.centerline.length();
    let stations = [0.15, 0.4, 0.65, 0.9].map(|part| own.centerline.at(part * length));
    let near = APART * visit.hair_width().0;
    let beside = |other: &Strand| stations.iter().any(|p| other.centerline.distance_to(*p) < near);
    visit.strands.iter().any(|other| other.id != own.id && beside(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_of_photos_repeats_no_better_than_others_and_may_repeat_worse() {
        assert_eq!(scatter(std::iter::empty()), 1.0);
        assert_eq!(scatter([9.0, -9.0, 8.0].into_iter()), 1.0, "few tell nothing");
        let even = |reach: f64| (-5..=5).map(move |i| reach * f64::from(i) / 5.0);
        assert_eq!(scatter(even(0.1)), 1.0);
        let apart = scatter(even(4.0));
        assert!((2.0..5.0).contains(&apart), "{apart}");
        // All hair thicker by as much is not scatter, and two hairs far off matter little.
        assert!((scatter(even(4.0).map(|change| change + 3.0)) - apart).abs() < 1e-9);
        assert!(scatter(even(4.0).chain([60.0, -60.0])) < 1.5 * apart);
    }

    #[test]
    fn a_change_is_better_known_than_the_thicknesses_unless_these_are_hardly_known() {
        let error = |standard_error: f64| {
            let measured = |um: f64| Measured { value: Micrometers(um), standard_error: Micrometers(standard_error) };
            measured(60.0).change_error(&measured(64.0)).0
        };
        assert!((error(0.0) - ANOTHER_SESSION.0).abs() < 1e-12);
        assert!(error(2.0) < 2.0_f64.hypot(2.0), "{}", error(2.0));
        assert!(error(12.0) > 12.0_f64.hypot(12.0), "{}", error(12.0));
        let nothing = Measured { value: Micrometers(0.0), standard_error: Micrometers(0.0) };
        assert!(nothing.change_error(&nothing).0.is_finite());
    }
}
