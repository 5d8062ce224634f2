//! Finds the scale bar that a microscope's program burned into a photo.

use crate::geometry::{Point, Rect};
use crate::photo::Photo;
use crate::raster::Shades;
use crate::raster::drawn::{DrawnLine, LineSearch, level_lines};
use crate::raster::edges::{EdgeSearch, LevelEdge, level_edges};
use crate::units::Pixels;
use ndarray::{ArrayView2, Axis};

/// A scale bar found burned into a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleBar {
    /// Its length, end to end.
    pub length: Pixels,
    /// One standard deviation of `length`.
    pub standard_error: Pixels,
    /// The pixels it and its label cover.
    pub regions: Vec<Rect>,
}

/// The bar's shortest and longest length, as a share of the photo's width: shorter is text, longer is a frame.
const SHORTEST: f64 = 0.04;
const LONGEST: f64 = 0.8;
/// The thickest bar, as a share of the photo's width.
const THICKEST: f64 = 0.025;
/// A bar is at least this many times as long as thick; else it is a box.
const SLENDER: f64 = 8.0;
/// One standard deviation of where an end is seen, in pixels.
const END_ERROR: f64 = 0.3;

/// The smallest step, in shades, at the sides of a label's box, and the largest one that is no letter's.
const LABEL_STEP: u8 = 15;
const LETTER_STEP: u8 = 89;

/// How much lighter or darker than the ground what goes on beyond a bar's end is, in shades: more than a JPEG makes of the end itself.
const OTHER_TONE: f64 = 20.0;

/// A level line, or several end to end that are dark and light by turns, like the fields of a ruler.
#[derive(Debug, Clone, Copy)]
struct Fields {
    first: DrawnLine,
    last: DrawnLine,
}

impl Fields {
    fn length(&self) -> f64 {
        self.last.end - self.first.start
    }

    /// Whether this line is the next field.
    fn lead_to(&self, line: &DrawnLine) -> bool {
        let near = |a: f64, b: f64, apart: f64| (a - b).abs() <= apart;
        let last = &self.last;
        line.dark != last.dark && near(line.start, last.end, 2.0) && near(line.top, last.top, 1.0) && near(line.bottom, last.bottom, 1.0)
    }

    /// Whether a field too short to be a line by itself, or too faint, lies beyond one of the ends: then how long the whole is, is not known.
    fn goes_on(&self, plane: &ArrayView2<u8>) -> bool {
        is_of_other_tone(&self.first, self.first.start - 6.0, plane) || is_of_other_tone(&self.last, self.last.end + 2.0, plane)
    }
}

/// Lines end to end on the same rows that are dark and light by turns, put together; every other line is left alone.
fn joined(lines: &[DrawnLine]) -> Vec<Fields> {
    let mut from_left = lines.to_vec();
    from_left.sort_by(|a, b| a.start.total_cmp(&b.start));
    let mut bars: Vec<Fields> = vec![];
    for line in from_left {
        match bars.iter_mut().find(|bar| bar.lead_to(&line)) {
            Some(bar) => bar.last = line,
            None => bars.push(Fields { first: line, last: line }),
        }
    }
    bars
}

/// Whether the few pixels from `x` on that lie on a line's rows stand out from the ground above and below them the other way than the line does.
fn is_of_other_tone(line: &DrawnLine, x: f64, plane: &ArrayView2<u8>) -> bool {
    let columns = span(x, x + 4.0, plane.ncols());
    let mean = |from: f64, to: f64| {
        let rows = span(from, to, plane.nrows());
        let shades = || rows.clone().flat_map(|r| columns.clone().map(move |c| f64::from(plane[[r, c]])));
        shades().sum::<f64>() / shades().count() as f64
    };
    let inside = mean(line.top + 0.5, line.bottom - 0.5);
    let ground = [mean(line.top - 3.0, line.top - 2.0), mean(line.bottom + 2.0, line.bottom + 3.0)];
    ground.iter().all(|ground| if line.dark { inside - ground } else { ground - inside } > OTHER_TONE)
}

/// A level line with what stands upright at its two ends.
struct Candidate {
    level: DrawnLine,
    left: Option<DrawnLine>,
    right: Option<DrawnLine>,
}

