//! The same values in another shape, or values that only have a shape.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{ANY, Inputs, Kernel, Operator, kinded, one, standard};
use crate::model::onnx::operator::broadcast::{spread, together, walk, walked};
use crate::model::onnx::operator::stack::joined;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, count, each, sides, strides};
use std::collections::BTreeSet;
use std::iter::repeat_n;

/// The family.
pub const ALL: &[Operator] = &[
    standard("Concat", (1, ANY), concat),
    standard("Constant", (0, 0), constant),
    kinded("ConstantOfShape", (1, 1), 1, filled),
    standard("Expand", (2, 2), |_| Ok(Box::new(expand))),
    standard("Flatten", (1, 1), flatten),
    standard("Reshape", (2, 2), reshape),
    kinded("Shape", (1, 1), 1, shape),
    kinded("Size", (1, 1), 1, |_| {
        Ok(Box::new(|inputs| {
            let size = inputs.need(0)?.data.len() as i64;
            one(Tensor::new(Vec::new(), Data::I64(vec![size]))?)
        }))
    }),
    standard("Squeeze", (1, 2), squeeze),
    standard("Tile", (2, 2), |_| Ok(Box::new(tile))),
    standard("Transpose", (1, 1), transpose),
    standard("Unsqueeze", (1, 2), unsqueeze),
];

/// Bytes of a note where a number comes from.
const PLACE: usize = 8;

/// A shape out of a tensor of whole numbers.
fn wanted(tensor: &Tensor) -> Result<Vec<usize>> {
    let list = tensor.ints()?.iter().map(|side| usize::try_from(*side));
    list.collect::<std::result::Result<_, _>>()
        .map_err(|_| Error::new("a shape has a negative side"))
}

fn concat(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings
        .int("axis")?
        .ok_or_else(|| Settings::missing("axis"))?;
    Ok(Box::new(move |inputs| {
        let all: Vec<&Tensor> = inputs.all().collect();
        let at = axis(along, inputs.need(0)?.rank())?;
        inputs
            .budget
            .room(all.iter().map(|tensor| tensor.bytes()).sum())?;
        one(joined(&all, at)?)
    }))
}

fn constant(settings: &Settings<'_>) -> Result<Kernel> {
    let lists = settings.list(&["value_floats", "value_ints", "value_strings"])?;
    let single = if let Some(x) = settings.float("value_float")? {
        Some(Data::F32(vec![x]))
    } else if let Some(x) = settings.int("value_int")? {
        Some(Data::I64(vec![x]))
    } else {
        settings
            .text("value_string")?
            .map(|x| Data::Text(vec![x.into()]))
    };
    let tensor = match (settings.tensor("value")?, lists, single) {
        (Some(tensor), _, _) => tensor,
        (None, Some(list), _) => Tensor::new(vec![list.len()], list)?,
        (None, None, Some(one)) => Tensor::new(Vec::new(), one)?,
        (None, None, None) => return Err(Settings::missing("value")),
    };
    Ok(Box::new(move |_| one(tensor.clone())))
}

fn filled(settings: &Settings<'_>) -> Result<Kernel> {
    let value = match settings.tensor("value")? {
        None => Tensor::new(vec![1], Data::F32(vec![0.0]))?,
        Some(tensor) if tensor.data.len() == 1 => tensor,
        Some(_) => return Err(Error::new("the attribute `value` is not one number")),
    };
    Ok(Box::new(move |inputs| {
        let shape = wanted(inputs.need(0)?)?;
        let total = inputs.room(&shape, value.data.width())?;
        let data = each!(&value.data, list => repeat_n(&list[0], total).cloned().collect());
        one(Tensor::new(shape, data)?.narrowed(value.narrow))
    }))
}

fn expand(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let tensor = inputs.need(0)?;
    let shape = together(&tensor.shape, &wanted(inputs.need(1)?)?)?;
    inputs.room(&shape, PLACE + tensor.data.width())?;
    let data = each!(&tensor.data, list => spread(list, &tensor.shape, &shape));
    one(Tensor::new(shape, data)?)
}

fn flatten(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(1);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let at = axis(along, tensor.rank() + 1)?;
        let at = if along < 0 { at.saturating_sub(1) } else { at };
        let (rows, columns) = tensor.shape.split_at(at);
        one(tensor.reshaped(vec![rows.iter().product(), columns.iter().product()])?)
    }))
}

fn reshape(settings: &Settings<'_>) -> Result<Kernel> {
    let zero = settings.flag("allowzero", false)?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let asked = inputs.need(1)?.ints()?;
        let unfit = || {
            Error::new(format!(
                "a tensor of the shape {} does not fit into another",
                sides(&tensor.shape)
            ))
        };
        let mut open = None;
        let mut shape = Vec::with_capacity(asked.len());
        for (place, side) in asked.iter().enumerate() {
            shape.push(match *side {
                -1 if open.is_none() => {
                    open = Some(place);
                    1
                }
                0 if !zero => *tensor.shape.get(place).ok_or_else(unfit)?,
                side => usize::try_from(side).map_err(|_| unfit())?,
            });
        }
        if let Some(place) = open {
            let others = count(&shape)?;
            let size = tensor.data.len();
            if others == 0 {
                // no rows: the open axis has what it has
                shape[place] = 0;
            } else if size.is_multiple_of(others) {
                shape[place] = size / others;
            } else {
                return Err(unfit());
            }
        }
        if count(&shape)? != tensor.data.len() {
            return Err(unfit());
        }
        one(tensor.reshaped(shape)?)
    }))
}

