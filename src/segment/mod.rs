//! Photo to what each pixel is: hair or skin, and which way the hair runs.

use serde::{Deserialize, Serialize};

/// Which detector finds the hair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detector {
    /// Classical ridge detection; needs no model.
    #[default]
    Ridge,
}
