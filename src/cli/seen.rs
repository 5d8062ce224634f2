//! Photos to compare: each with its result, analyzed now or by an earlier run, and its pixels.

use super::analyze::{photo_run, stages, stop_on_interrupt};
use super::batch::{Batch, Outcome, Overlay, Wanted, made_by};
use super::config::{Plan, Stated, common_cuts, plans};
use super::measuring::Measuring;
use super::progress::Progress;
use super::{about, hairs, record, say};
use crate::analyze::Stage;
use crate::calibration::ScaleBar;
use crate::compare::Visit;
use crate::field::Field;
use crate::measure::Cuts;
use crate::photo::{Limits, Photo};
use crate::results::{self, Folder, Input, PhotoResult, PhotoRun, read_at_most, result_path, sha256};
use crate::session::{Told, days_between};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A photo with its result, still on disk.
pub struct Seen {
    pub input: Input,
    pub result: PhotoResult,
    plan: Plan,
    limits: Limits,
}

/// Photos to compare, and what became of each.
pub struct Looked {
    /// Those that were named, in that order; `None` for one that failed.
    pub photos: Vec<Option<Seen>>,
    /// The same as the run's record has them.
    pub runs: Vec<PhotoRun>,
    /// The seconds that each stage of their analysis took.
    pub stages: BTreeMap<Stage, f64>,
    /// Set once the command is to end.
    pub stop: Arc<AtomicBool>,
}

/// Photos to compare before anything is done about them: each under the name that its result has in the folder.
pub struct Known {
    /// In the order they were named.
    pub inputs: Vec<Input>,
    /// The hash of each one's bytes; `None` where it cannot be read, or nothing is stored that it could be held against.
    pub hashes: Vec<Option<String>>,
    plans: Vec<Plan>,
}

impl Known {
    /// The photos that were named, held against what the folder has of them.
    ///
    /// # Errors
    /// An `anagen.toml` that does not say what it should; a result of an analysis in the folder that does not hold any more: the analysis's
    /// tables and pages would not be those of a new one.
    pub fn of(inputs: &[Input], measuring: &Measuring, folder: Option<&Folder>) -> Result<Self, String> {
        let plans = plans(inputs, &measuring.stated()?)?;
        let Some(folder) = folder else { return Ok(Self { inputs: inputs.to_vec(), hashes: vec![None; inputs.len()], plans }) };
        let stored = folder.hashes();
        let fresh = stored.is_empty() && folder.comparisons() == 0;
        let limit = measuring.limits().bytes;
        let hash = |input: &Input| read_at_most(&input.file, limit).map(|bytes| sha256(&bytes)).ok().filter(|_| !fresh);
        let hashes: Vec<Option<String>> = inputs.iter().map(hash).collect();
        let inputs: Vec<Input> = inputs.iter().zip(&hashes).map(|(input, hash)| under_known_name(input, &stored, hash.as_ref())).collect();
        let analyzed = folder.place("photos.csv").is_file();
        for ((input, hash), plan) in inputs.iter().zip(&hashes).zip(&plans).filter(|_| analyzed) {
            let Some(hash) = hash.as_ref().filter(|_| folder.place(&result_path(&input.stem)).is_file()) else { continue };
            if folder.reusable(input, hash, &made_by(plan, input)).is_none() {
                return Err(about(&input.file, OTHERWISE));
            }
        }
        Ok(Self { inputs, hashes, plans })
    }

    /// The cuts of all these photos where they are the same, else those where no `anagen.toml` says otherwise.
    pub fn cuts(&self, stated: &Stated) -> Cuts {
        common_cuts(self.plans.iter(), stated)
    }

    /// Each photo with what its settings are to be.
    pub fn photos(&self) -> Vec<(&Input, Plan)> {
        self.inputs.iter().zip(self.plans.clone()).collect()
    }
}

/// What is wrong with a stored result that is part of an analysis and does not hold.
const OTHERWISE: &str = "its result in this folder was made with other settings, by another version, or of another file: give the same options as anagen \
analyze had, run that again, or name another folder with --out";

/// What photos that are compared are to have: their result, and nothing drawn of each alone.
pub fn wanted(measuring: &Measuring) -> Wanted {
    Wanted { limits: measuring.limits(), overlay: Overlay::None, pages: false, force: measuring.force, clears: false }
}

