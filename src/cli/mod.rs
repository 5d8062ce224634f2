//! The program: one file per command.

mod agree;
mod analyze;
mod arguments;
mod batch;
mod compare;
mod config;
mod effective;
mod manual;
mod measuring;
mod merge;
mod phantom;
mod privacy;
mod progress;
mod record;
mod rehearsal;
mod schema;
mod seen;
mod selfcheck;
mod settings_file;
mod shard;
mod summary;
mod timeline;

use crate::results::{Folder, cause, is_photo, pictures_in_the_way};
use crate::session::name_key;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  anagen analyze photos/ --out results/ --scale-bar-mm 1     count and measure; the photos show a scale bar of 1 mm
  anagen analyze photo.jpg --out results/ --um-per-px 2.76   the same, with the scale known
  anagen compare a.jpg b.jpg --out results/                  what became of each hair between two photos
  anagen timeline photos/ --out results/                     every hair of each subject and site through all sessions
  anagen phantom --out phantoms/ --count 5                   draw photos whose every hair is known
  anagen agree results/ phantoms/                            how well results agree with counted truth
  anagen selfcheck --um-per-px 2.76 --point-spread 1.5       what a thickness is worth at this scale and blur

Measures and reports change; does not diagnose.";

/// Counts hairs and follicular units in scalp trichoscopy photos and measures their thickness.
#[derive(Debug, Parser)]
#[command(name = "anagen", version, before_help = EXAMPLES, max_term_width = 110)]
struct Program {
    #[command(subcommand)]
    command: Command,
    /// Where the command is to write data to, of whichever takes `--json`.
    #[arg(skip)]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Analyze(Box<analyze::Analyze>),
    Compare(Box<compare::Compare>),
    Timeline(Box<timeline::Timeline>),
    Merge(merge::Merge),
    Phantom(phantom::Phantom),
    Agree(agree::Agree),
    Selfcheck(selfcheck::Selfcheck),
    Config(effective::Effective),
    Schema(schema::SchemaOf),
    Completions(manual::Completions),
    Man(manual::Man),
}

impl Program {
    /// What was typed, with where each option came from.
    fn read() -> Result<Self, clap::Error> {
        let matches = Self::command().try_get_matches()?;
        let mut program = Self::from_arg_matches(&matches)?;
        let data = |(_, of_command): (&str, &clap::ArgMatches)| of_command.try_get_one::<PathBuf>("json").ok().flatten().cloned();
        program.data = matches.subcommand().and_then(data);
        let origins = matches.subcommand().map(|(_, of_command)| measuring::Origins::of(of_command)).unwrap_or_default();
        match &mut program.command {
            Command::Analyze(analyze) => analyze.measuring.origins = origins,
            Command::Compare(compare) => compare.measuring.origins = origins,
            Command::Timeline(timeline) => timeline.measuring.origins = origins,
            Command::Config(config) => config.measuring.origins = origins,
            _ => {}
        }
        Ok(program)
    }
}

/// How a command ended, when it ended with results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    AllDone,
    SomeFailed,
}

