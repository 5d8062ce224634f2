//! Width under a pixel: a profile fit across the shaft on the original pixels.
//!
//! Every pixel near a shaft is placed by its own distance from the centerline, so nothing is interpolated. A blurred staircase (skin, shaft,
//! skin, with a core or a second hair where the evidence asks for one, and the shade that hair throws on its skin) is fitted to each short
//! window along the shaft; its two edges share the photo's point spread, which the wide hairs tell. The windows of one strand give one width,
//! its taper and how far off it is.

mod choice;
mod doubt;
mod estimate;
mod fit;
mod halves;
mod laid;
mod locate;
mod neighbors;
mod normal;
mod point_spread;
mod pooled;
mod profile;
mod search;
mod shade;
mod shape;
mod staircase;
#[cfg(test)]
mod tests;

pub use doubt::Signs;
pub use point_spread::PointSpread;
pub use profile::Light;

use super::{Estimate, Tone, Width};
use crate::geometry::{Point, Polyline};
use crate::units::Pixels;
use choice::{Expected, Models, Place, has_core};
use doubt::Seen;
use estimate::{Errors, Even, Sample, Summary};
use fit::{CorePrior, Fit};
use halves::Shown;
use locate::{Located, locate, through};
use neighbors::{Clearance, Course, clearance};
use point_spread::{Anchor, LEAST_SPREADS, combined, median};
use pooled::Pooled;
use profile::{Profile, Window};
use rayon::prelude::*;
use shape::{Kind, Kinds, Looks, Shape as Across};
use staircase::{NARROW, USUAL_SHARE, WIDE};

/// A shaft to measure: where it runs and how it stands against its skin.
#[derive(Debug, Clone, Copy)]
pub struct Shaft<'a> {
    /// From root to tip, in photo pixels; may lie up to about a third of a width beside the middle; a shaft farther away is another one.
    pub centerline: &'a Polyline,
    /// Dark or light against its skin.
    pub tone: Tone,
    /// The width expected, right to a factor of two; tried over all widths where unknown.
    pub rough_width: Option<Pixels>,
}

/// What was measured of one shaft.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Its width, where it is known well enough for a figure.
    pub width: Option<Width>,
    /// What its width and the precision of that rest on, where any clean place was found.
    pub evidence: Option<Evidence>,
    /// The centerline brought onto the middle between the edges; the ends keep their place along the shaft.
    pub centerline: Polyline,
    /// The shaft, by its place among those given, that was measured as one with this one: both are bands of one hair.
    pub band_of: Option<usize>,
}

impl Measured {
    /// Its likeliest width, where it may be one hair's but is known too little for a figure.
    pub fn estimate(&self) -> Option<Estimate> {
        let evidence = self.evidence.filter(|evidence| evidence.possible && self.width.is_none())?;
        let standard_error = evidence.signs.standard_error(evidence.width.0, evidence.fit_error.0);
        standard_error.is_finite().then_some(Estimate { value: evidence.width, standard_error: Pixels(standard_error) })
    }
}

/// What is known of a shaft's width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// The likeliest width at the strand's middle.
    pub width: Pixels,
    /// One standard deviation of it by the fits alone.
    pub fit_error: Pixels,
    /// What tells of errors that the fits do not know.
    pub signs: Signs,
    /// Whether it is one hair's, about as wide as it was traced, and no less than can be trusted.
    pub possible: bool,
}

/// Every shaft of one photo, measured together.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// In the order of the shafts given.
    pub shafts: Vec<Measured>,
    /// The photo's blur; `None` where no shaft tells it.
    pub point_spread: Option<PointSpread>,
}

/// By what share of its width hair usually tapers over its length: one standard deviation, on either side of none.
const USUAL_TAPER: f64 = 0.05;

/// A width has no figure where its standard error is more than this share of it.
const LEAST_KNOWN: f64 = 0.3;

/// A shaft this many times as wide as the photo's usual hair, or one that widens or narrows by more than this share over its places, is more likely two
/// hairs: of drawn ones two in five of the first and one in five of the second are.
const FAR_BEYOND_USUAL: f64 = 1.5;
const PARTING: f64 = 0.4;

