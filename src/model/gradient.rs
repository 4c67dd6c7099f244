//! What a model that is a smooth function of its inputs offers beside scores.

use crate::dataset::table::Batch;
use crate::error::Result;
use std::ops::Range;

/// A model whose score can be differentiated with respect to its inputs.
///
/// A row enters as numbers, one input behind the other in the card's order: a number as one, a category as one for each
/// of its categories (1 where it is the row's, 0 elsewhere), a tensor as its numbers. Such rows may also be made up: points
/// between a baseline and a row are rows too. Everything is on the *margin* scale: the score before its last sigmoid or
/// softmax (a log odds), or the score itself where the network ends in neither.
pub trait Gradient: Send + Sync {
    /// Where each input of the card lies in a row.
    fn spans(&self) -> Vec<Range<usize>>;

    /// Rows the model computes at once; a whole number of blocks wastes nothing.
    fn block(&self) -> usize;

    /// The rows of a batch as numbers, row behind row, missing rules applied. A refused row is NaN throughout.
    ///
    /// Fails when no column feeds an input, or one of another kind does.
    fn enter(&self, batch: &Batch<'_>) -> Result<Vec<f32>>;

    /// The score of a margin, on the card's scale.
    fn score(&self, margin: f64) -> f64;

    /// The margin of each row. A row with a number that is not finite, or that makes one on the way, gives NaN.
    ///
    /// Fails when the numbers are no whole rows.
    fn margins(&self, rows: &[f32]) -> Result<Vec<f64>>;

    /// The margin of each row and its gradient with respect to each number of the row, NaN where the margin is.
    ///
    /// Where a function has a corner (`relu` at 0, two equal largest numbers in a pool) the gradient is the one PyTorch
    /// gives. Fails when the numbers are no whole rows.
    fn slopes(&self, rows: &[f32]) -> Result<Slopes>;
}

/// Margins and gradients of rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Slopes {
    /// One for each row.
    pub margins: Vec<f64>,
    /// As many for each row as the row has numbers, row behind row.
    pub slopes: Vec<f32>,
}
