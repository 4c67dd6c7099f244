//! Trees laid out so that many rows can be scored fast ([`crate::model::forest_walk`]).
//!
//! A row does not carry its numbers but their *ranks*: how many of the thresholds of that input are at or below the number.
//! `x < t` for the threshold in place `k` is `rank(x) < k + 1`, in any arithmetic, exactly. A missing value gets the lowest or
//! the highest rank, so it needs no branch either; where splits treat missing values differently, the input has one column
//! of ranks for each way. A tree that is nearly full is padded to a perfect one (from node `i` to `2i + 1` on the
//! left and `2i` on the right: what a comparison gives is what is added), others keep the place of the left child; trees that ask about categories or single numbers are walked node by node.

use crate::model::forest_guide::Guide;
use crate::model::tree::{Missing, Node, Rule, Tree};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ops::AddAssign;

/// Rows whose ranks in a column stand side by side.
pub const LANES: usize = 8;
/// Columns of ranks a stage can have: a node names the place of its column in two bytes.
const COLUMNS: usize = (1 << 16) / LANES;
/// Splits on one input in a stage: a node names its threshold in two bytes.
const SPLITS: usize = 60_000;
/// A rank nothing reaches: a node with this key sends everything left.
const NEVER: u16 = u16::MAX;
/// The rank of a missing value that goes right: one less, so that it stays below a leaf's key.
pub const ALWAYS: u16 = u16::MAX - 1;
/// Trees up to this depth are padded whatever they cost.
const SHALLOW: usize = 6;
/// Deeper trees than this are never padded.
const DEEP: usize = 10;

/// The arithmetic of leaves and sums.
pub trait Real: Copy + Default + AddAssign + Send + Sync + std::fmt::Debug {
    /// Rounds to this arithmetic.
    fn of(x: f64) -> Self;
    /// Without loss.
    fn wide(self) -> f64;
}

impl Real for f32 {
    fn of(x: f64) -> Self {
        x as f32
    }
    fn wide(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    fn of(x: f64) -> Self {
        x
    }
    fn wide(self) -> f64 {
        self
    }
}

/// The layout of all trees of a forest.
#[derive(Debug)]
pub struct Layout<A> {
    /// In the order of their trees.
    pub stages: Vec<Stage<A>>,
}

/// Consecutive trees that share one table of ranks.
#[derive(Debug)]
pub struct Stage<A> {
    /// The inputs its trees ask about.
    pub features: Vec<Feature>,
    /// Columns of ranks, each of [`LANES`] rows.
    pub columns: usize,
    /// Place of each tree in the forest, and its shape.
    pub trees: Vec<(usize, Shape<A>)>,
}

/// One input of a stage.
#[derive(Debug)]
pub struct Feature {
    /// Its place among the model's inputs.
    pub input: usize,
    /// Where to find the rank of a number.
    pub guide: Guide,
    /// Columns of ranks and how each treats a missing value.
    pub columns: Vec<(usize, Missing)>,
}

/// A tree, ready to be walked.
#[derive(Debug)]
pub enum Shape<A> {
    /// Nodes from place 1 on, a power of two of them; leaves behind each other, for every output.
    Perfect {
        /// A power of two.
        nodes: Vec<Step>,
        /// As many as nodes, for each output.
        leaves: Vec<A>,
    },
    /// Nodes in the tree's order; a leaf leads to itself.
    Chain {
        /// One for each node.
        hops: Vec<Hop>,
        /// One for each node, for each output.
        leaves: Vec<A>,
    },
    /// Walked node by node.
    Walk,
}

/// A question: does the rank in this column exceed the key?
#[derive(Debug, Clone, Copy, Default)]
pub struct Step {
    /// Ranks below it go left.
    pub key: u16,
    /// Place of its column of ranks: its number times [`LANES`].
    pub place: u16,
}

/// The same question in a tree that is not padded.
#[derive(Debug, Clone, Copy)]
pub struct Hop {
    /// Ranks below it go left.
    pub key: u16,
    /// Place of the left child; the right one follows.
    pub left: u16,
    /// Place of its column of ranks: its number times [`LANES`].
    pub place: u16,
}

impl<A: Real> Layout<A> {
    /// Lays out trees over so many inputs.
    pub fn new(trees: &[Tree], inputs: usize) -> Self {
        let mut stages = Vec::new();
        let mut plan = Plan::new(inputs);
        let walked: Vec<bool> = trees.par_iter().map(walks).collect();
        for (place, (tree, walks)) in trees.iter().zip(walked).enumerate() {
            if !walks && !plan.takes(tree) {
                stages.push(plan.build(trees));
                plan = Plan::new(inputs);
                plan.takes(tree);
            }
            plan.trees.push((place, walks));
        }
        stages.push(plan.build(trees));
        Self { stages }
    }
}

/// A stage while its trees are collected.
struct Plan {
    trees: Vec<(usize, bool)>,
    /// For each input, its columns of ranks: how a missing value is treated, and which column.
    columns: Vec<Vec<(Missing, usize)>>,
    /// Columns so far.
    count: usize,
    splits: Vec<usize>,
}

impl Plan {
    fn new(inputs: usize) -> Self {
        Self {
            trees: Vec::new(),
            columns: vec![Vec::new(); inputs],
            count: 0,
            splits: vec![0; inputs],
        }
    }

