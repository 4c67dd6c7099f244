//! Layers of a card → a network on paper: every shape follows from the one before, every tensor is asked for.

use crate::error::{Error, Result, shown};
use crate::model::network::architecture;
use crate::model::network::branch::{Concat, Gate, Residual};
use crate::model::network::draft::{
    Draft, Lowered, Make, Shape, axes, channels, sides, size, wrong,
};
use crate::model::network::kernel::Chain;
use crate::model::network::plain::plain;
use crate::model::network::sequence;
use crate::model::network::weighted::weighted;
use crate::model::network::weights::Weights;
use crate::model::network::window;
use crate::record::LayerCard;

/// Layers within layers: no deeper.
const DEEPEST: usize = 16;

/// Puts the layers on paper, one after another. Problems are noted in the draft; after one that leaves the shape unknown
/// the layers behind it are not looked at.
pub fn chain(
    draft: &mut Draft,
    cards: &[LayerCard],
    place: &str,
    arriving: Shape,
    depth: usize,
) -> Option<(Vec<Make>, Shape)> {
    let mut shape = arriving;
    let mut makes = Vec::new();
    let mut skip = false;
    for (index, card) in cards.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let here = match name(card) {
            Some(name) if !name.is_empty() => {
                format!("layer {place}{} (`{}`)", index + 1, shown(name))
            }
            _ => format!("layer {place}{}", index + 1),
        };
        let norm = match (card, cards.get(index + 1)) {
            (LayerCard::Convolution { .. }, Some(LayerCard::BatchNorm { name, epsilon })) => {
                skip = true;
                Some((name.as_str(), *epsilon))
            }
            _ => None,
        };
        let inner = format!("{place}{}.", index + 1);
        let lowered = draft.count().and_then(|()| match card {
            LayerCard::Convolution { .. } => window::convolution(draft, card, norm, &here, &shape),
            _ => layer(draft, card, &here, &inner, &shape, depth),
        });
        let room = lowered.and_then(|(make, gives)| {
            draft.room(&here, &gives, 0)?;
            Ok((make, gives))
        });
        match room {
            Ok((make, gives)) => {
                makes.extend(make);
                shape = gives;
            }
            Err(error) => {
                // an empty message stands for problems that a layer inside noted already
                if !error.what.is_empty() {
                    draft.problems.push(error);
                }
                return None;
            }
        }
    }
    Some((makes, shape))
}

/// Makes the layers of a chain.
pub fn build(makes: Vec<Make>, weights: &mut Weights) -> Result<Chain> {
    let layers = makes.into_iter().map(|make| make(weights));
    Ok(Chain(layers.collect::<Result<_>>()?))
}

fn told(found: Option<(Vec<Make>, Shape)>) -> Result<(Vec<Make>, Shape)> {
    found.ok_or_else(|| Error::new(""))
}

