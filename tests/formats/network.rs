//! Networks as PyTorch and Keras export them give the scores of their frameworks (`tests/oracle/network.py`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use arrow_array::types::Float32Type;
use arrow_array::{ArrayRef, ListArray, RecordBatch, StringArray};
use keur::config::model_card;
use keur::dataset::table::{Batch, Column, Table};
use keur::dataset::tensor::Tensors;
use keur::model::open;
use keur::model::predict::Model;
use keur::sheet::Sheet;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Scores are risks or log odds of 32 bits.
const TOLERANCE: f64 = 1e-5;

#[derive(Deserialize)]
struct Oracle {
    versions: BTreeMap<String, String>,
    rows: BTreeMap<String, Vec<Input>>,
    cases: Vec<Case>,
}

#[derive(Deserialize, Clone)]
struct Case {
    name: String,
    network: String,
    file: String,
    opset: u32,
    scores: Vec<f64>,
    runtime: Vec<f64>,
    card: BTreeMap<String, String>,
    #[serde(default)]
    inputs: Vec<Input>,
}

#[derive(Deserialize, Clone)]
struct Input {
    name: String,
    shape: Vec<usize>,
    values: Vec<Vec<f32>>,
}

/// `KEUR_NETWORK_ORACLE` names another folder: the same networks at every opset, or of other versions.
fn folder() -> PathBuf {
    if let Ok(folder) = std::env::var("KEUR_NETWORK_ORACLE") {
        return folder.into();
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/network")
}

fn oracles() -> Vec<Oracle> {
    ["torch", "keras"]
        .iter()
        .filter_map(|name| std::fs::read_to_string(folder().join(format!("{name}.json"))).ok())
        .map(|text| {
            let mut oracle: Oracle = serde_json::from_str(&text).unwrap();
            for case in &mut oracle.cases {
                case.inputs = oracle.rows[&case.network].clone();
            }
            oracle
        })
        .collect()
}

fn cases() -> Vec<Case> {
    oracles()
        .into_iter()
        .flat_map(|oracle| oracle.cases)
        .collect()
}

fn case(name: &str) -> Case {
    cases()
        .into_iter()
        .find(|case| case.name == name)
        .expect(name)
}

fn head(case: &Case) -> String {
    let mut card =
        String::from("name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='onnx'\n");
    writeln!(card, "file='{}'", case.file).unwrap();
    for (key, value) in &case.card {
        writeln!(card, "{key}='{value}'").unwrap();
    }
    card
}

fn card(case: &Case) -> String {
    let mut card = head(case);
    for input in &case.inputs {
        let (name, shape) = (&input.name, &input.shape);
        writeln!(
            card,
            "[[inputs]]\nname='{name}'\nkind='tensor'\nshape={shape:?}"
        )
        .unwrap();
    }
    card
}

fn opened_in(folder: &Path, card: &str) -> Result<Box<dyn Model>, Vec<String>> {
    let sheet = Sheet::parse(card, "card.toml").unwrap();
    let card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), []);
    open(&card, folder).map_err(|all| all.iter().map(ToString::to_string).collect())
}

fn opened(card: &str) -> Result<Box<dyn Model>, Vec<String>> {
    opened_in(&folder(), card)
}

fn table(case: &Case) -> (Table, BTreeMap<String, String>) {
    let mut table = Table::new(case.scores.len());
    let mut joins = BTreeMap::new();
    for input in &case.inputs {
        let tensors = Tensors::new(input.shape.iter().product(), input.values.concat()).unwrap();
        table.insert(&input.name, Column::Tensor(tensors)).unwrap();
        joins.insert(input.name.clone(), input.name.clone());
    }
    (table, joins)
}

fn scores(model: &dyn Model, case: &Case, rows: &[u32]) -> Vec<f64> {
    let (table, joins) = table(case);
    model.predict(&Batch::new(&table, &joins, rows)).unwrap()
}

fn all(case: &Case) -> Vec<u32> {
    (0..case.scores.len() as u32).collect()
}

