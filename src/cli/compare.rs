//! `anagen compare`: two photos, or two sessions, hair for hair.

use super::batch::{Overlay, encode};
use super::config::{Stated, fingerprint, idle_globs, tell};
use super::measuring::Measuring;
use super::privacy::{Privacy, key, same_names};
use super::record::{config_sha256, record, unusable};
use super::rehearsal::rehearse;
use super::seen::{Known, Looked, Seen, seen, wanted};
use super::{Ending, about, deliver_results, printable, results_folder, say, tell_others, tell_spellings};
use crate::compare::{Fate, Uncut, compare};
use crate::measure::Cuts;
use crate::report::{Aligned, Picture, Shown, comparison, comparison_page, comparisons_page};
use crate::results::{
    self, ComparisonResult, Folder, Input, Inputs, PairRun, Pseudonyms, RunCommand, SessionRun, SessionSource, Status, comparison_path,
    fitting, write_comparison_tables, write_whole,
};
use crate::session::{Session, Told, days_between, elapsed, name_key};
use clap::Args;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

const EXAMPLES: &str = "\
Examples:
  anagen compare a.jpg b.jpg --out results/ --scale-bar-mm 1         what became of each hair of a.jpg in b.jpg
  anagen compare s01/2026-02-10 s01/2026-08-11 --out results/        two sessions of one subject: every site both show
  anagen compare a.jpg b.jpg --out results/ --json -                 and the comparison on stdout

Results of anagen analyze in the same folder are used where they still hold.";

const AFTER: &str = "\
Two folders are two sessions. Their photos are paired by site: what stands for it in the name beside the date (vertex in
2026-02-10/vertex.jpg and in vertex_2026-08-11.jpg), else the file's name without its extension; one photo in each folder is a pair
whatever it is called. run.json shows what each photo was taken to show, and by what. Where a folder shows a site several times, photos are paired in the order of their names.

Every anagen.toml in the photos' folders and above them is read; the nearest goes first.

Fates and changes are given only where the two photos are shown to be of the same skin.

Exit codes: 0 all pairs compared, also those found not to be of the same skin; 1 nothing usable to do, or the command line is wrong;
2 some photos failed or have no partner, the others are done.";

/// What became of each hair between two photos, or two sessions
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = AFTER)]
pub struct Compare {
    /// The earlier photo, or the folder of the earlier session
    baseline: PathBuf,
    /// The later photo, or the folder of the later session
    follow_up: PathBuf,
    /// The folder to write results to; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    pub measuring: Measuring,
    #[command(flatten)]
    privacy: Privacy,
    /// Say which photos would be compared, and with which scale; write nothing
    #[arg(long)]
    dry_run: bool,
    /// The day the hair was clipped, such as 2026-02-10, if that was before the baseline and not again: changes of length then give growth
    #[arg(long, value_name = "DATE", value_parser = date)]
    clipped: Option<String>,
    /// Tell growing from resting hairs: the photos were taken 2 to 3 days apart, after clipping and without clipping again
    #[arg(long)]
    phototrichogram: bool,
    /// Both photos aligned, side by side with each hair's fate drawn over them, and each alone so that flipping between the two shows what
    /// has changed. Default: jpeg
    #[arg(long, value_enum, default_value = "jpeg", hide_default_value = true)]
    overlay: Overlay,
    /// Also write the comparison as JSON to this file, or to stdout for "-": a single pair's as it is, several in an array
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write no page for people
    #[arg(long)]
    no_report: bool,
    /// Say only what went wrong
    #[arg(short, long)]
    quiet: bool,
}

/// The longer side of photos that are not of one field, in their page.
const PAGE_PIXELS: usize = 1600;

/// The page that leads to those of all pairs.
const OVERVIEW: &str = "comparisons.html";

/// What is wrong with a comparison that stands where another is to be written.
const OTHER_PHOTOS: &str = "a comparison of two other photos of these names: name another folder with --out, or replace it with --force";

/// Two photos to compare.
struct Pair {
    /// Where they stand among all, the baseline first.
    photos: [usize; 2],
    /// What their comparison is called.
    name: String,
}

/// Where a picture or a page lies below the results folder, and its bytes.
type Drawn = (String, Vec<u8>);

