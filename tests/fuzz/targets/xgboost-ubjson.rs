//! `model/ubjson.rs` and `model/xgboost.rs`: a digit for the card, a NUL, then the file.
#![no_main]

keur_fuzz::target!("xgboost-ubjson", |data: &[u8]| keur_fuzz::models::forest("xgboost", data));
