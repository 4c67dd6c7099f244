//! Test vectors of a card reproduce before any row is read, or nothing runs.

use crate::repository::Repository;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
struct Oracle {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
pub struct Case {
    pub name: String,
    pub file: String,
    pub format: String,
    pub inputs: Vec<Input>,
    pub rows: Vec<Vec<Option<f64>>>,
    pub scores: Vec<f64>,
}

#[derive(Deserialize)]
pub struct Input {
    pub name: String,
    pub categories: Option<Vec<String>>,
}

/// The card of a case of `tests/oracle/forest.py` with its first rows as test vectors, as the framework scored them.
fn card(case: &Case, vectors: usize) -> String {
    let mut card = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='{}'\nfile='{}'\nscore='probability'\n",
        case.format, case.file
    );
    for input in &case.inputs {
        card += &format!("[[inputs]]\nname='{}'\nmissing='model'\n", input.name);
        if let Some(words) = &input.categories {
            card += &format!("categories={words:?}\n");
        }
    }
    card + &tests(case, vectors)
}

/// The first rows of a case as test vectors, as the framework scored them.
pub fn tests(case: &Case, vectors: usize) -> String {
    let mut card = String::new();
    for (row, score) in case.rows.iter().zip(&case.scores).take(vectors) {
        card += &format!("[[tests]]\nscore = {score:?}\n[tests.row]\n");
        for (input, value) in case.inputs.iter().zip(row) {
            let value = match (value, &input.categories) {
                (None, _) => "\"missing\"".to_owned(),
                (Some(code), Some(words)) => format!("{:?}", words[*code as usize]),
                (Some(number), None) => format!("{number:?}"),
            };
            card += &format!("{:?} = {value}\n", input.name);
        }
    }
    card
}

pub fn cases() -> (std::path::PathBuf, Vec<Case>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/forest");
    let text = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    let oracle: Oracle = serde_json::from_str(&text).unwrap();
    (folder, oracle.cases)
}

#[test]
fn scores_of_the_frameworks_reproduce_for_every_tree_model() {
    let (folder, cases) = cases();
    let mut checked = 0;
    for case in &cases {
        let repository = Repository::new();
        repository.data(30, &[("x", "", &|i| i as f64)]);
        repository.write("models/m/card.toml", &card(case, 5));
        std::fs::copy(
            folder.join(&case.file),
            repository.path("models/m").join(&case.file),
        )
        .unwrap();
        let told = repository.problems().join("\n");
        assert!(!told.contains("test vector"), "{}: {told}", case.name);
        assert!(
            told.contains("no column of dataset"),
            "{}: {told}",
            case.name
        );
        checked += 1;
        if case.scores.first() != case.scores.get(1) {
            let mut wrong = card(case, 1);
            let score = format!("{:?}", case.scores[0]);
            wrong = wrong.replacen(&score, &format!("{:?}", case.scores[0] + 0.01), 1);
            repository.write("models/m/card.toml", &wrong);
            let told = repository.problems().join("\n");
            assert!(
                told.contains("test vector 1 does not reproduce"),
                "{}: {told}",
                case.name
            );
        }
    }
    assert!(checked >= 40, "{checked}");
}

#[test]
fn scores_of_the_frameworks_reproduce_for_networks_that_read_tensors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/network");
    let mut checked = 0;
    for (book, name) in [
        ("torch", "mixed-torch-script-17"),
        ("torch", "transformer-torch-dynamo-18"),
        ("torch", "resnet-torch-dynamo-18"),
        ("keras", "cnn-keras-18"),
        ("keras", "unet-keras-13"),
        ("keras", "gru-keras-18"),
    ] {
        let text = std::fs::read_to_string(folder.join(format!("{book}.json"))).unwrap();
        let oracle: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut cases = oracle["cases"].as_array().unwrap().iter();
        let case = cases.find(|case| case["name"] == name).expect(name);
        let inputs = oracle["rows"][case["network"].as_str().unwrap()]
            .as_array()
            .unwrap();
        let mut card = format!(
            "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='onnx'\nfile={}\n",
            case["file"]
        );
        for (key, value) in case["card"].as_object().unwrap() {
            card += &format!("{key} = {value}\n");
        }
        for input in inputs {
            card += &format!(
                "[[inputs]]\nname={}\nkind='tensor'\nshape={}\n",
                input["name"], input["shape"]
            );
        }
        // one number of the first input is another one in `wrong`
        let vectors = |wrong: bool| {
            let mut text = String::new();
            for row in 0..3 {
                let score = &case["scores"][row];
                text += &format!("[[tests]]\nscore = {score}\ntolerance = 1e-5\n[tests.row]\n");
                for (place, input) in inputs.iter().enumerate() {
                    let mut values = input["values"][row].clone();
                    if wrong && place == 0 {
                        values.as_array_mut().unwrap().reverse();
                    }
                    text += &format!("{} = {values}\n", input["name"]);
                }
            }
            text
        };
        let repository = Repository::new();
        repository.data(30, &[("other", "", &|i| i as f64)]);
        repository.write("models/m/card.toml", &(card.clone() + &vectors(false)));
        let file = case["file"].as_str().unwrap();
        std::fs::copy(folder.join(file), repository.path("models/m").join(file)).unwrap();
        let told = repository.problems().join("\n");
        assert!(
            !told.contains("test vector") && told.contains("no column of dataset"),
            "{name}: {told}"
        );
        repository.write("models/m/card.toml", &(card + &vectors(true)));
        let told = repository.problems().join("\n");
        assert!(told.contains("does not reproduce"), "{name}: {told}");
        checked += 1;
    }
    assert_eq!(checked, 6);
}

