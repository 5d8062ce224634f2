//! `anagen agree`: how well a results folder agrees with counted truth.

use super::arguments::positive;
use super::{Ending, about, deliver, say};
use crate::agree::{
    Agreement, CallAgreement, Compared, ComparedHair, ComparedPhoto, ComparisonsAgreement, Difference, Found, PairAgreement,
    PhotoAgreement, RecallAgreement, StatedChange, TOLERANCE,
};
use crate::phantom::{SeriesTruth, Truth};
use crate::results::{
    self, AgreementResult, AgreementSchema, ChangeResult, ComparisonResult, FateResult, Folder, Identity, PhotoResult, cause,
    comparison_path, read_at_most, result_path, series_truths, truths,
};
use crate::units::Pixels;
use clap::Args;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

const EXAMPLES: &str = "\
Examples:
  anagen agree results/ phantoms/                      results of drawn photos against what was drawn
  anagen agree results/ counted/ --tolerance-um 100    root and tip may lie 100 µm off, in the mean
  anagen agree results/ series/                        and comparisons of a drawn series against what became of each hair
  anagen agree results/ counted/ --json -              as JSON on stdout";

const AFTER: &str = "\
TRUTH holds <photo>.truth.json files, at any depth; each belongs to the result at the same relative path, else to the only result of the
same name. A photo that was counted and has no result counts as all missed. Strands and hairs within 40 pixels of a counting seam or the
border, and strands on an \"abnormal\" mark, are neither right nor wrong.

Where TRUTH holds series.truth.json files too, as anagen phantom writes them, the comparisons in RESULTS whose two photos are sessions of one
series are judged, either date first: how far true roots are mapped off, which hairs called lost, new, thicker or thinner are so, how many of
those that are so are called so, and whether the intervals of the changes hold the truth. A strand is the true hair that it is right on; one
on none is neither right nor wrong. Hairs that come or go are asked for where their root lies 40 pixels inside both photos, and the hair
count is that of the skin counted in both. A change of thickness is asked for where both strands are of one hair and it is stated.";

const MOST_BYTES: u64 = 256_000_000;

