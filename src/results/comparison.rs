//! The result of comparing two photos, as written: `anagen/comparison/1`.

use super::photo::{Identity, MadeBy, PhotoResult, caveat, point, rounded, significant};
use crate::compare::{
    Change, Comparison, Fate, HairFate, Homography, Mapping, Model, Phase, Place, Reason, Registration, UnitFate, UnitFateKind, Verdict,
    Warp,
};
use crate::geometry::{Point, Vector};
use crate::measure::Cuts;
use crate::photo::{Caveat, CaveatCode};
use crate::session::{Session, days_between, name_key};
use crate::units::{Micrometers, Millimeters, SquareCentimeters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ComparisonSchema {
    /// The first.
    #[serde(rename = "anagen/comparison/1")]
    V1,
}

/// What comparing two photos gave: the content of `comparisons/<pair>.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonResult {
    /// The version of the contract.
    pub schema: ComparisonSchema,
    /// The photo compared with.
    pub baseline: Identity,
    /// The photo compared.
    pub follow_up: Identity,
    /// From the baseline's date to the follow-up's; below 0 where the follow-up is the earlier one, `None` where a date is not known.
    pub days_between: Option<i64>,
    /// How the one lies in the other; `None`, with a caveat saying why, where they are not shown to be of the same skin.
    pub registration: Option<RegistrationResult>,
    /// What became of each hair.
    pub fates: Vec<FateResult>,
    /// What became of each follicular unit of the overlap.
    pub units: Vec<UnitFateResult>,
    /// What has changed over the overlap.
    pub changes: Vec<ChangeResult>,
    /// The thickness cuts that changes are told by: those of the baseline; `None` where that has no scale.
    #[serde(default)]
    pub cuts: Option<Cuts>,
    /// How fast hair grew, where it is said to have been clipped before the baseline and not since.
    pub growth: Option<GrowthResult>,
    /// Growing against resting hairs, where that was asked for.
    pub phototrichogram: Option<PhototrichogramResult>,
    /// What a reader of the numbers should know.
    pub caveats: Vec<Caveat>,
    /// What made the two photos' results.
    pub made_by: [MadeBy; 2],
}

/// How fast hair grew.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GrowthResult {
    /// The median over hairs whose root and tip were seen in both photos.
    pub mm_per_day: f64,
    /// The lower end of its interval at 95 %, which allows for times of day that are not known.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// How many hairs it rests on.
    pub n: usize,
}

/// Growing against resting hairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhototrichogramResult {
    /// How many grew.
    pub growing: usize,
    /// How many did not.
    pub resting: usize,
    /// How many hairs seen in both photos could not be told.
    pub undetermined: usize,
    /// Growing hairs of all that could be told.
    pub growing_share: f64,
    /// The lower end of its interval at 95 %.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// How the baseline lies in the follow-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegistrationResult {
    /// A homography, pixel to pixel.
    pub baseline_to_follow_up: [[f64; 3]; 3],
    /// Further smooth bending, added to what the homography gives.
    pub warp: Option<WarpResult>,
    /// How many roots of the baseline fall on one of the follow-up.
    pub inliers: usize,
    /// The median distance between them, in pixels of the follow-up.
    pub residual_px: f64,
    /// The skin both show.
    pub overlap_cm2: Option<SquareCentimeters>,
    /// Its share of the baseline's field.
    pub overlap_share: f64,
    /// What the homography was freed to be: `similarity`, `affine` or `homography`.
    pub model: Model,
    /// Follow-up pixels per baseline pixel, in the middle.
    pub scale: f64,
    /// How far the baseline is turned, in degrees clockwise as seen.
    pub turn_deg: f64,
    /// The decimal logarithm of the chance, at most, that photos of different skin would agree as well.
    pub chance_log10: f64,
}

impl RegistrationResult {
    /// The power of ten that the chance is at most, rounded up.
    pub fn chance_exponent(&self) -> i64 {
        self.chance_log10.ceil() as i64
    }
}

