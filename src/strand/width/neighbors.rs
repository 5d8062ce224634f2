//! What else lies in a window: hairs that cross the shaft, touch it or run beside it.

use super::profile::Window;
use crate::geometry::{Point, Polyline, Vector};

/// Where a shaft runs and how wide it roughly is.
#[derive(Debug, Clone)]
pub(super) struct Course {
    points: Vec<Point>,
    half_width: f64,
    lowest: Point,
    highest: Point,
}

/// How much of a window is the shaft's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Clearance {
    /// Another hair lies over the shaft.
    Crossed,
    /// Skin on both sides, from and to these distances across the shaft.
    Clear(f64, f64),
    /// Another hair runs beside, its middle at `center`, its rough width `width`; skin on the far side of both, within `from` and `to`.
    Beside { center: f64, width: f64, from: f64, to: f64 },
}

impl Course {
    pub(super) fn new(centerline: &Polyline, width: f64) -> Self {
        let points = centerline.resampled((width / 2.0).clamp(2.0, 12.0)).points;
        let bound = |pick: fn(f64, f64) -> f64, start: f64| {
            points.iter().fold(Point::new(start, start), |b, p| Point::new(pick(b.x, p.x), pick(b.y, p.y)))
        };
        let (lowest, highest) = (bound(f64::min, f64::INFINITY), bound(f64::max, f64::NEG_INFINITY));
        Self { points, half_width: width / 2.0, lowest, highest }
    }

    /// Whether another course may come into a window of this one: their bounding boxes, widened by three widths.
    pub(super) fn near(&self, other: &Self) -> bool {
        let reach = 6.0 * self.half_width + other.half_width + 30.0;
        self.lowest.x - reach <= other.highest.x
            && other.lowest.x <= self.highest.x + reach
            && self.lowest.y - reach <= other.highest.y
            && other.lowest.y <= self.highest.y + reach
    }

    /// The middle and the slant (change across per step along) of the course where it passes through a window; `None` where it does not.
    fn through(&self, window: &Window, reach: f64) -> Option<(f64, f64, f64)> {
        let half = window.half_length + self.half_width;
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut direction = Vector::default();
        for pair in self.points.windows(2) {
            let middle = pair[0].lerp(pair[1], 0.5);
            let step = pair[1] - pair[0];
            let (along, across) = window.local(middle);
            if along.abs() <= half + step.length() / 2.0 && across.abs() <= reach + self.half_width {
                let slant = (step.dot(window.tangent.normal()) / 2.0).abs();
                low = low.min(across - slant);
                high = high.max(across + slant);
                direction = direction + if step.dot(direction) < 0.0 { -step } else { step };
            }
        }
        let slant = direction.unit()?.cross(window.tangent).abs();
        Some((low, high, slant))
    }
}

/// What a window within `reach` of the shaft's middle is free to use; `half_width` is the shaft's own, `flank` the skin needed beside it.
pub(super) fn clearance(window: &Window, half_width: f64, flank: f64, reach: f64, others: &[&Course]) -> Clearance {
    let (mut from, mut to) = (-reach, reach);
    let mut beside: Option<(f64, f64)> = None;
    for other in others {
        let Some((low, high, slant)) = other.through(window, reach) else { continue };
        let center = (low + high) / 2.0;
        let (near_left, near_right) = (low - other.half_width, high + other.half_width);
        // Two hairs side by side may touch, even overlap a little; anything nearer lies over the shaft.
        if center.abs() < 0.6 * (half_width + other.half_width) {
            return Clearance::Crossed;
        }
        let margin = 0.3 * flank;
        let (left, right) = (near_left - margin, near_right + margin);
        if center > 0.0 && left < half_width + flank || center < 0.0 && right > -half_width - flank {
            if slant > 0.35 || beside.is_some() {
                return Clearance::Crossed;
            }
            beside = Some((center, 2.0 * other.half_width));
        } else if center > 0.0 {
            to = to.min(left);
        } else {
            from = from.max(right);
        }
    }
    match beside {
        None => Clearance::Clear(from, to),
        Some((center, width)) => {
            let far = center.abs() + width / 2.0 + flank;
            let (from, to) = if center > 0.0 { (from, far) } else { (-far, to) };
            Clearance::Beside { center, width, from, to }
        }
    }
}
