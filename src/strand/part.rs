//! Parting hairs that touch: a dark mass whose sides tell of two.

use super::select::{Found, LEAST_CHANCE, Weighed, chance, odds, strip};
use super::shaft::Shaft;
use crate::geometry::{Point, Polyline, Vector};
use crate::raster::{Plane, sample};
use ndarray::Array2;

/// The shafts, those parted in two that two straight hairs of about `hair` width explain so much better that it is likely: where one of them
/// ends before the other the mass has a step, where they diverge it is a V.
///
/// What speaks for two is told: what the second explains, the angle between them, the longer one's length and the shorter one's.
pub(super) fn parted(found: Vec<Found>, plane: &Plane, hair: f64, told: &mut dyn FnMut(Weighed)) -> Vec<Found> {
    let mut owners = Owners::zeros(plane.dim());
    for (own, found) in numbers().zip(&found) {
        for at in strip(&found.shaft, 0.5 * found.shaft.width, plane.dim()) {
            owners[at] = if [0, own].contains(&owners[at]) { own } else { SHARED };
        }
    }
    let mut parts = |own: u16, found: &Found| {
        let mass = Mass::of(&found.shaft, plane, hair, &owners, own)?;
        let (one, bars) = mass.explained(hair)?;
        let [a, b] = bars;
        let (longer, shorter) = (a.length().max(b.length()) / hair, a.length().min(b.length()) / hair);
        let gain = one.misfit - a.misfit - b.misfit;
        let evidence = [gain.max(1e-3).ln(), (b.slope - a.slope).abs(), longer, shorter.ln()];
        let shafts = bars.map(|bar| mass.shaft(&bar, &found.shaft));
        told(Weighed::Pair { lines: [0, 1].map(|i: usize| shafts[i].line.clone()), evidence });
        let chance = chance(odds(&evidence, &WEIGHTS, ODDS_OF_NONE));
        (chance > LEAST_CHANCE).then(|| shafts.map(|shaft| Found { shaft, chance: found.chance * chance }))
    };
    numbers().zip(found).flat_map(|(own, found)| parts(own, &found).map_or_else(|| vec![found], Vec::from)).collect()
}

/// Log odds per unit of each evidence, and those of none.
///
/// # Source
/// Ours: a logistic fit on drawn clipped hair, as drawn and stored badly, by `models/stubble/weigh.sh`.
const WEIGHTS: [f64; 4] = [1.0, -3.1, -0.33, 1.1];
const ODDS_OF_NONE: f64 = -2.7;

/// Working pixels between the places at which the sides are looked at.
const STEP: f64 = 2.0;

/// The scatter of a side about a straight line, and over what length it hangs together, in usual hairs.
const SIDE_SCATTER: f64 = 0.12;
const SCATTER_REACH: f64 = 0.5;

/// The spread of the widths of hairs in one photo, as a share of the usual.
const WIDTH_SPREAD: f64 = 0.25;

/// How many places at which one of two hairs may end are tried, at most.
const MOST_CUTS: usize = 30;

/// Sums for a straight line through one side: how many places, and of place, place², side, side × place and side².
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: f64,
    t: f64,
    tt: f64,
    y: f64,
    ty: f64,
    yy: f64,
}

impl Sums {
    fn with(self, t: f64, y: f64) -> Self {
        Self { n: self.n + 1.0, t: self.t + t, tt: self.tt + t * t, y: self.y + y, ty: self.ty + t * y, yy: self.yy + y * y }
    }

    fn less(self, o: Self) -> Self {
        Self { n: self.n - o.n, t: self.t - o.t, tt: self.tt - o.tt, y: self.y - o.y, ty: self.ty - o.ty, yy: self.yy - o.yy }
    }
}

/// A straight bar about the axis: its middle at place t is `at + slope × t`.
#[derive(Debug, Clone, Copy)]
struct Bar {
    at: f64,
    slope: f64,
    width: f64,
    /// What it leaves unexplained, in nats.
    misfit: f64,
    /// The first place it has, and the one after its last.
    from: usize,
    to: usize,
}