impl ScaleBar {
    /// The burned-in scale bar in the lower half of the photo, if there is one: a level line, dark or light or both by turns like a ruler,
    /// plain, with ticks at its ends, or with an upright leg as long as itself (an L).
    ///
    /// What passes for a bar is exactly level, crisp at its edges and ends, and of one color or one transparency in each of its fields; hairs, furrows, frames,
    /// boxes and circles are not. Of several such lines the one with legs or ticks at its ends is taken, else the longest.
    ///
    /// # Accuracy
    /// Each end is placed to about 0.3 px. Drawing programs differ in whether a line's last pixel is drawn, so the legs of an L differ by
    /// up to the pen's width; they come out short, never long, so the longer leg is taken and the difference enters the standard error.
    /// Ticks put the pen's width in doubt in the same way. The bar as drawn is measured; whether the program drew it right is not known.
    ///
    /// # Source
    /// Ours.
    pub fn find(photo: &Photo) -> Option<Self> {
        Self::find_on(&photo.shades())
    }

    /// The same on a photo's shades.
    pub fn find_on(shades: &Shades) -> Option<Self> {
        let (height, width) = shades.dim();
        let from = height / 2;
        let (_, plane) = shades.view().split_at(Axis(0), from);
        let search = LineSearch {
            length: (SHORTEST * width as f64).max(24.0) as usize,
            thickness: (THICKEST * width as f64).max(4.0) as usize,
            // A quarter of the whole, for hairs may lie across it.
            slender: 2,
            bridge: (width / 12).max(10),
        };
        let lines = level_lines(&plane, &search);
        joined(&lines)
            .iter()
            .filter(|bar| bar.length() <= LONGEST * width as f64 && bar.length() >= SLENDER * bar.first.thickness())
            .filter(|bar| !bar.goes_on(&plane))
            .map(|bar| Candidate::at(bar, &plane))
            .filter(|candidate| !candidate.is_part_of_a_frame(&lines))
            .filter_map(|candidate| candidate.measure(&plane))
            .max_by(|(a, a_rank), (b, b_rank)| a_rank.cmp(b_rank).then(a.length.0.total_cmp(&b.length.0)))
            .map(|(bar, _)| bar.moved_down(from as f64))
    }

    fn moved_down(mut self, by: f64) -> Self {
        self.regions.iter_mut().for_each(|region| region.y += by);
        self
    }
}

impl Candidate {
    /// The line with the upright lines that stand at its ends.
    fn at(fields: &Fields, plane: &ArrayView2<u8>) -> Self {
        let Fields { first, last } = fields;
        let level = DrawnLine { end: last.end, end_is_crisp: last.end_is_crisp, ..*first };
        let left = upright_at(level.start, level.start_is_crisp, -1.0, &level, plane);
        let right = upright_at(level.end, level.end_is_crisp, 1.0, &DrawnLine { dark: last.dark, ..level }, plane);
        Self { level, left, right }
    }

    /// The upright lines at its ends.
    fn uprights(&self) -> impl Iterator<Item = &DrawnLine> {
        self.left.iter().chain(&self.right)
    }

    /// Whether it is a side of a rectangle: the uprights at both its ends are long, or lead to a parallel line.
    fn is_part_of_a_frame(&self, lines: &[DrawnLine]) -> bool {
        let (Some(left), Some(right)) = (&self.left, &self.right) else { return false };
        let long = |upright: &DrawnLine| upright.length() > 0.5 * self.level.length();
        let closes = |other: &DrawnLine| {
            let apart = (other.top - self.level.top).abs();
            let reaches = |upright: &DrawnLine| upright.start < other.bottom + 2.0 && upright.end > other.top - 2.0;
            apart > 3.0
                && (other.start - self.level.start).abs() < 6.0
                && (other.end - self.level.end).abs() < 6.0
                && reaches(left)
                && reaches(right)
        };
        long(left) && long(right) || lines.iter().any(closes)
    }

    /// The length of the upright leg of an L, from the level line's outer edge to its far end: as long as the level one, or as what is seen
    /// of it or more where a hair hides the rest.
    fn leg(&self, level: Option<f64>) -> Option<f64> {
        let far_end = |upright: &DrawnLine| {
            let upward = (upright.end - self.level.bottom).abs() < (upright.start - self.level.top).abs();
            let (crisp, length) = if upward {
                (upright.start_is_crisp, self.level.bottom - upright.start)
            } else {
                (upright.end_is_crisp, upright.end - self.level.top)
            };
            crisp.then_some(length)
        };
        let fits = |length: &f64| match level {
            Some(level) => (length - level).abs() < 2.0 * self.level.thickness(),
            None => (0.95..1.6).contains(&(length / self.level.length())),
        };
        self.uprights().filter_map(far_end).find(fits)
    }

