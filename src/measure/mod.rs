//! The catalogue of measurements, each with its unit, n, interval and method.

mod classes;
mod counts;
mod coverage;
pub mod intervals;
mod layout;
mod thickness;

use crate::calibration::Calibration;
use crate::field::Field;
use crate::follicle::Unit;
use crate::strand::{Strand, Width};
use crate::units::{Micrometers, SquareCentimeters};
use intervals::Interval;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};
use std::fmt;

/// The thickness cuts between vellus, intermediate and terminal hair: data, named in every result, since the field agrees on none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cuts {
    /// Hairs thinner than this are vellus. Default: 30 µm.
    pub vellus_below_um: Micrometers,
    /// Hairs at least this thick are terminal. Default: 60 µm.
    pub terminal_from_um: Micrometers,
}

impl Default for Cuts {
    fn default() -> Self {
        Self { vellus_below_um: Micrometers(30.0), terminal_from_um: Micrometers(60.0) }
    }
}

/// As they are said.
impl fmt::Display for Cuts {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "vellus below {} µm, terminal from {} µm", self.vellus_below_um.0, self.terminal_from_um.0)
    }
}

/// Hair classed by thickness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThicknessClass {
    /// Thinner than the first cut.
    Vellus,
    /// Between the cuts.
    Intermediate,
    /// At least the second cut.
    Terminal,
}

impl Cuts {
    /// The class of a thickness.
    pub fn class(&self, thickness: Micrometers) -> ThicknessClass {
        if thickness < self.vellus_below_um {
            ThicknessClass::Vellus
        } else if thickness < self.terminal_from_um {
            ThicknessClass::Intermediate
        } else {
            ThicknessClass::Terminal
        }
    }

    /// The class of a measured strand. One that is only known to be thinner than can be trusted is vellus where that bound is no more than the cut;
    /// else it may be of any class, so that it has none.
    pub fn class_of(&self, width: &Width, scale: &Calibration) -> Option<ThicknessClass> {
        let bound = scale.micrometers(width.value);
        match width.trusted() {
            Some(width) => Some(self.class(scale.micrometers(width))),
            None => (bound <= self.vellus_below_um).then_some(ThicknessClass::Vellus),
        }
    }
}

/// One reported number. What cannot be known is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measurement {
    /// A name of the catalogue; names stay for ever.
    pub name: String,
    /// The estimate.
    pub value: Option<f64>,
    /// In UCUM; "1" for plain numbers and shares.
    pub unit: String,
    /// The lower end of the interval.
    pub low: Option<f64>,
    /// The upper end of the interval.
    pub high: Option<f64>,
    /// The interval's confidence level.
    pub level: f64,
    /// How many hairs, units or pairs it rests on.
    pub n: usize,
    /// How value and interval were reached.
    pub method: String,
}

impl Measurement {
    /// A measurement with a value and, where one is known, its interval. A method says after "interval:" how that is reached; where there is
    /// none it says so instead.
    fn new(name: &str, unit: &str, n: usize, value: Option<f64>, interval: Option<Interval>, method: String) -> Self {
        let method = match method.split_once("; interval:") {
            Some((how, _)) if interval.is_none() => format!("{how}; no interval: too little to tell one from."),
            _ => method,
        };
        Self {
            name: name.into(),
            value,
            unit: unit.into(),
            low: interval.map(|i| i.low),
            high: interval.map(|i| i.high),
            level: intervals::LEVEL,
            n,
            method,
        }
    }
}

