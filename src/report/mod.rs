//! Pictures and pages for people.

pub mod overlay;
pub(crate) mod paint;
