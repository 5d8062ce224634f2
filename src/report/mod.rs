//! Pictures and pages for people.

pub mod overlay;
mod paint;
