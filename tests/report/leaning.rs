//! What a made-up model leans on: numbers from a small seeded generator, with hidden, missing and failed ones among them.

use crate::numbers::GROUPS;
use crate::responding::{archetypes, leans, responses};
use keur::record::*;

/// Inputs, their share of all contributions, and the sign of their mean contribution.
pub const INPUTS: [(&str, f64, f64); 11] = [
    ("age", 0.31, 0.02),
    ("lactate", 0.22, -0.01),
    ("respiratory rate", 0.12, 0.03),
    ("oxygen saturation", 0.09, -0.04),
    ("blood pressure", 0.08, 0.01),
    ("sex", 0.05, 0.0),
    ("heart rate", 0.045, 0.01),
    ("admission type", 0.04, -0.02),
    ("temperature", 0.025, 0.0),
    ("creatinine", 0.013, 0.01),
    ("lactate is missing", 0.007, 0.0),
];

/// A small generator of numbers in [−1, 1).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

pub fn value(point: f64, half: f64) -> Value {
    let interval = Interval {
        low: point - half,
        high: point + half,
        level: 0.95,
        method: "bootstrap-percentile".into(),
        se: None,
    };
    Value::Known {
        point,
        interval: Some(interval),
        bootstrap: None,
    }
}

pub fn hidden(why: &str) -> Value {
    Value::Masked { masked: why.into() }
}

fn together(input: &str) -> Vec<String> {
    let parts: &[&str] = if input == "blood pressure" {
        &["systolic pressure", "diastolic pressure"]
    } else {
        &[]
    };
    parts.iter().map(|p| (*p).to_owned()).collect()
}

fn share(input: &str, importance: Value, share: Value, mean: Option<Value>) -> InputShare {
    InputShare {
        input: input.into(),
        together: together(input),
        importance,
        share,
        mean,
    }
}

fn check(check: &str, verdict: Passed, value: Value, limit: f64, because: &str) -> Check {
    Check {
        check: check.into(),
        verdict,
        value: Some(value),
        limit: Some(limit),
        because: because.into(),
    }
}

/// What one explainer says; `tilt` moves the first input's share at the cost of the second's.
fn shares(dice: &mut Dice, tilt: f64, half: f64) -> Vec<InputShare> {
    INPUTS
        .iter()
        .enumerate()
        .map(|(i, (input, part, sign))| {
            let moved = [tilt, -tilt].get(i).copied().unwrap_or(0.0);
            let jitter = if half > 0.005 {
                dice.next() * half / 3.0
            } else {
                0.0
            };
            let part = (part + moved + jitter * part).max(0.001);
            let half = half * part.sqrt();
            let size = 1.3 * part;
            share(
                input,
                value(size, half * 1.3),
                value(part, half.min(part)),
                Some(value(*sign, 0.01)),
            )
        })
        .collect()
}

