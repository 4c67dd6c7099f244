//! Layers with a few tensors on paper: dense ones, norms, embeddings and learned parameters.

use crate::error::Error;
use crate::model::network::arrange::{Ahead, Embedding};
use crate::model::network::dense::{Add, Dense, Scale, Standardise};
use crate::model::network::draft::{Draft, Lowered, Make, axes, channels, sides, size, wrong};
use crate::model::network::kernel::Chain;
use crate::model::network::normal::Normalise;
use crate::model::network::wanted::Sign;
use crate::model::network::window;
use crate::record::LayerCard;

/// A layer with a few tensors; none when the card's layer is another.
pub fn weighted(
    draft: &mut Draft,
    card: &LayerCard,
    place: &str,
    arriving: &[usize],
) -> Option<Lowered> {
    Some(match card {
        LayerCard::Standardise { .. }
        | LayerCard::BatchNorm { .. }
        | LayerCard::LayerNorm { .. }
        | LayerCard::GroupNorm { .. } => norm(draft, card, place, arriving),
        LayerCard::Dense {
            name,
            inputs,
            outputs,
            bias,
        } => dense(draft, place, name, *inputs, *outputs, *bias, arriving),
        LayerCard::Embedding { .. } | LayerCard::ClassToken { .. } | LayerCard::Position { .. } => {
            learned(draft, card, place, arriving)
        }
        _ => return None,
    })
}

fn norm(draft: &mut Draft, card: &LayerCard, place: &str, arriving: &[usize]) -> Lowered {
    let same = arriving.to_vec();
    match card {
        LayerCard::Standardise { name } => {
            let (channels, inner) = channels(arriving);
            let mean = draft.want(format!("{name}.mean"), &[channels]);
            let sd = draft.want_signed(format!("{name}.sd"), &[channels], Sign::Above);
            let make: Make = Box::new(move |weights| {
                let (shift, scale) = (weights.take(mean)?.into_vec(), weights.take(sd)?.into_vec());
                Ok(Box::new(Standardise {
                    by: Scale {
                        scale,
                        shift,
                        inner,
                    },
                }))
            });
            Ok((Some(make), same))
        }
        LayerCard::BatchNorm { name, epsilon } => {
            let (channels, inner) = channels(arriving);
            let slots = window::norm(draft, name, channels);
            let epsilon = *epsilon;
            let make: Make = Box::new(move |weights| {
                let (scale, shift) = window::folded(weights, slots, epsilon)?;
                let of = |numbers: Vec<f64>| numbers.into_iter().map(|x| x as f32).collect();
                Ok(Box::new(Scale {
                    scale: of(scale),
                    shift: of(shift),
                    inner,
                }))
            });
            Ok((Some(make), same))
        }
        LayerCard::LayerNorm {
            name,
            epsilon,
            axes,
        } => {
            let Some(first) = arriving.len().checked_sub(*axes) else {
                return wrong(
                    place,
                    format!("normalises {axes} axes, and {} arrives", sides(arriving)),
                );
            };
            let last = &arriving[first..];
            Ok((normal(draft, name, last, size(last), *epsilon, 1), same))
        }
        LayerCard::GroupNorm {
            name,
            epsilon,
            groups,
        } => {
            let (channels, inner) = channels(arriving);
            if *groups == 0 || channels % groups != 0 {
                return wrong(
                    place,
                    format!("splits {channels} channels into {groups} groups of the same size"),
                );
            }
            let each = channels / groups * inner;
            Ok((
                normal(draft, name, &[channels], each, *epsilon, inner),
                same,
            ))
        }
        _ => wrong(place, "is no norm"),
    }
}

fn learned(draft: &mut Draft, card: &LayerCard, place: &str, arriving: &[usize]) -> Lowered {
    let same = arriving.to_vec();
    match card {
        LayerCard::Embedding { name, count, width } => {
            axes(place, arriving, 1, "one line of whole numbers")?;
            let slot = draft.want(format!("{name}.weight"), &[*count, *width]);
            let width = *width;
            let make: Make = Box::new(move |weights| {
                Ok(Box::new(Embedding {
                    table: weights.take(slot)?,
                    width,
                }))
            });
            Ok((Some(make), vec![size(arriving), width]))
        }
        LayerCard::ClassToken { name } => {
            axes(place, arriving, 2, "steps × width")?;
            let slot = draft.want_loose(name.clone(), &arriving[1..]);
            let make: Make = Box::new(move |weights| {
                Ok(Box::new(Ahead {
                    token: weights.take(slot)?,
                }))
            });
            Ok((Some(make), vec![arriving[0] + 1, arriving[1]]))
        }
        LayerCard::Position { name } => {
            let slot = draft.want_loose(name.clone(), arriving);
            let make: Make = Box::new(move |weights| {
                Ok(Box::new(Add {
                    parameter: weights.take(slot)?,
                }))
            });
            Ok((Some(make), same))
        }
        _ => wrong(place, "has no parameter"),
    }
}

/// A norm of groups of `each` numbers, with a weight and a bias for every `inner` numbers.
fn normal(
    draft: &mut Draft,
    name: &str,
    shape: &[usize],
    each: usize,
    epsilon: f64,
    inner: usize,
) -> Option<Make> {
    let weight = draft.want(format!("{name}.weight"), shape);
    let bias = draft.want(format!("{name}.bias"), shape);
    Some(Box::new(move |weights| {
        let (scale, shift) = (
            weights.take(weight)?.into_vec(),
            weights.take(bias)?.into_vec(),
        );
        let norm = Normalise {
            size: each,
            epsilon,
        };
        Ok(Box::new(Chain(vec![
            Box::new(norm),
            Box::new(Scale {
                scale,
                shift,
                inner,
            }),
        ])))
    }))
}

fn dense(
    draft: &mut Draft,
    place: &str,
    name: &str,
    inputs: Option<usize>,
    outputs: usize,
    bias: bool,
    arriving: &[usize],
) -> Lowered {
    let now = arriving.last().copied().unwrap_or(0);
    let inputs = inputs.unwrap_or(now);
    if inputs != now {
        draft.problems.push(
            Error::new(format!("{place} reads {inputs} columns where {now} arrive")).help(
                "a number arrives as one column, a category as one for each of its categories",
            ),
        );
    }
    if outputs == 0 {
        draft
            .problems
            .push(Error::new(format!("{place} gives nothing")));
    }
    let weight = draft.want(format!("{name}.weight"), &[outputs, inputs]);
    let bias = bias.then(|| draft.want(format!("{name}.bias"), &[outputs]));
    let mut gives = arriving.to_vec();
    if let Some(last) = gives.last_mut() {
        *last = outputs;
    }
    draft.work(place, &[size(arriving), outputs])?;
    let make: Make = Box::new(move |weights| {
        Ok(Box::new(Dense {
            weight: weights.take(weight)?,
            bias: bias.map(|slot| weights.take(slot)).transpose()?,
            inputs,
            outputs,
        }))
    });
    Ok((Some(make), gives))
}
