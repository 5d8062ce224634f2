//! `anagen analyze`: photos in; results, tables and overlays out.

use super::batch::{Batch, Finished, Outcome, Overlay, Wanted};
use super::config::{Plan, Stated, common_cuts, fingerprint, idle_globs, plans, tell};
use super::measuring::Measuring;
use super::privacy::{self, Privacy};
use super::progress::Progress;
use super::record::config_sha256;
use super::shard::Shard;
use super::summary::{stems, write_summary};
use super::{Ending, about, deliver_results, hairs, printable, rehearsal, results_folder, say};
use crate::analyze::Stage;
use crate::measure::Cuts;
use crate::results::{
    self, Folder, Input, Inputs, PhotoRun, Pseudonyms, Run, RunCommand, RunSchema, Status, Times, cause, read_at_most, result_path,
};
use clap::Args;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Examples:
  anagen analyze photos/ --out results/ --scale-bar-mm 1       every photo below photos/; each shows a scale bar of 1 mm
  anagen analyze a.jpg b.jpg --out results/ --um-per-px 2.76   two photos of known scale
  anagen analyze photos/ --out results/                        in pixels, unless an anagen.toml or the photos state a scale
  anagen analyze photos/ --out results/ --dry-run              what would be analyzed, and with which scale
  anagen analyze photo.jpg --out results/ --json -             and the result on stdout
  anagen analyze photos/ --out part1/ --shard 1/4              the first of four parts, for four machines; then anagen merge

Then open results/report.html. Run it again to go on where it stopped: what has not changed is not analyzed again.";

const AFTER: &str = "\
Every anagen.toml in the photos' folders and above them is read. The nearest goes first, and before it what the environment and the command line say:
  um_per_px = 2.76              # or scale_bar_mm = 1.0
  [cuts]
  vellus_below_um = 30
  [[photos]]
  glob = \"*/vertex*.jpg\"        # below the folder of this anagen.toml
  um_per_px = 1.38
  [[devices]]
  model = \"Scope 70x\"           # as the photo's EXIF names it
  um_per_px = 2.1

Environment: ANAGEN_UM_PER_PX, ANAGEN_SCALE_BAR_MM, ANAGEN_DETECTOR, ANAGEN_MODEL, ANAGEN_VELLUS_BELOW_UM, ANAGEN_TERMINAL_FROM_UM,
ANAGEN_MAX_MEGAPIXELS, ANAGEN_THREADS; flags go first. anagen config PATH shows what holds and where it comes from.

Exit codes: 0 all done; 1 nothing usable to do, or the command line is wrong; 2 some photos failed, the others are done.";

/// What is said where there is no photo at all.
pub const NO_PHOTO: &str = "no photo found: name photos, or folders that hold .jpg, .png, .tif, .bmp or .webp files";

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
    /// Also write the result as JSON to this file, or to stdout for "-": of one photo as it is, of several, or where more was named than could be
    /// used, in an array
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

/// What was found, and what the record says of it.
struct Batched {
    inputs: Inputs,
    stated: Stated,
    codes: Option<Pseudonyms>,
    /// The hash of every `anagen.toml` that holds for a photo of the batch, of all its parts.
    config_sha256: Option<String>,
    /// The cuts of the batch, of all its parts.
    cuts: Cuts,
}

impl Analyze {
    /// Analyzes the photos and writes the results folder.
    pub fn run(&self) -> Result<Ending, String> {
        let began = Instant::now();
        let batched = self.found()?;
        let Batched { inputs, stated, .. } = &batched;
        if inputs.photos.is_empty() && self.shard.is_none() {
            return self.nothing(&batched, began);
        }
        privacy::same_names(&self.out, privacy::key(batched.codes.as_ref()).as_deref())?;
        let photos: Vec<_> = inputs.photos.iter().zip(plans(&inputs.photos, stated)?).collect();
        for warning in idle_globs(&inputs.photos, stated).iter().filter(|_| !self.quiet) {
            say(format!("anagen: {warning}"));
        }
        if self.dry_run {
            let folder = Folder::open(&self.out).ok();
            return rehearsal::rehearse(&photos, folder.as_ref(), &self.wanted(), inputs.troubles.len());
        }
        let folder = results_folder(&self.out)?;
        self.announce(&folder, &batched).map_err(|error| about(&self.out, cause(&error)))?;
        let outcomes = self.work(&photos, &folder)?;
        clear_former(&folder, inputs, &outcomes).map_err(|error| about(&self.out, cause(&error)))?;
        let run = self.record(&batched, &outcomes, began.elapsed());
        write_summary(&folder, &run, !self.no_report).map_err(|error| about(&self.out, cause(&error)))?;
        let stems = stems(&run);
        if self.json.is_some() {
            deliver_results(self.json.as_ref(), &texts(&folder, &stems)?, inputs.photos.len() + inputs.troubles.len() == 1)?;
        }
        self.sum_up(&run, &folder, &stems);
        Ok(if run.failed > 0 || run.interrupted { Ending::SomeFailed } else { Ending::AllDone })
    }

