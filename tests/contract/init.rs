//! `keur init model`: from a file that someone sent to a card that, filled in where it is marked, runs.

use crate::repository::Repository;
use crate::vectors;
use keur::init::{self, OPEN};
use keur::record::{Record, Value};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What a person writes at every marked place: `words` are (start of the line, what stands there instead), in order.
fn filled(card: &str, words: &[(&str, String)]) -> String {
    let mut left: Vec<&(&str, String)> = words.iter().collect();
    let mut text = String::new();
    for line in card.lines() {
        if line.contains(OPEN) {
            let place = left
                .iter()
                .position(|(start, _)| line.starts_with(start))
                .unwrap_or_else(|| panic!("nothing to fill in for {line}"));
            let (start, word) = left.remove(place);
            text += &format!("{start} = {word}\n");
        } else {
            text += line;
            text.push('\n');
        }
    }
    assert!(left.is_empty(), "never asked for: {left:?}\n{card}");
    text
}

fn plain() -> Vec<(&'static str, String)> {
    ["name", "version", "predicts"]
        .map(|key| (key, "\"filled in\"".to_owned()))
        .to_vec()
}

fn auroc(record: &Record) -> f64 {
    let evidence = &record.evidence[0];
    assert_eq!(evidence.failure, None);
    match evidence.estimate("auroc", None, None).unwrap().value {
        Value::Known { point, .. } => point,
        _ => panic!("an AUROC"),
    }
}

#[test]
fn every_shipped_model_runs_from_the_card_that_init_writes_with_the_same_performance() {
    let inputs = |model: &str| -> Vec<String> {
        let card = fs::read_to_string(root().join(model).join("card.toml")).unwrap();
        let inputs = card.split("[[inputs]]").skip(1);
        let name = |input: &str| {
            input
                .split("name = ")
                .nth(1)
                .unwrap()
                .lines()
                .next()
                .unwrap()
                .to_owned()
        };
        inputs.map(name).collect()
    };
    let word = |text: &str| format!("\"{text}\"");
    for (model, file, nameless, asked) in [
        (
            "models/wdbc-logistic",
            "model.toml",
            false,
            vec![("task", word("binary"))],
        ),
        ("models/wdbc-xgboost", "model.json", false, vec![]),
        ("models/wdbc-lightgbm", "model.txt", false, vec![]),
        (
            "models/wdbc-onnx",
            "model.onnx",
            true,
            vec![("task", word("binary")), ("score", word("probability"))],
        ),
        (
            "models/wdbc-mlp",
            "model.safetensors",
            true,
            vec![
                ("task", word("binary")),
                ("score", word("probability")),
                ("kind", word("relu")),
            ],
        ),
    ] {
        let shipped = Repository::new();
        shipped.bring(model, "models/m");
        shipped.bring("datasets/wdbc-validation", "datasets/d");
        let expected = auroc(&shipped.run());

        let sent = Repository::new();
        sent.bring("datasets/wdbc-validation", "datasets/d");
        let written = init::model(
            &root().join(model).join(file),
            Some(&sent.path("models/m")),
            false,
        )
        .unwrap();
        assert_eq!(written.paths[0], sent.path("models/m/card.toml"));
        assert!(sent.path("models/m").join(file).is_file());
        let card = fs::read_to_string(&written.paths[0]).unwrap();
        assert_eq!(card.matches(OPEN).count(), written.open);
        let problems = sent.problems();
        assert!(
            problems.len() >= 3,
            "a card with open places is refused: {problems:?}"
        );
        let mut words = plain();
        words.extend(asked);
        if nameless {
            words.extend(inputs(model).into_iter().map(|name| ("name", name)));
        }
        let mut card = filled(&card, &words);
        if model.ends_with("mlp") {
            card = card.replace(
                "# [[layers]]\n# kind = \"sigmoid\"",
                "[[layers]]\nkind = \"sigmoid\"",
            );
        }
        sent.write("models/m/card.toml", &card);
        assert_eq!(sent.problems(), [""; 0], "{model}:\n{card}");
        assert_eq!(auroc(&sent.run()), expected, "{model}");
    }
}

