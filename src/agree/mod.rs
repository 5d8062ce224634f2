//! Agreement of results with counted truth: which strands are right, how far counts and thicknesses are off, and whether what results say of their own
//! errors is true; and of comparisons with what is true of drawn series.

mod series;

pub use series::{
    CallAgreement, Compared, ComparedHair, ComparedPhoto, ComparisonsAgreement, CountChange, CountChangeAgreement, Offset, PairAgreement,
    RecallAgreement, RegistrationAgreement, StatedChange, ThicknessChange, ThicknessChangeAgreement,
};

use crate::compare::assignment::assignment;
use crate::geometry::Point;
use crate::measure::intervals;
use crate::phantom::{Seams, TrueHair, Truth};
use crate::units::{Micrometers, Pixels};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// How far root and tip may lie off, in the mean, for a strand to be right, where nothing else is asked for.
pub const TOLERANCE: Pixels = Pixels(40.0);

/// Hairs this near to a seam of the counting or to the border may be unmarked.
const BAND: f64 = 40.0;

/// The class of marks that are neither right nor wrong.
const ABNORMAL: &str = "abnormal";

/// A strand as far as it is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Where the shaft leaves the skin.
    pub root: Point,
    /// Its other end.
    pub tip: Point,
    /// Its measured thickness.
    pub thickness: Option<Micrometers>,
    /// One standard deviation of that.
    pub standard_error: Option<Micrometers>,
    /// The stated chance that it is right.
    pub confidence: f64,
}

/// One photo's strands against its marked hairs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct PhotoAgreement {
    /// The photo.
    pub name: String,
    /// The strands that are right or wrong.
    pub found: usize,
    /// The marked hairs that are found or missed.
    pub marked: usize,
    /// The strands that are right.
    pub matched: usize,
    /// The strands that are right or wrong, were root and tip not told apart.
    pub found_undirected: usize,
    /// The marked hairs that are found or missed, were root and tip not told apart.
    pub marked_undirected: usize,
    /// The strands that are right, were root and tip not told apart.
    pub matched_undirected: usize,
    /// Per class of mark.
    pub classes: BTreeMap<String, ClassRecall>,
    /// Measured less true thickness of each right strand, in micrometers, where both are known; and the stated standard error.
    #[serde(skip)]
    pub thickness_differences: Vec<(f64, Option<f64>)>,
    /// The right strands whose hair's true thickness is known.
    #[serde(skip)]
    pub of_known_thickness: usize,
    /// The stated chance of each strand that is right or wrong, and whether it is right.
    #[serde(skip)]
    pub stated: Vec<(f64, bool)>,
}

/// How many hairs of a class were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct ClassRecall {
    /// Found.
    pub matched: usize,
    /// Found or missed.
    pub marked: usize,
}

/// Agreement over all photos. What cannot be known is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Agreement {
    /// How many photos have truth.
    pub photos: usize,
    /// The strands that are right or wrong.
    pub found: usize,
    /// The marked hairs that are found or missed.
    pub marked: usize,
    /// The strands that are right.
    pub matched: usize,
    /// Share of strands that are right.
    pub precision: Option<f64>,
    /// Share of marked hairs that are found.
    pub recall: Option<f64>,
    /// The harmonic mean of the two.
    pub f1: Option<f64>,
    /// The same, were root and tip not told apart.
    pub f1_undirected: Option<f64>,
    /// Found less marked, per photo.
    pub count: Difference,
    /// The intraclass correlation of found and marked counts, ICC(2,1): two-way random effects, absolute agreement, single measure.
    pub count_icc: Option<f64>,
    /// Measured less true thickness in micrometers, per right strand.
    pub thickness_um: Difference,
    /// How well these thicknesses are known, and whether their stated errors are true.
    pub thickness: ThicknessAgreement,
    /// How many strands of each tenth of stated confidence are right; tenths without strands are left out.
    pub confidence: Vec<ConfidenceAgreement>,
    /// Per class of mark.
    pub classes: BTreeMap<String, ClassRecall>,
    /// Per photo, in order.
    pub per_photo: Vec<PhotoAgreement>,
}

