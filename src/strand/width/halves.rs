//! Dark shafts whose reflex parts them in two, each of them traced as a hair.
//!
//! A reflex as bright as the skin leaves two dark bands with a seam between them, and each of them alone looks like a thin hair. They run side by side at
//! one distance all along, begin and end together, and together they are as wide as the photo's other hair.

use super::locate::Located;
use super::neighbors::{Clearance, Course, clearance};
use super::profile::{Light, Profile, Window};
use crate::geometry::{Point, Polyline, Vector};

/// A band is as dark as its shaft, seam and skin are not: halfway between, edges are drawn.
const HALFWAY: f64 = 0.5;

/// The share of the windows that must show the second band where the others do.
const ALONG: f64 = 0.7;

/// The most by which a whole may exceed the photo's usual hair.
const WIDEST: f64 = 1.6;

/// How far along the shaft the ends of its two halves may lie apart, in widths of the photo's usual hair: where their traces end is not known better.
const LEVEL: f64 = 1.5;

/// How much the distance of the two may change from end to end, in the same.
const APART: f64 = 0.4;

/// The width of a pixel column of the mean profile.
const STEP: f64 = 0.6;

/// Whether what was located may be one dark band of two beside a reflex, the other one `toward` a point; `usual` is the width of the photo's dark hair.
pub(super) fn is_half(
    light: &dyn Light,
    located: &Located,
    usual: f64,
    toward: Point,
    others: &[&Course],
    usable: &dyn Fn(Point) -> bool,
) -> bool {
    let w = located.width;
    let reach = WIDEST * usual - 0.5 * w + 4.0;
    let windows: Vec<(Window, Vec<f64>)> = Window::along(&located.centerline, w, w.min(located.centerline.length() / 8.0), 24)
        .into_iter()
        .filter_map(|window| match clearance(&window, w / 2.0, 0.3 * usual, reach, others) {
            Clearance::Crossed | Clearance::Beside { .. } => None,
            Clearance::Clear(from, to) => {
                let profile = Profile::gather(light, &window, (from, to), STEP, usable)?;
                Some((window, columns(&profile, reach)))
            }
        })
        .collect();
    let mean: Vec<f64> = (0..column(reach, reach) + 1)
        .map(|i| {
            let seen: Vec<f64> = windows.iter().filter_map(|(_, c)| c.get(i).copied()).filter(|v| v.is_finite()).collect();
            if 2 * seen.len() > windows.len() { seen.iter().sum::<f64>() / seen.len() as f64 } else { f64::NAN }
        })
        .collect();
    let Some((window, _)) = windows.get(windows.len() / 2) else { return false };
    let (_, aside) = window.local(toward);
    let at = |x: f64| column(aside.signum() * x, reach);
    let Some(second) = Second::beside(&|x| mean.get(at(x)).copied().unwrap_or(f64::NAN), w, usual) else { return false };
    let shown = windows.iter().filter(|(_, columns)| second.shown(&|x| columns.get(at(x)).copied().unwrap_or(f64::NAN))).count();
    windows.len() >= 2 && shown as f64 >= ALONG * windows.len() as f64 && aside.abs() < second.far
}

/// Whether two lines begin and end side by side and keep their distance, as the two halves of one shaft do; `usual` is the width of the photo's hair.
pub(super) fn alike(one: &Polyline, other: &Polyline, usual: f64) -> bool {
    let (Some(a), Some(b), Some(p), Some(q)) = (one.points.first(), one.points.last(), other.points.first(), other.points.last()) else {
        return false;
    };
    let (p, q) = if a.distance(*p) + b.distance(*q) <= a.distance(*q) + b.distance(*p) { (p, q) } else { (q, p) };
    let Some(along) = (*b - *a).unit() else { return false };
    let (begin, end) = (*p - *a, *q - *b);
    let (across, later) = (begin.cross(along), end.cross(along));
    let level = |v: Vector| v.dot(along).abs() < LEVEL * usual;
    level(begin) && level(end) && across.abs().max(later.abs()) < usual && (across - later).abs() < APART * usual
}

/// Which column a distance across falls into.
fn column(x: f64, reach: f64) -> usize {
    ((x + reach).max(0.0) / STEP) as usize
}

/// The light of a profile by column, in the photo's light; not a number where nothing was seen.
fn columns(profile: &Profile, reach: f64) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); column(reach, reach) + 1];
    for bin in &profile.bins {
        if let Some(sum) = sums.get_mut(column(bin.x, reach)) {
            *sum = (sum.0 + bin.pixels * (bin.light - profile.darkest) * profile.unit, sum.1 + bin.pixels);
        }
    }
    sums.into_iter().map(|(light, n)| light / n).collect()
}

/// A second dark band beside the first.
struct Second {
    /// The middle of the seam, that of the band, and its far edge.
    seam: f64,
    middle: f64,
    far: f64,
    /// The light of the skin, and how much darker the first band is.
    skin: f64,
    contrast: f64,
}

impl Second {
    /// The one that lies to the right of a first one of this width, by the light at each distance from the first one's middle.
    fn beside(light: &dyn Fn(f64) -> f64, width: f64, usual: f64) -> Option<Self> {
        let mean = |from: f64, to: f64| {
            let n = ((to - from) / STEP).ceil().max(1.0) as usize;
            let values: Vec<f64> = (0..n).map(|i| light(from + (i as f64 + 0.5) * STEP)).filter(|v| v.is_finite()).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        // The skin is read on the far side of the first band.
        let skin = mean(-0.5 * width - 0.5 * usual, -0.5 * width - 2.0)?;
        let contrast = skin - mean(-0.25 * width, 0.25 * width)?;
        if contrast <= 0.0 {
            return None;
        }
        let depth = |x: f64| (skin - light(x)) / contrast;
        let end = WIDEST * usual - 0.5 * width;
        let first_beyond = |from: f64, dark: bool| {
            (0..)
                .map(|i| from + f64::from(i) * STEP)
                .take_while(|x| *x < end + 2.0)
                .find(|x| (depth(*x) > HALFWAY) == dark && depth(*x).is_finite())
        };
        let near = first_beyond(0.3 * width, false)?;
        let begin = first_beyond(near, true)?;
        let far = first_beyond(begin, false)?;
        let (seam, middle, band, whole) = (near.midpoint(begin), begin.midpoint(far), far - begin, far + 0.5 * width);
        let like = (whole / usual).ln().abs() < (width / usual).ln().abs();
        let parted = begin - near < 1.3 * width.max(band) && band > 0.3 * width && band < 2.5 * width;
        (whole < WIDEST * usual && like && parted && depth(middle) > 0.6).then_some(Self { seam, middle, far, skin, contrast })
    }

    /// Whether one window shows it too.
    fn shown(&self, light: &dyn Fn(f64) -> f64) -> bool {
        let depth = |x: f64| (self.skin - light(x)) / self.contrast;
        depth(self.middle) > 0.4 && depth(self.middle) - depth(self.seam) > 0.2
    }
}
