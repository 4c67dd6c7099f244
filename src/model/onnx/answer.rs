//! Which output of a graph, and which of its columns, is the score: by the card, or by the graph's own facts; never by
//! position alone.
//!
//! What gives one number for each row is a score as it is, whatever axes of length 1 surround it. Of two columns without
//! class labels, as a network gives them, the second is the event; when the card says `score = "logit"`, the score is the
//! difference of the two, which is the log odds that a softmax of them would have. Of several columns without labels the card
//! names the event by its place, counted from 0: `class = "2"`.

use crate::error::{Error, shown};
use crate::model::onnx::proto::{Graph, Port, Setting, Stored};
use crate::model::onnx::stored;
use crate::model::onnx::value::{Data, Tensor, sides};
use crate::record::{ModelCard, ScoreScale};
use std::collections::BTreeMap;

/// Where the score stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Place among the graph's outputs.
    pub output: usize,
    /// Column of the output.
    pub column: usize,
    /// How many columns the output has.
    pub columns: usize,
    /// Column that is taken off the score, where it is the difference of two logits.
    pub minus: Option<usize>,
}

/// Finds the score among what a graph made of a trial, with as many lines as `rows` says.
pub fn choose(
    card: &ModelCard,
    graph: &Graph<'_>,
    ports: &[Port],
    made: &[Tensor],
    rows: Option<usize>,
) -> Result<Answer, Vec<Error>> {
    let one = |error: Error| vec![error];
    let output = output(card, ports, made).map_err(one)?;
    let (Some(tensor), Some(port)) = (made.get(output), ports.get(output)) else {
        return Err(one(Error::new("the graph has no output")));
    };
    if let Some(rows) = rows.filter(|rows| tensor.shape.first() != Some(rows)) {
        let error = Error::new(format!(
            "of {rows} rows the graph makes the output `{}` of the shape {}, which has not one line for each",
            shown(&port.name),
            sides(&tensor.shape)
        ));
        return Err(one(error.help(
            "export the model with the rows as the first axis of input and output",
        )));
    }
    let columns = match tensor.shape.as_slice() {
        [_] => 1,
        [_, columns] if *columns > 0 => *columns,
        [_, rest @ ..] if !rest.is_empty() && rest.iter().all(|side| *side == 1) => 1,
        [_, rest @ ..] if rest.len() > 1 => {
            let error = Error::new(format!(
                "the output `{}` has a map of {} numbers for each row, and a score is one",
                shown(&port.name),
                sides(rest)
            ));
            return Err(one(error.help(
                "a map says where, not how likely: export the model with the step that makes one number of it, such as its \
                 mean or its largest value",
            )));
        }
        shape => {
            return Err(one(Error::new(format!(
                "the output `{}` has the shape {}, and a score has one line for each row",
                shown(&port.name),
                sides(shape)
            ))));
        }
    };
    let lists = match &tensor.labels {
        Some(labels) => vec![labels.words()],
        None => classes(graph, columns),
    };
    let column = column(card, &port.name, columns, &lists).map_err(one)?;
    let logits = card.score == ScoreScale::Logit && lists.is_empty() && columns > 1;
    if logits && columns > 2 {
        let error = Error::new(format!(
            "the output `{}` has {columns} logits, and the log odds of one class are not among them",
            shown(&port.name)
        ));
        return Err(one(error.help(
            "export the model with its softmax, and write `score = \"probability\"`",
        )));
    }
    Ok(Answer {
        output,
        column,
        columns,
        minus: logits.then_some(1 - column.min(1)),
    })
}

fn listed(ports: &[Port], made: &[Tensor]) -> String {
    const SHOWN: usize = 10;
    let words = ports.iter().zip(made).take(SHOWN).map(|(port, tensor)| {
        let what = match (&tensor.labels, &tensor.data) {
            (Some(_), _) => "a score for each class, by name",
            (None, Data::F32(_) | Data::F64(_)) => "numbers",
            (None, Data::I64(_)) => "whole numbers, as of labels",
            (None, Data::Bool(_)) => "truths",
            (None, Data::Text(_)) => "words, as of labels",
        };
        let columns = match tensor.shape.get(1) {
            Some(columns) => format!(", {columns} columns"),
            None => String::new(),
        };
        format!("`{}` ({what}{columns})", shown(&port.name))
    });
    words.collect::<Vec<_>>().join(", ")
}

