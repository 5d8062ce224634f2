//! How far the optics, the sensor and the focus spread a point of light, read from the edges of the photo's own wide hairs.

use crate::geometry::Point;
use crate::units::Pixels;

/// The blur of one photo: the standard deviation of its point spread, as a Gaussian.
#[derive(Debug, Clone, PartialEq)]
pub struct PointSpread {
    /// The typical standard deviation over the photo.
    pub sigma: Pixels,
    /// One standard deviation of `sigma`, as a share of it.
    pub relative_error: f64,
    /// How much the blur differs from hair to hair, beyond what its measurement scatters: a standard deviation, as a share of `sigma`.
    pub variation: f64,
    anchors: Vec<Anchor>,
    local: bool,
}

/// The blur at the edges of one hair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Anchor {
    pub(super) at: Point,
    pub(super) ln_sigma: f64,
    pub(super) variance: f64,
}

/// How many nearby hairs tell the blur of a place, where it varies over the photo.
const NEIGHBORS: usize = 8;

/// The smallest width that can be trusted, in standard deviations of the point spread. Of a thinner shaft only width² / 12 + blur² is seen, and an
/// error of 3 % in the blur, which no photo tells much better, moves the width by a tenth.
pub(super) const LEAST_SPREADS: f64 = 1.9;

impl PointSpread {
    /// The smallest width that can be trusted under this blur: a shaft found thinner is given no figure.
    pub fn smallest_trusted(&self) -> Pixels {
        self.sigma * LEAST_SPREADS
    }

    /// The point spread the anchors agree on; `None` without anchors.
    ///
    /// Anchors beyond 4.5 median absolute deviations, which are three standard deviations, are left out: a hair out of focus, or a loose one above the skin, says little of the
    /// others. What remains is a random-effects mean (DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2).
    pub(super) fn from_anchors(mut anchors: Vec<Anchor>) -> Option<Self> {
        let middle = median(anchors.iter().map(|a| a.ln_sigma).collect())?;
        let deviation = median(anchors.iter().map(|a| (a.ln_sigma - middle).abs()).collect())?;
        anchors.retain(|a| (a.ln_sigma - middle).abs() <= 4.5 * deviation + 1e-9);
        let between = between_variance(&anchors);
        let (mean, variance) = combined(anchors.iter().map(|a| (a.ln_sigma, a.variance + between)))?;
        // Where near hairs differ clearly less than hairs anywhere, the focus varies over the photo and the near ones tell.
        let local = anchors.len() >= 2 * NEIGHBORS && {
            let near: Vec<f64> = anchors.iter().map(|a| (a.ln_sigma - near_mean(&anchors, a.at, Some(a)).0).powi(2)).collect();
            let any: Vec<f64> = anchors.iter().map(|a| (a.ln_sigma - mean).powi(2)).collect();
            median(near)? < 0.6 * median(any)?
        };
        Some(Self { sigma: Pixels(mean.exp()), relative_error: variance.sqrt(), variation: between.sqrt(), anchors, local })
    }

    /// The logarithm of the point spread to expect at a place, and the variance of that expectation for a hair not yet measured.
    pub(super) fn expected(&self, at: Point) -> (f64, f64) {
        if self.local {
            near_mean(&self.anchors, at, None)
        } else {
            (self.sigma.0.ln(), self.relative_error.powi(2) + self.variation.powi(2))
        }
    }
}

/// The mean of the anchors nearest a place and the variance of one more hair there.
fn near_mean(anchors: &[Anchor], at: Point, without: Option<&Anchor>) -> (f64, f64) {
    let mut near: Vec<(f64, &Anchor)> =
        anchors.iter().filter(|a| without.is_none_or(|w| *a != w)).map(|a| (a.at.distance(at), a)).collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    near.truncate(NEIGHBORS);
    let own: Vec<Anchor> = near.into_iter().map(|(_, a)| *a).collect();
    let between = between_variance(&own);
    let (mean, variance) = combined(own.iter().map(|a| (a.ln_sigma, a.variance + between))).unwrap_or((0.0, 1.0));
    (mean, variance + between)
}

/// The variance between hairs, beyond that of measuring each.
fn between_variance(anchors: &[Anchor]) -> f64 {
    let Some((mean, _)) = combined(anchors.iter().map(|a| (a.ln_sigma, a.variance))) else { return 0.0 };
    let weights = || anchors.iter().map(|a| 1.0 / a.variance);
    let heterogeneity: f64 = anchors.iter().map(|a| (a.ln_sigma - mean).powi(2) / a.variance).sum();
    let sum: f64 = weights().sum();
    let scale = sum - weights().map(|w| w * w).sum::<f64>() / sum;
    if scale > 0.0 { ((heterogeneity - (anchors.len() as f64 - 1.0)) / scale).max(0.0) } else { 0.0 }
}

/// The mean weighted by inverse variance, and its variance; `None` of nothing.
pub(super) fn combined(values: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    let (weight, sum) = values.fold((0.0, 0.0), |(weight, sum), (value, variance)| (weight + 1.0 / variance, sum + value / variance));
    (weight > 0.0).then(|| (sum / weight, 1.0 / weight))
}

/// The middle value, or the mean of the two middle ones; `None` of nothing.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    (n > 0).then(|| (values[(n - 1) / 2] + values[n / 2]) / 2.0)
}
