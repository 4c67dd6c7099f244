//! Whole numbers as bits, and what is left of a division: BitShift, BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot, Mod.

use crate::error::{Error, Result, shown};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::narrow::Narrow;
use crate::model::onnx::operator::broadcast::zip;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor};

/// The family.
pub const ALL: &[Operator] = &[
    standard("BitShift", (2, 2), shift),
    standard("BitwiseAnd", (2, 2), |_| Ok(both(|a, b| a & b))),
    standard("BitwiseNot", (1, 1), |_| {
        Ok(Box::new(|inputs| {
            let tensor = inputs.need(0)?;
            let list = tensor.ints()?.iter().map(|x| !x).collect();
            one(Tensor::new(tensor.shape.clone(), Data::I64(list))?)
        }))
    }),
    standard("BitwiseOr", (2, 2), |_| Ok(both(|a, b| a | b))),
    standard("BitwiseXor", (2, 2), |_| Ok(both(|a, b| a ^ b))),
    standard("Mod", (2, 2), rest),
];

fn whole(inputs: &Inputs<'_>, f: impl Fn(&i64, &i64) -> i64) -> Result<Vec<Tensor>> {
    let (a, b) = (inputs.need(0)?, inputs.need(1)?);
    let (shape, list) = zip((a.ints()?, &a.shape), (b.ints()?, &b.shape), f)?;
    one(Tensor::new(shape, Data::I64(list))?)
}

fn both(f: fn(i64, i64) -> i64) -> Kernel {
    Box::new(move |inputs| whole(inputs, |a, b| f(*a, *b)))
}

fn shift(settings: &Settings<'_>) -> Result<Kernel> {
    let left = match settings.text("direction")? {
        Some("LEFT") => true,
        Some("RIGHT") => false,
        Some(other) => {
            return Err(Error::new(format!(
                "the direction `{}` is not known",
                shown(other)
            )));
        }
        None => return Err(Settings::missing("direction")),
    };
    Ok(Box::new(move |inputs| {
        let kind = inputs.need(0)?.narrow;
        let bits = kind.map_or(64, Narrow::bits);
        whole(inputs, |x, by| {
            let by = u32::try_from(*by).ok().filter(|by| *by < bits);
            match (left, by, kind) {
                (true, Some(by), _) => x << by,
                (false, Some(by), Some(Narrow::U64)) => (*x as u64 >> by) as i64,
                (false, Some(by), _) => x >> by,
                (true, None, _) => 0,
                (false, None, _) if kind == Some(Narrow::U64) => 0,
                (false, None, _) => x >> 63,
            }
        })
    }))
}

fn rest(settings: &Settings<'_>) -> Result<Kernel> {
    // the sign of the first number, as in C, or of the second, as in Python
    let first = settings.flag("fmod", false)?;
    Ok(Box::new(move |inputs| {
        let (a, b) = (inputs.need(0)?, inputs.need(1)?);
        let shapes = (&a.shape, &b.shape);
        macro_rules! floats {
            ($kind:ident, $x:expr, $y:expr) => {{
                let (shape, list) = zip(($x, shapes.0), ($y, shapes.1), |x, y| {
                    let rest = x % y;
                    if first || rest.is_nan() {
                        rest
                    } else if rest == 0.0 {
                        rest.copysign(*y)
                    } else if (rest < 0.0) == (*y < 0.0) {
                        rest
                    } else {
                        rest + y
                    }
                })?;
                one(Tensor::new(shape, Data::$kind(list))?)
            }};
        }
        match (&a.data, &b.data) {
            (Data::F32(x), Data::F32(y)) => floats!(F32, x, y),
            (Data::F64(x), Data::F64(y)) => floats!(F64, x, y),
            (Data::I64(_), Data::I64(y)) => {
                if y.contains(&0) {
                    return Err(Error::new("a whole number is divided by zero"));
                }
                whole(inputs, |x, y| {
                    let rest = x.wrapping_rem(*y);
                    let other = !first && rest != 0 && (rest < 0) != (*y < 0);
                    if other { rest.wrapping_add(*y) } else { rest }
                })
            }
            _ => Err(b.not("numbers of the first one's kind")),
        }
    }))
}
