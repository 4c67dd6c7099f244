//! ZipMap: scores under the names of their classes. A sequence of maps is a tensor whose columns have labels.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Kernel, Operator, learned, one};
use crate::model::onnx::operator::score::labels;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::sides;
use std::sync::Arc;

/// The family.
pub const ALL: &[Operator] = &[learned("ZipMap", (1, 1), 1, zipmap)];

fn zipmap(settings: &Settings<'_>) -> Result<Kernel> {
    let labels = labels(settings)?.ok_or_else(|| Error::new("the class labels are missing"))?;
    let labels = Arc::new(labels);
    Ok(Box::new(move |inputs| {
        let mut tensor = inputs.need(0)?.clone();
        let (rows, columns) = tensor.rows();
        if columns != labels.len() {
            return Err(Error::new(format!(
                "{} class labels meet a tensor of the shape {}",
                labels.len(),
                sides(&tensor.shape)
            )));
        }
        tensor.shape = vec![rows, columns];
        tensor.labels = Some(Arc::clone(&labels));
        one(tensor)
    }))
}