#[test]
fn tree_files_of_the_frameworks_become_cards_that_give_their_scores() {
    let (folder, cases) = vectors::cases();
    let mut done = Vec::new();
    for case in &cases {
        let repository = Repository::new();
        repository.data(30, &[("x", "", &|i| i as f64)]);
        let written = init::model(
            &folder.join(&case.file),
            Some(&repository.path("models/m")),
            false,
        );
        let written = written.unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let card = fs::read_to_string(&written.paths[0]).unwrap();
        let mut words = plain();
        for (start, word) in [("task", "\"binary\""), ("score", "\"probability\"")] {
            if card.contains(&format!("\n{start} = \"\"")) {
                words.push((start, word.to_owned()));
            }
        }
        for (place, input) in case.inputs.iter().enumerate() {
            if card.contains(&format!("{OPEN} input {} of the model", place + 1)) {
                words.push(("name", format!("{:?}", input.name)));
            }
            if let (Some(list), true) = (&input.categories, card.contains("categories = []")) {
                words.push(("categories", format!("{list:?}")));
            }
        }
        let mut card = filled(&card, &words).replace("missing = \"refuse\"", "missing = \"model\"");
        // its test vectors are risks
        card = card.replace("score = \"logit\"", "score = \"probability\"");
        card += &vectors::tests(case, 5);
        repository.write("models/m/card.toml", &card);
        let told = repository.problems().join("\n");
        assert!(
            told.contains("no column of dataset")
                && !told.contains("test vector")
                && !told.contains("card.toml"),
            "{}: {told}\n{card}",
            case.name
        );
        done.push(case.name.clone());
    }
    assert!(done.len() >= 40, "{}", done.len());
    assert!(cases.iter().any(|case| case.file.ends_with(".ubj")));
}

#[test]
fn onnx_files_of_the_exporters_become_cards_that_give_their_scores() {
    let folder = root().join("tests/oracle/onnx");
    let text = fs::read_to_string(folder.join("cases.json")).unwrap();
    let oracle: serde_json::Value = serde_json::from_str(&text).unwrap();
    for name in [
        "columns-gaps-boosting",
        "columns-logistic",
        "forest",
        "forest-words-zipmap",
        "gradient-boosting",
        "imputer-median-forest",
        "lightgbm-gaps",
        "logistic",
        "trees-opset-5",
        "xgboost-gaps",
    ] {
        let mut cases = oracle["cases"].as_array().unwrap().iter();
        let case = cases.find(|case| case["name"] == name).expect(name);
        let repository = Repository::new();
        repository.data(30, &[("x", "", &|i| i as f64)]);
        let file = folder.join(case["file"].as_str().unwrap());
        let written = init::model(&file, Some(&repository.path("models/m")), false);
        let written = written.unwrap_or_else(|e| panic!("{name}: {e}"));
        let card = fs::read_to_string(&written.paths[0]).unwrap();
        let mut words = plain();
        for (start, word) in [("task", "\"binary\""), ("score", "\"probability\"")] {
            if card.contains(&format!("\n{start} = \"\"")) {
                words.push((start, word.to_owned()));
            }
        }
        let inputs = case["inputs"].as_array().unwrap();
        for (place, input) in inputs.iter().enumerate() {
            if card.contains(&format!("{OPEN} input {} of the model", place + 1)) {
                words.push(("name", input["name"].to_string()));
            }
            if input["categories"].is_array() && card.contains("categories = []") {
                words.push(("categories", input["categories"].to_string()));
            }
        }
        let mut card = filled(&card, &words);
        if case["missing"] == true {
            card = card.replace("missing = \"refuse\"", "missing = \"model\"");
        }
        if let Some(class) = case["card"]["class"].as_str() {
            card = card.replacen("score = ", &format!("class = {class:?}\nscore = "), 1);
        }
        let vectors = |off: f64| {
            let rows = case["rows"].as_array().unwrap().iter();
            let pairs = rows.zip(case["scores"].as_array().unwrap()).take(5);
            let vector = |(row, score): (&serde_json::Value, &serde_json::Value)| {
                let mut text = format!(
                    "[[tests]]\nscore = {:?}\ntolerance = 1e-5\n[tests.row]\n",
                    score.as_f64().unwrap() + off
                );
                for (input, value) in inputs.iter().zip(row.as_array().unwrap()) {
                    let value = match (value, input["categories"].as_array()) {
                        (serde_json::Value::Null, _) => "\"missing\"".to_owned(),
                        (code, Some(words)) if code.is_u64() => {
                            words[code.as_u64().unwrap() as usize].to_string()
                        }
                        (value, _) => value.to_string(),
                    };
                    text += &format!("{} = {value}\n", input["name"]);
                }
                text
            };
            pairs.map(vector).collect::<String>()
        };
        for (off, reproduce) in [(0.0, true), (0.01, false)] {
            repository.write("models/m/card.toml", &(card.clone() + &vectors(off)));
            let told = repository.problems().join("\n");
            // what does not reproduce stops before a dataset is looked at
            let good = match reproduce {
                true => told.contains("no column of dataset") && !told.contains("card.toml"),
                false => told.contains("test vector 5 does not reproduce"),
            };
            assert!(good, "{name}: {told}\n{card}");
        }
    }
}

