//! The part of the skin that is counted: frame, vignette, burned-in text and bars, glare and defocus left out; its border rule and area.

mod cells;
mod frame;
mod overlay;
mod quality;
mod regions;
mod roi;
#[cfg(test)]
mod tests;

pub use regions::CountedRegion;
pub use roi::{Roi, RoiError};

use crate::calibration::{Calibration, ScaleBar};
use crate::geometry::{Point, Polygon, Rect};
use crate::photo::{Caveat, CaveatCode, Photo};
use crate::raster::regions::{outline, regions, simplified};
use crate::raster::{self, Mask, Shades};
use cells::Cells;
use frame::Inner;
use overlay::Overlay;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// When a hair at the edge counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BorderRule {
    /// A hair counts when its root lies inside the field.
    RootInside,
}

/// The counted part of the skin.
#[derive(Debug, Clone)]
pub struct Field {
    /// Which of its pixels count, one for every `step` × `step` photo pixels; mask position p shows photo position (p + 0.5) × step − 0.5.
    pub counted: Mask,
    /// Which pixels show skin or hair at all: not frame, padding, text, bar, drawn line. On the same grid.
    pub visible: Mask,
    /// Which pixels lie under a thin drawn line. On the same grid.
    pub lined: Mask,
    /// Photo pixels per mask pixel.
    pub step: f64,
    /// The counted area, in square photo pixels.
    pub area_px: f64,
    /// The outline of the counted region, its holes not drawn.
    pub polygon: Polygon,
    /// When a hair at the edge counts.
    pub border_rule: BorderRule,
}

/// The longer side of what a photo usually shows, in micrometers: taken where no scale says otherwise.
const USUAL_VIEW_UM: f64 = 7000.0;

impl Field {
    /// The part of the photo that shows skin, and of it the part to count in, with what a reader of the numbers should know.
    ///
    /// Padding, black frames, captions, labels and the scale bar are neither shown nor counted. Thin drawn lines are not shown, but the
    /// skin under them is counted and hair followed through: a hair's root is lost under a line a few pixels wide hardly ever. Glare and defocus are shown and not
    /// counted. Hairs are skin here. `roi` narrows what is counted.
    ///
    /// # Accuracy
    /// The area is right to the cells of the grid: about 0.6 % of the width. Nothing tells skin from other things that are not drawn, such
    /// as cloth or a finger.
    pub fn find(photo: &Photo, bar: Option<&ScaleBar>, roi: Option<&Roi>, scale: Option<&Calibration>) -> (Self, Vec<Caveat>) {
        Self::find_on(photo, &photo.shades(), bar, roi, scale)
    }

    /// The same of a photo whose shades are at hand.
    pub fn find_on(
        photo: &Photo,
        shades: &Shades,
        bar: Option<&ScaleBar>,
        roi: Option<&Roi>,
        scale: Option<&Calibration>,
    ) -> (Self, Vec<Caveat>) {
        let step = (photo.width().max(photo.height()) as f64 / 640.0).round().max(1.0) as usize;
        let cells = Cells::of(photo, shades, step);
        let (rows, columns) = cells.dim();
        let inner = Inner::of(photo, shades);
        let within = frame::cell_range(&inner, step, rows, columns);
        let frame = frame::frame(&cells, &inner);
        let overlay = Overlay::of(&cells, shades, &within);
        let bar = bar.map_or(&[][..], |bar| &bar.regions);
        // A line of the bar is thin, its label is not.
        let thin = 4.0 * step as f64;
        let (lines, labels): (Vec<Rect>, Vec<Rect>) = bar.iter().partition(|r| r.w.min(r.h) < thin);

        let center = |r: usize, c: usize| Point::new((c as f64 + 0.5) * step as f64 - 0.5, (r as f64 + 0.5) * step as f64 - 0.5);
        let (covered, crossed) = (touched(overlay.boxes.iter().chain(&labels), cells.dim(), step), touched(&lines, cells.dim(), step));
        let skin = Mask::from_shape_fn((rows, columns), |(r, c)| {
            within.0.contains(&r) && within.1.contains(&c) && !frame[[r, c]] && !covered[[r, c]]
        });
        let visible = Mask::from_shape_fn((rows, columns), |cell| skin[cell] && !overlay.lines[cell] && !crossed[cell]);
        // How large hair stands in the photo decides what is a speck and what a blur.
        let closer = scale.map_or(1.0, |scale| (USUAL_VIEW_UM / (scale.um_per_px * photo.width().max(photo.height()) as f64)).max(1.0));
        let (glare, defocused) = (quality::glare(&cells, closer), quality::defocused(&cells, &visible, closer));
        let counted = Mask::from_shape_fn((rows, columns), |(r, c)| {
            let asked = roi.is_none_or(|roi| roi.contains(center(r, c)));
            skin[[r, c]] && !glare[[r, c]] && !defocused[[r, c]] && asked
        });

        let caveats = caveats(photo, &skin, &counted, &glare, &defocused, step);
        let area_px = counted.indexed_iter().filter(|(_, counted)| **counted).fold(0.0, |sum, ((r, c), _)| sum + inner.area_of(r, c, step));
        let polygon = widest_outline(&counted, step, &inner);
        let lined = Mask::from_shape_fn((rows, columns), |cell| skin[cell] && !visible[cell]);
        (Self { counted, visible, lined, step: step as f64, area_px, polygon, border_rule: BorderRule::RootInside }, caveats)
    }

