//! Numbers of images moved: Pad, CenterCropPad, DepthToSpace, SpaceToDepth.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::broadcast::walk;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, count, sides, strides};
use std::sync::Arc;

/// The family.
pub const ALL: &[Operator] = &[
    standard("CenterCropPad", (2, 2), centre),
    standard("DepthToSpace", (1, 1), |settings| {
        let block = block(settings)?;
        let columns = columns(settings)?;
        Ok(Box::new(move |inputs| {
            to_space(inputs.need(0)?, block, columns)
        }))
    }),
    standard("Pad", (1, 4), pad),
    standard("SpaceToDepth", (1, 1), |settings| {
        let block = block(settings)?;
        let columns = columns(settings)?;
        Ok(Box::new(move |inputs| {
            to_depth(inputs.need(0)?, block, columns)
        }))
    }),
];

fn block(settings: &Settings<'_>) -> Result<usize> {
    let block = settings
        .int("blocksize")?
        .and_then(|x| usize::try_from(x).ok());
    block
        .filter(|block| (1..=1 << 12).contains(block))
        .ok_or_else(|| Settings::missing("blocksize"))
}

/// Whether a channel's own places follow each other (`CRD`), or the channels of one place (`DCR`).
fn columns(settings: &Settings<'_>) -> Result<bool> {
    match settings.text("mode")? {
        None | Some("DCR") => Ok(false),
        Some("CRD") => Ok(true),
        Some(other) => {
            Err(Error::new("the attribute `mode` is not known").suggest(other, ["DCR", "CRD"]))
        }
    }
}

fn unfit(tensor: &Tensor) -> Error {
    Error::new(format!(
        "an image of the shape {} cannot be divided so",
        sides(&tensor.shape)
    ))
}

/// The same numbers, walked in another order.
fn walked(
    tensor: &Tensor,
    sides: &[usize],
    steps: &[usize],
    shape: Vec<usize>,
) -> Result<Vec<Tensor>> {
    let places = walk(sides, steps, count(&shape)?);
    one(Tensor::new(shape, tensor.data.at(&places))?)
}

fn to_space(tensor: &Tensor, block: usize, columns: bool) -> Result<Vec<Tensor>> {
    let &[batch, channels, high, wide] = tensor.shape.as_slice() else {
        return Err(unfit(tensor));
    };
    let own = channels / (block * block);
    if own * block * block != channels {
        return Err(unfit(tensor));
    }
    let plane = high * wide;
    // how far apart channels, rows and columns of a block lie
    let (channel, y, x) = match columns {
        false => (plane, own * block * plane, own * plane),
        true => (block * block * plane, block * plane, plane),
    };
    let sides = [batch, own, high, block, wide, block];
    let steps = [channels * plane, channel, wide, y, 1, x];
    walked(
        tensor,
        &sides,
        &steps,
        vec![batch, own, high * block, wide * block],
    )
}

fn to_depth(tensor: &Tensor, block: usize, columns: bool) -> Result<Vec<Tensor>> {
    let &[batch, channels, high, wide] = tensor.shape.as_slice() else {
        return Err(unfit(tensor));
    };
    if !high.is_multiple_of(block) || !wide.is_multiple_of(block) {
        return Err(unfit(tensor));
    }
    let plane = high * wide;
    let (high, across) = (high / block, wide / block);
    let (own, step) = (channels * plane, wide * block);
    let (sides, steps) = match columns {
        false => (
            [batch, block, block, channels, high, across],
            [own, wide, 1, plane, step, block],
        ),
        true => (
            [batch, channels, block, block, high, across],
            [own, plane, wide, 1, step, block],
        ),
    };
    let shape = vec![batch, channels * block * block, high, across];
    walked(tensor, &sides, &steps, shape)
}

/// Bytes of notes where a number comes from, while they are made.
const NOTED: usize = 2 * size_of::<Option<usize>>();

/// Where the places along one axis come from; none from nowhere.
type Sources = Vec<Option<usize>>;

/// Numbers taken from their sources, or this one where there is none.
fn taken(tensor: &Tensor, value: Option<&Tensor>, sources: &[Sources]) -> Result<Vec<Tensor>> {
    let shape: Vec<usize> = sources.iter().map(Vec::len).collect();
    let total = count(&shape)?;
    let steps = strides(&tensor.shape);
    let mut places: Vec<Option<usize>> = vec![Some(0)];
    places.reserve(total);
    for (sources, step) in sources.iter().zip(steps) {
        let each = |place: &Option<usize>| {
            let place = *place;
            let add = move |source: &Option<usize>| Some(place? + (*source)? * step);
            sources.iter().map(add).collect::<Vec<_>>()
        };
        places = places.iter().flat_map(each).collect();
    }
    fn pick<T: Clone>(list: &[T], places: &[Option<usize>], unless: &T) -> Vec<T> {
        let one = |place: &Option<usize>| place.and_then(|place| list.get(place)).unwrap_or(unless);
        places.iter().map(|place| one(place).clone()).collect()
    }
    let data = match (&tensor.data, value.map(|value| &value.data)) {
        (Data::F32(list), None) => Data::F32(pick(list, &places, &0.0)),
        (Data::F64(list), None) => Data::F64(pick(list, &places, &0.0)),
        (Data::I64(list), None) => Data::I64(pick(list, &places, &0)),
        (Data::Bool(list), None) => Data::Bool(pick(list, &places, &false)),
        (Data::Text(list), None) => Data::Text(pick(list, &places, &Arc::from(""))),
        (Data::F32(list), Some(Data::F32(one))) if one.len() == 1 => {
            Data::F32(pick(list, &places, &one[0]))
        }
        (Data::F64(list), Some(Data::F64(one))) if one.len() == 1 => {
            Data::F64(pick(list, &places, &one[0]))
        }
        (Data::I64(list), Some(Data::I64(one))) if one.len() == 1 => {
            Data::I64(pick(list, &places, &one[0]))
        }
        (Data::Bool(list), Some(Data::Bool(one))) if one.len() == 1 => {
            Data::Bool(pick(list, &places, &one[0]))
        }
        _ => {
            return Err(Error::new(
                "the number to pad with is not one of the image's kind",
            ));
        }
    };
    one(Tensor::new(shape, data)?)
}

