//! Nothing small is shown, and nothing hidden follows from what is shown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

use keur::record::disclosure::mask;
use keur::record::{
    Behind, Count, Curve, CurvePoint, Estimate, Evidence, FlowStep, Gap, GapKind, Group,
    GroupCount, Profile, Value,
};

fn group(levels: &[(&str, &str)]) -> Group {
    levels
        .iter()
        .map(|(a, l)| ((*a).to_owned(), (*l).to_owned()))
        .collect()
}

fn count(levels: &[(&str, &str)], rows: u64, events: u64) -> GroupCount {
    GroupCount {
        group: group(levels),
        rows: rows.into(),
        patients: rows.into(),
        events: events.into(),
    }
}

/// Every group gets an AUROC, an alert rate and a curve.
fn evidence(rows: u64, events: u64, groups: Vec<GroupCount>) -> Evidence {
    let mut evidence = Evidence {
        profile: Profile {
            rows: rows.into(),
            patients: rows.into(),
            events: events.into(),
            groups,
            ..Profile::default()
        },
        ..Evidence::default()
    };
    let all: Vec<Option<Group>> = std::iter::once(None)
        .chain(
            evidence
                .profile
                .groups
                .iter()
                .map(|g| Some(g.group.clone())),
        )
        .collect();
    for group in all {
        evidence.estimates.push(Estimate {
            measure: "auroc".into(),
            at: None,
            group: group.clone(),
            value: Value::point(0.7123),
        });
        evidence.curves.push(Curve {
            curve: "decision".into(),
            series: "model".into(),
            group,
            method: "step".into(),
            points: vec![CurvePoint::new(0.1, 0.05)],
        });
    }
    evidence
}

fn shown(evidence: &Evidence, levels: &[(&str, &str)]) -> (bool, bool) {
    let wanted = group(levels);
    let count = evidence
        .profile
        .groups
        .iter()
        .find(|g| g.group == wanted)
        .unwrap();
    let value = &evidence
        .estimate("auroc", None, Some(&wanted))
        .unwrap()
        .value;
    let curve = evidence
        .curves
        .iter()
        .any(|c| c.group.as_ref() == Some(&wanted));
    assert_eq!(
        value.known().is_some(),
        curve,
        "numbers and curves hide together"
    );
    (count.rows.known().is_some(), value.known().is_some())
}

#[test]
fn a_small_group_is_hidden_whole_and_takes_the_next_smallest_with_it() {
    let mut e = evidence(
        507,
        200,
        vec![
            count(&[("origin", "a")], 300, 120),
            count(&[("origin", "b")], 150, 60),
            count(&[("origin", "c")], 50, 18),
            count(&[("origin", "d")], 7, 2),
        ],
    );
    mask(&mut e, 10, &Behind::default());
    assert_eq!(shown(&e, &[("origin", "d")]), (false, false));
    assert_eq!(shown(&e, &[("origin", "c")]), (false, false));
    assert_eq!(shown(&e, &[("origin", "b")]), (true, true));
    let text = serde_json::to_string(&e).unwrap();
    assert!(text.contains("\"<10\"") && text.contains("\"complement\""));
    assert!(!text.contains(":7") && !text.contains(":50,"));
}

#[test]
fn few_events_hide_what_depends_on_the_outcome_and_keep_the_size() {
    let mut e = evidence(
        600,
        200,
        vec![
            count(&[("sex", "female")], 300, 195),
            count(&[("sex", "male")], 300, 5),
        ],
    );
    mask(&mut e, 10, &Behind::default());
    assert_eq!(shown(&e, &[("sex", "male")]), (true, false));
    assert_eq!(shown(&e, &[("sex", "female")]), (true, false));
}

