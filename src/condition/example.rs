//! A condition's own tests: evidence given in its file, verdict expected.

use crate::condition::ask::chosen;
use crate::condition::declared;
use crate::condition::explained;
use crate::condition::judge::judge;
use crate::condition::limits::Place;
use crate::condition::rule::{Condition, Example, Requirement, kind_word};
use crate::error::Error;
use crate::record::{
    At, Count, Estimate, Evidence, Failure, FlowStep, Gap, GapKind, GroupCount, Interval,
    ScoreScale, Task, Undefined, Value, Verdict,
};
use crate::sheet::Section;

/// Words for verdicts in condition files.
pub const VERDICTS: [(&str, Verdict); 4] = [
    ("met", Verdict::Met),
    ("not-met", Verdict::NotMet),
    ("not-assessable", Verdict::NotAssessable),
    ("not-applicable", Verdict::NotApplicable),
];

/// Words for tasks in condition files.
pub const TASKS: [(&str, Task); 4] = [
    ("binary", Task::Binary),
    ("multiclass", Task::Multiclass),
    ("continuous", Task::Continuous),
    ("survival", Task::Survival),
];

/// The decision threshold of an example that does not give one.
const THRESHOLD: f64 = 0.2;

/// Runs a condition's examples. Every one that comes out differently is a problem, and so is a condition without an
/// example that is met or without one that is not met or not assessable.
pub fn check_examples(condition: &Condition) -> Vec<Error> {
    let word = |verdict| {
        VERDICTS
            .iter()
            .find(|(_, known)| *known == verdict)
            .map_or("", |(word, _)| word)
    };
    let mut problems = Vec::new();
    for example in &condition.examples {
        let finding = judge(condition, &example.given);
        if finding.verdict != example.then {
            problems.push(
                Error::new(format!(
                    "the example says `{}` and the condition says `{}`",
                    word(example.then),
                    word(finding.verdict)
                ))
                .at(example.place.clone())
                .help(finding.because),
            );
        }
    }
    let has = |wanted: &[Verdict]| condition.examples.iter().any(|e| wanted.contains(&e.then));
    let mut ask = |wanted: &[Verdict], words: &str| {
        if !has(wanted) {
            problems.push(
                Error::new(format!("condition `{}` has no example {words}", condition.id))
                    .help("every condition needs one that is met and one that is not met or not assessable"),
            );
        }
    };
    ask(&[Verdict::Met], "that is met");
    ask(
        &[Verdict::NotMet, Verdict::NotAssessable],
        "that is not met or not assessable",
    );
    problems
}

/// Reads one `[[example]]`. What an example leaves out stands where the requirement looks: `at` and `kind`.
pub fn read(section: &Section<'_>, require: &Requirement) -> Option<Example> {
    let place = section.place("then");
    if !section.has("then") {
        section.missing("then");
    }
    let then = chosen(section, "then", &VERDICTS);
    let mut given = Evidence {
        thresholds: vec![THRESHOLD],
        ..Evidence::default()
    };
    given.profile.rows = Count::Known(1000);
    given.profile.patients = Count::Known(1000);
    if let Some(section) = section.section("given") {
        fill(&mut given, &section, require);
    }
    Some(Example {
        then: then?,
        given,
        place,
    })
}

