//! Boosted trees and forests give the scores of the frameworks that trained them (`tests/oracle/forest.py`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use keur::config::model_card;
use keur::dataset::table::{Batch, Category, Column, MISSING, Table};
use keur::model::open;
use keur::model::predict::Model;
use keur::sheet::Sheet;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Oracle {
    versions: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    format: String,
    inputs: Vec<Input>,
    rows: Vec<Vec<Option<f64>>>,
    scores: Vec<f64>,
    margins: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    categories: Option<Vec<String>>,
}

/// `KEUR_FOREST_ORACLE` names another folder: the same models of other versions of the frameworks.
fn folder() -> PathBuf {
    if let Ok(folder) = std::env::var("KEUR_FOREST_ORACLE") {
        return folder.into();
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/forest")
}

fn oracle() -> Oracle {
    let text = std::fs::read_to_string(folder().join("cases.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn card(case: &Case, scale: &str) -> String {
    let mut card = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='{}'\nfile='{}'\nscore='{scale}'\n",
        case.format, case.file
    );
    for input in &case.inputs {
        write!(card, "[[inputs]]\nname='{}'\nmissing='model'\n", input.name).unwrap();
        if let Some(words) = &input.categories {
            writeln!(card, "categories={words:?}").unwrap();
        }
    }
    card
}

fn opened(card: &str) -> Result<Box<dyn Model>, Vec<String>> {
    let sheet = Sheet::parse(card, "card.toml").unwrap();
    let card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), []);
    open(&card, &folder()).map_err(|all| all.iter().map(ToString::to_string).collect())
}

/// The rows as a dataset has them: words in an order of their own.
fn table(case: &Case) -> Table {
    let mut table = Table::new(case.rows.len());
    for (place, input) in case.inputs.iter().enumerate() {
        let values = case.rows.iter().map(|row| row[place]);
        let column = match &input.categories {
            None => Column::Number(values.map(|x| x.unwrap_or(f64::NAN)).collect()),
            Some(words) => {
                let last = words.len() as u32 - 1;
                Column::Category(Category {
                    codes: values
                        .map(|x| x.map_or(MISSING, |x| last - x as u32))
                        .collect(),
                    levels: words.iter().rev().cloned().collect(),
                })
            }
        };
        table.insert(&input.name, column).unwrap();
    }
    table
}

fn scores(case: &Case, scale: &str, rows: &[u32]) -> Vec<f64> {
    let model = opened(&card(case, scale)).unwrap_or_else(|all| panic!("{}: {all:#?}", case.name));
    let table = table(case);
    let joins = case
        .inputs
        .iter()
        .map(|i| (i.name.clone(), i.name.clone()))
        .collect();
    model.predict(&Batch::new(&table, &joins, rows)).unwrap()
}

fn all(case: &Case) -> Vec<u32> {
    (0..case.rows.len() as u32).collect()
}

fn worst(given: &[f64], wanted: &[f64]) -> f64 {
    assert_eq!(given.len(), wanted.len());
    let pairs = given.iter().zip(wanted);
    pairs
        .map(|(given, wanted)| (given - wanted).abs() / wanted.abs().max(1e-300))
        .inspect(|error| assert!(!error.is_nan()))
        .fold(0.0, f64::max)
}

#[test]
fn every_model_scores_as_the_framework_that_trained_it() {
    let oracle = oracle();
    println!("{:?}", oracle.versions);
    assert!(oracle.cases.len() >= 50);
    let mut wrong = Vec::new();
    println!(
        "{:<24} {:>5} {:>10} {:>10}",
        "model", "rows", "score", "margin"
    );
    for case in &oracle.cases {
        let score = worst(&scores(case, "probability", &all(case)), &case.scores);
        let margin = case
            .margins
            .as_ref()
            .map(|margins| worst(&scores(case, "logit", &all(case)), margins));
        let shown = margin.map_or(String::from("-"), |margin| format!("{margin:.1e}"));
        println!(
            "{:<24} {:>5} {score:>10.1e} {shown:>10}",
            case.name,
            case.rows.len()
        );
        if score > 1e-6 || margin.is_some_and(|margin| margin > 1e-6) {
            wrong.push(&case.name);
        }
    }
    assert_eq!(wrong, Vec::<&String>::new());
}

