//! One decision tree, whoever grew it, checked before it is used.
//!
//! Nodes stand in breadth-first order, so children come after their parent and the right child directly after the
//! left one. Numbers are compared as the origin compares them: inputs of an origin that counts in 32 bits are rounded to
//! 32 bits first; a rule `x <= t` is kept as `x < next(t)`, which is the same question.
//!
//! Counts (`cover`) are kept for explanations; scoring does not read them.

use crate::error::{Error, Result};

/// More nodes in one tree are refused.
pub const MOST_NODES: usize = 1 << 22;
/// A longer path from the root to a leaf is refused.
const DEEPEST: usize = 1 << 10;

/// How the origin counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// Inputs, leaves and sums in 32 bits.
    Single,
    /// Everything in 64 bits.
    Double,
}

/// What a split does with a missing value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// It goes left.
    Left,
    /// It goes right.
    Right,
    /// It counts as zero.
    Zero,
    /// It goes left, and so does a zero (within 1e-35).
    ZeroLeft,
    /// It goes right, and so does a zero (within 1e-35).
    ZeroRight,
}

/// The question of a split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Values below the number go left.
    Below(f64),
    /// The number itself goes left.
    Equal(f64),
    /// Categories of a set (its place in [`Tree::sets`]) go to one side, all others to the other.
    Among {
        /// Place of the set.
        set: u32,
        /// True when its members go left.
        left: bool,
    },
}

/// A node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// The end of a path.
    Leaf {
        /// Place of its values in [`Tree::values`], counted in leaves.
        leaf: u32,
        /// Weight of the training rows that ended here; 0 when the file does not say.
        cover: f64,
    },
    /// A question.
    Split {
        /// The input it asks about.
        input: u32,
        /// The question.
        rule: Rule,
        /// What it does with a missing value.
        missing: Missing,
        /// The left child; the right one follows it.
        left: u32,
        /// Weight of the training rows that came by; 0 when the file does not say.
        cover: f64,
    },
}

/// One tree.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    /// Breadth-first; the root is the first.
    pub nodes: Vec<Node>,
    /// Values of the leaves, `outputs` for each.
    pub values: Vec<f64>,
    /// The first output the tree adds to.
    pub first: usize,
    /// How many outputs it adds to.
    pub outputs: usize,
    /// Sets of categories, as bits: category `c` is bit `c % 64` of word `c / 64`.
    pub sets: Vec<Vec<u64>>,
    /// Questions on the longest path.
    pub depth: usize,
}

/// What the sets of categories of a whole file may take: a file cannot ask for more memory than this.
#[derive(Debug)]
pub struct WordBudget(usize);

impl Default for WordBudget {
    fn default() -> Self {
        Self(1 << 24)
    }
}

impl WordBudget {
    /// An empty set of so many words.
    pub fn words(&mut self, count: usize) -> Result<Vec<u64>> {
        match self.0.checked_sub(count) {
            Some(left) => {
                self.0 = left;
                Ok(vec![0; count])
            }
            None => Err(Error::new(
                "the sets of categories are larger than any model's",
            )),
        }
    }
}

/// A node as a file has it, before anything is known to be true of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// A leaf of a tree with one output.
    Leaf(f64),
    /// A leaf with one value for each output of its tree.
    Leaves(Vec<f64>),
    /// Input, question, missing rule, and the places of the left and the right child.
    Split(usize, Rule, Missing, usize, usize),
}

/// A file's nodes: `raw(place)` and `cover(place)` for places below `count`, the root at 0.
pub struct Source<'a> {
    /// Number of nodes.
    pub count: usize,
    /// A node; an error when the file's arrays contradict themselves there.
    pub raw: &'a dyn Fn(usize) -> Result<Raw>,
    /// The weight of a node; 0 when unknown.
    pub cover: &'a dyn Fn(usize) -> f64,
}

impl Tree {
    /// Orders the nodes that can be reached from the root and checks each: children exist and have one parent, inputs lie
    /// below `inputs`, thresholds and values are numbers, sets are there, no path is too long.
    pub fn build(source: &Source<'_>, inputs: usize, sets: Vec<Vec<u64>>) -> Result<Self> {
        if source.count == 0 {
            return Err(Error::new("the tree has no nodes"));
        }
        if source.count > MOST_NODES {
            return Err(Error::new(format!(
                "the tree has {} nodes, more than the {MOST_NODES} it may have",
                source.count
            )));
        }
        let mut tree = Self {
            sets,
            ..Self::default()
        };
        let mut met = vec![false; source.count];
        // a whole tree needs no more room
        let mut queue = Vec::with_capacity(source.count);
        queue.push((0, 0));
        tree.nodes.reserve_exact(source.count);
        let mut next = 1_u32;
        while let Some(&(place, depth)) = queue.get(tree.nodes.len()) {
            match met.get_mut(place) {
                Some(met) if !*met => *met = true,
                Some(_) => {
                    return Err(Error::new(format!(
                        "node {place} is reached on two ways: the tree has a loop"
                    )));
                }
                None => {
                    return Err(Error::new(format!(
                        "a child is node {place}, and the tree has {} nodes",
                        source.count
                    )));
                }
            }
            if depth > DEEPEST {
                return Err(Error::new(format!(
                    "a path of the tree has more than {DEEPEST} questions"
                )));
            }
            tree.depth = tree.depth.max(depth);
            let cover = (source.cover)(place);
            let cover = if cover.is_finite() { cover } else { 0.0 };
            let node = match (source.raw)(place)? {
                Raw::Leaf(value) => {
                    let leaf = tree.leaf(&[value], place)?;
                    Node::Leaf { leaf, cover }
                }
                Raw::Leaves(values) => {
                    let leaf = tree.leaf(&values, place)?;
                    Node::Leaf { leaf, cover }
                }
                Raw::Split(input, rule, missing, left, right) => {
                    check(input, rule, place, inputs, &tree.sets)?;
                    queue.extend([(left, depth + 1), (right, depth + 1)]);
                    let left = next;
                    next += 2;
                    Node::Split {
                        input: input as u32,
                        rule,
                        missing,
                        left,
                        cover,
                    }
                }
            };
            tree.nodes.push(node);
        }
        Ok(tree)
    }