fn everyone(good: bool) -> Attribution {
    use Passed::{Failed, NotAssessable, Passed as Yes};
    let add_up = if good {
        check(
            "completeness",
            Yes,
            Value::point(2.1e-13),
            1e-6,
            "contributions and score are the same to the last digits",
        )
    } else {
        check(
            "completeness",
            Failed,
            Value::point(0.31),
            1e-6,
            "contributions and score differ by 0.31 on average",
        )
    };
    let faithful = if good {
        check(
            "faithfulness",
            Yes,
            value(0.71, 0.05),
            0.0,
            "the score follows the contributions far better than random ones",
        )
    } else {
        check(
            "faithfulness",
            Failed,
            value(0.01, 0.06),
            0.0,
            "the score follows the contributions no better than random ones",
        )
    };
    let pair = |a: &str, b: &str, measure: &str, value: Value| Pair {
        inputs: [a.into(), b.into()],
        measure: measure.into(),
        value,
    };
    Attribution {
        explainer: "tree-shap".into(),
        scale: Scale::Logit,
        group: None,
        rows: 21_304_u64.into(),
        patients: 18_977_u64.into(),
        background: Some(Background {
            what: "rows of the cohort, stratified by outcome and centre".into(),
            rows: 200,
            base: Value::point(-2.61),
        }),
        inputs: shares(&mut Dice(7), 0.0, 0.03),
        pairs: vec![
            pair("age", "lactate", "shapley-interaction", value(0.062, 0.008)),
            pair("age", "sex", "shapley-interaction", value(0.031, 0.006)),
            pair(
                "lactate",
                "respiratory rate",
                "shapley-interaction",
                value(0.018, 0.005),
            ),
            pair(
                "heart rate",
                "temperature",
                "shapley-interaction",
                hidden("<10"),
            ),
            pair("age", "lactate", "friedman-h", value(0.11, 0.02)),
            pair("age", "sex", "friedman-h", value(0.07, 0.02)),
        ],
        checks: vec![
            add_up,
            faithful,
            check(
                "randomisation",
                Yes,
                value(0.12, 0.08),
                0.5,
                "with shuffled leaves the ranking is another",
            ),
            check(
                "rank-stability",
                Yes,
                value(0.94, 0.06),
                0.6,
                "the first five stay the same in most draws of patients",
            ),
            Check {
                value: None,
                limit: None,
                ..check(
                    "noise-stability",
                    NotAssessable,
                    Value::point(0.0),
                    0.0,
                    "no card declares a measurement error",
                )
            },
            check(
                "agreement",
                Yes,
                value(0.82, 0.07),
                0.5,
                "both methods rank the inputs alike",
            ),
        ],
    }
}

fn permutation(scale: Scale) -> Attribution {
    let mut dice = Dice(11);
    let size = if scale == Scale::Brier { 0.02 } else { 0.12 };
    let inputs = INPUTS
        .iter()
        .enumerate()
        .map(|(i, (input, part, _))| {
            let loss = if i > 7 {
                dice.next() * 0.0003
            } else {
                size * part * (1.0 + dice.next() / 4.0)
            };
            share(
                input,
                value(loss, size / 40.0),
                value(loss.max(0.0) / size, 0.02),
                None,
            )
        })
        .collect();
    Attribution {
        explainer: "permutation".into(),
        scale,
        background: None,
        inputs,
        pairs: Vec::new(),
        checks: Vec::new(),
        ..everyone(true)
    }
}

/// Every group of the made-up record: one hidden, one nobody explained, women lean more on age.
fn groups() -> Vec<Attribution> {
    let mut dice = Dice(23);
    GROUPS
        .iter()
        .filter(|(parts, ..)| parts.len() == 1 && parts[0].1 != "Day clinic")
        .map(|(parts, rows, ..)| {
            let level = parts[0].1;
            let tilt = match level {
                "female" => 0.06,
                "Gooi" => -0.11,
                _ => dice.next() * 0.01,
            };
            let half = 3.0 / (*rows as f64).max(1.0).sqrt();
            let mut inputs = shares(&mut dice, tilt, half);
            let few = *rows == 0;
            if few || level == "unknown" {
                for input in &mut inputs {
                    let why = if few { "<10" } else { "complement" };
                    (input.importance, input.share) = (hidden(why), hidden(why));
                    input.mean = Some(hidden(why));
                }
            }
            let count = |n: u64| {
                if few {
                    Count::Masked {
                        masked: "<10".into(),
                    }
                } else {
                    n.into()
                }
            };
            Attribution {
                group: Some(
                    parts
                        .iter()
                        .map(|(a, b)| ((*a).into(), (*b).into()))
                        .collect(),
                ),
                rows: count(*rows),
                patients: count(*rows * 9 / 10),
                inputs,
                pairs: Vec::new(),
                checks: Vec::new(),
                ..everyone(true)
            }
        })
        .collect()
}

/// Fills in what the model leans on; a bad one fails completeness and faithfulness and leans on the centre.
pub fn explain(evidence: &mut Evidence, good: bool) {
    evidence.attributions = vec![
        everyone(good),
        permutation(Scale::Brier),
        permutation(Scale::AurocDrop),
    ];
    evidence.attributions.extend(groups());
    evidence.responses = responses();
    evidence.archetypes = archetypes();
    evidence.leans = leans(good);
}