fn output(card: &ModelCard, ports: &[Port], made: &[Tensor]) -> Result<usize, Error> {
    let scores = |tensor: &Tensor| {
        tensor.parts.is_none()
            && (tensor.labels.is_some() || matches!(tensor.data, Data::F32(_) | Data::F64(_)))
    };
    if let Some(name) = &card.output {
        let place = ports.iter().position(|port| port.name == *name);
        return match place.and_then(|place| Some((place, made.get(place)?))) {
            Some((place, tensor)) if scores(tensor) => Ok(place),
            Some(_) => Err(Error::new(format!(
                "the output `{}` of the graph holds labels, not scores",
                shown(name)
            ))
            .help(format!("the outputs are {}", listed(ports, made)))),
            None => {
                let error = Error::new(format!("the graph has no output `{}`", shown(name)))
                    .suggest(name, ports.iter().map(|port| port.name.as_str()));
                Err(match error.help {
                    Some(_) => error,
                    None => error.help(format!("the outputs are {}", listed(ports, made))),
                })
            }
        };
    }
    let places = made.iter().enumerate().filter(|(_, tensor)| scores(tensor));
    match places
        .map(|(place, _)| place)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [only] => Ok(*only),
        [] => Err(
            Error::new("no output of the graph holds scores").help(format!(
                "the outputs are {}; export the model with its probabilities",
                listed(ports, made)
            )),
        ),
        _ => Err(
            Error::new("several outputs of the graph could be the score").help(format!(
                "name one in the card, as `output = \"…\"`; the outputs are {}",
                listed(ports, made)
            )),
        ),
    }
}

fn column(
    card: &ModelCard,
    output: &str,
    columns: usize,
    lists: &[Vec<String>],
) -> Result<usize, Error> {
    let ticked = || {
        let words = lists.first().into_iter().flatten().take(20);
        words
            .map(|word| format!("`{}`", shown(word)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let Some(class) = &card.class else {
        if columns <= 2 {
            return Ok(columns - 1);
        }
        let error = Error::new(format!(
            "the output `{}` has {columns} classes, and the card does not say which one is the event",
            shown(output)
        ));
        return Err(error.help(match lists {
            [_] => format!("write `class = \"…\"`, one of {}", ticked()),
            _ => "write `class = \"…\"` in the card".to_owned(),
        }));
    };
    if lists.is_empty()
        && let Some(place) = class.parse().ok().filter(|place| *place < columns)
    {
        return Ok(place);
    }
    let mut places: Vec<usize> = lists
        .iter()
        .filter_map(|list| list.iter().position(|word| word == class))
        .collect();
    places.dedup();
    match places.as_slice() {
        [place] => Ok(*place),
        [] if lists.is_empty() => Err(Error::new(format!(
            "the graph does not say what the {columns} columns of `{}` stand for, so the class `{}` cannot be found",
            shown(output),
            shown(class)
        ))
        .help(
            "write its place among the columns, counted from 0, as `class = \"1\"`; of two classes the last one is the event",
        )),
        [] => {
            let known = lists.iter().flatten().map(String::as_str);
            let error = Error::new(format!("the graph knows no class `{}`", shown(class)))
                .suggest(class, known);
            Err(match error.help {
                Some(_) => error,
                None => error.help(format!("the classes are {}", ticked())),
            })
        }
        _ => Err(Error::new(format!(
            "the graph has several orders of classes, and `{}` has another place in each",
            shown(class)
        ))
        .help("export the model with `zipmap`")),
    }
}

/// Every list of so many class labels that a graph holds: attributes of classifiers, and the labels a label is picked from.
fn classes(graph: &Graph<'_>, columns: usize) -> Vec<Vec<String>> {
    let constants: BTreeMap<&str, &Stored<'_>> = graph
        .constants
        .iter()
        .map(|c| (c.name.as_str(), c))
        .collect();
    let mut lists: Vec<Vec<String>> = Vec::new();
    for node in &graph.nodes {
        for (name, setting) in &node.attributes {
            if name.starts_with("classlabels_") {
                lists.push(match setting {
                    Setting::Ints(list) => list.iter().map(ToString::to_string).collect(),
                    Setting::Texts(list) => list.iter().map(ToString::to_string).collect(),
                    _ => continue,
                });
            }
        }
        if node.operator == "ArrayFeatureExtractor" {
            let picked = node.inputs.first();
            let constant = picked.and_then(|name| constants.get(name.as_str()));
            if let Some(Ok(tensor)) = constant.map(|constant| stored::read(constant, None))
                && matches!(tensor.data, Data::I64(_) | Data::Text(_))
            {
                lists.push(tensor.data.words());
            }
        }
    }
    lists.retain(|list| list.len() == columns);
    lists.sort();
    lists.dedup();
    lists
}