    /// Whether a hair with this root is counted.
    pub fn counts(&self, root: Point) -> bool {
        raster::holds(&self.counted, self.on_grid(root))
    }

    /// Whether the photo shows skin or hair at this point.
    pub fn shows(&self, point: Point) -> bool {
        raster::holds(&self.visible, self.on_grid(point))
    }

    /// Whether a thin drawn line lies over this point.
    pub fn is_lined(&self, point: Point) -> bool {
        raster::holds(&self.lined, self.on_grid(point))
    }

    /// Which cells of these rows of a grid show skin or hair at their centers, the grid having one for every `factor` × `factor` photo pixels.
    pub fn shown_on(&self, rows: Range<usize>, columns: usize, factor: f64) -> Mask {
        self.on_cells(&self.visible, rows, columns, factor)
    }

    /// Which cells of these rows of a grid have their centers under a thin drawn line.
    pub fn lined_on(&self, rows: Range<usize>, columns: usize, factor: f64) -> Mask {
        self.on_cells(&self.lined, rows, columns, factor)
    }

    fn on_cells(&self, mask: &Mask, rows: Range<usize>, columns: usize, factor: f64) -> Mask {
        let center = |i: usize| (i as f64 + 0.5) * factor - 0.5;
        let place = |at: f64, count: usize| (at >= 0.0 && at < count as f64).then_some(at as usize);
        // Each axis by itself: rounding every cell's center anew would cost more than all else about it.
        let down: Vec<_> = rows.map(|r| place(self.on_grid(Point::new(0.0, center(r))).y.round(), mask.nrows())).collect();
        let across: Vec<_> = (0..columns).map(|c| place(self.on_grid(Point::new(center(c), 0.0)).x.round(), mask.ncols())).collect();
        let mut cells = Mask::from_elem((down.len(), columns), false);
        let values = cells.as_slice_mut().expect(raster::CONTIGUOUS);
        for (r, &row) in down.iter().enumerate() {
            let Some(row) = row else { continue };
            let (before, here) = values.split_at_mut(r * columns);
            if r > 0 && down[r - 1] == Some(row) {
                here[..columns].copy_from_slice(&before[(r - 1) * columns..]);
            } else {
                here.iter_mut().zip(&across).for_each(|(cell, column)| *cell = column.is_some_and(|column| mask[[row, column]]));
            }
        }
        cells
    }

    fn on_grid(&self, p: Point) -> Point {
        Point::new((p.x + 0.5) / self.step - 0.5, (p.y + 0.5) / self.step - 0.5)
    }
}

