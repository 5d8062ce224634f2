//! Many sessions of one site in order: each hair followed through all of them, and how each measurement goes.

mod follow;
mod going;
mod since;
mod tracks;
mod trend;

pub use follow::{HairCourse, Seen, State, TimelineFate};
pub use going::{Going, Level};
pub use since::{EVENT_WINDOWS, Event, Since, Then, Window};
pub use tracks::{Link, Track, tracks};
pub use trend::{LEVEL, PairedChange, Trend, levels, theil_sen};

use super::visit::Visit;
use super::{Comparison, compare};
use crate::measure::{Cuts, Measurement};
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
    /// The others have a scale and it has none: its hairs are followed, but it is in no trend.
    Uncalibrated,
    /// Another camera than the first session's: its hairs are followed, but it is in no trend.
    OtherDevice,
}

/// What many sessions of one site gave. Sessions are named by their place in the order of their days.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The first session of the skin that most sessions show: what changes are counted from.
    pub reference: usize,
    /// Why a session stands apart, where it does.
    pub apart: Vec<Option<Apart>>,
    /// Every pair that was compared, earlier session first.
    pub comparisons: BTreeMap<(usize, usize), Comparison>,
    /// Every hair, in the order it is first seen.
    pub hairs: Vec<HairCourse>,
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
    // Changes are counted from the first session of the field and from the last before an event.
    let first = of_field.first().copied().unwrap_or(0);
    let mut more: BTreeSet<(usize, usize)> = of_field.iter().filter(|k| **k > first).map(|k| (first, *k)).collect();
    more.extend(since::pairs(&days, events, &of_field));
    more.retain(|pair| !comparisons.contains_key(pair));
    comparisons.extend(compared(occasions, more, cuts));
    let reference = of_field.first().copied().unwrap_or(0);
    let apart: Vec<Option<Apart>> = (0..occasions.len()).map(|k| apart(occasions, reference, &of_field, k)).collect();
    let hairs = follow::follow(occasions, &comparisons);
    let in_trend: Vec<usize> = (0..occasions.len()).filter(|k| apart[*k].is_none()).collect();
    let goings = going::goings(occasions, &comparisons, reference, &in_trend);
    let events = events.iter().map(|event| since::since(event, &days, &of_field, &comparisons)).collect();
    Timeline { reference, apart, comparisons, hairs, goings, events }
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

fn apart(occasions: &[Occasion], reference: usize, of_field: &BTreeSet<usize>, k: usize) -> Option<Apart> {
    let (first, this) = (&occasions[reference], &occasions[k]);
    let other = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
    match () {
        () if !of_field.contains(&k) => Some(Apart::OtherField),
        () if first.visit.calibration.is_some() && this.visit.calibration.is_none() => Some(Apart::Uncalibrated),
        () if other(&first.device, &this.device) => Some(Apart::OtherDevice),
        () => None,
    }
}

#[cfg(test)]
mod tests;