impl Compare {
    /// Analyzes what has to be, compares every pair, and writes the comparisons.
    pub fn run(&self) -> Result<Ending, String> {
        let began = Instant::now();
        let stated = self.measuring.stated()?;
        let sides = [self.photos(&self.baseline, &stated)?, self.photos(&self.follow_up, &stated)?];
        let troubles = sides.iter().flat_map(|side| &side.troubles).map(|trouble| (trouble.path.clone(), trouble.cause.clone()));
        let mut left_out: Vec<(PathBuf, String)> = troubles.collect();
        let sides = sides.map(|side| side.photos);
        let (pairs, lonely) = self.paired(&sides)?;
        left_out.extend(lonely.into_iter().map(|file| (file, NO_PARTNER.to_owned())));
        let mut codes = self.privacy.codes()?;
        same_names(&self.out, key(codes.as_ref()).as_deref())?;
        let mut inputs = named(&pairs);
        tell(&mut inputs, &stated)?;
        for warning in idle_globs(&inputs, &stated).iter().filter(|_| !self.quiet) {
            say(format!("anagen: {warning}"));
        }
        let config = fingerprint(&inputs, &stated)?;
        let root = inputs.first().map(|input| input.root.clone()).unwrap_or_default();
        let inputs = coded(inputs, codes.as_mut());
        if self.dry_run {
            return self.rehearsed(&pairs, &inputs, left_out.len());
        }
        let folder = results_folder(&self.out)?;
        let known = Known::of(&inputs, &self.measuring, Some(&folder))?;
        let pairs = allotted(&pairs, &known.inputs);
        self.unmixed(&folder, &known, &pairs)?;
        let Looked { photos, mut runs, stages, stop } = seen(&known, &self.measuring, &folder, self.quiet)?;
        // Where nothing else says the site, photos are paired by their files' names.
        runs.iter_mut().filter_map(|run| Some((&run.path, run.session.as_mut()?))).for_each(|(path, session)| by_file_name(path, session));
        let (mut comparisons, mut pages) = (vec![], vec![]);
        let mut told = vec![];
        for Pair { photos: of_pair, name } in &pairs {
            if stop.load(Ordering::Relaxed) {
                return Err("stopped before every pair was compared; the same command goes on from here".into());
            }
            let paths = of_pair.map(|i| known.inputs[i].path.clone());
            let end = match of_pair.map(|i| photos[i].as_ref()) {
                [Some(baseline), Some(follow_up)] => self.written(baseline, follow_up, name, &folder).map_err(|cause| {
                    say(&cause);
                    // What is kept names photos as results do, which may be by codes.
                    [baseline, follow_up].iter().fold(cause, |cause, seen| cause.replace(&printable(&seen.input.file), &seen.input.path))
                }),
                _ => Err("one of its photos failed".into()),
            };
            match end {
                Err(cause) => {
                    let left = |left| format!("{cause}; and what an earlier run left of it could not be removed: {left}");
                    let cause = clear(&folder, name, &[]).err().map(left).unwrap_or(cause);
                    told.push(pair_run(paths, Err(cause)));
                }
                Ok(comparison) => {
                    self.tell(&comparison, of_pair.map(|i| photos[i].as_ref().and_then(Seen::cuts)));
                    pages.push(page_place(name));
                    told.push(pair_run(paths, Ok(comparison_path(name))));
                    comparisons.push(comparison);
                }
            }
        }
        write_comparison_tables(&folder, &comparisons)
            .map_err(|error| about(&self.out, format!("the tables could not be written: {}", results::cause(&error))))?;
        runs.extend(left_out.iter().map(|(file, reason)| unusable(&relative(file, &root), reason, codes.as_ref())));
        runs.sort_by(|a, b| (&a.path, &a.result).cmp(&(&b.path, &b.result)));
        let inputs = [&self.baseline, &self.follow_up];
        let own = (self.options(config.as_ref(), codes.as_ref()), known.cuts(&stated));
        let run = record(RunCommand::Compare, (&inputs, codes.as_ref()), &self.measuring, (runs, stages), told, began, own)?;
        folder.write_json("run.json", &run).map_err(|error| about(&folder.place("run.json"), results::cause(&error)))?;
        if self.json.is_some() {
            deliver_results(self.json.as_ref(), &comparisons.iter().map(results::json).collect::<Vec<_>>(), pairs.len() == 1)?;
        }
        let others = folder.comparisons().saturating_sub(comparisons.len());
        if !self.quiet {
            tell_others(&self.out, others, "comparisons");
        }
        let overview = folder.place(OVERVIEW);
        if comparisons.is_empty() || self.no_report {
            folder.remove(OVERVIEW).map_err(|error| about(&overview, results::cause(&error)))?;
        }
        if comparisons.is_empty() {
            return Err("no pair could be compared".into());
        }
        if !self.no_report {
            let pages: Vec<_> = comparisons.iter().zip(pages).collect();
            write_whole(&overview, comparisons_page(&pages).as_bytes()).map_err(|error| about(&overview, results::cause(&error)))?;
            if !self.quiet {
                say(format!("to read: {}", printable(&overview)));
            }
        }
        let failed = !left_out.is_empty() || comparisons.len() < pairs.len();
        Ok(if failed { Ending::SomeFailed } else { Ending::AllDone })
    }

