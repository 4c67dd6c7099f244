//! Shapley values of any model, interventional: the worth of a coalition is the mean score when its players keep the row's
//! values and the others take a background row's (Lundberg and Lee 2017, `shap::KernelExplainer`; Janzing et al. 2020).
//!
//! Up to [`EXACT`] players every coalition is computed and the values are exact. With more, coalitions are sampled by the
//! Shapley kernel, each with its complement (Covert and Lee 2021, AISTATS 130:3457), coalitions of one and of all but one in
//! full, and the values come with a standard error from independent repeats.

use crate::dataset::table::Instead;
use crate::error::{Error, Result};
use crate::explain::question::{Player, Question};
use crate::explain::solve;
use crate::random::Stream;

/// With so many players every coalition is computed.
pub const EXACT: usize = 12;
/// Independent repeats of a sampled estimate.
const REPEATS: usize = 8;
/// Rows scored at once.
const ROWS: usize = 1 << 16;

/// How the players share a row's score.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// The mean score of the background.
    pub base: f64,
    /// The row's own score.
    pub score: f64,
    /// One value a player; they add up to `score − base`.
    pub values: Vec<f64>,
    /// Standard error of each value; `None` when they are exact.
    pub errors: Option<Vec<f64>>,
}

/// Shares the score of one row among players. `samples` coalitions are sampled when there are more than [`EXACT`] players,
/// at least `2 × players + 2048`. Fails without background or when a row cannot be scored.
pub fn shares(
    question: &Question<'_>,
    row: u32,
    background: &[u32],
    players: &[Player],
    samples: usize,
    stream: Stream,
) -> Result<Shares> {
    if background.is_empty() {
        return Err(Error::new("no row is left as background"));
    }
    let size = players.len();
    let ends = worths(
        question,
        row,
        background,
        players,
        &[vec![false; size], vec![true; size]],
    )?;
    let (base, score) = (ends[0], ends[1]);
    if size <= EXACT {
        let all: Vec<Vec<bool>> = (0..1_usize << size)
            .map(|mask| (0..size).map(|player| mask >> player & 1 == 1).collect())
            .collect();
        let worth = worths(question, row, background, players, &all)?;
        return Ok(Shares {
            base,
            score,
            values: exact(&worth, size),
            errors: None,
        });
    }
    let samples = samples.max(2 * size + 2048);
    let mut stream = stream;
    let mut repeats = Vec::with_capacity(REPEATS);
    for _ in 0..REPEATS {
        let drawn = draw(size, samples.div_ceil(REPEATS).max(4 * size), &mut stream);
        let coalitions: Vec<Vec<bool>> = drawn.iter().map(|(who, _)| who.clone()).collect();
        let worth = worths(question, row, background, players, &coalitions)?;
        let values = fit(&drawn, &worth, base, score)
            .ok_or_else(|| Error::new("the sampled coalitions do not tell the players apart"))?;
        repeats.push(values);
    }
    let mean = |player: usize| repeats.iter().map(|r| r[player]).sum::<f64>() / REPEATS as f64;
    let values: Vec<f64> = (0..size).map(mean).collect();
    let error = |player: usize| {
        let spread: f64 = repeats
            .iter()
            .map(|repeat| (repeat[player] - values[player]).powi(2))
            .sum();
        (spread / (REPEATS * (REPEATS - 1)) as f64).sqrt()
    };
    Ok(Shares {
        base,
        score,
        errors: Some((0..size).map(error).collect()),
        values,
    })
}