    /// The bar this is, with its rank among others, if its ends are well seen.
    fn measure(self, plane: &ArrayView2<u8>) -> Option<(ScaleBar, u8)> {
        let start = self.left.map_or(self.level.start, |upright| upright.top);
        let end = self.right.map_or(self.level.end, |upright| upright.bottom);
        let seen = |crisp: bool, upright: Option<DrawnLine>| crisp || upright.is_some();
        let level = (seen(self.level.start_is_crisp, self.left) && seen(self.level.end_is_crisp, self.right)).then_some(end - start);
        let upright = self.leg(level);
        let pen = self.uprights().map(DrawnLine::thickness).fold(0.0, f64::max).min(self.level.thickness());
        let one_upright = self.left.is_some() != self.right.is_some();
        let (length, doubt) = match (level, upright) {
            (Some(level), Some(upright)) => (level.max(upright), (level - upright).abs()),
            // One leg of an L alone may be the short one.
            (Some(level), None) if one_upright => (level + pen / 2.0, pen),
            (Some(length), None) | (None, Some(length)) => (length, pen),
            (None, None) => return None,
        };
        // Two ends, and a doubt spread evenly over its range.
        let standard_error = (2.0 * END_ERROR.powi(2) + doubt.powi(2) / 12.0).sqrt();
        let rank = if upright.is_some() { 2 } else { u8::from(self.left.is_some() && self.right.is_some()) };
        let bar = ScaleBar { length: Pixels(length), standard_error: Pixels(standard_error), regions: self.regions(start, end, plane) };
        Some((bar, rank))
    }

    /// What the bar, its uprights and its label cover.
    fn regions(&self, start: f64, end: f64, plane: &ArrayView2<u8>) -> Vec<Rect> {
        const MARGIN: f64 = 2.0;
        let rect = |x0: f64, y0: f64, x1: f64, y1: f64| Rect {
            x: x0 - MARGIN,
            y: y0 - MARGIN,
            w: x1 - x0 + 2.0 * MARGIN,
            h: y1 - y0 + 2.0 * MARGIN,
        };
        let mut regions = vec![rect(start, self.level.top, end, self.level.bottom)];
        regions.extend(self.uprights().map(|u| rect(u.top, u.start.min(self.level.top), u.bottom, u.end.max(self.level.bottom))));
        let label = label(&self.level, plane, &regions);
        regions.extend(label.map(|[x0, y0, x1, y1]| rect(x0, y0, x1, y1)));
        regions
    }
}

/// The upright line through one end of a level line, in the coordinates of the transposed plane: its top is its left edge.
///
/// Where a hair hides the end, the corner is sought further `outward` (−1 or 1), and only a leg that makes an L with equal legs, or may make one under another
/// hair, is one.
fn upright_at(x: f64, crisp: bool, outward: f64, level: &DrawnLine, plane: &ArrayView2<u8>) -> Option<DrawnLine> {
    let (near, hidden) = (level.thickness() + 4.0, 0.35 * level.length());
    let further = if crisp { near } else { hidden };
    let height = if level.start_is_crisp && level.end_is_crisp { 1.15 } else { 1.8 } * level.length();
    let rows = span(level.top - height, level.bottom + height, plane.nrows());
    let (inner, outer) = (x - outward * near, x + outward * further);
    let columns = span(inner.min(outer) - level.thickness() - 8.0, inner.max(outer) + level.thickness() + 8.0, plane.ncols());
    let (row, column) = (rows.start as f64, columns.start as f64);
    let part = plane.slice_axis(Axis(0), rows.into());
    let part = part.slice_axis(Axis(1), columns.into());
    let search = LineSearch {
        length: (3.0 * level.thickness()).max(8.0) as usize,
        thickness: (2.0 * level.thickness() + 2.0) as usize,
        slender: 0,
        bridge: (level.length() / 3.0) as usize,
    };
    let stands_at_the_end = |l: &DrawnLine| {
        let touches = l.start < level.bottom + 3.0 && l.end > level.top - 3.0;
        touches && l.top < x + near && l.bottom > x - near
    };
    let makes_an_l = |l: &DrawnLine| {
        let level_length = if outward < 0.0 { level.end - l.top } else { l.bottom - level.start };
        let leg_length = if l.start < level.top { level.bottom - l.start } else { l.end - level.top };
        let far_end = if l.start < level.top { l.start_is_crisp } else { l.end_is_crisp };
        let equal = far_end && (level_length - leg_length).abs() < 2.0 * level.thickness();
        let long = !far_end && leg_length > 0.5 * level_length;
        !crisp && (equal || long)
    };
    level_lines(&part.reversed_axes(), &search)
        .into_iter()
        .map(|l| DrawnLine { top: l.top + column, bottom: l.bottom + column, start: l.start + row, end: l.end + row, ..l })
        .filter(|l| l.dark == level.dark && (stands_at_the_end(l) || makes_an_l(l)))
        .max_by(|a, b| a.length().total_cmp(&b.length()))
}

