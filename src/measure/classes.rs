//! Hairs by thickness: vellus, terminal, and the sweep over cuts.

use super::intervals::{Interval, clustered_share, compound_poisson};
use super::{Cuts, Measurement, Scaled, Thickness};
use crate::units::Micrometers;

const SHARE: &str = "interval: Wilson score with the design effect of units";

/// `vellus_share`, `terminal_to_vellus_ratio` and `hair_density_at_least_20um` to `60um`.
pub fn measure(scaled: &Scaled, cuts: &Cuts) -> Vec<Measurement> {
    let thicknesses = scaled.thicknesses();
    let mut found = vec![vellus_share(&thicknesses, cuts), terminal_to_vellus_ratio(&thicknesses, cuts)];
    found.extend([20, 30, 40, 50, 60].map(|cut| density_at_least(scaled, &thicknesses, cut)));
    found
}

/// For each cluster, how many hairs are of a kind, and of how many that is known.
fn count(clusters: &[Vec<Thickness>], of_kind: impl Fn(Thickness) -> Option<bool>) -> Vec<(f64, f64)> {
    clusters
        .iter()
        .map(|hairs| {
            let known: Vec<bool> = hairs.iter().filter_map(|t| of_kind(*t)).collect();
            (known.iter().filter(|is| **is).count() as f64, known.len() as f64)
        })
        .collect()
}

fn of_all(clusters: &[(f64, f64)]) -> usize {
    clusters.iter().map(|(_, n)| n).sum::<f64>() as usize
}

fn vellus_share(thicknesses: &[Vec<Thickness>], cuts: &Cuts) -> Measurement {
    let clusters = count(thicknesses, |t| t.at_least(cuts.vellus_below_um).map(|at_least| !at_least));
    let share = clustered_share(&clusters);
    let n = of_all(&clusters);
    let method = format!(
        "Hairs under {} µm among the counted hairs that have a thickness or are known to be thinner than can be trusted; {SHARE}.",
        cuts.vellus_below_um.0
    );
    Measurement::new("vellus_share", "1", n, share.map(|s| s.0), share.map(|s| s.1), method)
}

fn terminal_to_vellus_ratio(thicknesses: &[Vec<Thickness>], cuts: &Cuts) -> Measurement {
    // Of the hairs that are either, those that are terminal.
    let clusters = count(thicknesses, |t| match (t.at_least(cuts.terminal_from_um), t.at_least(cuts.vellus_below_um)) {
        (Some(true), _) => Some(true),
        (_, Some(false)) => Some(false),
        _ => None,
    });
    let n = of_all(&clusters);
    // Without vellus hair the ratio is unknown, not infinite.
    let share = clustered_share(&clusters).filter(|(share, _)| *share < 1.0);
    let odds = |share: f64| share / (1.0 - share);
    let mut ratio = Measurement::new(
        "terminal_to_vellus_ratio",
        "1",
        n,
        share.map(|(share, _)| odds(share)),
        share.map(|(_, Interval { low, high })| Interval { low: odds(low), high: odds(high) }),
        format!(
            "Hairs of at least {} µm over hairs under {} µm, on the surface and not as in a biopsy; {SHARE}, of terminal among both.",
            cuts.terminal_from_um.0, cuts.vellus_below_um.0
        ),
    );
    ratio.high = ratio.high.filter(|high| high.is_finite());
    ratio
}

fn density_at_least(scaled: &Scaled, thicknesses: &[Vec<Thickness>], cut: u32) -> Measurement {
    let thick = count(thicknesses, |t| t.at_least(Micrometers(f64::from(cut))));
    let n = thick.iter().map(|(thick, _)| thick).sum::<f64>() as usize;
    let (counted, measured) = (scaled.sample.hairs().count(), of_all(&thick));
    let (count, interval) = compound_poisson(thick.into_iter().map(|(thick, _)| thick));
    let method = format!(
        "Hairs of at least {cut} µm over the field's area, hairs without a thickness taken as the others; interval: Poisson (Garwood) \
         with a unit's hairs taken as one event, and the scale's uncertainty."
    );
    let share_of_all = if measured > 0 { counted as f64 / measured as f64 } else { 1.0 };
    let mut density =
        scaled.density(&format!("hair_density_at_least_{cut}um"), n, (count * share_of_all, interval.scaled(share_of_all)), method);
    if counted > 0 && measured == 0 {
        (density.value, density.low, density.high) = (None, None, None);
    }
    density
}