impl Bar {
    /// The bar that fits a left and a right side best, its width drawn towards the usual one.
    fn fit(left: Sums, right: Sums, hair: f64, from: usize, to: usize) -> Option<Self> {
        if left.n + right.n < 4.0 {
            return None;
        }
        // Nats per squared pixel of a side, and of the width.
        let side = STEP / (SCATTER_REACH * hair) / (2.0 * (SIDE_SCATTER * hair).powi(2));
        let held = 1.0 / (2.0 * (WIDTH_SPREAD * hair).powi(2));
        // Normal equations in (at, slope, width), the width's deviation from the usual.
        let (yl, yr) = (left.y + 0.5 * hair * left.n, right.y - 0.5 * hair * right.n);
        let (tyl, tyr) = (left.ty + 0.5 * hair * left.t, right.ty - 0.5 * hair * right.t);
        let yy = left.yy + hair * left.y + 0.25 * hair * hair * left.n + right.yy - hair * right.y + 0.25 * hair * hair * right.n;
        let (n, t, tt) = (left.n + right.n, left.t + right.t, left.tt + right.tt);
        let (wn, wt) = (0.5 * (right.n - left.n), 0.5 * (right.t - left.t));
        let ww = 0.25 * n + held / side;
        let (b0, b1, b2) = (yl + yr, tyl + tyr, 0.5 * (yr - yl));
        // A little is added so that one place alone has no slope.
        let tt = tt + 1e-6;
        let det = n * (tt * ww - wt * wt) - t * (t * ww - wt * wn) + wn * (t * wt - tt * wn);
        if det.abs() < 1e-9 {
            return None;
        }
        let at = (b0 * (tt * ww - wt * wt) - t * (b1 * ww - wt * b2) + wn * (b1 * wt - tt * b2)) / det;
        let slope = (n * (b1 * ww - b2 * wt) - b0 * (t * ww - wt * wn) + wn * (t * b2 - b1 * wn)) / det;
        let wider = (n * (tt * b2 - wt * b1) - t * (t * b2 - b1 * wn) + b0 * (t * wt - tt * wn)) / det;
        let misfit = side * (yy - at * b0 - slope * b1 - wider * b2).max(0.0);
        let width = hair + wider;
        (slope.abs() < 0.7 && width > 0.4 * hair).then_some(Self { at, slope, width, misfit, from, to })
    }

    fn length(&self) -> f64 {
        (self.to - self.from) as f64 * STEP
    }

    fn middle(&self, t: f64) -> f64 {
        self.at + self.slope * t
    }

    fn left(&self, t: f64) -> f64 {
        self.middle(t) - 0.5 * self.width
    }

    fn right(&self, t: f64) -> f64 {
        self.middle(t) + 0.5 * self.width
    }

    /// Whether another bar lies at the right of this one where both are: they touch, and each shows its own side.
    fn lies_along(&self, right: &Self, hair: f64) -> bool {
        let shared = [self.from.max(right.from), self.to.min(right.to) - 1].map(|k| k as f64 * STEP);
        let apart = |t: f64| right.middle(t) - self.middle(t);
        shared.iter().all(|&t| right.left(t) < self.right(t) + 0.2 * hair && right.right(t) > self.right(t) && self.left(t) < right.left(t))
            && apart(shared[0]).max(apart(shared[1])) > 0.35 * hair
    }
}

/// The straight axis of a mass and its two sides.
#[derive(Debug, Clone)]
struct Mass {
    start: Point,
    along: Vector,
    /// Left and right side, sideways of the axis, at every place; `None` where the mass is not seen.
    sides: Vec<Option<(f64, f64)>>,
}

/// Which shaft a pixel belongs to, counted from 1; 0 to none, `SHARED` to several, or to one of more shafts than any photo shows.
type Owners = Array2<u16>;
const SHARED: u16 = u16::MAX;

/// The numbers that shafts have as owners.
fn numbers() -> impl Iterator<Item = u16> {
    (1..SHARED).chain(std::iter::repeat(SHARED))
}

impl Mass {
    fn of(shaft: &Shaft, plane: &Plane, hair: f64, owners: &Owners, own: u16) -> Option<Self> {
        let line = &shaft.line;
        let (start, end) = (line.points[0], *line.points.last()?);
        let along = (end - start).unit()?;
        let across = along.normal();
        let length = start.distance(end);
        if length < 1.2 * hair || line.length() > 1.25 * length || line.points.iter().any(|p| (*p - start).dot(across).abs() > 1.5 * hair) {
            return None;
        }
        let (level, whole) = (0.5 * shaft.height, line.length());
        let count = (length / STEP) as usize + 1;
        let sides = (0..count)
            .map(|k| {
                let t = k as f64 * STEP;
                let base = start + along * t;
                let offset = (line.at(t / length * whole) - start).dot(across);
                let dark = |o: f64| {
                    let p = base + across * o;
                    let (r, c) = (p.y.round(), p.x.round());
                    let owner = if r >= 0.0 && c >= 0.0 { owners.get([r as usize, c as usize]).copied().unwrap_or(0) } else { 0 };
                    let value = [-2.0, 0.0, 2.0].iter().map(|d| f64::from(sample(plane, p + along * *d))).sum::<f64>() / 3.0;
                    if owner == 0 || owner == own || owner == SHARED { value - level } else { -level }
                };
                if dark(offset) < 0.0 {
                    return None;
                }
                let side = |sign: f64| {
                    let (mut o, mut before) = (0.0, dark(offset));
                    while o < 3.0 * hair {
                        o += 1.0;
                        let value = dark(offset + sign * o);
                        if value < 0.0 {
                            return Some(offset + sign * (o - value / (value - before).min(-1e-9)));
                        }
                        before = value;
                    }
                    None
                };
                Some((side(-1.0)?, side(1.0)?))
            })
            .collect();
        Some(Self { start, along, sides })
    }

