//! Sequences of tensors, and what may be there or not.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{ANY, Kernel, Operator, kinded, one, sequenced};
use crate::model::onnx::operator::stack::{joined, part, stacked};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Parts, Tensor, axis};
use std::borrow::Cow;
use std::sync::Arc;

/// The family.
pub const ALL: &[Operator] = &[
    sequenced("ConcatFromSequence", (1, 1), 1, concat),
    sequenced("Optional", (0, 1), 1, |settings| {
        settings.ignore(&["type"]);
        Ok(Box::new(|inputs| {
            one(inputs
                .get(0)
                .cloned()
                .unwrap_or_else(|| Tensor::parted(Parts::Nothing)))
        }))
    }),
    sequenced("OptionalGetElement", (1, 1), 1, |_| {
        Ok(Box::new(|inputs| {
            let tensor = inputs.need(0)?;
            match tensor.parts {
                Some(Parts::Nothing) => Err(Error::new("what is asked for is not there")),
                _ => one(tensor.clone()),
            }
        }))
    }),
    sequenced("OptionalHasElement", (0, 1), 1, |_| {
        Ok(Box::new(|inputs| {
            let there = inputs.get(0).map(|tensor| &tensor.parts);
            let there = there.is_some_and(|parts| *parts != Some(Parts::Nothing));
            one(Tensor::new(Vec::new(), Data::Bool(vec![there]))?)
        }))
    }),
    sequenced("SequenceAt", (2, 2), 1, |_| {
        Ok(Box::new(|inputs| {
            let list = inputs.need(0)?.sequence()?;
            let at = axis(inputs.need(1)?.int()?, list.len())?;
            one(list[at].clone())
        }))
    }),
    sequenced("SequenceConstruct", (1, ANY), 1, |_| {
        Ok(Box::new(|inputs| {
            one(sequence(inputs.all().cloned().collect())?)
        }))
    }),
    sequenced("SequenceEmpty", (0, 0), 1, |settings| {
        settings.ignore(&["dtype"]);
        Ok(Box::new(|_| one(sequence(Vec::new())?)))
    }),
    sequenced("SequenceErase", (1, 2), 1, |_| {
        Ok(Box::new(|inputs| {
            let mut list = inputs.need(0)?.sequence()?.to_vec();
            let at = inputs.get(1).map_or(Ok(-1), Tensor::int)?;
            list.remove(axis(at, list.len())?);
            one(sequence(list)?)
        }))
    }),
    sequenced("SequenceInsert", (2, 3), 1, |_| {
        Ok(Box::new(|inputs| {
            let mut list = inputs.need(0)?.sequence()?.to_vec();
            let at = match inputs.get(2) {
                None => list.len(),
                Some(at) => {
                    let at = at.int()?;
                    let from = if at < 0 {
                        at.saturating_add(list.len() as i64)
                    } else {
                        at
                    };
                    usize::try_from(from)
                        .ok()
                        .filter(|at| *at <= list.len())
                        .ok_or_else(|| Error::new("a sequence has no such place"))?
                }
            };
            list.insert(at, inputs.need(1)?.clone());
            one(sequence(list)?)
        }))
    }),
    sequenced("SequenceLength", (1, 1), 1, |_| {
        Ok(Box::new(|inputs| {
            let length = inputs.need(0)?.sequence()?.len() as i64;
            one(Tensor::new(Vec::new(), Data::I64(vec![length]))?)
        }))
    }),
    sequenced("SequenceMap", (1, ANY), ANY, map),
    kinded("SplitToSequence", (1, 2), 1, split),
];

fn sequence(list: Vec<Tensor>) -> Result<Tensor> {
    match list.iter().find(|member| member.parts.is_some()) {
        Some(other) => Err(other.not("a tensor")),
        None => Ok(Tensor::parted(Parts::Sequence(Arc::new(list)))),
    }
}

fn concat(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings
        .int("axis")?
        .ok_or_else(|| Settings::missing("axis"))?;
    let new = settings.flag("new_axis", false)?;
    Ok(Box::new(move |inputs| {
        let list = inputs.need(0)?.sequence()?;
        let rank = list.first().map_or(0, Tensor::rank);
        if new {
            return one(stacked(list, axis(along, rank + 1)?)?);
        }
        let all: Vec<&Tensor> = list.iter().collect();
        one(joined(&all, axis(along, rank)?)?)
    }))
}

fn map(settings: &Settings<'_>) -> Result<Kernel> {
    let body = settings
        .graph("body")?
        .ok_or_else(|| Settings::missing("body"))?;
    let body = settings.compile(body)?;
    if body.inputs != settings.inputs() || body.outputs != settings.outputs() {
        return Err(Error::new(
            "its body has other inputs or outputs than itself",
        ));
    }
    Ok(Box::new(move |inputs| {
        let steps = inputs.need(0)?.sequence()?.len();
        let mut lists: Vec<Vec<Tensor>> = vec![Vec::new(); body.outputs];
        for step in 0..steps {
            let mut feeds = Vec::new();
            for tensor in inputs.all() {
                feeds.push(Some(Cow::Borrowed(match &tensor.parts {
                    Some(Parts::Sequence(list)) => list
                        .get(step)
                        .ok_or_else(|| Error::new("the sequences differ in length"))?,
                    _ => tensor,
                })));
            }
            for (list, made) in lists.iter_mut().zip(body.call(feeds, inputs)?) {
                inputs.budget.spend(made.bytes())?;
                list.push(made);
            }
        }
        let made: Vec<Tensor> = lists.into_iter().map(sequence).collect::<Result<_>>()?;
        inputs.budget.free(made.iter().map(Tensor::bytes).sum());
        Ok(made)
    }))
}

fn split(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(0);
    let keep = settings.flag("keepdims", true)?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let at = axis(along, tensor.rank())?;
        let length = tensor.shape[at];
        let unfit = || Error::new("an axis is split into parts that do not add up to it");
        let sizes: Vec<usize> = match inputs.get(1) {
            None => vec![1; length],
            Some(split) if split.rank() == 0 => {
                let each = usize::try_from(split.int()?).ok().filter(|each| *each > 0);
                let each = each.ok_or_else(unfit)?;
                let starts = (0..length).step_by(each);
                starts.map(|start| each.min(length - start)).collect()
            }
            Some(split) => {
                let list = split.ints()?.iter().map(|size| usize::try_from(*size));
                list.collect::<std::result::Result<_, _>>()
                    .map_err(|_| unfit())?
            }
        };
        let sum = sizes
            .iter()
            .fold(0_usize, |sum, size| sum.saturating_add(*size));
        if sum != length {
            return Err(unfit());
        }
        let gone = inputs.get(1).is_none() && !keep;
        let mut start = 0;
        let mut list = Vec::with_capacity(sizes.len());
        for size in sizes {
            let mut taken = part(tensor, at, start, size)?;
            if gone {
                taken.shape.remove(at);
            }
            inputs.budget.spend(taken.bytes())?;
            list.push(taken);
            start += size;
        }
        let made = sequence(list)?;
        inputs.budget.free(made.bytes());
        one(made)
    }))
}
