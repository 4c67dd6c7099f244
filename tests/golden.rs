//! Agreement with R and Python on the golden files beside the repository; skipped where those are absent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use keur::record::{At, Value};
use serde_json::Value as Json;
use support::golden::{COHORT, agree, cohort, golden, table};
use support::{Sample, close, number};

fn every() -> Vec<(String, Sample, Json, f64)> {
    let mut every = Vec::new();
    if let (Some(sim), Some(breast), Some(python)) = (
        golden("binary_sim.json"),
        golden("binary_breast_cancer.json"),
        golden("python_misc.json"),
    ) {
        let python = &python["binary_sklearn"];
        for (name, column) in COHORT {
            let precision = number(&python[format!("sim_{column}")]["average_precision"]);
            every.push((
                name.to_owned(),
                cohort(column, false),
                sim[name].clone(),
                precision,
            ));
        }
        let table = table("breast_cancer.csv");
        for column in ["p", "p2"] {
            let sample = Sample::new(&table["y"], &table[column]);
            let precision = number(&python[format!("breast_cancer_{column}")]["average_precision"]);
            every.push((
                format!("breast cancer {column}"),
                sample,
                breast[column].clone(),
                precision,
            ));
        }
    }
    every
}

#[test]
fn points_and_closed_forms_agree_with_r_and_python() {
    for (name, sample, want, precision) in every() {
        let found = sample.assess(&[], 0);
        let point = |id: &str| found.point(id, None);
        let interval = |id: &str| found.interval(id, None);
        let what = |id: &str| format!("{name} {id}");
        close(
            &what("auroc"),
            point("auroc"),
            number(&want["auroc"]["estimate"]),
            1e-8,
        );
        agree(
            &what("auroc"),
            &interval("auroc"),
            &want["auroc"]["delong_ci_logit"],
            1e-8,
        );
        close(
            &what("auroc se"),
            interval("auroc").se.unwrap(),
            number(&want["auroc"]["delong_se"]),
            1e-8,
        );
        close(
            &what("average-precision"),
            point("average-precision"),
            precision,
            1e-8,
        );
        let calibration = &want["calibration"];
        close(
            &what("oe"),
            point("oe-ratio"),
            number(&calibration["OE"]),
            1e-8,
        );
        agree(
            &what("oe"),
            &interval("oe-ratio"),
            &calibration["OE_ci_log_binomial"],
            1e-8,
        );
        for (id, theirs) in [
            ("calibration-intercept", "intercept_offset"),
            ("calibration-slope", "slope"),
        ] {
            close(&what(id), point(id), number(&calibration[theirs]), 1e-6);
            agree(
                &what(id),
                &interval(id),
                &calibration[format!("{theirs}_ci_wald")],
                1e-6,
            );
        }
        let overall = &want["overall"];
        close(
            &what("brier"),
            point("brier"),
            number(&overall["brier"]),
            1e-8,
        );
        close(
            &what("brier se"),
            interval("brier").se.unwrap(),
            number(&overall["brier_se"]),
            1e-8,
        );
        close(
            &what("scaled"),
            point("scaled-brier"),
            number(&overall["scaled_brier"]),
            1e-8,
        );
        close(
            &what("log-loss"),
            point("log-loss"),
            number(&overall["logloss_mean"]),
            1e-8,
        );
    }
}

#[test]
fn thresholds_agree_with_r_ties_at_the_threshold_included() {
    for (name, sample, want, _) in every() {
        let rows: Vec<&Json> = want["thresholds"].as_array().unwrap().iter().collect();
        let thresholds: Vec<f64> = rows.iter().map(|r| number(&r["threshold"])).collect();
        let found = sample.masked(&thresholds, 0, &[], 1);
        for (want, &threshold) in rows.iter().zip(&thresholds) {
            let at = Some(At::threshold(threshold));
            for (id, theirs) in [
                ("sensitivity", "sens"),
                ("specificity", "spec"),
                ("ppv", "ppv"),
                ("npv", "npv"),
            ] {
                let what = format!("{name} {id} at {threshold}");
                if want[theirs].is_null() {
                    assert!(
                        matches!(found.value(id, at), Value::Undefined { .. }),
                        "{what}"
                    );
                    continue;
                }
                close(&what, found.point(id, at), number(&want[theirs]), 1e-8);
                agree(
                    &what,
                    &found.interval(id, at),
                    &want[format!("{theirs}_wilson")],
                    1e-8,
                );
            }
            let what = |id: &str| format!("{name} {id} at {threshold}");
            close(
                &what("alerts"),
                found.point("alert-rate", at),
                number(&want["alert_rate"]),
                1e-8,
            );
            close(
                &what("nb"),
                found.point("net-benefit", at),
                number(&want["net_benefit"]),
                1e-8,
            );
            close(
                &what("nb se"),
                found.interval("net-benefit", at).se.unwrap(),
                number(&want["net_benefit_se_direct"]),
                1e-8,
            );
            let standardised = "standardised-net-benefit";
            close(
                &what("snb"),
                found.point(standardised, at),
                number(&want["standardized_nb"]),
                1e-8,
            );
            let se = found.interval(standardised, at).se.unwrap();
            close(&what("snb se"), se, number(&want["snb_se_marsh"]), 1e-8);
        }
    }
}

