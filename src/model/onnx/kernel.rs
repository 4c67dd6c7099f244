//! The noun of the operators: what one is, and what it gets when it runs.

use crate::error::Result;
pub use crate::model::onnx::inputs::{Inputs, one};
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
    /// True when it says itself what kinds of numbers it makes; otherwise they have the kind of the first input that holds
    /// them alike (whole or floating-point).
    pub own_kinds: bool,
    /// True when it takes sequences of tensors, or what may be nothing.
    pub sequences: bool,
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
        own_kinds: false,
        sequences: false,
        build,
    }
}

/// An operator of `ai.onnx` that says itself what kinds of numbers it makes.
pub const fn kinded(
    name: &'static str,
    inputs: (usize, usize),
    outputs: usize,
    build: fn(&Settings<'_>) -> Result<Kernel>,
) -> Operator {
    Operator {
        outputs,
        own_kinds: true,
        ..standard(name, inputs, build)
    }
}

/// An operator of `ai.onnx` that takes sequences of tensors, or what may be nothing.
pub const fn sequenced(
    name: &'static str,
    inputs: (usize, usize),
    outputs: usize,
    build: fn(&Settings<'_>) -> Result<Kernel>,
) -> Operator {
    Operator {
        sequences: true,
        ..kinded(name, inputs, outputs, build)
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
        own_kinds: true,
        sequences: false,
        build,
    }
}
