//! A small photo is analyzed without a panic, and its result is sound and reads back as it was written.

#![no_main]

mod drawing;

use anagen::analyze::{Scale, Settings, analyze};
use anagen::calibration::{Calibration, ScaleSource};
use anagen::measure::Cuts;
use anagen::report::{Picture, overlay, photo_page};
use anagen::results::{Identity, MadeBy, PhotoResult, json};
use anagen::segment::Detector;
use anagen::segment::learned::Model;
use anagen::units::Millimeters;
use drawing::{Bytes, photo};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let detector = if bytes.one() % 2 == 0 { Detector::Ridge } else { Detector::Learned(Model::shipped()) };
    let scale = match bytes.one() % 4 {
        0 => Scale::FromFile,
        1 => Scale::Bar(Millimeters(0.1 + bytes.share())),
        _ => Calibration::stated(0.06 + 12.0 * bytes.share(), ScaleSource::CommandLine).map_or(Scale::FromFile, Scale::Known),
    };
    let settings = Settings { scale, roi: None, detector, cuts: Cuts::default() };
    let photo = photo(&mut bytes, 144);
    let analysis = analyze(&photo, &settings, |_| ());
    for strand in &analysis.strands {
        assert!(strand.centerline.points.len() >= 2);
        for p in &strand.centerline.points {
            assert!((0.0..photo.width() as f64).contains(&p.x) && (0.0..photo.height() as f64).contains(&p.y), "{p:?}");
        }
    }
    let identity = Identity {
        path: "a.png".into(),
        sha256: String::new(),
        width_px: photo.width(),
        height_px: photo.height(),
        taken_at: None,
        subject: None,
        site: None,
    };
    let made_by = MadeBy { version: String::new(), model_sha256: None, settings_sha256: String::new() };
    let result = PhotoResult::new(identity, &analysis, &settings, made_by);
    for m in &result.measurements {
        for number in [m.value, m.low, m.high].into_iter().flatten() {
            assert!(number.is_finite(), "{}", m.name);
        }
    }
    let text = json(&result);
    let read: PhotoResult = serde_json::from_str(&text).expect("what is written reads back");
    assert_eq!(json(&read), text);
    overlay::draw(&photo, &analysis, &settings.cuts);
    let picture = Picture::of(&photo, 100, 75).expect("encodes");
    photo_page(&result, &picture, "pages/a.html");
});
