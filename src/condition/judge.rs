//! Evidence in, finding out. Pure: the same evidence always gives the same finding.
//!
//! A number is judged on its interval: wholly inside what is asked → met, wholly outside → not met, across → not
//! assessable, because the data cannot tell. A number that is undefined, hidden, absent or without interval, a field
//! that nobody declared, and everything about a study that failed is not assessable: no evidence is never "met". Judge
//! evidence that has already been masked, so that a sentence cannot say what a page may not show.

use crate::condition::answer::{Answer, Item, Subject, all, answer, any, joined};
use crate::condition::count::count;
use crate::condition::declared;
use crate::condition::groups::{attributes, has_attribute, level_name, levels};
use crate::condition::rule::{
    Condition, DeclaredRule, GapRule, MeasureRule, Place, Requirement, kind_word, name,
};
use crate::error::shown;
use crate::record::{At, Estimate, Evidence, Finding, ScoreScale, Task, UNKNOWN_LEVEL, Verdict};
use std::collections::BTreeSet;

/// Thresholds closer than this are the same.
const SAME: f64 = 1e-12;

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
        Requirement::Measure(_) | Requirement::Gap(_) => true,
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

fn measure(rule: &MeasureRule, evidence: &Evidence) -> Answer {
    let name = name(&rule.id);
    let Ok(threshold) = threshold(rule.at, evidence) else {
        return Answer::none(format!("{name}: nobody has declared a decision threshold"));
    };
    let by = rule.by.join(" × ");
    let groups: Vec<Option<_>> = if rule.by.is_empty() {
        vec![None]
    } else {
        levels(evidence, &rule.by).into_iter().map(Some).collect()
    };
    if groups.is_empty() {
        return Answer::none(format!("{name}: the study has no groups by `{by}`"));
    }
    let items: Vec<Item> = groups
        .iter()
        .flat_map(|group| {
            let found: Vec<&Estimate> = evidence
                .estimates
                .iter()
                .filter(|e| e.measure == rule.id && e.group == *group)
                .filter(|e| is_at(e.at.as_ref(), threshold))
                .collect();
            let level = group.as_ref().map(level_name).unwrap_or_default();
            if found.is_empty() {
                return vec![Item::missing(level, "it was not computed")];
            }
            found
                .into_iter()
                .map(|e| {
                    let who = with_horizon(&level, e.at.as_ref());
                    Item::hold(who, &e.value, &rule.bounds, rule.judged_by)
                })
                .collect()
        })
        .collect();
    let subject = Subject {
        name,
        at: at_words(threshold),
        by: (!rule.by.is_empty()).then_some(by),
        asked: format!("{}{}", rule.bounds.words(), rule.judged_by.words()),
    };
    answer(&subject, &items)
}

fn gap(rule: &GapRule, evidence: &Evidence) -> Answer {
    let by = rule.by.join(" × ");
    let name = format!("{} of {}", kind_word(rule.kind), name(&rule.measure));
    let Ok(threshold) = threshold(rule.at, evidence) else {
        return Answer::none(format!("{name}: nobody has declared a decision threshold"));
    };
    let found: Vec<_> = evidence
        .gaps
        .iter()
        .filter(|g| g.measure == rule.measure && g.kind == rule.kind)
        .filter(|g| is_at(g.at.as_ref(), threshold) && attributes(&g.by) == rule.by)
        .filter(|g| !g.groups.iter().any(|level| is_unknown(level)))
        .collect();
    let mut levels = levels(evidence, &rule.by);
    levels.retain(|group| !group.values().any(|level| is_unknown(level)));
    if found.is_empty() {
        return Answer::none(match levels.len() {
            0 => format!("{name}: the study has no groups by `{by}`"),
            1 => format!("{name}: only one level of `{by}` was seen, so there is no gap"),
            _ => format!("{name} by {by} was not computed"),
        });
    }
    let mut items: Vec<Item> = found
        .iter()
        .map(|g| {
            let [level, reference] = &g.groups;
            let who = with_horizon(&format!("{level} against {reference}"), g.at.as_ref());
            Item::hold(who, &g.value, &rule.bounds, rule.judged_by)
        })
        .collect();
    let compared: BTreeSet<&String> = found.iter().flat_map(|g| &g.groups).collect();
    let one_attribute = rule.by.len() == 1;
    if one_attribute {
        let left_out = levels.iter().map(level_name);
        let left_out = left_out.filter(|level| !compared.contains(level));
        items.extend(left_out.map(|level| Item::missing(level, "it was not compared")));
    } else if compared.len() < levels.len() {
        let who = format!("{} others", levels.len() - compared.len());
        items.push(Item::missing(who, "they were not compared"));
    }
    let subject = Subject {
        name,
        at: at_words(threshold),
        by: Some(by).filter(|_| items.len() > 1),
        asked: format!("{}{}", rule.bounds.words(), rule.judged_by.words()),
    };
    answer(&subject, &items)
}

/// Patients whose level nobody knows are no group that could be served worse; their own numbers stand in the tables.
fn is_unknown(level: &str) -> bool {
    level.split(" × ").any(|part| part == UNKNOWN_LEVEL)
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

/// The threshold a rule looks at; fails when it asks for the decision threshold and there is none.
fn threshold(at: Place, evidence: &Evidence) -> Result<Option<f64>, ()> {
    match at {
        Place::Nowhere => Ok(None),
        Place::Threshold(threshold) => Ok(Some(threshold)),
        Place::DecisionThreshold => evidence
            .thresholds
            .first()
            .copied()
            .or(evidence.model.threshold.as_ref().map(|t| t.value))
            .map(Some)
            .ok_or(()),
    }
}

/// A horizon is not asked for, so that every horizon that was computed must answer.
fn is_at(at: Option<&At>, threshold: Option<f64>) -> bool {
    match (at.and_then(|at| at.threshold), threshold) {
        (None, None) => true,
        (Some(here), Some(asked)) => (here - asked).abs() <= SAME,
        _ => false,
    }
}

fn with_horizon(who: &str, at: Option<&At>) -> String {
    match at.and_then(|at| at.horizon) {
        Some(horizon) if who.is_empty() => format!("at horizon {horizon}"),
        Some(horizon) => format!("{who} at horizon {horizon}"),
        None => who.to_owned(),
    }
}

fn at_words(threshold: Option<f64>) -> String {
    threshold.map_or(String::new(), |t| format!(" at threshold {t}"))
}
