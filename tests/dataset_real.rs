//! Real data that lie beside the checkout; skipped where they are not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

use keur::config::dataset_card;
use keur::dataset::cohort::{Cohort, Needs, admit, columns_for};
use keur::dataset::groups::{self, Split, split};
use keur::dataset::{check, names, open};
use keur::record::InputCard;
use keur::sheet::Sheet;
use std::collections::BTreeMap;
use std::path::Path;

/// Writes the card into a folder, reads it from there, and admits the rows of the data. `None` where the data are not.
fn study(file: &str, card: &str, needs: &Needs, asked: &[&[&str]]) -> Option<(Cohort, Vec<Split>)> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(file);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("card.toml");
    let text = format!("name = \"real\"\nfile = \"data.csv\"\nformat = \"csv\"\n{card}");
    std::fs::write(&written, text).unwrap();
    let sheet = Sheet::read(&written, "card.toml").unwrap();
    let card = dataset_card::read(&sheet, "real");
    assert_eq!(sheet.finish(), []);
    let asked: Vec<Vec<String>> = asked
        .iter()
        .map(|by| by.iter().map(|name| (*name).to_owned()).collect())
        .collect();
    assert_eq!(check(&card, &names(&path, &card).unwrap()), []);
    let mut wanted = columns_for(&card, needs);
    wanted.extend(groups::columns_for(&card, &asked));
    let table = open(&path, &card, &wanted).unwrap();
    let cohort = admit(&table, &card, needs).unwrap();
    let splits = split(&table, &cohort, &card, &asked).unwrap();
    Some((cohort, splits))
}

fn sizes(split: &Split) -> Vec<(String, usize)> {
    let groups = split.groups.iter();
    groups
        .map(|g| {
            (
                g.group.values().cloned().collect::<Vec<_>>().join("/"),
                g.rows.len(),
            )
        })
        .collect()
}

fn events(cohort: &Cohort) -> usize {
    cohort.event.iter().filter(|event| **event).count()
}

#[test]
fn four_sites_with_question_marks_for_missing() {
    let card = r#"
        missing = ["?"]
        [[columns]]
        name = "disease"
        role = "outcome"
        event = "1"
        [[columns]]
        name = "site"
        role = "site"
        [[columns]]
        name = "sex"
        role = "group"
        labels = { "1.0" = "male", "0.0" = "female" }
        [[columns]]
        name = "chol"
        role = "input"
        unit = "mg/dl"
        range = [50, 700]
        outside = "missing"
        [[columns]]
        name = "age"
        role = "input"
        bands = [0, 50, 65]
    "#;
    let input = |name: &str, missing| InputCard {
        name: name.into(),
        missing,
        ..InputCard::default()
    };
    use keur::record::MissingRule::{Refuse, Value};
    let needs = Needs {
        inputs: vec![input("chol", Value(240.0)), input("age", Refuse)],
        joins: BTreeMap::from([("chol".into(), "chol".into()), ("age".into(), "age".into())]),
        prediction: None,
        ..Needs::default()
    };
    let asked: &[&[&str]] = &[&["site"], &["sex"], &["age-band"], &["sex", "site"]];
    let Some((cohort, splits)) = study(
        "uci_heart_4site/heart_4site_merged.csv",
        card,
        &needs,
        asked,
    ) else {
        return;
    };
    assert_eq!(
        (cohort.rows.len(), cohort.patients, events(&cohort)),
        (920, 920, 509)
    );
    let sites = [
        ("cleveland", 303),
        ("hungarian", 294),
        ("switzerland", 123),
        ("va", 200),
    ];
    assert_eq!(
        sizes(&splits[0]),
        sites.map(|(name, n)| (name.to_owned(), n))
    );
    assert_eq!(splits[0].reference, Some(0));
    assert_eq!(splits[1].groups[1].group["sex"], "male");
    assert_eq!(splits[2].groups.len(), 3);
    assert_eq!(splits[3].groups.len(), 8);
    let noted = cohort
        .flow
        .iter()
        .find(|step| step.step == "noted")
        .unwrap();
    assert!(
        noted.rows.known().unwrap() >= 123,
        "every Swiss cholesterol is a zero"
    );
}

#[test]
fn a_quoted_header_and_flags_in_capitals() {
    let card = r#"
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
        [[columns]]
        name = "risk_group"
        role = "group"
        categories = ["low", "intermediate", "high"]
    "#;
    let needs = Needs {
        prediction: Some("cancerpredmarker".into()),
        ..Needs::default()
    };
    let Some((cohort, splits)) = study(
        "dcurves_tutorial/df_binary.csv",
        card,
        &needs,
        &[&["risk_group"]],
    ) else {
        return;
    };
    assert_eq!(
        (cohort.rows.len(), cohort.patients, events(&cohort)),
        (750, 750, 105)
    );
    let levels: Vec<String> = sizes(&splits[0])
        .into_iter()
        .map(|(level, _)| level)
        .collect();
    assert_eq!(levels, ["low", "intermediate", "high"]);
}

#[test]
fn stays_without_a_prediction_and_patients_with_several_stays() {
    let card = r#"
        missing = ["-1"]
        [[columns]]
        name = "uniquepid"
        role = "patient"
        [[columns]]
        name = "hospitalid"
        role = "site"
        [[columns]]
        name = "died_hosp"
        role = "outcome"
        event = "1"
        [[columns]]
        name = "pred_hosp_mort"
        role = "prediction"
        [[columns]]
        name = "ethnicity"
        role = "group"
        [[columns]]
        name = "age_num"
        role = "group"
        bands = [0, 50, 65, 80]
    "#;
    let needs = Needs {
        prediction: Some("pred_hosp_mort".into()),
        ..Needs::default()
    };
    let asked: &[&[&str]] = &[&["ethnicity"], &["site"], &["age_num-band"]];
    let file = "eicu_demo_apache/derived_apache_iva_predictions.csv";
    let Some((cohort, splits)) = study(file, card, &needs, asked) else {
        return;
    };
    let steps: Vec<_> = cohort
        .flow
        .iter()
        .map(|s| {
            (
                s.reason.as_str(),
                s.rows.known().unwrap(),
                s.patients.known().unwrap(),
            )
        })
        .collect();
    assert_eq!(steps[0], ("rows in the file", 1_838, 1_512));
    assert_eq!(steps[1].0, "not predicted");
    assert_eq!(steps[1].1, 155);
    assert_eq!(steps[2], ("rows that belong", 1_683, 1_449));
    assert_eq!((events(&cohort), cohort.patients), (139, 1_449));
    assert_eq!(
        sizes(&splits[0]),
        [
            ("African American", 166),
            ("Asian", 24),
            ("Caucasian", 1_314),
            ("Hispanic", 95),
            ("Native American", 11),
            ("Other/Unknown", 54),
            ("unknown", 19)
        ]
        .map(|(name, n)| (name.to_owned(), n))
    );
    assert_eq!(splits[0].reference, Some(2));
}