#[test]
fn a_row_has_the_same_score_in_any_batch() {
    for case in oracle().cases.iter().filter(|case| {
        [
            "xgb-partition",
            "xgb-depth-12",
            "lgb-categories",
            "lgb-depth-7",
        ]
        .contains(&&*case.name)
    }) {
        let whole = scores(case, "probability", &all(case));
        let many: Vec<u32> = (0..2000).map(|i| i * 7 % case.rows.len() as u32).collect();
        for (row, score) in many.iter().zip(scores(case, "probability", &many)) {
            assert_eq!(
                score.to_bits(),
                whole[*row as usize].to_bits(),
                "{}",
                case.name
            );
        }
    }
}

#[test]
fn a_permuted_renamed_or_recoded_input_is_told() {
    let oracle = oracle();
    let cases: HashMap<&str, &Case> = oracle
        .cases
        .iter()
        .map(|case| (case.name.as_str(), case))
        .collect();
    for (name, from, to, said) in [
        (
            "xgb-plain",
            "'age'",
            "'sge'",
            "the file reads the input `age`",
        ),
        (
            "xgb-plain-ubj",
            "'crp'",
            "'lactate2'",
            "the card declares the input `lactate2`",
        ),
        (
            "lgb-plain",
            "'lactate'",
            "'lactat'",
            "is it the card's `lactat`",
        ),
        (
            "xgb-words",
            "\"icu\", \"other\"",
            "\"other\", \"icu\"",
            "categories of `ward`",
        ),
        (
            "lgb-words",
            "\"female\", \"male\"",
            "\"male\", \"female\"",
            "categories of `sex`",
        ),
        (
            "xgb-poisson",
            "'probability'",
            "'logit'",
            "gives no log odds",
        ),
        (
            "lgb-plain",
            "'probability'",
            "'percent'",
            "gives no percentage",
        ),
        ("lgb-plain", "'probability'", "'points'", "gives no points"),
        (
            "xgb-plain",
            "'xgboost'",
            "'lightgbm'",
            "format = \"xgboost\"",
        ),
        (
            "lgb-plain",
            "'lightgbm'",
            "'xgboost'",
            "format = \"lightgbm\"",
        ),
    ] {
        let card = card(cases[name], "probability");
        let changed = card.replace(from, to);
        assert_ne!(card, changed, "{name}");
        let told = opened(&changed).err().unwrap_or_default();
        assert!(
            told.iter().any(|told| told.contains(said)),
            "{name}: {told:#?}"
        );
    }
    for (name, a, b) in [
        ("xgb-plain", "age", "crp"),
        ("lgb-missing", "grade", "lactate"),
    ] {
        let card = card(cases[name], "probability")
            .replace(&format!("'{a}'"), "'?'")
            .replace(&format!("'{b}'"), &format!("'{a}'"))
            .replace("'?'", &format!("'{b}'"));
        let told = opened(&card).err().unwrap_or_default();
        assert!(told[0].contains("in the file and"), "{name}: {told:#?}");
    }
}

#[test]
fn a_missing_value_reaches_the_model_only_when_the_card_says_so() {
    let oracle = oracle();
    let case = oracle
        .cases
        .iter()
        .find(|case| case.name == "xgb-missing")
        .unwrap();
    let card = card(case, "probability").replace("missing='model'\n", "");
    let model = opened(&card).unwrap();
    let table = table(case);
    let joins = case
        .inputs
        .iter()
        .map(|i| (i.name.clone(), i.name.clone()))
        .collect();
    let rows = all(case);
    let scores = model.predict(&Batch::new(&table, &joins, &rows)).unwrap();
    for (row, score) in case.rows.iter().zip(scores) {
        assert_eq!(row.contains(&None), score.is_nan());
    }
}