/// Say how well results agree with counted truth
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = AFTER)]
pub struct Agree {
    /// A folder that anagen analyze or anagen compare wrote
    results: PathBuf,
    /// A folder of <photo>.truth.json files, and of series.truth.json files for comparisons
    truth: PathBuf,
    /// How far root and tip may lie off, in the mean. Default: 40
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with = "tolerance_um")]
    tolerance_px: Option<f64>,
    /// The same in micrometers, for photos of known scale
    #[arg(long, value_name = "N", value_parser = positive)]
    tolerance_um: Option<f64>,
    /// Write the agreement as JSON to this file, or to stdout for "-", in place of the text
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Agree {
    /// Compares and tells.
    pub fn run(&self) -> Result<Ending, String> {
        let folder = Folder::open(&self.results).map_err(|error| about(&self.results, cause(&error)))?;
        let truths = truths(&self.truth).map_err(|error| about(&self.truth, cause(&error)))?;
        if truths.is_empty() {
            return Err(about(&self.truth, "no <photo>.truth.json file in it"));
        }
        let stems = folder.listed();
        let pairing = pair(&truths.keys().cloned().collect::<Vec<_>>(), &stems);
        let mut photos = Vec::new();
        let mut without_result = Vec::new();
        for (name, file) in &truths {
            let truth = read_truth(file)?;
            let result = match pairing.get(name) {
                Some(stem) => Some(read_result(&folder, stem)?),
                None => None,
            };
            if let Some(result) = &result {
                check_size(&truth, result).map_err(|cause| about(file, cause))?;
            }
            let found: Vec<Found> = result.iter().flat_map(|result| &result.strands).map(found).collect();
            let tolerance = self.tolerance(&truth, result.as_ref()).map_err(|cause| about(file, cause))?;
            photos.push(PhotoAgreement::new(name.clone(), &found, &truth, tolerance));
            if result.is_none() {
                without_result.push(name.clone());
            }
        }
        let used: BTreeSet<&String> = pairing.values().collect();
        let without_truth: Vec<String> = stems.iter().filter(|stem| !used.contains(stem)).cloned().collect();
        let agreement = Agreement::over(photos);
        let comparisons = self.comparisons(&folder, &truths)?;
        for name in &without_result {
            say(format!("{name}: counted, but without a result: all its hairs count as missed"));
        }
        if !without_truth.is_empty() {
            say(format!("anagen: {} results have no truth and are left out", without_truth.len()));
        }
        let place = self.json.as_deref();
        let text = match place {
            Some(_) => results::json(&AgreementResult {
                schema: AgreementSchema::V1,
                tolerance_px: self.tolerance_um.is_none().then(|| self.tolerance_px.unwrap_or(TOLERANCE.0)),
                tolerance_um: self.tolerance_um,
                without_result,
                without_truth,
                agreement,
                comparisons,
            }),
            None => table(&agreement) + &comparisons.iter().map(comparisons_table).collect::<String>(),
        };
        deliver(place.unwrap_or(Path::new("-")), &text)?;
        Ok(Ending::AllDone)
    }

    /// The agreement of the stored comparisons with the series they are of; `None` where none is known.
    fn comparisons(&self, folder: &Folder, truths: &BTreeMap<String, PathBuf>) -> Result<Option<ComparisonsAgreement>, String> {
        let sessions = sessions(&self.truth)?;
        if sessions.is_empty() {
            return Ok(None);
        }
        let results = folder.hashes();
        let (mut pairs, mut without_truth) = (vec![], 0);
        for name in folder.comparison_stems() {
            let file = folder.place(&comparison_path(&name));
            let comparison = folder.read_comparison(&name).map_err(|error| about(&file, cause(&error)))?;
            let Some([baseline, follow_up]) = sessions_of(&comparison, &sessions) else {
                without_truth += 1;
                continue;
            };
            let photo = |session: &Session, side: usize| {
                let Some(result) = result_of(&comparison, side, folder, &results)? else { return Ok(None) };
                self.compared_photo(session, &result, truths).map(Some)
            };
            match (photo(baseline, 0)?, photo(follow_up, 1)?) {
                (Some(before), Some(after)) => {
                    let compared = compared(name, &comparison).map_err(|cause| about(&file, cause))?;
                    pairs.push(PairAgreement::new(&compared, &[before, after], &baseline.series.truth));
                }
                _ => say(about(&file, "left out: its photos' results are no longer those it was made from; run anagen compare again")),
            }
        }
        if without_truth > 0 {
            say(format!("anagen: {without_truth} comparisons have no truth and are left out"));
        }
        Ok((!pairs.is_empty()).then(|| ComparisonsAgreement::over(pairs)))
    }

    /// A session's photo as it is judged.
    fn compared_photo(&self, session: &Session, result: &PhotoResult, truths: &BTreeMap<String, PathBuf>) -> Result<ComparedPhoto, String> {
        let places: Vec<&Path> = truths.keys().map(Path::new).collect();
        let own = the_one(&session.photo, &places).and_then(|i| truths.values().nth(i));
        let file = own.ok_or_else(|| {
            let photo = session.photo.display();
            about(&session.series.file, format!("no truth of its photo {photo} is there: {photo}.truth.json"))
        })?;
        let truth = read_truth(file)?;
        check_size(&truth, result).map_err(|cause| about(file, cause))?;
        let tolerance = self.tolerance(&truth, Some(result)).map_err(|cause| about(file, cause))?;
        let strands = result.strands.iter().map(|strand| (strand.id, found(strand))).collect();
        Ok(ComparedPhoto { session: session.index, truth, strands, field: result.field.counted(), tolerance })
    }

    fn tolerance(&self, truth: &Truth, result: Option<&PhotoResult>) -> Result<Pixels, &'static str> {
        let Some(um) = self.tolerance_um else { return Ok(self.tolerance_px.map_or(TOLERANCE, Pixels)) };
        let stated = result.and_then(|result| result.calibration).map(|calibration| calibration.um_per_px);
        let um_per_px = truth.um_per_px.or(stated).filter(|scale| *scale > 0.0);
        um_per_px.map(|scale| Pixels(um / scale)).ok_or("no scale is known, so the tolerance needs --tolerance-px")
    }
}

fn found(strand: &results::StrandResult) -> Found {
    Found {
        root: strand.root,
        tip: strand.tip,
        thickness: strand.thickness_um,
        standard_error: strand.thickness_standard_error_um,
        confidence: strand.confidence,
    }
}

/// Refuses the truth of a photo of another size: its hairs would lie elsewhere.
fn check_size(truth: &Truth, result: &PhotoResult) -> Result<(), String> {
    let (counted, analyzed) = ([truth.width, truth.height], [result.photo.width_px, result.photo.height_px]);
    if counted == analyzed {
        return Ok(());
    }
    let [counted, analyzed] = [counted, analyzed].map(|[width, height]| format!("{width}×{height}"));
    let photo = &result.photo.path;
    Err(format!("it is of a photo of {counted} pixels, and {photo} was analyzed at {analyzed}, turned upright"))
}

