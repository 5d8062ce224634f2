//! Where each photo's settings come from: the command line, and every `anagen.toml` in its folder and above it.

use super::settings_file::{Config, EventTable, MOST_BYTES, NAME, Rule};
use super::{about, printable};
use crate::analyze::{Scale, Settings};
use crate::field::Roi;
use crate::measure::Cuts;
use crate::results::{Input, absolute, folder_of, read_at_most, sha256};
use crate::segment::Detector;
use crate::session::Session;
use crate::units::Micrometers;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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

impl Stated {
    /// The cuts where no `anagen.toml` says otherwise.
    pub fn cuts(&self) -> Cuts {
        cuts(self.vellus_below_um, self.terminal_from_um)
    }
}

/// Cuts, the default for what is not known.
pub fn cuts(vellus_below_um: Option<f64>, terminal_from_um: Option<f64>) -> Cuts {
    let default = Cuts::default();
    Cuts {
        vellus_below_um: vellus_below_um.map_or(default.vellus_below_um, Micrometers),
        terminal_from_um: terminal_from_um.map_or(default.terminal_from_um, Micrometers),
    }
}

/// What has been read of folders so far: the `anagen.toml` of each, where it has one.
type Read = BTreeMap<PathBuf, Option<Config>>;

fn read_once<'a>(folder: &Path, read: &'a mut Read) -> Result<Option<&'a Config>, String> {
    if !read.contains_key(folder) {
        read.insert(folder.to_path_buf(), Config::read(folder)?);
    }
    Ok(read[folder].as_ref())
}

/// One plan per photo: the command line first, then the `anagen.toml` nearest to the photo and all those above it.
///
/// # Errors
/// `path:line: cause` for an `anagen.toml` that does not say what it should; cuts in the wrong order.
pub fn plans(inputs: &[Input], stated: &Stated) -> Result<Vec<Plan>, String> {
    let mut read = BTreeMap::new();
    inputs.iter().map(|input| plan(input, stated, &mut read)).collect()
}

/// The cuts of photos with these plans where all have the same, else those where no `anagen.toml` says otherwise.
pub fn common_cuts<'a>(mut plans: impl Iterator<Item = &'a Plan>, stated: &Stated) -> Cuts {
    let first = plans.next().map_or(stated.cuts(), |plan| plan.cuts);
    if plans.all(|plan| plan.cuts == first) { first } else { stated.cuts() }
}

/// A warning for each glob of these photos' `anagen.toml` files that matches no file: most often it is misspelled.
pub fn idle_globs(inputs: &[Input], stated: &Stated) -> Vec<String> {
    let mut read = BTreeMap::new();
    for input in inputs {
        // What is wrong with a file has been told when the plans were made.
        let _ = plan(input, stated, &mut read);
    }
    // A folder may have been reached by two names.
    let mut told = BTreeSet::new();
    let once = read.iter().filter(|(folder, _)| told.insert(absolute(folder)));
    once.filter_map(|(folder, config)| Some(config.as_ref()?.idle(folder))).flatten().collect()
}

fn plan(input: &Input, stated: &Stated, read: &mut Read) -> Result<Plan, String> {
    let origin = stated.scale_origin.clone();
    let mut rules: Vec<Rule> = stated.scale.map(|scale| Rule { device: None, scale, origin }).into_iter().collect();
    let mut found = [stated.vellus_below_um, stated.terminal_from_um];
    let mut cut_origins = stated.cut_origins.clone();
    // A file that has nothing left to say is not read, so that one that is wrong stops nobody who does without it.
    let decided = stated.scale.is_some() && found.iter().all(Option::is_some);
    for Holding { folder, below, .. } in holding(input).into_iter().filter(|_| stated.read_files && !decided) {
        let Some(config) = read_once(&folder, read)? else { continue };
        let name = printable(&folder.join(NAME));
        rules.extend(config.rules(&below, &name));
        for ((cut, in_file), origin) in found.iter_mut().zip(config.cuts()).zip(&mut cut_origins) {
            if cut.is_none() && in_file.is_some() {
                (*cut, *origin) = (in_file, name.clone());
            }
        }
    }
    // What stands behind a rule for any device is never asked, so it must not decide whether a stored result still holds.
    if let Some(last) = rules.iter().position(|rule| rule.device.is_none()) {
        rules.truncate(last + 1);
    }
    let [vellus_below, terminal_from] = found;
    let cuts = cuts(vellus_below, terminal_from);
    if cuts.vellus_below_um > cuts.terminal_from_um {
        let (low, high) = (cuts.vellus_below_um.0, cuts.terminal_from_um.0);
        let [low_by, high_by] = cut_origins.each_ref().map(|origin| if origin.is_empty() { "default" } else { origin.as_str() });
        return Err(format!("the cuts are in the wrong order: vellus below {low} µm ({low_by}), terminal from {high} µm ({high_by})"));
    }
    Ok(Plan { rules, roi: stated.roi.clone(), detector: stated.detector.clone(), cuts, cut_origins })
}

