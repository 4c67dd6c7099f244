//! What a safetensors file says: names and shapes. Only the header is read.

use crate::error::{Error, Result, shown};
use crate::init::card;
use crate::init::found::{Found, Input};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;
use std::path::Path;

/// Longer headers are refused.
const LONGEST: u64 = 16 << 20;
/// More tensors are listed no further.
const SHOWN: usize = 200;
/// More inputs are no row of a table.
const WIDEST: u64 = 65_536;

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Tensor { dtype: String, shape: Vec<u64> },
    About(BTreeMap<String, String>),
}

/// Reads the header and proposes layers where the tensors are those of a multilayer perceptron.
pub fn read(path: &Path) -> Result<Found> {
    let told = |e: std::io::Error| Error::new(format!("cannot read the file: {e}"));
    let mut file = std::fs::File::open(path).map_err(told)?;
    let size = file.metadata().map_err(told)?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)
        .map_err(|_| Error::new("the file is cut off before its header"))?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST || length.saturating_add(8) > size {
        return Err(Error::new(format!(
            "the header claims {length} bytes in a file of {size}"
        )));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(told)?;
    let header: BTreeMap<String, Entry> =
        serde_json::from_slice(&header).map_err(|_| Error::new("the header cannot be read"))?;
    let mut about = Vec::new();
    let mut tensors: Vec<(String, Vec<u64>)> = Vec::new();
    for (name, entry) in header {
        match entry {
            Entry::Tensor { dtype, shape } => {
                if about.len() < SHOWN {
                    about.push(format!("tensor {name}: {dtype} {shape:?}"));
                }
                tensors.push((name, shape));
            }
            Entry::About(pairs) => {
                about.extend(
                    pairs
                        .iter()
                        .take(SHOWN)
                        .map(|(key, value)| format!("{}: {}", shown(key), shown(value))),
                );
            }
        }
    }
    tensors.sort_by_cached_key(|(name, _)| natural(name));
    let (layers, columns) = match perceptron(&tensors) {
        Some(found) => found,
        None => (
            "[[layers]]\nkind = \"\"  # fill in: the layers of the network, in order; the tensors are listed above\n".to_owned(),
            0,
        ),
    };
    Ok(Found {
        format: "safetensors",
        inputs: Input::unnamed(columns),
        layers,
        about,
        ..Found::default()
    })
}

/// Names in the order people count: `fc2` before `fc10`.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = vec![(String::new(), 0_u64)];
    for c in name.chars() {
        let Some(last) = parts.last_mut() else { break };
        match c.to_digit(10) {
            Some(digit) => {
                last.1 = last
                    .1
                    .saturating_mul(10)
                    .saturating_add(u64::from(digit) + 1)
            }
            None if last.1 > 0 => parts.push((c.to_string(), 0)),
            None => last.0.push(c),
        }
    }
    parts
}

/// A standardising layer and dense layers whose widths chain; none for anything else.
fn perceptron(tensors: &[(String, Vec<u64>)]) -> Option<(String, usize)> {
    let shape = |name: &str| {
        tensors
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, shape)| shape.as_slice())
    };
    let mut text = String::new();
    let (mut used, mut width, mut columns) = (0, None, None);
    for (name, shape_here) in tensors {
        if let Some(stem) = name.strip_suffix(".mean")
            && let ([inputs], Some([sds])) = (shape_here.as_slice(), shape(&format!("{stem}.sd")))
            && inputs == sds
        {
            writeln!(
                text,
                "[[layers]]\nkind = \"standardise\"\nname = {}\n",
                card::quoted(stem)
            )
            .ok()?;
            columns.get_or_insert(*inputs);
            width.get_or_insert(*inputs);
            used += 2;
        }
    }
    let mut first = true;
    for (name, shape_here) in tensors {
        let Some(stem) = name.strip_suffix(".weight") else {
            continue;
        };
        let [outputs, inputs] = shape_here.as_slice() else {
            return None;
        };
        if width.is_some_and(|width| width != *inputs) {
            return None;
        }
        if !std::mem::take(&mut first) {
            writeln!(text, "[[layers]]\nkind = \"\"  # fill in: what stands between the two layers: relu, gelu, tanh or sigmoid\n").ok()?;
        }
        writeln!(
            text,
            "[[layers]]\nkind = \"dense\"\nname = {}\ninputs = {inputs}\noutputs = {outputs}\n",
            card::quoted(stem)
        )
        .ok()?;
        columns.get_or_insert(*inputs);
        width = Some(*outputs);
        used += 1 + usize::from(shape(&format!("{stem}.bias")) == Some(&[*outputs]));
    }
    let columns = columns.filter(|columns| *columns <= WIDEST)?;
    text += "# a network that ends in a log odds gives a risk with one more layer:\n# [[layers]]\n# kind = \"sigmoid\"\n";
    (used == tensors.len() && width == Some(1)).then_some((text, columns as usize))
}