/// Measured against true thickness, of right strands, by what single wild ones do not move.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
pub struct ThicknessAgreement {
    /// The right strands whose hair's true thickness is known.
    pub of_known_thickness: usize,
    /// Those of them that were given a thickness.
    pub measured: usize,
    /// The median difference in micrometers.
    pub median_difference_um: Option<f64>,
    /// The median size of the differences: half of them are smaller.
    pub median_size_um: Option<f64>,
    /// The median stated standard error in micrometers.
    pub median_standard_error_um: Option<f64>,
    /// The thicknesses with a stated standard error.
    pub intervals: usize,
    /// Those of them within 1.96 standard errors of the truth: 95 % should be.
    pub intervals_that_hold: usize,
}

/// Strands whose stated chance of being right falls together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ConfidenceAgreement {
    /// The least chance.
    pub from: f64,
    /// The chance they lie below, 1 included in the last tenth.
    pub to: f64,
    /// The mean stated chance.
    pub stated: f64,
    /// How many strands are right or wrong.
    pub strands: usize,
    /// How many of them are right.
    pub right: usize,
}

/// Differences in the mean and in their spread (Bland and Altman 1986, doi:10.1016/S0140-6736(86)90837-8).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
pub struct Difference {
    /// How many differences.
    pub n: usize,
    /// Their mean.
    pub bias: Option<f64>,
    /// The standard error of the mean.
    pub bias_standard_error: Option<f64>,
    /// Their standard deviation.
    pub sd: Option<f64>,
    /// Bias − 1.96 SD.
    pub limit_low: Option<f64>,
    /// Bias + 1.96 SD.
    pub limit_high: Option<f64>,
}

impl PhotoAgreement {
    /// One photo's strands against its truth.
    ///
    /// Strands and hairs are paired one to one, at the least sum of distances; a pair holds under `tolerance`, and its strand is right. The
    /// distance is the mean of that between the roots and that between the tips. Strands paired with an `abnormal` mark, either way
    /// round, and strands and hairs near a seam or the border are neither right nor wrong unless they are right.
    pub fn new(name: String, found: &[Found], truth: &Truth, tolerance: Pixels) -> Self {
        let (junk, marks): (Vec<&TrueHair>, Vec<&TrueHair>) = truth.hairs.iter().partition(|hair| hair.class == ABNORMAL);
        let [strands, hairs, debris] = [of_strands(found), of_hairs(&marks), of_hairs(&junk)];

        let on_debris = pairs(&strands, &debris, tolerance, undirected);
        let judged = |right: Vec<(usize, usize)>| Judged::new(right, &on_debris, &strands, &hairs, truth);
        let either_way = judged(pairs(&strands, &hairs, tolerance, undirected));
        let Judged { right, wrong, asked_for } = judged(right(found, &marks, tolerance));

        let mut classes: BTreeMap<String, ClassRecall> = BTreeMap::new();
        for (hair, asked_for) in marks.iter().zip(&asked_for) {
            classes.entry(hair.class.clone()).or_default().marked += usize::from(*asked_for);
        }
        for (_, hair) in &right {
            classes.entry(marks[*hair].class.clone()).or_default().matched += 1;
        }
        let difference = |&(strand, hair): &(usize, usize)| {
            let Found { thickness, standard_error, .. } = found[strand];
            Some((thickness?.0 - marks[hair].width_um?.0, standard_error.map(|error| error.0)))
        };
        let stated = right.iter().map(|(strand, _)| (*strand, true)).chain(wrong.iter().map(|strand| (*strand, false)));
        Self {
            name,
            found: right.len() + wrong.len(),
            marked: classes.values().map(|class| class.marked).sum(),
            matched: right.len(),
            found_undirected: either_way.right.len() + either_way.wrong.len(),
            marked_undirected: either_way.asked_for.iter().filter(|asked_for| **asked_for).count(),
            matched_undirected: either_way.right.len(),
            classes,
            thickness_differences: right.iter().filter_map(difference).collect(),
            of_known_thickness: right.iter().filter(|(_, hair)| marks[*hair].width_um.is_some()).count(),
            stated: stated.map(|(strand, right)| (found[strand].confidence, right)).collect(),
        }
    }

