//! A graph inside a node, ready to run. Operators that hold one get it made by whoever reads the graph around them.

use crate::error::Result;
use crate::model::onnx::proto;
use crate::model::onnx::value::Tensor;

/// What a ready graph does: tensors in the order of its inputs → tensors in the order of its outputs.
pub type Run = Box<dyn Fn(Vec<Tensor>) -> Result<Vec<Tensor>> + Send + Sync>;

/// A graph inside a node.
pub struct Body {
    /// How many tensors go in.
    pub inputs: usize,
    /// How many come out.
    pub outputs: usize,
    /// Runs it.
    pub run: Run,
}

/// Makes a graph inside a node ready.
pub type Compile<'a> = &'a dyn Fn(&proto::Graph<'_>) -> Result<Body>;
