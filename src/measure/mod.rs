//! The catalogue of measurements, each with its unit, n, interval and method.

use crate::calibration::Calibration;
use crate::field::Field;
use crate::follicle::Unit;
use crate::strand::Strand;
use crate::units::Micrometers;
use serde::{Deserialize, Serialize};

/// The thickness cuts between vellus, intermediate and terminal hair: data, named in every result, since the field agrees on none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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

/// Hair classed by thickness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// One reported number. What cannot be known is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// Stub until the catalogue lands: every measurement of one photo, over the strands whose root the field counts.
pub fn catalogue(strands: &[Strand], units: &[Unit], field: &Field, calibration: Option<&Calibration>, cuts: &Cuts) -> Vec<Measurement> {
    let _ = (strands, units, field, calibration, cuts);
    vec![]
}
