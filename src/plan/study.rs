//! What a study asks: the noun of this room.

use crate::record::Conversion;
use std::collections::BTreeMap;

/// One model on one dataset with its questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Unique name.
    pub name: String,
    /// Index into [`Plan::models`](crate::plan::Plan::models).
    pub model: usize,
    /// Index into [`Plan::datasets`](crate::plan::Plan::datasets).
    pub dataset: usize,
    /// Thresholds; the first is the decision threshold of record.
    pub thresholds: Vec<f64>,
    /// Thresholds of the decision curve.
    pub decision_grid: Vec<f64>,
    /// Attributes of each split.
    pub groups: Vec<Vec<String>>,
    /// Input → column.
    pub joins: BTreeMap<String, String>,
    /// Changes of unit on the way.
    pub conversions: Vec<Conversion>,
}
