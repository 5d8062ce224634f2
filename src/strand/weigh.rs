//! Which of the strands proposed are hair, rightly traced, root and tip told apart: what speaks for each, and the choice among those that
//! explain the same hair.

use super::End;
use super::select::{chance, odds};
use super::trace::Traced;
use crate::geometry::{Measured, Point, Polyline, Vector};
use crate::raster::{Mask, Plane, holds, sample};
use crate::segment::learned::{Answer, REACH};
use std::cmp::Ordering;

/// The least chance at which a strand is reported: of those at 0.3 to 0.4 half are right, and without them counts are lower than people's.
const LEAST_CHANCE: f64 = 0.3;

/// How near another strand's line, in pixels of the answer, a place is explained by that strand: 25 µm, less than lies between two hairs that
/// touch.
const EXPLAINED: f64 = 2.5;

/// The log odds that a strand loses where others explain all of it.
///
/// # Source
/// Ours: at 6 drawn hair gains 0.016 of F1 over eleven scenes and the hand-marked fields lose 0.003, at 8 they gain 0.014 and lose 0.002.
const SHARED: f64 = 8.0;

/// Who proposed a strand, and which of its ends as its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The centerlines of the learned detector.
    Learned,
    /// The ridges of the classical one, as they tell root from tip.
    Ridge,
    /// The same, turned round: they tell it by other signs than the network.
    Turned,
    /// The lines grown from the roots that the learned detector sees.
    Rooted,
}

impl Source {
    /// One word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::Ridge => "ridge",
            Self::Turned => "turned",
            Self::Rooted => "rooted",
        }
    }
}

/// A strand proposed.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The strand, not yet weighed.
    pub traced: Traced,
    /// Who proposed it.
    pub source: Source,
    /// What speaks for it.
    pub evidence: Evidence,
    /// Its line in pixels of the answer.
    line: Polyline,
}

/// What speaks for a strand, as `WEIGHTS` weighs it.
pub type Evidence = [f64; 11];

/// Log odds per unit of each evidence, and those of none.
///
/// # Source
/// Ours: a logistic fit by `models/stubble/weigh.sh` on the strands proposed for drawn photos that the network was not trained on: the scene
/// `wild`, and dark hair as drawn and blurred, flattened, stained and stored badly beyond what is ever drawn. For on photos such as it was
/// trained on the network is surer of ends than it has reason to be on any other. The odds of none are 0.8 less than fitted, for of several
/// strands that explain the same hair the one chosen is likelier to be one thought too well of. What speaks against short strands grown from their
/// root was set in sight of the hand-marked fields: drawn hair would trust them more.
const WEIGHTS: Evidence = [1.13, 2.87, 4.73, 0.18, 6.97, -1.69, -0.06, 2.37, 1.14, -1.0, 1.96];
const ODDS_OF_NONE: f64 = -8.78;

/// How far off a place may see the root and the tip of its strand, both together, in pixels of the answer: 70 µm.
const AGREEING: f64 = 7.0;

/// Up to this length, in pixels of the answer, hair hardly crosses other hair: 600 µm.
const CROSSES_NONE: f64 = 60.0;

/// How far hair says which way its neighbors grow, in pixels of the answer: the standard deviation of its say is 400 µm.
const GROWS_ALIKE: f64 = 40.0;

/// Hair that is seen and hair of that which no strand explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Untraced {
    /// The share of the photo that the network holds to be hair.
    pub hair: f64,
    /// The share of this that lies along no strand.
    pub share: f64,
}

impl Untraced {
    /// What these strands leave of the hair an answer shows.
    pub fn of(answer: &Answer, strands: &[Traced]) -> Self {
        let mut explained = Mask::from_elem(answer.hair.dim(), false);
        for traced in strands {
            let reach = EXPLAINED.max(0.5 * traced.rough_width.0 / answer.factor + 1.5);
            placed(traced, answer).points.iter().for_each(|p| explain(&mut explained, *p, reach));
        }
        let hair = answer.hair.iter().zip(&explained).filter(|(hair, _)| **hair > 0.5);
        let (all, open) = hair.fold((0_u32, 0_u32), |(all, open), (_, explained)| (all + 1, open + u32::from(!explained)));
        Self { hair: covered(answer), share: f64::from(open) / f64::from(all.max(1)) }
    }

