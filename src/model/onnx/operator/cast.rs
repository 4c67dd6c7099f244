//! Cast, CastLike: from one kind of value to another.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Kernel, Operator, kinded, one};
use crate::model::onnx::narrow::Narrow;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::stored;
use crate::model::onnx::value::{Data, Tensor};
use std::sync::Arc;

/// The family.
pub const ALL: &[Operator] = &[
    kinded("Cast", (1, 1), 1, cast),
    kinded("CastLike", (2, 2), 1, cast_like),
];

fn cast(settings: &Settings<'_>) -> Result<Kernel> {
    settings.ignore(&["saturate", "round_mode"]);
    let to = settings.int("to")?.ok_or_else(|| Settings::missing("to"))?;
    if !matches!(to, 1..=13 | 16) {
        return Err(Error::new(format!(
            "a cast to {} is not supported",
            stored::name(to)
        )));
    }
    Ok(Box::new(move |inputs| one(converted(inputs.need(0)?, to)?)))
}

fn cast_like(settings: &Settings<'_>) -> Result<Kernel> {
    settings.ignore(&["saturate", "round_mode"]);
    Ok(Box::new(|inputs| {
        one(converted(inputs.need(0)?, inputs.need(1)?.kind())?)
    }))
}

/// A tensor of another kind.
pub fn converted(tensor: &Tensor, to: i64) -> Result<Tensor> {
    let data = match to {
        1 | 10 | 16 => Data::F32(match &tensor.data {
            Data::Text(words) => words
                .iter()
                .map(|w| number(w, |w| w.parse().ok()))
                .collect::<Result<_>>()?,
            _ => tensor.to_f32()?,
        }),
        11 => Data::F64(match &tensor.data {
            Data::Text(words) => words
                .iter()
                .map(|w| number(w, |w| w.parse().ok()))
                .collect::<Result<_>>()?,
            _ => tensor.to_f64()?,
        }),
        8 => Data::Text(texts(&tensor.data)),
        9 => Data::Bool(match &tensor.data {
            Data::Bool(list) => list.clone(),
            _ => tensor.to_f64()?.iter().map(|x| *x != 0.0).collect(),
        }),
        _ => Data::I64(whole(tensor)?),
    };
    Ok(Tensor::new(tensor.shape.clone(), data)?.narrowed(Narrow::of(to)))
}

fn number<T>(word: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
    parse(word.trim()).ok_or_else(|| Error::new("a word is cast to a number and is none"))
}

fn whole(tensor: &Tensor) -> Result<Vec<i64>> {
    let list: Vec<i64> = match &tensor.data {
        Data::F32(list) => list.iter().map(|x| *x as i64).collect(),
        Data::F64(list) => list.iter().map(|x| *x as i64).collect(),
        Data::I64(list) => list.clone(),
        Data::Bool(list) => list.iter().map(|x| i64::from(*x)).collect(),
        Data::Text(words) => words
            .iter()
            .map(|w| number(w, |w| w.parse().ok()))
            .collect::<Result<_>>()?,
    };
    Ok(list)
}

fn texts(data: &Data) -> Vec<Arc<str>> {
    match data {
        Data::Text(words) => words.clone(),
        Data::F32(list) => list
            .iter()
            .map(|x| Arc::from(shortest(f64::from(*x), 8)))
            .collect(),
        Data::F64(list) => list.iter().map(|x| Arc::from(shortest(*x, 17))).collect(),
        Data::I64(list) => list.iter().map(|x| Arc::from(x.to_string())).collect(),
        Data::Bool(list) => list
            .iter()
            .map(|x| Arc::from(if *x { "1" } else { "0" }))
            .collect(),
    }
}

/// A number with so many significant digits at most, as C's `%g` writes it (ONNX Runtime's `CastToString`).
fn shortest(x: f64, digits: usize) -> String {
    if x.is_nan() {
        return "NaN".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "INF" } else { "-INF" }.to_owned();
    }
    let written = format!("{:.*e}", digits - 1, x);
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if power < -4 || power >= digits as i32 {
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), power.abs());
    }
    let places = usize::try_from(digits as i32 - 1 - power).unwrap_or(0);
    trim(&format!("{x:.places$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_words_as_onnx_runtime_writes_them() {
        for (x, wanted) in [
            (1.0, "1"),
            (0.5, "0.5"),
            (-12.25, "-12.25"),
            (1e10, "1e+10"),
            (123456789.0, "1.2345679e+08"),
            (0.00001, "1e-05"),
            (0.0, "0"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(shortest(x, 8), wanted);
        }
    }
}
