//! What flows through a graph: tensors of numbers, truths and words.
//!
//! Whole numbers of every width are held in 64 bits, floating-point numbers of 16 bits in 32 ([`Narrow`] says which). A sequence of maps, which is what `ZipMap` makes, is a tensor whose
//! columns have labels.

use crate::error::{Error, Result};
use crate::model::onnx::narrow::Narrow;
use crate::model::onnx::spare::copy;
use std::sync::Arc;

/// More numbers in one tensor are refused; the largest layer of a common network (VGG) has 103 million.
const LARGEST: usize = 1 << 27;

/// The numbers or words of a tensor, the last axis running fastest.
#[derive(Debug, PartialEq)]
pub enum Data {
    /// 32 bit floating point.
    F32(Vec<f32>),
    /// 64 bit floating point.
    F64(Vec<f64>),
    /// Whole numbers of any width.
    I64(Vec<i64>),
    /// Truths.
    Bool(Vec<bool>),
    /// Words.
    Text(Vec<Arc<str>>),
}

/// Does the same for whatever a tensor holds: `each!(data, list => expression)`.
macro_rules! each {
    ($data:expr, $list:ident => $body:expr) => {
        match $data {
            Data::F32($list) => Data::F32($body),
            Data::F64($list) => Data::F64($body),
            Data::I64($list) => Data::I64($body),
            Data::Bool($list) => Data::Bool($body),
            Data::Text($list) => Data::Text($body),
        }
    };
}
pub(crate) use each;

impl Clone for Data {
    fn clone(&self) -> Self {
        match self {
            Self::F32(list) => Self::F32(copy(list)),
            Self::F64(list) => Self::F64(list.clone()),
            Self::I64(list) => Self::I64(list.clone()),
            Self::Bool(list) => Self::Bool(list.clone()),
            Self::Text(list) => Self::Text(list.clone()),
        }
    }
}

impl Data {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(list) => list.len(),
            Self::F64(list) => list.len(),
            Self::I64(list) => list.len(),
            Self::Bool(list) => list.len(),
            Self::Text(list) => list.len(),
        }
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it holds, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::F32(_) => "float",
            Self::F64(_) => "double",
            Self::I64(_) => "int64",
            Self::Bool(_) => "bool",
            Self::Text(_) => "string",
        }
    }

    /// Memory it takes, in bytes, words by their handles.
    pub fn bytes(&self) -> usize {
        self.len() * self.width()
    }

    /// Memory that one of them takes, in bytes.
    pub fn width(&self) -> usize {
        match self {
            Self::F32(_) => 4,
            Self::Bool(_) => 1,
            Self::Text(_) => 16,
            Self::F64(_) | Self::I64(_) => 8,
        }
    }

    /// The values in these places, in their order.
    pub fn at(&self, places: &[usize]) -> Self {
        fn at<T: Clone>(list: &[T], places: &[usize]) -> Vec<T> {
            places.iter().map(|place| list[*place].clone()).collect()
        }
        each!(self, list => at(list, places))
    }

    /// The words behind labels and keys: a whole number as its digits.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::F32(list) => list.iter().map(ToString::to_string).collect(),
            Self::F64(list) => list.iter().map(ToString::to_string).collect(),
            Self::I64(list) => list.iter().map(ToString::to_string).collect(),
            Self::Bool(list) => list.iter().map(ToString::to_string).collect(),
            Self::Text(list) => list.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Numbers or words with a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The length of each axis.
    pub shape: Vec<usize>,
    /// As many as the shape says.
    pub data: Data,
    /// The keys of a sequence of maps: one for each column.
    pub labels: Option<Arc<Data>>,
    /// The kind of its numbers where that is narrower than what holds them.
    pub narrow: Option<Narrow>,
    /// What it is when it is no tensor.
    pub parts: Option<Parts>,
}

/// What flows through a graph beside tensors.
#[derive(Debug, Clone, PartialEq)]
pub enum Parts {
    /// Tensors, one after the other.
    Sequence(Arc<Vec<Tensor>>),
    /// Something that may be there and is not.
    Nothing,
}

/// How many numbers a shape holds, when that is no more than a tensor may have.
pub fn count(shape: &[usize]) -> Result<usize> {
    let total = shape
        .iter()
        .fold(1_usize, |total, side| total.saturating_mul((*side).max(1)));
    if total > LARGEST {
        return Err(Error::new(format!(
            "a tensor of the shape {} is larger than the {LARGEST} numbers it may have",
            sides(shape)
        )));
    }
    Ok(if shape.contains(&0) { 0 } else { total })
}

/// A shape in words.
pub fn sides(shape: &[usize]) -> String {
    const SHOWN: usize = 8;
    let mut words: Vec<String> = shape.iter().take(SHOWN).map(ToString::to_string).collect();
    if shape.len() > SHOWN {
        words.push("…".to_owned());
    }
    format!("[{}]", words.join(", "))
}

impl Tensor {
    /// A tensor; fails when shape and data differ in their count.
    pub fn new(shape: Vec<usize>, data: Data) -> Result<Self> {
        let wanted = count(&shape)?;
        if wanted != data.len() {
            return Err(Error::new(format!(
                "a tensor of the shape {} has {} numbers",
                sides(&shape),
                data.len()
            )));
        }
        Ok(Self {
            shape,
            data,
            labels: None,
            narrow: None,
            parts: None,
        })
    }

    /// Whole numbers in one line.
    pub fn line(list: Vec<i64>) -> Self {
        Self {
            shape: vec![list.len()],
            data: Data::I64(list),
            labels: None,
            narrow: None,
            parts: None,
        }
    }