    /// Whether hair covers so much that it may be a thicket.
    pub fn is_thicket(&self) -> bool {
        self.hair > THICKET
    }
}

/// The share of a photo that the network holds to be hair.
fn covered(answer: &Answer) -> f64 {
    answer.hair.iter().filter(|hair| **hair > 0.5).count() as f64 / answer.hair.len().max(1) as f64
}

/// The share of a photo that hair covers where it may be a thicket, in which pieces of hair end where other hair hides them: drawn thickets of long and
/// curled hair cover 0.12 to 0.41 of it, drawn clipped hair 0.03 to 0.09, the hand-marked clipped fields 0.04 to 0.17.
const THICKET: f64 = 0.1;

/// The line of a strand in pixels of the answer.
fn placed(traced: &Traced, answer: &Answer) -> Polyline {
    Polyline::new(traced.strand.centerline.points.iter().map(|p| answer.place_of(*p)).collect()).resampled(1.0)
}

/// What is proposed by the lines of the network, from its roots and by the ridges, which may have root and tip confused, with what speaks for each.
pub(super) fn proposals(learned: Vec<Traced>, rooted: Vec<Traced>, ridges: Vec<Traced>, answer: &Answer) -> Vec<Proposal> {
    let turned: Vec<Traced> = ridges.iter().map(reversed).collect();
    let mut proposals: Vec<Proposal> =
        [(learned, Source::Learned), (rooted, Source::Rooted), (ridges, Source::Ridge), (turned, Source::Turned)]
            .into_iter()
            .flat_map(|(traced, source)| traced.into_iter().map(move |traced| (traced, source)))
            .filter(|(traced, _)| traced.strand.root_end != End::Occluded || traced.strand.tip_end != End::Occluded)
            .map(|(traced, source)| Proposal { line: placed(&traced, answer), traced, source, evidence: Evidence::default() })
            .collect();
    let evidence = evidence(&proposals, answer);
    proposals.iter_mut().zip(evidence).for_each(|(proposal, evidence)| proposal.evidence = evidence);
    proposals
}

/// The strands that together explain what is seen, each hair once, the likeliest first; the chance of each as its confidence.
///
/// What others explain of a strand speaks against it, not at once for another hair: two that touch and part share their way to where they do.
pub(super) fn chosen(proposals: Vec<Proposal>, answer: &Answer) -> Vec<Traced> {
    let weighed = proposals.into_iter().map(|proposal| {
        let odds = odds(&proposal.evidence, &WEIGHTS, ODDS_OF_NONE);
        Open { alone: odds, odds, proposal }
    });
    let (mut open, unlikely): (Vec<Open>, Vec<Open>) = weighed.partition(Open::likely);
    let mut explained = Mask::from_elem(answer.hair.dim(), false);
    let mut kept = vec![];
    while let Some(next) = (0..open.len()).max_by(|i, j| open[*i].order(&open[*j])) {
        let points = &open[next].proposal.line.points;
        let shared = points.iter().filter(|p| holds(&explained, **p)).count() as f64 / points.len() as f64;
        let odds = open[next].alone - SHARED * shared;
        if odds < open[next].odds {
            // More of it has been explained since it was last looked at, so that another may be likelier now.
            open[next].odds = odds;
            if !open[next].likely() {
                open.swap_remove(next);
            }
        } else {
            points.iter().for_each(|p| explain(&mut explained, *p, EXPLAINED));
            let mut traced = open.swap_remove(next).proposal.traced;
            traced.strand.confidence = chance(odds);
            kept.push(traced);
        }
    }
    if covered(answer) > THICKET {
        kept.extend(of_hidden_tips(unlikely.into_iter().map(|open| open.proposal), &mut explained));
    } else {
        let shafts = witnessed(unlikely.into_iter().map(|open| open.proposal), &mut explained);
        kept.extend(of_unknown_ends(shafts, kept.len()));
    }
    kept
}

