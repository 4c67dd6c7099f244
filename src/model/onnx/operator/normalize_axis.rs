//! Normalisations along any axes: LRN, LpNormalization, MeanVarianceNormalization. In 64 bits.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::pool::total;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, sides, strides};
use std::collections::BTreeMap;

/// The family.
pub const ALL: &[Operator] = &[
    standard("LRN", (1, 1), neighbours),
    standard("LpNormalization", (1, 1), length),
    standard("MeanVarianceNormalization", (1, 1), mean_variance),
];

/// Changes the numbers along some axes together: `change` gets those of one line, in order.
fn along_axes(tensor: &Tensor, axes: &[i64], change: impl Fn(&mut [f64])) -> Result<Vec<Tensor>> {
    let rank = tensor.rank();
    let axes: Vec<usize> = axes.iter().map(|a| axis(*a, rank)).collect::<Result<_>>()?;
    let mut list = tensor.to_f64()?;
    let mut lines: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let steps = strides(&tensor.shape);
    for place in 0..list.len() {
        let own: usize = axes
            .iter()
            .map(|at| place / steps[*at] % tensor.shape[*at] * steps[*at])
            .sum();
        lines.entry(place - own).or_default().push(place);
    }
    for places in lines.values() {
        let mut line: Vec<f64> = places.iter().map(|place| list[*place]).collect();
        change(&mut line);
        for (place, x) in places.iter().zip(line) {
            list[*place] = x;
        }
    }
    let data = match &tensor.data {
        Data::F32(_) => Data::F32(list.iter().map(|x| *x as f32).collect()),
        Data::F64(_) => Data::F64(list),
        _ => return Err(tensor.not("floating-point numbers")),
    };
    one(Tensor::new(tensor.shape.clone(), data)?)
}

fn mean_variance(settings: &Settings<'_>) -> Result<Kernel> {
    let axes = settings.ints("axes")?.unwrap_or(&[0, 2, 3]).to_vec();
    Ok(Box::new(move |inputs| {
        along_axes(inputs.need(0)?, &axes, |line| {
            let count = line.len() as f64;
            let mean = total(line) / count;
            let squares: f64 = line.iter().map(|x| (x - mean) * (x - mean)).sum();
            let spread = (squares / count).sqrt() + 1e-9;
            line.iter_mut().for_each(|x| *x = (*x - mean) / spread);
        })
    }))
}

fn length(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(-1);
    let p = settings.int("p")?.unwrap_or(2);
    if !(1..=2).contains(&p) {
        return Err(Error::new("the attribute `p` is neither 1 nor 2"));
    }
    Ok(Box::new(move |inputs| {
        along_axes(inputs.need(0)?, &[along], |line| {
            let length = match p {
                1 => line.iter().map(|x| x.abs()).sum::<f64>(),
                _ => line.iter().map(|x| x * x).sum::<f64>().sqrt(),
            };
            if length != 0.0 {
                line.iter_mut().for_each(|x| *x /= length);
            }
        })
    }))
}

fn neighbours(settings: &Settings<'_>) -> Result<Kernel> {
    let number = |name, unless| Ok(f64::from(settings.float(name)?.unwrap_or(unless)));
    let (alpha, beta, bias) = (
        number("alpha", 1e-4)?,
        number("beta", 0.75)?,
        number("bias", 1.0)?,
    );
    let size = settings
        .int("size")?
        .and_then(|size| usize::try_from(size).ok());
    let size = size
        .filter(|size| *size > 0)
        .ok_or_else(|| Settings::missing("size"))?;
    Ok(Box::new(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        if tensor.rank() < 2 {
            return Err(Error::new(format!(
                "a tensor of the shape {} has no channels",
                sides(&tensor.shape)
            )));
        }
        along_axes(tensor, &[1], |line| {
            let own = line.to_vec();
            for (channel, x) in line.iter_mut().enumerate() {
                let first = channel.saturating_sub((size - 1) / 2);
                let last = channel.saturating_add(size / 2 + 1).min(own.len());
                let squares: f64 = own[first..last].iter().map(|x| x * x).sum();
                *x /= (bias + alpha / size as f64 * squares).powf(beta);
            }
        })
    }))
}
