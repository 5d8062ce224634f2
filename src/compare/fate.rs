//! Each hair's fate, told only where both photos could have shown it.

use super::drift::{Drift, Moved, drift};
use super::gone::{self, Signs};
use super::growth::Phase;
use super::pair::{self, Pair, Scatter, pairs, turned, width_ratio, wrapped};
use super::register::Registration;
use super::thickness::{Measured, Repeat, significant};
use super::visit::Visit;
use super::witness::{self, Body, Looked, Rendering, Sight, Sought};
use crate::geometry::{Point, Vector};
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
    /// Every fate, in the order they are told.
    pub const ALL: [Self; 7] = [Self::Kept, Self::Thickened, Self::Thinned, Self::Lost, Self::New, Self::Unresolved, Self::Outside];

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
    /// It is too faint for the other photo to show for certain, or that photo shows a little of it.
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
    /// Whether its root lies in the counted field of both photos: changes are those of such hairs.
    pub counted: bool,
    /// Where it is in the baseline, in the baseline's pixels.
    pub baseline: Option<Place>,
    /// Where it is in the follow-up, in the follow-up's pixels.
    pub follow_up: Option<Place>,
    /// Its thickness in each photo.
    pub thickness: [Option<Measured>; 2],
    /// How well thickness repeats between the two photos.
    pub repeat: Repeat,
    /// Follow-up less baseline.
    pub length_change: Option<Millimeters>,
    /// Whether it grew, where the two photos are a phototrichogram.
    pub phase: Option<Phase>,
    /// The estimated chance that the fate is right, 0 to 1.
    pub confidence: f64,
    /// What tells whether the other photo's skin bears it, where it was seen in one alone and the other shows its place.
    pub signs: Option<Signs>,
    /// Why, where it was seen in one photo alone.
    pub reason: Option<Reason>,
}

impl HairFate {
    /// The estimated chance that the other photo's skin does not bear it, where it was seen in one alone and the other shows its place.
    pub fn gone(&self) -> Option<f64> {
        self.signs.map(|signs| signs.chance())
    }
}

/// A strand less sure than this that was not traced in the other photo is doubtful where it is not surely gone; lost and new weigh how sure it is
/// among the other signs.
const SURE: f64 = 0.6;

/// A hair at least this likely not there is lost, or new.
const SURELY_GONE: f64 = 0.6;

/// Nearer than this to one another, in hair widths, hairs grow from one ostium.
const BESIDE: f64 = 2.5;

/// What the shaft around says where another hair has come: half of what a lone hair's going takes away, as a natural log, for neither its going nor its
/// staying shows. Ours, reasoned and not fitted.
const HIDDEN_BY_ANOTHER: f64 = -0.4;

/// Shaft of this much more than there is, in hair widths, keeps the ratio of two photos finite.
const COVER_AT_LEAST: f64 = 0.2;

/// Pairs at less than this confidence keep their hair but say nothing of its thickness.
const SAME_HAIR: f64 = 0.7;

/// The least confidence of a fate whose pair says how the hair's thickness has changed.
pub fn same_hair() -> f64 {
    pair::chance(SAME_HAIR)
}

/// How far from the edge of what both photos show a hair seen in one alone must lie, in hair widths, besides how far roots lie off.
const MARGIN: f64 = 0.8;

/// Strands alone in both photos whose roots lie this near, in hair widths, are taken for one hair.
const AS_NEAR: f64 = 2.3;

/// If their directions differ by less than this, in radians, beside what the comb did.
const MOST_TURN: f64 = 1.1;

/// And their widths, where both are known, by less than this, as a logarithm.
const MOST_WIDER: f64 = 0.3;

/// Hair within so many hair widths runs much the same way.
const AROUND: f64 = 25.0;

/// A strand surer than this is hair, whatever the hair around it does.
const PLAIN: f64 = 0.97;

/// Strands nearer to one another than this, in hair widths, cannot be two shafts side by side.
const ON: f64 = 0.35;

/// A strand farther than this from every paired one, in hair widths, stands by itself, if none that leaves the skin so near runs alongside, within this
/// angle, in radians.
const LOOSE: f64 = 3.0;
const ALONGSIDE: f64 = 0.5;