    /// What is no tensor.
    pub fn parted(parts: Parts) -> Self {
        Self {
            parts: Some(parts),
            ..Self::line(Vec::new())
        }
    }

    /// Numbers of a narrower kind, brought onto its grid; nothing happens to what cannot have that kind.
    pub fn narrowed(mut self, kind: Option<Narrow>) -> Self {
        if let Some(kind) = kind {
            match &mut self.data {
                Data::F32(list) if kind.floats() => {
                    list.iter_mut().for_each(|x| *x = kind.float(*x));
                    self.narrow = Some(kind);
                }
                Data::I64(list) if !kind.floats() => {
                    list.iter_mut().for_each(|x| *x = kind.whole(*x));
                    self.narrow = Some(kind);
                }
                _ => {}
            }
        }
        self
    }

    /// The kind of what it holds (`TensorProto.DataType`).
    pub fn kind(&self) -> i64 {
        match (&self.data, self.narrow) {
            (Data::F64(_), _) => 11,
            (Data::Bool(_), _) => 9,
            (Data::Text(_), _) => 8,
            (_, Some(narrow)) => narrow.kind(),
            (Data::F32(_), None) => 1,
            (Data::I64(_), None) => 7,
        }
    }

    /// Memory it takes, in bytes, those of a sequence together.
    pub fn bytes(&self) -> usize {
        match &self.parts {
            Some(Parts::Sequence(list)) => list.iter().map(Self::bytes).sum::<usize>() + 64,
            _ => self.data.bytes(),
        }
    }

    /// The members of a sequence.
    pub fn sequence(&self) -> Result<&[Self]> {
        match &self.parts {
            Some(Parts::Sequence(list)) => Ok(list),
            _ => Err(self.not("a sequence")),
        }
    }

    /// The same data in another shape of the same count.
    pub fn reshaped(&self, shape: Vec<usize>) -> Result<Self> {
        let mut tensor = Self::new(shape, self.data.clone())?;
        tensor.narrow = self.narrow;
        Ok(tensor)
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Rows and columns as the operators of `ai.onnx.ml` see them: a line is one row, everything behind the first axis
    /// columns.
    pub fn rows(&self) -> (usize, usize) {
        match self.shape.as_slice() {
            [] => (1, 1),
            [columns] => (1, *columns),
            [rows, rest @ ..] => (*rows, rest.iter().product()),
        }
    }

    /// 32 bit numbers, whatever numbers these are.
    pub fn to_f32(&self) -> Result<Vec<f32>> {
        Ok(match &self.data {
            Data::F32(list) => list.clone(),
            Data::F64(list) => list.iter().map(|x| *x as f32).collect(),
            Data::I64(list) => list.iter().map(|x| *x as f32).collect(),
            Data::Bool(list) => list.iter().map(|x| f32::from(u8::from(*x))).collect(),
            Data::Text(_) => return Err(self.not("numbers")),
        })
    }

    /// 64 bit numbers, whatever numbers these are.
    pub fn to_f64(&self) -> Result<Vec<f64>> {
        Ok(match &self.data {
            Data::F32(list) => list.iter().map(|x| f64::from(*x)).collect(),
            Data::F64(list) => list.clone(),
            Data::I64(list) => list.iter().map(|x| *x as f64).collect(),
            Data::Bool(list) => list.iter().map(|x| f64::from(u8::from(*x))).collect(),
            Data::Text(_) => return Err(self.not("numbers")),
        })
    }

    /// Whole numbers.
    pub fn ints(&self) -> Result<&[i64]> {
        match &self.data {
            Data::I64(list) => Ok(list),
            _ => Err(self.not("whole numbers")),
        }
    }

    /// Truths.
    pub fn truths(&self) -> Result<&[bool]> {
        match &self.data {
            Data::Bool(list) => Ok(list),
            _ => Err(self.not("truths")),
        }
    }

    /// The one whole number.
    pub fn int(&self) -> Result<i64> {
        match self.ints()? {
            [one] => Ok(*one),
            _ => Err(Error::new(format!(
                "a tensor of the shape {} stands where one number is asked",
                sides(&self.shape)
            ))),
        }
    }

    /// It holds the wrong thing.
    pub fn not(&self, wanted: &str) -> Error {
        Error::new(format!(
            "{} stands where {wanted} is asked",
            match &self.parts {
                None => format!("a {} tensor", self.data.kind()),
                Some(Parts::Sequence(_)) => "a sequence of tensors".to_owned(),
                Some(Parts::Nothing) => "nothing".to_owned(),
            }
        ))
    }
}

/// The place of an axis, counted from the end when negative.
pub fn axis(axis: i64, rank: usize) -> Result<usize> {
    let place = if axis < 0 { axis + rank as i64 } else { axis };
    match usize::try_from(place) {
        Ok(place) if place < rank => Ok(place),
        _ => Err(Error::new(format!(
            "there is no axis {axis} in a tensor of {rank} axes"
        ))),
    }
}

/// How far apart neighbours along each axis lie.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for place in (1..shape.len()).rev() {
        strides[place - 1] = strides[place] * shape[place];
    }
    strides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_larger_than_any_memory_is_told_and_an_empty_one_is_empty() {
        assert!(count(&[1 << 40, 1 << 40]).is_err());
        assert!(count(&[usize::MAX, usize::MAX, 0]).is_err());
        assert_eq!(count(&[3, 0]).unwrap(), 0);
        assert_eq!(count(&[]).unwrap(), 1);
    }

    #[test]
    fn axes_are_counted_from_both_ends() {
        assert_eq!(axis(-1, 2).unwrap(), 1);
        assert!(axis(2, 2).is_err() && axis(-3, 2).is_err());
        assert_eq!(strides(&[2, 3, 4]), [12, 4, 1]);
    }
}
