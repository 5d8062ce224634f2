//! The only module on disk: finding photos, the types of the results contract, and the results folder with its JSON, tables and reuse.

mod agreement;
mod comparison;
mod comparison_tables;
mod folder;
mod inputs;
mod json;
mod photo;
mod pseudonym;
mod run;
mod schema;
mod selfcheck;
mod tables;
mod timeline;
mod timeline_tables;

pub use agreement::{AgreementResult, AgreementSchema};
pub use comparison::{
    ChangeResult, ComparisonResult, ComparisonSchema, FateResult, GrowthResult, PhototrichogramResult, PlaceResult, RegistrationResult,
    UnitFateResult, WarpResult,
};
pub use comparison_tables::write_comparison_tables;
pub use folder::{Drawn, Folder, comparison_path, overlay_path, page_path, result_path, stem_of, thumbnail_path, write_whole};
pub use inputs::{
    Input, Inputs, SERIES_TRUTH, Trouble, absolute, below, cause, find, fitting, folder_of, is_photo, pictures_in_the_way, read_at_most,
    series_truths, truths,
};
pub use json::json;
pub use photo::{BlurResult, FieldResult, Identity, MadeBy, PhotoResult, PhotoSchema, RegionResult, StrandResult, UnitResult, sha256};
pub use pseudonym::Pseudonyms;
pub use run::{PairRun, PhotoRun, Run, RunCommand, RunSchema, SessionRun, SessionSource, Status, Times};
pub use schema::{SCHEMAS, schema};
pub use selfcheck::{SelfcheckResult, SelfcheckSchema};
pub use tables::write_tables;
pub use timeline::{
    EventResult, GoingResult, HairResult, PointResult, ReasonResult, SeenResult, SessionPhoto, SessionResult, ThenResult, TimelineResult,
    TimelineSchema, TrendResult,
};
pub use timeline_tables::write_timeline_tables;

#[cfg(test)]
pub(crate) use photo::tests;
