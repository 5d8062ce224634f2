//! `anagen config`: every setting as it would be used, and where it came from.

use super::analyze::NO_PHOTO;
use super::config::{Plan, idle_globs, plans};
use super::measuring::Measuring;
use super::{Ending, about, deliver, say};
use crate::results;
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  anagen config photos/                     what  anagen analyze photos/  would use, and where each setting comes from
  anagen config photos/ --um-per-px 2.76    the same with a flag, which goes before everything else

Defaults come first, then the anagen.toml files in the photos' folders and above them, the nearest last, then the environment (ANAGEN_UM_PER_PX and so on), then flags; the last one counts.";

/// Show every setting and where it comes from
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub struct Effective {
    /// Photos, and folders of photos. Default: the current folder
    #[arg(default_value = ".", hide_default_value = true)]
    path: Vec<PathBuf>,
    #[command(flatten)]
    pub measuring: Measuring,
}

impl Effective {
    /// Shows.
    pub fn run(&self) -> Result<Ending, String> {
        let stated = self.measuring.stated()?;
        let inputs = results::find(&self.path, Path::new(""));
        if let Some(trouble) = inputs.troubles.first() {
            return Err(about(&trouble.path, &trouble.cause));
        }
        if inputs.photos.is_empty() {
            return Err(NO_PHOTO.into());
        }
        let plans = plans(&inputs.photos, &stated)?;
        for warning in idle_globs(&inputs.photos, &stated) {
            say(format!("anagen: {warning}"));
        }
        let mut rows =
            self.measuring.others(&stated).into_iter().map(|[name, value, origin]| [name, value, origin, String::new()]).collect();
        let mut found: Vec<[String; 4]> = grouped(&plans);
        found.append(&mut rows);
        deliver(Path::new("-"), &table(&found))?;
        Ok(Ending::AllDone)
    }
}

/// The settings that files can set, with the number of photos each holds for.
fn grouped(plans: &[Plan]) -> Vec<[String; 4]> {
    let mut counts: BTreeMap<(usize, [String; 3]), usize> = BTreeMap::new();
    for setting in plans.iter().flat_map(Plan::settings_said).collect::<Vec<_>>() {
        *counts.entry(setting).or_default() += 1;
    }
    let photos = |n: usize| format!("{n} photo{}", if n == 1 { "" } else { "s" });
    counts.into_iter().map(|((_, [name, value, origin]), n)| [name, value, origin, photos(n)]).collect()
}

/// Columns as wide as their content.
pub fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: Vec<usize> = (0..N).map(|i| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0)).collect();
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