/// A thin-plate spline: at a point p of the baseline it adds `even[0] + even[1]·x + even[2]·y + Σ weight·r²·ln r`, r = |p − control|.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WarpResult {
    /// Shift, and its change per pixel to the right and down.
    pub even: [[f64; 2]; 3],
    /// Where it bends, in pixels of the baseline.
    pub controls: Vec<Point>,
    /// How much each control bends it.
    pub weights: Vec<[f64; 2]>,
}

/// One hair and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FateResult {
    /// What became of it.
    pub fate: Fate,
    /// Where it is in the baseline; `None` for a hair not there.
    pub baseline: Option<PlaceResult>,
    /// Where it is in the follow-up; `None` for a hair not there.
    pub follow_up: Option<PlaceResult>,
    /// Follow-up less baseline.
    pub thickness_change_um: Option<Micrometers>,
    /// One standard deviation of that: by the two standard errors, by how well thickness repeats in these two photos, and by their scales.
    pub thickness_change_standard_error_um: Option<Micrometers>,
    /// Follow-up less baseline; only where root and tip were seen in both.
    pub length_change_mm: Option<Millimeters>,
    /// Whether it grew, where the two photos are a phototrichogram.
    pub phase: Option<Phase>,
    /// The estimated chance that the fate is right.
    pub confidence: f64,
    /// Why, for a hair seen in one photo alone.
    pub reason: Option<Reason>,
}

/// Where a hair is in one photo.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceResult {
    /// Its strand's number; `None` where its shaft is seen but was not traced.
    pub id: Option<usize>,
    /// Where it leaves the skin.
    pub root: Point,
    /// Its other end.
    pub tip: Point,
}

/// One follicular unit and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitFateResult {
    /// What became of it.
    pub fate: UnitFateKind,
    /// Its unit's numbers in the baseline: several where the two photos group its hairs differently.
    pub baseline: Vec<usize>,
    /// Its unit's numbers in the follow-up.
    pub follow_up: Vec<usize>,
    /// Its hairs in the baseline; unresolved ones count in both.
    pub baseline_hairs: usize,
    /// Its hairs in the follow-up.
    pub follow_up_hairs: usize,
    /// The mean of its roots, in pixels of the baseline.
    pub ostium: Point,
    /// The estimated chance that the fate is right.
    pub confidence: f64,
}

/// One measurement over the overlap, and its change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeResult {
    /// A name of the catalogue of measurements.
    pub name: String,
    /// In the baseline.
    pub baseline: Option<f64>,
    /// In the follow-up.
    pub follow_up: Option<f64>,
    /// Follow-up less baseline.
    pub change: Option<f64>,
    /// The lower end of the change's interval at 95 %.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The least change that would have been told from none at 95 %.
    pub detectable_change: Option<f64>,
    /// Whether the interval leaves out 0, and to which side it lies.
    pub verdict: Verdict,
    /// In UCUM; "1" for plain numbers and shares.
    pub unit: String,
    /// How many hairs or units it rests on.
    pub n: usize,
    /// How it was reached.
    pub method: String,
}

impl ComparisonResult {
    /// The change of a measurement by its name, where it is given.
    pub fn change(&self, name: &str) -> Option<&ChangeResult> {
        self.changes.iter().find(|change| change.name == name)
    }

