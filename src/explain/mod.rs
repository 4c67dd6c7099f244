//! Reasons: what a model leans on. This describes the model, not the disease and not a cause. The shelf.
//!
//! | file | idea |
//! | --- | --- |
//! | `tree` | trees: exact Shapley and interaction values, from the trees themselves |
//! | `question` | a model, rows, and what happens to its score when inputs take other values |
//! | `permutation` | how much worse a model gets when an input comes from another row |
//! | `shapley` | how the inputs share what a row's score has above the background's |
//! | `response` | how the score moves along one input: partial dependence, ICE, accumulated local effects |
//! | `interaction` | how much of a response two inputs make together |
//! | `faithful` | whether an explanation says what the model does |
//! | `solve` | small linear systems |

pub mod faithful;
pub mod interaction;
pub mod permutation;
pub mod question;
pub mod response;
pub mod shapley;
pub mod solve;
pub mod tree;
