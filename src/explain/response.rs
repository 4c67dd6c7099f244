//! How a score moves along one input.
//!
//! * *Partial dependence* (Friedman 2001): the mean score when everyone has the same value. It asks about patients who may not
//!   exist when inputs are correlated.
//! * *ICE* (Goldstein et al. 2015): the same for one row. Never shown for one person; quantile bands of many are.
//! * *Accumulated local effects* (Apley and Zhu 2020, `ALEPlot::ALEPlot`): each row moves only between the ends of its own
//!   bin; the mean differences are added up and centred. Preferred.

use crate::dataset::table::Instead;
use crate::error::{Error, Result};
use crate::explain::question::Question;

/// The score of each row when an input takes each value of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependence {
    /// The grid.
    pub grid: Vec<f64>,
    /// Mean score at each value of the grid.
    pub mean: Vec<f64>,
    /// Scores of all rows (in order) at each value of the grid: not to be shown one by one.
    pub rows: Vec<Vec<f64>>,
}

/// Partial dependence of a numeric input (by place) over a grid.
pub fn dependence(
    question: &Question<'_>,
    rows: &[u32],
    input: usize,
    grid: &[f64],
) -> Result<Dependence> {
    if rows.is_empty() {
        return Err(Error::new("no row is left"));
    }
    let mut found = Dependence {
        grid: grid.to_vec(),
        mean: Vec::with_capacity(grid.len()),
        rows: Vec::with_capacity(grid.len()),
    };
    for value in grid {
        let same = vec![*value; rows.len()];
        let scores = question.scores(rows, &[(input, Instead::Numbers(&same))])?;
        found
            .mean
            .push(scores.iter().sum::<f64>() / scores.len() as f64);
        found.rows.push(scores);
    }
    Ok(found)
}

/// Accumulated local effects of a numeric input.
#[derive(Debug, Clone, PartialEq)]
pub struct Accumulated {
    /// Ends of the bins: one more than there are bins.
    pub ends: Vec<f64>,
    /// Centred effect at each end.
    pub effect: Vec<f64>,
    /// The bin of each row; `None` where its value is missing.
    pub bin: Vec<Option<u32>>,
    /// What each row's score gains from the lower to the upper end of its bin; 0 where its value is missing.
    pub gain: Vec<f64>,
}

/// Bins that Apley and Zhu's recipe gives so many rows: at most 20, about 20 rows each.
pub fn bins(rows: usize) -> usize {
    (rows / 20).clamp(1, 20)
}

/// Accumulated local effects over bins with these ends, ascending: see [`ends`]. `values` are the rows' own. Fails with fewer
/// than two ends.
pub fn accumulated(
    question: &Question<'_>,
    rows: &[u32],
    input: usize,
    values: &[f64],
    ends: &[f64],
) -> Result<Accumulated> {
    if ends.len() < 2 {
        return Err(Error::new("the input has the same value in every row"));
    }
    let place = |value: &f64| {
        // the first end at or above the value, and the bin below it
        let above = ends.partition_point(|end| end < value);
        above.saturating_sub(1).min(ends.len() - 2)
    };
    let bin: Vec<Option<u32>> = values
        .iter()
        .map(|value| (!value.is_nan()).then(|| u32::try_from(place(value)).unwrap_or(0)))
        .collect();
    let end = |upper: usize| -> Vec<f64> {
        let at = |bin: &Option<u32>| bin.map_or(f64::NAN, |bin| ends[bin as usize + upper]);
        bin.iter().map(at).collect()
    };
    let there: Vec<usize> = (0..rows.len()).filter(|row| bin[*row].is_some()).collect();
    let known: Vec<u32> = there.iter().map(|row| rows[*row]).collect();
    let pick = |list: Vec<f64>| -> Vec<f64> { there.iter().map(|row| list[*row]).collect() };
    let (low, high) = (pick(end(0)), pick(end(1)));
    let low = question.scores(&known, &[(input, Instead::Numbers(&low))])?;
    let high = question.scores(&known, &[(input, Instead::Numbers(&high))])?;
    let mut gain = vec![0.0; rows.len()];
    for ((row, low), high) in there.iter().zip(low).zip(high) {
        gain[*row] = high - low;
    }
    let effect = add_up(&bin, &gain, ends.len() - 1, |_| 1.0);
    Ok(Accumulated {
        ends: ends.to_vec(),
        effect,
        bin,
        gain,
    })
}

/// Adds up the mean gains of the bins and centres them; rows count with a weight, so that a bootstrap replicate or a group
/// is the same sum with other weights. An empty bin gains nothing.
pub fn add_up(
    bin: &[Option<u32>],
    gain: &[f64],
    bins: usize,
    weight: impl Fn(usize) -> f64,
) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; bins], vec![0.0; bins]);
    for (row, (bin, gain)) in bin.iter().zip(gain).enumerate() {
        if let Some(bin) = bin {
            let weight = weight(row);
            sums[*bin as usize] += weight * gain;
            counts[*bin as usize] += weight;
        }
    }
    let mut effect = vec![0.0; bins + 1];
    for bin in 0..bins {
        let mean = if counts[bin] > 0.0 {
            sums[bin] / counts[bin]
        } else {
            0.0
        };
        effect[bin + 1] = effect[bin] + mean;
    }
    let all: f64 = counts.iter().sum();
    let middle: f64 = (0..bins)
        .map(|bin| counts[bin] * (effect[bin] + effect[bin + 1]) / 2.0)
        .sum();
    if all > 0.0 {
        effect.iter_mut().for_each(|effect| *effect -= middle / all);
    }
    effect
}

/// Ends of bins with about as many rows each: quantiles of the observed values (`stats::quantile(type = 1)`), each once.
/// Fewer than two when the input does not vary.
pub fn ends(values: &[f64], bins: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut ends: Vec<f64> = (0..=bins)
        .filter_map(|bin| {
            let place = (sorted.len() * bin).div_ceil(bins.max(1));
            sorted.get(place.saturating_sub(1)).copied()
        })
        .collect();
    ends.dedup();
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_observed_quantiles_each_once() {
        assert_eq!(ends(&[3.0, 1.0, 2.0, f64::NAN, 4.0], 2), [1.0, 2.0, 4.0]);
        assert_eq!(ends(&[1.0, 1.0, 1.0, 2.0], 4), [1.0, 2.0]);
        assert_eq!(ends(&[f64::NAN], 4), [0.0; 0]);
    }

    #[test]
    fn effects_are_centred_and_an_empty_bin_gains_nothing() {
        let bin = [Some(0), Some(0), Some(2), None];
        let effect = add_up(&bin, &[1.0, 3.0, 5.0, 9.0], 3, |_| 1.0);
        let differences: Vec<f64> = effect.windows(2).map(|w| w[1] - w[0]).collect();
        assert_eq!(differences, [2.0, 0.0, 5.0]);
        let middle = |bin: usize| (effect[bin] + effect[bin + 1]) / 2.0;
        assert!((2.0 * middle(0) + middle(2)).abs() < 1e-12);
    }
}
