//! What every model does: rows in, one score a row out.

use crate::dataset::table::Batch;
use crate::error::{Error, Result};
use std::path::PathBuf;

/// A model that was opened and checked. Scores are on the scale its card declares.
pub trait Model: Send + Sync {
    /// One score for each row of the batch, in order. A row the model cannot score gives NaN, which is counted as refused.
    fn predict(&self, batch: &Batch<'_>) -> Result<Vec<f64>>;

    /// Files that hold a part of the model, beside the one its card names; ascending.
    fn files(&self) -> &[PathBuf] {
        &[]
    }

    /// Name and version of the engine that scores, where a format has several.
    fn engine(&self) -> Option<String> {
        None
    }
}

/// An opened model, or every problem found on the way.
pub type Opened = std::result::Result<Box<dyn Model>, Vec<Error>>;
