//! Tensors as ONNX Runtime takes them, and what it makes as tensors.

use crate::error::{Error, Result, shown};
use crate::model::onnx::proto::Port;
use crate::model::onnx::value::{Data, Tensor};
use ort::value::TensorElementType as K;
use ort::value::{
    DynMapValueType, DynSequenceValueType, DynValue, IntoTensorElementType, Tensor as Value,
    ValueType,
};
use std::hash::Hash;
use std::sync::Arc;

/// What the library says; its words may quote a value and are not passed on.
pub type Told<T> = std::result::Result<T, ort::Error>;

/// A tensor as the library takes it, in the very kind that the graph declares.
pub fn given(tensor: Tensor, port: &Port) -> Result<Told<DynValue>> {
    fn numbers<T: TryFrom<i64>>(list: &[i64], port: &Port) -> Result<Vec<T>> {
        let number = |x: &i64| T::try_from(*x).ok();
        let list: Option<Vec<T>> = list.iter().map(number).collect();
        list.ok_or_else(|| {
            Error::new(format!(
                "a whole number is too large for the input `{}` of the graph",
                shown(&port.name)
            ))
        })
    }
    macro_rules! of {
        ($list:expr) => {
            Value::from_array((tensor.shape, $list)).map(|value| value.into_dyn())
        };
    }
    if let (Data::F32(_), Some(10 | 16)) = (&tensor.data, port.kind) {
        return Err(Error::new(format!(
            "the input `{}` of the graph has numbers of 16 bits, which ONNX Runtime does not get from here",
            shown(&port.name)
        ))
        .help("ask for keur's own engine"));
    }
    Ok(match (tensor.data, port.kind) {
        (Data::F32(list), _) => of!(list),
        (Data::F64(list), _) => of!(list),
        (Data::Bool(list), _) => of!(list),
        (Data::I64(list), Some(2)) => of!(numbers::<u8>(&list, port)?),
        (Data::I64(list), Some(3)) => of!(numbers::<i8>(&list, port)?),
        (Data::I64(list), Some(4)) => of!(numbers::<u16>(&list, port)?),
        (Data::I64(list), Some(5)) => of!(numbers::<i16>(&list, port)?),
        (Data::I64(list), Some(6)) => of!(numbers::<i32>(&list, port)?),
        (Data::I64(list), Some(12)) => of!(numbers::<u32>(&list, port)?),
        (Data::I64(list), Some(13)) => of!(numbers::<u64>(&list, port)?),
        (Data::I64(list), _) => of!(list),
        (Data::Text(list), _) => {
            let words: Vec<String> = list.iter().map(|word| word.to_string()).collect();
            Value::from_string_array((tensor.shape, words.as_slice())).map(|value| value.into_dyn())
        }
    })
}

/// What the library made, as a tensor; a sequence of maps is one whose columns have labels.
pub fn made(value: &DynValue, name: &str) -> Result<Told<Tensor>> {
    Ok(match value.dtype() {
        ValueType::Tensor { ty, .. } => match read(value, *ty) {
            Ok((shape, Some(data))) => return Tensor::new(shape, data).map(Ok),
            Ok((_, None)) => {
                return Err(Error::new(format!(
                    "the output `{}` of the graph holds numbers of the kind {ty}, which is not supported",
                    shown(name)
                )));
            }
            Err(error) => Err(error),
        },
        ValueType::Sequence(of) => match &**of {
            ValueType::Map {
                key: K::String,
                value: K::Float32,
            } => maps::<String>(value, |keys| {
                Data::Text(keys.into_iter().map(Arc::from).collect())
            }),
            ValueType::Map {
                key: K::Int64,
                value: K::Float32,
            } => maps::<i64>(value, Data::I64),
            _ => {
                return Err(Error::new(format!(
                    "the output `{}` of the graph is a sequence of another kind than scores by class",
                    shown(name)
                )));
            }
        },
        _ => {
            return Err(Error::new(format!(
                "the output `{}` of the graph is no tensor",
                shown(name)
            )));
        }
    })
}

fn read(value: &DynValue, kind: K) -> Told<(Vec<usize>, Option<Data>)> {
    macro_rules! whole {
        ($kind:ty) => {{
            let (shape, list) = value.try_extract_tensor::<$kind>()?;
            (
                shape,
                Some(Data::I64(list.iter().map(|x| *x as i64).collect())),
            )
        }};
    }
    let (shape, data) = match kind {
        K::Float32 => {
            let (shape, list) = value.try_extract_tensor::<f32>()?;
            (shape, Some(Data::F32(list.to_vec())))
        }
        K::Float64 => {
            let (shape, list) = value.try_extract_tensor::<f64>()?;
            (shape, Some(Data::F64(list.to_vec())))
        }
        K::Bool => {
            let (shape, list) = value.try_extract_tensor::<bool>()?;
            (shape, Some(Data::Bool(list.to_vec())))
        }
        K::String => {
            let (shape, list) = value.try_extract_strings()?;
            let words = list.iter().map(|word| Arc::from(word.as_str())).collect();
            (shape, Some(Data::Text(words)))
        }
        K::Int64 => whole!(i64),
        K::Int32 => whole!(i32),
        K::Int16 => whole!(i16),
        K::Int8 => whole!(i8),
        K::Uint64 => whole!(u64),
        K::Uint32 => whole!(u32),
        K::Uint16 => whole!(u16),
        K::Uint8 => whole!(u8),
        _ => (value.shape(), None),
    };
    let sides = shape
        .iter()
        .map(|side| usize::try_from(*side).unwrap_or_default());
    Ok((sides.collect(), data))
}

/// A line for each map; the keys of the first are the labels, and every other must have the same.
fn maps<L: IntoTensorElementType + Clone + Hash + Eq>(
    value: &DynValue,
    labels: impl FnOnce(Vec<L>) -> Data,
) -> Told<Tensor> {
    let sequence = value.view().downcast::<DynSequenceValueType>()?;
    let (mut keys, mut rows, mut list) = (None, 0, Vec::new());
    for map in sequence.try_extract_sequence::<DynMapValueType>()? {
        let (own, scores): (Vec<L>, Vec<f32>) =
            map.try_extract_key_values::<L, f32>()?.into_iter().unzip();
        if *keys.get_or_insert_with(|| own.clone()) != own {
            return Err(ort::Error::new("the maps have different keys"));
        }
        list.extend(scores);
        rows += 1;
    }
    let keys = keys.unwrap_or_default();
    let shape = vec![rows, keys.len()];
    let made = Tensor::new(shape, Data::F32(list)).map(|mut tensor| {
        tensor.labels = Some(Arc::new(labels(keys)));
        tensor
    });
    made.map_err(|_| ort::Error::new("the maps have too many keys"))
}
