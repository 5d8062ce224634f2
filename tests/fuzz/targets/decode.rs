//! Any bytes give a photo or an error, within the limits.

#![no_main]

use anagen::photo::{Limits, Photo};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { megapixels: 4.0, bytes: 64 << 20 };
    match Photo::decode(bytes, &limits) {
        Ok(photo) => {
            assert!(photo.width() > 0 && photo.height() > 0);
            assert!((photo.width() * photo.height()) as f64 <= limits.megapixels * 1e6);
            assert!(photo.rgb(photo.width() - 1, photo.height() - 1).iter().all(|v| (0.0..=1.0).contains(v)));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
