//! Two photos of one site: the same skin found again, each hair paired with itself, its fate, and what has changed.

pub(crate) mod assignment;
mod change;
mod drift;
mod fate;
mod fit;
mod gone;
mod group;
mod growth;
mod mapping;
mod odds;
mod overlap;
mod pair;
mod propose;
mod register;
mod roots;
mod sites;
mod thickness;
pub mod timeline;
mod visit;
mod warp;
mod witness;

#[cfg(test)]
mod tests;

pub use change::{Change, Verdict};
pub use fate::{Fate, HairFate, Place, Reason};
pub use fit::Model;
pub use gone::Signs;
pub use growth::{Growth, PHOTOTRICHOGRAM_DAYS, Phase, Phototrichogram, Uncut};
pub use mapping::{Homography, Mapping};
pub use overlap::Overlap;
pub use register::{MOST_CHANCE_LOG10, Refusal, Registration, register};
pub use sites::{UnitFate, UnitFateKind};
pub use thickness::{Measured, Repeat};
pub use visit::Visit;
pub use warp::Warp;

use crate::measure::Cuts;
use crate::photo::{Caveat, CaveatCode};

/// What comparing two photos gave. Without a registration there are no fates and no changes, and a caveat says why.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// How the baseline lies in the follow-up, where the two are shown to be of the same skin.
    pub registration: Option<Registration>,
    /// The skin both show.
    pub overlap: Option<Overlap>,
    /// What became of each hair, those of the baseline first.
    pub fates: Vec<HairFate>,
    /// What became of each follicular unit of the overlap.
    pub units: Vec<UnitFate>,
    /// What has changed over the overlap.
    pub changes: Vec<Change>,
    /// How fast hair grew, where it was not cut in between.
    pub growth: Option<Growth>,
    /// Growing against resting hairs, where that was asked for and can be told.
    pub phototrichogram: Option<Phototrichogram>,
    /// What a reader of the numbers should know.
    pub caveats: Vec<Caveat>,
}

/// Compares two photos: a pure function of what was found in them and of their light.
pub fn compare(baseline: &Visit, follow_up: &Visit, cuts: &Cuts) -> Comparison {
    let mut caveats: Vec<Caveat> = of_scales(baseline, follow_up).into_iter().collect();
    let registration = match register(baseline, follow_up) {
        Ok(registration) => registration,
        Err(refusal) => {
            caveats.push(refused(&refusal));
            return Comparison { caveats, ..Comparison::default() };
        }
    };
    let scales_off = scales_off(baseline, follow_up, &registration);
    let disagree = scales_off.is_some_and(|off| off.abs() > MOST_DISAGREEMENT);
    caveats.extend(scales_off.filter(|_| disagree).map(disagreeing_scales));
    let overlap = Overlap::of(baseline, follow_up, &registration.mapping);
    // Any part of it is as likely as another to be the photos and the rest the skin: so much, in the root mean square, are lengths off by it.
    let lengths_off = scales_off.map(|off| off.abs() / 3f64.sqrt());
    // Where one of the scales is wrong, nobody knows which, and no thickness can be held against another.
    let fates = fate::fates(baseline, follow_up, &registration, lengths_off.filter(|_| !disagree));
    let units = sites::unit_fates(&fates, baseline, follow_up, &registration.mapping);
    // An area and a thickness that hold for both need both scales.
    let area = overlap.area_cm2.filter(|_| follow_up.calibration.is_some() && !disagree);
    let changes = change::changes(&fates, &units, area, ([baseline, follow_up], lengths_off.unwrap_or(0.0)), cuts);
    Comparison {
        registration: Some(registration),
        overlap: Some(overlap),
        fates,
        units,
        changes,
        growth: None,
        phototrichogram: None,
        caveats,
    }
}

impl Comparison {
    /// The same, with why nothing can be said of growth that was asked for.
    pub fn without_growth(mut self, cause: impl std::fmt::Display) -> Self {
        self.caveats.push(caveat(CaveatCode::NoGrowth, format!("no growth is given: {cause}")));
        self
    }