#[test]
fn patients_with_several_rows_widen_intervals_as_the_sandwich_says() {
    let Some(want) = golden("binary_sim.json") else {
        return;
    };
    for (name, column) in COHORT {
        let sample = cohort(column, true);
        let found = sample.assess(&[0.2], 0);
        let patients = sample.distinct_patients() as f64;
        let correction = patients / (patients - 1.0);
        let se = |id: &str| found.interval(id, None).se.unwrap();
        let want = &want[name];
        // ours is the infinitesimal jackknife of survival::concordance times G / (G - 1)
        let jackknife = number(&want["auroc"]["cluster_ij_var_survival_concordance"]);
        close(
            "clustered auroc",
            se("auroc"),
            (jackknife * correction).sqrt(),
            1e-8,
        );
        assert_eq!(
            found.interval("auroc", None).method,
            "delong-logit-clustered"
        );
        close(
            "slope CR1",
            se("calibration-slope"),
            number(&want["calibration"]["slope_se_cluster_CR1"]),
            1e-6,
        );
        let plain = number(&want["calibration"]["intercept_offset_se_cluster_HC0"]);
        close(
            "intercept CR1",
            se("calibration-intercept"),
            plain * correction.sqrt(),
            1e-6,
        );
        let share = found.interval("sensitivity", Some(At::threshold(0.2)));
        assert_eq!(share.method, "logit-cluster-sandwich");
    }
}

#[test]
fn the_smallest_sample_with_ties_and_certain_risks_agrees() {
    let (Some(want), Some(python)) = (golden("binary_tiny.json"), golden("python_misc.json"))
    else {
        return;
    };
    let table = table("tiny_ties.csv");
    let found = Sample::new(&table["y"], &table["p"]).assess(&[], 200);
    close(
        "auc",
        found.point("auroc", None),
        number(&want["auc"]),
        1e-12,
    );
    close(
        "brier",
        found.point("brier", None),
        number(&want["brier"]),
        1e-12,
    );
    let precision = number(&python["binary_sklearn"]["tiny_p"]["average_precision"]);
    close(
        "ap",
        found.point("average-precision", None),
        precision,
        1e-12,
    );
    let brier = found.value("brier", None);
    assert!(
        brier.interval().is_none(),
        "fewer than ten events leave no interval"
    );
}

#[test]
fn groups_agree_with_fairlearn_and_statsmodels() {
    let Some(want) = golden("fairness.json") else {
        return;
    };
    let table = table("sim_multicentre.csv");
    let want = &want["p_a_t0.2"]["sex"]["groups"];
    for (level, code) in [("0", 0.0), ("1", 1.0)] {
        let keep = |column: &str| -> Vec<f64> {
            let rows = table[column].iter().zip(&table["sex"]);
            rows.filter(|(_, sex)| **sex == code)
                .map(|(v, _)| *v)
                .collect()
        };
        let found = Sample::new(&keep("y"), &keep("p_a")).assess(&[0.2], 0);
        let at = Some(At::threshold(0.2));
        for (id, at, theirs, tolerance) in [
            ("auroc", None, "auroc", 1e-8),
            ("brier", None, "brier", 1e-8),
            ("oe-ratio", None, "OE", 1e-8),
            ("calibration-intercept", None, "citl", 1e-6),
            ("calibration-slope", None, "slope", 1e-6),
            ("sensitivity", at, "tpr", 1e-8),
            ("ppv", at, "ppv", 1e-8),
            ("net-benefit", at, "net_benefit", 1e-8),
        ] {
            close(
                id,
                found.point(id, at),
                number(&want[level][theirs]),
                tolerance,
            );
        }
    }
}
