//! Which explainer fits a model, and what only some of them can do.

use crate::error::Result;
use crate::explain::ask::Ask;
use crate::explain::by_coalition::ByCoalition;
use crate::explain::by_equation::ByEquation;
use crate::explain::by_gradient::{ByGradient, Held};
use crate::explain::by_tree::ByTree;
use crate::explain::contribution::Contribute;
use crate::explain::explainer::FRIEDMAN_H;
use crate::explain::interaction;
use crate::explain::mean::{self, REPLICATES, UPWARD, mean, percentiles};
use crate::explain::sampled::Sampled;
use crate::random::Stream;
use crate::record::{Pair, Value};

/// Inputs whose interactions are told: from trees, and by asking.
const FIRST: [usize; 2] = [5, 3];
/// Rows whose interactions are computed from trees, and by asking.
const PAIRED: [usize; 2] = [500, 100];

/// An explainer, and what only some can do.
pub enum By<'a> {
    /// Trees explain themselves.
    Tree(ByTree<'a>),
    /// Equations too.
    Equation(ByEquation<'a>),
    /// Networks have gradients.
    Gradient(ByGradient<'a>),
    /// Any model can be asked.
    Coalition(ByCoalition<'a>),
}

impl<'a> std::ops::Deref for By<'a> {
    type Target = dyn Contribute + 'a;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Tree(by) => by,
            Self::Equation(by) => by,
            Self::Gradient(by) => by,
            Self::Coalition(by) => by,
        }
    }
}

/// The explainer that fits the model best; `None` when none can share its scores.
pub fn explainer<'a>(ask: &Ask<'a>, stand_in: &[u32], stream: Stream) -> Result<Option<By<'a>>> {
    if let Some(by) = ByTree::new(ask.question, stand_in)? {
        return Ok(Some(By::Tree(by)));
    }
    if let Some(by) = ByEquation::new(ask.question, stand_in)? {
        return Ok(Some(By::Equation(by)));
    }
    if let Some(by) = ByGradient::new(ask.question, ask.shuffled, stand_in, Held::Mean)? {
        return Ok(Some(By::Gradient(by)));
    }
    Ok(ByCoalition::new(ask.question, stand_in, stream)?.map(By::Coalition))
}

impl By<'_> {
    /// What all of them do.
    pub fn share_by(&self) -> &dyn Contribute {
        &**self
    }

    /// Pairs of the first inputs that act together, the strongest first.
    pub fn pairs(
        &self,
        ask: &Ask<'_>,
        sampled: &Sampled,
        names: &[&str],
        order: &[usize],
    ) -> Result<Vec<Pair>> {
        let few =
            |most: usize| -> Vec<u32> { sampled.everyone.iter().copied().take(most).collect() };
        let mut pairs: Vec<(f64, Pair)> = match self {
            Self::Tree(by) => {
                let asked = few(PAIRED[0]);
                let rows: Vec<u32> = asked.iter().map(|at| sampled.rows[*at as usize]).collect();
                let first: Vec<usize> = order.iter().copied().take(FIRST[0]).collect();
                let mut place = vec![0; sampled.rows.len()];
                asked
                    .iter()
                    .enumerate()
                    .for_each(|(row, at)| place[*at as usize] = row);
                by.pairs(&rows, &first)?
                    .into_iter()
                    .map(|(a, b, values)| {
                        let strength = mean(sampled, &asked, |at| values[place[at]].abs());
                        (
                            strength.point,
                            pair(names, a, b, "shapley-interaction", strength.value(UPWARD)),
                        )
                    })
                    .collect()
            }
            Self::Equation(by) if !by.has_products() => Vec::new(),
            _ if ask.is_heavy() => Vec::new(),
            _ => friedman(ask, sampled, names, order, &few(PAIRED[1]))?,
        };
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        Ok(pairs.into_iter().map(|(_, pair)| pair).collect())
    }
}

fn pair(names: &[&str], a: usize, b: usize, measure: &str, value: Value) -> Pair {
    Pair {
        inputs: [names[a].to_owned(), names[b].to_owned()],
        measure: measure.to_owned(),
        value,
    }
}

fn friedman(
    ask: &Ask<'_>,
    sampled: &Sampled,
    names: &[&str],
    order: &[usize],
    asked: &[u32],
) -> Result<Vec<(f64, Pair)>> {
    let first: Vec<usize> = order.iter().copied().take(FIRST[1]).collect();
    if asked.len() < 20 {
        return Ok(Vec::new());
    }
    let rows: Vec<u32> = asked.iter().map(|at| sampled.rows[*at as usize]).collect();
    let alone: Vec<Vec<f64>> = first
        .iter()
        .map(|input| interaction::response(&ask.question, &rows, &[*input]))
        .collect::<Result<_>>()?;
    let mut pairs = Vec::new();
    for a in 0..first.len() {
        for b in a + 1..first.len() {
            let both = interaction::response(&ask.question, &rows, &[first[a], first[b]])?;
            let of = |weight: &[f64]| {
                interaction::squared(&both, &alone[a], &alone[b], |row| {
                    weight[asked[row] as usize]
                })
            };
            let Some(point) = of(&sampled.weight) else {
                continue;
            };
            let drawn = (0..REPLICATES).map(|replicate| {
                of(&mean::redrawn(sampled, ask.key, replicate)).unwrap_or(f64::NAN)
            });
            let value = percentiles(point, drawn.collect(), REPLICATES);
            pairs.push((point, pair(names, first[a], first[b], FRIEDMAN_H.id, value)));
        }
    }
    Ok(pairs)
}
