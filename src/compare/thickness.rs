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
const SURELY_ITSELF: f64 = 0.9;

/// A change beyond this, as a natural log, is more likely two hairs measured as one in either photo than a hair that changed.
const MOST_CHANGE: f64 = 0.25;

/// Fewer changes than this of hairs known well do not tell how well a pair of photos repeats.
const FEWEST_KNOWN_WELL: usize = 6;

/// Calls kept hairs thickened or thinned where the change is more than chance, with the share of false calls held (Benjamini and Hochberg
/// 1995, doi:10.1111/j.2517-6161.1995.tb02031.x).
///
/// How far off a change is, the two standard errors tell, as they do in other photos; the hairs' own changes may only say that this pair of photos repeats
/// worse. If hairs really change by different amounts this is too much rather than too little. Hairs measured together with another, those that may be
/// another than they are taken for, those whose change is little known and those that seem to change more than hair does are not called, for their errors
/// are of another kind: mostly two hairs measured as one in either photo.
pub fn significant(fates: &mut [HairFate], visits: [&Visit; 2], lengths_off: f64) {
    let changes: Vec<Change> = fates
        .iter()
        .enumerate()
        .filter(|(_, fate)| fate.fate == Fate::Kept)
        .filter_map(|(i, fate)| {
            let ([Some(before), Some(after)], Some((change, error))) = (fate.thickness, fate.thickness_change()) else { return None };
            let unsure = before.standard_error.0.hypot(after.standard_error.0) > MAYBE_TWO * before.value.0.midpoint(after.value.0);
            let known_well = fate.confidence >= SURELY_ITSELF && !unsure && !has_beside(fate, visits);
            Some(Change { hair: i, before: before.value.0, by: change.0, error: error.0, known_well })
        })
        .collect();
    let scatter = scatter(changes.iter().filter(|change| change.known_well).map(|change| change.by / change.error));
    changes.iter().for_each(|change| fates[change.hair].scatter = scatter);
    let scale: f64 = visits.iter().filter_map(|v| v.calibration).map(|c| (c.standard_uncertainty / c.um_per_px).powi(2)).sum();
    let off_scale = (scale + lengths_off * lengths_off).sqrt();
    let chance = |change: &Change| {
        let error = (scatter * change.error).hypot(off_scale * change.before);
        let plausible = ((change.before + change.by) / change.before).ln().abs() < MOST_CHANGE;
        // What is not to be told counts among all that might have been.
        if change.known_well && plausible { 2.0 * Normal::standard().cdf(-(change.by / error).abs()) } else { 1.0 }
    };
    let mut chances: Vec<(f64, &Change)> = changes.iter().map(|change| (chance(change), change)).collect();
    chances.sort_by(|(p, a), (q, b)| p.total_cmp(q).then(a.hair.cmp(&b.hair)));
    let n = chances.len() as f64;
    let called = (1..=chances.len()).rev().find(|&rank| chances[rank - 1].0 <= FALSE_DISCOVERIES * rank as f64 / n);
    for (_, change) in chances.iter().take(called.unwrap_or(0)) {
        fates[change.hair].fate = if change.by > 0.0 { Fate::Thickened } else { Fate::Thinned };
    }
}

/// The change of one hair in both photos, in micrometers.
struct Change {
    hair: usize,
    before: f64,
    by: f64,
    error: f64,
    /// Whether its error is of the kind that the standard errors tell.
    known_well: bool,
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

/// Whether a kept hair is not measured apart from another in either photo.
fn has_beside(hair: &HairFate, visits: [&Visit; 2]) -> bool {
    let places = [hair.baseline, hair.follow_up];
    places.iter().zip(visits).any(|(place, visit)| {
        let Some(own) = place.and_then(|p| p.id).and_then(|id| visit.strands.iter().find(|s| s.id == id)) else { return false };
        let length = own.centerline.length();
        let stations = [0.15, 0.4, 0.65, 0.9].map(|part| own.centerline.at(part * length));
        let near = APART * visit.hair_width().0;
        let beside = |other: &&Strand| stations.iter().any(|p| other.centerline.distance_to(*p) < near);
        visit.strands.iter().filter(|other| other.id != own.id).any(|other| beside(&other))
    })
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
