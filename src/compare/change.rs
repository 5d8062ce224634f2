//! What has changed, over the skin both photos show, hair for hair.

use super::fate::{Fate, HairFate};
use super::sites::{UnitFate, UnitFateKind};
use super::thickness::{Measured, off_scale};
use super::visit::Visit;
use crate::measure::Cuts;
use crate::measure::intervals::{Interval, bootstrap, mean, median};
use crate::units::{Micrometers, SquareCentimeters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

/// Whether a change is more than what measuring twice would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval lies above 0.
    Increased,
    /// The whole interval lies below 0.
    Decreased,
    /// The interval holds 0.
    NoDetectableChange,
}

/// One measurement in both photos, over the skin both show, and its change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// A name of the catalogue of measurements.
    pub name: &'static str,
    /// In UCUM; "1" for plain numbers and shares.
    pub unit: &'static str,
    /// In the baseline.
    pub baseline: f64,
    /// In the follow-up.
    pub follow_up: f64,
    /// The interval of the change at 95 %; `None` where too few units say nothing of it.
    pub interval: Option<Interval>,
    /// How many hairs or units it rests on.
    pub n: usize,
    /// How it was reached.
    pub method: &'static str,
}

impl Change {
    /// Follow-up less baseline.
    pub fn change(&self) -> f64 {
        self.follow_up - self.baseline
    }

    /// The change of something of which there is so many times as much; the factor must not be negative.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let interval = self.interval.map(|interval| interval.scaled(factor));
        Self { baseline: self.baseline * factor, follow_up: self.follow_up * factor, interval, ..self.clone() }
    }

    /// The least change that would have been told from none at 95 %: how far the interval reaches from the change toward none, and where
    /// nothing changed, to its farther end.
    pub fn detectable(&self) -> Option<f64> {
        let change = self.change();
        let [below, above] = self.interval.map(|interval| [change - interval.low, interval.high - change])?;
        Some(if change > 0.0 {
            below
        } else if change < 0.0 {
            above
        } else {
            below.max(above)
        })
    }

    /// What may be said of it: only a change greater than the detectable one is told; without an interval nothing.
    pub fn verdict(&self) -> Verdict {
        let change = self.change();
        match self.detectable() {
            Some(least) if change > least => Verdict::Increased,
            Some(least) if -change > least => Verdict::Decreased,
            _ => Verdict::NoDetectableChange,
        }
    }
}

/// What adds to the squared error of the change of the number of hairs: each lost or new one that is told, and one more than was told, since none told is
/// not none, for about as many come or go unseen on or beside other hair; and each seen in one photo alone, times the chance that it is gone times the
/// chance that it is not.
///
/// # Source
/// Ours, measured, not derived: rounded from least squares over 81 pairs of `series-steady`, seeds 7001 to 7027. There hairs seen in both photos say
/// nothing of it, and an interval that rested on their number held the truth of 5 in 8 pairs of seven hairs told and more.
const COMES_UNSEEN: f64 = 1.0;
const UNSURE_FATE: f64 = 1.0;

/// What each unit adds to that of the number of units: one told to come or go, and one more, and one whose fate is not told.
///
/// # Source
/// Ours, measured, not derived: rounded from least squares over drawn series of hair cut and combed anew (seeds 100 to 107 and 800 to 815).
const WRONG_FATE: f64 = 0.6;
const NOT_RESOLVED: f64 = 0.25;

/// The standard normal quantile of the intervals' level.
const Z: f64 = 1.959_963_984_540_054;

const COUNTED: &str = "hairs paired one to one over the skin both photos show, unresolved ones counted in both; the interval is that of fates that may be wrong or could not be resolved, and of hairs that come or go unseen among others, at the rates measured on drawn series, not of other skin";
const SAMPLED: &str = "hairs measured in every photo they are seen in, but for those known far worse than the others, paired one to one over the skin both photos show; the interval by drawing follicular units again (1000 replicates), no narrower than fates that may be wrong and the hairs' own standard errors leave it, and by how far the two scales may be off from one another";

