//! Inputs that must move together, because moving one alone asks the model about patients who do not exist.

use crate::explain::question::Player;

/// Inputs whose ranks correlate more than this move together.
pub const STRONG: f64 = 0.7;

/// Groups of inputs every two of which have |Spearman's ρ| above [`STRONG`] (complete linkage, the strongest first; Fisher,
/// Rudin and Dominici 2019 on why). `columns` holds the values of numeric inputs, NaN where missing, and `None` for others,
/// which move alone. Players stand in the order of their first input.
pub fn players(names: &[&str], columns: &[Option<Vec<f64>>]) -> Vec<Player> {
    let ranks: Vec<Option<Vec<f64>>> = columns.iter().map(|c| c.as_deref().map(ranked)).collect();
    let size = names.len();
    let mut close = vec![vec![0.0; size]; size];
    let mut pairs = Vec::new();
    for a in 0..size {
        for b in a + 1..size {
            if let (Some(first), Some(second)) = (&ranks[a], &ranks[b]) {
                let rho = correlation(first, second).unwrap_or(0.0).abs();
                close[a][b] = rho;
                close[b][a] = rho;
                if rho > STRONG {
                    pairs.push((a, b));
                }
            }
        }
    }
    pairs.sort_by(|x, y| close[y.0][y.1].total_cmp(&close[x.0][x.1]).then(x.cmp(y)));
    let mut home: Vec<usize> = (0..size).collect();
    for (a, b) in pairs {
        let (into, from) = (home[a], home[b]);
        let member = |of: usize| (0..size).filter(|i| home[*i] == of).collect::<Vec<_>>();
        let (one, other) = (member(into), member(from));
        let all_close = one
            .iter()
            .all(|i| other.iter().all(|j| close[*i][*j] > STRONG));
        if into != from && all_close {
            home.iter_mut()
                .filter(|home| **home == from)
                .for_each(|home| *home = into);
        }
    }
    let mut players: Vec<(usize, Player)> = Vec::new();
    for (input, home) in home.into_iter().enumerate() {
        match players.iter_mut().find(|(of, _)| *of == home) {
            Some((_, player)) => {
                player.inputs.push(input);
                player.name = format!("{} + {}", player.name, names[input]);
            }
            None => players.push((
                home,
                Player {
                    name: names[input].to_owned(),
                    inputs: vec![input],
                },
            )),
        }
    }
    players.into_iter().map(|(_, player)| player).collect()
}

/// Ranks from 1, ties in the middle; NaN stays NaN.
fn ranked(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).filter(|i| !values[*i].is_nan()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![f64::NAN; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = before as f64 + (tied.len() + 1) as f64 / 2.0;
        tied.iter().for_each(|i| ranks[*i] = rank);
        before += tied.len();
    }
    ranks
}

/// Pearson's correlation of the places where both are known.
fn correlation(first: &[f64], second: &[f64]) -> Option<f64> {
    let both: Vec<(f64, f64)> = first
        .iter()
        .zip(second)
        .filter(|(a, b)| !a.is_nan() && !b.is_nan())
        .map(|(a, b)| (*a, *b))
        .collect();
    let count = both.len() as f64;
    let (ma, mb) = (
        both.iter().map(|(a, _)| a).sum::<f64>() / count,
        both.iter().map(|(_, b)| b).sum::<f64>() / count,
    );
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in both {
        ab += (a - ma) * (b - mb);
        aa += (a - ma).powi(2);
        bb += (b - mb).powi(2);
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / (aa * bb).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_that_rank_alike_are_one_player_and_a_chain_is_not() {
        let a: Vec<f64> = (0..40).map(f64::from).collect();
        let squared = a.iter().map(|a| a * a).collect();
        let other = (0..40).map(|i| f64::from(i * 17 % 40)).collect();
        // each neighbour of a chain is close to the next, the ends are not
        let half: Vec<f64> = (0..40)
            .map(|i| f64::from(i) + 22.0 * f64::from(i * 17 % 40) / 40.0)
            .collect();
        let columns = [Some(a), Some(squared), None, Some(other), Some(half)];
        let players = players(&["a", "a2", "sex", "o", "h"], &columns);
        let names: Vec<&str> = players.iter().map(|p| p.name.as_str()).collect();
        assert!(names[0].starts_with("a + a2"), "{names:?}");
        assert!(names.contains(&"sex") && names.contains(&"o"), "{names:?}");
        let inputs: usize = players.iter().map(|p| p.inputs.len()).sum();
        assert_eq!(inputs, 5);
    }

    #[test]
    fn missing_and_constant_columns_move_alone() {
        let columns = [
            Some(vec![1.0; 5]),
            Some(vec![f64::NAN; 5]),
            Some(vec![1.0, 2.0, 3.0, 4.0, 5.0]),
        ];
        assert_eq!(players(&["x", "y", "z"], &columns).len(), 3);
    }
}