    /// The harmonic mean of the shares of right strands and of found hairs; `None` where there is neither strand nor hair.
    pub fn f1(&self) -> Option<f64> {
        share(2 * self.matched, self.found + self.marked)
    }
}

impl Agreement {
    /// Agreement over all photos, each hair weighing the same.
    pub fn over(per_photo: Vec<PhotoAgreement>) -> Self {
        let sum = |of: fn(&PhotoAgreement) -> usize| per_photo.iter().map(of).sum::<usize>();
        let (found, marked, matched) = (sum(|p| p.found), sum(|p| p.marked), sum(|p| p.matched));
        let counts: Vec<[f64; 2]> = per_photo.iter().map(|p| [p.found as f64, p.marked as f64]).collect();
        let mut classes: BTreeMap<String, ClassRecall> = BTreeMap::new();
        for (name, class) in per_photo.iter().flat_map(|p| &p.classes) {
            let all = classes.entry(name.clone()).or_default();
            *all = ClassRecall { matched: all.matched + class.matched, marked: all.marked + class.marked };
        }
        let thickness: Vec<(f64, Option<f64>)> = per_photo.iter().flat_map(|p| p.thickness_differences.iter().copied()).collect();
        let stated: Vec<(f64, bool)> = per_photo.iter().flat_map(|p| p.stated.iter().copied()).collect();
        Self {
            photos: per_photo.len(),
            found,
            marked,
            matched,
            precision: share(matched, found),
            recall: share(matched, marked),
            f1: share(2 * matched, found + marked),
            f1_undirected: share(2 * sum(|p| p.matched_undirected), sum(|p| p.found_undirected) + sum(|p| p.marked_undirected)),
            count: Difference::of(&counts.iter().map(|[found, marked]| found - marked).collect::<Vec<_>>()),
            count_icc: icc(&counts),
            thickness_um: Difference::of(&thickness.iter().map(|(difference, _)| *difference).collect::<Vec<_>>()),
            thickness: ThicknessAgreement::of(&thickness, sum(|p| p.of_known_thickness)),
            confidence: (0..10).filter_map(|tenth| ConfidenceAgreement::of(&stated, tenth)).collect(),
            classes,
            per_photo,
        }
    }
}

impl ThicknessAgreement {
    /// Of differences with their stated standard errors, which so many right strands might have had.
    fn of(differences: &[(f64, Option<f64>)], of_known_thickness: usize) -> Self {
        let stated = || differences.iter().filter_map(|(difference, error)| Some((*difference, (*error)?)));
        Self {
            of_known_thickness,
            measured: differences.len(),
            median_difference_um: median(differences.iter().map(|(difference, _)| *difference)),
            median_size_um: median(differences.iter().map(|(difference, _)| difference.abs())),
            median_standard_error_um: median(stated().map(|(_, error)| error)),
            intervals: stated().count(),
            intervals_that_hold: stated().filter(|(difference, error)| difference.abs() <= 1.96 * error).count(),
        }
    }
}

