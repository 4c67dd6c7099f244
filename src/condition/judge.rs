//! Evidence in, finding out. Pure: the same evidence always gives the same finding.
//!
//! A number is judged on its interval: wholly inside what is asked → met, wholly outside → not met, across → not
//! assessable, because the data cannot tell. A number that is undefined, hidden, absent or without interval, a field
//! that nobody declared, and everything about a study that failed is not assessable: no evidence is never "met". Judge
//! evidence that has already been masked, so that a sentence cannot say what a page may not show.

use crate::condition::answer::{Answer, all, any, joined};
use crate::condition::count::count;
use crate::condition::declared;
use crate::condition::explained;
use crate::condition::groups::has_attribute;
use crate::condition::numbers::{gap, measure};
use crate::condition::rule::{Condition, DeclaredRule, Requirement};
use crate::error::shown;
use crate::record::{Evidence, Finding, ScoreScale, Task, Verdict};

/// Judges one condition on the evidence of one study.
pub fn judge(condition: &Condition, evidence: &Evidence) -> Finding {
    let Answer { verdict, because } = match (&evidence.failure, why_not(condition, evidence)) {
        (_, Some(because)) => Answer {
            verdict: Verdict::NotApplicable,
            because,
        },
        (Some(failure), None) => Answer::none(format!("the study failed: {}", failure.what)),
        (None, None) => weigh(&condition.require, evidence),
    };
    Finding {
        condition: condition.id.clone(),
        title: condition.title.clone(),
        level: condition.level,
        answered_by: condition.answered_by,
        verdict,
        because,
        why: condition.why.clone(),
        help: condition.help.clone(),
        source: condition.source.clone(),
        waived: None,
    }
}

/// Why the condition does not concern this study, when it does not.
fn why_not(condition: &Condition, evidence: &Evidence) -> Option<String> {
    let applies = &condition.applies;
    let model = &evidence.model;
    if is_reference_strategy(&model.format) && is_about_the_model(&condition.require) {
        return Some("this is a reference strategy, not a model".into());
    }
    if !applies.tasks.is_empty() && !applies.tasks.contains(&model.task) {
        let task = match model.task {
            Task::Binary => "an event that happens or not",
            Task::Multiclass => "one of several classes",
            Task::Continuous => "a number",
            Task::Survival => "a time to an event",
        };
        return Some(format!("the model predicts {task}"));
    }
    if applies.risk && model.score == ScoreScale::Points {
        return Some("the model gives points, not a risk".into());
    }
    if applies.persons && evidence.dataset.synthetic {
        return Some("the data are synthetic: no row describes a real person".into());
    }
    applies
        .needs
        .iter()
        .find(|attribute| !has_attribute(evidence, attribute))
        .map(|attribute| format!("the data have no `{attribute}`, so nothing is known about it"))
}

fn is_reference_strategy(format: &str) -> bool {
    ["treat-all", "treat-none"].contains(&format)
}

fn is_about_the_model(require: &Requirement) -> bool {
    require.parts().iter().any(|part| match part {
        Requirement::Measure(_)
        | Requirement::Gap(_)
        | Requirement::Explanation(_)
        | Requirement::Lean(_) => true,
        Requirement::Declared(rule) => rule.field.starts_with("model."),
        _ => false,
    })
}

fn weigh(require: &Requirement, evidence: &Evidence) -> Answer {
    let each = |inner: &[Requirement]| -> Vec<Answer> {
        inner.iter().map(|part| weigh(part, evidence)).collect()
    };
    match require {
        Requirement::Measure(rule) => measure(rule, evidence),
        Requirement::Gap(rule) => gap(rule, evidence),
        Requirement::Count(rule) => count(rule, evidence),
        Requirement::Explanation(check) => explained::explanation(*check, evidence),
        Requirement::Lean(kind) => explained::lean(*kind, evidence),
        Requirement::Declared(rule) => declaration(rule, evidence),
        Requirement::All(inner) => {
            let answers = each(inner);
            joined(&answers, all(answers.iter().map(|a| a.verdict)))
        }
        Requirement::Any(inner) => {
            let answers = each(inner);
            joined(&answers, any(answers.iter().map(|a| a.verdict)))
        }
    }
}

/// An undeclared field is not assessable rather than not met: nobody has said that it is not so.
fn declaration(rule: &DeclaredRule, evidence: &Evidence) -> Answer {
    let (card, key) = declared::card_and_key(&rule.field);
    let Some(value) = declared::look(evidence, &rule.field) else {
        return Answer::none(format!("nobody has declared `{key}` in {card}"));
    };
    let said = declared::said(&value);
    let fits = rule.one_of.is_empty()
        || value.as_str().is_some_and(|text| {
            let is = |word: &String| word.to_lowercase() == text.trim().to_lowercase();
            rule.one_of.iter().any(is)
        });
    if fits {
        Answer {
            verdict: Verdict::Met,
            because: format!("{card} declares `{key}`: {said}"),
        }
    } else {
        let asked: Vec<String> = rule.one_of.iter().map(|word| shown(word)).collect();
        Answer {
            verdict: Verdict::NotMet,
            because: format!(
                "{card} declares `{key}`: {said}, asked: one of {}",
                asked.join(", ")
            ),
        }
    }
}
