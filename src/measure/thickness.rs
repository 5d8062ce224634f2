//! How thick the counted hairs are and how much they differ.

use super::intervals::{Interval, bootstrap, compound_poisson, jackknife_of_spread, mean, median};
use super::{Measurement, Sample, Scaled};

/// A width and its standard error, in pixels.
type Fitted = (f64, f64);

const SPREAD: &str = "Standard deviation of shaft diameter between hairs, measurement error taken out";
const BOOTSTRAP: &str = "interval: bootstrap over units";
const JACKKNIFE: &str = "interval: jackknife over units on its logarithm";

/// `thickness_mean`, `thickness_median`, `thickness_sd` and, which needs no scale, `thickness_cv`.
pub fn measure(sample: &Sample, scaled: Option<&Scaled>) -> Vec<Measurement> {
    let widths = sample.known(|s| s.width.and_then(|w| Some((w.trusted()?.0, w.standard_error.0))));
    let all = widths.concat();
    let mut found = vec![];
    if let Some(scaled) = scaled {
        found.push(middle("thickness_mean", "Mean", &widths, mean, scaled));
        found.push(middle("thickness_median", "Median", &widths, median, scaled));
        let method = format!("{SPREAD}; {JACKKNIFE}, and the scale's uncertainty.");
        let (value, interval) = (deviation(&all), jackknife_of_spread(&widths, deviation));
        found.push(in_micrometers("thickness_sd", all.len(), value, interval, method, scaled));
    }
    let method = format!("{SPREAD}, over the mean diameter; {JACKKNIFE}.");
    found.push(Measurement::new("thickness_cv", "1", all.len(), variation(&all), jackknife_of_spread(&widths, variation), method));
    found
}

fn middle(name: &str, word: &str, widths: &[Vec<Fitted>], statistic: fn(&[f64]) -> Option<f64>, scaled: &Scaled) -> Measurement {
    let all = widths.concat();
    let of_widths = |widths: &[Fitted]| statistic(&values(widths));
    let method = format!("{word} shaft diameter of the counted hairs that have one; {BOOTSTRAP}, and the scale's uncertainty.");
    in_micrometers(name, all.len(), of_widths(&all), bootstrap(widths, of_widths), method, scaled)
}

/// A statistic of the widths, in pixels, as one of thicknesses.
fn in_micrometers(name: &str, n: usize, px: Option<f64>, interval: Option<Interval>, method: String, scaled: &Scaled) -> Measurement {
    let um_per_px = scaled.calibration.um_per_px;
    let value = px.map(|px| px * um_per_px);
    let interval = value.zip(interval).map(|(value, px)| px.scaled(um_per_px).widened(value, scaled.uncertainty));
    Measurement::new(name, "um", n, value, interval, method)
}

fn values(widths: &[Fitted]) -> Vec<f64> {
    widths.iter().map(|w| w.0).collect()
}

/// What the measuring adds to the variance between hairs, as a share of the mean square of the standard errors. These are made to hold the truth of all but
/// 5 % of hairs, and are great where hairs are unlike the photo's others, whose errors bring them nearer to these as often as not.
///
/// # Source
/// Ours: on drawn photos (seven scenes of eight, seeds 5000 to 5007) the deviation seen is 0.99 to 1.5 times the true one of the same hairs, by scene; with all of
/// the squares taken out it is 0.55 to 1.04 times that, with half of them 0.87 to 1.11. On seeds 5100 to 5107, by which nothing was chosen, with half of them 0.84 to
/// 1.12, and 1.3 for vellus hair.
const MEASURING: f64 = 0.5;

/// The standard deviation between hairs: what is seen, less what the measuring itself adds; `None` where that may be all.
fn deviation(widths: &[Fitted]) -> Option<f64> {
    let center = mean(&values(widths))?;
    if widths.len() < 2 {
        return None;
    }
    let seen = widths.iter().map(|w| (w.0 - center).powi(2)).sum::<f64>() / (widths.len() - 1) as f64;
    let measuring = MEASURING * widths.iter().map(|w| w.1.powi(2)).sum::<f64>() / widths.len() as f64;
    (seen > measuring).then(|| (seen - measuring).sqrt())
}

fn variation(widths: &[Fitted]) -> Option<f64> {
    let center = mean(&values(widths)).filter(|center| *center > 0.0)?;
    Some(deviation(widths)? / center)
}

/// `cumulative_thickness`: the diameters of all hairs on a square centimeter laid side by side.
pub fn cumulative(scaled: &Scaled) -> Measurement {
    let thicknesses = scaled.thicknesses();
    let n: usize = thicknesses.iter().map(Vec::len).sum();
    let hairs = scaled.sample.hairs().count();
    let (sum, interval) = compound_poisson(thicknesses.iter().map(|cluster| cluster.iter().map(|t| t.likeliest() / 1000.0).sum::<f64>()));
    // Without any hair no more than nothing is known of the thickness of the next.
    let (value, interval) = match (hairs, n) {
        (0, _) => (Some(0.0), None),
        (_, 0) => (None, None),
        _ => (Some(sum), Some(interval)),
    };
    let per_area = (scaled.area.0 > 0.0).then(|| hairs.max(1) as f64 / n.max(1) as f64 / scaled.area.0);
    let value = value.zip(per_area).map(|(sum, factor)| sum * factor);
    let interval: Option<Interval> = interval
        .zip(per_area)
        .zip(value)
        // A length over an area carries the scale's uncertainty once.
        .map(|((interval, factor), value)| interval.scaled(factor).widened(value, scaled.uncertainty));
    let method = "Sum of the counted hairs' diameters over the field's area, those known too little for a figure as likely as their estimate and the others \
                  make them, those of which nothing is known as thick as the others, those too thin to be measured as half of what can be; interval: Poisson (Garwood) with a unit's hairs taken as one event, and the scale's uncertainty."
        .into();
    Measurement::new("cumulative_thickness", "mm/cm2", n, value, interval, method)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_distr::{Distribution, Normal};

    #[test]
    fn measuring_error_is_taken_out_of_the_deviation() {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(2);
        let (hair, error) = (Normal::new(24.0, 4.0).unwrap(), Normal::new(0.0, 3.0).unwrap());
        let standard_error = 3.0 / MEASURING.sqrt();
        let widths: Vec<Fitted> = (0..20_000).map(|_| (hair.sample(&mut random) + error.sample(&mut random), standard_error)).collect();
        assert!((deviation(&widths).unwrap() - 4.0).abs() < 0.1);
        assert!((variation(&widths).unwrap() - 4.0 / 24.0).abs() < 0.005);
    }

    #[test]
    fn a_deviation_that_may_be_all_of_measuring_is_unknown_and_so_is_that_of_one_hair() {
        assert_eq!(deviation(&[(20.0, 5.0), (21.0, 5.0)]), None);
        assert_eq!(deviation(&[(20.0, 0.0)]), None);
        assert_eq!(deviation(&[]), None);
        assert_eq!(variation(&[(0.0, 0.0), (0.0, 0.0)]), None);
    }
}