    /// Says what would be compared.
    fn rehearsed(&self, pairs: &[[PathBuf; 2]], inputs: &[Input], left_out: usize) -> Result<Ending, String> {
        for [baseline, follow_up] in pairs {
            say(format!("{} → {}", printable(baseline), printable(follow_up)));
        }
        let folder = Folder::open(&self.out).ok();
        let known = Known::of(inputs, &self.measuring, folder.as_ref())?;
        if let Some(folder) = &folder {
            self.unmixed(folder, &known, &allotted(pairs, &known.inputs))?;
        }
        rehearse(&known.photos(), folder.as_ref(), &wanted(&self.measuring), left_out)
    }

    /// # Errors
    /// When the folder has a comparison of two other photos under the name of one of these pairs, unless it may be replaced.
    fn unmixed(&self, folder: &Folder, known: &Known, pairs: &[Pair]) -> Result<(), String> {
        for Pair { photos: [baseline, follow_up], name } in pairs.iter().filter(|_| !self.measuring.force) {
            let Ok(stored) = folder.read_comparison(name) else { continue };
            let other = |i: &usize, stored: &str| known.hashes[*i].as_ref().is_some_and(|hash| hash != stored);
            // Where one of the two is the same, the other was replaced.
            if other(baseline, &stored.baseline.sha256) && other(follow_up, &stored.follow_up.sha256) {
                return Err(about(&folder.place(&comparison_path(name)), OTHER_PHOTOS));
            }
        }
        Ok(())
    }

    /// The photos of one side, the file itself or those of the folder, with what cannot be used, which is said.
    fn photos(&self, path: &Path, stated: &Stated) -> Result<Inputs, String> {
        let mut found = results::find(&[path.to_path_buf()], &self.out);
        for trouble in &found.troubles {
            say(about(&trouble.path, &trouble.cause));
        }
        if found.photos.is_empty() {
            return Err(about(path, "no photo found: name a photo, or a folder that holds .jpg, .png, .tif, .bmp or .webp files"));
        }
        tell(&mut found.photos, stated)?;
        Ok(found)
    }

    /// The files of each pair, and those that have no partner, which is said.
    fn paired(&self, sides: &[Vec<Input>; 2]) -> Result<(Vec<[PathBuf; 2]>, Vec<PathBuf>), String> {
        if let [[baseline], [follow_up]] = [&sides[0][..], &sides[1][..]] {
            return Ok((vec![[baseline.file.clone(), follow_up.file.clone()]], vec![]));
        }
        if self.baseline.is_file() != self.follow_up.is_file() {
            return Err("name two photos or two folders: one photo has no one partner in a folder of several".into());
        }
        let mut spelled = vec![];
        let by_site = [by_site(&sides[0], &self.baseline, &mut spelled)?, by_site(&sides[1], &self.follow_up, &mut spelled)?];
        if !self.quiet {
            tell_spellings(spelled.iter().map(String::as_str), "site");
        }
        let mut pairs = vec![];
        let mut lonely = vec![];
        let sites: BTreeSet<&String> = by_site.iter().flat_map(BTreeMap::keys).collect();
        for site in sites {
            let [a, b] = [0, 1].map(|side| by_site[side].get(site).map_or(&[][..], Vec::as_slice));
            pairs.extend(a.iter().zip(b).map(|(a, b)| [a.clone(), b.clone()]));
            lonely.extend(a.iter().skip(b.len()).chain(b.iter().skip(a.len())).cloned());
        }
        for file in &lonely {
            say(about(file, NO_PARTNER));
        }
        if pairs.is_empty() {
            return Err("the two sessions have no site in common: name the two photos to compare".into());
        }
        Ok((pairs, lonely))
    }

