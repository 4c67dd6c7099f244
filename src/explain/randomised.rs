//! The same model with its parameters in another order: an explanation of it should look different, or it says nothing of
//! the model (parameter randomisation; Adebayo et al. 2018, arXiv:1810.03292). The test is necessary, not sufficient.

use crate::error::{Error, Result, shown};
use crate::model::forest::Forest;
use crate::model::predict::{Model, Opened};
use crate::model::{linear, network};
use crate::random::Stream;
use crate::record::ModelCard;
use std::collections::BTreeMap;
use std::path::Path;

/// A forest whose leaf values are shuffled among all its trees; questions and covers stay. Values change places among the leaves
/// that add to the same output.
pub fn forest(forest: &Forest, mut stream: Stream) -> Result<Forest> {
    let mut trees = forest.trees.clone();
    let mut values: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for tree in &trees {
        for leaf in tree.values.chunks(tree.outputs.max(1)) {
            for (output, value) in (tree.first..).zip(leaf) {
                values.entry(output).or_default().push(*value);
            }
        }
    }
    values.values_mut().for_each(|list| stream.shuffle(list));
    for tree in &mut trees {
        for leaf in tree.values.chunks_mut(tree.outputs.max(1)) {
            for (output, value) in (tree.first..).zip(leaf) {
                if let Some(other) = values.get_mut(&output).and_then(Vec::pop) {
                    *value = other;
                }
            }
        }
    }
    Forest::new(
        forest.inputs,
        forest.arithmetic,
        forest.base.clone(),
        forest.divisor,
        trees,
    )
}

/// Where a model can be opened again with its numbers in another order.
#[derive(Debug, Clone, Copy)]
pub struct Shuffled<'a> {
    /// Its card.
    pub card: &'a ModelCard,
    /// Its folder.
    pub folder: &'a Path,
}

impl Shuffled<'_> {
    /// Opens it so; `None` for formats of which that cannot be done.
    pub fn open(&self, stream: Stream) -> Option<Result<Box<dyn Model>>> {
        if !matches!(self.card.format.as_str(), "linear" | "safetensors") {
            return None;
        }
        let first = |mut errors: Vec<Error>| match errors.is_empty() {
            true => Error::new("the model could not be opened again"),
            false => errors.swap_remove(0),
        };
        Some(open(self.card, self.folder, stream).map_err(first))
    }
}

/// Opens the model of a card with its numbers in another order: the weights of a network within each tensor, those of an
/// equation among its terms (what levels, ranges and splines give is among them, the intercept is not). Trees are shuffled by
/// [`forest`]. Fails for other formats, and where opening fails.
pub fn open(card: &ModelCard, folder: &Path, mut stream: Stream) -> Opened {
    match card.format.as_str() {
        "linear" => linear::open_with(card, folder, &mut |numbers| stream.shuffle(numbers)),
        "safetensors" => {
            network::net::open_with(card, folder, &mut |numbers| stream.shuffle(numbers))
        }
        other => Err(vec![Error::new(format!(
            "the parameters of a `{}` model cannot be put in another order",
            shown(other)
        ))]),
    }
}
