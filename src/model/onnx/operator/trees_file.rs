//! Trees as ONNX files have them, on their way to a [`Forest`].

use crate::error::{Error, Result};
use crate::model::forest::Forest;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::Data;
use crate::model::tree::{Arithmetic, MOST_NODES, Missing, Raw, Rule, Source, Tree};
use std::collections::{BTreeSet, HashMap};

/// Trees ask about no input beyond this.
const MOST_INPUTS: usize = 1 << 16;
/// All leaves together have no more values.
const MOST_VALUES: usize = 1 << 25;

/// How a question compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `x <= t`.
    AtMost,
    /// `x < t`.
    Below,
    /// `x >= t`.
    AtLeast,
    /// `x > t`.
    Above,
    /// `x == t`.
    Equal,
    /// `x != t`.
    Other,
}

/// A node, its children by their places in the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    /// Target and weight.
    Leaf(Vec<(usize, f64)>),
    /// A question.
    Ask {
        /// How it compares.
        mode: Mode,
        /// The input it asks about.
        input: usize,
        /// The threshold.
        value: f64,
        /// True when a missing value takes the yes.
        tracks: bool,
        /// Where a yes leads.
        yes: usize,
        /// Where a no leads.
        no: usize,
    },
}

/// All trees of a node of the graph, the root of each in its first place, and the weight of each of their nodes.
#[derive(Debug, Default)]
pub struct Grove {
    /// The trees.
    pub trees: Vec<Vec<(Plain, f64)>>,
}

impl Grove {
    /// How many inputs the trees ask about.
    pub fn inputs(&self) -> Result<usize> {
        let asks = self.trees.iter().flatten().map(|(node, _)| match node {
            Plain::Ask { input, .. } => input.saturating_add(1),
            Plain::Leaf(_) => 1,
        });
        let inputs = asks.max().unwrap_or(1);
        if inputs > MOST_INPUTS {
            return Err(Error::new(format!(
                "a tree asks about input {} where {MOST_INPUTS} are the most",
                inputs - 1
            )));
        }
        Ok(inputs)
    }

    /// Checks all trees and lays them out; `targets` outputs, all sums starting from zero.
    pub fn forest(&self, arithmetic: Arithmetic, targets: usize, divisor: f64) -> Result<Forest> {
        let inputs = self.inputs()?;
        let mut left = MOST_VALUES;
        let mut trees = Vec::with_capacity(self.trees.len());
        for (place, plain) in self.trees.iter().enumerate() {
            let tree = build(plain, arithmetic, inputs, targets, &mut left);
            trees.push(tree.map_err(|error| error.at(format!("tree {place}")))?);
        }
        Forest::new(inputs, arithmetic, vec![0.0; targets], divisor, trees)
    }
}

fn build(
    plain: &[(Plain, f64)],
    arithmetic: Arithmetic,
    inputs: usize,
    targets: usize,
    left: &mut usize,
) -> Result<Tree> {
    let used: BTreeSet<usize> = plain
        .iter()
        .filter_map(|(node, _)| match node {
            Plain::Leaf(weights) => Some(weights.iter().map(|(target, _)| *target)),
            Plain::Ask { .. } => None,
        })
        .flatten()
        .collect();
    let first = used.first().copied().unwrap_or(0);
    let last = used.last().copied().unwrap_or(0);
    if last >= targets {
        return Err(Error::new(format!(
            "a leaf adds to target {last}, and there are {targets} (counted from 0)"
        )));
    }
    let width = last - first + 1;
    let leaves = plain
        .iter()
        .filter(|(node, _)| matches!(node, Plain::Leaf(_)))
        .count();
    *left = left
        .checked_sub(leaves.saturating_mul(width))
        .ok_or_else(|| {
            Error::new(format!(
                "the leaves have more than the {MOST_VALUES} values they may have"
            ))
        })?;
    let next = |t: f64| match arithmetic {
        Arithmetic::Single => f64::from((t as f32).next_up()),
        Arithmetic::Double => t.next_up(),
    };
    let raw = |place: usize| match &plain[place].0 {
        Plain::Leaf(weights) => {
            let mut values = vec![0.0; width];
            for (target, weight) in weights {
                values[target - first] += weight;
            }
            Ok(Raw::Leaves(values))
        }
        Plain::Ask {
            mode,
            input,
            value,
            tracks,
            yes,
            no,
        } => {
            // comparisons with NaN are false, but for `!=`
            let missing = |left| if left { Missing::Left } else { Missing::Right };
            let t = *value;
            if t.is_nan() {
                return Err(Error::new(format!(
                    "the threshold of node {place} is not a number"
                )));
            }
            let (rule, missing, left, right) = match mode {
                Mode::AtMost => (Rule::Below(next(t)), missing(*tracks), yes, no),
                Mode::Below => (Rule::Below(t), missing(*tracks), yes, no),
                Mode::Equal => (Rule::Equal(t), missing(*tracks), yes, no),
                Mode::AtLeast => (Rule::Below(t), missing(!tracks), no, yes),
                Mode::Above => (Rule::Below(next(t)), missing(!tracks), no, yes),
                Mode::Other => (Rule::Equal(t), Missing::Right, no, yes),
            };
            Ok(Raw::Split(*input, rule, missing, *left, *right))
        }
    };
    let source = Source {
        count: plain.len(),
        raw: &raw,
        cover: &|place| plain[place].1,
    };
    let mut tree = Tree::build(&source, inputs, Vec::new())?;
    tree.first = first;
    Ok(tree)
}

