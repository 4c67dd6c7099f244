//! ONNX graphs that are nothing but trees are explained like any forest: against the definition over all subsets of inputs,
//! and against the file that the same forest has in its own framework (`tests/oracle/{onnx,forest_onnx}.py`).

use crate::twin::{Unknown, shapley};
use keur::config::model_card;
use keur::dataset::table::{Batch, Column, Table};
use keur::explain::tree::game::{Background, Game};
use keur::explain::tree::shap::TreeShap;
use keur::explain::tree::table::What;
use keur::model::open;
use keur::model::predict::{Model, Trees};
use keur::sheet::Sheet;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What is nothing but trees.
const BARE: &[&str] = &[
    "extra-trees",
    "forest",
    "forest-double",
    "forest-regressor",
    "forest-three",
    "forest-whole-numbers",
    "forest-words-zipmap",
    "gradient-boosting",
    "hist-gradient",
    "hist-gradient-gaps",
    "lightgbm",
    "lightgbm-gaps",
    "lightgbm-zipmap",
    "tree",
    "trees-opset-5",
    "xgboost",
    "xgboost-base",
    "xgboost-forest",
    "xgboost-gaps",
];
/// What has something else before, behind or beside its trees, or a link that takes several sums.
const MORE: &[&str] = &[
    "adaboost",
    "bagging",
    "gradient-boosting-three",
    "imputer-median-forest",
    "lightgbm-three",
    "logistic",
    "stacking",
    "voting-soft",
    "xgboost-three",
];
const ROWS: usize = 6;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/oracle")
        .join(name)
}

fn cases(name: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(folder(name).join("cases.json")).unwrap();
    let mut all: Json = serde_json::from_str(&text).unwrap();
    all["cases"].as_array_mut().unwrap().drain(..).collect()
}

fn model(case: &Json, format: &str, file: &str, folder: &Path) -> Box<dyn Model> {
    let mut card = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='{format}'\nfile='{file}'\n"
    );
    let facts = case["card"].as_object().cloned().unwrap_or_default();
    if !facts.contains_key("score") {
        card.push_str("score='probability'\n");
    }
    for (key, value) in &facts {
        writeln!(card, "{key}={value}").unwrap();
    }
    let gaps = case["missing"].as_bool().unwrap_or(true);
    for input in case["inputs"].as_array().unwrap() {
        let missing = if gaps { "model" } else { "refuse" };
        writeln!(
            card,
            "[[inputs]]\nname={}\nmissing='{missing}'",
            input["name"]
        )
        .unwrap();
    }
    let sheet = Sheet::parse(&card, "card.toml").unwrap();
    let card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), []);
    open(&card, folder).unwrap_or_else(|all| panic!("{file}: {all:?}"))
}

/// Rows of a case as a model sees them; all of them are numbers.
fn table(case: &Json) -> (Table, BTreeMap<String, String>) {
    let rows = case["rows"].as_array().unwrap();
    let mut table = Table::new(rows.len());
    let mut joins = BTreeMap::new();
    for (place, input) in case["inputs"].as_array().unwrap().iter().enumerate() {
        let name = input["name"].as_str().unwrap().to_owned();
        let column = rows
            .iter()
            .map(|row| row[place].as_f64().unwrap_or(f64::NAN));
        table
            .insert(&name, Column::Number(column.collect()))
            .unwrap();
        joins.insert(name.clone(), name);
    }
    (table, joins)
}

fn columns(trees: &dyn Trees, case: &Json, rows: &[u32]) -> Vec<Vec<f64>> {
    let (table, joins) = table(case);
    let seen = trees.rows(&Batch::new(&table, &joins, rows)).unwrap();
    assert!(!seen.refused.contains(&true));
    seen.columns
}

fn shap(trees: &dyn Trees, game: &Game, columns: &[Vec<f64>]) -> (f64, Vec<Vec<f64>>) {
    let shap = TreeShap::new(trees.forest(), game, What::Values, columns[0].len()).unwrap();
    (shap.base()[0], shap.values(columns).unwrap())
}

