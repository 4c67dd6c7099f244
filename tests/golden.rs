//! Agreement with R and Python on the golden files beside the repository; skipped where those are absent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use keur::measure::bootstrap::{Series, replicates};
use keur::measure::draw::Draw;
use keur::measure::interval::{clopper_pearson, hybrid_difference, wilson};
use keur::measure::{Binary, Recalibration, Tally, find, loess, spline};
use keur::record::{At, Interval, Value};
use serde_json::Value as Json;
use support::{Sample, close, number, numbers};

const REPLICATES: usize = 200;

fn golden(file: &str) -> Option<Json> {
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

fn table(file: &str) -> std::collections::BTreeMap<String, Vec<f64>> {
    let path = format!(
        "{}/../shared/reference/golden/data/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    support::columns(&std::fs::read_to_string(path).unwrap())
}

/// The synthetic cohort with one of its scores, row by row or by patient.
fn cohort(score: &str, by_patient: bool) -> Sample {
    let table = table("sim_multicentre.csv");
    let mut sample = Sample::new(&table["y"], &table[score]);
    if by_patient {
        sample.patient = table["patient"].iter().map(|&p| p as u32).collect();
        sample.patients = 1 + *sample.patient.iter().max().unwrap() as usize;
    }
    sample
}

const COHORT: [(&str, &str); 3] = [
    ("model_a", "p_a"),
    ("model_b", "p_b"),
    ("tied_score", "p_score"),
];

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

fn ends(interval: &Interval) -> [f64; 2] {
    [interval.low, interval.high]
}

fn agree(what: &str, got: &Interval, want: &Json, tolerance: f64) {
    let want = numbers(want);
    for (got, want) in ends(got).iter().zip(&want) {
        close(what, *got, *want, tolerance);
    }
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
        let found = sample.assess(&thresholds, 0);
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
fn loess_agrees_with_r_evaluated_directly() {
    let Some(want) = golden("binary_sim.json") else {
        return;
    };
    for (name, column) in COHORT {
        let rows = cohort(column, false);
        let sample = Binary::new(&rows.rows(), &[]);
        let want = &want[name]["loess_grid_direct"];
        let got = loess(&sample, &numbers(&want["grid"])).unwrap();
        for ((got, fit), se) in got
            .iter()
            .zip(numbers(&want["fit"]))
            .zip(numbers(&want["se"]))
        {
            assert!(
                (got[0] - fit).abs() < 1e-6,
                "{name}: fit {} not {fit}",
                got[0]
            );
            assert!((got[1] - se).abs() < 1e-6, "{name}: se {} not {se}", got[1]);
        }
    }
}

#[test]
fn the_spline_curve_agrees_with_rms() {
    let Some(want) = golden("extra.json") else {
        return;
    };
    let rows = cohort("p_a", false);
    let want = &want["rcs3_curve"];
    let got = spline(&Binary::new(&rows.rows(), &[]), &numbers(&want["p"])).unwrap();
    for (k, point) in got.iter().enumerate() {
        close("observed", point.y, numbers(&want["obs"])[k], 1e-6);
        close("low", point.low.unwrap(), numbers(&want["lo"])[k], 1e-6);
        close("high", point.high.unwrap(), numbers(&want["hi"])[k], 1e-6);
    }
}

#[test]
fn intervals_for_shares_and_their_differences_agree() {
    let Some(want) = golden("extra.json") else {
        return;
    };
    for row in want["binomial_intervals"].as_array().unwrap() {
        let (x, n) = (number(&row["x"]), number(&row["n"]));
        agree("wilson", &wilson(x, n).unwrap(), &row["wilson"], 1e-8);
        agree(
            "exact",
            &clopper_pearson(x, n).unwrap(),
            &row["exact"],
            1e-8,
        );
    }
    for row in want["newcombe_diff"].as_array().unwrap() {
        let [x1, n1, x2, n2] = <[f64; 4]>::try_from(numbers(&row["x"])).unwrap();
        let [a, b] = [wilson(x1, n1).unwrap(), wilson(x2, n2).unwrap()];
        let got = hybrid_difference(x1 / n1, &a, x2 / n2, &b, "newcombe").unwrap();
        agree("newcombe", &got, &row["ci"], 1e-8);
    }
}

#[test]
fn bootstrap_errors_agree_with_numpy_by_row_and_by_patient() {
    let Some(want) = golden("bootstrap_null.json") else {
        return;
    };
    for (by_patient, theirs) in [(false, "se_iid"), (true, "se_cluster")] {
        let found = cohort("p_a", by_patient).assess(&[0.2], 2000);
        for (id, at, name) in [
            ("auroc", None, "auc"),
            ("brier", None, "brier"),
            ("oe-ratio", None, "OE"),
            ("net-benefit", Some(At::threshold(0.2)), "nb20"),
            ("calibration-slope", None, "slope"),
        ] {
            let Value::Known {
                bootstrap: Some(bootstrap),
                ..
            } = found.value(id, at)
            else {
                panic!("{id}")
            };
            let ratio = bootstrap.se.unwrap() / number(&want[theirs][name]);
            assert!((ratio - 1.0).abs() < 0.1, "{theirs} {id}: {ratio}");
        }
    }
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

#[test]
fn one_newton_step_stands_for_a_full_refit() {
    if golden("binary_sim.json").is_none() {
        return;
    }
    let rows = cohort("p_a", true);
    let sample = Binary::new(&rows.rows(), &[]);
    let (tally, fit) = (Tally::of(&sample), Recalibration::of(&sample));
    let draw = Draw::new(3, 4, rows.distinct_patients());
    let slots: Vec<_> = ["calibration-intercept", "calibration-slope"]
        .map(|id| (find(id).unwrap(), None))
        .into();
    let series = Series {
        draw,
        replicates: REPLICATES,
        slots: &slots,
        redrawn: None,
        done: &|_| (),
    };
    let got = replicates(&[(&sample, &tally, &fit)], &series);
    // patients are numbered by first appearance from the highest score down
    let order = support::falling(&rows.score, &rows.event);
    let mut number = std::collections::BTreeMap::new();
    for &i in &order {
        let next = number.len();
        number.entry(rows.patient[i]).or_insert(next);
    }
    let mut counts = vec![0; draw.units()];
    let mut errors = [Vec::new(), Vec::new()];
    for replicate in 0..REPLICATES {
        draw.counts(replicate as u64, 0, &mut counts);
        let again = sample.reweighted(|i| f64::from(counts[number[&rows.patient[i]]]));
        let full = Recalibration::of(&again);
        let exact = [
            full.intercept.unwrap().coefficients[0],
            full.line.unwrap().coefficients[1],
        ];
        for (slot, exact) in exact.iter().enumerate() {
            errors[slot].push((got.values[0][slot][replicate], *exact));
        }
    }
    for (errors, se) in errors.iter().zip([0.0759, 0.0559]) {
        let far = errors
            .iter()
            .map(|(step, exact)| (step - exact).powi(2))
            .sum::<f64>()
            / errors.len() as f64;
        println!("root mean square difference {}", far.sqrt());
        assert!(
            far.sqrt() < 0.2 * se,
            "{} beside a standard error of {se}",
            far.sqrt()
        );
    }
}
