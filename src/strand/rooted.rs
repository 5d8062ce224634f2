//! Lines grown from the roots that the learned detector sees, and from tips where no hair ends: through crossings, where centerlines break. Positions
//! are in pixels of the answer.

use crate::geometry::{Point, Polyline, Vector};
use crate::raster::{Mask, Plane, sample};
use crate::segment::learned::Answer;
use std::f64::consts::{PI, TAU};

/// The least heat of a root from which hair is grown.
const LEAST_HEAT: f32 = 0.4;

/// How near a hotter one, each way, a root is the same.
const SAME_ROOT: usize = 2;

/// How far around a root its hairs say which way they leave, and how near to it they must lead.
const AROUND: i32 = 9;
const LEADS_TO: f64 = 4.0;

/// What is less likely is no hair when roots are left, and when a line is followed.
const HAIR: f64 = 0.5;
const STILL_HAIR: f64 = 0.4;

/// How many steps of bare skin end a hair.
const BARE: usize = 4;

/// How many steps back a line tells where it is heading. Crossings are shorter.
const MEMORY: usize = 20;

/// Over how many steps, twice, it is learned how a line turns, of so few at least; the most it turns in so many; and what share of that is taken to go on,
/// less where fewer tell: taken whole, what leads a line astray would lead it on.
const TURNS: usize = 30;
const LEAST_TURNS: usize = 10;
const MOST_TURN: f64 = 1.2;
const TRUSTED: f64 = 0.7;

/// How far to the side the next place is looked for, how heavily the sides count, and the most that a step gives way.
const ASIDE: f64 = 2.0;
const ASIDE_SPREAD: f64 = 1.2;
const MOST_ASIDE: f64 = 0.4;

/// What is less is no centerline.
const LEAST_CENTER: f64 = 0.25;

/// How much the way that the network sees turns the heading, and how well it must agree with it: hair that lies across leads elsewhere.
const LED: f64 = 0.1;
const AGREES: f64 = 0.8;

/// What takes fewer steps, 60 µm, cannot be told from texture.
const LEAST_STEPS: usize = 6;

/// The most steps of one hair: 2 cm.
const MOST_STEPS: usize = 2000;

/// Every line that grows from a root that the answer sees to where its hair ends, root first.
///
/// A root's hairs leave it where the ways around lead back to it; each is followed by steps of a pixel as it was heading, held to its centerline.
///
/// # Source
/// Ours.
pub(super) fn grown(answer: &Answer) -> Vec<Polyline> {
    let grown = |root| departures(answer, root).into_iter().map(move |heading| followed(answer, vec![root], heading));
    roots(&answer.root).into_iter().flat_map(grown).filter(|line| line.points.len() > LEAST_STEPS).collect()
}

/// The hottest places, each hotter than what is around it; the hottest first.
fn roots(heat: &Plane) -> Vec<Point> {
    let (rows, columns) = heat.dim();
    let around = |(r, c): (usize, usize)| {
        let across = c.saturating_sub(SAME_ROOT)..(c + SAME_ROOT + 1).min(columns);
        (r.saturating_sub(SAME_ROOT)..(r + SAME_ROOT + 1).min(rows)).flat_map(move |r| across.clone().map(move |c| (r, c)))
    };
    let hot = heat.indexed_iter().filter(|(_, here)| **here >= LEAST_HEAT);
    let mut tops: Vec<_> = hot.filter(|(at, here)| around(*at).all(|at| heat[at] <= **here)).collect();
    tops.sort_by(|a, b| b.1.total_cmp(a.1));
    // Places that are equally hot side by side are one root.
    let mut taken = Mask::from_elem(heat.dim(), false);
    tops.retain(|(at, _)| {
        let free = !taken[*at];
        around(*at).filter(|_| free).for_each(|at| taken[at] = true);
        free
    });
    tops.into_iter().map(|((r, c), _)| Point::new(c as f64, r as f64)).collect()
}

/// The directions in which hair leaves a root, the clearest first: where the ways of places around lead to it, as their tips lie.
fn departures(answer: &Answer, root: Point) -> Vec<Vector> {
    /// Directions are gathered by so many sectors, each with its neighbors.
    const SECTORS: usize = 24;
    const MOST: usize = 3;
    let mut sectors = [(Vector::default(), 0); SECTORS];
    let mut all = 0;
    for (x, y) in (-AROUND..=AROUND).flat_map(|y| (-AROUND..=AROUND).map(move |x| (x, y))) {
        let off = Vector::new(f64::from(x), f64::from(y));
        let at = root + off;
        let hair = f64::from(sample(&answer.hair, at)) > HAIR;
        if off.length() <= 2.0 || !hair || (answer.to_root(at) + off).length() > LEADS_TO {
            continue;
        }
        let Some(heading) = answer.to_tip(at).unit() else { continue };
        let sector = ((heading.angle() + PI) / TAU * SECTORS as f64) as usize % SECTORS;
        sectors[sector].0 = sectors[sector].0 + heading * f64::from(sample(&answer.center, at));
        sectors[sector].1 += 1;
        all += 1;
    }
    let mut departures = vec![];
    while departures.len() < MOST {
        let with_neighbors = |i: usize| [i + SECTORS - 1, i, i + 1].map(|i| i % SECTORS);
        let gathered = |i: usize| with_neighbors(i).iter().fold((Vector::default(), 0), |(v, n), i| (v + sectors[*i].0, n + sectors[*i].1));
        let (_, best) = (0..SECTORS).map(|i| (gathered(i).1, i)).rev().max().expect("there are sectors");
        let (heading, count) = gathered(best);
        if count < 5 || 4 * count < all {
            break;
        }
        departures.extend(heading.unit());
        with_neighbors(best).iter().for_each(|i| sectors[*i] = (Vector::default(), 0));
    }
    departures
}

