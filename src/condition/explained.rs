//! Explanations held against what is asked of them.

use crate::condition::answer::Answer;
use crate::condition::ask::{chosen, needed};
use crate::condition::rule::ExplanationCheck;
use crate::record::{
    Attribution, Check, Count, Evidence, Lean, LeanKind, Passed, Scale, Undefined, Value, Verdict,
};
use crate::sheet::Section;

/// Words for tests in condition files.
pub const CHECKS: [(&str, ExplanationCheck); 6] = [
    ("completeness", ExplanationCheck::Completeness),
    ("faithfulness", ExplanationCheck::Faithfulness),
    ("randomisation", ExplanationCheck::Randomisation),
    ("noise-stability", ExplanationCheck::NoiseStability),
    ("rank-stability", ExplanationCheck::RankStability),
    ("agreement", ExplanationCheck::Agreement),
];

/// Words for kinds of attributes in condition files.
pub const KINDS: [(&str, LeanKind); 2] = [
    ("shortcut", LeanKind::Shortcut),
    ("sensitive", LeanKind::Sensitive),
];

const OUTCOMES: [(&str, Passed); 3] = [
    ("passed", Passed::Passed),
    ("failed", Passed::Failed),
    ("not-assessable", Passed::NotAssessable),
];

/// The answer to a test of the explanation: of the first explainer that was tested.
pub fn explanation(check: ExplanationCheck, evidence: &Evidence) -> Answer {
    let Some(tested) = evidence.attributions.iter().find(|a| !a.checks.is_empty()) else {
        return Answer::none("the model was not explained, or its explanation not tested");
    };
    let mut checks = tested.checks.iter();
    match checks.find(|one| one.check == check.id()) {
        Some(found) => Answer {
            verdict: verdict(found.verdict),
            because: found.because.clone(),
        },
        None => Answer::none(format!("the test of {} was not made", check.words())),
    }
}

/// The answer to what attributes of a kind settle; the worst decides.
pub fn lean(kind: LeanKind, evidence: &Evidence) -> Answer {
    let asked: Vec<&Lean> = evidence
        .leans
        .iter()
        .filter(|lean| lean.kind == kind)
        .collect();
    let of = |wanted: Passed| -> Vec<&str> {
        let found = asked.iter().filter(|lean| lean.verdict == wanted);
        found.map(|lean| lean.because.as_str()).collect()
    };
    let (failed, unknown, passed) = (
        of(Passed::Failed),
        of(Passed::NotAssessable),
        of(Passed::Passed),
    );
    let (verdict, because) = if !failed.is_empty() {
        (Verdict::NotMet, failed)
    } else if !unknown.is_empty() {
        (Verdict::NotAssessable, unknown)
    } else if !passed.is_empty() {
        (Verdict::Met, passed)
    } else {
        let word = match kind {
            LeanKind::Shortcut => "shortcut",
            LeanKind::Sensitive => "group",
        };
        return Answer::none(format!("no {word} was tested"));
    };
    Answer {
        verdict,
        because: because.join("; "),
    }
}

fn verdict(passed: Passed) -> Verdict {
    match passed {
        Passed::Passed => Verdict::Met,
        Passed::Failed => Verdict::NotMet,
        Passed::NotAssessable => Verdict::NotAssessable,
    }
}

/// Fills an example: `given.explanations` and `given.leans`.
pub fn fill(given: &mut Evidence, section: &Section<'_>) {
    let checks: Vec<Check> = section
        .sections("explanations")
        .iter()
        .filter_map(|one| {
            let check = needed(one, "check", &CHECKS);
            let verdict = needed(one, "verdict", &OUTCOMES);
            Some(Check {
                check: check?.id().to_owned(),
                verdict: verdict?,
                value: None,
                limit: None,
                because: one.text("because").unwrap_or_default(),
            })
        })
        .collect();
    if !checks.is_empty() {
        given.attributions.push(Attribution {
            explainer: "example".to_owned(),
            scale: Scale::Logit,
            group: None,
            rows: Count::Known(1000),
            patients: Count::Known(1000),
            background: None,
            inputs: Vec::new(),
            pairs: Vec::new(),
            checks,
        });
    }
    for one in section.sections("leans") {
        let kind = chosen(&one, "of", &KINDS).unwrap_or(LeanKind::Shortcut);
        let Some(verdict) = needed(&one, "verdict", &OUTCOMES) else {
            continue;
        };
        given.leans.push(Lean {
            attribute: one.need_text("attribute"),
            kind,
            share: Value::Undefined {
                undefined: Undefined::TooFewExplained,
            },
            inputs: Vec::new(),
            without: Vec::new(),
            verdict,
            because: one.text("because").unwrap_or_default(),
        });
    }
}