#[test]
fn a_card_is_never_written_over_and_nothing_half_written_stays() {
    let repository = Repository::new();
    let file = root().join("models/wdbc-xgboost/model.json");
    let out = repository.path("models/m");
    init::model(&file, Some(&out), false).unwrap();
    let error = init::model(&file, Some(&out), false).unwrap_err();
    assert!(error.what.contains("is there already") && error.help.unwrap().contains("--force"));
    init::model(&file, Some(&out), true).unwrap();
    let mut names: Vec<String> = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["card.toml", "model.json"]);
    // where the file lies already, only the card is new
    fs::remove_file(out.join("card.toml")).unwrap();
    let written = init::model(&out.join("model.json"), Some(&out), false).unwrap();
    assert_eq!(written.paths, [out.join("card.toml")]);
}

#[test]
fn what_could_run_code_is_refused_with_the_words_of_the_door() {
    let repository = Repository::new();
    for (name, bytes, told) in [
        (
            "model.json",
            &b"\x80\x04\x95\x10\0\0\0\0\0\0\0}."[..],
            "a Python pickle",
        ),
        ("model.onnx", b"\x78\x9c\x01\x02\x03", "joblib"),
        ("model.bin", b"PK\x03\x04....archive/data.pkl", "torch.save"),
        ("model.keras", b"PK\x03\x04....", "a zip archive"),
        ("model.h5", b"\x89HDF\r\n\x1a\n", "HDF5"),
        ("model.txt", b"hello", "no model in a format"),
        ("model.json2", b"{\"a\": 1}", "no XGBoost model"),
        ("empty", b"", "empty"),
    ] {
        let path = repository.path(name);
        fs::write(&path, bytes).unwrap();
        let error = init::model(&path, Some(&repository.path("out")), false).unwrap_err();
        assert!(error.to_string().contains(told), "{name}: {error}");
        assert!(!repository.path("out").exists());
    }
    assert!(init::model(&repository.path("nowhere"), None, false).is_err());
}

const MLMODEL: &str = r#"artifact_path: model
flavors:
  python_function:
    data: model.ubj
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.xgboost
    python_version: 3.12.3
  xgboost:
    code: null
    data: model.ubj
    model_class: xgboost.core.Booster
    model_format: ubj
    xgb_version: 3.2.0
mlflow_version: 3.4.0
model_uuid: 0f6a0c2a3a0e4a6b8a5a0c6f1c1c6f11
run_id: 5d1f2f0a6d3b4f0e9b1d
signature:
  inputs: '[{"type": "double", "name": "SIGNED", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]'
utc_time_created: '2026-01-05 10:00:00.000000'
"#;