fn read_truth(file: &Path) -> Result<Truth, String> {
    let truth: Truth = read_json(file)?;
    match truth.nonsense() {
        Some(cause) => Err(about(file, cause)),
        None => Ok(truth),
    }
}

/// What a person or program wrote, with or without the byte order mark that some editors begin a file with.
fn read_json<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    let bytes = read_at_most(file, MOST_BYTES).map_err(|cause| about(file, cause))?;
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    serde_json::from_slice(text).map_err(|error| about(file, error))
}

fn read_result(folder: &Folder, stem: &str) -> Result<PhotoResult, String> {
    let file = folder.place(&result_path(stem));
    let result = folder.read(stem).map_err(|error| about(&file, error))?;
    match result.strands.iter().find(|strand| !(0.0..=1.0).contains(&strand.confidence)) {
        Some(strand) => Err(about(&file, format!("strand {} has a confidence of {}, which is no chance", strand.id, strand.confidence))),
        None => Ok(result),
    }
}

/// A drawn series and where its truth was read.
struct Series {
    file: PathBuf,
    truth: SeriesTruth,
}

/// One session of a drawn series.
struct Session {
    series: Rc<Series>,
    index: usize,
    /// Where its photo lies below the folder of truth, without extension.
    photo: PathBuf,
}

/// The sessions of every drawn series below a folder.
fn sessions(folder: &Path) -> Result<Vec<Session>, String> {
    let mut sessions = vec![];
    for (holder, file) in series_truths(folder).map_err(|error| about(folder, cause(&error)))? {
        let truth = read_series(&file)?;
        let series = Rc::new(Series { file, truth });
        // A session's path begins with the folder that the truth lies in.
        let above = Path::new(&holder).parent().unwrap_or(Path::new(""));
        let photos = series.truth.sessions.iter().map(|session| above.join(&session.photo)).enumerate();
        sessions.extend(photos.map(|(index, photo)| Session { series: series.clone(), index, photo }));
    }
    Ok(sessions)
}

fn read_series(file: &Path) -> Result<SeriesTruth, String> {
    let truth: SeriesTruth = read_json(file)?;
    let sessions = truth.sessions.len();
    match truth.hairs.iter().find(|hair| hair.thickness_um.len() != sessions || hair.roots.len() != sessions) {
        Some(hair) => Err(about(file, format!("hair {} has no thickness or no root for each of the {sessions} sessions", hair.id))),
        None => Ok(truth),
    }
}

/// The sessions that a comparison's baseline and follow-up are, where they are two of one series.
fn sessions_of<'a>(comparison: &ComparisonResult, sessions: &'a [Session]) -> Option<[&'a Session; 2]> {
    let places: Vec<&Path> = sessions.iter().map(|session| session.photo.as_path()).collect();
    let of = |photo: &Identity| the_one(&Path::new(&photo.path).with_extension(""), &places).map(|i| &sessions[i]);
    let (baseline, follow_up) = (of(&comparison.baseline)?, of(&comparison.follow_up)?);
    (Rc::ptr_eq(&baseline.series, &follow_up.series) && baseline.index != follow_up.index).then_some([baseline, follow_up])
}

/// The place that is the same as a path as far as both reach, counted from their ends: the longest, the very same before others; `None` where
/// there is none or several are as long.
fn the_one(path: &Path, places: &[&Path]) -> Option<usize> {
    let common = |place: &Path| {
        let same = path.ends_with(place) || place.ends_with(path);
        let parts = place.components().count().min(path.components().count());
        (same && parts > 0).then_some((parts, place == path))
    };
    let mut fitting: Vec<_> = places.iter().enumerate().filter_map(|(i, place)| Some((common(place)?, i))).collect();
    fitting.sort_unstable();
    match &fitting[..] {
        [] => None,
        [.., (second, _), (first, _)] if second == first => None,
        [.., (_, i)] => Some(*i),
    }
}

