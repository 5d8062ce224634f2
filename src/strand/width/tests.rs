use super::*;
use crate::phantom::strip::Strip;

const SIZE: usize = 120;

fn whole(_: Point) -> bool {
    true
}

/// The widths measured of strips alike but for their place, angle and noise, all taken as one photo's.
fn measured(strip: &Strip, tone: Tone, seeds: std::ops::Range<u64>) -> Vec<Width> {
    seeds
        .filter_map(|seed| {
            let size = SIZE.max((strip.width * 3.5 + 12.0 * strip.point_spread) as usize);
            let middle = size as f64 / 2.0;
            let strip = Strip {
                angle: 0.1 + seed as f64 * 0.7,
                middle: Point::new(middle + (seed as f64 * 0.37).fract(), middle + (seed as f64 * 0.61).fract()),
                ..strip.clone()
            };
            let light = strip.draw(size, size, seed, true);
            let line = strip.centerline(size, size);
            let shaft = Shaft { centerline: &line, tone, rough_width: Some(Pixels(strip.width.hypot(2.0 * strip.point_spread))) };
            // A wide strip of the same photo, far away: what tells the point spread when the shaft itself does not.
            measure(&light, &[shaft], &whole).shafts[0].width
        })
        .collect()
}

fn bias_and_error(widths: &[Width], truth: f64) -> (f64, f64) {
    let n = widths.len() as f64;
    let errors = || widths.iter().map(|w| w.value.0 - truth);
    (errors().sum::<f64>() / n, errors().map(f64::abs).sum::<f64>() / n)
}

#[test]
#[ignore = "prints a table"]
fn table() {
    for reflex in [0.0, 0.3, 0.6] {
        for spread in [0.5, 1.0, 1.5, 2.0, 3.0] {
            for width in [2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0] {
                let strip = Strip { width, point_spread: spread, reflex, reflex_offset: 0.08, noise: 0.01, ..Strip::default() };
                let widths = measured(&strip, Tone::Dark, 0..12);
                let (bias, error) = bias_and_error(&widths, width);
                let se = widths.iter().map(|w| w.standard_error.0).sum::<f64>() / widths.len() as f64;
                let covered = widths.iter().filter(|w| (w.value.0 - width).abs() <= 1.96 * w.standard_error.0).count();
                let cores = widths.iter().filter(|w| w.core).count();
                println!(
                    "reflex {reflex:.1} spread {spread:.1} width {width:4.1}: n {} bias {bias:+.3} mae {error:.3} se {se:.3} covered {covered} core {cores}",
                    widths.len()
                );
            }
        }
    }
}
