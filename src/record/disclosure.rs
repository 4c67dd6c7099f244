//! Masks what would say too much about too few people: once, on the evidence, before it is judged and before a byte of it
//! is written, so that every page, JSON, JUnit and log is made from masked numbers.
//!
//! Rules, with `k` = `min-cell`:
//! - a group of fewer than `k` patients is hidden whole;
//! - a group in which fewer than `k` patients had the event, or did not, keeps its size and loses everything that depends
//!   on the outcome (no events is hidden too: that all of a group share one outcome says something about each of them);
//! - what is hidden must not follow from what is shown: sums over splits, margins of intersections and groups of different
//!   splits that are the same rows (centres and their region) are solved like a reader with a pencil would, and the
//!   smallest visible neighbour is hidden while one hidden group, or fewer than `k` persons together, can be found;
//! - curves and predictive values come from `measure` without points and values that stand for fewer than `k` rows;
//! - counts of missing cells and of excluded rows from 1 to `k` − 1 are masked, with a second line, or the number read,
//!   where the first would follow by subtraction; where the level `unknown` is hidden, so are the missing cells behind it;
//! - explanations of a hidden group lose their numbers, and counts along an input never tell how few miss it (`reasons.rs`);
//! - a study in which fewer than `k` patients had the event, or did not, shows nothing but its cards and its size.

use super::behind::Behind;
use super::flow;
use super::reasons;
use super::suppression::{Cells, Hidden};
use super::{
    COMPLEMENT, ColumnCard, ColumnRole, Count, Curve, Evidence, Gap, Group, GroupCount,
    UNKNOWN_LEVEL, Value,
};
use std::collections::{BTreeMap, BTreeSet};

/// Masks the evidence of one study in place. Evidence in which a group is masked already is left as it is.
pub fn mask(evidence: &mut Evidence, min_cell: u64, behind: &Behind) {
    let masked_already = |g: &GroupCount| g.events.known().is_none();
    if evidence.profile.groups.iter().any(masked_already) {
        return;
    }
    let small = format!("<{min_cell}");
    if too_few_overall(evidence, min_cell, behind) {
        hide_study(evidence, min_cell, &small);
        return;
    }
    mask_counts(evidence, min_cell, &small);
    let cells = Cells::of(evidence, behind);
    let whole = cells.hide_whole(min_cell);
    let outcome = cells.hide_outcome(min_cell, &whole);
    let word = |hidden: Hidden| match hidden {
        Hidden::Small => small.as_str(),
        Hidden::Complement => COMPLEMENT,
    };
    let mut hidden: BTreeMap<Group, &str> = BTreeMap::new();
    for (i, count) in evidence.profile.groups.iter_mut().enumerate() {
        if let Some(why) = whole[i] {
            count.rows = Count::masked(word(why));
            count.patients = Count::masked(word(why));
            let missing = &mut evidence.profile.missing;
            hide_unknown(&count.group, &evidence.dataset.columns, missing);
        }
        if let Some(why) = outcome[i] {
            count.events = Count::masked(word(why));
            hidden.insert(count.group.clone(), word(why));
        }
    }
    for estimate in &mut evidence.estimates {
        if let Some(word) = estimate.group.as_ref().and_then(|g| hidden.get(g)) {
            estimate.value = masked(word);
        }
    }
    hide_gaps(&mut evidence.gaps, &hidden);
    reasons::hide(evidence, &hidden);
    reasons::protect_missing(evidence, min_cell);
    let shown = |curve: &Curve| !curve.group.as_ref().is_some_and(|g| hidden.contains_key(g));
    evidence.curves.retain(shown);
    for curve in &mut evidence.curves {
        drop_small_points(curve, min_cell);
    }
}

fn masked(word: &str) -> Value {
    Value::Masked {
        masked: word.to_owned(),
    }
}

fn too_few_overall(evidence: &Evidence, min_cell: u64, behind: &Behind) -> bool {
    let profile = &evidence.profile;
    let (Some(rows), Some(patients), Some(events)) = (
        profile.rows.known(),
        profile.patients.known(),
        profile.events.known(),
    ) else {
        return true;
    };
    let by_rows = events.min(rows.saturating_sub(events));
    let rarer = behind.everyone.map_or(by_rows, |persons| persons.rarer());
    patients < min_cell || rarer.min(by_rows) < min_cell
}

