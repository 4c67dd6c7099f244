//! Trees laid out for walking with ranks: how many of an input's thresholds are at or below a number. `x < t` for the
//! threshold in place `k` is `rank(x) < k + 1`, exactly.

use crate::model::forest::Forest;
use crate::model::forest_guide::Guide;
use crate::model::tree::{Missing, Node, Rule, Tree};
use std::collections::BTreeMap;

/// The rank of a missing value that goes right.
const ALWAYS: u16 = u16::MAX - 1;
/// Thresholds of one input that ranks can count.
const MOST: usize = 60_000;
/// Columns of ranks, and inputs, that a node can name.
const COLUMNS: usize = 60_000;
/// Different values of an input that are walked one by one.
const CLASSES: usize = 64;
/// What the node of a leaf names instead of an input.
pub const LEAF: u16 = u16::MAX;

/// A question, or a leaf.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Ranks below it go left.
    pub key: u16,
    /// The column of ranks.
    pub column: u16,
    /// The input it asks about; [`LEAF`] where it asks nothing.
    pub input: u16,
    /// The left child; the right one follows it.
    pub left: u16,
    /// True when no question above it asks about its input.
    pub first: bool,
    /// True when no question below it asks about its input.
    pub alone: bool,
}

/// A tree.
#[derive(Debug)]
pub struct Plant {
    /// In the tree's order.
    pub steps: Vec<Step>,
    /// For each node, what it adds to the first output; 0 where it is no leaf.
    pub values: Vec<f64>,
    /// For each node, the inputs it and the nodes below it ask about, as [`bit`]s.
    pub asks: Vec<u64>,
}

impl Plant {
    fn new(mut steps: Vec<Step>, values: Vec<f64>) -> Self {
        let mut asks = vec![0; steps.len()];
        let mut above = vec![u32::MAX; steps.len()];
        // children come after their parent
        for place in (0..steps.len()).rev() {
            let step = steps[place];
            if step.input != LEAF {
                let left = usize::from(step.left);
                asks[place] = bit(step.input) | asks[left] | asks[left + 1];
                above[left] = place as u32;
                above[left + 1] = place as u32;
            }
        }
        for place in 0..steps.len() {
            let input = steps[place].input;
            let mut at = above[place];
            while input != LEAF
                && let Some(step) = steps.get_mut(at as usize)
            {
                if step.input == input {
                    step.alone = false;
                    steps[place].first = false;
                }
                at = above[at as usize];
            }
        }
        Self {
            steps,
            values,
            asks,
        }
    }
}

/// The bit of an input; several inputs may share one.
pub fn bit(input: u16) -> u64 {
    1 << (input % 64)
}

/// How an input is asked about.
#[derive(Debug)]
struct Feature {
    guide: Guide,
    /// Columns of ranks and how each treats a missing value.
    ways: Vec<(usize, Missing)>,
    /// Columns that hold the answer to one question: column, tree and node.
    odd: Vec<(usize, usize, usize)>,
}

/// The trees of a forest that add to its first output.
#[derive(Debug)]
pub struct Grove<'a> {
    forest: &'a Forest,
    features: Vec<Feature>,
    /// The trees, in the order of the forest.
    pub plants: Vec<Plant>,
    /// Columns of ranks of a row.
    pub columns: usize,
}

/// Where a value of an input stands: among its ranks, or among values that are walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// So many thresholds are at or below it.
    Rank(u16),
    /// One of [`Values::classes`].
    Class(u16),
}

/// The values of one input for all rows.
#[derive(Debug)]
pub struct Values {
    /// One for each row.
    pub stand: Vec<Stand>,
    /// Ranks (for every column of the grove) of each value that is walked.
    pub classes: Vec<Vec<u16>>,
    /// True when no value has a rank.
    pub odd: bool,
}

