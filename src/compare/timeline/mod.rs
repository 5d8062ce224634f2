//! Many sessions of one site in order: each hair followed through all of them, and how each measurement goes.

mod follow;
mod going;
mod since;
mod tracks;
mod trend;
mod units;

pub use follow::{HairCourse, Seen, State, TimelineFate};
pub use going::{Going, Level};
pub use since::{EVENT_WINDOWS, Event, Since, Then, Window};
pub use tracks::{Link, Track, tracks};
pub use trend::{LEVEL, PairedChange, Trend, levels, theil_sen};
pub use units::UnitCourse;

use super::visit::Visit;
use super::{Comparison, compare};
use crate::measure::{Cuts, Measurement};
use crate::photo::CaveatCode;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Days in a mean month.
pub const DAYS_PER_MONTH: f64 = 30.4375;

/// One session of a site.
#[derive(Debug, Clone)]
pub struct Occasion {
    /// What its photo shows.
    pub visit: Visit,
    /// The day it was taken, counted from any one day.
    pub day: i64,
    /// The camera, where the photo names it.
    pub device: Option<String>,
    /// The photo's own catalogue of measurements.
    pub measurements: Vec<Measurement>,
}

/// Why a session is not compared with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Apart {
    /// It is not shown to be of the same skin as the others.
    OtherField,
    /// The same, and it is a mirror image of another.
    Mirrored,
    /// Others have a scale and it has none: its hairs are followed, but it is in no trend.
    Uncalibrated,
    /// Its scale does not fit those of the others by the skin that they share: its hairs are followed, but it is in no trend.
    OtherScale,
    /// Another camera than that of most sessions: its hairs are followed, but it is in no trend.
    OtherDevice,
}

/// What many sessions of one site gave. Sessions are named by their place in the order of their days.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The first session that can be compared with others: what changes are counted from.
    pub reference: usize,
    /// The camera of most sessions of the skin that most of them show, of those with a scale where others have none, where it is known.
    pub device: Option<String>,
    /// Why a session stands apart, where it does.
    pub apart: Vec<Option<Apart>>,
    /// Every pair that was compared, earlier session first.
    pub comparisons: BTreeMap<(usize, usize), Comparison>,
    /// Every hair, in the order it is first seen.
    pub hairs: Vec<HairCourse>,
    /// Every follicular unit, each hair in exactly one.
    pub units: Vec<UnitCourse>,
    /// Every measurement that can be followed.
    pub goings: Vec<Going>,
    /// The changes since each event, in the order given.
    pub events: Vec<Since>,
}

/// Up to this many sessions every pair is compared; of more, each with the first of them and with so many before it.
const ALL_PAIRS_UP_TO: usize = 9;
const SESSIONS_BACK: usize = 3;

/// Follows the sessions of a site, which must be in the order of their days.
pub fn timeline(occasions: &[Occasion], events: &[Event], cuts: &Cuts) -> Timeline {
    let days: Vec<i64> = occasions.iter().map(|o| o.day).collect();
    let mut comparisons = compared(occasions, pairs(occasions.len()), cuts);
    let of_field = largest_field(occasions.len(), &comparisons);
    let scaled = scaled(occasions, &of_field);
    let device = usual_device(occasions, &scaled);
    let mut apart: Vec<Option<Apart>> =
        (0..occasions.len()).map(|k| apart(&occasions[k], device.as_ref(), of_field.contains(&k), scaled.contains(&k))).collect();
    for k in (0..occasions.len()).filter(|k| !of_field.contains(k)) {
        if comparisons.iter().any(|((i, j), c)| (*i == k || *j == k) && says(c, CaveatCode::Mirrored)) {
            apart[k] = Some(Apart::Mirrored);
        }
    }
    for k in off_scale(&in_trend(&apart), &comparisons) {
        apart[k] = Some(Apart::OtherScale);
    }
    let in_trend = in_trend(&apart);
    let reference = in_trend.first().or(of_field.first()).copied().unwrap_or(0);
    // Changes are counted from the first of them and from the last before an event.
    let mut more: BTreeSet<(usize, usize)> = of_field.iter().filter(|k| **k > reference).map(|k| (reference, *k)).collect();
    more.extend(since::pairs(&days, events, &in_trend));
    more.retain(|pair| !comparisons.contains_key(pair));
    comparisons.extend(compared(occasions, more, cuts));
    let hairs = follow::follow(occasions, &comparisons, &in_trend);
    let units = units::units(occasions, &hairs, &comparisons);
    let events = events.iter().map(|event| since::since(event, &days, &in_trend, &comparisons)).collect();
    let goings = going::goings(occasions, &comparisons, reference, &in_trend.into_iter().collect::<Vec<_>>());
    Timeline { reference, device, apart, comparisons, hairs, units, goings, events }
}

