//! The content of an `anagen.toml`.

use super::{about, printable};
use crate::analyze::Scale;
use crate::calibration::{Calibration, ScaleError, ScaleSource};
use crate::results::{Pseudonyms, read_at_most};
use crate::session::{Session, days_between, name_key};
use crate::units::Millimeters;
use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use walkdir::WalkDir;

/// What it is called.
pub const NAME: &str = "anagen.toml";
/// The most bytes it may have.
pub const MOST_BYTES: u64 = 1_000_000;

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
pub struct Config {
    um_per_px: Option<StatedScale>,
    scale_bar_mm: Option<Positive>,
    #[serde(default)]
    cuts: CutsTable,
    #[serde(default)]
    photos: Vec<PhotosTable>,
    #[serde(default)]
    devices: Vec<DeviceTable>,
    /// What happened to subjects.
    #[serde(default)]
    pub event: Vec<EventTable>,
}

/// A scale, and the device whose photos it holds for; `None` for any.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// Which device.
    pub device: Option<String>,
    /// Which scale.
    pub scale: Scale,
    /// Where it was stated; a stored result holds wherever the same was stated.
    #[serde(skip)]
    pub origin: String,
}

/// Something that happened to a subject, such as the start of a treatment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventTable {
    subject: Name,
    date: Day,
    /// What happened.
    pub label: String,
    /// Whether its file lies above the folder that was named, and so tells of others too.
    #[serde(skip)]
    pub from_above: bool,
}