impl ConfidenceAgreement {
    /// Of the strands of one tenth of the chances stated; `None` where there are none.
    fn of(stated: &[(f64, bool)], tenth: usize) -> Option<Self> {
        let own: Vec<(f64, bool)> = stated.iter().copied().filter(|(chance, _)| ((10.0 * chance) as usize).min(9) == tenth).collect();
        let strands = own.len();
        (strands > 0).then(|| Self {
            from: tenth as f64 / 10.0,
            to: (tenth + 1) as f64 / 10.0,
            stated: own.iter().map(|(chance, _)| chance).sum::<f64>() / strands as f64,
            strands,
            right: own.iter().filter(|(_, right)| *right).count(),
        })
    }
}

impl Difference {
    /// The mean and spread of differences.
    pub fn of(differences: &[f64]) -> Self {
        let n = differences.len() as f64;
        let bias = (n > 0.0).then(|| differences.iter().sum::<f64>() / n);
        let sd = bias.filter(|_| n > 1.0).map(|mean| (differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt());
        let limit = |sign: f64| Some(bias? + sign * 1.96 * sd?);
        Self {
            n: differences.len(),
            bias,
            bias_standard_error: sd.map(|sd| sd / n.sqrt()),
            sd,
            limit_low: limit(-1.0),
            limit_high: limit(1.0),
        }
    }
}

/// Which strands are right and wrong, and which hairs are found or missed, of one pairing.
struct Judged {
    /// The strands that are right, each with its hair.
    right: Vec<(usize, usize)>,
    /// The strands that are wrong.
    wrong: Vec<usize>,
    /// Of each hair, whether it is found or missed.
    asked_for: Vec<bool>,
}

impl Judged {
    fn new(right: Vec<(usize, usize)>, on_debris: &[(usize, usize)], strands: &[Ends], hairs: &[Ends], truth: &Truth) -> Self {
        let mut settled = vec![false; strands.len()];
        right.iter().chain(on_debris).for_each(|(strand, _)| settled[*strand] = true);
        let wrong = (0..strands.len()).filter(|&i| !settled[i] && !is_unsure(&strands[i], truth)).collect();
        let mut asked_for: Vec<bool> = hairs.iter().map(|ends| !is_unsure(ends, truth)).collect();
        right.iter().for_each(|(_, hair)| asked_for[*hair] = true);
        Self { right, wrong, asked_for }
    }
}

/// Root and tip.
type Ends = [Point; 2];

fn of_strands(found: &[Found]) -> Vec<Ends> {
    found.iter().map(|strand| [strand.root, strand.tip]).collect()
}

fn of_hairs(marks: &[&TrueHair]) -> Vec<Ends> {
    marks.iter().map(|hair| [hair.root, hair.tip]).collect()
}

/// The strands that are right, each with the hair that it is on.
fn right(found: &[Found], marks: &[&TrueHair], tolerance: Pixels) -> Vec<(usize, usize)> {
    pairs(&of_strands(found), &of_hairs(marks), tolerance, distance)
}

fn distance(a: &Ends, b: &Ends) -> f64 {
    (a[0].distance(b[0]) + a[1].distance(b[1])) / 2.0
}

fn undirected(a: &Ends, b: &Ends) -> f64 {
    distance(a, b).min(distance(a, &[b[1], b[0]]))
}

fn is_unsure(ends: &Ends, truth: &Truth) -> bool {
    let Seams { x, y } = &truth.seams;
    near(ends.map(|p| p.x), truth.width, x) || near(ends.map(|p| p.y), truth.height, y)
}

/// Whether a stretch of an axis lies in the band along the photo's two borders or reaches into that along a seam.
fn near([a, b]: [f64; 2], size: usize, seams: &[f64]) -> bool {
    let (low, high) = (a.min(b), a.max(b));
    low < BAND || high > size as f64 - BAND || seams.iter().any(|seam| low - BAND < *seam && *seam < high + BAND)
}

/// The pairs under the tolerance, of the one-to-one pairing with the least sum of distances.
fn pairs(a: &[Ends], b: &[Ends], tolerance: Pixels, distance: fn(&Ends, &Ends) -> f64) -> Vec<(usize, usize)> {
    // Beyond ten tolerances far is far. People's agreement with each other was scored so, and figures are held against theirs.
    let cost = |i: usize, j: usize| distance(&a[i], &b[j]).min(10.0 * tolerance.0);
    let mut paired = if a.len() <= b.len() {
        assignment(a.len(), b.len(), cost)
    } else {
        assignment(b.len(), a.len(), |j, i| cost(i, j)).into_iter().map(|(j, i)| (i, j)).collect()
    };
    paired.retain(|&(i, j)| distance(&a[i], &b[j]) < tolerance.0);
    paired.sort_unstable();
    paired
}

/// ICC(2,1) of two raters; `None` for fewer than two photos, or where nothing varies.
///
/// # Source
/// Shrout and Fleiss 1979, doi:10.1037/0033-2909.86.2.420, case 2.
fn icc(ratings: &[[f64; 2]]) -> Option<f64> {
    let n = ratings.len() as f64;
    if n < 2.0 {
        return None;
    }
    let grand = ratings.iter().flatten().sum::<f64>() / (2.0 * n);
    let column = [0, 1].map(|j| ratings.iter().map(|r| r[j]).sum::<f64>() / n);
    let between_rows = ratings.iter().map(|r| 2.0 * ((r[0] + r[1]) / 2.0 - grand).powi(2)).sum::<f64>();
    let between_columns = column.iter().map(|mean| n * (mean - grand).powi(2)).sum::<f64>();
    let total = ratings.iter().flatten().map(|value| (value - grand).powi(2)).sum::<f64>();
    let rows = between_rows / (n - 1.0);
    let rest = (total - between_rows - between_columns) / (n - 1.0);
    let spread = rows + rest + 2.0 * (between_columns - rest) / n;
    (spread > 0.0).then(|| (rows - rest) / spread)
}

/// The middle one of some values, the mean of the middle two where there is none; `None` of nothing.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    intervals::median(&values.collect::<Vec<f64>>())
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hair(class: &str, root: [f64; 2], tip: [f64; 2]) -> TrueHair {
        TrueHair {
            class: class.into(),
            root: root.into(),
            tip: tip.into(),
            width_um: Some(Micrometers(60.0)),
            id: None,
            unit: None,
            points: None,
        }
    }

