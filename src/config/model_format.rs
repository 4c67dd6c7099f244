//! What the card of each model format needs, and what it has no use for.

use crate::error::Error;
use crate::record::ModelCard;
use crate::sheet::Section;

/// Shelf names of the model formats a card may ask for.
pub const FORMATS: [&str; 8] = [
    "column",
    "lightgbm",
    "linear",
    "onnx",
    "safetensors",
    "treat-all",
    "treat-none",
    "xgboost",
];

/// What each format needs, and what it has no use for.
pub fn fits(top: &Section<'_>, card: &ModelCard) {
    let format = card.format.as_str();
    if !FORMATS.contains(&format) {
        return;
    }
    let needs = |key: &str, why: &str| {
        if !top.has(key) {
            top.problem(
                key,
                Error::new(format!("a `{format}` model needs `{key}`: {why}")),
            );
        }
    };
    let no_use = |key: &str| {
        if top.has(key) {
            top.problem(
                key,
                Error::new(format!("a `{format}` model has no use for `{key}`")),
            );
        }
    };
    if format != "safetensors" {
        no_use("architecture");
    }
    if format != "onnx" {
        no_use("output");
        no_use("class");
    }
    match format {
        "column" => {
            needs("column", "the column of the data that holds the prediction");
            no_use("file");
            no_use("layers");
            no_use("tests");
        }
        "linear" => {
            needs("file", "the TOML file with the terms");
            needs("inputs", "what the terms read");
            no_use("column");
            no_use("layers");
        }
        "lightgbm" | "xgboost" => {
            needs("file", "what the framework's `save_model` wrote");
            needs("inputs", "what the trees read, in order");
            no_use("column");
            no_use("layers");
        }
        "onnx" => {
            needs(
                "file",
                "what `skl2onnx`, `onnxmltools`, `torch.onnx` or Keras wrote",
            );
            needs("inputs", "what the graph reads");
            no_use("column");
            no_use("layers");
        }
        "safetensors" => {
            needs("file", "the file with the weights");
            needs("inputs", "what the first layer reads, in order");
            if !top.has("architecture") {
                needs(
                    "layers",
                    "what the weights mean, in order, or `architecture`",
                );
            }
            no_use("column");
        }
        _ => {
            for key in ["file", "column", "inputs", "layers", "tests"] {
                no_use(key);
            }
        }
    }
}
