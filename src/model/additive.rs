//! What a model that is a sum of terms offers beside scores: the terms, and what each says of a row.

use crate::dataset::table::Batch;
use crate::error::Result;
use crate::model::inputs::Values;

/// What the sum means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Margin {
    /// A log odds.
    Odds,
    /// The logarithm of a cumulative hazard at the horizon.
    Hazard,
    /// Points, or the score itself.
    Points,
}

/// One equation: `start + Σ scale · Π factors`, every factor a function of one input. What holds when one of several
/// questions does, is one minus a product: nothing else is needed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Formula {
    /// Whose it is, in words; empty when it is everyone's.
    pub when: String,
    /// What the sum starts from.
    pub start: f64,
    /// The sum without its products, as the file has it: what a reader calls the intercept.
    pub intercept: f64,
    /// In the order of the file.
    pub summands: Vec<Summand>,
}

/// One summand: a number times one factor for each of its inputs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summand {
    /// The number.
    pub scale: f64,
    /// Places of its inputs among the card's, each once.
    pub inputs: Vec<usize>,
    /// The same as the file has it, in words.
    pub lines: Vec<Line>,
}

/// One line of an equation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// What is multiplied: `(age − 50) / 10`, `sex = male`, `urea ≤ 7`.
    pub what: String,
    /// What it is multiplied by.
    pub coefficient: f64,
}

/// Where a factor stands: formula, summand, and place among the summand's inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Place among the formulas.
    pub formula: usize,
    /// Place among the formula's summands.
    pub summand: usize,
    /// Place among the summand's inputs.
    pub input: usize,
}

/// A model that is a sum of terms behind a link.
pub trait Additive: Send + Sync {
    /// What the sum means.
    fn margin(&self) -> Margin;

    /// Its formulas: one, or one for each stratum.
    fn formulas(&self) -> Vec<Formula>;

    /// Rows as the formulas read them, for each input of the card. Fails when no column feeds an input, or one of another
    /// kind does.
    fn enter(&self, batch: &Batch<'_>) -> Result<Vec<Values>>;

    /// Whose formula a row's is; none when the row is refused.
    fn formula_of(&self, columns: &[Values], row: usize) -> Option<usize>;

    /// A factor at so many rows of its input's values; NaN where it has no value.
    fn factor(&self, place: Place, values: &Values, rows: usize) -> Vec<f64>;

    /// The score of a sum, on the card's scale.
    fn score(&self, margin: f64) -> f64;
}