    fn truth(hairs: Vec<TrueHair>) -> Truth {
        Truth { width: 1000, height: 800, um_per_px: None, seams: Seams { x: vec![500.0], y: vec![] }, hairs }
    }

    fn strand(root: [f64; 2], tip: [f64; 2]) -> Found {
        let [thickness, standard_error] = [63.0, 2.0].map(|um| Some(Micrometers(um)));
        Found { root: root.into(), tip: tip.into(), thickness, standard_error, confidence: 0.75 }
    }

    fn compare(found: &[Found], hairs: Vec<TrueHair>) -> PhotoAgreement {
        PhotoAgreement::new("x".into(), found, &truth(hairs), TOLERANCE)
    }

    #[test]
    fn nothing_against_nothing_is_not_known() {
        let all = Agreement::over(vec![compare(&[], vec![])]);
        assert_eq!((all.f1, all.precision, all.recall, all.count_icc, all.thickness_um.bias), (None, None, None, None, None));
        assert_eq!(Agreement::over(vec![]).count.bias, None);
    }

    #[test]
    fn strand_on_its_hair_is_right() {
        let one = compare(&[strand([100.0, 100.0], [200.0, 100.0])], vec![hair("single", [110.0, 100.0], [200.0, 110.0])]);
        assert_eq!((one.found, one.marked, one.matched, one.thickness_differences.as_slice()), (1, 1, 1, &[(3.0, Some(2.0))][..]));
    }

    #[test]
    fn strand_the_wrong_way_round_is_wrong_and_its_hair_missed() {
        let one = compare(&[strand([200.0, 100.0], [100.0, 100.0])], vec![hair("single", [100.0, 100.0], [200.0, 100.0])]);
        assert_eq!((one.found, one.marked, one.matched, one.matched_undirected), (1, 1, 0, 1));
    }

