//! Every condition on its own examples; none met without evidence.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

use keur::condition::{self, Condition, Requirement, check_examples, judge};
use keur::error::Error;
use keur::record::{
    At, Count, Estimate, Evidence, Failure, Finding, Gap, Group, GroupCount, Interval, Undefined,
    Value, Verdict,
};
use keur::sheet::Sheet;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

type Judge = fn(&Condition, &Evidence) -> Finding;

fn library() -> Vec<Condition> {
    condition::library().unwrap_or_else(|problems| panic!("{}", told(&problems)))
}

fn told(problems: &[Error]) -> String {
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    told.join("\n")
}

fn parsed(text: &str) -> Result<Condition, Vec<Error>> {
    let sheet = Sheet::parse(text, "local/x.toml").unwrap();
    condition::read(sheet, "local", "x")
}

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

/// Evidence that gives every condition exactly this value wherever it looks, and these counts.
fn everywhere(conditions: &[Condition], value: &Value, count: &Count) -> Evidence {
    let mut evidence = Evidence {
        thresholds: vec![0.2],
        ..Evidence::default()
    };
    let places = [None, Some(At::threshold(0.2)), Some(At::threshold(0.5))];
    let parts = conditions.iter().flat_map(|c| c.require.parts());
    for part in parts {
        let (id, by, gap) = match part {
            Requirement::Measure(rule) => (&rule.id, &rule.by, None),
            Requirement::Gap(rule) => (&rule.measure, &rule.by, Some(rule.kind)),
            _ => continue,
        };
        let levels: Vec<Option<Group>> = ["A", "B"]
            .map(|level| {
                (!by.is_empty()).then(|| by.iter().map(|a| (a.clone(), level.to_owned())).collect())
            })
            .into();
        for at in places {
            for group in &levels {
                evidence.estimates.push(Estimate {
                    measure: id.clone(),
                    at,
                    group: group.clone(),
                    value: value.clone(),
                });
            }
            if let Some(kind) = gap {
                evidence.gaps.push(Gap {
                    measure: id.clone(),
                    at,
                    by: by.join(" × "),
                    kind,
                    groups: ["A".into(), "B".into()],
                    value: value.clone(),
                });
            }
        }
        for group in levels.into_iter().flatten() {
            evidence.profile.groups.push(GroupCount {
                group,
                rows: count.clone(),
                patients: count.clone(),
                events: count.clone(),
            });
        }
    }
    evidence.profile.rows = count.clone();
    evidence.profile.patients = count.clone();
    evidence.profile.events = count.clone();
    evidence
}

/// Everything that is no evidence.
fn no_evidence(conditions: &[Condition]) -> Vec<(&'static str, Evidence)> {
    let masked = Count::Masked {
        masked: "<10".into(),
    };
    let complement = Count::Masked {
        masked: "complement".into(),
    };
    let none = Count::Known(0);
    let hidden = Value::Masked {
        masked: "<10".into(),
    };
    let undefined = Value::Undefined {
        undefined: Undefined::NoEvents,
    };
    let mut bold = between(1.0, 1.0);
    if let Value::Known {
        interval: Some(interval),
        ..
    } = &mut bold
    {
        interval.level = 0.5;
    }
    let mut failed = everywhere(conditions, &between(1.0, 1.0), &Count::Known(1000));
    failed.failure = Some(Failure {
        what: "the model could not be read".into(),
        at: None,
        help: None,
    });
    vec![
        ("nothing at all", Evidence::default()),
        ("undefined", everywhere(conditions, &undefined, &none)),
        ("masked", everywhere(conditions, &hidden, &masked)),
        ("complement", everywhere(conditions, &hidden, &complement)),
        ("a point", everywhere(conditions, &Value::point(1.0), &none)),
        (
            "NaN",
            everywhere(conditions, &Value::point(f64::NAN), &none),
        ),
        (
            "an interval without ends",
            everywhere(conditions, &between(f64::NAN, f64::NAN), &none),
        ),
        ("an interval too bold", everywhere(conditions, &bold, &none)),
        ("a failed study", failed),
    ]
}