fn fill(given: &mut Evidence, section: &Section<'_>, require: &Requirement) {
    if let Some(task) = chosen(section, "task", &TASKS) {
        given.model.task = task;
    }
    let scales = [
        ("probability", ScoreScale::Probability),
        ("logit", ScoreScale::Logit),
        ("percent", ScoreScale::Percent),
        ("points", ScoreScale::Points),
    ];
    if let Some(scale) = chosen(section, "score", &scales) {
        given.model.score = scale;
    }
    if let Some(threshold) = section.number("threshold") {
        given.thresholds = vec![threshold];
    }
    given.dataset.synthetic = section.flag("synthetic").unwrap_or_default();
    if let Some(what) = section.text("failure") {
        given.failure = Some(Failure {
            what,
            at: None,
            help: None,
        });
    }
    if let Some(counts) = section.section("counts") {
        counted(given, &counts);
    }
    for group in section.sections("groups") {
        let known = |key| count(&group, key).unwrap_or(Count::Known(1000));
        given.profile.groups.push(GroupCount {
            group: group.pairs("group").unwrap_or_default(),
            rows: known("rows"),
            patients: known("patients"),
            events: known("events"),
        });
    }
    for measure in section.sections("measures") {
        let id = measure.need_text("id");
        let (asked, _) = asked(require, &id);
        given.estimates.push(Estimate {
            at: at(&measure, asked, given),
            group: measure.pairs("group"),
            value: value(&measure),
            measure: id,
        });
    }
    for gap in section.sections("gaps") {
        let measure = gap.need_text("measure");
        let (asked, asked_kind) = asked(require, &measure);
        let kinds = [GapKind::Difference, GapKind::Ratio].map(|kind| (kind_word(kind), kind));
        let groups = gap.texts("groups");
        given.gaps.push(Gap {
            at: at(&gap, asked, given),
            by: gap.need_text("by"),
            kind: chosen(&gap, "kind", &kinds)
                .or(asked_kind)
                .unwrap_or(GapKind::Difference),
            groups: match groups.as_deref() {
                Some([level, reference]) => [level.clone(), reference.clone()],
                Some(_) => {
                    gap.problem(
                        "groups",
                        Error::new("`groups` must be a level and its reference"),
                    );
                    continue;
                }
                None => ["one level".into(), "the reference".into()],
            },
            value: value(&gap),
            measure,
        });
    }
    explained::fill(given, section);
    if let Some(declared) = section.section("declared") {
        for field in declared.keys() {
            let words = declared.texts(field).unwrap_or_default();
            let done = declared::check(field).and_then(|path| declared::set(given, &path, &words));
            if let Err(problem) = done {
                declared.problem(field, problem);
            }
        }
    }
}

fn counted(given: &mut Evidence, counts: &Section<'_>) {
    let profile = &mut given.profile;
    let take = |key: &str, into: &mut Count| {
        if let Some(count) = count(counts, key) {
            *into = count;
        }
    };
    take("rows", &mut profile.rows);
    profile.patients = profile.rows.clone();
    take("patients", &mut profile.patients);
    take("events", &mut profile.events);
    let mut read = profile.rows.clone();
    take("read", &mut read);
    for (step, rows) in [("read", read), ("kept", profile.rows.clone())] {
        profile.flow.push(FlowStep {
            step: step.into(),
            reason: String::new(),
            patients: rows.clone(),
            rows,
        });
    }
    if let Some(missing) = counts.section("missing") {
        for column in missing.keys() {
            if let Some(count) = count(&missing, column) {
                profile.missing.insert(column.to_owned(), count);
            }
        }
    }
}

/// A count, or a text such as `<10` for a masked one.
fn count(section: &Section<'_>, key: &str) -> Option<Count> {
    if section.kind(key) == Some("a text") {
        let masked = section.text(key)?;
        return Some(Count::Masked { masked });
    }
    section.whole(key).map(Count::Known)
}

/// Where and how the requirement looks at this measure.
fn asked(require: &Requirement, measure: &str) -> (Place, Option<GapKind>) {
    require
        .parts()
        .into_iter()
        .find_map(|part| match part {
            Requirement::Measure(rule) if rule.id == measure => Some((rule.at, None)),
            Requirement::Gap(rule) if rule.measure == measure => Some((rule.at, Some(rule.kind))),
            _ => None,
        })
        .unwrap_or((Place::Nowhere, None))
}

fn at(section: &Section<'_>, asked: Place, given: &Evidence) -> Option<At> {
    let threshold = section.number("at").or(match asked {
        Place::Nowhere => None,
        Place::DecisionThreshold => given.thresholds.first().copied(),
        Place::Threshold(threshold) => Some(threshold),
    });
    threshold.map(At::threshold)
}

fn value(section: &Section<'_>) -> Value {
    if let Some(word) = section.text("undefined") {
        return match serde_json::from_value::<Undefined>(word.into()) {
            Ok(undefined) => Value::Undefined { undefined },
            Err(_) => {
                section.problem(
                    "undefined",
                    Error::new("no number is undefined for this reason"),
                );
                Value::Undefined {
                    undefined: Undefined::NoRows,
                }
            }
        };
    }
    if let Some(masked) = section.text("masked") {
        return Value::Masked { masked };
    }
    if !section.has("point") {
        section.missing("point");
    }
    Value::Known {
        point: section.number("point").unwrap_or(f64::NAN),
        interval: section.range("interval").map(|[low, high]| Interval {
            low,
            high,
            level: 0.95,
            method: "example".into(),
            se: None,
        }),
        bootstrap: None,
    }
}
