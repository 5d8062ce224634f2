//! A shaft as first seen: a clean stretch of line centered between its edges, in working pixels.

use crate::geometry::{Point, Polyline, Vector};
use crate::raster::{Plane, sample};
use crate::segment::steger::Line;
use crate::segment::{Contrast, Tone};

/// The least contrast, in natural-log units of light, at which a line is looked at as hair: six hundredths of the light.
const LEAST_CONTRAST: f64 = 0.06;

/// Working pixels between the places at which a line's edges are looked for: a sixth of the usual hair's width.
const STEP: f64 = 2.0;

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

/// A stretch of line along which both edges are seen and agree: no crossing, no fork, no sharp bend.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    stations: Vec<Station>,
    /// The width that four fifths of the stretch stay below.
    widest: f64,
    tone: Tone,
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

/// The clean stretches of a line.
pub(super) fn stretches(contrast: &Contrast, line: &Line, stroke: f64) -> Vec<Stretch> {
    let plane = &contrast.plane;
    let even = Polyline::new(line.iter().map(|p| p.at).collect()).resampled(STEP).points;
    if even.len() < 4 {
        return vec![];
    }
    let values: Vec<f64> = even.iter().map(|p| f64::from(sample(plane, *p))).collect();
    let Some(level) = quantile(&values, 0.75).map(|upper| 0.5 * upper) else { return vec![] };
    let bends = sharp_bends(&even, stroke);
    let arm = (0.5 * stroke / STEP).round() as usize;
    let station = |i: usize| {
        let along = (even[(i + arm).min(even.len() - 1)] - even[i.saturating_sub(arm)]).unit().filter(|_| values[i] >= level)?;
        let (left, right, top) = edges(plane, even[i], along, 3.0 * stroke)?;
        Some(Station { at: even[i], across: along.normal(), left, right, top })
    };
    let stations: Vec<Option<Station>> = (0..even.len()).map(station).collect();
    let window = (2.0 * stroke / STEP) as usize;
    let clean: Vec<bool> = (0..even.len())
        .map(|i| {
            let around: Vec<f64> =
                stations[i.saturating_sub(window)..(i + window + 1).min(even.len())].iter().flatten().map(Station::width).collect();
            let usual = quantile(&around, 0.5);
            stations[i].zip(usual).is_some_and(|(s, usual)| (s.width() / usual).ln().abs() < MOST_STRAY)
        })
        .collect();
    let mut runs: Vec<Vec<Station>> = vec![];
    let (mut run, mut missing): (Vec<Station>, usize) = (vec![], 0);
    for i in 0..even.len() {
        match stations[i].filter(|_| clean[i]) {
            Some(station) => {
                run.push(station);
                missing = 0;
            }
            None => missing += 1,
        }
        if missing > most_missing(stroke) || bends[i] {
            runs.push(std::mem::take(&mut run));
            missing = 0;
        }
    }
    runs.push(run);
    runs.into_iter()
        .filter(|run| run.len() >= 4)
        .filter_map(|stations| {
            let widest = quantile(&stations.iter().map(Station::width).collect::<Vec<_>>(), 0.6)?;
            Some(Stretch { stations, widest, tone: contrast.tone })
        })
        .collect()
}

/// How far, in log width, a place may stray from its surroundings: where the width strays the middle does too, for a neighbor, a flake or
/// haze lies there.
const MOST_STRAY: f64 = 0.35;

/// How many places in a row may be unclean within a stretch: specks of glare are shorter than a hair is wide, crossings are not.
fn most_missing(stroke: f64) -> usize {
    (0.6 * stroke / STEP) as usize
}

/// Whether the line bends sharply at each place.
fn sharp_bends(even: &[Point], stroke: f64) -> Vec<bool> {
    let arm = (0.5 * stroke / STEP).round() as usize;
    let turn = |i: usize| {
        if i < arm || i + arm >= even.len() {
            return 0.0;
        }
        let (before, after) = (even[i] - even[i - arm], even[i + arm] - even[i]);
        before.cross(after).atan2(before.dot(after)).abs()
    };
    let turns: Vec<f64> = (0..even.len()).map(turn).collect();
    let sharpest = |i: usize| turns[i.saturating_sub(arm)..(i + arm + 1).min(turns.len())].iter().all(|t| *t <= turns[i]);
    (0..even.len()).map(|i| turns[i] > 0.7 && sharpest(i)).collect()
}