fn met_without_evidence(judge: Judge) -> Vec<String> {
    let conditions = library();
    let mut met = Vec::new();
    for (what, evidence) in no_evidence(&conditions) {
        for condition in &conditions {
            if judge(condition, &evidence).verdict == Verdict::Met {
                met.push(format!("{} on {what}", condition.id));
            }
        }
    }
    met
}

#[test]
fn no_condition_is_met_without_evidence() {
    assert_eq!(met_without_evidence(judge), Vec::<String>::new());
}

#[test]
fn a_judge_that_meets_conditions_without_evidence_is_caught() {
    let wrong: Judge = |condition, evidence| {
        let mut finding = judge(condition, evidence);
        if finding.verdict == Verdict::NotAssessable {
            finding.verdict = Verdict::Met;
        }
        finding
    };
    let by_the_point: Judge = |condition, evidence| {
        let mut evidence = evidence.clone();
        for estimate in &mut evidence.estimates {
            if let Value::Known {
                point, interval, ..
            } = &mut estimate.value
                && interval.is_none()
                && point.is_finite()
            {
                estimate.value = between(*point, *point);
            }
        }
        judge(condition, &evidence)
    };
    assert!(met_without_evidence(wrong).len() > 12);
    assert!(
        met_without_evidence(by_the_point)
            .contains(&"calibration-slope-near-one on a point".to_owned())
    );
}

#[test]
fn the_same_evidence_with_intervals_does_meet_them() {
    let conditions = library();
    let evidence = everywhere(&conditions, &between(1.0, 1.0), &Count::Known(1000));
    let met = |id: &str| {
        let condition = conditions.iter().find(|c| c.id == id).unwrap();
        judge(condition, &evidence).verdict
    };
    for id in [
        "calibration-slope-near-one",
        "calibration-at-every-site",
        "calibration-gap-by-sex",
    ] {
        assert_eq!(met(id), Verdict::Met, "{id}");
    }
    assert_eq!(met("sensitivity-gap-by-sex"), Verdict::NotMet);
}

#[test]
fn every_condition_agrees_with_its_own_examples() {
    for condition in library() {
        let problems = check_examples(&condition);
        assert!(problems.is_empty(), "{}", told(&problems));
    }
}

#[test]
fn the_compiled_library_is_what_stands_in_the_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/conditions");
    let mut on_disk = Vec::new();
    for framework in fs::read_dir(&root).unwrap().map(Result::unwrap) {
        for file in fs::read_dir(framework.path()).unwrap().map(Result::unwrap) {
            let id = file.path().file_stem().unwrap().display().to_string();
            on_disk.push(format!("{}/{id}", framework.file_name().display()));
        }
    }
    let mut compiled: Vec<String> = library()
        .iter()
        .map(|c| format!("{}/{}", c.framework, c.id))
        .collect();
    on_disk.sort();
    compiled.sort();
    assert_eq!(
        compiled, on_disk,
        "a file was added or taken away: touch src/condition/mod.rs to compile it in"
    );
    assert!(compiled.len() >= 12);
}

#[test]
fn ids_are_unique_kebab_case_and_texts_are_whole() {
    let library = library();
    let ids: BTreeSet<&str> = library.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids.len(), library.len());
    for condition in &library {
        let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(condition.id.chars().all(small), "{}", condition.id);
        for text in [&condition.why, &condition.help] {
            assert!(text.ends_with('.') && text.len() > 40, "{text}");
        }
        assert!(!condition.title.ends_with('.'), "{}", condition.title);
        assert!(!condition.source.name.is_empty());
        assert!(condition.source.verified || condition.source.item.is_none());
    }
}

