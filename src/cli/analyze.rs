//! `anagen analyze`: photos in; results, tables and overlays out.

use super::batch::{Batch, Finished, Outcome, Overlay};
use super::config::{Plan, Stated, idle_globs, plans, tell};
use super::measuring::Measuring;
use super::privacy::Privacy;
use super::progress::Progress;
use super::shard::Shard;
use super::summary::{stems, write_summary};
use super::{Ending, about, deliver, hairs, printable, rehearsal, results_folder, say, spared};
use crate::analyze::Stage;
use crate::measure::Cuts;
use crate::results::{self, Folder, Input, Inputs, PhotoRun, Run, RunCommand, RunSchema, Status, Times, cause, read_at_most, result_path};
use crate::units::Micrometers;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Examples:
  anagen analyze photos/ --out results/ --scale-bar-mm 1       every photo below photos/; each shows a scale bar of 1 mm
  anagen analyze a.jpg b.jpg --out results/ --um-per-px 2.76   two photos of known scale
  anagen analyze photos/ --out results/                        in pixels, unless photos/anagen.toml or the photos state a scale
  anagen analyze photos/ --out results/ --dry-run              what would be analyzed, and with which scale
  anagen analyze photo.jpg --out results/ --json -             and the result on stdout
  anagen analyze photos/ --out part1/ --shard 1/4              the first of four parts, for four machines; then anagen merge

Then open results/report.html. Run it again to go on where it stopped: what has not changed is not analyzed again.";

const AFTER: &str = "\
A folder may hold an anagen.toml; what the environment and the command line say goes first:
  um_per_px = 2.76              # or scale_bar_mm = 1.0
  [cuts]
  vellus_below_um = 30
  [[photos]]
  glob = \"*/vertex*.jpg\"        # below this folder
  um_per_px = 1.38
  [[devices]]
  model = \"Scope 70x\"           # as the photo's EXIF names it
  um_per_px = 2.1

Environment: ANAGEN_UM_PER_PX, ANAGEN_SCALE_BAR_MM, ANAGEN_DETECTOR, ANAGEN_MODEL, ANAGEN_VELLUS_BELOW_UM, ANAGEN_TERMINAL_FROM_UM,
ANAGEN_MAX_MEGAPIXELS, ANAGEN_THREADS; flags go first. anagen config PATH shows what holds and where it comes from.

Exit codes: 0 all done; 1 nothing usable to do, or the command line is wrong; 2 some photos failed, the others are done.";

const NO_PHOTO: &str = "no photo found: name photos, or folders that hold .jpg, .png, .tif, .bmp or .webp files";

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
    #[command(flatten)]
    pub measuring: Measuring,
    /// The photo with the findings drawn over it. Default: jpeg
    #[arg(long, value_enum, default_value = "jpeg", hide_default_value = true, help_heading = "Output")]
    overlay: Overlay,
    /// Write report.html and a page for each photo. This is the default
    #[arg(long, overrides_with = "no_report", help_heading = "Output")]
    report: bool,
    /// Write no report.html and no pages
    #[arg(long, overrides_with = "report", help_heading = "Output")]
    no_report: bool,
    /// Also write the result as JSON to this file, or to stdout for "-": one photo's as it is, several in an array
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    json: Option<PathBuf>,
    #[command(flatten)]
    privacy: Privacy,
    /// Analyze one part of the photos only, such as 1/4 for the first of four; anagen merge puts the parts together
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Say what would be analyzed and with which scale; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Say how long each stage took
    #[arg(short, long, visible_alias = "timings")]
    verbose: bool,
    /// Say only what went wrong
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
}

impl Analyze {
    /// Analyzes the photos and writes the results folder.
    pub fn run(&self) -> Result<Ending, String> {
        let began = Instant::now();
        let stated = self.measuring.stated()?;
        let inputs = self.inputs(&stated)?;
        if inputs.photos.is_empty() && self.shard.is_none() {
            return self.nothing(&inputs, &stated, began);
        }
        let photos: Vec<_> = inputs.photos.iter().zip(plans(&inputs.photos, &stated)?).collect();
        for warning in idle_globs(&inputs.photos, &stated).iter().filter(|_| !self.quiet) {
            say(format!("anagen: {warning}"));
        }
        if self.dry_run {
            return rehearsal::rehearse(&photos, &self.out, &self.measuring.limits());
        }
        spared(self.json.as_ref(), inputs.photos.iter().map(|input| &input.file))?;
        let folder = results_folder(&self.out)?;
        self.announce(&folder, &inputs, &stated).map_err(|error| about(&self.out, cause(&error)))?;
        let outcomes = self.work(&photos, &folder)?;
        let run = self.record(&inputs, &outcomes, &stated, began.elapsed());
        write_summary(&folder, &run, !self.no_report).map_err(|error| about(&self.out, cause(&error)))?;
        let stems = stems(&run);
        if let Some(place) = &self.json {
            deliver(place, &together(&folder, &stems, inputs.photos.len() == 1)?)?;
        }
        self.sum_up(&run, &folder, &stems);
        Ok(if run.failed > 0 || run.interrupted { Ending::SomeFailed } else { Ending::AllDone })
    }

