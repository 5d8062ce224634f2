//! Follicular units have fates too: the hairs of both photos that grow from one ostium, taken together.

use super::fate::{Fate, HairFate};
use super::mapping::Mapping;
use super::visit::Visit;
use crate::geometry::Point;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a follicular unit between two photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitFateKind {
    /// As many hairs as before.
    Kept,
    /// Hair before, more now.
    GainedHair,
    /// Hair before, less now, but some.
    LostHair,
    /// Hair before, none now.
    Emptied,
    /// No hair before, some now: in grown skin no follicle forms, so one that rested bears again.
    Reactivated,
    /// Every hair of it is unresolved.
    Unresolved,
}

impl UnitFateKind {
    /// Every one, in the order they are told.
    pub const ALL: [Self; 6] = [Self::Kept, Self::GainedHair, Self::LostHair, Self::Emptied, Self::Reactivated, Self::Unresolved];
}

/// A follicular unit as both photos show it. Photos may group the same roots into different units, so those that share a hair are one here.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitFate {
    /// What became of it.
    pub fate: UnitFateKind,
    /// The ids of its units in the baseline.
    pub baseline: Vec<usize>,
    /// The ids of its units in the follow-up.
    pub follow_up: Vec<usize>,
    /// Its hairs then and now.
    pub hairs: [usize; 2],
    /// Whether it has a hair that is counted and its ostium lies in the counted field of both photos: the change of the units is that of such.
    pub counted: bool,
    /// The mean of its roots, in baseline pixels.
    pub ostium: Point,
    /// Which fates are those of its hairs.
    pub members: Vec<usize>,
    /// The estimated chance that its fate is right: that of the least certain hair that decides it.
    pub confidence: f64,
}

/// Lost and new hairs nearer than this, in hair widths, to a root of the other photo grow from the same ostium.
const SAME_OSTIUM: f64 = 2.3;

/// The units of the overlap: every hair that is not outside is in exactly one.
pub fn unit_fates(fates: &[HairFate], baseline: &Visit, follow_up: &Visit, mapping: &Mapping) -> Vec<UnitFate> {
    let inside: Vec<usize> = (0..fates.len()).filter(|&i| fates[i].fate != Fate::Outside).collect();
    let unit = |visit: &Visit, id: Option<usize>| visit.unit_of(id?).map(|u| visit.units[u].id);
    let units: Vec<[Option<usize>; 2]> = inside
        .iter()
        .map(|&i| [unit(baseline, fates[i].baseline.and_then(|p| p.id)), unit(follow_up, fates[i].follow_up.and_then(|p| p.id))])
        .collect();
    let roots: Vec<Point> = inside.iter().map(|&i| root(&fates[i], mapping)).collect();
    let near = SAME_OSTIUM * baseline.hair_width().0;
    let alone = |i: usize| matches!(fates[inside[i]].fate, Fate::Lost | Fate::New);

    let mut group: Vec<usize> = (0..inside.len()).collect();
    for a in 0..inside.len() {
        for b in a + 1..inside.len() {
            let shares = (0..2).any(|side| units[a][side].is_some() && units[a][side] == units[b][side]);
            let one_place = (alone(a) || alone(b)) && roots[a].distance(roots[b]) < near;
            if (shares || one_place) && group[a] != group[b] {
                let (kept, joined) = (group[a].min(group[b]), group[a].max(group[b]));
                group.iter_mut().filter(|g| **g == joined).for_each(|g| *g = kept);
            }
        }
    }
    let mut order: Vec<usize> = group.clone();
    order.sort_unstable();
    order.dedup();
    order
        .into_iter()
        .map(|g| {
            let members: Vec<usize> = (0..inside.len()).filter(|&i| group[i] == g).collect();
            let ids = |side: usize| {
                let mut ids: Vec<usize> = members.iter().filter_map(|&i| units[i][side]).collect();
                ids.sort_unstable();
                ids.dedup();
                ids
            };
            let n = members.len() as f64;
            let sum = members.iter().fold((0.0, 0.0), |sum, &i| (sum.0 + roots[i].x, sum.1 + roots[i].y));
            let of: Vec<&HairFate> = members.iter().map(|&i| &fates[inside[i]]).collect();
            let (fate, hairs, confidence) = judged(&of);
            let ostium = Point::new(sum.0 / n, sum.1 / n);
            let in_both = baseline.field.counts(ostium) && follow_up.field.counts(mapping.map(ostium));
            UnitFate {
                fate,
                counted: in_both && of.iter().any(|hair| hair.counted),
                baseline: ids(0),
                follow_up: ids(1),
                hairs,
                ostium,
                members: members.iter().map(|&i| inside[i]).collect(),
                confidence,
            }
        })
        .collect()
}

fn root(fate: &HairFate, mapping: &Mapping) -> Point {
    match (fate.baseline, fate.follow_up) {
        (Some(place), _) => place.root,
        (None, Some(place)) => mapping.back(place.root),
        (None, None) => Point::new(f64::NAN, f64::NAN),
    }
}

/// A unit's fate, its hairs then and now, and how sure that is. An unresolved hair counts in both photos.
fn judged(hairs: &[&HairFate]) -> (UnitFateKind, [usize; 2], f64) {
    let count = |fate: Fate| hairs.iter().filter(|hair| hair.fate == fate).count();
    let (lost, new, unresolved) = (count(Fate::Lost), count(Fate::New), count(Fate::Unresolved));
    let [before, after] = [hairs.len() - new, hairs.len() - lost];
    let fate = match (before, after) {
        _ if unresolved == hairs.len() => UnitFateKind::Unresolved,
        (0, _) => UnitFateKind::Reactivated,
        (_, 0) => UnitFateKind::Emptied,
        _ if after > before => UnitFateKind::GainedHair,
        _ if after < before => UnitFateKind::LostHair,
        _ => UnitFateKind::Kept,
    };
    let deciding = hairs.iter().filter(|hair| lost + new == 0 || matches!(hair.fate, Fate::Lost | Fate::New));
    (fate, [before, after], deciding.map(|hair| hair.confidence).fold(1.0, f64::min))
}
