//! ReduceSum, ReduceMean and kin: many numbers along some axes become one. Counted in 64 bits, rounded once.

use crate::error::Result;
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::broadcast::walk;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, count, strides};

/// The family.
pub const ALL: &[Operator] = &[
    standard("ReduceL1", (1, 2), |s| {
        reduce(s, 18, |x| x.iter().map(|x| x.abs()).sum())
    }),
    standard("ReduceL2", (1, 2), |s| {
        reduce(s, 18, |x| x.iter().map(|x| x * x).sum::<f64>().sqrt())
    }),
    standard("ReduceLogSum", (1, 2), |s| {
        reduce(s, 18, |x| x.iter().sum::<f64>().ln())
    }),
    standard("ReduceLogSumExp", (1, 2), |s| reduce(s, 18, log_sum_exp)),
    standard("ReduceMax", (1, 2), |s| {
        reduce(s, 18, |x| {
            x.iter().copied().fold(
                f64::NEG_INFINITY,
                |a, b| {
                    if a >= b || a.is_nan() { a } else { b }
                },
            )
        })
    }),
    standard("ReduceMean", (1, 2), |s| {
        reduce(s, 18, |x| x.iter().sum::<f64>() / x.len() as f64)
    }),
    standard("ReduceMin", (1, 2), |s| {
        reduce(s, 18, |x| {
            x.iter().copied().fold(
                f64::INFINITY,
                |a, b| {
                    if a <= b || a.is_nan() { a } else { b }
                },
            )
        })
    }),
    standard("ReduceProd", (1, 2), |s| {
        reduce(s, 18, |x| x.iter().product())
    }),
    standard("ReduceSum", (1, 2), |s| reduce(s, 13, |x| x.iter().sum())),
    standard("ReduceSumSquare", (1, 2), |s| {
        reduce(s, 18, |x| x.iter().map(|x| x * x).sum())
    }),
];

fn log_sum_exp(x: &[f64]) -> f64 {
    let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most.is_infinite() && !x.iter().any(|x| x.is_nan()) {
        return most;
    }
    most + x.iter().map(|x| (x - most).exp()).sum::<f64>().ln()
}

/// The axes a node names: by an attribute up to an opset, by its second input from then on.
fn named(inputs: &Inputs<'_>, attribute: Option<&[i64]>, rank: usize) -> Result<Vec<usize>> {
    let axes = match inputs.get(1) {
        Some(tensor) => tensor.ints()?,
        None => attribute.unwrap_or_default(),
    };
    axes.iter().map(|place| axis(*place, rank)).collect()
}

fn reduce(settings: &Settings<'_>, by_input: i64, f: fn(&[f64]) -> f64) -> Result<Kernel> {
    let axes = match settings.opset < by_input {
        true => settings.ints("axes")?.map(<[i64]>::to_vec),
        false => None,
    };
    let keep = settings.flag("keepdims", true)?;
    let lazy = settings.flag("noop_with_empty_axes", false)?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let rank = tensor.rank();
        let mut along = named(inputs, axes.as_deref(), rank)?;
        if along.is_empty() {
            if lazy {
                return one(tensor.clone());
            }
            along = (0..rank).collect();
        }
        let gone = |place: &usize| along.contains(place);
        let all = strides(&tensor.shape);
        let (mut inner, mut inner_steps) = (Vec::new(), Vec::new());
        let (mut outer, mut outer_steps) = (Vec::new(), Vec::new());
        let mut shape = Vec::new();
        for (place, (side, stride)) in tensor.shape.iter().zip(all).enumerate() {
            let side = *side;
            if gone(&place) {
                inner.push(side);
                inner_steps.push(stride);
                if keep {
                    shape.push(1);
                }
            } else {
                outer.push(side);
                outer_steps.push(stride);
                shape.push(side);
            }
        }
        let starts = walk(&outer, &outer_steps, count(&outer)?);
        let offsets = walk(&inner, &inner_steps, count(&inner)?);
        let list = tensor.to_f64()?;
        let mut line = vec![0.0; offsets.len()];
        let mut results = Vec::with_capacity(starts.len());
        for start in starts {
            for (slot, offset) in line.iter_mut().zip(&offsets) {
                *slot = list[start + offset];
            }
            results.push(f(&line));
        }
        let data = match &tensor.data {
            Data::F32(_) => Data::F32(results.into_iter().map(|x| x as f32).collect()),
            Data::F64(_) => Data::F64(results),
            Data::I64(_) => Data::I64(results.into_iter().map(|x| x as i64).collect()),
            Data::Bool(_) => Data::Bool(results.into_iter().map(|x| x > 0.0).collect()),
            Data::Text(_) => return Err(tensor.not("numbers")),
        };
        one(Tensor::new(shape, data)?)
    }))
}