    /// Compares a pair and writes what belongs to it; what an earlier run left of it and this one did not write is removed.
    fn written(&self, baseline: &Seen, follow_up: &Seen, name: &str, folder: &Folder) -> Result<ComparisonResult, String> {
        let (comparison, drawn) = self.compared(baseline, follow_up, name)?;
        let text = results::json(&comparison).into_bytes();
        let mut own = vec![];
        // The comparison last, so that one that is there has all its company.
        for (place, bytes) in drawn.into_iter().chain([(comparison_path(name), text)]) {
            write_whole(&folder.place(&place), &bytes).map_err(|error| about(&folder.place(&place), results::cause(&error)))?;
            own.push(place);
        }
        clear(folder, name, &own)?;
        Ok(comparison)
    }

    /// The comparison of a pair, and the pictures and the page that show it.
    fn compared(&self, baseline: &Seen, follow_up: &Seen, name: &str) -> Result<(ComparisonResult, Vec<Drawn>), String> {
        let photo = |seen: &Seen| seen.photo().map_err(|cause| about(&seen.input.file, cause));
        let photos = [photo(baseline)?, photo(follow_up)?];
        let visits = [baseline.visit(&photos[0]), follow_up.visit(&photos[1])];
        let comparison = compare(&visits[0], &visits[1], &baseline.cuts().unwrap_or_default());
        let taken_at = [baseline, follow_up].map(|seen| seen.result.photo.taken_at.as_deref());
        let comparison = match self.uncut(taken_at) {
            Ok(Some(uncut)) => comparison.uncut(&uncut),
            Ok(None) => comparison,
            Err(cause) => comparison.without_growth(cause),
        };
        let result = ComparisonResult::new(&baseline.result, &follow_up.result, &comparison);
        let aligned = comparison.registration.as_ref().map(|r| comparison::aligned(&photos[0], &photos[1], &r.mapping));
        let unencoded = |error| about(&baseline.input.file, format!("its comparison could not be drawn: {error}"));
        let mut drawn = vec![];
        if !self.no_report {
            let shown = match (&comparison.registration, &aligned) {
                (Some(r), Some(aligned)) => {
                    Aligned::of(aligned, &follow_up.result, &r.mapping).map(|aligned| Shown::InOneFrame(Box::new(aligned)))
                }
                _ => Picture::of(&photos[0], PAGE_PIXELS, 80)
                    .and_then(|before| Ok(Shown::Apart([before, Picture::of(&photos[1], PAGE_PIXELS, 80)?]))),
            };
            let place = page_place(name);
            let page = comparison_page(&result, &baseline.result, &shown.map_err(unencoded)?, &place);
            drawn.push((place, page.into_bytes()));
        }
        if let (Some(extension), Some([straight, turned])) = (self.overlay.extension(), aligned) {
            let fates = comparison::draw((&photos[0], &visits[0]), (&photos[1], &visits[1]), &comparison);
            for (kind, picture) in KINDS.into_iter().zip([fates, Some(straight), Some(turned)]) {
                let Some(picture) = picture else { continue };
                drawn.push((drawn_place(name, kind, extension), encode(&picture, self.overlay).map_err(unencoded)?));
            }
        }
        Ok((result, drawn))
    }

    /// What is said of the time between; days that are not known are 0, of which nothing can be told.
    ///
    /// # Errors
    /// Why no growth can be told though it was asked for.
    fn uncut(&self, [then, now]: [Option<&str>; 2]) -> Result<Option<Uncut>, String> {
        let elapsed = then.zip(now).and_then(|(then, now)| elapsed(then, now)).unwrap_or_default();
        let uncut = Uncut { days: elapsed.days, days_error: elapsed.standard_error, phototrichogram: self.phototrichogram };
        match &self.clipped {
            None => Ok(self.phototrichogram.then_some(uncut)),
            Some(clipped) => match then.and_then(|then| days_between(clipped, then)) {
                None => Err("the date of the earlier photo is not known".into()),
                Some(_) if uncut.days <= 0.0 => Err("the later photo has no date, or none after that of the earlier one".into()),
                Some(days) if days < 0 => Err(format!("hair was clipped on {clipped}, after the earlier photo")),
                Some(_) => Ok(Some(uncut)),
            },
        }
    }

