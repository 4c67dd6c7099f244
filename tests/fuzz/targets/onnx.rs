//! `model/onnx`: a digit for the card, a NUL, then the file.
#![no_main]

keur_fuzz::target!("onnx", |data: &[u8]| keur_fuzz::models::onnx(data));
