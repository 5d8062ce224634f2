//! How long the stages of an analysis take: so far grouping and measuring, on scalps of known layout.

use anagen::calibration::{Calibration, ScaleSource};
use anagen::field::Field;
use anagen::follicle;
use anagen::geometry::{Point, Polyline, Vector};
use anagen::measure::{self, Cuts};
use anagen::photo::Photo;
use anagen::strand::{End, Strand, Tone, Width};
use anagen::units::Pixels;
use criterion::{Criterion, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::hint::black_box;

const SCALE: Calibration = Calibration { um_per_px: 5.0, standard_uncertainty: 0.01, source: ScaleSource::CommandLine };

/// A scalp at 5 µm/px: `across` × `across` units 1 mm apart, of 1 to 3 hairs each.
fn scalp(across: usize) -> Vec<Strand> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut strands = vec![];
    for unit in 0..across * across {
        let corner = Point::new(100.0 + 200.0 * (unit % across) as f64, 100.0 + 200.0 * (unit / across) as f64);
        for _ in 0..=unit % 3 {
            let root = corner + Vector::new(random.random_range(-25.0..25.0), random.random_range(-25.0..25.0));
            let tip = root + Vector::from_angle(random.random_range(0.0..1.0)) * random.random_range(60.0..120.0);
            strands.push(Strand {
                id: strands.len(),
                centerline: Polyline::new(vec![root, tip]).resampled(4.0),
                root_end: End::Root,
                tip_end: End::Tip,
                width: Some(Width {
                    value: Pixels(random.random_range(4.0..20.0)),
                    standard_error: Pixels(0.2),
                    samples: 20,
                    taper: 0.0,
                    core: false,
                    blur_dominated: false,
                }),
                tone: Tone::Dark,
                confidence: 1.0,
            });
        }
    }
    strands
}

fn stages(criterion: &mut Criterion) {
    for across in [8, 24] {
        let strands = scalp(across);
        let side = 200 * across;
        let (field, _) = Field::find(&Photo::from_rgb8(side, side, vec![[190, 150, 130]; side * side]), None, None);
        let units = follicle::group(&strands, Some(&SCALE));

        criterion.bench_function(&format!("group/{}", strands.len()), |bench| {
            bench.iter(|| follicle::group(black_box(&strands), Some(&SCALE)));
        });
        criterion.bench_function(&format!("measure/{}", strands.len()), |bench| {
            bench.iter(|| measure::catalogue(black_box(&strands), &units, &field, Some(&SCALE), &Cuts::default()));
        });
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
