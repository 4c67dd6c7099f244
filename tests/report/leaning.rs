//! What a made-up model leans on: numbers from a small seeded generator, with hidden, missing and failed ones among them.

use crate::numbers::GROUPS;
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

fn responses() -> Vec<Response> {
    let curve = |input: &str, unit: &str, [from, to]: [f64; 2], shape: fn(f64) -> f64| {
        let points = (0..=12)
            .map(|i| f64::from(i) / 12.0)
            .map(|t| {
                let n = (2600.0 * (-8.0 * (t - 0.45) * (t - 0.45)).exp()) as u64;
                let last = t > 0.99 && input == "lactate";
                ResponsePoint {
                    x: Some(from + (to - from) * t),
                    level: None,
                    effect: if last {
                        hidden("<10")
                    } else {
                        value(shape(t), 0.03 + 0.12 * (t - 0.45).powi(2))
                    },
                    n: (t > 0.0).then(|| {
                        if last {
                            Count::Masked {
                                masked: "<10".into(),
                            }
                        } else {
                            n.into()
                        }
                    }),
                }
            })
            .collect();
        Response {
            input: input.into(),
            unit: Some(unit.into()),
            method: "ale".into(),
            scale: Scale::Logit,
            group: None,
            points,
        }
    };
    let levels = |input: &str, levels: &[(&str, f64, u64)]| Response {
        input: input.into(),
        unit: None,
        method: "partial-dependence".into(),
        scale: Scale::Logit,
        group: None,
        points: levels
            .iter()
            .map(|(level, effect, n)| ResponsePoint {
                x: None,
                level: Some((*level).into()),
                effect: if *n == 0 {
                    hidden("<10")
                } else {
                    value(*effect, 0.05)
                },
                n: Some(if *n == 0 {
                    Count::Masked {
                        masked: "<10".into(),
                    }
                } else {
                    (*n).into()
                }),
            })
            .collect(),
    };
    vec![
        curve("age", "years", [18.0, 97.0], |t| 1.5 * t * t - 0.6),
        curve("lactate", "mmol/l", [0.4, 9.0], |t| 1.1 * t.sqrt() - 0.62),
        curve("respiratory rate", "/min", [8.0, 41.0], |t| {
            0.9 * (t - 0.4).max(0.0) - 0.1
        }),
        curve("oxygen saturation", "%", [78.0, 100.0], |t| 0.5 - 0.8 * t),
        levels(
            "sex",
            &[
                ("female", -0.08, 10_388),
                ("male", 0.08, 10_909),
                ("other", 0.0, 0),
            ],
        ),
        levels(
            "admission type",
            &[
                ("emergency", 0.11, 15_210),
                ("planned", -0.21, 4_920),
                ("transfer from elsewhere", 0.05, 1_174),
            ],
        ),
    ]
}

fn archetypes() -> Vec<Archetype> {
    let one = |archetype: &str, patients: u64, parts: [f64; 5], hide: bool| {
        let names = [
            "age",
            "lactate",
            "respiratory rate",
            "oxygen saturation",
            "all others",
        ];
        let end = -2.61 + parts.iter().sum::<f64>();
        Archetype {
            archetype: archetype.into(),
            explainer: "tree-shap".into(),
            scale: Scale::Logit,
            patients: patients.into(),
            base: -2.61,
            end: value(end, 0.06),
            parts: names
                .iter()
                .zip(parts)
                .map(|(input, mean)| Part {
                    input: (*input).into(),
                    mean: if hide && *input == "oxygen saturation" {
                        hidden("<10")
                    } else {
                        value(mean, 0.03)
                    },
                })
                .collect(),
        }
    };
    vec![
        one(
            "events-flagged",
            1_139,
            [0.72, 0.61, 0.33, 0.14, 0.09],
            false,
        ),
        one(
            "events-missed",
            629,
            [-0.21, -0.17, -0.06, 0.04, -0.02],
            false,
        ),
        one(
            "non-events-flagged",
            3_211,
            [0.55, 0.41, 0.2, 0.12, 0.1],
            false,
        ),
        one(
            "non-events-not-flagged",
            16_325,
            [-0.31, -0.24, -0.12, -0.08, -0.03],
            true,
        ),
    ]
}

fn leans(good: bool) -> Vec<Lean> {
    let told = |input: &str, share: f64, told: f64| Told {
        input: input.into(),
        share: value(share, 0.02),
        told: value(told, 0.03),
    };
    let without = |sex: Option<&str>, measure: &str, own: f64, change: Value| Without {
        group: sex.map(|s| Group::from([("sex".into(), s.into())])),
        measure: measure.into(),
        own: value(own, 0.012),
        change,
    };
    let centre = Lean {
        attribute: "site".into(),
        kind: LeanKind::Shortcut,
        share: if good {
            value(0.021, 0.004)
        } else {
            value(0.38, 0.02)
        },
        inputs: vec![
            told("lactate", 0.22, 0.06),
            told("admission type", 0.04, 0.19),
        ],
        without: Vec::new(),
        verdict: if good { Passed::Passed } else { Passed::Failed },
        because: if good {
            "the centre settles less than a tenth".into()
        } else {
            "the centre alone settles more than a tenth of what moves the score".into()
        },
    };
    let sex = Lean {
        attribute: "sex".into(),
        kind: LeanKind::Sensitive,
        share: value(0.071, 0.008),
        inputs: vec![
            told("sex", 0.05, 1.0),
            told("heart rate", 0.045, 0.11),
            told("age", 0.31, 0.02),
        ],
        without: vec![
            without(None, "auroc", 0.804, value(-0.004, 0.002)),
            without(None, "calibration-in-the-large", 0.013, value(0.001, 0.004)),
            without(Some("female"), "auroc", 0.771, value(-0.009, 0.004)),
            without(Some("other"), "auroc", 0.5, hidden("<10")),
        ],
        verdict: Passed::Passed,
        because: "sex settles less than a tenth".into(),
    };
    let device = Lean {
        attribute: "device".into(),
        kind: LeanKind::Shortcut,
        share: Value::Undefined {
            undefined: Undefined::NoRows,
        },
        inputs: Vec::new(),
        without: Vec::new(),
        verdict: Passed::NotAssessable,
        because: "column `device` holds one level only".into(),
    };
    vec![centre, sex, device]
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
