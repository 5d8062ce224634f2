//! How many hairs and follicular units, and how the hairs share them.

use super::{Measurement, Sample, Scaled, intervals};
use intervals::{bootstrap, compound_poisson, mean, wilson};

const HAIRS: &str = "interval: Poisson (Garwood) with a unit's hairs taken as one event";
const UNITS: &str = "interval: Poisson (Garwood)";

/// `hair_count` and `hair_density`.
pub fn hairs(sample: &Sample, scaled: Option<&Scaled>) -> Vec<Measurement> {
    let n = sample.hairs().count();
    let (count, interval) = compound_poisson(sample.clusters.iter().map(|hairs| hairs.len() as f64));
    let counted = format!("Hairs whose root lies in the field; {HAIRS}.");
    let mut found = vec![Measurement::new("hair_count", "1", n, Some(count), Some(interval), counted)];
    found.extend(scaled.map(|scaled| {
        let method = format!("Hairs whose root lies in the field, over the field's area; {HAIRS}, and the scale's uncertainty.");
        scaled.density("hair_density", n, (count, interval), method)
    }));
    found
}

/// The follicular units: their count, density, hairs per unit, and how many there are of each size.
pub fn units(sample: &Sample, scaled: Option<&Scaled>) -> Vec<Measurement> {
    let n = sample.counted_units.len();
    let count = compound_poisson(sample.counted_units.iter().map(|_| 1.0));
    let counted = format!("Follicular units with a counted hair whose ostium lies in the field, {}; {UNITS}.", grouping(sample, scaled));
    let mut found = vec![Measurement::new("follicular_unit_count", "1", n, Some(count.0), Some(count.1), counted)];
    found.extend(scaled.map(|scaled| {
        let method = format!("Follicular units whose ostium lies in the field, over its area; {UNITS} and the scale's uncertainty.");
        scaled.density("follicular_unit_density", n, count, method)
    }));
    found.push(hairs_per_unit(sample));
    found.push(single_hair_unit_share(sample));
    found.extend((1..=5).map(|size| unit_size(sample, size)));
    found
}

/// What made the units of this photo, in words.
fn grouping(sample: &Sample, scaled: Option<&Scaled>) -> String {
    let distance = crate::follicle::grouping_distance(sample.strands, scaled.map(|s| s.calibration));
    match (distance, scaled) {
        (Some(distance), Some(scaled)) => {
            format!(
                "roots within {:.0} µm sharing an ostium by the photo's own neighbor distances",
                scaled.calibration.micrometers(distance).0
            )
        }
        (Some(distance), None) => format!("roots within {:.1} px sharing an ostium by the photo's own neighbor distances", distance.0),
        (None, _) => "every root an ostium since nothing in the photo has a known size".into(),
    }
}

fn hairs_per_unit(sample: &Sample) -> Measurement {
    let sizes: Vec<Vec<f64>> = sample.counted_units.iter().map(|u| vec![u.strands.len() as f64]).collect();
    let method = "Mean number of hairs of the units whose ostium lies in the field; interval: bootstrap over units.".into();
    Measurement::new("hairs_per_unit_mean", "1", sizes.len(), mean(&sizes.concat()), bootstrap(&sizes, mean), method)
}

fn single_hair_unit_share(sample: &Sample) -> Measurement {
    let n = sample.counted_units.len();
    let single = sample.counted_units.iter().filter(|u| u.strands.len() == 1).count();
    let share = (n > 0).then(|| single as f64 / n as f64);
    let interval = share.and_then(|share| wilson(share, n as f64));
    let method = "Units of one hair among the units whose ostium lies in the field; interval: Wilson score.".into();
    Measurement::new("single_hair_unit_share", "1", n, share, interval, method)
}

fn unit_size(sample: &Sample, size: usize) -> Measurement {
    let (name, words) = match size {
        1 => ("unit_size_1".into(), "1 hair".into()),
        5 => ("unit_size_5_or_more".into(), "5 or more hairs".into()),
        _ => (format!("unit_size_{size}"), format!("{size} hairs")),
    };
    let of_size = sample.counted_units.iter().filter(|u| u.strands.len().min(5) == size).count();
    let (count, interval) = compound_poisson((0..of_size).map(|_| 1.0));
    let method = format!("Number of units of {words} whose ostium lies in the field; {UNITS}.");
    Measurement::new(&name, "1", of_size, Some(count), Some(interval), method)
}