#[test]
fn values_are_those_of_the_definition_and_sums_those_of_the_scores() {
    let cases = cases("onnx");
    for name in BARE {
        let case = cases.iter().find(|case| case["name"] == *name).expect(name);
        let model = model(
            case,
            "onnx",
            case["file"].as_str().unwrap(),
            &folder("onnx"),
        );
        let trees = model.trees().unwrap_or_else(|| panic!("{name} has trees"));
        let count = case["rows"].as_array().unwrap().len() as u32;
        let rows: Vec<u32> = (0..count).collect();
        let (table, joins) = table(case);
        let scores = model.predict(&Batch::new(&table, &joins, &rows)).unwrap();
        let all = columns(trees, case, &rows);
        let forest = trees.forest();
        assert_eq!(forest.outputs, 1, "{name}");
        let margins = &forest.margins(&all)[0];
        let gaps = margins.iter().zip(&scores);
        let gaps = gaps.map(|(sum, score)| (trees.score(*sum).unwrap() - score).abs());
        let gap = gaps
            .map(|gap| if gap.is_nan() { 9.0 } else { gap })
            .fold(0.0, f64::max);
        assert!(
            gap < 2e-6,
            "{name}: a sum differs from its score by {gap:e}"
        );

        let few: Vec<Vec<f64>> = all.iter().map(|column| column[..ROWS].to_vec()).collect();
        let sample: Vec<Vec<f64>> = all.iter().map(|column| column[10..17].to_vec()).collect();
        let weights = vec![1.0; 7];
        let game = Game::Background(Background::new(sample.clone(), None).unwrap());
        let (base, values) = shap(trees, &game, &few);
        let mut worst = 0.0_f64;
        for row in 0..ROWS {
            let x: Vec<f64> = few.iter().map(|column| column[row]).collect();
            let told = shapley(forest, 0, &x, Unknown::Background(&sample, &weights)).0;
            let mut sum = base;
            for (own, told) in values.iter().zip(&told) {
                worst = worst.max((own[row] - told).abs());
                sum += own[row];
            }
            worst = worst.max((sum - margins[row]).abs());
        }
        println!("{name:<24} sums {gap:.1e} values {worst:.1e}");
        assert!(worst < 1e-5, "{name}: {worst:e}");
        // converters write a one for every node where rows of training are asked: that is no cover
        assert!(
            TreeShap::new(forest, &Game::Covers, What::Values, 1).is_err(),
            "{name}"
        );
    }
}

#[test]
fn a_graph_with_more_than_trees_offers_none() {
    let cases = cases("onnx");
    for name in MORE {
        let case = cases.iter().find(|case| case["name"] == *name).expect(name);
        let model = model(
            case,
            "onnx",
            case["file"].as_str().unwrap(),
            &folder("onnx"),
        );
        assert!(model.trees().is_none(), "{name}");
    }
}

#[test]
fn the_same_forest_has_the_same_values_in_both_formats() {
    let cases = cases("forest");
    for name in [
        "xgb-plain",
        "xgb-missing",
        "xgb-depth-6",
        "lgb-plain",
        "lgb-missing",
    ] {
        let case = cases.iter().find(|case| case["name"] == *name).expect(name);
        let format = case["format"].as_str().unwrap();
        let own = model(
            case,
            format,
            case["file"].as_str().unwrap(),
            &folder("forest"),
        );
        let other = model(case, "onnx", &format!("{name}.onnx"), &folder("forest"));
        let (own, other) = (own.trees().unwrap(), other.trees().expect(name));
        let rows: Vec<u32> = (0..20).collect();
        let sample: Vec<u32> = (20..30).collect();
        let of = |trees: &dyn Trees| {
            let sample = columns(trees, case, &sample);
            let game = Game::Background(Background::new(sample, None).unwrap());
            shap(trees, &game, &columns(trees, case, &rows))
        };
        let ((base, values), (other_base, others)) = (of(own), of(other));
        let pairs = values.iter().flatten().zip(others.iter().flatten());
        let worst = pairs
            .map(|(a, b)| (a - b).abs())
            .fold((base - other_base).abs(), f64::max);
        println!("{name:<24} {worst:.1e}");
        assert!(worst < 1e-5, "{name}: {worst:e}");
        assert!(values.iter().flatten().any(|x| x.abs() > 0.1), "{name}");
    }
}
