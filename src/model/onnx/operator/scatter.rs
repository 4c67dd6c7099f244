//! Values put at places, or taken from them: Scatter, ScatterElements, ScatterND, GatherND, TensorScatter.

use crate::error::{Error, Result, shown};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::broadcast::walk;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, count, sides, strides};

/// The family.
pub const ALL: &[Operator] = &[
    standard("GatherND", (2, 2), gather_nd),
    standard("Scatter", (3, 3), scatter_elements),
    standard("ScatterElements", (3, 3), scatter_elements),
    standard("ScatterND", (3, 3), scatter_nd),
    standard("TensorScatter", (2, 3), tensor_scatter),
];

/// What becomes of an old value and a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reduction {
    New,
    Sum,
    Product,
    Largest,
    Least,
}

fn reduction(settings: &Settings<'_>) -> Result<Reduction> {
    Ok(match settings.text("reduction")?.unwrap_or("none") {
        "none" => Reduction::New,
        "add" => Reduction::Sum,
        "mul" => Reduction::Product,
        "max" => Reduction::Largest,
        "min" => Reduction::Least,
        other => {
            return Err(Error::new(format!(
                "the reduction `{}` is not known",
                shown(other)
            )));
        }
    })
}

/// A place counted from the end when negative.
fn place(at: i64, length: usize) -> Result<usize> {
    axis(at, length).map_err(|_| Error::new(format!("place {at} is asked of an axis of {length}")))
}

/// Puts new values at places, one after the other.
fn put(tensor: &Tensor, new: &Tensor, places: &[usize], how: Reduction) -> Result<Tensor> {
    let mut made = tensor.clone();
    macro_rules! numbers {
        ($old:expr, $new:expr, $add:expr, $mul:expr) => {
            for (place, new) in places.iter().zip($new) {
                let old = &mut $old[*place];
                *old = match how {
                    Reduction::New => *new,
                    Reduction::Sum => $add(*old, *new),
                    Reduction::Product => $mul(*old, *new),
                    Reduction::Largest => {
                        if *new > *old {
                            *new
                        } else {
                            *old
                        }
                    }
                    Reduction::Least => {
                        if *new < *old {
                            *new
                        } else {
                            *old
                        }
                    }
                };
            }
        };
    }
    match (&mut made.data, &new.data) {
        (Data::F32(old), Data::F32(new)) => {
            numbers!(old, new, |a: f32, b: f32| a + b, |a: f32, b: f32| a * b);
        }
        (Data::F64(old), Data::F64(new)) => {
            numbers!(old, new, |a: f64, b: f64| a + b, |a: f64, b: f64| a * b);
        }
        (Data::I64(old), Data::I64(new)) => {
            numbers!(old, new, i64::wrapping_add, i64::wrapping_mul);
        }
        (Data::Bool(old), Data::Bool(new)) if how == Reduction::New => {
            places.iter().zip(new).for_each(|(p, new)| old[*p] = *new);
        }
        (Data::Text(old), Data::Text(new)) if how == Reduction::New => {
            places
                .iter()
                .zip(new)
                .for_each(|(p, new)| old[*p] = new.clone());
        }
        _ => return Err(new.not("values of the same kind")),
    }
    Ok(made)
}

fn unfit(what: &Tensor, tensor: &Tensor) -> Error {
    Error::new(format!(
        "places or values of the shape {} do not fit a tensor of the shape {}",
        sides(&what.shape),
        sides(&tensor.shape)
    ))
}

fn scatter_elements(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(0);
    let how = reduction(settings)?;
    Ok(Box::new(move |inputs| {
        let (tensor, which, new) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
        let at = axis(along, tensor.rank())?;
        let fits = which.shape == new.shape
            && which.rank() == tensor.rank()
            && (0..which.rank()).all(|p| p == at || which.shape[p] <= tensor.shape[p]);
        if !fits {
            return Err(unfit(which, tensor));
        }
        let mut steps = strides(&tensor.shape);
        let step = steps[at];
        steps[at] = 0;
        let places: Vec<usize> = walk(&which.shape, &steps, count(&which.shape)?)
            .into_iter()
            .zip(which.ints()?)
            .map(|(start, p)| Ok(start + place(*p, tensor.shape[at])? * step))
            .collect::<Result<_>>()?;
        one(put(tensor, new, &places, how)?)
    }))
}