#[test]
fn an_mlflow_folder_tells_its_file_and_its_signature() {
    let repository = Repository::new();
    let (folder, cases) = vectors::cases();
    let case = cases
        .iter()
        .find(|case| case.file.ends_with(".ubj"))
        .unwrap();
    repository.write("sent/MLmodel", MLMODEL);
    fs::copy(folder.join(&case.file), repository.path("sent/model.ubj")).unwrap();
    let out = repository.path("models/m");
    let written = init::model(&repository.path("sent"), Some(&out), false).unwrap();
    assert_eq!(written.paths[1], out.join("model.ubj"));
    let card = fs::read_to_string(&written.paths[0]).unwrap();
    for told in [
        "format = \"xgboost\"",
        "MLflow run_id: 5d1f2f0a6d3b4f0e9b1d",
        "xgb_version: 3.2.0",
        "source = \"MLflow run",
    ] {
        assert!(card.contains(told), "{told}\n{card}");
    }
    // the names of the file stand; another list in the signature is told
    let named = card.contains(&format!("name = {:?}", case.inputs[0].name));
    assert!(
        named == card.contains("careful: the signature names other inputs"),
        "{card}"
    );

    let pickled = MLMODEL
        .replace("  xgboost:\n", "  sklearn:\n")
        .replace("model.ubj", "model.pkl");
    repository.write("pickled/MLmodel", &pickled);
    fs::write(
        repository.path("pickled/model.pkl"),
        b"\x80\x04\x95\x10\0\0\0\0\0\0\0}.",
    )
    .unwrap();
    let error = init::model(&repository.path("pickled"), None, false).unwrap_err();
    assert!(
        error.to_string().contains("a Python pickle") && error.to_string().contains("never is"),
        "{error}"
    );

    let escaping = MLMODEL.replace("model.ubj", "../sent/model.ubj");
    repository.write("escaping/MLmodel", &escaping);
    let error = init::model(&repository.path("escaping"), None, false).unwrap_err();
    assert!(error.to_string().contains("leaves its folder"), "{error}");
    repository.write("bomb/MLmodel", "a: &a [x, x]\nflavors: [*a, *a]\n");
    let error = init::model(&repository.path("bomb"), None, false).unwrap_err();
    assert!(error.to_string().contains("aliases"), "{error}");
}

#[test]
fn a_hugging_face_folder_tells_licence_and_published_performance() {
    let repository = Repository::new();
    let readme = "---\nlicense: apache-2.0\nlibrary_name: xgboost\ntags:\n- tabular-classification\ndatasets:\n- someone/wdbc\nmetrics:\n- roc_auc\nmodel-index:\n- name: breast-mass\n  results:\n  - task:\n      type: tabular-classification\n    dataset:\n      type: someone/wdbc\n      name: WDBC\n    metrics:\n    - type: roc_auc\n      value: 0.99\n---\n\n# A model\n";
    repository.write("sent/README.md", readme);
    repository.write("sent/config.json", "{\"a\": 1}");
    fs::copy(
        root().join("models/wdbc-xgboost/model.json"),
        repository.path("sent/model.json"),
    )
    .unwrap();
    let out = repository.path("models/m");
    let written = init::model(&repository.path("sent"), Some(&out), false).unwrap();
    let card = fs::read_to_string(&written.paths[0]).unwrap();
    for told in [
        "name = \"breast-mass\"",
        "licence = \"apache-2.0\"",
        "# published: roc_auc 0.99 on WDBC",
        "# Hugging Face datasets: someone/wdbc",
    ] {
        assert!(card.contains(told), "{told}\n{card}");
    }
    assert!(
        !card.contains("auroc ="),
        "published performance is told, not taken over"
    );

    fs::copy(
        root().join("models/wdbc-lightgbm/model.txt"),
        repository.path("sent/other.txt"),
    )
    .unwrap();
    let error =
        init::model(&repository.path("sent"), Some(&repository.path("x")), false).unwrap_err();
    assert!(error.help.unwrap().contains("model.json, other.txt"));
    fs::remove_file(repository.path("sent/other.txt")).unwrap();
    fs::remove_file(repository.path("sent/model.json")).unwrap();
    fs::write(
        repository.path("sent/model.joblib"),
        b"\x78\x9c\x01\x02\x03",
    )
    .unwrap();
    let error =
        init::model(&repository.path("sent"), Some(&repository.path("x")), false).unwrap_err();
    assert!(error.to_string().contains("joblib"), "{error}");
}

#[test]
fn onnx_files_of_the_exporters_tell_what_they_know() {
    let folder = root().join("tests/oracle/onnx");
    let (mut read, mut sure) = (0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "onnx") {
            continue;
        }
        let out = tempfile::tempdir().unwrap();
        let written = init::model(Path::new(&path), Some(&out.path().join("m")), false);
        let written = written.unwrap_or_else(|e| panic!("{path:?}: {e}"));
        let card = fs::read_to_string(&written.paths[0]).unwrap();
        assert!(
            card.contains("# ONNX made by ") && card.contains("# opset "),
            "{card}"
        );
        toml::from_str::<toml::Table>(&card).unwrap_or_else(|e| panic!("{path:?}: {e}\n{card}"));
        read += 1;
        sure += usize::from(card.contains("score = \"probability\""));
    }
    assert!(read >= 20 && sure > 0, "{read} {sure}");
}
