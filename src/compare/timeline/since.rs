//! What has changed since an event, such as the start of a treatment, at the times at which people are told to expect something.

use super::super::{Change, Comparison};
use super::DAYS_PER_MONTH;
use std::collections::{BTreeMap, BTreeSet};

/// Something that happened to a subject on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The day, counted as those of the sessions.
    pub day: i64,
    /// What happened.
    pub label: String,
}

/// A time after an event at which changes are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// What it is called.
    pub name: &'static str,
    /// The months at which a session is nearest to what is meant.
    pub middle: f64,
    /// From which month to which a session may stand for it.
    pub months: [f64; 2],
}

/// When shedding, first growth and the full effect of a treatment are looked for.
pub const EVENT_WINDOWS: [Window; 3] = [
    Window { name: "1-2 months", middle: 1.5, months: [0.75, 2.5] },
    Window { name: "3-6 months", middle: 4.5, months: [2.5, 7.5] },
    Window { name: "12 months", middle: 12.0, months: [10.5, 13.5] },
];

/// The name of the time of the last session.
const LAST: &str = "last session";

/// The changes since an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Since {
    /// What happened, and when.
    pub event: Event,
    /// The last session at or before it, from which changes are counted; `None` where there is none.
    pub baseline: Option<usize>,
    /// The changes at each time that a session lies near, and at the last session.
    pub times: Vec<Then>,
}

/// The changes at one time after an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Then {
    /// Which time.
    pub name: &'static str,
    /// The session nearest to it.
    pub session: usize,
    /// How long after the event that is.
    pub months: f64,
    /// The changes since the baseline; empty where the two share no skin.
    pub changes: Vec<Change>,
}

/// The pairs of sessions, among those of one field, that the events call for.
pub(super) fn pairs(days: &[i64], events: &[Event], of_field: &BTreeSet<usize>) -> BTreeSet<(usize, usize)> {
    let of = |event: &Event| {
        let baseline = baseline(event, days, of_field);
        times(event, days, of_field).into_iter().filter_map(move |(_, k)| baseline.map(|b| (b, k))).collect::<Vec<_>>()
    };
    events.iter().flat_map(of).filter(|(b, k)| b < k).collect()
}

/// The changes since an event, over the sessions that are of one field.
pub(super) fn since(event: &Event, days: &[i64], of_field: &BTreeSet<usize>, comparisons: &BTreeMap<(usize, usize), Comparison>) -> Since {
    let baseline = baseline(event, days, of_field);
    let changes = |k: usize| baseline.and_then(|b| comparisons.get(&(b, k))).map_or(vec![], |c| c.changes.clone());
    let times = times(event, days, of_field)
        .into_iter()
        .filter(|(_, k)| baseline.is_some_and(|b| b < *k))
        .map(|(name, session)| Then { name, session, months: months(event, days[session]), changes: changes(session) })
        .collect();
    Since { event: event.clone(), baseline, times }
}

fn months(event: &Event, day: i64) -> f64 {
    (day - event.day) as f64 / DAYS_PER_MONTH
}

fn baseline(event: &Event, days: &[i64], among: &BTreeSet<usize>) -> Option<usize> {
    among.iter().copied().rfind(|&k| days[k] <= event.day)
}

/// The session that stands for each time after the event, where one does.
fn times(event: &Event, days: &[i64], among: &BTreeSet<usize>) -> Vec<(&'static str, usize)> {
    let after: Vec<(usize, f64)> = among.iter().map(|&k| (k, months(event, days[k]))).filter(|(_, m)| *m > 0.0).collect();
    let nearest = |window: &Window| {
        let within = after.iter().filter(|(_, m)| (window.months[0]..=window.months[1]).contains(m));
        within.min_by(|a, b| (a.1 - window.middle).abs().total_cmp(&(b.1 - window.middle).abs())).map(|(k, _)| (window.name, *k))
    };
    EVENT_WINDOWS.iter().filter_map(nearest).chain(after.last().map(|(k, _)| (LAST, *k))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_a_session_before_it_has_no_baseline() {
        let event = Event { day: -10, label: "start".into() };
        assert!(pairs(&[0, 90], std::slice::from_ref(&event), &BTreeSet::from([0, 1])).is_empty());
        let since = since(&event, &[0, 90], &BTreeSet::from([0, 1]), &BTreeMap::new());
        assert_eq!((since.baseline, since.times.len()), (None, 0));
    }

    #[test]
    fn sessions_stand_for_the_times_they_lie_nearest_to() {
        let days = [0, 45, 130, 160, 370, 900];
        let all: BTreeSet<usize> = (0..days.len()).collect();
        let event = Event { day: 5, label: "start".into() };
        let named: Vec<(&str, usize)> = times(&event, &days, &all);
        assert_eq!(named, [("1-2 months", 1), ("3-6 months", 2), ("12 months", 4), ("last session", 5)]);
        assert_eq!(pairs(&days, &[event], &all), BTreeSet::from([(0, 1), (0, 2), (0, 4), (0, 5)]));
    }
}
