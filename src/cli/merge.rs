//! `anagen merge`: the results of several runs as one, as if one run had made them.

use super::analyze::milliseconds;
use super::config::cuts;
use super::privacy::{recorded_key, same_names};
use super::shard::Shard;
use super::summary::write_summary;
use super::{Ending, about, printable, results_folder, say};
use crate::results::{
    Folder, PhotoRun, Run, RunCommand, Status, Times, cause, overlay_path, page_path, read_at_most, result_path, sha256, stem_of,
    thumbnail_path, write_whole,
};
use clap::Args;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  anagen analyze photos/ --out part1 --shard 1/2     on one machine
  anagen analyze photos/ --out part2 --shard 2/2     on another
  anagen merge part1 part2 --out results/            the same as anagen analyze photos/ --out results/ on one

The parts must be of the same version, settings and model. In run.json the times are those of all parts added up.";

/// The settings that change no result, so that parts may differ in them.
const INDIFFERENT: [&str; 3] = ["shard", "threads", "force"];

/// The setting that has the hash of every `anagen.toml`: the same in all parts of one batch, while two folders may each have their own.
const CONFIG: &str = "config_sha256";

/// The settings that have the thickness cuts stated on the command line; those of an `anagen.toml` may differ from photo to photo.
const CUTS: [&str; 2] = ["vellus_below_um", "terminal_from_um"];

/// The most bytes of a file that is taken over.
const MOST_BYTES: u64 = 4 << 30;

/// Put the results of several runs together, such as those of --shard 1/2 and --shard 2/2
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub struct Merge {
    /// Results folders
    #[arg(required = true, value_name = "DIR")]
    part: Vec<PathBuf>,
    /// The folder to write the whole to; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Say only what went wrong
    #[arg(short, long)]
    quiet: bool,
}

/// A results folder with its record.
struct Part<'a> {
    path: &'a Path,
    folder: Folder,
    run: Run,
}

impl Merge {
    /// Takes over every photo's files and writes the tables, the overview and the record anew.
    pub fn run(&self) -> Result<Ending, String> {
        let place = |path: &Path| fs::canonicalize(path).ok();
        if let Some(part) = self.part.iter().find(|part| place(part).is_some() && place(part) == place(&self.out)) {
            return Err(about(part, "the whole cannot be written into one of its parts: name another folder with --out"));
        }
        let parts = self.part.iter().map(|path| Part::open(path)).collect::<Result<Vec<_>, _>>()?;
        agree(&parts)?;
        complete(&parts)?;
        let photos = photos(&parts)?;
        same_names(&self.out, recorded_key(&parts[0].run.settings))?;
        let folder = results_folder(&self.out)?;
        let run = whole(&parts, photos.iter().map(|(_, photo)| (*photo).clone()).collect());
        // A folder whose merging is killed still says what it is.
        let begun = Run { interrupted: true, ..run.clone() };
        folder.write_json("run.json", &begun).map_err(|error| about(&folder.place("run.json"), cause(&error)))?;
        for (part, photo) in &photos {
            if let Some(stem) = photo.result.as_deref().and_then(stem_of) {
                part.hand_over(&stem, &folder)?;
            }
        }
        let pages = run.settings.get("report") == Some(&Value::Bool(true));
        write_summary(&folder, &run, pages).map_err(|error| about(&self.out, cause(&error)))?;
        if !self.quiet {
            say(format!("{} photos of {} parts, {} failed: {}", run.found, parts.len(), run.failed, printable(&self.out)));
        }
        for part in parts.iter().filter(|part| part.run.interrupted) {
            say(about(part.path, "this part was stopped: run its command again, then merge again"));
        }
        Ok(if run.failed > 0 || run.interrupted { Ending::SomeFailed } else { Ending::AllDone })
    }
}

impl<'a> Part<'a> {
    fn open(path: &'a Path) -> Result<Self, String> {
        let folder = Folder::open(path).map_err(|error| about(path, cause(&error)))?;
        let run = folder.run().map_err(|error| about(&folder.place("run.json"), cause(&error)))?;
        if run.command != RunCommand::Analyze {
            return Err(about(path, "not the results of anagen analyze: put analyses together, then compare or follow again"));
        }
        Ok(Self { path, folder, run })
    }

    fn shard(&self) -> Option<Shard> {
        self.run.settings.get("shard")?.as_str()?.parse().ok()
    }

    fn config(&self) -> &Value {
        self.run.settings.get(CONFIG).unwrap_or(&Value::Null)
    }

    /// Copies what belongs to a photo, its result last, as when it was made.
    fn hand_over(&self, stem: &str, to: &Folder) -> Result<(), String> {
        let beside = [overlay_path(stem, "jpg"), overlay_path(stem, "png"), thumbnail_path(stem), page_path(stem)];
        for relative in beside.iter().filter(|relative| self.folder.place(relative).is_file()) {
            self.copy(relative, to)?;
        }
        for left in beside.iter().filter(|relative| !self.folder.place(relative).is_file()) {
            to.remove(left).map_err(|error| about(&to.place(left), cause(&error)))?;
        }
        self.copy(&result_path(stem), to)
    }

    fn copy(&self, relative: &str, to: &Folder) -> Result<(), String> {
        let (from, to) = (self.folder.place(relative), to.place(relative));
        let bytes = read_at_most(&from, MOST_BYTES).map_err(|cause| about(&from, cause))?;
        write_whole(&to, &bytes).map_err(|error| about(&to, cause(&error)))
    }
}

