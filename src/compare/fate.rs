//! Each hair's fate, told only where both photos could have shown it.

use super::growth::Phase;
use super::pair::{Pair, Scatter, pairs};
use super::register::Registration;
use super::thickness::{Measured, significant};
use super::visit::Visit;
use super::witness::{self, Reach, Rendering, Sight, Sought};
use crate::geometry::{Point, Polyline, Vector};
use crate::strand::{End, Strand};
use crate::units::{Micrometers, Millimeters, Pixels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a hair between two photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Seen in both, as thick as before as far as can be told.
    Kept,
    /// Seen in both, thicker.
    Thickened,
    /// Seen in both, thinner.
    Thinned,
    /// Seen in the baseline; the follow-up shows the place without it.
    Lost,
    /// Seen in the follow-up; the baseline shows the place without it.
    New,
    /// Seen in one; the other could not have shown it, or it is doubtful itself.
    Unresolved,
    /// Seen in one; its place lies outside of what both show.
    Outside,
}

impl Fate {
    /// Whether the hair is there in both photos.
    pub fn is_kept(self) -> bool {
        matches!(self, Self::Kept | Self::Thickened | Self::Thinned)
    }
}

/// Why a hair seen in one photo alone has the fate it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Kept: the other photo shows its shaft, though it was not traced there.
    Untraced,
    /// The other photo shows no skin at its place: glare, blur, caption, or the edge of the field.
    Hidden,
    /// Another hair lies over its place in the other photo.
    Crossed,
    /// It is too faint for the other photo to show for certain.
    Faint,
    /// It is itself not surely a hair, or its root was not seen.
    Doubtful,
}

/// Where a hair is in one photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Its strand there; `None` where its shaft is seen but was not traced.
    pub id: Option<usize>,
    /// Where it leaves the skin.
    pub root: Point,
    /// Its other end.
    pub tip: Point,
}

/// One hair and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HairFate {
    /// What became of it.
    pub fate: Fate,
    /// Where it is in the baseline, in the baseline's pixels.
    pub baseline: Option<Place>,
    /// Where it is in the follow-up, in the follow-up's pixels.
    pub follow_up: Option<Place>,
    /// Its thickness in each photo.
    pub thickness: [Option<Measured>; 2],
    /// Follow-up less baseline.
    pub length_change: Option<Millimeters>,
    /// Whether it grew, where the two photos are a phototrichogram.
    pub phase: Option<Phase>,
    /// The estimated chance that the fate is right, 0 to 1.
    pub confidence: f64,
    /// Why, where it was seen in one photo alone.
    pub reason: Option<Reason>,
}

/// The least confidence of a strand that may be called lost or new.
const SURE: f64 = 0.6;

/// Pairs at less than this confidence keep their hair but say nothing of its thickness.
const SAME_HAIR: f64 = 0.7;

/// How far from the edge of what both photos show a hair seen in one alone must lie, in hair widths.
const MARGIN: f64 = 2.0;

/// The fates of all hairs, those of the baseline first.
pub fn fates(baseline: &Visit, follow_up: &Visit, registration: &Registration) -> Vec<HairFate> {
    let (pairs, scatter) = pairs(baseline, follow_up, &registration.mapping, registration.residual_px);
    let look = Look::new(baseline, follow_up, registration, &pairs, scatter);
    let mut fates: Vec<HairFate> = pairs.iter().map(|pair| look.kept(pair)).collect();
    let paired = |side: fn(&Pair) -> usize, i: usize| pairs.iter().any(|pair| side(pair) == i);
    fates.extend((0..baseline.strands.len()).filter(|&i| !paired(|p| p.baseline, i)).filter_map(|i| look.alone(0, i)));
    fates.extend((0..follow_up.strands.len()).filter(|&i| !paired(|p| p.follow_up, i)).filter_map(|i| look.alone(1, i)));
    fates.sort_by_key(|fate| (fate.baseline.and_then(|p| p.id).unwrap_or(usize::MAX), fate.follow_up.and_then(|p| p.id)));
    significant(&mut fates, [baseline, follow_up]);
    fates
}

/// Both photos and how each shows the other's hair. Side 0 is the baseline, side 1 the follow-up.
struct Look<'a> {
    visits: [&'a Visit; 2],
    registration: &'a Registration,
    /// How each side shows the other's hair.
    renderings: [Rendering; 2],
    reaches: [Reach; 2],
    /// Which strands of each side are paired.
    paired: [Vec<bool>; 2],
}

impl<'a> Look<'a> {
    fn new(baseline: &'a Visit, follow_up: &'a Visit, registration: &'a Registration, pairs: &[Pair], scatter: Scatter) -> Self {
        let visits = [baseline, follow_up];
        let mut paired = visits.map(|visit| vec![false; visit.strands.len()]);
        for pair in pairs {
            paired[0][pair.baseline] = true;
            paired[1][pair.follow_up] = true;
        }
        let reaches = visits.map(|visit| {
            let hair = visit.hair_width().0;
            let residual = scatter.across * hair / follow_up.hair_width().0;
            Reach { aside: 1.5 * residual + 0.2 * hair, turn: (2.0 * scatter.turn).clamp(0.09, 0.7) }
        });
        let mut look = Self { visits, registration, renderings: [Rendering { gain: 0.0, scatter: 0.3, texture: 0.0 }; 2], reaches, paired };
        look.renderings = [0, 1].map(|side| {
            let known: Vec<_> = pairs
                .iter()
                .filter(|pair| pair.confidence > SAME_HAIR)
                .map(|pair| {
                    let i = if side == 0 { pair.follow_up } else { pair.baseline };
                    let strand = &look.visits[1 - side].strands[i];
                    look.carried(1 - side, strand)
                })
                .collect();
            Rendering::of(look.visits[side], &known, look.reaches[side])
        });
        look
    }

