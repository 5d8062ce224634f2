//! `anagen.toml`: the scale and cuts of a folder's photos, by name and by device, and what happened to their subjects.

use super::{about, printable};
use crate::analyze::{Scale, Settings};
use crate::calibration::{Calibration, ScaleError, ScaleSource};
use crate::field::Roi;
use crate::measure::Cuts;
use crate::results::{Input, Pseudonyms, folder_of, read_at_most, sha256};
use crate::segment::Detector;
use crate::session::{Session, days_between};
use crate::units::{Micrometers, Millimeters};
use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

const NAME: &str = "anagen.toml";
const MOST_BYTES: u64 = 1_000_000;

/// What one photo's settings are to be, as far as is known before it is decoded. The first rule that holds decides the scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    rules: Vec<Rule>,
    roi: Option<Roi>,
    /// What finds the hair.
    pub detector: Detector,
    cuts: Cuts,
    #[serde(skip)]
    cut_origins: [String; 2],
}

/// A scale, and the device whose photos it holds for; `None` for any.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Rule {
    device: Option<String>,
    scale: Scale,
    /// Where it was stated; a stored result holds wherever the same was stated.
    #[serde(skip)]
    origin: String,
}

/// What the command line says about every photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// The scale.
    pub scale: Option<Scale>,
    /// Where the scale was stated.
    pub scale_origin: String,
    /// The part to count in.
    pub roi: Option<Roi>,
    /// The detector.
    pub detector: Detector,
    /// The lower cut.
    pub vellus_below_um: Option<f64>,
    /// The upper cut.
    pub terminal_from_um: Option<f64>,
    /// Where the cuts were stated.
    pub cut_origins: [String; 2],
    /// Whether any `anagen.toml` is read.
    pub read_files: bool,
}

impl Plan {
    /// The settings of the photo, taken with this device.
    pub fn settings(&self, device: Option<&str>) -> Settings {
        let scale = self.rule(device).map_or(Scale::FromFile, |rule| rule.scale);
        Settings { scale, roi: self.roi.clone(), detector: self.detector.clone(), cuts: self.cuts }
    }

    /// Where the scale of the photo, taken with this device, was stated; `None` where it is left to the file.
    pub fn scale_origin(&self, device: Option<&str>) -> Option<&str> {
        self.rule(device).map(|rule| rule.origin.as_str())
    }

    fn rule(&self, device: Option<&str>) -> Option<&Rule> {
        let same = |wanted: &str| device.is_some_and(|device| device.trim().eq_ignore_ascii_case(wanted.trim()));
        self.rules.iter().find(|rule| rule.device.as_deref().is_none_or(same))
    }

    /// Each setting that a file can set, in order: name, value and origin.
    pub fn settings_said(&self) -> Vec<(usize, [String; 3])> {
        let of_device = |rule: &Rule| rule.device.as_ref().map(|device| format!(", for {device}")).unwrap_or_default();
        let mut said: Vec<[String; 3]> = self
            .rules
            .iter()
            .map(|rule| match rule.scale {
                Scale::Known(scale) => ["um_per_px".into(), format!("{}{}", scale.um_per_px, of_device(rule)), rule.origin.clone()],
                Scale::Bar(bar) => ["scale_bar_mm".into(), format!("{}{}", bar.0, of_device(rule)), rule.origin.clone()],
                Scale::FromFile => ["um_per_px".into(), "as the file states".into(), rule.origin.clone()],
            })
            .collect();
        if self.rules.iter().all(|rule| rule.device.is_some()) {
            said.push(["um_per_px".into(), "as the file states, else unknown".into(), "default".into()]);
        }
        let cuts = [("vellus_below_um", self.cuts.vellus_below_um), ("terminal_from_um", self.cuts.terminal_from_um)];
        for ((name, cut), origin) in cuts.into_iter().zip(&self.cut_origins) {
            said.push([name.into(), cut.0.to_string(), if origin.is_empty() { "default".into() } else { origin.clone() }]);
        }
        said.into_iter().enumerate().collect()
    }
}

/// One plan per photo: the command line first, then the `anagen.toml` nearest to the photo and those above it up to the folder that was named.
///
/// # Errors
/// `path:line: cause` for an `anagen.toml` that does not say what it should; cuts in the wrong order.
pub fn plans(inputs: &[Input], stated: &Stated) -> Result<Vec<Plan>, String> {
    let mut read = BTreeMap::new();
    inputs.iter().map(|input| plan(input, stated, &mut read)).collect()
}

