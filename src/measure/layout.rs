//! How units are spaced and which way hairs run.

use super::intervals::{Interval, bootstrap, mean, median};
use super::{Measurement, Sample, Scaled};
use crate::geometry::Vector;
use crate::units::Pixels;

/// `interunit_distance_median`: from each counted ostium to the nearest other, counted or not.
pub fn interunit_distance(scaled: &Scaled) -> Measurement {
    let sample = scaled.sample;
    let distances: Vec<Vec<f64>> = sample
        .counted_units
        .iter()
        .filter_map(|unit| {
            let others = sample.units.iter().filter(|other| other.id != unit.id);
            others.map(|other| other.ostium.distance(unit.ostium)).min_by(f64::total_cmp)
        })
        .map(|nearest| vec![scaled.calibration.millimeters(Pixels(nearest)).0])
        .collect();
    let value = median(&distances.concat());
    let interval = value.zip(bootstrap(&distances, median)).map(|(value, interval)| interval.widened(value, scaled.uncertainty));
    let method = "Median distance from a unit's ostium in the field to the nearest other ostium; interval: bootstrap over units, and the \
                  scale's uncertainty."
        .into();
    Measurement::new("interunit_distance_median", "mm", distances.len(), value, interval, method)
}

/// `direction_coherence`: 1 where all hairs run the same way, about 0 where they run every way.
pub fn direction_coherence(sample: &Sample) -> Measurement {
    let directions = sample.known(|s| s.direction());
    let n = directions.iter().map(Vec::len).sum();
    let method = "Length of the mean of the counted hairs' unit directions from root to tip; interval: bootstrap over units.".into();
    let value = resultant(&directions.concat());
    // Directions drawn again run more alike than all do, the more so the less these run alike.
    let holding = |(value, Interval { low, high })| Interval { low: f64::min(low, value), high: f64::max(high, value) };
    let interval = value.zip(bootstrap(&directions, resultant)).map(holding);
    Measurement::new("direction_coherence", "1", n, value, interval, method)
}

fn resultant(directions: &[Vector]) -> Option<f64> {
    let x = mean(&directions.iter().map(|d| d.x).collect::<Vec<_>>())?;
    let y = mean(&directions.iter().map(|d| d.y).collect::<Vec<_>>())?;
    Some(x.hypot(y).min(1.0))
}
