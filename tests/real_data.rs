//! Studies on real data, end to end, against scikit-learn, statsmodels and dcurves (`tests/oracle/real_data.py`).
//! The data lie beside the repository and are never part of it; without them these tests say so and pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

use keur::plan::Plan;
use keur::progress::Quiet;
use keur::record::{At, Evidence, Group, Record, Value};
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};

const CLOSED_FORM: f64 = 1e-8;
const ITERATIVE: f64 = 1e-6;

fn shared(set: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(set);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not beside the repository", folder.display());
    None
}

fn oracle() -> Json {
    serde_json::from_str(include_str!("oracle/real_data.json")).unwrap()
}

/// A repository of one dataset and one model, and its record.
fn run(data: &str, dataset_card: &str, model: [&str; 2], groups: &str, min_cell: u64) -> Record {
    let [model_card, model_file] = model;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("datasets/d/data.csv", data);
    write("datasets/d/card.toml", dataset_card);
    write("models/m/card.toml", model_card);
    write("models/m/model.toml", model_file);
    write(
        "study.toml",
        &format!(
            "title = \"t\"\nreplicates = 200\nmin-cell = {min_cell}\nconditions = []\n[[study]]\nmodel = \"models/m\"\n\
             dataset = \"datasets/d\"\nthresholds = [0.1, 0.2, 0.3]\ngroups = {groups}\n"
        ),
    );
    let plan = Plan::new(&folder.path().join("study.toml"), false)
        .unwrap_or_else(|e| panic!("{}", e.iter().map(|e| format!("{e}\n")).collect::<String>()));
    keur::run::run(&plan, &Quiet)
}

fn agree(evidence: &Evidence, group: Option<&Group>, oracle: &Json, what: &str) {
    assert_eq!(evidence.failure, None);
    let number = |key: &str| oracle[key].as_f64().unwrap();
    let check = |measure: &str, at: Option<&At>, expected: f64, tolerance: f64| {
        let found = evidence
            .estimate(measure, at, group)
            .unwrap_or_else(|| panic!("{measure}"));
        let point = found
            .value
            .known()
            .unwrap_or_else(|| panic!("{measure} {:?}", found.value));
        let error = (point - expected).abs() / expected.abs().max(1e-12);
        println!("{what:24} {measure:22} {at:?} keur {point:.10} oracle {expected:.10}");
        assert!(error < tolerance, "{what} {measure} {point} {expected}");
        found.value.clone()
    };
    for measure in [
        "auroc",
        "average-precision",
        "brier",
        "scaled-brier",
        "log-loss",
        "oe-ratio",
    ] {
        check(measure, None, number(measure), CLOSED_FORM);
    }
    for measure in ["calibration-intercept", "calibration-slope"] {
        let value = check(measure, None, number(measure), ITERATIVE);
        let Value::Known {
            point,
            interval: Some(interval),
            ..
        } = value
        else {
            panic!("{measure} has no interval");
        };
        let se = number(&format!("{measure}-se"));
        let high = point + 1.959_963_984_540_054 * se;
        assert!(
            (interval.high - high).abs() < 1e-5,
            "{what} {measure} {interval:?} {high}"
        );
    }
    for at in oracle["at"].as_array().unwrap() {
        let threshold = At::threshold(at["threshold"].as_f64().unwrap());
        for measure in [
            "net-benefit",
            "sensitivity",
            "specificity",
            "ppv",
            "npv",
            "alert-rate",
        ] {
            check(
                measure,
                Some(&threshold),
                at[measure].as_f64().unwrap(),
                CLOSED_FORM,
            );
        }
    }
}

fn level(attribute: &str, level: &str) -> Group {
    Group::from([(attribute.to_owned(), level.to_owned())])
}

const PREDICTIONS: &str = r#"
name = "predictions"
version = "1"
task = "binary"
predicts = "the event"
format = "column"
column = "risk"
score = "probability"
"#;

