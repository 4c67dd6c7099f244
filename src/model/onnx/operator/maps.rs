//! What takes maps: CastMap and DictVectorizer. A map is a tensor of one row whose columns have labels.

use crate::error::{Error, Result, shown};
use crate::model::onnx::kernel::{Kernel, Operator, learned, one};
use crate::model::onnx::operator::cast::converted;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, count, each};
use std::collections::BTreeMap;

/// The family.
pub const ALL: &[Operator] = &[
    learned("CastMap", (1, 1), 1, cast_map),
    learned("DictVectorizer", (1, 1), 1, vectorise),
];

/// The place of each column among the labels; all of a tensor's rows share them.
fn keyed(tensor: &Tensor) -> Result<Vec<String>> {
    match &tensor.labels {
        Some(labels) => Ok(labels.words()),
        None => Err(tensor.not("a map")),
    }
}

/// Columns in another order; what has no column is zero or the empty word.
fn arranged(tensor: &Tensor, columns: &[Option<usize>]) -> Result<Tensor> {
    fn pick<T: Clone + Default>(list: &[T], width: usize, columns: &[Option<usize>]) -> Vec<T> {
        let row = |row: &[T]| -> Vec<T> {
            let cell = |at: &Option<usize>| at.and_then(|at| row.get(at)).cloned();
            columns
                .iter()
                .map(|at| cell(at).unwrap_or_default())
                .collect()
        };
        list.chunks(width.max(1)).flat_map(row).collect()
    }
    let (rows, width) = tensor.rows();
    count(&[rows, columns.len()])?;
    let data = each!(&tensor.data, list => pick(list, width, columns));
    Tensor::new(vec![rows, columns.len()], data)
}

fn vectorise(settings: &Settings<'_>) -> Result<Kernel> {
    let words = settings.list(&["string_vocabulary", "int64_vocabulary"])?;
    let words = words.map(|words| words.words());
    let words = words.ok_or_else(|| Settings::missing("string_vocabulary"))?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let keys = keyed(tensor)?;
        let places: BTreeMap<&str, usize> = keys.iter().map(String::as_str).zip(0..).collect();
        let columns: Vec<Option<usize>> = words
            .iter()
            .map(|word| places.get(word.as_str()).copied())
            .collect();
        one(arranged(tensor, &columns)?)
    }))
}

fn cast_map(settings: &Settings<'_>) -> Result<Kernel> {
    let to = match settings.text("cast_to")?.unwrap_or("TO_FLOAT") {
        "TO_FLOAT" => 1,
        "TO_STRING" => 8,
        "TO_INT64" => 7,
        other => {
            return Err(Error::new(format!(
                "a cast `{}` is not known",
                shown(other)
            )));
        }
    };
    let sparse = settings.text("map_form")?.unwrap_or("DENSE") == "SPARSE";
    let most = settings.int("max_map")?.unwrap_or(1);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let Some(Data::I64(keys)) = tensor.labels.as_deref() else {
            return Err(tensor.not("a map with whole numbers as keys"));
        };
        let ordered: BTreeMap<i64, usize> = keys.iter().copied().zip(0..).collect();
        let columns: Vec<Option<usize>> = if sparse {
            let most = usize::try_from(most).unwrap_or(0);
            count(&[most])?;
            (0..most)
                .map(|key| ordered.get(&(key as i64)).copied())
                .collect()
        } else {
            ordered.values().copied().map(Some).collect()
        };
        one(converted(&arranged(tensor, &columns)?, to)?)
    }))
}