/// The strands of a thicket whose root is seen beyond doubt, as far as no strand explains them; the clearest root first, each hair once. Where their
/// tips are is not known: other hair lies over them.
fn of_hidden_tips(unlikely: impl Iterator<Item = Proposal>, explained: &mut Mask) -> Vec<Traced> {
    let seen = |p: &Proposal| p.evidence[0] >= SURE_HAIR && p.evidence[1] >= SURE_ROOT && p.traced.strand.root_end == End::Root;
    let mut strands: Vec<Proposal> = unlikely.filter(|p| p.source == Source::Rooted && seen(p)).collect();
    strands.sort_by(|a, b| b.evidence[1].total_cmp(&a.evidence[1]));
    strands.retain(|strand| unexplained(strand, explained));
    let told = |strand: Proposal| {
        let mut traced = strand.traced;
        traced.strand.confidence = RIGHT_IF_ROOTED;
        if traced.strand.tip_end == End::Tip {
            traced.strand.tip_end = End::Occluded;
        }
        traced
    };
    strands.into_iter().map(told).collect()
}

/// From this heat on a root is seen beyond doubt.
const SURE_ROOT: f64 = 0.6;

/// The chance that such a strand is rightly traced.
///
/// # Source
/// Ours: of 16 of drawn long hair (seeds 41 to 43) about half were.
const RIGHT_IF_ROOTED: f64 = 0.5;

/// Whether strands explain little of one more, which then explains what it covers.
fn unexplained(proposal: &Proposal, explained: &mut Mask) -> bool {
    let points = &proposal.line.points;
    let shared = points.iter().filter(|p| holds(explained, **p)).count();
    let alone = (shared as f64) < MOST_SHARED * points.len() as f64;
    if alone {
        points.iter().for_each(|p| explain(explained, *p, EXPLAINED));
    }
    alone
}

/// The shafts that the ridges trace and the network holds to be hair all along, but whose ends it does not know, as far as no strand
/// explains them; the surest first, each hair once.
fn witnessed(unlikely: impl Iterator<Item = Proposal>, explained: &mut Mask) -> Vec<Traced> {
    let mut shafts: Vec<Proposal> =
        unlikely.filter(|p| p.source == Source::Ridge && p.traced.ridge >= SURE_SHAFT && p.evidence[0] >= SURE_HAIR).collect();
    shafts.sort_by(|a, b| b.traced.ridge.total_cmp(&a.traced.ridge));
    shafts.retain(|shaft| unexplained(shaft, explained));
    shafts.into_iter().map(|shaft| shaft.traced).collect()
}

/// Shafts whose ends the network does not know, beside so many strands chosen, with the chance of each as its confidence: that it is a hair, by how many
/// such shafts the photo shows, and that its root is where the ridges see it.
///
/// A few are nothing on any photo. Where there are many, it is the ends of this photo's hair that are unlike any the network was shown: cut off at the
/// skin, or on skin that is drawn, stained or lit another way.
fn of_unknown_ends(shafts: Vec<Traced>, chosen: usize) -> impl Iterator<Item = Traced> {
    let (there, all) = (shafts.len() as f64, (chosen + shafts.len()) as f64);
    // What chance alone may add to a few, two standard deviations, is not taken for more than usual.
    let hair = 1.0 - USUALLY_NOTHING * all / (there - 2.0 * there.sqrt()).max(USUALLY_THERE * all);
    shafts.into_iter().filter_map(move |mut traced| {
        let rightly_turned = traced.strand.confidence / traced.ridge;
        let hidden = [traced.strand.root_end, traced.strand.tip_end].contains(&End::Occluded);
        traced.strand.confidence = hair * rightly_turned * if hidden { WHOLE_IF_HIDDEN } else { 1.0 };
        (traced.strand.confidence >= LEAST_CHANCE).then_some(traced)
    })
}

/// From these chances on the ridges trace a shaft, and the network sees hair along all of a line, beyond reasonable doubt.
const SURE_SHAFT: f64 = 0.6;
const SURE_HAIR: f64 = 0.8;

/// The most of such a shaft that strands may explain.
const MOST_SHARED: f64 = 0.3;