#[test]
fn every_kind_of_requirement_is_used_by_a_shipped_condition() {
    let library = library();
    let used: BTreeSet<&str> = library
        .iter()
        .flat_map(|c| c.require.parts())
        .map(Requirement::kind)
        .collect();
    assert_eq!(
        Vec::from_iter(used),
        [
            "all",
            "any",
            "count",
            "declared",
            "explanation",
            "gap",
            "lean",
            "measure"
        ]
    );
}

#[test]
fn conditions_ask_only_for_measures_of_the_interface() {
    let library = library();
    for id in library.iter().flat_map(|c| c.require.measures()) {
        assert!(
            keur::measure::find(id).is_some(),
            "`{id}` stands on no shelf"
        );
    }
    let words: Vec<String> = library.iter().map(|c| c.require.words()).collect();
    for said in [
        "calibration slope 0.80 to 1.20",
        "O:E ratio for every site 0.80 to 1.25",
        "difference of sensitivity at the decision threshold between the levels of sex -0.10 to 0.10",
        "events at least 100; and non-events at least 100",
        "net benefit at the decision threshold above 0; and net benefit over treat all at the decision threshold above 0",
        "`dataset.source` is declared; and at least one of: `dataset.ground` is declared; or `dataset.licence` is declared",
    ] {
        assert!(words.iter().any(|w| w == said), "no “{said}” in {words:#?}");
    }
}