/// The cells of `step` × `step` photo pixels that rectangles touch.
fn touched<'a>(rects: impl IntoIterator<Item = &'a Rect>, (rows, columns): (usize, usize), step: usize) -> Mask {
    let mut mask = Mask::from_elem((rows, columns), false);
    for rect in rects {
        let reaches = |cell: usize, start: f64, length: f64| {
            let (center, half) = ((cell as f64 + 0.5) * step as f64 - 0.5, step as f64 / 2.0);
            center > start - half && center < start + length + half
        };
        let across: Vec<usize> = (0..columns).filter(|c| reaches(*c, rect.x, rect.w)).collect();
        for r in (0..rows).filter(|r| reaches(*r, rect.y, rect.h)) {
            across.iter().for_each(|&c| mask[[r, c]] = true);
        }
    }
    mask
}

/// The most corners an outline is written with.
const MOST_CORNERS: usize = 300;

/// The outer outline of the largest counted region, in photo pixels.
fn widest_outline(counted: &Mask, step: usize, inner: &Inner) -> Polygon {
    let regions = regions(counted);
    // Of equally large ones the first, so that the choice is the same everywhere.
    let Some(largest) = regions.iter().rev().max_by_key(|region| region.cells.len()) else { return Polygon::default() };
    let full = outline(largest);
    let mut tolerance = 0.75;
    let mut simple = simplified(&full, tolerance);
    while simple.corners.len() > MOST_CORNERS {
        tolerance *= 1.5;
        simple = simplified(&full, tolerance);
    }
    let to_photo = |cells: f64, from: usize, to: usize| (cells * step as f64).clamp(from as f64, to as f64) - 0.5;
    let corner = |p: &Point| Point::new(to_photo(p.x, inner.left, inner.right), to_photo(p.y, inner.top, inner.bottom));
    Polygon::new(simple.corners.iter().map(corner).collect())
}

/// What was left out that a reader of the numbers should know.
fn caveats(photo: &Photo, skin: &Mask, counted: &Mask, glare: &Mask, defocused: &Mask, step: usize) -> Vec<Caveat> {
    let cells = |mask: &Mask| mask.iter().zip(skin).filter(|(m, s)| **m && **s).count();
    let whole = cells(skin).max(1);
    let percent = |part: usize| (100.0 * part as f64 / whole as f64).round().max(1.0);
    let mut caveats = vec![];
    let blurred = cells(defocused);
    if blurred > 0 {
        let message = format!("{} % of the skin is out of focus and was not counted; refocus and take the photo again", percent(blurred));
        caveats.push(Caveat { code: CaveatCode::OutOfFocus, message, region: bounds(defocused, skin, photo, step) });
    }
    let blown = cells(glare);
    if blown * 100 >= whole {
        let message =
            format!("{} % of the skin is blown out by glare and was not counted; use polarized light or immersion", percent(blown));
        caveats.push(Caveat { code: CaveatCode::Glare, message, region: bounds(glare, skin, photo, step) });
    }
    let counted_px = (cells(counted) * step * step) as f64;
    let share = counted_px / (photo.width() * photo.height()) as f64;
    if share < 0.1 {
        let message = if counted_px == 0.0 {
            "no part of the photo shows skin to count on".to_owned()
        } else {
            format!("only {:.1} % of the photo is counted; densities rest on little skin", 100.0 * share)
        };
        caveats.push(Caveat { code: CaveatCode::SmallField, message, region: None });
    }
    caveats
}

/// The upright rectangle around a mask's cells on the skin, in photo pixels.
fn bounds(mask: &Mask, skin: &Mask, photo: &Photo, step: usize) -> Option<Rect> {
    let held = || mask.indexed_iter().filter(|(cell, held)| **held && skin[*cell]).map(|(cell, _)| cell);
    let (top, bottom) = (held().map(|c| c.0).min()?, held().map(|c| c.0).max()?);
    let (left, right) = (held().map(|c| c.1).min()?, held().map(|c| c.1).max()?);
    // The last cells may reach beyond the photo.
    let length = |from: usize, to: usize, side: usize| (((to + 1) * step).min(side) - from * step) as f64;
    let (w, h) = (length(left, right, photo.width()), length(top, bottom, photo.height()));
    Some(Rect { x: (left * step) as f64 - 0.5, y: (top * step) as f64 - 0.5, w, h })
}
