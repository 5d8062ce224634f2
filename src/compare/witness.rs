//! What the pixels of the other photo say of a hair that was not traced there.
//!
//! A tracer misses hairs, and a hair it missed is not lost. So the other photo's light is measured along every line that could be the hair:
//! from about where its root should be, in about the direction it should have. How dark a hair that is there must be follows from the hairs
//! that were traced in both photos; how dark mere texture is, from lines laid where no hair is. Shafts that are other hairs explain the dark
//! they cover, as wide as they are and no wider: hairs that lie side by side are often traced as one.

use super::drift::Drift;
use super::visit::Visit;
use crate::geometry::{Point, Polyline, Vector};
use crate::strand::{Strand, Tone};

/// What was seen where a hair should be, and might be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sight {
    /// A shaft, as dark as the hair's.
    Shaft,
    /// Another hair lies over the place.
    Crossed,
    /// Neither clearly: the hair is too faint for this photo, or what is there too faint for the hair.
    Unclear,
}

/// How a photo shows hair that another one shows too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rendering {
    /// The natural log of its depth here over its depth there: the median.
    pub gain: f64,
    /// The depth that nine of ten lines on bare skin stay below.
    pub texture: f64,
    /// How deep the haze of the shaft under the skin is beyond the root of a hair, at the least.
    pub rooted: f64,
}

/// A hair of the other photo, as it should lie in this one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sought {
    /// Where it leaves the skin.
    pub root: Point,
    /// The direction it leaves it in.
    pub along: Vector,
    /// How far it was seen from there.
    pub length: f64,
    /// Its width here, in pixels.
    pub width: f64,
    /// Dark or light.
    pub tone: Tone,
    /// How much darker than skin it is there, as a natural log of light.
    pub depth: f64,
    /// How much darker the haze of its shaft under the skin is there.
    pub haze: f64,
}

/// A shaft of this photo that is another hair.
#[derive(Debug, Clone)]
pub struct Body {
    /// Its middle.
    pub line: Polyline,
    /// Half its width, in pixels.
    pub reach: f64,
}

/// From here to there along a hair it is looked for, in hair widths: the root itself is hidden by skin, and what is farther may be cut.
const LOOKED_AT: [f64; 2] = [0.6, 3.2];
const STATIONS: usize = 8;

/// With fewer pairs than this nothing is learned from them.
const FEWEST_PAIRS: usize = 6;

/// A line at least this deep, as a share of what is expected, is a shaft; one of no more than the other is none.
const SHAFT: f64 = 0.65;
const NO_SHAFT: f64 = 0.4;

/// How far a root and a direction are looked for, in standard deviations.
const DEVIATIONS: f64 = 2.0;

/// The width to look for a strand with, in pixels of its own photo.
pub fn width(strand: &Strand, visit: &Visit) -> f64 {
    strand.width.map_or(visit.hair_width().0, |width| width.value.0)
}

/// A strand as it should lie in its own photo.
pub fn sought(strand: &Strand, visit: &Visit) -> Sought {
    let hair = visit.hair_width().0;
    let line = &strand.centerline;
    let length = line.length();
    let along = (line.at(length.min(LOOKED_AT[1] * hair)) - strand.root()).unit().unwrap_or_default();
    let width = width(strand, visit);
    let mut sought = Sought { root: strand.root(), along, length, width, tone: strand.tone, depth: 0.0, haze: haze(visit, line) };
    let skin = skin(visit, strand.root(), strand.tone);
    sought.depth = depth(&depths(visit, &sought, skin, &|at| line.at(at)));
    sought
}

/// The light of the bare skin around a place: what most of the brighter part of a ring is (of the darker part, where hair is light).
fn skin(visit: &Visit, at: Point, tone: Tone) -> f64 {
    let hair = visit.hair_width().0;
    let mut light: Vec<f64> = (0..48)
        .map(|i| {
            at + Vector::from_angle(f64::from(i) * std::f64::consts::TAU / 16.0 + f64::from(i / 16) * 0.13)
                * ((2.0 + f64::from(i / 16)) * hair)
        })
        .filter(|p| visit.field.shows(*p))
        .map(|p| visit.light(p))
        .collect();
    light.sort_by(f64::total_cmp);
    let share = if tone == Tone::Dark { 0.7 } else { 0.3 };
    light.get((light.len() as f64 * share) as usize).copied().unwrap_or(0.0)
}

