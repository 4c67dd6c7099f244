//! What "not knowing an input" means: the two games whose Shapley values explain a tree.
//!
//! Both read a leaf as a product over the inputs on its path, so both can be integrated the same way
//! ([`crate::explain::tree::table`]). With covers, an input that is not known takes each side of its splits as often as the rows of
//! training did (Lundberg et al. 2018, "path-dependent"). With a background, it takes the value that the rows of a sample
//! have (Janzing et al. 2020; Lundberg et al. 2020, "interventional").

use crate::error::{Error, Result};
use crate::model::tree::{Node, Tree};

/// A background of fewer rows says little; explainers that a report shows ask for this many.
pub const ENOUGH_BACKGROUND: usize = 100;

/// What stands in for inputs that are not known.
#[derive(Debug, Clone, PartialEq)]
pub enum Game {
    /// The weights of training rows that the file keeps with its nodes.
    Covers,
    /// Rows of a sample.
    Background(Background),
}

/// Rows that stand in for what is not known, with their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Background {
    columns: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

impl Background {
    /// One column for each input of the forest, as the forest sees them (`Ensemble::rows`), and a weight for each row; all
    /// the same unless given. Fails on columns of different length, no rows, and weights that are no finite numbers from 0
    /// up or are all 0.
    pub fn new(columns: Vec<Vec<f64>>, weights: Option<Vec<f64>>) -> Result<Self> {
        let rows = columns.first().map_or(0, Vec::len);
        if rows == 0 {
            return Err(Error::new("the background has no rows")
                .help("take at least 100 rows of the development data"));
        }
        if columns.iter().any(|column| column.len() != rows) {
            return Err(Error::new("the columns of the background differ in length"));
        }
        let mut weights = weights.unwrap_or_else(|| vec![1.0; rows]);
        if weights.len() != rows {
            return Err(Error::new(format!(
                "the background has {rows} rows and {} weights",
                weights.len()
            )));
        }
        let sum: f64 = weights.iter().sum();
        let wrong = weights
            .iter()
            .any(|weight| !(0.0..=f64::MAX).contains(weight));
        if wrong || !sum.is_finite() || sum <= 0.0 {
            return Err(Error::new(
                "the weights of the background are not finite numbers from 0 up with a sum above 0",
            ));
        }
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Ok(Self { columns, weights })
    }

    /// One column for each input.
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// One weight for each row; they sum to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }
}

fn cover(node: &Node) -> f64 {
    let (Node::Leaf { cover, .. } | Node::Split { cover, .. }) = node;
    cover.max(0.0)
}

/// True when the file says how many rows came by, wherever a tree splits.
pub fn covered(tree: &Tree) -> bool {
    match tree.nodes.first() {
        Some(root @ Node::Split { .. }) => cover(root) > 0.0,
        _ => true,
    }
}

/// The share of a parent's weight that goes on to its children, left and right. Where no row came by, each gets half: the
/// way there has no weight, so it does not count.
pub fn shares(tree: &Tree, parent: usize, left: usize) -> [f64; 2] {
    let of = |place: usize| tree.nodes.get(place).map_or(0.0, cover);
    let whole = of(parent);
    let share = |child: usize| {
        let share = of(child) / whole;
        if share.is_finite() {
            share.min(1.0)
        } else {
            0.5
        }
    };
    [share(left), share(left + 1)]
}

/// What a tree says of a row nothing is known of, by its covers: one number for each of its outputs.
pub fn mean(tree: &Tree) -> Vec<f64> {
    let mut reach = vec![0.0; tree.nodes.len()];
    let mut sums = vec![0.0; tree.outputs];
    if let Some(root) = reach.first_mut() {
        *root = 1.0;
    }
    for (place, node) in tree.nodes.iter().enumerate() {
        match node {
            Node::Split { left, .. } => {
                let left = *left as usize;
                let here = reach[place];
                for (child, share) in (left..).zip(shares(tree, place, left)) {
                    reach[child] = here * share;
                }
            }
            Node::Leaf { leaf, .. } => {
                let values = tree.values.iter().skip(*leaf as usize * tree.outputs);
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += reach[place] * value;
                }
            }
        }
    }
    sums
}