/// Gives each photo what the `anagen.toml` nearest to it, and then those above it, say of its subject, site and date.
///
/// # Errors
/// `path:line: cause` for an `anagen.toml` that does not say what it should.
pub fn tell(inputs: &mut [Input], stated: &Stated) -> Result<(), String> {
    let mut read = BTreeMap::new();
    for input in inputs.iter_mut().filter(|_| stated.read_files) {
        for Holding { folder, below, .. } in holding(input) {
            for said in read_once(&folder, &mut read)?.iter().flat_map(|config| config.sessions(&below)) {
                let Session { subject, site, taken_at } = &mut input.told.stated;
                let said = [(subject, said.subject), (site, said.site), (taken_at, said.taken_at)];
                said.into_iter().filter(|(known, _)| known.is_none()).for_each(|(known, said)| *known = said);
            }
        }
    }
    Ok(())
}

/// The hash of every `anagen.toml` that holds for any of these photos, by where it lies as seen from the folder that was named, with its content;
/// `None` where there is none or none is read.
///
/// # Errors
/// The path and the cause for one that cannot be read.
pub fn fingerprint(inputs: &[Input], stated: &Stated) -> Result<Option<String>, String> {
    let of = |input: &Input| {
        let root = input.root.clone();
        holding(input).into_iter().map(move |holding| (holding.seen_from(&root), holding.folder))
    };
    let folders: BTreeSet<(String, PathBuf)> = inputs.iter().filter(|_| stated.read_files).flat_map(of).collect();
    let mut files = BTreeSet::new();
    for (place, folder) in folders {
        let file = folder.join(NAME);
        if file.is_file() {
            let bytes = read_at_most(&file, MOST_BYTES).map_err(|cause| about(&file, cause))?;
            files.insert(format!("{} {place}\n", sha256(&bytes)));
        }
    }
    Ok((!files.is_empty()).then(|| sha256(files.into_iter().collect::<String>().as_bytes())))
}

/// A folder whose `anagen.toml` holds for a photo.
struct Holding {
    folder: PathBuf,
    /// Where the photo lies below it.
    below: PathBuf,
    /// How many folders it lies above the one that was named; 0 for that one and those in it.
    above: usize,
}

impl Holding {
    /// Where it lies as seen from the folder that was named: with forward slashes on every system, since the parts of a batch may be made on several,
    /// and whatever the folders above are called, which may differ from machine to machine.
    fn seen_from(&self, root: &Path) -> String {
        if self.above > 0 {
            return vec![".."; self.above].join("/");
        }
        let parts = self.folder.strip_prefix(root).unwrap_or(&self.folder).iter().map(|part| part.to_string_lossy());
        parts.collect::<Vec<_>>().join("/")
    }
}

/// The folders whose `anagen.toml` holds for a photo, the nearest first: its own and all above it, so that it does not matter which of them is named.
fn holding(input: &Input) -> Vec<Holding> {
    let within = |folder: &&Path| *folder == input.root || folder.starts_with(&input.root);
    let below = |file: &Path, folder: &Path| file.strip_prefix(folder).unwrap_or(file).to_path_buf();
    let named = |folder: &Path| Holding { folder: folder.to_path_buf(), below: below(&input.file, folder), above: 0 };
    let root = absolute(&input.root);
    let file = root.join(below(&input.file, &input.root));
    let farther = root.ancestors().enumerate().skip(1);
    let farther = farther.map(|(above, folder)| Holding { folder: folder.to_path_buf(), below: below(&file, folder), above });
    folder_of(&input.file).ancestors().take_while(within).map(named).chain(farther).collect()
}