/// A small generator with its own seed, so that the test is the same everywhere.
fn numbers() -> impl FnMut() -> f64 {
    let mut state: u64 = 20_260_101;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn shrinking_an_interval_never_turns_a_verdict_round() {
    let conditions = library();
    let mut next = numbers();
    let mut seen = BTreeSet::new();
    for _ in 0..2_000 {
        let (a, b) = (next() * 3.0 - 0.5, next() * 0.8);
        let (low, high) = (a, a + b);
        let (from, to) = (next(), next());
        let (from, to) = (from.min(to), from.max(to));
        let (inner_low, inner_high) = (low + from * b, low + to * b);
        let count = Count::Known(1000);
        let wide = everywhere(&conditions, &between(low, high), &count);
        let narrow = everywhere(&conditions, &between(inner_low, inner_high), &count);
        for condition in &conditions {
            let before = judge(condition, &wide).verdict;
            let after = judge(condition, &narrow).verdict;
            if before != Verdict::NotAssessable {
                assert_eq!(before, after, "{} at {low} to {high}", condition.id);
            }
            seen.insert(before);
        }
    }
    assert!(seen.len() >= 3, "{seen:?}");
}

#[test]
fn all_problems_of_a_malformed_file_come_at_once() {
    let text = r#"
id     = "y"
titel  = "misspelt"
title  = "<script>alert(1)</script>"
level  = "most"
why    = 3
help   = ""
source = { name = "a", link = "javascript:alert(1)", verified = "yes" }
[require.measure]
id       = "calibration-slope"
within   = [1.2, 0.8]
at-least = 0.5
att      = 0.2
"#;
    let problems = parsed(text).unwrap_err();
    for (problem, line) in [
        ("the id `y` is not the file's name", 2),
        ("unknown key `titel`", 3),
        ("did you mean `title`?", 3),
        ("`title` holds markup", 4),
        ("unknown level `most`", 5),
        ("`why` must be a text", 6),
        ("`help` is empty", 7),
        ("a link starts with `https://`", 8),
        ("`verified` must be true or false", 8),
        ("`within` must be two numbers", 11),
        ("`within` cannot stand beside a one-sided limit", 11),
        ("unknown key `att`", 13),
        ("there is no `[[example]]`", 1),
    ] {
        let at = format!("local/x.toml:{line}");
        assert!(
            problems
                .iter()
                .any(|p| p.to_string().contains(problem) && p.at.as_deref() == Some(&at)),
            "no “{problem}” at line {line} in\n{}",
            told(&problems)
        );
    }
}

const WHOLE: &str = r#"
id     = "x"
title  = "A title"
level  = "must"
why    = "A reason."
help   = "A way out."
source = { name = "a source", verified = false }
"#;

#[test]
fn what_could_be_met_without_evidence_cannot_be_asked() {
    for (require, problem) in [
        (
            r#"declared = { field = "model.task" }"#,
            "nobody declared it",
        ),
        (
            r#"declared = { field = "model.intended_us" }"#,
            "did you mean `model.intended-use`?",
        ),
        ("all = []", "lists no requirement"),
        ("", "nothing is required"),
        (r#"measure = { id = "auroc" }"#, "no limit is given"),
        (
            r#"gap = { measure = "auroc", by = "sex", absolute = true, at-least = 0 }"#,
            "needs an upper limit above 0",
        ),
        (
            r#"count = { of = "sites", by = "sex", at-least = 2 }"#,
            "`sites` is not counted by group",
        ),
        (
            r#"count = { of = "row", at-least = 2 }"#,
            "did you mean `rows`?",
        ),
        (
            r#"measure = { id = "auroc", at = "decision-treshold", above = 0.5 }"#,
            "did you mean `decision-threshold`?",
        ),
    ] {
        let text = format!(
            "{WHOLE}require = {{ {require} }}\n[[example]]\nthen = \"met\"\n[[example]]\nthen = \"not-met\"\n"
        );
        let told = told(&parsed(&text).unwrap_err());
        assert!(told.contains(problem), "no “{problem}” in\n{told}");
    }
}

#[test]
fn examples_that_come_out_differently_are_problems() {
    let text = format!(
        "{WHOLE}require.declared = {{ field = \"model.owner\" }}\n[[example]]\nthen = \"met\"\n"
    );
    let told = told(&parsed(&text).unwrap_err());
    assert!(told.contains("the example says `met` and the condition says `not-assessable`"));
    assert!(told.contains("nobody has declared `owner` in the model card"));
    assert!(told.contains("no example that is not met or not assessable"));
}

#[test]
fn conditions_come_by_framework_by_name_and_from_folders() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    let load = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        condition::load(&names, root)
    };
    let ids = |names: &[&str]| -> Vec<String> {
        let loaded = load(names).unwrap_or_else(|problems| panic!("{}", told(&problems)));
        loaded.into_iter().map(|c| c.id).collect()
    };
    assert_eq!(ids(&[]), Vec::<String>::new());
    assert_eq!(ids(&["house", "house/enough-events"]).len(), 9);
    assert_eq!(ids(&["house/enough-events"]), ["enough-events"]);

    let own = root.join("rules/local");
    fs::create_dir_all(&own).unwrap();
    let text = format!(
        "{WHOLE}require.declared = {{ field = \"model.owner\" }}\n\
         [[example]]\nthen = \"met\"\ngiven.declared = {{ \"model.owner\" = \"cardiology\" }}\n\
         [[example]]\nthen = \"not-assessable\"\n"
    );
    fs::write(own.join("x.toml"), &text).unwrap();
    assert_eq!(ids(&["gdpr", "rules"]), ["pseudonymisation-declared", "x"]);
    assert_eq!(load(&["./rules/local"]).unwrap()[0].framework, "local");
    assert_eq!(
        ids(&["rules/local", "rules/local/x.toml", "./rules"]),
        ["x"]
    );

    fs::create_dir_all(root.join("rules/other")).unwrap();
    fs::write(root.join("rules/other/x.toml"), &text).unwrap();
    let problems = load(&["hous", "gdpr/pseudonymisation", "../rules", "/etc", "rules"]);
    let told = told(&problems.unwrap_err());
    for problem in [
        "did you mean `house`?",
        "did you mean `gdpr/pseudonymisation-declared`?",
        "`../rules` leaves the repository",
        "`/etc` leaves the repository",
        "two conditions have the id `x`",
    ] {
        assert!(told.contains(problem), "no “{problem}” in\n{told}");
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_the_repository_are_refused() {
    let [inside, outside] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    fs::write(outside.path().join("x.toml"), "id = \"x\"").unwrap();
    std::os::unix::fs::symlink(outside.path(), inside.path().join("rules")).unwrap();
    let problems = condition::load(&["rules".into()], inside.path()).unwrap_err();
    assert!(told(&problems).contains("a link out of the repository"));
}

#[test]
fn findings_say_the_numbers_a_board_reads() {
    let library = library();
    let because = |id: &str, evidence: &Evidence| {
        let condition = library.iter().find(|c| c.id == id).unwrap();
        judge(condition, evidence).because
    };
    let slope = |value: Value| Evidence {
        estimates: vec![Estimate {
            measure: "calibration-slope".into(),
            at: None,
            group: None,
            value,
        }],
        ..Evidence::default()
    };
    for (value, said) in [
        (
            between(0.88, 0.98),
            "calibration slope 0.93 (0.88 to 0.98), asked: 0.80 to 1.20",
        ),
        (
            between(0.70, 1.10),
            "calibration slope 0.90 (0.70 to 1.10), asked: 0.80 to 1.20: the data cannot tell",
        ),
        (
            Value::Undefined {
                undefined: Undefined::NoEvents,
            },
            "calibration slope: no row had the event; asked: 0.80 to 1.20",
        ),
        (
            Value::Masked {
                masked: "<10".into(),
            },
            "calibration slope: hidden, because fewer than 10 persons stand behind it; asked: 0.80 to 1.20",
        ),
    ] {
        assert_eq!(because("calibration-slope-near-one", &slope(value)), said);
    }
    assert_eq!(
        because("threshold-has-provenance", &Evidence::default()),
        "nobody has declared `threshold.from` in the model card"
    );
    let mut few = Evidence::default();
    few.profile.rows = Count::Known(569);
    few.profile.events = Count::Known(57);
    assert_eq!(
        because("enough-events", &few),
        "events 57, asked: at least 100"
    );
    let sites = everywhere(&library, &between(1.3, 1.5), &Count::Known(500));
    assert_eq!(
        because("calibration-at-every-site", &sites),
        "O:E ratio by site, asked: 0.80 to 1.25; not met for 2 of 2: A 1.40 (1.30 to 1.50); B 1.40 (1.30 to 1.50)"
    );
}

#[test]
fn a_condition_judged_on_the_point_says_so() {
    let text = format!(
        "{WHOLE}require.measure = {{ id = \"auroc\", at-least = 0.7, judged-by = \"point\" }}\n\
         [[example]]\nthen = \"met\"\ngiven.measures = [{{ id = \"auroc\", point = 0.8 }}]\n\
         [[example]]\nthen = \"not-met\"\ngiven.measures = [{{ id = \"auroc\", point = 0.6, interval = [0.5, 0.75] }}]\n\
         [[example]]\nthen = \"not-assessable\"\ngiven.measures = [{{ id = \"auroc\", undefined = \"no-events\" }}]\n"
    );
    let condition = parsed(&text).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let finding = judge(&condition, &condition.examples[1].given);
    assert_eq!(
        finding.because,
        "AUROC 0.60 (0.50 to 0.75), asked: at least 0.70, judged on the point alone"
    );
}

#[test]
fn treating_everyone_is_a_reference_and_not_a_model() {
    let mut evidence = Evidence::default();
    evidence.model.format = "treat-all".into();
    for condition in library() {
        let verdict = judge(&condition, &evidence).verdict;
        let about_the_data = ["data-origin-declared", "pseudonymisation-declared"];
        if about_the_data.contains(&condition.id.as_str()) {
            assert_eq!(verdict, Verdict::NotAssessable, "{}", condition.id);
        } else if condition.id != "enough-events" {
            assert_eq!(verdict, Verdict::NotApplicable, "{}", condition.id);
        }
    }
}