/// So many of a photo's hairs of one tone tell what is usual.
const FEWEST_OF_PHOTO: usize = 5;

/// The least that a reflex which parts its shaft adds to the shaft's light, as a share of its contrast. Two bands whose seam adds less are as likely two hairs.
const PARTING_CORE: f64 = 0.06;

/// The most by which the upper quarter of a photo's widths may exceed its lower one for there to be a usual width.
const ALIKE: f64 = 1.8;

/// A shaft much narrower than it was traced, blur and all, is part of one. One that is much wider was traced along a band beside its reflex.
const LIKE_TRACED: f64 = 0.45;

/// How far the middle of the shaft may lie from where it was traced, in shares of its width: at one place, and usually. Beyond it is another hair's.
const AWAY: f64 = 0.6;
const USUALLY_AWAY: f64 = 0.3;

/// The most windows along one strand.
const MOST_WINDOWS: usize = 20;

/// Measures the widths of all shafts of one photo.
///
/// Left out are places where another of the shafts lies over this one, where `usable` says no for half the window, and one width from either end.
/// A shaft with another close beside it is fitted as two hairs. A pointed end is no part of a shaft's width. Where reflexes part a photo's dark hair, one of two bands
/// gets the whole's width and middle, the other no width, and is said to be a band of the first.
///
/// # Units
/// `light`: linear light of the original pixels, zero where there is none, in any unit. Widths and the point spread in pixels.
///
/// # Accuracy
/// On drawn opaque dark strips 4 to 40 px wide at point spreads of 0.5 and 1 px, noise of 1 % of full light: bias within 0.008 px and mean
/// absolute error within 0.030 px; with a reflex of 30 or 60 %, within 0.014 and 0.046 px; light ones within 0.009 and 0.028, 0.046 and 0.057 px. The
/// truth lies within 1.96 fit errors in 96 % of dark strips; how often within 1.96 standard errors on drawn skin, `models/thickness` says. Fitted to sRGB
/// values instead, dark widths read 0.75 px too thin; to optical density, 1.4 px. Translucent strips taken for opaque would read 10 to 15 % too thin.
///
/// # Source
/// Ours. The blurred two-edge profile follows the vessel-width literature (Al-Diri, Hunter & Steel 2009, doi:10.1109/TMI.2009.2017941),
/// the random-effects mean of the blur DerSimonian & Laird 1986.
pub fn measure(light: &(dyn Light + Sync), shafts: &[Shaft], usable: &(dyn Fn(Point) -> bool + Sync)) -> Survey {
    let rough: Vec<Option<f64>> = shafts.iter().map(|s| s.rough_width.map(|w| w.0).filter(|w| w.is_finite() && *w > 0.0)).collect();
    let courses: Vec<Option<Course>> = shafts.iter().zip(&rough).map(|(s, w)| Some(Course::new(s.centerline, (*w)?))).collect();
    let located: Vec<Option<Located>> = (0..shafts.len())
        .into_par_iter()
        .map(|i| locate(light, shafts[i].centerline, shafts[i].tone, rough[i], &near(&courses, i), usable))
        .collect();
    let courses = |located: &[Option<Located>]| -> Vec<Option<Course>> {
        located.iter().map(|l| l.as_ref().map(|l| Course::new(&l.centerline, l.width))).collect()
    };
    let shown = halves::shown(light, shafts, &located, &courses(&located), usable);
    let half: Vec<bool> = shown.iter().map(|shown| matches!(shown, Shown::Half)).collect();
    let of_half: Vec<bool> = shown.iter().map(|shown| matches!(shown, Shown::HalfOf(_))).collect();
    let band_of: Vec<Option<usize>> = shown.iter().map(|shown| if let Shown::OtherHalf(of) = shown { Some(*of) } else { None }).collect();
    let located: Vec<Option<Located>> = located
        .into_iter()
        .zip(shown)
        .map(|(located, shown)| match shown {
            Shown::Whole | Shown::Half => located,
            Shown::HalfOf(whole) => Some(whole),
            Shown::OtherHalf(_) => None,
        })
        .collect();
    let courses = courses(&located);
    let expected = |i: usize| match &located[i] {
        Some(whole) if of_half[i] => (&whole.centerline, Some(whole.width)),
        _ => (shafts[i].centerline, rough[i]),
    };
    let dark = |i: usize| shafts[i].tone == Tone::Dark;
    let throwing = (0..shafts.len()).into_par_iter().filter(|i| dark(*i)).filter_map(|i| Some((located[i].as_ref()?, near(&courses, i))));
    let shade = shade::Usual::of(light, throwing, usable);
    let traced = |i: usize, spread: Option<f64>| {
        Traced::of(light, located[i].as_ref()?, (shafts[i].tone, shade.filter(|_| dark(i))), spread, &near(&courses, i), usable)
    };
    let found: Vec<Option<Traced>> = (0..shafts.len()).into_par_iter().map(|i| traced(i, None)).collect();
    // Close between others a shaft shows nowhere how blurred it is, and so not how much skin it needs beside it, until others have told.
    let spread = median(found.iter().flatten().map(|t| t.ln_spread.0).collect()).map(f64::exp);
    let traced: Vec<Option<Traced>> =
        found.into_par_iter().enumerate().map(|(i, found)| found.or_else(|| traced(i, Some(spread?)))).collect();
    let kinds = [Tone::Dark, Tone::Light].map(|tone| shared_out(&traced, tone));
    let traced: Vec<Option<Traced>> =
        traced.into_par_iter().enumerate().map(|(i, t)| t.and_then(|t| t.shaped(light, &kinds, &near(&courses, i), usable))).collect();
    let telling = telling(&traced);
    let point_spread = telling.as_ref().and_then(|(_, anchors)| PointSpread::from_anchors(anchors.clone()));
    let kinds = kinds.map(|kinds| kinds.common());
    let settle = |core: Option<CorePrior>, tells: bool| -> Vec<Option<Settled>> {
        let of = |i: usize| {
            let (traced, photo, (least, _)) = (traced[i].as_ref()?, point_spread.as_ref()?, telling.as_ref()?);
            if traced.is_wide(*least, photo.sigma.0) == tells { Settled::of(traced, expected(i), photo, core, &kinds) } else { None }
        };
        (0..traced.len()).into_par_iter().map(of).collect()
    };
    // The wide hairs come first: they tell what core to expect in those too narrow to show it.
    let wide = settle(None, true);
    let core = core_of_wide(&wide);
    let settled: Vec<Option<Settled>> = settle(core, false).into_iter().zip(wide).map(|(narrow, wide)| narrow.or(wide)).collect();
    let summaries: Vec<Summary> = settled.iter().flatten().map(|s| s.summary.clone()).collect();
    let errors = Errors::of(&summaries);
    let usual = [Tone::Dark, Tone::Light].map(|tone| {
        usual_width(
            settled.iter().enumerate().filter(|(i, _)| shafts[*i].tone == tone && !half[*i]).filter_map(|(_, s)| Some(s.as_ref()?.width)),
        )
    });
    let stayed = |i: usize| settled[i].as_ref().filter(|s| s.stayed && (!of_half[i] || s.core_strength > PARTING_CORE));
    let told = |i: usize| {
        let settled = stayed(i).filter(|_| !half[i])?;
        Some((settled, settled.evidence(&errors, expected(i).1, usual[usize::from(shafts[i].tone == Tone::Light)])))
    };
    let shafts = (0..shafts.len())
        .map(|i| Measured {
            width: told(i).and_then(|(settled, evidence)| settled.width(&evidence)),
            evidence: told(i).map(|(_, evidence)| evidence),
            centerline: stayed(i).map_or_else(|| shafts[i].centerline.clone(), |s| s.centerline.clone()),
            band_of: band_of[i].filter(|of| stayed(*of).is_some()),
        })
        .collect();
    Survey { shafts, point_spread }
}

