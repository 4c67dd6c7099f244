//! Everything in an ONNX file that names another file, found before a foreign library sees the model.
//!
//! Every place where the format allows a tensor is visited, also those that keur's own engine does not read. Only constants
//! of the graph itself may stand in another file, each in one that is named once and lies in the model's folder.

use crate::error::{Error, Result};
use crate::model::onnx::external;
use crate::model::onnx::wire::{Fields, damaged};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Graphs within graphs are followed so far.
const DEEPEST: usize = 32;

/// The messages that may hold a tensor somewhere below.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Model,
    Graph,
    Node,
    Attribute,
    Sparse,
    Function,
    Training,
    Tensor,
}

impl Part {
    /// What stands in a field, when it can hold a tensor.
    fn below(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) | (Self::Training, 1 | 2) => Self::Graph,
            (Self::Model, 20) => Self::Training,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Node, 5) | (Self::Function, 11) => Self::Attribute,
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::Sparse,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Self::Tensor,
            _ => return None,
        })
    }
}

/// Files that hold constants of the graph: as the model names them → their bytes.
pub type Files = BTreeMap<String, Arc<[u8]>>;

/// Reads every file that constants of the graph stand in; all together at most `largest` bytes.
///
/// # Errors
/// A tensor that is no constant of the graph stands elsewhere; a file lies outside the folder or is missing; the file has
/// two graphs, which readers would join in different ways.
pub fn files(bytes: &[u8], folder: Option<&Path>, largest: u64) -> Result<Files> {
    // such a file would be read as another format, by other rules
    if bytes.get(4..8) == Some(b"ORTM") {
        return Err(damaged("it bears the mark of another format"));
    }
    let mut graphs = 0;
    let mut fields = Fields::new(bytes);
    while let Some((field, _)) = fields.take()? {
        graphs += usize::from(field == 7);
    }
    if graphs > 1 {
        return Err(damaged("it holds several graphs"));
    }
    let mut names = Vec::new();
    walk(bytes, Part::Model, 0, false, &mut names)?;
    let mut files = Files::new();
    let mut left = largest;
    for name in names {
        if files.contains_key(&name) {
            continue;
        }
        let data = external::whole(&name, folder, left)?;
        left = left.saturating_sub(data.len() as u64);
        files.insert(name, data.into());
    }
    Ok(files)
}

/// Visits a message; `own` says that a tensor right here is a constant of the graph itself.
fn walk(bytes: &[u8], part: Part, depth: usize, own: bool, names: &mut Vec<String>) -> Result<()> {
    if depth > DEEPEST {
        return Err(Error::new(format!(
            "graphs stand within graphs more than {} deep",
            DEEPEST / 3
        )));
    }
    if part == Part::Tensor {
        return tensor(bytes, own, names);
    }
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        if let Some(below) = part.below(field) {
            // the graph of the model is the first message below it
            let own = part == Part::Graph && depth == 1 && field == 5;
            walk(wire.bytes()?, below, depth + 1, own, names)?;
        }
    }
    Ok(())
}

fn tensor(bytes: &[u8], own: bool, names: &mut Vec<String>) -> Result<()> {
    let (mut elsewhere, mut locations) = (false, Vec::new());
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            13 => {
                elsewhere = true;
                let (mut key, mut value) = ("", "");
                let mut pair = Fields::new(wire.bytes()?);
                while let Some((field, wire)) = pair.take()? {
                    match field {
                        1 => key = wire.text()?,
                        2 => value = wire.text()?,
                        _ => {}
                    }
                }
                match key {
                    "location" => locations.push(value.to_owned()),
                    "offset" | "length" | "checksum" => {}
                    _ => return Err(Error::new("a tensor names its file in an unknown way")),
                }
            }
            14 => elsewhere |= wire.int()? != 0,
            _ => {}
        }
    }
    if !elsewhere {
        return Ok(());
    }
    match locations.pop() {
        // the mark of ONNX Runtime for an address in memory is such a name
        Some(name) if name.contains('*') => Err(Error::new(
            "a tensor stands in a file whose name has a star",
        )),
        Some(_) if !own => Err(Error::new(
            "a tensor that is no constant of the graph stands in another file",
        )
        .help("save the model with its data inside")),
        Some(name) if locations.is_empty() => {
            names.push(name);
            Ok(())
        }
        Some(_) => Err(Error::new("a tensor names two files")),
        None => Err(Error::new(
            "the data stand in another file that is not named",
        )),
    }
}