/// A warning for each glob of these photos' `anagen.toml` files that matches no file: most often it is misspelled.
pub fn idle_globs(inputs: &[Input], stated: &Stated) -> Vec<String> {
    let mut read = BTreeMap::new();
    for input in inputs {
        // What is wrong with a file has been told when the plans were made.
        let _ = plan(input, stated, &mut read);
    }
    read.iter().filter_map(|(folder, config)| Some(config.as_ref()?.idle(folder))).flatten().collect()
}

fn plan(input: &Input, stated: &Stated, read: &mut BTreeMap<PathBuf, Option<Config>>) -> Result<Plan, String> {
    let origin = stated.scale_origin.clone();
    let mut rules: Vec<Rule> = stated.scale.map(|scale| Rule { device: None, scale, origin }).into_iter().collect();
    let (mut vellus_below, mut terminal_from) = (stated.vellus_below_um, stated.terminal_from_um);
    let mut cut_origins = stated.cut_origins.clone();
    // A file that has nothing left to say is not read, so that one that is wrong stops nobody who does without it.
    let decided = stated.scale.is_some() && vellus_below.is_some() && terminal_from.is_some();
    let mut folder = Some(folder_of(&input.file)).filter(|_| stated.read_files && !decided);
    while let Some(here) = folder {
        if !read.contains_key(here) {
            read.insert(here.to_path_buf(), Config::read(here)?);
        }
        if let Some(config) = &read[here] {
            let name = printable(&here.join(NAME));
            rules.extend(config.rules(input.file.strip_prefix(here).unwrap_or(&input.file), &name));
            let cuts = [(&mut vellus_below, config.cuts.vellus_below_um), (&mut terminal_from, config.cuts.terminal_from_um)];
            for ((cut, in_file), origin) in cuts.into_iter().zip(&mut cut_origins) {
                if let (None, Some(in_file)) = (&cut, in_file) {
                    (*cut, *origin) = (Some(in_file.0), name.clone());
                }
            }
        }
        folder = here.parent().filter(|above| here != input.root && above.starts_with(&input.root));
    }
    // What stands behind a rule for any device is never asked, so it must not decide whether a stored result still holds.
    if let Some(last) = rules.iter().position(|rule| rule.device.is_none()) {
        rules.truncate(last + 1);
    }
    let default = Cuts::default();
    let cuts = Cuts {
        vellus_below_um: vellus_below.map_or(default.vellus_below_um, Micrometers),
        terminal_from_um: terminal_from.map_or(default.terminal_from_um, Micrometers),
    };
    if cuts.vellus_below_um > cuts.terminal_from_um {
        let (low, high) = (cuts.vellus_below_um.0, cuts.terminal_from_um.0);
        return Err(format!("the cuts are in the wrong order: vellus below {low} µm, terminal from {high} µm"));
    }
    Ok(Plan { rules, roi: stated.roi.clone(), detector: stated.detector.clone(), cuts, cut_origins })
}

/// Gives each photo what the `anagen.toml` nearest to it, and then those above it, say of its subject, site and date.
///
/// # Errors
/// `path:line: cause` for an `anagen.toml` that does not say what it should.
pub fn tell(inputs: &mut [Input], stated: &Stated) -> Result<(), String> {
    let mut read: BTreeMap<PathBuf, Option<Config>> = BTreeMap::new();
    for input in inputs.iter_mut().filter(|_| stated.read_files) {
        for here in folders_of(input) {
            if !read.contains_key(&here) {
                read.insert(here.clone(), Config::read(&here)?);
            }
            let below = input.file.strip_prefix(&here).unwrap_or(&input.file).to_path_buf();
            for table in read[&here].iter().flat_map(|config| &config.photos).filter(|table| table.glob.0.is_match(&below)) {
                let Session { subject, site, taken_at } = &mut input.told.stated;
                let named = |name: &Option<Name>| name.as_ref().map(|name| name.0.clone());
                let said = [
                    (subject, named(&table.subject)),
                    (site, named(&table.site)),
                    (taken_at, table.date.as_ref().map(|day| day.0.clone())),
                ];
                said.into_iter().filter(|(known, _)| known.is_none()).for_each(|(known, said)| *known = said);
            }
        }
    }
    Ok(())
}

