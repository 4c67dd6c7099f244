//! `dataset/`: a file of the format `arrow`.
#![no_main]

keur_fuzz::target!("arrow", |data: &[u8]| keur_fuzz::tables::read("arrow", data));
