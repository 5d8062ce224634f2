//! What the pixels of the other photo say of a hair that was not traced there.
//!
//! A tracer misses hairs, and a hair it missed is not lost. So along the line where the hair should lie the other photo's light is measured:
//! how much darker (or lighter) it is than to both sides. How strong a hair that is there must show follows from the hairs that were traced
//! in both photos; how strong mere texture shows, from lines laid where no hair is.

use super::visit::Visit;
use crate::geometry::{Point, Polyline, Vector};
use crate::strand::{Strand, Tone};

/// What was seen where a hair should lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sight {
    /// A shaft, as strong as the hair's.
    Shaft,
    /// Skin without a shaft.
    Skin,
    /// Another hair lies over the place.
    Crossed,
    /// Neither clearly: the hair is too faint for this photo, or what is there too faint for the hair.
    Unclear,
}

/// How a photo shows hair that another one shows too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rendering {
    /// The natural log of its strength here over its strength there: the median, and how it scatters (robust standard deviation).
    pub gain: f64,
    /// See `gain`.
    pub scatter: f64,
    /// The strength that nine of ten lines on bare skin stay below.
    pub texture: f64,
}

/// How far a line is looked for from where the hair should lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// To either side, in pixels.
    pub aside: f64,
    /// Turned about the root to either side, in radians.
    pub turn: f64,
}

/// A hair of the other photo, as it should lie in this one.
#[derive(Debug, Clone, PartialEq)]
pub struct Sought {
    /// Where, root first.
    pub line: Polyline,
    /// Its width here, in pixels.
    pub width: f64,
    /// Dark or light.
    pub tone: Tone,
    /// How strongly it stands out there.
    pub strength: f64,
}

/// Along this much of a hair it is looked for, in hair widths: the part near the root stays when hair is cut.
const LOOKED_AT: f64 = 9.0;

/// The gain of too few pairs.
const FEWEST_PAIRS: usize = 6;
const USUAL_SCATTER: f64 = 0.3;

/// Of the strength a hair must show, in standard deviations below what is expected.
const DEVIATIONS: f64 = 2.0;

/// How strongly a line stands out from both its sides, in natural-log units of light: the median of its places, each by its weaker side.
fn strength(visit: &Visit, line: &Polyline, (width, tone): (f64, Tone), aside: f64, turn: f64) -> f64 {
    let hair = visit.hair_width().0;
    let root = line.points[0];
    let (sin, cos) = turn.sin_cos();
    let spun = |p: Point| {
        let v = p - root;
        root + Vector::new(cos * v.x - sin * v.y, sin * v.x + cos * v.y)
    };
    let length = line.length().min(LOOKED_AT * hair);
    let sign = if tone == Tone::Dark { 1.0 } else { -1.0 };
    let flank = 0.5 * width + 0.4 * hair;
    // The very root is hidden by skin and its shadow as often as not.
    let (first, last) = (0.12 * length, 0.95 * length);
    let places = ((last - first) / (0.35 * hair)).ceil().clamp(3.0, 40.0) as usize;
    let mut depths: Vec<f64> = (0..places)
        .filter_map(|i| {
            let at = first + (last - first) * i as f64 / (places - 1) as f64;
            let along = spun(root + line.tangent(at, hair)?) - root;
            let across = along.unit()?.normal();
            let center = spun(line.at(at)) + across * aside;
            let mean = |offsets: [f64; 3]| offsets.iter().map(|o| visit.light(center + across * *o)).sum::<f64>() / 3.0;
            let middle = mean([-0.2 * width, 0.0, 0.2 * width]);
            let side = |s: f64| sign * (mean([s * flank, s * (flank + 0.15 * hair), s * (flank + 0.3 * hair)]) - middle);
            Some(side(-1.0).min(side(1.0)))
        })
        .collect();
    depths.sort_by(f64::total_cmp);
    depths.get(depths.len() / 2).copied().unwrap_or(0.0)
}

/// The width to look for a strand with, in pixels of its own photo.
pub fn width(strand: &Strand, visit: &Visit) -> f64 {
    strand.width.map_or(visit.hair_width().0, |width| width.value.0)
}

/// How strongly a strand stands out in the photo it was traced in.
pub fn own_strength(visit: &Visit, strand: &Strand) -> f64 {
    strength(visit, &strand.centerline, (width(strand, visit), strand.tone), 0.0, 0.0)
}

/// The strongest line within reach of one, of those that no other strand explains; `None` where others lie over all of them.
fn strongest(visit: &Visit, sought: &Sought, reach: Reach, others: &[&Strand]) -> Option<f64> {
    let Sought { line, width, tone, .. } = sought;
    let asides = ladder(reach.aside, (0.3 * width).max(0.15 * visit.hair_width().0));
    let turns = ladder(reach.turn, 0.09);
    let mut best: Option<f64> = None;
    for turn in &turns {
        for aside in &asides {
            if covered(visit, line, *aside, *turn, others) < 0.4 {
                let found = strength(visit, line, (*width, *tone), *aside, *turn);
                best = Some(best.map_or(found, |b| b.max(found)));
            }
        }
    }
    best
}