/// The hash of every `anagen.toml` that holds for any of these photos, by where it lies below the folder that was named, with its content;
/// `None` where there is none or none is read.
///
/// # Errors
/// The path and the cause for one that cannot be read.
pub fn fingerprint(inputs: &[Input], stated: &Stated) -> Result<Option<String>, String> {
    let of = |input: &Input| folders_of(input).into_iter().map(|folder| (folder, input.root.clone())).collect::<Vec<_>>();
    let folders: BTreeSet<(PathBuf, PathBuf)> = inputs.iter().filter(|_| stated.read_files).flat_map(of).collect();
    let mut files = BTreeSet::new();
    for (folder, root) in folders {
        let file = folder.join(NAME);
        if file.is_file() {
            let bytes = read_at_most(&file, MOST_BYTES).map_err(|cause| about(&file, cause))?;
            // Forward slashes on every system, since the parts of a batch may be made on several.
            let place: Vec<_> = folder.strip_prefix(&root).unwrap_or(&folder).iter().map(|part| part.to_string_lossy()).collect();
            files.insert(format!("{} {}\n", sha256(&bytes), place.join("/")));
        }
    }
    Ok((!files.is_empty()).then(|| sha256(files.into_iter().collect::<String>().as_bytes())))
}

/// The folders whose `anagen.toml` holds for a photo, the nearest first.
fn folders_of(input: &Input) -> Vec<PathBuf> {
    let within = |folder: &&Path| *folder == input.root || folder.starts_with(&input.root);
    folder_of(&input.file).ancestors().take_while(within).map(Path::to_path_buf).collect()
}

/// The events of every `anagen.toml` from the photos' folders up to the folder that was named, by folder and in the order they stand there.
///
/// # Errors
/// `path:line: cause` for an `anagen.toml` that does not say what it should.
pub fn events(inputs: &[Input]) -> Result<Vec<EventTable>, String> {
    let folders: BTreeSet<PathBuf> = inputs.iter().flat_map(folders_of).collect();
    let mut events = vec![];
    for folder in folders {
        events.extend(Config::read(&folder)?.into_iter().flat_map(|config| config.event));
    }
    Ok(events)
}

/// Whether a text is an `anagen.toml`.
///
/// # Errors
/// The line and the cause.
pub fn check(text: &str) -> Result<(), (usize, String)> {
    Config::parse(text).map(|_| ())
}

/// The content of one `anagen.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    um_per_px: Option<StatedScale>,
    scale_bar_mm: Option<Positive>,
    #[serde(default)]
    cuts: CutsTable,
    #[serde(default)]
    photos: Vec<PhotosTable>,
    #[serde(default)]
    devices: Vec<DeviceTable>,
    #[serde(default)]
    event: Vec<EventTable>,
}

/// Something that happened to a subject, such as the start of a treatment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventTable {
    subject: Name,
    date: Day,
    /// What happened.
    pub label: String,
}

impl EventTable {
    /// Whether it happened to this subject.
    pub fn is_of(&self, subject: Option<&str>) -> bool {
        subject.is_some_and(|subject| subject.eq_ignore_ascii_case(&self.subject.0))
    }

    /// The same event for each of these subjects that it happened to, as each is spelled; as it is where it happened to none of them.
    pub fn spelled(self, subjects: &BTreeSet<String>) -> Vec<Self> {
        let own: Vec<Self> = subjects
            .iter()
            .filter(|subject| self.is_of(Some(subject)))
            .map(|subject| Self { subject: Name(subject.clone()), ..self.clone() })
            .collect();
        if own.is_empty() { vec![self] } else { own }
    }

    /// The same with its subject under a code, in what happened too.
    pub fn coded(self, codes: &Pseudonyms) -> Self {
        Self { label: codes.within(&self.label, &self.subject.0), subject: Name(codes.subject(&self.subject.0)), ..self }
    }

    /// Its day, as `2026-03-01`.
    pub fn date(&self) -> String {
        self.date.0.clone()
    }
}

/// What a subject or a site is called: a name that a file can have.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let name = text.trim();
        let usable = !name.is_empty() && !name.starts_with('.') && !name.contains(|c: char| c.is_control() || "/\\".contains(c));
        if usable { Ok(Self(name.to_owned())) } else { Err("not a name: empty, with a slash, or with a point first") }
    }
}

/// A day that is one, bare or in quotes.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "toml::Value")]
struct Day(String);

