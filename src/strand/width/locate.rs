//! Brings a rough centerline onto the middle of its shaft.

use super::neighbors::{Clearance, Course, clearance};
use super::point_spread::median;
use super::profile::{Light, Profile, Window};
use super::search::stripe;
use crate::geometry::{Point, Polyline};
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
        let (first, last) = (kept.first()?, kept.last()?);
        let (start, end) = (*centerline.points.first()?, *centerline.points.last()?);
        // The ends keep their place along the shaft and take the offset of the nearest window.
        let shifted = |end: Point, (window, offset): &(Window, f64)| end + window.tangent.normal() * *offset;
        let points = std::iter::once(shifted(start, first))
            .chain(kept.iter().map(|(window, offset)| window.across(*offset)))
            .chain(std::iter::once(shifted(end, last)))
            .collect();
        Some(Located { centerline: Polyline::new(points), width })
    }
}

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