    #[test]
    fn strand_on_debris_is_neither_right_nor_wrong() {
        let one = compare(&[strand([200.0, 100.0], [100.0, 100.0])], vec![hair("abnormal", [100.0, 100.0], [200.0, 100.0])]);
        assert_eq!((one.found, one.marked), (0, 0));
    }

    #[test]
    fn near_a_seam_or_the_border_only_what_is_right_counts() {
        let seam = strand([470.0, 100.0], [400.0, 200.0]);
        assert_eq!(compare(&[seam], vec![]).found, 0);
        assert_eq!(compare(&[strand([300.0, 39.0], [300.0, 200.0])], vec![]).found, 0);
        assert_eq!(compare(&[strand([300.0, 40.0], [300.0, 200.0])], vec![]).found, 1);
        let one = compare(&[seam], vec![hair("single", [470.0, 100.0], [400.0, 200.0]), hair("premium", [530.0, 300.0], [600.0, 300.0])]);
        assert_eq!((one.found, one.marked, one.matched), (1, 1, 1));
        assert_eq!(one.classes["premium"], ClassRecall { matched: 0, marked: 0 });
    }

    #[test]
    fn near_the_border_a_strand_the_wrong_way_round_is_asked_for_where_ends_are_alike() {
        let turned = strand([300.0, 200.0], [300.0, 20.0]);
        let one = compare(&[turned], vec![hair("single", [300.0, 20.0], [300.0, 200.0])]);
        assert_eq!((one.found, one.marked, one.matched), (0, 0, 0));
        assert_eq!((one.found_undirected, one.marked_undirected, one.matched_undirected), (1, 1, 1));
        let all = Agreement::over(vec![one]);
        assert_eq!((all.f1, all.f1_undirected), (None, Some(1.0)));
    }

    #[test]
    fn two_strands_on_one_hair_are_one_right_and_one_wrong() {
        let hair = hair("single", [100.0, 100.0], [200.0, 100.0]);
        let one = compare(&[strand([100.0, 104.0], [200.0, 104.0]), strand([100.0, 101.0], [200.0, 101.0])], vec![hair]);
        assert_eq!((one.found, one.marked, one.matched), (2, 1, 1));
    }

    #[test]
    fn stated_errors_are_held_against_the_truth() {
        let differences = [(1.0, Some(1.0)), (-2.5, Some(1.0)), (7.0, None)];
        let thickness = ThicknessAgreement::of(&differences, 5);
        assert_eq!((thickness.of_known_thickness, thickness.measured, thickness.intervals, thickness.intervals_that_hold), (5, 3, 2, 1));
        assert_eq!((thickness.median_difference_um, thickness.median_size_um), (Some(1.0), Some(2.5)));
        assert_eq!(ThicknessAgreement::of(&[], 0), ThicknessAgreement::default());
    }

    #[test]
    fn stated_chances_are_held_against_what_is_right() {
        let right = hair("single", [100.0, 100.0], [200.0, 100.0]);
        let all =
            Agreement::over(vec![compare(&[strand([100.0, 100.0], [200.0, 100.0]), strand([100.0, 300.0], [200.0, 300.0])], vec![right])]);
        let expected = ConfidenceAgreement { from: 0.7, to: 0.8, stated: 0.75, strands: 2, right: 1 };
        assert_eq!(all.confidence, [expected]);
        let certain = ConfidenceAgreement::of(&[(1.0, true)], 9).unwrap();
        assert_eq!((certain.strands, certain.right), (1, 1));
    }

