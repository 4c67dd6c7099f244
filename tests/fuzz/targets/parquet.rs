//! `dataset/`: a file of the format `parquet`.
#![no_main]

keur_fuzz::target!("parquet", |data: &[u8]| keur_fuzz::tables::read("parquet", data));
