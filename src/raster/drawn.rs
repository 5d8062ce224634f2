//! Straight lines drawn along a row by a program: exactly level, crisp, and of one color.

use super::edges::{EdgeSearch, LevelEdge, level_edges};
use super::{median, of_white};
use ndarray::ArrayView2;

/// A level line, its extent in the coordinates of pixel centers: a pixel at 7 stretches from 6.5 to 7.5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawnLine {
    /// Its upper edge.
    pub top: f64,
    /// Its lower edge.
    pub bottom: f64,
    /// Its left end, as far as it was followed.
    pub start: f64,
    /// Its right end, as far as it was followed.
    pub end: f64,
    /// Whether the line breaks off sharply at its left end.
    pub start_is_crisp: bool,
    /// Whether the line breaks off sharply at its right end.
    pub end_is_crisp: bool,
    /// Whether it is darker than what it lies on.
    pub dark: bool,
}

impl DrawnLine {
    /// Its length.
    pub fn length(&self) -> f64 {
        self.end - self.start
    }

    /// Its thickness.
    pub fn thickness(&self) -> f64 {
        self.bottom - self.top
    }
}

/// What counts as a drawn line, in pixels.
#[derive(Debug, Clone, Copy)]
pub struct LineSearch {
    /// The shortest line.
    pub length: usize,
    /// The thickest line.
    pub thickness: usize,
    /// How many times as long as thick a line is at least where it is seen without a break.
    pub slender: usize,
    /// The longest stretch over which a line may be lost on ground as dark (or light) as itself.
    pub bridge: usize,
}

/// The smallest step of an edge worth following, in shades.
const LEAST_STEP: u8 = 10;

/// How many rows of ground on either side a line is held against: a soft edge is not over within fewer.
const MARGIN: usize = 5;

/// How many lower edges are tried for an upper one: between those of a line lie few, but a photo of nothing but edges has no end of them.
const MOST_TRIED: usize = 16;

/// Every level line in what is in shades of gray, ordered by row, then column; for upright lines, pass the transpose.
///
/// A line may be semi-transparent and may cross ground of its own tone, where it cannot be seen. A hair is not a line: its edges are soft,
/// or wander, or slant.
pub fn level_lines(shades: &ArrayView2<u8>, search: &LineSearch) -> Vec<DrawnLine> {
    let piece = (search.length / 4).max(6);
    let edges = level_edges(shades, &EdgeSearch { least: LEAST_STEP, piece, gap: 0, length: piece });
    let mut lines: Vec<DrawnLine> = vec![];
    for first in &edges {
        let below = edges[edges.partition_point(|e| e.row <= first.row)..].iter().take_while(|e| e.row <= first.row + search.thickness);
        for second in below.filter(|e| is_other_side(first, e, search)).take(MOST_TRIED) {
            let (start, end) = (first.start.max(second.start), first.end.min(second.end));
            let known = lines.iter().any(|l| {
                let mid = (first.row + second.row + 1) as f64 / 2.0;
                // Beyond its own half another may lie right beside it.
                let same = l.thickness().min(4.0).max(l.thickness() / 2.0).max(2.0);
                (mid - (l.top + l.bottom) / 2.0).abs() < same && start as f64 >= l.start - 2.0 && (end as f64) <= l.end + 2.0
            });
            if !known && let Some(line) = follow(shades, first.row, second.row, start, end, !first.rising, search) {
                lines.push(line);
                break;
            }
        }
    }
    lines
}

/// Whether `second` can be the lower edge to the upper edge `first`.
fn is_other_side(first: &LevelEdge, second: &LevelEdge, search: &LineSearch) -> bool {
    let overlap = first.end.min(second.end).saturating_sub(first.start.max(second.start));
    second.rising != first.rising
        && second.row > first.row
        && second.row <= first.row + search.thickness
        && overlap >= search.slender * (second.row - first.row)
        && overlap * 10 >= 7 * (first.end - first.start).min(second.end - second.start)
}

/// What one column across a line shows.
#[derive(Clone, Copy)]
struct Crossing {
    /// The line itself.
    inside: f32,
    /// The ground on its two sides, the side more like the line first.
    ground: [f32; 2],
}

