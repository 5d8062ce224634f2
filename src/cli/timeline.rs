//! `anagen timeline`: every session of each subject and site, each hair followed through all of them.

use super::config::{events, fingerprint, idle_globs, tell};
use super::measuring::Measuring;
use super::privacy::{Privacy, key, same_names};
use super::record::{config_sha256, record, unusable};
use super::rehearsal::rehearse;
use super::seen::{Known, Looked, Seen, seen, wanted};
use super::settings_file::EventTable;
use super::{Ending, about, hairs, printable, results_folder, say, tell_others, tell_spellings};
use crate::compare::timeline::{Event, Occasion, TimelineFate, timeline};
use crate::measure::Cuts;
use crate::report::{Picture, timeline_page, timelines_page};
use crate::results::{
    self, Folder, Input, PhotoRun, ReasonResult, RunCommand, SessionPhoto, SessionSource, TimelineResult, write_timeline_tables,
    write_whole,
};
use crate::session::{Session, Told, days_between, name_key};
use clap::Args;
use rayon::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

const EXAMPLES: &str = "\
Examples:
  anagen timeline photos/ --out results/ --scale-bar-mm 1   photos/<subject>/<date>/<site>.jpg: a timeline per subject and site
  anagen timeline photos/s01 --out results/                 one subject

Results of anagen analyze in the same folder are used where they still hold.";

const AFTER: &str = "\
Subject, date and site come from folders and names: <subject>/<date>/<site>.jpg or <subject>/<site>_<date>.jpg, a date being 2026-02-10,
2026_02_10 or 20260210; the photo's own date goes before that of its path. A folder called visit1, month 3, baseline or the like is no
subject: the one above it is. Where only the photos have dates: <subject>/<visit>/<site>.jpg or <subject>/<site>.jpg, a visit being called
so. Where no folder stands for the subject, FOLDER does. An anagen.toml goes before all that; every one in the photos' folders and above them
is read, the nearest first:
  [[photos]]
  glob = \"meier/second/*.jpg\"
  subject = \"s01\"
  site = \"vertex\"
  date = 2026-08-11

Treatments and other events in an anagen.toml mark the timeline, and changes are given since each:
  [[event]]
  subject = \"s01\"
  date = 2026-03-01
  label = \"minoxidil 5 % started\"

run.json shows what each photo was taken to show, and by what.

Writes timelines/<subject>/<site>.json, timeline.csv (a row per session and measurement, ready to plot) and timeline_hairs.csv.

Exit codes: 0 all done; 1 nothing usable to do, or the command line is wrong; 2 some photos failed or have no date, the others are done.";

/// Follow every hair of each subject and site through all sessions
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = AFTER)]
pub struct Timeline {
    /// The folder of photos, at any depth
    folder: PathBuf,
    /// The folder to write results to; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    pub measuring: Measuring,
    #[command(flatten)]
    privacy: Privacy,
    /// Say which photos would be followed, and with which scale; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write no page for people
    #[arg(long)]
    no_report: bool,
    /// Say only what went wrong
    #[arg(short, long)]
    quiet: bool,
}

/// The photos of one site of one subject, in the order of their dates.
struct Site<'a> {
    subject: Option<String>,
    site: Option<String>,
    photos: Vec<Dated<'a>>,
}

struct Dated<'a> {
    input: &'a Input,
    seen: Option<&'a Seen>,
    taken_at: String,
}

/// The longer side of a session's picture in the page.
const THUMBNAIL_PIXELS: usize = 240;

/// The page that leads to those of all sites.
const OVERVIEW: &str = "timelines.html";

/// Why a photo that was analyzed is in no timeline.
const UNDATED: &str = "no date in its path or the photo: it is in no timeline";

/// The same of a photo that was named itself.
const ALONE: &str = "no date in its name or the photo, and of a photo that is named itself no folder tells one: name a folder above it";

/// The day that days are counted from.
const EPOCH: &str = "1970-01-01";

