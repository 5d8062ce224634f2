//! What every command that analyzes photos takes, and where each setting came from: default, environment or flag.

use super::arguments::{positive, scale, threads};
use super::config::Stated;
use super::{about, printable};
use crate::analyze::Scale;
use crate::calibration::{Calibration, ScaleSource};
use crate::field::Roi;
use crate::photo::Limits;
use crate::results::read_at_most;
use crate::segment::Detector;
use crate::segment::learned::Model;
use crate::units::Millimeters;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What decides an analysis besides the photo and the folder's `anagen.toml`.
#[derive(Debug, Clone, Args)]
pub struct Measuring {
    /// Micrometers of skin per pixel. Default: by anagen.toml, else by the resolution the file states, else unknown
    #[arg(long, value_name = "N", value_parser = scale, allow_negative_numbers = true, env = "ANAGEN_UM_PER_PX", hide_env = true)]
    um_per_px: Option<f64>,
    /// Find the scale bar burned into each photo, this many millimeters long
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true, env = "ANAGEN_SCALE_BAR_MM", hide_env = true)]
    scale_bar_mm: Option<f64>,
    /// Count in this part only: rect:X,Y,W,H or circle:X,Y,RADIUS or polygon:X,Y,X,Y,…, in pixels. Default: all skin that can be seen
    #[arg(long, value_name = "SHAPE", allow_hyphen_values = true)]
    roi: Option<Roi>,
    /// What finds the hair. Default: learned
    #[arg(long, value_enum, default_value = "learned", hide_default_value = true, env = "ANAGEN_DETECTOR", hide_env = true)]
    detector: DetectorName,
    /// Weights of your own for the learned detector, an ONNX file (models/README.md). Default: those that ship with the program
    #[arg(long, value_name = "FILE", env = "ANAGEN_MODEL", hide_env = true)]
    model: Option<PathBuf>,
    /// Hair thinner than this is vellus. Default: 30
    #[arg(long, value_name = "UM", value_parser = positive, allow_negative_numbers = true, env = "ANAGEN_VELLUS_BELOW_UM", hide_env = true)]
    vellus_below_um: Option<f64>,
    /// Hair at least this thick is terminal. Default: 60
    #[arg(long, value_name = "UM", value_parser = positive, allow_negative_numbers = true, env = "ANAGEN_TERMINAL_FROM_UM", hide_env = true)]
    terminal_from_um: Option<f64>,
    /// Analyze again what an earlier run has done
    #[arg(long)]
    pub force: bool,
    /// Read no anagen.toml
    #[arg(long)]
    no_config: bool,
    /// Refuse photos of more than this many million pixels. Default: 200
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true, env = "ANAGEN_MAX_MEGAPIXELS", hide_env = true)]
    max_megapixels: Option<f64>,
    /// Photos to work on at a time. Default: one per core
    #[arg(long, value_name = "N", value_parser = threads, env = "ANAGEN_THREADS", hide_env = true)]
    threads: Option<u16>,
    /// Where each option came from, by its name.
    #[arg(skip)]
    pub origins: Origins,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DetectorName {
    /// Classical ridge detection; needs no model
    Ridge,
    /// A trained network (models/stubble), which weighs its own lines and those of ridge detection
    Learned,
}

/// Where each option came from, by its name on the command line without the dashes.
#[derive(Debug, Clone, Default)]
pub struct Origins(BTreeMap<String, ValueSource>);

impl Origins {
    /// Those of a command's matches.
    pub fn of(matches: &ArgMatches) -> Self {
        Self(matches.ids().filter_map(|id| Some((id.as_str().to_owned(), matches.value_source(id.as_str())?))).collect())
    }

    /// In words: the flag, the environment variable, or nothing when neither was given.
    pub fn said(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            ValueSource::CommandLine => Some(format!("--{}", name.replace('_', "-"))),
            ValueSource::EnvVariable => Some(format!("environment, {}", variable(name))),
            _ => None,
        }
    }

    /// What to call an option in a message: the variable it was read from, else its flag.
    fn called(&self, name: &str) -> String {
        if self.0.get(name) == Some(&ValueSource::EnvVariable) { variable(name) } else { format!("--{}", name.replace('_', "-")) }
    }

    fn flag(&self, name: &str) -> bool {
        self.0.get(name) == Some(&ValueSource::CommandLine)
    }
}

/// The environment variable of an option.
fn variable(name: &str) -> String {
    format!("ANAGEN_{}", name.to_uppercase())
}

/// The most bytes weights may have.
const MOST_MODEL_BYTES: u64 = 64_000_000;