/// The events of every `anagen.toml` in the photos' folders and above them, by folder and in the order they stand there.
///
/// # Errors
/// `path:line: cause` for an `anagen.toml` that does not say what it should.
pub fn events(inputs: &[Input]) -> Result<Vec<EventTable>, String> {
    let folders: BTreeMap<PathBuf, usize> = inputs.iter().flat_map(holding).map(|holding| (holding.folder, holding.above)).collect();
    let mut events = vec![];
    for (folder, above) in folders {
        let of_folder = Config::read(&folder)?.into_iter().flat_map(|config| config.event);
        events.extend(of_folder.map(|mut event| {
            event.from_above = above > 0;
            event
        }));
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Told;
    use crate::units::Millimeters;
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
    fn what_stands_above_the_named_folder_holds_where_nothing_nearer_does() {
        let files = [
            ("anagen.toml", "um_per_px = 99\n[[photos]]\ngob = 1"),
            ("anagen.toml", "um_per_px = 9\n[cuts]\nterminal_from_um = 70\n[[photos]]\nglob = 'named/a/*.jpg'\num_per_px = 2\n"),
            ("named/b/anagen.toml", "um_per_px = 4\n[cuts]\nvellus_below_um = 40\n"),
        ];
        assert_eq!(["x.jpg", "a/x.jpg", "b/x.jpg"].map(|photo| scale_of(&files[1..], photo, None)), [Some(9.0), Some(2.0), Some(4.0)]);
        let plan = planned(&files[1..], "b/x.jpg", &unstated()).unwrap();
        assert_eq!((plan.cuts.vellus_below_um, plan.cuts.terminal_from_um), (Micrometers(40.0), Micrometers(70.0)));
        assert!(planned(&files[..1], "x.jpg", &unstated()).unwrap_err().contains("anagen.toml:3: "));
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
        let expected = [("2020-01-01", "above what was named"), ("2026-03-01", "start"), ("2026-09-01", "stop"), ("2026-05-01", "dose")];
        assert_eq!(found, expected.map(|(date, label)| (date.to_owned(), label.to_owned())));
        let above: Vec<bool> = events(&photos).unwrap().into_iter().map(|event| event.from_above).collect();
        assert_eq!(above, [true, false, false, false]);
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
        let folders = |file: &str, root: &str| {
            let found = holding(&input(file, root));
            found.into_iter().map(|holding| (holding.folder, holding.below, holding.above)).collect::<Vec<_>>()
        };
        let here = std::env::current_dir().unwrap();
        for file in ["x.jpg", "./x.jpg"] {
            let found = folders(file, ".");
            assert_eq!((&found[0].0, found[0].1.file_name().unwrap()), (&PathBuf::from("."), "x.jpg".as_ref()));
            assert_eq!(found[1], (here.parent().unwrap().into(), Path::new(here.file_name().unwrap()).join("x.jpg"), 1));
            assert_eq!(found.len(), here.ancestors().count());
        }
        let found = folders("a/b/x.jpg", "a");
        assert_eq!(found[..2], [("a/b".into(), "x.jpg".into(), 0), ("a".into(), "b/x.jpg".into(), 0)]);
        assert_eq!(found[2], (here, "a/b/x.jpg".into(), 1));
    }

    #[test]
    fn cuts_in_the_wrong_order_are_refused() {
        let message = planned(&[], "x.jpg", &Stated { vellus_below_um: Some(70.0), ..unstated() }).unwrap_err();
        assert!(message.contains("wrong order") && message.contains("terminal from 60 µm (default)"), "{message}");
        let message = planned(&[("named/anagen.toml", "[cuts]\nvellus_below_um = 70")], "x.jpg", &unstated()).unwrap_err();
        assert!(message.contains("named/anagen.toml), terminal"), "{message}");
    }
}