/// The line whose edges were seen after rows `upper` and `lower` from `start` to `end`, followed both ways to its ends, if it is one.
fn follow(
    shades: &ArrayView2<u8>,
    upper: usize,
    lower: usize,
    start: usize,
    end: usize,
    dark: bool,
    search: &LineSearch,
) -> Option<DrawnLine> {
    let (rows, columns) = shades.dim();
    if upper < MARGIN || lower + 1 + MARGIN >= rows {
        return None;
    }
    // Everything below thinks of a dark line; a light one is turned over.
    let value = |row: usize, column: usize| of_white(if dark { shades[[row, column]] } else { 255 - shades[[row, column]] });
    let across = |column: usize| {
        let inside = (upper + 1..=lower).map(|row| value(row, column)).sum::<f32>() / (lower - upper) as f32;
        let above = (value(upper - 1, column) + value(upper - 2, column)) / 2.0;
        let below = (value(lower + 2, column) + value(lower + 3, column)) / 2.0;
        Crossing { inside, ground: if above < below { [above, below] } else { [below, above] } }
    };
    let contrast = |c: &Crossing| (c.ground[0] + c.ground[1]) / 2.0 - c.inside;
    let seen: Vec<Crossing> = (start..end).map(across).collect();
    let typical = median(seen.iter().map(contrast));
    let color = median(seen.iter().map(|c| c.inside));
    if typical < of_white(LEAST_STEP) {
        return None;
    }
    // Shown: the line stands out on both sides. Hidden: the ground is about as dark as the line or darker, so that it could not stand out;
    // an opaque line keeps its color there, a semi-transparent one is darker still.
    let shown = |c: &Crossing| c.ground[0] - c.inside > 0.4 * typical && (c.inside - color).abs() < 0.6 * typical;
    let hidden = |c: &Crossing| c.ground[0] < color + 0.6 * typical && c.inside < color + 0.15 * typical + 0.012;
    let (first, last) = (
        reach((0..start).rev().map(across), search.bridge, shown, hidden).map_or(start, |n| start - n),
        reach((end..columns).map(across), search.bridge, shown, hidden).map_or(end, |n| end + n),
    );
    // Most are hairs that lie level: few columns tell.
    if last - first < search.length {
        return None;
    }
    let crossings: Vec<Crossing> = (0..columns).map(across).collect();
    let whole = &crossings[first..last];
    let visible: Vec<usize> = (first..last).filter(|&x| shown(&crossings[x])).collect();
    let excused = whole.iter().filter(|c| !shown(c) && hidden(c)).count();
    if visible.len() * 5 < (last - first) * 2 || visible.len() * 100 < (whole.len() - excused) * 88 {
        return None;
    }
    if !of_one_color(&visible, &crossings, typical) {
        return None;
    }
    let (top, bottom) = straight_edges(&visible, upper, lower, value)?;

    let (start, start_is_crisp) = end_of(&crossings, first, -1, typical);
    let (end, end_is_crisp) = end_of(&crossings, last - 1, 1, typical);
    Some(DrawnLine { top, bottom, start, end, start_is_crisp, end_is_crisp, dark })
}

/// How many further columns the line goes on for, hidden stretches of at most `bridge` between shown ones included.
fn reach(
    onward: impl Iterator<Item = Crossing>,
    bridge: usize,
    shown: impl Fn(&Crossing) -> bool,
    hidden: impl Fn(&Crossing) -> bool,
) -> Option<usize> {
    let (mut last, mut since, mut strange, mut again) = (None, 0, 0, 0);
    for (i, crossing) in onward.enumerate() {
        since += 1;
        if shown(&crossing) {
            again += 1;
            // After a hidden stretch a few columns prove nothing.
            if since <= 3 || again >= 6 {
                (last, since, strange) = (Some(i + 1), 0, 0);
            }
        } else {
            again = 0;
            strange += usize::from(!hidden(&crossing));
        }
        if since > bridge || strange > 12 {
            break;
        }
    }
    last
}

