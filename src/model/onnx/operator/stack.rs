//! Tensors put beside each other along an axis, and taken apart along one.

use crate::error::{Error, Result};
use crate::model::onnx::value::{Data, Tensor, count, each, sides};

/// Several tensors as one, end to end along an axis.
pub fn joined(tensors: &[&Tensor], at: usize) -> Result<Tensor> {
    let Some(first) = tensors.first() else {
        return Err(Error::new("there are no tensors to join"));
    };
    let mut shape = first.shape.clone();
    shape[at] = 0;
    for tensor in tensors {
        let fits = tensor.rank() == first.rank()
            && (0..shape.len()).all(|p| p == at || tensor.shape[p] == first.shape[p]);
        if !fits {
            return Err(Error::new(format!(
                "the shapes {} and {} cannot be joined",
                sides(&first.shape),
                sides(&tensor.shape)
            )));
        }
        shape[at] = shape[at].saturating_add(tensor.shape[at]);
    }
    let total = count(&shape)?;
    let before: usize = shape[..at].iter().product();
    macro_rules! join {
        ($kind:ident) => {{
            let mut parts = Vec::new();
            for tensor in tensors {
                match &tensor.data {
                    Data::$kind(list) => {
                        parts.push((list, tensor.shape[at..].iter().product::<usize>()))
                    }
                    _ => return Err(tensor.not("values of the first one's kind")),
                }
            }
            let mut joined = Vec::with_capacity(total);
            if total > 0 {
                for b in 0..before {
                    for (list, width) in &parts {
                        joined.extend_from_slice(&list[b * width..(b + 1) * width]);
                    }
                }
            }
            Data::$kind(joined)
        }};
    }
    let data = match &first.data {
        Data::F32(_) => join!(F32),
        Data::F64(_) => join!(F64),
        Data::I64(_) => join!(I64),
        Data::Bool(_) => join!(Bool),
        Data::Text(_) => join!(Text),
    };
    let mut tensor = Tensor::new(shape, data)?;
    tensor.narrow = first.narrow;
    Ok(tensor)
}

/// Several tensors of one shape as one, along an axis that is new.
pub fn stacked(tensors: &[Tensor], at: usize) -> Result<Tensor> {
    let wider = tensors.iter().map(|tensor| {
        let mut shape = tensor.shape.clone();
        if at > shape.len() {
            return Err(Error::new("there is no place for a new axis"));
        }
        shape.insert(at, 1);
        tensor.reshaped(shape)
    });
    let wider: Vec<Tensor> = wider.collect::<Result<_>>()?;
    joined(&wider.iter().collect::<Vec<_>>(), at)
}

/// So many neighbours along an axis, from one on; all of them lie within the tensor.
pub fn part(tensor: &Tensor, at: usize, start: usize, many: usize) -> Result<Tensor> {
    let mut shape = tensor.shape.clone();
    let length = shape[at];
    shape[at] = many;
    let total = count(&shape)?;
    let before: usize = shape[..at].iter().product();
    let step: usize = shape[at + 1..].iter().product();
    if start.saturating_add(many) > length {
        return Err(Error::new(format!(
            "places {start} and {many} more are asked of an axis of {length}"
        )));
    }
    fn cut<T: Clone>(list: &[T], ranges: impl Iterator<Item = (usize, usize)>) -> Vec<T> {
        let mut found = Vec::new();
        for (start, end) in ranges {
            found.extend_from_slice(&list[start..end]);
        }
        found
    }
    let ranges = (0..if total == 0 { 0 } else { before }).map(|b| {
        let first = (b * length + start) * step;
        (first, first + many * step)
    });
    let data = each!(&tensor.data, list => cut(list, ranges));
    let mut part = Tensor::new(shape, data)?;
    part.narrow = tensor.narrow;
    Ok(part)
}

/// One member along an axis, which is gone then.
pub fn member(tensor: &Tensor, at: usize, place: usize) -> Result<Tensor> {
    let mut part = part(tensor, at, place, 1)?;
    part.shape.remove(at);
    Ok(part)
}

/// Zeros (or empty words) of a shape, of the kind of another tensor.
pub fn zeros(shape: Vec<usize>, like: &Tensor) -> Result<Tensor> {
    let size = count(&shape)?;
    let data = each!(&like.data, _list => vec![Default::default(); size]);
    let mut tensor = Tensor::new(shape, data)?;
    tensor.narrow = like.narrow;
    Ok(tensor)
}