fn worst(given: &[f64], wanted: &[f64]) -> f64 {
    assert_eq!(given.len(), wanted.len());
    let gaps = given
        .iter()
        .zip(wanted)
        .map(|(given, wanted)| (given - wanted).abs());
    gaps.map(|gap| if gap.is_nan() { f64::INFINITY } else { gap })
        .fold(0.0, f64::max)
}

#[test]
fn every_network_scores_as_the_framework_that_made_it() {
    let oracles = oracles();
    assert!(!oracles.is_empty(), "the networks of PyTorch are there");
    let mut wrong = Vec::new();
    let mut most: BTreeMap<String, (usize, f64, f64)> = BTreeMap::new();
    for oracle in &oracles {
        println!("{:?}", oracle.versions);
        for case in &oracle.cases {
            let model = match opened(&card(case)) {
                Ok(model) => model,
                Err(problems) => {
                    println!("{:<34} {problems:?}", case.name);
                    wrong.push(case.name.clone());
                    continue;
                }
            };
            let (rows, names) = table(case);
            let given = match model.predict(&Batch::new(&rows, &names, &all(case))) {
                Ok(given) => given,
                Err(error) => {
                    println!("{:<34} {error}", case.name);
                    wrong.push(case.name.clone());
                    continue;
                }
            };
            let (framework, runtime) = (worst(&given, &case.scores), worst(&given, &case.runtime));
            println!(
                "{:<34} opset {:>2}   framework {framework:>8.1e}   ONNX Runtime {runtime:>8.1e}",
                case.name, case.opset
            );
            let kind = case.name.trim_end_matches(|c: char| c.is_ascii_digit());
            let kind = most.entry(kind.to_owned()).or_default();
            *kind = (kind.0 + 1, kind.1.max(framework), kind.2.max(runtime));
            if framework > TOLERANCE || runtime > TOLERANCE {
                wrong.push(case.name.clone());
            }
        }
    }
    println!(
        "{:<30} {:>6} {:>10} {:>13}",
        "network", "files", "framework", "ONNX Runtime"
    );
    for (name, (files, framework, runtime)) in most {
        println!("{name:<30} {files:>6} {framework:>10.1e} {runtime:>13.1e}");
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_row_has_the_same_score_in_any_batch() {
    let mut known = 0;
    for case in cases() {
        let Ok(model) = opened(&card(&case)) else {
            continue;
        };
        let whole = scores(&*model, &case, &all(&case));
        let many: Vec<u32> = (0..300).map(|i| i * 7 % case.scores.len() as u32).collect();
        for (row, score) in many.iter().zip(scores(&*model, &case, &many)) {
            assert_eq!(
                score.to_bits(),
                whole[*row as usize].to_bits(),
                "{}",
                case.name
            );
        }
        assert_eq!(
            scores(&*model, &case, &[3])[0].to_bits(),
            whole[3].to_bits(),
            "{}",
            case.name
        );
        known += 1;
    }
    assert!(known > 20);
}

#[test]
fn numbers_in_the_order_of_the_card_are_the_same_as_a_tensor() {
    for name in [
        "mlp-torch-dynamo-18",
        "mixed-torch-script-17",
        "cnn-torch-script-17",
    ] {
        let mut case = case(name);
        let wanted = scores(&*opened(&card(&case)).unwrap(), &case, &all(&case));
        // one input of the graph by numbers; its name stays free for no tensor
        let first = case.inputs.remove(0);
        let width: usize = first.shape.iter().product();
        let (mut table, mut joins) = table(&case);
        let mut text = card(&case);
        for at in 0..width {
            writeln!(text, "[[inputs]]\nname='number {at}'").unwrap();
            let numbers = first.values.iter().map(|row| f64::from(row[at]));
            let number = format!("number {at}");
            table
                .insert(&number, Column::Number(numbers.collect()))
                .unwrap();
            joins.insert(number.clone(), number);
        }
        let model = opened(&text).unwrap_or_else(|all| panic!("{name}: {all:#?}"));
        let given = model
            .predict(&Batch::new(&table, &joins, &all(&case)))
            .unwrap();
        assert_eq!(given, wanted, "{name}");
    }
}

#[test]
fn what_does_not_fit_between_card_and_graph_is_told() {
    let map = Case {
        file: "unet-map.onnx".into(),
        ..case("unet-torch-script-17")
    };
    for (case, from, to, said) in [
        (case("mixed-torch-script-17"), "'ecg'", "'ekg'", ""),
        (
            case("mixed-torch-script-17"),
            "[2, 8]",
            "[8, 2]",
            "stand in another order",
        ),
        (
            case("mixed-torch-script-17"),
            "[2, 8]",
            "[2, 9]",
            "has the shape [2, 8] for one row",
        ),
        (case("mixed-torch-script-17"), "'age'", "'alter'", ""),
        (
            case("two-logits-torch-script-17"),
            "score='logit'",
            "score='probability'",
            "",
        ),
        (
            case("three-classes-torch-script-17"),
            "class='1'\n",
            "",
            "has 3 classes",
        ),
        (
            case("three-classes-torch-script-17"),
            "class='1'",
            "class='3'",
            "counted from 0",
        ),
        (
            case("three-classes-torch-script-17"),
            "score='probability'",
            "score='logit'",
            "has 3 logits",
        ),
        (map, "", "", "a map of [1, 16, 16] numbers for each row"),
    ] {
        let text = card(&case);
        assert!(text.contains(from), "{}: {text}", case.name);
        let told = opened(&text.replace(from, to)).err().unwrap_or_default();
        if said.is_empty() {
            // the one that is left takes the other name; columns of softmax and logits look alike
            assert_eq!(told, [""; 0], "{} {to}", case.name);
        } else {
            assert!(
                told.iter().any(|told| told.contains(said)),
                "{} `{said}`: {told:#?}",
                case.name
            );
        }
    }
    let mixed = case("mixed-torch-script-17");
    let told = opened(
        &card(&mixed)
            .replace("'age'", "'a'")
            .replace("'lactate'", "'b'"),
    )
    .err()
    .unwrap();
    assert!(
        told.len() == 2 && told[0].contains("no input of the graph has the name"),
        "{told:#?}"
    );
    let words = head(&mixed) + "[[inputs]]\nname='ecg'\nkind='tensor'\nshape=[2, 8]\n";
    let told = opened(&words).err().unwrap();
    assert!(
        told.iter()
            .any(|told| told.contains("the card declares 0 inputs")
                || told.contains("does not declare it")),
        "{told:#?}"
    );
}

#[test]
fn a_row_with_a_missing_number_is_refused_alone() {
    let mut case = case("mlp-torch-dynamo-18");
    let wanted = scores(&*opened(&card(&case)).unwrap(), &case, &all(&case));
    case.inputs[0].values[2][5] = f32::NAN;
    let given = scores(&*opened(&card(&case)).unwrap(), &case, &all(&case));
    for (row, (given, wanted)) in given.iter().zip(&wanted).enumerate() {
        assert!(
            if row == 2 {
                given.is_nan()
            } else {
                given == wanted
            },
            "{row}"
        );
    }
}

#[test]
fn tokens_that_are_no_whole_numbers_refuse_their_row_only() {
    let mut case = case("transformer-torch-script-17");
    let model = opened(&card(&case)).unwrap();
    let wanted = scores(&*model, &case, &all(&case));
    case.inputs[0].values[1][0] = 0.5;
    let given = scores(&*model, &case, &all(&case));
    assert!(given[1].is_nan() && given[0] == wanted[0] && given[5] == wanted[5]);
}

// ── a whole run ──

const DATASET: &str = "name='beats'\nfile='data.parquet'\nformat='parquet'\n\
    [[columns]]\nname='person'\nrole='patient'\n\
    [[columns]]\nname='sex'\nrole='group'\n\
    [[columns]]\nname='wave'\nrole='input'\nkind='tensor'\ninput='x'\nrange=[-50, 50]\n\
    [[columns]]\nname='died'\nrole='outcome'\nevent='yes'\n";

const STUDY: &str = "title='signals'\nreplicates=20\nconditions=[]\n\
    [[study]]\nname='signals'\nmodel='models/m'\ndataset='datasets/d'\nthresholds=[0.5]\ngroups=['sex']\n";

/// 240 persons with the signals of the oracle, now and then disturbed; two have none.
fn waves(case: &Case) -> RecordBatch {
    let width = case.inputs[0].values[0].len();
    let wave = |person: usize| {
        let row = &case.inputs[0].values[person % case.inputs[0].values.len()];
        let lift = (person * 37 % 100) as f32 / 50.0 - 1.0;
        let numbers = (0..width).map(move |at| Some(row[at] + lift));
        (person != 5 && person != 77).then(|| numbers.collect::<Vec<_>>())
    };
    let words = |word: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new(StringArray::from((0..240).map(word).collect::<Vec<_>>()))
    };
    let pick = |yes: bool, a: &str, b: &str| if yes { a.to_owned() } else { b.to_owned() };
    let lists = ListArray::from_iter_primitive::<Float32Type, _, _>((0..240).map(wave));
    RecordBatch::try_from_iter_with_nullable([
        ("person", words(&|at| format!("p{at}")), false),
        (
            "sex",
            words(&|at| pick(at % 2 == 0, "female", "male")),
            false,
        ),
        ("wave", Arc::new(lists) as ArrayRef, true),
        (
            "died",
            words(&|at| pick(at * 61 % 97 < at * 37 % 100, "yes", "no")),
            false,
        ),
    ])
    .unwrap()
}

fn run(case: &Case, others: &[&str], change: bool) -> serde_json::Value {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    std::fs::create_dir_all(path("models/m")).unwrap();
    std::fs::create_dir_all(path("datasets/d")).unwrap();
    std::fs::write(path("models/m/card.toml"), card(case)).unwrap();
    for file in [case.file.as_str()].iter().chain(others) {
        let mut bytes = std::fs::read(folder().join(file)).unwrap();
        if change && *file != case.file {
            bytes[0] ^= 1;
        }
        std::fs::write(path("models/m").join(file), bytes).unwrap();
    }
    std::fs::write(path("datasets/d/card.toml"), DATASET).unwrap();
    std::fs::write(path("study.toml"), STUDY).unwrap();
    let batch = waves(case);
    let file = std::fs::File::create(path("datasets/d/data.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_keur"))
        .args(["run", "study.toml"])
        .current_dir(home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{said}");
    let record = find(&path("reports"), "record.json").unwrap_or_else(|| panic!("{said}"));
    serde_json::from_str(&std::fs::read_to_string(record).unwrap()).unwrap()
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.find_map(|entry| {
        let path = entry.ok()?.path();
        match path.is_dir() {
            true => find(&path, name),
            false => path.ends_with(name).then_some(path),
        }
    })
}

#[test]
fn networks_are_validated_on_a_parquet_file_of_signals() {
    for (name, shape) in [
        ("mlp-torch-dynamo-18", "[8]"),
        ("cnn-torch-dynamo-18", "[3,32]"),
    ] {
        let case = case(name);
        signals(&case, shape);
    }
}

fn signals(case: &Case, shape: &str) {
    let record = run(case, &[], false);
    let evidence = &record["evidence"][0];
    assert_eq!(evidence["failure"], serde_json::Value::Null, "{evidence:#}");
    assert_eq!(evidence["model"]["inputs"][0]["shape"].to_string(), shape);
    let text = evidence["profile"]["flow"].to_string();
    assert!(text.contains("x missing, which the model needs"), "{text}");
    let auroc = evidence["estimates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|estimate| estimate["measure"] == "auroc")
        .unwrap();
    println!("{auroc:#}");
    assert!(auroc["value"].to_string().contains("point"), "{auroc}");
}

#[test]
fn the_record_knows_weights_that_stand_in_another_file() {
    let case = case("mlp-torch-external");
    let other = "mlp-torch-external.onnx.data";
    let digest = |change| {
        let record = run(&case, &[other], change);
        record["provenance"]["models"]["m"].clone()
    };
    let (before, after) = (digest(false), digest(true));
    let of =
        |digests: &serde_json::Value| digests["others_sha256"][other].as_str().unwrap().to_owned();
    assert_eq!(of(&before).len(), 64);
    assert_ne!(of(&before), of(&after));
    assert_eq!(before["file_sha256"], after["file_sha256"]);
}
