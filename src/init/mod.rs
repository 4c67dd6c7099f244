//! From a file or folder that someone sent to the skeleton of a card: `keur init`. The shelf.
//!
//! | file | what it turns into what |
//! | --- | --- |
//! | `found` | what a file says of itself: the noun |
//! | `recognise` | a path → the bytes of a known format, or why not |
//! | `xgboost`, `lightgbm`, `onnx`, `safetensors`, `linear` | bytes → what the file says |
//! | `yaml` | YAML → plain values; the one door to its parser |
//! | `mlflow`, `hugging_face` | a folder → its model file, and what the folder declares |
//! | `dataset` | the names of columns → the text of a dataset's card |
//! | `card` | what was found → the text of `card.toml`, with `# fill in:` wherever it says nothing |
//! | `write` | texts and copies → a folder, all or nothing |
//!
//! Nothing is guessed: what neither file nor folder states for sure is left open in a way that `keur plan` refuses.

mod card;
mod dataset;
mod found;
mod hugging_face;
mod lightgbm;
mod linear;
mod mlflow;
mod onnx;
mod recognise;
mod safetensors;
mod write;
mod xgboost;
mod yaml;

pub use card::OPEN;

use crate::error::{Error, Result, shown};
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// The card first, then the copies.
    pub paths: Vec<PathBuf>,
    /// How many places are left to fill in.
    pub open: usize,
}

/// Reads a model file, MLflow folder or Hugging Face folder and writes `card.toml` beside a copy of the model into `out`,
/// or into `models/<name of the file>`.
///
/// # Errors
/// A file that is no model, a format that could run code, a damaged file, a folder that has a card already.
pub fn model(path: &Path, out: Option<&Path>, force: bool) -> Result<Written> {
    let place = path.display().to_string();
    let at = |error: Error| error.at(shown(&place));
    let (file, declared) = match path.is_dir() {
        true => folder(path).map_err(at)?,
        false => (path.to_owned(), None),
    };
    let mut found = recognise::file(&file).map_err(at)?;
    if let Some(declared) = declared {
        found.take(declared);
    }
    let id = found::id(path);
    let out = match out {
        Some(out) => out.to_owned(),
        None => Path::new("models").join(&id),
    };
    let text = card::text(&found);
    let open = text.matches(OPEN).count();
    let paths = write::folder(&out, &text, &found.copies, force)?;
    Ok(Written { paths, open })
}

/// Reads the names of the columns of a file of data and writes `card.toml` beside it.
///
/// # Errors
/// A file that cannot be read or begins with a row, and a folder that has a card already.
pub fn dataset(path: &Path, force: bool) -> Result<Written> {
    let place = path.display().to_string();
    let text = dataset::text(path).map_err(|e| e.at(shown(&place)))?;
    let out = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let open = text.matches(OPEN).count();
    let paths = write::folder(out, &text, &[], force)?;
    Ok(Written { paths, open })
}

/// The model file of a folder, and what the folder says of it.
fn folder(path: &Path) -> Result<(PathBuf, Option<found::Declared>)> {
    if path.join("MLmodel").is_file() {
        return mlflow::read(path).map(|(file, declared)| (file, Some(declared)));
    }
    let declared = match path.join("README.md").is_file() {
        true => hugging_face::read(&path.join("README.md"))?,
        false => None,
    };
    Ok((recognise::only_model(path)?, declared))
}
