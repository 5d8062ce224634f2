//! What a run did, as written: `run.json`, the only file that holds times.

use crate::analyze::Stage;
use crate::measure::Cuts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of `run.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RunSchema {
    /// The first.
    #[serde(rename = "anagen/run/1")]
    V1,
}

/// What was run, and what became of every photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The version of the contract.
    pub schema: RunSchema,
    /// What was asked for.
    #[serde(default)]
    pub command: RunCommand,
    /// The version of anagen.
    pub version: String,
    /// The hash of the detector's weights; `None` for a detector without any.
    pub model_sha256: Option<String>,
    /// The options, with their defaults filled in.
    pub settings: serde_json::Value,
    /// The thickness cuts of all photos where these have the same, else those where no `anagen.toml` says otherwise.
    pub cuts: Cuts,
    /// The files and folders named on the command line.
    pub inputs: Vec<String>,
    /// How many photos were found, with the named paths that could not be used.
    pub found: usize,
    /// How many were analyzed now.
    pub done: usize,
    /// How many results of an earlier run still held.
    pub reused: usize,
    /// How many photos, or named paths, gave no result.
    pub failed: usize,
    /// Whether the run was stopped before its last photo.
    pub interrupted: bool,
    /// Every photo, by path.
    pub photos: Vec<PhotoRun>,
    /// Every pair that was to be compared; none for other commands.
    #[serde(default)]
    pub pairs: Vec<PairRun>,
    /// How long it took.
    pub times: Times,
}

/// What became of one photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhotoRun {
    /// Its relative path in the input.
    pub path: String,
    /// What became of it.
    pub status: Status,
    /// Why it failed, or is in no timeline.
    pub reason: Option<String>,
    /// Where its result lies in the results folder.
    pub result: Option<String>,
    /// The cuts behind its classes; `None` where it has no scale or no result.
    pub cuts: Option<Cuts>,
    /// Whose skin it shows, where and when; `None` for a command that does not ask.
    #[serde(default)]
    pub session: Option<SessionRun>,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunCommand {
    /// To measure photos.
    #[default]
    Analyze,
    /// To compare two photos or two sessions.
    Compare,
    /// To follow every site through all sessions.
    Timeline,
}

/// Whose skin a photo shows, where and when, and what says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRun {
    /// Whose.
    pub subject: Option<String>,
    /// What says so.
    pub subject_from: Option<SessionSource>,
    /// Which place on the scalp.
    pub site: Option<String>,
    /// What says so.
    pub site_from: Option<SessionSource>,
    /// The date, with the time where it is known.
    pub taken_at: Option<String>,
    /// What says so.
    pub taken_at_from: Option<SessionSource>,
}

/// What says whose skin a photo shows, where or when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionSource {
    /// An `anagen.toml`.
    Config,
    /// The photo's path below the folder that was named: what stands beside the date.
    Path,
    /// The photo's EXIF.
    Exif,
    /// The name of the folder that was named.
    NamedFolder,
    /// The name of the photo's file, where its path says nothing else.
    FileName,
}

/// What became of one pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PairRun {
    /// The baseline's path.
    pub baseline: String,
    /// The follow-up's path.
    pub follow_up: String,
    /// What became of it: `done`, also where the two are not of the same skin, or `failed`.
    pub status: Status,
    /// Why it failed.
    pub reason: Option<String>,
    /// Where its comparison lies in the results folder.
    pub result: Option<String>,
}

/// What became of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Analyzed in this run.
    Done,
    /// An earlier run's result still held.
    Reused,
    /// No result, for the reason given.
    Failed,
    /// The run was stopped before its turn.
    NotReached,
}

/// How long a run took, in seconds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Times {
    /// From start to end.
    pub wall_s: f64,
    /// Per stage, summed over the photos analyzed.
    pub stages_s: BTreeMap<Stage, f64>,
}
