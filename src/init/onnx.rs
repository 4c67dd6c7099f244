//! What an ONNX file says.

use crate::error::{Error, Result, shown};
use crate::init::found::{Found, Input};
use crate::model::onnx::known;
use crate::model::onnx::proto::{self, Graph, Node, Port, Setting, Stored};
use crate::model::onnx::stored;
use crate::record::{InputKind, ScoreScale};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// More columns of one tensor are no row of a table.
const WIDEST: i64 = 65_536;
/// Metadata told.
const SHOWN: usize = 40;

/// Reads a graph; `path` is where its external data lie beside.
pub fn read(bytes: &[u8], path: &Path) -> Result<Found> {
    let model = proto::model(bytes)?;
    let Some(graph) = model.graph.as_ref().filter(|graph| !graph.nodes.is_empty()) else {
        return Err(Error::new("this is no model in a format that keur knows"));
    };
    if model.opsets.is_empty() {
        return Err(
            Error::new("the file names no opset").help("the file is damaged; export it again")
        );
    }
    let constants: BTreeSet<&str> = graph.constants.iter().map(|c| c.name.as_str()).collect();
    let ports: Vec<&Port> = graph
        .inputs
        .iter()
        .filter(|port| !constants.contains(port.name.as_str()))
        .collect();
    let outputs: Vec<&Port> = graph.outputs.iter().filter(|port| scores(port)).collect();
    let score = match outputs.as_slice() {
        [only] => probability(graph, &only.name),
        _ => None,
    };
    let (producer, version) = &model.producer;
    let mut about = vec![format!("ONNX made by {producer} {version}")];
    for (domain, version) in &model.opsets {
        let domain = if domain.is_empty() { "ai.onnx" } else { domain };
        about.push(format!("opset {version} of {domain}"));
    }
    about.extend(
        model
            .metadata
            .iter()
            .take(SHOWN)
            .map(|(key, value)| format!("metadata {key}: {value}")),
    );
    for port in &graph.inputs {
        about.push(format!("input {}: {}", port.name, told(port)));
    }
    for port in &graph.outputs {
        about.push(format!("output {}: {}", port.name, told(port)));
    }
    Ok(Found {
        format: "onnx",
        score: score.map(|why| (ScoreScale::Probability, why)),
        inputs: inputs(graph, &ports, &model.metadata),
        outputs: outputs.iter().map(|port| port.name.clone()).collect(),
        classes: classes(graph),
        about,
        copies: external(graph, path)?,
        ..Found::default()
    })
}

/// True for an output that may hold scores: numbers with a fraction, or a list of classes with scores.
fn scores(port: &Port) -> bool {
    matches!(port.kind, None | Some(1 | 10 | 11 | 16))
}

fn told(port: &Port) -> String {
    let kind = port.kind.map_or_else(
        || "no tensor".to_owned(),
        |kind| stored::name(kind).to_string(),
    );
    let shape = match &port.shape {
        None => "shape not told".to_owned(),
        Some(axes) => {
            let side =
                |side: &Option<i64>| side.map_or_else(|| "?".to_owned(), |side| side.to_string());
            format!("[{}]", axes.iter().map(side).collect::<Vec<_>>().join(", "))
        }
    };
    format!("{kind} {shape}")
}

fn inputs(graph: &Graph<'_>, ports: &[&Port], metadata: &[(String, String)]) -> Vec<Input> {
    let mut inputs = Vec::new();
    for port in ports {
        let kind = match port.kind {
            Some(8) => InputKind::Category,
            _ => InputKind::Number,
        };
        let width = match port.shape.as_deref() {
            Some([_]) => Some(1),
            Some([_, width]) => *width,
            Some([_, _, ..]) => {
                inputs.push(Input {
                    kind: InputKind::Tensor,
                    note: Some(format!("a tensor: {}", told(port))),
                    ..Input::number(&port.name)
                });
                continue;
            }
            _ => None,
        };
        match width {
            Some(1) if ports.len() > 1 => inputs.push(Input {
                kind,
                categories: words(graph, &port.name),
                ..Input::number(&port.name)
            }),
            Some(width) => {
                let names = match ports.len() {
                    1 => known::names(metadata, usize::try_from(width).unwrap_or(0)),
                    _ => None,
                };
                inputs.extend((0..width.clamp(0, WIDEST)).map(|place| {
                    Input {
                        name: names
                            .as_ref()
                            .and_then(|names| names.get(place as usize).cloned()),
                        kind,
                        note: Some(format!("column {} of `{}`", place + 1, port.name)),
                        ..Input::default()
                    }
                }));
            }
            None => inputs.push(Input {
                kind,
                note: Some(format!(
                    "`{}` does not say how many columns it has: one table for each",
                    port.name
                )),
                ..Input::default()
            }),
        }
    }
    inputs
}