/// The photos' results in the folder, in the order given: those an earlier run left there, under whatever name, and the others made now.
/// `None` for a photo that failed, which is named on stderr.
///
/// # Errors
/// An interruption.
pub fn seen(known: &Known, measuring: &Measuring, folder: &Folder, quiet: bool) -> Result<Looked, String> {
    let stop = stop_on_interrupt();
    let limits = measuring.limits();
    let inputs = &known.inputs;
    let photos = known.photos();
    let batch = Batch { folder, wanted: wanted(measuring), threads: measuring.threads(), stop: &stop };
    let mut progress = Progress::new(photos.len(), quiet);
    let mut ends: Vec<Option<Outcome>> = photos.iter().map(|_| None).collect();
    batch.run(&photos, |outcome| {
        let input = &inputs[outcome.index];
        match &outcome.end {
            Err(cause) => progress.failed(&about(&input.file, cause)),
            Ok(finished) if finished.reused => progress.finished(&about(input.path.as_ref(), "unchanged, its result is reused")),
            Ok(finished) => progress.finished(&about(input.path.as_ref(), hairs(finished.counted))),
        }
        let index = outcome.index;
        ends[index] = Some(outcome);
    })?;
    drop(progress);
    if ends.iter().any(Option::is_none) {
        return Err("stopped before every photo was analyzed; the same command goes on from here".into());
    }
    let read = |input: &Input, plan: &Plan| {
        let result = folder.read(&input.stem).map_err(|error| say(about(&folder.place(&input.stem), results::cause(&error)))).ok()?;
        Some(Seen { input: input.clone(), result, plan: plan.clone(), limits })
    };
    let done = |i: usize| ends[i].as_ref().is_some_and(|outcome| outcome.end.is_ok());
    let seen: Vec<Option<Seen>> =
        photos.iter().enumerate().map(|(i, (input, plan))| if done(i) { read(input, plan) } else { None }).collect();
    for seen in seen.iter().flatten() {
        let [path, stated] = [&seen.input.told.path, &seen.input.told.stated].map(|said| said.taken_at.as_deref());
        let apart = |own: &str| path.and_then(|path| days_between(path, own)).filter(|days| *days != 0 && stated.is_none());
        if let Some((own, path)) = seen.result.photo.taken_at.as_deref().filter(|own| apart(own).is_some()).zip(path) {
            say(about(
                &seen.input.file,
                format!(
                    "taken on {own} by the photo itself and on {path} by its path: the photo's own date counts, unless an anagen.toml has one"
                ),
            ));
        }
    }
    let run = |(i, (input, _)): (usize, &(&Input, Plan))| {
        let session = Some(record::session(&input.told, seen[i].as_ref().map(|seen| &seen.result)));
        PhotoRun { session, ..photo_run(input, ends[i].as_ref()) }
    };
    let runs = photos.iter().enumerate().map(run).collect();
    Ok(Looked { photos: seen, runs, stages: stages(&ends), stop })
}

/// The photo under the name an earlier run gave it in the folder, if it is there with the same bytes.
fn under_known_name(input: &Input, stored: &[(String, String, String)], hash: Option<&String>) -> Input {
    let same: Vec<_> = stored.iter().filter(|(_, _, sha256)| hash == Some(sha256)).collect();
    // Its own name first, then the longer one of a run that began farther up; a copy under another name stays a photo of its own.
    let longer = format!("/{}", input.stem);
    let stored = same.iter().find(|(stem, _, _)| *stem == input.stem).or(same.iter().find(|(stem, _, _)| stem.ends_with(&longer)));
    stored.map_or(input.clone(), |(stem, path, _)| {
        // The longer name may say whose photo it is where the shorter one does not.
        let longer = Told::by_path(path).path;
        let said = if input.told.path.subject.is_none() && longer.subject.is_some() { longer } else { input.told.path.clone() };
        let told = Told { path: said, stated: input.told.stated.clone() };
        Input { stem: stem.clone(), path: path.clone(), told, ..input.clone() }
    })
}

impl Seen {
    /// The photo as it is compared: its result with its pixels.
    pub fn visit(&self, photo: &Photo) -> Visit {
        let settings = self.plan.settings(photo.acquisition().model.as_deref());
        let (field, _) = Field::find(photo, ScaleBar::find(photo).as_ref(), settings.roi.as_ref(), self.result.calibration.as_ref());
        Visit::new(photo, field, self.result.traced(), self.result.grouped(), self.result.calibration)
    }

    /// Its pixels.
    ///
    /// # Errors
    /// When the file can no longer be read.
    pub fn photo(&self) -> Result<Photo, String> {
        let bytes = read_at_most(&self.input.file, self.limits.bytes)?;
        Photo::decode(&bytes, &self.limits).map_err(|error| error.to_string())
    }

    /// The cuts its hairs are classed by; `None` without a scale.
    pub fn cuts(&self) -> Option<Cuts> {
        self.result.cuts
    }
}
