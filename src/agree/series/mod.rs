//! Agreement of comparisons with what is true of a drawn series: whether the same skin was found again rightly, whether hairs called lost, new, thicker
//! or thinner are so, how many of those that are so are called so, and whether the intervals of the changes hold the truth.
//!
//! A strand is the true hair that it is right on, by the rule of [`PhotoAgreement`](super::PhotoAgreement). A strand that is on none says nothing of its
//! fate, which then counts neither as right nor as wrong. Of photos not shown to be of the same skin nothing is judged but that.

use super::{ABNORMAL, BAND, Difference, Found, median, right};
use crate::compare::{Fate, Mapping};
use crate::field::CountedRegion;
use crate::geometry::Point;
use crate::measure::intervals::quantile;
use crate::phantom::{HairLife, SeriesTruth, TrueHair, Truth};
use crate::units::{Micrometers, Pixels};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// True changes of thickness of this size and more are asked for.
const CHANGED: f64 = 4.0;

/// A comparison as far as it is judged.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compared {
    /// What it is called.
    pub name: String,
    /// Where the baseline lies in the follow-up; `None` where the two are not shown to be of the same skin.
    pub mapping: Option<Mapping>,
    /// What became of each hair.
    pub hairs: Vec<ComparedHair>,
    /// The change of the hair count, where it is given.
    pub count: Option<StatedChange>,
}

/// What is said to have become of one hair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparedHair {
    /// What became of it.
    pub fate: Fate,
    /// Its strand's number in the baseline and in the follow-up; `None` where it was not traced.
    pub strands: [Option<usize>; 2],
    /// Its thickness in the follow-up less that in the baseline.
    pub thickness_change: Option<Micrometers>,
    /// One standard deviation of that.
    pub standard_error: Option<Micrometers>,
}

/// A change that is stated, in hairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatedChange {
    /// Follow-up less baseline.
    pub change: f64,
    /// The ends of its interval at 95 %.
    pub interval: Option<[f64; 2]>,
}

/// One of the two photos of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedPhoto {
    /// Which session of the series it is.
    pub session: usize,
    /// What is true of it.
    pub truth: Truth,
    /// Its strands by their numbers.
    pub strands: BTreeMap<usize, Found>,
    /// The skin that is counted in it.
    pub field: Vec<CountedRegion>,
    /// How far root and tip may lie off, in the mean, for a strand to be right.
    pub tolerance: Pixels,
}

/// One comparison against the truth.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct PairAgreement {
    /// The comparison.
    pub name: String,
    /// Whether the two photos were shown to be of the same skin; else nothing more is judged.
    pub registered: bool,
    /// The strands called lost: right where the hair is not there in the follow-up.
    pub lost: CallAgreement,
    /// The strands called new: right where the hair was not there in the baseline.
    pub new: CallAgreement,
    /// The pairs of strands called kept, thicker or thinner: right where both are of the same hair.
    pub same_hair: CallAgreement,
    /// The pairs of strands called thicker or thinner: right where both are of the same hair and it has changed to that side, by however little.
    pub thickness_called: CallAgreement,
    /// The hairs that are there in the baseline and not in the follow-up, and which of them are called lost.
    pub truly_lost: RecallAgreement,
    /// The hairs that are there in the follow-up and not in the baseline, and which of them are called new.
    pub truly_new: RecallAgreement,
    /// The change of the hair count; `None` where none is stated, or no hair is there to be counted.
    pub count: Option<CountChange>,
    /// How far true roots are mapped off.
    #[serde(skip)]
    pub offsets: Vec<Offset>,
    /// The hairs rightly paired.
    #[serde(skip)]
    pub thickness_changes: Vec<ThicknessChange>,
}

/// How many of some calls are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct CallAgreement {
    /// The calls that are right or wrong.
    pub called: usize,
    /// Those of them that are right.
    pub right: usize,
    /// Further calls on strands that are on no true hair: neither right nor wrong.
    pub without_hair: usize,
}

/// How many of the hairs that are lost, or new, are called so: those whose root lies at least 40 pixels inside both photos, but for those said to lie
/// outside of what both show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct RecallAgreement {
    /// All of them.
    pub hairs: usize,
    /// Those that a strand is on in the photo that has them.
    pub found: usize,
    /// Those whose strand is called so.
    pub called: usize,
}

/// How far a true root of the baseline is mapped from where it is in the follow-up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offset {
    /// In pixels of the follow-up.
    pub distance: Pixels,
    /// On the skin.
    pub on_skin: Micrometers,
}

