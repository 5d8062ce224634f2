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
    /// One standard deviation of it, by the spread along the shaft.
    pub standard_error: Micrometers,
}

impl Measured {
    /// The thickness of a strand, where its photo has a scale and it has a width that can be trusted there.
    pub(super) fn of(strand: &Strand, visit: &Visit) -> Option<Self> {
        let (scale, width) = (visit.calibration?, strand.width.filter(|width| !width.blur_dominated)?);
        Some(Self { value: scale.micrometers(width.value), standard_error: scale.micrometers(width.standard_error) })
    }
}

/// The share of hairs called thickened or thinned that may be wrong.
const FALSE_DISCOVERIES: f64 = 0.05;

/// Measured anew, a hair's thickness differs by this share besides what its two standard errors tell, at the least.
const REPEATABILITY: f64 = 0.02;

/// Calls kept hairs thickened or thinned where the change is more than chance, with the share of false calls held (Benjamini and Hochberg
/// 1995, doi:10.1111/j.2517-6161.1995.tb02031.x).
///
/// What measuring twice adds to the standard errors is taken from the hairs themselves: how much their changes scatter, robustly. If hairs
/// really change by different amounts this is too much rather than too little.
pub fn significant(fates: &mut [HairFate], visits: [&Visit; 2]) {
    let changes: Vec<(usize, f64, f64)> = fates
        .iter()
        .enumerate()
        .filter(|(_, fate)| fate.fate == Fate::Kept)
        .filter_map(|(i, fate)| fate.thickness_change().map(|(change, error)| (i, change.0, error.0)))
        .collect();
    let Some(repeatability) = repeatability(&changes) else { return };
    let scale: f64 = visits.iter().filter_map(|v| v.calibration).map(|c| (c.standard_uncertainty / c.um_per_px).powi(2)).sum();
    let mut probabilities: Vec<(f64, usize, f64)> = changes
        .iter()
        .map(|&(i, change, error)| {
            let thickness = fates[i].thickness[0].map_or(0.0, |t| t.value.0);
            let least = REPEATABILITY * thickness;
            let error = (error * error + repeatability.powi(2).max(least * least) + scale * thickness * thickness).sqrt();
            (2.0 * Normal::standard().cdf(-(change / error).abs()), i, change)
        })
        .collect();
    probabilities.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let n = probabilities.len() as f64;
    let called = probabilities.iter().rposition(|(p, _, _)| {
        let rank = probabilities.partition_point(|other| other.0 <= *p) as f64;
        *p <= FALSE_DISCOVERIES * rank / n
    });
    for (_, i, change) in probabilities.into_iter().take(called.map_or(0, |last| last + 1)) {
        fates[i].fate = if change > 0.0 { Fate::Thickened } else { Fate::Thinned };
    }
}

/// How much changes scatter beyond their standard errors: one standard deviation, robustly, in µm. `None` for fewer than three changes.
fn repeatability(changes: &[(usize, f64, f64)]) -> Option<f64> {
    if changes.len() < 3 {
        return None;
    }
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let center = median(changes.iter().map(|change| change.1).collect());
    let spread = 1.48 * median(changes.iter().map(|change| (change.1 - center).abs()).collect());
    let errors = median(changes.iter().map(|change| change.2).collect());
    Some((spread * spread - errors * errors).max(0.0).sqrt())
}
