//! Hairs by thickness: vellus, terminal, and the sweep over cuts.

use super::intervals::{Interval, clustered_share, compound_poisson};
use super::{Cuts, Measurement, Scaled, ThicknessClass};
use crate::units::Micrometers;

const SHARE: &str = "interval: Wilson score with the design effect of units";

/// `vellus_share`, `terminal_to_vellus_ratio` and `hair_density_at_least_20um` to `60um`.
pub fn measure(scaled: &Scaled, cuts: &Cuts) -> Vec<Measurement> {
    let thicknesses = scaled.thicknesses();
    let mut found = vec![vellus_share(&thicknesses, cuts), terminal_to_vellus_ratio(&thicknesses, cuts)];
    found.extend([20, 30, 40, 50, 60].map(|cut| density_at_least(scaled, &thicknesses, cut)));
    found
}

/// For each cluster, how many hairs are of a kind.
fn count(clusters: &[Vec<Micrometers>], of_kind: impl Fn(Micrometers) -> bool) -> Vec<f64> {
    clusters.iter().map(|hairs| hairs.iter().filter(|t| of_kind(**t)).count() as f64).collect()
}

fn vellus_share(thicknesses: &[Vec<Micrometers>], cuts: &Cuts) -> Measurement {
    let vellus = count(thicknesses, |t| cuts.class(t) == ThicknessClass::Vellus);
    let clusters: Vec<(f64, f64)> = vellus.into_iter().zip(thicknesses.iter().map(|hairs| hairs.len() as f64)).collect();
    let share = clustered_share(&clusters);
    let n = thicknesses.iter().map(Vec::len).sum();
    let method = format!("Hairs under {} um among the counted hairs that have a thickness; {SHARE}.", cuts.vellus_below_um.0);
    Measurement::new("vellus_share", "1", n, share.map(|s| s.0), share.map(|s| s.1), method)
}

fn terminal_to_vellus_ratio(thicknesses: &[Vec<Micrometers>], cuts: &Cuts) -> Measurement {
    let terminal = count(thicknesses, |t| cuts.class(t) == ThicknessClass::Terminal);
    let vellus = count(thicknesses, |t| cuts.class(t) == ThicknessClass::Vellus);
    let n = terminal.iter().chain(&vellus).sum::<f64>() as usize;
    let clusters: Vec<(f64, f64)> = terminal.iter().zip(&vellus).map(|(t, v)| (*t, t + v)).collect();
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
            "Hairs of at least {} um over hairs under {} um, on the surface and not as in a biopsy; {SHARE}, of terminal among both.",
            cuts.terminal_from_um.0, cuts.vellus_below_um.0
        ),
    );
    ratio.high = ratio.high.filter(|high| high.is_finite());
    ratio
}

fn density_at_least(scaled: &Scaled, thicknesses: &[Vec<Micrometers>], cut: u32) -> Measurement {
    let thick = count(thicknesses, |t| t.0 >= f64::from(cut));
    let n = thick.iter().sum::<f64>() as usize;
    let (counted, measured) = (scaled.sample.hairs().count(), thicknesses.iter().map(Vec::len).sum::<usize>());
    let (count, interval) = compound_poisson(thick);
    let method = format!(
        "Hairs of at least {cut} um over the field's area, hairs without a thickness taken as the others; interval: Poisson (Garwood) \
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
