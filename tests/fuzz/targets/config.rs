//! Any text is an `anagen.toml`, a region or a date, or is refused with the line and the cause.

#![no_main]

use anagen::cli::checked_config;
use anagen::field::Roi;
use anagen::session::{Session, days_between};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err((line, cause)) = checked_config(text) {
        assert!(line >= 1 && line <= text.lines().count() + 1 && !cause.is_empty(), "{line}: {cause}");
    }
    if let Ok(roi) = text.parse::<Roi>() {
        roi.reaches(100, 100);
    }
    let session = Session::from_path(text);
    if let Some(day) = session.taken_at {
        days_between("2026-01-01", &day);
    }
});