/// How much darker than skin a line is at its stations.
fn depths(visit: &Visit, sought: &Sought, skin: f64, line: &impl Fn(f64) -> Point) -> [f64; STATIONS] {
    let hair = visit.hair_width().0;
    let sign = if sought.tone == Tone::Dark { 1.0 } else { -1.0 };
    let across = sought.along.normal() * (0.2 * sought.width);
    let last = (LOOKED_AT[1] * hair).min(0.95 * sought.length);
    let first = (LOOKED_AT[0] * hair).min(0.5 * last);
    std::array::from_fn(|i| {
        let p = line(first + (last - first) * i as f64 / (STATIONS - 1) as f64);
        let light = (visit.light(p) + visit.light(p + across) + visit.light(p + (-across))) / 3.0;
        sign * (skin - light)
    })
}

/// How deep a line is all along: a third of its stations may be less.
fn depth(depths: &[f64]) -> f64 {
    let mut sorted = depths.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 3).copied().unwrap_or(0.0)
}

/// The deepest line of those a hair may lie on.
#[derive(Debug, Clone, Copy)]
pub struct Deepest {
    /// Of those that no other hair explains.
    pub unexplained: f64,
    /// Of those near where it should be, explained or not.
    pub near: f64,
}

/// What a photo shows where a hair of the other should be.
#[derive(Debug, Clone, Copy)]
pub struct Looked {
    /// How deep the hair must be here.
    pub expected: f64,
    /// How deep the photo is where it may be.
    pub found: Deepest,
    /// How much darker than skin it is behind the root, where the shaft would go on under the skin.
    pub haze: f64,
}

fn deepest(visit: &Visit, sought: &Sought, drift: &Drift, others: &[&Body]) -> Deepest {
    let hair = visit.hair_width().0;
    let skin = skin(visit, sought.root, sought.tone);
    let mut found = Deepest { unexplained: 0.0, near: 0.0 };
    let wide = DEVIATIONS * drift.turn_spread;
    for turn in ladder(wide, 0.14) {
        let along = turned_by(sought.along, drift.turn + turn);
        for aside in ladder(DEVIATIONS * drift.aside, (0.3 * sought.width).max(0.15 * hair)) {
            let root = sought.root + drift.shift + along.normal() * aside;
            let turned = Sought { along, ..*sought };
            let line = |at: f64| root + along * at;
            let depths = depths(visit, &turned, skin, &line);
            let deep = depth(&depths);
            if deep <= found.unexplained.min(found.near) {
                continue;
            }
            if turn.abs() <= drift.turn_spread.max(0.1) && aside.abs() <= drift.aside.max(0.15 * hair) {
                found.near = found.near.max(deep);
            }
            if deep > found.unexplained && covered(visit, &turned, &line, others) < 0.4 {
                found.unexplained = deep;
            }
        }
    }
    found
}

/// From −reach to reach in even steps of at most `step`.
fn ladder(reach: f64, step: f64) -> impl Iterator<Item = f64> {
    let half = (reach / step).ceil().clamp(0.0, 8.0) as i32;
    (-half..=half).map(move |i| if half == 0 { 0.0 } else { reach * f64::from(i) / f64::from(half) })
}

/// The share of a line's stations that lie on other hairs.
fn covered(visit: &Visit, sought: &Sought, line: &impl Fn(f64) -> Point, others: &[&Body]) -> f64 {
    if others.is_empty() {
        return 0.0;
    }
    let last = (LOOKED_AT[1] * visit.hair_width().0).min(0.95 * sought.length);
    let on = |p: Point| others.iter().any(|body| body.line.distance_to(p) < body.reach);
    let places = 6;
    let held = (0..places).filter(|i| on(line(last * (0.2 + 0.8 * f64::from(*i) / f64::from(places - 1))))).count();
    held as f64 / f64::from(places)
}

