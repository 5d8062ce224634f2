//! `--dry-run`: what would be analyzed, and with which scale, without analyzing it.

use super::batch::{Wanted, made_by};
use super::config::Plan;
use super::effective::table;
use super::{Ending, deliver, say};
use crate::analyze::Scale;
use crate::calibration::{Calibration, ScaleBar};
use crate::photo::Photo;
use crate::results::{Folder, Input, read_at_most, sha256};
use std::path::Path;

/// Says for each photo whether it would be analyzed, reused or fail, and which scale it would have. `lost` more were told to fail already.
pub fn rehearse(photos: &[(&Input, Plan)], folder: Option<&Folder>, wanted: &Wanted, lost: usize) -> Result<Ending, String> {
    let mut failed = lost;
    let rows: Vec<[String; 3]> = photos
        .iter()
        .map(|(input, plan)| {
            let [action, scale] = rehearsed(input, plan, folder, wanted).unwrap_or_else(|cause| {
                failed += 1;
                [format!("would fail: {cause}"), String::new()]
            });
            [super::printable(input.path.as_ref()), action, scale]
        })
        .collect();
    deliver(Path::new("-"), &table(&rows))?;
    let all = photos.len() + lost;
    say(format!("{all} photo{}, of which {failed} would fail; nothing was written", if all == 1 { "" } else { "s" }));
    Ok(if failed > 0 { Ending::SomeFailed } else { Ending::AllDone })
}

fn rehearsed(input: &Input, plan: &Plan, folder: Option<&Folder>, wanted: &Wanted) -> Result<[String; 2], String> {
    let bytes = read_at_most(&input.file, wanted.limits.bytes)?;
    let stored = folder.and_then(|folder| wanted.reusable(folder, input, &sha256(&bytes), &made_by(plan, input)));
    let photo = Photo::decode(&bytes, &wanted.limits).map_err(|error| error.to_string())?;
    wanted.suits(&photo, &plan.settings(photo.acquisition().model.as_deref()))?;
    let action = if stored.is_some() { "unchanged, would be reused" } else { "would be analyzed" };
    Ok([action.into(), scale_said(&photo, plan)])
}

fn scale_said(photo: &Photo, plan: &Plan) -> String {
    let device = photo.acquisition().model.as_deref();
    let origin = plan.scale_origin(device).unwrap_or_default();
    match plan.settings(device).scale {
        Scale::Known(scale) => format!("{} µm/px by {origin}", rounded(scale.um_per_px)),
        Scale::Bar(length) => match ScaleBar::find(photo).and_then(|bar| Calibration::from_scale_bar(&bar, length).ok()) {
            Some(scale) => format!("{} µm/px by the scale bar of {} mm ({origin})", rounded(scale.um_per_px), length.0),
            None => format!("no scale: no bar of {} mm was found ({origin})", length.0),
        },
        Scale::FromFile => match Calibration::from_acquisition(photo.acquisition()) {
            Some(scale) => format!("{} µm/px by the resolution the file states", rounded(scale.um_per_px)),
            None => "no scale: pixels only (give --um-per-px or --scale-bar-mm)".into(),
        },
    }
}

/// A scale as far as anyone knows it.
fn rounded(um_per_px: f64) -> f64 {
    (um_per_px * 1e4).round() / 1e4
}
