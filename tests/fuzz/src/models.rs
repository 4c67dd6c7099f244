//! Model files: opened with a card, and what opens scores three rows.

use crate::{folder, split};
use keur::config::model_card;
use keur::dataset::table::{Batch, Category, Column, MISSING, Table};
use keur::model::predict::Model;
use keur::model::{lightgbm, onnx, open, xgboost};
use keur::record::{InputKind, ModelCard};
use keur::sheet::Sheet;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::OnceLock;

const SEX: &str = "'female', 'male'";
/// The inputs of the fixtures: name and categories.
const INPUTS: [&[(&str, &str)]; 6] = [
    &[("a", ""), ("b", "")],
    &[("age", ""), ("crp", ""), ("lactate", ""), ("grade", "")],
    &[("age", ""), ("crp", ""), ("lactate", ""), ("grade", ""), ("sex", ""), ("ward", "")],
    &[
        ("age", ""),
        ("crp", ""),
        ("lactate", ""),
        ("grade", ""),
        ("sex", SEX),
        ("ward", "'er', 'icu', 'other', 'surgery', 'ward'"),
    ],
    &[("age", ""), ("lactate", ""), ("z", ""), ("count", ""), ("pressure", "")],
    &[
        ("age", ""),
        ("lactate", ""),
        ("z", ""),
        ("count", ""),
        ("pressure", ""),
        ("sex", SEX),
        ("ward", "'icu', 'medicine', 'surgery'"),
    ],
];

fn card(place: &[u8], format: &str) -> &'static ModelCard {
    static CARDS: OnceLock<Vec<ModelCard>> = OnceLock::new();
    let cards = CARDS.get_or_init(|| INPUTS.iter().map(|inputs| written(inputs, format)).collect());
    let place = place.first().map_or(0, |byte| usize::from(byte.wrapping_sub(b'0')));
    &cards[place % cards.len()]
}

fn written(inputs: &[(&str, &str)], format: &str) -> ModelCard {
    let mut text = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='{format}'\nfile='m'\nscore='probability'\n"
    );
    for (name, words) in inputs {
        let _ = write!(text, "[[inputs]]\nname='{name}'\nmissing='model'\n");
        if !words.is_empty() {
            let _ = writeln!(text, "categories=[{words}]");
        }
    }
    let sheet = Sheet::parse(&text, "card.toml").expect("a card");
    model_card::read(&sheet, "m")
}

/// An XGBoost or LightGBM file.
pub fn forest(format: &str, data: &[u8]) {
    let (place, file) = split(data);
    let card = card(place, format);
    let opened = match format {
        "xgboost" => xgboost::load(card, file),
        _ => lightgbm::load(card, file),
    };
    match opened {
        Ok(model) => score(&model, card),
        Err(all) => told(&all),
    }
}

/// An ONNX file, its data inside it.
pub fn onnx(data: &[u8]) {
    let (place, file) = split(data);
    let card = card(place, "onnx");
    match onnx::pipeline::load(card, file, None) {
        Ok(model) => score(&model, card),
        Err(all) => told(&all),
    }
}

/// A card and the file beside it.
pub fn beside_card(format: &str, data: &[u8]) {
    let (text, file) = split(data);
    let Ok(Ok(sheet)) = std::str::from_utf8(text).map(|text| Sheet::parse(text, "card.toml")) else {
        return;
    };
    let mut card = model_card::read(&sheet, "m");
    let _ = sheet.finish();
    card.format = format.to_owned();
    card.file = Some(format.to_owned());
    std::fs::write(folder().join(format), file).expect("a file");
    match open(&card, folder()) {
        Ok(model) => score(model.as_ref(), &card),
        Err(all) => told(&all),
    }
}

fn told(all: &[keur::error::Error]) {
    assert!(!all.is_empty(), "a refusal says why");
    for error in all {
        let _ = error.to_string();
    }
}

/// Three rows: whole, missing, far away.
fn score(model: &dyn Model, card: &ModelCard) {
    let mut table = Table::new(3);
    let mut joins = BTreeMap::new();
    for input in &card.inputs {
        let column = match input.kind {
            InputKind::Number => Column::Number(vec![1.5, f64::NAN, -1e300]),
            InputKind::Category => Column::Category(Category {
                codes: vec![0, MISSING, 1],
                levels: vec![input.categories.first().cloned().unwrap_or_default(), "strange".into()],
            }),
        };
        if table.insert(&input.name, column).is_err() {
            return;
        }
        joins.insert(input.name.clone(), input.name.clone());
    }
    match model.predict(&Batch::new(&table, &joins, &[0, 1, 2])) {
        Ok(scores) => assert_eq!(scores.len(), 3),
        Err(error) => told(&[error]),
    }
}