/// The median width of a photo's hair of one tone; `None` where few tell it, or they are so unlike that none is usual.
fn usual_width(widths: impl Iterator<Item = f64>) -> Option<f64> {
    let mut widths: Vec<f64> = widths.filter(|w| w.is_finite()).collect();
    widths.sort_by(f64::total_cmp);
    let n = widths.len();
    (n >= FEWEST_OF_PHOTO && widths[3 * n / 4] < ALIKE * widths[n / 4]).then(|| widths[n / 2])
}

/// The courses that come near the one of this number.
fn near(courses: &[Option<Course>], own: usize) -> Vec<&Course> {
    let Some(course) = &courses[own] else { return vec![] };
    courses.iter().enumerate().filter(|(i, _)| *i != own).filter_map(|(_, c)| c.as_ref()).filter(|c| course.near(c)).collect()
}

/// A shaft whose places are fitted, each with a point spread of its own.
struct Traced {
    places: Vec<Place>,
    centerline: Polyline,
    tone: Tone,
    width: f64,
    middle: Point,
    /// Whether it carries a core.
    core: bool,
    /// How its light runs across, and the variance of the width by not knowing that, as a share of the width squared.
    shape: (Across, f64),
    /// Whether it is too dark to let light through.
    opaque: bool,
    /// What its places say of its shape together, where they do.
    looks: Option<Looks>,
    windows: Vec<Window>,
    /// How much skin the windows need beside the shaft.
    flank: f64,
    /// The shade it throws by what its places show.
    shade: Option<shade::Usual>,
    /// The logarithm of the point spread at its edges, and the variance of that.
    ln_spread: (f64, f64),
}

