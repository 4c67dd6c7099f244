//! What holds for a whole assessment: threads, groups, intervals, gaps, curves and notes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use keur::measure::bootstrap::{Series, Slot, replicates};
use keur::measure::draw::Draw;
use keur::measure::{Ask, Binary, Recalibration, Split, Tally, all, assess};
use keur::record::{At, GapKind, Value};
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{Random, Sample};

fn splits(rows: usize) -> Vec<Split> {
    let group = |level: &str| {
        [("half".to_owned(), level.to_owned())]
            .into_iter()
            .collect()
    };
    vec![Split {
        by: vec!["half".to_owned()],
        groups: vec![
            (group("even"), (0..rows as u32).step_by(2).collect()),
            (group("odd"), (1..rows as u32).step_by(2).collect()),
            (group("nobody"), Vec::new()),
        ],
        reference: Some(0),
    }]
}

/// Patients with one to four rows each.
fn repeated(seed: u64, rows: usize) -> Sample {
    let mut sample = Sample::synthetic(seed, rows);
    let mut random = Random(seed);
    sample.patients = rows / 2;
    sample.patient = (0..rows)
        .map(|_| (random.next() % (rows as u64 / 2)) as u32)
        .collect();
    sample
}

#[test]
fn one_thread_and_eight_give_the_same_bytes() {
    let mut weighted = repeated(3, 9000);
    weighted.weight = Some((0..9000).map(|i| 0.5 + f64::from(i % 7)).collect());
    for sample in [Sample::synthetic(1, 20_000), repeated(2, 9000), weighted] {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let found =
                pool.install(|| sample.split(&[0.1, 0.4], 100, &splits(sample.score.len())));
            serde_json::to_string(&(
                &found.0.estimates,
                &found.0.curves,
                &found.0.gaps,
                &found.0.notes,
            ))
            .unwrap()
        };
        let [one, eight] = [run(1), run(8)];
        assert!(one == eight);
        assert!(!one.contains("null,\"high\"") && !one.contains("NaN"));
    }
}

#[test]
fn closed_forms_and_bootstrap_agree() {
    let mut checked = std::collections::BTreeSet::new();
    for sample in [Sample::synthetic(21, 1500), repeated(22, 1500)] {
        let found = sample.assess(&[0.3], 1500);
        for estimate in &found.0.estimates {
            let Value::Known {
                interval: Some(closed),
                bootstrap: Some(bootstrap),
                ..
            } = &estimate.value
            else {
                continue;
            };
            let (Some(a), Some(b)) = (closed.se, bootstrap.se) else {
                continue;
            };
            // the closed form of O:E takes the risks as fixed, which widens it by what they explain
            let tolerance = if closed.method == "wald-log" {
                0.25
            } else {
                0.1
            };
            assert!(
                (a / b - 1.0).abs() < tolerance,
                "{} {}: {a} beside {b}",
                estimate.measure,
                closed.method
            );
            checked.insert(estimate.measure.clone());
        }
    }
    let expected = all()
        .filter(|m| m.closed.is_some() && m.id != "log-loss-clipped")
        .count();
    assert_eq!(checked.len(), expected, "{checked:?}");
}

#[test]
fn a_replicate_is_the_measure_on_reweighted_rows() {
    let sample = Sample::synthetic(5, 6000);
    let binary = Binary::new(&sample.rows(), &[0.2]);
    let (tally, fit) = (Tally::of(&binary), Recalibration::of(&binary));
    let slots: Vec<Slot> = all().map(|m| (m, m.per_threshold.then_some(0))).collect();
    let draw = Draw::new(1, 2, 6000);
    let series = Series {
        draw,
        replicates: 20,
        slots: &slots,
        redrawn: None,
        done: &|_| (),
    };
    let got = replicates(&[(&binary, &tally, &fit)], &series);
    let order = support::falling(&sample.score, &sample.event);
    let mut counts = vec![0; 6000];
    for replicate in [0, 7, 19] {
        draw.counts(replicate as u64, 0, &mut counts);
        let mut weight = vec![0.0; 6000];
        for (unit, &row) in order.iter().enumerate() {
            weight[row] = f64::from(counts[unit]);
        }
        let exact = Tally::of(&binary.reweighted(|i| weight[i]));
        for (slot, (measure, at)) in slots.iter().enumerate() {
            let (want, got) = (
                (measure.compute)(&exact, *at).unwrap(),
                got.values[0][slot][replicate],
            );
            let tolerance = if measure.id.starts_with("calibration") {
                0.01
            } else {
                1e-10
            };
            assert!(
                (want - got).abs() < tolerance,
                "{}: {got} for {want}",
                measure.id
            );
        }
    }
}