/// The worth of each coalition: the mean over the background.
pub fn worths(
    question: &Question<'_>,
    row: u32,
    background: &[u32],
    players: &[Player],
    coalitions: &[Vec<bool>],
) -> Result<Vec<f64>> {
    let mut worth = Vec::with_capacity(coalitions.len());
    for some in coalitions.chunks((ROWS / background.len()).max(1)) {
        let rows = background.repeat(some.len());
        let lent: Vec<(usize, Vec<u32>)> = players
            .iter()
            .enumerate()
            .flat_map(|(place, player)| player.inputs.iter().map(move |input| (place, *input)))
            .map(|(place, input)| {
                let rows = some.iter().flat_map(|who| {
                    let keeps = who[place];
                    background
                        .iter()
                        .map(move |other| if keeps { row } else { *other })
                });
                (input, rows.collect())
            })
            .collect();
        let instead: Vec<(usize, Instead<'_>)> = lent
            .iter()
            .map(|(input, rows)| (*input, Instead::Rows(rows)))
            .collect();
        let scores = question.scores(&rows, &instead)?;
        let means = scores.chunks_exact(background.len());
        worth.extend(means.map(|scores| scores.iter().sum::<f64>() / scores.len() as f64));
    }
    Ok(worth)
}

/// Shapley's sum over all coalitions, which stand in the order of their bits.
fn exact(worth: &[f64], size: usize) -> Vec<f64> {
    // s! (M − s − 1)! / M! for a coalition of s
    let mut weight = vec![1.0 / size.max(1) as f64; size];
    for s in 1..size {
        weight[s] = weight[s - 1] * s as f64 / (size - s) as f64;
    }
    let mut values = vec![0.0; size];
    for (player, value) in values.iter_mut().enumerate() {
        let bit = 1 << player;
        for (mask, without) in worth.iter().enumerate().filter(|(mask, _)| mask & bit == 0) {
            *value += weight[mask.count_ones() as usize] * (worth[mask | bit] - without);
        }
    }
    values
}

/// Coalitions with their weights: those of one and of all but one in full, pairs of the others by chance.
fn draw(size: usize, samples: usize, stream: &mut Stream) -> Vec<(Vec<bool>, f64)> {
    let kernel = |s: usize| (size - 1) as f64 / (s * (size - s)) as f64;
    let mut drawn = Vec::with_capacity(samples);
    for player in 0..size {
        let alone: Vec<bool> = (0..size).map(|other| other == player).collect();
        let others = alone.iter().map(|there| !there).collect();
        let weight = kernel(1) / size as f64;
        drawn.push((alone, weight));
        drawn.push((others, weight));
    }
    let rest: f64 = (2..size - 1).map(kernel).sum();
    let pairs = samples.saturating_sub(drawn.len()) / 2;
    let mut order: Vec<usize> = (0..size).collect();
    for _ in 0..pairs {
        let mut left = stream.share() * rest;
        let mut chosen = 2;
        while chosen + 2 < size && left > kernel(chosen) {
            left -= kernel(chosen);
            chosen += 1;
        }
        stream.shuffle(&mut order);
        let mut who = vec![false; size];
        order[..chosen]
            .iter()
            .for_each(|player| who[*player] = true);
        let others = who.iter().map(|there| !there).collect();
        let weight = rest / (2 * pairs) as f64;
        drawn.push((who, weight));
        drawn.push((others, weight));
    }
    drawn
}

/// Weighted least squares under the constraint that the values add up to `score − base`.
fn fit(drawn: &[(Vec<bool>, f64)], worth: &[f64], base: f64, score: f64) -> Option<Vec<f64>> {
    let size = drawn.first()?.0.len();
    let free = size - 1;
    let whole = score - base;
    let (mut a, mut b) = (vec![0.0; free * free], vec![0.0; free]);
    let number = |there: bool| f64::from(u8::from(there));
    let mut x = vec![0.0; free];
    for ((who, weight), worth) in drawn.iter().zip(worth) {
        let last = number(who[free]);
        for (x, there) in x.iter_mut().zip(who) {
            *x = number(*there) - last;
        }
        let y = worth - base - last * whole;
        for (row, xr) in x.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            b[row] += weight * xr * y;
            for (a, xc) in a[row * free..(row + 1) * free].iter_mut().zip(&x) {
                *a += weight * xr * xc;
            }
        }
    }
    let mut values = solve::symmetric(&a, &b)?;
    values.push(whole - values.iter().sum::<f64>());
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worth of a made-up game with interactions.
    fn worth(who: &[bool]) -> f64 {
        let on = |player: usize| f64::from(u8::from(who[player]));
        0.3 + on(0) + 0.5 * on(1) * on(2) - 0.2 * on(3) * on(0) + 0.1 * on(who.len() - 1)
    }

    #[test]
    fn the_sum_over_all_coalitions_keeps_efficiency_symmetry_and_the_dummy() {
        let size = 6;
        let worth: Vec<f64> = (0..1_usize << size)
            .map(|mask| worth(&(0..size).map(|p| mask >> p & 1 == 1).collect::<Vec<_>>()))
            .collect();
        let values = exact(&worth, size);
        let expected = [0.9, 0.25, 0.25, -0.1, 0.0, 0.1];
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-12, "{values:?}");
        }
    }

    #[test]
    fn sampled_coalitions_find_the_same_values_and_add_up() {
        let size = 15;
        let mut stream = Stream::keyed([5]);
        let drawn = draw(size, 6000, &mut stream);
        let worths: Vec<f64> = drawn.iter().map(|(who, _)| worth(who)).collect();
        let (base, score) = (worth(&[false; 15]), worth(&[true; 15]));
        let values = fit(&drawn, &worths, base, score).unwrap();
        let mut expected = vec![0.0; size];
        expected[..4].copy_from_slice(&[0.9, 0.25, 0.25, -0.1]);
        expected[size - 1] = 0.1;
        for (value, expected) in values.iter().zip(&expected) {
            assert!((value - expected).abs() < 0.01, "{values:?}");
        }
        assert!((values.iter().sum::<f64>() - (score - base)).abs() < 1e-12);
    }
}