/// The result of one of a comparison's photos, if it is still the one that the comparison was made from.
fn result_of(
    comparison: &ComparisonResult,
    side: usize,
    folder: &Folder,
    results: &[(String, String, String)],
) -> Result<Option<PhotoResult>, String> {
    let photo = [&comparison.baseline, &comparison.follow_up][side];
    let Some((stem, ..)) = results.iter().find(|(_, path, sha256)| *path == photo.path && *sha256 == photo.sha256) else { return Ok(None) };
    let result = read_result(folder, stem)?;
    Ok((result.made_by == comparison.made_by[side]).then_some(result))
}

/// A comparison as it is judged.
fn compared(name: String, comparison: &ComparisonResult) -> Result<Compared, &'static str> {
    let mapping = match &comparison.registration {
        Some(registration) => Some(registration.mapping().ok_or("its registration maps nothing back")?),
        None => None,
    };
    let hair = |hair: &FateResult| ComparedHair {
        fate: hair.fate,
        strands: [hair.baseline, hair.follow_up].map(|place| place?.id),
        thickness_change: hair.thickness_change_um,
        standard_error: hair.thickness_change_standard_error_um,
    };
    let stated = |count: &ChangeResult| {
        Some(StatedChange { change: count.change?, interval: count.low.zip(count.high).map(|(low, high)| [low, high]) })
    };
    let count = comparison.change("hair_count").and_then(stated);
    Ok(Compared { name, mapping, hairs: comparison.fates.iter().map(hair).collect(), count })
}

/// The result of each counted photo: at the same relative path, else the only one of the same name.
fn pair(truths: &[String], stems: &[String]) -> BTreeMap<String, String> {
    let mut pairing: BTreeMap<String, String> =
        truths.iter().filter(|truth| stems.contains(truth)).map(|t| (t.clone(), t.clone())).collect();
    let by_name = |paths: &[String]| {
        let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in paths.iter().filter(|path| !pairing.contains_key(*path)) {
            named.entry(path.rsplit('/').next().unwrap_or(path).to_owned()).or_default().push(path.clone());
        }
        named
    };
    let (truths, stems) = (by_name(truths), by_name(stems));
    for (name, truth) in truths {
        if let ([truth], Some([stem])) = (&truth[..], stems.get(&name).map(Vec::as_slice)) {
            pairing.insert(truth.clone(), stem.clone());
        }
    }
    pairing
}

/// A table of two columns.
#[derive(Default)]
struct Table(String);

