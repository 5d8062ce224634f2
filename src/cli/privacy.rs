//! `--pseudonymize`: codes in place of subjects' names, in every command that writes about them.

use super::about;
use crate::results::{Folder, Pseudonyms, read_at_most};
use clap::Args;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The setting that tells one key from another.
const KEY: &str = "pseudonym_key";

/// The most bytes a key file may hold.
const MOST_KEY_BYTES: u64 = 1_000_000;

/// What keeps names out of what is written.
#[derive(Debug, Clone, Args)]
pub struct Privacy {
    /// Replace the names of subjects, and of all folders above a photo's date, by codes made with the key in this file (16 bytes or more),
    /// in everything written, file names included; visits such as visit1, month 3 or baseline stay
    #[arg(long, value_name = "KEYFILE")]
    pseudonymize: Option<PathBuf>,
}

impl Privacy {
    /// The codes, where they were asked for.
    ///
    /// # Errors
    /// When the key cannot be read or is too short.
    pub fn codes(&self) -> Result<Option<Pseudonyms>, String> {
        let Some(file) = &self.pseudonymize else { return Ok(None) };
        let key = read_at_most(file, MOST_KEY_BYTES).and_then(|key| Pseudonyms::new(&key));
        let advice = "Make a key once and keep it where the results do not go: head -c 32 /dev/urandom > KEYFILE";
        key.map(Some).map_err(|cause| format!("{}\n{advice}", about(file, cause)))
    }
}

/// What `run.json` says of the names in a folder: whether they are codes, and by which key, which nobody can tell from it.
pub fn record(codes: Option<&Pseudonyms>) -> Map<String, Value> {
    [("pseudonymized".into(), codes.is_some().into()), (KEY.into(), key(codes).into())].into_iter().collect()
}

/// What tells the key of these codes from another; `None` without codes.
pub fn key(codes: Option<&Pseudonyms>) -> Option<String> {
    codes.map(|codes| codes.other("key"))
}

/// The same as a run's settings have it.
pub fn recorded_key(settings: &Value) -> Option<&str> {
    settings.get(KEY).and_then(Value::as_str)
}

/// # Errors
/// When a folder holds results with names and those to come are to be under codes, or the other way round, or under codes of another key.
pub fn same_names(out: &Path, key: Option<&str>) -> Result<(), String> {
    let Some(stored) = Folder::open(out).ok().and_then(|folder| folder.run().ok()) else { return Ok(()) };
    let holds = match (recorded_key(&stored.settings), key) {
        (stored, key) if stored == key => return Ok(()),
        (None, _) => "results with names",
        (Some(_), None) => "results under codes",
        (Some(_), Some(_)) => "results under codes of another key",
    };
    Err(about(out, format!("holds {holds}: give the same --pseudonymize, or name another folder with --out")))
}
