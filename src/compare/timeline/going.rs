//! How each measurement goes from session to session.

use super::super::{Change, Comparison};
use super::trend::{LEVEL, PairedChange, Trend, Z, levels, theil_sen};
use super::{DAYS_PER_MONTH, Occasion};
use std::collections::BTreeMap;

/// One measurement through the sessions that can be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Going {
    /// A name of the catalogue of measurements.
    pub name: String,
    /// In UCUM; "1" for plain numbers and shares.
    pub unit: String,
    /// Whether its values rest on the skin that sessions share, hair for hair; else each is that of the session's own field.
    pub paired: bool,
    /// The value in each session, those left out that have none.
    pub levels: Vec<Level>,
    /// The change per month; `None` where fewer than two sessions have a value.
    pub trend: Option<Trend>,
}

/// A measurement in one session.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// The session.
    pub session: usize,
    /// Months since the reference session.
    pub months: f64,
    /// What the reference session's field would show then.
    pub value: f64,
    /// The change since the reference session over the skin both show, a plain count taken to the whole reference field; `None` for that session itself
    /// and where they share none.
    pub change: Option<Change>,
}

/// Measurements that no comparison of hairs gives, and that do not depend on how large the field is.
const OF_EACH_FIELD: [&str; 6] =
    ["thickness_sd", "thickness_cv", "terminal_to_vellus_ratio", "hair_coverage", "interunit_distance_median", "direction_coherence"];

/// Plain numbers, which depend on how large the field is: a change over the skin that two sessions share is taken to the whole reference field.
const COUNTS: [&str; 2] = ["hair_count", "follicular_unit_count"];
const ON_WHOLE_FIELD: &str =
    "the change over the skin both photos show, hair for hair, and its interval, taken to the whole field of the first session by its area";

/// Every measurement that can be followed over these sessions, paired ones first.
pub(super) fn goings(
    occasions: &[Occasion],
    comparisons: &BTreeMap<(usize, usize), Comparison>,
    reference: usize,
    sessions: &[usize],
) -> Vec<Going> {
    let of = Sessions { occasions, comparisons, reference, sessions };
    let mut names: Vec<(&'static str, &'static str)> = vec![];
    for change in of.comparisons().flat_map(|(_, c)| &c.changes) {
        if !names.contains(&(change.name, change.unit)) {
            names.push((change.name, change.unit));
        }
    }
    let mut goings: Vec<Going> = vec![];
    for (name, unit) in names {
        let going = of.paired(name, unit, &|session| most(name, session, &goings));
        goings.extend(going);
    }
    goings.extend(OF_EACH_FIELD.iter().filter_map(|name| of.unpaired(name)));
    goings
}

/// The most that a measurement can be in a session: a share 1, and of the sweep no cut more than the one before it, the first no more than all
/// hair. A first session's value and a change over other skin may together exceed it.
fn most(name: &str, session: usize, before: &[Going]) -> f64 {
    let of_session = |going: &Going| going.levels.iter().find(|level| level.session == session).map(|level| level.value);
    match name {
        _ if name.ends_with("_share") => 1.0,
        _ if name.starts_with(SWEEP) => {
            before.iter().rev().find(|g| g.name.starts_with("hair_density")).and_then(of_session).unwrap_or(f64::INFINITY)
        }
        _ => f64::INFINITY,
    }
}

/// How the names of the sweep begin.
const SWEEP: &str = "hair_density_at_least_";

struct Sessions<'a> {
    occasions: &'a [Occasion],
    comparisons: &'a BTreeMap<(usize, usize), Comparison>,
    reference: usize,
    sessions: &'a [usize],
}

