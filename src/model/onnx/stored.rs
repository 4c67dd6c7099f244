//! From a stored tensor to one that can be used: the declared size is held against the bytes that are there.

use crate::error::{Error, Result, shown};
use crate::model::onnx::external;
use crate::model::onnx::narrow::Narrow;
use crate::model::onnx::proto::Stored;
use crate::model::onnx::value::{Data, Tensor, count, sides};
use std::path::Path;
use std::sync::Arc;

/// The tensor; data in another file are looked for in the model's folder only, and refused where there is none.
pub fn read(stored: &Stored<'_>, folder: Option<&Path>) -> Result<Tensor> {
    let place = |error: Error| match stored.name.is_empty() {
        true => error,
        false => error.at(format!("tensor `{}`", shown(&stored.name))),
    };
    tensor(stored, folder).map_err(place)
}

fn tensor(stored: &Stored<'_>, folder: Option<&Path>) -> Result<Tensor> {
    let shape: Vec<usize> = stored
        .dims
        .iter()
        .map(|side| usize::try_from(*side))
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| Error::new("an axis of a tensor has a negative length"))?;
    let size = count(&shape)?;
    let width = width(stored.kind)?;
    let fetched;
    let raw = if stored.elsewhere || !stored.external.is_empty() {
        fetched = external::fetch(stored, size * width, folder)?;
        Some(fetched.as_slice())
    } else {
        stored.raw
    };
    let present = match raw {
        Some(bytes) if width > 0 && bytes.len() == size * width => size,
        Some(bytes) => {
            return Err(Error::new(format!(
                "a tensor of the shape {} needs {} bytes, and {} are there",
                sides(&shape),
                size * width,
                bytes.len()
            )));
        }
        None => match stored.kind {
            1 => stored.floats.len(),
            11 => stored.doubles.len(),
            8 => stored.texts.len(),
            _ => stored.ints.len(),
        },
    };
    if present != size {
        return Err(Error::new(format!(
            "a tensor of the shape {} needs {size} numbers, and {present} are there",
            sides(&shape)
        )));
    }
    let data = match (stored.kind, raw) {
        (1, Some(raw)) => Data::F32(fixed(raw, f32::from_le_bytes)),
        (1, None) => Data::F32(stored.floats.clone()),
        (11, Some(raw)) => Data::F64(fixed(raw, f64::from_le_bytes)),
        (11, None) => Data::F64(stored.doubles.clone()),
        (10 | 16, raw) => {
            let of = Narrow::of(stored.kind).unwrap_or(Narrow::F16);
            Data::F32(match raw {
                Some(raw) => fixed(raw, |b| of.read(u16::from_le_bytes(b))),
                None => stored.ints.iter().map(|x| of.read(*x as u16)).collect(),
            })
        }
        (9, Some(raw)) => Data::Bool(raw.iter().map(|byte| *byte != 0).collect()),
        (9, None) => Data::Bool(stored.ints.iter().map(|int| *int != 0).collect()),
        (8, _) => {
            let word = |bytes: &&[u8]| match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Arc::from(text)),
                Err(_) => Err(Error::new("a word is not UTF-8")),
            };
            Data::Text(stored.texts.iter().map(word).collect::<Result<_>>()?)
        }
        (kind, Some(raw)) => Data::I64(match kind {
            2 => raw.iter().map(|byte| i64::from(*byte)).collect(),
            3 => raw.iter().map(|byte| i64::from(*byte as i8)).collect(),
            4 => fixed(raw, |b| i64::from(u16::from_le_bytes(b))),
            5 => fixed(raw, |b| i64::from(i16::from_le_bytes(b))),
            6 => fixed(raw, |b| i64::from(i32::from_le_bytes(b))),
            12 => fixed(raw, |b| i64::from(u32::from_le_bytes(b))),
            _ => fixed(raw, i64::from_le_bytes),
        }),
        (_, None) => Data::I64(stored.ints.clone()),
    };
    if let (13, Data::I64(list)) = (stored.kind, &data)
        && list.iter().any(|int| *int < 0)
    {
        return Err(Error::new("a whole number is larger than 63 bits"));
    }
    Ok(Tensor::new(shape, data)?.narrowed(Narrow::of(stored.kind)))
}

fn fixed<const N: usize, T>(raw: &[u8], number: impl Fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks::<N>().0.iter().map(|b| number(*b)).collect()
}

/// Bytes of one number; 0 for words.
fn width(kind: i64) -> Result<usize> {
    Ok(match kind {
        2 | 3 | 9 => 1,
        4 | 5 | 10 | 16 => 2,
        1 | 6 | 12 => 4,
        7 | 11 | 13 => 8,
        8 => 0,
        other => {
            return Err(Error::new(format!(
                "a tensor holds numbers of the kind {}",
                name(other)
            ))
            .help(
                "float, double, float16, bfloat16, whole numbers, bool and string are supported",
            ));
        }
    })
}

/// What a tensor holds, in ONNX's word.
pub fn name(kind: i64) -> String {
    const NAMES: [&str; 17] = [
        "undefined",
        "float",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "int64",
        "string",
        "bool",
        "float16",
        "double",
        "uint32",
        "uint64",
        "complex64",
        "complex128",
        "bfloat16",
    ];
    let name = usize::try_from(kind).ok().and_then(|kind| NAMES.get(kind));
    name.map_or_else(|| kind.to_string(), |name| (*name).to_owned())
}
