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

/// The shafts a line runs along: none, one, or several side by side where what it runs along is too wide for one hair of `hair` width.
pub(super) fn shafts_along(contrast: &Contrast, line: &Line, stroke: f64, hair: Option<f64>) -> Vec<Shaft> {
    let (plane, tone) = (&contrast.plane, contrast.tone);
    let raw = Polyline::new(line.iter().map(|p| p.at).collect());
    straight_runs(&raw, stroke)
        .into_iter()
        .filter_map(|run| stations(&cut_to_shaft(&run, plane)?, plane, stroke))
        .flat_map(|stations| {
            let widest = quantile(&stations.iter().map(Station::width).collect::<Vec<_>>(), 0.8);
            let shafts = match (hair, widest) {
                (Some(hair), Some(widest)) if (SIDE_BY_SIDE..4.6).contains(&(widest / hair)) => {
                    bundle(&stations, hair, ((widest / hair).round() as usize).max(2), stroke, tone)
                }
                _ => one_shaft(&stations, stroke, tone).into_iter().collect(),
            };
            shafts.into_iter().filter_map(|shaft| extended(shaft, plane)).collect::<Vec<_>>()
        })
        .collect()
}

/// What is this many usual hairs wide is taken for hairs side by side: of widths that scatter by a quarter, one in a hundred alone is so wide.
const SIDE_BY_SIDE: f64 = 1.7;

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

/// A place along a line with the shaft's edges to either side.
#[derive(Debug, Clone, Copy)]
struct Station {
    at: Point,
    across: Vector,
    left: f64,
    right: f64,
    top: f64,
}

impl Station {
    fn width(&self) -> f64 {
        self.left + self.right
    }

    /// The place a distance in from the left edge.
    fn inward_of_left(&self, inward: f64) -> Point {
        self.at + self.across * (inward - self.left)
    }
}

/// The places along a line where both edges are seen; `None` where that is hardly anywhere.
fn stations(line: &Polyline, plane: &Plane, stroke: f64) -> Option<Vec<Station>> {
    let length = line.length();
    let even = line.resampled(1.0);
    let mut stations = vec![];
    for (i, p) in even.points.iter().enumerate() {
        let along = even.tangent(i as f64 * length / (even.points.len() - 1) as f64, 0.5 * stroke)?;
        if let Some((left, right, top)) = edges(plane, *p, along, 3.0 * stroke) {
            stations.push(Station { at: *p, across: along.normal(), left, right, top });
        }
    }
    (stations.len() >= 4 && stations.len() * 2 >= even.points.len()).then_some(stations)
}

/// The one shaft that runs through these places, in the middle between its edges.
fn one_shaft(stations: &[Station], stroke: f64, tone: Tone) -> Option<Shaft> {
    let width = quantile(&stations.iter().map(Station::width).collect::<Vec<_>>(), 0.5)?;
    // Where the width strays the middle does too: a neighbor, a flake or haze lies there.
    let kept = stations.iter().filter(|s| (s.width() / width).ln().abs() < 0.35).map(|s| s.inward_of_left(s.width() / 2.0));
    shaft_through(kept.collect(), width, stations, stroke, tone)
}

/// Two or more shafts side by side, each laid along its own edge, so that they may diverge; the inner ones are spread evenly between.
fn bundle(stations: &[Station], hair: f64, count: usize, stroke: f64, tone: Tone) -> Vec<Shaft> {
    (0..count)
        .filter_map(|i| {
            let share = i as f64 / (count - 1) as f64;
            let middles = stations.iter().map(|s| s.inward_of_left(0.5 * hair + share * (s.width() - hair).max(0.0))).collect();
            shaft_through(middles, hair, stations, stroke, tone)
        })
        .collect()
}

fn shaft_through(middles: Vec<Point>, width: f64, stations: &[Station], stroke: f64, tone: Tone) -> Option<Shaft> {
    let height = quantile(&stations.iter().map(|s| s.top).collect::<Vec<_>>(), 0.5).filter(|h| *h > LEAST_CONTRAST)?;
    if middles.len() < 4 {
        return None;
    }
    let line = smoothed(&Polyline::new(middles), 1.2 * width.max(0.4 * stroke));
    Some(Shaft { line, width, height, tone })
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

/// Whether the plane shows a place.
fn within(p: Point, plane: &Plane) -> bool {
    p.x >= 0.0 && p.y >= 0.0 && p.x <= (plane.ncols() - 1) as f64 && p.y <= (plane.nrows() - 1) as f64
}

/// The shaft with its ends where the contrast falls to half, up to a little beyond where its line ended.
fn extended(shaft: Shaft, plane: &Plane) -> Option<Shaft> {
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
        while d < 2.5 * width
            && within(from + heading * (d + 0.5), plane)
            && (value(d) >= 0.5 * shaft.height || value(d + 0.35 * width) >= 0.6 * shaft.height)
        {
            d += 0.5;
        }
        from + heading * d
    };
    let (a, b) = (shaft.line.points[0], *shaft.line.points.last()?);
    let (start, end) = (beyond(a, -first), beyond(b, last));
    let inner = shaft.line.points.iter().copied().filter(|p| (*p - start).dot(first) > 0.5 && (end - *p).dot(last) > 0.5);
    let line = Polyline::new(std::iter::once(start).chain(inner).chain([end]).collect());
    Some(Shaft { line, ..shaft })
}

pub(super) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| sorted[((sorted.len() - 1) as f64 * share).round() as usize])
}
