//! Hairs by thickness: vellus, terminal, and the sweep over cuts.

use super::intervals::{Interval, clustered_share, compound_poisson};
use super::{Chance, Cuts, Measurement, Scaled, Thickness};
use crate::units::Micrometers;

const SHARE: &str = "interval: Wilson score with the design effect of units";

/// Of less vellus hair than this, in hairs, there is no saying how many terminal ones there are to one.
const FEWEST_VELLUS: f64 = 0.5;

/// `vellus_share`, `terminal_to_vellus_ratio` and `hair_density_at_least_20um` to `60um`.
pub fn measure(scaled: &Scaled, cuts: &Cuts) -> Vec<Measurement> {
    let thicknesses = scaled.thicknesses();
    let mut found = vec![vellus_share(scaled, &thicknesses, cuts), terminal_to_vellus_ratio(scaled, &thicknesses, cuts)];
    found.extend([20, 30, 40, 50, 60].map(|cut| density_at_least(scaled, &thicknesses, cut)));
    found
}

/// For each cluster, how many hairs are likely of a kind, and of how many that is asked; then the same with as few and as many of the kind as there may be.
fn count(clusters: &[Vec<Thickness>], of_kind: impl Fn(Thickness) -> (Chance, Chance)) -> [Vec<(f64, f64)>; 3] {
    [|chance: Chance| chance.likely, |chance: Chance| chance.least, |chance: Chance| chance.most].map(|of| {
        let sums = |hairs: &Vec<Thickness>| {
            hairs.iter().map(|t| of_kind(*t)).fold((0.0, 0.0), |(kind, all), (is, asked)| (kind + of(is), all + of(asked)))
        };
        clusters.iter().map(sums).collect()
    })
}

/// A share, and its interval wherever between the least and the most it may lie.
fn share(counts: &[Vec<(f64, f64)>; 3]) -> Option<(f64, Interval)> {
    let [likely, least, most] = counts.each_ref().map(|clusters| clustered_share(clusters));
    let (share, interval) = likely?;
    let low = least.map_or(0.0, |(_, least)| least.low);
    let high = most.map_or(1.0, |(_, most)| most.high);
    Some((share, Interval { low: interval.low.min(low), high: interval.high.max(high) }))
}

/// How many hairs something is known of, and of how many, in words.
fn known_of(scaled: &Scaled, thicknesses: &[Vec<Thickness>]) -> (usize, String) {
    let n = thicknesses.iter().map(Vec::len).sum();
    (
        n,
        format!(
            "the {n} of {} counted hairs of whose thickness anything is known, those known too little for a figure by their chance",
            scaled.sample.hairs().count()
        ),
    )
}

fn vellus_share(scaled: &Scaled, thicknesses: &[Vec<Thickness>], cuts: &Cuts) -> Measurement {
    let below = |t: Thickness| {
        let Chance { least, likely, most } = t.at_least(cuts.vellus_below_um);
        (Chance { least: 1.0 - most, likely: 1.0 - likely, most: 1.0 - least }, Chance::from(1.0))
    };
    let share = share(&count(thicknesses, below));
    let (n, known) = known_of(scaled, thicknesses);
    let method = format!("Hairs under {} µm among {known}; {SHARE}.", cuts.vellus_below_um.0);
    Measurement::new("vellus_share", "1", n, share.map(|s| s.0), share.map(|s| s.1), method)
}

fn terminal_to_vellus_ratio(scaled: &Scaled, thicknesses: &[Vec<Thickness>], cuts: &Cuts) -> Measurement {
    // Of the hairs that are either, those that are terminal; the ratio is least where as many as may be are vellus.
    let either = |t: Thickness| {
        let (terminal, intermediate) = (t.at_least(cuts.terminal_from_um), t.at_least(cuts.vellus_below_um));
        let of = |terminal: f64, at_least: f64| terminal + 1.0 - at_least;
        let asked = Chance {
            least: of(terminal.least, intermediate.least),
            likely: of(terminal.likely, intermediate.likely),
            most: of(terminal.most, intermediate.most),
        };
        (terminal, asked)
    };
    let counts = count(thicknesses, either);
    let n = counts[0].iter().map(|(_, asked)| asked).sum::<f64>().round() as usize;
    // Without vellus hair the ratio is unknown, not infinite; nor is a chance of less than half a hair any.
    let known = |share: f64, of: &[(f64, f64)]| of.iter().map(|(_, asked)| asked).sum::<f64>() * (1.0 - share) >= FEWEST_VELLUS;
    let share = share(&counts).filter(|(share, _)| known(*share, &counts[0]));
    // Where as few hairs as may be are vellus, and those are none, nothing bounds the ratio above.
    let bounded = clustered_share(&counts[2]).is_some_and(|(most, _)| known(most, &counts[2]));
    let odds = |share: f64| share / (1.0 - share);
    let (_, told_by) = known_of(scaled, thicknesses);
    let mut ratio = Measurement::new(
        "terminal_to_vellus_ratio",
        "1",
        n,
        share.map(|(share, _)| odds(share)),
        share.map(|(_, Interval { low, high })| Interval { low: odds(low), high: odds(high) }),
        format!(
            "Hairs of at least {} µm over hairs under {} µm, on the surface and not as in a biopsy, among {told_by}; {SHARE}, of terminal among both.",
            cuts.terminal_from_um.0, cuts.vellus_below_um.0
        ),
    );
    ratio.high = ratio.high.filter(|high| bounded && high.is_finite());
    ratio
}

fn density_at_least(scaled: &Scaled, thicknesses: &[Vec<Thickness>], cut: u32) -> Measurement {
    let counts = count(thicknesses, |t| (t.at_least(Micrometers(f64::from(cut))), Chance::from(1.0)));
    let counted = scaled.sample.hairs().count();
    let (measured, known) = known_of(scaled, thicknesses);
    let [(count, interval), (_, least), (_, most)] = counts.map(|clusters| compound_poisson(clusters.into_iter().map(|(thick, _)| thick)));
    let interval = Interval { low: interval.low.min(least.low), high: interval.high.max(most.high) };
    let method = format!(
        "Hairs of at least {cut} µm over the field's area, told by {known}, and the others taken as these; interval: Poisson (Garwood) \
         with a unit's hairs taken as one event, and the scale's uncertainty."
    );
    let name = format!("hair_density_at_least_{cut}um");
    if counted > 0 && measured == 0 {
        return Measurement::new(&name, "/cm2", 0, None, None, method);
    }
    let share_of_all = if measured > 0 { counted as f64 / measured as f64 } else { 1.0 };
    scaled.density(&name, count.round() as usize, (count * share_of_all, interval.scaled(share_of_all)), method)
}
