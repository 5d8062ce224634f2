//! Where a shaft roughly lies in a profile, before anything is fitted.

use super::profile::Profile;
use crate::strand::Tone;

/// Two rough edges, and the levels of light left, within and right of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stripe {
    pub(super) edges: [f64; 2],
    pub(super) levels: [f64; 3],
}

impl Stripe {
    pub(super) fn width(&self) -> f64 {
        self.edges[1] - self.edges[0]
    }

    pub(super) fn center(&self) -> f64 {
        (self.edges[0] + self.edges[1]) / 2.0
    }
}

/// The two edges that leave the least squared difference when each part of the profile is replaced by its mean, among stripes of the tone
/// asked for, of a width within `widths`, whose center lies at most `off_center` from zero. `None` where there is no such stripe.
pub(super) fn stripe(profile: &Profile, tone: Tone, widths: (f64, f64), off_center: f64) -> Option<Stripe> {
    let bins = &profile.bins;
    let n = bins.len();
    let mut pixels = vec![0.0];
    let mut light = vec![0.0];
    for bin in bins {
        pixels.push(pixels[pixels.len() - 1] + bin.pixels);
        light.push(light[light.len() - 1] + bin.pixels * bin.light);
    }
    let mean = |i: usize, j: usize| (light[j] - light[i]) / (pixels[j] - pixels[i]);
    let edge = |i: usize| (bins[i - 1].x + bins[i].x) / 2.0;
    let sign = if tone == Tone::Dark { 1.0 } else { -1.0 };
    let mut best: Option<(f64, Stripe)> = None;
    for i in 1..n {
        for j in i + 1..n {
            let edges = [edge(i), edge(j)];
            let (width, center) = (edges[1] - edges[0], (edges[0] + edges[1]) / 2.0);
            if width > widths.1 {
                break;
            }
            if width < widths.0 || center.abs() > off_center {
                continue;
            }
            let levels = [mean(0, i), mean(i, j), mean(j, n)];
            if sign * (levels[0] - levels[1]) <= 0.0 || sign * (levels[2] - levels[1]) <= 0.0 {
                continue;
            }
            let explained = pixels[i] * levels[0] * levels[0]
                + (pixels[j] - pixels[i]) * levels[1] * levels[1]
                + (pixels[n] - pixels[j]) * levels[2] * levels[2];
            if best.as_ref().is_none_or(|(most, _)| explained > *most) {
                best = Some((explained, Stripe { edges, levels }));
            }
        }
    }
    best.map(|(_, stripe)| stripe)
}