    /// The photos that were named, under codes where that was asked for; what cannot be used is told.
    fn inputs(&self, stated: &Stated) -> Result<Inputs, String> {
        let place = |path: &PathBuf| fs::canonicalize(path).ok();
        if self.path.iter().any(|path| path.is_dir() && place(path) == place(&self.out)) {
            let inside = self.out.join("results");
            return Err(format!(
                "{}: the photos lie in this folder, so their results need another: --out {}",
                printable(&self.out),
                printable(&inside)
            ));
        }
        let mut inputs = results::find(&self.path, &self.out);
        if let Some(shard) = self.shard {
            if inputs.photos.is_empty() {
                return Err(NO_PHOTO.into());
            }
            let limit = self.measuring.limits().bytes;
            // What cannot be read is told by its name, so that one part alone reports it.
            inputs.photos.retain(|input| match read_at_most(&input.file, limit) {
                Ok(bytes) => shard.holds(&bytes),
                Err(_) => shard.holds(input.path.as_bytes()),
            });
            inputs.troubles.retain(|trouble| shard.holds(trouble.path.as_os_str().as_encoded_bytes()));
        }
        for trouble in &inputs.troubles {
            say(about(&trouble.path, &trouble.cause));
        }
        tell(&mut inputs.photos, stated)?;
        if let Some(pseudonyms) = self.privacy.codes()? {
            pseudonyms.apply(&mut inputs);
        }
        Ok(inputs)
    }

    /// Ends a run that found no photo: with its record, so that a program that started it finds out why, unless that of an earlier run is there,
    /// whose results would be without it.
    fn nothing(&self, inputs: &Inputs, stated: &Stated, began: Instant) -> Result<Ending, String> {
        if !self.dry_run
            && !self.out.join("run.json").exists()
            && results::pictures_in_the_way(&self.out).is_none()
            && let Ok(folder) = Folder::create(&self.out)
        {
            let run = self.record(inputs, &[], stated, began.elapsed());
            folder.write_json("run.json", &run).map_err(|error| about(&folder.place("run.json"), cause(&error)))?;
        }
        Err(NO_PHOTO.into())
    }

    fn work(&self, photos: &[(&Input, Plan)], folder: &Folder) -> Result<Vec<Option<Outcome>>, String> {
        let stop = stop_on_interrupt();
        let batch = Batch {
            folder,
            limits: self.measuring.limits(),
            overlay: self.overlay,
            pages: !self.no_report,
            force: self.measuring.force,
            threads: self.measuring.threads(),
            stop: &stop,
        };
        let mut progress = Progress::new(photos.len(), self.quiet);
        let mut outcomes: Vec<Option<Outcome>> = photos.iter().map(|_| None).collect();
        batch.run(photos, |outcome| {
            self.tell(&mut progress, photos[outcome.index].0, &outcome);
            let index = outcome.index;
            outcomes[index] = Some(outcome);
        })?;
        Ok(outcomes)
    }

    /// Leaves a record of a run that has not come to anything yet where there is none, so that a folder whose run is killed still says what it is.
    fn announce(&self, folder: &Folder, inputs: &Inputs, stated: &Stated) -> std::io::Result<()> {
        fs::create_dir_all(folder.place("photos"))?;
        if folder.place("run.json").exists() {
            return Ok(());
        }
        folder.write_json("run.json", &self.record(inputs, &[], stated, Duration::ZERO))
    }

    fn tell(&self, progress: &mut Progress, input: &Input, outcome: &Outcome) {
        match &outcome.end {
            Err(cause) => progress.failed(&about(&input.file, cause)),
            Ok(Finished { reused: true, .. }) => progress.finished(&about(input.path.as_ref(), "unchanged, its result is reused")),
            Ok(Finished { counted, density, .. }) => {
                let density = density.map(|d| format!(", {d:.1} /cm²")).unwrap_or_default();
                let seconds = outcome.took.as_secs_f64();
                progress.finished(&about(input.path.as_ref(), format!("{}{density} ({seconds:.1} s)", hairs(*counted))));
            }
        }
    }