/// The chance that a shaft of which other hair hides one end was traced to where it ends.
///
/// # Source
/// Ours: of such shafts of plain hair drawn in units, by other means than our own, 44 of 60 had been.
const WHOLE_IF_HIDDEN: f64 = 0.75;

/// For every strand of a photo so many such shafts are there, and so many of them nothing.
///
/// # Source
/// Ours: on the 133 hand-marked fields 6.3 in a hundred are there, of which half are nothing; taken so that on such a photo none is told.
const USUALLY_THERE: f64 = 0.05;
const USUALLY_NOTHING: f64 = 0.04;

/// A strand not yet chosen.
struct Open {
    /// Its log odds by its own evidence.
    alone: f64,
    /// The same less what others, when it was last looked at, explained of it.
    odds: f64,
    proposal: Proposal,
}

impl Open {
    fn likely(&self) -> bool {
        chance(self.odds) >= LEAST_CHANCE
    }

    /// The likelier is the greater; of equals the one whose root lies higher up, or farther left.
    fn order(&self, other: &Self) -> Ordering {
        let place = |open: &Self| open.proposal.line.points[0];
        let (here, there) = (place(self), place(other));
        self.odds.total_cmp(&other.odds).then(there.y.total_cmp(&here.y)).then(there.x.total_cmp(&here.x))
    }
}

/// The same strand from its other end.
fn reversed(traced: &Traced) -> Traced {
    let mut turned = traced.clone();
    let strand = &mut turned.strand;
    strand.centerline = strand.centerline.reversed();
    let seen_as = |end: End, kind: End| if matches!(end, End::Root | End::Tip) { kind } else { end };
    (strand.root_end, strand.tip_end) = (seen_as(strand.tip_end, End::Root), seen_as(strand.root_end, End::Tip));
    turned
}

/// For each strand: the chance of hair along it; a root seen at its root and a tip at its tip, twice, for the first half of either says more than
/// the rest; a root at its tip or a tip at its root; how long it is; the share of it that leads to these ends; whether the ridges hold it to grow
/// this way; whether it was grown from its root and is short; and how its neighbors grow.
fn evidence(proposals: &[Proposal], answer: &Answer) -> Vec<Evidence> {
    let own = |proposal: &Proposal| {
        let line = &proposal.line;
        let (root, tip) = (line.points[0], line.points[line.points.len() - 1]);
        let (root_seen, tip_seen) = (most_near(&answer.root, root), most_near(&answer.tip, tip));
        let confused = most_near(&answer.root, tip).max(most_near(&answer.tip, root));
        [
            mean_along(&answer.hair, line),
            root_seen,
            root_seen.min(0.5),
            tip_seen,
            tip_seen.min(0.5),
            confused,
            line.length().max(1.0).ln(),
            agreement(line, answer),
            if proposal.source == Source::Ridge { 1.0 } else { 0.0 },
            if proposal.source == Source::Rooted { short(line.length()) } else { 0.0 },
        ]
    };
    let own: Vec<[f64; 10]> = proposals.iter().map(own).collect();
    let weights: Vec<f64> = own.iter().map(|own| own[0] * own[7]).collect();
    let alike = grows_alike(proposals, &weights);
    let with = |(own, alike): ([f64; 10], f64)| std::array::from_fn(|i| own.get(i).copied().unwrap_or(alike));
    own.into_iter().zip(alike).map(with).collect()
}

/// How far a line is too short to cross other hair: 1 up to 600 µm, 0 from 1.2 mm on.
fn short(length: f64) -> f64 {
    (2.0 - length / CROSSES_NONE).clamp(0.0, 1.0)
}

/// How each strand grows against its neighbors, each of which has so much weight: 1 along them, 0 where they grow every way or are none, −1
/// against them.
fn grows_alike(proposals: &[Proposal], weights: &[f64]) -> Vec<f64> {
    let poses: Vec<(Point, Vector)> = proposals
        .iter()
        .map(|p| {
            let (root, tip) = (p.line.points[0], p.line.points[p.line.points.len() - 1]);
            (root + (tip - root) * 0.5, (tip - root).unit().unwrap_or_default())
        })
        .collect();
    (0..poses.len())
        .map(|i| {
            let (at, heading) = poses[i];
            // With few neighbors there is little to go by.
            let (mut alike, mut total) = (0.0, 0.5);
            for j in (0..poses.len()).filter(|j| *j != i) {
                let squared = at.distance(poses[j].0).powi(2) / (2.0 * GROWS_ALIKE.powi(2));
                if squared < 8.0 {
                    let near = weights[j] * (-squared).exp();
                    alike += near * heading.dot(poses[j].1);
                    total += near;
                }
            }
            alike / total
        })
        .collect()
}