fn model(file: &Path) -> Result<Model, String> {
    let bytes = read_at_most(file, MOST_MODEL_BYTES)?;
    Model::from_bytes(&bytes).map_err(|error| error.to_string())
}

impl Measuring {
    /// What was stated for every photo.
    ///
    /// # Errors
    /// When it contradicts itself or asks for what is not there.
    pub fn stated(&self) -> Result<Stated, String> {
        let detector = match (self.detector, &self.model) {
            (DetectorName::Ridge, None) => Detector::Ridge,
            (DetectorName::Ridge, Some(_)) => {
                return Err(format!("{} is for the learned detector: leave out --detector ridge", self.origins.called("model")));
            }
            (DetectorName::Learned, None) => Detector::Learned(Model::shipped()),
            (DetectorName::Learned, Some(file)) => {
                let named = |cause| format!("{}: {}", self.origins.called("model"), about(file, cause));
                Detector::Learned(model(file).map_err(named)?)
            }
        };
        let (scale, scale_origin) = self.scale()?.unzip();
        Ok(Stated {
            scale,
            scale_origin: scale_origin.unwrap_or_default(),
            roi: self.roi.clone(),
            detector,
            vellus_below_um: self.vellus_below_um,
            terminal_from_um: self.terminal_from_um,
            cut_origins: ["vellus_below_um", "terminal_from_um"].map(|name| self.origins.said(name).unwrap_or_default()),
            read_files: !self.no_config,
        })
    }

    /// The scale that was stated and where; a flag goes before the environment.
    fn scale(&self) -> Result<Option<(Scale, String)>, String> {
        let known = self.um_per_px.map(|um| Calibration::stated(um, ScaleSource::CommandLine)).transpose();
        let known = known
            .map_err(|error| format!("{}: {error}", self.origins.called("um_per_px")))?
            .map(Scale::Known)
            .map(|scale| (scale, "um_per_px"));
        let bar = self.scale_bar_mm.map(|bar| (Scale::Bar(Millimeters(bar)), "scale_bar_mm"));
        let chosen = match (known, bar) {
            (Some(known), Some(bar)) => match (self.origins.flag(known.1), self.origins.flag(bar.1)) {
                (true, false) => Some(known),
                (false, true) => Some(bar),
                _ => {
                    let [known, bar] = [known.1, bar.1].map(|name| self.origins.called(name));
                    return Err(format!("give {known} or {bar}, not both: a scale that is known needs no bar"));
                }
            },
            (known, bar) => known.or(bar),
        };
        Ok(chosen.map(|(scale, name)| (scale, self.origins.said(name).unwrap_or_default())))
    }

    /// What a photo may claim.
    pub fn limits(&self) -> Limits {
        let default = Limits::default();
        match self.max_megapixels {
            // Room for four channels of 16 bits, and for three of them once more as sRGB, when more than the default is asked for.
            Some(megapixels) => Limits { megapixels, bytes: default.bytes.max((megapixels * 14e6) as u64) },
            None => default,
        }
    }

    /// Photos to work on at a time.
    pub fn threads(&self) -> usize {
        self.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }

    /// The options as `run.json` keeps them.
    pub fn record(&self, stated: &Stated) -> serde_json::Map<String, serde_json::Value> {
        let settings = serde_json::json!({
            "um_per_px": self.um_per_px,
            "scale_bar_mm": self.scale_bar_mm,
            "roi": stated.roi,
            "detector": stated.detector,
            "vellus_below_um": stated.vellus_below_um,
            "terminal_from_um": stated.terminal_from_um,
            "threads": self.threads(),
            "max_megapixels": self.limits().megapixels,
            "config": stated.read_files,
            "force": self.force,
        });
        settings.as_object().cloned().unwrap_or_default()
    }

    /// The options that no file can set: name, value and origin.
    pub fn others(&self, stated: &Stated) -> Vec<[String; 3]> {
        let row = |name: &str, value: String| [name.to_owned(), value, self.origins.said(name).unwrap_or("default".into())];
        let shown = |value: serde_json::Value| value.as_str().map_or(value.to_string(), str::to_owned);
        vec![
            row("roi", stated.roi.as_ref().map_or("all skin that can be seen".into(), |roi| shown(serde_json::json!(roi)))),
            row("detector", shown(serde_json::json!(stated.detector))),
            row("model", self.model.as_ref().map_or("the one that ships".into(), |file| printable(file))),
            row("max_megapixels", self.limits().megapixels.to_string()),
            row("threads", self.threads().to_string()),
        ]
    }
}
