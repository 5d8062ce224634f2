//! One width from the samples along a strand, with an honest standard error.

use super::point_spread::median;

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
        let slopes = samples
            .iter()
            .enumerate()
            .flat_map(|(i, a)| samples[i + 1..].iter().map(move |b| (b.width - a.width) / (b.distance - a.distance)))
            .filter(|slope| slope.is_finite());
        let taper = if samples.len() >= 4 { median(slopes.collect())? } else { 0.0 };
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