    #[test]
    fn differences_have_a_bias_and_limits() {
        let all = Difference::of(&[1.0, 3.0]);
        assert_eq!((all.n, all.bias, all.bias_standard_error), (2, Some(2.0), Some(1.0)));
        assert!((all.limit_high.unwrap() - (2.0 + 1.96 * 2f64.sqrt())).abs() < 1e-12);
        assert_eq!(Difference::of(&[1.0]).sd, None);
    }

    #[test]
    fn icc_of_the_published_example() {
        // The first and fourth judges of Shrout and Fleiss's Table 2; the same formula gives their published 0.29 for all four.
        let ratings = [[9.0, 8.0], [6.0, 2.0], [8.0, 8.0], [7.0, 6.0], [10.0, 9.0], [6.0, 7.0]];
        assert!((icc(&ratings).unwrap() - 0.647887323944).abs() < 1e-9, "{:?}", icc(&ratings));
        assert_eq!(icc(&[[5.0, 5.0], [5.0, 5.0]]), None);
        assert_eq!(icc(&[[5.0, 5.0], [9.0, 9.0]]), Some(1.0));
    }

    fn least_by_trial(cost: &[Vec<f64>], taken: &mut Vec<usize>) -> f64 {
        let Some(row) = cost.get(taken.len()) else { return 0.0 };
        let mut least = f64::INFINITY;
        for (column, one) in row.iter().enumerate() {
            if !taken.contains(&column) {
                taken.push(column);
                least = least.min(one + least_by_trial(cost, taken));
                taken.pop();
            }
        }
        least
    }

    proptest! {
        #[test]
        fn assignment_costs_the_least(cost in (1usize..5, 0usize..3).prop_flat_map(|(rows, more)| {
            prop::collection::vec(prop::collection::vec(0.0f64..9.0, rows + more), rows)
        })) {
            let paired = assignment(cost.len(), cost[0].len(), |i, j| cost[i][j]);
            prop_assert_eq!(paired.len(), cost.len());
            let sum: f64 = paired.iter().map(|&(i, j)| cost[i][j]).sum();
            prop_assert!((sum - least_by_trial(&cost, &mut vec![])).abs() < 1e-9);
        }

        #[test]
        fn no_share_is_above_one(places in prop::collection::vec((0.0f64..1000.0, 0.0f64..800.0, -60.0f64..60.0, 0usize..6), 0..30)) {
            let (mut found, mut hairs) = (vec![], vec![]);
            for (x, y, by, kind) in places {
                let (a, b) = ([x, y], [x + by, y + 50.0]);
                let class = if kind == 5 { ABNORMAL } else { "single" };
                if kind != 0 {
                    hairs.push(hair(class, a, b));
                }
                if kind != 1 {
                    found.push(if kind == 2 { strand([b[0] + 3.0, b[1]], a) } else { strand([a[0], a[1] + 5.0], b) });
                }
            }
            let one = compare(&found, hairs);
            prop_assert!(one.matched <= one.found.min(one.marked) && one.found <= found.len());
            prop_assert!(one.matched_undirected <= one.found_undirected.min(one.marked_undirected));
            let all = Agreement::over(vec![one]);
            for share in [all.f1, all.f1_undirected, all.precision, all.recall].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&share), "{}", share);
            }
        }

        #[test]
        fn a_wider_tolerance_never_matches_fewer(xs in prop::collection::vec(60.0f64..400.0, 1..8), shifts in prop::collection::vec(-30.0f64..30.0, 8)) {
            let hairs = xs.iter().map(|&x| hair("single", [x, 300.0], [x, 400.0])).collect::<Vec<_>>();
            let found: Vec<Found> = xs.iter().zip(shifts).map(|(&x, by)| strand([x + by, 300.0], [x + by, 400.0])).collect();
            let matched = |tolerance| PhotoAgreement::new(String::new(), &found, &truth(hairs.clone()), Pixels(tolerance)).matched;
            prop_assert!(matched(31.0) >= xs.len().min(1));
            prop_assert_eq!(matched(1e4), xs.len());
        }
    }
}