    /// The same with what two photos tell between which hair was not cut: how fast it grew and, where asked for, which hair did.
    pub fn uncut(mut self, uncut: &Uncut) -> Self {
        let growth = growth::growth(&self.fates, uncut).filter(|_| uncut.days > 0.0);
        if growth.is_some_and(|growth| growth.is_cut(uncut.days)) {
            let message = "hair is shorter in the follow-up: it was cut in between, so that nothing can be said of growth";
            self.caveats.push(caveat(CaveatCode::NoGrowth, message.into()));
            return self;
        }
        if growth.is_none() && !uncut.phototrichogram && self.registration.is_some() {
            self = self.without_growth("no hair's whole length is known in both photos");
        }
        self.growth = growth;
        self.phototrichogram = growth::phototrichogram(&mut self.fates, uncut);
        if uncut.phototrichogram && self.phototrichogram.is_none() && self.registration.is_some() {
            let message = "growing and resting hairs cannot be told: that needs two photos with a scale, 2 to 3 days apart by their dates, that show both ends of the same clipped hairs";
            self.caveats.push(caveat(CaveatCode::NoPhototrichogram, message.into()));
        }
        self
    }
}

fn caveat(code: CaveatCode, message: String) -> Caveat {
    Caveat { code, message, region: None }
}

fn of_scales(baseline: &Visit, follow_up: &Visit) -> Option<Caveat> {
    let which = match (baseline.calibration, follow_up.calibration) {
        (Some(_), Some(_)) => return None,
        (None, None) => "neither photo has",
        (None, Some(_)) => "the baseline does not have",
        (Some(_), None) => "the follow-up does not have",
    };
    let message = format!("{which} a known scale: no change in µm, mm or cm² is given");
    Some(caveat(CaveatCode::Uncalibrated, message))
}

fn refused(refusal: &Refusal) -> Caveat {
    let least = MOST_CHANCE_LOG10;
    let message = match refusal {
        Refusal::TooFewHairs(roots) => {
            format!("one of the photos shows {roots} roots, too few to find the same skin again: no fates and no changes are given")
        }
        // A matcher that finds nothing in common states a chance of 1, which says little to a reader.
        Refusal::NotProven(chance) if *chance > -0.5 => {
            "the two photos are not shown to be of the same skin: they have no more in common than any two photos; no fates and no changes are given".into()
        }
        Refusal::NotProven(chance) => format!(
            "the two photos are not shown to be of the same skin: as much in common have photos of different skin up to once in {:.0}, and once in {:.0} is asked for; no fates and no changes are given",
            10f64.powf(-chance),
            10f64.powf(-least)
        ),
        Refusal::Mirrored => "one of the photos is a mirror image of the other: turn it back; no fates and no changes are given".into(),
    };
    let code = if *refusal == Refusal::Mirrored { CaveatCode::Mirrored } else { CaveatCode::NotSameField };
    caveat(code, message)
}

/// Beyond this the two stated scales are not both right: skin is not stretched as much.
const MOST_DISAGREEMENT: f64 = 0.05;

/// By how much more the same skin is enlarged in the follow-up than the two scales say, as a natural log: the skin is stretched, or the photos were
/// taken from other distances, and which of the two is not known. `None` where a photo has no scale.
fn scales_off(baseline: &Visit, follow_up: &Visit, registration: &Registration) -> Option<f64> {
    let stated = baseline.calibration?.um_per_px / follow_up.calibration?.um_per_px;
    Some((registration.mapping.scale(baseline.middle()) / stated).ln())
}

fn disagreeing_scales(off: f64) -> Caveat {
    let message = format!(
        "the same skin is {:.0} % {} in the follow-up than the two scales say: one of them is wrong, so no change in µm, mm or cm² is given",
        100.0 * off.exp_m1().abs(),
        if off > 0.0 { "larger" } else { "smaller" }
    );
    caveat(CaveatCode::ScalesDisagree, message)
}
