//! Trees as ONNX files have them, on their way to a [`Forest`].

use crate::error::{Error, Result};
use crate::model::forest::Forest;
use crate::model::onnx::operator::trees_places::{Nodes, Places};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::Data;
use crate::model::together;
use crate::model::tree::{Arithmetic, MOST_NODES, Missing, Raw, Rule, Source, Tree};

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
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plain {
    /// Its first weight among those of the grove, and the place behind its last one.
    Leaf(u32, u32),
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
    /// Target and weight of the leaves.
    pub weights: Vec<(usize, f64)>,
}

impl Grove {
    /// How many inputs the trees ask about.
    pub fn inputs(&self) -> Result<usize> {
        let asks = self.trees.iter().flatten().map(|(node, _)| match node {
            Plain::Ask { input, .. } => input.saturating_add(1),
            Plain::Leaf(..) => 1,
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

    /// Checks all trees over so many inputs and lays them out; one number that its sum starts from for each target.
    pub fn forest(
        &self,
        arithmetic: Arithmetic,
        inputs: usize,
        base: Vec<f64>,
        divisor: f64,
    ) -> Result<Forest> {
        let targets = base.len();
        let mut left = MOST_VALUES;
        let trees = together::trees(
            &self.trees,
            |_, plain| Ok((plain, self.reach(plain, targets, &mut left)?)),
            |(plain, reach)| self.build(plain, arithmetic, inputs, reach),
        )?;
        Forest::new(inputs, arithmetic, base, divisor, trees)
    }

    /// Target and weight of everything that a leaf adds.
    pub fn added(&self) -> impl Iterator<Item = &(usize, f64)> {
        let nodes = self.trees.iter().flatten();
        nodes.flat_map(|(node, _)| match node {
            Plain::Leaf(from, to) => self.of(*from, *to),
            Plain::Ask { .. } => &[],
        })
    }

    /// The weights of a leaf.
    pub fn of(&self, from: u32, to: u32) -> &[(usize, f64)] {
        self.weights
            .get(from as usize..to as usize)
            .unwrap_or_default()
    }

    /// The first target a tree adds to, and how many from there on; the values that takes are counted off `left`.
    fn reach(
        &self,
        plain: &[(Plain, f64)],
        targets: usize,
        left: &mut usize,
    ) -> Result<(usize, usize)> {
        let (mut first, mut last, mut leaves) = (usize::MAX, 0, 0_usize);
        for (node, _) in plain {
            if let Plain::Leaf(from, to) = node {
                leaves += 1;
                for (target, _) in self.of(*from, *to) {
                    first = first.min(*target);
                    last = last.max(*target);
                }
            }
        }
        let first = first.min(last);
        if last >= targets {
            return Err(Error::new(format!(
                "a leaf adds to target {last}, and there are {targets} (counted from 0)"
            )));
        }
        let width = last - first + 1;
        *left = left
            .checked_sub(leaves.saturating_mul(width))
            .ok_or_else(|| {
                Error::new(format!(
                    "the leaves have more than the {MOST_VALUES} values they may have"
                ))
            })?;
        Ok((first, width))
    }

    fn build(
        &self,
        plain: &[(Plain, f64)],
        arithmetic: Arithmetic,
        inputs: usize,
        (first, width): (usize, usize),
    ) -> Result<Tree> {
        let next = |t: f64| match arithmetic {
            Arithmetic::Single => f64::from((t as f32).next_up()),
            Arithmetic::Double => t.next_up(),
        };
        let raw = |place: usize| match &plain[place].0 {
            Plain::Leaf(from, to) => {
                let weights = self.of(*from, *to);
                if width == 1 {
                    return Ok(Raw::Leaf(weights.iter().fold(0.0, |sum, (_, w)| sum + w)));
                }
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

    let mut trees = Places::default();
    let mut members: Vec<Vec<u32>> = Vec::new();
    for (at, tree) in (0_u32..).zip(tree_ids) {
        let place = trees.enter(*tree);
        if place == members.len() {
            members.push(Vec::new());
        }
        members[place].push(at);
    }
    let mut nodes = Vec::with_capacity(members.len());
    for own in &members {
        let ids = own.iter().map(|at| node_ids[*at as usize]);
        nodes.push(Nodes::new(ids).map_err(|id| {
            let tree = tree_ids[own[0] as usize];
            Error::new(format!("tree {tree} has two nodes {id}"))
        })?);
    }
    // the weights of a node behind each other, in the order of the file
    let mut homes = Vec::with_capacity(weights.len());
    let mut ends = vec![0_u32; count + 1];
    for (tree, node) in of_tree.iter().zip(of_node) {
        let home = trees.find(*tree).and_then(|tree| {
            let place = nodes[tree].find(*node)?;
            Some(members[tree][place])
        });
        let Some(home) = home else {
            return Err(Error::new(format!(
                "a weight belongs to node {node} of tree {tree}, which is not there"
            )));
        };
        homes.push(home);
        ends[home as usize + 1] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    let mut grove = Grove {
        trees: Vec::with_capacity(members.len()),
        weights: vec![(0, 0.0); weights.len()],
    };
    let mut next = ends.clone();
    for ((home, target), weight) in homes.iter().zip(targets).zip(&weights) {
        let target = usize::try_from(*target)
            .map_err(|_| Error::new("a weight belongs to a negative target"))?;
        let place = &mut next[*home as usize];
        grove.weights[*place as usize] = (target, *weight);
        *place += 1;
    }
    for (own, nodes) in members.iter().zip(&nodes) {
        if own.len() > MOST_NODES {
            return Err(Error::new(format!(
                "a tree has more than the {MOST_NODES} nodes it may have"
            )));
        }
        let node = |at: usize| {
            let (tree, id) = (tree_ids[at], node_ids[at]);
            let child = |child: i64| {
                nodes.find(child).ok_or_else(|| {
                    Error::new(format!(
                        "a child of node {id} of tree {tree} is node {child}, which is not there"
                    ))
                })
            };
            let mode = match modes[at] {
                "LEAF" => return Ok(Plain::Leaf(ends[at], ends[at + 1])),
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
        let tree = own.iter().map(|at| *at as usize);
        let tree = tree.map(|at| Ok((node(at)?, rate(at))));
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
