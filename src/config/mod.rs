//! config
pub mod dataset_card;
