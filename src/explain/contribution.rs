//! What each input adds to a row's score: the noun of every explainer that shares a score among inputs.

use crate::dataset::table::Instead;
use crate::error::Result;
use crate::random::Stream;
use crate::record::{Background, Scale};

/// Contributions of rows. They add up to the score minus the base, as far as `gap` says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contributions {
    /// What the model says when nothing is known.
    pub base: f64,
    /// What it says of each row.
    pub score: Vec<f64>,
    /// For each input of the card, one value a row.
    pub values: Vec<Vec<f64>>,
}

impl Contributions {
    /// The largest difference between what a row's contributions add up to and its score minus the base; relative to the
    /// larger of 1 and that difference.
    pub fn gap(&self) -> f64 {
        let row = |at: usize| {
            let whole = self.score[at] - self.base;
            let sum: f64 = self.values.iter().map(|values| values[at]).sum();
            (sum - whole).abs() / whole.abs().max(1.0)
        };
        (0..self.score.len())
            .map(row)
            .fold(0.0, |most, gap| match gap.is_nan() {
                true => f64::INFINITY,
                false => most.max(gap),
            })
    }
}

/// An explainer that shares scores, ready for one model and one background.
pub trait Contribute: Sync {
    /// Id on the shelf.
    fn id(&self) -> &'static str;

    /// What it is told in.
    fn scale(&self) -> Scale;

    /// What stands for not knowing a value.
    fn background(&self) -> Background;

    /// The most rows it is worth to ask, when it asks the model often.
    fn most(&self) -> Option<usize> {
        None
    }

    /// The largest [`Contributions::gap`] that is rounding, or what the method promises.
    fn tolerance(&self) -> f64;

    /// Contributions of rows of the table, where some inputs (by place) may take other values.
    fn share(&self, rows: &[u32], instead: &[(usize, Instead<'_>)]) -> Result<Contributions>;

    /// The same of a model whose learned numbers are in a random order; `None` when that cannot be made.
    fn randomised(&self, rows: &[u32], stream: Stream) -> Option<Result<Contributions>>;
}