/// From −reach to reach in even steps of at most `step`.
fn ladder(reach: f64, step: f64) -> Vec<f64> {
    let half = (reach / step).ceil().clamp(0.0, 12.0) as i32;
    (-half..=half).map(|i| if half == 0 { 0.0 } else { reach * f64::from(i) / f64::from(half) }).collect()
}

/// The share of a line's places that lie on other strands.
fn covered(visit: &Visit, line: &Polyline, aside: f64, turn: f64, others: &[&Strand]) -> f64 {
    if others.is_empty() {
        return 0.0;
    }
    let hair = visit.hair_width().0;
    let root = line.points[0];
    let length = line.length().min(LOOKED_AT * hair);
    let (sin, cos) = turn.sin_cos();
    let places = 8;
    let held = (0..places)
        .filter(|i| {
            let at = length * (0.12 + 0.83 * f64::from(*i) / f64::from(places - 1));
            let v = line.at(at) - root;
            let along = line.tangent(at, hair).unwrap_or_default();
            let along = Vector::new(cos * along.x - sin * along.y, sin * along.x + cos * along.y);
            let p = root + Vector::new(cos * v.x - sin * v.y, sin * v.x + cos * v.y) + along.normal() * aside;
            others.iter().any(|other| other.centerline.distance_to(p) < 0.6 * width(other, visit) + 0.1 * hair)
        })
        .count();
    held as f64 / f64::from(places)
}

impl Rendering {
    /// How `visit` shows hair, from the hairs that were traced in both photos.
    pub fn of(visit: &Visit, known: &[Sought], reach: Reach) -> Self {
        let mut ratios: Vec<f64> = known
            .iter()
            .filter_map(|known| {
                let here = strongest(visit, known, reach, &[])?;
                (known.strength > 0.02 && here > 0.0).then(|| (here / known.strength).ln())
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        let (gain, scatter) = if ratios.len() < FEWEST_PAIRS {
            (0.0, USUAL_SCATTER)
        } else {
            let median = ratios[ratios.len() / 2];
            let mut off: Vec<f64> = ratios.iter().map(|ratio| (ratio - median).abs()).collect();
            off.sort_by(f64::total_cmp);
            (median, (1.48 * off[off.len() / 2]).max(0.1))
        };
        Self { gain, scatter, texture: texture(visit, known, reach) }
    }

    /// What this photo shows where a hair of the other should lie. `others` are the strands of this photo that are other hairs.
    pub fn sight(&self, visit: &Visit, sought: &Sought, reach: Reach, others: &[&Strand]) -> Sight {
        let Sought { line, width, .. } = sought;
        let near: Vec<&Strand> = others
            .iter()
            .copied()
            .filter(|other| line.points.iter().any(|p| other.centerline.distance_to(*p) < reach.aside + 2.0 * visit.hair_width().0 + width))
            .collect();
        if covered(visit, line, 0.0, 0.0, &near) > 0.4 {
            return Sight::Crossed;
        }
        let Some(seen) = strongest(visit, sought, reach, &near) else { return Sight::Crossed };
        let expected = sought.strength.max(0.0) * self.gain.exp();
        let least = expected * (-DEVIATIONS * self.scatter).exp();
        if seen >= least && seen > self.texture {
            Sight::Shaft
        } else if least > 1.3 * self.texture && seen < 0.7 * least {
            Sight::Skin
        } else {
            Sight::Unclear
        }
    }
}

/// The strength that nine of ten lines on bare skin stay below: the known lines, moved to where no strand is.
fn texture(visit: &Visit, known: &[Sought], reach: Reach) -> f64 {
    let hair = visit.hair_width().0;
    let mut found = vec![];
    for sought in known {
        for (dx, dy) in [(6.0, 0.0), (-6.0, 0.0), (0.0, 6.0), (0.0, -6.0), (10.0, 10.0), (-10.0, 10.0)] {
            let by = Vector::new(dx * hair, dy * hair);
            let moved = Polyline::new(sought.line.points.iter().map(|p| *p + by).collect());
            let moved = Sought { line: moved, ..sought.clone() };
            let bare = moved.line.points.iter().all(|p| visit.field.counts(*p))
                && visit.strands.iter().all(|s| moved.line.points.iter().all(|p| s.centerline.distance_to(*p) > 2.0 * hair + reach.aside));
            if bare {
                found.extend(strongest(visit, &moved, reach, &[]));
                break;
            }
        }
    }
    found.sort_by(f64::total_cmp);
    found.get(found.len() * 9 / 10).copied().unwrap_or(0.0).max(0.02)
}