/// Whether the line has one color, or one semi-transparent color over the ground: what is left after a straight-line fit is noise.
fn of_one_color(visible: &[usize], crossings: &[Crossing], typical: f32) -> bool {
    let n = visible.len() as f32;
    let pairs = || visible.iter().map(|&x| ((crossings[x].ground[0] + crossings[x].ground[1]) / 2.0, crossings[x].inside));
    let (mean_ground, mean_inside) = (pairs().map(|p| p.0).sum::<f32>() / n, pairs().map(|p| p.1).sum::<f32>() / n);
    let spread: f32 = pairs().map(|(g, _)| (g - mean_ground).powi(2)).sum();
    let together: f32 = pairs().map(|(g, i)| (g - mean_ground) * (i - mean_inside)).sum();
    let slope = if spread > 0.0 { (together / spread).clamp(0.0, 1.0) } else { 0.0 };
    let left: f32 = pairs().map(|(g, i)| (i - mean_inside - slope * (g - mean_ground)).powi(2)).sum();
    (left / n).sqrt() < 0.12 * typical + 0.012
}

/// The upper and lower edges, if both are crisp and stay at their place to a small part of a pixel from end to end.
fn straight_edges(visible: &[usize], upper: usize, lower: usize, value: impl Fn(usize, usize) -> f32) -> Option<(f64, f64)> {
    let (from, to) = (upper - MARGIN, lower + 1 + MARGIN);
    let profile = |columns: &[usize]| -> Vec<f64> {
        (from..=to).map(|row| columns.iter().map(|&x| f64::from(value(row, x))).sum::<f64>() / columns.len() as f64).collect()
    };
    let edges = |profile: &[f64]| -> Option<(f64, f64)> {
        let inside = profile.iter().copied().fold(f64::INFINITY, f64::min);
        let reversed: Vec<f64> = profile.iter().rev().copied().collect();
        let top = from as f64 + half_way(profile, inside)?;
        let bottom = to as f64 - half_way(&reversed, inside)?;
        (bottom > top).then_some((top, bottom))
    };
    let mean = profile(visible);
    let (top, bottom) = edges(&mean)?;
    let third = visible.len().div_ceil(3);
    for part in visible.chunks(third).filter(|part| part.len() * 2 > third) {
        let (t, b) = edges(&profile(part))?;
        if (t - top).abs() > 0.2 || (b - bottom).abs() > 0.2 {
            return None;
        }
    }
    Some((top, bottom))
}

/// Where a profile that begins outside the line falls half the way to `inside`, if it does so within two pixels.
fn half_way(profile: &[f64], inside: f64) -> Option<f64> {
    let outside = (profile[0] + profile[1]) / 2.0;
    let level = |share: f64| {
        let target = outside + (inside - outside) * share;
        let i = profile.windows(2).position(|w| w[0] > target && w[1] <= target)?;
        Some(i as f64 + (profile[i] - target) / (profile[i] - profile[i + 1]))
    };
    (level(0.85)? - level(0.15)? < 2.2).then(|| level(0.5)).flatten()
}

