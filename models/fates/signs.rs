//! What tells of each hair seen in one photo alone whether the other's skin bears it, one JSON line for each: what `fit.py` fits the law of
//! `src/compare/gone.rs` to.
//!
//! `cargo run --release --example signs -- PERSON... > signs.jsonl`; each PERSON is a folder of a series that `anagen phantom` drew, whose sessions are
//! compared each with each, the earlier one as the baseline.

use anagen::analyze::{Scale, Settings, analyze};
use anagen::compare::{Fate, Signs, Visit, compare};
use anagen::measure::Cuts;
use anagen::photo::{Limits, Photo};
use anagen::segment::Detector;
use rayon::prelude::*;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

/// One line.
#[derive(serde::Serialize)]
struct Line<'a> {
    /// The photo that shows the hair, and the one that does not.
    photo: &'a Path,
    other: &'a Path,
    /// Every strand of the photo by root and tip, and which of them it is, so that each true hair is found once.
    strands: &'a [[f64; 4]],
    strand: usize,
    fate: Fate,
    chance: f64,
    signs: Signs,
}

fn main() -> Result<(), Box<dyn Error>> {
    let persons: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let settings = Settings { scale: Scale::FromFile, roi: None, detector: Detector::default(), cuts: Cuts::default() };
    let lines: Result<Vec<String>, String> =
        persons.par_iter().map(|person| lines(person, &settings).map_err(|error| format!("{}: {error}", person.display()))).collect();
    lines?.iter().try_for_each(|lines| std::io::stdout().write_all(lines.as_bytes()))?;
    Ok(())
}

/// The lines of one person.
fn lines(person: &Path, settings: &Settings) -> Result<String, Box<dyn Error>> {
    let mut photos = vec![];
    for session in std::fs::read_dir(person)? {
        let session = session?.path();
        if session.is_dir() {
            photos.extend(std::fs::read_dir(session)?.map(|file| file.map(|file| file.path())).collect::<Result<Vec<_>, _>>()?);
        }
    }
    photos.retain(|path| path.extension().is_some_and(|ending| ending == "jpg"));
    photos.sort();
    let visits: Result<Vec<Visit>, Box<dyn Error>> = photos.iter().map(|path| visit(path, settings)).collect();
    let visits = visits?;
    let mut lines = String::new();
    for (i, j) in (0..visits.len()).flat_map(|i| (i + 1..visits.len()).map(move |j| (i, j))) {
        let ends = [i, j].map(|k| {
            let ends = |strand: &anagen::strand::Strand| [strand.root(), strand.tip()].map(|p| [p.x, p.y]).concat().try_into();
            visits[k].strands.iter().map(|strand| ends(strand).expect("two points have four coordinates")).collect::<Vec<[f64; 4]>>()
        });
        for hair in compare(&visits[i], &visits[j], &settings.cuts).fates {
            let (Some(signs), Some(chance)) = (hair.signs, hair.gone()) else { continue };
            let side = usize::from(hair.baseline.and_then(|place| place.id).is_none());
            let Some(strand) = [hair.baseline, hair.follow_up][side].and_then(|place| place.id) else { continue };
            let [photo, other] = if side == 0 { [&photos[i], &photos[j]] } else { [&photos[j], &photos[i]] };
            let line = Line { photo, other, strands: &ends[side], strand, fate: hair.fate, chance, signs };
            lines += &serde_json::to_string(&line)?;
            lines.push('\n');
        }
    }
    Ok(lines)
}

/// A photo with its hair as `anagen analyze` finds it.
fn visit(path: &Path, settings: &Settings) -> Result<Visit, Box<dyn Error>> {
    let photo = Photo::decode(&std::fs::read(path)?, &Limits::default())?;
    let analysis = analyze(&photo, settings, |_| {});
    Ok(Visit::new(&photo, analysis.field, analysis.strands, analysis.units, analysis.calibration))
}
