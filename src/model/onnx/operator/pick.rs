//! Parts of a tensor by their places: Gather, GatherElements, Slice, Split, OneHot, ArrayFeatureExtractor.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{ANY, Inputs, Kernel, Operator, kinded, learned, one, standard};
use crate::model::onnx::operator::broadcast::walk;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, count, each, sides, strides};

/// The family.
pub const ALL: &[Operator] = &[
    learned("ArrayFeatureExtractor", (2, 2), 1, |_| {
        Ok(Box::new(extract))
    }),
    standard("Gather", (2, 2), gather),
    standard("GatherElements", (2, 2), gather_elements),
    kinded("OneHot", (3, 3), 1, one_hot),
    standard("Slice", (1, 5), slice),
    Operator {
        outputs: ANY,
        ..standard("Split", (1, 2), split)
    },
];

/// A place counted from the end when negative.
fn place(at: i64, length: usize) -> Result<usize> {
    let from = if at < 0 {
        at.saturating_add(length as i64)
    } else {
        at
    };
    match usize::try_from(from) {
        Ok(place) if place < length => Ok(place),
        _ => Err(Error::new(format!(
            "place {at} is asked of an axis of {length}"
        ))),
    }
}

fn taken(tensor: &Tensor, shape: Vec<usize>, from: &[usize]) -> Result<Tensor> {
    let data = tensor.data.at(from);
    Ok(Tensor::new(shape, data)?.narrowed(tensor.narrow))
}

fn extract(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (tensor, which) = (inputs.need(0)?, inputs.need(1)?);
    let (rows, columns) = match tensor.shape.split_last() {
        None => (1, 1),
        Some((last, outer)) => (outer.iter().product(), *last),
    };
    let which: Vec<usize> = which
        .ints()?
        .iter()
        .map(|at| place(*at, columns))
        .collect::<Result<_>>()?;
    let mut shape = match tensor.rank() {
        0 | 1 => vec![1],
        rank => tensor.shape[..rank - 1].to_vec(),
    };
    shape.push(which.len());
    count(&shape)?;
    let from: Vec<usize> = (0..rows)
        .flat_map(|row| which.iter().map(move |at| row * columns + at))
        .collect();
    one(taken(tensor, shape, &from)?)
}

fn gather(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(0);
    Ok(Box::new(move |inputs| {
        let (tensor, which) = (inputs.need(0)?, inputs.need(1)?);
        let at = axis(along, tensor.rank())?;
        let length = tensor.shape[at];
        let step: usize = tensor.shape[at + 1..].iter().product();
        let before: usize = tensor.shape[..at].iter().product();
        let mut shape = tensor.shape[..at].to_vec();
        shape.extend(&which.shape);
        shape.extend(&tensor.shape[at + 1..]);
        let total = inputs.room(&shape, tensor.data.width())?;
        let places: Vec<usize> = which
            .ints()?
            .iter()
            .map(|at| place(*at, length))
            .collect::<Result<_>>()?;
        fn pieces<T: Clone>(
            list: &[T],
            starts: impl Iterator<Item = usize>,
            step: usize,
            total: usize,
        ) -> Vec<T> {
            let mut found = Vec::with_capacity(total);
            starts.for_each(|start| found.extend_from_slice(&list[start..start + step]));
            found
        }
        let places = &places;
        let starts =
            (0..before).flat_map(|outer| places.iter().map(move |at| (outer * length + at) * step));
        let data = each!(&tensor.data, list => pieces(list, starts.clone(), step, total));
        one(Tensor::new(shape, data)?)
    }))
}

fn gather_elements(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(0);
    Ok(Box::new(move |inputs| {
        let (tensor, which) = (inputs.need(0)?, inputs.need(1)?);
        let at = axis(along, tensor.rank())?;
        let fits = which.rank() == tensor.rank()
            && (0..which.rank()).all(|p| p == at || which.shape[p] <= tensor.shape[p]);
        if !fits {
            return Err(Error::new(format!(
                "places of the shape {} are asked of a tensor of the shape {}",
                sides(&which.shape),
                sides(&tensor.shape)
            )));
        }
        let mut steps = strides(&tensor.shape);
        let step = steps[at];
        steps[at] = 0;
        let starts = walk(&which.shape, &steps, count(&which.shape)?);
        let from: Vec<usize> = starts
            .into_iter()
            .zip(which.ints()?)
            .map(|(start, p)| Ok(start + place(*p, tensor.shape[at])? * step))
            .collect::<Result<_>>()?;
        one(taken(tensor, which.shape.clone(), &from)?)
    }))
}

