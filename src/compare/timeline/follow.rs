//! One hair through all sessions.

use super::super::fate::same_hair;
use super::super::thickness::{Change, SURELY_ITSELF, called, has_beside, off_scale};
use super::super::{Comparison, Fate, HairFate, Measured, Place, Repeat};
use super::Occasion;
use super::tracks::{Link, Track, tracks};
use crate::geometry::Point;
use crate::units::Micrometers;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The same, thicker in the later than in the earlier of the two sessions farthest apart of those in the trends that measure it and surely show the
    /// same hair, by more than measuring twice would give.
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
    /// Its thickness in the later less that in the earlier of the two sessions farthest apart of those in the trends that measure it and surely show the
    /// same hair, and one standard deviation of that; `None` where no two do.
    pub thickness_change: Option<(Micrometers, Micrometers)>,
}

/// Every strand of every session in exactly one hair, and what became of each. `in_trend` are the sessions whose thicknesses can be compared.
///
/// Hairs that stayed are called thickened or thinned by how their thickness has changed between the two of those sessions farthest apart that measure
/// them and surely show the same hair, the share of false calls held over all hairs of the timeline.
pub(super) fn follow(
    occasions: &[Occasion],
    comparisons: &BTreeMap<(usize, usize), Comparison>,
    in_trend: &BTreeSet<usize>,
) -> Vec<HairCourse> {
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
    let mut hairs: Vec<HairCourse> =
        tracks(&strands, &links).iter().map(|track| HairCourse::of(seen(track, occasions, &verdicts))).collect();
    Thickness { occasions, comparisons, in_trend }.tell(&mut hairs);
    hairs
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

/// What each session says of a hair.
fn seen(track: &Track, occasions: &[Occasion], verdicts: &Verdicts) -> Vec<Seen> {
    let of = |(k, strand): (usize, &Option<usize>)| match strand.map(|place| &occasions[k].visit.strands[place]) {
        Some(strand) => Seen {
            state: State::Seen,
            strand: Some(strand.id),
            root: Some(strand.root()),
            thickness: Measured::of(strand, &occasions[k].visit),
        },
        None => Seen { state: verdicts.of(track, k), strand: None, root: None, thickness: None },
    };
    track.iter().enumerate().map(of).collect()
}

impl HairCourse {
    /// A hair of which these are what the sessions say, its thickness left aside.
    fn of(sessions: Vec<Seen>) -> Self {
        Self { fate: fate(&sessions.iter().map(|seen| seen.state).collect::<Vec<State>>()), sessions, thickness_change: None }
    }
}

/// What tells how the thickness of hairs has changed.
struct Thickness<'a> {
    occasions: &'a [Occasion],
    comparisons: &'a BTreeMap<(usize, usize), Comparison>,
    in_trend: &'a BTreeSet<usize>,
}

/// A hair in the first and the last session that measure it, and how well thickness repeats between them.
struct ThicknessChange {
    of: Change,
    repeat: Repeat,
}

/// A comparison that pairs a hair of two sessions with itself.
#[derive(Clone, Copy)]
struct Pairing {
    sessions: (usize, usize),
    confidence: f64,
    repeat: Repeat,
}

