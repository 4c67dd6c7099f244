//! Why a model says what it says: the shelf of explainers.
//!
//! | explainer | for | what it gives |
//! | --- | --- | --- |
//! | [`tree_shap`] | trees and forests of trees | exact Shapley values and interaction values, with covers or a background |
//!
//! Every explanation describes the model: not the disease, and not a cause.

pub mod block;
pub mod cells;
pub mod deep;
pub mod duel;
pub mod game;
pub mod legendre;
pub mod near;
pub mod parts;
pub mod question;
pub mod table;
pub mod tree_shap;
pub mod unit;
