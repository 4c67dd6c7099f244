//! The layers of a card as a chain of widths: which tensors they need, and whether they fit each other.

use crate::error::{Error, shown};
use crate::record::{InputCard, InputKind, LayerCard, ModelCard, ScoreScale};
use std::collections::BTreeSet;

/// Columns the inputs of a card enter as: a number as one, a category as one for each of its categories.
pub fn columns(card: &ModelCard) -> usize {
    card.inputs.iter().map(width).sum()
}

fn width(input: &InputCard) -> usize {
    match input.kind {
        InputKind::Number => 1,
        InputKind::Category => input.categories.len(),
        InputKind::Tensor => input.shape.iter().product(),
    }
}

/// Names and shapes of tensors.
pub type Shapes = Vec<(String, Vec<usize>)>;

/// The tensors the card's layers need, when their widths chain from `columns` to one; otherwise every problem.
pub fn shapes(card: &ModelCard, columns: usize) -> std::result::Result<Shapes, Vec<Error>> {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    let mut shapes = Shapes::new();
    let mut now = columns;
    for (place, layer) in card.layers.iter().enumerate() {
        let number = place + 1;
        let name = match layer {
            LayerCard::Standardise { name } => {
                shapes.push((format!("{name}.mean"), vec![now]));
                shapes.push((format!("{name}.sd"), vec![now]));
                name
            }
            LayerCard::Dense {
                name,
                inputs,
                outputs,
            } => {
                if *inputs != now {
                    problems.push(
                        Error::new(format!(
                            "layer {number} (`{}`) reads {inputs} columns where {now} arrive",
                            shown(name)
                        ))
                        .help("a number arrives as one column, a category as one for each of its categories"),
                    );
                }
                if *outputs == 0 {
                    problems.push(Error::new(format!(
                        "layer {number} (`{}`) gives nothing",
                        shown(name)
                    )));
                }
                shapes.push((format!("{name}.weight"), vec![*outputs, *inputs]));
                shapes.push((format!("{name}.bias"), vec![*outputs]));
                now = *outputs;
                name
            }
            _ => continue,
        };
        if !names.insert(name) {
            problems.push(Error::new(format!(
                "two layers have the name `{}`",
                shown(name)
            )));
        }
    }
    if columns == 0 {
        problems.push(Error::new("the card declares no inputs"));
    }
    if now != 1 {
        problems.push(Error::new(format!(
            "the last layer gives {now} columns, and a score is one"
        )));
    }
    if card.layers.last() == Some(&LayerCard::Sigmoid) && card.score != ScoreScale::Probability {
        problems.push(
            Error::new("the last layer is a `sigmoid`, and the card declares no `probability`")
                .help("write `score = \"probability\"`, or leave the layer out for a log odds"),
        );
    }
    if problems.is_empty() {
        Ok(shapes)
    } else {
        Err(problems
            .into_iter()
            .map(|error| error.at(format!("{}/card.toml", shown(&card.id))))
            .collect())
    }
}
