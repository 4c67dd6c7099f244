//! Scores.
pub mod predict;
