//! How fast hair grows, and which hair does: only from two photos between which nobody cut it.

use super::fate::{Fate, HairFate};
use crate::measure::intervals::{Interval, bootstrap, wilson};
use crate::units::Micrometers;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known of the time between two photos.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Uncut {
    /// Days from the baseline to the follow-up, above 0; hair was clipped before the baseline and not since.
    pub days: f64,
    /// One standard deviation of the days, which the rate is as uncertain by.
    pub days_error: f64,
    /// Whether to tell growing from resting hairs.
    pub phototrichogram: bool,
}

/// Whether a hair grew between two photos taken days apart after clipping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It is longer, by at least half of what hair as thick grows.
    Growing,
    /// It is as long as it was, to within a quarter of that. One that is shorter was cut, or another hair's end was taken for its own.
    Resting,
}

/// How fast hair grew.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// The median over hairs whose root and tip were seen in both photos.
    pub mm_per_day: f64,
    /// Its interval at 95 %, which holds how well the days are known; `None` for fewer than five hairs.
    pub interval: Option<Interval>,
    /// How many hairs it rests on.
    pub n: usize,
}

/// Growing against resting hairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Phototrichogram {
    /// How many grew.
    pub growing: usize,
    /// How many did not.
    pub resting: usize,
    /// How many hairs seen in both photos could not be told: an end was hidden, or the change lies between, or they are shorter.
    pub undetermined: usize,
    /// Growing hairs of all that could be told.
    pub growing_share: f64,
    /// Its interval at 95 %.
    pub interval: Interval,
}

/// The days between the photos of a phototrichogram: later, hair has grown out of the field and into its neighbors.
pub const PHOTOTRICHOGRAM_DAYS: std::ops::RangeInclusive<f64> = 1.5..=3.5;

/// Hair from 60 µm on grows 0.38 ± 0.03 mm a day, hair of 30 to 60 µm 0.32 ± 0.03. For finer hair no source gives a rate; it is slower.
const RATES: [(f64, f64); 3] = [(60.0, 0.38), (30.0, 0.32), (0.0, 0.16)];

/// The shares of the growth expected of a hair from which it grew, and up to which it rested.
const GREW: f64 = 0.5;
const RESTED: f64 = 0.25;

impl Growth {
    /// Whether the hair is shorter after so many days than it was, which no hair becomes by itself, by more than a photo from a little farther away
    /// makes it.
    pub fn is_cut(&self, days: f64) -> bool {
        self.interval.is_some_and(|interval| interval.high * days < -LEAST_CUT_MM)
    }
}

/// Ends of hair of a millimeter or two are this well known, and the scale to a few percent of that.
const LEAST_CUT_MM: f64 = 0.1;

/// How fast the hairs kept grew; `None` where no hair's whole length was seen in both photos.
pub fn growth(fates: &[HairFate], uncut: &Uncut) -> Option<Growth> {
    let rates: Vec<Vec<f64>> = kept(fates).filter_map(|hair| hair.length_change).map(|change| vec![change.0 / uncut.days]).collect();
    let median = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let n = values.len();
        (n > 0).then(|| (values[(n - 1) / 2] + values[n / 2]) / 2.0)
    };
    let mm_per_day = median(&rates.concat())?;
    let by_days = Z * uncut.days_error / uncut.days * mm_per_day;
    let interval = bootstrap(&rates, median).map(|drawn| Interval {
        low: mm_per_day - (mm_per_day - drawn.low).hypot(by_days),
        high: mm_per_day + (drawn.high - mm_per_day).hypot(by_days),
    });
    Some(Growth { mm_per_day, interval, n: rates.len() })
}

/// The standard normal quantile of the intervals' level.
const Z: f64 = 1.959_963_984_540_054;

/// Tells each kept hair's phase, and how many are in each; `None` where none can be told or the photos are not days apart.
pub fn phototrichogram(fates: &mut [HairFate], uncut: &Uncut) -> Option<Phototrichogram> {
    if !uncut.phototrichogram || !PHOTOTRICHOGRAM_DAYS.contains(&uncut.days) {
        return None;
    }
    for hair in fates.iter_mut().filter(|hair| hair.fate.is_kept()) {
        hair.phase = phase(hair, uncut.days);
    }
    let count = |phase| kept(fates).filter(|hair| hair.phase == phase).count();
    let (growing, resting, undetermined) = (count(Some(Phase::Growing)), count(Some(Phase::Resting)), count(None));
    let told = (growing + resting) as f64;
    let growing_share = growing as f64 / told;
    let interval = wilson(growing_share, told)?;
    Some(Phototrichogram { growing, resting, undetermined, growing_share, interval })
}