#[test]
fn a_hidden_cell_of_an_intersection_is_protected_against_both_margins() {
    let mut groups = Vec::new();
    for (sex, ages) in [("female", [100, 7, 90]), ("male", [110, 80, 95])] {
        for (age, n) in ["young", "middle", "old"].into_iter().zip(ages) {
            groups.push(count(&[("age", age), ("sex", sex)], n, n / 2));
        }
        groups.push(count(
            &[("sex", sex)],
            ages.iter().sum(),
            ages.iter().sum::<u64>() / 2,
        ));
    }
    for (age, n) in [("young", 210), ("middle", 87), ("old", 185)] {
        groups.push(count(&[("age", age)], n, n / 2));
    }
    let mut e = evidence(482, 241, groups);
    mask(&mut e, 10, &Behind::default());
    for line in [
        vec![("female", "young"), ("female", "middle"), ("female", "old")],
        vec![("male", "young"), ("male", "middle"), ("male", "old")],
        vec![("female", "young"), ("male", "young")],
        vec![("female", "middle"), ("male", "middle")],
        vec![("female", "old"), ("male", "old")],
    ] {
        let hidden = line
            .iter()
            .filter(|(sex, age)| !shown(&e, &[("age", age), ("sex", sex)]).0)
            .count();
        assert_ne!(hidden, 1, "{line:?} gives its only hidden cell away");
    }
    assert_eq!(shown(&e, &[("sex", "female")]), (true, true));
}

#[test]
fn a_split_of_two_hides_both_when_one_is_small() {
    let mut e = evidence(
        309,
        100,
        vec![
            count(&[("sex", "x")], 300, 97),
            count(&[("sex", "y")], 9, 3),
        ],
    );
    mask(&mut e, 10, &Behind::default());
    assert_eq!(shown(&e, &[("sex", "x")]), (false, false));
}

#[test]
fn gaps_of_a_hidden_group_are_hidden() {
    let mut e = evidence(
        307,
        100,
        vec![
            count(&[("sex", "female")], 150, 50),
            count(&[("sex", "male")], 150, 48),
            count(&[("sex", "unknown")], 7, 2),
        ],
    );
    let gap = |groups: [&str; 2]| Gap {
        measure: "auroc".into(),
        at: None,
        by: "sex".into(),
        kind: GapKind::Difference,
        groups: groups.map(str::to_owned),
        value: Value::point(0.01),
    };
    e.gaps = vec![gap(["unknown", "male"]), gap(["female", "male"])];
    mask(&mut e, 10, &Behind::default());
    assert!(e.gaps.iter().all(|g| g.value.known().is_none()));
}

#[test]
fn a_small_loss_in_the_flow_cannot_be_found_by_subtraction() {
    let step = |step: &str, n: u64| FlowStep {
        step: step.into(),
        reason: step.into(),
        rows: n.into(),
        patients: n.into(),
    };
    let mut e = evidence(495, 100, vec![]);
    e.profile.flow = vec![
        step("read", 500),
        step("excluded", 5),
        step("excluded", 0),
        step("kept", 495),
    ];
    mask(&mut e, 10, &Behind::default());
    let flow = &e.profile.flow;
    assert_eq!(
        flow[1].rows,
        Count::Masked {
            masked: "<10".into()
        }
    );
    assert_eq!(flow[0].rows.known(), None);
    assert_eq!(flow[2].rows.known(), Some(0));
    assert_eq!(flow[3].rows.known(), Some(495));
}

#[test]
fn a_study_with_few_events_shows_no_number_that_depends_on_them() {
    let mut e = evidence(500, 6, vec![count(&[("sex", "female")], 250, 3)]);
    mask(&mut e, 10, &Behind::default());
    assert!(e.estimates.iter().all(|x| x.value.known().is_none()));
    assert!(e.curves.is_empty() && e.profile.groups.is_empty());
    assert_eq!(e.profile.events.known(), None);
    assert_eq!(e.profile.rows.known(), Some(500));
}

#[test]
fn masking_twice_is_masking_once() {
    let mut once = evidence(
        507,
        200,
        vec![
            count(&[("origin", "a")], 300, 120),
            count(&[("origin", "b")], 200, 78),
            count(&[("origin", "d")], 7, 2),
        ],
    );
    mask(&mut once, 10, &Behind::default());
    let mut twice = once.clone();
    mask(&mut twice, 10, &Behind::default());
    assert_eq!(once, twice);
}
