//! Two photos with any hair in them are compared without a panic, and the comparison is sound and reads back as it was written.

#![no_main]

mod drawing;

use anagen::calibration::{Calibration, ScaleSource};
use anagen::compare::{Visit, compare};
use anagen::field::Field;
use anagen::geometry::{Point, Polyline};
use anagen::measure::Cuts;
use anagen::strand::{End, Strand, Tone, Width};
use anagen::units::Pixels;
use drawing::{Bytes, photo};
use libfuzzer_sys::fuzz_target;

fn strands(bytes: &mut Bytes, width: f64, height: f64) -> Vec<Strand> {
    let count = usize::from(bytes.one() % 48);
    (0..count)
        .map(|id| {
            let mut place = || Point::new(bytes.share() * width, bytes.share() * height);
            let ends = [place(), place()];
            let kind = bytes.one();
            let end = |kind: u8| [End::Root, End::Tip, End::Border, End::Occluded][usize::from(kind % 4)];
            Strand {
                id,
                centerline: Polyline::new(ends.to_vec()),
                root_end: end(kind),
                tip_end: end(kind >> 2),
                width: (kind & 16 == 0).then(|| Width {
                    value: Pixels(0.5 + 10.0 * bytes.share()),
                    standard_error: Pixels(bytes.share()),
                    fit_error: Pixels(bytes.share()),
                    samples: 3,
                    taper: 0.0,
                    core: false,
                    blur_dominated: kind & 64 != 0,
                }),
                estimate: None,
                tone: if kind & 32 == 0 { Tone::Dark } else { Tone::Light },
                confidence: bytes.share(),
            }
        })
        .collect()
}

fn visit(bytes: &mut Bytes, of: Option<&[Strand]>) -> (Visit, Vec<Strand>) {
    let photo = photo(bytes, 200);
    let (field, _) = Field::find(&photo, None, None, None);
    let strands = match of {
        Some(same) => same.to_vec(),
        None => strands(bytes, photo.width() as f64 - 1.0, photo.height() as f64 - 1.0),
    };
    let scale = Calibration::stated(0.5 + 10.0 * bytes.share(), ScaleSource::CommandLine).ok().filter(|_| bytes.one() % 2 == 0);
    let units = anagen::follicle::group(&strands, scale.as_ref());
    (Visit::new(&photo, field, strands.clone(), units, scale), strands)
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let same = bytes.one() % 2 == 0;
    let (baseline, strands) = visit(&mut bytes, None);
    // The same hair in a photo of another size lies partly outside of it, as in a result that was edited.
    let (follow_up, _) = visit(&mut bytes, same.then_some(&strands));
    let comparison = compare(&baseline, &follow_up, &Cuts::default());
    assert!(comparison.registration.is_some() || comparison.fates.is_empty());
});
