//! Brings a rough centerline onto the middle of its shaft.

use super::neighbors::{Clearance, Course, clearance};
use super::point_spread::median;
use super::profile::{Light, Profile, Window};
use super::search::stripe;
use crate::geometry::{Point, Polyline, Vector};
use crate::strand::Tone;

/// A shaft found beneath a rough centerline.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub(super) centerline: Polyline,
    pub(super) width: f64,
}

/// The shaft that lies nearest a rough centerline, by the best stripe in each of its windows; `None` where no stripe is found.
///
/// The centerline may be off by about a width; the rough width by a factor of about two. Without a rough width, widths from 1.5 to 60
/// pixels are tried. Where another hair runs close by, no stripe can be told from two, and the rough centerline stands.
pub(super) fn locate(
    light: &dyn Light,
    centerline: &Polyline,
    tone: Tone,
    rough: Option<f64>,
    others: &[&Course],
    usable: &dyn Fn(Point) -> bool,
) -> Option<Located> {
    let (expected, widths) = match rough {
        Some(w) => (w, (0.45 * w, 1.8 * w)),
        None => {
            let w = dominant_width(light, centerline, tone, usable)?;
            (w, (0.5 * w, 2.0 * w))
        }
    };
    let first = Search { expected, widths, off_center: expected.max(2.0) }.shaft(light, centerline, tone, others, usable)?;
    // A second look from nearby, with the width now known, straightens out windows that had caught something else.
    let w = first.width;
    let second = Search { expected: w, widths: (0.6 * w, 1.5 * w), off_center: (0.35 * w).max(1.0) };
    second.shaft(light, &first.centerline, tone, others, usable)
}

/// How far a stripe may be from what is expected.
struct Search {
    expected: f64,
    widths: (f64, f64),
    off_center: f64,
}

impl Search {
    fn shaft(
        &self,
        light: &dyn Light,
        centerline: &Polyline,
        tone: Tone,
        others: &[&Course],
        usable: &dyn Fn(Point) -> bool,
    ) -> Option<Located> {
        let flank = (0.4 * self.expected).max(4.0);
        let reach = self.off_center + self.widths.1 / 2.0 + flank;
        let bin = (self.expected / 16.0).clamp(0.5, 2.0);
        let found: Vec<(Window, f64, f64)> = Window::along(centerline, self.expected, self.expected.min(centerline.length() / 8.0), 24)
            .into_iter()
            .filter_map(|window| match clearance(&window, self.expected / 2.0, flank, reach, others) {
                Clearance::Clear(from, to) => {
                    let profile = Profile::gather(light, &window, (from, to), bin, usable)?;
                    let stripe = stripe(&profile, tone, self.widths, self.off_center)?;
                    Some((window, stripe.center(), stripe.width()))
                }
                Clearance::Crossed | Clearance::Beside { .. } => Some((window, 0.0, self.expected)),
            })
            .collect();
        let width = median(found.iter().map(|f| f.2).collect())?;
        // A window whose stripe strays from its neighbors' caught another hair or nothing at all.
        let kept: Vec<&(Window, f64, f64)> = (0..found.len())
            .filter(|&i| {
                let near = &found[i.saturating_sub(2)..(i + 3).min(found.len())];
                let usual = median(near.iter().map(|f| f.1).collect()).unwrap_or(0.0);
                (found[i].1 - usual).abs() <= (0.3 * width).max(0.8)
            })
            .map(|i| &found[i])
            .collect();
        let smooth = smoothed(&kept.iter().map(|(window, offset, _)| (window.distance, *offset)).collect::<Vec<_>>());
        let kept: Vec<(Window, f64)> = kept.iter().zip(smooth).map(|((window, ..), offset)| (*window, offset)).collect();
        Some(Located { centerline: through(&kept, centerline, width)?, width })
    }
}

/// The line through the middles of a shaft of this width, each so far off the middle of its window along `rough`; `None` without any. The ends keep
/// their place along the shaft and take the offset of the nearest window.
///
/// It is straight from one to the next, but bends where they lie far apart, as where other hair crosses: a curl would lose its way.
pub(super) fn through(middles: &[(Window, f64)], rough: &Polyline, width: f64) -> Option<Polyline> {
    let (first, last) = (middles.first()?, middles.last()?);
    let shifted = |end: Point, (window, offset): &(Window, f64)| end + window.tangent.normal() * *offset;
    let heading = |distance: f64| rough.tangent(distance, width.max(LEAST_STEP)).unwrap_or_default();
    let start = (shifted(*rough.points.first()?, first), heading(0.0));
    let end = (shifted(*rough.points.last()?, last), heading(rough.length()));
    let seen: Vec<(Point, Vector)> = middles.iter().map(|(window, offset)| (window.across(*offset), window.tangent)).collect();
    let mut points = vec![start.0];
    points.extend(bridge(start, seen[0], width, STRAIGHT_TO_END));
    points.extend(seen.windows(2).flat_map(|pair| bridge(pair[0], pair[1], width, STRAIGHT_BETWEEN)));
    points.extend(bridge(seen[seen.len() - 1], end, width, STRAIGHT_TO_END));
    Some(Polyline::new(points))
}

/// The most widths over which a line is straight between two places, and from the last of them to an end, whose direction is known by the rough line
/// alone.
const STRAIGHT_BETWEEN: f64 = 2.0;
const STRAIGHT_TO_END: f64 = 4.0;