    /// A strand of one side as it should lie in the other.
    fn carried(&self, side: usize, strand: &Strand) -> Sought {
        let mapping = &self.registration.mapping;
        let width = witness::width(strand, self.visits[side]);
        let (line, width) = if side == 0 {
            (mapping.line(&strand.centerline), width * mapping.scale(strand.root()))
        } else {
            let line = mapping.line_back(&strand.centerline);
            let scale = mapping.scale(line.points[0]);
            (line, width / scale)
        };
        Sought { line, width, tone: strand.tone, strength: witness::own_strength(self.visits[side], strand) }
    }

    fn kept(&self, pair: &Pair) -> HairFate {
        let strands = [&self.visits[0].strands[pair.baseline], &self.visits[1].strands[pair.follow_up]];
        let same = pair.confidence >= SAME_HAIR;
        let thickness = [0, 1].map(|side| Measured::of(strands[side], self.visits[side]).filter(|_| same));
        HairFate {
            fate: Fate::Kept,
            baseline: Some(place(strands[0])),
            follow_up: Some(place(strands[1])),
            thickness,
            length_change: self.length_change(strands).filter(|_| same),
            phase: None,
            confidence: pair.confidence,
            reason: None,
        }
    }

    /// Known where both ends were seen in both photos.
    fn length_change(&self, strands: [&Strand; 2]) -> Option<Millimeters> {
        let whole = |strand: &Strand| strand.root_end == End::Root && strand.tip_end == End::Tip;
        let length = |side: usize| {
            let strand: &Strand = strands[side];
            let scale = self.visits[side].calibration.as_ref()?;
            whole(strand).then(|| scale.millimeters(Pixels(strand.centerline.length())))
        };
        Some(length(1)? - length(0)?)
    }

    /// The fate of a strand without a partner; `None` for one that is not counted where both photos show its place.
    fn alone(&self, side: usize, i: usize) -> Option<HairFate> {
        let visit = self.visits[side];
        let strand = &visit.strands[i];
        let sought = self.carried(side, strand);
        let line = &sought.line;
        let other = self.visits[1 - side];
        let own = Some(place(strand));
        let fate = |fate, confidence, reason, elsewhere: Option<Place>| {
            let places = if side == 0 { [own, elsewhere] } else { [elsewhere, own] };
            let mut thickness = [None; 2];
            thickness[side] = Measured::of(strand, visit);
            HairFate { fate, baseline: places[0], follow_up: places[1], thickness, length_change: None, phase: None, confidence, reason }
        };
        if !strand.is_counted(&visit.field) || !other.field.counts(line.points[0]) {
            return Some(fate(Fate::Outside, strand.confidence, None, None));
        }
        let unresolved = |reason| Some(fate(Fate::Unresolved, strand.confidence, Some(reason), None));
        if strand.confidence < SURE || strand.root_end != End::Root {
            return unresolved(Reason::Doubtful);
        }
        if !surrounded(visit, strand.root()) || !surrounded(other, line.points[0]) || !shown(other, line) {
            return unresolved(Reason::Hidden);
        }
        let others: Vec<&Strand> =
            other.strands.iter().zip(&self.paired[1 - side]).filter(|(_, paired)| **paired).map(|(strand, _)| strand).collect();
        let (rendering, reach) = (&self.renderings[1 - side], self.reaches[1 - side]);
        match rendering.sight(other, &sought, reach, &others) {
            Sight::Shaft => {
                let elsewhere = Place { id: None, root: line.points[0], tip: line.points[line.points.len() - 1] };
                Some(fate(Fate::Kept, strand.confidence, Some(Reason::Untraced), Some(elsewhere)))
            }
            Sight::Crossed => unresolved(Reason::Crossed),
            Sight::Unclear => unresolved(Reason::Faint),
            Sight::Skin => Some(fate(if side == 0 { Fate::Lost } else { Fate::New }, strand.confidence, None, None)),
        }
    }
}

fn place(strand: &Strand) -> Place {
    Place { id: Some(strand.id), root: strand.root(), tip: strand.tip() }
}

/// Whether the field reaches some way beyond a root to all sides.
fn surrounded(visit: &Visit, root: Point) -> bool {
    let margin = MARGIN * visit.hair_width().0;
    let around = |i: i32| Vector::from_angle(f64::from(i) * std::f64::consts::FRAC_PI_4);
    (0..8).all(|i| [0.5, 1.0].iter().all(|part| visit.field.counts(root + around(i) * (margin * part))))
}

/// Whether a photo shows the better part of a line's first stretch.
fn shown(visit: &Visit, line: &Polyline) -> bool {
    let length = line.length().min(6.0 * visit.hair_width().0);
    (0..6).filter(|i| visit.field.shows(line.at(length * f64::from(*i) / 5.0))).count() >= 5
}

impl HairFate {
    /// Follow-up less baseline thickness, and one standard deviation of it.
    pub fn thickness_change(&self) -> Option<(Micrometers, Micrometers)> {
        let [before, after] = self.thickness;
        let (before, after) = (before?, after?);
        Some((after.value - before.value, Micrometers(before.standard_error.0.hypot(after.standard_error.0))))
    }
}
