//! One width from the samples along a strand, with an honest standard error.

use super::point_spread::median;
use std::ops::Range;

/// What no model of a shaft foresees, in pixels: the pixels' square beside the Gaussian taken for the whole spread, rounding to 8 bits, and
/// the centerline's own direction. One standard deviation of a strand's width, by drawn shafts without noise.
const FLOOR: f64 = 0.005;

/// The width at one clean place along a strand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) distance: f64,
    pub(super) width: f64,
    /// What the fit says of its variance, taking the noise to be white.
    pub(super) variance: f64,
}

/// The part of a strand that is as thick as the hair is: without the stretch over which it thins to a pointed end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Even {
    /// Which samples lie on it.
    pub(super) samples: Range<usize>,
    /// From where to where along the strand it runs.
    pub(super) extent: (f64, f64),
}

/// Samples on either side of where a hair begins to thin to a point.
const FEWEST_OF_PART: usize = 3;

/// By what share of its width a hair thins over a pointed end that is seen, at least.
const LEAST_FALL: f64 = 0.25;

impl Even {
    /// Hair that was never cut is about as thick all along, and thins over its last third or so to a point; broken hair may thin towards its root. A level
    /// stretch and a fall from it are seen where they explain the widths better than a straight taper does, by the Bayesian information criterion for
    /// two numbers more and errors by Laplace's law.
    pub(super) fn of(samples: &[Sample], length: f64) -> Self {
        let n = samples.len();
        let whole = Self { samples: 0..n, extent: (0.0, length) };
        let Some(deviation) = median(samples.iter().map(|s| s.variance.sqrt()).collect()).filter(|_| n >= 2 * FEWEST_OF_PART) else {
            return whole;
        };
        let misfit = |residuals: &mut dyn Iterator<Item = f64>| residuals.map(f64::abs).sum::<f64>() / n as f64 + deviation;
        let straight = {
            let taper = median(slopes(samples).collect()).unwrap_or(0.0);
            let level: Vec<f64> = samples.iter().map(|s| s.width - taper * s.distance).collect();
            let center = median(level.clone()).unwrap_or(0.0);
            misfit(&mut level.iter().map(|l| l - center))
        };
        let forth: Vec<(f64, f64)> = samples.iter().map(|s| (s.distance, s.width)).collect();
        let back: Vec<(f64, f64)> = samples.iter().rev().map(|s| (length - s.distance, s.width)).collect();
        let mut best = (straight * (-(n as f64).ln() / n as f64).exp(), whole);
        for (widths, turned) in [(&forth, false), (&back, true)] {
            for k in FEWEST_OF_PART..=n - FEWEST_OF_PART {
                let (even, falling) = widths.split_at(k);
                let (from, to) = (even[k - 1].0, falling[n - k - 1].0);
                let Some(level) = median(even.iter().map(|e| e.1).collect()) else { continue };
                let Some(fall) = median(falling.iter().map(|(at, width)| (level - width) / (at - from)).collect()) else { continue };
                let off = even.iter().map(|e| e.1 - level).chain(falling.iter().map(|(at, width)| width - level + fall * (at - from)));
                let misfit = misfit(&mut { off });
                if misfit < best.0 && fall * (to - from) >= LEAST_FALL * level {
                    let even = if turned {
                        Self { samples: n - k..n, extent: (length - from, length) }
                    } else {
                        Self { samples: 0..k, extent: (0.0, from) }
                    };
                    best = (misfit, even);
                }
            }
        }
        best.1
    }
}

/// The samples of one strand, summed up.
#[derive(Debug, Clone)]
pub(super) struct Summary {
    /// The trimmed mean about the straight taper, at the samples' middle.
    pub(super) width: f64,
    /// How far along the strand that is.
    pub(super) middle: f64,
    /// Change of width per pixel along the strand.
    pub(super) taper: f64,
    /// Change of width from the first to the last sample.
    pub(super) change: f64,
    /// Which samples it rests on.
    pub(super) kept: Vec<usize>,
    /// The squares of how far these lie from their middle, summed.
    reach: f64,
    /// The variance of one sample about the taper, as seen.
    seen: f64,
    /// The variance of one sample that the fits' white noise explains.
    explained: f64,
    /// Products of neighboring residuals, and squares of residuals, summed over the strand.
    lagged: f64,
    squares: f64,
}

