//! From words and codes to others: LabelEncoder, CategoryMapper, OneHotEncoder.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Kernel, Operator, learned, one};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, count};
use std::collections::HashMap;
use std::sync::Arc;

/// The family.
pub const ALL: &[Operator] = &[
    learned("CategoryMapper", (1, 1), 1, mapper),
    learned("LabelEncoder", (1, 1), 1, label_encoder),
    learned("OneHotEncoder", (1, 1), 1, one_hot),
];

/// A value as the key of a table: a number by its bits, all NaN alike, −0 as 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Word(Arc<str>),
    Int(i64),
    Single(u32),
    Double(u64),
}

fn single(x: f32) -> Key {
    Key::Single(if x.is_nan() { f32::NAN } else { x + 0.0 }.to_bits())
}

fn double(x: f64) -> Key {
    Key::Double(if x.is_nan() { f64::NAN } else { x + 0.0 }.to_bits())
}

fn keys(data: &Data) -> Vec<Key> {
    match data {
        Data::Text(words) => words.iter().cloned().map(Key::Word).collect(),
        Data::I64(list) => list.iter().copied().map(Key::Int).collect(),
        Data::F32(list) => list.iter().copied().map(single).collect(),
        Data::F64(list) => list.iter().copied().map(double).collect(),
        Data::Bool(list) => list.iter().map(|x| Key::Int(i64::from(*x))).collect(),
    }
}

/// A table from keys to values, with what stands for an unknown key.
fn table(from: Data, to: Data, unless: Data) -> Result<Kernel> {
    if from.len() != to.len() {
        return Err(Error::new(format!(
            "there are {} keys and {} values",
            from.len(),
            to.len()
        )));
    }
    let mut places = HashMap::with_capacity(from.len());
    for (place, key) in keys(&from).into_iter().enumerate() {
        places.entry(key).or_insert(place);
    }
    let wanted = from.kind();
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let data = match (&tensor.data, wanted) {
            // an ordinal code that came as another kind of number
            (Data::I64(_), "float") => Data::F32(tensor.to_f32()?),
            (data, _) => data.clone(),
        };
        if data.kind() != wanted {
            return Err(Error::new(format!(
                "a {} tensor meets keys of the kind {wanted}",
                data.kind()
            )));
        }
        let found: Vec<Option<usize>> = keys(&data)
            .iter()
            .map(|key| places.get(key).copied())
            .collect();
        macro_rules! look {
            ($kind:ident, $to:expr, $unless:expr) => {{
                let unless = $unless.first().cloned().unwrap_or_default();
                let one = |place: &Option<usize>| match place {
                    Some(place) => $to[*place].clone(),
                    None => unless.clone(),
                };
                Data::$kind(found.iter().map(one).collect())
            }};
        }
        let mapped = match (&to, &unless) {
            (Data::F32(to), Data::F32(unless)) => look!(F32, to, unless),
            (Data::F64(to), Data::F64(unless)) => look!(F64, to, unless),
            (Data::I64(to), Data::I64(unless)) => look!(I64, to, unless),
            (Data::Text(to), Data::Text(unless)) => look!(Text, to, unless),
            (Data::Bool(to), Data::Bool(unless)) => look!(Bool, to, unless),
            _ => {
                return Err(Error::new(
                    "the values and what stands for unknown keys differ in kind",
                ));
            }
        };
        one(Tensor::new(tensor.shape.clone(), mapped)?)
    }))
}

fn label_encoder(settings: &Settings<'_>) -> Result<Kernel> {
    let kind = settings
        .tensor("values_tensor")?
        .and_then(|tensor| tensor.narrow);
    let encode = encoder(settings)?;
    Ok(Box::new(move |inputs| {
        let made = encode(inputs)?.into_iter();
        Ok(made.map(|tensor| tensor.narrowed(kind)).collect())
    }))
}

