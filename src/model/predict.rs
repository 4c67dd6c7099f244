//! What every model does: rows in, one score a row out.

use crate::dataset::table::Batch;
use crate::error::{Error, Result};
use crate::model::additive::Additive;
use crate::model::forest::Forest;
use crate::model::gradient::Gradient;
use crate::model::known::Known;
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

    /// What the file itself knows of the values of each input, in the card's order; empty when it knows nothing.
    fn known(&self) -> Vec<Known> {
        Vec::new()
    }

    /// The gradient with respect to the inputs, of a model that has one.
    fn gradient(&self) -> Option<&dyn Gradient> {
        None
    }

    /// The equation, when it is nothing but a sum of terms behind a link.
    fn additive(&self) -> Option<&dyn Additive> {
        None
    }

    /// The trees, when it is nothing but a sum of trees behind a link.
    fn trees(&self) -> Option<&dyn Trees> {
        None
    }
}

/// A model that is a sum of trees behind a link.
pub trait Trees: Send + Sync {
    /// The trees.
    fn forest(&self) -> &Forest;

    /// The score of the first output's sum, on the card's scale; `None` where the link is not known here.
    fn score(&self, _margin: f64) -> Option<f64> {
        None
    }

    /// Rows as the trees see them: the card's rules applied, categories as codes, rounded where the origin rounds.
    fn rows(&self, batch: &Batch<'_>) -> Result<Seen>;
}

/// Rows as trees see them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// One column for each input, in the card's order; NaN where missing, or where the row is refused.
    pub columns: Vec<Vec<f64>>,
    /// For each row whether the model refuses it; what trees say of such a row means nothing.
    pub refused: Vec<bool>,
}

/// An opened model, or every problem found on the way.
pub type Opened = std::result::Result<Box<dyn Model>, Vec<Error>>;