    /// Counts the tree in when the stage has room for it.
    fn takes(&mut self, tree: &Tree) -> bool {
        let before = self.count;
        let mut grown = Vec::new();
        let mut full = false;
        for (input, _, missing) in questions(tree) {
            let input = input as usize;
            self.splits[input] += 1;
            full |= self.splits[input] > SPLITS;
            let ways = &mut self.columns[input];
            if ways.iter().all(|(way, _)| *way != missing) {
                ways.push((missing, self.count));
                self.count += 1;
                grown.push(input);
            }
        }
        if self.count <= COLUMNS && !full {
            return true;
        }
        for (input, ..) in questions(tree) {
            self.splits[input as usize] -= 1;
        }
        for input in grown {
            self.columns[input].pop();
        }
        self.count = before;
        false
    }

    fn build<A: Real>(self, trees: &[Tree]) -> Stage<A> {
        let own = || {
            let all = self.trees.iter();
            all.filter_map(|(place, walks)| Some((trees.get(*place)?, *place, *walks)))
        };
        let mut thresholds = vec![Vec::new(); self.columns.len()];
        for (tree, ..) in own().filter(|(.., walks)| !walks) {
            for (input, threshold, _) in questions(tree) {
                // both zeros are one number
                thresholds[input as usize].push(threshold + 0.0);
            }
        }
        // input by input, so that a guide stays in the fastest memory while it is asked
        let ranked = |list: Vec<f64>| {
            let mut sorted = list.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted.dedup();
            let guide = Guide::new(sorted);
            let ranks: Vec<u16> = list
                .iter()
                .map(|threshold| guide.rank(*threshold))
                .collect();
            (guide, ranks)
        };
        let (guides, ranks): (Vec<Guide>, Vec<Vec<u16>>) =
            thresholds.into_par_iter().map(ranked).unzip();
        let mut next: Vec<_> = ranks.iter().map(|ranks| ranks.iter()).collect();
        let asked: Vec<_> = own()
            .map(|(tree, place, walks)| {
                let key = |input: u32| next[input as usize].next().copied().unwrap_or(NEVER);
                let keys = match walks {
                    true => None,
                    false => Some(questions(tree).map(|(input, ..)| input).map(key).collect()),
                };
                (tree, place, keys)
            })
            .collect();
        let shaped = |(tree, place, keys): (&Tree, usize, Option<Vec<u16>>)| {
            let shape = match keys {
                None => Shape::Walk,
                Some(keys) => shape(tree, &self.steps(tree, keys)),
            };
            (place, shape)
        };
        let trees = asked.into_par_iter().map(shaped).collect();
        let features = guides
            .into_iter()
            .enumerate()
            .zip(self.columns)
            .filter(|(_, ways)| !ways.is_empty())
            .map(|((input, guide), ways)| Feature {
                input,
                guide,
                columns: ways
                    .into_iter()
                    .map(|(way, column)| (column, way))
                    .collect(),
            });
        Stage {
            features: features.collect(),
            columns: self.count,
            trees,
        }
    }