impl Traced {
    /// `spread` is the blur of the photo's other shafts, for one that shows none of its own.
    fn of(
        light: &(dyn Light + Sync),
        located: &Located,
        (tone, shade): (Tone, Option<shade::Usual>),
        spread: Option<f64>,
        others: &[&Course],
        usable: &dyn Fn(Point) -> bool,
    ) -> Option<Self> {
        let windows = Window::along(&located.centerline, located.width, located.width, MOST_WINDOWS);
        // A few windows tell how much skin the blurred edges need beside them, and which model; then all are fitted with that.
        let few: Vec<Window> = windows.iter().step_by(windows.len().div_ceil(5).max(1)).copied().collect();
        let generous = (0.5 * located.width).max(9.0);
        let unseen = Expected { width: located.width, spread: 1.2, shape: Across::OPAQUE, noise: None, shade };
        let pilot = places(light, &few, tone, (&unseen, generous), Models::Both, others, usable);
        let seen = typical(&pilot).or_else(|| Some(Expected { spread: spread?, ..unseen }))?;
        let models = Models::after(&pilot);
        let flank = (3.2 * seen.spread + 2.5).max(0.3 * seen.width);
        let places = places(light, &windows, tone, (&seen, flank), models, others, usable);
        let (typical, all) = (typical(&places)?, places.iter().collect::<Vec<_>>());
        let opaque = tone == Tone::Dark && depth(&places)? > OPAQUE_DEPTH;
        let mean = if opaque { None } else { pooled::mean_profile(&all, typical.spread) };
        let looks = mean.and_then(|mean| pooled::looks(&mean, (typical.width, typical.shade), typical.spread, tone));
        let middle = located.centerline.at(located.centerline.length() / 2.0);
        let traced = Self {
            places,
            centerline: located.centerline.clone(),
            tone,
            width: typical.width,
            middle,
            core: false,
            shape: (Across::OPAQUE, 0.0),
            opaque,
            looks,
            windows,
            flank,
            shade: typical.shade,
            ln_spread: (typical.spread.ln(), 1.0),
        };
        traced.told(models)
    }

    /// The same fitted anew with the shape that is most likely, given how the photo's hair of its tone is shared out.
    fn shaped(self, light: &(dyn Light + Sync), kinds: &[Kinds; 2], others: &[&Course], usable: &dyn Fn(Point) -> bool) -> Option<Self> {
        if self.opaque {
            return Some(self);
        }
        let looks = self.looks.clone().or_else(|| Looks::unseen(&self.places, self.tone));
        let Some((shape, variance)) = looks.map(|looks| looks.likeliest(&kinds[usize::from(self.tone == Tone::Light)])) else {
            return Some(self);
        };
        if shape.kind == Kind::Opaque {
            return Some(Self { shape: (shape, variance), ..self });
        }
        let seen = typical(&self.places)?;
        let seen = Expected { width: seen.width * shape.over_opaque(), shape, ..seen };
        let places = places(light, &self.windows, self.tone, (&seen, self.flank), Models::Both, others, usable);
        Self { places, shape: (shape, variance), ..self }.told(Models::Both)
    }