/// # Errors
/// When parts were not made alike, so that their numbers do not belong together.
fn agree(parts: &[Part]) -> Result<(), String> {
    let differ = |part: &Part, from: &Part, what: String| {
        Err(about(part.path, format!("made with {what} than {}: run one of them again", printable(from.path))))
    };
    let first = &parts[0];
    for part in &parts[1..] {
        let differs = if part.run.version != first.run.version {
            Some(format!("version {} and not {}", part.run.version, first.run.version))
        } else if part.run.model_sha256 != first.run.model_sha256 {
            Some("another model".into())
        } else {
            let names: BTreeSet<&String> =
                [first, part].iter().filter_map(|part| part.run.settings.as_object()).flat_map(|s| s.keys()).collect();
            let mut others = names.into_iter().filter(|name| !INDIFFERENT.contains(&name.as_str()) && *name != CONFIG);
            others
                .find(|name| part.run.settings.get(name) != first.run.settings.get(name))
                .map(|name| if CUTS.contains(&name.as_str()) { "other thickness cuts".to_owned() } else { format!("another {name}") })
        };
        if let Some(differs) = differs {
            return differ(part, first, differs);
        }
    }
    let mut divided = parts.iter().filter(|part| part.shard().is_some());
    match divided.next() {
        Some(first) => {
            divided.find(|part| part.config() != first.config()).map_or(Ok(()), |part| differ(part, first, "another anagen.toml".into()))
        }
        None => Ok(()),
    }
}

/// # Errors
/// When a part of a batch that was divided is missing.
fn complete(parts: &[Part]) -> Result<(), String> {
    let mut there: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for shard in parts.iter().filter_map(Part::shard) {
        there.entry(shard.parts).or_default().insert(shard.part);
    }
    for (of, there) in there {
        let missing: Vec<String> = (1..=of).filter(|part| !there.contains(part)).take(9).map(|part| format!("{part}/{of}")).collect();
        if !missing.is_empty() {
            return Err(format!("missing parts: {}", missing.join(", ")));
        }
    }
    Ok(())
}

/// Every photo with the part it comes from, in the order of a run.
///
/// # Errors
/// When two parts have different photos, or different results of one, under the same name.
fn photos<'a>(parts: &'a [Part<'a>]) -> Result<Vec<(&'a Part<'a>, &'a PhotoRun)>, String> {
    let mut photos: BTreeMap<(&str, Option<&str>), (&Part, &PhotoRun)> = BTreeMap::new();
    let mut holders: BTreeMap<String, (&Part, String)> = BTreeMap::new();
    for part in parts {
        for photo in &part.run.photos {
            if let Some(result) = &photo.result {
                let record = || about(&part.folder.place("run.json"), format!("names a result that is none of this folder: {result}"));
                let stem = stem_of(result).ok_or_else(record)?;
                let file = part.folder.place(&result_path(&stem));
                // A damaged one is found out before anything is written.
                part.folder.read(&stem).map_err(|error| about(&file, cause(&error)))?;
                let hash = sha256(&read_at_most(&file, MOST_BYTES).map_err(|cause| about(&file, cause))?);
                // Lower case, since some disks hold A.json and a.json for one.
                match holders.get(&stem.to_lowercase()) {
                    Some((other, known)) if *known != hash => {
                        let other = printable(&other.folder.place(&result_path(&stem)));
                        return Err(about(&file, format!("not the same as {other}: parts must not hold different photos of one name")));
                    }
                    _ => drop(holders.insert(stem.to_lowercase(), (part, hash))),
                }
            }
            photos.entry((&photo.path, photo.result.as_deref())).or_insert((part, photo));
        }
    }
    Ok(photos.into_values().collect())
}

/// The record of all parts.
fn whole(parts: &[Part], photos: Vec<PhotoRun>) -> Run {
    let mut run = parts[0].run.clone();
    if let Some(settings) = run.settings.as_object_mut() {
        settings.remove("shard");
        if parts.iter().any(|part| part.config() != parts[0].config()) {
            // Folders with an anagen.toml each have none in common.
            settings.insert(CONFIG.into(), Value::Null);
        }
    }
    if parts.iter().any(|part| part.run.cuts != run.cuts) {
        let [vellus_below_um, terminal_from_um] = CUTS.map(|name| run.settings.get(name).and_then(Value::as_f64));
        run.cuts = cuts(vellus_below_um, terminal_from_um);
    }
    for part in &parts[1..] {
        let new: Vec<String> = part.run.inputs.iter().filter(|input| !run.inputs.contains(input)).cloned().collect();
        run.inputs.extend(new);
        run.times.wall_s += part.run.times.wall_s;
        for (stage, seconds) in &part.run.times.stages_s {
            *run.times.stages_s.entry(*stage).or_default() += seconds;
        }
    }
    let count = |status| photos.iter().filter(|photo| photo.status == status).count();
    Run {
        found: photos.len(),
        done: count(Status::Done),
        reused: count(Status::Reused),
        failed: count(Status::Failed),
        interrupted: count(Status::NotReached) > 0,
        photos,
        times: Times {
            wall_s: milliseconds(run.times.wall_s),
            stages_s: run.times.stages_s.iter().map(|(stage, seconds)| (*stage, milliseconds(*seconds))).collect(),
        },
        ..run
    }
}
