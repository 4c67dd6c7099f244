//! More curves of one number: Celu, Gelu, HardSwish, Mish, Shrink, Softsign, Swish, ThresholdedRelu; PRelu with its slopes,
//! Hardmax along an axis.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::activation::sigmoid;
use crate::model::onnx::operator::broadcast::{together, zip};
use crate::model::onnx::operator::unary::{erf, map};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis};

/// The family.
pub const ALL: &[Operator] = &[
    standard("Celu", (1, 1), |settings| {
        let a = settings.float("alpha")?.unwrap_or(1.0);
        let wide = f64::from(a);
        Ok(map(
            move |x| x.max(0.0) + (a * (x / a).exp_m1()).min(0.0),
            move |x| x.max(0.0) + (wide * (x / wide).exp_m1()).min(0.0),
            None,
        ))
    }),
    standard("Gelu", (1, 1), gelu),
    standard("HardSwish", (1, 1), |_| {
        Ok(map(
            |x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
            |x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
            None,
        ))
    }),
    standard("Hardmax", (1, 1), hardmax),
    standard("Mish", (1, 1), |_| {
        let wide = |x: f64| x * (x.max(0.0) + (-x.abs()).exp().ln_1p()).tanh();
        Ok(map(move |x| wide(f64::from(x)) as f32, wide, None))
    }),
    standard("PRelu", (2, 2), |_| Ok(Box::new(slopes))),
    standard("Shrink", (1, 1), shrink),
    standard("Softsign", (1, 1), |_| {
        Ok(map(|x| x / (1.0 + x.abs()), |x| x / (1.0 + x.abs()), None))
    }),
    standard("Swish", (1, 1), |settings| {
        let a = settings.float("alpha")?.unwrap_or(1.0);
        let wide = f64::from(a);
        Ok(map(
            move |x| x * sigmoid(a * x),
            move |x| x * crate::model::scale::logistic(wide * x),
            None,
        ))
    }),
    standard("ThresholdedRelu", (1, 1), |settings| {
        let a = settings.float("alpha")?.unwrap_or(1.0);
        let wide = f64::from(a);
        Ok(map(
            move |x| if x > a { x } else { 0.0 },
            move |x| if x > wide { x } else { 0.0 },
            None,
        ))
    }),
];

fn gelu(settings: &Settings<'_>) -> Result<Kernel> {
    let wide: fn(f64) -> f64 = match settings.text("approximate")? {
        None | Some("none") => |x| 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        Some("tanh") => |x| {
            let rate = (2.0 / std::f64::consts::PI).sqrt();
            0.5 * x * (1.0 + (rate * (x + 0.044_715 * x * x * x)).tanh())
        },
        Some(other) => {
            return Err(Error::new("the attribute `approximate` is not known")
                .suggest(other, ["none", "tanh"]));
        }
    };
    Ok(map(move |x| wide(f64::from(x)) as f32, wide, None))
}

fn shrink(settings: &Settings<'_>) -> Result<Kernel> {
    let near = settings.float("lambd")?.unwrap_or(0.5);
    let bias = settings.float("bias")?.unwrap_or(0.0);
    let wide = move |x: f64| {
        let (near, bias) = (f64::from(near), f64::from(bias));
        if x < -near {
            x + bias
        } else if x > near {
            x - bias
        } else {
            0.0
        }
    };
    Ok(map(move |x| wide(f64::from(x)) as f32, wide, None))
}

fn slopes(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (x, slope) = (inputs.need(0)?, inputs.need(1)?);
    if together(&x.shape, &slope.shape)? != x.shape {
        return Err(Error::new("the slopes have more axes than the numbers"));
    }
    let shapes = (&x.shape, &slope.shape);
    let data = match (&x.data, &slope.data) {
        (Data::F32(a), Data::F32(b)) => {
            let f = |x: &f32, slope: &f32| if *x < 0.0 { x * slope } else { *x };
            Data::F32(zip((a, shapes.0), (b, shapes.1), f)?.1)
        }
        (Data::F64(a), Data::F64(b)) => {
            let f = |x: &f64, slope: &f64| if *x < 0.0 { x * slope } else { *x };
            Data::F64(zip((a, shapes.0), (b, shapes.1), f)?.1)
        }
        (Data::I64(a), Data::I64(b)) => {
            let f = |x: &i64, slope: &i64| if *x < 0 { x.wrapping_mul(*slope) } else { *x };
            Data::I64(zip((a, shapes.0), (b, shapes.1), f)?.1)
        }
        _ => return Err(slope.not("numbers of the first input's kind")),
    };
    one(Tensor::new(x.shape.clone(), data)?)
}

fn hardmax(settings: &Settings<'_>) -> Result<Kernel> {
    let flat = settings.opset < 13;
    let along = settings.int("axis")?.unwrap_or(if flat { 1 } else { -1 });
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let place = axis(along, tensor.rank())?;
        let (length, step) = match flat {
            true => (tensor.shape[place..].iter().product(), 1),
            false => (
                tensor.shape[place],
                tensor.shape[place + 1..].iter().product::<usize>(),
            ),
        };
        let list = tensor.to_f64()?;
        let mut most = vec![0.0; list.len()];
        let block = (length * step).max(1);
        for (list, most) in list.chunks(block).zip(most.chunks_mut(block)) {
            for start in 0..step {
                let mut best = start;
                for at in (start..list.len()).step_by(step) {
                    if list[at] > list[best] {
                        best = at;
                    }
                }
                most[best] = 1.0;
            }
        }
        let data = match &tensor.data {
            Data::F32(_) => Data::F32(most.iter().map(|x| *x as f32).collect()),
            Data::F64(_) => Data::F64(most),
            _ => return Err(tensor.not("floating-point numbers")),
        };
        one(Tensor::new(tensor.shape.clone(), data)?)
    }))
}
