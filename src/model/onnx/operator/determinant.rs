//! Det: the determinants of square matrices, by elimination with the largest pivot, in 64 bits.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Operator, one, standard};
use crate::model::onnx::value::{Data, Tensor, sides};

/// The family.
pub const ALL: &[Operator] = &[standard("Det", (1, 1), |_| Ok(Box::new(determinants)))];

/// More rows in one matrix are refused.
const MOST: usize = 1024;

fn determinants(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let tensor = inputs.need(0)?;
    let (outer, side) = match tensor.shape.split_last_chunk::<2>() {
        Some((outer, [rows, columns])) if rows == columns && *rows <= MOST => (outer, *rows),
        _ => {
            return Err(Error::new(format!(
                "a tensor of the shape {} holds no square matrices of at most {MOST} rows",
                sides(&tensor.shape)
            )));
        }
    };
    let mut list = tensor.to_f64()?;
    let found: Vec<f64> = match side {
        0 => vec![1.0; outer.iter().product()],
        side => {
            let matrices = list.chunks_exact_mut(side * side);
            matrices.map(|matrix| determinant(matrix, side)).collect()
        }
    };
    let data = match &tensor.data {
        Data::F32(_) => Data::F32(found.into_iter().map(|x| x as f32).collect()),
        Data::F64(_) => Data::F64(found),
        _ => return Err(tensor.not("floating-point numbers")),
    };
    one(Tensor::new(outer.to_vec(), data)?)
}

fn determinant(matrix: &mut [f64], side: usize) -> f64 {
    let mut product = 1.0;
    for step in 0..side {
        let size = |row: &usize| matrix[row * side + step].abs();
        let best = (step..side).max_by(|a, b| size(a).total_cmp(&size(b)));
        let best = best.unwrap_or(step);
        if best != step {
            (0..side).for_each(|k| matrix.swap(best * side + k, step * side + k));
            product = -product;
        }
        let pivot = matrix[step * side + step];
        product *= pivot;
        if pivot == 0.0 {
            return 0.0;
        }
        for row in step + 1..side {
            let times = matrix[row * side + step] / pivot;
            for k in step..side {
                matrix[row * side + k] -= times * matrix[step * side + k];
            }
        }
    }
    product
}
