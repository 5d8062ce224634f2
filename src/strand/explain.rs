//! Which of the strands proposed together explain the hair that is seen, each hair once.

use super::End;
use super::select::{chance, odds};
use super::shaft::quantile;
use super::trace::Traced;
use super::weigh::{Proposal, Source, placed};
use crate::geometry::{Point, Polyline};
use crate::raster::{Mask, Plane, holds, sample};
use crate::segment::learned::Answer;
use ndarray::Array2;
use std::cmp::Ordering;

/// The least chance at which a strand is reported: of those at 0.3 to 0.4 two in five are right, and without them counts are lower than people's.
pub(super) const LEAST_CHANCE: f64 = 0.3;

/// How near another strand's line, in pixels of the answer, a place is explained by that strand: 25 µm, less than lies between two hairs that
/// touch.
pub(super) const EXPLAINED: f64 = 2.5;

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

/// What a strand adds to those chosen before it: its own log odds; the share of its line that lies along theirs; the hair about its line that
/// none of them covers, in shares of what a usual hair of its length covers; and how far its ends lie from those of the nearest of them, 1 for
/// 110 µm and more.
pub type Addition = [f64; 4];

/// Log odds per unit of each, and those of none.
///
/// # Source
/// Ours: a logistic fit by `models/stubble/weigh.sh`, on drawn clipped hair as drawn and stored badly, of what the choice considered there: right
/// is a strand that is a hair which none chosen before it is, and no hair that lies loose. That loose hair is wrong, and that thickets are not
/// fitted to, was decided in sight of the hand-marked fields: of the first such fit F1 was 0.854, but 0.850 without the one and 0.842 without either.
const WEIGHTS: Addition = [0.63, -1.37, 2.38, 3.26];
const ODDS_OF_NONE: f64 = -4.85;

/// So far off on average, in pixels of the answer, the ends of another strand say nothing of whether it is the same hair: 110 µm.
const APART: f64 = 11.0;

/// A proposal as the choice came to it: for whoever fits its weights.
#[derive(Debug, Clone, Copy)]
pub struct Considered<'a> {
    /// The strand.
    pub proposal: &'a Proposal,
    /// What it added, as `explain::WEIGHTS` weighs it.
    pub addition: Addition,
    /// Whether it was chosen.
    pub chosen: bool,
}

/// The strands that together explain what is seen, each hair once, the likeliest first; the chance of each as its confidence. Considered is what is
/// by its own evidence at least so `worthy`, and told in turn.
///
/// What others explain of a strand speaks against it, not at once for another hair: two that touch share their way, but are broader than one,
/// and end twice.
pub fn chosen(proposals: Vec<Proposal>, answer: &Answer, worthy: f64, told: &mut dyn FnMut(Considered)) -> Vec<Traced> {
    let (likely, unlikely): (Vec<Proposal>, Vec<Proposal>) = proposals.into_iter().partition(|p| chance(p.odds()) >= worthy);
    let breadths: Vec<Option<f64>> = likely.iter().map(|p| breadth(&p.line, &answer.hair)).collect();
    let usual = usual_breadth(&likely, &breadths);
    let mut explained = Explained::nothing(answer.hair.dim());
    let mut seen = Array2::zeros(answer.hair.dim());
    let open = likely.into_iter().zip(breadths).enumerate().map(|(i, (proposal, breadth))| {
        let radius = 0.5 * breadth.map_or(usual, |breadth| breadth.min(usual));
        let hair = hair_about(&proposal.line, radius + 0.5, &answer.hair, &mut seen, i + 1);
        let usual = usual * proposal.line.points.len() as f64;
        let mut open = Open { proposal, radius, hair, usual, addition: Addition::default(), odds: 0.0 };
        open.weigh(&explained);
        open
    });
    let mut open: Vec<Open> = open.collect();
    let mut kept = vec![];
    while let Some(next) = (0..open.len()).max_by(|i, j| open[*i].order(&open[*j])) {
        let before = open[next].odds;
        open[next].weigh(&explained);
        if open[next].odds < before {
            // More of it has been explained since it was last looked at, so that another may be likelier now.
            continue;
        }
        let chance = chance(open[next].odds);
        if chance < LEAST_CHANCE {
            break;
        }
        let next = open.swap_remove(next);
        told(Considered { proposal: &next.proposal, addition: next.addition, chosen: true });
        explained.add(&next.proposal.line, next.radius);
        let mut traced = next.proposal.traced;
        traced.strand.confidence = chance;
        kept.push(traced);
    }
    for mut left in open {
        left.weigh(&explained);
        told(Considered { proposal: &left.proposal, addition: left.addition, chosen: false });
    }
    if covered(answer) > THICKET {
        kept.extend(of_hidden_tips(unlikely.into_iter(), &mut explained.lines));
    } else {
        let shafts = witnessed(unlikely.into_iter(), &mut explained.lines);
        kept.extend(of_unknown_ends(shafts, kept.len()));
    }
    kept
}

