//! How the score of the made-up model moves, its mean patients, and what attributes settle.

use crate::leaning::{hidden, value};
use keur::record::*;

pub fn responses() -> Vec<Response> {
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

pub fn archetypes() -> Vec<Archetype> {
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

pub fn leans(good: bool) -> Vec<Lean> {
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
