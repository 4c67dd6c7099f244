//! Reasons: what a model leans on. This describes the model, not the disease and not a cause. The shelf.
//!
//! | file | idea |
//! | --- | --- |
//! | `tree` | trees: exact Shapley and interaction values, from the trees themselves |

pub mod tree;