impl Timeline {
    /// Analyzes what has to be, follows every site, and writes the timelines.
    pub fn run(&self) -> Result<Ending, String> {
        let began = Instant::now();
        let mut inputs = results::find(std::slice::from_ref(&self.folder), &self.out);
        for trouble in &inputs.troubles {
            say(about(&trouble.path, &trouble.cause));
        }
        if inputs.photos.is_empty() {
            return Err(about(&self.folder, "no photo found: name a folder that holds .jpg, .png, .tif, .bmp or .webp files"));
        }
        let stated = self.measuring.stated()?;
        tell(&mut inputs.photos, &stated)?;
        for warning in idle_globs(&inputs.photos, &stated).iter().filter(|_| !self.quiet) {
            say(format!("anagen: {warning}"));
        }
        let config = fingerprint(&inputs.photos, &stated)?;
        let mut events = if stated.read_files { events(&inputs.photos)? } else { vec![] };
        let mut codes = self.privacy.codes()?;
        if !self.quiet {
            tell_names(&inputs.photos);
        }
        let mut subject = name_of(&self.folder);
        if let Some(codes) = &mut codes {
            // A code needs a name: where no folder stands for the subject, the one that was named does.
            for input in inputs.photos.iter_mut().filter(|input| input.told.path.subject.is_none()) {
                input.path = subject.iter().fold(input.path.clone(), |path, subject| format!("{subject}/{path}"));
                input.told.path = Told::by_path(&input.path).path;
            }
            codes.apply(&mut inputs);
            events = events.into_iter().map(|event| event.coded(codes)).collect();
            subject = subject.map(|name| codes.subject(&name));
        }
        same_names(&self.out, key(codes.as_ref()).as_deref())?;
        if self.dry_run {
            let folder = Folder::open(&self.out).ok();
            let known = Known::of(&inputs.photos, &self.measuring, folder.as_ref())?;
            return rehearse(&known.photos(), folder.as_ref(), &wanted(&self.measuring), inputs.troubles.len());
        }
        let folder = results_folder(&self.out)?;
        let known = Known::of(&inputs.photos, &self.measuring, Some(&folder))?;
        let Looked { photos, runs, stages, stop } = seen(&known, &self.measuring, &folder, self.quiet)?;
        let (sites, undated) = by_site(&inputs.photos, &photos, subject.as_ref());
        for input in &undated {
            say(about(&input.file, self.undated()));
        }
        let of_nobody = |event: &&EventTable| !event.from_above && !sites.iter().any(|site| event.is_of(site.subject.as_deref()));
        for event in events.iter().filter(of_nobody) {
            say(format!("anagen: {}, {}: an event of a subject that no photo shows", event.label, event.date()));
        }
        let (mut timelines, mut pages) = (vec![], vec![]);
        let mut places = BTreeSet::new();
        for site in &sites {
            if stop.load(Ordering::Relaxed) {
                return Err("stopped before every site was followed; the same command goes on from here".into());
            }
            let cuts = site.cuts();
            let timeline = self.followed(site, &events, cuts.first().copied())?;
            let place = place(site, &mut places);
            folder.write_json(&place, &timeline).map_err(|error| about(&folder.place(&place), results::cause(&error)))?;
            self.tell(&timeline, &cuts);
            let page = format!("{}.html", place.trim_end_matches(".json"));
            let written = if self.no_report {
                folder.remove(&page)
            } else {
                write_whole(&folder.place(&page), timeline_page(&timeline, &thumbnails(site), &page).as_bytes())
            };
            written.map_err(|error| about(&folder.place(&page), results::cause(&error)))?;
            pages.push(page);
            timelines.push(timeline);
        }
        write_timeline_tables(&folder, &timelines)
            .map_err(|error| about(&self.out, format!("the tables could not be written: {}", results::cause(&error))))?;
        let mut runs: Vec<PhotoRun> = runs.into_iter().map(|run| of_folder(run, subject.as_ref())).collect();
        for (run, input) in runs.iter_mut().zip(&inputs.photos) {
            if undated.iter().any(|undated| std::ptr::eq(*undated, input)) {
                run.reason = Some(self.undated().into());
            }
        }
        runs.extend(inputs.troubles.iter().map(|trouble| unusable(&trouble.path, &trouble.cause, codes.as_ref())));
        runs.sort_by(|a, b| (&a.path, &a.result).cmp(&(&b.path, &b.result)));
        let own = json!({ "report": !self.no_report, "config_sha256": config_sha256(config.as_ref(), codes.as_ref()) });
        let own = (own, known.cuts(&stated));
        let run = record(RunCommand::Timeline, (&[&self.folder], codes.as_ref()), &self.measuring, (runs, stages), vec![], began, own)?;
        folder.write_json("run.json", &run).map_err(|error| about(&folder.place("run.json"), results::cause(&error)))?;
        let others = folder.timelines().saturating_sub(timelines.len());
        if !self.quiet {
            tell_others(&self.out, others, "timelines");
        }
        let overview = folder.place(OVERVIEW);
        let none = timelines.iter().all(|timeline| timeline.sessions.iter().all(|session| session.photo.is_none()));
        if none || self.no_report {
            folder.remove(OVERVIEW).map_err(|error| about(&overview, results::cause(&error)))?;
        }
        if none {
            let cause = match photos.iter().all(Option::is_none) {
                true => "every photo failed",
                false if self.folder.is_file() => "name a folder of photos, as anagen timeline photos/ --out results/",
                false => "photos need a date in their path or their EXIF, as in s01/2026-02-10/vertex.jpg",
            };
            return Err(format!("no photo could be followed: {cause}"));
        }
        if !self.no_report {
            let pages: Vec<_> = timelines.iter().zip(pages).collect();
            write_whole(&overview, timelines_page(&pages).as_bytes()).map_err(|error| about(&overview, results::cause(&error)))?;
            if !self.quiet {
                say(format!("to read: {}", printable(&overview)));
            }
        }
        let failed = photos.iter().any(Option::is_none) || !undated.is_empty() || !inputs.troubles.is_empty();
        Ok(if failed { Ending::SomeFailed } else { Ending::AllDone })
    }