/// A hair rightly paired: how its thickness has changed, and what is said of that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThicknessChange {
    /// Follow-up less baseline, in micrometers.
    pub true_change: f64,
    /// The change stated and one standard deviation of it.
    pub stated: Option<[f64; 2]>,
    /// Whether it is called thicker where it is, or thinner where it is.
    pub told: bool,
}

/// The change of the hair count of one pair, in hairs of the skin that is counted in both photos.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct CountChange {
    /// The change stated.
    pub change: f64,
    /// The lower end of its interval at 95 %.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The true change: hairs there in the follow-up less those there in the baseline.
    pub true_change: f64,
    /// The hairs there in the baseline: what shares are of.
    pub true_baseline: usize,
}

/// Agreement over all comparisons. What cannot be known is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ComparisonsAgreement {
    /// How many comparisons have truth.
    pub pairs: usize,
    /// Those of them whose photos were shown to be of the same skin: all that follows is of these.
    pub registered: usize,
    /// How rightly the same skin was found again.
    pub registration: RegistrationAgreement,
    /// The strands called lost: right where the hair is not there in the follow-up.
    pub lost: CallAgreement,
    /// The strands called new: right where the hair was not there in the baseline.
    pub new: CallAgreement,
    /// The pairs of strands called kept, thicker or thinner: right where both are of the same hair.
    pub same_hair: CallAgreement,
    /// The hairs that are there in the baseline and not in the follow-up, and which of them are called lost.
    pub truly_lost: RecallAgreement,
    /// The hairs that are there in the follow-up and not in the baseline, and which of them are called new.
    pub truly_new: RecallAgreement,
    /// The changes of hairs' thickness.
    pub thickness: ThicknessChangeAgreement,
    /// The changes of the hair count.
    pub count: CountChangeAgreement,
    /// Per comparison, in order.
    pub per_pair: Vec<PairAgreement>,
}

/// How far the true roots of the baseline are mapped from where they are in the follow-up: those of all hairs, there or not, inside both photos.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
pub struct RegistrationAgreement {
    /// How many roots.
    pub roots: usize,
    /// The median distance in pixels of the follow-up.
    pub median_px: Option<f64>,
    /// The same on the skin.
    pub median_um: Option<f64>,
    /// The distance that 95 % of them keep within, in pixels of the follow-up.
    pub within_px: Option<f64>,
    /// The same on the skin.
    pub within_um: Option<f64>,
}

/// Stated against true changes of thickness, of hairs rightly paired.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
pub struct ThicknessChangeAgreement {
    /// The hairs whose change is stated.
    pub stated: usize,
    /// The median of stated less true changes in micrometers.
    pub median_difference_um: Option<f64>,
    /// The median size of these differences: half of them are smaller.
    pub median_size_um: Option<f64>,
    /// The stated changes within 1.96 standard errors of the truth: 95 % should be.
    pub intervals_that_hold: usize,
    /// The hairs that have truly changed by 4 µm or more, whether or not a change is stated.
    pub truly_changed: usize,
    /// Those of them whose change is stated.
    pub truly_changed_and_stated: usize,
    /// Those of these called thicker where they are, or thinner where they are.
    pub told: usize,
    /// The pairs of strands called thicker or thinner: right where both are of the same hair and it has changed to that side, by however little.
    pub called: CallAgreement,
}

/// Stated against true changes of the hair count, as shares of the hairs there in the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
pub struct CountChangeAgreement {
    /// Stated less true change, per comparison.
    pub error: Difference,
    /// The mean size of these errors.
    pub error_size: Option<f64>,
    /// The mean size of the true changes.
    pub true_size: Option<f64>,
    /// The changes that have an interval.
    pub intervals: usize,
    /// Those of them that hold the true change: 95 % should.
    pub intervals_that_hold: usize,
    /// The median of half the intervals' widths.
    pub median_half_width: Option<f64>,
    /// How many hairs are stated for each of the true change: by least squares through 0, in hairs.
    pub slope: Option<f64>,
}

