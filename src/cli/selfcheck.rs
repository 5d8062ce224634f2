//! `anagen selfcheck`: what a thickness is worth on this machine, at a scale and blur of one's own.

use super::arguments::positive;
use super::{Ending, deliver, say};
use crate::results::{SelfcheckResult, SelfcheckSchema, json};
use crate::segment::Tone;
use crate::selfcheck::{Cell, Conditions, check};
use crate::units::Pixels;
use clap::Args;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  anagen selfcheck                                           shafts 2 to 40 px wide, blurred by 0.5 to 3 px
  anagen selfcheck --um-per-px 2.76 --point-spread 1.5       shafts 15 to 110 µm thick at this scale and blur
  anagen selfcheck --json -                                  the same as JSON";

/// Draw shafts of known width, measure them, and say how far off the widths are
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub struct Selfcheck {
    /// Micrometers per pixel: draw shafts of 15 to 110 µm and print micrometers. Default: shafts of 2 to 40 px
    #[arg(long, value_name = "N", value_parser = positive)]
    um_per_px: Option<f64>,
    /// Blur: the standard deviation of the point spread, in pixels. Default: 0.5, 1, 1.5, 2 and 3
    #[arg(long, value_name = "N", value_parser = blur)]
    point_spread: Option<f64>,
    /// Noise: the standard deviation of a pixel, as a share of full light. Default: 0.01 and 0.03
    #[arg(long, value_name = "N", value_parser = positive)]
    noise: Option<f64>,
    /// Shafts of each width under each condition. Default: 16
    #[arg(long, value_name = "N", default_value_t = 16, hide_default_value = true, value_parser = clap::value_parser!(u16).range(1..=1000))]
    shafts: u16,
    /// The same seed draws the same shafts. Default: 1
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true)]
    seed: u64,
    /// Write every figure as JSON to a file, or to stdout for `-`, instead of the tables
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// So many times the square of the widest shaft's width may be drawn: some 700 MB of pixels.
const MOST_DRAWN: f64 = 16.0 * 400.0 * 400.0;

/// A blur that a photo may have: a sharper one is that of no lens, and a larger one leaves nothing to measure.
fn blur(text: &str) -> Result<f64, String> {
    positive(text).and_then(|blur| if (0.1..=20.0).contains(&blur) { Ok(blur) } else { Err("it has to be from 0.1 to 20 px".into()) })
}

impl Selfcheck {
    /// Draws, measures and prints.
    pub fn run(&self) -> Result<Ending, String> {
        let mut conditions = Conditions { shafts: usize::from(self.shafts), seed: self.seed, ..Conditions::default() };
        if let Some(um_per_px) = self.um_per_px {
            conditions.widths = [15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 110.0].map(|um| Pixels(um / um_per_px)).to_vec();
            let widest = conditions.widths.iter().fold(0.0, |widest: f64, w| widest.max(w.0));
            if widest < 2.0 {
                return Err(format!("--um-per-px {um_per_px} makes even thick hair {widest:.1} px wide: 50 µm per pixel at the most"));
            }
            let most = (MOST_DRAWN / (widest * widest)) as usize;
            if most == 0 {
                return Err(format!("--um-per-px {um_per_px} makes shafts {widest:.0} px wide: 0.1 µm per pixel at least"));
            }
            if conditions.shafts > most {
                return Err(format!("--shafts {} of up to {widest:.0} px do not fit into memory: {most} at the most", self.shafts));
            }
        }
        if let Some(point_spread) = self.point_spread {
            conditions.point_spreads = vec![Pixels(point_spread)];
        }
        if let Some(noise) = self.noise {
            conditions.noises = vec![noise];
        }
        let cells = check(&conditions, |done, all| {
            if done == all || done % 10 == 0 {
                say(format!("{done} of {all} drawn photos measured"));
            }
        });
        match &self.json {
            Some(place) => {
                let report = SelfcheckResult {
                    schema: SelfcheckSchema::V1,
                    version: env!("CARGO_PKG_VERSION").into(),
                    um_per_px: self.um_per_px,
                    seed: self.seed,
                    cells,
                };
                deliver(place, &json(&report))?;
            }
            None => deliver(Path::new("-"), &tables(&cells, self.um_per_px))?,
        }
        Ok(Ending::AllDone)
    }
}

/// One table for each tone, noise, reflex and opacity: widths downwards, point spreads across; in each place bias, mean absolute error and coverage.
fn tables(cells: &[Cell], um_per_px: Option<f64>) -> String {
    let unit = if um_per_px.is_some() { "µm" } else { "px" };
    let scale = um_per_px.unwrap_or(1.0);
    let mut text = format!(
        "Each place: mean error, mean size of the error ({unit}), share of 95 % intervals that hold the truth.\n\
         The shafts lie singly on even skin; what more may be wrong in a photo is in the standard error of each hair.\n\
         \"below\": thinner than can be trusted at this blur, and given no figure.\n"
    );
    for table in cells.chunk_by(|a, b| (a.tone, a.noise, a.reflex, a.opacity) == (b.tone, b.noise, b.reflex, b.opacity)) {
        let first = &table[0];
        let tone = if first.tone == Tone::Dark { "dark" } else { "light" };
        let kind = if first.opacity < 1.0 {
            format!("translucent, opacity {:.0} %", 100.0 * first.opacity)
        } else {
            format!("opaque, reflex {:.0} %", 100.0 * first.reflex)
        };
        let _ = writeln!(text, "\n{tone} hair, {kind}, noise {:.1} %", 100.0 * first.noise);
        let blurs: Vec<&[Cell]> = table.chunk_by(|a, b| a.point_spread_px == b.point_spread_px).collect();
        let _ = write!(text, "{:>9}", format!("width {unit}"));
        for blur in &blurs {
            let _ = write!(text, "  {:^19}", format!("blur {:.2} px", blur[0].point_spread_px.0));
        }
        text.push('\n');
        for row in 0..blurs.iter().map(|b| b.len()).max().unwrap_or(0) {
            let _ = write!(text, "{:>9.1}", blurs[0][row].width_px.0 * scale);
            for cell in blurs.iter().filter_map(|b| b.get(row)) {
                let _ = write!(text, "  {:^19}", place(cell, scale));
            }
            text.push('\n');
        }
    }
    text
}

fn place(cell: &Cell, scale: f64) -> String {
    match (cell.bias_px, cell.mean_absolute_error_px, cell.covered) {
        _ if 2 * cell.below > cell.drawn => "below".into(),
        (Some(bias), Some(error), Some(covered)) => {
            format!("{:+.3} {:.3} {:>3.0} %", bias.0 * scale, error.0 * scale, 100.0 * covered)
        }
        _ => "no figure".into(),
    }
}