    /// The result of a comparison, as it will be written.
    pub fn new(baseline: &PhotoResult, follow_up: &PhotoResult, comparison: &Comparison) -> Self {
        let (then, now) = (&baseline.photo, &follow_up.photo);
        let days_between = then.taken_at.as_deref().zip(now.taken_at.as_deref()).and_then(|(a, b)| days_between(a, b));
        let mut caveats = of_identities(then, now, days_between);
        caveats.extend(comparison.caveats.iter().map(caveat));
        let middle = Point::new(then.width_px as f64 / 2.0, then.height_px as f64 / 2.0);
        let overlap = comparison.overlap;
        Self {
            schema: ComparisonSchema::V1,
            baseline: then.clone(),
            follow_up: now.clone(),
            days_between,
            registration: comparison.registration.as_ref().map(|registration| RegistrationResult {
                overlap_cm2: overlap.and_then(|o| o.area_cm2).map(|area| SquareCentimeters(rounded(area.0, 6))),
                overlap_share: overlap.map_or(0.0, |o| rounded(o.share, 4)),
                ..RegistrationResult::new(registration, middle)
            }),
            fates: comparison.fates.iter().map(FateResult::new).collect(),
            units: comparison.units.iter().map(UnitFateResult::new).collect(),
            changes: comparison.changes.iter().map(ChangeResult::new).collect(),
            cuts: baseline.cuts,
            growth: comparison.growth.map(|growth| GrowthResult {
                mm_per_day: rounded(growth.mm_per_day, 4),
                low: growth.interval.map(|i| rounded(i.low, 4)),
                high: growth.interval.map(|i| rounded(i.high, 4)),
                n: growth.n,
            }),
            phototrichogram: comparison.phototrichogram.map(|told| PhototrichogramResult {
                growing: told.growing,
                resting: told.resting,
                undetermined: told.undetermined,
                growing_share: rounded(told.growing_share, 4),
                low: rounded(told.interval.low, 4),
                high: rounded(told.interval.high, 4),
            }),
            caveats,
            made_by: [baseline.made_by.clone(), follow_up.made_by.clone()],
        }
    }
}

/// What names, dates and bytes of the two photos call for.
fn of_identities(baseline: &Identity, follow_up: &Identity, days: Option<i64>) -> Vec<Caveat> {
    let mut caveats = vec![];
    let mut add = |code, message: &str| caveats.push(Caveat { code, message: message.into(), region: None });
    if baseline.sha256 == follow_up.sha256 {
        add(CaveatCode::SamePhoto, "both are the same file: nothing can have changed");
    }
    let differ = |a: &Option<String>, b: &Option<String>| a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| name_key(a) != name_key(b));
    // Names beside a date are those of subjects and sites; others may be anything, such as before.jpg and after.jpg.
    let named = [baseline, follow_up].iter().all(|identity| Session::from_path(&identity.path).taken_at.is_some());
    if named && (differ(&baseline.subject, &follow_up.subject) || differ(&baseline.site, &follow_up.site)) {
        add(CaveatCode::SitesDiffer, "by their names the two photos are of different subjects or sites");
    }
    match days {
        None => add(CaveatCode::DatesMissing, "when one of the photos was taken is not known: no change is given per time"),
        Some(days) if days < 0 => add(
            CaveatCode::DatesReversed,
            "the follow-up was taken before the baseline: what is called lost is new in time, and the other way round",
        ),
        _ => {}
    }
    caveats
}

impl RegistrationResult {
    fn new(registration: &Registration, middle: Point) -> Self {
        let mapping = &registration.mapping;
        Self {
            baseline_to_follow_up: mapping.homography.0.map(|row| row.map(|value| significant(value).unwrap_or(0.0))),
            warp: mapping.warp.as_ref().map(WarpResult::new),
            inliers: registration.inliers,
            residual_px: rounded(registration.residual_px, 2),
            overlap_cm2: None,
            overlap_share: 0.0,
            model: registration.model,
            scale: rounded(mapping.scale(middle), 4),
            turn_deg: rounded(mapping.turn(middle).to_degrees(), 2),
            chance_log10: rounded(registration.chance_log10, 1),
        }
    }

    /// The mapping that was written, to the digits that were; `None` for one without a way back or that mirrors, as no comparison writes.
    pub fn mapping(&self) -> Option<Mapping> {
        let warp = self.warp.as_ref().map(|warp| Warp {
            even: warp.even.map(|[x, y]| Vector::new(x, y)),
            controls: warp.controls.clone(),
            weights: warp.weights.iter().map(|[x, y]| Vector::new(*x, *y)).collect(),
        });
        Mapping::new(Homography(self.baseline_to_follow_up), warp)
    }
}

