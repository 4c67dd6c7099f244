//! Reasons: what a model leans on. This describes the model, not the disease and not a cause. The shelf.
//!
//! | file | idea |
//! | --- | --- |
//! | `ask`, `whole` | everything a study tells of what its model leans on |
//! | `explainer` | the cards of the explainers |
//! | `sampled`, `mean` | who is explained, and means over patients with their uncertainty |
//! | `contribution` | what each input adds to a row's score: the noun of `by_tree`, `by_equation`, `by_gradient`, `by_coalition`; `by` chooses, `shares` sums up |
//! | `tree` | trees: exact Shapley and interaction values, from the trees themselves |
//! | `question` | a model, rows, and what happens to its score when inputs take other values |
//! | `permutation`, `together`, `loss`, `lost` | how much worse a model gets when inputs come from another row |
//! | `importance`, `moved` | every player's turn, the fast way where there is one: trees are not walked again |
//! | `shapley` | how the inputs share what a row's score has above the background's |
//! | `along`, `response` | how the score moves along one input: partial dependence, ICE, accumulated local effects |
//! | `interaction` | how much of a response two inputs make together |
//! | `archetype` | mean patients, explained |
//! | `lean`, `without` | what shortcuts and sensitive attributes settle |
//! | `quality`, `trial`, `faithful` | whether an explanation says what the model does |
//! | `gradient` | networks: what an input adds on the way from a baseline to a row |
//! | `smooth` | networks: the mean gradient within measurement noise |
//! | `baseline` | the patient that a row is held against |
//! | `enter` | rows as a network takes them, block by block |
//! | `linear` | equations and points: exact contributions, the equation itself, its nomogram |
//! | `sheet` | the equation as a record tells it |
//! | `randomised` | the same model with its parameters in another order |
//! | `solve` | small linear systems |
//! | `legendre` | points of an integral |

pub mod along;
pub mod archetype;
pub mod ask;
pub mod baseline;
pub mod by;
pub mod by_coalition;
pub mod by_equation;
pub mod by_gradient;
pub mod by_tree;
pub mod contribution;
pub mod enter;
pub mod explainer;
pub mod faithful;
pub mod gradient;
pub mod importance;
pub mod interaction;
pub mod lean;
pub mod legendre;
pub mod linear;
pub mod loss;
pub mod lost;
pub mod mean;
pub mod moved;
pub mod nomogram;
pub mod permutation;
pub mod quality;
pub mod question;
pub mod randomised;
pub mod response;
pub mod sampled;
pub mod shapley;
pub mod shares;
pub mod sheet;
pub mod smooth;
pub mod solve;
pub mod together;
pub mod tree;
pub mod trial;
pub mod whole;
pub mod without;
