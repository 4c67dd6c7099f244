//! Parts of a tensor by what they are, and tensors made of little: Compress, EyeLike, NonZero, Range, ReverseSequence, Trilu,
//! Unique.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, kinded, one, standard};
use crate::model::onnx::operator::cast::converted;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, count, each, strides};
use std::cmp::Ordering;

/// The family.
pub const ALL: &[Operator] = &[
    standard("Compress", (2, 2), compress),
    kinded("EyeLike", (1, 1), 1, eye),
    kinded("NonZero", (1, 1), 1, |_| Ok(Box::new(nonzero))),
    standard("Range", (3, 3), |_| Ok(Box::new(range))),
    standard("ReverseSequence", (2, 2), reverse),
    standard("Trilu", (1, 2), triangle),
    kinded("Unique", (1, 1), 4, unique),
];

fn taken(tensor: &Tensor, shape: Vec<usize>, from: &[usize]) -> Result<Tensor> {
    Ok(Tensor::new(shape, tensor.data.at(from))?.narrowed(tensor.narrow))
}

/// The members of an axis, each with the places of its values.
fn members(tensor: &Tensor, at: usize) -> Vec<Vec<usize>> {
    let length = tensor.shape[at];
    let before: usize = tensor.shape[..at].iter().product();
    let step: usize = tensor.shape[at + 1..].iter().product();
    let of = |m: usize| {
        let starts = (0..before).map(|b| (b * length + m) * step);
        starts.flat_map(|start| start..start + step).collect()
    };
    (0..length).map(of).collect()
}

/// The tensor that some members of an axis make.
fn chosen(tensor: &Tensor, at: usize, which: &[usize]) -> Result<Tensor> {
    let length = tensor.shape[at];
    let step: usize = tensor.shape[at + 1..].iter().product();
    let before: usize = tensor.shape[..at].iter().product();
    let mut shape = tensor.shape.clone();
    shape[at] = which.len();
    let mut from = Vec::with_capacity(count(&shape)?);
    for b in 0..before {
        for m in which {
            let start = (b * length + m) * step;
            from.extend(start..start + step);
        }
    }
    taken(tensor, shape, &from)
}

fn flat(tensor: &Tensor) -> Result<Tensor> {
    tensor.reshaped(vec![tensor.data.len()])
}

fn compress(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?;
    Ok(Box::new(move |inputs| {
        let (tensor, which) = (inputs.need(0)?, inputs.need(1)?.truths()?);
        let (line, at) = match along {
            None => (flat(tensor)?, 0),
            Some(along) => (tensor.clone(), axis(along, tensor.rank())?),
        };
        let kept = which.iter().enumerate().filter(|(_, kept)| **kept);
        let places: Vec<usize> = kept.map(|(place, _)| place).collect();
        if places.iter().any(|place| *place >= line.shape[at]) {
            return Err(Error::new("more are chosen than there are"));
        }
        one(chosen(&line, at, &places)?)
    }))
}

fn eye(settings: &Settings<'_>) -> Result<Kernel> {
    let kind = settings.int("dtype")?;
    let shift = settings.int("k")?.unwrap_or(0);
    Ok(Box::new(move |inputs| {
        let like = inputs.need(0)?;
        let &[rows, columns] = like.shape.as_slice() else {
            return Err(like.not("a matrix"));
        };
        let cells = (0..rows).flat_map(|r| (0..columns).map(move |c| (r as i64, c as i64)));
        let list = cells.map(|(r, c)| r.saturating_add(shift) == c).collect();
        let plain = Tensor::new(vec![rows, columns], Data::Bool(list))?;
        one(converted(&plain, kind.unwrap_or_else(|| like.kind()))?)
    }))
}

fn nonzero(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let tensor = inputs.need(0)?;
    let list = tensor.to_f64()?;
    let met: Vec<usize> = (0..list.len())
        .filter(|place| list[*place] != 0.0)
        .collect();
    let steps = strides(&tensor.shape);
    let mut found = Vec::with_capacity(met.len().saturating_mul(tensor.rank()));
    for (step, side) in steps.iter().zip(&tensor.shape) {
        found.extend(met.iter().map(|place| (place / step % side) as i64));
    }
    one(Tensor::new(
        vec![tensor.rank(), met.len()],
        Data::I64(found),
    )?)
}

fn range(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (start, end, step) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
    let single = |tensor: &Tensor| match tensor.to_f64()?[..] {
        [x] => Ok(x),
        _ => Err(Error::new("a range is not given by three numbers")),
    };
    let many = ((single(end)? - single(start)?) / single(step)?)
        .ceil()
        .max(0.0);
    if !many.is_finite() {
        return Err(Error::new("a range has no end"));
    }
    let many = many.min(1e15) as usize;
    inputs.room(&[many], start.data.width())?;
    let data = match (&start.data, &step.data) {
        (Data::F32(a), Data::F32(d)) => {
            Data::F32((0..many).map(|i| a[0] + i as f32 * d[0]).collect())
        }
        (Data::F64(a), Data::F64(d)) => {
            Data::F64((0..many).map(|i| a[0] + i as f64 * d[0]).collect())
        }
        (Data::I64(a), Data::I64(d)) => {
            let at = |i: usize| a[0].wrapping_add(d[0].wrapping_mul(i as i64));
            Data::I64((0..many).map(at).collect())
        }
        _ => return Err(start.not("numbers of one kind")),
    };
    one(Tensor::new(vec![many], data)?)
}

