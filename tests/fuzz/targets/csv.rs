//! `dataset/`: a file of the format `csv`.
#![no_main]

keur_fuzz::target!("csv", |data: &[u8]| keur_fuzz::tables::read("csv", data));
