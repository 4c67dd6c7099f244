//! The card of a Hugging Face repository: the YAML between the `---` of its `README.md`
//! (<https://huggingface.co/docs/hub/model-cards>). Read for what it declares; its text is not.

use crate::error::Result;
use crate::init::found::Declared;
use crate::init::yaml::{self, Value};
use crate::sheet;
use std::path::Path;

/// Most results of a card told.
const SHOWN: usize = 20;

/// What the card declares; none when it has no YAML.
pub fn read(readme: &Path) -> Result<Option<Declared>> {
    let text = sheet::text(readme, "README.md")?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let Some(rest) = text.strip_prefix("---\n") else {
        return Ok(None);
    };
    let Some((front, _)) = rest.split_once("\n---") else {
        return Ok(None);
    };
    let whole = yaml::read(front).map_err(|e| e.at("README.md"))?;
    let text = |key: &str| whole.get(key).and_then(Value::text).map(str::to_owned);
    let list = |key: &str| -> Vec<&str> {
        let items = whole.get(key).map(Value::items).unwrap_or_default();
        items.iter().filter_map(Value::text).collect()
    };
    let mut about = Vec::new();
    for key in [
        "library_name",
        "pipeline_tag",
        "tags",
        "datasets",
        "metrics",
        "language",
        "base_model",
    ] {
        let said = list(key);
        if !said.is_empty() {
            about.push(format!("Hugging Face {key}: {}", said.join(", ")));
        }
    }
    let index = whole
        .get("model-index")
        .map(Value::items)
        .unwrap_or_default();
    about.extend(index.iter().flat_map(results).take(SHOWN));
    let name = index.iter().find_map(|model| model.get("name")?.text());
    let licence = match text("license").as_deref() {
        Some("other") => text("license_name"),
        _ => text("license"),
    };
    Ok(Some(Declared {
        name: name.map(str::to_owned),
        licence,
        about,
        ..Declared::default()
    }))
}

/// Published performance, a line each; told beside the card and taken over by nobody.
fn results(model: &Value) -> Vec<String> {
    let results = model.get("results").map(Value::items).unwrap_or_default();
    let mut lines = Vec::new();
    for result in results {
        let name = |key: &str| {
            let part = result.get(key)?;
            part.get("name").or_else(|| part.get("type"))?.text()
        };
        let metrics = result.get("metrics").map(Value::items).unwrap_or_default();
        for metric in metrics {
            let kind = metric
                .get("type")
                .or_else(|| metric.get("name"))
                .and_then(Value::text);
            if let (Some(kind), Some(value)) = (kind, metric.get("value").and_then(Value::text)) {
                lines.push(format!(
                    "published: {kind} {value} on {}",
                    name("dataset").unwrap_or("data that are not named")
                ));
            }
        }
    }
    lines
}
