//! Scores: every format a model can come in. The shelf.

pub mod equation;
pub mod factor;
pub mod file;
pub mod indicator;
pub mod inputs;
pub mod layers;
pub mod linear;
pub mod network;
pub mod output;
pub mod points;
pub mod predict;
pub mod scale;
pub mod scores;
pub mod spline;
pub mod term;
pub mod transform;

use crate::error::Error;
use crate::model::predict::Opened;
use crate::record::ModelCard;
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
    /// Opens and checks the model whose card and file lie in a folder; tells every problem at once.
    pub open: fn(&ModelCard, &Path) -> Opened,
}

static FORMATS: [Format; 5] = [
    Format {
        id: "column",
        what: "predictions that already stand in a column of the data",
        inputs: false,
        open: scores::column,
    },
    Format {
        id: "linear",
        what: "regression equations and point scores in a readable TOML file",
        inputs: true,
        open: linear::open,
    },
    Format {
        id: "safetensors",
        what: "a multilayer perceptron: weights in safetensors, layers in the card",
        inputs: true,
        open: network::open,
    },
    Format {
        id: "treat-all",
        what: "the reference strategy that acts on everyone",
        inputs: false,
        open: scores::treat_all,
    },
    Format {
        id: "treat-none",
        what: "the reference strategy that acts on no one",
        inputs: false,
        open: scores::treat_none,
    },
];

/// All formats, in order of their names.
pub fn formats() -> &'static [Format] {
    &FORMATS
}

/// Opens and checks the model of a card; `folder` holds the card and its file. Tells every problem at once.
pub fn open(card: &ModelCard, folder: &Path) -> Opened {
    match FORMATS.iter().find(|format| format.id == card.format) {
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
