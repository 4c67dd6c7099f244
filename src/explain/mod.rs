//! Reasons: what a model leans on. This describes the model, not the disease and not a cause. The shelf.
//!
//! | file | idea |
//! | --- | --- |
//! | `tree` | trees: exact Shapley and interaction values, from the trees themselves |
//! | `question` | a model, rows, and what happens to its score when inputs take other values |
//! | `permutation` | how much worse a model gets when an input comes from another row |
//! | `importance` | every player's turn, the fast way where there is one |
//! | `moved` | the same for trees, without walking all of them again |
//! | `shapley` | how the inputs share what a row's score has above the background's |
//! | `response` | how the score moves along one input: partial dependence, ICE, accumulated local effects |
//! | `interaction` | how much of a response two inputs make together |
//! | `gradient` | networks: what an input adds on the way from a baseline to a row |
//! | `smooth` | networks: the mean gradient within measurement noise |
//! | `baseline` | the patient that a row is held against |
//! | `enter` | rows as a network takes them, block by block |
//! | `linear` | equations and points: exact contributions, the equation itself, its nomogram |
//! | `randomised` | the same model with its parameters in another order |
//! | `faithful` | whether an explanation says what the model does |
//! | `solve` | small linear systems |
//! | `legendre` | points of an integral |

pub mod baseline;
pub mod enter;
pub mod faithful;
pub mod gradient;
pub mod importance;
pub mod interaction;
pub mod legendre;
pub mod linear;
pub mod moved;
pub mod nomogram;
pub mod permutation;
pub mod question;
pub mod randomised;
pub mod response;
pub mod shapley;
pub mod smooth;
pub mod solve;
pub mod tree;
