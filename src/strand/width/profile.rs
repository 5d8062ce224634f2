//! Profiles: the light of the original pixels by their distance from a shaft's centerline.

use crate::geometry::{Point, Polyline, Vector};
use crate::photo::Photo;
use crate::raster::Plane;

/// The light of a picture's pixels, told one at a time: a photo's few hairs lie over few of its pixels.
pub trait Light {
    /// How many pixels there are from left to right and from top to bottom.
    fn size(&self) -> (usize, usize);

    /// The linear light at a pixel.
    fn at(&self, x: usize, y: usize) -> f32;

    /// Writes the linear light of neighboring pixels of row `y`, from column `x` on.
    fn row(&self, x: usize, y: usize, values: &mut [f32]) {
        (x..).zip(values).for_each(|(x, value)| *value = self.at(x, y));
    }
}

impl Light for Photo {
    fn size(&self) -> (usize, usize) {
        (self.width(), self.height())
    }

    fn at(&self, x: usize, y: usize) -> f32 {
        self.light(x, y)
    }

    fn row(&self, x: usize, y: usize, values: &mut [f32]) {
        self.light_row(x, y, values);
    }
}

impl Light for Plane {
    fn size(&self) -> (usize, usize) {
        (self.ncols(), self.nrows())
    }

    fn at(&self, x: usize, y: usize) -> f32 {
        self[[y, x]]
    }
}

/// How many neighboring pixels of a row are asked about together whether they can be used: glare, captions and frames are larger.
const TOGETHER: usize = 4;

/// A short window laid along a shaft: its middle, its direction and its bend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) middle: Point,
    pub(super) tangent: Vector,
    /// One over the radius of the bend, positive when it bends towards `tangent.normal()`.
    pub(super) curvature: f64,
    /// How far the window reaches along the shaft to either side of its middle.
    pub(super) half_length: f64,
    /// How far along the centerline the middle lies.
    pub(super) distance: f64,
}

impl Window {
    /// The windows that lie side by side along a shaft of this width, a third of a width long and 9 pixels at least, every pixel in one of them at
    /// most; at most `most` of them, and `end` left out at either end (less where the shaft is short).
    pub(super) fn along(centerline: &Polyline, width: f64, end: f64, most: usize) -> Vec<Self> {
        let length = centerline.length();
        let end = end.min(length / 4.0);
        let usable = length - 2.0 * end;
        if usable.is_nan() || usable <= 1.0 || centerline.points.len() < 2 {
            return vec![];
        }
        let pace = (0.35 * width).max(9.0);
        let count = ((usable / pace) as usize).clamp(1, most);
        let spacing = usable / count as f64;
        let half_length = (spacing / 2.0).min(0.9 * pace);
        let reach = spacing.max(8.0);
        (0..count)
            .filter_map(|k| {
                let distance = end + (k as f64 + 0.5) * spacing;
                let (before, after) = ((distance - reach).max(0.0), (distance + reach).min(length));
                let (a, middle, b) = (centerline.at(before), centerline.at(distance), centerline.at(after));
                let tangent = (b - a).unit()?;
                // The circle through three points: twice the area they span over the product of the sides.
                let sides = (middle - a).length() * (b - middle).length() * (b - a).length();
                let curvature = if sides > 0.0 { 2.0 * (middle - a).cross(b - middle) / sides } else { 0.0 };
                Some(Self { middle, tangent, curvature, half_length, distance })
            })
            .collect()
    }

    /// Where a point of the photo lies in the window: along the shaft, and across it.
    pub(super) fn local(&self, p: Point) -> (f64, f64) {
        let d = p - self.middle;
        let along = d.dot(self.tangent);
        (along, d.dot(self.tangent.normal()) - 0.5 * self.curvature * along * along)
    }

    /// The point of the photo at a distance across the shaft from the window's middle.
    pub(super) fn across(&self, x: f64) -> Point {
        self.middle + self.tangent.normal() * x
    }
}

/// The mean light of the pixels whose distance from the centerline falls together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bin {
    /// The mean distance of those pixels.
    pub(super) x: f64,
    pub(super) light: f64,
    /// How many pixels.
    pub(super) pixels: f64,
}

/// The light across a shaft, scaled so that the darkest and lightest bin lie 1 apart.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) bins: Vec<Bin>,
    /// No light at all, in the scaled light: a shaft can be no darker.
    pub(super) darkest: f64,
    /// The mean variance of the pixels' distances within a bin: blur that the bins add.
    pub(super) bin_variance: f64,
    /// One unit of scaled light in the photo's light.
    pub(super) unit: f64,
    /// The standard deviation of a pixel about the mean of several places, where the bins are such means; else 0.
    pub(super) scatter: f64,
}

