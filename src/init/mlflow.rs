//! An MLflow model folder: `MLmodel` says which file holds the model and what goes in
//! (<https://mlflow.org/docs/latest/ml/model/>). A folder that holds a pickle only is refused; the pickle is never opened.

use crate::error::{Error, Result, shown};
use crate::init::found::{Declared, Input};
use crate::init::yaml::{self, Value};
use crate::model::file;
use crate::record::InputKind;
use crate::sheet;
use serde::Deserialize;
use std::path::{Component, Path, PathBuf};

/// Flavours whose own file keur can open.
const FLAVOURS: [&str; 3] = ["xgboost", "lightgbm", "onnx"];

/// The model file of a folder and what `MLmodel` declares.
pub fn read(folder: &Path) -> Result<(PathBuf, Declared)> {
    let text = sheet::text(&folder.join("MLmodel"), "MLmodel")?;
    let whole = yaml::read(&text).map_err(|e| e.at("MLmodel"))?;
    let flavours = whole.get("flavors");
    let names: Vec<String> = match flavours {
        Some(Value::Table(pairs)) => pairs.iter().map(|(name, _)| name.clone()).collect(),
        _ => return Err(Error::new("`MLmodel` names no flavour")),
    };
    let known = FLAVOURS
        .iter()
        .find_map(|name| Some((*name, flavours?.get(name)?)));
    let Some((flavour, about)) = known else {
        return Err(refusal(folder, flavours, &names));
    };
    let data = about
        .get("data")
        .and_then(Value::text)
        .ok_or_else(|| Error::new(format!("the flavour `{flavour}` names no `data`")))?;
    let mut file = inside(folder, data)?;
    if file.is_dir() {
        file = inside(folder, &format!("{data}/model.onnx"))?;
    }
    Ok((file, declared(&whole, flavour, about)))
}

/// A path of `MLmodel`, which may not leave its folder.
fn inside(folder: &Path, data: &str) -> Result<PathBuf> {
    let outside = || {
        Error::new(format!(
            "`MLmodel` names the file `{}`, which leaves its folder",
            shown(data)
        ))
    };
    let plain = Path::new(data)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let home = folder.canonicalize().map_err(|_| outside())?;
    let path = folder
        .join(data)
        .canonicalize()
        .map_err(|e| Error::new(format!("`MLmodel` names the file `{}`: {e}", shown(data))))?;
    match plain && path.starts_with(&home) {
        true => Ok(path),
        false => Err(outside()),
    }
}

/// Why a folder without a known flavour is refused: with the words for its pickle, when it has one.
fn refusal(folder: &Path, flavours: Option<&Value>, names: &[String]) -> Error {
    let keys = ["pickled_model", "data", "model_data"];
    for name in names {
        let about = flavours.and_then(|all| all.get(name));
        let data = keys.iter().find_map(|key| about?.get(key)?.text());
        if let Some(Ok(path)) = data.map(|data| inside(folder, data))
            && let Err(error) = file::head(&path, &path.to_string_lossy())
        {
            return error;
        }
    }
    let listed: Vec<String> = names.iter().map(|name| shown(name)).collect();
    Error::new(format!(
        "the MLflow model has the flavours {}, and none holds a file that keur can open",
        listed.join(", ")
    ))
    .help(
        "log the model with the flavour `xgboost`, `lightgbm` or `onnx`; a pickle is never opened",
    )
}

#[derive(Deserialize)]
struct Column {
    #[serde(default)]
    name: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
}

fn declared(whole: &Value, flavour: &str, about: &Value) -> Declared {
    let text = |value: Option<&Value>| value.and_then(Value::text).map(str::to_owned);
    let columns = whole
        .get("signature")
        .and_then(|signature| signature.get("inputs"))
        .and_then(Value::text)
        .and_then(|json| serde_json::from_str::<Vec<Column>>(json).ok())
        .unwrap_or_default();
    let table = columns
        .iter()
        .all(|column| column.kind.as_deref() != Some("tensor"));
    let inputs = columns.iter().filter(|_| table).map(|column| {
        let kind = column.kind.as_deref().unwrap_or_default();
        Input {
            name: column.name.clone(),
            kind: match kind {
                "string" => InputKind::Category,
                _ => InputKind::Number,
            },
            note: (!kind.is_empty()).then(|| format!("`{kind}` in the signature of MLflow")),
            ..Input::default()
        }
    });
    let mut lines = vec![format!("MLflow model, flavour {flavour}")];
    for key in [
        "mlflow_version",
        "model_uuid",
        "model_id",
        "run_id",
        "utc_time_created",
    ] {
        lines.extend(text(whole.get(key)).map(|value| format!("MLflow {key}: {value}")));
    }
    for key in ["xgb_version", "lgb_version", "onnx_version", "model_class"] {
        lines.extend(text(about.get(key)).map(|value| format!("{key}: {value}")));
    }
    Declared {
        inputs: inputs.collect(),
        source: text(whole.get("run_id")).map(|run| format!("MLflow run {run}")),
        about: lines,
        ..Declared::default()
    }
}
