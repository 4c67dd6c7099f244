//! What a model's file itself knows about the values of an input: how it standardises them, what training saw, where its
//! splits lie.

use crate::model::forest::Forest;
use crate::model::tree::{Node, Rule};

/// Facts about one input; what the file does not say is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Known {
    /// Mean and standard deviation the file standardises with.
    pub standard: Option<[f64; 2]>,
    /// Lowest and highest value that training saw.
    pub seen: Option<[f64; 2]>,
    /// Lowest and highest threshold of all splits on it.
    pub split: Option<[f64; 2]>,
    /// How many splits ask about it.
    pub splits: usize,
}

impl Known {
    /// Takes in one more threshold.
    pub fn threshold(&mut self, threshold: f64) {
        if !threshold.is_finite() {
            return;
        }
        let [low, high] = self.split.unwrap_or([threshold; 2]);
        self.split = Some([low.min(threshold), high.max(threshold)]);
        self.splits += 1;
    }
}

/// The splits of a forest on each of its inputs. Questions about categories are no numbers and do not count.
pub fn of_forest(forest: &Forest) -> Vec<Known> {
    let mut known = vec![Known::default(); forest.inputs];
    for node in forest.trees.iter().flat_map(|tree| &tree.nodes) {
        if let Node::Split { input, rule, .. } = node
            && let Rule::Below(threshold) = rule
            && let Some(known) = known.get_mut(*input as usize)
        {
            known.threshold(*threshold);
        }
    }
    known
}
