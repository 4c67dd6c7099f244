//! A graph inside a node, ready to run. Operators that hold one get it made by whoever reads the graph around them.

use crate::error::Result;
use crate::model::onnx::inputs::{Budget, Inputs};
use crate::model::onnx::proto;
use crate::model::onnx::value::Tensor;
use std::borrow::Cow;

/// What goes into a ready graph: one for each of its inputs; None where it is left out.
pub type Feeds<'a> = Vec<Option<Cow<'a, Tensor>>>;

/// What a ready graph does: its inputs, and what it reads of the graph around it → its outputs.
pub type Run =
    Box<dyn Fn(Feeds<'_>, &[Option<&Tensor>], &Budget) -> Result<Vec<Tensor>> + Send + Sync>;

/// A graph inside a node.
pub struct Body {
    /// How many tensors go in.
    pub inputs: usize,
    /// How many come out.
    pub outputs: usize,
    /// Names of the values it reads of the graph around it.
    pub captured: Vec<String>,
    /// Where those stand among what the node reads of the graph around it.
    pub outer: Vec<usize>,
    /// Runs it.
    pub run: Run,
}

impl Body {
    /// Runs it inside a node that reads these inputs.
    pub fn call(&self, feeds: Feeds<'_>, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
        let outer: Vec<Option<&Tensor>> = self
            .outer
            .iter()
            .map(|place| inputs.outer.get(*place).copied().flatten())
            .collect();
        (self.run)(feeds, &outer, inputs.budget)
    }
}

/// Makes a graph inside a node ready.
pub type Compile<'a> = &'a dyn Fn(&proto::Graph<'_>) -> Result<Body>;