    /// The same with what its places tell together: its width, its core and its blur.
    fn told(self, models: Models) -> Option<Self> {
        let width = typical(&self.places)?.width;
        let mut places = self.places;
        places.retain(|p| p.plain.model.width() > 0.4 * width && p.plain.model.width() < 2.5 * width);
        let core = has_core(&places, models);
        let fits = || places.iter().filter_map(|p| p.chosen(core));
        let ln_spreads: Vec<f64> = fits().map(|f| f.model.ln_spread).collect();
        let center = median(ln_spreads.clone())?;
        let scatter = 1.4826 * median(ln_spreads.iter().map(|s| (s - center).abs()).collect())?;
        let white = median(fits().map(|f| f.ln_spread_variance).collect())?;
        // The scatter of few places is itself uncertain, so what the fits' noise explains counts for a few more. A median of n is worth about
        // 2 n / π of them.
        let n = ln_spreads.len() as f64;
        let variance = ((n - 1.0) * scatter * scatter + 4.0 * white) / (n + 3.0) * 1.57 / n + 1e-6;
        Some(Self { places, width, core, ln_spread: (center, variance), ..self })
    }

    /// Whether the shaft is at least so many point spreads wide, by the larger of its own and the photo's usual one: a thin shaft's own may
    /// come out far too small.
    fn is_wide(&self, least: f64, usual: f64) -> bool {
        self.width >= least * usual.max(self.ln_spread.0.exp())
    }
}

/// Fits every window that is clear, with free point spread, from an expected width and point spread.
fn places(
    light: &(dyn Light + Sync),
    windows: &[Window],
    tone: Tone,
    (expected, flank): (&Expected, f64),
    models: Models,
    others: &[&Course],
    usable: &dyn Fn(Point) -> bool,
) -> Vec<Place> {
    let (width, spread) = (expected.width, expected.spread);
    // Bins well below the blur lose nothing; the little they add is known and taken out.
    let bin = (0.6 * spread).clamp(0.35, 2.0);
    let further = expected.shade.map_or(flank, |_| flank.max(shade::REACH * width));
    let reach = width / 2.0 + further;
    windows
        .iter()
        .filter_map(|window| {
            let clearance = clearance(window, width / 2.0, 0.7 * flank, reach, others);
            let range = match clearance {
                Clearance::Crossed => return None,
                Clearance::Clear(from, to) | Clearance::Beside { from, to, .. } => (from, to),
            };
            let profile = Profile::gather(light, window, range, bin, usable)?;
            let place = Place::fit(*window, profile, expected, models, clearance)?;
            let contrast = place.plain.model.contrast() * if tone == Tone::Dark { -1.0 } else { 1.0 };
            (contrast > 0.0 && place.plain.model.center().abs() < (0.5 * width).max(1.5)).then_some(place)
        })
        .collect()
}

/// The median width, point spread and noise of plainly fitted places.
fn typical(places: &[Place]) -> Option<Expected> {
    let of = |value: fn(&Place) -> f64| median(places.iter().map(value).collect());
    let spread = of(|p| p.plain.model.ln_spread)?.exp();
    let Place { plain, shade, .. } = places.first()?;
    let (shape, shade) = (plain.model.shape, shade.map(|usual| usual.along(places.iter().map(|p| p.plain.model))));
    Some(Expected { width: of(|p| p.plain.model.width())?, spread, shape, noise: of(|p| p.plain.noise * p.profile.unit), shade })
}

/// How the photo's hair of one tone is shared out over the kinds, by the shafts wide enough to say.
fn shared_out(traced: &[Option<Traced>], tone: Tone) -> Kinds {
    let telling = traced.iter().flatten().filter(|t| t.tone == tone && t.is_wide(WIDE_ENOUGH, 0.0) && (t.opaque || t.looks.is_some()));
    let hairs: Vec<Option<&[f64]>> = telling.map(|t| t.looks.as_ref().map(|looks| &looks.criteria[..])).collect();
    Kinds::shared(tone, &hairs)
}

