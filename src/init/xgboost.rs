//! What an XGBoost file says.

use crate::error::Result;
use crate::init::found::{Found, Input};
use crate::model::xgboost;
use crate::record::{InputKind, ScoreScale, Task};

/// Most inputs a card is made for.
const MOST: usize = 100_000;

/// Reads JSON or UBJSON.
pub fn read(bytes: &[u8]) -> Result<Found> {
    let file = xgboost::parse(bytes)?;
    let learner = file.learner;
    let count: usize = learner
        .learner_model_param
        .num_feature
        .trim()
        .parse()
        .unwrap_or(0);
    let words = learner
        .gradient_booster
        .model
        .as_ref()
        .or(learner
            .gradient_booster
            .gbtree
            .as_ref()
            .map(|inner| &inner.model))
        .map(|trees| trees.cats.enc.as_slice())
        .unwrap_or_default();
    let count = count.max(learner.feature_names.len()).min(MOST);
    let inputs = (0..count).map(|place| {
        let category = learner
            .feature_types
            .get(place)
            .is_some_and(|kind| kind == "c");
        Input {
            name: learner.feature_names.get(place).cloned(),
            kind: match category {
                true => InputKind::Category,
                false => InputKind::Number,
            },
            categories: words
                .get(place)
                .filter(|words| category && !words.values.is_empty())
                .and_then(xgboost::texts)
                .unwrap_or_default(),
            ..Input::default()
        }
    });
    let objective = learner.objective.name.as_str();
    let score = match objective {
        "binary:logistic" | "reg:logistic" => Some(ScoreScale::Probability),
        "binary:logitraw" => Some(ScoreScale::Logit),
        _ => None,
    };
    let version: Vec<String> = file.version.iter().map(ToString::to_string).collect();
    let mut about = vec![format!(
        "XGBoost {}, booster {}, objective {objective}",
        version.join("."),
        learner.gradient_booster.name
    )];
    if let Some(best) = learner.attributes.get("best_iteration") {
        about.push(format!(
            "stopped early: scored with the trees up to iteration {best}"
        ));
    }
    Ok(Found {
        format: "xgboost",
        task: objective.starts_with("binary:").then_some(Task::Binary),
        score: score.map(|scale| (scale, format!("the objective is {objective}"))),
        inputs: inputs.collect(),
        about,
        ..Found::default()
    })
}