/// The first place of each block that lines of places name, the first axes of the tensor being taken as they come.
fn blocks(tensor: &Tensor, which: &Tensor, batch: usize) -> Result<(Vec<usize>, usize)> {
    let Some((&depth, lead)) = which.shape.split_last() else {
        return Err(unfit(which, tensor));
    };
    let end = batch.saturating_add(depth);
    if end > tensor.rank() || lead.len() < batch || lead[..batch] != tensor.shape[..batch] {
        return Err(unfit(which, tensor));
    }
    let steps = strides(&tensor.shape);
    let block: usize = tensor.shape[end..].iter().product();
    let whole: usize = tensor.shape[batch..].iter().product();
    let lines = count(lead)?;
    let per: usize = lead[batch..].iter().product();
    let list = which.ints()?;
    let mut starts = Vec::with_capacity(lines);
    for line in 0..lines {
        let mut start = line / per.max(1) * whole;
        for (k, at) in list[line * depth..(line + 1) * depth].iter().enumerate() {
            start += place(*at, tensor.shape[batch + k])? * steps[batch + k];
        }
        starts.push(start);
    }
    Ok((starts, block))
}

fn spread(starts: &[usize], block: usize) -> Vec<usize> {
    let each = |start: &usize| *start..*start + block;
    starts.iter().flat_map(each).collect()
}

fn gather_nd(settings: &Settings<'_>) -> Result<Kernel> {
    let batch = usize::try_from(settings.int("batch_dims")?.unwrap_or(0))
        .map_err(|_| Error::new("`batch_dims` is negative"))?;
    Ok(Box::new(move |inputs| {
        let (tensor, which) = (inputs.need(0)?, inputs.need(1)?);
        let (starts, block) = blocks(tensor, which, batch)?;
        let mut shape = which.shape.clone();
        let depth = shape.pop().unwrap_or(0);
        shape.extend(&tensor.shape[batch + depth..]);
        count(&shape)?;
        one(Tensor::new(shape, tensor.data.at(&spread(&starts, block)))?)
    }))
}

fn scatter_nd(settings: &Settings<'_>) -> Result<Kernel> {
    let how = reduction(settings)?;
    Ok(Box::new(move |inputs| {
        let (tensor, which, new) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
        let (starts, block) = blocks(tensor, which, 0)?;
        if starts.len().checked_mul(block) != Some(new.data.len()) {
            return Err(unfit(new, tensor));
        }
        one(put(tensor, new, &spread(&starts, block), how)?)
    }))
}

fn tensor_scatter(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(-2);
    let circular = match settings.text("mode")?.unwrap_or("linear") {
        "linear" => false,
        "circular" => true,
        other => {
            return Err(Error::new(format!(
                "the mode `{}` is not known",
                shown(other)
            )));
        }
    };
    Ok(Box::new(move |inputs: &Inputs<'_>| {
        let (tensor, new) = (inputs.need(0)?, inputs.need(1)?);
        let at = axis(along, tensor.rank())?;
        let fits = at > 0
            && new.rank() == tensor.rank()
            && (0..new.rank()).all(|p| p == at || new.shape[p] == tensor.shape[p])
            && new.shape[at] <= tensor.shape[at];
        if !fits {
            return Err(unfit(new, tensor));
        }
        let starts = match inputs.get(2) {
            Some(starts) if starts.data.len() == tensor.shape[0] => starts.ints()?.to_vec(),
            None => vec![0; tensor.shape[0]],
            Some(starts) => return Err(unfit(starts, tensor)),
        };
        let (length, many) = (tensor.shape[at], new.shape[at]);
        let step: usize = tensor.shape[at + 1..].iter().product();
        let per: usize = tensor.shape[1..at].iter().product();
        let mut places = Vec::with_capacity(new.data.len());
        for (batch, start) in starts.iter().enumerate() {
            for p in 0..per {
                for s in 0..many {
                    let to = start.saturating_add(s as i64);
                    let to = if circular {
                        to.rem_euclid(length.max(1) as i64)
                    } else {
                        to
                    };
                    let first = ((batch * per + p) * length + place(to, length)?) * step;
                    places.extend(first..first + step);
                }
            }
        }
        one(put(tensor, new, &places, Reduction::New)?)
    }))
}