/// From this many of their own point spreads on, shafts say something of their kind.
const WIDE_ENOUGH: f64 = 5.0;

/// The share of the skin's light that a shaft takes away, beyond which it lets none through to speak of.
const OPAQUE_DEPTH: f64 = 0.7;

/// The median share of the skin's light that the places' shaft takes away in its middle, a reflex aside.
fn depth(places: &[Place]) -> Option<f64> {
    let of = |fit: &Fit, darkest: f64| {
        let k = fit.model.shaft;
        -fit.model.contrast() / (fit.model.levels[k].midpoint(fit.model.levels[k + 2]) - darkest).max(1e-6)
    };
    median(
        places.iter().map(|p| of(p.cored.as_ref().unwrap_or(&p.plain), p.profile.darkest).max(of(&p.plain, p.profile.darkest))).collect(),
    )
}

/// The hairs that tell the photo's point spread, and how many point spreads wide they are at least: the wide ones, or the widest there are.
///
/// What is wide is told by the widest third's point spread: a thin shaft's own may come out far too small.
fn telling(traced: &[Option<Traced>]) -> Option<(f64, Vec<Anchor>)> {
    let mut by_width: Vec<&Traced> = traced.iter().flatten().collect();
    by_width.sort_by(|a, b| b.width.total_cmp(&a.width));
    by_width.truncate(by_width.len().div_ceil(3).max(3));
    // Among them those count that are wide by their own blur: a reflex may pass for blur in a narrower one.
    let spreads = |least: f64| by_width.iter().filter(|t| t.is_wide(least, 0.0)).map(|t| t.ln_spread.0).collect::<Vec<f64>>();
    let usual = [WIDE, NARROW, 0.0].into_iter().map(spreads).find(|s| s.len() >= 3).or_else(|| Some(spreads(0.0)));
    let usual = median(usual?)?.exp();
    [WIDE, NARROW, 5.0, 3.0, 0.0].into_iter().find_map(|least| {
        let anchors: Vec<Anchor> = traced
            .iter()
            .flatten()
            .filter(|t| t.is_wide(least, usual) && t.places.len() >= 2)
            .map(|t| Anchor { at: t.middle, ln_sigma: t.ln_spread.0, variance: t.ln_spread.1 })
            .collect();
        (anchors.len() >= 3 || (least == 0.0 && !anchors.is_empty())).then_some((least, anchors))
    })
}

/// What core the wide hairs of a photo have, where three at least tell.
fn core_of_wide(wide: &[Option<Settled>]) -> Option<CorePrior> {
    let strengths: Vec<f64> = wide.iter().flatten().map(|s| s.core_strength).collect();
    if strengths.len() < 3 {
        return None;
    }
    let strength = median(strengths.clone())?;
    let scatter = 1.4826 * median(strengths.iter().map(|s| (s - strength).abs()).collect())?;
    let share = median(wide.iter().flatten().filter_map(|s| s.core_share).collect()).unwrap_or(USUAL_SHARE);
    // Thin hair need not shine just as thick hair does.
    Some(CorePrior { share, strength, deviation: (1.3 * scatter).max(0.25 * strength.abs()).max(0.004) })
}

/// A shaft measured with the point spread held.
struct Settled {
    width: f64,
    summary: Summary,
    /// What the mean profile says, where the width comes from it.
    pooled: Option<Pooled>,
    /// The strength of its core, zero without; and the core's own size as a share of the width.
    core_strength: f64,
    core_share: Option<f64>,
    centerline: Polyline,
    /// Whether the middles of its places are those of the shaft that was traced.
    stayed: bool,
    /// From where to where along the strand it is as thick as it is: a pointed end is left out.
    extent: (f64, f64),
    spread: f64,
    /// How far the width is wrong when the point spread is wrong by one standard deviation, and the shape another.
    shared_error: f64,
    /// What one place says of its width: one standard deviation, by its fit; and how far apart the widest and the narrowest are.
    of_place: f64,
    range: f64,
    /// How far the skin's light on one side is from that on the other, in shares of the contrast.
    imbalance: f64,
}

