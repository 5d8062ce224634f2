//! What a program drew over the skin: caption boxes, text, colored lines.

use super::cells::Cells;
use crate::geometry::Rect;
use crate::raster::edges::{EdgeSearch, LevelEdge, level_edges};
use crate::raster::regions::{grown, held, regions};
use crate::raster::{Mask, Shades, of_white};
use std::ops::Range;

/// What was found drawn over the skin.
pub(super) struct Overlay {
    /// Boxes and text, in photo pixels: the skin under them is not counted.
    pub boxes: Vec<Rect>,
    /// Cells under thin colored lines: the skin under them is counted, but cannot be seen.
    pub lines: Mask,
}

impl Overlay {
    /// The captions, labels and thin colored lines of a photo. Text outside of the rows and columns given lies on a strip that is left out anyway:
    /// its margin would take skin beside the strip.
    pub fn of(cells: &Cells, shades: &Shades, within: &(Range<usize>, Range<usize>)) -> Self {
        let mut boxes = filled_boxes(shades);
        boxes.extend(border_text(cells, within));
        let (lines, letters) = colored(cells, within);
        boxes.extend(letters);
        Self { boxes, lines }
    }
}

/// The smallest step at the side of a box, in shades: boxes are often semi-transparent.
const BOX_STEP: u8 = 9;

/// Upright boxes, lighter or darker than what they lie on, told by two level sides of the same extent and upright sides between their ends.
fn filled_boxes(shades: &Shades) -> Vec<Rect> {
    let (rows, columns) = shades.dim();
    let shortest = (columns / 45).max(16);
    let edges = level_edges(&shades.view(), &EdgeSearch { least: BOX_STEP, piece: shortest / 2, gap: columns / 40, length: shortest });
    let near = |a: usize, b: usize| a.abs_diff(b) <= (columns / 400).max(3);
    let mut boxes: Vec<Rect> = vec![];
    for (i, upper) in edges.iter().enumerate() {
        let lower = edges[i + 1..].iter().take_while(|e| e.row < upper.row + rows / 4).find(|e| {
            let height = e.row - upper.row;
            height > (rows / 120).max(8) && e.rising != upper.rising && near(e.start, upper.start) && near(e.end, upper.end)
        });
        if let Some(lower) = lower
            && upright_sides(shades, upper, lower)
            && drawn(shades, upper, lower)
        {
            let (x, y) = (upper.start.min(lower.start) as f64 - 2.5, upper.row as f64 - 1.5);
            boxes.push(Rect { x, y, w: upper.end.max(lower.end) as f64 + 2.0 - x, h: lower.row as f64 + 3.0 - y });
        }
    }
    boxes
}

/// How much of a level edge's whole step lies between one row and the next: where a program drew it about all; where the photo was resized
/// since, or a lens of a point spread of half a pixel made it, two thirds; of a lens's most often a quarter.
///
/// # Source
/// Ours: the boxes of 133 hand-marked fields have 0.74 to 1.3, level hairs of drawn photos 0.12 to 0.27.
const AT_ONCE: f32 = 0.85;
const MOSTLY_AT_ONCE: f32 = 0.4;
/// The steps from one pixel to the next that letters make in their box, in shades, and how often they do at least.
const LETTER_STEP: u8 = 25;
const LETTERS: f64 = 0.02;

/// Whether a pair of level edges was drawn and not photographed: a straight hair that happens to lie level has two such edges and two ends too,
/// but a lens blurs it, nothing is written on it, and it is thin.
fn drawn(shades: &Shades, upper: &LevelEdge, lower: &LevelEdge) -> bool {
    let (rows, columns) = shades.dim();
    let (from, to) = (upper.start.max(lower.start), upper.end.min(lower.end));
    let at_once = |edge: &LevelEdge, share: f32| {
        let rise =
            |above: usize, below: usize| (from..to).map(|x| of_white(shades[[below, x]]) - of_white(shades[[above, x]])).sum::<f32>();
        rise(edge.row, edge.row + 1).abs() > share * rise(edge.row.saturating_sub(3), (edge.row + 4).min(rows - 1)).abs()
    };
    let (mut held, mut steps) = (0_usize, 0_usize);
    for r in upper.row + 4..lower.row.saturating_sub(3) {
        for c in from + 3..to.saturating_sub(4) {
            held += 1;
            steps += usize::from(shades[[r, c + 1]].abs_diff(shades[[r, c]]) > LETTER_STEP);
        }
    }
    let written = steps as f64 > LETTERS * held as f64;
    let share = if written || lower.row - upper.row > columns / 30 { MOSTLY_AT_ONCE } else { AT_ONCE };
    at_once(upper, share) && at_once(lower, share)
}