impl PairAgreement {
    /// One comparison, of a baseline and a follow-up, against what is true of their series; which of the two is the earlier one does not matter.
    ///
    /// A hair is there in a session in which it has a thickness. The true change of the hair count is that of the hairs whose root lies in the counted
    /// skin of both photos.
    pub fn new(compared: &Compared, photos: &[ComparedPhoto; 2], series: &SeriesTruth) -> Self {
        let name = compared.name.clone();
        let Some(mapping) = &compared.mapping else { return Self { name, ..Self::default() } };
        let known = Known::new(compared, photos, series);
        Self {
            name,
            registered: true,
            lost: known.gone(0),
            new: known.gone(1),
            same_hair: known.same_hair(),
            thickness_called: known.thickness_called(),
            truly_lost: known.truly_gone(0),
            truly_new: known.truly_gone(1),
            count: known.count(),
            offsets: known.offsets(mapping, series),
            thickness_changes: known.thickness_changes(),
        }
    }
}

/// A true hair in the two photos.
struct Life {
    thickness: [Option<Micrometers>; 2],
    roots: [Point; 2],
}

/// The fate that a hair of one photo has that is not there in the other.
const GONE: [Fate; 2] = [Fate::Lost, Fate::New];

/// A comparison with the true hairs of its two photos: side 0 is the baseline, 1 the follow-up.
struct Known<'a> {
    compared: &'a Compared,
    photos: &'a [ComparedPhoto; 2],
    lives: BTreeMap<usize, Life>,
    /// Per photo, the true hair of each strand that is on one.
    hair_of: [BTreeMap<usize, usize>; 2],
}

impl<'a> Known<'a> {
    fn new(compared: &'a Compared, photos: &'a [ComparedPhoto; 2], series: &SeriesTruth) -> Self {
        let [then, now] = [photos[0].session, photos[1].session];
        let life = |hair: &HairLife| {
            let thickness = [*hair.thickness_um.get(then)?, *hair.thickness_um.get(now)?];
            Some((hair.id, Life { thickness, roots: [*hair.roots.get(then)?, *hair.roots.get(now)?] }))
        };
        let lives: BTreeMap<usize, Life> = series.hairs.iter().filter_map(life).collect();
        let hair_of = [0, 1].map(|side| photos[side].hairs().into_iter().filter(|(_, hair)| lives.contains_key(hair)).collect());
        Self { compared, photos, lives, hair_of }
    }

    /// The true hairs of a compared hair's two strands.
    fn hairs(&self, hair: &ComparedHair) -> [Option<usize>; 2] {
        [0, 1].map(|side| self.hair_of[side].get(&hair.strands[side]?).copied())
    }

    /// The pairs of strands taken for one hair, with the true hairs of both.
    fn paired(&self) -> impl Iterator<Item = (&ComparedHair, Option<[usize; 2]>)> {
        let paired = self.compared.hairs.iter().filter(|hair| hair.fate.is_kept() && hair.strands.iter().all(Option::is_some));
        paired.map(|hair| {
            let [then, now] = self.hairs(hair);
            (hair, then.zip(now).map(|(then, now)| [then, now]))
        })
    }

    /// The strands of one photo that are said not to be there in the other.
    fn gone(&self, side: usize) -> CallAgreement {
        let called = self.compared.hairs.iter().filter(|hair| hair.fate == GONE[side]);
        CallAgreement::of(called.map(|hair| Some(self.lives[&self.hairs(hair)[side]?].thickness[1 - side].is_none())))
    }

    fn same_hair(&self) -> CallAgreement {
        CallAgreement::of(self.paired().map(|(_, hairs)| hairs.map(|[then, now]| then == now)))
    }

    fn thickness_called(&self) -> CallAgreement {
        let called = self.paired().filter(|(hair, _)| hair.fate != Fate::Kept);
        CallAgreement::of(called.map(|(hair, hairs)| {
            let [then, now] = hairs?;
            Some(then == now && self.true_change(then).is_some_and(|change| is_told(hair.fate, change)))
        }))
    }

    /// By how much a hair there in both photos has grown thicker, in micrometers.
    fn true_change(&self, hair: usize) -> Option<f64> {
        let [then, now] = self.lives[&hair].thickness;
        Some(now?.0 - then?.0)
    }

    fn thickness_changes(&self) -> Vec<ThicknessChange> {
        let changes = self.paired().filter_map(|(hair, hairs)| {
            let [then, _] = hairs.filter(|[then, now]| then == now)?;
            let true_change = self.true_change(then)?;
            let stated = hair.thickness_change.zip(hair.standard_error).map(|(change, error)| [change.0, error.0]);
            Some(ThicknessChange { true_change, stated, told: is_told(hair.fate, true_change) })
        });
        changes.collect()
    }