    /// The photos that were named, under codes where that was asked for; what cannot be used is told.
    fn found(&self) -> Result<Batched, String> {
        let stated = self.measuring.stated()?;
        let mut codes = self.privacy.codes()?;
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
        tell(&mut inputs.photos, &stated)?;
        let config_sha256 = fingerprint(&inputs.photos, &stated)?;
        let cuts = common_cuts(plans(&inputs.photos, &stated)?.iter(), &stated);
        // Of the undivided batch, so that each photo is called the same whichever part it falls to.
        if let Some(codes) = &mut codes {
            codes.apply(&mut inputs);
        }
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
        Ok(Batched { inputs, stated, codes, config_sha256, cuts })
    }

    /// Ends a run that found no photo: with its record, so that a program that started it finds out why, unless that of an earlier run is there,
    /// whose results would be without it.
    fn nothing(&self, batched: &Batched, began: Instant) -> Result<Ending, String> {
        if !self.dry_run
            && !self.out.join("run.json").exists()
            && results::pictures_in_the_way(&self.out).is_none()
            && let Ok(folder) = Folder::create(&self.out)
        {
            let run = self.record(batched, &[], began.elapsed());
            folder.write_json("run.json", &run).map_err(|error| about(&folder.place("run.json"), cause(&error)))?;
        }
        if !self.dry_run {
            deliver_results(self.json.as_ref(), &[], true)?;
        }
        Err(NO_PHOTO.into())
    }

    fn wanted(&self) -> Wanted {
        let (limits, force) = (self.measuring.limits(), self.measuring.force);
        Wanted { limits, overlay: self.overlay, pages: !self.no_report, force, clears: true }
    }

    fn work(&self, photos: &[(&Input, Plan)], folder: &Folder) -> Result<Vec<Option<Outcome>>, String> {
        let stop = stop_on_interrupt();
        let batch = Batch { folder, wanted: self.wanted(), threads: self.measuring.threads(), stop: &stop };
        let mut progress = Progress::new(photos.len(), self.quiet);
        let mut outcomes: Vec<Option<Outcome>> = photos.iter().map(|_| None).collect();
        batch.run(photos, |outcome| {
            self.tell(&mut progress, photos[outcome.index].0, &outcome);
            let index = outcome.index;
            outcomes[index] = Some(outcome);
        })?;
        Ok(outcomes)
    }

    /// Leaves the record of a run that has not come to anything yet, so that a folder whose run is killed
    /// says so: it may hold results of two.
    fn announce(&self, folder: &Folder, batched: &Batched) -> std::io::Result<()> {
        fs::create_dir_all(folder.place("photos"))?;
        folder.write_json("run.json", &self.record(batched, &[], Duration::ZERO))
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

    fn record(&self, batched: &Batched, outcomes: &[Option<Outcome>], wall: Duration) -> Run {
        let Batched { inputs, stated, codes, .. } = batched;
        // What was named on the command line may hold a subject's name.
        let named = |path: &PathBuf| match codes {
            Some(codes) => codes.other(&path.to_string_lossy()),
            None => path.to_string_lossy().into_owned(),
        };
        let outcome = |i: usize| outcomes.get(i).and_then(Option::as_ref);
        let mut photos: Vec<PhotoRun> = inputs.photos.iter().enumerate().map(|(i, input)| photo_run(input, outcome(i))).collect();
        photos.extend(inputs.troubles.iter().map(|trouble| PhotoRun {
            path: named(&trouble.path),
            status: Status::Failed,
            reason: Some(trouble.cause.clone()),
            result: None,
            cuts: None,
            session: None,
        }));
        photos.sort_by(|a, b| (&a.path, &a.result).cmp(&(&b.path, &b.result)));
        let count = |status| photos.iter().filter(|photo| photo.status == status).count();
        Run {
            schema: RunSchema::V1,
            command: RunCommand::Analyze,
            version: env!("CARGO_PKG_VERSION").into(),
            model_sha256: stated.detector.model_sha256().map(str::to_owned),
            settings: self.settings(batched),
            cuts: batched.cuts,
            inputs: self.path.iter().map(named).collect(),
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

    fn settings(&self, Batched { stated, codes, config_sha256: hash, .. }: &Batched) -> Value {
        let mut settings = self.measuring.record(stated);
        settings.extend(privacy::record(codes.as_ref()));
        let others = json!({
            "overlay": self.overlay.name(),
            "report": !self.no_report,
            "config_sha256": config_sha256(hash.as_ref(), codes.as_ref()),
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

/// Removes the results that earlier runs stored for these photos under other names: a result takes its photo's extension into its name once
/// another photo differs in nothing else.
fn clear_former(folder: &Folder, inputs: &Inputs, outcomes: &[Option<Outcome>]) -> std::io::Result<()> {
    let own: BTreeSet<&str> = inputs.photos.iter().map(|input| input.stem.as_str()).collect();
    let reached: BTreeSet<&str> =
        inputs.photos.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_some()).map(|(input, _)| input.path.as_str()).collect();
    let others: Vec<String> = folder.stems().into_iter().filter(|stem| !own.contains(stem.as_str())).collect();
    let former = folder.heads(&others).into_iter().filter(|(_, path, _)| reached.contains(path.as_str()));
    former.into_iter().try_for_each(|(stem, _, _)| folder.remove_photo(&stem))
}

/// The stored results as JSON texts.
fn texts(folder: &Folder, stems: &[String]) -> Result<Vec<String>, String> {
    let text = |stem: &String| folder.read(stem).map(|result| results::json(&result));
    stems.iter().map(|stem| text(stem).map_err(|error| about(&folder.place(&result_path(stem)), cause(&error)))).collect()
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
