//! The layers of a network a model card describes (`[[layers]]`), in order.

use crate::error::Error;
use crate::record::LayerCard;
use crate::sheet::Section;

const LAYERS: [&str; 6] = ["standardise", "dense", "relu", "gelu", "tanh", "sigmoid"];

/// No layer may be wider, so that no card can ask for more memory than a few megabytes a batch.
const WIDEST: u64 = 65_536;

/// Reads every `[[layers]]` of a card. Problems are noted in the sheet.
pub fn read(top: &Section<'_>) -> Vec<LayerCard> {
    top.sections("layers")
        .iter()
        .filter_map(|section| {
            if !section.has("kind") {
                section.problem(
                    "kind",
                    Error::new("`kind` is missing").help(format!("one of {}", LAYERS.join(", "))),
                );
            }
            Some(match section.one_of("kind", &LAYERS)?.as_str() {
                "standardise" => LayerCard::Standardise {
                    name: section.need_text("name"),
                },
                "dense" => {
                    let name = section.need_text("name");
                    let (inputs, outputs) = (width(section, "inputs"), width(section, "outputs"));
                    LayerCard::Dense {
                        name,
                        inputs: inputs?,
                        outputs: outputs?,
                    }
                }
                "relu" => LayerCard::Relu,
                "gelu" => LayerCard::Gelu,
                "tanh" => LayerCard::Tanh,
                _ => LayerCard::Sigmoid,
            })
        })
        .collect()
}

fn width(section: &Section<'_>, key: &str) -> Option<usize> {
    if !section.has(key) {
        section.missing(key);
    }
    let width = section.whole(key)?;
    if !(1..=WIDEST).contains(&width) {
        section.problem(
            key,
            Error::new(format!(
                "a layer is 1 to {WIDEST} wide, and `{key}` is {width}"
            )),
        );
        return None;
    }
    usize::try_from(width).ok()
}
