//! What the files of a request say, as plain values: nothing is looked up here, names stay names.

pub mod dataset_card;
pub mod model_card;
mod model_input;
mod model_layer;
mod model_number;
pub mod study;