/// The sessions that do not stand apart.
fn in_trend(apart: &[Option<Apart>]) -> BTreeSet<usize> {
    (0..apart.len()).filter(|k| apart[*k].is_none()).collect()
}

fn says(comparison: &Comparison, code: CaveatCode) -> bool {
    comparison.caveats.iter().any(|caveat| caveat.code == code)
}

/// The sessions whose scale does not fit the others', the one that fits the fewest first, until all that are left fit; of as many, the later one.
fn off_scale(sessions: &BTreeSet<usize>, comparisons: &BTreeMap<(usize, usize), Comparison>) -> Vec<usize> {
    let mut left = sessions.clone();
    let mut off = vec![];
    loop {
        let at_odds = |k: &usize| {
            let own = comparisons.iter().filter(|((i, j), _)| (i == k || j == k) && left.contains(i) && left.contains(j));
            own.filter(|(_, c)| says(c, CaveatCode::ScalesDisagree)).count()
        };
        match left.iter().max_by_key(|k| (at_odds(k), **k)).copied().filter(|k| at_odds(k) > 0) {
            Some(k) => {
                left.remove(&k);
                off.push(k);
            }
            None => return off,
        }
    }
}

/// The sessions of a field that have the scale its trends need: all, where one or none has it. One that has a scale among others that have none makes no
/// trend of what needs one.
fn scaled(occasions: &[Occasion], of_field: &BTreeSet<usize>) -> BTreeSet<usize> {
    let with: BTreeSet<usize> = of_field.iter().copied().filter(|k| occasions[*k].visit.calibration.is_some()).collect();
    if with.len() > 1 { with } else { of_field.clone() }
}

/// The camera of most of these sessions, of those whose photos name one; of as many, the one that comes first.
fn usual_device(occasions: &[Occasion], sessions: &BTreeSet<usize>) -> Option<String> {
    let devices: Vec<&String> = sessions.iter().filter_map(|k| occasions[*k].device.as_ref()).collect();
    let count = |device: &String| devices.iter().filter(|other| **other == device).count();
    // `max_by_key` gives the last of as many.
    devices.iter().rev().max_by_key(|device| count(device)).map(|device| (*device).clone())
}

fn compared(occasions: &[Occasion], wanted: BTreeSet<(usize, usize)>, cuts: &Cuts) -> BTreeMap<(usize, usize), Comparison> {
    let wanted: Vec<(usize, usize)> = wanted.into_iter().collect();
    wanted.into_par_iter().map(|(i, j)| ((i, j), compare(&occasions[i].visit, &occasions[j].visit, cuts))).collect()
}

fn pairs(sessions: usize) -> BTreeSet<(usize, usize)> {
    let near = |i: usize, j: usize| sessions <= ALL_PAIRS_UP_TO || i == 0 || j - i <= SESSIONS_BACK;
    (0..sessions).flat_map(|i| (i + 1..sessions).map(move |j| (i, j))).filter(|&(i, j)| near(i, j)).collect()
}

/// The most sessions that are, one by the other, shown to be of the same skin; of as many, those that begin earlier.
fn largest_field(sessions: usize, comparisons: &BTreeMap<(usize, usize), Comparison>) -> BTreeSet<usize> {
    let mut field: Vec<usize> = (0..sessions).collect();
    for (&(i, j), _) in comparisons.iter().filter(|(_, c)| c.registration.is_some()) {
        let (into, from) = (field[i].min(field[j]), field[i].max(field[j]));
        field.iter_mut().filter(|f| **f == from).for_each(|f| *f = into);
    }
    let of = |f: usize| -> BTreeSet<usize> { (0..sessions).filter(|&k| field[k] == f).collect() };
    (0..sessions).map(of).max_by(|a, b| a.len().cmp(&b.len()).then(b.first().cmp(&a.first()))).unwrap_or_default()
}

fn apart(this: &Occasion, device: Option<&String>, of_field: bool, scaled: bool) -> Option<Apart> {
    match () {
        () if !of_field => Some(Apart::OtherField),
        () if !scaled => Some(Apart::Uncalibrated),
        () if this.device.is_some() && this.device.as_ref() != device => Some(Apart::OtherDevice),
        () => None,
    }
}

#[cfg(test)]
mod tests;
