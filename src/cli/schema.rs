//! `anagen schema`: the JSON Schema of a kind of file.

use super::{Ending, deliver};
use crate::results::{SCHEMAS, schema};
use clap::Args;
use std::path::Path;

const EXAMPLES: &str = "\
Examples:
  anagen schema                             the kinds of file there are
  anagen schema photo > photo.schema.json   the JSON Schema (draft 2020-12) of photos/<relative path>.json";

/// Print the JSON Schema of a kind of file
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub struct SchemaOf {
    /// The kind of file. Default: list the kinds
    name: Option<String>,
}

impl SchemaOf {
    /// Prints.
    pub fn run(&self) -> Result<Ending, String> {
        let text = match &self.name {
            None => SCHEMAS.iter().map(|(name, what)| format!("{name:<12}{what}\n")).collect(),
            Some(name) => schema(name).ok_or_else(|| format!("no file is of the kind {name}; anagen schema names the kinds"))?,
        };
        deliver(Path::new("-"), &text)?;
        Ok(Ending::AllDone)
    }
}
