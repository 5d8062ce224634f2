//! What thicknesses are worth, as written: `anagen/selfcheck/1`.

use crate::selfcheck::Cell;
use schemars::JsonSchema;
use serde::Serialize;

/// The version of a self-check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub enum SelfcheckSchema {
    /// The first.
    #[serde(rename = "anagen/selfcheck/1")]
    V1,
}

/// How well drawn shafts were measured.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SelfcheckResult {
    /// The version of the contract.
    pub schema: SelfcheckSchema,
    /// The version of the program that measured.
    pub version: String,
    /// The scale whose thicknesses were drawn; `None` where widths in pixels were.
    pub um_per_px: Option<f64>,
    /// What the shafts were drawn from.
    pub seed: u64,
    /// One for each width under each set of conditions.
    pub cells: Vec<Cell>,
}
