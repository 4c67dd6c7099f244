//! What ships is whole, says what it is, and is made again byte for byte by its makers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]
#![expect(clippy::duplicate_mod, reason = "each maker brings what both share")]

use keur::sheet::Sheet;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../datasets/make_synthetic.rs"]
#[expect(dead_code, reason = "its `main` runs as an example")]
mod make_synthetic;
#[path = "../models/make_wdbc_models.rs"]
#[expect(dead_code, reason = "its `main` runs as an example")]
mod make_wdbc_models;

/// No shipped file is larger.
const LARGEST: u64 = 5 << 20;
const COHORT: &str = "datasets/synthetic-seven-centres";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folders(shelf: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root().join(shelf))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn card(folder: &Path) -> Sheet {
    let path = folder.join("card.toml");
    Sheet::read(&path, &path.display().to_string()).unwrap_or_else(|e| panic!("{e}"))
}

fn rows(dataset: &str) -> Vec<BTreeMap<String, String>> {
    let path = root().join(dataset).join("data.csv");
    let mut file = csv::Reader::from_path(path).unwrap();
    file.deserialize().map(|row| row.unwrap()).collect()
}

fn development(folder: &str) -> String {
    let text = fs::read_to_string(root().join(folder).join("card.toml")).unwrap();
    text.split_once("[development]").unwrap().1.to_owned()
}

#[test]
fn every_folder_has_a_card_and_no_large_file() {
    for (shelf, needed) in [
        (
            "models",
            ["name", "version", "predicts", "format", "licence"],
        ),
        (
            "datasets",
            ["name", "file", "format", "licence", "population"],
        ),
    ] {
        assert!(folders(shelf).len() >= 3);
        for folder in folders(shelf) {
            let card = card(&folder);
            let top = card.top();
            for key in needed {
                assert!(
                    !top.need_text(key).is_empty(),
                    "{}: {key}",
                    folder.display()
                );
            }
            if let Some(file) = top.text("file") {
                assert!(folder.join(&file).is_file(), "{}: {file}", folder.display());
            }
            for entry in fs::read_dir(&folder).unwrap() {
                let entry = entry.unwrap();
                assert!(
                    entry.metadata().unwrap().len() < LARGEST,
                    "{:?}",
                    entry.path()
                );
            }
        }
    }
}

#[test]
fn every_column_of_a_card_stands_in_the_file() {
    for folder in folders("datasets") {
        let card = card(&folder);
        let mut file = csv::Reader::from_path(folder.join(card.top().need_text("file"))).unwrap();
        let header: Vec<String> = file.headers().unwrap().iter().map(str::to_owned).collect();
        let declared: Vec<String> = card
            .top()
            .sections("columns")
            .iter()
            .map(|column| column.need_text("name"))
            .collect();
        for name in &declared {
            assert!(header.contains(name), "{}: {name}", folder.display());
        }
        let once: BTreeSet<&String> = declared.iter().collect();
        assert_eq!(once.len(), declared.len(), "{}", folder.display());
        assert_eq!(header.len(), declared.len(), "{}", folder.display());
    }
}

#[test]
fn what_is_synthetic_says_so() {
    let cohort = root().join(COHORT);
    let sheet = card(&cohort);
    assert_eq!(sheet.top().flag("synthetic"), Some(true));
    for key in ["name", "population", "period", "ground"] {
        let text = sheet.top().need_text(key).to_lowercase();
        assert!(text.contains("synthetic"), "{key}");
    }
    for folder in folders("models") {
        let id = folder.file_name().unwrap().to_str().unwrap();
        if id.starts_with("synthetic-") {
            let name = card(&folder).top().need_text("name").to_lowercase();
            assert!(name.contains("synthetic"), "{id}");
        }
    }
}

#[test]
fn the_synthetic_cohort_is_made_again_byte_for_byte() {
    let mut made = Vec::new();
    make_synthetic::generate(&mut made).unwrap();
    assert!(made == fs::read(root().join(COHORT).join("data.csv")).unwrap());
}

#[test]
fn the_synthetic_models_are_made_again_byte_for_byte() {
    for (id, (text, facts)) in make_synthetic::models().unwrap() {
        let folder = format!("models/{id}");
        let file = root().join(&folder).join("model.toml");
        assert_eq!(text, fs::read_to_string(file).unwrap(), "{id}");
        assert!(development(&folder).contains(&facts.to_string()), "{id}");
    }
}

