//! How the score moves along an input, as a record tells it: with uncertainty, and no place that is one patient's value.

use crate::dataset::table::{Instead, MISSING};
use crate::error::Result;
use crate::explain::explainer::ALE;
use crate::explain::mean::{self, REPLICATES, mean, percentiles};
use crate::explain::question::Question;
use crate::explain::response::{self, accumulated, add_up};
use crate::explain::sampled::Sampled;
use crate::record::{InputKind, Response, ResponsePoint, Scale};
use rayon::prelude::*;

/// An input with at most so many different values, each of enough patients, is told at its values.
const FEW_VALUES: usize = 10;

/// The response along an input (by place), on the scale of `question`, with `values` of the sampled rows when it is a number.
/// `None` when too few patients have different values, and for tensors.
pub fn along(
    question: &Question<'_>,
    sampled: &Sampled,
    input: usize,
    values: Option<&[f64]>,
    scale: Scale,
    min_cell: usize,
    key: [u64; 2],
) -> Result<Option<Response>> {
    let card = &question.inputs[input];
    let (method, points) = match (card.kind, values) {
        (InputKind::Number, Some(values)) => (
            ALE.id,
            number(question, sampled, input, values, min_cell, key)?,
        ),
        (InputKind::Category, _) => (
            "partial-dependence",
            category(question, sampled, input, min_cell)?,
        ),
        _ => return Ok(None),
    };
    Ok((points.len() > 1).then(|| Response {
        input: card.name.clone(),
        unit: card.unit.clone(),
        method: method.to_owned(),
        scale,
        group: None,
        points,
    }))
}

fn number(
    question: &Question<'_>,
    sampled: &Sampled,
    input: usize,
    values: &[f64],
    min_cell: usize,
    key: [u64; 2],
) -> Result<Vec<ResponsePoint>> {
    let everyone = &sampled.everyone;
    let own: Vec<f64> = everyone.iter().map(|at| values[*at as usize]).collect();
    let rows: Vec<u32> = everyone
        .iter()
        .map(|at| sampled.rows[*at as usize])
        .collect();
    let mut known: Vec<(f64, u32)> = everyone
        .iter()
        .zip(&own)
        .filter(|(_, value)| !value.is_nan())
        .map(|(at, value)| (*value, sampled.patient[*at as usize]))
        .collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let ends = ends(&known, min_cell.max(2));
    if ends.len() < 2 {
        return Ok(Vec::new());
    }
    let found = accumulated(question, &rows, input, &own, &ends)?;
    let bins = ends.len() - 1;
    let drawn: Vec<Vec<f64>> = (0..REPLICATES)
        .into_par_iter()
        .map(|replicate| {
            let weight = mean::redrawn(sampled, key, replicate);
            add_up(&found.bin, &found.gain, bins, |row| {
                weight[everyone[row] as usize]
            })
        })
        .collect();
    let weighted = add_up(&found.bin, &found.gain, bins, |row| {
        sampled.weight[everyone[row] as usize]
    });
    let mut counts = vec![0_usize; bins];
    found
        .bin
        .iter()
        .flatten()
        .for_each(|bin| counts[*bin as usize] += 1);
    let point = |end: usize| {
        let replicates = drawn.iter().map(|effect| effect[end]).collect();
        ResponsePoint {
            x: Some(ends[end]),
            level: None,
            effect: percentiles(weighted[end], replicates, REPLICATES),
            n: end.checked_sub(1).map(|bin| counts[bin].into()),
        }
    };
    Ok((0..ends.len()).map(point).collect())
}

/// The lowest and the highest of some values, as means of those of `min_cell` patients at either end; `None` when these are the
/// same, or there are too few. One value a patient is taken to be enough.
pub fn span(values: &[f64], min_cell: usize) -> Option<[f64; 2]> {
    let mut known: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    known.sort_unstable_by(f64::total_cmp);
    let few = min_cell.max(2);
    if known.len() < 2 * few {
        return None;
    }
    let mean = |some: &[f64]| some.iter().sum::<f64>() / some.len() as f64;
    let ends = [mean(&known[..few]), mean(&known[known.len() - few..])];
    (ends[0] < ends[1]).then_some(ends)
}