/// A hair of the overlap: whether it is there then and now, and how thick.
#[derive(Debug, Clone, Copy)]
struct Followed {
    there: [bool; 2],
    thickness: [Option<Measured>; 2],
}

/// Every change of the catalogue that can be known, in a fixed order. `scales_off` is one standard deviation of the natural log of the follow-up's
/// lengths against the baseline's, beyond what both scales' own uncertainties say.
pub fn changes(
    fates: &[HairFate],
    units: &[UnitFate],
    overlap: Option<SquareCentimeters>,
    (visits, scales_off): ([&Visit; 2], f64),
    cuts: &Cuts,
) -> Vec<Change> {
    let least_sure = least_sure(fates);
    let hairs = |unit: &UnitFate, which: fn(&HairFate) -> bool| {
        unit.members.iter().map(|&i| &fates[i]).filter(|fate| which(fate)).map(|fate| followed(fate, least_sure)).collect::<Vec<Followed>>()
    };
    // Of hairs those that are counted, whatever their unit; of units those that are counted, with all of their hairs: as a photo's own numbers are.
    let clusters: Vec<Vec<Followed>> = units.iter().map(|unit| hairs(unit, |hair| hair.counted)).filter(|unit| !unit.is_empty()).collect();
    let whole: Vec<Vec<Followed>> = units.iter().filter(|unit| unit.counted).map(|unit| hairs(unit, |_| true)).collect();
    let scale = off_scale(visits, scales_off);
    // The area is by the baseline's scale, twice.
    let area_off = visits[0].calibration.map_or(0.0, |scale| 2.0 * scale.standard_uncertainty / scale.um_per_px);
    let measured = clusters.iter().flatten().filter(|hair| hair.thickness.iter().any(Option::is_some)).count();
    let sampled = Sampled { clusters: &clusters, scale, n: measured };
    let of_units = Sampled { clusters: &whole, scale, n: whole.len() };
    let mut changes = counts(fates, units, overlap, area_off);
    // How many hairs too many or too few fates tell that may be wrong, and how far measured thickness leaves what rests on it.
    let miscounted = hair_events(fates).miscounted();
    let unsure = Unsure::of(&clusters);
    let units_now = whole.iter().filter(|unit| unit.iter().any(|hair| hair.there[1])).count() as f64;
    changes.extend(of_units.change("hairs_per_unit_mean", "1", miscounted / units_now, |hairs, units, side| {
        (units[side] > 0).then(|| hairs.iter().filter(|h| h.there[side]).count() as f64 / units[side] as f64)
    }));
    changes.extend(of_units.change("single_hair_unit_share", "1", miscounted / units_now, |hairs, units, side| {
        let single = hairs.chunk_by(|a, b| a.unit == b.unit).filter(|unit| unit.iter().filter(|h| h.there[side]).count() == 1).count();
        (units[side] > 0).then(|| single as f64 / units[side] as f64)
    }));
    let Some(area) = overlap.filter(|area| area.0 > 0.0) else { return changes };
    changes.extend(sampled.change("thickness_mean", "um", unsure.mean(), |hairs, _, side| mean(&thick(hairs, side))));
    // The median of normal errors scatters a quarter more than the mean.
    changes.extend(sampled.change("thickness_median", "um", 1.25 * unsure.mean(), |hairs, _, side| median(&thick(hairs, side))));
    let vellus = cuts.vellus_below_um.0;
    let wrong = unsure.share(vellus).hypot(unsure.miscounted_share(vellus, miscounted));
    changes.extend(sampled.change("vellus_share", "1", wrong, |hairs, _, side| share(&thick(hairs, side), |t| t < vellus)));
    let (there, now) = (clusters.iter().flatten().filter(|hair| hair.there[1]).count() as f64, unsure.thickness(1));
    for (name, cut) in SWEEP {
        let of_cut = share(&now, |t| t >= cut).unwrap_or(0.0);
        let wrong = (miscounted * of_cut).hypot(unsure.share(cut) * there) / area.0;
        changes.extend(sampled.change(name, "/cm2", wrong, |hairs, _, side| {
            let there = hairs.iter().filter(|h| h.there[side]).count() as f64;
            share(&thick(hairs, side), |t| t >= cut).map(|share| share * there / area.0)
        }));
    }
    let wrong = (miscounted * mean(&now).unwrap_or(0.0)).hypot(unsure.mean() * there) * 1e-3 / area.0;
    changes.extend(sampled.change("cumulative_thickness", "mm/cm2", wrong, |hairs, _, side| {
        let there = hairs.iter().filter(|h| h.there[side]).count() as f64;
        mean(&thick(hairs, side)).map(|mean| mean * 1e-3 * there / area.0)
    }));
    changes
}