/// What all strands of a photo say together of their samples' errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Errors {
    /// How many times the variance of a sample exceeds what white noise explains.
    excess: f64,
    /// The correlation of neighboring samples.
    correlation: f64,
}

/// How many samples' worth the fits' own variance counts for beside the scatter seen along one strand.
const PRIOR_SAMPLES: f64 = 4.0;

impl Summary {
    /// Sums up the samples of one strand; `None` of nothing.
    ///
    /// The taper is the median slope between samples (Theil 1950, Sen 1968, doi:10.1080/01621459.1968.10480934). About it, samples beyond
    /// three and a half median absolute deviations are left out and the rest is averaged.
    pub(super) fn of(samples: &[Sample]) -> Option<Self> {
        let middle = samples.iter().map(|s| s.distance).sum::<f64>() / samples.len() as f64;
        let taper = if samples.len() >= 4 { median(slopes(samples).collect())? } else { 0.0 };
        let level: Vec<f64> = samples.iter().map(|s| s.width - taper * (s.distance - middle)).collect();
        let center = median(level.clone())?;
        let deviation = 1.4826 * median(level.iter().map(|w| (w - center).abs()).collect())?;
        let fit_deviation = median(samples.iter().map(|s| s.variance.sqrt()).collect())?;
        let limit = 3.5 * deviation.max(fit_deviation) + 1e-9;
        let kept: Vec<usize> = (0..samples.len()).filter(|&i| (level[i] - center).abs() <= limit).collect();
        let n = kept.len() as f64;
        let width = kept.iter().map(|&i| level[i]).sum::<f64>() / n;
        let residuals: Vec<f64> = kept.iter().map(|&i| level[i] - width).collect();
        let squares: f64 = residuals.iter().map(|r| r * r).sum();
        let reach = kept.iter().map(|&i| (samples[i].distance - middle).powi(2)).sum();
        let freedom = n - if samples.len() >= 4 { 2.0 } else { 1.0 };
        Some(Self {
            width,
            middle,
            taper,
            change: taper * (samples.last()?.distance - samples.first()?.distance),
            seen: if freedom > 0.0 { squares / freedom } else { 0.0 },
            explained: median(kept.iter().map(|&i| samples[i].variance).collect())?,
            lagged: residuals.windows(2).map(|r| r[0] * r[1]).sum(),
            squares,
            kept,
            reach,
        })
    }

    fn freedom(&self) -> f64 {
        (self.kept.len() as f64 - 2.0).max(0.0)
    }

    /// One standard deviation of the width, from its samples alone.
    ///
    /// The scatter along the strand is drawn towards what the fits explain (times the photo's excess), and the number of samples is lowered
    /// by their correlation. Few samples leave the scatter itself uncertain: the result is widened so that ± 1.96 of it covers 95 %, as
    /// Student's t would.
    pub(super) fn standard_error(&self, errors: &Errors) -> f64 {
        let n = self.kept.len() as f64;
        let independent = (n / errors.repetition()).max(1.0);
        ((self.variance(errors) / independent).sqrt() * student_widening(self.freedom() + PRIOR_SAMPLES)).hypot(FLOOR)
    }

    /// One standard deviation of a width fitted to all the samples' pixels at once, whose fit gives this variance for white noise.
    pub(super) fn pooled_standard_error(&self, white: f64, errors: &Errors) -> f64 {
        let excess = if self.explained > 0.0 { self.variance(errors) / self.explained } else { 1.0 };
        ((white * excess * errors.repetition()).sqrt() * student_widening(self.freedom() + PRIOR_SAMPLES)).hypot(FLOOR)
    }

    /// The taper, drawn towards none as far as the scatter along the strand leaves it uncertain, and its standard error; `usual` is how far hair tapers
    /// either way, as one standard deviation.
    pub(super) fn likely_taper(&self, errors: &Errors, usual: f64) -> (f64, f64) {
        let scatter = self.variance(errors) * errors.repetition() / self.reach.max(1e-9);
        let known = usual * usual / (usual * usual + scatter).max(1e-30);
        (known * self.taper, (known * scatter).sqrt())
    }

    fn variance(&self, errors: &Errors) -> f64 {
        let freedom = self.freedom();
        (freedom * self.seen + PRIOR_SAMPLES * errors.excess * self.explained) / (freedom + PRIOR_SAMPLES)
    }
}