impl Profile {
    /// Gathers the pixels of a window from `from` to `to` across the shaft, each pixel at its own distance: nothing is interpolated, so the
    /// only blur is the photo's own and the pixels' noise stays independent. `None` where fewer than half of the window can be used.
    pub(super) fn gather(
        light: &dyn Light,
        window: &Window,
        (from, to): (f64, f64),
        bin: f64,
        usable: &dyn Fn(Point) -> bool,
    ) -> Option<Self> {
        let (columns, rows) = light.size();
        let count = ((to - from) / bin).ceil();
        if !(1.0..=4096.0).contains(&count) || rows == 0 || columns == 0 {
            return None;
        }
        let mut sums = vec![[0.0_f64; 3]; count as usize];
        let (t, n) = (window.tangent, window.tangent.normal());
        let sag = 0.5 * window.curvature.abs() * window.half_length * window.half_length;
        let corners = [from - sag, to + sag].map(|x| [-window.half_length, window.half_length].map(|a| window.middle + n * x + t * a));
        let corners = corners.as_flattened();
        let lowest = corners.iter().map(|p| p.y).fold(f64::INFINITY, f64::min).ceil().max(0.0);
        let highest = corners.iter().map(|p| p.y).fold(f64::NEG_INFINITY, f64::max).floor().min(rows as f64 - 1.0);
        if lowest.is_nan() || highest.is_nan() || lowest > highest {
            return None;
        }
        let (mut seen, mut squares, over) = (0.0, 0.0, 1.0 / bin);
        let (mut line, mut aside) = (vec![], vec![]);
        for row in lowest as usize..=highest as usize {
            let dy = row as f64 - window.middle.y;
            // The stretch of this row inside the window, from its two pairs of parallel sides.
            let along = slab(t.x, t.y * dy, -window.half_length, window.half_length);
            let across = slab(n.x, n.y * dy, from - sag, to + sag);
            let first = (window.middle.x + along.0.max(across.0)).ceil().max(0.0);
            let last = (window.middle.x + along.1.min(across.1)).floor().min(columns as f64 - 1.0);
            if first > last {
                continue;
            }
            let first = first as usize;
            line.resize(last as usize - first + 1, 0.0);
            aside.resize(line.len(), 0.0);
            light.row(first, row, &mut line);
            let dx = first as f64 - window.middle.x;
            for (i, x) in aside.iter_mut().enumerate() {
                let dx = dx + i as f64;
                let along = dx * t.x + dy * t.y;
                *x = dx * n.x + dy * n.y - 0.5 * window.curvature * along * along;
            }
            for (k, (values, aside)) in line.chunks(TOGETHER).zip(aside.chunks(TOGETHER)).enumerate() {
                let middle = (first + k * TOGETHER) as f64 + 0.5 * (values.len() - 1) as f64;
                if !usable(Point::new(middle, row as f64)) {
                    continue;
                }
                for (&value, &x) in values.iter().zip(aside) {
                    let (place, value) = ((x - from) * over, f64::from(value));
                    if place >= 0.0 && place < count && value.is_finite() {
                        let sum = &mut sums[place as usize];
                        sum[0] += 1.0;
                        sum[1] += x;
                        sum[2] += value;
                        squares += x * x;
                        seen += 1.0;
                    }
                }
            }
        }
        if seen < (to - from) * window.half_length {
            return None;
        }
        let spread: f64 = squares - sums.iter().filter(|s| s[0] > 0.0).map(|s| s[1] * s[1] / s[0]).sum::<f64>();
        let bins: Vec<Bin> = sums.iter().filter(|s| s[0] > 0.0).map(|s| Bin { x: s[1] / s[0], light: s[2] / s[0], pixels: s[0] }).collect();
        Self::scaled(bins, spread.max(0.0) / seen, 0.0)
    }

    /// Scales bins so that the darkest and lightest lie 1 apart; `black` is the bins' value for no light at all. `None` without contrast.
    pub(super) fn scaled(bins: Vec<Bin>, bin_variance: f64, black: f64) -> Option<Self> {
        let low = bins.iter().map(|b| b.light).fold(f64::INFINITY, f64::min);
        let unit = bins.iter().map(|b| b.light).fold(f64::NEG_INFINITY, f64::max) - low;
        let scaled = bins.into_iter().map(|b| Bin { light: (b.light - low) / unit, ..b }).collect();
        (unit > 1e-6).then_some(Self { bins: scaled, darkest: (black - low) / unit, bin_variance, unit, scatter: 0.0 })
    }
}

/// Where `slope · u + offset` lies between `low` and `high`.
fn slab(slope: f64, offset: f64, low: f64, high: f64) -> (f64, f64) {
    if slope.abs() < 1e-9 {
        return if offset >= low && offset <= high { (f64::NEG_INFINITY, f64::INFINITY) } else { (1.0, -1.0) };
    }
    let (a, b) = ((low - offset) / slope, (high - offset) / slope);
    (a.min(b), a.max(b))
}
