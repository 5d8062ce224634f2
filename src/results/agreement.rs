//! The agreement of results with counted truth, as written: `anagen/agreement/1`.

use crate::agree::{Agreement, ComparisonsAgreement};
use schemars::JsonSchema;
use serde::Serialize;

/// The version of an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub enum AgreementSchema {
    /// The first.
    #[serde(rename = "anagen/agreement/1")]
    V1,
}

/// How well results agree with counted truth: the numbers, and which files they rest on.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AgreementResult {
    /// The version of the contract.
    pub schema: AgreementSchema,
    /// How far root and tip might lie off, in the mean; `None` when it was stated in micrometers.
    pub tolerance_px: Option<f64>,
    /// The same in micrometers, when it was stated so.
    pub tolerance_um: Option<f64>,
    /// The counted photos that have no result: all their hairs count as missed.
    pub without_result: Vec<String>,
    /// The results that have no truth: they are left out.
    pub without_truth: Vec<String>,
    /// The agreement.
    #[serde(flatten)]
    pub agreement: Agreement,
    /// The agreement of the comparisons with what is true of the series they are of; `None` where none is known.
    pub comparisons: Option<ComparisonsAgreement>,
}