/// What the thicknesses of the hairs leave open.
struct Unsure {
    /// Of each side, what is measured.
    measured: [Vec<Measured>; 2],
}

impl Unsure {
    fn of(clusters: &[Vec<Followed>]) -> Self {
        Self { measured: [0, 1].map(|side| clusters.iter().flatten().filter_map(|hair| hair.thickness[side]).collect()) }
    }

    fn thickness(&self, side: usize) -> Vec<f64> {
        self.measured[side].iter().map(|t| t.value.0).collect()
    }

    /// One standard deviation of the change of the mean.
    fn mean(&self) -> f64 {
        let variance = |of: &Vec<Measured>| of.iter().map(|t| t.standard_error.0.powi(2)).sum::<f64>() / (of.len() as f64).powi(2);
        self.measured.iter().filter(|of| !of.is_empty()).map(variance).sum::<f64>().sqrt()
    }

    /// One standard deviation of the change of the share beyond a cut: each hair may lie on the other side of it.
    fn share(&self, cut: f64) -> f64 {
        let beyond = |t: &Measured| Normal::standard().cdf((cut - t.value.0) / t.standard_error.0.max(1e-6));
        let variance = |of: &Vec<Measured>| of.iter().map(beyond).map(|p| p * (1.0 - p)).sum::<f64>() / (of.len() as f64).powi(2);
        self.measured.iter().filter(|of| !of.is_empty()).map(variance).sum::<f64>().sqrt()
    }

    /// The same by so many hairs too many or too few, each as likely beyond the cut as any; one more of either kind than was seen, since none seen is
    /// not none.
    fn miscounted_share(&self, cut: f64, hairs: f64) -> f64 {
        let n = self.measured[1].len() as f64;
        let p = (self.measured[1].iter().filter(|t| t.value.0 < cut).count() as f64 + 1.0) / (n + 2.0);
        hairs * (p * (1.0 - p)).sqrt() / n.max(1.0)
    }
}

const SWEEP: [(&str, f64); 5] = [
    ("hair_density_at_least_20um", 20.0),
    ("hair_density_at_least_30um", 30.0),
    ("hair_density_at_least_40um", 40.0),
    ("hair_density_at_least_50um", 50.0),
    ("hair_density_at_least_60um", 60.0),
];

/// The largest standard error of a thickness that is still told with the others. A plain mean weighs all alike, so that in sharp photos one hair
/// measured with its neighbor as one, badly known and far off, would outweigh what all the others say.
fn least_sure(fates: &[HairFate]) -> Micrometers {
    let errors = fates.iter().flat_map(|hair| hair.thickness).flatten().map(|thickness| thickness.standard_error.0);
    let usual = median(&errors.collect::<Vec<f64>>()).unwrap_or(0.0);
    Micrometers((MUCH_LESS_SURE * usual).max(SURE_ENOUGH.0))
}

/// A thickness is told with the others up to this many times the usual standard error, and always up to the second.
const MUCH_LESS_SURE: f64 = 4.0;
const SURE_ENOUGH: Micrometers = Micrometers(2.0);

fn followed(hair: &HairFate, least_sure: Micrometers) -> Followed {
    let known = |thickness: Option<Measured>| thickness.filter(|t| t.standard_error.0 <= least_sure.0);
    let there = [hair.fate != Fate::New, hair.fate != Fate::Lost];
    // A hair in both photos says how thick hair is only where it was measured in both, so that none weighs in one alone.
    let both = hair.thickness.iter().all(|t| known(*t).is_some());
    let lone = matches!(hair.fate, Fate::Lost | Fate::New);
    Followed { there, thickness: hair.thickness.map(|t| known(t).filter(|_| both || lone)) }
}

