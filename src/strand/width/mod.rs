//! Width under a pixel: a profile fit across the shaft on the original pixels.
//!
//! Every pixel near a shaft is placed by its own distance from the centerline, so nothing is interpolated. A blurred staircase (skin, shaft,
//! skin, with a core or a second hair where the evidence asks for one) is fitted to each short window along the shaft; its two edges share
//! the photo's point spread, which the wide hairs tell. The windows of one strand give one width, its taper and its standard error.

mod choice;
mod estimate;
mod fit;
mod locate;
mod neighbors;
mod point_spread;
mod pooled;
mod profile;
mod search;
#[cfg(test)]
mod tests;

pub use point_spread::{PointSpread, smallest_trusted};

use super::{Tone, Width};
use crate::geometry::{Point, Polyline};
use crate::raster::Plane;
use crate::units::Pixels;
use choice::{Place, evidence, has_core};
use estimate::{Errors, Sample, Summary};
use fit::{Fit, NARROW, Spread};
use locate::{Located, locate};
use neighbors::{Clearance, Course, clearance};
use point_spread::{Anchor, combined, median};
use profile::{Profile, Window};
use rayon::prelude::*;

/// A shaft to measure: where it runs and how it stands against its skin.
#[derive(Debug, Clone, Copy)]
pub struct Shaft<'a> {
    /// From root to tip, in photo pixels; may lie up to about a width beside the shaft.
    pub centerline: &'a Polyline,
    /// Dark or light against its skin.
    pub tone: Tone,
    /// The width expected, right to a factor of two; tried over all widths where unknown.
    pub rough_width: Option<Pixels>,
}

/// What was measured of one shaft.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Its width, where any clean place was found.
    pub width: Option<Width>,
    /// The centerline brought onto the middle between the edges; the ends keep their place along the shaft.
    pub centerline: Polyline,
}

/// Every shaft of one photo, measured together.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// In the order of the shafts given.
    pub shafts: Vec<Measured>,
    /// The photo's blur; `None` where no shaft tells it.
    pub point_spread: Option<PointSpread>,
}

/// The most windows along one strand.
const MOST_WINDOWS: usize = 24;

/// Measures the widths of all shafts of one photo.
///
/// Left out are places where another of the shafts lies over this one, where `usable` says no for half the window, and one width from either end.
/// A shaft with another close beside it is fitted as two hairs.
///
/// # Units
/// `light`: linear light of the original pixels, any gain and offset. Widths and the point spread in pixels.
pub fn measure(light: &Plane, shafts: &[Shaft], usable: &(dyn Fn(Point) -> bool + Sync)) -> Survey {
    let located: Vec<Option<Located>> = shafts
        .par_iter()
        .map(|shaft| locate(light, shaft.centerline, shaft.tone, shaft.rough_width.map(|w| w.0).filter(|w| *w > 0.0), usable))
        .collect();
    let courses: Vec<Option<Course>> = located.iter().map(|l| l.as_ref().map(|l| Course::new(&l.centerline, l.width))).collect();
    let traced: Vec<Option<Traced>> = (0..shafts.len())
        .into_par_iter()
        .map(|i| {
            let (own, course) = (located[i].as_ref()?, courses[i].as_ref()?);
            let reach = 1.5 * own.width + 30.0;
            let others: Vec<&Course> = courses
                .iter()
                .enumerate()
                .filter(|(j, _)| *j != i)
                .filter_map(|(_, c)| c.as_ref())
                .filter(|c| course.near(c, reach))
                .collect();
            Traced::of(light, own, shafts[i].tone, &others, usable)
        })
        .collect();
    let point_spread = point_spread(&traced);
    let settled: Vec<Option<Settled>> = traced.par_iter().map(|t| Settled::of(t.as_ref()?, point_spread.as_ref()?)).collect();
    let summaries: Vec<Summary> = settled.iter().flatten().map(|s| s.summary.clone()).collect();
    let errors = Errors::of(&summaries);
    let shafts = (0..shafts.len())
        .map(|i| Measured {
            width: settled[i].as_ref().map(|s| s.width(&errors)),
            centerline: settled[i]
                .as_ref()
                .map(|s| s.centerline.clone())
                .or_else(|| located[i].as_ref().map(|l| l.centerline.clone()))
                .unwrap_or_else(|| shafts[i].centerline.clone()),
        })
        .collect();
    Survey { shafts, point_spread }
}