    /// The hairs that are there in one photo and not in the other.
    fn truly_gone(&self, side: usize) -> RecallAgreement {
        let strand_of: BTreeMap<usize, usize> = self.hair_of[side].iter().map(|(strand, hair)| (*hair, *strand)).collect();
        let fates = self.compared.hairs.iter().filter_map(|hair| Some((hair.strands[side]?, hair.fate)));
        let fate_of: BTreeMap<usize, Fate> = fates.collect();
        let mut recall = RecallAgreement::default();
        let gone = |life: &Life| life.thickness[side].is_some() && life.thickness[1 - side].is_none();
        for hair in self.lives.iter().filter(|(_, life)| gone(life) && self.is_inside(life, BAND)).map(|(hair, _)| hair) {
            let strand = strand_of.get(hair);
            let fate = strand.and_then(|strand| fate_of.get(strand));
            if fate != Some(&Fate::Outside) {
                recall.hairs += 1;
                recall.found += usize::from(strand.is_some());
                recall.called += usize::from(fate == Some(&GONE[side]));
            }
        }
        recall
    }

    /// Whether a hair's root lies inside both photos, so far from their borders.
    fn is_inside(&self, life: &Life, margin: f64) -> bool {
        let within = |at: f64, size: usize| at - margin >= -0.5 && at + margin <= size as f64 - 0.5;
        life.roots.iter().zip(self.photos).all(|(root, photo)| within(root.x, photo.truth.width) && within(root.y, photo.truth.height))
    }

    fn offsets(&self, mapping: &Mapping, series: &SeriesTruth) -> Vec<Offset> {
        let um_per_px = series.sessions.get(self.photos[1].session).map_or(0.0, |session| session.um_per_px);
        let shared = self.lives.values().filter(|life| self.is_inside(life, 0.0));
        let distances = shared.map(|life| mapping.map(life.roots[0]).distance(life.roots[1]));
        distances.map(|distance| Offset { distance: Pixels(distance), on_skin: Micrometers(distance * um_per_px) }).collect()
    }

    fn count(&self) -> Option<CountChange> {
        let stated = self.compared.count?;
        let is_counted = |life: &Life| life.roots.iter().zip(self.photos).all(|(root, photo)| photo.counts(*root));
        let counted: Vec<&Life> = self.lives.values().filter(|life| is_counted(life)).collect();
        let [then, now] = [0, 1].map(|side| counted.iter().filter(|life| life.thickness[side].is_some()).count());
        (then > 0).then(|| CountChange {
            change: stated.change,
            low: stated.interval.map(|[low, _]| low),
            high: stated.interval.map(|[_, high]| high),
            true_change: now as f64 - then as f64,
            true_baseline: then,
        })
    }
}

/// Whether a fate says to which side a hair's thickness has changed.
fn is_told(fate: Fate, true_change: f64) -> bool {
    fate == Fate::Thickened && true_change > 0.0 || fate == Fate::Thinned && true_change < 0.0
}

impl ComparedPhoto {
    /// The true hair, as the series calls it, of each strand that is on one.
    fn hairs(&self) -> Vec<(usize, usize)> {
        let marks: Vec<&TrueHair> = self.truth.hairs.iter().filter(|hair| hair.class != ABNORMAL).collect();
        let (ids, found): (Vec<usize>, Vec<Found>) = self.strands.iter().map(|(id, found)| (*id, *found)).unzip();
        let right = right(&found, &marks, self.tolerance);
        right.into_iter().filter_map(|(strand, hair)| Some((ids[strand], marks[hair].id?))).collect()
    }

    fn counts(&self, root: Point) -> bool {
        self.field.iter().any(|part| part.contains(root))
    }
}

impl CallAgreement {
    /// Of calls that are right, wrong, or neither.
    fn of(calls: impl Iterator<Item = Option<bool>>) -> Self {
        let mut all = Self::default();
        for call in calls {
            all.called += usize::from(call.is_some());
            all.right += usize::from(call == Some(true));
            all.without_hair += usize::from(call.is_none());
        }
        all
    }
}

impl std::iter::Sum for CallAgreement {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            called: sum.called + part.called,
            right: sum.right + part.right,
            without_hair: sum.without_hair + part.without_hair,
        })
    }
}

impl std::iter::Sum for RecallAgreement {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            hairs: sum.hairs + part.hairs,
            found: sum.found + part.found,
            called: sum.called + part.called,
        })
    }
}