/// Counts and densities of hairs and units: what was lost and what is new, with the errors of telling it; `area_off` is one standard deviation of the
/// area, as a share of it.
fn counts(fates: &[HairFate], units: &[UnitFate], overlap: Option<SquareCentimeters>, area_off: f64) -> Vec<Change> {
    let of_units = |unit: &UnitFate| match unit.fate {
        UnitFateKind::Emptied => Some(Event::Gone),
        UnitFateKind::Reactivated => Some(Event::Come),
        UnitFateKind::Unresolved => None,
        _ => Some(Event::Same),
    };
    let units = Events::of_units(units.iter().filter(|unit| unit.counted).map(of_units).collect());
    let mut changes = vec![];
    for (events, count, density) in
        [(hair_events(fates), "hair_count", "hair_density"), (units, "follicular_unit_count", "follicular_unit_density")]
    {
        let plain = events.tally(count);
        let per_area = overlap.filter(|area| area.0 > 0.0).map(|area| {
            let scaled = plain.scaled(1.0 / area.0);
            let further = Z * area_off * scaled.change();
            Change {
                name: density,
                unit: "/cm2",
                interval: scaled.interval.map(|interval| about(scaled.change(), interval, further)),
                ..scaled
            }
        });
        changes.push(plain);
        changes.extend(per_area);
    }
    changes
}

/// The interval of a change widened on both sides by an independent error that reaches so far, in quadrature.
fn about(change: f64, interval: Interval, further: f64) -> Interval {
    Interval { low: change - (change - interval.low).hypot(further), high: change + (interval.high - change).hypot(further) }
}

/// What became of something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Same,
    Gone,
    Come,
}

/// What became of all that is counted; `None` for what is not known.
struct Events {
    events: Vec<Option<Event>>,
    /// The squared error of the change of their number, by fates that may be wrong and by what no photo tells apart.
    variance: f64,
}

/// What became of the hairs of the skin both photos show.
fn hair_events(fates: &[HairFate]) -> Events {
    let inside = || fates.iter().filter(|fate| fate.counted);
    let certain = |hair: &HairFate| match hair.fate {
        Fate::Lost => Some(Event::Gone),
        Fate::New => Some(Event::Come),
        Fate::Unresolved => None,
        _ => Some(Event::Same),
    };
    let unsure: f64 = inside().filter_map(HairFate::gone).map(|gone| gone * (1.0 - gone)).sum();
    let mut hairs = Events { events: inside().map(certain).collect(), variance: 0.0 };
    hairs.variance = COMES_UNSEEN * (hairs.told() + 1.0) + UNSURE_FATE * unsure;
    hairs
}

impl Events {
    fn of_units(events: Vec<Option<Event>>) -> Self {
        let mut units = Self { events, variance: 0.0 };
        units.variance = WRONG_FATE * (units.told() + 1.0) + NOT_RESOLVED * units.count(None);
        units
    }

    /// How many are of this kind.
    fn count(&self, event: Option<Event>) -> f64 {
        self.events.iter().filter(|e| **e == event).count() as f64
    }

    /// How many are told to have come or gone.
    fn told(&self) -> f64 {
        self.count(Some(Event::Gone)) + self.count(Some(Event::Come))
    }

    /// One standard deviation of how far the change of their number is off.
    fn miscounted(&self) -> f64 {
        self.variance.sqrt()
    }

    /// The change of their number.
    fn tally(&self, name: &'static str) -> Change {
        let (same, gone, come) = (self.count(Some(Event::Same)), self.count(Some(Event::Gone)), self.count(Some(Event::Come)));
        let unknown = self.count(None);
        let (change, reach) = (come - gone, Z * self.miscounted());
        Change {
            name,
            unit: "1",
            baseline: same + unknown + gone,
            follow_up: same + unknown + come,
            interval: (!self.events.is_empty()).then_some(Interval { low: change - reach, high: change + reach }),
            n: self.events.len(),
            method: COUNTED,
        }
    }
}