impl Thickness<'_> {
    /// Gives hairs the change of their thickness, and calls those that stayed thickened or thinned where it is more than chance.
    fn tell(&self, hairs: &mut [HairCourse]) {
        let mut stayed: Vec<(&mut HairCourse, ThicknessChange)> = vec![];
        for hair in hairs {
            let Some(change) = self.change(&hair.sessions) else { continue };
            hair.thickness_change = Some((Micrometers(change.of.by()), change.repeat.change_error(&change.of.before, &change.of.after)));
            if hair.fate == TimelineFate::Kept {
                stayed.push((hair, change));
            }
        }
        let chances: Vec<f64> = stayed.iter().map(|(_, change)| change.of.chance(&change.repeat)).collect();
        for ((hair, change), _) in stayed.iter_mut().zip(called(&chances)).filter(|(_, called)| *called) {
            hair.fate = if change.of.by() > 0.0 { TimelineFate::Thickened } else { TimelineFate::Thinned };
        }
    }

    /// How a hair's thickness has changed between the two sessions farthest apart of those that can be compared, measure it and surely show the same hair;
    /// `None` where there are no two such.
    fn change(&self, sessions: &[Seen]) -> Option<ThicknessChange> {
        let measured: Vec<(usize, Measured)> = self.in_trend.iter().filter_map(|&k| Some((k, sessions[k].thickness?))).collect();
        let pairings: Vec<Pairing> = self.pairings(sessions).collect();
        let days = |first: usize, last: usize| self.occasions[last].day - self.occasions[first].day;
        let mut ends: Vec<[(usize, Measured); 2]> =
            measured.iter().enumerate().flat_map(|(i, first)| measured[i + 1..].iter().map(|last| [*first, *last])).collect();
        ends.sort_by_key(|[(first, _), (last, _)]| (-days(*first, *last), *first));
        let surest = |[first, last]: [(usize, Measured); 2]| {
            let sure = surely(&pairings, first.0, last.0);
            (sure >= same_hair()).then_some((first, last, sure))
        };
        let ((first, before), (last, after), sure) = ends.into_iter().find_map(surest)?;
        let visits = [first, last].map(|k| &self.occasions[k].visit);
        let apart = [first, last].iter().zip(visits).all(|(k, visit)| !has_beside(sessions[*k].strand, visit));
        // Sessions that were not compared with each other repeat no better than any two between them.
        let direct = pairings.iter().find(|pairing| pairing.sessions == (first, last)).map(|pairing| pairing.repeat);
        let comparable = pairings.iter().filter(|p| self.in_trend.contains(&p.sessions.0) && self.in_trend.contains(&p.sessions.1));
        let no_better = Repeat { off_scale: off_scale(visits, 0.0), ..Repeat::default() };
        let repeat = direct.unwrap_or_else(|| comparable.map(|pairing| pairing.repeat).fold(no_better, Repeat::or_worse));
        Some(ThicknessChange { of: Change { before, after, surely: apart && sure >= SURELY_ITSELF }, repeat })
    }

    /// The comparisons of two sessions that both show a hair and take it for the same.
    fn pairings(&self, sessions: &[Seen]) -> impl Iterator<Item = Pairing> {
        self.comparisons.iter().filter_map(|(&(i, j), comparison)| {
            let (a, b) = (sessions[i].strand?, sessions[j].strand?);
            let id = |place: Option<Place>| place.and_then(|p| p.id);
            let hair = comparison.fates.iter().find(|f| id(f.baseline) == Some(a) && id(f.follow_up) == Some(b))?;
            Some(Pairing { sessions: (i, j), confidence: hair.confidence, repeat: hair.repeat })
        })
    }
}

/// How surely a hair is the same in two sessions: the confidence of the least sure of the links that lead from one to the other, by the surest way; 0 where
/// none lead there.
fn surely(pairings: &[Pairing], from: usize, to: usize) -> f64 {
    let mut links = pairings.to_vec();
    links.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut reached = BTreeSet::from([from]);
    let mut least = 1.0_f64;
    while !reached.contains(&to) {
        let Some(link) = links.iter().find(|link| reached.contains(&link.sessions.0) != reached.contains(&link.sessions.1)) else {
            return 0.0;
        };
        reached.extend([link.sessions.0, link.sessions.1]);
        least = least.min(link.confidence);
    }
    least
}

/// The fate that the states of all sessions add up to, thickness left aside.
fn fate(states: &[State]) -> TimelineFate {
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
        (Some(true), Some(true)) if there.len() > 1 => TimelineFate::Kept,
        (Some(true), Some(false)) => TimelineFate::Lost,
        (Some(false), Some(true)) => TimelineFate::New,
        (Some(false), Some(false)) => TimelineFate::Passing,
        _ => TimelineFate::Unresolved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Absent, NotCompared, Outside, Seen, Unresolved, Untraced};

    #[test]
    fn a_hair_has_the_one_fate_its_sessions_add_up_to() {
        assert_eq!(fate(&[]), TimelineFate::Unresolved);
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
            assert_eq!(fate(&states), expected, "{states:?}");
        }
    }

    #[test]
    fn a_hair_is_as_surely_the_same_as_the_least_sure_link_of_the_surest_way() {
        let link = |from, to, confidence| Pairing { sessions: (from, to), confidence, repeat: Repeat::default() };
        assert_eq!(surely(&[], 0, 1), 0.0);
        assert_eq!(surely(&[link(0, 1, 0.9)], 0, 2), 0.0);
        assert_eq!(surely(&[link(0, 1, 0.9), link(1, 2, 0.8), link(0, 2, 0.4)], 0, 2), 0.8);
        assert_eq!(surely(&[link(0, 1, 0.3), link(1, 2, 0.8), link(0, 2, 0.4)], 0, 2), 0.4);
        // A sure link that leads elsewhere is of no use.
        assert_eq!(surely(&[link(0, 3, 0.99), link(3, 2, 0.2), link(0, 2, 0.4)], 0, 2), 0.4);
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