    /// The options that no other command has, as the record keeps them.
    fn options(&self, config: Option<&String>, codes: Option<&Pseudonyms>) -> Value {
        json!({
            "clipped": self.clipped,
            "phototrichogram": self.phototrichogram,
            "overlay": self.overlay.name(),
            "report": !self.no_report,
            "config_sha256": config_sha256(config, codes),
        })
    }

    fn tell(&self, comparison: &ComparisonResult, cuts: [Option<Cuts>; 2]) {
        if self.quiet {
            return;
        }
        let [before, after] = [&comparison.baseline, &comparison.follow_up].map(|photo| printable(photo.path.as_ref()));
        say(format!("{before} → {after}"));
        if let Some(registration) = &comparison.registration {
            let count = |fate: Fate| comparison.fates.iter().filter(|hair| hair.fate == fate).count();
            let kept = count(Fate::Kept) + count(Fate::Thickened) + count(Fate::Thinned);
            say(format!(
                "  same skin (by chance at most 1e{}): {kept} kept, of them {} thickened and {} thinned; {} lost, {} new, {} unresolved, {} outside",
                registration.chance_exponent(),
                count(Fate::Thickened),
                count(Fate::Thinned),
                count(Fate::Lost),
                count(Fate::New),
                count(Fate::Unresolved),
                count(Fate::Outside)
            ));
        }
        if let Some(growth) = &comparison.growth {
            say(format!("  hair grew {:.2} mm a day (median of {} hairs)", growth.mm_per_day, growth.n));
        }
        if let Some(told) = &comparison.phototrichogram {
            say(format!("  {} growing, {} resting, {} could not be told", told.growing, told.resting, told.undetermined));
        }
        for caveat in &comparison.caveats {
            say(format!("  {}", caveat.message));
        }
        if let [Some(own), Some(other)] = cuts
            && own != other
        {
            say(format!("  classed by other cuts in each photo ({own}; {other}): what has changed is told by the first"));
        }
    }
}

/// The photos under codes, where those were asked for.
fn coded(photos: Vec<Input>, codes: Option<&mut Pseudonyms>) -> Vec<Input> {
    let mut inputs = Inputs { photos, ..Inputs::default() };
    if let Some(codes) = codes {
        codes.apply(&mut inputs);
    }
    inputs.photos
}

fn pair_run([baseline, follow_up]: [String; 2], end: Result<String, String>) -> PairRun {
    let status = if end.is_ok() { Status::Done } else { Status::Failed };
    PairRun { baseline, follow_up, status, reason: end.as_ref().err().cloned(), result: end.ok() }
}

/// Why a photo of two sessions is in no pair.
const NO_PARTNER: &str = "the other session shows no photo of this site";

/// A file's path below the folder that the photos' relative paths start from; as it is where it lies elsewhere.
fn relative(file: &Path, root: &Path) -> PathBuf {
    let whole = results::absolute(file);
    let below = || results::below(root, std::slice::from_ref(&whole)).pop().map(|input| PathBuf::from(input.path));
    if whole.starts_with(root) { below().unwrap_or(whole) } else { file.to_path_buf() }
}

fn by_file_name(path: &str, session: &mut SessionRun) {
    if session.site.is_none() {
        let name = path.rsplit('/').next().unwrap_or(path);
        session.site = Some(name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned());
        session.site_from = Some(SessionSource::FileName);
    }
}

fn date(text: &str) -> Result<String, String> {
    // What follows a date may be the end of another one.
    days_between(text, text)
        .filter(|_| text.len() == "2026-02-10".len())
        .map(|_| text.to_owned())
        .ok_or_else(|| "not a date such as 2026-02-10".into())
}