#[test]
fn a_model_of_cleveland_is_validated_in_three_other_centres() {
    let Some(folder) = shared("uci_heart_4site") else {
        return;
    };
    let mut data = String::from(
        "site,age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,num\n",
    );
    for site in ["hungarian", "switzerland", "va"] {
        let text = fs::read_to_string(folder.join(format!("processed.{site}.data"))).unwrap();
        for line in text.lines().filter(|l| !l.trim().is_empty()) {
            // The outcome is graded 0 to 4; any disease is the event.
            let (inputs, grade) = line.rsplit_once(',').unwrap();
            let disease = u8::from(grade.trim() != "0");
            data.push_str(&format!("{site},{inputs},{disease}\n"));
        }
    }
    let oracle = oracle();
    let inputs = [
        "age", "sex", "cp", "trestbps", "thalach", "exang", "oldpeak",
    ];
    let mut dataset = String::from(
        "name = \"heart\"\nfile = \"data.csv\"\nformat = \"csv\"\nmissing = [\"?\"]\n\
         [[columns]]\nname = \"site\"\nrole = \"site\"\n\
         [[columns]]\nname = \"num\"\nrole = \"outcome\"\nevent = \"1\"\n",
    );
    let mut card = String::from(
        "name = \"logistic\"\nversion = \"1\"\ntask = \"binary\"\npredicts = \"heart disease\"\n\
         format = \"linear\"\nfile = \"model.toml\"\nscore = \"probability\"\n",
    );
    let mut model = format!(
        "link = \"logistic\"\nintercept = {}\n",
        oracle["heart"]["model"]["const"]
    );
    for input in inputs {
        dataset.push_str(&format!(
            "[[columns]]\nname = \"{input}\"\nrole = \"input\"\n"
        ));
        card.push_str(&format!("[[inputs]]\nname = \"{input}\"\n"));
        let coefficient = &oracle["heart"]["model"][input];
        model.push_str(&format!(
            "[[terms]]\ninput = \"{input}\"\ncoefficient = {coefficient}\n"
        ));
    }
    let record = run(&data, &dataset, [&card, &model], "[\"site\"]", 1);
    let evidence = &record.evidence[0];
    agree(
        evidence,
        None,
        &oracle["heart"]["all"],
        "heart, three centres",
    );
    for site in ["hungarian", "va"] {
        let group = level("site", site);
        agree(evidence, Some(&group), &oracle["heart"][site], site);
    }
}

#[test]
fn the_decision_curve_tutorial_gives_its_published_net_benefit() {
    let Some(folder) = shared("dcurves_tutorial") else {
        return;
    };
    let data = fs::read_to_string(folder.join("df_binary.csv")).unwrap();
    let dataset = r#"
        name = "tutorial"
        file = "data.csv"
        format = "csv"
        [[columns]]
        name = "patientid"
        role = "patient"
        [[columns]]
        name = "cancer"
        role = "outcome"
        event = "TRUE"
        [[columns]]
        name = "cancerpredmarker"
        role = "prediction"
    "#;
    let card = PREDICTIONS.replace("\"risk\"", "\"cancerpredmarker\"");
    let record = run(&data, dataset, [&card, ""], "[]", 1);
    agree(
        &record.evidence[0],
        None,
        &oracle()["tutorial"]["all"],
        "decision curve tutorial",
    );
}

#[test]
fn apache_in_the_eicu_demo_counts_who_was_not_predicted_and_who_came_back() {
    let Some(folder) = shared("eicu_demo_apache") else {
        return;
    };
    let read = |name: &str| -> Vec<std::collections::BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(folder.join(name)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    };
    let patients: std::collections::BTreeMap<String, (String, String)> = read("patient.csv")
        .into_iter()
        .map(|r| {
            let who = (r["uniquepid"].clone(), r["ethnicity"].clone());
            (r["patientunitstayid"].clone(), who)
        })
        .collect();
    let mut data = String::from("stay,patient,ethnicity,risk,died\n");
    for row in read("apachepatientresult.csv")
        .iter()
        .filter(|r| r["apacheversion"] == "IVa")
    {
        let stay = &row["patientunitstayid"];
        let (patient, ethnicity) = &patients[stay];
        data.push_str(&format!(
            "{stay},{patient},{ethnicity},{},{}\n",
            row["predictedhospitalmortality"], row["actualhospitalmortality"]
        ));
    }
    let dataset = r#"
        name = "eicu"
        file = "data.csv"
        format = "csv"
        missing = [""]
        [[columns]]
        name = "patient"
        role = "patient"
        [[columns]]
        name = "ethnicity"
        role = "group"
        [[columns]]
        name = "risk"
        role = "prediction"
        missing = ["-1"]
        [[columns]]
        name = "died"
        role = "outcome"
        event = "EXPIRED"
    "#;
    let record = run(&data, dataset, [PREDICTIONS, ""], "[\"ethnicity\"]", 10);
    let evidence = &record.evidence[0];
    let oracle = oracle();
    agree(evidence, None, &oracle["eicu"]["all"], "eicu");
    let group = level("ethnicity", "Caucasian");
    let shown = evidence
        .estimate("auroc", None, Some(&group))
        .unwrap()
        .value
        .known();
    println!("eicu, ethnicity Caucasian: {shown:?} (hidden when it protects smaller groups)");
    assert_eq!(evidence.profile.rows.known(), Some(1683));
    assert_eq!(
        evidence.profile.patients.known(),
        oracle["eicu"]["all"]["patients"].as_u64()
    );
    let native = level("ethnicity", "Native American");
    let small = evidence.estimate("auroc", None, Some(&native)).unwrap();
    assert!(matches!(&small.value, Value::Masked { .. }), "{small:?}");
    let left = evidence
        .profile
        .flow
        .iter()
        .find(|f| f.step == "excluded" && f.rows.known() == Some(155));
    assert!(
        left.is_some(),
        "155 stays were not predicted: {:?}",
        evidence.profile.flow
    );
}