#[test]
fn a_group_is_measured_as_if_it_stood_alone() {
    let sample = repeated(6, 3000);
    let found = sample.split(&[0.3], 0, &splits(3000));
    let keep = |v: &[f64]| v.iter().copied().step_by(2).collect::<Vec<f64>>();
    let outcome: Vec<f64> = sample
        .event
        .iter()
        .map(|&e| f64::from(u8::from(e)))
        .collect();
    let mut alone = Sample::new(&keep(&outcome), &keep(&sample.score));
    alone.patient = sample.patient.iter().copied().step_by(2).collect();
    alone.patients = sample.patients;
    let alone = alone.assess(&[0.3], 0);
    let mut compared = 0;
    for estimate in &found.0.estimates {
        let Some(group) = &estimate.group else {
            continue;
        };
        if group["half"] != "even" {
            continue;
        }
        assert_eq!(estimate.value, alone.value(&estimate.measure, estimate.at));
        compared += 1;
    }
    assert_eq!(compared, all().count() - 1);
    let nobody =
        |e: &&keur::record::Estimate| e.group.as_ref().is_some_and(|g| g["half"] == "nobody");
    for estimate in found.0.estimates.iter().filter(nobody) {
        assert!(
            matches!(estimate.value, Value::Undefined { .. }),
            "{estimate:?}"
        );
    }
}

#[test]
fn gaps_name_their_method_and_shared_patients_make_it_the_bootstrap() {
    let apart = Sample::synthetic(7, 4000).split(&[0.3], 300, &splits(4000));
    let find = |found: &support::Found, id: &str, kind: GapKind| {
        let wanted =
            |g: &&keur::record::Gap| g.measure == id && g.kind == kind && g.groups[0] == "odd";
        found.0.gaps.iter().find(wanted).unwrap().clone()
    };
    for (id, kind, method) in [
        ("sensitivity", GapKind::Difference, "newcombe"),
        ("sensitivity", GapKind::Ratio, "wald-log"),
        ("oe-ratio", GapKind::Ratio, "wald-log"),
        ("auroc", GapKind::Difference, "wald"),
        (
            "average-precision",
            GapKind::Difference,
            "bootstrap-percentile",
        ),
    ] {
        let gap = find(&apart, id, kind);
        let interval = gap.value.interval().unwrap();
        assert_eq!(interval.method, method, "{id}");
        let point = gap.value.known().unwrap();
        assert!(interval.low < point && point < interval.high, "{id}");
        assert_eq!(gap.groups, ["odd", "even"]);
    }
    // rows of a patient follow one another, so that every patient stands in both halves
    let mut shared = Sample::synthetic(8, 4000);
    shared.patient = (0..4000).map(|i| i / 2).collect();
    shared.patients = 2000;
    let shared = shared.split(&[0.3], 300, &splits(4000));
    let interval = find(&shared, "sensitivity", GapKind::Difference);
    assert_eq!(
        interval.value.interval().unwrap().method,
        "bootstrap-percentile"
    );
    let nobody = shared
        .0
        .gaps
        .iter()
        .find(|g| g.groups[0] == "nobody")
        .unwrap();
    assert!(matches!(nobody.value, Value::Undefined { .. }));
}

#[test]
fn points_lie_inside_their_intervals() {
    let found = Sample::synthetic(10, 800).split(&[0.05, 0.3, 0.9], 200, &splits(800));
    for estimate in &found.0.estimates {
        if let Value::Known {
            point,
            interval: Some(i),
            ..
        } = &estimate.value
        {
            assert!(i.low <= *point && *point <= i.high, "{estimate:?}");
            assert_eq!(i.level, 0.95);
        }
    }
}

#[test]
fn few_events_leave_exact_intervals_only() {
    let mut sample = Sample::synthetic(12, 200);
    sample.event = (0..200).map(|i| i % 40 == 0).collect();
    let found = sample.assess(&[0.3], 200);
    let sensitivity = found.interval("sensitivity", Some(At::threshold(0.3)));
    assert_eq!(sensitivity.method, "clopper-pearson");
    assert_eq!(found.interval("oe-ratio", None).method, "clopper-pearson");
    for id in ["auroc", "brier", "average-precision", "calibration-slope"] {
        assert!(found.value(id, None).interval().is_none(), "{id}");
    }
    assert!(
        found
            .0
            .notes
            .iter()
            .any(|n| n.contains("exact intervals only"))
    );
    assert!(
        found.0.curves.is_empty(),
        "five events are too few for a curve"
    );
}