const TWO: [(&str, &str, f64); 2] = [
    ("age", "unit = 'years'", 0.02),
    ("creatinine", "unit = 'mg/dL'", 0.003),
];

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn test(row: &str, score: f64, more: &str) -> String {
    format!("[[tests]]\nname = 'a made-up man'\nrow = {{ {row} }}\nscore = {score:?}\n{more}\n")
}

#[test]
fn a_vector_that_does_not_reproduce_says_what_was_expected_what_was_found_and_why() {
    let repository = Repository::new();
    repository.data(
        30,
        &[
            ("age", "years", &|i| 40.0 + i as f64),
            ("creatinine", "mg/dL", &|i| 1.0 + i as f64 / 30.0),
        ],
    );
    let sum = |age: f64, creatinine: f64| -1.0 + 0.02 * age + 0.003 * creatinine;
    for (score, told) in [
        (sum(60.0, 1.5), "the model's `score`|log odds"),
        (100.0 * logistic(sum(60.0, 1.5)), "`percent`"),
        (1.0 - logistic(sum(60.0, 1.5)), "which of the two classes"),
        (logistic(sum(1.5, 60.0)), "`age` and `creatinine` swapped"),
        (
            logistic(sum(60.0, 1.5 * 0.01 / 113.120 * 1e6)),
            "`creatinine` changed from mg/dL to umol/L",
        ),
        (logistic(sum(60.0, 1.5)) + 1e-4, "rounded"),
        (0.01, "usual causes"),
    ] {
        repository.equation(&TWO, &test("age = 60, creatinine = 1.5", score, ""));
        let problems = repository.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        let problem = &problems[0];
        assert!(
            problem.contains("test vector 1 (`a made-up man`) does not reproduce"),
            "{problem}"
        );
        assert!(problem.contains(&format!("{score}")), "{problem}");
        assert!(
            problem.contains(&format!("{}", logistic(sum(60.0, 1.5)))),
            "{problem}"
        );
        assert!(problem.contains("models/m/card.toml"), "{problem}");
        assert!(
            told.split('|').any(|told| problem.contains(told)),
            "{told}: {problem}"
        );
    }
    repository.equation(&TWO, &test("age = 60, creatinine = 'missing'", 0.5, ""));
    assert!(repository.problems()[0].contains("refuses the row"));
}

#[test]
fn a_rounded_score_needs_a_tolerance() {
    let repository = Repository::new();
    repository.data(
        30,
        &[
            ("age", "years", &|i| 40.0 + i as f64),
            ("creatinine", "mg/dL", &|i| 1.0 + i as f64 / 30.0),
        ],
    );
    let exact = logistic(-1.0 + 0.02 * 60.0 + 0.003 * 1.5);
    let rounded = (exact * 1000.0).round() / 1000.0;
    let row = "age = 60, creatinine = 1.5";
    repository.equation(&TWO, &test(row, rounded, ""));
    assert_eq!(repository.problems().len(), 1);
    repository.equation(&TWO, &test(row, rounded, "tolerance = 0.0005"));
    assert_eq!(repository.problems(), [""; 0]);
    repository.equation(&TWO, &test(row, exact, "tolerance = 0"));
    assert_eq!(repository.problems(), [""; 0]);
}

#[test]
fn the_record_and_the_pages_say_how_many_reproduced_and_never_show_a_row() {
    let repository = Repository::new();
    repository.data(
        90,
        &[
            ("age", "years", &|i| 40.0 + i as f64 / 3.0),
            ("creatinine", "mg/dL", &|i| 1.0 + (i % 7) as f64 / 10.0),
        ],
    );
    let score = logistic(-1.0 + 0.02 * 61.234_567 + 0.003 * 1.5);
    let tests = test("age = 61.234567, creatinine = 1.5", score, "");
    repository.equation(&TWO, &format!("{tests}{tests}"));
    let record = repository.run();
    assert_eq!(record.evidence[0].model.reproduced, Some(2));
    assert_eq!(record.evidence[0].failure, None);
    let out = repository.path("out");
    let formats: Vec<_> = keur::report::all().iter().collect();
    let pages = keur::report::write(&record, &out, &formats).unwrap();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        assert!(
            !text.contains("61.234567") && !text.contains("a made-up man"),
            "{page:?}"
        );
    }
    let json = std::fs::read_to_string(out.join("record.json")).unwrap();
    assert!(json.contains("\"reproduced\": 2") || json.contains("\"reproduced\":2"));
    let html = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(
        html.contains("all 2 made-up rows of the card"),
        "the card section says so"
    );
}
