//! From contributions of rows to shares of inputs, for everyone and for each group.

use crate::explain::contribution::{Contribute, Contributions};
use crate::explain::mean::{self, EVERYWHERE, UPWARD, mean, ratio, undefined};
use crate::explain::sampled::Sampled;
use crate::record::{Attribution, Group, InputShare, Undefined};

/// Mean |contribution| of each input over everyone.
pub fn sizes(sampled: &Sampled, shared: &Contributions) -> Vec<f64> {
    let of = |values: &Vec<f64>| mean(sampled, &sampled.everyone, |at| values[at].abs()).point;
    shared.values.iter().map(of).collect()
}

/// Places from the largest to the smallest; equal ones by place.
pub fn by_size(sizes: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]).then(a.cmp(b)));
    order
}

/// What an explainer says of everyone and of each group, inputs in the given order.
pub fn attributions(
    by: &dyn Contribute,
    sampled: &Sampled,
    names: &[&str],
    shared: &Contributions,
    order: &[usize],
    min_cell: usize,
) -> Vec<Attribution> {
    let values = &shared.values;
    let all = |at: usize| -> f64 { values.iter().map(|values| values[at].abs()).sum() };
    let one = |group: Option<&Group>, positions: &[u32]| {
        let few = sampled.persons(positions) < min_cell.max(2);
        let told = |mean: mean::Mean, range: [f64; 2]| match few {
            true => undefined(Undefined::TooFewExplained),
            false => mean.value(range),
        };
        let input = |input: &usize| {
            let values = &values[*input];
            InputShare {
                input: names[*input].to_owned(),
                together: Vec::new(),
                importance: told(mean(sampled, positions, |at| values[at].abs()), UPWARD),
                share: told(
                    ratio(sampled, positions, |at| values[at].abs(), all),
                    [0.0, 1.0],
                ),
                mean: group
                    .is_none()
                    .then(|| told(mean(sampled, positions, |at| values[at]), EVERYWHERE)),
            }
        };
        Attribution {
            explainer: by.id().to_owned(),
            scale: by.scale(),
            group: group.cloned(),
            rows: positions.len().into(),
            patients: sampled.persons(positions).into(),
            background: Some(by.background()),
            inputs: order.iter().map(input).collect(),
            pairs: Vec::new(),
            checks: Vec::new(),
        }
    };
    let everyone = one(None, &sampled.everyone);
    let groups = sampled
        .groups
        .iter()
        .map(|(group, rows)| one(Some(group), rows));
    std::iter::once(everyone).chain(groups).collect()
}