/// Runs the command line: exit code 0 when all is done, 1 when there was nothing usable to do or the command line is wrong, 2 when some photos failed.
pub fn main() -> ExitCode {
    let program = match Program::read() {
        Ok(program) => program,
        Err(mut error) => {
            let wrong = error.use_stderr();
            name_variable(&mut error);
            // Nobody is left to tell when the terminal is gone.
            let _ = error.print();
            if let Some(next) = next(&error, std::env::args().nth(1).as_deref()) {
                say(format!("\n{next}"));
            }
            return ExitCode::from(u8::from(wrong));
        }
    };
    let ending = spared(program.data.as_deref()).and_then(|()| match program.command {
        Command::Analyze(analyze) => analyze.run(),
        Command::Compare(compare) => compare.run(),
        Command::Timeline(timeline) => timeline.run(),
        Command::Merge(merge) => merge.run(),
        Command::Phantom(phantom) => phantom.run(),
        Command::Agree(agree) => agree.run(),
        Command::Selfcheck(selfcheck) => selfcheck.run(),
        Command::Config(config) => config.run(),
        Command::Schema(schema) => schema.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    });
    match ending {
        Ok(Ending::AllDone) => ExitCode::SUCCESS,
        Ok(Ending::SomeFailed) => ExitCode::from(2),
        Err(message) => {
            say(format!("anagen: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// Says of a wrong value that was read from the environment which variable holds it: nobody has typed the flag, and no default is wrong.
fn name_variable(error: &mut clap::Error) {
    if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
        return;
    }
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return };
    let flag = argument.split(' ').next().unwrap_or_default().to_owned();
    if std::env::args().any(|typed| typed == flag || typed.starts_with(&format!("{flag}="))) {
        return;
    }
    let program = Program::command();
    let of_flag = |a: &&clap::Arg| a.get_long().is_some_and(|long| flag == format!("--{long}"));
    if let Some(variable) = program.get_subcommands().flat_map(clap::Command::get_arguments).find(of_flag).and_then(clap::Arg::get_env) {
        let said = format!("{} in the environment", variable.to_string_lossy());
        error.insert(ContextKind::InvalidArg, ContextValue::String(said));
    }
}

/// So many hairs, in words.
fn hairs(n: usize) -> String {
    format!("{n} {}", if n == 1 { "hair" } else { "hairs" })
}

/// What to type instead of a command line that lacks something or has too much.
fn next(error: &clap::Error, command: Option<&str>) -> Option<String> {
    let example = match command? {
        "analyze" => "anagen analyze photos/ --out results/",
        "compare" => "anagen compare before.jpg after.jpg --out results/",
        "timeline" => "anagen timeline photos/ --out results/",
        "merge" => "anagen merge part1/ part2/ --out results/",
        "agree" => "anagen agree results/ counted/",
        "completions" => "anagen completions bash",
        _ => return None,
    };
    match error.kind() {
        ErrorKind::MissingRequiredArgument => Some(format!("For example: {example}")),
        ErrorKind::UnknownArgument if command? == "compare" => {
            Some("Two photos or two sessions are compared. For more: anagen timeline photos/ --out results/".into())
        }
        _ => None,
    }
}

/// The folder for results, or what is wrong with it and what to do about it.
fn results_folder(out: &Path) -> Result<Folder, String> {
    match pictures_in_the_way(out) {
        Some(folder) => Err(format!(
            "{}: holds pictures that are no results, and results would be written among them\nName another folder: --out DIR",
            printable(&folder)
        )),
        None => writable(out),
    }
}

/// A folder to write to, or what is wrong with it and what to do about it.
fn writable(out: &Path) -> Result<Folder, String> {
    Folder::create(out).map_err(|error| {
        let cause = match error.kind() {
            io::ErrorKind::NotFound => "no folder can be made there".into(),
            io::ErrorKind::AlreadyExists => "a file and no folder".into(),
            _ => cause(&error),
        };
        let elsewhere = if error.kind() == io::ErrorKind::ResourceBusy { "" } else { "\nName another folder: --out DIR" };
        format!("{}{elsewhere}", about(out, cause))
    })
}

/// Nothing where a text is an `anagen.toml`; else the line and the cause.
///
/// # Errors
/// When it is none.
pub fn checked_config(text: &str) -> Result<(), (usize, String)> {
    settings_file::check(text)
}

/// Tells something on stderr, in lines. Where nobody can be told, the reader gone or the log's disk full, the work goes on all the same.
fn say(told: impl Display) {
    let _ = writeln!(io::stderr(), "{}", shown(&told.to_string(), &['\n']));
}

/// Says how many of a folder's comparisons or timelines are of other runs, where there are any.
fn tell_others(out: &Path, others: usize, what: &str) {
    if others > 0 {
        let out = printable(out);
        say(format!("anagen: {out} also holds {others} {what} that are not of this run; the tables and the overview leave them out"));
    }
}

/// Says which of these names are spelled in several ways and taken for one.
fn tell_spellings<'a>(names: impl Iterator<Item = &'a str>, what: &str) {
    let mut spellings: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in names {
        let known = spellings.entry(name_key(name)).or_default();
        if !known.contains(&name) {
            known.push(name);
        }
    }
    for spelled in spellings.values().filter(|spelled| spelled.len() > 1) {
        let names: Vec<String> = spelled.iter().map(|name| printable(name.as_ref())).collect();
        say(format!("anagen: {} are taken for one {what}, {}", names.join(", "), names[0]));
    }
}

/// `path: cause`, as every message about a file reads.
fn about(path: &Path, cause: impl Display) -> String {
    format!("{}: {cause}", printable(path))
}

/// A name that can be shown: it may hold anything, a line's end or a terminal's commands too.
fn printable(path: &Path) -> String {
    shown(&path.display().to_string(), &[])
}

/// A text without a terminal's commands: control characters, but for those kept, as they would be typed in a program.
fn shown(text: &str, kept: &[char]) -> String {
    let commands = |c: &char| c.is_control() && !kept.contains(c);
    text.chars().flat_map(|c| if commands(&c) { c.escape_default().collect() } else { vec![c] }).collect()
}

/// JSON texts as one: a single one's as it is, several in an array; `None` where a single one is lacking.
fn together(texts: &[String], single: bool) -> Option<String> {
    match texts {
        [only] if single => Some(only.clone()),
        [] if single => None,
        _ => Some(format!("[\n{}]\n", texts.join(",\n"))),
    }
}

/// # Errors
/// When data would be written over a photo, or over anything else that is no JSON.
fn spared(place: Option<&Path>) -> Result<(), String> {
    let Some((place, at)) = place.filter(|place| *place != STDOUT).and_then(|place| Some((place, fs::canonicalize(place).ok()?))) else {
        return Ok(());
    };
    if at.is_dir() {
        return Err(about(place, "a folder, where a file belongs: name a file with --json"));
    }
    // A device or a pipe holds nothing that could be lost.
    if !at.is_file() {
        return Ok(());
    }
    if is_photo(place) || is_photo(&at) {
        return Err(about(place, "a photo, which would be overwritten: name another file with --json"));
    }
    let bytes = fs::File::open(&at).map_err(|error| about(place, cause(&error)))?;
    let first = BufReader::new(bytes).bytes().map_while(Result::ok).find(|byte| !byte.is_ascii_whitespace());
    match first {
        None | Some(b'{' | b'[') => Ok(()),
        Some(_) => Err(about(place, "a file that is no JSON, which would be overwritten: name another file with --json")),
    }
}

/// What stands for stdout where a file is named.
const STDOUT: &str = "-";

/// Writes results as JSON where that was asked for; where there is none to write, what an earlier run left there goes, for it would be taken for
/// this run's.
fn deliver_results(place: Option<&PathBuf>, texts: &[String], single: bool) -> Result<(), String> {
    let Some(place) = place else { return Ok(()) };
    match together(texts, single) {
        Some(text) => deliver(place, &text),
        None if place.is_file() && is_own(place) => fs::remove_file(place).map_err(|error| about(place, cause(&error))),
        None => Ok(()),
    }
}

/// Whether a file holds JSON that anagen wrote.
fn is_own(file: &Path) -> bool {
    let own = |value: &Value| value["schema"].as_str().is_some_and(|schema| schema.starts_with("anagen/"));
    match fs::read(file).map(|bytes| serde_json::from_slice(&bytes)) {
        Ok(Ok(Value::Array(elements))) => elements.iter().all(own),
        Ok(Ok(value)) => own(&value),
        _ => false,
    }
}

/// Writes data where it was asked for: stdout for `-`, else a file, whole or not at all.
fn deliver(place: &Path, text: &str) -> Result<(), String> {
    if place != STDOUT {
        return crate::results::write_whole(place, text.as_bytes()).map_err(|error| about(place, cause(&error)));
    }
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader, such as `head`, has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("stdout: {}", cause(&error))),
        _ => Ok(()),
    }
}
