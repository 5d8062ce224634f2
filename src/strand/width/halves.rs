//! Dark shafts whose reflex parts them in two, each of them traced as a hair.
//!
//! A reflex as bright as the skin leaves two dark bands with a seam between them, and each of them alone looks like a thin hair. They run side by side at
//! one distance all along, begin and end together, and together they are as wide as the photo's other hair.

use super::locate::{Located, through};
use super::neighbors::{Clearance, Course, clearance};
use super::profile::{Light, Profile, Window};
use super::{FEWEST_OF_PHOTO, Shaft, near};
use crate::geometry::{Point, Polyline};
use crate::strand::Tone;
use rayon::prelude::*;

/// A shaft narrower than this share of the photo's usual dark hair may be half of one.
const THIN: f64 = 0.8;

/// Where so many of a photo's thin dark shafts, and this share of them at least, are told for halves by the two bands they leave, its hair shines so that
/// it parts: then light so uneven beside a thin shaft, which on skin that is all it is one in twenty has and three in five of the halves, tells of
/// another half, and none of less than this share of the usual width can be told from one. One thin shaft in three is so told in drawn photos of dark skin, one in
/// a hundred of hand-marked clipped fields, whose haze and gloss are as uneven. Where there are a few more, what shows two bands is measured as the whole of
/// them: up to four happen on drawn light skin too, and are two hairs as often as not.
const FEWEST_PARTED: usize = 3;
const SURELY_PARTED: usize = 5;
const PARTED_SHARE: f64 = 0.1;
pub(super) const UNEVEN: f64 = 0.2;
const HALF_OF_USUAL: f64 = 0.65;

/// A band is as dark as its shaft, seam and skin are not: halfway between, edges are drawn. A seam may be less light than skin: there, they are drawn
/// nearer to the band.
const HALFWAY: f64 = 0.5;
const SHALLOW: f64 = 0.8;

/// How much darker a band must be than the seam.
const PARTED: f64 = 0.2;

/// The share of the windows that must show the second band where the others do.
const ALONG: f64 = 0.7;

/// The most by which a whole may exceed the photo's usual hair.
const WIDEST: f64 = 1.6;

/// How far along the shaft the ends of its two halves may lie apart, in widths of the photo's usual hair: where their traces end is not known better.
const LEVEL: f64 = 1.5;

/// How far from the ends, as a share of the length, their distance is told.
const INNER: f64 = 0.15;

/// How much the distance of the two may change from end to end, in the same.
const APART: f64 = 0.4;

/// Beside a shaft, light is compared by stretches of this share of its width, so many to either side but the first, which the blurred edge reaches into.
const STRETCH: f64 = 0.4;
const STRETCHES: usize = 6;

/// The width of a pixel column of the mean profile.
const STEP: f64 = 0.6;

/// What a traced line shows of its hair.
#[derive(Debug, Clone)]
pub(super) enum Shown {
    /// All of it.
    Whole,
    /// Perhaps one of the two bands that a reflex leaves of it: nothing tells them from two thin hairs.
    Half,
    /// One of the two, of a photo whose hair shines so that it parts; its shaft lies here.
    HalfOf(Located),
    /// The other one of a shaft that is measured as a whole, given by the first one's place.
    OtherHalf(usize),
}