#[test]
fn the_breast_mass_models_are_made_again_byte_for_byte() {
    let path = root().join("datasets/wdbc-development/data.csv");
    let rows = make_wdbc_models::Development::read(&path).unwrap();
    let (text, facts) = make_wdbc_models::logistic(&rows).unwrap();
    let file = root().join("models/wdbc-logistic/model.toml");
    assert_eq!(text, fs::read_to_string(file).unwrap());
    assert!(development("models/wdbc-logistic").contains(&facts.to_string()));
    let (bytes, facts) = make_wdbc_models::network(&rows).unwrap();
    let file = root().join("models/wdbc-mlp/model.safetensors");
    assert!(bytes == fs::read(file).unwrap());
    assert!(development("models/wdbc-mlp").contains(&facts.to_string()));
}

#[test]
fn the_synthetic_cohort_has_patients_centres_and_readmissions() {
    let rows = rows(COHORT);
    let mut admissions: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        *admissions.entry(&row["patient"]).or_default() += 1;
    }
    assert_eq!(admissions.len(), 20_000);
    assert!((23_500..24_500).contains(&rows.len()), "{}", rows.len());
    assert_eq!(*admissions.values().max().unwrap(), 4);
    let centres: BTreeSet<&str> = rows.iter().map(|row| row["centre"].as_str()).collect();
    assert_eq!(centres.len(), 7);
    let died = rows.iter().filter(|row| row["died-30d"] == "1").count() as f64;
    assert!((0.08..0.10).contains(&(died / rows.len() as f64)));
    let mut dead = BTreeSet::new();
    for row in &rows {
        assert!(
            !dead.contains(&row["patient"]),
            "nobody is admitted after death"
        );
        if row["died-30d"] == "1" {
            dead.insert(&row["patient"]);
        }
    }
}

#[test]
fn the_planted_faults_are_in_the_synthetic_cohort() {
    let all = rows(COHORT);
    let scored: Vec<_> = all
        .iter()
        .filter(|row| row["risk-vendor"] != "-1")
        .collect();
    assert!((50..500).contains(&(all.len() - scored.len())));
    let risk = |row: &BTreeMap<String, String>| row["risk-vendor"].parse::<f64>().unwrap();
    let died = |row: &BTreeMap<String, String>| row["died-30d"] == "1";
    let observed_to_expected = |centre: &str| {
        let here: Vec<_> = scored
            .iter()
            .filter(|row| row["centre"] == centre)
            .collect();
        let observed = here.iter().filter(|row| died(row)).count() as f64;
        observed / here.iter().map(|row| risk(row)).sum::<f64>()
    };
    assert!(observed_to_expected("centre C") < 0.7);
    assert!(observed_to_expected("centre F") > 1.6);
    assert!((0.9..1.3).contains(&observed_to_expected("centre A")));
    let sensitivity = |sex: &str| {
        let dead = scored.iter().filter(|row| row["sex"] == sex && died(row));
        let (found, all) = dead.fold((0.0, 0.0), |(found, all), row| {
            (found + f64::from(u8::from(risk(row) >= 0.1)), all + 1.0)
        });
        found / all
    };
    assert!(sensitivity("male") - sensitivity("female") > 0.15);

    let few = |origin: &str, centre: &str| {
        let here = |row: &&BTreeMap<_, _>| row["origin"] == origin && row["centre"] == centre;
        all.iter().filter(here).count()
    };
    assert!((1..10).contains(&few("origin D", "centre G")));
    let impossible = all.iter().filter(|row| row["systolic-pressure"] == "999");
    assert!((3..30).contains(&impossible.count()));
}

#[test]
fn no_biopsy_is_in_both_parts() {
    let development = rows("datasets/wdbc-development");
    let validation = rows("datasets/wdbc-validation");
    let ids: BTreeSet<&str> = development
        .iter()
        .chain(&validation)
        .map(|row| row["biopsy"].as_str())
        .collect();
    assert_eq!(ids.len(), 569);
    assert_eq!((development.len(), validation.len()), (285, 284));
    for part in [development, validation] {
        let malignant = part.iter().filter(|row| row["diagnosis"] == "malignant");
        assert_eq!(malignant.count(), 106);
    }
}
