//! Where a graph stands while it is made ready: in which function, within which graphs, and what making ready has cost.

use crate::error::{Error, Result};
use crate::model::onnx::graph::Context;
use crate::model::onnx::proto::Setting;
use crate::model::onnx::unsupported::Functions;
use std::cell::Cell;

/// Functions call functions, and graphs stand within graphs, so deep at most.
const DEEPEST: usize = 16;
/// So many nodes are made ready at most, those of functions as often as they are called.
const MOST_NODES: usize = 1 << 17;
/// Constants of functions and inner graphs may take so many bytes together, those of functions as often as they are called.
const MOST_INNER: usize = 1 << 30;

/// What a node's function was called with, by name.
pub type Arguments<'a> = &'a [(String, &'a Setting<'a>)];

/// Where a graph stands.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// What everything is compiled against.
    pub context: Context<'a>,
    /// The model's own functions.
    pub functions: &'a Functions<'a>,
    /// What the function around it was called with.
    pub arguments: Arguments<'a>,
    /// Knows the names of the graphs around it.
    pub outer: &'a dyn Fn(&str) -> bool,
    /// How many graphs and functions stand around it.
    pub depth: usize,
    /// What making ready has cost.
    pub spent: &'a Spent,
}

/// What making ready has cost.
#[derive(Debug, Default)]
pub struct Spent {
    nodes: Cell<usize>,
    inner: Cell<usize>,
}

impl Site<'_> {
    /// Within one more graph.
    pub fn deeper(self) -> Result<Self> {
        if self.depth >= DEEPEST {
            return Err(Error::new(format!(
                "functions and graphs stand within each other more than {DEEPEST} deep"
            )));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    /// Counts a node.
    pub fn node(self) -> Result<()> {
        let all = self.spent.nodes.get() + 1;
        self.spent.nodes.set(all);
        if all > MOST_NODES {
            return Err(Error::new(
                "the functions of the model call each other more often than any model's",
            ));
        }
        Ok(())
    }

    /// Counts the constants of graphs inside nodes and functions.
    pub fn constant(self, bytes: usize) -> Result<()> {
        if self.depth > 0 {
            let all = self.spent.inner.get().saturating_add(bytes);
            self.spent.inner.set(all);
            if all > MOST_INNER {
                return Err(Error::new(
                    "the functions of the model need more constants than any model's",
                ));
            }
        }
        Ok(())
    }
}
