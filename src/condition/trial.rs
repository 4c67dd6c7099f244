//! Judging put to the test (this file is compiled for tests only).

use crate::condition::judge::judge;
use crate::condition::read::read;
use crate::condition::requirement::requirement;
use crate::condition::rule::Condition;
use crate::record::{
    At, Estimate, Evidence, Failure, Gap, GapKind, Group, GroupCount, Interval, Level, SourceCard,
    Task, Threshold, Value, Verdict,
};
use crate::sheet::Sheet;

/// A condition that asks this; its examples do not matter here.
fn asking(require: &str) -> Condition {
    let text = r#"
        id = "x"
        title = "t"
        level = "must"
        why = "w"
        help = "h"
        source = { name = "s", verified = false }
        require.declared = { field = "model.owner" }
        [[example]]
        then = "met"
        given.declared = { "model.owner" = "us" }
        [[example]]
        then = "not-assessable"
    "#;
    let mut condition = read(Sheet::parse(text, "x.toml").unwrap(), "f", "x").unwrap();
    let sheet = Sheet::parse(&format!("require.{require}"), "x.toml").unwrap();
    let section = sheet.top().section("require").unwrap();
    condition.require = requirement(&section, 0).unwrap();
    condition
}

/// A value with its interval.
fn between(low: f64, high: f64) -> Value {
    Value::Known {
        point: (low + high) / 2.0,
        interval: Some(Interval {
            low,
            high,
            level: 0.95,
            method: "wald".into(),
            se: None,
        }),
        bootstrap: None,
    }
}

/// An estimate.
fn estimate(measure: &str, at: Option<At>, group: Option<Group>, value: Value) -> Estimate {
    Estimate {
        measure: measure.into(),
        at,
        group,
        value,
    }
}

fn gap(groups: [&str; 2], value: Value) -> Gap {
    Gap {
        measure: "sensitivity".into(),
        at: None,
        by: "sex".into(),
        kind: GapKind::Difference,
        groups: groups.map(Into::into),
        value,
    }
}

fn level(attribute: &str, level: &str) -> Group {
    Group::from([(attribute.to_owned(), level.to_owned())])
}

const GAP: &str =
    "gap = { measure = \"sensitivity\", by = \"sex\", absolute = true, at-most = 0.1 }";

#[test]
fn the_worst_gap_decides() {
    let condition = asking(GAP);
    let mut evidence = Evidence::default();
    let mut with = |groups, value| {
        evidence.gaps.push(gap(groups, value));
        judge(&condition, &evidence)
    };
    let met = with(["female", "male"], between(-0.02, 0.04));
    assert_eq!(met.verdict, Verdict::Met);
    let unknown = with(["other", "male"], between(-0.3, 0.3));
    assert_eq!(unknown.verdict, Verdict::NotAssessable);
    let worst = with(["third", "male"], between(0.2, 0.3));
    assert_eq!(worst.verdict, Verdict::NotMet);
    assert_eq!(
        worst.because,
        "difference of sensitivity by sex, asked: -0.10 to 0.10; not met for 1 of 3: \
         third against male 0.25 (0.20 to 0.30); not assessable for another 1"
    );
}

#[test]
fn a_single_level_has_no_gap() {
    let mut evidence = Evidence::default();
    evidence.profile.groups.push(GroupCount {
        group: level("sex", "female"),
        rows: 900_u64.into(),
        patients: 900_u64.into(),
        events: 200_u64.into(),
    });
    let finding = judge(&asking(GAP), &evidence);
    assert_eq!(finding.verdict, Verdict::NotAssessable);
    assert!(finding.because.contains("only one level of `sex`"));
}

#[test]
fn the_first_threshold_of_the_study_is_the_decision_threshold() {
    let condition =
        asking("measure = { id = \"npv\", at = \"decision-threshold\", at-least = 0.9 }");
    let mut evidence = Evidence::default();
    for (threshold, value) in [(0.1, between(0.95, 0.97)), (0.2, between(0.7, 0.8))] {
        let at = Some(At::threshold(threshold));
        evidence.estimates.push(estimate("npv", at, None, value));
    }
    let because = judge(&condition, &evidence).because;
    assert_eq!(because, "NPV: nobody has declared a decision threshold");
    evidence.model.threshold = Some(Threshold {
        value: 0.2,
        from: None,
    });
    assert_eq!(judge(&condition, &evidence).verdict, Verdict::NotMet);
    evidence.thresholds = vec![0.1, 0.2];
    let finding = judge(&condition, &evidence);
    assert_eq!(finding.verdict, Verdict::Met);
    assert_eq!(
        finding.because,
        "NPV 0.96 (0.95 to 0.97) at threshold 0.1, asked: at least 0.90"
    );
}

