//! `anagen analyze`: photos in; results, tables and overlays out.

use super::arguments::{positive, roi};
use super::batch::{Batch, Finished, Outcome, Overlay};
use super::config::{Stated, plans};
use super::progress::Progress;
use super::{Ending, about, deliver};
use crate::analyze::{Scale, Stage};
use crate::calibration::{Calibration, ScaleSource};
use crate::field::Roi;
use crate::measure::Cuts;
use crate::photo::Limits;
use crate::results::{self, Folder, Input, Inputs, PhotoRun, Run, RunSchema, Status, Times, write_tables};
use crate::segment::Detector;
use crate::units::{Micrometers, Millimeters};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Examples:
  anagen analyze photos/ --out results/ --scale-bar-mm 1       every photo below photos/; each shows a scale bar of 1 mm
  anagen analyze a.jpg b.jpg --out results/ --um-per-px 2.76   two photos of known scale
  anagen analyze photos/ --out results/                        in pixels, unless photos/anagen.toml or the photos state a scale
  anagen analyze photo.jpg --out results/ --json -             and the result on stdout

Run it again to go on where it stopped: what has not changed is not analyzed again.";

const AFTER: &str = "\
A folder may hold an anagen.toml; what the command line says goes first:
  um_per_px = 2.76              # or scale_bar_mm = 1.0
  [cuts]
  vellus_below_um = 30
  [[photos]]
  glob = \"*/vertex*.jpg\"        # below this folder
  um_per_px = 1.38
  [[devices]]
  model = \"Scope 70x\"           # as the photo's EXIF names it
  um_per_px = 2.1

Exit codes: 0 all done; 1 nothing usable to do, or the command line is wrong; 2 some photos failed, the others are done.";

/// Count and measure the hair in photos
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = AFTER)]
pub struct Analyze {
    /// Photos, and folders of photos at any depth (JPEG, PNG, TIFF, BMP, WebP)
    #[arg(required = true)]
    path: Vec<PathBuf>,
    /// The folder to write results to; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Micrometers of skin per pixel. Default: by anagen.toml, else by the resolution the file states, else unknown
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with = "scale_bar_mm")]
    um_per_px: Option<f64>,
    /// Find the scale bar burned into each photo, this many millimeters long
    #[arg(long, value_name = "N", value_parser = positive)]
    scale_bar_mm: Option<f64>,
    /// Count in this part only: rect:X,Y,W,H or circle:X,Y,RADIUS or polygon:X,Y,X,Y,…, in pixels. Default: all skin that can be seen
    #[arg(long, value_name = "SHAPE", value_parser = roi, allow_hyphen_values = true)]
    roi: Option<Roi>,
    /// What finds the hair. Default: ridge
    #[arg(long, value_enum, default_value = "ridge", hide_default_value = true)]
    detector: DetectorName,
    /// Hair thinner than this is vellus. Default: 30
    #[arg(long, value_name = "UM", value_parser = positive)]
    vellus_below_um: Option<f64>,
    /// Hair at least this thick is terminal. Default: 60
    #[arg(long, value_name = "UM", value_parser = positive)]
    terminal_from_um: Option<f64>,
    /// The photo with the findings drawn over it. Default: jpeg
    #[arg(long, value_enum, default_value = "jpeg", hide_default_value = true)]
    overlay: Overlay,
    /// Write report.html (not in this version)
    #[arg(long, conflicts_with = "no_report")]
    report: bool,
    /// Write no report.html
    #[arg(long)]
    no_report: bool,
    /// Analyze again what an earlier run has done
    #[arg(long)]
    force: bool,
    /// Photos to work on at a time. Default: one per core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Also write the result as JSON to this file, or to stdout for "-": one photo's as it is, several in an array
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Refuse photos of more than this many million pixels. Default: 200
    #[arg(long, value_name = "N", value_parser = positive)]
    max_megapixels: Option<f64>,
    /// Say how long each stage took
    #[arg(short, long)]
    verbose: bool,
    /// Say only what went wrong
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DetectorName {
    /// Classical ridge detection; needs no model
    Ridge,
    /// A trained network
    Learned,
}