/// Whether the two ends of a pair of level edges are joined by steps of the same kind.
fn upright_sides(shades: &Shades, upper: &LevelEdge, lower: &LevelEdge) -> bool {
    let (x0, x1) = (upper.start.min(lower.start), upper.end.max(lower.end));
    let height = lower.row - upper.row;
    // The step may be a pixel or three from where the level edges end.
    let share = |x: usize, inward: bool| {
        let columns = x.saturating_sub(4)..(x + 5).min(shades.ncols() - 1);
        let rises = |r: usize, c: usize| {
            let (left, right) = (shades[[r, c]], shades[[r, c + 1]]);
            if inward == upper.rising { right.saturating_sub(left) } else { left.saturating_sub(right) }
        };
        let steps = |c: usize| (upper.row + 1..=lower.row).filter(|&r| rises(r, c) > BOX_STEP / 2).count();
        columns.map(steps).max().unwrap_or(0) as f64 / height as f64
    };
    // A box may be cut off by the photo's side; then its other side has to be the clearer, lest it be a level hair.
    match (x0 < 5, x1 + 5 > shades.ncols()) {
        (false, false) => share(x0, true) > 0.5 && share(x1, false) > 0.5,
        (true, false) => share(x1, false) > 0.85,
        (false, true) => share(x0, true) > 0.85,
        (true, true) => false,
    }
}

/// Text along the upper and lower borders, told by hard steps close together.
fn border_text(cells: &Cells, within: &(Range<usize>, Range<usize>)) -> Vec<Rect> {
    let (rows, columns) = cells.dim();
    let band = rows / 12;
    let letters = Mask::from_shape_fn((rows, columns), |(r, c)| (r < band || r + band >= rows) && cells.hard[[r, c]] > 0.1);
    blocks(&letters, cells, within, 20)
}

/// Cells of thin colored lines, and blocks of colored letters.
fn colored(cells: &Cells, within: &(Range<usize>, Range<usize>)) -> (Mask, Vec<Rect>) {
    let (rows, columns) = cells.dim();
    let vivid = cells.vivid.mapv(|share| share > 0.05);
    // A line, be it double, crosses a window in a small part of it; letters fill it.
    let reach = (columns / 80).max(2);
    let letters = Mask::from_shape_fn((rows, columns), |(r, c)| {
        vivid[[r, c]] && {
            let around = |at: usize, count: usize| at.saturating_sub(reach)..(at + reach + 1).min(count);
            let held = around(r, rows).flat_map(|r| around(c, columns).map(move |c| (r, c))).filter(|&cell| vivid[cell]).count();
            held * 5 > (2 * reach + 1).pow(2)
        }
    });
    // A line fades where it crosses a hair.
    let mut thin = vivid.clone();
    thin.zip_mut_with(&letters, |thin, &letter| *thin &= !letter);
    let mut lines = Mask::from_elem((rows, columns), false);
    for region in regions(&grown(&thin, (columns / 160).max(1))) {
        let extent = (region.rows.1 - region.rows.0).max(region.columns.1 - region.columns.0);
        let held = region.cells.iter().filter(|&&cell| thin[cell]).count();
        // A long line covers little of the square it spans: a circle with its radius about 4 to 8 times its extent.
        if extent * 7 > columns && held < extent * 10 {
            region.cells.iter().for_each(|&cell| lines[cell] |= thin[cell]);
        }
    }
    // A line's faint stretches lie within a cell of its vivid ones.
    (grown(&lines, 1), blocks(&letters, cells, within, 60))
}

/// Upright boxes around groups of at least `least` cells within these rows and columns that lie close together.
fn blocks(marked: &Mask, cells: &Cells, within: &(Range<usize>, Range<usize>), least: usize) -> Vec<Rect> {
    if held(marked) < least {
        return vec![];
    }
    let counts = |&&(r, c): &&(usize, usize)| marked[[r, c]] && within.0.contains(&r) && within.1.contains(&c);
    let columns = marked.ncols();
    let gap = (columns / 80).max(2);
    regions(&grown(marked, gap))
        .iter()
        .filter(|region| region.cells.iter().filter(counts).count() >= least)
        .filter(|region| (region.columns.1 - region.columns.0) * 22 > columns)
        .map(|region| {
            let held = || region.cells.iter().filter(counts);
            let (top, bottom) = (held().map(|c| c.0).min().unwrap_or(0), held().map(|c| c.0).max().unwrap_or(0));
            let (left, right) = (held().map(|c| c.1).min().unwrap_or(0), held().map(|c| c.1).max().unwrap_or(0));
            // Letters have a margin within their box.
            let (step, margin) = (cells.step as f64, 4.0);
            Rect {
                x: (left as f64 - margin) * step,
                y: (top as f64 - margin) * step,
                w: ((right - left) as f64 + 1.0 + 2.0 * margin) * step,
                h: ((bottom - top) as f64 + 1.0 + 2.0 * margin) * step,
            }
        })
        .collect()
}