/// The slopes between any two samples.
fn slopes(samples: &[Sample]) -> impl Iterator<Item = f64> {
    let between = |a: &Sample, b: &Sample| (b.width - a.width) / (b.distance - a.distance);
    (0..samples.len()).flat_map(move |i| samples[i + 1..].iter().map(move |b| between(&samples[i], b))).filter(|slope| slope.is_finite())
}

impl Errors {
    /// What the strands of one photo say together.
    pub(super) fn of(strands: &[Summary]) -> Self {
        // The median of a mean of f squares of normal deviates lies below 1 (Wilson & Hilferty 1931, doi:10.1073/pnas.17.12.684).
        let usual = |freedom: f64| (1.0 - 2.0 / (9.0 * freedom)).powi(3);
        let ratios = strands.iter().filter(|s| s.freedom() >= 2.0 && s.explained > 0.0).map(|s| s.seen / s.explained / usual(s.freedom()));
        let excess = median(ratios.collect()).unwrap_or(1.0);
        let (lagged, squares, n, count) = strands.iter().filter(|s| s.freedom() >= 2.0).fold((0.0, 0.0, 0.0, 0.0), |(l, q, n, c), s| {
            // Each strand counts by its own squares, so that one wild strand does not speak for all.
            (l + s.lagged / s.squares.max(1e-12), q + 1.0, n + s.kept.len() as f64, c + 1.0)
        });
        // Residuals about a fitted line of n samples are themselves correlated by about −2 / n.
        let correlation = if squares > 0.0 { (lagged / squares + 2.0 * count / n).clamp(0.0, 0.8) } else { 0.0 };
        Self { excess, correlation }
    }

    /// How many neighboring samples say as much as one alone would.
    fn repetition(&self) -> f64 {
        (1.0 + self.correlation) / (1.0 - self.correlation)
    }
}

/// Student's 97.5 % point over the normal one, for this many degrees of freedom (Fisher & Cornish 1960, to within 1 % from 3 up).
fn student_widening(freedom: f64) -> f64 {
    let z2 = 1.96_f64 * 1.96;
    1.0 + (z2 + 1.0) / (4.0 * freedom) + (5.0 * z2 * z2 + 16.0 * z2 + 3.0) / (96.0 * freedom * freedom)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples every 10 px along a strand, of these widths and known to 0.1 px.
    fn samples(widths: impl IntoIterator<Item = f64>) -> Vec<Sample> {
        let sample = |(i, width)| Sample { distance: 10.0 * (i as f64 + 1.0), width, variance: 0.01 };
        widths.into_iter().enumerate().map(sample).collect()
    }

    /// Hair 12 px wide, a little uneven, that thins from its `k`th of twenty places on.
    fn pointed(k: usize) -> Vec<f64> {
        (0..20_usize).map(|i| 12.0 + 0.2 * (i as f64 * 2.3).sin() - 0.8 * (i.saturating_sub(k) as f64)).collect()
    }

    #[test]
    fn a_pointed_end_is_no_part_of_the_shaft() {
        for k in [6, 10, 14] {
            let forth = Even::of(&samples(pointed(k)), 210.0);
            assert!(forth.samples.start == 0 && forth.samples.end.abs_diff(k + 1) <= 2, "{k}: {forth:?}");
            assert_eq!(forth.extent, (0.0, 10.0 * forth.samples.end as f64));
            let turned = Even::of(&samples(pointed(k).into_iter().rev()), 210.0);
            assert_eq!(turned.samples, 20 - forth.samples.end..20);
            assert_eq!(turned.extent, (210.0 - forth.extent.1, 210.0));
        }
    }

    #[test]
    fn even_hair_and_hair_that_tapers_all_along_are_whole() {
        let uneven = |slope: f64| (0..20).map(move |i| 12.0 + slope * f64::from(i) + 0.4 * (f64::from(i) * 2.3).sin());
        let outliers = uneven(0.0).enumerate().map(|(i, width)| if i == 4 || i == 17 { 0.5 * width } else { width });
        let few = pointed(10).into_iter().step_by(4);
        for (samples, n) in [
            (samples(uneven(0.0)), 20),
            (samples(uneven(-0.3)), 20),
            (samples(uneven(0.3)), 20),
            (samples(outliers), 20),
            (samples(few), 5),
            (vec![], 0),
        ] {
            assert_eq!(Even::of(&samples, 210.0), Even { samples: 0..n, extent: (0.0, 210.0) });
        }
    }
}