/// The words that an encoder right behind an input knows, in its order.
fn words(graph: &Graph<'_>, name: &str) -> Vec<String> {
    let mut reading = graph.nodes.iter().filter(|node| {
        ["OneHotEncoder", "LabelEncoder"].contains(&node.operator.as_str())
            && node.inputs.iter().any(|input| input == name)
    });
    let list = |node: &Node<'_>| {
        let mut all = node.attributes.iter();
        all.find_map(|(key, setting)| match (key.as_str(), setting) {
            ("cats_strings" | "keys_strings", Setting::Texts(words)) => {
                Some(words.iter().map(ToString::to_string).collect())
            }
            _ => None,
        })
    };
    reading.find_map(list).unwrap_or_default()
}

fn classes(graph: &Graph<'_>) -> Vec<String> {
    let mut lists = graph.nodes.iter().flat_map(|node| &node.attributes);
    let found = lists.find_map(|(key, setting)| match setting {
        _ if !key.starts_with("classlabels_") => None,
        Setting::Ints(list) => Some(list.iter().map(ToString::to_string).collect()),
        Setting::Texts(list) => Some(list.iter().map(ToString::to_string).collect()),
        _ => None,
    });
    found.unwrap_or_default()
}

/// Why an output is a probability, when the node that makes it leaves no doubt.
fn probability(graph: &Graph<'_>, output: &str) -> Option<String> {
    let mut name = output;
    for _ in 0..8 {
        let node = graph
            .nodes
            .iter()
            .find(|node| node.outputs.iter().any(|made| made == name))?;
        let transform = node
            .attributes
            .iter()
            .find_map(|(key, setting)| match setting {
                Setting::Text(text) if key == "post_transform" => Some(text.as_str()),
                _ => None,
            });
        match (node.operator.as_str(), transform) {
            ("Sigmoid" | "Softmax", _) => {
                return Some(format!("`{output}` ends in a {}", node.operator));
            }
            (_, Some(transform @ ("LOGISTIC" | "SOFTMAX"))) => {
                return Some(format!(
                    "`{output}` ends in a {} with {transform}",
                    node.operator
                ));
            }
            ("ZipMap" | "Cast" | "Identity" | "Reshape" | "Normalizer", _) => {
                name = node.inputs.first()?
            }
            _ => return None,
        }
    }
    None
}

/// The files beside the model that hold its data, which come along.
fn external(graph: &Graph<'_>, path: &Path) -> Result<Vec<(PathBuf, String)>> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let location = |constant: &Stored<'_>| {
        let mut pairs = constant.external.iter();
        pairs
            .find(|(key, _)| key == "location")
            .map(|(_, value)| value.clone())
    };
    let names: BTreeSet<String> = graph.constants.iter().filter_map(location).collect();
    names
        .into_iter()
        .map(|name| {
            let plain = Path::new(&name)
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
            let home = folder.canonicalize().ok();
            let file = folder.join(&name).canonicalize().ok();
            match (home, file) {
                (Some(home), Some(file)) if plain && file.starts_with(&home) && file.is_file() => {
                    Ok((file, name))
                }
                _ => Err(Error::new(format!(
                    "the data of the model lie in the file `{}`, which is not beside it",
                    shown(&name)
                ))
                .help("put it into the folder of the model")),
            }
        })
        .collect()
}