fn layer(
    draft: &mut Draft,
    card: &LayerCard,
    place: &str,
    inner: &str,
    arriving: &[usize],
    depth: usize,
) -> Lowered {
    if depth > DEEPEST {
        return wrong(place, format!("stands in more than {DEEPEST} others"));
    }
    if let Some(lowered) = plain(card, place, arriving) {
        return lowered;
    }
    if let Some(lowered) = weighted(draft, card, place, arriving) {
        return lowered;
    }
    let same = arriving.to_vec();
    let all = size(arriving);
    let mut below =
        |cards: &[LayerCard]| told(chain(draft, cards, inner, arriving.to_vec(), depth + 1));
    match card {
        LayerCard::Pool { .. } => window::pool(draft, card, place, arriving),
        LayerCard::Residual { layers, projection } => {
            let (makes, gives) = below(layers)?;
            let (past, passes) = below(projection)?;
            if gives != passes {
                return wrong(
                    place,
                    format!(
                        "adds {} from its layers to {} from the way past",
                        sides(&gives),
                        sides(&passes)
                    ),
                );
            }
            draft.room(place, &gives, all)?;
            let make: Make = Box::new(move |weights| {
                let (layers, past) = (build(makes, weights)?, build(past, weights)?);
                Ok(Box::new(Residual { layers, past }))
            });
            Ok((Some(make), gives))
        }
        LayerCard::Concat { layers } => {
            let (makes, gives) = below(layers)?;
            if gives.is_empty() || arriving.is_empty() || gives[1..] != arriving[1..] {
                return wrong(
                    place,
                    format!("puts {} behind {}", sides(&gives), sides(arriving)),
                );
            }
            let widths = [all, size(&gives)];
            let mut both = same;
            both[0] += gives[0];
            let make: Make = Box::new(move |weights| {
                Ok(Box::new(Concat {
                    layers: build(makes, weights)?,
                    widths,
                }))
            });
            Ok((Some(make), both))
        }
        LayerCard::Gate { layers } => {
            let (makes, gives) = below(layers)?;
            let bare: Vec<usize> = gives.iter().copied().filter(|side| *side != 1).collect();
            let inner = match gives == arriving {
                true => 1,
                false if bare == arriving[..1.min(arriving.len())] => channels(arriving).1,
                false => {
                    return wrong(
                        place,
                        format!("multiplies {} with {}", sides(arriving), sides(&gives)),
                    );
                }
            };
            let make: Make = Box::new(move |weights| {
                Ok(Box::new(Gate {
                    layers: build(makes, weights)?,
                    inner,
                }))
            });
            Ok((Some(make), same))
        }
        LayerCard::Recurrent { .. } => sequence::recurrent(draft, card, place, arriving),
        LayerCard::Attention { name, heads, bias } => {
            sequence::attention(draft, name, *heads, *bias, place, arriving)
        }
        LayerCard::Transformer {
            name,
            heads,
            width,
            depth: count,
            norm_first,
            gelu,
            epsilon,
        } => {
            axes(place, arriving, 2, "steps × width")?;
            let prefix = match name.is_empty() {
                true => String::new(),
                false => format!("{name}."),
            };
            let names: Vec<String> = match count {
                Some(count) => (0..*count)
                    .map(|i| format!("{prefix}layers.{i}."))
                    .collect(),
                None => vec![prefix],
            };
            let cards: Vec<LayerCard> = names
                .iter()
                .flat_map(|p| {
                    architecture::transformer(
                        p,
                        *heads,
                        *width,
                        arriving[1],
                        *norm_first,
                        *gelu,
                        *epsilon,
                    )
                })
                .collect();
            joined(below(&cards)?)
        }
        LayerCard::Known {
            architecture: which,
            name,
            outputs,
            widths,
            kernel,
        } => joined(below(&architecture::layers(
            *which,
            name,
            *outputs,
            widths,
            kernel.unwrap_or(7),
        ))?),
        _ => wrong(place, "is no layer"),
    }
}

/// Several layers as one.
fn joined((makes, gives): (Vec<Make>, Shape)) -> Lowered {
    let make: Make = Box::new(move |weights| Ok(Box::new(build(makes, weights)?)));
    Ok((Some(make), gives))
}

/// The name of a layer, when it has one.
fn name(card: &LayerCard) -> Option<&str> {
    match card {
        LayerCard::Standardise { name }
        | LayerCard::Dense { name, .. }
        | LayerCard::Convolution { name, .. }
        | LayerCard::BatchNorm { name, .. }
        | LayerCard::LayerNorm { name, .. }
        | LayerCard::GroupNorm { name, .. }
        | LayerCard::Embedding { name, .. }
        | LayerCard::Recurrent { name, .. }
        | LayerCard::Attention { name, .. }
        | LayerCard::Transformer { name, .. }
        | LayerCard::ClassToken { name }
        | LayerCard::Position { name }
        | LayerCard::Known { name, .. } => Some(name),
        _ => None,
    }
}