fn encoder(settings: &Settings<'_>) -> Result<Kernel> {
    let word = settings.text("default_string")?.unwrap_or("_Unused");
    let int = settings.int("default_int64")?.unwrap_or(-1);
    let float = settings.float("default_float")?.unwrap_or(-0.0);
    let given = settings.tensor("default_tensor")?.map(|tensor| tensor.data);
    // the first version has one list of words, coded by their places
    if let Some(classes) = settings.list(&["classes_strings"])? {
        let codes = Data::I64((0..classes.len() as i64).collect());
        return both_ways(
            classes,
            codes,
            Data::Text(vec![word.into()]),
            Data::I64(vec![int]),
        );
    }
    let from = settings.list(&["keys_strings", "keys_int64s", "keys_floats", "keys_tensor"])?;
    let to = settings.list(&[
        "values_strings",
        "values_int64s",
        "values_floats",
        "values_tensor",
    ])?;
    let (Some(from), Some(to)) = (from, to) else {
        return Err(Error::new("keys or values are missing"));
    };
    let unless = match (&to, given) {
        (_, Some(given)) if given.kind() != to.kind() => {
            return Err(Error::new(
                "the values and what stands for unknown keys differ in kind",
            ));
        }
        (_, Some(given)) => given,
        (Data::Text(_), None) => Data::Text(vec![word.into()]),
        (Data::I64(_), None) => Data::I64(vec![int]),
        (Data::F32(_), None) => Data::F32(vec![float]),
        (Data::F64(_), None) => Data::F64(vec![-0.0]),
        (Data::Bool(_), None) => Data::Bool(vec![false]),
    };
    table(from, to, unless)
}

fn mapper(settings: &Settings<'_>) -> Result<Kernel> {
    let words = settings.list(&["cats_strings"])?;
    let ints = settings.list(&["cats_int64s"])?;
    let word = settings.text("default_string")?.unwrap_or("_Unused");
    let int = settings.int("default_int64")?.unwrap_or(-1);
    let (Some(words), Some(ints)) = (words, ints) else {
        return Err(Error::new(
            "the attributes `cats_strings` and `cats_int64s` are not both there",
        ));
    };
    both_ways(
        words,
        ints,
        Data::Text(vec![word.into()]),
        Data::I64(vec![int]),
    )
}

/// Words to codes or codes to words, as the input has it.
fn both_ways(words: Data, codes: Data, word: Data, code: Data) -> Result<Kernel> {
    let there = table(words.clone(), codes.clone(), code)?;
    let back = table(codes, words, word)?;
    Ok(Box::new(move |inputs| match inputs.need(0)?.data {
        Data::Text(_) => there(inputs),
        _ => back(inputs),
    }))
}

fn one_hot(settings: &Settings<'_>) -> Result<Kernel> {
    let zeros = settings.flag("zeros", true)?;
    let categories = match settings.list(&["cats_int64s", "cats_strings"])? {
        Some(list @ (Data::I64(_) | Data::Text(_))) => list,
        _ => return Err(Error::new("the categories are missing")),
    };
    let depth = categories.len();
    let mut places = HashMap::with_capacity(depth);
    for (place, key) in keys(&categories).into_iter().enumerate() {
        places.insert(key, place);
    }
    let words = matches!(categories, Data::Text(_));
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let codes = match &tensor.data {
            Data::F32(list) => Data::I64(list.iter().map(|x| *x as i64).collect()),
            Data::F64(list) => Data::I64(list.iter().map(|x| *x as i64).collect()),
            other => other.clone(),
        };
        if matches!(codes, Data::Text(_)) != words {
            return Err(tensor.not(if words { "words" } else { "numbers" }));
        }
        let mut shape = tensor.shape.clone();
        shape.push(depth);
        let mut hot = vec![0.0_f32; count(&shape)?];
        for (line, key) in hot.chunks_exact_mut(depth).zip(keys(&codes)) {
            match places.get(&key) {
                Some(place) => line[*place] = 1.0,
                None if zeros => {}
                None => return Err(Error::new("a row has a category the encoder does not know")),
            }
        }
        one(Tensor::new(shape, Data::F32(hot))?)
    }))
}
