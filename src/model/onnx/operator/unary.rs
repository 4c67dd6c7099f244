//! One number in, one out: Abs, Ceil, Erf, Exp, Floor, Log, Neg, Reciprocal, Round, Sign, Sqrt, Identity.

use crate::error::Result;
use crate::model::onnx::kernel::{Kernel, Operator, one, sequenced, standard};
use crate::model::onnx::operator::curve;
use crate::model::onnx::operator::lanes_each::{Formula, each};
use crate::model::onnx::spare::copy;
use crate::model::onnx::value::{Data, Tensor};

/// The family.
pub const ALL: &[Operator] = &[
    standard("Abs", (1, 1), |_| {
        Ok(map(f32::abs, f64::abs, Some(i64::wrapping_abs)))
    }),
    standard("Ceil", (1, 1), |_| Ok(map(f32::ceil, f64::ceil, None))),
    standard("Erf", (1, 1), |_| Ok(formula(curve::Erf, erf))),
    standard("Exp", (1, 1), |_| Ok(formula(curve::Exp, f64::exp))),
    standard("Floor", (1, 1), |_| Ok(map(f32::floor, f64::floor, None))),
    sequenced("Identity", (1, 1), 1, |_| {
        Ok(Box::new(|inputs| one(inputs.need(0)?.clone())))
    }),
    standard("Log", (1, 1), |_| Ok(map(f32::ln, f64::ln, None))),
    standard("Neg", (1, 1), |_| {
        Ok(map(|x| -x, |x| -x, Some(i64::wrapping_neg)))
    }),
    standard("Reciprocal", (1, 1), |_| {
        Ok(map(f32::recip, f64::recip, None))
    }),
    standard("Round", (1, 1), |_| {
        Ok(map(f32::round_ties_even, f64::round_ties_even, None))
    }),
    standard("Sign", (1, 1), |_| {
        Ok(map(
            |x| {
                if x == 0.0 || x.is_nan() {
                    x
                } else {
                    x.signum()
                }
            },
            |x| {
                if x == 0.0 || x.is_nan() {
                    x
                } else {
                    x.signum()
                }
            },
            Some(i64::signum),
        ))
    }),
    standard("Sqrt", (1, 1), |_| Ok(map(f32::sqrt, f64::sqrt, None))),
];

/// A function of each number; whole numbers only where they have one.
pub fn map(
    single: impl Fn(f32) -> f32 + Send + Sync + 'static,
    double: impl Fn(f64) -> f64 + Send + Sync + 'static,
    whole: Option<fn(i64) -> i64>,
) -> Kernel {
    Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        one(apply(tensor, &single, &double, whole)?)
    })
}

/// A function of each number: a formula in 32 bits, a function in 64.
pub fn formula(
    single: impl Formula + Send + Sync + 'static,
    double: impl Fn(f64) -> f64 + Send + Sync + 'static,
) -> Kernel {
    Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let data = match &tensor.data {
            Data::F32(list) => {
                let mut list = copy(list);
                each(&mut list, single);
                Data::F32(list)
            }
            Data::F64(list) => Data::F64(list.iter().map(|x| double(*x)).collect()),
            _ => return Err(tensor.not("floating-point numbers")),
        };
        one(Tensor::new(tensor.shape.clone(), data)?)
    })
}

fn apply(
    tensor: &Tensor,
    single: &impl Fn(f32) -> f32,
    double: &impl Fn(f64) -> f64,
    whole: Option<fn(i64) -> i64>,
) -> Result<Tensor> {
    let data = match (&tensor.data, whole) {
        (Data::F32(list), _) => Data::F32(list.iter().map(|x| single(*x)).collect()),
        (Data::F64(list), _) => Data::F64(list.iter().map(|x| double(*x)).collect()),
        (Data::I64(list), Some(whole)) => Data::I64(list.iter().map(|x| whole(*x)).collect()),
        _ => return Err(tensor.not("floating-point numbers")),
    };
    Tensor::new(tensor.shape.clone(), data)
}

/// The error function, to about 1e-15: its power series below 2.5, the continued fraction of its complement above
/// (Abramowitz and Stegun 7.1.6 and 7.1.14; `scipy.special.erf`).
pub fn erf(x: f64) -> f64 {
    let a = x.abs();
    if x.is_nan() {
        return x;
    }
    if a > 6.0 {
        return x.signum();
    }
    let square = a * a;
    let scale = (-square).exp() / std::f64::consts::PI.sqrt();
    let value = if a < 2.5 {
        let (mut term, mut sum, mut n) = (a, a, 0.0);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= 2.0 * square / (2.0 * n + 1.0);
            sum += term;
        }
        2.0 * scale * sum
    } else {
        let tail = (1..=60)
            .rev()
            .fold(0.0, |tail, k| 0.5 * f64::from(k) / (a + tail));
        1.0 - scale / (a + tail)
    };
    value.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_function_has_its_known_values() {
        for (x, wanted) in [
            (0.0, 0.0),
            (0.5, 0.520_499_877_813_046_5),
            (1.0, 0.842_700_792_949_714_9),
            (2.0, 0.995_322_265_018_952_7),
            (2.6, 0.999_763_965_583_470_7),
            (3.0, 0.999_977_909_503_001_4),
            (-1.0, -0.842_700_792_949_714_9),
        ] {
            assert!((erf(x) - wanted).abs() < 1e-14, "{x}: {}", erf(x));
        }
    }
}