impl Table {
    fn line(&mut self, name: &str, value: impl Display) {
        // Writing into a string does not fail.
        let _ = writeln!(self.0, "{name:<28}{value}");
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".into(), |v| format!("{v:.3}"))
}

fn signed(value: Option<f64>) -> String {
    value.map_or("–".into(), |v| format!("{v:+.2}"))
}

fn part(some: usize, all: usize) -> String {
    format!("{}  ({some} of {all})", number((all > 0).then(|| some as f64 / all as f64)))
}

fn table(all: &Agreement) -> String {
    let mut table = Table::default();
    let mut line = |name: &str, value: String| table.line(name, value);
    line("photos", all.photos.to_string());
    line("strands right or wrong", all.found.to_string());
    line("hairs found or missed", all.marked.to_string());
    line("precision", number(all.precision));
    line("recall", number(all.recall));
    line("F1", number(all.f1));
    line("F1, root and tip alike", number(all.f1_undirected));
    let spread = |d: &Difference, unit: &str| {
        let [bias, low, high] = [d.bias, d.limit_low, d.limit_high].map(signed);
        format!("{bias} {unit} (standard error {}), limits of agreement {low} to {high}, n {}", number(d.bias_standard_error), d.n)
    };
    line("count bias", spread(&all.count, "hairs per photo"));
    line("count ICC(2,1)", number(all.count_icc));
    line("thickness bias", spread(&all.thickness_um, "µm"));
    line("thickness spread (SD)", format!("{} µm", number(all.thickness_um.sd)));
    let thickness = &all.thickness;
    line(
        "thickness, medians",
        format!(
            "{} µm, of the sizes {} µm, of the standard errors {} µm",
            signed(thickness.median_difference_um),
            number(thickness.median_size_um),
            number(thickness.median_standard_error_um)
        ),
    );
    line("thickness given", part(thickness.measured, thickness.of_known_thickness));
    line("95 % intervals that hold", part(thickness.intervals_that_hold, thickness.intervals));
    for tenth in &all.confidence {
        line(&format!("right at {:.1} to {:.1}", tenth.from, tenth.to), part(tenth.right, tenth.strands));
    }
    for (class, recall) in &all.classes {
        line(&format!("recall, {class}"), part(recall.matched, recall.marked));
    }
    table.0
}

fn comparisons_table(all: &ComparisonsAgreement) -> String {
    let mut table = Table("\n".into());
    let mut line = |name: &str, value: String| table.line(name, value);
    line("comparisons registered", part(all.registered, all.pairs));
    let off = |px: Option<f64>, um: Option<f64>| match px.zip(um) {
        Some((px, um)) => format!("{px:.1} px ({um:.0} µm)"),
        None => "–".into(),
    };
    let registration = &all.registration;
    line(
        "roots mapped off, median",
        format!(
            "{}, 95 % within {}, n {}",
            off(registration.median_px, registration.median_um),
            off(registration.within_px, registration.within_um),
            registration.roots
        ),
    );
    let right = |calls: &CallAgreement| format!("{}, and {} on no hair", part(calls.right, calls.called), calls.without_hair);
    line("called lost, so", right(&all.lost));
    line("called new, so", right(&all.new));
    let called = |recall: &RecallAgreement| {
        format!("{} of those found, {} of all", part(recall.called, recall.found), part(recall.called, recall.hairs))
    };
    line("lost, called so", called(&all.truly_lost));
    line("new, called so", called(&all.truly_new));
    line("pairs of the same hair", right(&all.same_hair));
    let thickness = &all.thickness;
    line(
        "thickness change, medians",
        format!("{} µm off, of the sizes {} µm", signed(thickness.median_difference_um), number(thickness.median_size_um)),
    );
    line("95 % intervals that hold", part(thickness.intervals_that_hold, thickness.stated));
    line("called thicker, thinner, so", right(&thickness.called));
    let [of_stated, of_all] = [thickness.truly_changed_and_stated, thickness.truly_changed].map(|changed| part(thickness.told, changed));
    line("changed by 4 µm, called so", format!("{of_stated} of those stated, {of_all} of all"));
    let percent = |share: Option<f64>| share.map_or("–".into(), |share| format!("{:.1} %", 100.0 * share));
    let count = &all.count;
    line(
        "hair count change",
        format!(
            "{} of hairs off in the mean, of the sizes {}, n {}",
            count.error.bias.map_or("–".into(), |bias| format!("{:+.1} %", 100.0 * bias)),
            percent(count.error_size),
            count.error.n
        ),
    );
    line(
        "95 % intervals that hold",
        format!("{}, median ± {}", part(count.intervals_that_hold, count.intervals), percent(count.median_half_width)),
    );
    line("told of the true change", format!("{}, its mean size {}", number(count.slope), percent(count.true_size)));
    table.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(truths: &[&str], stems: &[&str]) -> Vec<(String, String)> {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        pair(&owned(truths), &owned(stems)).into_iter().collect()
    }

    #[test]
    fn truth_belongs_to_the_result_at_its_path_or_of_its_name() {
        assert_eq!(paired(&[], &["a"]), []);
        assert_eq!(paired(&["s/a"], &["a", "s/a"]), [("s/a".into(), "s/a".into())]);
        assert_eq!(paired(&["a"], &["s/a"]), [("a".into(), "s/a".into())]);
        assert_eq!(paired(&["a"], &["s/a", "t/a"]), []);
        assert_eq!(paired(&["s/a", "t/a"], &["a"]), []);
    }

    fn place_of(path: &str, places: &[&str]) -> Option<usize> {
        the_one(Path::new(path), &places.iter().map(Path::new).collect::<Vec<_>>())
    }

    #[test]
    fn photo_is_the_session_at_its_path_however_far_up_or_down_that_begins() {
        assert_eq!(place_of("s/2026-01-15/vertex", &["s/2026-01-15/vertex", "s/2026-04-15/vertex"]), Some(0));
        assert_eq!(place_of("2026-04-15/vertex", &["s/2026-01-15/vertex", "s/2026-04-15/vertex"]), Some(1));
        assert_eq!(place_of("drawn/s/2026-04-15/vertex", &["s/2026-01-15/vertex", "s/2026-04-15/vertex"]), Some(1));
        assert_eq!(place_of("2026-04-15/vertex", &["s/2026-04-15/vertex", "t/2026-04-15/vertex"]), None);
        assert_eq!(place_of("s/vertex", &["vertex", "s/vertex", "x/s/vertex"]), Some(1));
        assert_eq!(place_of("z/2026-04-15/vertex", &["s/2026-04-15/vertex"]), None);
        assert_eq!(place_of("", &["", "a"]), None);
    }
}