/// How deep the haze of a shaft under the skin is beyond the root of a strand, which begins this line.
pub fn haze(visit: &Visit, line: &Polyline) -> f64 {
    line.tangent(0.0, 1.5 * visit.hair_width().0).map_or(0.0, |along| haze_behind(visit, line.points[0], along))
}

/// The same behind a place, for a hair that would leave the skin there in a direction.
fn haze_behind(visit: &Visit, root: Point, along: Vector) -> f64 {
    let hair = visit.hair_width().0;
    let skin = skin(visit, root, Tone::Dark);
    let mut light = 0.0;
    for i in 0..6 {
        for side in -1..=1 {
            let back = (0.8 + 0.4 * f64::from(i)) * hair;
            light += visit.light(root + along * -back + along.normal() * (0.4 * f64::from(side) * hair)) / 18.0;
        }
    }
    skin - light
}

/// The haze that nine of ten roots have at the least; none is asked for where most tips have as much, since then it tells nothing.
fn rooted(visit: &Visit, known: &[(Sought, &Strand)]) -> f64 {
    let sorted = |of: &dyn Fn(&Strand) -> f64| {
        let mut haze: Vec<f64> = known.iter().map(|(_, strand)| of(strand)).collect();
        haze.sort_by(f64::total_cmp);
        haze
    };
    let roots = sorted(&|strand| haze(visit, &strand.centerline));
    let tips = sorted(&|strand| haze(visit, &strand.centerline.reversed()));
    match (roots.get(roots.len() / 10), tips.get(tips.len() / 2)) {
        (Some(root), Some(tip)) if roots.len() >= FEWEST_PAIRS && root > tip => *root,
        _ => f64::NEG_INFINITY,
    }
}

impl Rendering {
    /// How `visit` shows hair, from the hairs that were traced in both photos: each as it was seen there and as it is here.
    pub fn of(visit: &Visit, known: &[(Sought, &Strand)]) -> Self {
        let mut gains: Vec<f64> = known
            .iter()
            .filter_map(|(there, here)| {
                let here = sought(here, visit).depth;
                (there.depth > 0.02 && here > 0.02).then(|| (here / there.depth).ln())
            })
            .collect();
        gains.sort_by(f64::total_cmp);
        let gain = if gains.len() < FEWEST_PAIRS { 0.0 } else { gains[gains.len() / 2] };
        Self { gain, texture: texture(visit, known), rooted: rooted(visit, known) }
    }

    /// What this photo shows where a hair of the other should be. `others` are the strands of this photo that are other hairs.
    pub fn look(&self, visit: &Visit, sought: &Sought, drift: &Drift, others: &[Body]) -> Looked {
        let hair = visit.hair_width().0;
        let near: Vec<&Body> = others
            .iter()
            .filter(|body| body.line.distance_to(sought.root) < (LOOKED_AT[1] + 1.0) * hair + body.reach + DEVIATIONS * drift.aside)
            .collect();
        Looked {
            expected: sought.depth.max(0.0) * self.gain.exp(),
            found: deepest(visit, sought, drift, &near),
            haze: haze_behind(visit, sought.root + drift.shift, turned_by(sought.along, drift.turn)),
        }
    }

    /// Whether a hair so deep would stand out from the texture of the skin.
    pub fn could_show(&self, looked: &Looked) -> bool {
        looked.expected * NO_SHAFT >= self.texture
    }

    /// What that says of the hair.
    pub fn sight(&self, looked: &Looked) -> Sight {
        let Looked { expected, found, .. } = *looked;
        if !self.could_show(looked) {
            Sight::Unclear
        } else if found.unexplained >= SHAFT * expected {
            Sight::Shaft
        } else if found.unexplained <= NO_SHAFT * expected && found.near > NO_SHAFT * expected {
            Sight::Crossed
        } else {
            Sight::Unclear
        }
    }
}

