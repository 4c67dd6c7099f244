//! Everything a study tells of what its model leans on, put together.

use crate::error::Result;
use crate::explain::along::along;
use crate::explain::archetype::archetypes;
use crate::explain::ask::{Ask, Explained};
use crate::explain::by::{By, explainer};
use crate::explain::by_gradient::{ByGradient, Held};
use crate::explain::contribution::{Contribute, Contributions};
use crate::explain::lean::lean;
use crate::explain::lost::Moved;
use crate::explain::mean::{self, REPLICATES};
use crate::explain::question::Player;
use crate::explain::sampled::{Sampled, background};
use crate::explain::shares::{attributions, by_size, sizes};
use crate::explain::sheet::sheet;
use crate::explain::without::without;
use crate::explain::{quality, trial};
use crate::random::Stream;
use crate::record::{Attribution, Check, Scale, ScoreScale};
use rayon::prelude::*;

/// Inputs whose response is told.
const FIRST: usize = 5;
/// Rows explained of a model that reads signals or images.
const HEAVY: usize = 100;

/// Explains a model on a cohort. `tick` is told how many of [`STEPS`] are done. Fails when the model cannot be asked.
pub fn explain(ask: &Ask<'_>, tick: &(dyn Fn(u64) + Sync)) -> Result<Explained> {
    let heavy = ask.is_heavy();
    let stream = |what: u64| Stream::keyed([ask.key[0], ask.key[1], what]);
    let rows = if heavy { ask.rows.min(HEAVY) } else { ask.rows };
    let all = Sampled::new(&ask.cohort, &ask.groups, rows, !heavy, stream(1));
    let stand_in = background(&ask.cohort, ask.background, stream(2));
    let by = explainer(ask, &stand_in, stream(3))?;
    tick(1);
    let mut found = Explained::default();
    let names: Vec<&str> = ask
        .question
        .inputs
        .iter()
        .map(|input| input.name.as_str())
        .collect();
    let numbers = trial::numbers(&ask.question, &all.rows)?;
    let moved = Moved::new(ask, &all, &names, &numbers, heavy, stream(4))?;
    tick(1);
    let mut order: Vec<usize> = moved.order();
    if let Some(by) = &by {
        let smaller = |most| Sampled::new(&ask.cohort, &ask.groups, most, false, stream(1));
        let few = by.most().map(smaller);
        let sampled = few.as_ref().unwrap_or(&all);
        let shared = by.share(&sampled.rows, &[])?;
        tick(1);
        order = by_size(&sizes(sampled, &shared));
        let mut own = attributions(
            by.share_by(),
            sampled,
            &names,
            &shared,
            &order,
            ask.min_cell,
        );
        if let Some(first) = own.first_mut() {
            first.pairs = by.pairs(ask, sampled, &names, &order)?;
            first.checks = checks(
                ask,
                by.share_by(),
                sampled,
                &shared,
                &stand_in,
                (&moved, &all),
            )?;
        }
        found.attributions = own;
        found
            .attributions
            .extend(second(ask, by, sampled, &names, &order, &stand_in)?);
        found.equation = sheet(ask, &all, &numbers, by.scale());
        if let Some(threshold) = ask.threshold {
            let at = |row: &u32| ask.cohort.score[*row as usize] >= threshold;
            let flagged: Vec<bool> = sampled.cohort.iter().map(at).collect();
            let event = sampled.pick(ask.cohort.event);
            let (id, scale) = (by.id(), by.scale());
            found.archetypes = archetypes(
                sampled,
                &event,
                &flagged,
                &names,
                &shared,
                id,
                scale,
                ask.min_cell,
            );
        }
        for attribute in &ask.attributes {
            let told = lean(
                attribute,
                sampled,
                &names,
                &shared.values,
                ask.min_cell,
                ask.key,
            );
            found.leans.push(told);
        }
    }
    tick(1);
    found.attributions.extend(moved.attributions(ask, &all));
    for (attribute, told) in ask.attributes.iter().zip(&mut found.leans) {
        told.without = without(ask, &all, attribute, stream(5))?;
    }
    let risk = ask.question.on_risk();
    let scale = if risk.scale == ScoreScale::Points {
        Scale::Points
    } else {
        Scale::Risk
    };
    for input in order.into_iter().take(FIRST).filter(|_| !heavy) {
        let values = numbers[input].as_deref();
        let told = along(&risk, &all, input, values, scale, ask.min_cell, ask.key)?;
        found.responses.extend(told);
    }
    tick(1);
    Ok(found)
}

/// How many steps [`explain`] tells.
pub const STEPS: u64 = 5;

/// A network held against another patient: a baseline belongs to what it tells.
fn second(
    ask: &Ask<'_>,
    by: &By<'_>,
    sampled: &Sampled,
    names: &[&str],
    order: &[usize],
    stand_in: &[u32],
) -> Result<Option<Attribution>> {
    let By::Gradient(_) = by else {
        return Ok(None);
    };
    let Some(by) = ByGradient::new(ask.question, ask.shuffled, stand_in, Held::Median)? else {
        return Ok(None);
    };
    let shared = by.share(&sampled.rows, &[])?;
    let alone = Sampled {
        groups: Vec::new(),
        ..sampled.clone()
    };
    let mut told = attributions(&by, &alone, names, &shared, order, ask.min_cell);
    if let Some(told) = told.first_mut() {
        told.checks = vec![quality::completeness(&shared, by.tolerance())];
    }
    Ok(told.pop())
}

fn checks(
    ask: &Ask<'_>,
    by: &dyn Contribute,
    sampled: &Sampled,
    shared: &Contributions,
    stand_in: &[u32],
    (moved, all): (&Moved, &Sampled),
) -> Result<Vec<Check>> {
    let question = match by.scale() {
        Scale::Risk => ask.question.on_risk(),
        _ => ask.question,
    };
    let numbers = trial::numbers(&question, &sampled.rows)?;
    let sizes = |weight: &[f64]| -> Vec<f64> {
        let of = |player: &Player| {
            let sum =
                |at: usize| -> f64 { player.inputs.iter().map(|i| shared.values[*i][at]).sum() };
            sampled
                .everyone
                .iter()
                .map(|at| weight[*at as usize] * sum(*at as usize).abs())
                .sum()
        };
        moved.players.iter().map(of).collect()
    };
    let drawn: Vec<(Vec<f64>, Vec<f64>)> = (0..REPLICATES)
        .into_par_iter()
        .map(|replicate| {
            let weight = mean::redrawn(sampled, ask.key, replicate);
            (sizes(&weight), moved.drawn(all, ask.key, replicate))
        })
        .collect();
    Ok(vec![
        quality::completeness(shared, by.tolerance()),
        trial::faithfulness(&question, stand_in, sampled, shared, ask.key)?,
        trial::randomisation(by, sampled, shared, ask.key)?,
        trial::noise(by, &question, sampled, shared, &numbers, ask.key)?,
        quality::rank_stability(sampled, shared, ask.key),
        quality::agreement(&sizes(&sampled.weight), &moved.sizes, &drawn, "permutation"),
    ])
}