impl Analyze {
    /// Analyzes the photos and writes the results folder.
    pub fn run(&self) -> Result<Ending, String> {
        let began = Instant::now();
        let stated = self.stated()?;
        if self.report {
            eprintln!("anagen: this version writes no report.html; the numbers are in photos.csv, strands.csv and units.csv");
        }
        let inputs = results::find(&self.path, &self.out);
        for trouble in &inputs.troubles {
            eprintln!("{}", about(&trouble.path, &trouble.cause));
        }
        if inputs.photos.is_empty() {
            return Err("no photo found: name photos, or folders that hold .jpg, .png, .tif, .bmp or .webp files".into());
        }
        let plans = plans(&inputs.photos, &stated)?;
        let folder = Folder::create(&self.out).map_err(|error| about(&self.out, error))?;
        let stop = stop_on_interrupt();
        let photos: Vec<_> = inputs.photos.iter().zip(plans).collect();
        let batch = Batch {
            folder: &folder,
            limits: self.limits(),
            overlay: self.overlay,
            force: self.force,
            threads: self.threads(),
            stop: &stop,
        };
        let mut progress = Progress::new(photos.len(), self.quiet);
        let mut outcomes: Vec<Option<Outcome>> = photos.iter().map(|_| None).collect();
        batch.run(&photos, |outcome| {
            self.tell(&mut progress, &inputs.photos[outcome.index], &outcome);
            let index = outcome.index;
            outcomes[index] = Some(outcome);
        })?;
        drop(progress);
        let run = self.record(&inputs, &outcomes, &stated, began.elapsed());
        let stems: Vec<String> = inputs
            .photos
            .iter()
            .zip(&outcomes)
            .filter(|(_, o)| matches!(o, Some(Outcome { end: Ok(_), .. })))
            .map(|(p, _)| p.stem.clone())
            .collect();
        write_tables(&folder, &stems).map_err(|error| about(&self.out, format!("the tables could not be written: {error}")))?;
        folder.write_json("run.json", &run).map_err(|error| about(&folder.place("run.json"), error))?;
        if let Some(place) = &self.json {
            deliver(place, &together(&folder, &stems, inputs.photos.len() == 1)?)?;
        }
        self.sum_up(&run, &folder, &stems);
        Ok(if run.failed > 0 || run.interrupted { Ending::SomeFailed } else { Ending::AllDone })
    }

    fn stated(&self) -> Result<Stated, String> {
        let detector = match self.detector {
            DetectorName::Ridge => Detector::Ridge,
            DetectorName::Learned => return Err("the learned detector is not in this build; --detector ridge is".into()),
        };
        let stated = self.um_per_px.map(|um| Calibration::stated(um, ScaleSource::CommandLine)).transpose();
        let known = stated.map_err(|error| format!("--um-per-px: {error}"))?.map(Scale::Known);
        Ok(Stated {
            scale: known.or(self.scale_bar_mm.map(|bar| Scale::Bar(Millimeters(bar)))),
            roi: self.roi.clone(),
            detector,
            vellus_below_um: self.vellus_below_um,
            terminal_from_um: self.terminal_from_um,
        })
    }

    fn limits(&self) -> Limits {
        let default = Limits::default();
        match self.max_megapixels {
            // Room for four channels of 16 bits, when more than the default is asked for.
            Some(megapixels) => Limits { megapixels, bytes: default.bytes.max((megapixels * 8e6) as u64) },
            None => default,
        }
    }

    fn threads(&self) -> usize {
        self.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }

    fn tell(&self, progress: &mut Progress, input: &Input, outcome: &Outcome) {
        match &outcome.end {
            Err(cause) => progress.failed(&about(&input.file, cause)),
            Ok(Finished { reused: true, .. }) => progress.finished(&format!("{}: unchanged, its result is reused", input.path)),
            Ok(Finished { counted, density, .. }) => {
                let density = density.map(|d| format!(", {d:.1} /cm²")).unwrap_or_default();
                let seconds = outcome.took.as_secs_f64();
                progress.finished(&format!("{}: {counted} hairs{density} ({seconds:.1} s)", input.path));
            }
        }
    }