/// Ends of bins that nobody's own value gives away: values that many share, or else means of the values of `min_cell` patients around
/// each quantile. Every bin holds at least `min_cell` patients. `known` is sorted.
fn ends(known: &[(f64, u32)], min_cell: usize) -> Vec<f64> {
    let persons = |some: &[(f64, u32)]| {
        let mut all: Vec<u32> = some.iter().map(|(_, patient)| *patient).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    };
    let shared: Vec<&[(f64, u32)]> = known.chunk_by(|a, b| a.0 == b.0).collect();
    if shared.len() <= FEW_VALUES {
        let enough = shared.iter().filter(|same| persons(same) >= min_cell);
        return enough.map(|same| same[0].0).collect();
    }
    let rows = known.len();
    let bins = response::bins(rows).min(rows / (2 * min_cell));
    let mut ends: Vec<f64> = Vec::new();
    for bin in 0..=bins {
        if bins == 0 {
            break;
        }
        let middle = (rows * bin / bins).min(rows - 1);
        let mut half = min_cell.div_ceil(2);
        let window = loop {
            let (low, high) = (middle.saturating_sub(half), (middle + half).min(rows));
            let window = &known[low..high];
            if persons(window) >= min_cell || window.len() == rows {
                break window;
            }
            half += 1;
        };
        let mean = window.iter().map(|(value, _)| value).sum::<f64>() / window.len() as f64;
        if ends.last().is_none_or(|last| mean > *last) {
            ends.push(mean);
        }
    }
    // a bin with too few patients joins the one before it
    let mut place = 1;
    while place < ends.len() && ends.len() > 2 {
        let (first, last) = (place == 1, place + 1 == ends.len());
        let within: Vec<(f64, u32)> = known
            .iter()
            .filter(|(value, _)| {
                (first || *value > ends[place - 1]) && (last || *value <= ends[place])
            })
            .copied()
            .collect();
        if persons(&within) < min_cell {
            ends.remove(if last { place - 1 } else { place });
            place = 1;
        } else {
            place += 1;
        }
    }
    ends
}

/// The mean score when everyone has the same category, beside the mean of the categories as patients have them.
fn category(
    question: &Question<'_>,
    sampled: &Sampled,
    input: usize,
    min_cell: usize,
) -> Result<Vec<ResponsePoint>> {
    let name = &question.inputs[input].name;
    let rows: Vec<u32> = sampled
        .everyone
        .iter()
        .map(|at| sampled.rows[*at as usize])
        .collect();
    let batch = question.batch(&rows);
    let (codes, levels) = batch.codes(name)?;
    let mut found: Vec<(usize, Vec<f64>, usize)> = Vec::new();
    for level in &question.inputs[input].categories {
        let Some(code) = levels.iter().position(|word| word == level) else {
            continue;
        };
        let has = |row: usize| codes[row] != MISSING && codes[row] as usize == code;
        let mine: Vec<usize> = (0..rows.len()).filter(|row| has(*row)).collect();
        let positions: Vec<u32> = mine.iter().map(|row| sampled.everyone[*row]).collect();
        if sampled.persons(&positions) < min_cell.max(2) {
            continue;
        }
        let lent = vec![rows[mine[0]]; rows.len()];
        let scores = question.scores(&rows, &[(input, Instead::Rows(&lent))])?;
        found.push((code, scores, mine.len()));
    }
    let all: usize = found.iter().map(|(_, _, count)| count).sum();
    let average = |row: usize| -> f64 {
        found
            .iter()
            .map(|(_, scores, count)| scores[row] * *count as f64)
            .sum::<f64>()
            / all as f64
    };
    let mut row_of = vec![0; sampled.rows.len()];
    for (row, at) in sampled.everyone.iter().enumerate() {
        row_of[*at as usize] = row;
    }
    let points = found.iter().map(|(code, scores, count)| {
        let effect = mean(sampled, &sampled.everyone, |at| {
            scores[row_of[at]] - average(row_of[at])
        });
        ResponsePoint {
            x: None,
            level: Some(levels[*code].clone()),
            effect: effect.value([f64::NEG_INFINITY, f64::INFINITY]),
            n: Some((*count).into()),
        }
    });
    Ok(points.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_end_of_a_bin_is_one_patients_value_and_every_bin_has_enough() {
        let known: Vec<(f64, u32)> = (0..400)
            .map(|i| (f64::from(i) + 0.001 * f64::from(i * i % 97), i))
            .collect();
        let ends = ends(&known, 10);
        assert!(ends.len() > 10, "{}", ends.len());
        assert!(
            ends.iter()
                .all(|end| known.iter().all(|(value, _)| value != end))
        );
        for pair in ends.windows(2) {
            let inside = known
                .iter()
                .filter(|(v, _)| *v > pair[0] && *v <= pair[1])
                .count();
            assert!(inside >= 10, "{inside}");
        }
        assert!(ends[0] > known[0].0 && ends[ends.len() - 1] < known[399].0);
    }

    #[test]
    fn shared_values_are_told_and_rare_ones_are_not() {
        let known: Vec<(f64, u32)> = (0..100)
            .map(|i| (f64::from((i / 49).min(2)), i as u32))
            .collect();
        assert_eq!(ends(&known, 10), [0.0, 1.0]);
    }
}
