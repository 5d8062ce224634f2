//! What speaks for each of the strands proposed: that it is hair, rightly traced, root and tip told apart.

use super::End;
use super::select::odds;
use super::trace::Traced;
use crate::geometry::{Measured, Point, Polyline, Vector};
use crate::raster::{Plane, sample};
use crate::segment::learned::{Answer, REACH};

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
    pub(super) line: Polyline,
}

impl Proposal {
    /// The log odds that it is right, by its own evidence.
    pub(super) fn odds(&self) -> f64 {
        odds(&self.evidence, &WEIGHTS, ODDS_OF_NONE)
    }
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
const WEIGHTS: Evidence = [2.32, 3.48, 3.44, -0.78, 7.09, -1.22, 0.08, 2.58, 1.13, -1.0, 1.96];
const ODDS_OF_NONE: f64 = -10.01;

/// How far off a place may see the root and the tip of its strand, both together, in pixels of the answer: 70 µm.
const AGREEING: f64 = 7.0;

/// Up to this length, in pixels of the answer, hair hardly crosses other hair: 600 µm.
pub(super) const CROSSES_NONE: f64 = 60.0;

/// How far hair says which way its neighbors grow, in pixels of the answer: the standard deviation of its say is 400 µm.
const GROWS_ALIKE: f64 = 40.0;

/// The line of a strand in pixels of the answer.
pub(super) fn placed(traced: &Traced, answer: &Answer) -> Polyline {
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

/// The greatest value within 3 pixels either way.
pub(super) fn most_near(plane: &Plane, at: Point) -> f64 {
    let offsets = (-3..=3).flat_map(|y| (-3..=3).map(move |x| Vector::new(f64::from(x), f64::from(y))));
    offsets.map(|offset| f64::from(sample(plane, at + offset))).fold(0.0, f64::max)
}

/// The mean along a line.
pub(super) fn mean_along(plane: &Plane, line: &Polyline) -> f64 {
    line.points.iter().map(|p| f64::from(sample(plane, *p))).sum::<f64>() / line.points.len() as f64
}
