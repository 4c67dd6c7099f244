//! `model/network.rs`: the card, a NUL, then the file.
#![no_main]

keur_fuzz::target!("safetensors", |data: &[u8]| keur_fuzz::models::beside_card("safetensors", data));