impl Stretch {
    /// The shaft that runs along the stretch, or several side by side where it is too wide for one hair of `hair` width.
    pub(super) fn shafts(&self, stroke: f64, hair: Option<f64>) -> Vec<Shaft> {
        match hair {
            Some(hair) if (SIDE_BY_SIDE..4.6).contains(&(self.widest / hair)) => {
                self.bundle(hair, ((self.widest / hair).round() as usize).max(2), stroke)
            }
            _ => self.one_shaft(stroke).into_iter().collect(),
        }
    }

    /// The one shaft that runs through the stretch, in the middle between its edges.
    fn one_shaft(&self, stroke: f64) -> Option<Shaft> {
        let width = quantile(&self.stations.iter().map(Station::width).collect::<Vec<_>>(), 0.5)?;
        let kept = self.stations.iter().filter(|s| (s.width() / width).ln().abs() < MOST_STRAY).map(|s| s.inward_of_left(s.width() / 2.0));
        self.shaft_through(kept.collect(), width, stroke)
    }

    /// Two or more shafts side by side, each laid along its own edge, so that they may diverge; the inner ones are spread evenly between.
    fn bundle(&self, hair: f64, count: usize, stroke: f64) -> Vec<Shaft> {
        (0..count)
            .filter_map(|i| {
                let share = i as f64 / (count - 1) as f64;
                let middles = self.stations.iter().map(|s| s.inward_of_left(0.5 * hair + share * (s.width() - hair).max(0.0))).collect();
                self.shaft_through(middles, hair, stroke)
            })
            .collect()
    }

    fn shaft_through(&self, middles: Vec<Point>, width: f64, stroke: f64) -> Option<Shaft> {
        let height = quantile(&self.stations.iter().map(|s| s.top).collect::<Vec<_>>(), 0.5).filter(|h| *h > LEAST_CONTRAST)?;
        if middles.len() < 4 {
            return None;
        }
        let line = smoothed(&Polyline::new(middles), 1.2 * width.max(0.4 * stroke));
        Some(Shaft { line, width, height, tone: self.tone })
    }
}

/// What is this many usual hairs wide is taken for hairs side by side: of widths that scatter by a quarter, one in a hundred alone is so wide.
const SIDE_BY_SIDE: f64 = 1.7;

/// The half-widths to either side of a place, where the contrast falls to half or dips into a seam before a neighbor.
fn edges(plane: &Plane, at: Point, along: Vector, reach: f64) -> Option<(f64, f64, f64)> {
    let across = along.normal();
    // A stretch of shaft is averaged, so that specks of glare do not pass for edges.
    let mean =
        |offset: f64| [-3.0, -1.0, 1.0, 3.0].iter().map(|d| f64::from(sample(plane, at + across * offset + along * *d))).sum::<f64>() / 4.0;
    let top = mean(0.0);
    let side = |sign: f64| {
        let (mut low, mut low_at, mut before) = (top, 0.0, top);
        let mut offset = 0.0;
        while offset < reach {
            offset += 1.0;
            let value = mean(sign * offset);
            if value < 0.5 * top {
                return Some(offset - (0.5 * top - value) / (before - value).max(1e-9));
            }
            if value < low {
                (low, low_at) = (value, offset);
            } else if value > low + 0.12 * top && low < 0.85 * top {
                return Some(low_at);
            }
            before = value;
        }
        None
    };
    Some((side(-1.0)?, side(1.0)?, top))
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
    let (mut first, mut beyond) = (0, 0);
    let fitted = (0..points.len())
        .map(|i| {
            while at[first] < at[i] - reach {
                first += 1;
            }
            while beyond < at.len() && at[beyond] <= at[i] + reach {
                beyond += 1;
            }
            let (mut n, mut st, mut sx, mut sy, mut stt, mut stx, mut sty) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            for (t, p) in at[first..beyond].iter().map(|t| t - at[i]).zip(&points[first..beyond]) {
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
pub(super) fn extended(shaft: Shaft, plane: &Plane) -> Option<Shaft> {
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
    let points = &shaft.line.points;
    // Only near the ends may a point lie behind its new end: a curl turns back on itself elsewhere.
    let near = 3.0 * width;
    let inner = points
        .iter()
        .copied()
        .filter(|p| ((*p - start).dot(first) > 0.5 || p.distance(start) > near) && ((end - *p).dot(last) > 0.5 || p.distance(end) > near));
    let line = Polyline::new(std::iter::once(start).chain(inner).chain([end]).collect());
    Some(Shaft { line, ..shaft })
}

pub(super) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    if sorted.is_empty() {
        return None;
    }
    let rank = ((sorted.len() - 1) as f64 * share).round() as usize;
    Some(*sorted.select_nth_unstable_by(rank, f64::total_cmp).1)
}