    /// What each node of a tree asks; `keys` has one for each of its questions.
    fn steps(&self, tree: &Tree, keys: Vec<u16>) -> Vec<Step> {
        let mut keys = keys.into_iter();
        let step = |node: &Node| match node {
            Node::Split { input, missing, .. } => Step {
                key: keys.next().unwrap_or(NEVER),
                place: self.columns[*input as usize]
                    .iter()
                    .find(|(way, _)| way == missing)
                    .map_or(0, |(_, column)| (column * LANES) as u16),
            },
            Node::Leaf { .. } => Step {
                key: NEVER,
                place: 0,
            },
        };
        tree.nodes.iter().map(step).collect()
    }
}

/// True for trees that are walked node by node.
fn walks(tree: &Tree) -> bool {
    let strange = |node: &Node| match node {
        Node::Split { rule, .. } => !matches!(rule, Rule::Below(_)),
        Node::Leaf { .. } => false,
    };
    let wide = || {
        let ways: BTreeSet<_> = questions(tree)
            .map(|(input, _, way)| (input, way))
            .collect();
        ways.len() > COLUMNS
    };
    tree.nodes.len() > SPLITS
        || tree.nodes.iter().any(strange)
        || (tree.nodes.len() > COLUMNS && wide())
}

fn questions(tree: &Tree) -> impl Iterator<Item = (u32, f64, Missing)> {
    tree.nodes.iter().filter_map(|node| match node {
        Node::Split {
            input,
            rule: Rule::Below(threshold),
            missing,
            ..
        } => Some((*input, *threshold, *missing)),
        _ => None,
    })
}

fn shape<A: Real>(tree: &Tree, steps: &[Step]) -> Shape<A> {
    let slots = 1_usize << tree.depth.min(DEEP);
    let full = tree.depth <= SHALLOW || slots <= 2 * tree.nodes.len();
    if tree.depth <= DEEP && full {
        let mut nodes = vec![
            Step {
                key: NEVER,
                place: 0
            };
            slots
        ];
        let mut leaves = vec![A::default(); slots * tree.outputs];
        pad(tree, steps, (0, 1), slots, &mut nodes, &mut leaves);
        return Shape::Perfect { nodes, leaves };
    }
    let count = tree.nodes.len();
    let mut leaves = vec![A::default(); count * tree.outputs];
    let hop = |(place, node): (usize, &Node)| {
        let left = match node {
            Node::Split { left, .. } => *left as usize,
            Node::Leaf { leaf, .. } => {
                for output in 0..tree.outputs {
                    let value = tree.values[*leaf as usize * tree.outputs + output];
                    leaves[output * count + place] = A::of(value);
                }
                place
            }
        };
        let Step { key, place } = steps.get(place).copied().unwrap_or_default();
        let left = left as u16;
        Hop { key, left, place }
    };
    Shape::Chain {
        hops: tree.nodes.iter().enumerate().map(hop).collect(),
        leaves,
    }
}

/// Puts the node at `from` into place `to` of a perfect tree, with all below it. A leaf above the lowest level fills
/// every place below it.
fn pad<A: Real>(
    tree: &Tree,
    steps: &[Step],
    (from, to): (usize, usize),
    slots: usize,
    nodes: &mut [Step],
    leaves: &mut [A],
) {
    let Some(node) = tree.nodes.get(from) else {
        return;
    };
    match node {
        Node::Split { left, .. } if to < slots => {
            nodes[to] = steps.get(from).copied().unwrap_or_default();
            let left = *left as usize;
            pad(tree, steps, (left, 2 * to + 1), slots, nodes, leaves);
            pad(tree, steps, (left + 1, 2 * to), slots, nodes, leaves);
        }
        Node::Split { .. } => {}
        Node::Leaf { leaf, .. } => {
            let (mut low, mut high) = (to, to + 1);
            while low < slots {
                (low, high) = (2 * low, 2 * high);
            }
            for output in 0..tree.outputs {
                let value = tree.values[*leaf as usize * tree.outputs + output];
                leaves[output * slots + low - slots..output * slots + high - slots]
                    .fill(A::of(value));
            }
        }
    }
}
