//! `model/linear.rs`: the card, a NUL, then the file.
#![no_main]

keur_fuzz::target!("linear", |data: &[u8]| keur_fuzz::models::beside_card("linear", data));