/// A line of points a pixel apart carried on from its tip, as it was heading, to where hair ends; `None` where hardly any follows.
pub(super) fn onward(answer: &Answer, line: &Polyline) -> Option<Polyline> {
    let points = &line.points;
    let tip = *points.last()?;
    let heading = (tip - points[points.len().saturating_sub(MEMORY)]).unit()?;
    let on = followed(answer, points.clone(), heading);
    (on.points.len() > points.len() + LEAST_STEPS).then_some(on)
}

/// The line that goes on from these points in this direction, to where hair ends.
fn followed(answer: &Answer, mut points: Vec<Point>, mut heading: Vector) -> Polyline {
    let (rows, columns) = answer.hair.dim();
    let shown = |p: Point| p.x >= 1.0 && p.y >= 1.0 && p.x <= columns as f64 - 2.0 && p.y <= rows as f64 - 2.0;
    let mut bare = 0;
    while points.len() < MOST_STEPS && bare < BARE {
        let ahead = points[points.len() - 1] + heading;
        if !shown(ahead) {
            break;
        }
        let next = ahead + heading.normal() * aside(&answer.center, ahead, heading.normal());
        bare = if f64::from(sample(&answer.hair, next)) < STILL_HAIR { bare + 1 } else { 0 };
        points.push(next);
        if points.len() > 6 {
            heading = heading_of(&points).unwrap_or(heading);
            let way = answer.direction(next);
            if way.dot(heading) > AGREES {
                heading = (heading + way * LED).unit().unwrap_or(heading);
            }
        }
    }
    points.truncate(points.len() - bare.min(points.len() - 1));
    Polyline::new(points)
}

/// Where a line heads at its tip: as its last steps led, and turned on by as much as it has been turning, for a curl runs off to the side of them.
fn heading_of(points: &[Point]) -> Option<Vector> {
    let back = |steps: usize| points[points.len().saturating_sub(steps).min(points.len() - 1)];
    let led = (back(1) - back(MEMORY)).unit()?;
    let known = TURNS.min((points.len() - 1) / 2);
    if known < LEAST_TURNS {
        return Some(led);
    }
    let (before, after) = ((back(known + 1) - back(2 * known + 1)).unit()?, (back(1) - back(known + 1)).unit()?);
    let turn = before.cross(after).atan2(before.dot(after)).clamp(-MOST_TURN, MOST_TURN) / known as f64;
    let trusted = TRUSTED * known as f64 / TURNS as f64;
    Some(Vector::from_angle(led.angle() + trusted * turn * MEMORY as f64 / 2.0))
}

