//! Agreement with scikit-learn, statsmodels and scipy on a small synthetic table (`tests/oracle/make.py` makes both).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use keur::measure::interval::clopper_pearson;
use keur::measure::special::beta_quantile;
use keur::measure::{Split, find};
use keur::record::{At, GapKind};
use serde_json::Value as Json;
use support::{Sample, close, number, numbers};

fn oracle() -> Json {
    serde_json::from_str(include_str!("oracle/sample.json")).unwrap()
}

fn sample(oracle: &Json) -> Sample {
    let data = &oracle["data"];
    Sample::new(&numbers(&data["y"]), &numbers(&data["p"]))
}

fn by_patient(oracle: &Json) -> Sample {
    let patient: Vec<u32> = numbers(&oracle["data"]["patient"])
        .iter()
        .map(|&p| p as u32)
        .collect();
    Sample {
        patients: 180,
        patient,
        ..sample(oracle)
    }
}

fn tolerance(id: &str) -> f64 {
    if id.starts_with("calibration") {
        1e-7
    } else {
        1e-9
    }
}

#[test]
fn every_measure_agrees_with_and_without_case_weights() {
    let oracle = oracle();
    let thresholds = [0.1, 0.3, 0.5];
    let mut weighted = sample(&oracle);
    weighted.weight = Some(numbers(&oracle["data"]["weight"]));
    for (sample, plain, cuts) in [
        (sample(&oracle), "plain", "at"),
        (weighted, "weighted", "weighted-at"),
    ] {
        let found = sample.assess(&thresholds, 0);
        for (id, want) in oracle[plain].as_object().unwrap() {
            close(
                &format!("{plain} {id}"),
                found.point(id, None),
                number(want),
                tolerance(id),
            );
        }
        for (cut, threshold) in oracle[cuts].as_array().unwrap().iter().zip(thresholds) {
            for (id, want) in cut
                .as_object()
                .unwrap()
                .iter()
                .filter(|(id, _)| *id != "threshold")
            {
                let got = found.point(id, Some(At::threshold(threshold)));
                close(&format!("{cuts} {id} {threshold}"), got, number(want), 1e-9);
            }
        }
    }
}

#[test]
fn standard_errors_and_intervals_agree() {
    let oracle = oracle();
    let found = sample(&oracle).assess(&[0.1, 0.3, 0.5], 0);
    for (id, want) in oracle["se"].as_object().unwrap() {
        close(
            id,
            found.interval(id, None).se.unwrap(),
            number(want),
            tolerance(id),
        );
    }
    for (row, threshold) in oracle["wilson-at"]
        .as_array()
        .unwrap()
        .iter()
        .zip([0.1, 0.3, 0.5])
    {
        for (id, want) in row.as_object().unwrap() {
            let got = found.interval(id, Some(At::threshold(threshold)));
            let want = numbers(want);
            close(id, got.low, want[0], 1e-9);
            close(id, got.high, want[1], 1e-9);
        }
    }
    let found = by_patient(&oracle).assess(&[], 0);
    for (id, want) in oracle["se-by-patient"].as_object().unwrap() {
        close(id, found.interval(id, None).se.unwrap(), number(want), 1e-6);
    }
}

#[test]
fn exact_intervals_and_beta_quantiles_agree() {
    let oracle = oracle();
    for row in oracle["exact"].as_array().unwrap() {
        let got = clopper_pearson(number(&row["x"]), number(&row["n"])).unwrap();
        let want = numbers(&row["interval"]);
        close("exact low", got.low, want[0], 1e-9);
        close("exact high", got.high, want[1], 1e-9);
    }
    for row in oracle["beta-quantile"].as_array().unwrap() {
        let got = beta_quantile(number(&row["share"]), number(&row["a"]), number(&row["b"]));
        close("beta quantile", got, number(&row["value"]), 1e-10);
    }
}

#[test]
fn a_gap_in_sensitivity_is_newcombes() {
    let oracle = oracle();
    let group = |level: &str| {
        [("half".to_owned(), level.to_owned())]
            .into_iter()
            .collect()
    };
    let split = Split {
        by: vec!["half".to_owned()],
        groups: vec![
            (group("first"), (0..150).collect()),
            (group("second"), (150..300).collect()),
        ],
        reference: Some(1),
    };
    let found = sample(&oracle).split(&[0.3], 0, &[split]);
    let want = &oracle["sensitivity-gap-at-0.3"];
    let gap = found
        .0
        .gaps
        .iter()
        .find(|g| g.measure == "sensitivity" && g.kind == GapKind::Difference)
        .unwrap();
    assert_eq!(gap.groups, ["first", "second"]);
    assert_eq!(gap.at, Some(At::threshold(0.3)));
    close(
        "gap",
        gap.value.known().unwrap(),
        number(&want["point"]),
        1e-9,
    );
    let interval = gap.value.interval().unwrap();
    assert_eq!(interval.method, "newcombe");
    let ends = numbers(&want["interval"]);
    close("gap low", interval.low, ends[0], 1e-9);
    close("gap high", interval.high, ends[1], 1e-9);
    assert!(find("sensitivity").is_some());
}