fn one_hot(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(-1);
    Ok(Box::new(move |inputs| {
        let (which, depth, values) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
        let [depth] = depth.to_f64()?[..] else {
            return Err(Error::new("the depth is not one number"));
        };
        if !(0.0..=1e9).contains(&depth) || values.data.len() != 2 {
            return Err(Error::new(
                "the depth or the two values are not what they should be",
            ));
        }
        let depth = depth as usize;
        let at = axis(along, which.rank() + 1)?;
        let mut shape = which.shape.clone();
        shape.insert(at, depth);
        // which of the two values, and the value
        let total = inputs.room(&shape, 8 + values.data.width())?;
        let step: usize = which.shape[at..].iter().product();
        let mut hot = vec![0; total];
        for (place, x) in which.to_f64()?.iter().enumerate() {
            let x = if *x < 0.0 { x + depth as f64 } else { *x };
            if x >= 0.0 && x < depth as f64 && step > 0 {
                let (outer, inner) = (place / step, place % step);
                hot[(outer * depth + x as usize) * step + inner] = 1;
            }
        }
        one(taken(values, shape, &hot)?)
    }))
}

fn slice(settings: &Settings<'_>) -> Result<Kernel> {
    let old = settings.opset < 10;
    let list = |name: &str| -> Result<Option<Vec<i64>>> {
        match old {
            true => Ok(settings.ints(name)?.map(<[i64]>::to_vec)),
            false => Ok(None),
        }
    };
    let (starts, ends, axes) = (list("starts")?, list("ends")?, list("axes")?);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let given = |place: usize, unless: &Option<Vec<i64>>| match inputs.get(place) {
            Some(tensor) => tensor.ints().map(|list| Some(list.to_vec())),
            None => Ok(unless.clone()),
        };
        let starts = given(1, &starts)?.ok_or_else(|| Settings::missing("starts"))?;
        let ends = given(2, &ends)?.ok_or_else(|| Settings::missing("ends"))?;
        let axes = given(3, &axes)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = given(4, &None)?.unwrap_or_else(|| vec![1; starts.len()]);
        if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
            return Err(Error::new("starts, ends, axes and steps differ in length"));
        }
        let all = strides(&tensor.shape);
        let mut shape = tensor.shape.clone();
        let mut firsts = vec![0_i64; shape.len()];
        let mut hops = vec![1_i64; shape.len()];
        for (((start, end), along), step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
            let at = axis(*along, tensor.rank())?;
            let length = tensor.shape[at] as i64;
            if *step == 0 || *step == i64::MIN {
                return Err(Error::new("a step is zero"));
            }
            let from = |x: i64| if x < 0 { x.saturating_add(length) } else { x };
            let (low, high) = if *step > 0 {
                (0, length)
            } else {
                (-1, length - 1)
            };
            let first = from(*start).clamp(low.max(0), high.max(0));
            let last = from(*end).clamp(low, high);
            let span = if *step > 0 {
                last - first
            } else {
                first - last
            };
            shape[at] =
                usize::try_from(span).map_or(0, |span| span.div_ceil(step.unsigned_abs() as usize));
            if length == 0 {
                shape[at] = 0;
            }
            firsts[at] = first;
            hops[at] = *step;
        }
        let total = count(&shape)?;
        let mut from = vec![0_usize; total];
        let own = strides(&shape);
        for (place, from) in from.iter_mut().enumerate() {
            for at in 0..shape.len() {
                let step = (place / own[at] % shape[at]) as i64;
                *from += (firsts[at] + step * hops[at]) as usize * all[at];
            }
        }
        one(taken(tensor, shape, &from)?)
    }))
}

fn split(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(0);
    let fixed = match settings.opset < 13 {
        true => settings.ints("split")?.map(<[i64]>::to_vec),
        false => None,
    };
    let parts = match settings.int("num_outputs")? {
        Some(parts) => usize::try_from(parts).unwrap_or(0),
        None => settings.outputs(),
    };
    let outputs = settings.outputs();
    if parts > outputs {
        return Err(Error::new(format!(
            "it is split into {parts} parts and has {outputs} outputs"
        )));
    }
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let at = axis(along, tensor.rank())?;
        let length = tensor.shape[at];
        let given = match inputs.get(1) {
            Some(split) => Some(split.ints()?.to_vec()),
            None => fixed.clone(),
        };
        let sizes: Vec<usize> = match given {
            Some(list) => list
                .iter()
                .map(|s| usize::try_from(*s).unwrap_or(usize::MAX))
                .collect(),
            None => {
                let each = length.div_ceil(parts.max(1));
                (0..parts)
                    .map(|part| length.saturating_sub(part * each).min(each))
                    .collect()
            }
        };
        let sum = sizes
            .iter()
            .fold(0_usize, |sum, size| sum.saturating_add(*size));
        if sum != length || sizes.len() != outputs {
            return Err(Error::new(format!(
                "an axis of {length} is split into parts that do not add up to it"
            )));
        }
        let step: usize = tensor.shape[at + 1..].iter().product();
        let before: usize = tensor.shape[..at].iter().product();
        let mut start = 0;
        let mut made = Vec::with_capacity(sizes.len());
        for size in sizes {
            let mut shape = tensor.shape.clone();
            shape[at] = size;
            let from: Vec<usize> = (0..before)
                .flat_map(|b| {
                    let first = (b * length + start) * step;
                    first..first + size * step
                })
                .collect();
            made.push(taken(tensor, shape, &from)?);
            start += size;
        }
        Ok(made)
    }))
}