    /// Why a photo without a date is in no timeline.
    fn undated(&self) -> &'static str {
        if self.folder.is_file() { ALONE } else { UNDATED }
    }

    fn followed(&self, site: &Site, events: &[EventTable], cuts: Option<Cuts>) -> Result<TimelineResult, String> {
        let mut hashes = BTreeSet::new();
        let visits: Vec<Result<(&Seen, Occasion), ReasonResult>> = site
            .photos
            .iter()
            .map(|photo| {
                let seen = photo.seen.ok_or_else(|| reason("failed", "its photo could not be analyzed"))?;
                let first = hashes.insert(seen.result.photo.sha256.clone());
                first.then_some((photo, seen)).ok_or_else(|| reason("same_photo", "the same file as an earlier session's"))
            })
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|photo: Result<(&Dated, &Seen), ReasonResult>| {
                let (photo, seen) = photo?;
                let occasion = occasion(photo, seen).map_err(|cause| reason("failed", &cause))?;
                Ok((seen, occasion))
            })
            .collect();
        let mut occasions = vec![];
        let mut photos = vec![];
        for (photo, visit) in site.photos.iter().zip(visits) {
            let followed = visit.map(|(seen, occasion)| {
                occasions.push(occasion);
                (&seen.result, occasions.len() - 1)
            });
            photos.push(SessionPhoto { path: &photo.input.path, taken_at: Some(photo.taken_at.clone()), followed });
        }
        let mut own: Vec<&EventTable> = events.iter().filter(|event| event.is_of(site.subject.as_deref())).collect();
        own.sort_by(|a, b| (a.date(), &a.label).cmp(&(b.date(), &b.label)));
        let dated: Vec<Event> = own.iter().map(|e| Event { day: day(&e.date()).unwrap_or_default(), label: e.label.clone() }).collect();
        let dates: Vec<String> = own.iter().map(|event| event.date()).collect();
        let timeline = timeline(&occasions, &dated, &cuts.unwrap_or_default());
        Ok(TimelineResult::new((site.subject.clone(), site.site.clone()), &photos, &occasions, (&timeline, cuts), &dates))
    }

    fn tell(&self, timeline: &TimelineResult, cuts: &[Cuts]) {
        if self.quiet {
            return;
        }
        let name = |text: &Option<String>| printable(text.as_deref().unwrap_or("-").as_ref());
        let comparable = timeline.sessions.iter().filter(|session| session.comparable).count();
        let count = |fate: TimelineFate| timeline.hairs.iter().filter(|hair| hair.fate == fate).count();
        say(format!(
            "{} {}: {} session{}, {comparable} comparable; {} kept, {} thickened, {} thinned, {} lost, {} new, {} returned",
            name(&timeline.subject),
            name(&timeline.site),
            timeline.sessions.len(),
            if timeline.sessions.len() == 1 { "" } else { "s" },
            hairs(count(TimelineFate::Kept)),
            count(TimelineFate::Thickened),
            count(TimelineFate::Thinned),
            count(TimelineFate::Lost),
            count(TimelineFate::New),
            count(TimelineFate::Returned),
        ));
        let density = timeline.measurements.iter().find(|going| going.name == "hair_density").and_then(|going| going.trend.as_ref());
        if let Some((trend, per_month)) = density.and_then(|trend| Some((trend, trend.per_month?))) {
            let interval = trend.low.zip(trend.high).map(|(low, high)| format!(" ({low:+.2} to {high:+.2})")).unwrap_or_default();
            say(format!("  hair density {per_month:+.2} /cm² a month{interval} over {} sessions", trend.n));
        }
        for session in timeline.sessions.iter().filter(|session| !session.comparable) {
            let message = session.reason.as_ref().map(|reason| reason.message.as_str()).unwrap_or_default();
            say(format!("  {}", about(session.path.as_ref(), message)));
        }
        for caveat in &timeline.caveats {
            say(format!("  {}", caveat.message));
        }
        if let [own, others @ ..] = cuts
            && !others.is_empty()
        {
            let others = others.iter().map(Cuts::to_string).collect::<Vec<_>>().join("; ");
            say(format!("  classed by other cuts in some photos ({own}; {others}): what has changed is told by the first"));
        }
    }
}