fn shape(settings: &Settings<'_>) -> Result<Kernel> {
    let start = settings.int("start")?.unwrap_or(0);
    let end = settings.int("end")?;
    Ok(Box::new(move |inputs| {
        let shape = &inputs.need(0)?.shape;
        let rank = shape.len() as i64;
        let from =
            |x: i64| (if x < 0 { x.saturating_add(rank) } else { x }).clamp(0, rank) as usize;
        let (start, end) = (from(start), from(end.unwrap_or(rank)));
        let sides = shape.get(start..end).unwrap_or_default();
        one(Tensor::line(
            sides.iter().map(|side| *side as i64).collect(),
        ))
    }))
}

/// The axes of Squeeze and Unsqueeze: an attribute before opset 13, the second input from then on.
fn axes(settings: &Settings<'_>) -> Result<Option<Vec<i64>>> {
    match settings.opset < 13 {
        true => Ok(settings.ints("axes")?.map(<[i64]>::to_vec)),
        false => Ok(None),
    }
}

fn squeeze(settings: &Settings<'_>) -> Result<Kernel> {
    let fixed = axes(settings)?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let given = match inputs.get(1) {
            Some(axes) => Some(axes.ints()?),
            None => fixed.as_deref(),
        };
        let gone: BTreeSet<usize> = match given {
            Some(axes) => axes
                .iter()
                .map(|a| axis(*a, tensor.rank()))
                .collect::<Result<_>>()?,
            None => (0..tensor.rank())
                .filter(|p| tensor.shape[*p] == 1)
                .collect(),
        };
        if gone.iter().any(|place| tensor.shape[*place] != 1) {
            return Err(Error::new(format!(
                "an axis of the shape {} is taken away and is longer than one",
                sides(&tensor.shape)
            )));
        }
        let left = tensor
            .shape
            .iter()
            .enumerate()
            .filter(|(p, _)| !gone.contains(p));
        one(tensor.reshaped(left.map(|(_, side)| *side).collect())?)
    }))
}

fn unsqueeze(settings: &Settings<'_>) -> Result<Kernel> {
    let fixed = axes(settings)?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let axes = match inputs.get(1) {
            Some(axes) => axes.ints()?,
            None => fixed.as_deref().ok_or_else(|| Settings::missing("axes"))?,
        };
        let rank = tensor.rank() + axes.len();
        let new: BTreeSet<usize> = axes.iter().map(|a| axis(*a, rank)).collect::<Result<_>>()?;
        if new.len() != axes.len() {
            return Err(Error::new("an axis is added twice"));
        }
        let mut old = tensor.shape.iter().copied();
        let shape = (0..rank).map(|place| match new.contains(&place) {
            true => 1,
            false => old.next().unwrap_or(1),
        });
        one(tensor.reshaped(shape.collect())?)
    }))
}

fn tile(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let tensor = inputs.need(0)?;
    let times = wanted(inputs.need(1)?)?;
    if times.len() != tensor.rank() {
        return Err(Error::new("there is not one repetition for each axis"));
    }
    let sides = tensor.shape.iter().zip(&times);
    let shape: Vec<usize> = sides
        .map(|(side, times)| side.saturating_mul(*times))
        .collect();
    let total = inputs.room(&shape, PLACE + tensor.data.width())?;
    let (own, all) = (strides(&shape), strides(&tensor.shape));
    let from: Vec<usize> = (0..total)
        .map(|place| {
            (0..shape.len())
                .map(|at| place / own[at] % shape[at] % tensor.shape[at] * all[at])
                .sum()
        })
        .collect();
    let data = tensor.data.at(&from);
    one(Tensor::new(shape, data)?)
}

fn transpose(settings: &Settings<'_>) -> Result<Kernel> {
    let order = settings.ints("perm")?.map(<[i64]>::to_vec);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let rank = tensor.rank();
        let order: Vec<usize> = match &order {
            None => (0..rank).rev().collect(),
            Some(order) => order
                .iter()
                .map(|a| axis(*a, rank))
                .collect::<Result<_>>()?,
        };
        let distinct: BTreeSet<&usize> = order.iter().collect();
        if order.len() != rank || distinct.len() != rank {
            return Err(Error::new("the order of axes does not name each once"));
        }
        let all = strides(&tensor.shape);
        let shape: Vec<usize> = order.iter().map(|at| tensor.shape[*at]).collect();
        let steps: Vec<usize> = order.iter().map(|at| all[*at]).collect();
        let total = count(&shape)?;
        let data = match &tensor.data {
            Data::F32(list) => Data::F32(walked(list, &shape, &steps, total)),
            Data::F64(list) => Data::F64(walked(list, &shape, &steps, total)),
            Data::I64(list) => Data::I64(walked(list, &shape, &steps, total)),
            data => data.at(&walk(&shape, &steps, total)),
        };
        one(Tensor::new(shape, data)?)
    }))
}
