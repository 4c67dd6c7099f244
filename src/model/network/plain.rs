//! Layers without tensors on paper: activations, and numbers in another shape or order.

use crate::model::network::activation::{Activation, Softmax};
use crate::model::network::arrange::{Along, Order};
use crate::model::network::draft::{Lowered, Shape, axes, ready, sides, size, wrong};
use crate::record::{LayerCard, PoolRule};

/// A layer without tensors; none when the card's layer is another.
pub fn plain(card: &LayerCard, place: &str, arriving: &[usize]) -> Option<Lowered> {
    let same = arriving.to_vec();
    let all = size(arriving);
    let plain = |activation: Activation| Ok((ready(activation), arriving.to_vec()));
    Some(match card {
        LayerCard::Relu => plain(Activation::Relu),
        LayerCard::Gelu => plain(Activation::Gelu),
        LayerCard::GeluTanh => plain(Activation::GeluTanh),
        LayerCard::Tanh => plain(Activation::Tanh),
        LayerCard::Sigmoid => plain(Activation::Sigmoid),
        LayerCard::Silu => plain(Activation::Silu),
        LayerCard::LeakyRelu { slope } => plain(Activation::LeakyRelu(*slope as f32)),
        LayerCard::HardSwish => plain(Activation::HardSwish),
        LayerCard::HardSigmoid => plain(Activation::HardSigmoid),
        LayerCard::Elu { alpha } => plain(Activation::Elu(*alpha as f32)),
        LayerCard::Dropout => Ok((None, same)),
        LayerCard::Flatten => Ok((None, vec![all])),
        LayerCard::Softmax { class: Some(_) } => wrong(
            place,
            "names a `class`, which only the last layer of all may",
        ),
        LayerCard::Softmax { class: None } => {
            let width = arriving.last().copied().unwrap_or(1);
            Ok((ready(Softmax { width }), same))
        }
        LayerCard::Reshape { shape } => {
            let numbers = shape
                .iter()
                .try_fold(1usize, |all, side| all.checked_mul(*side));
            match numbers == Some(all) {
                true => Ok((None, shape.clone())),
                false => wrong(place, format!("makes {} of {all} numbers", sides(shape))),
            }
        }
        LayerCard::Transpose { axes } => {
            let mut sorted = axes.clone();
            sorted.sort_unstable();
            if !sorted.into_iter().eq(0..arriving.len()) {
                return Some(wrong(
                    place,
                    format!(
                        "must name each of the {} axes of {} once, counted from zero",
                        arriving.len(),
                        sides(arriving)
                    ),
                ));
            }
            let gives = axes.iter().map(|axis| arriving[*axis]).collect();
            Ok((ready(Order::transpose(arriving, axes)), gives))
        }
        LayerCard::Pick { axis, index } => match arriving.get(*axis) {
            Some(length) if index < length => Ok((
                ready(Order::pick(arriving, *axis, *index)),
                without(arriving, *axis),
            )),
            _ => wrong(
                place,
                format!(
                    "picks place {index} of axis {axis}, and {} arrives",
                    sides(arriving)
                ),
            ),
        },
        LayerCard::Mean { axis } => match arriving.get(*axis) {
            Some(length) => {
                let along = Along {
                    length: *length,
                    inner: size(&arriving[axis + 1..]),
                    largest: false,
                };
                Ok((ready(along), without(arriving, *axis)))
            }
            None => wrong(
                place,
                format!(
                    "takes the mean over axis {axis}, and {} arrives",
                    sides(arriving)
                ),
            ),
        },
        LayerCard::GlobalPool { rule } => {
            let Some((channels, places)) =
                arriving.split_first().filter(|(_, rest)| !rest.is_empty())
            else {
                return Some(
                    axes(place, arriving, 2, "channels and places").map(|()| (None, same)),
                );
            };
            let along = Along {
                length: size(places),
                inner: 1,
                largest: *rule == PoolRule::Max,
            };
            Ok((ready(along), vec![*channels]))
        }
        _ => return None,
    })
}

fn without(shape: &[usize], axis: usize) -> Shape {
    let mut shape = shape.to_vec();
    shape.remove(axis);
    if shape.is_empty() { vec![1] } else { shape }
}