fn pad(settings: &Settings<'_>) -> Result<Kernel> {
    let mode = settings.text("mode")?.unwrap_or("constant").to_owned();
    if !["constant", "reflect", "edge", "wrap"].contains(&mode.as_str()) {
        let known = ["constant", "reflect", "edge", "wrap"];
        return Err(Error::new("the attribute `mode` is not known").suggest(&mode, known));
    }
    let fixed = match settings.opset < 11 {
        true => settings.ints("pads")?.map(<[i64]>::to_vec),
        false => None,
    };
    let value = match settings.opset < 11 {
        true => settings.float("value")?,
        false => None,
    };
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let pads = match &fixed {
            Some(pads) => pads,
            None => inputs.need(1)?.ints()?,
        };
        let axes: Vec<usize> = match inputs.get(3) {
            None => (0..tensor.rank()).collect(),
            Some(axes) => {
                let all = axes.ints()?.iter().map(|a| axis(*a, tensor.rank()));
                all.collect::<Result<_>>()?
            }
        };
        let whole = || Error::new("there are not two pads for each axis");
        if pads.len() != 2 * axes.len() {
            return Err(whole());
        }
        let mut around = vec![(0, 0); tensor.rank()];
        for (place, at) in axes.iter().enumerate() {
            around[*at] = (pads[place], pads[axes.len() + place]);
        }
        let mut shape = Vec::with_capacity(around.len());
        for (side, (before, after)) in tensor.shape.iter().zip(&around) {
            let side = (*side as i64)
                .checked_add(*before)
                .and_then(|s| s.checked_add(*after));
            shape.push(
                side.and_then(|s| usize::try_from(s).ok())
                    .ok_or_else(whole)?,
            );
        }
        inputs.room(&shape, NOTED + tensor.data.width())?;
        let mut sources = Vec::with_capacity(shape.len());
        for ((side, made), (before, _)) in tensor.shape.iter().zip(&shape).zip(&around) {
            let side = *side as i64;
            if side == 0 && *made > 0 && mode != "constant" {
                return Err(Error::new("an empty image has no edge to repeat"));
            }
            let from = |place: usize| {
                let place = place as i64 - before;
                let place = match mode.as_str() {
                    "edge" => place.clamp(0, side - 1),
                    "wrap" => place.rem_euclid(side),
                    "reflect" if side == 1 => 0,
                    "reflect" => {
                        let place = place.rem_euclid(2 * side - 2);
                        place.min(2 * side - 2 - place)
                    }
                    _ if (0..side).contains(&place) => place,
                    _ => return None,
                };
                usize::try_from(place).ok()
            };
            sources.push((0..*made).map(from).collect());
        }
        let own;
        let value = match (inputs.get(2), value) {
            (Some(value), _) => Some(value),
            (None, Some(value)) => {
                own = match &tensor.data {
                    Data::F64(_) => Tensor::new(Vec::new(), Data::F64(vec![f64::from(value)]))?,
                    _ => Tensor::new(Vec::new(), Data::F32(vec![value]))?,
                };
                Some(&own)
            }
            (None, None) => None,
        };
        taken(tensor, value, &sources)
    }))
}

fn centre(settings: &Settings<'_>) -> Result<Kernel> {
    let axes = settings.ints("axes")?.map(<[i64]>::to_vec);
    Ok(Box::new(move |inputs: &Inputs<'_>| {
        let (tensor, wanted) = (inputs.need(0)?, inputs.need(1)?.ints()?);
        let rank = tensor.rank();
        let axes: Vec<usize> = match &axes {
            None => (0..rank).collect(),
            Some(axes) => axes.iter().map(|a| axis(*a, rank)).collect::<Result<_>>()?,
        };
        if axes.len() != wanted.len() {
            return Err(Error::new("there is not one length for each axis"));
        }
        let mut shape = tensor.shape.clone();
        for (at, wanted) in axes.iter().zip(wanted) {
            shape[*at] = usize::try_from(*wanted).map_err(|_| unfit(tensor))?;
        }
        inputs.room(&shape, NOTED + tensor.data.width())?;
        let along = |(side, made): (&usize, &usize)| -> Sources {
            // the odd one lies behind, whether cut off or put on
            let (cut, put) = (
                side.saturating_sub(*made) / 2,
                made.saturating_sub(*side) / 2,
            );
            let from = |place: usize| (place + cut).checked_sub(put).filter(|place| place < side);
            (0..*made).map(from).collect()
        };
        let sources: Vec<Sources> = tensor.shape.iter().zip(&shape).map(along).collect();
        taken(tensor, None, &sources)
    }))
}