/// How far to the side of a place the middle of its centerline lies, no more than a step gives way.
fn aside(center: &Plane, at: Point, across: Vector) -> f64 {
    let places = [-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0].map(|share| ASIDE * share);
    let seen = places.map(|offset| (offset, f64::from(sample(center, at + across * offset))));
    let top = seen.iter().map(|seen| seen.1).fold(0.0, f64::max);
    if top <= LEAST_CENTER {
        return 0.0;
    }
    let (mut sum, mut total) = (0.0, 1e-9);
    for (offset, value) in seen {
        let weight = (value - 0.5 * top).max(0.0) * (-0.5 * (offset / ASIDE_SPREAD).powi(2)).exp();
        sum += weight * offset;
        total += weight;
    }
    (sum / total).clamp(-MOST_ASIDE, MOST_ASIDE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::learned::REACH;

    /// What the network says of one hair from (10, 20) to (90, 20), across which another leads elsewhere and hides its centerline.
    ///
    /// ```text
    ///                 |
    /// root o----------|---------- tip
    ///                 |
    /// ```
    fn crossed() -> Answer {
        let blank = || Plane::zeros((40, 100));
        let crossing = |(r, c): (usize, usize)| (46..=54).contains(&c) || !(17..=23).contains(&r);
        let hair = Plane::from_shape_fn((40, 100), |(r, c)| {
            if (46..=54).contains(&c) || (18..=22).contains(&r) && (10..=90).contains(&c) { 1.0 } else { 0.0 }
        });
        let way = |end: f64| {
            Plane::from_shape_fn((40, 100), |at| if crossing(at) { 0.0 } else { ((end - at.1 as f64) / REACH).clamp(-1.0, 1.0) as f32 })
        };
        let down = |sign: f32| Plane::from_shape_fn((40, 100), |at| if crossing(at) { sign } else { 0.0 });
        let center = Plane::from_shape_fn((40, 100), |(r, c)| {
            if crossing((r, c)) || !(10..=90).contains(&c) { 0.0 } else { 1.0 - (r as f32 - 20.0).abs() / 4.0 }
        });
        let root = Plane::from_shape_fn((40, 100), |(r, c)| {
            let off = Point::new(c as f64, r as f64).distance(Point::new(10.0, 20.0));
            (-0.5 * (off / 2.5).powi(2)).exp() as f32
        });
        Answer {
            factor: 1.0,
            light: blank(),
            hair,
            center,
            root,
            tip: blank(),
            to_root: [way(10.0), down(-1.0)],
            to_tip: [way(90.0), down(1.0)],
        }
    }

    #[test]
    fn hair_is_followed_straight_through_hair_that_lies_across() {
        let grown = grown(&crossed());
        assert_eq!(grown.len(), 1, "{grown:?}");
        let (root, tip) = (grown[0].points[0], grown[0].points[grown[0].points.len() - 1]);
        assert!(root.distance(Point::new(10.0, 20.0)) < 1.0, "{root:?}");
        assert!(tip.distance(Point::new(90.0, 20.0)) < 2.0, "{tip:?}");
    }

    #[test]
    fn a_line_that_ends_at_a_crossing_is_carried_on_to_where_its_hair_ends() {
        let to = |x: f64| Polyline::new(vec![Point::new(10.0, 20.0), Point::new(x, 20.0)]).resampled(1.0);
        let on = onward(&crossed(), &to(45.0)).unwrap();
        assert!(on.points[..36] == to(45.0).points[..], "what was there stays");
        assert!(on.points[on.points.len() - 1].distance(Point::new(90.0, 20.0)) < 2.0, "{on:?}");
        assert_eq!(onward(&crossed(), &to(89.0)), None, "nothing follows its own tip");
        assert_eq!(onward(&crossed(), &Polyline::new(vec![Point::new(10.0, 20.0)])), None, "a point heads nowhere");
    }

    /// What the network says of one hair that curls around (50, 50), 30 pixels from it, three quarters of the way, from (80, 50) over (50, 80), where another
    /// lies across it.
    fn curled() -> Answer {
        let blank = || Plane::zeros((100, 100));
        let middle = Point::new(50.0, 50.0);
        let turned = |p: Point| (p - middle).angle().rem_euclid(TAU);
        let hidden = |p: Point| (turned(p) - 2.4).abs() < 0.15;
        let off = |p: Point| (p.distance(middle) - 30.0).abs();
        let of = |value: &dyn Fn(Point) -> f64| Plane::from_shape_fn((100, 100), |(r, c)| value(Point::new(c as f64, r as f64)) as f32);
        let on = |p: Point| turned(p) <= 1.5 * PI;
        let hair = of(&|p| f64::from(on(p) && off(p) <= 2.5 || hidden(p)));
        let center = of(&|p| if on(p) && !hidden(p) { (1.0 - off(p) / 4.0).max(0.0) } else { 0.0 });
        let root = Point::new(80.0, 50.0);
        let heat = of(&|p| (-0.5 * (p.distance(root) / 2.5).powi(2)).exp());
        let way = |x: bool, to_root: bool| {
            of(&|p| {
                let to = if to_root { root - p } else { Point::new(50.0, 20.0) - p };
                (if x { to.x } else { to.y } / REACH).clamp(-1.0, 1.0)
            })
        };
        let (to_root, to_tip) = ([way(true, true), way(false, true)], [way(true, false), way(false, false)]);
        Answer { factor: 1.0, light: blank(), hair, center, root: heat, tip: blank(), to_root, to_tip }
    }

    #[test]
    fn a_curl_is_followed_around_under_hair_that_lies_across() {
        let from = Point::new(50.0, 50.0);
        let arc = |to: f64| Polyline::new((0..=60).map(|i| from + Vector::from_angle(to * f64::from(i) / 60.0) * 30.0).collect());
        let on = onward(&curled(), &arc(1.2).resampled(1.0)).unwrap();
        assert!(on.points.iter().all(|p| (p.distance(from) - 30.0).abs() < 2.5), "{on:?}");
        assert!(on.points[on.points.len() - 1].distance(Point::new(50.0, 20.0)) < 4.0, "{on:?}");
    }

    #[test]
    fn a_root_that_no_hair_leads_to_grows_nothing() {
        let alone = Answer { hair: Plane::zeros((40, 100)), ..crossed() };
        assert!(grown(&alone).is_empty());
        let cold = Answer { root: crossed().root * 0.3, ..crossed() };
        assert!(grown(&cold).is_empty());
    }
}