/// What the dark shafts of a photo show of their hair: a reflex that parts a shaft leaves two thin ones side by side.
pub(super) fn shown(
    light: &(dyn Light + Sync),
    shafts: &[Shaft],
    located: &[Option<Located>],
    courses: &[Option<Course>],
    usable: &(dyn Fn(Point) -> bool + Sync),
) -> Vec<Shown> {
    let dark: Vec<(usize, &Located)> =
        located.iter().enumerate().filter(|(i, _)| shafts[*i].tone == Tone::Dark).filter_map(|(i, l)| Some((i, l.as_ref()?))).collect();
    let mut widths: Vec<f64> = dark.iter().map(|(_, l)| l.width).collect();
    widths.sort_by(f64::total_cmp);
    let mut shown = vec![Shown::Whole; shafts.len()];
    // Halves draw the median down; the upper quarter is of whole ones.
    let Some(usual) = widths.get(widths.len() * 3 / 4).copied().filter(|_| widths.len() >= FEWEST_OF_PHOTO) else { return shown };
    let thin: Vec<(usize, &Located)> = dark.into_iter().filter(|(_, l)| l.width < THIN * usual).collect();
    let of_both = |(i, one): (usize, &Located), (j, other): (usize, &Located)| {
        let others: Vec<&Course> =
            near(courses, i).into_iter().filter(|c| courses[j].as_ref().is_none_or(|twin| !std::ptr::eq(*c, twin))).collect();
        let toward = other.centerline.at(other.centerline.length() / 2.0);
        whole(light, one, usual, &[toward], &others, usable)
    };
    for (k, &one) in thin.iter().enumerate() {
        for &other in &thin[k + 1..] {
            let unpaired = [one.0, other.0].iter().all(|i| matches!(shown[*i], Shown::Whole));
            if !unpaired || !alike(shafts[one.0].centerline, shafts[other.0].centerline, usual) {
                continue;
            }
            let whole = of_both(one, other).map(|whole| (one.0, other.0, whole));
            if let Some((half, second, whole)) = whole.or_else(|| Some((other.0, one.0, of_both(other, one)?))) {
                shown[half] = Shown::HalfOf(whole);
                shown[second] = Shown::OtherHalf(half);
            }
        }
        if let (Shown::Whole, Some(sides)) = (&shown[one.0], sides(one.1))
            && let Some(whole) = whole(light, one.1, usual, &sides, &near(courses, one.0), usable)
        {
            shown[one.0] = Shown::HalfOf(whole);
        }
    }
    let bands = shown.iter().filter(|shown| !matches!(shown, Shown::Whole)).count();
    let parted = bands as f64 >= PARTED_SHARE * thin.len() as f64;
    if parted && bands >= FEWEST_PARTED {
        // What lies beside a half is uneven: a reflex, and the other half where it was not traced.
        let uneven = |(i, one): (usize, &Located)| unevenness(light, one, &near(courses, i), usable).is_some_and(|u| u > UNEVEN);
        let more: Vec<bool> = thin.par_iter().map(|&(i, one)| one.width < HALF_OF_USUAL * usual || uneven((i, one))).collect();
        for (&(i, _), more) in thin.iter().zip(more) {
            if more && matches!(shown[i], Shown::Whole) {
                shown[i] = Shown::Half;
            }
        }
    }
    if !parted || bands < SURELY_PARTED {
        shown.iter_mut().filter(|shown| !matches!(shown, Shown::Whole)).for_each(|shown| *shown = Shown::Half);
    }
    shown
}

/// The shaft of which what was located may be one dark band of two beside a reflex, the other one toward one of these points; `usual` is the width of the
/// photo's dark hair.
fn whole(
    light: &dyn Light,
    located: &Located,
    usual: f64,
    toward: &[Point],
    others: &[&Course],
    usable: &dyn Fn(Point) -> bool,
) -> Option<Located> {
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
    let (window, _) = windows.get(windows.len() / 2)?;
    toward.iter().find_map(|toward| {
        let (_, aside) = window.local(*toward);
        let at = |x: f64| column(aside.signum() * x, reach);
        let second = Second::beside(&|x| mean.get(at(x)).copied().unwrap_or(f64::NAN), w, usual)?;
        let shown = windows.iter().filter(|(_, columns)| second.shown(&|x| columns.get(at(x)).copied().unwrap_or(f64::NAN))).count();
        if windows.len() < 2 || (shown as f64) < ALONG * windows.len() as f64 || aside.abs() >= second.far {
            return None;
        }
        let middle = aside.signum() * (second.far - 0.5 * w) / 2.0;
        let middles: Vec<(Window, f64)> = windows.iter().map(|(window, _)| (*window, middle)).collect();
        let width = second.far + 0.5 * w;
        Some(Located { centerline: through(&middles, &located.centerline, width)?, width })
    })
}

