//! A sum of decision trees: the one type behind every format of boosted trees and random forests.
//!
//! Sums run in the order of the trees, in 32 or 64 bits as the origin's do. [`crate::model::tree`] says how values are
//! compared, [`crate::model::forest_layout`] how many rows are scored fast.

use crate::error::{Error, Result};
use crate::model::forest_layout::Layout;
use crate::model::forest_walk::Trees;
use crate::model::tree::{Arithmetic, Tree};

/// More nodes in all trees together are refused.
const MOST_IN_ALL: usize = 1 << 24;

/// Trees, what their sum starts from, and how it is taken.
#[derive(Debug)]
pub struct Forest {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// How the origin counts.
    pub arithmetic: Arithmetic,
    /// What the sum of each output starts from.
    pub base: Vec<f64>,
    /// What the sum is divided by: 1, or the number of trees of an average.
    pub divisor: f64,
    /// In the order they are added. Leaf values carry all weights of their tree.
    pub trees: Vec<Tree>,
    layout: Fast,
}

#[derive(Debug)]
enum Fast {
    Single(Layout<f32>),
    Double(Layout<f64>),
}

impl Forest {
    /// Takes checked trees and lays them out for scoring. `base` has one number for each output.
    pub fn new(
        inputs: usize,
        arithmetic: Arithmetic,
        base: Vec<f64>,
        divisor: f64,
        trees: Vec<Tree>,
    ) -> Result<Self> {
        let nodes: usize = trees.iter().map(|tree| tree.nodes.len()).sum();
        if nodes > MOST_IN_ALL {
            return Err(Error::new(format!(
                "the trees have {nodes} nodes, more than the {MOST_IN_ALL} they may have"
            )));
        }
        let outputs = base.len();
        if trees.is_empty() {
            return Err(Error::new("the file holds no tree"));
        }
        if let Some(place) = trees
            .iter()
            .position(|tree| tree.first + tree.outputs > outputs)
        {
            return Err(Error::new(format!(
                "tree {place} adds to an output that the model does not have"
            )));
        }
        if base.iter().any(|number| !number.is_finite()) || divisor.is_nan() || divisor <= 0.0 {
            return Err(Error::new("the sum does not start from a finite number"));
        }
        let layout = match arithmetic {
            Arithmetic::Single => Fast::Single(Layout::new(&trees, inputs)),
            Arithmetic::Double => Fast::Double(Layout::new(&trees, inputs)),
        };
        Ok(Self {
            inputs,
            outputs,
            arithmetic,
            base,
            divisor,
            trees,
            layout,
        })
    }

    /// The sum (or average) of every output for every row, before any link. `columns` holds one column for each input, all
    /// of one length, NaN where missing; for [`Arithmetic::Single`] rounded to 32 bits already. One vector for each output.
    pub fn margins(&self, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let trees = Trees {
            all: &self.trees,
            arithmetic: self.arithmetic,
            base: &self.base,
        };
        let mut margins = match &self.layout {
            Fast::Single(layout) => layout.sums(&trees, columns),
            Fast::Double(layout) => layout.sums(&trees, columns),
        };
        if self.divisor != 1.0 {
            for margin in margins.iter_mut().flatten() {
                *margin /= self.divisor;
            }
        }
        margins
    }
}