    fn leaf(&mut self, values: &[f64], place: usize) -> Result<u32> {
        if self.values.is_empty() {
            self.outputs = values.len();
        }
        if values.is_empty() || values.len() != self.outputs {
            return Err(Error::new(format!(
                "leaf {place} has {} values where others have {}",
                values.len(),
                self.outputs
            )));
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::new(format!(
                "the value of leaf {place} is no finite number"
            )));
        }
        let leaf = self.values.len() / self.outputs;
        self.values.extend_from_slice(values);
        Ok(leaf as u32)
    }

    /// The leaf a row ends in; `value(input)` is NaN where missing.
    pub fn leaf_of(&self, arithmetic: Arithmetic, value: impl Fn(u32) -> f64) -> usize {
        let mut at = 0;
        loop {
            match self.nodes.get(at) {
                Some(Node::Split {
                    input,
                    rule,
                    missing,
                    left,
                    ..
                }) => {
                    let goes_left = self.goes_left(*rule, *missing, arithmetic, value(*input));
                    at = *left as usize + usize::from(!goes_left);
                }
                Some(Node::Leaf { leaf, .. }) => return *leaf as usize,
                None => return 0,
            }
        }
    }

    /// The side a value takes.
    pub fn goes_left(&self, rule: Rule, missing: Missing, arithmetic: Arithmetic, x: f64) -> bool {
        let number = missing.number(x);
        match rule {
            Rule::Below(threshold) => match number {
                Ok(x) => x < threshold,
                Err(left) => left,
            },
            Rule::Equal(wanted) => match number {
                Ok(x) => x == wanted,
                Err(left) => left,
            },
            Rule::Among { set, left } => match number {
                Ok(x) => {
                    let set = self.sets.get(set as usize).map_or(&[][..], Vec::as_slice);
                    holds(set, arithmetic, x) == left
                }
                Err(left) => left,
            },
        }
    }
}

/// 1e-35 as LightGBM has it, rounded to 32 bits (`LightGBM::kZeroThreshold`).
const ZERO: f64 = 1e-35_f32 as f64;

impl Missing {
    /// True when nothing but a missing value is treated in a special way.
    pub fn only_gaps(self) -> bool {
        matches!(self, Self::Left | Self::Right | Self::Zero)
    }

    /// The number to compare, or the side to take (true is left) when there is none.
    pub fn number(self, x: f64) -> std::result::Result<f64, bool> {
        let zero = x.is_nan() || x.abs() <= ZERO;
        match self {
            Self::Left if x.is_nan() => Err(true),
            Self::Right if x.is_nan() => Err(false),
            Self::Zero if x.is_nan() => Ok(0.0),
            Self::ZeroLeft if zero => Err(true),
            Self::ZeroRight if zero => Err(false),
            _ => Ok(x),
        }
    }
}

/// True when the set holds the category: `x` without its fraction. XGBoost knows no category below zero
/// (`xgboost::common::InvalidCat`), LightGBM cuts −0.5 to 0 (`LightGBM::Tree::CategoricalDecision`).
fn holds(set: &[u64], arithmetic: Arithmetic, x: f64) -> bool {
    let lowest = match arithmetic {
        Arithmetic::Single => x >= 0.0,
        Arithmetic::Double => x > -1.0,
    };
    let most = (set.len() * 64) as f64;
    lowest && x < most && {
        let category = x as usize;
        set.get(category / 64)
            .is_some_and(|word| word >> (category % 64) & 1 == 1)
    }
}

fn check(input: usize, rule: Rule, place: usize, inputs: usize, sets: &[Vec<u64>]) -> Result<()> {
    if input >= inputs {
        return Err(Error::new(format!(
            "node {place} asks about input {input}, and there are {inputs} (counted from 0)"
        )));
    }
    match rule {
        Rule::Below(threshold) | Rule::Equal(threshold) if threshold.is_nan() => Err(Error::new(
            format!("the threshold of node {place} is not a number"),
        )),
        Rule::Among { set, .. } if set as usize >= sets.len() => Err(Error::new(format!(
            "node {place} asks about a set of categories that is not there"
        ))),
        _ => Ok(()),
    }
}
