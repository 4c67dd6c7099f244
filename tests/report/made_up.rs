//! A record that no run made: two studies that ended, one that broke; groups, centres, hidden and missing numbers, a
//! waiver. Numbers come from smooth formulas, so that they hang together.

use crate::judged;
use crate::leaning;
use crate::numbers::{GROUPS, curves, group_count, measure};
use keur::record::*;
use std::collections::BTreeMap;

/// Three studies, honest names.
pub fn record() -> Record {
    let digests = |c: char| Digests {
        card_sha256: c.to_string().repeat(64),
        file_sha256: Some("7".repeat(64)),
        ..Digests::default()
    };
    Record {
        format: FORMAT.into(),
        title: "Deterioration on the ward: three studies before the board".into(),
        provenance: Provenance {
            keur: "0.1.0".into(),
            seed: 20_260_101,
            replicates: 1000,
            min_cell: 10,
            study_file: "configs/ward.toml".into(),
            study_file_sha256: "4f".repeat(32),
            models: BTreeMap::from([("ward-score".into(), digests('a'))]),
            datasets: BTreeMap::from([
                ("amstel".into(), digests('b')),
                ("seven-centres".into(), digests('c')),
            ]),
            started: "2026-01-01T08:00:00Z".into(),
            seconds: 1.25,
            threads: 2,
            machine: Machine {
                os: "linux".into(),
                arch: "x86_64".into(),
            },
        },
        evidence: vec![amstel(), synthetic(), broken()],
    }
}

fn amstel() -> Evidence {
    let mut evidence = Evidence {
        study: "ward-score-at-amstel".into(),
        model: model(),
        dataset: dataset("amstel", "Amstel wards 2023", false),
        thresholds: vec![0.2, 0.1, 0.3],
        profile: profile(21_304, 18_977, 1_768),
        curves: curves(0.083, 1.0),
        notes: vec![
            "3 scores of exactly 0 were moved to 0.00000001 for intercept and slope".into(),
        ],
        ..Evidence::default()
    };
    measure(&mut evidence, 0.083);
    leaning::explain(&mut evidence, true);
    evidence.findings = judged::findings();
    evidence
}

fn synthetic() -> Evidence {
    let mut dataset = dataset("seven-centres", "Seven made-up centres", true);
    dataset.controller = Some("nobody: synthetic".into());
    let mut evidence = Evidence {
        study: "ward-score-at-seven-centres".into(),
        model: model(),
        dataset,
        thresholds: vec![0.2, 0.1, 0.3],
        profile: profile(20_000, 16_212, 2_214),
        curves: curves(0.1107, 0.8),
        ..Evidence::default()
    };
    measure(&mut evidence, 0.1107);
    leaning::explain(&mut evidence, false);
    evidence.findings = judged::findings()
        .into_iter()
        .filter(|f| f.verdict != Verdict::NotMet)
        .collect();
    evidence
}

fn broken() -> Evidence {
    Evidence {
        study: "ward-score-at-rijn".into(),
        model: ModelCard {
            threshold: None,
            intended_use: None,
            users: None,
            ..model()
        },
        dataset: DatasetCard {
            population: None,
            ..dataset("rijn", "Rijn wards", false)
        },
        failure: Some(Failure {
            what: "column `lactate` holds text that is not a number in 14 rows".into(),
            at: Some("datasets/rijn/data.csv, column `lactate`".into()),
            help: Some(
                "declare its missing codes in the card, for instance `missing = [\"n.b.\"]`".into(),
            ),
        }),
        findings: judged::unanswered(),
        ..Evidence::default()
    }
}

fn model() -> ModelCard {
    ModelCard {
        id: "ward-score".into(),
        name: "Ward score".into(),
        version: "2.1".into(),
        predicts: "unplanned move to intensive care within 48 hours".into(),
        format: "linear".into(),
        file: Some("model.toml".into()),
        threshold: Some(Threshold {
            value: 0.2,
            from: Some("consensus of the ward team, 12 March 2025".into()),
        }),
        intended_use: Some("to call the outreach team for adults on medical wards".into()),
        users: Some("ward nurses".into()),
        development: Some(Development {
            population: Some("adults on medical wards of two teaching hospitals".into()),
            period: Some("2016 to 2019".into()),
            n: Some(48_210),
            events: Some(3_377),
            lp_mean: Some(-2.71),
            lp_sd: Some(1.18),
            auroc: Some(0.842),
        }),
        inputs: vec![
            InputCard {
                name: "age".into(),
                unit: Some("years".into()),
                range: Some([18.0, 110.0]),
                ..InputCard::default()
            },
            InputCard {
                name: "lactate".into(),
                unit: Some("mmol/l".into()),
                missing: MissingRule::Value(1.2),
                ..InputCard::default()
            },
            InputCard {
                name: "sex".into(),
                kind: InputKind::Category,
                categories: vec!["female".into(), "male".into()],
                ..InputCard::default()
            },
        ],
        licence: Some("CC BY 4.0".into()),
        ..ModelCard::default()
    }
}

fn dataset(id: &str, name: &str, synthetic: bool) -> DatasetCard {
    let column = |name: &str, roles: &[ColumnRole]| ColumnCard {
        name: name.into(),
        roles: roles.to_vec(),
        input: None,
        unit: None,
        kind: InputKind::Number,
        event: None,
        range: None,
        categories: Vec::new(),
        outside: RangeRule::Exclude,
        missing: Vec::new(),
        bands: Vec::new(),
        reference: None,
        labels: BTreeMap::new(),
    };
    DatasetCard {
        id: id.into(),
        name: name.into(),
        file: "data.csv".into(),
        format: "csv".into(),
        synthetic,
        controller: Some("Amstel hospital".into()),
        pseudonymisation: Some(Pseudonymisation {
            method: "keyed, per study".into(),
            key_holder: None,
            date: Some("2025-11-03".into()),
        }),
        period: Some("January to December 2023".into()),
        population: Some("adults admitted to a medical ward".into()),
        columns: vec![
            column("patient", &[ColumnRole::Patient]),
            ColumnCard {
                event: Some("1".into()),
                kind: InputKind::Category,
                ..column("icu48", &[ColumnRole::Outcome])
            },
            ColumnCard {
                unit: Some("years".into()),
                range: Some([18.0, 110.0]),
                bands: vec![18.0, 50.0, 65.0, 80.0],
                ..column("age", &[ColumnRole::Input])
            },
        ],
        ..DatasetCard::default()
    }
}

fn profile(rows: u64, patients: u64, events: u64) -> Profile {
    let step = |step: &str, reason: &str, rows: u64, patients: u64| FlowStep {
        step: step.into(),
        reason: reason.into(),
        rows: rows.into(),
        patients: patients.into(),
    };
    let mut out = step("excluded", "`age` outside 18 to 110", 0, 0);
    out.rows = Count::Masked {
        masked: "<10".into(),
    };
    out.patients = Count::Masked {
        masked: "<10".into(),
    };
    Profile {
        rows: rows.into(),
        patients: patients.into(),
        events: events.into(),
        missing: BTreeMap::from([
            ("lactate".into(), Count::Known(6_120)),
            ("origin".into(), Count::Known(388)),
            (
                "postcode".into(),
                Count::Masked {
                    masked: "<10".into(),
                },
            ),
        ]),
        flow: vec![
            step("read", "rows of the file", rows + 745, patients + 512),
            step("excluded", "outcome is missing", 412, 309),
            step("excluded", "second row of the same admission", 327, 203),
            out,
            step("kept", "scored and measured", rows, patients),
        ],
        groups: GROUPS.iter().map(group_count).collect(),
    }
}