/// Left, top, right and bottom of the bar's label: a box near it, else the hard-edged text above, below or beside it; `bar` is what is no label.
fn label(level: &DrawnLine, plane: &ArrayView2<u8>, bar: &[Rect]) -> Option<[f64; 4]> {
    let length = level.length();
    let rows = span(level.top - 0.3 * length, level.bottom + 0.3 * length, plane.nrows());
    let columns = span(level.start - 0.5 * length, level.end + 0.6 * length, plane.ncols());
    let (row, column) = (rows.start as f64, columns.start as f64);
    let part = plane.slice_axis(Axis(0), rows.into());
    let part = part.slice_axis(Axis(1), columns.into());
    let edges = level_edges(
        &part,
        &EdgeSearch { least: LABEL_STEP, piece: 8, gap: (0.1 * length) as usize, length: (0.1 * length).max(12.0) as usize },
    );
    let near = |a: usize, b: usize| a.abs_diff(b) <= 4;
    for upper in &edges {
        let lower = edges.iter().find(|e| {
            let height = e.row.saturating_sub(upper.row) as f64;
            e.rising != upper.rising
                && near(e.start, upper.start)
                && near(e.end, upper.end)
                && height > (0.03 * length).max(8.0)
                && height < 0.3 * length
        });
        let beside = |e: &LevelEdge| (e.row as f64 + row) < level.top - 3.0 || (e.row as f64 + row) > level.bottom + 3.0;
        if let Some(lower) = lower.filter(|lower| beside(upper) && beside(lower)) {
            let (x0, x1) = (upper.start.min(lower.start) as f64 + column, upper.end.max(lower.end) as f64 + column);
            return Some([x0, upper.row as f64 + row, x1, lower.row as f64 + 1.0 + row]);
        }
    }
    text_around(&part, |r, c| bar.iter().any(|rect| rect.contains(Point::new(c as f64 + column, r as f64 + row))), length)
        .map(|[x0, y0, x1, y1]| [x0 + column, y0 + row, x1 + column, y1 + row])
}

/// The surroundings of the middle one of the hard steps along rows that letters have; `None` where there are too few for a letter or two.
fn text_around(part: &ArrayView2<u8>, on_bar: impl Fn(usize, usize) -> bool, length: f64) -> Option<[f64; 4]> {
    let is_hard = |r: usize, c: usize| c > 0 && part[[r, c]].abs_diff(part[[r, c - 1]]) > LETTER_STEP;
    let steps: Vec<(f64, f64)> =
        part.indexed_iter().filter(|&((r, c), _)| is_hard(r, c) && !on_bar(r, c)).map(|((r, c), _)| (c as f64, r as f64)).collect();
    if steps.len() < 30 {
        return None;
    }
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (x, y) = (middle(steps.iter().map(|s| s.0).collect()), middle(steps.iter().map(|s| s.1).collect()));
    let near = steps.iter().filter(|s| (s.0 - x).abs() < 0.2 * length && (s.1 - y).abs() < 0.06 * length);
    let [x0, y0, x1, y1] = near.fold([x, y, x, y], |[x0, y0, x1, y1], &(x, y)| [x0.min(x), y0.min(y), x1.max(x), y1.max(y)]);
    let margin = (y1 - y0) / 2.0;
    Some([x0 - margin, y0 - margin, x1 + margin, y1 + margin])
}

/// The whole pixels from one coordinate to another, held to a plane's extent.
fn span(from: f64, to: f64, count: usize) -> std::ops::Range<usize> {
    let first = (from.max(0.0) as usize).min(count);
    first..(to.max(0.0) as usize + 1).clamp(first, count)
}
