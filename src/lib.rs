//! Counts hairs and follicular units in scalp trichoscopy photos, measures their thickness, and follows each hair from visit to visit.
//!
//! The modules stand in layers; each uses only those before it:
//! [`units`], [`geometry`], [`raster`], [`photo`], [`calibration`], [`field`], [`phantom`], [`segment`], [`strand`],
//! [`follicle`], [`measure`], [`analyze`], [`session`], [`compare`], [`agree`], [`selfcheck`], [`results`], [`report`].
//! Everything before [`results`] is pure: bytes in, values out.

pub mod agree;
pub mod analyze;
pub mod calibration;
#[cfg(feature = "cli")]
pub mod cli;
pub mod compare;
pub mod field;
pub mod follicle;
pub mod geometry;
pub mod measure;
pub mod phantom;
pub mod photo;
pub mod raster;
pub mod report;
pub mod results;
pub mod segment;
pub mod selfcheck;
pub mod session;
pub mod strand;
pub mod units;