impl ComparisonsAgreement {
    /// Agreement over all comparisons, each root, hair and call weighing the same, and each pair in the change of the hair count.
    pub fn over(per_pair: Vec<PairAgreement>) -> Self {
        let calls = |of: fn(&PairAgreement) -> CallAgreement| per_pair.iter().map(of).sum::<CallAgreement>();
        let recall = |of: fn(&PairAgreement) -> RecallAgreement| per_pair.iter().map(of).sum::<RecallAgreement>();
        let changes: Vec<ThicknessChange> = per_pair.iter().flat_map(|pair| pair.thickness_changes.iter().copied()).collect();
        let counts: Vec<CountChange> = per_pair.iter().filter_map(|pair| pair.count).collect();
        Self {
            pairs: per_pair.len(),
            registered: per_pair.iter().filter(|pair| pair.registered).count(),
            registration: RegistrationAgreement::of(per_pair.iter().flat_map(|pair| &pair.offsets)),
            lost: calls(|pair| pair.lost),
            new: calls(|pair| pair.new),
            same_hair: calls(|pair| pair.same_hair),
            truly_lost: recall(|pair| pair.truly_lost),
            truly_new: recall(|pair| pair.truly_new),
            thickness: ThicknessChangeAgreement::of(&changes, calls(|pair| pair.thickness_called)),
            count: CountChangeAgreement::of(&counts),
            per_pair,
        }
    }
}

impl RegistrationAgreement {
    fn of<'a>(offsets: impl Iterator<Item = &'a Offset>) -> Self {
        // A point on the mapping's vanishing line goes nowhere, which is as far off as can be.
        let far = |distance: f64| if distance.is_nan() { f64::INFINITY } else { distance };
        let (mut px, mut um): (Vec<f64>, Vec<f64>) = offsets.map(|offset| (far(offset.distance.0), far(offset.on_skin.0))).unzip();
        let at = |distances: &mut Vec<f64>, share: f64| {
            distances.sort_by(f64::total_cmp);
            (!distances.is_empty()).then(|| quantile(distances, share)).filter(|distance| distance.is_finite())
        };
        Self {
            roots: px.len(),
            median_px: at(&mut px, 0.5),
            median_um: at(&mut um, 0.5),
            within_px: at(&mut px, 0.95),
            within_um: at(&mut um, 0.95),
        }
    }
}

impl ThicknessChangeAgreement {
    fn of(changes: &[ThicknessChange], called: CallAgreement) -> Self {
        let stated = || changes.iter().filter_map(|change| change.stated.map(|[stated, error]| (stated - change.true_change, error)));
        let truly_changed = || changes.iter().filter(|change| change.true_change.abs() >= CHANGED);
        Self {
            stated: stated().count(),
            median_difference_um: median(stated().map(|(difference, _)| difference)),
            median_size_um: median(stated().map(|(difference, _)| difference.abs())),
            intervals_that_hold: stated().filter(|(difference, error)| difference.abs() <= 1.96 * error).count(),
            truly_changed: truly_changed().count(),
            truly_changed_and_stated: truly_changed().filter(|change| change.stated.is_some()).count(),
            told: truly_changed().filter(|change| change.stated.is_some() && change.told).count(),
            called,
        }
    }
}

impl CountChangeAgreement {
    fn of(counts: &[CountChange]) -> Self {
        let shares: Vec<[f64; 2]> = counts.iter().map(|count| [count.change, count.true_change].map(|hairs| count.share(hairs))).collect();
        let errors: Vec<f64> = shares.iter().map(|[stated, truth]| stated - truth).collect();
        let mean_size = |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().map(|v| v.abs()).sum::<f64>() / values.len() as f64);
        let intervals: Vec<(&CountChange, f64, f64)> = counts.iter().filter_map(|count| Some((count, count.low?, count.high?))).collect();
        let squares: f64 = counts.iter().map(|count| count.true_change * count.true_change).sum();
        Self {
            error: Difference::of(&errors),
            error_size: mean_size(errors),
            true_size: mean_size(shares.iter().map(|[_, truth]| *truth).collect()),
            intervals: intervals.len(),
            intervals_that_hold: intervals.iter().filter(|(count, low, high)| (*low..=*high).contains(&count.true_change)).count(),
            median_half_width: median(intervals.iter().map(|(count, low, high)| count.share((high - low) / 2.0))),
            slope: (squares > 0.0).then(|| counts.iter().map(|count| count.change * count.true_change).sum::<f64>() / squares),
        }
    }
}

impl CountChange {
    fn share(&self, hairs: f64) -> f64 {
        hairs / self.true_baseline as f64
    }
}

#[cfg(test)]
mod tests;