impl Settled {
    fn of(
        traced: &Traced,
        (rough_line, rough): (&Polyline, Option<f64>),
        photo: &PointSpread,
        core_prior: Option<CorePrior>,
        kinds: &[Kinds; 2],
    ) -> Option<Self> {
        let narrow = !traced.is_wide(NARROW, photo.sigma.0);
        let wide = traced.is_wide(WIDE, photo.sigma.0);
        let expected = photo.expected(traced.middle);
        // A wide shaft's own edges tell its own focus; a thin one's are told by the photo.
        let own = wide.then_some(traced.ln_spread);
        let (ln_spread, variance) = combined(std::iter::once((expected.0, expected.1.max(1e-6))).chain(own))?;
        let core = !narrow && traced.core;
        let refitted: Vec<Place> = if narrow { traced.places.iter().filter_map(|p| p.refit(ln_spread)).collect() } else { vec![] };
        let places = if narrow { &refitted } else { &traced.places };
        let chosen: Vec<(&Place, Fit)> = places.iter().filter_map(|p| Some((p, p.chosen(core)?.held(ln_spread)))).collect();
        let usual = median(chosen.iter().map(|(_, f)| f.model.width()).collect())?;
        let away = |p: &Place, f: &Fit| rough_line.distance_to(p.window.across(f.model.center()));
        let rough = rough.unwrap_or(usual);
        let clean: Vec<(&Place, Fit)> = chosen
            .into_iter()
            .filter(|(p, f)| away(p, f) < AWAY * rough + 1.0)
            .filter(|(_, f)| {
                let contrast = f.model.contrast() * if traced.tone == Tone::Dark { -1.0 } else { 1.0 };
                let told = f.width_variance.sqrt() < 0.3 * usual;
                contrast > 0.0 && told && f.model.skin_on_both_sides() && f.model.width() > 0.4 * usual && f.model.width() < 2.5 * usual
            })
            .collect();
        let upright = upright(&clean);
        let samples: Vec<Sample> = clean
            .iter()
            .zip(upright)
            .map(|((p, f), upright)| Sample { distance: p.window.distance, width: f.model.width() * upright, variance: f.width_variance })
            .collect();
        let stayed = median(clean.iter().map(|(p, f)| away(p, f)).collect())? < USUALLY_AWAY * rough + 1.0;
        let centerline = refined(&traced.centerline, &clean, median(samples.iter().map(|s| s.width).collect())?);
        let even = Even::of(&samples, traced.centerline.length());
        let (clean, samples) = (&clean[even.samples.clone()], &samples[even.samples]);
        let summary = Summary::of(samples)?;
        let width_by_ln_spread = median(clean.iter().map(|(_, f)| f.width_by_ln_spread).collect())?;
        let summary_width = summary.width;
        let mut settled = Self {
            width: summary.width,
            centerline,
            stayed,
            extent: even.extent,
            summary,
            pooled: None,
            core_share: median(clean.iter().filter_map(|(_, f)| f.model.core.map(|core| core.share)).collect()),
            core_strength: median(clean.iter().map(|(_, f)| f.model.core_strength()).collect())?,
            spread: ln_spread.exp(),
            shared_error: (width_by_ln_spread * variance.sqrt()).hypot(summary_width * traced.shape.1.sqrt()),
            of_place: median(samples.iter().map(|s| s.variance.sqrt()).collect())?,
            range: samples.iter().map(|s| s.width).reduce(f64::max)? - samples.iter().map(|s| s.width).reduce(f64::min)?,
            imbalance: median(clean.iter().map(|(_, f)| f.model.imbalance()).collect())?,
        };
        if !wide {
            let of_tone = &kinds[usize::from(traced.tone == Tone::Light)];
            let opaque = Kinds::opaque();
            let kinds = if traced.opaque { &opaque } else { of_tone };
            settled.pool(clean, (ln_spread, variance), core_prior, (traced.shape.0, traced.shade), kinds);
        }
        Some(settled)
    }