/// The share of a line whose ways lead to its ends, or as far along it as ways reach.
fn agreement(line: &Polyline, answer: &Answer) -> f64 {
    let measured = Measured::new(line);
    let (n, length) = (line.points.len(), measured.length());
    let agrees = |i: &usize| {
        let (at, along) = (line.points[*i], length * *i as f64 / (n - 1).max(1) as f64);
        let (root, tip) = (measured.at((along - REACH).max(0.0)) - at, measured.at((along + REACH).min(length)) - at);
        (answer.to_root(at) - root).length().hypot((answer.to_tip(at) - tip).length()) < AGREEING
    };
    (0..n).filter(agrees).count() as f64 / n as f64
}

/// Marks what lies within `radius` of a place.
fn explain(explained: &mut Mask, at: Point, radius: f64) {
    let reach = radius.ceil() as i64;
    let (row, column) = (at.y.round() as i64, at.x.round() as i64);
    for (r, c) in (row - reach..=row + reach).flat_map(|r| (column - reach..=column + reach).map(move |c| (r, c))) {
        let near = Point::new(c as f64, r as f64).distance(at) <= radius;
        if let (true, Ok(r), Ok(c)) = (near, usize::try_from(r), usize::try_from(c)) {
            explained.get_mut([r, c]).into_iter().for_each(|place| *place = true);
        }
    }
}

/// The greatest value within 3 pixels either way.
pub(super) fn most_near(plane: &Plane, at: Point) -> f64 {
    let offsets = (-3..=3).flat_map(|y| (-3..=3).map(move |x| Vector::new(f64::from(x), f64::from(y))));
    offsets.map(|offset| f64::from(sample(plane, at + offset))).fold(0.0, f64::max)
}

