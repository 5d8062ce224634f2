//! Pictures and pages for people: overlays at the photo's own resolution, and self-contained HTML pages.

mod batch;
pub mod comparison;
mod embed;
mod figure;
pub mod overlay;
mod page;
pub(crate) mod paint;
mod photo;
mod plots;
mod words;

pub use batch::{Overview, batch_page};
pub use embed::Picture;
pub use photo::photo_page;
