//! A shaft as first seen: a stretch of line centered between its edges and cut at its ends, in working pixels.

use crate::geometry::{Point, Polyline, Vector};
use crate::raster::{Plane, sample};
use crate::segment::steger::Line;
use crate::segment::{Contrast, Tone};

/// The least contrast, in natural-log units of light, at which a line is looked at as hair: a tenth of the light.
const LEAST_CONTRAST: f64 = 0.1;

/// A shaft as first seen, in working pixels, its ends not yet told apart.
#[derive(Debug, Clone)]
pub(super) struct Shaft {
    /// From either end to the other.
    pub(super) line: Polyline,
    /// Edge to edge.
    pub(super) width: f64,
    /// Contrast against the skin, in natural-log units of light.
    pub(super) height: f64,
    /// Dark or light.
    pub(super) tone: Tone,
}

/// The half-widths to either side of a place, where the contrast falls to half or dips into a seam before a neighbor.
fn edges(plane: &Plane, at: Point, along: Vector, reach: f64) -> Option<(f64, f64, f64)> {
    let across = along.normal();
    // A stretch of shaft is averaged, so that specks of glare do not pass for edges.
    let mean = |offset: f64| {
        [-3.0, -1.5, 0.0, 1.5, 3.0].iter().map(|d| f64::from(sample(plane, at + across * offset + along * *d))).sum::<f64>() / 5.0
    };
    let top = mean(0.0);
    let side = |sign: f64| {
        let (mut low, mut low_at) = (top, 0.0);
        let mut offset = 0.0;
        while offset < reach {
            offset += 0.5;
            let value = mean(sign * offset);
            if value < 0.5 * top {
                return Some(offset);
            }
            if value < low {
                (low, low_at) = (value, offset);
            } else if value > low + 0.12 * top && low < 0.85 * top {
                return Some(low_at);
            }
        }
        None
    };
    Some((side(-1.0)?, side(1.0)?, top))
}

/// The shafts a line runs along: none, one, or several side by side.
pub(super) fn shafts_along(contrast: &Contrast, line: &Line, stroke: f64) -> Vec<Shaft> {
    let plane = &contrast.plane;
    let raw = Polyline::new(line.iter().map(|p| p.at).collect());
    straight_runs(&raw, stroke)
        .into_iter()
        .filter_map(|run| {
            let run = cut_to_shaft(&run, plane)?;
            let centered = recentered(&run, plane, stroke)?;
            extended(centered, plane, contrast.tone)
        })
        .flat_map(|shaft| side_by_side(shaft, plane, stroke))
        .collect()
}

/// The stretches of a line between sharp bends.
fn straight_runs(line: &Polyline, stroke: f64) -> Vec<Polyline> {
    let even = line.resampled(1.0);
    let n = even.points.len();
    let arm = (0.5 * stroke) as usize;
    if n < 2 * arm + 2 {
        return vec![even];
    }
    let turn = |i: usize| {
        let (before, after) = (even.points[i] - even.points[i - arm], even.points[i + arm] - even.points[i]);
        before.cross(after).atan2(before.dot(after)).abs()
    };
    let mut runs = vec![];
    let mut start = 0;
    let mut i = arm;
    while i + arm < n {
        let sharpest = (i..(i + arm).min(n - arm)).all(|j| turn(j) <= turn(i));
        if turn(i) > 0.7 && sharpest {
            runs.push(Polyline::new(even.points[start..=i].to_vec()));
            start = i;
            i += arm;
        } else {
            i += 1;
        }
    }
    runs.push(Polyline::new(even.points[start..].to_vec()));
    runs
}

/// The longest stretch whose contrast stays above half of the line's own upper level.
fn cut_to_shaft(line: &Polyline, plane: &Plane) -> Option<Polyline> {
    let values: Vec<f64> = line.points.iter().map(|p| f64::from(sample(plane, *p))).collect();
    let level = 0.5 * quantile(&values, 0.75)?;
    let (mut best, mut start) = (0..0, 0);
    for i in 0..=values.len() {
        if i == values.len() || values[i] < level {
            if i - start > best.len() {
                best = start..i;
            }
            start = i + 1;
        }
    }
    (best.len() >= 4).then(|| Polyline::new(line.points[best].to_vec()))
}

