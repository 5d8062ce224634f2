//! Whatever a photo shows, a scale bar found in it is a sound one, and so is the field.

#![no_main]

mod drawing;

use anagen::calibration::{Calibration, ScaleBar};
use anagen::field::Field;
use anagen::units::Millimeters;
use drawing::{Bytes, photo};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let length = Millimeters(f64::from(bytes.two()) / 100.0);
    let photo = photo(&mut bytes, 320);
    let bar = ScaleBar::find(&photo);
    if let Some(scale) = bar.as_ref().and_then(|bar| Calibration::from_scale_bar(bar, length).ok()) {
        assert!(scale.um_per_px.is_finite() && scale.um_per_px > 0.0 && scale.standard_uncertainty >= 0.0);
    }
    let (field, _) = Field::find(&photo, bar.as_ref(), None, None);
    assert!((0.0..=(photo.width() * photo.height()) as f64 * 1.001).contains(&field.area_px));
});
