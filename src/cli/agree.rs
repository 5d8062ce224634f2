//! `anagen agree`: how well a results folder agrees with counted truth.

use super::arguments::positive;
use super::{Ending, about, deliver, say};
use crate::agree::{Agreement, Difference, Found, PhotoAgreement, TOLERANCE};
use crate::phantom::Truth;
use crate::results::{self, AgreementResult, AgreementSchema, Folder, PhotoResult, cause, read_at_most, truths};
use crate::units::Pixels;
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  anagen agree results/ phantoms/                      results of drawn photos against what was drawn
  anagen agree results/ counted/ --tolerance-um 100    root and tip may lie 100 µm off, in the mean
  anagen agree results/ counted/ --json -              as JSON on stdout";

const AFTER: &str = "\
TRUTH holds <photo>.truth.json files, at any depth; each belongs to the result at the same relative path, else to the only result of the
same name. A photo that was counted and has no result counts as all missed. Strands and hairs within 40 pixels of a counting seam or the
border, and strands on an \"abnormal\" mark, are neither right nor wrong.";

const MOST_BYTES: u64 = 256_000_000;

/// Say how well results agree with counted truth
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = AFTER)]
pub struct Agree {
    /// A folder that anagen analyze wrote
    results: PathBuf,
    /// A folder of <photo>.truth.json files
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
                Some(stem) => Some(folder.read(stem).map_err(|error| about(&folder.place(&format!("photos/{stem}.json")), error))?),
                None => None,
            };
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
            }),
            None => table(&agreement),
        };
        deliver(place.unwrap_or(Path::new("-")), &text)?;
        Ok(Ending::AllDone)
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

fn read_truth(file: &Path) -> Result<Truth, String> {
    let bytes = read_at_most(file, MOST_BYTES).map_err(|cause| about(file, cause))?;
    serde_json::from_slice(&bytes).map_err(|error| about(file, error))
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

fn table(all: &Agreement) -> String {
    let number = |value: Option<f64>| value.map_or("–".into(), |v| format!("{v:.3}"));
    let signed = |value: Option<f64>| value.map_or("–".into(), |v| format!("{v:+.2}"));
    let part = |some: usize, all: usize| format!("{}  ({some} of {all})", number((all > 0).then(|| some as f64 / all as f64)));
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing into a string does not fail.
        let _ = writeln!(text, "{name:<28}{value}");
    };
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
    text
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
}
