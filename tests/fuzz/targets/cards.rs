//! `config/`: one text read as the card of a model, the card of a dataset and a study file.
#![no_main]

keur_fuzz::target!("cards", |data: &[u8]| keur_fuzz::cards::read(data));