/// Every measurement of one photo, over the strands whose root the field counts and the units whose ostium it counts, in a fixed order.
///
/// # Units
/// Each measurement names its own. Without a calibration those in µm, mm or cm² are left out altogether.
///
/// # Accuracy
/// An interval says how far another field of the same skin may lie, and how well the scale is known. Hairs missed or
/// found twice by the detector are not in it.
pub fn catalogue(strands: &[Strand], units: &[Unit], field: &Field, calibration: Option<&Calibration>, cuts: &Cuts) -> Vec<Measurement> {
    let sample = Sample::new(strands, units, field);
    let scaled = calibration.map(|calibration| Scaled::new(&sample, calibration));
    let mut catalogue = counts::hairs(&sample, scaled.as_ref());
    catalogue.extend(counts::units(&sample, scaled.as_ref()));
    catalogue.extend(thickness::measure(&sample, scaled.as_ref()));
    if let Some(scaled) = &scaled {
        catalogue.extend(classes::measure(scaled, cuts));
        catalogue.push(thickness::cumulative(scaled));
    }
    catalogue.push(coverage::measure(&sample));
    if let Some(scaled) = &scaled {
        catalogue.push(layout::interunit_distance(scaled));
    }
    catalogue.push(layout::direction_coherence(&sample));
    catalogue
}

/// What of a photo is counted.
struct Sample<'a> {
    field: &'a Field,
    /// Every strand, counted or not.
    strands: &'a [Strand],
    /// Every unit, counted or not.
    units: &'a [Unit],
    /// The units whose ostium lies in the field, less those of which no hair counts.
    counted_units: Vec<&'a Unit>,
    /// The strands whose root lies in the field, those of a unit together; a unit across the border is cut by it.
    clusters: Vec<Vec<&'a Strand>>,
}

impl<'a> Sample<'a> {
    fn new(strands: &'a [Strand], units: &'a [Unit], field: &'a Field) -> Self {
        let mut counted: std::collections::BTreeMap<usize, &Strand> =
            strands.iter().filter(|s| s.is_counted(field)).map(|s| (s.id, s)).collect();
        let hairs: std::collections::BTreeSet<usize> = counted.keys().copied().collect();
        let mut clusters: Vec<Vec<&Strand>> =
            units.iter().map(|u| u.strands.iter().filter_map(|id| counted.remove(id)).collect()).collect();
        // A strand that no unit claims is a cluster of its own.
        clusters.extend(counted.into_values().map(|s| vec![s]));
        clusters.retain(|c| !c.is_empty());
        let counted_units = units.iter().filter(|u| field.counts(u.ostium) && u.strands.iter().any(|id| hairs.contains(id))).collect();
        Self { field, strands, units, counted_units, clusters }
    }

    fn hairs(&self) -> impl Iterator<Item = &'a Strand> + '_ {
        self.clusters.iter().flatten().copied()
    }

    /// What is known of each hair, by cluster.
    fn known<T>(&self, of: impl Fn(&Strand) -> Option<T>) -> Vec<Vec<T>> {
        let clusters = self.clusters.iter().map(|hairs| hairs.iter().filter_map(|s| of(s)).collect());
        clusters.filter(|known: &Vec<T>| !known.is_empty()).collect()
    }
}

/// So many hairs with figures tell what a photo's hair is like.
const FEWEST_OTHERS: usize = 5;

/// What is known of a hair's thickness.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Thickness {
    Known(Micrometers),
    /// Known too little for a figure: the likeliest, and one standard deviation.
    Likely(Micrometers, Micrometers),
    /// Thinner than this, the least that can be trusted.
    Below(Micrometers),
}

/// The chance of something, and how small and how large it may be where nothing tells.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Chance {
    least: f64,
    likely: f64,
    most: f64,
}

impl From<f64> for Chance {
    fn from(chance: f64) -> Self {
        Self { least: chance, likely: chance, most: chance }
    }
}

impl Thickness {
    /// The chance that it is at least `cut`. Below the least that can be trusted any thickness is taken to be as likely as any other.
    fn at_least(self, cut: Micrometers) -> Chance {
        match self {
            Self::Known(thickness) => f64::from(u8::from(thickness >= cut)).into(),
            Self::Likely(thickness, error) => Normal::standard().cdf((thickness.0 - cut.0) / error.0.max(f64::MIN_POSITIVE)).into(),
            Self::Below(bound) if bound <= cut => 0.0.into(),
            Self::Below(bound) => Chance { least: 0.0, likely: 1.0 - cut.0 / bound.0, most: 1.0 },
        }
    }

