use super::*;
use crate::geometry::Vector;
use crate::phantom::strip::Strip;

fn whole(_: Point) -> bool {
    true
}

/// A photo made of square tiles, one strip in each, and the strips' centerlines short of the tiles' sides.
fn photo(strips: &[Strip], seed: u64) -> (Plane, Vec<Polyline>) {
    let size = strips.iter().map(|s| (3.0 * s.width + 14.0 * s.point_spread + 110.0) as usize).max().unwrap_or(1);
    let mut light = Plane::zeros((size, size * strips.len()));
    let mut lines = vec![];
    for (i, strip) in strips.iter().enumerate() {
        let turn = (seed as f64 * 0.37 + i as f64 * 0.61).fract();
        let middle = Point::new(size as f64 / 2.0 + turn, size as f64 / 2.0 + (7.0 * turn).fract());
        let strip = Strip { angle: std::f64::consts::TAU * turn, middle, ..strip.clone() };
        let tile = strip.draw(size, size, seed * 1000 + i as u64, true);
        for ((row, column), value) in tile.indexed_iter() {
            light[[row, i * size + column]] = *value;
        }
        let line = strip.centerline(size, size);
        let (end, right) = (0.8 * strip.width + 4.0 * strip.point_spread + 4.0, Vector::new((i * size) as f64, 0.0));
        lines.push(Polyline::new(vec![line.at(end) + right, line.at(line.length() - end) + right]));
    }
    (light, lines)
}

/// The widths of strips alike but for place, angle and noise, each photo with four wide ones that tell its blur.
fn measured(strip: &Strip, tone: Tone, seeds: std::ops::Range<u64>) -> Vec<Width> {
    seeds
        .flat_map(|seed| {
            let wide = |width: f64| Strip { width: width.max(12.0 * strip.point_spread), ..strip.clone() };
            let mut strips = vec![wide(14.0), wide(16.0), wide(18.0), wide(20.0)];
            let known = strips.len();
            strips.extend(vec![strip.clone(); 4]);
            let (light, lines) = photo(&strips, seed);
            let rough = |s: &Strip| Some(Pixels(s.width.hypot(2.0 * s.point_spread)));
            let shafts: Vec<Shaft> =
                lines.iter().zip(&strips).map(|(line, s)| Shaft { centerline: line, tone, rough_width: rough(s) }).collect();
            measure(&light, &shafts, &whole).shafts.into_iter().skip(known).filter_map(|s| s.width)
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
    let spreads: Vec<f64> = std::env::var("SPREADS").map_or(vec![1.0, 2.0, 3.0], |s| s.split(',').map(|s| s.parse().unwrap()).collect());
    for reflex in [0.0, 0.2, 0.6] {
        for &spread in &spreads {
            for width in [2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0] {
                let strip = Strip { width, point_spread: spread, reflex, reflex_offset: 0.08, noise: 0.01, ..Strip::default() };
                let widths = measured(&strip, Tone::Dark, 0..4);
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

/// Real photos: `FIELDS=folder FIELD=name cargo test real -- --ignored --nocapture`.
#[test]
#[ignore = "needs photos"]
fn real() {
    let folder = std::env::var("FIELDS").unwrap();
    for name in std::env::var("FIELD").unwrap().split(',') {
        let photo = image::open(format!("{folder}/{name}.jpg")).unwrap().to_rgb8();
        let (w, h) = photo.dimensions();
        let linear = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        let light = Plane::from_shape_fn((h as usize, w as usize), |(r, c)| {
            let p = photo.get_pixel(c as u32, r as u32).0.map(linear);
            0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2]
        });
        let truth: crate::phantom::Truth = serde_json::from_slice(&std::fs::read(format!("{folder}/{name}.truth.json")).unwrap()).unwrap();
        let lines: Vec<Polyline> = truth.hairs.iter().map(|h| Polyline::new(vec![h.root, h.tip])).collect();
        let rough = std::env::var("ROUGH").ok().and_then(|r| r.parse().ok()).map(Pixels);
        let shafts: Vec<Shaft> = lines.iter().map(|centerline| Shaft { centerline, tone: Tone::Dark, rough_width: rough }).collect();
        let begin = std::time::Instant::now();
        let survey = measure(&light, &shafts, &whole);
        println!(
            "{name}: {} hairs in {:?}; point spread {:?}",
            shafts.len(),
            begin.elapsed(),
            survey.point_spread.as_ref().map(|p| (p.sigma, p.relative_error, p.variation))
        );
        for (i, (m, hair)) in survey.shafts.iter().zip(&truth.hairs).enumerate() {
            match m.width {
                Some(w) => println!(
                    "  {i:3} {:9} len {:5.0} width {:6.2} ± {:5.2} n {:2} taper {:+.4} core {}",
                    hair.class,
                    lines[i].length(),
                    w.value.0,
                    w.standard_error.0,
                    w.samples,
                    w.taper,
                    w.core
                ),
                None => println!("  {i:3} {:9} len {:5.0} none", hair.class, lines[i].length()),
            }
        }
    }
}