/// The fates of all hairs, those of the baseline first. `lengths_off` is one standard deviation of the natural log of the follow-up's lengths against
/// the baseline's, beyond what both scales' own uncertainties say; `None` where they cannot be held against one another.
pub fn fates(baseline: &Visit, follow_up: &Visit, registration: &Registration, lengths_off: Option<f64>) -> Vec<HairFate> {
    let (mut pairs, scatter) = pairs(baseline, follow_up, &registration.mapping, registration.residual_px);
    let look = Look::new(baseline, follow_up, registration, &pairs, scatter);
    let likely = look.likely();
    pairs.extend(likely);
    let look = look.with(&pairs);
    let mut fates: Vec<HairFate> = pairs.iter().map(|pair| look.kept(pair, lengths_off.is_some())).collect();
    for (side, strands) in [&baseline.strands, &follow_up.strands].into_iter().enumerate() {
        fates.extend((0..strands.len()).filter(|&i| !look.paired[side][i]).map(|i| look.alone(side, i)));
    }
    fates.sort_by_key(|fate| (fate.baseline.and_then(|p| p.id).unwrap_or(usize::MAX), fate.follow_up.and_then(|p| p.id)));
    significant(&mut fates, [baseline, follow_up], lengths_off.unwrap_or(0.0));
    fates
}

/// Both photos and how each shows the other's hair. Side 0 is the baseline, side 1 the follow-up.
struct Look<'a> {
    visits: [&'a Visit; 2],
    registration: &'a Registration,
    scatter: Scatter,
    /// How each side shows the other's hair.
    renderings: [Rendering; 2],
    /// How the hairs of both photos lie in each side.
    moved: [Vec<Moved>; 2],
    /// The shafts of each side that are paired.
    bodies: [Vec<Body>; 2],
    /// Which strands of each side are paired.
    paired: [Vec<bool>; 2],
    /// How deep a usual shaft of each side is.
    usual: [f64; 2],
    /// How much more shaft the follow-up shows along hair seen in both, as a natural log: the median.
    gain: f64,
}

impl<'a> Look<'a> {
    fn new(baseline: &'a Visit, follow_up: &'a Visit, registration: &'a Registration, pairs: &[Pair], scatter: Scatter) -> Self {
        let visits = [baseline, follow_up];
        let none = Rendering { gain: 0.0, texture: 0.0, rooted: f64::NEG_INFINITY };
        let paired = visits.map(|visit| vec![false; visit.strands.len()]);
        let mut look = Self {
            visits,
            registration,
            scatter,
            renderings: [none; 2],
            moved: [vec![], vec![]],
            bodies: [vec![], vec![]],
            paired,
            usual: visits.map(usual_depth),
            gain: 0.0,
        };
        look = look.with(pairs);
        let sure = || pairs.iter().filter(|pair| pair.confidence > SAME_HAIR);
        look.moved = [0, 1].map(|side| sure().filter_map(|pair| look.moved(side, pair)).collect());
        look.renderings = [0, 1].map(|side| {
            let known: Vec<(Sought, &Strand)> =
                sure().map(|pair| (look.carried(1 - side, look.strand(1 - side, pair)), look.strand(side, pair))).collect();
            Rendering::of(look.visits[side], &known)
        });
        let mut gains: Vec<f64> = sure().map(|pair| look.more_cover(pair)).collect();
        gains.sort_by(f64::total_cmp);
        look.gain = gains.get(gains.len() / 2).copied().unwrap_or(0.0);
        look
    }

    /// The same with these pairs.
    fn with(mut self, pairs: &[Pair]) -> Self {
        for pair in pairs {
            self.paired[0][pair.baseline] = true;
            self.paired[1][pair.follow_up] = true;
        }
        self.bodies = [0, 1].map(|side| pairs.iter().map(|pair| self.body(side, pair)).collect());
        self
    }

