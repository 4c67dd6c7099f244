//! What a file is, by its content and never by its name.

use crate::error::{Error, Result, shown};
use crate::init::found::Found;
use crate::init::{lightgbm, linear, onnx, safetensors, xgboost};
use crate::model::file;
use std::path::{Path, PathBuf};

/// Larger files are refused; the format itself may refuse smaller ones.
const LARGEST: u64 = 2 << 30;
/// Files looked at in a folder.
const MOST: usize = 1_000;
/// Bytes that a marker of a format stands within.
const HEAD: usize = 64 << 10;

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Xgboost,
    Lightgbm,
    Onnx,
    Safetensors,
    Linear,
}

/// Reads a file and says what is in it.
pub fn file(path: &Path) -> Result<Found> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let format = format(path)?;
    let mut found = match format {
        Format::Safetensors => safetensors::read(path)?,
        _ => {
            let bytes = file::read(path, LARGEST)?;
            match format {
                Format::Xgboost => xgboost::read(&bytes)?,
                Format::Lightgbm => lightgbm::read(&bytes)?,
                Format::Onnx => onnx::read(&bytes, path)?,
                _ => linear::read(&bytes)?,
            }
        }
    };
    let plain = |c: char| match c.is_control() || "\"\\/".contains(c) {
        true => '-',
        false => c,
    };
    found.file = match name.as_str() {
        "card.toml" => "model.toml".to_owned(),
        name => name.chars().map(plain).collect(),
    };
    found
        .copies
        .insert(0, (path.to_owned(), found.file.clone()));
    Ok(found)
}

fn format(path: &Path) -> Result<Format> {
    let name = path.to_string_lossy();
    let head = file::head(path, &name)?;
    if file::looks_like_safetensors(&head) {
        return Ok(Format::Safetensors);
    }
    let start = head.trim_ascii_start();
    let has = |word: &[u8]| {
        let near = head.get(..HEAD).unwrap_or(&head);
        near.windows(word.len()).any(|window| window == word)
    };
    match start {
        [] => Err(Error::new("the file is empty")),
        [b't', b'r', b'e', b'e', b'\n' | b'\r', ..] => Ok(Format::Lightgbm),
        [b'b', b'i', b'n', b'f', ..] => Err(Error::new(
            "this is XGBoost's old binary format, which it no longer reads itself",
        )
        .help("save it from XGBoost with `booster.save_model(\"model.json\")` or `\"model.ubj\"`")),
        [b'{', ..] if has(b"learner") => Ok(Format::Xgboost),
        [b'{', ..] => Err(Error::new("this is JSON or UBJSON, and no XGBoost model")),
        _ if std::str::from_utf8(&head).is_ok() && (has(b"link") && has(b"terms") || has(b"strata")) => {
            Ok(Format::Linear)
        }
        // a protobuf message of ONNX starts with `ir_version`, or with the producer where that is missing
        [0x08, ..] | [0x12, ..] | [0x3a, ..] | [0x42, ..] => Ok(Format::Onnx),
        _ => Err(Error::new("this is no model in a format that keur knows").help(
            "XGBoost JSON or UBJSON, LightGBM text, ONNX, safetensors, a `linear` equation in TOML, an MLflow or Hugging Face folder",
        )),
    }
}

/// The one model file of a folder.
pub fn only_model(folder: &Path) -> Result<PathBuf> {
    let told = |e: std::io::Error| Error::new(format!("cannot read the folder: {e}"));
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(told)?
        .take(MOST)
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let mut models = Vec::new();
    let mut refused = None;
    for path in files {
        match format(&path) {
            Ok(_) => models.push(path),
            Err(error) if error.what.contains("pickle") || error.what.contains("compressed") => {
                refused.get_or_insert(error);
            }
            Err(_) => {}
        }
    }
    match (models.as_slice(), refused) {
        ([only], _) => Ok(only.clone()),
        ([], Some(error)) => Err(error),
        ([], None) => Err(Error::new(
            "the folder holds no model in a format that keur knows",
        )),
        (several, _) => {
            let names: Vec<String> = several
                .iter()
                .filter_map(|path| Some(shown(&path.file_name()?.to_string_lossy())))
                .collect();
            Err(Error::new("the folder holds several models")
                .help(format!("name one of them: {}", names.join(", "))))
        }
    }
}
