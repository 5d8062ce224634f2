//! Strands from what the learned detector says: its centerlines, followed from root to tip. Positions are in pixels of the answer.

use super::explain::{EXPLAINED, LEAST_CHANCE, chosen, explain};
use super::orient::near_border;
use super::rooted::{grown, onward};
use super::shaft::{quantile, smoothed};
use super::trace::{Traced, in_order};
use super::weigh::{CROSSES_NONE, Proposal, mean_along, most_near, placed, proposals};
use super::{End, Strand, Tone};
use crate::field::Field;
use crate::geometry::{Measured, Point, Polyline, Vector};
use crate::raster::{Mask, Plane, holds, sample};
use crate::segment::learned::Answer;
use crate::segment::steger::{self, LinePoint};
use crate::units::Pixels;

/// The standard deviation at which centerlines are looked for: half the half-width of a usual hair.
const SIGMA: f64 = 1.5;

/// The strengths at which centerlines begin and down to which they are followed; that of a usual hair's is about 0.4.
const BEGINS: f64 = 0.1;
const FOLLOWED: f64 = 0.03;

/// What is shorter, 90 µm, cannot be told from texture.
const LEAST_LENGTH: f64 = 9.0;

/// How near an end, in pixels of the answer, points may lie behind where it is moved to.
const NEAR_END: f64 = 10.0;

/// How far apart two pieces of one strand may lie: 200 µm, three hairs that cross.
const WIDEST_GAP: f64 = 20.0;

/// The strands the answer shows and those that the classical detector found as the answer bears them out, in photo pixels, from top to bottom
/// by root, ids ascending; widths are still to be measured.
///
/// Centerlines are cut where they bend sharply, where growth turns round and where a tip is followed by a root. Pieces that go on straight
/// across a gap are joined. Hair is also grown from the roots that are seen, through what crosses it. Ends lie where hair ends. Of those that
/// explain the same hair the likeliest is kept; what is unlikely is dropped, but for what only the ridges or only a root tell of. What is kept
/// and ends under other hair is carried on.
///
/// # Source
/// Ours.
pub fn follow(answer: &Answer, ridges: Vec<Traced>, field: &Field) -> Vec<Traced> {
    let mut strands = chosen(proposed(answer, ridges, field), answer, LEAST_CHANCE, &mut |_| ());
    let lines: Vec<Polyline> = strands.iter().map(|strand| placed(strand, answer)).collect();
    let mut explained = Mask::from_elem(answer.hair.dim(), false);
    lines.iter().flat_map(|line| &line.points).for_each(|p| explain(&mut explained, *p, EXPLAINED));
    for (strand, line) in strands.iter_mut().zip(&lines) {
        if let Some(longer) = carried_on(strand, line, &explained, answer, field) {
            (strand.strand.centerline, strand.strand.tip_end) = (longer.centerline, longer.tip_end);
        }
    }
    in_order(strands)
}

/// Every strand that the answer's lines and the classical detector propose, with what speaks for it.
pub fn proposed(answer: &Answer, ridges: Vec<Traced>, field: &Field) -> Vec<Proposal> {
    let lines = steger::lines(&answer.center, SIGMA, FOLLOWED, BEGINS);
    let pieces = lines.iter().flat_map(|line| pieces(line, answer)).collect();
    let rooted = grown(answer).into_iter().map(|line| Piece { width: width(&line, answer), line }).collect();
    let strands = |pieces: Vec<Piece>| {
        let ended = pieces.into_iter().map(|piece| ended(piece, answer)).filter(|piece| piece.line.length() > LEAST_LENGTH);
        ended.filter_map(|piece| traced(&piece, answer, field)).collect()
    };
    proposals(strands(joined(pieces, answer)), strands(rooted), ridges, answer)
}

/// A stretch of centerline that grows one way.
#[derive(Debug, Clone)]
struct Piece {
    /// From root to tip.
    line: Polyline,
    /// Edge to edge.
    width: f64,
}

impl Piece {
    fn root(&self) -> Point {
        self.line.points[0]
    }

    fn tip(&self) -> Point {
        self.line.points[self.line.points.len() - 1]
    }