fn hide_study(evidence: &mut Evidence, min_cell: u64, small: &str) {
    let profile = &mut evidence.profile;
    let few_patients = profile.patients.known().is_none_or(|n| n < min_cell);
    if few_patients {
        profile.rows = Count::masked(small);
        profile.patients = Count::masked(small);
        for step in &mut profile.flow {
            step.rows = Count::masked(COMPLEMENT);
            step.patients = Count::masked(COMPLEMENT);
        }
    }
    let few_events = profile.events.known().is_some_and(|n| n < min_cell);
    let why = if few_events || few_patients {
        small
    } else {
        COMPLEMENT
    };
    profile.events = Count::masked(why);
    profile.groups.clear();
    for count in profile.missing.values_mut() {
        if *count != Count::Known(0) {
            *count = Count::masked(COMPLEMENT);
        }
    }
    for estimate in &mut evidence.estimates {
        estimate.value = masked(why);
    }
    for gap in &mut evidence.gaps {
        gap.value = masked(why);
    }
    evidence.curves.clear();
    reasons::clear(evidence);
    // how often replicates had no event, or how many rows belong to how many patients, tells what was just hidden
    evidence.notes = vec![format!(
        "fewer than {min_cell} patients had the event, or did not, so no number about them is shown"
    )];
    mask_counts(evidence, min_cell, small);
}

/// The level `unknown` is what is missing in its column.
fn hide_unknown(group: &Group, columns: &[ColumnCard], missing: &mut BTreeMap<String, Count>) {
    let (Some((attribute, level)), 1) = (group.first_key_value(), group.len()) else {
        return;
    };
    if level != UNKNOWN_LEVEL {
        return;
    }
    let feeds = |column: &&ColumnCard| {
        column.name == *attribute
            || attribute.strip_suffix("-band") == Some(&column.name)
            || column.roles.contains(&ColumnRole::Site) && attribute == "site"
    };
    for column in columns.iter().filter(feeds) {
        if let Some(count) = missing.get_mut(&column.name)
            && count.known().is_some_and(|n| n > 0)
        {
            *count = Count::masked(COMPLEMENT);
        }
    }
}

/// Hides every gap with a hidden group on either side: the other side and the gap would tell.
fn hide_gaps(gaps: &mut [Gap], hidden: &BTreeMap<Group, &str>) {
    let mut named: BTreeMap<String, BTreeMap<String, &str>> = BTreeMap::new();
    for gap in gaps {
        let names = named.entry(gap.by.clone()).or_insert_with(|| {
            let mut names = BTreeMap::new();
            for (group, word) in hidden {
                names.extend(
                    names_of(group, &gap.by)
                        .into_iter()
                        .map(|name| (name, *word)),
                );
            }
            names
        });
        let words = gap.groups.iter().filter_map(|name| names.get(name));
        if let Some(word) = words.min_by_key(|word| **word == COMPLEMENT) {
            gap.value = masked(word);
        }
    }
}

/// What a gap by these attributes calls a group; nothing when it is about others. The attributes stand in the order of the
/// study file, and a name may hold the ` × ` that joins them.
fn names_of(group: &Group, by: &str) -> Vec<String> {
    const JOINT: &str = " × ";
    let mut names = Vec::new();
    for (attribute, level) in group {
        let Some(rest) = by.strip_prefix(attribute.as_str()) else {
            continue;
        };
        let mut others = group.clone();
        others.remove(attribute);
        match rest.strip_prefix(JOINT) {
            _ if others.is_empty() && rest.is_empty() => names.push(level.clone()),
            Some(rest) if !others.is_empty() => names.extend(
                names_of(&others, rest)
                    .into_iter()
                    .map(|name| format!("{level}{JOINT}{name}")),
            ),
            _ => {}
        }
    }
    names
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
        if count.is_small(k) {
            *count = Count::masked(small);
        }
    }
    flow::mask(&mut evidence.profile.flow, k, small);
}