    fn record(&self, inputs: &Inputs, outcomes: &[Option<Outcome>], stated: &Stated, wall: Duration) -> Run {
        let outcome = |i: usize| outcomes.get(i).and_then(Option::as_ref);
        let mut photos: Vec<PhotoRun> = inputs.photos.iter().enumerate().map(|(i, input)| photo_run(input, outcome(i))).collect();
        photos.extend(inputs.troubles.iter().map(|trouble| PhotoRun {
            path: self.named(&trouble.path),
            status: Status::Failed,
            reason: Some(trouble.cause.clone()),
            result: None,
            cuts: None,
            session: None,
        }));
        photos.sort_by(|a, b| (&a.path, &a.result).cmp(&(&b.path, &b.result)));
        let count = |status| photos.iter().filter(|photo| photo.status == status).count();
        let default = Cuts::default();
        Run {
            schema: RunSchema::V1,
            command: RunCommand::Analyze,
            version: env!("CARGO_PKG_VERSION").into(),
            model_sha256: stated.detector.model_sha256().map(str::to_owned),
            settings: self.settings(stated),
            cuts: Cuts {
                vellus_below_um: stated.vellus_below_um.map_or(default.vellus_below_um, Micrometers),
                terminal_from_um: stated.terminal_from_um.map_or(default.terminal_from_um, Micrometers),
            },
            inputs: self.path.iter().map(|path| self.named(path)).collect(),
            found: photos.len(),
            done: count(Status::Done),
            reused: count(Status::Reused),
            failed: count(Status::Failed),
            interrupted: count(Status::NotReached) > 0,
            photos,
            pairs: vec![],
            times: Times { wall_s: milliseconds(wall.as_secs_f64()), stages_s: stages(outcomes) },
        }
    }

    /// A path of the command line as the record has it: it may hold a subject's name.
    fn named(&self, path: &std::path::Path) -> String {
        let text = path.to_string_lossy();
        self.privacy.codes().ok().flatten().map_or(text.to_string(), |pseudonyms| pseudonyms.other(&text))
    }

    fn settings(&self, stated: &Stated) -> Value {
        let mut settings = self.measuring.record(stated);
        let others = json!({
            "overlay": self.overlay.to_possible_value().map(|value| value.get_name().to_owned()),
            "report": !self.no_report,
            "pseudonymized": self.privacy.is_asked(),
        });
        settings.extend(others.as_object().cloned().unwrap_or_default());
        if let Some(shard) = self.shard {
            settings.insert("shard".into(), shard.to_string().into());
        }
        Value::Object(settings)
    }

    fn sum_up(&self, run: &Run, folder: &Folder, stems: &[String]) {
        if self.verbose {
            for (stage, seconds) in &run.times.stages_s {
                let name = serde_json::to_value(stage).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
                say(format!("{name:<10} {seconds:8.3} s"));
            }
        }
        let others = folder.stems().iter().filter(|stem| !stems.contains(stem)).count();
        if others > 0 && !run.interrupted && !self.quiet {
            let folder = printable(&self.out);
            say(format!("anagen: {folder} also holds {others} results of photos not in this run; the tables leave them out"));
        }
        if run.interrupted {
            let left = run.photos.iter().filter(|photo| photo.status == Status::NotReached).count();
            say(format!("anagen: stopped with {left} photos to go; the same command goes on from here"));
        }
        if !self.quiet {
            let Run { done, reused, failed, .. } = run;
            let place = if self.no_report { self.out.clone() } else { self.out.join("report.html") };
            say(format!("{done} analyzed, {reused} reused, {failed} failed: {}", printable(&place)));
        }
    }
}

/// The seconds that each stage took, all photos together.
pub fn stages(outcomes: &[Option<Outcome>]) -> BTreeMap<Stage, f64> {
    let mut stages: BTreeMap<Stage, f64> = BTreeMap::new();
    for (stage, spent) in outcomes.iter().flatten().flat_map(|outcome| &outcome.stages) {
        *stages.entry(*stage).or_default() += spent.as_secs_f64();
    }
    stages.values_mut().for_each(|seconds| *seconds = milliseconds(*seconds));
    stages
}

/// What became of a photo, as the record has it.
pub fn photo_run(input: &Input, outcome: Option<&Outcome>) -> PhotoRun {
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
        result: finished.map(|_| result_path(&input.stem)),
        cuts: finished.and_then(|finished| finished.cuts),
        session: None,
    }
}

/// The stored results as one JSON text: one photo's as its file has it, several in an array.
fn together(folder: &Folder, stems: &[String], single: bool) -> Result<String, String> {
    let texts: Result<Vec<String>, String> = stems
        .iter()
        .map(|stem| {
            folder.read(stem).map(|result| results::json(&result)).map_err(|error| about(&folder.place(&result_path(stem)), cause(&error)))
        })
        .collect();
    let texts = texts?;
    Ok(match &texts[..] {
        [only] if single => only.clone(),
        _ => format!("[\n{}]\n", texts.join(",\n")),
    })
}

/// Seconds as the record has them.
pub fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// Set at the first interrupt: the photos in hand are finished and nothing else is begun. A second one ends the program at once.
pub fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = stop.clone();
    let handler = move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        say("anagen: finishing the photos in hand; interrupt again to stop at once");
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        say(format!("anagen: an interrupt will stop at once: {error}"));
    }
    stop
}