impl Site<'_> {
    /// The cuts its hairs are classed by, each once, in the order of its photos.
    fn cuts(&self) -> Vec<Cuts> {
        let mut cuts = vec![];
        for own in self.photos.iter().filter_map(|photo| photo.seen?.cuts()) {
            if !cuts.contains(&own) {
                cuts.push(own);
            }
        }
        cuts
    }
}

/// A small picture of each session's photo; `None` where it cannot be shown.
fn thumbnails(site: &Site) -> Vec<Option<Picture>> {
    let of = |photo: &Dated| Picture::of(&photo.seen?.photo().ok()?, THUMBNAIL_PIXELS, 75).ok();
    site.photos.par_iter().map(of).collect()
}

/// The name of the folder that was named, which stands for the subject where no other does.
fn name_of(folder: &Path) -> Option<String> {
    results::absolute(folder).file_name().map(|name| name.to_string_lossy().into_owned())
}

fn of_folder(mut run: PhotoRun, named: Option<&String>) -> PhotoRun {
    if let Some(session) = run.session.as_mut().filter(|session| session.subject.is_none()) {
        session.subject = named.cloned();
        session.subject_from = session.subject.as_ref().map(|_| SessionSource::NamedFolder);
    }
    run
}

fn reason(code: &str, message: &str) -> ReasonResult {
    ReasonResult { code: code.into(), message: message.into() }
}