impl TryFrom<toml::Value> for Day {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        let text = match value {
            toml::Value::Datetime(date) => date.to_string(),
            toml::Value::String(text) => text,
            _ => String::new(),
        };
        let day: String = text.chars().take(10).collect();
        // It must have a number among days, or no change could be counted from it.
        days_between("1970-01-01", &day).map(|_| Self(day)).ok_or("not a date such as 2026-03-01")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CutsTable {
    vellus_below_um: Option<Positive>,
    terminal_from_um: Option<Positive>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PhotosTable {
    glob: Pattern,
    um_per_px: Option<StatedScale>,
    scale_bar_mm: Option<Positive>,
    subject: Option<Name>,
    site: Option<Name>,
    date: Option<Day>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceTable {
    model: String,
    um_per_px: Option<StatedScale>,
    scale_bar_mm: Option<Positive>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
struct Positive(f64);

impl TryFrom<f64> for Positive {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, Self::Error> {
        if number > 0.0 && number.is_finite() { Ok(Self(number)) } else { Err("not a number above 0") }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
struct StatedScale(Calibration);

impl TryFrom<f64> for StatedScale {
    type Error = ScaleError;

    fn try_from(um_per_px: f64) -> Result<Self, Self::Error> {
        Calibration::stated(um_per_px, ScaleSource::Config).map(Self)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Pattern(GlobMatcher);

impl TryFrom<String> for Pattern {
    type Error = globset::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ok(Self(GlobBuilder::new(&text).literal_separator(true).build()?.compile_matcher()))
    }
}

impl Config {
    fn read(folder: &Path) -> Result<Option<Self>, String> {
        let path = folder.join(NAME);
        if !path.is_file() {
            // What stands there under this name was meant to say something.
            let there = fs::symlink_metadata(&path).is_ok();
            return if there { Err(about(&path, "no file that can be read; remove it, or go without it: --no-config")) } else { Ok(None) };
        }
        let bytes = read_at_most(&path, MOST_BYTES).map_err(|cause| about(&path, cause))?;
        let text = String::from_utf8(bytes).map_err(|_| about(&path, "not UTF-8 text"))?;
        let wrong = |(line, cause)| format!("{}:{line}: {cause}\nCorrect that line, or go without the file: --no-config", printable(&path));
        Self::parse(&text).map(Some).map_err(wrong)
    }

    /// # Errors
    /// The line and the cause.
    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            (text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1, plain(error.message()))
        })?;
        let twice = |um: Option<StatedScale>, bar: Option<Positive>| um.is_some() && bar.is_some();
        let tables = config.photos.iter().map(|t| (t.um_per_px, t.scale_bar_mm));
        let tables = tables.chain(config.devices.iter().map(|t| (t.um_per_px, t.scale_bar_mm)));
        if tables.chain([(config.um_per_px, config.scale_bar_mm)]).any(|(um, bar)| twice(um, bar)) {
            let line = text.lines().position(|line| line.trim_start().starts_with("scale_bar_mm")).unwrap_or(0) + 1;
            return Err((line, "give um_per_px or scale_bar_mm, not both: a scale that is known needs no bar".into()));
        }
        Ok(config)
    }

    /// The scales it has for a photo at this path below its folder, the most specific first.
    fn rules(&self, below: &Path, name: &str) -> Vec<Rule> {
        let by_glob = |t: &PhotosTable| (None, t.um_per_px, t.scale_bar_mm, format!("{name}, glob {}", t.glob.0.glob()));
        let named = self.photos.iter().filter(|table| table.glob.0.is_match(below)).map(by_glob);
        let devices =
            self.devices.iter().map(|t| (Some(t.model.clone()), t.um_per_px, t.scale_bar_mm, format!("{name}, device {}", t.model)));
        let all = named.chain(devices).chain([(None, self.um_per_px, self.scale_bar_mm, name.to_owned())]);
        all.filter_map(|(device, um, bar, origin)| scale(um, bar).map(|scale| Rule { device, scale, origin })).collect()
    }

    /// A warning for each glob that no file below the folder matches: most often it is misspelled.
    fn idle(&self, folder: &Path) -> Vec<String> {
        let files = || WalkDir::new(folder).follow_links(true).into_iter().filter_map(Result::ok).filter(|e| !e.file_type().is_dir());
        let matches = |table: &PhotosTable| files().any(|e| e.path().strip_prefix(folder).is_ok_and(|below| table.glob.0.is_match(below)));
        let warn = |table: &PhotosTable| {
            let name = printable(&folder.join(NAME));
            format!(
                "{name}: glob \"{}\" matches no file below {}; it reaches into folders with **/",
                table.glob.0.glob(),
                printable(folder)
            )
        };
        self.photos.iter().filter(|table| !matches(table)).map(warn).collect()
    }
}

/// A message about a wrong value in words of the file rather than of this program.
fn plain(message: &str) -> String {
    let words = [
        ("expected f64", "expected a number"),
        ("expected a string", "expected a text in quotes"),
        ("expected struct ", "expected a table, "),
        ("floating point ", "number "),
        ("expected a sequence", "expected a list of tables, [[…]]"),
    ];
    words.iter().fold(message.to_owned(), |message, (theirs, ours)| message.replace(theirs, ours))
}

fn scale(um_per_px: Option<StatedScale>, scale_bar_mm: Option<Positive>) -> Option<Scale> {
    um_per_px.map(|scale| Scale::Known(scale.0)).or(scale_bar_mm.map(|bar| Scale::Bar(Millimeters(bar.0))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Told;
    use std::fs;

    fn unstated() -> Stated {
        Stated {
            scale: None,
            scale_origin: String::new(),
            roi: None,
            detector: Detector::Ridge,
            vellus_below_um: None,
            terminal_from_um: None,
            cut_origins: Default::default(),
            read_files: true,
        }
    }

    fn planned(files: &[(&str, &str)], photo: &str, stated: &Stated) -> Result<Plan, String> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let named = root.path().join("named");
        let input = Input { file: named.join(photo), path: photo.into(), stem: photo.into(), root: named, told: Told::by_path(photo) };
        plans(&[input], stated).map(|plans| plans[0].clone())
    }

    fn scale_of(files: &[(&str, &str)], photo: &str, device: Option<&str>) -> Option<f64> {
        match planned(files, photo, &unstated()).unwrap().settings(device).scale {
            Scale::Known(calibration) => Some(calibration.um_per_px),
            _ => None,
        }
    }

    #[test]
    fn without_a_file_there_is_no_scale() {
        assert_eq!(scale_of(&[], "a/x.jpg", None), None);
    }

    #[test]
    fn nearest_file_and_most_specific_table_decide() {
        let files = [
            ("anagen.toml", "um_per_px = 99"),
            (
                "named/anagen.toml",
                "um_per_px = 1\n[[photos]]\nglob = 'a/*.jpg'\num_per_px = 2\n[[devices]]\nmodel = 'Scope'\num_per_px = 3\n[cuts]\nvellus_below_um = 40\n",
            ),
            ("named/b/anagen.toml", "[[devices]]\nmodel = 'Scope'\num_per_px = 4"),
        ];
        assert_eq!(scale_of(&files, "x.jpg", None), Some(1.0));
        assert_eq!(scale_of(&files, "a/x.jpg", Some("Scope")), Some(2.0));
        assert_eq!(scale_of(&files, "c/x.jpg", Some("scope ")), Some(3.0));
        assert_eq!(scale_of(&files, "b/x.jpg", Some("Scope")), Some(4.0));
        assert_eq!(scale_of(&files, "b/x.jpg", Some("Other")), Some(1.0));
        assert_eq!(planned(&files, "b/x.jpg", &unstated()).unwrap().cuts.vellus_below_um, Micrometers(40.0));
    }

    #[test]
    fn command_line_goes_before_the_file() {
        let stated = Stated { scale: Some(Scale::Bar(Millimeters(1.0))), vellus_below_um: Some(20.0), ..unstated() };
        let plan = planned(&[("named/anagen.toml", "um_per_px = 1\n[cuts]\nvellus_below_um = 40")], "x.jpg", &stated).unwrap();
        assert_eq!(plan.settings(None).scale, Scale::Bar(Millimeters(1.0)));
        assert_eq!(plan.cuts.vellus_below_um, Micrometers(20.0));
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        for (text, line) in [
            ("um_per_px = 0", 1),
            ("\n\num_per_px = 'two'", 3),
            ("um_per_px = 1\nmagnification = 70", 2),
            ("um_per_px = 1\n[[photos]]\nglob = '['\num_per_px = 2", 3),
            ("um_per_px = 1\nscale_bar_mm = 1", 2),
            ("um_per_px = ", 1),
            ("[[event]]\nsubject = 's01'\ndate = 'spring'\nlabel = 'start'", 3),
        ] {
            let message = planned(&[("named/anagen.toml", text)], "x.jpg", &unstated()).unwrap_err();
            assert!(message.contains(&format!("anagen.toml:{line}: ")), "{text}: {message}");
        }
    }

    #[test]
    fn wrong_values_are_named_in_plain_words() {
        let message = planned(&[("named/anagen.toml", "um_per_px = 'two'")], "x.jpg", &unstated()).unwrap_err();
        assert!(message.contains("expected a number") && message.contains("--no-config"), "{message}");
    }

    #[test]
    fn file_that_has_nothing_to_say_stops_nobody() {
        let wrong = [("named/anagen.toml", "um_per_px = 'two'")];
        assert!(planned(&wrong, "x.jpg", &Stated { read_files: false, ..unstated() }).is_ok());
        let scale = Some(Scale::Bar(Millimeters(1.0)));
        let decided = Stated { scale, vellus_below_um: Some(30.0), terminal_from_um: Some(60.0), ..unstated() };
        assert!(planned(&wrong, "x.jpg", &decided).is_ok());
        assert!(planned(&wrong, "x.jpg", &Stated { scale, ..unstated() }).is_err(), "the cuts may be in the file");
    }

    #[test]
    fn origin_names_the_file_and_the_table_and_changes_no_hash() {
        let file = [("named/anagen.toml", "[cuts]\nvellus_below_um = 40\n[[photos]]\nglob = '*.jpg'\num_per_px = 2\n")];
        let plan = planned(&file, "x.jpg", &unstated()).unwrap();
        let said = plan.settings_said();
        assert!(said[0].1[2].ends_with("anagen.toml, glob *.jpg"), "{said:?}");
        assert!(said[1].1[2].ends_with("anagen.toml") && said[2].1[2] == "default", "{said:?}");
        assert!(!crate::results::json(&plan).contains("anagen.toml"));
    }

    #[test]
    fn glob_that_matches_nothing_is_told() {
        let root = tempfile::tempdir().unwrap();
        fs::write(
            root.path().join("anagen.toml"),
            "[[photos]]\nglob = 'vertx*.jpg'\num_per_px = 2\n[[photos]]\nglob = 'v*.jpg'\num_per_px = 3\n",
        )
        .unwrap();
        fs::write(root.path().join("vertex.jpg"), "").unwrap();
        let input = Input {
            file: root.path().join("vertex.jpg"),
            path: "vertex.jpg".into(),
            stem: "vertex".into(),
            root: root.path().into(),
            told: Told::default(),
        };
        let warnings = idle_globs(&[input], &unstated());
        assert!(warnings.len() == 1 && warnings[0].contains("vertx*.jpg"), "{warnings:?}");
    }

    #[test]
    fn events_are_read_from_every_folder_of_the_photos() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let event = |date: &str, label: &str| format!("[[event]]\nsubject = 's01'\ndate = {date}\nlabel = '{label}'\n");
        write("anagen.toml", &event("2020-01-01", "above what was named"));
        write("named/anagen.toml", &(event("2026-03-01", "start") + &event("'2026-09-01'", "stop")));
        write("named/s01/anagen.toml", &event("2026-05-01", "dose"));
        let named = root.path().join("named");
        let photos: Vec<Input> = ["s01/2026-02-01/v.jpg", "s01/2026-08-01/v.jpg"]
            .map(|path| Input {
                file: named.join(path),
                path: path.into(),
                stem: path.into(),
                root: named.clone(),
                told: Told::by_path(path),
            })
            .to_vec();
        let found: Vec<(String, String)> = events(&photos).unwrap().into_iter().map(|e| (e.date(), e.label)).collect();
        let expected = [("2026-03-01", "start"), ("2026-09-01", "stop"), ("2026-05-01", "dose")];
        assert_eq!(found, expected.map(|(date, label)| (date.to_owned(), label.to_owned())));
        assert!(events(&photos).unwrap().iter().all(|event| event.is_of(Some("S01")) && !event.is_of(Some("s02")) && !event.is_of(None)));
    }

    #[test]
    fn a_photo_of_a_bare_name_lies_in_the_folder_at_hand() {
        let input = |file: &str, root: &str| Input {
            file: file.into(),
            path: "x.jpg".into(),
            stem: "x".into(),
            root: root.into(),
            told: Told::default(),
        };
        assert_eq!(folders_of(&input("x.jpg", ".")), [Path::new(".")]);
        assert_eq!(folders_of(&input("./x.jpg", ".")), [Path::new(".")]);
        assert_eq!(folders_of(&input("a/b/x.jpg", "a")), [Path::new("a/b"), Path::new("a")]);
    }

    #[test]
    fn cuts_in_the_wrong_order_are_refused() {
        assert!(planned(&[], "x.jpg", &Stated { vellus_below_um: Some(70.0), ..unstated() }).unwrap_err().contains("wrong order"));
    }
}
