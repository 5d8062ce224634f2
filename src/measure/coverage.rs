//! How much of the field lies under hair.

use super::intervals::{compound_poisson, median};
use super::{Measurement, Sample};
use crate::field::Field;
use crate::geometry::{Point, Polyline};
use crate::raster::Mask;
use crate::strand::Strand;

/// Grid cells across a shaft of median width, so that the edges' roundings average out.
const CELLS_ACROSS: f64 = 6.0;
/// The most grid cells, so that a photo of any size is painted in bounded memory.
const MOST_CELLS: f64 = 16e6;

/// `hair_coverage`: the share of the field's skin seen under a shaft, of hairs rooted anywhere; where shafts cross it is covered once.
pub fn measure(sample: &Sample) -> Measurement {
    let method = "Share of the field under the traced shafts at their widths, those without one at the median, those too thin to be \
                  measured at half of what can be; interval: Poisson (Garwood) with the cover of a unit's hairs taken as one event."
        .into();
    let widths: Vec<f64> = sample.strands.iter().filter_map(across).filter(|w| *w > 0.0 && w.is_finite()).collect();
    let n = sample.strands.len();
    let nothing = |value| Measurement::new("hair_coverage", "1", n, value, None, String::clone(&method));
    let Some(width) = median(&widths) else { return nothing((n == 0 && sample.field.area_px > 0.0).then_some(0.0)) };
    let mut canvas = Canvas::new(sample.field, width / CELLS_ACROSS);
    if canvas.field_cells == 0 {
        return nothing(None);
    }
    // Strands of a unit are painted as one event; those no unit claims, each as its own.
    let unit_of: std::collections::BTreeMap<usize, usize> =
        sample.units.iter().flat_map(|u| u.strands.iter().map(|s| (*s, u.id))).collect();
    let mut events = std::collections::BTreeMap::<Result<usize, usize>, f64>::new();
    for strand in sample.strands {
        let across = across(strand).unwrap_or(width);
        let newly = canvas.paint(&strand.centerline, across) as f64 / canvas.field_cells as f64;
        *events.entry(unit_of.get(&strand.id).copied().ok_or(strand.id)).or_default() += newly;
    }
    let (share, mut interval) = compound_poisson(events.into_values());
    interval.high = interval.high.min(1.0);
    Measurement::new("hair_coverage", "1", n, Some(share), (share > 0.0).then_some(interval), method)
}

/// The width a shaft is painted with, in pixels, where it has one.
fn across(strand: &Strand) -> Option<f64> {
    strand.width.map(|width| if width.blur_dominated { 0.5 * width.value.0 } else { width.value.0 })
}

/// A grid over the photo that remembers which cells of the field are covered.
struct Canvas<'a> {
    field: &'a Field,
    covered: Mask,
    cell: f64,
    field_cells: usize,
}

impl<'a> Canvas<'a> {
    fn new(field: &'a Field, cell: f64) -> Self {
        let (rows, columns) = field.counted.dim();
        let (height, width) = (rows as f64 * field.step, columns as f64 * field.step);
        let cell = cell.max((width * height / MOST_CELLS).sqrt());
        let covered = Mask::from_elem(((height / cell).ceil() as usize, (width / cell).ceil() as usize), false);
        let mut canvas = Self { field, covered, cell, field_cells: 0 };
        canvas.field_cells = canvas.covered.indexed_iter().filter(|((row, column), _)| field.counts(canvas.center(*row, *column))).count();
        canvas
    }

    fn center(&self, row: usize, column: usize) -> Point {
        Point::new((column as f64 + 0.5) * self.cell - 0.5, (row as f64 + 0.5) * self.cell - 0.5)
    }

    /// Covers a shaft, cut square at both ends; returns how many cells of the field it is the first to cover.
    fn paint(&mut self, line: &Polyline, across: f64) -> usize {
        let reach = across / 2.0;
        let (rows, columns) = self.covered.dim();
        let pieces = line.points.len().saturating_sub(1);
        let mut newly = 0;
        for (i, piece) in line.points.windows(2).enumerate() {
            let (a, along) = (piece[0], piece[1] - piece[0]);
            let squared = along.dot(along);
            if squared.is_nan() || squared <= 0.0 {
                continue;
            }
            let cells = |from: f64, to: f64, most: usize| {
                let at = |v: f64| ((v + 0.5) / self.cell).floor().clamp(0.0, most as f64) as usize;
                at(from - reach)..(at(to + reach) + 1).min(most)
            };
            let (down, right) =
                (cells(a.y.min(piece[1].y), a.y.max(piece[1].y), rows), cells(a.x.min(piece[1].x), a.x.max(piece[1].x), columns));
            for row in down {
                for column in right.clone() {
                    let p = self.center(row, column);
                    let t = (p - a).dot(along) / squared;
                    let beyond_an_end = (t < 0.0 && i == 0) || (t > 1.0 && i + 1 == pieces);
                    let near = a.lerp(piece[1], t.clamp(0.0, 1.0)).distance(p) <= reach;
                    if near && !beyond_an_end && !self.covered[[row, column]] && self.field.counts(p) {
                        self.covered[[row, column]] = true;
                        newly += 1;
                    }
                }
            }
        }
        newly
    }
}