fn occasion(photo: &Dated, seen: &Seen) -> Result<Occasion, String> {
    let pixels = seen.photo()?;
    Ok(Occasion {
        visit: seen.visit(&pixels),
        day: day(&photo.taken_at).unwrap_or_default(),
        device: pixels.acquisition().model.clone(),
        measurements: seen.result.measurements.clone(),
    })
}

/// The number of a day; `None` for what is no date.
fn day(date: &str) -> Option<i64> {
    days_between(EPOCH, date)
}

/// The photos by subject and site, each in the order of their dates, and the photos without one. Where no folder stands for the subject, the
/// one that was named does.
fn by_site<'a>(inputs: &'a [Input], photos: &'a [Option<Seen>], named: Option<&String>) -> (Vec<Site<'a>>, Vec<&'a Input>) {
    let mut sites: BTreeMap<[Option<String>; 2], Site> = BTreeMap::new();
    let mut spellings: BTreeMap<String, String> = BTreeMap::new();
    let mut undated = vec![];
    for (input, seen) in inputs.iter().zip(photos) {
        // As paths and settings tell it now, also of a photo whose result was made when they told otherwise. One that failed says nothing of itself.
        let (told, own) = match seen {
            Some(seen) => (&seen.input.told, seen.result.photo.taken_at.as_deref()),
            None => (&input.told, None),
        };
        let Session { subject, site, taken_at } = told.with(own);
        match taken_at.filter(|date| day(date).is_some()) {
            Some(taken_at) => {
                let subject = subject.or_else(|| named.cloned());
                // Of one spelling at all sites, the first.
                let subject = subject.map(|name| spellings.entry(name_key(&name)).or_insert(name).clone());
                let name = [&subject, &site].map(|name| name.as_deref().map(name_key));
                let of_site = sites.entry(name).or_insert(Site { subject, site, photos: vec![] });
                of_site.photos.push(Dated { input, seen: seen.as_ref(), taken_at });
            }
            // One that failed was named already.
            None if seen.is_some() => undated.push(input),
            None => {}
        }
    }
    let sites = sites.into_values().map(|mut site| {
        site.photos.sort_by(|a, b| (&a.taken_at, &a.input.path).cmp(&(&b.taken_at, &b.input.path)));
        site
    });
    (sites.collect(), undated)
}

/// Says which subjects, and which sites of one subject, are spelled in several ways and taken for one.
fn tell_names(photos: &[Input]) {
    let said = |input: &Input, of: fn(&Session) -> Option<String>| of(&input.told.stated).or(of(&input.told.path));
    let subjects: Vec<Option<String>> = photos.iter().map(|input| said(input, |session| session.subject.clone())).collect();
    tell_spellings(subjects.iter().flatten().map(String::as_str), "subject");
    let mut sites: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for (input, subject) in photos.iter().zip(&subjects) {
        sites.entry(subject.as_deref().map(name_key)).or_default().extend(said(input, |session| session.site.clone()));
    }
    sites.values().for_each(|sites| tell_spellings(sites.iter().map(String::as_str), "site"));
}

/// Where a site's timeline lies: by subject and site, each its own.
fn place(site: &Site, taken: &mut BTreeSet<String>) -> String {
    let flat = |name: &Option<String>, none: &str| name.as_deref().unwrap_or(none).replace(['/', '\\'], "_");
    let name = match &site.subject {
        Some(subject) => format!("{}/{}", subject.replace(['/', '\\'], "_"), flat(&site.site, "no-site")),
        None => flat(&site.site, "no-site"),
    };
    // By what names are told apart by, since some file systems hold A.json and a.json for one.
    let place = (1..)
        .map(|i| if i == 1 { format!("timelines/{name}.json") } else { format!("timelines/{name}-{i}.json") })
        .find(|place| !taken.contains(&name_key(place)))
        .unwrap_or_default();
    taken.insert(name_key(&place));
    place
}