/// Where the line ends beyond its last shown column, going left (−1) or right (1), and whether it breaks off sharply there.
fn end_of(crossings: &[Crossing], last: usize, way: isize, typical: f32) -> (f64, bool) {
    let at = |offset: isize| last.checked_add_signed(offset * way).and_then(|x| crossings.get(x));
    let contrast = |c: &Crossing| (c.ground[0] + c.ground[1]) / 2.0 - c.inside;
    let local = median((-14..=-2).filter_map(at).map(contrast)).max(0.3 * typical);
    let share = |offset: isize| at(offset).map_or(0.0, |c| f64::from(contrast(c) / local).clamp(0.0, 1.0));
    // Half way down between two neighboring columns.
    let half = (-3..4).find(|&o| share(o) > 0.5 && share(o + 1) <= 0.5);
    let Some(before) = half else { return (last as f64 + 0.5 * way as f64, false) };
    let t = (share(before) - 0.5) / (share(before) - share(before + 1));
    let mean = |from: isize, to: isize| (from..=to).map(share).sum::<f64>() / (to - from + 1) as f64;
    // Where what lies beyond is as dark as the line, the line may go on unseen.
    let inside = median((-14..=-2).filter_map(at).map(|c| c.inside));
    let open = (2..=8).filter_map(|o| at(before + o)).filter(|c| c.inside > inside + 0.2 * typical).count() >= 5;
    let crisp = open && mean(before - 5, before - 2) > 0.7 && mean(before + 3, before + 6) < 0.3;
    (last as f64 + way as f64 * (before as f64 + t), crisp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Shades;
    use ndarray::Axis;

    const SEARCH: LineSearch = LineSearch { length: 40, thickness: 12, slender: 2, bridge: 30 };

    fn shade(of_white: f32) -> u8 {
        (255.0 * of_white).round() as u8
    }

    /// Skin-like ground with a bar of these edges, drawn with exact coverage of part-covered pixels.
    fn bar(top: f64, bottom: f64, start: f64, end: f64) -> Shades {
        let cover = |i: usize, a: f64, b: f64| ((i as f64 + 0.5).min(b) - (i as f64 - 0.5).max(a)).clamp(0.0, 1.0);
        Shades::from_shape_fn((40, 200), |(r, c)| {
            let ground = 0.6 + 0.02 * ((r * 7 + c * 13) % 5) as f64 / 5.0;
            let covered = cover(r, top, bottom) * cover(c, start, end);
            shade((ground * (1.0 - covered) + 0.15 * covered) as f32)
        })
    }

    #[test]
    fn nothing_is_drawn_on_flat_or_tiny_planes() {
        for shape in [(0, 0), (1, 1), (5, 300), (40, 200)] {
            assert!(level_lines(&Shades::from_elem(shape, 128).view(), &SEARCH).is_empty());
        }
    }

    #[test]
    fn extent_is_known_to_a_tenth_of_a_pixel() {
        for (top, bottom, start, end) in [(18.5, 20.5, 29.5, 151.5), (18.2, 22.4, 30.1, 150.8), (17.5, 25.5, 30.5, 140.2)] {
            let lines = level_lines(&bar(top, bottom, start, end).view(), &SEARCH);
            assert_eq!(lines.len(), 1, "{top} to {bottom}: {lines:?}");
            let found = lines[0];
            for (seen, drawn) in [(found.top, top), (found.bottom, bottom), (found.start, start), (found.end, end)] {
                assert!((seen - drawn).abs() < 0.15, "{seen} for {drawn}");
            }
            assert!(found.dark && found.start_is_crisp && found.end_is_crisp);
        }
    }

    #[test]
    fn a_light_line_is_the_dark_one_turned_over() {
        let dark = bar(18.5, 20.5, 29.5, 151.5);
        let lines = level_lines(&dark.mapv(|v| 255 - v).view(), &SEARCH);
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].dark && (lines[0].length() - 122.0).abs() < 0.3);
    }

    #[test]
    fn a_line_is_followed_through_a_hair_it_cannot_be_seen_on() {
        let mut shades = bar(18.5, 20.5, 29.5, 151.5);
        shades.slice_axis_mut(Axis(1), (70..90).into()).fill(shade(0.15));
        let lines = level_lines(&shades.view(), &SEARCH);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!((lines[0].length() - 122.0).abs() < 0.4);
    }

    #[test]
    fn a_soft_or_slanted_stroke_is_no_drawn_line() {
        let soft = Shades::from_shape_fn((40, 200), |(r, c)| {
            let inside = (30..150).contains(&c);
            shade(0.6 - if inside { 0.45 * (-((r as f32 - 19.5) / 3.0).powi(2)).exp() } else { 0.0 })
        });
        assert_eq!(level_lines(&soft.view(), &SEARCH), []);
        let slanted = Shades::from_shape_fn((40, 200), |(r, c)| {
            let from_axis = r as f32 - 19.5 - 0.01 * (c as f32 - 90.0);
            shade(0.6 - 0.45 * (2.5 - from_axis.abs()).clamp(0.0, 1.0) * if (30..150).contains(&c) { 1.0 } else { 0.0 })
        });
        assert_eq!(level_lines(&slanted.view(), &SEARCH), []);
    }
}
