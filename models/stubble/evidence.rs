//! What speaks for every strand proposed in counted photos, one JSON line for each: what `weigh.py` fits the weights of `src/strand`
//! to.
//!
//! `cargo run --release --example evidence -- PHOTO... > evidence.jsonl`; each photo has `<photo>.truth.json` beside it. `--model FILE` asks
//! another network than the one that ships.

use anagen::calibration::{Calibration, ScaleSource};
use anagen::field::Field;
use anagen::geometry::{Point, Polyline};
use anagen::photo::{Limits, Photo};
use anagen::segment::learned::Model;
use anagen::segment::{View, ridge, working_factor};
use anagen::strand::chosen;
use anagen::strand::follow::proposed;
use anagen::strand::trace::{Traced, Weighed, trace_telling};
use rayon::prelude::*;
use std::error::Error;
use std::io::Write;
use std::path::Path;

/// Strands of a lesser chance are left out of the choice: less than an analysis asks for, so that what it leaves is learned from too.
const WORTHY: f64 = 0.1;

/// One line.
#[derive(serde::Serialize)]
struct Line<'a> {
    photo: &'a str,
    /// Who proposed a strand; `shaft` for what the ridges weighed first, `pair` for two that they may be, `points` then one after the other;
    /// `chosen` and `left` for what the choice among strands considered, in turn.
    source: &'a str,
    points: Vec<[f64; 2]>,
    /// The ridges' own chance that it is hair.
    ridge: f64,
    evidence: &'a [f64],
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let model = match arguments.iter().position(|argument| argument == "--model") {
        Some(at) => {
            arguments.remove(at);
            let file = (at < arguments.len()).then(|| arguments.remove(at)).ok_or("--model needs a file")?;
            Model::from_bytes(&std::fs::read(file)?)?
        }
        None => Model::shipped(),
    };
    let lines: Result<Vec<String>, String> =
        arguments.par_iter().map(|photo| lines(photo, &model).map_err(|error| format!("{photo}: {error}"))).collect();
    lines?.iter().try_for_each(|lines| std::io::stdout().write_all(lines.as_bytes()))?;
    Ok(())
}

/// The lines of one photo.
fn lines(path: &str, model: &Model) -> Result<String, Box<dyn Error>> {
    let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(Path::new(path).with_extension("truth.json"))?)?;
    let photo = Photo::decode(&std::fs::read(path)?, &Limits::default())?;
    let calibration = truth["um_per_px"].as_f64().map(|um_per_px| Calibration::stated(um_per_px, ScaleSource::CommandLine)).transpose()?;
    let (field, _) = Field::find(&photo, None, None, None);
    let Some(factor) = working_factor(&photo, &field, calibration.as_ref()) else { return Ok(String::new()) };
    let view = View::of(&photo, &field, factor);
    let mut lines = String::new();
    let mut tell = |source: &str, points: Vec<Point>, ridge: f64, evidence: &[f64]| {
        let points = points.iter().map(|p| [p.x, p.y]).collect();
        lines += &serde_json::to_string(&Line { photo: path, source, points, ridge, evidence }).expect("numbers and text");
        lines.push('\n');
    };
    let ridges = ridge::segment(view.lights).map_or(vec![], |seen| {
        let to_photo = |line: &Polyline| line.points.iter().map(|p| seen.to_photo(*p)).collect::<Vec<Point>>();
        trace_telling(&seen, &field, &mut |weighed| match weighed {
            Weighed::Shaft { line, evidence } => tell("shaft", to_photo(line), 0.0, &evidence),
            Weighed::Pair { lines: [a, b], evidence } => tell(
                "pair",
                [a, b]
                    .iter()
                    .flat_map(|l| {
                        let p = to_photo(l);
                        [p[0], p[p.len() - 1]]
                    })
                    .collect(),
                0.0,
                &evidence,
            ),
        })
    });
    let answer = model.answer(view.colors);
    let proposals = proposed(&answer, ridges, &field);
    for proposal in &proposals {
        tell(proposal.source.name(), proposal.traced.strand.centerline.points.clone(), proposal.traced.ridge, &proposal.evidence);
    }
    chosen(proposals, &answer, WORTHY, &mut |considered| {
        let Traced { strand, ridge, .. } = &considered.proposal.traced;
        tell(if considered.chosen { "chosen" } else { "left" }, strand.centerline.points.clone(), *ridge, &considered.addition);
    });
    Ok(lines)
}
