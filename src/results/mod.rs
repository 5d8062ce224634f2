//! The only module on disk: finding photos, the types of the results contract, and the results folder with its JSON, tables and reuse.

mod folder;
mod inputs;
mod json;
mod photo;
mod run;
mod tables;

pub use folder::{Folder, write_whole};
pub use inputs::{Input, Inputs, SERIES_TRUTH, Trouble, find, read_at_most, truths};
pub use json::json;
pub use photo::{FieldResult, Identity, MadeBy, PhotoResult, PhotoSchema, StrandResult, UnitResult, sha256};
pub use run::{PhotoRun, Run, RunSchema, Status, Times};
pub use tables::write_tables;

#[cfg(test)]
pub(crate) use photo::tests;