    /// The direction in which it leaves its root, and the one in which it arrives at its tip, over so much of it.
    fn headings(&self, reach: f64) -> Option<(Vector, Vector)> {
        let length = self.line.length();
        Some((self.line.tangent(0.0, reach.min(length))?, self.line.tangent(length, reach.min(length))?))
    }
}

/// The stretches of a line that each grow one way.
fn pieces(line: &[LinePoint], answer: &Answer) -> Vec<Piece> {
    let raw = Polyline::new(line.iter().map(|p| p.at).collect());
    if raw.length() < 2.0 {
        return vec![];
    }
    let line = raw.resampled(1.0);
    let n = line.points.len();
    let measured = Measured::new(&line);
    let step = measured.length() / (n - 1) as f64;
    let forth: Vec<f64> = (0..n)
        .map(|i| {
            let tangent = measured.tangent(i as f64 * step, 2.0).unwrap_or_default();
            answer.direction(line.points[i]).dot(tangent)
        })
        .collect();
    let mut stretches = between_bends(&line);
    let mut pieces = vec![];
    while let Some((first, last)) = stretches.pop() {
        if last < first + 2 {
            continue;
        }
        // Which way it grows, by the direction along it and by the ends: 1 for surely forth, −1 for surely back, beyond that where both agree.
        let along = forth[first..=last].iter().sum::<f64>() / (last - first + 1) as f64;
        let sense = along + 0.5 * ends_sense(answer, line.points[first], line.points[last]);
        if let Some(cut) = turning_point(&forth, first, last) {
            stretches.extend([(first, cut), (cut, last)]);
        } else if let Some((end, start)) = two_in_line(&line, first, last, sense >= 0.0, answer) {
            stretches.extend([(first, end), (start, last)]);
        } else {
            let part = Polyline::new(line.points[first..=last].to_vec());
            let part = if sense >= 0.0 { part } else { part.reversed() };
            pieces.push(Piece { width: width(&part, answer), line: part });
        }
    }
    pieces
}

/// How far the ends of a stretch look like a root and a tip, in this order, −2 to 2.
fn ends_sense(answer: &Answer, first: Point, last: Point) -> f64 {
    most_near(&answer.root, first) - most_near(&answer.root, last) + most_near(&answer.tip, last) - most_near(&answer.tip, first)
}

/// The stretches of a line between bends too sharp for hair, as first and last point.
fn between_bends(line: &Polyline) -> Vec<(usize, usize)> {
    const ARM: usize = 4;
    const SHARP: f64 = 0.7;
    let points = &line.points;
    let turn = |i: usize| {
        let (before, after) = (points[i] - points[i - ARM], points[i + ARM] - points[i]);
        before.cross(after).atan2(before.dot(after)).abs()
    };
    let (mut stretches, mut start, mut i) = (vec![], 0, ARM);
    while i + ARM < points.len() {
        if turn(i) > SHARP && (i..(i + ARM).min(points.len() - ARM)).all(|j| turn(j) <= turn(i)) {
            stretches.push((start, i));
            start = i;
            i += ARM;
        } else {
            i += 1;
        }
    }
    stretches.push((start, points.len() - 1));
    stretches
}

/// Where a stretch falls into two that surely grow against each other.
fn turning_point(forth: &[f64], first: usize, last: usize) -> Option<usize> {
    const SHORTEST: usize = 4;
    const GAIN: f64 = 4.0;
    let total: f64 = forth[first..=last].iter().sum();
    let (mut before, mut best) = (0.0, (total.abs() + GAIN, None));
    for (cut, here) in forth.iter().enumerate().take(last).skip(first) {
        before += here;
        let after = total - before;
        let split = before.abs() + after.abs();
        if before * after < 0.0 && cut >= first + SHORTEST && cut + SHORTEST <= last && split > best.0 {
            best = (split, Some(cut));
        }
    }
    best.1
}

