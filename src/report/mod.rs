//! Pictures and pages for people: overlays at the photo's own resolution, and self-contained HTML pages.

mod batch;
mod change_words;
pub mod comparison;
mod comparison_figure;
mod comparison_page;
mod comparisons_overview;
mod embed;
mod figure;
pub mod overlay;
mod page;
pub(crate) mod paint;
mod photo;
mod plots;
mod timeline_page;
mod timelines_overview;
mod words;

pub use batch::{Overview, batch_page};
pub use comparison_figure::Aligned;
pub use comparison_page::{Shown, comparison_page};
pub use comparisons_overview::comparisons_page;
pub use embed::Picture;
pub use photo::photo_page;
pub use timeline_page::timeline_page;
pub use timelines_overview::timelines_page;
