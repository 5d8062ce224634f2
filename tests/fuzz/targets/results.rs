//! Stored results, which others may have edited: refused, or read, drawn and written again without a panic.

#![no_main]

use anagen::report::{Overview, Picture, batch_page, photo_page};
use anagen::results::{ComparisonResult, PhotoResult, Run, TimelineResult, json};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What was read is written so that it reads back as the same.
fn read<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(bytes).ok()?;
    let text = json(&value);
    let again: T = serde_json::from_str(&text).expect("what is written reads back");
    // Numbers of more digits than any of ours may read back a unit in the last place off, as serde_json reads them by default.
    let long = |text: &str| text.split(|c: char| !(c.is_ascii_digit() || ".e+-".contains(c))).any(|number| number.len() > 16);
    assert!(long(&text) || json(&again) == text);
    Some(value)
}

fuzz_target!(|bytes: &[u8]| {
    if let Some(result) = read::<PhotoResult>(bytes) {
        let mut overview = Overview::default();
        overview.add(&result, "data:,", "pages/a.html");
        photo_page(&result, &Picture { jpeg: vec![] }, "pages/a.html");
        for strand in result.traced() {
            strand.root();
            strand.tip();
            strand.direction();
        }
        result.grouped();
    }
    if let Some(run) = read::<Run>(bytes) {
        batch_page(&run, &Overview::default());
    }
    read::<ComparisonResult>(bytes);
    read::<TimelineResult>(bytes);
});