/// A followed hair with its unit among those drawn.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    unit: usize,
    there: [bool; 2],
    thickness: [Option<Micrometers>; 2],
}

struct Sampled<'a> {
    clusters: &'a [Vec<Followed>],
    scale: f64,
    /// How many hairs or units say something of what is sampled.
    n: usize,
}

impl Sampled<'_> {
    /// The hairs of these units, and how many of the units bear hair on each side.
    fn drawn(&self, units: &[usize]) -> (Vec<Drawn>, [usize; 2]) {
        let mut hairs = Vec::with_capacity(3 * units.len());
        let mut bearing = [0; 2];
        for (unit, &i) in units.iter().enumerate() {
            hairs.extend(self.clusters[i].iter().map(|h| Drawn {
                unit,
                there: h.there,
                thickness: h.thickness.map(|t| t.map(|t| t.value)),
            }));
            for (side, bearing) in bearing.iter_mut().enumerate() {
                *bearing += usize::from(self.clusters[i].iter().any(|h| h.there[side]));
            }
        }
        (hairs, bearing)
    }

    /// The change of a statistic of the hairs of one side (0: then, 1: now), given how many units have hair on each side. `wrong` is one standard
    /// deviation of what fates and thicknesses that may be wrong do to it.
    fn change(
        &self,
        name: &'static str,
        unit: &'static str,
        wrong: f64,
        statistic: impl Fn(&[Drawn], [usize; 2], usize) -> Option<f64>,
    ) -> Option<Change> {
        let indices: Vec<Vec<usize>> = (0..self.clusters.len()).map(|i| vec![i]).collect();
        let all: Vec<usize> = (0..self.clusters.len()).collect();
        let (mut hairs, bearing) = self.drawn(&all);
        let (baseline, follow_up) = (statistic(&hairs, bearing, 0)?, statistic(&hairs, bearing, 1)?);
        let change = follow_up - baseline;
        let again = bootstrap(&indices, |drawn| {
            let (hairs, bearing) = self.drawn(drawn);
            Some(statistic(&hairs, bearing, 1)? - statistic(&hairs, bearing, 0)?)
        });
        // How far the statistic would lie off were the follow-up's lengths so much greater or smaller.
        let mut off_by = |factor: f64| {
            hairs.iter_mut().filter_map(|hair| hair.thickness[1].as_mut()).for_each(|thickness| thickness.0 *= factor);
            let off = statistic(&hairs, bearing, 1).map_or(0.0, |scaled| (scaled - follow_up).abs());
            hairs.iter_mut().filter_map(|hair| hair.thickness[1].as_mut()).for_each(|thickness| thickness.0 /= factor);
            off
        };
        let further = off_by((Z * self.scale).exp()).max(off_by((-Z * self.scale).exp()));
        // Where few units were drawn, or no draw of them changes anything, as of a share that is 0 in both photos, they do not say how uncertain it is.
        let reach = |drawn: Option<f64>| drawn.unwrap_or(0.0).max(Z * wrong).hypot(further);
        let interval =
            Interval { low: change - reach(again.map(|i| change - i.low)), high: change + reach(again.map(|i| i.high - change)) };
        // No share changes by more than all.
        let most = if name.ends_with("_share") { 1.0 } else { f64::INFINITY };
        let interval = Interval { low: interval.low.max(-most), high: interval.high.min(most) };
        let interval = (interval.low < interval.high).then_some(interval);
        Some(Change { name, unit, baseline, follow_up, interval, n: self.n, method: SAMPLED })
    }
}

fn thick(hairs: &[Drawn], side: usize) -> Vec<f64> {
    hairs.iter().filter_map(|h| h.thickness[side]).map(|t| t.0).collect()
}

