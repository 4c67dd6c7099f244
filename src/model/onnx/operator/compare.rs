//! Questions and their answers: Equal, Less, Greater and kin, And, Or, Xor, Not, IsNaN, IsInf, Where.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::broadcast::{spread, together, zip};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::each;
use crate::model::onnx::value::{Data, Tensor};
use std::cmp::Ordering;

/// The family.
pub const ALL: &[Operator] = &[
    standard("And", (2, 2), |_| Ok(logic(|a, b| a & b))),
    standard("Equal", (2, 2), |_| {
        Ok(question(|order| order == Some(Ordering::Equal)))
    }),
    standard("Greater", (2, 2), |_| {
        Ok(question(|order| order == Some(Ordering::Greater)))
    }),
    standard("GreaterOrEqual", (2, 2), |_| {
        Ok(question(|order| order.is_some_and(Ordering::is_ge)))
    }),
    standard("IsInf", (1, 1), infinite),
    standard("IsNaN", (1, 1), |_| Ok(Box::new(nan))),
    standard("Less", (2, 2), |_| {
        Ok(question(|order| order == Some(Ordering::Less)))
    }),
    standard("LessOrEqual", (2, 2), |_| {
        Ok(question(|order| order.is_some_and(Ordering::is_le)))
    }),
    standard("Not", (1, 1), |_| Ok(Box::new(not))),
    standard("Or", (2, 2), |_| Ok(logic(|a, b| a | b))),
    standard("Where", (3, 3), |_| Ok(Box::new(choose))),
    standard("Xor", (2, 2), |_| Ok(logic(|a, b| a ^ b))),
];

fn question(holds: fn(Option<Ordering>) -> bool) -> Kernel {
    Box::new(move |inputs| {
        let (a, b) = (inputs.need(0)?, inputs.need(1)?);
        let shapes = (&a.shape, &b.shape);
        macro_rules! ask {
            ($x:expr, $y:expr) => {
                zip(($x, shapes.0), ($y, shapes.1), |x, y| {
                    holds(x.partial_cmp(y))
                })?
            };
        }
        let (shape, list) = match (&a.data, &b.data) {
            (Data::F32(x), Data::F32(y)) => ask!(x, y),
            (Data::F64(x), Data::F64(y)) => ask!(x, y),
            (Data::I64(x), Data::I64(y)) => ask!(x, y),
            (Data::Bool(x), Data::Bool(y)) => ask!(x, y),
            (Data::Text(x), Data::Text(y)) => ask!(x, y),
            (x, y) => {
                return Err(Error::new(format!(
                    "a {} tensor is compared with a {} tensor",
                    x.kind(),
                    y.kind()
                )));
            }
        };
        one(Tensor::new(shape, Data::Bool(list))?)
    })
}

fn logic(f: fn(bool, bool) -> bool) -> Kernel {
    Box::new(move |inputs| {
        let (a, b) = (inputs.need(0)?, inputs.need(1)?);
        let left = (a.truths()?, a.shape.as_slice());
        let right = (b.truths()?, b.shape.as_slice());
        let (shape, list) = zip(left, right, |a, b| f(*a, *b))?;
        one(Tensor::new(shape, Data::Bool(list))?)
    })
}

fn not(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let tensor = inputs.need(0)?;
    let list = tensor.truths()?.iter().map(|x| !x).collect();
    one(Tensor::new(tensor.shape.clone(), Data::Bool(list))?)
}

fn nan(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let tensor = inputs.need(0)?;
    let list = match &tensor.data {
        Data::F32(list) => list.iter().map(|x| x.is_nan()).collect(),
        Data::F64(list) => list.iter().map(|x| x.is_nan()).collect(),
        _ => return Err(tensor.not("floating-point numbers")),
    };
    one(Tensor::new(tensor.shape.clone(), Data::Bool(list))?)
}

fn infinite(settings: &Settings<'_>) -> Result<Kernel> {
    let below = settings.flag("detect_negative", true)?;
    let above = settings.flag("detect_positive", true)?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        if !matches!(tensor.data, Data::F32(_) | Data::F64(_)) {
            return Err(tensor.not("floating-point numbers"));
        }
        let met = |x: &f64| (above && *x == f64::INFINITY) || (below && *x == f64::NEG_INFINITY);
        let list = tensor.to_f64()?.iter().map(met).collect();
        one(Tensor::new(tensor.shape.clone(), Data::Bool(list))?)
    }))
}

fn choose(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (which, a, b) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
    if a.data.kind() != b.data.kind() {
        return Err(Error::new(format!(
            "a {} tensor and a {} tensor stand for one value",
            a.data.kind(),
            b.data.kind()
        )));
    }
    let shape = together(&which.shape, &together(&a.shape, &b.shape)?)?;
    let which = spread(which.truths()?, &which.shape, &shape);
    let a = each!(&a.data, list => spread(list, &a.shape, &shape));
    let b = each!(&b.data, list => spread(list, &b.shape, &shape));
    macro_rules! pick {
        ($kind:ident, $a:expr, $b:expr) => {{
            let pairs = which.iter().zip($a).zip($b);
            Data::$kind(
                pairs
                    .map(|((which, a), b)| if *which { a } else { b })
                    .collect(),
            )
        }};
    }
    let data = match (a, b) {
        (Data::F32(a), Data::F32(b)) => pick!(F32, a, b),
        (Data::F64(a), Data::F64(b)) => pick!(F64, a, b),
        (Data::I64(a), Data::I64(b)) => pick!(I64, a, b),
        (Data::Bool(a), Data::Bool(b)) => pick!(Bool, a, b),
        (Data::Text(a), Data::Text(b)) => pick!(Text, a, b),
        _ => return Err(Error::new("two kinds stand for one value")),
    };
    one(Tensor::new(shape, data)?)
}
