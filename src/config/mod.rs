//! config
pub mod model_card;
mod model_input;
mod model_layer;