impl EventTable {
    /// Whether it happened to this subject.
    pub fn is_of(&self, subject: Option<&str>) -> bool {
        subject.is_some_and(|subject| name_key(subject) == name_key(&self.subject.0))
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
        let written = match value {
            toml::Value::Datetime(date) => Some(date),
            // The whole text has to be a date, or one with a time: what follows it may be another date's end.
            toml::Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let day = written.and_then(|written: toml::value::Datetime| written.date).map(|date| date.to_string()).unwrap_or_default();
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
    model: toml::Spanned<String>,
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
struct Pattern {
    /// As it stands in the file.
    text: String,
    /// Of what names are told apart by.
    matcher: GlobMatcher,
}

impl TryFrom<String> for Pattern {
    type Error = globset::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let matcher = GlobBuilder::new(&name_key(&text)).literal_separator(true).build()?.compile_matcher();
        Ok(Self { text, matcher })
    }
}

impl Pattern {
    /// Whether it means the file at this path: in capitals or not, however its letters are written. A name that is no text is taken as it is.
    fn is_match(&self, below: &Path) -> bool {
        below.to_str().map_or_else(|| self.matcher.is_match(below), |text| self.matcher.is_match(name_key(text)))
    }
}

impl Config {
    /// The one that lies in a folder, where there is one.
    ///
    /// # Errors
    /// `path:line: cause` for one that does not say what it should.
    pub fn read(folder: &Path) -> Result<Option<Self>, String> {
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
        let line_at = |start: usize| text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1;
        let config: Self =
            toml::from_str(text).map_err(|error| (line_at(error.span().map_or(0, |span| span.start)), plain(error.message())))?;
        let twice = |um: Option<StatedScale>, bar: Option<Positive>| um.is_some() && bar.is_some();
        let tables = config.photos.iter().map(|t| (t.um_per_px, t.scale_bar_mm));
        let tables = tables.chain(config.devices.iter().map(|t| (t.um_per_px, t.scale_bar_mm)));
        if tables.chain([(config.um_per_px, config.scale_bar_mm)]).any(|(um, bar)| twice(um, bar)) {
            let line = text.lines().position(|line| line.trim_start().starts_with("scale_bar_mm")).unwrap_or(0) + 1;
            return Err((line, "give um_per_px or scale_bar_mm, not both: a scale that is known needs no bar".into()));
        }
        if let Some(device) = config.devices.iter().find(|device| device.um_per_px.is_none() && device.scale_bar_mm.is_none()) {
            return Err((line_at(device.model.span().start), "a device without a scale: give its um_per_px or scale_bar_mm".into()));
        }
        Ok(config)
    }

    /// The scales it has for a photo at this path below its folder, the most specific first.
    pub fn rules(&self, below: &Path, name: &str) -> Vec<Rule> {
        let by_glob = |t: &PhotosTable| (None, t.um_per_px, t.scale_bar_mm, format!("{name}, glob {}", t.glob.text));
        let named = self.photos.iter().filter(|table| table.glob.is_match(below)).map(by_glob);
        let by_device = |t: &DeviceTable| {
            let model = t.model.get_ref();
            (Some(model.clone()), t.um_per_px, t.scale_bar_mm, format!("{name}, device {model}"))
        };
        let devices = self.devices.iter().map(by_device);
        let all = named.chain(devices).chain([(None, self.um_per_px, self.scale_bar_mm, name.to_owned())]);
        all.filter_map(|(device, um, bar, origin)| scale(um, bar).map(|scale| Rule { device, scale, origin })).collect()
    }

    /// The lower and the upper cut, where it has them.
    pub fn cuts(&self) -> [Option<f64>; 2] {
        [self.cuts.vellus_below_um, self.cuts.terminal_from_um].map(|cut| cut.map(|cut| cut.0))
    }

    /// What each of its tables says of the session of a photo at this path below its folder, in the order they stand there.
    pub fn sessions(&self, below: &Path) -> Vec<Session> {
        let named = |name: &Option<Name>| name.as_ref().map(|name| name.0.clone());
        let said = |table: &PhotosTable| Session {
            subject: named(&table.subject),
            site: named(&table.site),
            taken_at: table.date.as_ref().map(|day| day.0.clone()),
        };
        self.photos.iter().filter(|table| table.glob.is_match(below)).map(said).collect()
    }

    /// A warning for each glob that no file below the folder matches: most often it is misspelled. None where there is too much to look through,
    /// as in a folder far above the photos.
    pub fn idle(&self, folder: &Path) -> Vec<String> {
        let mut idle: Vec<&PhotosTable> = self.photos.iter().collect();
        for (i, entry) in WalkDir::new(folder).follow_links(true).into_iter().enumerate() {
            if idle.is_empty() || i == MOST_LOOKED_AT {
                return vec![];
            }
            let Some(file) = entry.ok().filter(|entry| !entry.file_type().is_dir()) else { continue };
            let below = file.path().strip_prefix(folder).unwrap_or(file.path());
            idle.retain(|table| !table.glob.is_match(below));
        }
        let warn = |table: &&PhotosTable| {
            let name = printable(&folder.join(NAME));
            format!("{name}: glob \"{}\" matches no file below {}; it reaches into folders with **/", table.glob.text, printable(folder))
        };
        idle.iter().map(warn).collect()
    }
}

/// So many files and folders are looked at for one that a glob matches.
const MOST_LOOKED_AT: usize = 100_000;

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

    #[test]
    fn days_are_the_whole_text_with_a_time_or_without() {
        let day = |text: &str| {
            let config = Config::parse(&format!("[[event]]\nsubject = 's'\nlabel = 'l'\ndate = {text}"));
            config.ok().map(|config| config.event[0].date())
        };
        for text in ["2026-02-10", "'2026-02-10'", "2026-02-10T09:00:18", "2026-02-10 09:00:18Z", "'2026-02-10T09:00:18'"] {
            assert_eq!(day(text).as_deref(), Some("2026-02-10"), "{text}");
        }
        for text in ["'2026-02-10 rubbish'", "'2026-02-101'", "'2026-02-30'", "'2026-02'", "09:00:18", "''", "2026"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn globs_and_subjects_are_the_same_however_they_are_spelled() {
        let text = "[[photos]]\nglob = '[A-M]nna/rene\u{301}*.jpg'\nsite = 'x'\n[[event]]\nsubject = 'Rene\u{301}'\nlabel = 'l'\ndate = 2026-02-10\n";
        let config = Config::parse(text).unwrap();
        for (path, matches) in [("Anna/Ren\u{e9}_1.JPG", 1), ("anna/rene\u{301}.jpg", 1), ("zoe/rene.jpg", 0), ("znna/ren\u{e9}.jpg", 0)] {
            assert_eq!(config.sessions(Path::new(path)).len(), matches, "{path}");
        }
        assert!(config.event[0].is_of(Some("REN\u{c9}")) && !config.event[0].is_of(Some("rene")));
    }

    #[test]
    fn device_without_a_scale_is_refused_at_its_line() {
        let (line, cause) = check("um_per_px = 2\n[[devices]]\nmodel = 'A'\num_per_px = 3\n[[devices]]\nmodel = 'B'\n").unwrap_err();
        assert!(line == 6 && cause.contains("without a scale"), "{line}: {cause}");
    }
}