/// The skin that strands chosen account for.
struct Explained {
    /// Where their lines run.
    lines: Mask,
    /// Where they lie, none thicker than hair usually is.
    bodies: Mask,
    /// Their roots and tips.
    ends: Vec<(Point, Point)>,
}

impl Explained {
    fn nothing(sides: (usize, usize)) -> Self {
        let nowhere = || Mask::from_elem(sides, false);
        Self { lines: nowhere(), bodies: nowhere(), ends: vec![] }
    }

    /// Adds what a strand of this line and radius accounts for.
    fn add(&mut self, line: &Polyline, radius: f64) {
        for at in &line.points {
            explain(&mut self.lines, *at, EXPLAINED);
            explain(&mut self.bodies, *at, radius.max(THINNEST));
        }
        self.ends.push(ends(line));
    }
}

/// A strand chosen covers at least so far either side of its line, in pixels of the answer.
const THINNEST: f64 = 1.5;

/// Root and tip of a line.
fn ends(line: &Polyline) -> (Point, Point) {
    (line.points[0], line.points[line.points.len() - 1])
}

/// How broad the photo's hair usually is, in pixels of the answer, by the strands that are hair beyond reasonable doubt.
fn usual_breadth(proposals: &[Proposal], breadths: &[Option<f64>]) -> f64 {
    const SURELY: f64 = 0.8;
    const FEW: usize = 3;
    const USUALLY: f64 = 6.0;
    let surely = proposals.iter().zip(breadths).filter(|(proposal, _)| chance(proposal.odds()) > SURELY);
    let breadths: Vec<f64> = surely.filter_map(|(_, breadth)| *breadth).collect();
    quantile(&breadths, 0.5).filter(|_| breadths.len() > FEW).unwrap_or(USUALLY)
}

/// How broad what looks like hair is about a line where it is narrowest: the lower quartile along its middle, in pixels of the answer. Of two hairs
/// that touch and part it is what each is by itself.
fn breadth(line: &Polyline, hair: &Plane) -> Option<f64> {
    const ARM: usize = 3;
    const STEP: f64 = 0.5;
    const ASIDE: f64 = 2.0;
    const FARTHEST: f64 = 12.0;
    const MARGIN: f64 = 0.15;
    let points = &line.points;
    let n = points.len();
    let across = |i: usize| {
        let normal = (points[(i + ARM).min(n - 1)] - points[i.saturating_sub(ARM)]).unit()?.normal();
        let is_hair = |offset: f64| sample(hair, points[i] + normal * offset) > 0.5;
        let aside = (0..=(ASIDE / STEP) as i32).flat_map(|k| [f64::from(k) * STEP, f64::from(-k) * STEP]);
        let start = aside.into_iter().find(|offset| is_hair(*offset))?;
        let run = |step: f64| {
            let edge = (1..).map(|k| start + f64::from(k) * step).find(|at| at.abs() > FARTHEST || !is_hair(*at));
            edge.map_or(0.0, |edge| (edge - start).abs())
        };
        Some(run(STEP) + run(-STEP) - STEP)
    };
    let end = (MARGIN * n as f64) as usize;
    let breadths: Vec<f64> = (end..(n - end).max(end + 1)).filter_map(across).collect();
    quantile(&breadths, 0.25)
}