#[test]
fn certain_and_wrong_risks_are_told_without_saying_how_few() {
    let mut sample = Sample::synthetic(13, 400);
    let wrong = sample.event.iter().position(|e| *e).unwrap();
    sample.score[wrong] = 0.0;
    let found = sample.assess(&[], 0);
    assert!(matches!(
        found.value("log-loss", None),
        Value::Undefined { .. }
    ));
    assert!(found.value("log-loss-clipped", None).known().is_some());
    assert!(
        found
            .0
            .notes
            .iter()
            .any(|n| n.contains("fewer than 10 rows had a risk of exactly 0 or 1"))
    );
    let plain = Sample::synthetic(13, 400).assess(&[], 0);
    assert!(
        plain
            .0
            .estimates
            .iter()
            .all(|e| e.measure != "log-loss-clipped")
    );
}

#[test]
fn perfect_order_has_an_exact_bound() {
    let mut sample = Sample::synthetic(14, 100);
    sample.event = sample.score.iter().map(|&p| p > 0.5).collect();
    let found = sample.assess(&[], 50);
    let interval = found.interval("auroc", None);
    assert_eq!(
        (interval.method.as_str(), interval.high),
        ("exact-disjoint-pairs", 1.0)
    );
    assert!(interval.low > 0.7 && interval.low < 1.0);
}

#[test]
fn curves_are_thin_ordered_and_inside_their_frame() {
    for rows in [800, 12_000] {
        let found = Sample::synthetic(15, rows).split(&[0.3], 0, &splits(rows));
        let names: std::collections::BTreeSet<_> = found
            .0
            .curves
            .iter()
            .map(|c| (c.curve.as_str(), c.series.as_str()))
            .collect();
        assert_eq!(names.len(), 8, "{names:?}");
        for curve in &found.0.curves {
            assert!(
                !curve.points.is_empty() && curve.points.len() <= 100,
                "{} {}",
                curve.curve,
                curve.series
            );
            assert!(
                curve
                    .points
                    .windows(2)
                    .all(|w| w[0].x < w[1].x || (curve.curve == "roc" && w[0].x <= w[1].x))
            );
            if curve.curve != "decision" {
                assert!(
                    curve
                        .points
                        .iter()
                        .all(|p| (0.0..=1.0).contains(&p.x) && (0.0..=1.0).contains(&p.y))
                );
            }
        }
        let smooth = found
            .0
            .curves
            .iter()
            .find(|c| c.series == "smooth" && c.group.is_none())
            .unwrap();
        let method = if rows > 5000 {
            "rcs-3-knots"
        } else {
            "loess-degree-2-span-0.75"
        };
        assert_eq!(smooth.method, method);
        // the truth is logit p = 0.2 + 0.8 lp
        for point in &smooth.points {
            let truth = 1.0 / (1.0 + (-(0.2 + 0.8 * (point.x / (1.0 - point.x)).ln())).exp());
            assert!((point.y - truth).abs() < 0.12, "{} at {}", point.y, point.x);
        }
    }
}

#[test]
fn ticks_add_up_to_the_replicates_and_odd_input_is_survived() {
    let sample = repeated(16, 500);
    let splits = splits(500);
    let heard = AtomicUsize::new(0);
    let ask = Ask {
        thresholds: &[0.2, 0.0, 1.0, -3.0, f64::NAN],
        decision_grid: &[0.5, 0.0, 1.0, f64::NAN],
        replicates: 77,
        seed: 0,
        stream: 0,
        min_cell: 0,
        splits: &splits,
    };
    let tick = |count| {
        heard.fetch_add(count, Ordering::Relaxed);
    };
    assess(&sample.rows(), &ask, &tick);
    assert_eq!(heard.into_inner(), 77);
    for (rows, probability) in [(0, true), (1, true), (2, false), (30, true)] {
        let mut odd = Sample::synthetic(17, rows);
        odd.probability = probability;
        odd.patient = vec![u32::MAX; rows];
        odd.patients = 0;
        let found = assess(&odd.rows(), &ask, &|_| ());
        assert!(
            !serde_json::to_string(&found.estimates)
                .unwrap()
                .contains("null}")
        );
    }
}
