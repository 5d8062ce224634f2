//! What each strand's width rests on in counted photos, one JSON line for each: what `fit.py` fits the constants of `src/strand/width/doubt.rs` to.
//!
//! `cargo run --release --example widths -- PHOTO... > widths.jsonl`; each photo has `<photo>.truth.json` beside it.

use anagen::calibration::{Calibration, ScaleSource};
use anagen::field::Field;
use anagen::geometry::Point;
use anagen::photo::{Limits, Photo};
use anagen::segment::learned::Model;
use anagen::segment::{Tone, View, ridge, working_factor};
use anagen::strand::follow::follow;
use anagen::strand::trace::trace;
use anagen::strand::width::{Shaft, measure};
use rayon::prelude::*;
use std::error::Error;
use std::io::Write;
use std::path::Path;

/// One line.
#[derive(serde::Serialize)]
struct Line<'a> {
    photo: &'a str,
    root: Point,
    tip: Point,
    light: bool,
    width_px: f64,
    fit_error_px: f64,
    signs: &'a [f64],
    /// Whether the width could have a figure, were it known well enough.
    possible: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let photos: Vec<String> = std::env::args().skip(1).collect();
    let model = Model::shipped();
    let lines: Result<Vec<String>, String> =
        photos.par_iter().map(|photo| lines(photo, &model).map_err(|error| format!("{photo}: {error}"))).collect();
    lines?.iter().try_for_each(|lines| std::io::stdout().write_all(lines.as_bytes()))?;
    Ok(())
}

/// The lines of one photo, whose hair is found as `anagen analyze` finds it.
fn lines(path: &str, model: &Model) -> Result<String, Box<dyn Error>> {
    let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(Path::new(path).with_extension("truth.json"))?)?;
    let photo = Photo::decode(&std::fs::read(path)?, &Limits::default())?;
    let calibration = truth["um_per_px"].as_f64().map(|um_per_px| Calibration::stated(um_per_px, ScaleSource::CommandLine)).transpose()?;
    let (field, _) = Field::find(&photo, None, None, None);
    let Some(factor) = working_factor(&photo, &field, calibration.as_ref()) else { return Ok(String::new()) };
    let view = View::of(&photo, &field, factor);
    let ridges = ridge::segment(view.lights).map_or(vec![], |seen| trace(&seen, &field));
    let traced = follow(&model.answer(view.colors), ridges, &field);
    let shafts: Vec<Shaft> =
        traced.iter().map(|t| Shaft { centerline: &t.strand.centerline, tone: t.strand.tone, rough_width: Some(t.rough_width) }).collect();
    let survey = measure(&photo, &shafts, &|p| field.shows(p));
    let mut lines = String::new();
    for (traced, measured) in traced.iter().zip(&survey.shafts) {
        let Some(evidence) = measured.evidence else { continue };
        let line = Line {
            photo: path,
            root: traced.strand.root(),
            tip: traced.strand.tip(),
            light: traced.strand.tone == Tone::Light,
            width_px: evidence.width.0,
            fit_error_px: evidence.fit_error.0,
            signs: &evidence.signs.0,
            possible: evidence.possible,
        };
        lines += &serde_json::to_string(&line)?;
        lines.push('\n');
    }
    Ok(lines)
}