/// Where within a stretch one hair's tip is followed by the root of the next.
fn two_in_line(line: &Polyline, first: usize, last: usize, forth: bool, answer: &Answer) -> Option<(usize, usize)> {
    const SHORTEST: usize = 4;
    const APART: usize = 12;
    const SEEN: f32 = 0.35;
    let (ends, begins) = if forth { (&answer.tip, &answer.root) } else { (&answer.root, &answer.tip) };
    let inner = first + SHORTEST..last.saturating_sub(SHORTEST);
    let mut best = (2.5 * SEEN, None);
    for i in inner.clone() {
        let end = sample(ends, line.points[i]);
        if end <= SEEN {
            continue;
        }
        for j in i..(i + APART).min(inner.end) {
            let begin = sample(begins, line.points[j]);
            if begin > SEEN && end + begin > best.0 {
                best = (end + begin, Some((i, j)));
            }
        }
    }
    best.1
}

/// The median width of the hair about a line, to where it ends or a neighbor's centerline rises.
fn width(line: &Polyline, answer: &Answer) -> f64 {
    let n = line.points.len();
    let measured = Measured::new(line);
    let step = measured.length() / (n - 1).max(1) as f64;
    let side = |at: Point, outward: Vector| {
        let (mut d, mut low) = (0.0, 1.0f32);
        while d < 8.0 {
            d += 0.25;
            let place = at + outward * d;
            let center = sample(&answer.center, place);
            if sample(&answer.hair, place) < 0.5 || center > low + 0.1 {
                return d;
            }
            low = low.min(center);
        }
        d
    };
    let widths: Vec<f64> = (0..n)
        .map(|i| {
            let across = measured.tangent(i as f64 * step, 2.0).unwrap_or_default().normal();
            side(line.points[i], across) + side(line.points[i], -across)
        })
        .collect();
    quantile(&widths, 0.5).unwrap_or(1.0)
}

/// Pieces that go on straight across a gap become one; every end is joined once, the best fits first.
fn joined(pieces: Vec<Piece>, answer: &Answer) -> Vec<Piece> {
    let n = pieces.len();
    let mut joints = vec![];
    for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|(i, j)| i != j) {
        joints.extend(joint_cost(&pieces[i], &pieces[j], answer).map(|cost| (cost, i, j)));
    }
    joints.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut next, mut previous) = (vec![None; n], vec![None; n]);
    let mut chain: Vec<usize> = (0..n).collect();
    for (_, i, j) in joints {
        if next[i].is_none() && previous[j].is_none() && chain[i] != chain[j] {
            (next[i], previous[j]) = (Some(j), Some(i));
            let (keep, gone) = (chain[i], chain[j]);
            chain.iter_mut().filter(|c| **c == gone).for_each(|c| *c = keep);
        }
    }
    (0..n)
        .filter(|i| previous[*i].is_none())
        .map(|start| {
            let chain: Vec<&Piece> = std::iter::successors(Some(start), |i| next[*i]).map(|i| &pieces[i]).collect();
            let length: f64 = chain.iter().map(|piece| piece.line.length()).sum();
            let width = chain.iter().map(|piece| piece.width * piece.line.length()).sum::<f64>() / length;
            let points = chain.iter().flat_map(|piece| piece.line.points.iter().copied()).collect();
            Piece { line: Polyline::new(points), width }
        })
        .collect()
}

/// How ill the tip of one piece fits the root of another; `None` when they are not one strand.
fn joint_cost(a: &Piece, b: &Piece, answer: &Answer) -> Option<f64> {
    let (end, start) = (a.tip(), b.root());
    let gap = end.distance(start);
    if gap > WIDEST_GAP {
        return None;
    }
    let (leaving, entering) = (a.headings(8.0)?.1, b.headings(8.0)?.0);
    let turn = leaving.cross(entering).atan2(leaving.dot(entering)).abs();
    let ahead = (start - end).dot(leaving);
    let across = (start - end).cross(leaving).abs().min((start - end).cross(entering).abs());
    if turn > 0.6 || ahead < -3.0 || across > 1.5 + 0.2 * gap {
        return None;
    }
    // Across a gap something must be seen of the shaft or of what hides it, and neither a tip nor a root.
    let bridge = (1..8).map(|i| f64::from(sample(&answer.hair, end.lerp(start, f64::from(i) / 8.0)))).sum::<f64>() / 7.0;
    let stop = f64::from(sample(&answer.tip, end).max(sample(&answer.root, start)));
    if (bridge < 0.3 && gap > 4.0) || (stop > 0.5 && gap > 2.0) {
        return None;
    }
    Some(2.0 * turn + 0.3 * across + 0.1 * gap + 0.5 * (a.width / b.width).ln().abs() + stop)
}

