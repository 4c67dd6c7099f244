//! The golden files beside the repository.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests; not each uses all"
)]

use super::{Sample, close, numbers};
use keur::record::Interval;
use serde_json::Value as Json;

/// A golden file; `None` with a printed reason where there is none.
pub fn golden(file: &str) -> Option<Json> {
    let path = format!(
        "{}/../shared/reference/golden/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            println!("skipped: no golden file {file} here");
            None
        }
    }
}

pub fn table(file: &str) -> std::collections::BTreeMap<String, Vec<f64>> {
    let path = format!(
        "{}/../shared/reference/golden/data/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    super::columns(&std::fs::read_to_string(path).unwrap())
}

/// The synthetic cohort with one of its scores, row by row or by patient.
pub fn cohort(score: &str, by_patient: bool) -> Sample {
    let table = table("sim_multicentre.csv");
    let mut sample = Sample::new(&table["y"], &table[score]);
    if by_patient {
        sample.patient = table["patient"].iter().map(|&p| p as u32).collect();
        sample.patients = 1 + *sample.patient.iter().max().unwrap() as usize;
    }
    sample
}

pub const COHORT: [(&str, &str); 3] = [
    ("model_a", "p_a"),
    ("model_b", "p_b"),
    ("tied_score", "p_score"),
];

pub fn ends(interval: &Interval) -> [f64; 2] {
    [interval.low, interval.high]
}

pub fn agree(what: &str, got: &Interval, want: &Json, tolerance: f64) {
    let want = numbers(want);
    for (got, want) in ends(got).iter().zip(&want) {
        close(what, *got, *want, tolerance);
    }
}