    fn place(&self, t: f64, o: f64) -> Point {
        self.start + self.along * t + self.along.normal() * o
    }

    /// The one bar that explains the sides best, and the two that do, left and right.
    fn explained(&self, hair: f64) -> Option<(Bar, [Bar; 2])> {
        let n = self.sides.len();
        let (mut left, mut right) = (vec![Sums::default()], vec![Sums::default()]);
        for (k, sides) in self.sides.iter().enumerate() {
            let t = k as f64 * STEP;
            left.push(sides.map_or(left[k], |(l, _)| left[k].with(t, l)));
            right.push(sides.map_or(right[k], |(_, r)| right[k].with(t, r)));
        }
        // Where both hairs are, each shows the side it is on; where one is alone, it shows both.
        let bar = |lefts: [usize; 2], rights: [usize; 2]| {
            let over = |sums: &[Sums], [from, to]: [usize; 2]| sums[to].less(sums[from]);
            Bar::fit(over(&left, lefts), over(&right, rights), hair, lefts[0].min(rights[0]), lefts[1].max(rights[1]))
        };
        let one = bar([0, n], [0, n])?;
        let mut best: Option<[Bar; 2]> = None;
        let mut consider = |a: Option<Bar>, b: Option<Bar>| {
            let (Some(a), Some(b)) = (a, b) else { return };
            if best.is_none_or(|[x, y]| a.misfit + b.misfit < x.misfit + y.misfit) && a.lies_along(&b, hair) {
                best = Some([a, b]);
            }
        };
        let shortest = ((0.8 * hair / STEP) as usize).max(3);
        let stride = n.div_ceil(MOST_CUTS);
        let cuts = || (shortest..(n + 1).saturating_sub(shortest)).step_by(stride);
        consider(bar([0, n], [0, 0]), bar([n, n], [0, n]));
        for t in cuts() {
            // One all along, the other up to here or from here on.
            consider(bar([0, n], [t, n]), bar([0, 0], [0, t]));
            consider(bar([0, n], [0, t]), bar([n, n], [t, n]));
            consider(bar([0, t], [0, 0]), bar([t, n], [0, n]));
            consider(bar([t, n], [n, n]), bar([0, t], [0, n]));
            // One up to here, the other from before on.
            for u in cuts().take_while(|u| *u < t) {
                consider(bar([0, t], [0, u]), bar([t, n], [u, n]));
                consider(bar([u, n], [t, n]), bar([0, u], [0, t]));
            }
        }
        Some((one, best?))
    }

