//! Scores: every format a model can come in. The shelf.

pub mod additive;
pub mod analyte;
pub mod conversion;
pub mod engine;
pub mod ensemble;
pub mod equation;
pub mod factor;
pub mod file;
pub mod forest;
pub mod forest_guide;
pub mod forest_layout;
pub mod forest_walk;
pub mod gradient;
pub mod indicator;
pub mod inputs;
pub mod known;
pub mod lightgbm;
pub mod lightgbm_file;
pub mod linear;
pub mod named;
pub mod network;
pub mod onnx;
pub mod output;
pub mod plausible;
pub mod points;
pub mod predict;
pub mod scale;
pub mod scores;
pub mod spline;
pub mod term;
pub mod together;
pub mod transform;
pub mod tree;
pub mod ubjson;
pub mod unit;
pub mod vector;
pub mod xgboost;
pub mod xgboost_file;

use crate::error::Error;
use crate::model::engine::Engine;
use crate::model::predict::Opened;
use crate::record::{InputCard, InputKind, MissingRule, ModelCard};
use std::path::Path;

/// A format a model can come in.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Shelf name, as a card writes it.
    pub id: &'static str,
    /// What it is, in one line.
    pub what: &'static str,
    /// True when the model reads the card's inputs; otherwise they are only a description.
    pub inputs: bool,
    /// True when the model itself knows what to do with a missing value (`missing = "model"` in the card).
    pub missing: bool,
    /// True when the model reads tensors: signals, images, sequences.
    pub tensors: bool,
    /// Opens and checks the model whose card and file lie in a folder; tells every problem at once.
    pub open: fn(&ModelCard, &Path) -> Opened,
    /// Opens it in the engine that is asked for, where the format has several.
    pub open_in: Option<fn(&ModelCard, &Path, Engine) -> Opened>,
}

static FORMATS: [Format; 8] = [
    Format {
        id: "column",
        what: "predictions that already stand in a column of the data",
        inputs: false,
        missing: false,
        tensors: false,
        open: scores::column,
        open_in: None,
    },
    Format {
        id: "lightgbm",
        what: "boosted trees or a random forest in LightGBM's text format",
        inputs: true,
        missing: true,
        tensors: false,
        open: lightgbm::open,
        open_in: None,
    },
    Format {
        id: "linear",
        what: "regression equations and point scores in a readable TOML file",
        inputs: true,
        missing: false,
        tensors: false,
        open: linear::open,
        open_in: None,
    },
    Format {
        id: "onnx",
        what: "a pipeline of scikit-learn, XGBoost or LightGBM exported to ONNX",
        inputs: true,
        missing: true,
        tensors: true,
        open: onnx::pipeline::open,
        open_in: Some(onnx::pipeline::open_in),
    },
    Format {
        id: "safetensors",
        what: "a network: weights in safetensors, layers in the card",
        inputs: true,
        missing: false,
        tensors: true,
        open: network::net::open,
        open_in: None,
    },
    Format {
        id: "treat-all",
        what: "the reference strategy that acts on everyone",
        inputs: false,
        missing: false,
        tensors: false,
        open: scores::treat_all,
        open_in: None,
    },
    Format {
        id: "treat-none",
        what: "the reference strategy that acts on no one",
        inputs: false,
        missing: false,
        tensors: false,
        open: scores::treat_none,
        open_in: None,
    },
    Format {
        id: "xgboost",
        what: "boosted trees or a random forest in XGBoost's JSON or UBJSON format",
        inputs: true,
        missing: true,
        tensors: false,
        open: xgboost::open,
        open_in: None,
    },
];

/// All formats, in order of their names.
pub fn formats() -> &'static [Format] {
    &FORMATS
}

/// Opens and checks the model of a card, in keur's own engine; `folder` holds the card and its file. Tells every problem at
/// once.
pub fn open(card: &ModelCard, folder: &Path) -> Opened {
    open_in(card, folder, Engine::Keur)
}

/// Opens and checks the model of a card in the engine that is asked for; formats with one engine take it whatever is asked.
pub fn open_in(card: &ModelCard, folder: &Path, asked: Engine) -> Opened {
    let tensor = |input: &&InputCard| input.kind == InputKind::Tensor;
    match FORMATS.iter().find(|format| format.id == card.format) {
        Some(format) if format.inputs && !format.tensors && card.inputs.iter().any(|i| tensor(&i)) => {
            let tensors = card.inputs.iter().filter(tensor);
            Err(tensors
                .map(|input| {
                    Error::new(format!(
                        "a `{}` model reads no tensors, and the input `{}` is one",
                        format.id,
                        crate::error::shown(&input.name)
                    ))
                    .at(format!("{}/card.toml", crate::error::shown(&card.id)))
                    .help("declare each number it reads as an input of its own")
                })
                .collect())
        }
        Some(format) if !format.missing && card.inputs.iter().any(left_to_model) => Err(card
            .inputs
            .iter()
            .filter(|input| left_to_model(input))
            .map(|input| {
                Error::new(format!(
                    "a `{}` model takes no missing values, and the input `{}` has `missing = \"model\"`",
                    format.id,
                    crate::error::shown(&input.name)
                ))
                .at(format!("{}/card.toml", crate::error::shown(&card.id)))
                .help("write `missing = \"refuse\"`, or what stands in for a missing value")
            })
            .collect()),
        Some(Format {
            open_in: Some(open_in),
            ..
        }) => open_in(card, folder, asked),
        Some(format) => (format.open)(card, folder),
        None => Err(vec![
            Error::new(format!(
                "unknown model format `{}`",
                crate::error::shown(&card.format)
            ))
            .suggest(&card.format, FORMATS.iter().map(|format| format.id)),
        ]),
    }
}

fn left_to_model(input: &InputCard) -> bool {
    input.missing == MissingRule::Model
}
