//! Strands to follicular units: hairs whose roots share an ostium.

use crate::geometry::Point;

/// One or more hairs from one ostium.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Its number within the photo, from 0.
    pub id: usize,
    /// The mean of its strands' roots, in pixels.
    pub ostium: Point,
    /// The ids of its strands, ascending.
    pub strands: Vec<usize>,
}

/// Stub until the grouping lands.
pub fn group(strands: &[crate::strand::Strand], calibration: Option<&crate::calibration::Calibration>) -> Vec<Unit> {
    let _ = calibration;
    strands.iter().map(|s| Unit { id: s.id, ostium: s.root(), strands: vec![s.id] }).collect()
}