/// A direction, turned.
pub fn turned_by(along: Vector, turn: f64) -> Vector {
    let (sin, cos) = turn.sin_cos();
    Vector::new(cos * along.x - sin * along.y, sin * along.x + cos * along.y)
}

/// Shafts are looked for to either side of a hair so far, in hair widths: hairs of a unit spread as far before they are cut.
const ASIDE: f64 = 2.4;

/// And along it from here to there, at places so far apart, in hair widths.
const COVERED: [f64; 2] = [0.6, 8.0];
const PLACES_APART: f64 = 0.4;

/// Of the places along a hair, this share covers no more than is told.
const MOST_COVERED: f64 = 0.8;

/// The most a place can be deeper than a usual shaft and count for more: where shafts lie on each other light is used up.
const DEEPEST: f64 = 1.5;

/// How much of a photo is shaft along a hair and beside it, in hair widths: how wide all is that is dark there, each place as much as it is deep
/// beside a usual shaft, where hairs have spread. `until` is how far along it both photos show hair.
///
/// Where hairs lie on each other they cover less than apart; but they do so in both photos, more or less, so that a change tells of a hair that came
/// or went, whether any tracing told it from its neighbors or not.
pub fn cover(visit: &Visit, line: &impl Fn(f64) -> Point, until: f64, tone: Tone, usual: f64) -> f64 {
    let hair = visit.hair_width().0;
    let sign = if tone == Tone::Dark { 1.0 } else { -1.0 };
    let last = (until / hair).clamp(COVERED[0] + 1.0, COVERED[1]);
    let places = ((last - COVERED[0]) / PLACES_APART).ceil() as i32;
    let steps = 16;
    let lights: Vec<Vec<f64>> = (0..=places)
        .filter_map(|i| {
            let at = hair * (COVERED[0] + PLACES_APART * f64::from(i));
            let across = (line(at + 0.5 * hair) - line(at - 0.5 * hair)).unit()?.normal();
            let beside = |k: i32| line(at) + across * (ASIDE * hair * f64::from(k) / f64::from(steps));
            Some((-steps..=steps).map(|k| sign * visit.light(beside(k))).collect())
        })
        .collect();
    let mut all: Vec<f64> = lights.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let skin = all.get(all.len() * 4 / 5).copied().unwrap_or(0.0);
    let step = ASIDE / f64::from(steps);
    let mut covered: Vec<f64> =
        lights.iter().map(|lights| lights.iter().map(|light| ((skin - light) / usual).clamp(0.0, DEEPEST) * step).sum()).collect();
    covered.sort_by(f64::total_cmp);
    covered.get((covered.len() as f64 * MOST_COVERED) as usize).or(covered.last()).copied().unwrap_or(0.0)
}

/// The depth that nine of ten lines on bare skin stay below: the known hairs, moved to where no strand is.
fn texture(visit: &Visit, known: &[(Sought, &Strand)]) -> f64 {
    let hair = visit.hair_width().0;
    let mut found = vec![];
    for (_, strand) in known {
        for (dx, dy) in [(6.0, 0.0), (-6.0, 0.0), (0.0, 6.0), (0.0, -6.0), (10.0, 10.0), (-10.0, 10.0)] {
            let by = Vector::new(dx * hair, dy * hair);
            let root = strand.root() + by;
            let clear = |p: Point| visit.field.counts(p) && visit.strands.iter().all(|s| s.centerline.distance_to(p) > 2.5 * hair);
            if clear(root) && clear(root + strand.direction().unwrap_or_default() * (LOOKED_AT[1] * hair)) {
                let mut moved = sought(strand, visit);
                moved.root = root;
                let skin = skin(visit, root, strand.tone);
                found.push(depth(&depths(visit, &moved, skin, &|at| root + moved.along * at)));
                break;
            }
        }
    }
    found.sort_by(f64::total_cmp);
    found.get(found.len() * 9 / 10).copied().unwrap_or(0.0).max(0.02)
}