/// A shaft whose places are fitted, each with a point spread of its own.
struct Traced {
    places: Vec<Place>,
    centerline: Polyline,
    tone: Tone,
    core: bool,
    width: f64,
    middle: Point,
    /// The logarithm of the point spread at its edges, and the variance of that.
    ln_spread: (f64, f64),
}

impl Traced {
    fn of(light: &Plane, located: &Located, tone: Tone, others: &[&Course], usable: &dyn Fn(Point) -> bool) -> Option<Self> {
        let windows = Window::along(&located.centerline, located.width, MOST_WINDOWS);
        // A few windows tell how much skin the blurred edges need beside them; then all are fitted with that.
        let few: Vec<Window> = windows.iter().step_by(windows.len().div_ceil(5).max(1)).copied().collect();
        let generous = (0.5 * located.width).max(9.0);
        let pilot = places(light, &few, tone, (located.width, 1.2, generous), others, usable);
        let (width, spread) = typical(&pilot).unwrap_or((located.width, 1.2));
        let flank = (3.2 * spread + 2.5).max(0.3 * width);
        let mut places = places(light, &windows, tone, (width, spread, flank), others, usable);
        let width = typical(&places)?.0;
        places.retain(|p| p.plain.model.width() > 0.4 * width && p.plain.model.width() < 2.5 * width);
        let core = has_core(&places, 1.0);
        let fits = || places.iter().filter_map(|p| p.chosen(core));
        let ln_spreads: Vec<f64> = fits().map(|f| f.model.ln_spread).collect();
        let center = median(ln_spreads.clone())?;
        let scatter = 1.4826 * median(ln_spreads.iter().map(|s| (s - center).abs()).collect())?;
        let white = median(fits().map(|f| f.ln_spread_variance).collect())?;
        // A median of n is worth about 2 n / π of them.
        let variance = (scatter * scatter).max(white) * 1.57 / ln_spreads.len() as f64 + 1e-6;
        let middle = located.centerline.at(located.centerline.length() / 2.0);
        Some(Self { places, centerline: located.centerline.clone(), tone, core, width, middle, ln_spread: (center, variance) })
    }

    /// How many point spreads the shaft is wide.
    fn widths_per_spread(&self) -> f64 {
        self.width / self.ln_spread.0.exp()
    }
}

/// Fits every window that is clear, with free point spread, from an expected width and point spread.
fn places(
    light: &Plane,
    windows: &[Window],
    tone: Tone,
    (width, spread, flank): (f64, f64, f64),
    others: &[&Course],
    usable: &dyn Fn(Point) -> bool,
) -> Vec<Place> {
    let bin = (width / 30.0).clamp(0.35, 1.0);
    let reach = width / 2.0 + flank;
    windows
        .iter()
        .filter_map(|window| {
            let clearance = clearance(window, width / 2.0, 0.7 * flank, reach, others);
            let range = match clearance {
                Clearance::Crossed => return None,
                Clearance::Clear(from, to) | Clearance::Beside { from, to, .. } => (from, to),
            };
            let profile = Profile::gather(light, window, range, bin, usable)?;
            let place = Place::fit(*window, profile, width / 2.0, spread, Spread::Free, clearance)?;
            let contrast = place.plain.model.contrast() * if tone == Tone::Dark { -1.0 } else { 1.0 };
            (contrast > 0.0 && place.plain.model.center().abs() < (0.5 * width).max(1.5)).then_some(place)
        })
        .collect()
}

/// The median width and point spread of plainly fitted places.
fn typical(places: &[Place]) -> Option<(f64, f64)> {
    let width = median(places.iter().map(|p| p.plain.model.width()).collect())?;
    let ln_spread = median(places.iter().map(|p| p.plain.model.ln_spread).collect())?;
    Some((width, ln_spread.exp()))
}

/// The photo's point spread from its wide hairs; where there are none, from the widest there are.
fn point_spread(traced: &[Option<Traced>]) -> Option<PointSpread> {
    [6.0, 4.0, 2.5, 0.0].into_iter().find_map(|least| {
        let anchors: Vec<Anchor> = traced
            .iter()
            .flatten()
            .filter(|t| t.widths_per_spread() >= least && t.places.len() >= 2)
            .map(|t| Anchor { at: t.middle, ln_sigma: t.ln_spread.0, variance: t.ln_spread.1 })
            .collect();
        (anchors.len() >= 3 || least <= 2.5).then(|| PointSpread::from_anchors(anchors)).flatten()
    })
}