    /// Takes the width of a shaft that is not wide from the mean of its profiles.
    fn pool(
        &mut self,
        clean: &[(&Place, Fit)],
        blur: (f64, f64),
        core: Option<CorePrior>,
        (shape, shade): (Across, Option<shade::Usual>),
        kinds: &Kinds,
    ) {
        let kept: Vec<&Place> = self.summary.kept.iter().map(|&i| clean[i].0).collect();
        let pooled = pooled::mean_profile(&kept, self.spread)
            .and_then(|profile| pooled::width(&profile, (self.width / shape.over_opaque(), shade), blur, core, kinds));
        if let Some(pooled) = pooled {
            self.width = pooled.width;
            self.core_strength = pooled.core_strength;
            self.core_share = pooled.core_share;
            self.pooled = Some(pooled);
        }
    }

    /// What is known of its width; `usual` is what the photo's hair of its tone measures.
    fn evidence(&self, errors: &Errors, rough: Option<f64>, usual: Option<f64>) -> Evidence {
        let of_profiles = match self.pooled {
            Some(pooled) => self.summary.pooled_standard_error(pooled.white, errors).hypot(pooled.between.sqrt()),
            None => self.summary.standard_error(errors).hypot(self.shared_error),
        };
        // Where most places lie towards one end, the whole is as much wider or narrower as its taper says, which beyond the places is a guess.
        let (from, to) = self.extent;
        let (taper, uncertain) = self.summary.likely_taper(errors, USUAL_TAPER * self.width / (to - from));
        let off = self.summary.middle - from.midpoint(to);
        let (change, places) = (self.summary.change, self.summary.kept.len());
        let like = rough.is_none_or(|rough| self.width.hypot(2.0 * self.spread) > LIKE_TRACED * rough);
        let one = usual.is_none_or(|usual| self.width < FAR_BEYOND_USUAL * usual) && change.abs() < PARTING * self.width;
        Evidence {
            width: Pixels(self.width - taper * off),
            fit_error: Pixels(of_profiles.hypot(uncertain * off).hypot(taper * off)),
            signs: Signs::of(&Seen {
                width: self.width,
                usual,
                imbalance: self.imbalance,
                rough,
                change,
                range: self.range,
                places,
                of_place: self.of_place,
            }),
            possible: like && one && !self.is_below(),
        }
    }

    /// Whether it is thinner than can be trusted.
    fn is_below(&self) -> bool {
        self.width < LEAST_SPREADS * self.spread
    }

    /// The width, where it can have a figure and is known well enough for one; or the bound it is thinner than.
    fn width(&self, evidence: &Evidence) -> Option<Width> {
        let below = self.is_below();
        let standard_error = evidence.signs.standard_error(self.width, evidence.fit_error.0);
        let known = below || evidence.possible && standard_error <= LEAST_KNOWN * self.width;
        (self.width.is_finite() && standard_error.is_finite() && known).then_some(Width {
            value: if below { Pixels(LEAST_SPREADS * self.spread) } else { evidence.width },
            standard_error: Pixels(standard_error),
            fit_error: evidence.fit_error,
            samples: self.summary.kept.len(),
            taper: self.summary.taper,
            core: self.core_strength.abs() > 0.01,
            blur_dominated: below,
        })
    }
}

/// For each place, the width across the shaft as a share of that across its window: the line through the fitted middles tells how far the
/// window stood askew.
fn upright(clean: &[(&Place, Fit)]) -> Vec<f64> {
    let middles: Vec<Point> = clean.iter().map(|(place, fit)| place.window.across(fit.model.center())).collect();
    clean
        .iter()
        .enumerate()
        .map(|(i, (place, _))| {
            let (before, after) = (middles[i.saturating_sub(1)], middles[(i + 1).min(middles.len() - 1)]);
            (after - before).unit().map_or(1.0, |along| along.dot(place.window.tangent).abs().max(0.9))
        })
        .collect()
}

/// The centerline of a shaft of this width through the middles between the fitted edges.
fn refined(centerline: &Polyline, clean: &[(&Place, Fit)], width: f64) -> Polyline {
    let middles: Vec<(Window, f64)> = clean.iter().map(|(place, fit)| (place.window, fit.model.center())).collect();
    through(&middles, centerline, width).unwrap_or_else(|| centerline.clone())
}