/// Where hair lies within `radius` of a line. `seen` keeps for each place the last line that came there.
fn hair_about(line: &Polyline, radius: f64, hair: &Plane, seen: &mut Array2<usize>, this: usize) -> Vec<(usize, usize)> {
    let mut about = vec![];
    for at in &line.points {
        for place in disc(*at, radius, hair.dim()) {
            if std::mem::replace(&mut seen[place], this) != this && hair[place] > 0.5 {
                about.push(place);
            }
        }
    }
    about
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
    proposal: Proposal,
    /// How far its body reaches either side of its line.
    radius: f64,
    /// The hair of its body.
    hair: Vec<(usize, usize)>,
    /// How much hair a usual one of its length has.
    usual: f64,
    /// What it added, when it was last looked at, to those chosen before, and its log odds by that.
    addition: Addition,
    odds: f64,
}

impl Open {
    /// Looks at what the strand adds to those chosen.
    fn weigh(&mut self, explained: &Explained) {
        let line = &self.proposal.line;
        let shared = line.points.iter().filter(|p| holds(&explained.lines, **p)).count() as f64 / line.points.len() as f64;
        let new = self.hair.iter().filter(|place| !explained.bodies[**place]).count() as f64 / self.usual;
        let (root, tip) = ends(line);
        let apart = |other: &(Point, Point)| 0.5 * (root.distance(other.0) + tip.distance(other.1)) / APART;
        let apart = explained.ends.iter().map(apart).fold(1.0, f64::min);
        self.addition = [self.proposal.odds(), shared, new, apart];
        self.odds = odds(&self.addition, &WEIGHTS, ODDS_OF_NONE);
    }

    /// The likelier is the greater; of equals the one whose root lies higher up, or farther left.
    fn order(&self, other: &Self) -> Ordering {
        let place = |open: &Self| open.proposal.line.points[0];
        let (here, there) = (place(self), place(other));
        self.odds.total_cmp(&other.odds).then(there.y.total_cmp(&here.y)).then(there.x.total_cmp(&here.x))
    }
}

/// Marks what lies within `radius` of a place.
pub(super) fn explain(explained: &mut Mask, at: Point, radius: f64) {
    disc(at, radius, explained.dim()).for_each(|place| explained[place] = true);
}

