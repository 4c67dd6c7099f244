//! What a reader must know that is no estimate. Numbers of people below the smallest cell are not told.

use crate::measure::bootstrap::{Replicates, Slot};
use crate::measure::doubt::enough;
use crate::measure::fit::{CLIP, clipped};
use crate::measure::question::{Ask, Rows};
use crate::measure::sample::Binary;
use crate::measure::studied::Studied;
use crate::record::{Group, group_name};

/// A number of people, or that it is small.
fn told(count: usize, min_cell: usize) -> String {
    if count < min_cell {
        format!("fewer than {min_cell}")
    } else {
        count.to_string()
    }
}

/// About the rows themselves.
pub(crate) fn of_rows(whole: &Binary, rows: &Rows<'_>, ask: &Ask<'_>, notes: &mut Vec<String>) {
    let few = |count| told(count, ask.min_cell);
    let left_out = whole.left_out(rows.event.len());
    if left_out > 0 {
        notes.push(format!(
            "{} rows were left out: their score or weight is not a number that can be used",
            few(left_out)
        ));
    }
    if whole.repeats.is_some() {
        notes.push(format!(
            "{} rows belong to {} patients: intervals count patients, not rows",
            few(whole.rows()),
            few(whole.patients())
        ));
    }
    if whole.weight.is_some() {
        notes.push("rows carry case weights: intervals are by bootstrap of patients".to_owned());
    }
    if !whole.probability {
        return;
    }
    let moved = clipped(whole);
    if moved > 0 {
        notes.push(format!(
            "{} rows have a risk below {CLIP:e} or above 1 - {CLIP:e}: for calibration intercept, slope and curve it is taken as that",
            few(moved)
        ));
    }
    let wrong = (0..whole.rows())
        .filter(|&i| (whole.score[i] - whole.outcome(i)).abs() == 1.0)
        .count();
    if wrong > 0 {
        notes.push(format!(
            "the log-loss is infinite: {} rows had a risk of exactly 0 or 1 that was wrong; `log-loss-clipped` takes it as 1e-15 off",
            few(wrong)
        ));
    }
}

/// About replicates drawn again.
pub(crate) fn of_draws(drawn: &Replicates, ask: &Ask<'_>, notes: &mut Vec<String>) {
    let again: u64 = drawn.redrawn.iter().sum();
    if again > 0 {
        notes.push(format!(
            "{again} bootstrap draws held events only or non-events only and were drawn again, for {} replicates",
            ask.replicates
        ));
    }
}

/// About samples with too few events for an interval.
pub(crate) fn of_few(everyone: &Studied, groups: &[Group], notes: &mut Vec<String>) {
    let mut names: Vec<String> = groups
        .iter()
        .map(|g| format!("`{}`", group_name(g)))
        .collect();
    if !enough(&everyone.sample) {
        names.insert(0, "everyone".to_owned());
    }
    if !names.is_empty() {
        notes.push(format!(
            "fewer than 10 events or non-events, so exact intervals only, for {}",
            names.join(", ")
        ));
    }
}

/// About measures left without an interval because too many replicates had no value.
pub(crate) fn of_replicates(one: &Studied, slots: &[Slot], notes: &mut Vec<String>) {
    let name = one
        .group
        .as_ref()
        .map_or("everyone".to_owned(), |g| format!("`{}`", group_name(g)));
    for ((measure, _), found) in slots.iter().zip(&one.found) {
        let missing = found.replicates.iter().filter(|v| v.is_nan()).count();
        if found.point.is_ok() && found.closed.is_none() && missing * 20 > found.replicates.len() {
            notes.push(format!(
                "more than one in twenty bootstrap replicates had no `{}` for {name}, so it has no interval",
                measure.id
            ));
        }
    }
}
