//! Data of a model that stand in other files: inside the model's folder only, each byte in one tensor only.

use crate::error::{Error, Result, shown};
use crate::model::onnx::proto::{Graph, Setting, Stored};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

/// All other files together may hold so many bytes.
const LARGEST: u64 = 512 << 20;

fn of<'s>(stored: &'s Stored<'_>, key: &str) -> Option<&'s str> {
    let mut pairs = stored.external.iter();
    let found = pairs.find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str())
}

fn number(stored: &Stored<'_>, key: &str, file: &str) -> Result<Option<u64>> {
    let told = |_| {
        Error::new(format!(
            "the `{key}` in `{}` is no whole number",
            shown(file)
        ))
    };
    of(stored, key)
        .map(|text| text.parse().map_err(told))
        .transpose()
}

fn location<'s>(stored: &'s Stored<'_>) -> Result<&'s str> {
    of(stored, "location")
        .ok_or_else(|| Error::new("the data stand in another file that is not named"))
}

/// The path of a file beside the model, links followed. Fails when it leaves the model's folder.
fn locate(file: &str, folder: Option<&Path>) -> Result<PathBuf> {
    let help = "put the file beside the model, or save the model with its data inside";
    let outside = || {
        Error::new(format!(
            "the data stand in `{}`, which does not lie in the model's folder",
            shown(file)
        ))
        .help(help)
    };
    let Some(folder) = folder else {
        return Err(Error::new("the data stand in another file"));
    };
    let plain = !file.is_empty()
        && !file.contains('\\')
        && Path::new(file)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
    if !plain {
        return Err(outside());
    }
    let home = folder.canonicalize().map_err(|e| unreadable(file, &e))?;
    let path = home
        .join(file)
        .canonicalize()
        .map_err(|e| unreadable(file, &e))?;
    if path.starts_with(&home) && path.is_file() {
        Ok(path)
    } else {
        Err(outside())
    }
}

fn unreadable(file: &str, error: &std::io::Error) -> Error {
    Error::new(format!(
        "the data stand in `{}`, which cannot be read: {error}",
        shown(file)
    ))
    .help("put the file beside the model, or save the model with its data inside")
}

/// The bytes of one tensor. Nothing is read before the file is known to have them.
pub fn fetch(stored: &Stored<'_>, bytes: usize, folder: Option<&Path>) -> Result<Vec<u8>> {
    let file = location(stored)?;
    let path = locate(file, folder)?;
    let start = number(stored, "offset", file)?.unwrap_or(0);
    let length = number(stored, "length", file)?.unwrap_or(bytes as u64);
    let told = |e: std::io::Error| unreadable(file, &e);
    let mut opened = File::open(&path).map_err(told)?;
    let size = opened.metadata().map_err(told)?.len();
    let end = start.checked_add(bytes as u64);
    if length != bytes as u64 || end.is_none_or(|end| end > size) {
        return Err(Error::new(format!(
            "the tensor needs {bytes} bytes from byte {start} of `{}` on, which has {size}",
            shown(file)
        )));
    }
    opened.seek(SeekFrom::Start(start)).map_err(told)?;
    let mut data = Vec::with_capacity(bytes);
    opened
        .take(bytes as u64)
        .read_to_end(&mut data)
        .map_err(told)?;
    if data.len() != bytes {
        return Err(Error::new(format!("`{}` is cut off", shown(file))));
    }
    Ok(data)
}

/// All bytes of a file beside the model, at most so many.
pub fn whole(file: &str, folder: Option<&Path>, largest: u64) -> Result<Vec<u8>> {
    let path = locate(file, folder)?;
    let told = |e: std::io::Error| unreadable(file, &e);
    let mut data = Vec::new();
    let opened = File::open(&path).map_err(told)?;
    opened
        .take(largest.saturating_add(1))
        .read_to_end(&mut data)
        .map_err(told)?;
    if data.len() as u64 > largest {
        return Err(Error::new(format!(
            "the files beside the model have more than the {} MiB they may have",
            LARGEST >> 20
        )));
    }
    Ok(data)
}

/// Every other file that tensors of a graph name. Fails when two tensors share a part of their bytes (the same bytes for both
/// are one weight in two places, and allowed), or when they are too many.
pub fn files(graph: &Graph<'_>, folder: Option<&Path>) -> Result<BTreeSet<PathBuf>> {
    let mut all = Vec::new();
    gather(graph, &mut all);
    let mut spans: BTreeMap<PathBuf, BTreeSet<(u64, u64)>> = BTreeMap::new();
    for stored in all {
        let file = location(stored)?;
        let start = number(stored, "offset", file)?.unwrap_or(0);
        let path = locate(file, folder)?;
        let length = number(stored, "length", file)?;
        let known = spans.entry(path).or_default();
        if let Some(end) = length.and_then(|length| start.checked_add(length))
            && end > start
        {
            known.insert((start, end));
        }
    }
    let mut whole = 0_u64;
    for (path, spans) in &spans {
        let mut last = 0;
        for (start, end) in spans {
            if *start < last {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                return Err(Error::new(format!(
                    "two tensors share a part of `{}`, from byte {start} on",
                    shown(&name)
                ))
                .help("the file is damaged; export the model again"));
            }
            last = *end;
            whole = whole.saturating_add(end - start);
        }
    }
    if whole > LARGEST {
        return Err(Error::new(format!(
            "the model has more than the {} MiB that may stand in other files",
            LARGEST >> 20
        )));
    }
    Ok(spans.into_keys().collect())
}

/// Every tensor with data elsewhere, in the graph and the graphs of its nodes, whose depth is bounded when they are read.
fn gather<'g>(graph: &'g Graph<'_>, all: &mut Vec<&'g Stored<'g>>) {
    let outside = |stored: &&'g Stored<'g>| stored.elsewhere || !stored.external.is_empty();
    all.extend(graph.constants.iter().filter(outside));
    for (_, setting) in graph.nodes.iter().flat_map(|node| &node.attributes) {
        match setting {
            Setting::Tensor(stored) => all.extend(Some(stored).filter(outside)),
            Setting::Graph(inner) => gather(inner, all),
            _ => {}
        }
    }
}