/// A shaft measured with the point spread held.
struct Settled {
    width: f64,
    summary: Summary,
    /// The variance of the width by white noise, where it comes from the mean profile.
    pooled: Option<f64>,
    centerline: Polyline,
    core: bool,
    spread: f64,
    /// How uncertain the logarithm of the point spread is, and how much the width moves with it.
    ln_spread_error: f64,
    width_by_ln_spread: f64,
}

impl Settled {
    fn of(traced: &Traced, photo: &PointSpread) -> Option<Self> {
        let expected = photo.expected(traced.middle);
        // A wide shaft's own edges tell its own focus; a thin one's are told by the photo.
        let own = (traced.widths_per_spread() >= 6.0).then_some(traced.ln_spread);
        let (ln_spread, variance) = combined(std::iter::once((expected.0, expected.1.max(1e-6))).chain(own))?;
        let places: Vec<Place> = traced.places.iter().filter_map(|p| p.refit(ln_spread)).collect();
        let narrow = traced.width < NARROW * ln_spread.exp();
        let core = !narrow && has_core(&places, 1.0);
        let chosen: Vec<(&Place, &Fit)> = places.iter().filter_map(|p| Some((p, p.chosen(core)?))).collect();
        let usual = median(chosen.iter().map(|(_, f)| f.model.width()).collect())?;
        let clean: Vec<(&Place, &Fit)> = chosen
            .into_iter()
            .filter(|(_, f)| {
                let contrast = f.model.contrast() * if traced.tone == Tone::Dark { -1.0 } else { 1.0 };
                contrast > 0.0 && f.model.width() > 0.4 * usual && f.model.width() < 2.5 * usual
            })
            .collect();
        let samples: Vec<Sample> =
            clean.iter().map(|(p, f)| Sample { distance: p.window.distance, width: f.model.width(), variance: f.width_variance }).collect();
        let summary = Summary::of(&samples)?;
        let width_by_ln_spread = median(clean.iter().map(|(_, f)| f.width_by_ln_spread).collect())?;
        let mut settled = Self {
            width: summary.width,
            centerline: refined(&traced.centerline, &clean),
            summary,
            pooled: None,
            core,
            spread: ln_spread.exp(),
            ln_spread_error: variance.sqrt(),
            width_by_ln_spread,
        };
        if narrow {
            settled.pool(&clean);
        }
        Some(settled)
    }

    /// Takes the width of a narrow shaft from the mean of its profiles.
    fn pool(&mut self, clean: &[(&Place, &Fit)]) {
        let kept: Vec<&Place> = self.summary.kept.iter().map(|&i| clean[i].0).collect();
        let Some(profile) = pooled::mean_profile(&kept) else { return };
        let Some((plain, cored)) = pooled::fits(&profile, self.width, self.spread) else { return };
        let fit = match cored {
            Some(cored) if evidence(&profile, &plain, &cored, 1.0) > 0.0 => {
                self.core = true;
                cored
            }
            _ => plain,
        };
        self.width = fit.model.width();
        self.pooled = Some(fit.width_variance);
        self.width_by_ln_spread = fit.width_by_ln_spread;
    }

    fn width(&self, errors: &Errors) -> Width {
        let shared = self.width_by_ln_spread * self.ln_spread_error;
        let own = match self.pooled {
            Some(white) => self.summary.pooled_standard_error(white, errors),
            None => self.summary.standard_error(errors),
        };
        Width {
            value: Pixels(self.width),
            standard_error: Pixels(own.hypot(shared)),
            samples: self.summary.kept.len(),
            taper: self.summary.taper,
            core: self.core,
            blur_dominated: self.width < 2.5 * self.spread,
        }
    }
}

/// The centerline through the middles between the fitted edges; the ends take the offset of the nearest place.
fn refined(centerline: &Polyline, clean: &[(&Place, &Fit)]) -> Polyline {
    let (Some(first), Some(last), [start, .., end]) = (clean.first(), clean.last(), &centerline.points[..]) else {
        return centerline.clone();
    };
    let shift = |(place, fit): &(&Place, &Fit)| place.window.tangent.normal() * fit.model.center();
    let points = std::iter::once(*start + shift(first))
        .chain(clean.iter().map(|(place, fit)| place.window.across(fit.model.center())))
        .chain(std::iter::once(*end + shift(last)))
        .collect();
    Polyline::new(points)
}
