//! Masks what would say too much about too few people: once, on the evidence, before it is judged and before a byte of it
//! is written, so that every page, JSON, JUnit and log is made from masked numbers.
//!
//! Rules, with `k` = `min-cell`:
//! - a group of fewer than `k` patients is hidden whole;
//! - a group with fewer than `k` events or fewer than `k` non-events keeps its size and loses everything that depends on
//!   the outcome (no events is hidden too: that all of a group share one outcome says something about each of them);
//! - when the hidden members of a split could be found by subtraction from a visible total, because there is only one, or
//!   because together they are fewer than `k`, the smallest visible member is hidden too. Totals are everyone and every
//!   coarser split that was asked for, so intersections are protected against their margins;
//! - predictive values need at least `k` rows in their denominator;
//! - counts of missing cells and of excluded rows from 1 to `k` − 1 are masked, with a second line, or the number read,
//!   where the first would follow by subtraction;
//! - a study in which fewer than `k` patients had the event, or did not, shows nothing but its cards.

use super::suppression::{Cells, Hidden};
use super::{At, Count, Curve, Evidence, FlowStep, Gap, Group, GroupCount, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a number hidden to protect its neighbours says.
const COMPLEMENT: &str = "complement";

/// Masks the evidence of one study in place. Evidence in which a group is masked already is left as it is.
pub fn mask(evidence: &mut Evidence, min_cell: u64) {
    let masked_already = |g: &GroupCount| g.events.known().is_none();
    if evidence.profile.groups.iter().any(masked_already) {
        return;
    }
    let small = format!("<{min_cell}");
    let words = |hidden: Hidden| match hidden {
        Hidden::Small => small.clone(),
        Hidden::Complement => COMPLEMENT.to_owned(),
    };
    if too_few_overall(evidence, min_cell) {
        hide_study(evidence, min_cell, &small);
        return;
    }
    let cells = Cells::of(evidence);
    let lines = cells.lines();
    let whole = cells.hide_whole(min_cell, &lines);
    let outcome = cells.hide_outcome(min_cell, &whole, &lines);

    let mut hidden_groups: BTreeMap<Group, Hidden> = BTreeMap::new();
    for (i, count) in evidence.profile.groups.iter_mut().enumerate() {
        if let Some(hidden) = whole[i] {
            count.rows = masked(words(hidden));
            count.patients = masked(words(hidden));
        }
        if let Some(hidden) = outcome[i] {
            count.events = masked(words(hidden));
            hidden_groups.insert(count.group.clone(), hidden);
        }
    }
    mask_predictive_values(evidence, &cells, min_cell, &small);
    for estimate in &mut evidence.estimates {
        let hidden = estimate.group.as_ref().and_then(|g| hidden_groups.get(g));
        if let Some(hidden) = hidden {
            estimate.value = Value::Masked {
                masked: words(*hidden),
            };
        }
    }
    for gap in &mut evidence.gaps {
        if let Some(hidden) = hidden_gap(gap, &hidden_groups) {
            gap.value = Value::Masked {
                masked: words(hidden),
            };
        }
    }
    evidence.curves.retain(|c| {
        c.group
            .as_ref()
            .is_none_or(|g| !hidden_groups.contains_key(g))
    });
    for curve in &mut evidence.curves {
        drop_small_points(curve, min_cell);
    }
    mask_counts(evidence, min_cell, &small);
}

fn masked(masked: String) -> Count {
    Count::Masked { masked }
}

fn is_small(count: &Count, min_cell: u64) -> bool {
    count.known().is_some_and(|n| n > 0 && n < min_cell)
}

fn too_few_overall(evidence: &Evidence, min_cell: u64) -> bool {
    let profile = &evidence.profile;
    let (Some(rows), Some(patients), Some(events)) = (
        profile.rows.known(),
        profile.patients.known(),
        profile.events.known(),
    ) else {
        return true;
    };
    patients < min_cell || events < min_cell || rows.saturating_sub(events) < min_cell
}

fn hide_study(evidence: &mut Evidence, min_cell: u64, small: &str) {
    let profile = &mut evidence.profile;
    let patients = profile.patients.known().unwrap_or(0);
    if patients < min_cell {
        profile.rows = masked(small.to_owned());
        profile.patients = masked(small.to_owned());
        for step in &mut profile.flow {
            step.rows = masked(COMPLEMENT.to_owned());
            step.patients = masked(COMPLEMENT.to_owned());
        }
    }
    let few_events = profile.events.known().is_some_and(|n| n < min_cell);
    let why = if few_events || patients < min_cell {
        small
    } else {
        COMPLEMENT
    };
    profile.events = masked(why.to_owned());
    profile.groups.clear();
    for count in profile.missing.values_mut() {
        if *count != Count::Known(0) {
            *count = masked(COMPLEMENT.to_owned());
        }
    }
    for value in evidence
        .estimates
        .iter_mut()
        .map(|e| &mut e.value)
        .chain(evidence.gaps.iter_mut().map(|g| &mut g.value))
    {
        *value = Value::Masked {
            masked: why.to_owned(),
        };
    }
    evidence.curves.clear();
    mask_counts(evidence, min_cell, small);
}

fn hidden_gap(gap: &Gap, hidden: &BTreeMap<Group, Hidden>) -> Option<Hidden> {
    hidden
        .iter()
        .filter(|(group, _)| {
            let by: Vec<&str> = group.keys().map(String::as_str).collect();
            let mut asked: Vec<&str> = gap.by.split(" × ").collect();
            asked.sort_unstable();
            let mut levels: Vec<&str> = group.values().map(String::as_str).collect();
            levels.sort_unstable();
            by == asked
                && gap.groups.iter().any(|name| {
                    let mut named: Vec<&str> = name.split(" × ").collect();
                    named.sort_unstable();
                    named == levels
                })
        })
        .map(|(_, why)| *why)
        .min_by_key(|why| matches!(why, Hidden::Complement))
}

fn mask_predictive_values(evidence: &mut Evidence, cells: &Cells, k: u64, small: &str) {
    let overall = evidence.profile.rows.known();
    let rows_of = |group: Option<&Group>| match group {
        None => overall,
        Some(group) => cells
            .group
            .iter()
            .position(|g| g == group)
            .map(|i| cells.rows[i]),
    };
    let few = |n: f64| n > 0.5 && n < k as f64 - 0.5;
    let mut hide: Vec<(&str, Option<At>, Option<Group>)> = Vec::new();
    for estimate in evidence
        .estimates
        .iter()
        .filter(|e| e.measure == "alert-rate")
    {
        if let (Some(rate), Some(rows)) = (estimate.value.known(), rows_of(estimate.group.as_ref()))
        {
            let alerts = rate * rows as f64;
            if few(alerts) {
                hide.push(("ppv", estimate.at, estimate.group.clone()));
            }
            if few(rows as f64 - alerts) {
                hide.push(("npv", estimate.at, estimate.group.clone()));
            }
        }
    }
    for (measure, at, group) in hide {
        for estimate in &mut evidence.estimates {
            if estimate.measure == measure && estimate.at == at && estimate.group == group {
                estimate.value = Value::Masked {
                    masked: small.to_owned(),
                };
            }
        }
        for gap in &mut evidence.gaps {
            let concerned = group.as_ref().is_some_and(|g| {
                hidden_gap(gap, &BTreeMap::from([(g.clone(), Hidden::Small)])).is_some()
            });
            if gap.measure == measure && gap.at == at && concerned {
                gap.value = Value::Masked {
                    masked: small.to_owned(),
                };
            }
        }
    }
}

/// Drops points that stand for too few rows, and the smallest other one while the dropped are fewer than `k` together.
fn drop_small_points(curve: &mut Curve, k: u64) {
    let n = |i: usize, curve: &Curve| curve.points[i].n.as_ref().and_then(Count::known);
    let mut dropped: BTreeSet<usize> = (0..curve.points.len())
        .filter(|i| n(*i, curve).is_some_and(|n| n > 0 && n < k))
        .collect();
    while !dropped.is_empty() {
        let sum: u64 = dropped.iter().filter_map(|i| n(*i, curve)).sum();
        if dropped.len() > 1 && sum >= k {
            break;
        }
        let next = (0..curve.points.len())
            .filter(|i| !dropped.contains(i))
            .filter_map(|i| n(i, curve).filter(|n| *n > 0).map(|n| (n, i)))
            .min();
        match next {
            Some((_, i)) => dropped.insert(i),
            None => break,
        };
    }
    let mut i = 0;
    curve.points.retain(|_| {
        i += 1;
        !dropped.contains(&(i - 1))
    });
}

fn mask_counts(evidence: &mut Evidence, k: u64, small: &str) {
    for count in evidence.profile.missing.values_mut() {
        if is_small(count, k) {
            *count = masked(small.to_owned());
        }
    }
    let flow = &mut evidence.profile.flow;
    mask_flow(flow, |step| &mut step.rows, k, small);
    mask_flow(flow, |step| &mut step.patients, k, small);
}

fn mask_flow(flow: &mut [FlowStep], of: fn(&mut FlowStep) -> &mut Count, k: u64, small: &str) {
    for step in flow.iter_mut().filter(|step| step.step == "noted") {
        if is_small(of(step), k) {
            *of(step) = masked(small.to_owned());
        }
    }
    let left: Vec<(usize, u64)> = flow
        .iter_mut()
        .enumerate()
        .filter(|(_, step)| step.step == "excluded")
        .filter_map(|(i, step)| of(step).known().filter(|n| *n > 0).map(|n| (i, n)))
        .collect();
    let mut away: Vec<(usize, u64)> = left.iter().copied().filter(|(_, n)| *n < k).collect();
    if away.is_empty() {
        return;
    }
    let mut seen: Vec<(usize, u64)> = left.into_iter().filter(|(_, n)| *n >= k).collect();
    seen.sort_by_key(|(i, n)| (*n, *i));
    let mut seen = seen.into_iter();
    while away.len() < 2 || away.iter().map(|(_, n)| n).sum::<u64>() < k {
        let Some(next) = seen.next() else {
            for step in flow.iter_mut().filter(|step| step.step == "read") {
                *of(step) = masked(COMPLEMENT.to_owned());
            }
            break;
        };
        away.push(next);
    }
    for (i, n) in away {
        *of(&mut flow[i]) = masked(if n < k { small } else { COMPLEMENT }.to_owned());
    }
}

/// A number of rows for a note or message: `fewer than 10` when it is small.
pub fn in_words(count: u64, min_cell: u64) -> String {
    if count > 0 && count < min_cell {
        format!("fewer than {min_cell}")
    } else {
        count.to_string()
    }
}
