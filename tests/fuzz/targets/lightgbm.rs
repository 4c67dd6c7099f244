//! `model/lightgbm.rs`: a digit for the card, a NUL, then the file.
#![no_main]

keur_fuzz::target!("lightgbm", |data: &[u8]| keur_fuzz::models::forest("lightgbm", data));
