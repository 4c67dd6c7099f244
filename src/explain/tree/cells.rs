//! Where the sums of an explanation stand: one cell for each output and input, and for each pair of inputs.

use crate::error::{Error, Result};
use crate::explain::tree::table::What;
use crate::model::forest::Forest;
use crate::model::tree::Node;

/// More sums for a row are refused.
const MOST: usize = 1 << 16;

/// Inputs that the trees ask about, and the cells they have.
#[derive(Debug)]
pub struct Cells {
    /// For each input its number among those that are asked about.
    used: Vec<Option<u32>>,
    asked: usize,
    outputs: usize,
    what: What,
}

impl Cells {
    /// Numbers the inputs of a forest. Fails when there are too many sums to keep.
    pub fn new(forest: &Forest, what: What) -> Result<Self> {
        let mut used = vec![None; forest.inputs];
        for node in forest.trees.iter().flat_map(|tree| &tree.nodes) {
            if let Node::Split { input, .. } = node {
                used[*input as usize] = Some(0);
            }
        }
        let mut asked = 0;
        for slot in used.iter_mut().flatten() {
            *slot = asked;
            asked += 1;
        }
        let cells = Self {
            used,
            asked: asked as usize,
            outputs: forest.outputs,
            what,
        };
        let wanted = cells.each().checked_mul(forest.outputs);
        if wanted.is_none_or(|wanted| wanted > MOST) {
            return Err(Error::new(format!(
                "the trees ask about {asked} inputs for {} outputs: more than {MOST} sums for each row",
                forest.outputs
            ))
            .help("explain fewer outputs, or values without interactions"));
        }
        Ok(cells)
    }

    /// Inputs that are asked about.
    pub fn asked(&self) -> usize {
        self.asked
    }

    /// Cells of each output.
    fn each(&self) -> usize {
        match self.what {
            What::Values => self.asked,
            What::Pairs => self.asked + self.asked * self.asked.saturating_sub(1) / 2,
        }
    }

    /// All cells.
    pub fn count(&self) -> usize {
        self.each() * self.outputs
    }

    /// The number of an input among those that are asked about.
    pub fn number(&self, input: usize) -> Option<usize> {
        self.used.get(input).copied().flatten().map(|n| n as usize)
    }

    /// The first cell of an output: that of the first input that is asked about; the other inputs follow in order.
    pub fn first(&self, output: usize) -> usize {
        output * self.each()
    }

    /// The cell of an input that is asked about; the first for others.
    pub fn value(&self, output: usize, input: u32) -> usize {
        output * self.each() + self.number(input as usize).unwrap_or(0)
    }

    /// The cell of two different numbers of inputs.
    pub fn pair(&self, output: usize, a: usize, b: usize) -> usize {
        let (low, high) = (a.min(b), a.max(b));
        let before = low * (2 * self.asked - low - 1) / 2;
        output * self.each() + self.asked + before + high - low - 1
    }
}