impl WarpResult {
    fn new(warp: &Warp) -> Self {
        let pair = |v: &Vector| [v.x, v.y].map(|value| format!("{value:.8e}").parse().unwrap_or(value));
        Self {
            even: [0, 1, 2].map(|i| pair(&warp.even[i])),
            controls: warp.controls.iter().copied().map(point).collect(),
            weights: warp.weights.iter().map(pair).collect(),
        }
    }
}

impl FateResult {
    fn new(hair: &HairFate) -> Self {
        let change = hair.thickness_change();
        Self {
            fate: hair.fate,
            baseline: hair.baseline.map(PlaceResult::new),
            follow_up: hair.follow_up.map(PlaceResult::new),
            thickness_change_um: change.map(|(change, _)| Micrometers(rounded(change.0, 2))),
            thickness_change_standard_error_um: change.map(|(_, error)| Micrometers(rounded(error.0, 3))),
            length_change_mm: hair.length_change.map(|change| Millimeters(rounded(change.0, 4))),
            phase: hair.phase,
            confidence: rounded(hair.confidence, 3),
            reason: hair.reason,
        }
    }
}

impl PlaceResult {
    fn new(place: Place) -> Self {
        Self { id: place.id, root: point(place.root), tip: point(place.tip) }
    }
}

impl UnitFateResult {
    fn new(unit: &UnitFate) -> Self {
        Self {
            fate: unit.fate,
            baseline: unit.baseline.clone(),
            follow_up: unit.follow_up.clone(),
            baseline_hairs: unit.hairs[0],
            follow_up_hairs: unit.hairs[1],
            ostium: point(unit.ostium),
            confidence: rounded(unit.confidence, 3),
        }
    }
}

impl ChangeResult {
    pub(super) fn new(change: &Change) -> Self {
        Self {
            name: change.name.into(),
            baseline: significant(change.baseline),
            follow_up: significant(change.follow_up),
            change: significant(change.change()),
            low: change.interval.and_then(|i| significant(i.low)),
            high: change.interval.and_then(|i| significant(i.high)),
            detectable_change: change.detectable().and_then(significant),
            verdict: change.verdict(),
            unit: change.unit.into(),
            n: change.n,
            method: change.method.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chance_is_said_to_be_no_smaller_than_it_is() {
        let registration = Registration {
            mapping: Mapping::new(Homography::similarity(1.0, 0.0, Vector::new(1.0, 0.0)), None).unwrap(),
            model: Model::Similarity,
            inliers: 5,
            residual_px: 0.0,
            chance_log10: -21.6,
        };
        let written = RegistrationResult::new(&registration, Point::new(450.0, 400.0));
        assert_eq!(written.chance_exponent(), -21);
        assert_eq!(RegistrationResult { chance_log10: -0.4, ..written }.chance_exponent(), 0);
    }

    #[test]
    fn mapping_that_was_written_is_read_back() {
        let places = [[0.0, 0.0], [900.0, 20.0], [30.0, 800.0], [880.0, 830.0], [400.0, 420.0]].map(Point::from);
        let wanted = [[1.0, 2.0], [-4.0, 0.0], [3.0, 3.0], [0.0, -5.0], [6.0, 1.0]].map(|[x, y]| Vector::new(x, y));
        let homography = Homography([[1.1, -0.2, 30.0], [0.25, 0.95, -12.0], [2e-5, -1e-5, 1.0]]);
        let mapping = Mapping::new(homography, Warp::fitted(&places, &wanted, 0.0)).unwrap();
        let registration = Registration { mapping, model: Model::Homography, inliers: 5, residual_px: 0.0, chance_log10: -9.0 };
        let written = RegistrationResult::new(&registration, Point::new(450.0, 400.0));
        let read = written.mapping().unwrap();
        for p in places {
            assert!(read.map(p).distance(registration.mapping.map(p)) < 0.05);
        }
        assert_eq!(RegistrationResult { baseline_to_follow_up: [[0.0; 3]; 3], ..written }.mapping(), None);
    }
}
