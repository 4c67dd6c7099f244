//! What networks put behind their layers: Sigmoid, Tanh, Relu and their kin, Softmax and LogSoftmax.

use crate::error::Result;
use crate::model::onnx::kernel::{Kernel, Operator, one, standard};
use crate::model::onnx::operator::curve;
use crate::model::onnx::operator::unary::{formula, map};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::spare::copy;
use crate::model::onnx::value::{Data, Tensor, axis};

/// The family.
pub const ALL: &[Operator] = &[
    standard("Elu", (1, 1), |settings| {
        let alpha = settings.float("alpha")?.unwrap_or(1.0);
        let wide = f64::from(alpha);
        Ok(map(
            move |x| if x < 0.0 { alpha * x.exp_m1() } else { x },
            move |x| if x < 0.0 { wide * x.exp_m1() } else { x },
            None,
        ))
    }),
    standard("HardSigmoid", (1, 1), |settings| {
        let alpha = settings.float("alpha")?.unwrap_or(0.2);
        let beta = settings.float("beta")?.unwrap_or(0.5);
        let (a, b) = (f64::from(alpha), f64::from(beta));
        Ok(map(
            move |x| (alpha * x + beta).clamp(0.0, 1.0),
            move |x| (a * x + b).clamp(0.0, 1.0),
            None,
        ))
    }),
    standard("LeakyRelu", (1, 1), |settings| {
        let alpha = settings.float("alpha")?.unwrap_or(0.01);
        let wide = f64::from(alpha);
        Ok(map(
            move |x| if x < 0.0 { alpha * x } else { x },
            move |x| if x < 0.0 { wide * x } else { x },
            None,
        ))
    }),
    standard("LogSoftmax", (1, 1), |settings| softmax(settings, true)),
    standard("Relu", (1, 1), |_| {
        // NaN stays NaN
        Ok(map(
            |x| if x < 0.0 { 0.0 } else { x },
            |x| if x < 0.0 { 0.0 } else { x },
            Some(|x| x.max(0)),
        ))
    }),
    standard("Selu", (1, 1), |settings| {
        let alpha = settings.float("alpha")?.unwrap_or(1.673_263_2);
        let gamma = settings.float("gamma")?.unwrap_or(1.050_701);
        let (a, g) = (f64::from(alpha), f64::from(gamma));
        Ok(map(
            move |x| gamma * if x < 0.0 { alpha * x.exp_m1() } else { x },
            move |x| g * if x < 0.0 { a * x.exp_m1() } else { x },
            None,
        ))
    }),
    standard("Sigmoid", (1, 1), |_| {
        Ok(formula(curve::Sigmoid, crate::model::scale::logistic))
    }),
    standard("Softmax", (1, 1), |settings| softmax(settings, false)),
    standard("Softplus", (1, 1), |_| {
        Ok(map(
            |x| x.max(0.0) + (-x.abs()).exp().ln_1p(),
            |x| x.max(0.0) + (-x.abs()).exp().ln_1p(),
            None,
        ))
    }),
    standard("Tanh", (1, 1), |_| Ok(map(f32::tanh, f64::tanh, None))),
];

/// `1 / (1 + exp(−x))` in 32 bits, without loss of small risks.
pub fn sigmoid(x: f32) -> f32 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

fn softmax(settings: &Settings<'_>, log: bool) -> Result<Kernel> {
    // before opset 13 everything from the axis on was one line
    let flat = settings.opset < 13;
    let along = settings.int("axis")?.unwrap_or(if flat { 1 } else { -1 });
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let place = axis(along, tensor.rank())?;
        let (length, step) = if flat {
            (tensor.shape[place..].iter().product(), 1)
        } else {
            (
                tensor.shape[place],
                tensor.shape[place + 1..].iter().product(),
            )
        };
        if let (Data::F32(list), 1, false) = (&tensor.data, step, log) {
            let mut list = copy(list);
            list.chunks_mut(length.max(1)).for_each(curve::softmax);
            return one(Tensor::new(tensor.shape.clone(), Data::F32(list))?);
        }
        let lines = |list: Vec<f64>| spread(list, length, step, log);
        let data = match &tensor.data {
            Data::F32(_) => Data::F32(
                lines(tensor.to_f64()?)
                    .into_iter()
                    .map(|x| x as f32)
                    .collect(),
            ),
            Data::F64(list) => Data::F64(lines(list.clone())),
            _ => return Err(tensor.not("floating-point numbers")),
        };
        one(Tensor::new(tensor.shape.clone(), data)?)
    }))
}

/// Softmax of lines whose members lie `step` apart.
fn spread(mut list: Vec<f64>, length: usize, step: usize, log: bool) -> Vec<f64> {
    let block = length * step;
    if block == 0 {
        return list;
    }
    for block in list.chunks_mut(block) {
        for start in 0..step {
            let places = || (start..length * step).step_by(step);
            let most = places()
                .map(|at| block[at])
                .fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = places().map(|at| (block[at] - most).exp()).sum();
            for at in places() {
                let x = block[at] - most;
                block[at] = if log { x - sum.ln() } else { x.exp() / sum };
            }
        }
    }
    list
}