fn share(values: &[f64], of_kind: impl Fn(f64) -> bool) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().filter(|v| of_kind(**v)).count() as f64 / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::gone::Signs;
    use super::super::thickness::Repeat;
    use super::*;

    fn change(change: f64, low: f64, high: f64) -> Change {
        let interval = Some(Interval { low, high });
        Change { name: "vellus_share", unit: "1", baseline: 1.0, follow_up: 1.0 + change, interval, n: 9, method: SAMPLED }
    }

    #[test]
    fn hair_known_much_worse_than_the_others_is_left_out_of_the_mean() {
        let measured = |value, error| Some(Measured { value: Micrometers(value), standard_error: Micrometers(error) });
        let kept = |thickness| HairFate {
            fate: Fate::Kept,
            counted: true,
            baseline: None,
            follow_up: None,
            thickness,
            repeat: Repeat::default(),
            length_change: None,
            phase: None,
            confidence: 1.0,
            signs: None,
            reason: None,
        };
        let told = |error: f64| {
            let mut fates = vec![kept([measured(60.0, error), measured(60.0, error)]); 20];
            fates.push(kept([measured(60.0, error), measured(98.0, 9.0)]));
            fates.iter().filter(|fate| followed(fate, least_sure(&fates)).thickness.iter().all(Option::is_some)).count()
        };
        // In a sharp photo it stands out; where all are known about as well it counts as they do.
        assert_eq!([0.2, 1.0, 3.0, 6.0].map(told), [20, 20, 21, 21]);
    }

    #[test]
    fn a_fate_that_may_as_well_be_another_widens_the_interval_of_the_count() {
        let lost = |gone: f64| HairFate {
            fate: Fate::Lost,
            counted: true,
            baseline: None,
            follow_up: None,
            thickness: [None; 2],
            repeat: Repeat::default(),
            length_change: None,
            phase: None,
            confidence: gone,
            signs: Some(Signs::saying(gone)),
            reason: None,
        };
        let kept = HairFate { fate: Fate::Kept, signs: None, ..lost(1.0) };
        let reach = |gone: f64| {
            let fates = [vec![kept.clone(); 20], vec![lost(gone)]].concat();
            let change = hair_events(&fates).tally("hair_count");
            assert_eq!((change.baseline, change.follow_up), (21.0, 20.0));
            change.interval.unwrap().high - change.change()
        };
        assert!(reach(0.65) > reach(0.95) && reach(0.95) > reach(1.0));
        // Where some come or go, others do so unseen.
        let surely = |lost_hairs: usize| hair_events(&vec![lost(1.0); lost_hairs]).miscounted();
        assert!(surely(0) >= 1.0 && surely(8) > 2.0 * surely(1));
    }

    #[test]
    fn a_change_of_density_is_as_uncertain_as_the_area_besides() {
        let none = about(-4.0, Interval { low: -7.0, high: -1.0 }, 0.0);
        assert_eq!((none.low, none.high), (-7.0, -1.0));
        let wide = about(-4.0, Interval { low: -7.0, high: -1.0 }, 4.0);
        assert_eq!((wide.low, wide.high), (-9.0, 1.0));
    }

    #[test]
    fn nothing_is_said_without_an_interval() {
        let unknown = Change { interval: None, ..change(0.5, 0.0, 1.0) };
        assert_eq!((unknown.detectable(), unknown.verdict()), (None, Verdict::NoDetectableChange));
    }

    #[test]
    fn what_is_told_is_more_than_what_can_be_detected_and_its_interval_leaves_none_out() {
        // Intervals that reach far to one side, as those of small shares do.
        for (low, high) in [(-0.2, -0.01), (-0.3, 0.1), (-0.1, 0.3), (0.01, 0.2), (-0.2, 0.0), (0.0, 0.2)] {
            for part in [0.05, 0.5, 0.95] {
                let change = change(low + part * (high - low), low, high);
                let told = change.verdict() != Verdict::NoDetectableChange;
                assert_eq!(told, change.change().abs() > change.detectable().unwrap(), "{change:?}");
                assert_eq!(told, low > 1e-12 || high < -1e-12, "{change:?}");
            }
        }
    }

    #[test]
    fn a_lopsided_interval_detects_by_the_end_that_decides() {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(near(change(-0.094, -0.214, -0.014).detectable().unwrap(), 0.08));
        assert!(near(change(0.094, -0.014, 0.4).detectable().unwrap(), 0.108));
        assert!(near(change(0.0, -0.1, 0.3).detectable().unwrap(), 0.3));
    }
}
