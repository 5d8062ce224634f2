//! `--pseudonymize`: codes in place of subjects' names, in every command that writes about them.

use super::about;
use crate::results::{Pseudonyms, read_at_most};
use clap::Args;
use std::path::PathBuf;

/// The most bytes a key file may hold.
const MOST_KEY_BYTES: u64 = 1_000_000;

/// What keeps names out of what is written.
#[derive(Debug, Clone, Args)]
pub struct Privacy {
    /// Replace subjects' names by codes made with the key in this file (16 bytes or more), in everything written, file names included
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

    /// Whether codes were asked for.
    pub fn is_asked(&self) -> bool {
        self.pseudonymize.is_some()
    }
}