impl Sessions<'_> {
    /// The comparisons among the sessions.
    fn comparisons(&self) -> impl Iterator<Item = (&(usize, usize), &Comparison)> {
        self.comparisons.iter().filter(|((i, j), _)| self.sessions.contains(i) && self.sessions.contains(j))
    }

    fn months(&self, session: usize) -> f64 {
        (self.occasions[session].day - self.occasions[self.reference].day) as f64 / DAYS_PER_MONTH
    }

    fn measured(&self, session: usize, name: &str) -> Option<(f64, &str)> {
        let found = self.occasions[session].measurements.iter().find(|m| m.name == name)?;
        Some((found.value?, &found.unit))
    }

    /// Half of the interval of a measurement in a session's own field.
    fn known_within(&self, session: usize, name: &str) -> Option<f64> {
        let found = self.occasions[session].measurements.iter().find(|m| m.name == name)?;
        Some((found.high? - found.low?) / 2.0)
    }

    /// A measurement by its changes, hair for hair, over the skin that each two sessions share.
    fn paired(&self, name: &str, unit: &str, most: &dyn Fn(usize) -> f64) -> Option<Going> {
        let with: Vec<(&(usize, usize), Change)> = self
            .comparisons()
            .filter_map(|(pair, comparison)| {
                let change = comparison.changes.iter().find(|c| c.name == name)?;
                let is_count = COUNTS.contains(&name);
                Some((pair, if is_count { self.on_whole_field(change, comparison) } else { change.clone() }))
            })
            .collect();
        let changes: Vec<PairedChange> = with
            .iter()
            .map(|((from, to), c)| {
                let standard_error = c.interval.map_or(f64::NAN, |i| (i.high - i.low) / (2.0 * Z));
                PairedChange { from: *from, to: *to, change: c.change(), standard_error }
            })
            .collect();
        let above = levels(self.occasions.len(), self.reference, &changes);
        let since_first = |k: usize| with.iter().find(|(pair, _)| **pair == (self.reference, k)).map(|(_, change)| change.clone());
        // The whole first field where its catalogue has the measurement, else the first part of it that another session shares.
        let start = self.measured(self.reference, name).map(|(value, _)| value);
        let start = start.or_else(|| with.iter().find(|((from, _), _)| *from == self.reference).map(|(_, c)| c.baseline))?;
        let levels: Vec<Level> = self
            .sessions
            .iter()
            .filter_map(|&k| {
                Some(Level { session: k, months: self.months(k), value: (start + above[k]?).min(most(k)).max(0.0), change: since_first(k) })
            })
            .collect();
        let change = levels.last().and_then(|last| last.change.as_ref()?.interval);
        let mut trend = trend(&levels, change.map(|i| (i.high - i.low) / 2.0));
        // Two sessions have the interval of their one change.
        if let (Some(trend), [_, Level { months, change: Some(Change { interval: Some(interval), .. }), .. }]) = (&mut trend, &levels[..]) {
            trend.interval = Some([interval.low / months, interval.high / months]);
        }
        Some(Going { name: name.into(), unit: unit.into(), paired: true, levels, trend })
    }

    /// The change of a count over the skin that a comparison counts on, taken to the reference session's field by its area. Where areas are not known
    /// the fields of all sessions are taken to be as large as one another.
    fn on_whole_field(&self, change: &Change, comparison: &Comparison) -> Change {
        let reference = &self.occasions[self.reference].visit;
        let whole = reference.calibration.map(|scale| scale.square_centimeters(reference.field.area_px));
        let times = comparison.overlap.filter(|overlap| overlap.share > 0.0).map(|overlap| match (whole, overlap.area_cm2) {
            (Some(whole), Some(area)) => whole.0 / area.0,
            _ => 1.0 / overlap.share,
        });
        Change { method: ON_WHOLE_FIELD, ..change.scaled(times.unwrap_or(1.0)) }
    }

    /// A measurement as each session's own field shows it.
    fn unpaired(&self, name: &str) -> Option<Going> {
        let unit = self.sessions.iter().find_map(|&k| self.measured(k, name)).map(|(_, unit)| unit.to_owned())?;
        let levels: Vec<Level> = self
            .sessions
            .iter()
            .filter_map(|&k| Some(Level { session: k, months: self.months(k), value: self.measured(k, name)?.0, change: None }))
            .collect();
        let ends = levels.first().zip(levels.last());
        let change =
            ends.and_then(|(first, last)| Some(self.known_within(first.session, name)?.hypot(self.known_within(last.session, name)?)));
        let trend = trend(&levels, change);
        Some(Going { name: name.into(), unit, paired: false, levels, trend })
    }
}

/// The trend of levels, `change_within` being half of the interval of the change from the first of them to the last.
fn trend(levels: &[Level], change_within: Option<f64>) -> Option<Trend> {
    let trend = theil_sen(&levels.iter().map(|l| (l.months, l.value)).collect::<Vec<_>>())?;
    let months = levels.last()?.months - levels.first()?.months;
    Some(match change_within {
        Some(within) if months > 0.0 => trend.no_surer_than(within / months),
        _ => trend,
    })
}

impl Going {
    /// What the numbers are, in words.
    pub fn method(&self) -> String {
        let values = match self.paired {
            true if COUNTS.contains(&self.name.as_str()) => {
                "Values: the first session's, and the paired changes over shared skin that agree best with one another, each taken to the whole first field by its area."
            }
            true => "Values: the first session's, and the paired changes over shared skin that agree best with one another.",
            false => "Values: of each session's own field, which are not all the same skin.",
        };
        match &self.trend {
            Some(trend) => format!("{values} Trend: {} Level: {LEVEL}.", trend.method),
            None => format!("{values} No trend: fewer than two sessions."),
        }
    }
}