    fn record(&self, inputs: &Inputs, outcomes: &[Option<Outcome>], stated: &Stated, wall: Duration) -> Run {
        let mut stages: BTreeMap<Stage, f64> = BTreeMap::new();
        for (stage, spent) in outcomes.iter().flatten().flat_map(|outcome| &outcome.stages) {
            *stages.entry(*stage).or_default() += spent.as_secs_f64();
        }
        for seconds in stages.values_mut() {
            *seconds = milliseconds(*seconds);
        }
        let mut photos: Vec<PhotoRun> =
            inputs.photos.iter().zip(outcomes).map(|(input, outcome)| photo_run(input, outcome.as_ref())).collect();
        photos.extend(inputs.troubles.iter().map(|trouble| PhotoRun {
            path: trouble.path.to_string_lossy().into_owned(),
            status: Status::Failed,
            reason: Some(trouble.cause.clone()),
            result: None,
            cuts: None,
        }));
        let count = |status| photos.iter().filter(|photo| photo.status == status).count();
        let default = Cuts::default();
        Run {
            schema: RunSchema::V1,
            version: env!("CARGO_PKG_VERSION").into(),
            model_sha256: None,
            settings: self.settings(stated),
            cuts: Cuts {
                vellus_below_um: stated.vellus_below_um.map_or(default.vellus_below_um, Micrometers),
                terminal_from_um: stated.terminal_from_um.map_or(default.terminal_from_um, Micrometers),
            },
            inputs: self.path.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
            found: inputs.photos.len(),
            done: count(Status::Done),
            reused: count(Status::Reused),
            failed: count(Status::Failed),
            interrupted: count(Status::NotReached) > 0,
            photos,
            times: Times { wall_s: milliseconds(wall.as_secs_f64()), stages_s: stages },
        }
    }

    fn settings(&self, stated: &Stated) -> Value {
        json!({
            "um_per_px": self.um_per_px,
            "scale_bar_mm": self.scale_bar_mm,
            "roi": stated.roi,
            "detector": stated.detector,
            "overlay": self.overlay.to_possible_value().map(|value| value.get_name().to_owned()),
            "force": self.force,
            "threads": self.threads(),
            "max_megapixels": self.limits().megapixels,
        })
    }

    fn sum_up(&self, run: &Run, folder: &Folder, stems: &[String]) {
        if self.verbose {
            for (stage, seconds) in &run.times.stages_s {
                let name = serde_json::to_value(stage).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
                eprintln!("{name:<10} {seconds:8.3} s");
            }
        }
        let others = folder.stems().iter().filter(|stem| !stems.contains(stem)).count();
        if others > 0 && !run.interrupted && !self.quiet {
            eprintln!("anagen: {} also holds {others} results of photos not in this run; the tables leave them out", self.out.display());
        }
        if run.interrupted {
            let left = run.photos.iter().filter(|photo| photo.status == Status::NotReached).count();
            eprintln!("anagen: stopped with {left} photos to go; the same command goes on from here");
        }
        if !self.quiet {
            let Run { done, reused, failed, .. } = run;
            eprintln!("{done} analyzed, {reused} reused, {failed} failed: {}", self.out.display());
        }
    }
}

fn photo_run(input: &Input, outcome: Option<&Outcome>) -> PhotoRun {
    let (status, reason) = match outcome.map(|outcome| &outcome.end) {
        None => (Status::NotReached, None),
        Some(Ok(finished)) if finished.reused => (Status::Reused, None),
        Some(Ok(_)) => (Status::Done, None),
        Some(Err(cause)) => (Status::Failed, Some(cause.clone())),
    };
    let finished = outcome.and_then(|outcome| outcome.end.as_ref().ok());
    PhotoRun {
        path: input.path.clone(),
        status,
        reason,
        result: finished.map(|_| format!("photos/{}.json", input.stem)),
        cuts: finished.and_then(|finished| finished.cuts),
    }
}

/// The stored results as one JSON text: one photo's as its file has it, several in an array.
fn together(folder: &Folder, stems: &[String], single: bool) -> Result<String, String> {
    let texts: Result<Vec<String>, String> = stems
        .iter()
        .map(|stem| folder.read(stem).map(|result| results::json(&result)).map_err(|error| format!("{stem}: {error}")))
        .collect();
    let texts = texts?;
    Ok(match &texts[..] {
        [only] if single => only.clone(),
        _ => format!("[\n{}]\n", texts.join(",\n")),
    })
}

fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// Set at the first interrupt: the photos in hand are finished and nothing else is begun. A second one ends the program at once.
fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = stop.clone();
    let handler = move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("anagen: finishing the photos in hand; interrupt again to stop at once");
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        eprintln!("anagen: an interrupt will stop at once: {error}");
    }
    stop
}
