//! One hair through all sessions.

use super::super::{Comparison, Fate, HairFate, Measured};
use super::Occasion;
use super::tracks::{Link, Track, tracks};
use crate::geometry::Point;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a session says of a hair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// One of its strands is this hair.
    Seen,
    /// Its shaft is to be seen, though it was not traced.
    Untraced,
    /// Its place is to be seen, without it.
    Absent,
    /// The photo could not have shown it, or says two things of it.
    Unresolved,
    /// Its place is not in the photo.
    Outside,
    /// The session was compared with none that shows it.
    NotCompared,
}

/// What became of a hair over a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineFate {
    /// There whenever it could be seen, as thick as before as far as can be told.
    Kept,
    /// The same, thicker in the last session that shows it than in the first.
    Thickened,
    /// The same, thinner.
    Thinned,
    /// There at first, and not in the end.
    Lost,
    /// Not there at first, and there in the end.
    New,
    /// There at first and in the end, and not between.
    Returned,
    /// There between, and neither at first nor in the end.
    Passing,
    /// Seen once, and no other session could tell.
    Unresolved,
}

/// A hair in one session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// What the session says of it.
    pub state: State,
    /// Its strand's id, where it is seen.
    pub strand: Option<usize>,
    /// Where it leaves the skin in this session's photo, where it is seen.
    pub root: Option<Point>,
    /// Its thickness.
    pub thickness: Option<Measured>,
}

/// One hair through all sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct HairCourse {
    /// What became of it.
    pub fate: TimelineFate,
    /// What each session says of it.
    pub sessions: Vec<Seen>,
    /// By how much more thickness changes scatter between photos that pair it than between others, at the most; 1 at the least.
    pub scatter: f64,
}

/// Every strand of every session in exactly one hair, and what became of each.
pub(super) fn follow(occasions: &[Occasion], comparisons: &BTreeMap<(usize, usize), Comparison>) -> Vec<HairCourse> {
    let place: Vec<BTreeMap<usize, usize>> =
        occasions.iter().map(|o| o.visit.strands.iter().enumerate().map(|(place, strand)| (strand.id, place)).collect()).collect();
    let mut links = vec![];
    let mut verdicts = Verdicts::default();
    for (&(i, j), comparison) in comparisons {
        for fate in &comparison.fates {
            let at = |session: usize, id: Option<usize>| place[session].get(&id?).map(|place| (session, *place));
            let a = at(i, fate.baseline.and_then(|p| p.id));
            let b = at(j, fate.follow_up.and_then(|p| p.id));
            if let (Some(a), Some(b), true) = (a, b, fate.fate.is_kept()) {
                links.push(Link { a, b, confidence: fate.confidence });
            }
            a.into_iter().for_each(|a| verdicts.add(a, j, fate, b.is_some()));
            b.into_iter().for_each(|b| verdicts.add(b, i, fate, a.is_some()));
        }
    }
    let strands: Vec<usize> = occasions.iter().map(|o| o.visit.strands.len()).collect();
    tracks(&strands, &links).into_iter().map(|track| course(&track, occasions, comparisons, &verdicts)).collect()
}

/// A session, and a strand by its place among that session's.
type StrandOf = (usize, usize);

/// What comparisons say of a strand in another session: the state, and how sure it is.
#[derive(Default)]
struct Verdicts(BTreeMap<(StrandOf, usize), Vec<(State, f64)>>);

impl Verdicts {
    fn add(&mut self, strand: StrandOf, session: usize, fate: &HairFate, paired: bool) {
        let state = match fate.fate {
            // Paired with a strand that turned out to be another hair's.
            _ if paired => State::Unresolved,
            Fate::Kept | Fate::Thickened | Fate::Thinned => State::Untraced,
            Fate::Lost | Fate::New => State::Absent,
            Fate::Unresolved => State::Unresolved,
            Fate::Outside => State::Outside,
        };
        self.0.entry((strand, session)).or_default().push((state, fate.confidence));
    }

    /// What a session says of a hair that none of its strands is: the surer of there and not there, where either is said.
    fn of(&self, track: &Track, session: usize) -> State {
        let said: Vec<(State, f64)> =
            track.iter().enumerate().filter_map(|(i, strand)| self.0.get(&((i, (*strand)?), session))).flatten().copied().collect();
        let weight = |state: State| said.iter().filter(|(s, _)| *s == state).map(|(_, confidence)| confidence).sum::<f64>();
        let any = |state: State| said.iter().any(|(s, _)| *s == state);
        match (weight(State::Untraced), weight(State::Absent)) {
            (there, absent) if there > absent => State::Untraced,
            (there, absent) if absent > there => State::Absent,
            _ if any(State::Unresolved) || any(State::Untraced) || any(State::Absent) => State::Unresolved,
            _ if any(State::Outside) => State::Outside,
            _ => State::NotCompared,
        }
    }
}

