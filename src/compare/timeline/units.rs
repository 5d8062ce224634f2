//! Follicular units through all sessions: the hairs that grow from one ostium, whenever any of them is to be seen.

use super::super::{Comparison, Place, UnitFateKind};
use super::Occasion;
use super::follow::{HairCourse, State, TimelineFate};
use std::collections::{BTreeMap, BTreeSet};

/// One follicular unit through all sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitCourse {
    /// What became of it. One that bore no hair in some session and bears one in the last that shows it is reactivated, also where it bore hair
    /// before.
    pub fate: UnitFateKind,
    /// Its hairs, by their places among the timeline's.
    pub hairs: Vec<usize>,
    /// How many hairs it bears in each session; `None` where the session tells of none of them.
    pub bears: Vec<Option<usize>>,
}

/// Every hair in exactly one unit, units in the order of their first hairs.
///
/// Two hairs share a unit where more of the comparisons that follow both put them in one than in two: photos may group the same roots differently.
/// Hairs that no comparison puts in any, such as those of a photo of other skin, share those of their own photo.
pub(super) fn units(occasions: &[Occasion], hairs: &[HairCourse], comparisons: &BTreeMap<(usize, usize), Comparison>) -> Vec<UnitCourse> {
    let mut of_strand: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (number, hair) in hairs.iter().enumerate() {
        let strands = hair.sessions.iter().enumerate().filter_map(|(session, seen)| Some((session, seen.strand?)));
        of_strand.extend(strands.map(|strand| (strand, number)));
    }
    // Of each comparison, the unit of each hair.
    let mut placed: Vec<BTreeMap<usize, usize>> = comparisons
        .iter()
        .map(|(&(i, j), comparison)| {
            let hair = |member: &usize| {
                let of = |session, place: Option<Place>| of_strand.get(&(session, place?.id?)).copied();
                let fate = &comparison.fates[*member];
                of(i, fate.baseline).or(of(j, fate.follow_up))
            };
            let members = comparison.units.iter().enumerate().flat_map(|(number, unit)| unit.members.iter().map(move |m| (m, number)));
            members.filter_map(|(member, number)| Some((hair(member)?, number))).collect()
        })
        .collect();
    let compared: BTreeSet<usize> = placed.iter().flat_map(|units| units.keys().copied()).collect();
    placed.extend(occasions.iter().enumerate().map(|(session, occasion)| {
        let strands = occasion.visit.units.iter().flat_map(|unit| unit.strands.iter().map(|strand| (*strand, unit.id)));
        let hairs = strands.filter_map(|(strand, unit)| Some((*of_strand.get(&(session, strand))?, unit)));
        hairs.filter(|(hair, _)| !compared.contains(hair)).collect()
    }));
    let mut near: BTreeSet<(usize, usize)> = BTreeSet::new();
    for units in &placed {
        let mut hairs_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        units.iter().for_each(|(hair, unit)| hairs_of.entry(*unit).or_default().push(*hair));
        near.extend(hairs_of.values().flat_map(|of| of.iter().enumerate().flat_map(|(n, a)| of[n + 1..].iter().map(move |b| (*a, *b)))));
    }
    let mut unit_of: Vec<usize> = (0..hairs.len()).collect();
    for (a, b) in near {
        let votes = placed.iter().filter_map(|units| Some(units.get(&a)? == units.get(&b)?));
        let ahead: i32 = votes.map(|together| if together { 1 } else { -1 }).sum();
        if ahead > 0 {
            let (into, from) = (unit_of[a].min(unit_of[b]), unit_of[a].max(unit_of[b]));
            unit_of.iter_mut().filter(|unit| **unit == from).for_each(|unit| *unit = into);
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    unit_of.iter().enumerate().for_each(|(hair, unit)| members.entry(*unit).or_default().push(hair));
    members.into_values().map(|members| course(members, hairs)).collect()
}

fn course(members: Vec<usize>, hairs: &[HairCourse]) -> UnitCourse {
    let of: Vec<&HairCourse> = members.iter().map(|&hair| &hairs[hair]).collect();
    let sessions = of.first().map_or(0, |hair| hair.sessions.len());
    let states: Vec<Vec<State>> = (0..sessions).map(|k| of.iter().map(|hair| hair.sessions[k].state).collect()).collect();
    let fates: Vec<TimelineFate> = of.iter().map(|hair| hair.fate).collect();
    UnitCourse { fate: fate(&fates, &states), bears: states.iter().map(|states| bears(states)).collect(), hairs: members }
}

/// How many hairs a session shows of a unit, by what it says of each; `None` where it tells of none.
fn bears(states: &[State]) -> Option<usize> {
    let there = states.iter().filter(|state| matches!(state, State::Seen | State::Untraced)).count();
    (there > 0 || states.contains(&State::Absent)).then_some(there)
}

/// A unit's fate by those of its hairs, and by what each session says of each.
fn fate(fates: &[TimelineFate], states: &[Vec<State>]) -> UnitFateKind {
    let is_empty = |states: &Vec<State>| states.iter().all(|state| *state == State::Absent);
    let told: Vec<&Vec<State>> = states.iter().filter(|states| is_empty(states) || bears(states).is_some_and(|n| n > 0)).collect();
    let count = |fate: TimelineFate| fates.iter().filter(|f| **f == fate).count();
    let (lost, new) = (count(TimelineFate::Lost), count(TimelineFate::New));
    match told.last() {
        None => UnitFateKind::Unresolved,
        _ if fates.iter().all(|fate| *fate == TimelineFate::Unresolved) => UnitFateKind::Unresolved,
        Some(last) if is_empty(last) => UnitFateKind::Emptied,
        Some(_) if told.iter().any(|states| is_empty(states)) => UnitFateKind::Reactivated,
        Some(_) if new > lost => UnitFateKind::GainedHair,
        Some(_) if new < lost => UnitFateKind::LostHair,
        Some(_) => UnitFateKind::Kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Absent, NotCompared, Outside, Seen, Unresolved, Untraced};

    #[test]
    fn a_unit_has_the_one_fate_its_hairs_add_up_to() {
        use TimelineFate::{Kept, Lost, New, Passing, Returned, Unresolved as Unknown};
        let told = |fates: &[TimelineFate], sessions: &[&[State]]| {
            fate(fates, &sessions.iter().map(|states| states.to_vec()).collect::<Vec<Vec<State>>>())
        };
        assert_eq!(told(&[], &[]), UnitFateKind::Unresolved);
        assert_eq!(told(&[Unknown], &[&[Seen], &[Unresolved]]), UnitFateKind::Unresolved);
        assert_eq!(told(&[Kept], &[&[Seen], &[Untraced]]), UnitFateKind::Kept);
        assert_eq!(told(&[Kept, New], &[&[Seen, Absent], &[Seen, Seen]]), UnitFateKind::GainedHair);
        assert_eq!(told(&[Kept, Lost], &[&[Seen, Seen], &[Seen, Absent]]), UnitFateKind::LostHair);
        assert_eq!(told(&[New, Lost], &[&[Absent, Seen], &[Seen, Absent]]), UnitFateKind::Kept);
        assert_eq!(told(&[Lost, Lost], &[&[Seen, Seen], &[Seen, Absent], &[Absent, Absent]]), UnitFateKind::Emptied);
        assert_eq!(told(&[Passing], &[&[Absent], &[Seen], &[Absent]]), UnitFateKind::Emptied);
        assert_eq!(told(&[New], &[&[Absent], &[Outside], &[Seen]]), UnitFateKind::Reactivated);
        assert_eq!(told(&[Returned], &[&[Seen], &[Absent], &[Seen]]), UnitFateKind::Reactivated);
        // What a session cannot tell is not taken for an empty ostium.
        assert_eq!(told(&[New, Unknown], &[&[Absent, Unresolved], &[Seen, Seen]]), UnitFateKind::GainedHair);
    }

    #[test]
    fn a_session_that_tells_of_no_hair_says_nothing_of_how_many_there_are() {
        assert_eq!(bears(&[]), None);
        assert_eq!(bears(&[Outside, NotCompared, Unresolved]), None);
        assert_eq!(bears(&[Absent, Unresolved]), Some(0));
        assert_eq!(bears(&[Seen, Untraced, Absent]), Some(2));
    }
}
