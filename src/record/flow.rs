//! Small losses in the participant flow: hidden, with a second line, or the number read, where subtraction would find them.

use super::{COMPLEMENT, Count, FlowStep};

/// Masks the rows and the patients of every step.
pub(super) fn mask(flow: &mut [FlowStep], k: u64, small: &str) {
    let lost = |flow: &[FlowStep]| {
        let patients = |step: &str| {
            let step = flow.iter().find(|s| s.step == step)?;
            step.patients.known()
        };
        Some(patients("read")?.saturating_sub(patients("kept")?))
    };
    let few_lost = lost(flow).is_some_and(|n| n > 0 && n < k);
    mask_one(flow, |step| &mut step.rows, k, small);
    mask_one(flow, |step| &mut step.patients, k, small);
    // a patient with several rows may leave with some and stay with others, so these numbers do not add up to the losses
    if few_lost {
        hide_read(flow, |step| &mut step.patients);
    }
}

fn hide_read(flow: &mut [FlowStep], of: fn(&mut FlowStep) -> &mut Count) {
    for step in flow.iter_mut().filter(|step| step.step == "read") {
        *of(step) = Count::masked(COMPLEMENT);
    }
}

fn mask_one(flow: &mut [FlowStep], of: fn(&mut FlowStep) -> &mut Count, k: u64, small: &str) {
    for step in flow.iter_mut().filter(|step| step.step == "noted") {
        if of(step).is_small(k) {
            *of(step) = Count::masked(small);
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
            hide_read(flow, of);
            break;
        };
        away.push(next);
    }
    for (i, n) in away {
        *of(&mut flow[i]) = Count::masked(if n < k { small } else { COMPLEMENT });
    }
}