fn kept(fates: &[HairFate]) -> impl Iterator<Item = &HairFate> {
    fates.iter().filter(|hair| hair.fate.is_kept() && hair.fate != Fate::Outside)
}

fn phase(hair: &HairFate, days: f64) -> Option<Phase> {
    let change = hair.length_change?.0;
    let thickness = hair.thickness.iter().flatten().map(|t| t.value).fold(Micrometers(0.0), |a, b| if b > a { b } else { a });
    let rate = RATES.iter().find(|(from, _)| thickness.0 >= *from)?.1;
    let share = change / (rate * days);
    if share >= GREW {
        Some(Phase::Growing)
    } else if share.abs() <= RESTED {
        Some(Phase::Resting)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Measured, Place, Repeat};
    use crate::geometry::Point;
    use crate::units::Millimeters;

    fn hair(thickness_um: f64, change_mm: Option<f64>) -> HairFate {
        let place = Some(Place { id: Some(0), root: Point::new(0.0, 0.0), tip: Point::new(9.0, 0.0) });
        let thick = Some(Measured { value: Micrometers(thickness_um), standard_error: Micrometers(1.0) });
        HairFate {
            fate: Fate::Kept,
            counted: true,
            baseline: place,
            follow_up: place,
            thickness: [thick; 2],
            repeat: Repeat::default(),
            length_change: change_mm.map(Millimeters),
            phase: None,
            confidence: 0.9,
            signs: None,
            reason: None,
        }
    }

    const TWO_DAYS: Uncut = Uncut { days: 2.0, days_error: 0.0, phototrichogram: true };

    #[test]
    fn no_hair_has_no_growth_and_no_phase() {
        assert_eq!((growth(&[], &TWO_DAYS), phototrichogram(&mut [], &TWO_DAYS)), (None, None));
        assert_eq!(phototrichogram(&mut [hair(70.0, None)], &TWO_DAYS), None);
    }

    #[test]
    fn growing_and_resting_hairs_are_told_by_what_hair_as_thick_grows() {
        let mut hairs =
            [hair(70.0, Some(0.74)), hair(70.0, Some(0.02)), hair(70.0, Some(0.28)), hair(40.0, Some(0.33)), hair(25.0, Some(0.2))];
        let told = phototrichogram(&mut hairs, &TWO_DAYS).unwrap();
        let mut shorter = [hair(70.0, Some(-0.3)), hair(70.0, Some(-0.1))];
        phototrichogram(&mut shorter, &TWO_DAYS).unwrap();
        assert_eq!(shorter.map(|hair| hair.phase), [None, Some(Phase::Resting)]);
        let phases = hairs.map(|hair| hair.phase);
        assert_eq!(phases, [Some(Phase::Growing), Some(Phase::Resting), None, Some(Phase::Growing), Some(Phase::Growing)]);
        assert_eq!((told.growing, told.resting, told.undetermined, told.growing_share), (3, 1, 1, 0.75));
    }

    #[test]
    fn phases_are_told_only_days_apart_and_only_when_asked_for() {
        for uncut in [Uncut { days: 30.0, ..TWO_DAYS }, Uncut { days: 0.0, ..TWO_DAYS }, Uncut { phototrichogram: false, ..TWO_DAYS }] {
            let mut hairs = [hair(70.0, Some(0.74))];
            assert!(phototrichogram(&mut hairs, &uncut).is_none() && hairs[0].phase.is_none());
        }
    }

    #[test]
    fn days_known_to_the_day_alone_widen_the_interval_of_a_short_time() {
        let half = |days: f64, days_error: f64| {
            let hairs: Vec<HairFate> = (0..20).map(|i| hair(70.0, Some(0.35 * days + 0.01 * f64::from(i % 5)))).collect();
            let growth = growth(&hairs, &Uncut { days, days_error, phototrichogram: false }).unwrap();
            let interval = growth.interval.unwrap();
            assert!(interval.low < growth.mm_per_day && growth.mm_per_day < interval.high);
            (interval.high - interval.low) / 2.0 / growth.mm_per_day
        };
        let rounded = 0.5 / 3f64.sqrt();
        let by_days = Z * rounded / 2.0;
        assert!(half(2.0, 0.0) < 0.05 && (half(2.0, rounded) - by_days).abs() < 0.01, "{} {}", half(2.0, 0.0), half(2.0, rounded));
        assert!(half(100.0, rounded) < 0.01);
    }

    #[test]
    fn growth_is_the_change_of_length_per_day() {
        let hairs: Vec<HairFate> = [0.6, 0.7, 0.8].map(|change| hair(70.0, Some(change))).to_vec();
        let growth = growth(&hairs, &TWO_DAYS).unwrap();
        assert!((growth.mm_per_day - 0.35).abs() < 1e-12 && growth.n == 3 && growth.interval.is_none());
    }
}
