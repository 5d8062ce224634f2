//! Lines to strands: which lines are one shaft, where it begins and ends, and which end is the root.

use super::orient::oriented;
use super::part::parted;
pub use super::select::Weighed;
use super::select::{distinct, likely, unlike_glints, usual_width};
use super::shaft::{Shaft, Stretch, extended};
use super::{Strand, join, shaft};
use crate::field::Field;
use crate::segment::{Segmentation, Tone};
use crate::units::Pixels;

/// A strand with what its tracing knew of it.
#[derive(Debug, Clone)]
pub struct Traced {
    /// The strand, without a width until that is measured.
    pub strand: Strand,
    /// Its width as the tracing saw it, good to a factor of two.
    pub rough_width: Pixels,
    /// The ridges' own chance that it is hair rightly traced, whichever of its ends is the root; 0 where they do not show it.
    pub ridge: f64,
}

/// Every shaft of the photo, in photo pixels, from top to bottom by root, ids ascending; widths are still to be measured.
///
/// Lines found at several scales are proposals. Each is cut at bends and crossings into clean stretches centered between their edges; those
/// that explain the same hair compete; what faces each other across a crossing or a gap is joined; the unlikely are dropped; what two hairs
/// explain better is parted; haze under the skin, taper, and hair that meets or grows nearby tell root from tip.
///
/// # Source
/// Ours, on the lines of Steger 1998, doi:10.1109/34.659930.
pub fn trace(seen: &Segmentation, field: &Field) -> Vec<Traced> {
    trace_telling(seen, field, &mut |_| ())
}

/// The same, telling what was weighed on the way and what spoke for it.
pub fn trace_telling(seen: &Segmentation, field: &Field, told: &mut dyn FnMut(Weighed)) -> Vec<Traced> {
    let mut found = vec![];
    for contrast in &seen.contrasts {
        let plane = &contrast.plane;
        // What is shorter than this cannot be told from texture.
        let least = if contrast.tone == Tone::Dark { 0.6 } else { 2.0 } * seen.stroke;
        let stretches: Vec<Stretch> = contrast.lines.iter().flat_map(|line| shaft::stretches(contrast, line, seen.stroke)).collect();
        let along = |hair: Option<f64>| -> Vec<Shaft> {
            stretches.iter().flat_map(|s| s.shafts(seen.stroke, hair)).filter(|shaft| shaft.line.length() > least).collect()
        };
        // Only once the photo's usual hair is known can two side by side be told from a thick one.
        let hair = usual_width(&along(None), plane).map(|width| width.clamp(0.95 * seen.stroke, 1.6 * seen.stroke));
        let shafts = join::joined(distinct(along(hair), plane), plane, seen.stroke);
        let shafts = shafts.into_iter().filter_map(|shaft| extended(shaft, plane)).collect();
        let likely = likely(distinct(shafts, plane), plane, seen, field, told);
        match (contrast.tone, hair) {
            (Tone::Dark, Some(hair)) => found.extend(parted(likely, plane, hair, told)),
            (Tone::Dark, None) => found.extend(likely),
            (Tone::Light, _) => found.extend(unlike_glints(likely, found.len(), seen)),
        }
    }
    oriented(found, seen, field)
}

/// The strands from top to bottom by root, their ids ascending.
pub(super) fn in_order(mut traced: Vec<Traced>) -> Vec<Traced> {
    traced.sort_by(|a, b| {
        let (a, b) = (a.strand.root(), b.strand.root());
        a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x))
    });
    for (id, traced) in traced.iter_mut().enumerate() {
        traced.strand.id = id;
    }
    traced
}
