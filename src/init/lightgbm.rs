//! What a LightGBM text file says.

use crate::error::{Error, Result};
use crate::init::found::{Found, Input};
use crate::model::lightgbm_file;
use crate::record::{InputKind, ScoreScale, Task};

/// Reads the text format.
pub fn read(bytes: &[u8]) -> Result<Found> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::new("the file is not UTF-8 text"))?;
    let file = lightgbm_file::read(text)?;
    let head = &file.head;
    let names: Vec<&str> = head
        .text("feature_names")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .collect();
    let infos: Vec<&str> = head
        .text("feature_infos")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .collect();
    let seen = lightgbm_file::seen(head);
    let made_up = names
        .iter()
        .enumerate()
        .all(|(place, name)| *name == format!("Column_{place}"));
    let mut words = file
        .pandas
        .and_then(|words| serde_json::from_str::<Option<Vec<Vec<serde_json::Value>>>>(words).ok())
        .flatten()
        .unwrap_or_default()
        .into_iter();
    let inputs = names.iter().enumerate().map(|(place, name)| {
        let info = infos.get(place).copied().unwrap_or("none");
        let category = info.contains(':') && !info.starts_with('[');
        let categories = match category {
            true => words.next().unwrap_or_default(),
            false => Vec::new(),
        };
        Input {
            name: (!made_up).then(|| (*name).to_owned()),
            kind: match category {
                true => InputKind::Category,
                false => InputKind::Number,
            },
            categories: categories
                .iter()
                .map(|word| match word {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
                .collect(),
            seen: seen.get(place).copied().flatten(),
            note: (info == "none").then(|| "training never used it".to_owned()),
        }
    });
    let objective = head.text("objective").unwrap_or_default().trim();
    let name = objective
        .split_ascii_whitespace()
        .next()
        .unwrap_or_default();
    let sure = ["binary", "cross_entropy", "xentropy"].contains(&name);
    Ok(Found {
        format: "lightgbm",
        task: (name == "binary").then_some(Task::Binary),
        score: sure.then(|| {
            (
                ScoreScale::Probability,
                format!("the objective is {objective}"),
            )
        }),
        inputs: inputs.collect(),
        about: vec![format!(
            "LightGBM text {}, objective {}",
            head.text("version").unwrap_or_default().trim(),
            if objective.is_empty() {
                "not told"
            } else {
                objective
            }
        )],
        ..Found::default()
    })
}