impl<'a> Grove<'a> {
    /// Lays out a forest; none when it has more thresholds, columns or nodes than two bytes can name.
    pub fn new(forest: &'a Forest) -> Option<Self> {
        let mut thresholds = vec![Vec::new(); forest.inputs];
        let mut columns = BTreeMap::new();
        let mut count = 0_usize;
        let mut next = || {
            count += 1;
            count - 1
        };
        let trees = || {
            let all = forest.trees.iter().enumerate();
            all.filter(|(_, tree)| tree.first == 0)
        };
        let mut odd = BTreeMap::new();
        for (place, tree) in trees() {
            for (node, question) in tree.nodes.iter().enumerate() {
                match question {
                    Node::Split {
                        input,
                        rule: Rule::Below(threshold),
                        missing,
                        ..
                    } => {
                        // both zeros are one number
                        thresholds.get_mut(*input as usize)?.push(threshold + 0.0);
                        columns.entry((*input, *missing)).or_insert_with(&mut next);
                    }
                    Node::Split { input, .. } => {
                        odd.insert((place, node), (*input, next()));
                    }
                    Node::Leaf { .. } => {}
                }
            }
        }
        for list in &mut thresholds {
            list.sort_unstable_by(f64::total_cmp);
            list.dedup();
        }
        let most = thresholds.iter().map(Vec::len).max().unwrap_or(0);
        let largest = trees().map(|(_, tree)| tree.nodes.len()).max().unwrap_or(0);
        if most > MOST
            || [count, forest.inputs, largest]
                .iter()
                .any(|size| *size > COLUMNS)
        {
            return None;
        }
        let plant = |(place, tree): (usize, &Tree)| {
            let steps = tree.nodes.iter().enumerate();
            let steps = steps.map(|(node, question)| match question {
                Node::Leaf { .. } => Step {
                    key: 0,
                    column: 0,
                    input: LEAF,
                    left: 0,
                    first: false,
                    alone: false,
                },
                Node::Split {
                    input,
                    rule,
                    missing,
                    left,
                    ..
                } => {
                    let (key, column) = match rule {
                        Rule::Below(threshold) => {
                            let list = &thresholds[*input as usize];
                            let key = list.partition_point(|t| *t < threshold + 0.0) + 1;
                            (key as u16, columns.get(&(*input, *missing)).copied())
                        }
                        _ => (1, odd.get(&(place, node)).map(|(_, column)| *column)),
                    };
                    Step {
                        key,
                        column: column.unwrap_or(0) as u16,
                        input: *input as u16,
                        left: *left as u16,
                        first: true,
                        alone: true,
                    }
                }
            });
            let value = |node: &Node| match node {
                Node::Leaf { leaf, .. } => tree.values[*leaf as usize * tree.outputs],
                Node::Split { .. } => 0.0,
            };
            Plant::new(steps.collect(), tree.nodes.iter().map(value).collect())
        };
        let plants = trees().map(plant).collect();
        let features = thresholds.iter().enumerate().map(|(input, list)| {
            let own = columns.iter().filter(|((of, _), _)| *of as usize == input);
            let ways: Vec<(usize, Missing)> =
                own.map(|((_, way), column)| (*column, *way)).collect();
            let asked = odd.iter().filter(|(_, (of, _))| *of as usize == input);
            Feature {
                guide: Guide::new(list.clone()),
                odd: asked
                    .map(|((tree, node), (_, column))| (*column, *tree, *node))
                    .collect(),
                ways,
            }
        });
        Some(Self {
            features: features.collect(),
            forest,
            plants,
            columns: count,
        })
    }

    /// Tells the ranks of an input's value: the column, and the rank in it.
    pub fn rank(&self, input: usize, x: f64, mut tell: impl FnMut(usize, u16)) {
        let Some(feature) = self.features.get(input) else {
            return;
        };
        for (column, missing) in &feature.ways {
            tell(
                *column,
                match missing.number(x) {
                    Err(true) => 0,
                    Err(false) => ALWAYS,
                    Ok(x) => feature.guide.rank(x),
                },
            );
        }
        for (column, tree, node) in &feature.odd {
            let tree = self.forest.trees.get(*tree);
            if let Some((tree, Node::Split { rule, missing, .. })) =
                tree.and_then(|tree| Some((tree, tree.nodes.get(*node)?)))
            {
                let left = tree.goes_left(*rule, *missing, self.forest.arithmetic, x);
                tell(*column, u16::from(!left));
            }
        }
    }

    /// Where every value of an input stands; none when it has too many values that would have to be walked.
    pub fn stand(&self, input: usize, column: &[f64]) -> Option<Values> {
        let feature = self.features.get(input)?;
        let odd = !feature.odd.is_empty();
        let mut seen: Vec<f64> = Vec::new();
        let mut stand = Vec::with_capacity(column.len());
        for x in column {
            let special =
                odd || x.is_nan() || feature.ways.iter().any(|(_, way)| way.number(*x).is_err());
            stand.push(if special {
                let same = |y: &f64| x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan());
                let place = seen.iter().position(same).unwrap_or_else(|| {
                    seen.push(*x);
                    seen.len() - 1
                });
                if place >= CLASSES {
                    return None;
                }
                Stand::Class(place as u16)
            } else {
                Stand::Rank(feature.guide.rank(*x))
            });
        }
        let ranks = |x: &f64| {
            let mut row = vec![0; self.columns];
            self.rank(input, *x, |column, rank| row[column] = rank);
            row
        };
        Some(Values {
            stand,
            classes: seen.iter().map(ranks).collect(),
            odd,
        })
    }
}
