//! Numbers of the made-up record, from smooth formulas.

use keur::record::*;

/// Attributes and levels, rows, events (0 rows: hidden), and how far risks are off.
pub type Made = (&'static [(&'static str, &'static str)], u64, u64, f64);
pub const GROUPS: [Made; 20] = [
    (&[("sex", "female")], 10_388, 801, -0.12),
    (&[("sex", "male")], 10_909, 965, 0.02),
    (&[("sex", "other")], 0, 0, 0.0),
    (&[("age-band", "18–49")], 4_202, 150, 0.03),
    (&[("age-band", "50–64")], 5_890, 431, 0.01),
    (&[("age-band", "65–79")], 7_512, 745, -0.01),
    (&[("age-band", "80+")], 3_700, 442, -0.06),
    (&[("origin", "born in the Netherlands")], 17_120, 1_430, 0.0),
    (&[("origin", "born elsewhere")], 3_796, 306, -0.03),
    (&[("origin", "unknown")], 388, 12, -0.05),
    (&[("age-band", "80+"), ("sex", "female")], 1_950, 221, -0.15),
    (&[("age-band", "80+"), ("sex", "male")], 1_750, 221, 0.02),
    (&[("site", "Amstel East")], 4_811, 402, 0.02),
    (&[("site", "Amstel West")], 5_120, 430, 0.0),
    (&[("site", "Vecht")], 3_302, 280, -0.01),
    (&[("site", "Zaan")], 2_980, 241, 0.03),
    (&[("site", "Gooi")], 2_001, 170, -0.16),
    (&[("site", "Eem")], 1_790, 160, 0.05),
    (
        &[(
            "site",
            "Kennemerland and surroundings, location of the former municipal hospital",
        )],
        1_300,
        85,
        -0.02,
    ),
    (&[("site", "Day clinic")], 96, 0, 0.0),
];

fn named(parts: &[(&str, &str)]) -> Group {
    parts
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

pub fn group_count((parts, rows, events, _): &Made) -> GroupCount {
    let hidden = || Count::Masked {
        masked: "<10".into(),
    };
    let known = |n: u64| {
        if *rows == 0 {
            hidden()
        } else {
            Count::Known(n)
        }
    };
    GroupCount {
        group: named(parts),
        rows: known(*rows),
        patients: known(*rows * 9 / 10),
        events: known(*events),
    }
}

fn value(point: f64, half: f64, method: &str) -> Value {
    let interval = |method: &str, scale: f64| Interval {
        low: point - half * scale,
        high: point + half * scale,
        level: 0.95,
        method: method.into(),
        se: None,
    };
    Value::Known {
        point,
        interval: Some(interval(method, 1.0)),
        bootstrap: Some(interval("bootstrap-percentile", 1.02)),
    }
}

/// Sensitivity and alert share of others at a threshold, by formula.
fn caught(t: f64, shift: f64) -> (f64, f64) {
    let with = (-(2.2 - 2.0 * shift) * t).exp();
    (with, (-9.0 * t).exp())
}

fn plain(p: f64, shift: f64, half: f64) -> Vec<(&'static str, Value)> {
    vec![
        ("auroc", value(0.804 + shift / 3.0, half, "delong-logit")),
        (
            "average-precision",
            value(0.31 + shift, half * 1.6, "bootstrap-percentile"),
        ),
        (
            "brier",
            value(p * (1.0 - p) * 0.86, half / 3.0, "iid-terms"),
        ),
        (
            "scaled-brier",
            value(0.141 + shift, half * 1.3, "bootstrap-percentile"),
        ),
        ("log-loss", value(0.232, half / 2.0, "iid-terms")),
        (
            "oe-ratio",
            value(1.12 - shift * 1.6, half * 5.0, "delta-log"),
        ),
        (
            "calibration-intercept",
            value(0.13 - shift * 1.7, half * 6.0, "cluster-sandwich"),
        ),
        (
            "calibration-slope",
            value(0.86 + shift / 2.0, half * 5.0, "cluster-sandwich"),
        ),
        ("ici", value(0.0141, half / 4.0, "bootstrap-percentile")),
        ("e50", value(0.0098, half / 4.0, "bootstrap-percentile")),
        ("e90", value(0.0392, half / 2.0, "bootstrap-percentile")),
    ]
}

fn at(p: f64, t: f64, shift: f64, half: f64) -> Vec<(&'static str, Value)> {
    let (with, without) = caught(t, shift);
    let alerts = p * with + (1.0 - p) * without;
    let net = p * with - (1.0 - p) * without * t / (1.0 - t);
    vec![
        ("sensitivity", value(with, half * 2.0, "wilson")),
        ("specificity", value(1.0 - without, half / 2.0, "wilson")),
        ("ppv", value(p * with / alerts, half, "wilson")),
        (
            "npv",
            value(
                (1.0 - p) * (1.0 - without) / (1.0 - alerts),
                half / 4.0,
                "wilson",
            ),
        ),
        ("alert-rate", value(alerts, half / 2.0, "wilson")),
        ("net-benefit", value(net, half / 6.0, "wald")),
        (
            "standardised-net-benefit",
            value(net / p, half * 2.0, "delta"),
        ),
    ]
}

pub fn measure(evidence: &mut Evidence, p: f64) {
    let place = |measure: &str, at: Option<f64>, group: Option<Group>, value: Value| Estimate {
        measure: measure.into(),
        at: at.map(At::threshold),
        group,
        value,
    };
    let everyone = plain(p, 0.0, 0.0112)
        .into_iter()
        .map(|(m, v)| place(m, None, None, v));
    evidence.estimates.extend(everyone);
    for t in evidence.thresholds.clone() {
        evidence.estimates.extend(
            at(p, t, 0.0, 0.0112)
                .into_iter()
                .map(|(m, v)| place(m, Some(t), None, v)),
        );
    }
    for (parts, rows, events, shift) in &GROUPS {
        let group = named(parts);
        let half = 0.47 / (*events as f64).max(1.0).sqrt();
        let share = if *rows == 0 {
            0.1
        } else {
            *events as f64 / *rows as f64
        };
        let all = plain(share, *shift, half)
            .into_iter()
            .map(|(m, v)| (m, None, v));
        let placed = at(share.max(0.001), 0.2, *shift, half)
            .into_iter()
            .map(|(m, v)| (m, Some(0.2), v));
        for (measure, t, mut value) in all.chain(placed) {
            if *rows == 0 {
                value = Value::Masked {
                    masked: "<10".into(),
                };
            } else if *events == 0 && !matches!(measure, "alert-rate" | "specificity") {
                value = Value::Undefined {
                    undefined: Undefined::NoEvents,
                };
            } else if parts.len() == 1 && parts[0].1 == "unknown" && measure == "ppv" {
                value = Value::Masked {
                    masked: "complement".into(),
                };
            }
            evidence
                .estimates
                .push(place(measure, t, Some(group.clone()), value));
        }
    }
    gaps(evidence);
}

fn gaps(evidence: &mut Evidence) {
    let pairs: [(&str, &[&str], &str); 5] = [
        ("sex", &["female", "other"], "male"),
        ("age-band", &["18–49", "50–64", "80+"], "65–79"),
        (
            "origin",
            &["born elsewhere", "unknown"],
            "born in the Netherlands",
        ),
        ("age-band × sex", &["80+ × female"], "80+ × male"),
        (
            "site",
            &["Amstel East", "Gooi", "Day clinic"],
            "Amstel West",
        ),
    ];
    let measures = [
        ("auroc", None),
        ("oe-ratio", None),
        ("sensitivity", Some(0.2)),
        ("net-benefit", Some(0.2)),
        ("ppv", Some(0.2)),
    ];
    for (by, levels, reference) in pairs {
        let group =
            |level: &str| named(&by.split(" × ").zip(level.split(" × ")).collect::<Vec<_>>());
        for level in levels {
            for (measure, t) in measures {
                let find = |level: &str| {
                    evidence.estimate(measure, t.map(At::threshold).as_ref(), Some(&group(level)))
                };
                let (Some(mine), Some(theirs)) = (find(level), find(reference)) else {
                    continue;
                };
                let value = match (&mine.value, &theirs.value) {
                    (
                        Value::Known {
                            point: a,
                            interval: Some(i),
                            ..
                        },
                        Value::Known {
                            point: b,
                            interval: Some(j),
                            ..
                        },
                    ) => {
                        let half = ((i.high - a).powi(2) + (j.high - b).powi(2)).sqrt();
                        value(a - b, half, "bootstrap-percentile")
                    }
                    (other, _) => other.clone(),
                };
                evidence.gaps.push(Gap {
                    measure: measure.into(),
                    at: t.map(At::threshold),
                    by: by.into(),
                    kind: GapKind::Difference,
                    groups: [(*level).into(), reference.into()],
                    value,
                });
            }
        }
    }
}

pub fn curves(p: f64, slope: f64) -> Vec<Curve> {
    let curve = |curve: &str, series: &str, method: &str, points: Vec<CurvePoint>| Curve {
        curve: curve.into(),
        series: series.into(),
        group: None,
        method: method.into(),
        points,
    };
    let banded = |x: f64, y: f64, half: f64| CurvePoint {
        low: Some(y - half),
        high: Some(y + half),
        ..CurvePoint::new(x, y)
    };
    let seen = |x: f64| 1.0 / (1.0 + (-(0.25 + slope * (x / (1.0 - x)).ln())).exp());
    let mut roc: Vec<CurvePoint> = (0..=200)
        .map(|i| {
            let x = f64::from(i) / 200.0;
            let y = x.powf(0.244);
            CurvePoint {
                low: Some((y - 0.02 * (1.0 - y)).max(0.0)),
                high: Some(y + 0.08 * (1.0 - y)),
                ..CurvePoint::new(x, y)
            }
        })
        .collect();
    roc[0] = CurvePoint::new(0.0, 0.0);
    let smooth = (1..=70)
        .map(|i| f64::from(i) / 100.0)
        .map(|x| banded(x, seen(x), 0.006 + 0.1 * x * x));
    let grouped = [
        0.008, 0.014, 0.021, 0.03, 0.041, 0.056, 0.078, 0.112, 0.18, 0.41,
    ];
    let grouped = grouped.iter().enumerate().map(|(i, x)| {
        let off = if i % 2 == 0 { 1.08 } else { 0.94 };
        CurvePoint {
            n: Some(Count::Known(2130)),
            ..banded(*x, seen(*x) * off, 0.004 + 0.04 * x)
        }
    });
    let grid = || (1..=99).map(|i| f64::from(i) / 100.0);
    let model = grid().map(|t| {
        let (with, without) = caught(t, 0.0);
        banded(t, p * with - (1.0 - p) * without * t / (1.0 - t), 0.0025)
    });
    let all = grid().map(|t| CurvePoint::new(t, p - (1.0 - p) * t / (1.0 - t)));
    let none = grid().map(|t| CurvePoint::new(t, 0.0));
    let bins = |rate: f64, power: f64, rows: f64| {
        let raw: Vec<f64> = (0..50)
            .map(|i| (f64::from(i) + 0.5) / 50.0)
            .map(|x| x.powf(power) * (-rate * x).exp())
            .collect();
        let sum: f64 = raw.iter().sum();
        raw.iter()
            .enumerate()
            .map(|(i, y)| {
                let n = (y / sum * rows).round() as u64;
                let n = if n > 0 && n < 10 {
                    Count::Masked {
                        masked: "<10".into(),
                    }
                } else {
                    Count::Known(n)
                };
                CurvePoint {
                    n: Some(n),
                    ..CurvePoint::new(i as f64 / 50.0, y / sum)
                }
            })
            .collect::<Vec<_>>()
    };
    vec![
        curve("roc", "model", "step", roc),
        curve("calibration", "smooth", "rcs-3-knots", smooth.collect()),
        curve("calibration", "grouped", "deciles", grouped.collect()),
        curve("decision", "model", "step", model.collect()),
        curve("decision", "treat-all", "step", all.collect()),
        curve("decision", "treat-none", "step", none.collect()),
        curve(
            "risk-distribution",
            "events",
            "bins",
            bins(5.0, 0.5, 1768.0),
        ),
        curve(
            "risk-distribution",
            "non-events",
            "bins",
            bins(16.0, 0.1, 19_536.0),
        ),
    ]
}