/// A session's photos by site, by the rule said in the help; `spelled` gets the sites as they stand there.
fn by_site(photos: &[Input], folder: &Path, spelled: &mut Vec<String>) -> Result<BTreeMap<String, Vec<PathBuf>>, String> {
    let mut sites: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let mut dates = BTreeSet::new();
    // The name of the folder may be the session's date; those above say nothing of what lies in it.
    let above = results::absolute(folder).parent().map(Path::to_path_buf).unwrap_or_default();
    for Input { file, told, .. } in photos {
        let whole = results::absolute(file);
        let path = Session::from_path(&whole.strip_prefix(&above).unwrap_or(&whole).to_string_lossy().replace('\\', "/"));
        let session = Told { path, stated: told.stated.clone() }.with(None);
        dates.extend(session.taken_at.map(|taken_at| taken_at.chars().take(10).collect::<String>()));
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let site = session.site.unwrap_or(stem);
        sites.entry(name_key(&site)).or_default().push(file.clone());
        spelled.push(site);
    }
    if dates.len() > 1 {
        let cause = format!("photos of {} dates: name the folder of one session, or run anagen timeline", dates.len());
        return Err(about(folder, cause));
    }
    Ok(sites)
}

/// Every photo of the pairs once, with the relative path its result is stored under: below the folder that holds them all, or the one above
/// it where else nothing would say whose photos they are.
fn named(pairs: &[[PathBuf; 2]]) -> Vec<Input> {
    let files: BTreeSet<&PathBuf> = pairs.iter().flatten().collect();
    let files: Vec<PathBuf> = files.into_iter().cloned().collect();
    let mut common = files.first().map(|file| folder_of(file)).unwrap_or_default();
    while !files.iter().all(|file| folder_of(file).starts_with(&common)) && common.pop() {}
    let below = |folder: &Path| results::below(folder, &files);
    let inputs = below(&common);
    let of_nobody = |input: &Input| {
        let session = Session::from_path(&input.path);
        // A photo whose own name is a date was named alone and keeps that name.
        input.path.contains('/') && session.taken_at.is_some() && session.subject.is_none()
    };
    match common.parent().filter(|above| above.parent().is_some() && inputs.iter().any(of_nobody)) {
        Some(above) => below(above),
        None => inputs,
    }
}

fn folder_of(file: &Path) -> PathBuf {
    results::absolute(file).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Where the page of a comparison lies: beside its JSON.
fn page_place(name: &str) -> String {
    format!("comparisons/{name}.html")
}

/// What is drawn of a pair: both photos side by side, and each alone.
const KINDS: [&str; 3] = ["", ".baseline", ".follow-up"];

fn drawn_place(name: &str, kind: &str, extension: &str) -> String {
    format!("overlays/comparisons/{name}{kind}.{extension}")
}

/// Removes what there may be of a pair, but for what is its own now.
fn clear(folder: &Folder, name: &str, own: &[String]) -> Result<(), String> {
    let drawn = KINDS.iter().flat_map(|kind| ["jpg", "png"].map(|extension| drawn_place(name, kind, extension)));
    let others = drawn.chain([page_place(name), comparison_path(name)]).filter(|place| !own.contains(place));
    let remove = |place: String| folder.remove(&place).map_err(|error| about(&folder.place(&place), results::cause(&error)));
    // Whatever can be removed is, also where something cannot.
    others.map(remove).collect::<Vec<_>>().into_iter().collect()
}

/// The pairs, each with a name that is its own and short enough for a file.
fn allotted(pairs: &[[PathBuf; 2]], inputs: &[Input]) -> Vec<Pair> {
    let place = |file: &PathBuf| {
        let file = results::absolute(file);
        inputs.iter().position(|input| input.file == file)
    };
    let flat = |i: usize| inputs[i].stem.replace('/', "_");
    let mut taken = BTreeSet::new();
    let mut pair = |[baseline, follow_up]: &[PathBuf; 2]| {
        let photos = [place(baseline)?, place(follow_up)?];
        let name = photos.map(flat).join("--");
        let mut numbered = (1..).map(|i| fitting(&if i == 1 { name.clone() } else { format!("{name}-{i}") }));
        // Lower case, since some file systems hold A.json and a.json for one.
        let name = numbered.find(|name| taken.insert(name.to_lowercase()))?;
        Some(Pair { photos, name })
    };
    pairs.iter().filter_map(&mut pair).collect()
}