/// How uneven the light is beside what was located, as far as one hair's width more to either side and beyond the blur of its own edges: the standard
/// deviation over the mean of what it rises to. Skin beside a thin hair is even to a tenth; beside one half of a hair lies a reflex, and the other half.
/// `None` where too little of it is seen.
pub(super) fn unevenness(light: &dyn Light, located: &Located, others: &[&Course], usable: &dyn Fn(Point) -> bool) -> Option<f64> {
    let w = located.width;
    let reach = (STRETCHES as f64 + 0.5) * STRETCH * w + 3.0;
    let seen: Vec<Vec<f64>> = Window::along(&located.centerline, w, w.min(located.centerline.length() / 8.0), 24)
        .into_iter()
        .filter_map(|window| match clearance(&window, w / 2.0, 0.3 * w, reach, others) {
            Clearance::Crossed | Clearance::Beside { .. } => None,
            Clearance::Clear(from, to) => Some(columns(&Profile::gather(light, &window, (from, to), STEP, usable)?, reach)),
        })
        .collect();
    let mean = |from: f64, to: f64| {
        let values = || seen.iter().filter_map(|c| c.get(column(from, reach)..column(to, reach))).flatten().filter(|v| v.is_finite());
        let n = values().count();
        (n > 0).then(|| values().sum::<f64>() / n as f64)
    };
    let middle = mean(-0.25 * w, 0.25 * w)?;
    let stretches = (2..=STRETCHES).flat_map(|k| [-1.0, 1.0].map(|side| side * k as f64 * STRETCH * w));
    let rises: Vec<f64> = stretches.filter_map(|x| Some(mean(x - 0.5 * STRETCH * w, x + 0.5 * STRETCH * w)? - middle)).collect();
    if rises.len() < 3 {
        return None;
    }
    let n = rises.len() as f64;
    let usual = rises.iter().sum::<f64>() / n;
    let variance = rises.iter().map(|rise| (rise - usual).powi(2)).sum::<f64>() / n;
    (usual > 0.0).then(|| variance.sqrt() / usual)
}

/// The points just beside the middle of what was located: the other band may lie to either side, untraced.
fn sides(located: &Located) -> Option<[Point; 2]> {
    let half = located.centerline.length() / 2.0;
    let middle = located.centerline.at(half);
    let along = (located.centerline.at(half + 1.0) - middle).unit()?;
    Some([1.0, -1.0].map(|side| middle + along.normal() * side))
}

/// Whether two lines begin and end side by side and keep their distance, as the two halves of one shaft do; `usual` is the width of the photo's hair.
fn alike(one: &Polyline, other: &Polyline, usual: f64) -> bool {
    let at = |line: &Polyline, share: f64| line.at(share * line.length());
    let same_way = at(one, 0.0).distance(at(other, 0.0)) + at(one, 1.0).distance(at(other, 1.0))
        <= at(one, 0.0).distance(at(other, 1.0)) + at(one, 1.0).distance(at(other, 0.0));
    let away = |share: f64| at(other, if same_way { share } else { 1.0 - share }) - at(one, share);
    let Some(along) = (at(one, 1.0) - at(one, 0.0)).unit() else { return false };
    let level = |share: f64| away(share).dot(along).abs() < LEVEL * usual;
    // At their very ends, a shaft cut askew parts them, and traces stray.
    let (across, later) = (away(INNER).cross(along), away(1.0 - INNER).cross(along));
    level(0.0) && level(1.0) && across.abs().max(later.abs()) < usual && (across - later).abs() < APART * usual
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
        let first_beyond = |from: f64, dark: bool, level: f64| {
            (0..)
                .map(|i| from + f64::from(i) * STEP)
                .take_while(|x| *x < end + 2.0)
                .find(|x| (depth(*x) > level) == dark && depth(*x).is_finite())
        };
        [HALFWAY, SHALLOW].into_iter().find_map(|level| {
            let near = first_beyond(0.3 * width, false, level)?;
            let begin = first_beyond(near, true, level)?;
            let far = first_beyond(begin, false, HALFWAY)?;
            let (seam, middle, band, whole) = (near.midpoint(begin), begin.midpoint(far), far - begin, far + 0.5 * width);
            // Between two hairs lies skin or, where they touch, nothing: a seam darker than skin and lighter than they are is a reflex.
            let like = (whole / usual).ln().abs() < (width / usual).ln().abs() || depth(seam) > HALFWAY;
            let parted = begin - near < 1.3 * width.max(band) && band > 0.3 * width && band < 2.5 * width;
            let parted = parted && depth(middle) > 0.6 && depth(middle) - depth(seam) > PARTED;
            (whole < WIDEST * usual && like && parted).then_some(Self { seam, middle, far, skin, contrast })
        })
    }

    /// Whether one window shows it too.
    fn shown(&self, light: &dyn Fn(f64) -> f64) -> bool {
        let depth = |x: f64| (self.skin - light(x)) / self.contrast;
        depth(self.middle) > 0.4 && depth(self.middle) - depth(self.seam) > PARTED
    }
}
