//! What a node that adds up trees can tell beside its scores: the trees of one of its columns.

use crate::model::forest::Forest;

/// How the columns of the tensor that a node reads come to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reads {
    /// For each of them, the place among the card's inputs.
    pub places: Vec<usize>,
    /// How many inputs the card has.
    pub inputs: usize,
    /// True when they were rounded to 32 bits.
    pub rounded: bool,
    /// True when the tensor holds 64 bits.
    pub wide: bool,
}

/// A node that adds up trees.
pub trait Summed: Send + Sync {
    /// The trees behind one column of the scores, asking about the card's inputs, when the column is their sum behind a link
    /// that rises. What their nodes say of rows of training is kept where it adds up.
    fn column(&self, column: usize, reads: &Reads) -> Option<Forest>;

    /// The score of such a column for a sum of its trees.
    fn score(&self, sum: f64) -> f64;
}
