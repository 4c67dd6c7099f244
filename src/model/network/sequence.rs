//! Recurrent layers and attention on paper.

use crate::error::{Error, Result};
use crate::model::network::arrange::{Along, Order};
use crate::model::network::attention::Attention;
use crate::model::network::dense::Dense;
use crate::model::network::draft::{Draft, Lowered, Make, axes};
use crate::model::network::kernel::{Chain, Kernel};
use crate::model::network::recurrent::{Direction, Recurrent};
use crate::model::network::weights::Weights;
use crate::record::{CellKind, LayerCard, StepRule};

/// LSTM or GRU, all its layers and directions.
pub fn recurrent(draft: &mut Draft, card: &LayerCard, place: &str, arriving: &[usize]) -> Lowered {
    let LayerCard::Recurrent {
        cell,
        name,
        width,
        depth,
        bidirectional,
        bias,
        take,
    } = card
    else {
        return Err(Error::new(format!("{place} is no recurrent layer")));
    };
    axes(place, arriving, 2, "steps × inputs")?;
    let (cell, width, steps) = (*cell, *width, arriving[0]);
    let directions = if *bidirectional { 2 } else { 1 };
    let gates = match cell {
        CellKind::Lstm => 4 * width,
        CellKind::Gru => 3 * width,
    };
    let mut inputs = arriving[1];
    let mut layers = Vec::new();
    for layer in 0..*depth {
        draft.count()?;
        let slots: Vec<[Option<usize>; 4]> = (0..directions)
            .map(|direction| {
                let end = if direction == 0 { "" } else { "_reverse" };
                let mut want = |kind: &str, shape: &[usize]| {
                    draft.want(format!("{name}.{kind}_l{layer}{end}"), shape)
                };
                [
                    Some(want("weight_ih", &[gates, inputs])),
                    Some(want("weight_hh", &[gates, width])),
                    bias.then(|| want("bias_ih", &[gates])),
                    bias.then(|| want("bias_hh", &[gates])),
                ]
            })
            .collect();
        draft.room(
            place,
            &[steps, directions * width],
            steps * directions * (gates + 5 * width),
        )?;
        draft.work(place, &[steps, directions, gates, inputs + width])?;
        layers.push((slots, inputs));
        inputs = directions * width;
    }
    let all = inputs;
    let (last, gives): (Option<Box<dyn Kernel>>, _) = match take {
        StepRule::All => (None, vec![steps, all]),
        StepRule::Last => (
            Some(Box::new(Order::pick(&[steps, all], 0, steps - 1))),
            vec![all],
        ),
        StepRule::Final => (
            Some(Box::new(Order::last_states(steps, directions, width))),
            vec![all],
        ),
        StepRule::Mean | StepRule::Max => {
            let largest = *take == StepRule::Max;
            (
                Some(Box::new(Along {
                    length: steps,
                    inner: all,
                    largest,
                })),
                vec![all],
            )
        }
    };
    let make: Make = Box::new(move |weights| {
        let mut chain = Chain::default();
        for (slots, inputs) in layers {
            let directions = slots.into_iter().map(|slots| direction(weights, slots));
            chain.0.push(Box::new(Recurrent {
                cell,
                directions: directions.collect::<Result<_>>()?,
                steps,
                inputs,
                width,
            }));
        }
        chain.0.extend(last);
        Ok(Box::new(chain))
    });
    Ok((Some(make), gives))
}

fn direction(weights: &mut Weights, slots: [Option<usize>; 4]) -> Result<Direction> {
    let mut maybe = |slot: usize| slots[slot].map(|slot| weights.take(slot)).transpose();
    let needed = || Error::new("a recurrent layer has no weights");
    Ok(Direction {
        input: maybe(0)?.ok_or_else(needed)?,
        state: maybe(1)?.ok_or_else(needed)?,
        input_bias: maybe(2)?,
        state_bias: maybe(3)?,
    })
}

/// Multi-head self-attention.
pub fn attention(
    draft: &mut Draft,
    name: &str,
    heads: usize,
    bias: bool,
    place: &str,
    arriving: &[usize],
) -> Lowered {
    axes(place, arriving, 2, "steps × width")?;
    let (steps, width) = (arriving[0], arriving[1]);
    if heads == 0 || width % heads != 0 {
        return Err(Error::new(format!(
            "{place} splits a width of {width} into {heads} heads of the same size"
        )));
    }
    let into = draft.want(format!("{name}.in_proj_weight"), &[3 * width, width]);
    let into_bias = bias.then(|| draft.want(format!("{name}.in_proj_bias"), &[3 * width]));
    let out = draft.want(format!("{name}.out_proj.weight"), &[width, width]);
    let out_bias = bias.then(|| draft.want(format!("{name}.out_proj.bias"), &[width]));
    let square = steps.saturating_mul(steps).saturating_mul(heads);
    draft.room(place, arriving, square.saturating_add(3 * steps * width))?;
    draft.work(place, &[steps, 4 * width, width])?;
    draft.work(place, &[2 * steps, steps, width])?;
    let make: Make = Box::new(move |weights| {
        let mut dense = |weight: usize, bias: Option<usize>, outputs: usize| -> Result<Dense> {
            Ok(Dense {
                weight: weights.take(weight)?,
                bias: bias.map(|slot| weights.take(slot)).transpose()?,
                inputs: width,
                outputs,
            })
        };
        Ok(Box::new(Attention {
            into: dense(into, into_bias, 3 * width)?,
            out: dense(out, out_bias, width)?,
            heads,
            steps,
        }))
    });
    Ok((Some(make), arriving.to_vec()))
}