    fn strand(&self, side: usize, pair: &Pair) -> &'a Strand {
        &self.visits[side].strands[if side == 0 { pair.baseline } else { pair.follow_up }]
    }

    /// A paired shaft, no wider than the narrower of its two photos says: in the other it may have been traced with its neighbor as one.
    fn body(&self, side: usize, pair: &Pair) -> Body {
        let (own, other) = (self.strand(side, pair), self.strand(1 - side, pair));
        let hair = self.visits[side].hair_width().0;
        let width =
            witness::width(own, self.visits[side]).min(self.scaled(1 - side, other.root(), witness::width(other, self.visits[1 - side])));
        Body { line: own.centerline.clone(), reach: 0.5 * width + 0.15 * hair }
    }

    /// A length around a point of one side in the other.
    fn scaled(&self, side: usize, at: Point, length: f64) -> f64 {
        let mapping = &self.registration.mapping;
        if side == 0 { length * mapping.scale(at) } else { length / mapping.scale(mapping.back(at)) }
    }

    /// Where a point of one side lies in the other.
    fn across(&self, side: usize, p: Point) -> Point {
        let mapping = &self.registration.mapping;
        if side == 0 { mapping.map(p) } else { mapping.back(p) }
    }

    /// How a pair's hair lies in one side, from where the other side's says.
    fn moved(&self, side: usize, pair: &Pair) -> Option<Moved> {
        let (here, there) = (self.strand(side, pair), self.strand(1 - side, pair));
        let (root, tip) = (self.across(1 - side, there.root()), self.across(1 - side, there.tip()));
        let (from, to) = ((tip - root).unit()?, here.direction()?);
        let across = to.normal();
        Some(Moved { at: root, off: across * (here.root() - root).dot(across), turn: turned(from, to) })
    }

    /// A strand of one side as it should lie in the other.
    fn carried(&self, side: usize, strand: &Strand) -> Sought {
        let own = witness::sought(strand, self.visits[side]);
        let root = self.across(side, own.root);
        let along = (self.across(side, own.root + own.along * own.width) - root).unit().unwrap_or(own.along);
        let scaled = |length| self.scaled(side, own.root, length);
        Sought { root, along, length: scaled(own.length), width: scaled(own.width), ..own }
    }

    /// How hair moved around a place of one side.
    fn drift(&self, side: usize, at: Point) -> Drift {
        let (hair, usual) = (self.visits[side].hair_width().0, self.visits[1].hair_width().0);
        // Scatter is that of the follow-up; seen from there, hair was combed the other way.
        let sign = if side == 1 { 1.0 } else { -1.0 };
        let scatter = Scatter { across: self.scatter.across * hair / usual, combed: sign * self.scatter.combed, ..self.scatter };
        drift(at, &self.moved[side], &scatter, hair)
    }

    /// Strands that stand alone in both photos at one place are most likely one hair, badly traced in either: nearest first.
    fn likely(&self) -> Vec<Pair> {
        let hair = self.visits[1].hair_width().0;
        let scale = self.registration.mapping.scale(self.visits[0].middle());
        let mut near = vec![];
        for i in (0..self.paired[0].len()).filter(|&i| !self.paired[0][i]) {
            let strand = &self.visits[0].strands[i];
            let root = self.across(0, strand.root());
            let drift = self.drift(1, root);
            let (place, heading) = (root + drift.shift, self.carried(0, strand).along.angle() + drift.turn);
            for j in (0..self.paired[1].len()).filter(|&j| !self.paired[1][j]) {
                let other = &self.visits[1].strands[j];
                let apart = other.root().distance(place);
                let turn = other.direction().map_or(0.0, |along| wrapped(along.angle() - heading));
                let wider = width_ratio(strand, other, scale).unwrap_or(0.0);
                let alike = other.tone == strand.tone && turn.abs() < MOST_TURN && wider.abs() < MOST_WIDER;
                if alike && apart < AS_NEAR * hair + self.scatter.across {
                    near.push((apart, i, j));
                }
            }
        }
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut pairs: Vec<Pair> = vec![];
        for (_, i, j) in near {
            if pairs.iter().all(|pair| pair.baseline != i && pair.follow_up != j) {
                pairs.push(Pair { baseline: i, follow_up: j, confidence: 0.5 });
            }
        }
        pairs
    }

    fn kept(&self, pair: &Pair, comparable: bool) -> HairFate {
        let strands = [&self.visits[0].strands[pair.baseline], &self.visits[1].strands[pair.follow_up]];
        let same = pair.confidence >= SAME_HAIR && comparable;
        let thickness = [0, 1].map(|side| Measured::of(strands[side], self.visits[side]).filter(|_| same));
        HairFate {
            fate: Fate::Kept,
            counted: (0..2).all(|side| self.is_counted(side, strands[side])),
            baseline: Some(place(strands[0])),
            follow_up: Some(place(strands[1])),
            thickness,
            repeat: Repeat::default(),
            length_change: self.length_change(strands).filter(|_| same),
            phase: None,
            confidence: pair.chance(),
            signs: None,
            reason: None,
        }
    }

    /// Whether a strand's root lies in the counted field of its own photo, by the border rule, and in that of the other.
    fn is_counted(&self, side: usize, strand: &Strand) -> bool {
        strand.is_counted(&self.visits[side].field) && self.visits[1 - side].field.counts(self.across(side, strand.root()))
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

    /// The fate of a strand without a partner.
    fn alone(&self, side: usize, i: usize) -> HairFate {
        let visit = self.visits[side];
        let strand = &visit.strands[i];
        let other = self.visits[1 - side];
        let own = Some(place(strand));
        let root = self.across(side, strand.root());
        let fate = |fate, confidence, reason, elsewhere: Option<Place>| {
            let places = if side == 0 { [own, elsewhere] } else { [elsewhere, own] };
            let mut thickness = [None; 2];
            thickness[side] = Measured::of(strand, visit);
            let [baseline, follow_up] = places;
            HairFate {
                fate,
                counted: fate != Fate::Outside,
                baseline,
                follow_up,
                thickness,
                repeat: Repeat::default(),
                length_change: None,
                phase: None,
                confidence,
                signs: None,
                reason,
            }
        };
        if !self.is_counted(side, strand) {
            return fate(Fate::Outside, strand.confidence, None, None);
        }
        let sought = self.carried(side, strand);
        let hidden = !self.surrounded(side, strand.root()) || !self.surrounded(1 - side, root) || !shown(other, &sought);
        let drift = self.drift(1 - side, root);
        let looked = self.renderings[1 - side].look(other, &sought, &drift, &self.bodies[1 - side]);
        let loose = self.is_loose(side, strand);
        let moved = Sought { root: root + drift.shift, along: witness::turned_by(sought.along, drift.turn), ..sought };
        let signs = self.signs(side, strand, &moved, &looked, loose);
        let gone = signs.chance();
        let fate = |told, confidence, reason, elsewhere| HairFate { signs: Some(signs), ..fate(told, confidence, reason, elsewhere) };
        let unresolved = |reason| fate(Fate::Unresolved, strand.confidence, Some(reason), None);
        if hidden {
            return unresolved(Reason::Hidden);
        }
        if gone >= SURELY_GONE && self.renderings[1 - side].could_show(&looked) {
            return fate(if side == 0 { Fate::Lost } else { Fate::New }, gone, None, None);
        }
        if strand.confidence < SURE || strand.root_end != End::Root || loose {
            return unresolved(Reason::Doubtful);
        }
        match self.renderings[1 - side].sight(&looked) {
            Sight::Shaft => {
                let elsewhere = Place { id: None, root: moved.root, tip: moved.root + moved.along * moved.length };
                fate(Fate::Kept, 1.0 - gone, Some(Reason::Untraced), Some(elsewhere))
            }
            Sight::Crossed => unresolved(Reason::Crossed),
            Sight::Unclear => unresolved(Reason::Faint),
        }
    }

    /// What tells whether a strand of one side is there in the other.
    fn signs(&self, side: usize, strand: &Strand, sought: &Sought, looked: &Looked, loose: bool) -> Signs {
        let (visit, other) = (self.visits[side], self.visits[1 - side]);
        let [own_hair, hair] = [visit, other].map(|visit| visit.hair_width().0);
        let expected = looked.expected.max(1e-6);
        let own = witness::sought(strand, visit);
        let until = 0.9 * own.length / own_hair;
        let [here, there] = [(visit, &own, side), (other, sought, 1 - side)].map(|(visit, hair, side)| {
            let line = |at: f64| hair.root + hair.along * at;
            (COVER_AT_LEAST + witness::cover(visit, &line, until * visit.hair_width().0, strand.tone, self.usual[side])).ln()
        });
        let gain = if side == 0 { self.gain } else { -self.gain };
        // A strand of another width is another hair, and the shaft it adds is its own.
        let scale = self.registration.mapping.scale(self.visits[0].middle());
        let scale = if side == 0 { scale } else { 1.0 / scale };
        let unpaired = other.strands.iter().zip(&self.paired[1 - side]).filter(|(_, paired)| !**paired).map(|(stray, _)| stray);
        let (strays, others): (Vec<&Strand>, Vec<&Strand>) =
            unpaired.partition(|stray| width_ratio(strand, stray, scale).is_none_or(|wider| wider.abs() < MOST_WIDER));
        let nearest = |strands: &[&Strand]| strands.iter().map(|s| s.root().distance(sought.root) / hair).fold(gone::FAR, f64::min);
        let added = there - here - gain;
        Signs {
            unexplained: looked.found.unexplained / expected,
            near: looked.found.near / expected,
            texture: self.renderings[1 - side].texture / expected,
            haze: looked.haze,
            cover: if nearest(&others) < gone::FAR { added.min(HIDDEN_BY_ANOTHER) } else { added },
            stray: nearest(&strays),
            mates: self.moved[side].iter().filter(|mate| mate.at.distance(strand.root()) < BESIDE * own_hair).count(),
            length: own.length / own_hair,
            confidence: strand.confidence,
            rooted: strand.root_end == End::Root,
            loose,
        }
    }

    /// By how much more shaft the follow-up shows along a pair, as a natural log.
    fn more_cover(&self, pair: &Pair) -> f64 {
        let strands = [0, 1].map(|side| self.strand(side, pair));
        let lengths = [0, 1].map(|side| strands[side].centerline.length() / self.visits[side].hair_width().0);
        let until = 0.9 * lengths[0].min(lengths[1]);
        let [then, now] = [0, 1].map(|side| {
            let (visit, strand) = (self.visits[side], strands[side]);
            witness::cover(visit, &|at| strand.centerline.at(at), until * visit.hair_width().0, strand.tone, self.usual[side])
        });
        ((now + COVER_AT_LEAST) / (then + COVER_AT_LEAST)).ln()
    }

    /// Whether the field reaches some way beyond a root to all sides: beyond where its registration may be wrong.
    fn surrounded(&self, side: usize, root: Point) -> bool {
        let visit = self.visits[side];
        let hair = visit.hair_width().0;
        let margin = MARGIN * hair + self.scatter.across * hair / self.visits[1].hair_width().0;
        let around = |i: i32| Vector::from_angle(f64::from(i) * std::f64::consts::FRAC_PI_4);
        (0..8).all(|i| [0.5, 1.0].iter().all(|part| visit.field.counts(root + around(i) * (margin * part))))
    }

    /// Whether a strand seen in one photo alone is most likely no hair that grows there: it runs across the hair around it, or it stands by
    /// itself without the haze under the skin that nearly all hairs seen in both photos have (cut hair lies so on the skin), or it runs on
    /// another strand, of which it may be a part.
    fn is_loose(&self, side: usize, strand: &Strand) -> bool {
        let visit = self.visits[side];
        let hair = visit.hair_width().0;
        let Some(direction) = strand.direction() else { return true };
        let mut around: Vec<(f64, Vector)> = visit
            .strands
            .iter()
            .zip(&self.paired[side])
            .filter(|(_, paired)| **paired)
            .filter_map(|(other, _)| Some((other.root().distance(strand.root()), other.direction()?)))
            .filter(|(apart, _)| *apart < AROUND * hair)
            .collect();
        around.sort_by(|a, b| a.0.total_cmp(&b.0));
        let alike = around.iter().take(5).fold(Vector::default(), |sum, (_, other)| sum + *other);
        let across = around.len() >= 3 && alike.length() > 0.8 * around.len().min(5) as f64 && turned(alike, direction).abs() > MOST_TURN;
        // Where a whole unit came or went, none of its hairs is paired, and yet each has company.
        let grows_with = |other: &&Strand| {
            let near = other.id != strand.id && other.root().distance(strand.root()) < LOOSE * hair;
            near && other.root_end == End::Root && other.direction().is_some_and(|other| turned(other, direction).abs() < ALONGSIDE)
        };
        let alone = around.first().is_none_or(|(apart, _)| *apart > LOOSE * hair) && !visit.strands.iter().any(|other| grows_with(&other));
        let length = strand.centerline.length();
        let places = [0.1, 0.25, 0.4, 0.55, 0.7].map(|part| strand.centerline.at(part * length));
        let on = |other: &&Strand| places.iter().filter(|p| other.centerline.distance_to(**p) < ON * hair).count() >= 3;
        let odd = across || alone && witness::haze(visit, &strand.centerline) < self.renderings[side].rooted;
        odd && strand.confidence < PLAIN || visit.strands.iter().filter(|other| other.id != strand.id).any(|other| on(&other))
    }
}

/// How deep a usual shaft of a photo is.
fn usual_depth(visit: &Visit) -> f64 {
    let mut depths: Vec<f64> = visit.strands.iter().map(|strand| witness::sought(strand, visit).depth).collect();
    depths.sort_by(f64::total_cmp);
    depths.get(depths.len() / 2).copied().unwrap_or(0.0).max(0.05)
}

fn place(strand: &Strand) -> Place {
    Place { id: Some(strand.id), root: strand.root(), tip: strand.tip() }
}

/// Whether a photo shows the better part of a hair's first stretch.
fn shown(visit: &Visit, sought: &Sought) -> bool {
    let length = sought.length.min(6.0 * visit.hair_width().0);
    (0..6).filter(|i| visit.field.shows(sought.root + sought.along * (length * f64::from(*i) / 5.0))).count() >= 5
}

impl HairFate {
    /// Follow-up less baseline thickness, and one standard deviation of it.
    pub fn thickness_change(&self) -> Option<(Micrometers, Micrometers)> {
        let [before, after] = self.thickness;
        let (before, after) = (before?, after?);
        Some((after.value - before.value, self.repeat.change_error(&before, &after)))
    }
}