/// The places of a grid of so many rows and columns within `radius` of one.
fn disc(at: Point, radius: f64, (rows, columns): (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let reach = radius.ceil() as i64;
    let (row, column) = (at.y.round() as i64, at.x.round() as i64);
    let within = |from: i64, end: usize| from.saturating_sub(reach).max(0) as usize..(from + reach + 1).clamp(0, end as i64) as usize;
    let columns = within(column, columns);
    within(row, rows)
        .flat_map(move |r| columns.clone().map(move |c| (r, c)))
        .filter(move |(r, c)| (*c as f64 - at.x).powi(2) + (*r as f64 - at.y).powi(2) <= radius * radius)
}

#[cfg(test)]
mod tests {
    use super::super::weigh::proposals;
    use super::*;
    use crate::segment::learned::REACH;
    use crate::strand::{Strand, Tone};
    use crate::units::Pixels;
    use std::ops::RangeInclusive;

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
        let strand = Strand {
            id: 0,
            root_end: End::Root,
            tip_end: End::Tip,
            centerline: line,
            width: None,
            estimate: None,
            tone: Tone::Dark,
            confidence: 0.7,
        };
        Traced { strand, rough_width: Pixels(8.0), ridge: 0.0 }
    }

    #[test]
    fn nothing_proposed_gives_nothing() {
        assert!(chosen(vec![], &answer(), LEAST_CHANCE, &mut |_| ()).is_empty());
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
        let found = chosen(
            proposals(vec![], vec![], vec![traced(&answer, (50.0, 20.0), (10.0, 20.0))], &answer),
            &answer,
            LEAST_CHANCE,
            &mut |_| (),
        );
        assert_eq!(found.len(), 1);
        assert!(found[0].strand.root().x < found[0].strand.tip().x);
        assert_eq!((found[0].strand.root_end, found[0].strand.tip_end), (End::Root, End::Tip));
    }

    /// What each of two strands adds, the one chosen first before the other, where hair lies in these rows.
    fn additions(rows: RangeInclusive<usize>, strands: [f64; 2]) -> Vec<Addition> {
        let mut answer = answer();
        let grows = |(r, c): (usize, usize)| if rows.contains(&r) && (10..=50).contains(&c) { 1.0 } else { 0.0 };
        answer.hair = Plane::from_shape_fn((40, 60), grows);
        let strands = strands.map(|y| traced(&answer, (10.0, y), (50.0, y)));
        let mut told = vec![];
        chosen(proposals(strands.to_vec(), vec![], vec![], &answer), &answer, 0.0, &mut |considered| told.push(considered.addition));
        told
    }

    #[test]
    fn a_second_hair_adds_what_is_broader_than_one() {
        let thin = additions(18..=22, [19.0, 21.0]);
        let [_, shared, new, apart] = thin[1];
        assert!((thin[0][1], thin[0][3]) == (0.0, 1.0) && thin[0][2] > 0.6, "the first has none beside it: {thin:?}");
        assert!(shared == 1.0 && new < 0.2 && (apart - 2.0 / APART).abs() < 0.02, "one hair traced twice: {thin:?}");
        let broad = additions(14..=25, [17.0, 22.5]);
        let [_, shared, new, apart] = broad[1];
        assert!(shared == 0.0 && new > 0.8 && (apart - 5.5 / APART).abs() < 0.02, "two side by side: {broad:?}");
        let none = additions(14..=25, [17.0, 35.0]);
        assert!(none[1][2] == 0.0, "no hair there: {none:?}");
    }

    #[test]
    fn hair_is_as_broad_as_where_it_is_narrowest() {
        let line = Polyline::new((0..=40).map(|x| Point::new(f64::from(x) + 10.0, 20.0)).collect());
        let plane = |wide_from: usize| {
            let reach = |c: usize| if c < wide_from { 2 } else { 5 };
            Plane::from_shape_fn((40, 60), |(r, c)| if (20 - reach(c)..=20 + reach(c)).contains(&r) { 1.0 } else { 0.0 })
        };
        // Half of the way to the next pixel is hair too.
        assert!((breadth(&line, &plane(60)).unwrap() - 5.0).abs() < 0.6);
        assert_eq!(breadth(&line, &plane(60)), breadth(&line, &plane(30)), "joined by another over half of its way");
        assert!(breadth(&line, &plane(0)).unwrap() > 10.0);
        assert_eq!(breadth(&line, &Plane::zeros((40, 60))), None);
    }

    #[test]
    fn one_hair_is_kept_once_and_what_is_no_hair_not_at_all() {
        let answer = answer();
        let same = || vec![traced(&answer, (10.0, 20.0), (50.0, 20.0)), traced(&answer, (11.0, 21.0), (49.0, 21.0))];
        let mut learned = same();
        learned.push(traced(&answer, (10.0, 35.0), (50.0, 35.0)));
        let found = chosen(proposals(learned, vec![], same(), &answer), &answer, LEAST_CHANCE, &mut |_| ());
        assert_eq!(found.len(), 1);
        assert!(found[0].strand.confidence > 0.9, "{}", found[0].strand.confidence);
    }
}