/// The mean along a line.
pub(super) fn mean_along(plane: &Plane, line: &Polyline) -> f64 {
    line.points.iter().map(|p| f64::from(sample(plane, *p))).sum::<f64>() / line.points.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strand::{Strand, Tone};
    use crate::units::Pixels;

    /// What the network says of one hair from (10, 20) to (50, 20).
    fn answer() -> Answer {
        let blank = || Plane::zeros((40, 60));
        let heat = |x: f64| {
            Plane::from_shape_fn(
                (40, 60),
                |(r, c)| if Point::new(c as f64, r as f64).distance(Point::new(x, 20.0)) < 3.0 { 0.9 } else { 0.0 },
            )
        };
        let hair = Plane::from_shape_fn((40, 60), |(r, c)| if (18..=22).contains(&r) && (10..=50).contains(&c) { 1.0 } else { 0.0 });
        let way = |x: f64| [Plane::from_shape_fn((40, 60), |(_, c)| ((x - c as f64) / REACH).clamp(-1.0, 1.0) as f32), blank()];
        Answer {
            factor: 2.0,
            light: blank(),
            center: hair.clone(),
            hair,
            root: heat(10.0),
            tip: heat(50.0),
            to_root: way(10.0),
            to_tip: way(50.0),
        }
    }

    fn traced(answer: &Answer, from: (f64, f64), to: (f64, f64)) -> Traced {
        let line = Polyline::new(vec![answer.to_photo(Point::new(from.0, from.1)), answer.to_photo(Point::new(to.0, to.1))]);
        let strand =
            Strand { id: 0, root_end: End::Root, tip_end: End::Tip, centerline: line, width: None, tone: Tone::Dark, confidence: 0.7 };
        Traced { strand, rough_width: Pixels(8.0), ridge: 0.0 }
    }

    #[test]
    fn nothing_proposed_gives_nothing() {
        assert!(chosen(vec![], &answer()).is_empty());
    }

    /// So many shafts beside so many strands, surely turned the right way.
    fn told(shafts: usize, chosen: usize) -> Vec<f64> {
        let answer = answer();
        let shaft = Traced { ridge: 0.7, ..traced(&answer, (10.0, 20.0), (50.0, 20.0)) };
        of_unknown_ends(vec![shaft; shafts], chosen).map(|traced| traced.strand.confidence).collect()
    }

    #[test]
    fn shafts_of_unknown_ends_are_hair_where_there_are_many() {
        assert!(told(0, 0).is_empty());
        assert!(told(2, 50).is_empty(), "as everywhere");
        assert!(told(4, 20).is_empty(), "not beyond chance");
        let many = told(30, 20);
        assert_eq!(many.len(), 30);
        assert!(many.iter().all(|confidence| (0.85..0.95).contains(confidence)), "{many:?}");
    }

    #[test]
    fn what_strands_explain_is_no_shaft_of_its_own() {
        let answer = answer();
        let ridge = |y: f64, root_end: End, ridge: f64| {
            let mut traced = Traced { ridge, ..traced(&answer, (10.0, y), (50.0, y)) };
            traced.strand.root_end = root_end;
            traced
        };
        let left = |traced: Traced, explained: &mut Mask| {
            let mut proposals = proposals(vec![], vec![], vec![traced], &answer);
            proposals.iter_mut().for_each(|proposal| proposal.evidence[0] = 1.0);
            witnessed(proposals.into_iter(), explained).len()
        };
        let mut explained = Mask::from_elem(answer.hair.dim(), false);
        assert_eq!(left(ridge(20.0, End::Root, 0.5), &mut explained), 0, "texture, maybe");
        assert_eq!(left(ridge(20.0, End::Root, 0.9), &mut explained), 1);
        assert_eq!(left(ridge(21.0, End::Root, 0.9), &mut explained), 0, "the same once more");
        assert_eq!(left(ridge(30.0, End::Root, 0.9), &mut explained), 1);
    }

    #[test]
    fn in_a_thicket_a_root_seen_beyond_doubt_is_a_hair_whose_tip_is_hidden() {
        let answer = answer();
        let told = |y: f64, root: f64, explained: &mut Mask| {
            let mut proposals = proposals(vec![], vec![traced(&answer, (10.0, y), (50.0, y))], vec![], &answer);
            proposals.iter_mut().for_each(|proposal| (proposal.evidence[0], proposal.evidence[1]) = (1.0, root));
            of_hidden_tips(proposals.into_iter(), explained)
        };
        let mut explained = Mask::from_elem(answer.hair.dim(), false);
        assert!(told(20.0, 0.4, &mut explained).is_empty(), "no root");
        let found = told(20.0, 0.9, &mut explained);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].strand.root_end, found[0].strand.tip_end), (End::Root, End::Occluded));
        assert!(told(21.0, 0.9, &mut explained).is_empty(), "the same once more");
        assert_eq!(told(30.0, 0.9, &mut explained).len(), 1);
    }

    #[test]
    fn a_ridge_is_turned_to_where_the_root_is_seen() {
        let answer = answer();
        let found = chosen(proposals(vec![], vec![], vec![traced(&answer, (50.0, 20.0), (10.0, 20.0))], &answer), &answer);
        assert_eq!(found.len(), 1);
        assert!(found[0].strand.root().x < found[0].strand.tip().x);
        assert_eq!((found[0].strand.root_end, found[0].strand.tip_end), (End::Root, End::Tip));
    }

    #[test]
    fn one_hair_is_kept_once_and_what_is_no_hair_not_at_all() {
        let answer = answer();
        let same = || vec![traced(&answer, (10.0, 20.0), (50.0, 20.0)), traced(&answer, (11.0, 21.0), (49.0, 21.0))];
        let mut learned = same();
        learned.push(traced(&answer, (10.0, 35.0), (50.0, 35.0)));
        let found = chosen(proposals(learned, vec![], same(), &answer), &answer);
        assert_eq!(found.len(), 1);
        assert!(found[0].strand.confidence > 0.9, "{}", found[0].strand.confidence);
    }
}