fn course(track: &Track, occasions: &[Occasion], comparisons: &BTreeMap<(usize, usize), Comparison>, verdicts: &Verdicts) -> HairCourse {
    let sessions: Vec<Seen> = track
        .iter()
        .enumerate()
        .map(|(k, strand)| match strand.map(|place| &occasions[k].visit.strands[place]) {
            Some(strand) => Seen {
                state: State::Seen,
                strand: Some(strand.id),
                root: Some(strand.root()),
                thickness: Measured::of(strand, &occasions[k].visit),
            },
            None => Seen { state: verdicts.of(track, k), strand: None, root: None, thickness: None },
        })
        .collect();
    let states: Vec<State> = sessions.iter().map(|seen| seen.state).collect();
    let changed = || changed(&sessions, comparisons);
    let scatter = pairings(&sessions, comparisons).map(|(_, hair)| hair.scatter).fold(1.0, f64::max);
    HairCourse { fate: fate(&states, changed), scatter, sessions }
}

/// What each comparison of two sessions that both show a hair says of it, with the two sessions.
fn pairings<'a>(
    sessions: &'a [Seen],
    comparisons: &'a BTreeMap<(usize, usize), Comparison>,
) -> impl Iterator<Item = ((usize, usize), &'a HairFate)> {
    comparisons.iter().filter_map(|(&(i, j), comparison)| {
        let (a, b) = (sessions[i].strand?, sessions[j].strand?);
        let id = |place: Option<super::super::Place>| place.and_then(|p| p.id);
        let hair = comparison.fates.iter().find(|f| id(f.baseline) == Some(a) && id(f.follow_up) == Some(b))?;
        Some(((i, j), hair))
    })
}

/// The fate that the states of all sessions add up to; `changed` tells how the thickness of a hair that stayed has gone.
fn fate(states: &[State], changed: impl FnOnce() -> TimelineFate) -> TimelineFate {
    let there: Vec<bool> = states
        .iter()
        .filter_map(|state| match state {
            State::Seen | State::Untraced => Some(true),
            State::Absent => Some(false),
            _ => None,
        })
        .collect();
    match (there.first(), there.last()) {
        (Some(true), Some(true)) if there.contains(&false) => TimelineFate::Returned,
        (Some(true), Some(true)) if there.len() > 1 => changed(),
        (Some(true), Some(false)) => TimelineFate::Lost,
        (Some(false), Some(true)) => TimelineFate::New,
        (Some(false), Some(false)) => TimelineFate::Passing,
        _ => TimelineFate::Unresolved,
    }
}

/// How thickness has gone, by the comparison that spans the longest time in which the hair is seen.
fn changed(sessions: &[Seen], comparisons: &BTreeMap<(usize, usize), Comparison>) -> TimelineFate {
    let spans = pairings(sessions, comparisons).map(|((i, j), hair)| (j - i, std::cmp::Reverse(i), hair.fate));
    let longest = spans.max_by_key(|(span, start, _)| (*span, *start));
    match longest {
        Some((_, _, Fate::Thickened)) => TimelineFate::Thickened,
        Some((_, _, Fate::Thinned)) => TimelineFate::Thinned,
        _ => TimelineFate::Kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Absent, NotCompared, Outside, Seen, Unresolved, Untraced};

    fn fate_of(states: &[State]) -> TimelineFate {
        fate(states, || TimelineFate::Kept)
    }

    #[test]
    fn a_hair_has_the_one_fate_its_sessions_add_up_to() {
        assert_eq!(fate_of(&[]), TimelineFate::Unresolved);
        for (states, expected) in [
            (vec![Seen, Seen, Seen], TimelineFate::Kept),
            (vec![Seen, Unresolved, Seen], TimelineFate::Kept),
            (vec![Seen, Untraced], TimelineFate::Kept),
            (vec![Outside, Seen, Seen, Absent], TimelineFate::Lost),
            (vec![Absent, Outside, Seen], TimelineFate::New),
            (vec![Seen, Absent, Seen], TimelineFate::Returned),
            (vec![Absent, Seen, Absent], TimelineFate::Passing),
            (vec![Seen, Unresolved, Outside, NotCompared], TimelineFate::Unresolved),
        ] {
            assert_eq!(fate_of(&states), expected, "{states:?}");
        }
    }

    #[test]
    fn the_surer_of_there_and_not_there_holds() {
        let verdicts = |said: &[(State, f64)]| Verdicts(BTreeMap::from([(((0, 0), 1), said.to_vec())]));
        let of = |said: &[(State, f64)]| verdicts(said).of(&vec![Some(0), None], 1);
        assert_eq!(of(&[]), NotCompared);
        assert_eq!(of(&[(Absent, 0.9), (Untraced, 0.6)]), Absent);
        assert_eq!(of(&[(Absent, 0.6), (Untraced, 0.9)]), Untraced);
        assert_eq!(of(&[(Absent, 0.6), (Untraced, 0.6)]), Unresolved);
        assert_eq!(of(&[(Outside, 1.0), (Unresolved, 0.5)]), Unresolved);
        assert_eq!(of(&[(Outside, 1.0)]), Outside);
    }
}