/// The piece with its ends moved to where hair begins and ends.
fn ended(piece: Piece, answer: &Answer) -> Piece {
    let Some((first, last)) = piece.headings(6.0) else { return piece };
    let out = |from: Point, heading: Vector| {
        let inner = from - heading * 2.0;
        let steps = (0..28).take_while(|i| sample(&answer.hair, inner + heading * (0.25 * f64::from(i + 1))) > 0.5).count();
        inner + heading * (0.25 * steps as f64)
    };
    let (root, tip) = (out(piece.root(), -first), out(piece.tip(), last));
    // Only near the ends may a point lie behind its new end: a curl turns back on itself elsewhere.
    let behind = |p: Point, end: Point, inward: Vector| (p - end).dot(inward) <= 0.5 && p.distance(end) < NEAR_END;
    let inner = piece.line.points.iter().copied().filter(|p| !behind(*p, root, first) && !behind(*p, tip, -last));
    let line = Polyline::new(std::iter::once(root).chain(inner).chain([tip]).collect());
    Piece { line: smoothed(&line, 1.2 * piece.width), ..piece }
}

/// The strand in photo pixels, not yet weighed; `None` when it has no direction.
fn traced(piece: &Piece, answer: &Answer, field: &Field) -> Option<Traced> {
    let (first, last) = piece.headings(6.0)?;
    let reach = 0.6 * piece.width * answer.factor;
    let end = |at: Point, outward: Vector, kind: End, heat: &Plane| match () {
        () if near_border(answer.to_photo(at), field, reach) => End::Border,
        // Hair that runs on beyond where this one stops being seen, and no end in sight: something lies over it.
        () if most_near(heat, at) < 0.2 && sample(&answer.hair, at + outward * (0.6 * piece.width + 1.0)) > 0.5 => End::Occluded,
        () => kind,
    };
    let strand = Strand {
        id: 0,
        root_end: end(piece.root(), -first, End::Root, &answer.root),
        tip_end: end(piece.tip(), last, End::Tip, &answer.tip),
        centerline: Polyline::new(piece.line.resampled(2.0).points.into_iter().map(|p| answer.to_photo(p)).collect()),
        width: None,
        estimate: None,
        tone: tone(piece, answer),
        confidence: 0.0,
    };
    Some(Traced { strand, rough_width: Pixels(piece.width * answer.factor), ridge: 0.0 })
}

/// A strand carried on from a tip that was not seen, where its hair goes on under what crosses it: out of the photo or farther than clipped hair crosses
/// other hair, and with more of it on no other strand than any gap is wide. What goes on for less is as often a neighbor's.
fn carried_on(strand: &Traced, line: &Polyline, explained: &Mask, answer: &Answer, field: &Field) -> Option<Strand> {
    if strand.strand.tip_end == End::Border || most_near(&answer.tip, *line.points.last()?) >= TIP_SEEN {
        return None;
    }
    let on = onward(answer, line)?;
    let more = &on.points[line.points.len()..];
    let far = more.len() as f64 > CROSSES_NONE;
    if more.iter().filter(|p| !holds(explained, **p)).count() as f64 <= WIDEST_GAP {
        return None;
    }
    let piece = ended(Piece { width: strand.rough_width.0 / answer.factor, line: on }, answer);
    let longer = traced(&piece, answer, field)?.strand;
    (far || longer.tip_end == End::Border).then_some(longer)
}

/// From this heat on a tip is where hair ends.
const TIP_SEEN: f64 = 0.4;

/// Dark or light, by the light along the middle half of the strand against that of the skin around.
fn tone(piece: &Piece, answer: &Answer) -> Tone {
    if mean_along(&answer.light, &piece.line) <= 0.0 { Tone::Dark } else { Tone::Light }
}
