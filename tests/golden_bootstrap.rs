//! Curves, intervals and bootstrap against the golden files beside the repository; skipped where those are absent.
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
use keur::record::{At, Value};
use support::golden::{COHORT, agree, cohort, golden};
use support::{close, number, numbers};

const REPLICATES: usize = 200;

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
