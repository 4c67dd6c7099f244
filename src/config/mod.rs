//! What the files of a request say, as plain values: nothing is looked up here, names stay names.

pub mod dataset_card;
pub mod explain;
pub mod model_card;
mod model_format;
mod model_input;
mod model_layer;
mod model_number;
mod model_test;
pub mod study;
pub mod study_input;