/// Reads the arrays of `TreeEnsembleClassifier` and `TreeEnsembleRegressor`; `leaf` is `class` or `target`. The second is
/// true when thresholds and weights have 64 bits.
pub fn read(settings: &Settings<'_>, leaf: &str) -> Result<(Grove, bool)> {
    let ints = |name: &str| Ok::<_, Error>(settings.ints(name)?.unwrap_or_default());
    let tree_ids = ints("nodes_treeids")?;
    let node_ids = ints("nodes_nodeids")?;
    let features = ints("nodes_featureids")?;
    let yes = ints("nodes_truenodeids")?;
    let no = ints("nodes_falsenodeids")?;
    let tracks = ints("nodes_missing_value_tracks_true")?;
    let modes = settings.texts("nodes_modes")?.unwrap_or_default();
    let (values, mut wide) = numbers(settings, "nodes_values")?;
    let (rates, _) = numbers(settings, "nodes_hitrates")?;
    let count = node_ids.len();
    let lengths = [
        ("nodes_treeids", tree_ids.len(), true),
        ("nodes_featureids", features.len(), true),
        ("nodes_truenodeids", yes.len(), true),
        ("nodes_falsenodeids", no.len(), true),
        ("nodes_modes", modes.len(), true),
        ("nodes_values", values.len(), true),
        ("nodes_missing_value_tracks_true", tracks.len(), false),
        ("nodes_hitrates", rates.len(), false),
    ];
    same(count, "nodes_nodeids", &lengths)?;
    let weight_name = format!("{leaf}_weights");
    let (weights, wide_weights) = numbers(settings, &weight_name)?;
    wide |= wide_weights;
    let of_tree = ints(&format!("{leaf}_treeids"))?;
    let of_node = ints(&format!("{leaf}_nodeids"))?;
    let targets = ints(&format!("{leaf}_ids"))?;
    let lengths = [
        ("the trees of the leaves", of_tree.len(), true),
        ("the nodes of the leaves", of_node.len(), true),
        ("their targets", targets.len(), true),
    ];
    same(weights.len(), &weight_name, &lengths)?;

    let mut tree_of: HashMap<i64, usize> = HashMap::new();
    let mut place_of: HashMap<(i64, i64), usize> = HashMap::with_capacity(count);
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (at, (tree, node)) in tree_ids.iter().zip(node_ids).enumerate() {
        let tree_place = *tree_of.entry(*tree).or_insert_with(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        let own = &mut members[tree_place];
        if place_of.insert((*tree, *node), own.len()).is_some() {
            return Err(Error::new(format!("tree {tree} has two nodes {node}")));
        }
        own.push(at);
    }
    let mut leaves: HashMap<(i64, i64), Vec<(usize, f64)>> = HashMap::new();
    for (((tree, node), target), weight) in of_tree.iter().zip(of_node).zip(targets).zip(&weights) {
        if !place_of.contains_key(&(*tree, *node)) {
            return Err(Error::new(format!(
                "a weight belongs to node {node} of tree {tree}, which is not there"
            )));
        }
        let target = usize::try_from(*target)
            .map_err(|_| Error::new("a weight belongs to a negative target"))?;
        leaves
            .entry((*tree, *node))
            .or_default()
            .push((target, *weight));
    }
    let mut grove = Grove::default();
    for own in members {
        if own.len() > MOST_NODES {
            return Err(Error::new(format!(
                "a tree has more than the {MOST_NODES} nodes it may have"
            )));
        }
        let node = |at: usize| {
            let (tree, id) = (tree_ids[at], node_ids[at]);
            let child = |child: i64| {
                place_of.get(&(tree, child)).copied().ok_or_else(|| {
                    Error::new(format!(
                        "a child of node {id} of tree {tree} is node {child}, which is not there"
                    ))
                })
            };
            let mode = match modes[at].as_str() {
                "LEAF" => {
                    return Ok(Plain::Leaf(
                        leaves.get(&(tree, id)).cloned().unwrap_or_default(),
                    ));
                }
                "BRANCH_LEQ" => Mode::AtMost,
                "BRANCH_LT" => Mode::Below,
                "BRANCH_GTE" => Mode::AtLeast,
                "BRANCH_GT" => Mode::Above,
                "BRANCH_EQ" => Mode::Equal,
                "BRANCH_NEQ" => Mode::Other,
                _ => {
                    return Err(Error::new(format!(
                        "node {id} of tree {tree} has an unknown mode"
                    )));
                }
            };
            Ok(Plain::Ask {
                mode,
                input: usize::try_from(features[at]).unwrap_or(usize::MAX),
                value: values[at],
                tracks: tracks.get(at).is_some_and(|tracks| *tracks != 0),
                yes: child(yes[at])?,
                no: child(no[at])?,
            })
        };
        let rate = |at: usize| rates.get(at).copied().unwrap_or(0.0);
        let tree = own.iter().map(|at| Ok((node(*at)?, rate(*at))));
        grove.trees.push(tree.collect::<Result<_>>()?);
    }
    Ok((grove, wide))
}

/// Fails when arrays that belong together differ in length.
pub fn same(count: usize, first: &str, others: &[(&str, usize, bool)]) -> Result<()> {
    for (name, length, needed) in others {
        if *length != count && (*needed || *length > 0) {
            return Err(Error::new(format!(
                "`{first}` has {count} items and `{name}` has {length}"
            )));
        }
    }
    Ok(())
}

/// Numbers under a name, or as a tensor under the name and `_as_tensor`; true when they have 64 bits.
fn numbers(settings: &Settings<'_>, name: &str) -> Result<(Vec<f64>, bool)> {
    let single = settings.floats(name)?.unwrap_or_default();
    let tensor = settings.tensor(&format!("{name}_as_tensor"))?;
    Ok(match tensor {
        Some(tensor) if single.is_empty() => {
            (tensor.to_f64()?, matches!(tensor.data, Data::F64(_)))
        }
        _ => (single.iter().map(|x| f64::from(*x)).collect(), false),
    })
}