/// The places after the first up to the second: where they are more than so many widths apart, along the cubic (Hermite's) that leaves the one and
/// comes to the other in these directions.
fn bridge((from, leaves): (Point, Vector), (to, comes): (Point, Vector), width: f64, straight: f64) -> impl Iterator<Item = Point> {
    let gap = from.distance(to);
    let widths = gap / width.max(LEAST_STEP);
    let pieces = if widths > straight { widths.ceil() } else { 1.0 };
    // With tangents of this length the cubic follows the arc of a circle.
    let reach = gap * 2.0 / (1.0 + (0.5 + 0.5 * leaves.dot(comes)).max(0.0).sqrt());
    (1..=pieces as usize).map(move |k| {
        let t = k as f64 / pieces;
        let bent = leaves * (t * (1.0 - t).powi(2)) - comes * (t * t * (1.0 - t));
        from.lerp(to, t * t * (3.0 - 2.0 * t)) + bent * reach
    })
}

/// Hair bends less than could be seen within so many pixels.
const LEAST_STEP: f64 = 4.0;

/// Offsets along a line, each by the straight line through it and its three neighbors to either side: a stripe's edges fall between bins, and
/// windows laid along so ragged a line would stand askew.
fn smoothed(offsets: &[(f64, f64)]) -> Vec<f64> {
    (0..offsets.len())
        .map(|i| {
            let near = &offsets[i.saturating_sub(3)..(i + 4).min(offsets.len())];
            let n = near.len() as f64;
            let (x, y) = near.iter().fold((0.0, 0.0), |(x, y), o| (x + o.0 / n, y + o.1 / n));
            let (xx, xy) = near.iter().fold((0.0, 0.0), |(xx, xy), o| (xx + (o.0 - x).powi(2), xy + (o.0 - x) * (o.1 - y)));
            y + if xx > 0.0 { xy / xx * (offsets[i].0 - x) } else { 0.0 }
        })
        .collect()
}

/// The width whose stripe stands out most along a centerline.
fn dominant_width(light: &dyn Light, centerline: &Polyline, tone: Tone, usable: &dyn Fn(Point) -> bool) -> Option<f64> {
    [2.5, 5.0, 10.0, 20.0, 40.0]
        .into_iter()
        .filter_map(|w| {
            let reach = 3.0 * w;
            let strengths = Window::along(centerline, w, w, 8).into_iter().filter_map(|window| {
                let profile = Profile::gather(light, &window, (-reach, reach), (w / 8.0).clamp(0.5, 2.0), usable)?;
                let stripe = stripe(&profile, tone, (0.6 * w, 1.5 * w), w)?;
                let contrast = (stripe.levels[0] + stripe.levels[2]) / 2.0 - stripe.levels[1];
                // The misfit of the stripe tells a hair from a piece of a wider one or of the skin's own unevenness.
                let misfit: f64 = profile
                    .bins
                    .iter()
                    .map(|b| {
                        let k = usize::from(b.x > stripe.edges[0]) + usize::from(b.x > stripe.edges[1]);
                        (b.light - stripe.levels[k]).powi(2)
                    })
                    .sum::<f64>()
                    / profile.bins.len() as f64;
                Some((contrast.abs() * profile.unit / (misfit.sqrt() + 0.02), stripe.width()))
            });
            let (strengths, widths): (Vec<f64>, Vec<f64>) = strengths.unzip();
            Some((median(strengths)?, median(widths)?))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, width)| width)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Middles seen so far along a line, none of them off it.
    fn seen(line: &Polyline, distances: &[f64]) -> Vec<(Window, f64)> {
        let window = |distance: &f64| {
            let tangent = line.tangent(*distance, 8.0).unwrap();
            (Window { middle: line.at(*distance), tangent, curvature: 0.0, half_length: 4.0, distance: *distance }, 0.0)
        };
        distances.iter().map(window).collect()
    }

    #[test]
    fn a_curl_keeps_its_way_where_other_hair_crosses() {
        // Three quarters of a circle of 100 px; a fifth of a turn is hidden.
        let circle = Polyline::new(
            (0..=270).map(|degree| Point::new(0.0, 0.0) + Vector::from_angle(f64::from(degree).to_radians()) * 100.0).collect(),
        );
        let distances: Vec<f64> = (1..24).map(|k| 20.0 * f64::from(k)).filter(|d| !(180.0..285.0).contains(d)).collect();
        let line = through(&seen(&circle, &distances), &circle, 12.0).unwrap();
        let off = line.resampled(2.0).points.iter().map(|p| (p.distance(Point::new(0.0, 0.0)) - 100.0).abs()).fold(0.0, f64::max);
        assert!(off < 0.8, "by a chord it would be 23: {off}");
    }

    #[test]
    fn a_straight_hair_stays_straight_and_keeps_its_ends() {
        let rough = Polyline::new(vec![Point::new(0.0, 5.0), Point::new(200.0, 5.0)]);
        let middles: Vec<(Window, f64)> = seen(&rough, &[20.0, 40.0, 130.0, 180.0]).into_iter().map(|(window, _)| (window, 1.5)).collect();
        let line = through(&middles, &rough, 10.0).unwrap();
        let y = middles[0].0.across(1.5).y;
        assert!(line.points.iter().all(|p| (p.y - y).abs() < 1e-9) && (line.length() - 200.0).abs() < 1e-9, "{line:?}");
        assert_eq!((line.points[0].x, line.points[line.points.len() - 1].x), (0.0, 200.0));
        assert_eq!(through(&[], &rough, 10.0), None);
    }
}
