//! What a forest asks of its rows, asked once for all trees: numbers become ranks among an input's thresholds, so that a
//! question is one comparison of two bytes, for many rows in step.

use crate::model::forest::Forest;
use crate::model::forest_guide::Guide;
use crate::model::tree::{Missing, Node, Rule};
use std::collections::BTreeMap;

/// Rows that go through a tree side by side.
pub const GROUP: usize = 128;
/// What a group says to a question: all bits set where it goes left.
pub type Answers = [u16; GROUP];

/// Thresholds of one input that ranks can count.
const MOST: usize = 60_000;
/// Columns of ranks that are kept.
const COLUMNS: usize = 1 << 16;
/// The rank of a missing value that goes right.
const ALWAYS: u16 = u16::MAX - 1;

/// How a split is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Question {
    /// Left when the rank in this column is below the key.
    Rank {
        /// Place of the column.
        column: u32,
        /// The first rank that goes right.
        key: u16,
    },
    /// Asked of each row, for categories and single numbers.
    Odd {
        /// Place of the tree.
        tree: u32,
        /// Place of the node.
        node: u32,
    },
}

#[derive(Debug)]
struct Feature {
    input: usize,
    guide: Guide,
    columns: Vec<(usize, Missing)>,
}

/// All questions of a forest.
#[derive(Debug)]
pub struct Questions {
    features: Vec<Feature>,
    count: usize,
    /// For each tree, for each node.
    trees: Vec<Vec<Option<Question>>>,
}

/// Some rows, ready to be asked.
#[derive(Debug)]
pub struct Rows<'a> {
    /// The forest that asks.
    pub forest: &'a Forest,
    /// All rows: one column for each input, NaN where missing.
    pub columns: &'a [Vec<f64>],
    /// The first row.
    pub start: usize,
    /// How many rows there are.
    pub count: usize,
    /// Columns of ranks, for each group behind each other.
    ranks: Vec<Answers>,
    width: usize,
}

impl Questions {
    /// Collects the questions of a forest.
    pub fn new(forest: &Forest) -> Self {
        let mut thresholds: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        let mut columns: BTreeMap<(u32, Missing), usize> = BTreeMap::new();
        for node in forest.trees.iter().flat_map(|tree| &tree.nodes) {
            if let Node::Split {
                input,
                rule: Rule::Below(threshold),
                missing,
                ..
            } = node
            {
                thresholds.entry(*input).or_default().push(*threshold);
                let next = columns.len();
                columns.entry((*input, *missing)).or_insert(next);
            }
        }
        for list in thresholds.values_mut() {
            list.sort_unstable_by(f64::total_cmp);
            list.dedup();
        }
        thresholds.retain(|_, list| list.len() <= MOST);
        let question = |tree: usize, node: usize, of: &Node| match of {
            Node::Split {
                input,
                rule,
                missing,
                ..
            } => {
                let list = thresholds.get(input);
                let column = columns.get(&(*input, *missing));
                let rank = match (rule, list, column) {
                    (Rule::Below(threshold), Some(list), Some(column)) if *column < COLUMNS => {
                        let key = list.partition_point(|t| t < threshold) as u16 + 1;
                        let column = *column as u32;
                        Some(Question::Rank { column, key })
                    }
                    _ => None,
                };
                Some(rank.unwrap_or(Question::Odd {
                    tree: tree as u32,
                    node: node as u32,
                }))
            }
            Node::Leaf { .. } => None,
        };
        let trees = forest.trees.iter().enumerate();
        let trees = trees.map(|(place, tree)| {
            let nodes = tree.nodes.iter().enumerate();
            nodes.map(|(node, of)| question(place, node, of)).collect()
        });
        let trees = trees.collect();
        let count = columns.len().min(COLUMNS);
        let features = thresholds.into_iter().map(|(input, list)| {
            let ways = columns
                .iter()
                .filter(|((of, _), c)| *of == input && **c < COLUMNS);
            Feature {
                input: input as usize,
                guide: Guide::new(list),
                columns: ways.map(|((_, missing), c)| (*c, *missing)).collect(),
            }
        });
        Self {
            features: features.collect(),
            count,
            trees,
        }
    }

    /// The question of a node; none for a leaf.
    pub fn of(&self, tree: usize, node: usize) -> Option<Question> {
        self.trees.get(tree)?.get(node).copied().flatten()
    }

    /// Bytes of ranks for a row.
    pub fn bytes(&self) -> usize {
        2 * self.count
    }

    /// Ranks some rows.
    pub fn rows<'a>(
        &self,
        forest: &'a Forest,
        columns: &'a [Vec<f64>],
        start: usize,
        count: usize,
    ) -> Rows<'a> {
        let groups = count.div_ceil(GROUP);
        let mut ranks = vec![[0; GROUP]; groups * self.count];
        for feature in &self.features {
            let Some(values) = columns
                .get(feature.input)
                .and_then(|all| all.get(start..start + count))
            else {
                continue;
            };
            let zero = feature.guide.rank(0.0);
            for (group, values) in values.chunks(GROUP).enumerate() {
                let found: Vec<u16> = values.iter().map(|x| feature.guide.rank(*x)).collect();
                for (column, missing) in &feature.columns {
                    let Some(into) = ranks.get_mut(group * self.count + column) else {
                        continue;
                    };
                    for ((rank, found), x) in into.iter_mut().zip(&found).zip(values) {
                        *rank = match missing.number(*x) {
                            Err(true) => 0,
                            Err(false) => ALWAYS,
                            Ok(_) if x.is_nan() => zero,
                            Ok(_) => *found,
                        };
                    }
                }
            }
        }
        Rows {
            forest,
            columns,
            start,
            count,
            ranks,
            width: self.count,
        }
    }
}

impl Rows<'_> {
    /// Groups of rows; the last one may hold fewer, and what is said of rows beyond it means nothing.
    pub fn groups(&self) -> usize {
        self.count.div_ceil(GROUP)
    }

    /// How many rows a group holds.
    pub fn within(&self, group: usize) -> usize {
        (self.count - (group * GROUP).min(self.count)).min(GROUP)
    }

    /// Asks a group.
    #[inline(always)]
    pub fn ask(&self, group: usize, question: Question, into: &mut Answers) {
        match question {
            Question::Rank { column, key } => {
                if let Some(ranks) = self.ranks.get(group * self.width + column as usize) {
                    for (answer, rank) in into.iter_mut().zip(ranks) {
                        *answer = if *rank < key { u16::MAX } else { 0 };
                    }
                }
            }
            Question::Odd { tree, node } => self.odd(group, tree as usize, node as usize, into),
        }
    }

    #[inline(never)]
    fn odd(&self, group: usize, tree: usize, node: usize, into: &mut Answers) {
        let first = self.start + group * GROUP;
        let within = self.within(group);
        let Some(tree) = self.forest.trees.get(tree) else {
            return;
        };
        if let Some(Node::Split {
            input,
            rule,
            missing,
            ..
        }) = tree.nodes.get(node)
            && let Some(values) = self
                .columns
                .get(*input as usize)
                .and_then(|all| all.get(first..first + within))
        {
            for (answer, x) in into.iter_mut().zip(values) {
                let left = tree.goes_left(*rule, *missing, self.forest.arithmetic, *x);
                *answer = if left { u16::MAX } else { 0 };
            }
        }
    }
}
