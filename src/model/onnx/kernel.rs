//! The noun of the operators: what one is, and what it gets when it runs.

use crate::error::{Error, Result};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::Tensor;

/// An operator with its settings, ready to run. Immutable and shared by all threads.
pub type Kernel = Box<dyn Fn(&Inputs<'_>) -> Result<Vec<Tensor>> + Send + Sync>;

/// An operator of one of the two sets.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    /// `ai.onnx.ml`, or empty for `ai.onnx`.
    pub domain: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Fewest and most inputs.
    pub inputs: (usize, usize),
    /// Most outputs.
    pub outputs: usize,
    /// Reads its settings and makes it ready; every problem that can be known before a row is seen is told here.
    pub build: fn(&Settings<'_>) -> Result<Kernel>,
}

/// Any number of inputs.
pub const ANY: usize = usize::MAX;

/// The set of operators that belong to machine learning proper.
pub const ML: &str = "ai.onnx.ml";

/// An operator of `ai.onnx`.
pub const fn standard(
    name: &'static str,
    inputs: (usize, usize),
    build: fn(&Settings<'_>) -> Result<Kernel>,
) -> Operator {
    Operator {
        domain: "",
        name,
        inputs,
        outputs: 1,
        build,
    }
}

/// An operator of `ai.onnx.ml`.
pub const fn learned(
    name: &'static str,
    inputs: (usize, usize),
    outputs: usize,
    build: fn(&Settings<'_>) -> Result<Kernel>,
) -> Operator {
    Operator {
        domain: ML,
        name,
        inputs,
        outputs,
        build,
    }
}

/// What a node reads.
#[derive(Debug, Clone)]
pub struct Inputs<'a>(pub Vec<Option<&'a Tensor>>);

impl<'a> Inputs<'a> {
    /// An input that may be left out.
    pub fn get(&self, place: usize) -> Option<&'a Tensor> {
        self.0.get(place).copied().flatten()
    }

    /// An input that must be there.
    pub fn need(&self, place: usize) -> Result<&'a Tensor> {
        self.get(place)
            .ok_or_else(|| Error::new(format!("input {place} (counted from 0) is left out")))
    }

    /// All that are there, in order.
    pub fn all(&self) -> impl Iterator<Item = &'a Tensor> {
        self.0.iter().copied().flatten()
    }
}

/// One output.
pub fn one(tensor: Tensor) -> Result<Vec<Tensor>> {
    Ok(vec![tensor])
}