    fn shaft(&self, bar: &Bar, like: &Shaft) -> Shaft {
        let end = |k: usize| self.place(k as f64 * STEP, bar.middle(k as f64 * STEP));
        let line = Polyline::new(vec![end(bar.from), end((bar.to - 1).max(bar.from + 1))]).resampled(STEP);
        Shaft { line, width: bar.width, height: like.height, tone: like.tone }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Tone;

    const HAIR: f64 = 13.0;

    /// A straight hair, from (x, y) to (x, y), and its width.
    type Drawn = ([f64; 2], [f64; 2], f64);

    /// A plane on which the contrast is 2 on these hairs, cut off square.
    fn drawn(hairs: &[Drawn]) -> Plane {
        let inside = |&([ax, ay], [bx, by], width): &Drawn, x: f64, y: f64| {
            let (start, axis) = (Point::new(ax, ay), Point::new(bx, by) - Point::new(ax, ay));
            let along = axis.unit().expect("a hair has a length");
            let p = Point::new(x, y) - start;
            let beyond = (p.dot(along) - axis.length()).max(-p.dot(along)).max(p.dot(along.normal()).abs() - 0.5 * width);
            (0.5 - beyond).clamp(0.0, 1.0)
        };
        Plane::from_shape_fn((200, 200), |(row, column)| {
            2.0 * hairs.iter().map(|hair| inside(hair, column as f64, row as f64)).fold(0.0, f64::max) as f32
        })
    }

    /// What becomes of the shaft from one point to another on the plane of these hairs, each as its ends in order of x.
    fn parts(hairs: &[Drawn], from: [f64; 2], to: [f64; 2]) -> Vec<[f64; 4]> {
        let line = Polyline::new(vec![Point::new(from[0], from[1]), Point::new(to[0], to[1])]).resampled(2.0);
        let found = vec![Found { shaft: Shaft { line, width: HAIR, height: 2.0, tone: Tone::Dark }, chance: 0.9 }];
        let mut ends: Vec<[f64; 4]> = parted(found, &drawn(hairs), HAIR, &mut |_| ())
            .iter()
            .map(|f| (f.shaft.line.points[0], *f.shaft.line.points.last().expect("points")))
            .map(|(a, b)| if a.x < b.x { [a.x, a.y, b.x, b.y] } else { [b.x, b.y, a.x, a.y] })
            .collect();
        ends.sort_by(|a, b| a[1].total_cmp(&b[1]));
        ends
    }

    fn near(found: &[f64; 4], hair: &Drawn, within: f64) -> bool {
        (found[0] - hair.0[0]).hypot(found[1] - hair.0[1]) < within && (found[2] - hair.1[0]).hypot(found[3] - hair.1[1]) < within
    }

    #[test]
    fn nothing_is_parted_of_nothing() {
        assert!(parted(vec![], &Plane::zeros((1, 1)), HAIR, &mut |_| ()).is_empty());
    }

    #[test]
    fn one_hair_stays_one_whatever_its_width() {
        for width in [7.0, 13.0, 17.0, 20.0] {
            let hair = ([30.0, 60.0], [140.0, 90.0], width);
            assert_eq!(parts(&[hair], hair.0, hair.1).len(), 1, "{width} wide");
        }
    }

    #[test]
    fn a_hair_that_ends_beside_another_leaves_a_step() {
        let hairs = [([30.0, 90.0], [90.0, 90.0], HAIR), ([30.0, 102.0], [150.0, 102.0], HAIR)];
        let found = parts(&hairs, [30.0, 92.0], [150.0, 102.0]);
        assert_eq!(found.len(), 2);
        assert!(found.iter().zip(&hairs).all(|(found, hair)| near(found, hair, 5.0)), "{found:?}");
    }

    #[test]
    fn the_legs_of_a_v_explain_it() {
        let hairs = [([30.0, 97.0], [120.0, 93.0], HAIR), ([30.0, 103.0], [120.0, 107.0], HAIR)];
        let line = Polyline::new(vec![Point::new(30.0, 100.0), Point::new(120.0, 100.0)]).resampled(2.0);
        let shaft = Shaft { line, width: HAIR, height: 2.0, tone: Tone::Dark };
        let mass = Mass::of(&shaft, &drawn(&hairs), HAIR, &Owners::zeros((200, 200)), 1).expect("a straight mass");
        let (one, legs) = mass.explained(HAIR).expect("two sides");
        assert!(one.misfit > 2.0 * (legs[0].misfit + legs[1].misfit), "{one:?} and {legs:?}");
        let mut ends = legs.map(|leg| mass.shaft(&leg, &shaft).line.points).map(|p| [p[0].x, p[0].y, p[p.len() - 1].x, p[p.len() - 1].y]);
        ends.sort_by(|a, b| a[1].total_cmp(&b[1]));
        assert!(ends.iter().zip(&hairs).all(|(found, hair)| near(found, hair, 4.0)), "{ends:?}");
    }

    #[test]
    fn the_bar_through_two_sides_is_the_one_drawn() {
        let side =
            |offset: f64| (0..30).fold(Sums::default(), |sums, k| sums.with(f64::from(k) * STEP, 3.0 + 0.2 * f64::from(k) * STEP + offset));
        let bar = Bar::fit(side(-6.5), side(6.5), HAIR, 0, 30).expect("sixty places");
        assert!(
            (bar.at - 3.0).abs() < 1e-3 && (bar.slope - 0.2).abs() < 1e-4 && (bar.width - 13.0).abs() < 1e-3 && bar.misfit < 1e-3,
            "{bar:?}"
        );
        // Of one side alone the width is the usual one.
        let bar = Bar::fit(side(-6.5), Sums::default(), HAIR, 0, 30).expect("thirty places");
        assert!((bar.middle(0.0) - 3.0).abs() < 1e-3 && (bar.width - 13.0).abs() < 1e-3, "{bar:?}");
        assert!(Bar::fit(Sums::default(), Sums::default(), HAIR, 0, 0).is_none());
    }
}