    /// The same of a hair among others of these thicknesses: where it is known too little for a figure, it is likely as they are. The mean of estimate and
    /// others', each by the inverse of its variance (empirical Bayes).
    fn among(self, others: &[f64]) -> Self {
        let Self::Likely(Micrometers(estimate), Micrometers(error)) = self else { return self };
        let mean = others.iter().sum::<f64>() / others.len() as f64;
        let variance = others.iter().map(|other| (other - mean).powi(2)).sum::<f64>() / (others.len() - 1) as f64;
        let share = variance / (variance + error * error);
        if share.is_finite() {
            Self::Likely(Micrometers(mean + share * (estimate - mean)), Micrometers(share.sqrt() * error))
        } else {
            self
        }
    }

    /// The likeliest thickness, in micrometers.
    fn likeliest(self) -> f64 {
        match self {
            Self::Known(thickness) | Self::Likely(thickness, _) => thickness.0,
            Self::Below(bound) => bound.0 / 2.0,
        }
    }
}

/// What of a photo is counted, where its scale is known.
struct Scaled<'a> {
    sample: &'a Sample<'a>,
    calibration: &'a Calibration,
    area: SquareCentimeters,
    /// The relative standard uncertainty of a length; an area has twice that.
    uncertainty: f64,
}

impl<'a> Scaled<'a> {
    fn new(sample: &'a Sample<'a>, calibration: &'a Calibration) -> Self {
        Self {
            sample,
            calibration,
            area: calibration.square_centimeters(sample.field.area_px),
            uncertainty: calibration.standard_uncertainty / calibration.um_per_px,
        }
    }

    /// What is known of the thickness of every hair, by cluster.
    ///
    /// Thin hair has no figure more often than thick hair, so that leaving out what has none would make vellus hair rare. A hair known too little for a
    /// figure is taken for what its estimate and the photo's other hair make likely: an estimate far off theirs is as often a wrong one. Eight drawn
    /// photos each of seeds 5100 to 5107, by which nothing was chosen, have these mean vellus shares, by the hairs with figures alone, so, and in truth: vellus hair
    /// 0.18, 0.39, 0.59; sparse 0.21, 0.25, 0.31; clipped 0.02, 0.04, 0.04; dense 0.01, 0.02, 0.04; coarse 0.00, 0.01, 0.02; curled 0.01, 0.01, 0.00; dark skin 0.00,
    /// 0.00, 0.02. How broad a shaft was traced tells nothing of those that are measured nowhere: thin ones are traced half as broad again.
    fn thicknesses(&self) -> Vec<Vec<Thickness>> {
        let um = |px| self.calibration.micrometers(px);
        let mut found = self.sample.known(|s| match (s.width, s.estimate) {
            (Some(width), _) if width.blur_dominated => Some(Thickness::Below(um(width.value))),
            (Some(width), _) => Some(Thickness::Known(um(width.value))),
            (None, estimate) => estimate.map(|estimate| Thickness::Likely(um(estimate.value), um(estimate.standard_error))),
        });
        let known: Vec<f64> = found.iter().flatten().filter_map(|t| if let Thickness::Known(t) = t { Some(t.0) } else { None }).collect();
        if known.len() >= FEWEST_OTHERS {
            found.iter_mut().flatten().for_each(|thickness| *thickness = thickness.among(&known));
        }
        found
    }

    /// A count as a density, its interval widened by the scale's uncertainty; unknown where no skin was counted.
    fn density(&self, name: &str, n: usize, (count, interval): (f64, Interval), method: String) -> Measurement {
        let per_area = (self.area.0 > 0.0).then(|| 1.0 / self.area.0);
        let value = per_area.map(|factor| count * factor);
        let interval = per_area.map(|factor| interval.scaled(factor).widened(count * factor, 2.0 * self.uncertainty));
        Measurement::new(name, "/cm2", n, value, interval, method)
    }
}

#[cfg(test)]
mod tests;
