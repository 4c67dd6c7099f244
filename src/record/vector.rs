//! Test vectors of a model card: made-up rows and the scores they must get.

use std::collections::BTreeMap;

/// A made-up row and the score the model must give it. Has no form in a record, on purpose.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestVector {
    /// What it is called in messages, when the card says.
    pub name: Option<String>,
    /// A value for every input, by its name.
    pub row: BTreeMap<String, TestCell>,
    /// The score, on the scale the card declares.
    pub score: f64,
    /// How far the model's score may lie from it, on the same scale; a millionth unless said.
    pub tolerance: Option<f64>,
}

/// One value of a test vector.
#[derive(Debug, Clone, PartialEq)]
pub enum TestCell {
    /// No value: the input's missing rule applies.
    Missing,
    /// A number.
    Number(f64),
    /// A category.
    Word(String),
    /// Numbers of an input that is a tensor, in its order.
    List(Vec<f64>),
}
