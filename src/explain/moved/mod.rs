//! Trees when one input moves: the score of a row for every value of one of its inputs, without walking all trees again.
//!
//! While one input of a row moves and the others stay, each tree is a step function of it, and most trees are no function
//! of it at all: only one whose path for that row asks about the input can change. So each tree is walked once for a row,
//! and below the first question about an input on the path the tree is told as steps (where they are, how high). All values
//! that the input is to take are held against each step at once.
//!
//! [`grove`] lays out trees and values, [`step`] tells a tree as steps, [`swift`] joins them. What a value that no step function
//! knows (missing, a category) gives, is walked.

pub mod grove;
pub mod step;
pub mod swift;
