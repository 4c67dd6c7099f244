//! Measures and gaps between groups held against limits.

use crate::condition::answer::{Answer, Item, Subject, answer};
use crate::condition::groups::{attributes, level_name, levels};
use crate::condition::limits::Place;
use crate::condition::rule::{GapRule, MeasureRule, kind_word, name};
use crate::record::{At, Estimate, Evidence, UNKNOWN_LEVEL};
use std::collections::BTreeSet;

/// Thresholds closer than this are the same.
const SAME: f64 = 1e-12;

/// The answer to a measure, of everyone or of every level.
pub fn measure(rule: &MeasureRule, evidence: &Evidence) -> Answer {
    let name = name(&rule.id);
    let Ok(threshold) = threshold(rule.at, evidence) else {
        return Answer::none(format!("{name}: nobody has declared a decision threshold"));
    };
    let Some(bounds) = rule.limits.at(threshold) else {
        return Answer::none(format!("{name}: no threshold is named"));
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
                    Item::hold(who, &e.value, &bounds, rule.judged_by)
                })
                .collect()
        })
        .collect();
    let subject = Subject {
        name,
        at: at_words(threshold),
        by: (!rule.by.is_empty()).then_some(by),
        asked: format!("{}{}", bounds.words(), rule.judged_by.words()),
    };
    answer(&subject, &items)
}

/// The answer to the gaps of an attribute; a level that was seen and not compared is not forgotten.
pub fn gap(rule: &GapRule, evidence: &Evidence) -> Answer {
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
    levels.retain(|group| !group.values().any(|level| level == UNKNOWN_LEVEL));
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
        let who = format!("{} more", levels.len() - compared.len());
        items.push(Item::missing(who, "not compared"));
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
