//! ONNX pipelines give the scores of the frameworks that trained them (`tests/oracle/onnx.py`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use keur::config::model_card;
use keur::dataset::table::{Batch, Category, Column, Table};
use keur::model::open;
use keur::model::predict::Model;
use keur::sheet::Sheet;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
pub(crate) struct Oracle {
    versions: BTreeMap<String, String>,
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    file: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) rows: Vec<Vec<serde_json::Value>>,
    scores: Vec<f64>,
    runtime: Vec<f64>,
    card: BTreeMap<String, String>,
    missing: bool,
    tolerance: f64,
}

#[derive(Deserialize)]
pub(crate) struct Input {
    pub(crate) name: String,
    categories: Option<Vec<String>>,
}

/// `KEUR_ONNX_ORACLE` names another folder: the same pipelines of other versions of the frameworks.
pub(crate) fn folder() -> PathBuf {
    if let Ok(folder) = std::env::var("KEUR_ONNX_ORACLE") {
        return folder.into();
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/onnx")
}

pub(crate) fn oracle() -> Oracle {
    let text = std::fs::read_to_string(folder().join("cases.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn case(name: &str) -> Case {
    let mut cases = oracle().cases.into_iter();
    cases.find(|case| case.name == name).expect(name)
}

pub(crate) fn card(case: &Case) -> String {
    let mut card =
        String::from("name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='onnx'\n");
    writeln!(card, "file='{}'", case.file).unwrap();
    if !case.card.contains_key("score") {
        card.push_str("score='probability'\n");
    }
    for (key, value) in &case.card {
        writeln!(card, "{key}='{value}'").unwrap();
    }
    for input in &case.inputs {
        writeln!(card, "[[inputs]]\nname='{}'", input.name).unwrap();
        match &input.categories {
            Some(words) => writeln!(card, "categories={words:?}").unwrap(),
            None if case.missing => card.push_str("missing='model'\n"),
            None => {}
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
pub(crate) fn table(case: &Case) -> Table {
    let mut table = Table::new(case.rows.len());
    for (place, input) in case.inputs.iter().enumerate() {
        let values = case.rows.iter().map(|row| &row[place]);
        let column = match &input.categories {
            None => Column::Number(values.map(|x| x.as_f64().unwrap_or(f64::NAN)).collect()),
            Some(words) => {
                let levels: Vec<String> = words.iter().rev().cloned().collect();
                let code = |x: &serde_json::Value| {
                    levels
                        .iter()
                        .position(|level| Some(level.as_str()) == x.as_str())
                        .unwrap() as u32
                };
                Column::Category(Category {
                    codes: values.map(code).collect(),
                    levels: levels.clone(),
                })
            }
        };
        table.insert(&input.name, column).unwrap();
    }
    table
}

fn scores(case: &Case, rows: &[u32]) -> Vec<f64> {
    let model = opened(&card(case)).unwrap_or_else(|all| panic!("{}: {all:#?}", case.name));
    let table = table(case);
    let joins = case
        .inputs
        .iter()
        .map(|i| (i.name.clone(), i.name.clone()))
        .collect();
    model.predict(&Batch::new(&table, &joins, rows)).unwrap()
}

pub(crate) fn all(case: &Case) -> Vec<u32> {
    (0..case.rows.len() as u32).collect()
}

pub(crate) fn worst(given: &[f64], wanted: &[f64]) -> f64 {
    assert_eq!(given.len(), wanted.len());
    let gaps = given
        .iter()
        .zip(wanted)
        .map(|(given, wanted)| (given - wanted).abs());
    gaps.map(|gap| if gap.is_nan() { f64::INFINITY } else { gap })
        .fold(0.0, f64::max)
}

#[test]
fn every_pipeline_scores_as_the_framework_that_trained_it() {
    let oracle = oracle();
    println!("{:?}", oracle.versions);
    assert!(oracle.cases.len() >= 30);
    let mut wrong = Vec::new();
    println!(
        "{:<28} {:>5} {:>10} {:>13}",
        "pipeline", "rows", "framework", "ONNX Runtime"
    );
    for case in &oracle.cases {
        let model = match opened(&card(case)) {
            Ok(model) => model,
            Err(problems) => {
                println!("{:<28} {problems:?}", case.name);
                wrong.push(&case.name);
                continue;
            }
        };
        drop(model);
        let given = scores(case, &all(case));
        let (framework, runtime) = (worst(&given, &case.scores), worst(&given, &case.runtime));
        // where the converter itself lost something, the file is what is scored
        let lost = worst(&case.runtime, &case.scores) > case.tolerance;
        let note = if lost {
            "  the converter's graph is not the model"
        } else {
            ""
        };
        println!(
            "{:<28} {:>5} {framework:>10.1e} {runtime:>13.1e}{note}",
            case.name,
            case.rows.len()
        );
        if runtime > case.tolerance || (!lost && framework > case.tolerance) {
            wrong.push(&case.name);
        }
    }
    assert_eq!(wrong, Vec::<&String>::new());
}

#[test]
fn a_row_has_the_same_score_in_any_batch() {
    for case in oracle().cases {
        let whole = scores(&case, &all(&case));
        let many: Vec<u32> = (0..2500).map(|i| i * 7 % case.rows.len() as u32).collect();
        for (row, score) in many.iter().zip(scores(&case, &many)) {
            assert_eq!(
                score.to_bits(),
                whole[*row as usize].to_bits(),
                "{}",
                case.name
            );
        }
        let alone = scores(&case, &[3]);
        assert_eq!(alone[0].to_bits(), whole[3].to_bits(), "{}", case.name);
    }
}

#[test]
fn the_order_of_the_card_does_not_matter_where_inputs_have_names() {
    let mut case = case("columns-logistic");
    let before = scores(&case, &all(&case));
    case.inputs.reverse();
    case.rows.iter_mut().for_each(|row| row.reverse());
    assert_eq!(scores(&case, &all(&case)), before);
}

#[test]
fn inputs_and_outputs_that_do_not_fit_are_told() {
    for (name, from, to, said) in [
        ("columns-logistic", "'age'", "'agee'", "did you mean `agee`"),
        ("columns-logistic", "'age'", "'agee'", "did you mean `age`"),
        (
            "columns-logistic",
            "[[inputs]]\nname='lactate'\n",
            "",
            "reads the input `lactate`",
        ),
        (
            "columns-logistic",
            "categories=[\"female\", \"male\"]\n",
            "",
            "declares `sex` as a number",
        ),
        (
            "logistic",
            "[[inputs]]\nname='lactate'\n",
            "",
            "declares 4 inputs",
        ),
        (
            "logistic",
            "file=",
            "output='probabilitys'\nfile=",
            "did you mean `probabilities`",
        ),
        ("logistic", "file=", "output='label'\nfile=", "holds labels"),
        (
            "logistic",
            "file=",
            "class='dead'\nfile=",
            "the classes are `0`, `1`",
        ),
        (
            "logistic-words",
            "class='yes'",
            "class='yess'",
            "did you mean `yes`",
        ),
        ("logistic-three", "class='2'\n", "", "has 3 classes"),
        (
            "logistic-columns",
            "output='i1'\n",
            "",
            "several outputs of the graph could be the score",
        ),
    ] {
        let card = card(&case(name));
        assert!(card.contains(from), "{name}: {card}");
        let told = opened(&card.replace(from, to)).err().unwrap_or_default();
        assert!(
            told.iter().any(|told| told.contains(said)),
            "{name} `{said}`: {told:#?}"
        );
    }
}

#[test]
fn numbers_a_tensor_cannot_hold_refuse_their_row_only() {
    for (name, odd) in [("forest", 1e300), ("forest-whole-numbers", 0.5)] {
        let mut case = case(name);
        let before = scores(&case, &all(&case));
        case.rows[3][1] = odd.into();
        for (row, (given, before)) in scores(&case, &all(&case)).iter().zip(before).enumerate() {
            assert!(
                if row == 3 {
                    given.is_nan()
                } else {
                    *given == before
                },
                "{name} {row}"
            );
        }
    }
}
