//! `model/xgboost.rs` on text: a digit for the card, a NUL, then the file.
#![no_main]

keur_fuzz::target!("xgboost-json", |data: &[u8]| keur_fuzz::models::forest("xgboost", data));
