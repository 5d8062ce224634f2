//! `run.json` of the commands that compare photos: what was run, what became of every photo, and whose skin it was taken to show.

use super::analyze::milliseconds;
use super::measuring::Measuring;
use super::privacy;
use crate::analyze::Stage;
use crate::measure::Cuts;
use crate::results::{PairRun, PhotoResult, PhotoRun, Pseudonyms, Run, RunCommand, RunSchema, SessionRun, SessionSource, Status, Times};
use crate::session::{Session, Told};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The record of a command that compares photos. `own` are the options that it alone has, `cuts` those of its photos.
///
/// # Errors
/// When what is stated on the command line contradicts itself.
pub fn record(
    command: RunCommand,
    (inputs, codes): (&[&PathBuf], Option<&Pseudonyms>),
    measuring: &Measuring,
    (photos, stages): (Vec<PhotoRun>, BTreeMap<Stage, f64>),
    pairs: Vec<PairRun>,
    began: Instant,
    (own, cuts): (Value, Cuts),
) -> Result<Run, String> {
    let stated = measuring.stated()?;
    let count = |status| photos.iter().filter(|photo| photo.status == status).count();
    // What was named on the command line may hold a subject's name.
    let named = |path: &&PathBuf| codes.map_or(path.to_string_lossy().into_owned(), |codes| codes.other(&path.to_string_lossy()));
    Ok(Run {
        schema: RunSchema::V1,
        command,
        version: env!("CARGO_PKG_VERSION").into(),
        model_sha256: stated.detector.model_sha256().map(str::to_owned),
        settings: measuring
            .record(&stated)
            .into_iter()
            .chain(privacy::record(codes))
            .chain(own.as_object().cloned().unwrap_or_default())
            .collect(),
        cuts,
        inputs: inputs.iter().map(named).collect(),
        found: photos.len(),
        done: count(Status::Done),
        reused: count(Status::Reused),
        failed: count(Status::Failed),
        interrupted: false,
        photos,
        pairs,
        times: Times { wall_s: milliseconds(began.elapsed().as_secs_f64()), stages_s: stages },
    })
}

/// The hash of every `anagen.toml` that was read, as a record has it: where they lie is in it, so that under codes it would let names be guessed.
pub fn config_sha256(hash: Option<&String>, codes: Option<&Pseudonyms>) -> Value {
    hash.map(|hash| codes.map_or(hash.clone(), |codes| codes.other(hash))).into()
}

/// What became of a path of which nothing could be made, and why.
pub fn unusable(path: &Path, reason: &str, codes: Option<&Pseudonyms>) -> PhotoRun {
    let named = path.to_string_lossy();
    let path = codes.map_or(named.to_string(), |codes| codes.other(&named));
    PhotoRun { path, status: Status::Failed, reason: Some(reason.into()), result: None, cuts: None, session: None }
}

/// Whose skin a photo shows, where and when, and what says so: what was known beforehand and, where there is one, its result.
pub fn session(told: &Told, result: Option<&PhotoResult>) -> SessionRun {
    // As it is told now, also where the result was made when paths and settings told otherwise.
    let Session { subject, site, taken_at } = told.with(result.and_then(|result| result.photo.taken_at.as_deref()));
    let from = |value: &Option<String>, stated: &Option<String>, else_from| {
        value.as_ref().map(|_| if stated.is_some() { SessionSource::Config } else { else_from })
    };
    let dated = if taken_at == told.path.taken_at { SessionSource::Path } else { SessionSource::Exif };
    SessionRun {
        subject_from: from(&subject, &told.stated.subject, SessionSource::Path),
        site_from: from(&site, &told.stated.site, SessionSource::Path),
        taken_at_from: from(&taken_at, &told.stated.taken_at, dated),
        subject,
        site,
        taken_at,
    }
}