fn reverse(settings: &Settings<'_>) -> Result<Kernel> {
    let rows = settings.int("batch_axis")?.unwrap_or(1);
    let times = settings.int("time_axis")?.unwrap_or(0);
    Ok(Box::new(move |inputs| {
        let (tensor, lengths) = (inputs.need(0)?, inputs.need(1)?.ints()?);
        let (rows, times) = (axis(rows, tensor.rank())?, axis(times, tensor.rank())?);
        let steps = strides(&tensor.shape);
        if rows == times || lengths.len() != tensor.shape[rows] {
            return Err(Error::new("there is not one length for each row"));
        }
        let limit = tensor.shape[times];
        if lengths
            .iter()
            .any(|l| usize::try_from(*l).map_or(true, |l| l > limit))
        {
            return Err(Error::new("a length is longer than the sequence"));
        }
        let from: Vec<usize> = (0..tensor.data.len())
            .map(|place| {
                let time = place / steps[times] % tensor.shape[times];
                let length = lengths[place / steps[rows] % tensor.shape[rows]] as usize;
                if time < length {
                    place - time * steps[times] + (length - 1 - time) * steps[times]
                } else {
                    place
                }
            })
            .collect();
        one(taken(tensor, tensor.shape.clone(), &from)?)
    }))
}

fn triangle(settings: &Settings<'_>) -> Result<Kernel> {
    let upper = settings.flag("upper", true)?;
    Ok(Box::new(move |inputs| {
        let mut tensor = inputs.need(0)?.clone();
        let shift = inputs.get(1).map_or(Ok(0), Tensor::int)?;
        let Some(&[rows, columns]) = tensor.shape.last_chunk::<2>() else {
            return Err(tensor.not("a matrix"));
        };
        let kept = |place: usize| {
            let (row, column) = (place / columns % rows, place % columns);
            let edge = (row as i64).saturating_add(shift);
            if upper {
                column as i64 >= edge
            } else {
                column as i64 <= edge
            }
        };
        fn clear<T: Default>(list: &mut Vec<T>, kept: impl Fn(usize) -> bool) -> Vec<T> {
            for (place, x) in list.iter_mut().enumerate() {
                if !kept(place) {
                    *x = T::default();
                }
            }
            std::mem::take(list)
        }
        tensor.data = each!(&mut tensor.data, list => clear(list, kept));
        one(tensor)
    }))
}

/// The order of two values; what is no number stands last.
fn order(data: &Data, a: usize, b: usize) -> Ordering {
    let floats = |a: f64, b: f64| {
        a.partial_cmp(&b)
            .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    };
    match data {
        Data::F32(list) => floats(list[a].into(), list[b].into()),
        Data::F64(list) => floats(list[a], list[b]),
        Data::I64(list) => list[a].cmp(&list[b]),
        Data::Bool(list) => list[a].cmp(&list[b]),
        Data::Text(list) => list[a].cmp(&list[b]),
    }
}

fn unique(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?;
    let sorted = settings.flag("sorted", true)?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let (line, at) = match along {
            None => (flat(tensor)?, 0),
            Some(along) => (tensor.clone(), axis(along, tensor.rank())?),
        };
        let members = members(&line, at);
        let compare = |a: usize, b: usize| {
            let pairs = members[a].iter().zip(&members[b]);
            pairs
                .map(|(a, b)| order(&line.data, *a, *b))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        };
        let mut ranked: Vec<usize> = (0..members.len()).collect();
        ranked.sort_by(|a, b| compare(*a, *b));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for member in ranked {
            match groups.last_mut() {
                Some(group) if compare(group[0], member).is_eq() => group.push(member),
                _ => groups.push(vec![member]),
            }
        }
        if !sorted {
            groups.sort_by_key(|group| group[0]);
        }
        let firsts: Vec<usize> = groups.iter().map(|group| group[0]).collect();
        let mut inverse = vec![0_i64; members.len()];
        for (rank, group) in groups.iter().enumerate() {
            group
                .iter()
                .for_each(|member| inverse[*member] = rank as i64);
        }
        let made = chosen(&line, at, &firsts)?;
        Ok(vec![
            made,
            Tensor::line(firsts.iter().map(|first| *first as i64).collect()),
            Tensor::line(inverse),
            Tensor::line(groups.iter().map(|group| group.len() as i64).collect()),
        ])
    }))
}