/// The line moved to the middle between the shaft's edges, with its width.
fn recentered(line: &Polyline, plane: &Plane, stroke: f64) -> Option<Shaft> {
    let length = line.length();
    let even = line.resampled(1.0);
    let (mut middles, mut widths, mut heights) = (vec![], vec![], vec![]);
    for (i, p) in even.points.iter().enumerate() {
        let along = even.tangent(i as f64 * length / (even.points.len() - 1) as f64, 0.5 * stroke)?;
        if let Some((left, right, top)) = edges(plane, *p, along, 3.0 * stroke) {
            middles.push(*p + along.normal() * ((right - left) / 2.0));
            widths.push(left + right);
            heights.push(top);
        }
    }
    if middles.len() < 4 || middles.len() * 2 < even.points.len() {
        return None;
    }
    let width = quantile(&widths, 0.5)?;
    // Where the width strays the middle does too: a neighbor, a flake or haze lies there.
    let kept: Vec<Point> = middles.iter().zip(&widths).filter(|(_, w)| (*w / width).ln().abs() < 0.35).map(|(m, _)| *m).collect();
    if kept.len() < 4 {
        return None;
    }
    let height = quantile(&heights, 0.5).filter(|h| *h > LEAST_CONTRAST)?;
    let smooth = smoothed(&Polyline::new(kept), 1.2 * width.max(0.4 * stroke));
    Some(Shaft { line: smooth, width, height, tone: Tone::Dark })
}

/// A chain fitted by straight pieces over ± `reach`: short ones become straight, long ones keep their curve.
pub(super) fn smoothed(line: &Polyline, reach: f64) -> Polyline {
    let points = &line.points;
    let at: Vec<f64> = points
        .iter()
        .scan((None::<Point>, 0.0), |(last, sum), p| {
            *sum += last.map_or(0.0, |l| l.distance(*p));
            *last = Some(*p);
            Some(*sum)
        })
        .collect();
    let total = at[at.len() - 1];
    let reach = if total < 6.0 * reach { total } else { reach };
    let fitted = (0..points.len())
        .map(|i| {
            let (mut n, mut st, mut sx, mut sy, mut stt, mut stx, mut sty) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            for (t, p) in at.iter().map(|t| t - at[i]).zip(points).filter(|(t, _)| t.abs() <= reach) {
                n += 1.0;
                st += t;
                sx += p.x;
                sy += p.y;
                stt += t * t;
                stx += t * p.x;
                sty += t * p.y;
            }
            let spread = n * stt - st * st;
            if spread <= 1e-9 {
                return points[i];
            }
            Point::new((stt * sx - st * stx) / spread, (stt * sy - st * sty) / spread)
        })
        .collect();
    Polyline::new(fitted)
}

/// The shaft with its ends where the contrast falls to half, up to a little beyond where its line ended.
fn extended(shaft: Shaft, plane: &Plane, tone: Tone) -> Option<Shaft> {
    let length = shaft.line.length();
    let width = shaft.width;
    if length < 1.0 {
        return None;
    }
    let first = shaft.line.tangent(0.0, (1.5 * width).min(length))?;
    let last = shaft.line.tangent(length, (1.5 * width).min(length))?;
    let beyond = |from: Point, heading: Vector| {
        let across = heading.normal() * (0.2 * width);
        let value = |d: f64| {
            let p = from + heading * d;
            [p - across, p, p + across].iter().map(|q| f64::from(sample(plane, *q))).sum::<f64>() / 3.0
        };
        let mut d = -0.5 * width;
        // A shaft that ends here falls at once; a speck of glare within it does not count as an end.
        while d < 2.5 * width && (value(d) >= 0.5 * shaft.height || value(d + 0.35 * width) >= 0.6 * shaft.height) {
            d += 0.5;
        }
        from + heading * d
    };
    let (a, b) = (shaft.line.points[0], *shaft.line.points.last()?);
    let (start, end) = (beyond(a, -first), beyond(b, last));
    let inner = shaft.line.points.iter().copied().filter(|p| (*p - start).dot(first) > 0.5 && (end - *p).dot(last) > 0.5);
    let line = Polyline::new(std::iter::once(start).chain(inner).chain([end]).collect());
    Some(Shaft { line, tone, ..shaft })
}

/// A shaft too wide for one hair of this photo, taken apart into hairs that lie side by side.
fn side_by_side(shaft: Shaft, plane: &Plane, stroke: f64) -> Vec<Shaft> {
    let count = (shaft.width / stroke).round() as usize;
    if shaft.width < 1.6 * stroke || !(2..=4).contains(&count) {
        return vec![shaft];
    }
    let slot = shaft.width / count as f64;
    (0..count)
        .filter_map(|i| {
            let offset = (i as f64 + 0.5) * slot - shaft.width / 2.0;
            let length = shaft.line.length();
            let points = (0..=length as usize)
                .filter_map(|d| Some(shaft.line.at(d as f64) + shaft.line.tangent(d as f64, stroke)?.normal() * offset))
                .collect();
            let line = cut_to_shaft(&Polyline::new(points), plane)?;
            extended(Shaft { line, width: slot, ..shaft.clone() }, plane, shaft.tone)
        })
        .collect()
}

pub(super) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| sorted[((sorted.len() - 1) as f64 * share).round() as usize])
}