#[test]
fn every_horizon_that_was_computed_must_answer() {
    let condition = asking("measure = { id = \"oe-ratio\", within = [0.8, 1.2] }");
    let mut evidence = Evidence::default();
    for (horizon, value) in [(5.0, between(0.9, 1.1)), (10.0, between(1.4, 1.5))] {
        let at = Some(At {
            threshold: None,
            horizon: Some(horizon),
        });
        let one = estimate("oe-ratio", at, None, value);
        evidence.estimates.push(one);
    }
    let finding = judge(&condition, &evidence);
    assert_eq!(finding.verdict, Verdict::NotMet);
    assert!(
        finding
            .because
            .contains("not met for 1 of 2: at horizon 10 1.45")
    );
}

#[test]
fn a_point_outside_its_own_interval_is_no_evidence() {
    let condition = asking("measure = { id = \"brier\", at-most = 0.2 }");
    let mut value = between(0.1, 0.15);
    if let Value::Known { point, .. } = &mut value {
        *point = 0.25;
    }
    let evidence = Evidence {
        estimates: vec![estimate("brier", None, None, value)],
        ..Evidence::default()
    };
    assert_eq!(judge(&condition, &evidence).verdict, Verdict::NotAssessable);
}

#[test]
fn one_of_several_is_enough_for_any_and_all_need_all() {
    let parts =
        "{ measure = { id = \"auroc\", above = 0.5 } }, { declared = { field = \"model.owner\" } }";
    let [all, any] = ["all", "any"].map(|kind| asking(&format!("{kind} = [{parts}]")));
    let mut evidence = Evidence::default();
    let verdicts = |evidence: &Evidence| [&all, &any].map(|c| judge(c, evidence).verdict);
    assert_eq!(verdicts(&evidence), [Verdict::NotAssessable; 2]);
    let bad = estimate("auroc", None, None, between(0.3, 0.4));
    evidence.estimates.push(bad);
    assert_eq!(
        verdicts(&evidence),
        [Verdict::NotMet, Verdict::NotAssessable]
    );
    evidence.model.owner = Some("cardiology".into());
    assert_eq!(verdicts(&evidence), [Verdict::NotMet, Verdict::Met]);
}

#[test]
fn an_answer_that_is_not_among_those_asked_for_is_not_met() {
    let condition = asking(
        "declared = { field = \"dataset.ground\", one-of = [\"consent\", \"no-objection\"] }",
    );
    let declared = |ground: &str| {
        let mut evidence = Evidence::default();
        evidence.dataset.ground = Some(ground.into());
        judge(&condition, &evidence)
    };
    assert_eq!(declared(" Consent ").verdict, Verdict::Met);
    assert_eq!(declared("habit").verdict, Verdict::NotMet);
    assert_eq!(declared("").verdict, Verdict::NotAssessable);
}

#[test]
fn what_does_not_apply_stays_so_when_the_study_failed() {
    let mut condition = asking("declared = { field = \"model.owner\" }");
    let mut evidence = Evidence {
        failure: Some(Failure {
            what: "the file is cut off".into(),
            at: None,
            help: None,
        }),
        ..Evidence::default()
    };
    evidence.model.owner = Some("cardiology".into());
    let finding = judge(&condition, &evidence);
    assert_eq!(finding.verdict, Verdict::NotAssessable);
    assert_eq!(finding.because, "the study failed: the file is cut off");
    assert_eq!(finding.level, Level::Must);
    assert_ne!(finding.source, SourceCard::default());
    condition.applies.tasks = vec![Task::Survival];
    assert_eq!(judge(&condition, &evidence).verdict, Verdict::NotApplicable);
}

#[test]
fn an_intersection_that_was_not_compared_is_not_forgotten() {
    let condition = asking(
        "gap = { measure = \"sensitivity\", by = [\"sex\", \"age-band\"], absolute = true, at-most = 0.1 }",
    );
    let mut evidence = Evidence::default();
    let mut one = gap(["0–49 × male", "50+ × male"], between(-0.02, 0.04));
    one.by = "age-band × sex".into();
    evidence.gaps.push(one);
    assert_eq!(judge(&condition, &evidence).verdict, Verdict::Met);
    for (band, sex) in [("0–49", "male"), ("50+", "male"), ("50+", "female")] {
        let mut group = level("age-band", band);
        group.extend(level("sex", sex));
        evidence.profile.groups.push(GroupCount {
            group,
            rows: 300_u64.into(),
            patients: 300_u64.into(),
            events: 60_u64.into(),
        });
    }
    let finding = judge(&condition, &evidence);
    assert_eq!(finding.verdict, Verdict::NotAssessable);
    assert!(finding.because.contains("1 more, not compared"));
}
