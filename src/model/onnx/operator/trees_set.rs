//! The arrays of `TreeEnsemble` (fifth version): leaves stand apart, and a question may ask whether a number is in a set.
//!
//! A question about a set becomes one question for each member.

use crate::error::{Error, Result};
use crate::model::onnx::operator::trees_file::{Grove, Mode, Plain, same};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor};

/// More nodes in one tree, questions about sets written out, are refused.
const MOST: usize = 1 << 20;

/// A place that is filled later.
const NO_LEAF: Plain = Plain::Leaf(0, 0);

/// The arrays as they stand.
struct Arrays<'a> {
    features: &'a [i64],
    modes: Vec<i64>,
    splits: Vec<f64>,
    yes: &'a [i64],
    no: &'a [i64],
    yes_leaf: &'a [i64],
    no_leaf: &'a [i64],
    tracks: &'a [i64],
    rates: Vec<f64>,
    targets: &'a [i64],
    weights: Vec<f64>,
    /// The members each question about a set asks for.
    members: Vec<Vec<f64>>,
}

/// Reads the arrays; the second is true when numbers have 64 bits.
pub fn read(settings: &Settings<'_>) -> Result<(Grove, bool)> {
    let ints = |name: &str| Ok::<_, Error>(settings.ints(name)?.unwrap_or_default());
    let tensor = |name: &str| settings.tensor(name);
    let need = |name: &str| tensor(name)?.ok_or_else(|| Settings::missing(name));
    let numbers = |tensor: Option<Tensor>| tensor.map_or(Ok(Vec::new()), |tensor| tensor.to_f64());
    let splits = need("nodes_splits")?;
    let wide = matches!(splits.data, Data::F64(_));
    let mut arrays = Arrays {
        features: ints("nodes_featureids")?,
        modes: need("nodes_modes")?.ints()?.to_vec(),
        splits: splits.to_f64()?,
        yes: ints("nodes_truenodeids")?,
        no: ints("nodes_falsenodeids")?,
        yes_leaf: ints("nodes_trueleafs")?,
        no_leaf: ints("nodes_falseleafs")?,
        tracks: ints("nodes_missing_value_tracks_true")?,
        rates: numbers(tensor("nodes_hitrates")?)?,
        targets: ints("leaf_targetids")?,
        weights: need("leaf_weights")?.to_f64()?,
        members: Vec::new(),
    };
    let count = arrays.features.len();
    let lengths = [
        ("nodes_modes", arrays.modes.len(), true),
        ("nodes_splits", arrays.splits.len(), true),
        ("nodes_truenodeids", arrays.yes.len(), true),
        ("nodes_falsenodeids", arrays.no.len(), true),
        ("nodes_trueleafs", arrays.yes_leaf.len(), true),
        ("nodes_falseleafs", arrays.no_leaf.len(), true),
        (
            "nodes_missing_value_tracks_true",
            arrays.tracks.len(),
            false,
        ),
        ("nodes_hitrates", arrays.rates.len(), false),
    ];
    same(count, "nodes_featureids", &lengths)?;
    let targets = [("leaf_targetids", arrays.targets.len(), true)];
    same(arrays.weights.len(), "leaf_weights", &targets)?;
    // sets stand behind each other, NaN between them, in the order of the questions that ask about them
    let sets = numbers(tensor("membership_values")?)?;
    let mut sets = sets.split(|x| x.is_nan());
    for mode in &arrays.modes {
        let set = if *mode == 6 { sets.next() } else { None };
        if *mode == 6 && set.is_none_or(<[f64]>::is_empty) {
            return Err(Error::new("a question asks about a set that is not there"));
        }
        arrays.members.push(set.unwrap_or_default().to_vec());
    }
    let mut grove = Grove::default();
    for (target, weight) in arrays.targets.iter().zip(&arrays.weights) {
        let target = usize::try_from(*target)
            .map_err(|_| Error::new("a weight belongs to a negative target"))?;
        grove.weights.push((target, *weight));
    }
    for root in ints("tree_roots")? {
        let tree = arrays
            .tree(*root)
            .map_err(|e| e.at(format!("tree {}", grove.trees.len())))?;
        grove.trees.push(tree);
    }
    Ok((grove, wide))
}

impl Arrays<'_> {
    /// Writes out the tree below a root.
    fn tree(&self, root: i64) -> Result<Vec<(Plain, f64)>> {
        let mut tree: Vec<(Plain, f64)> = vec![(NO_LEAF, 0.0)];
        let mut open = vec![(root, false, 0)];
        while let Some((id, leaf, into)) = open.pop() {
            if tree.len() > MOST {
                return Err(Error::new(format!(
                    "the tree has a loop, or more than the {MOST} nodes it may have"
                )));
            }
            if leaf {
                tree[into] = (self.leaf(id)?, 0.0);
                continue;
            }
            let at = usize::try_from(id)
                .ok()
                .filter(|at| *at < self.features.len());
            let at =
                at.ok_or_else(|| Error::new(format!("a child is node {id}, which is not there")))?;
            let mode = match self.modes[at] {
                0 => Mode::AtMost,
                1 => Mode::Below,
                2 => Mode::AtLeast,
                3 => Mode::Above,
                4 | 6 => Mode::Equal,
                5 => Mode::Other,
                other => {
                    return Err(Error::new(format!(
                        "node {at} has the unknown mode {other}"
                    )));
                }
            };
            let single = [self.splits[at]];
            let values = match self.members[at].as_slice() {
                [] => &single[..],
                members => members,
            };
            let mut slot = into;
            for (place, value) in values.iter().enumerate() {
                let yes = tree.len();
                tree.extend([(NO_LEAF, 0.0), (NO_LEAF, 0.0)]);
                tree[slot].0 = Plain::Ask {
                    mode,
                    input: usize::try_from(self.features[at]).unwrap_or(usize::MAX),
                    value: *value,
                    tracks: self.tracks.get(at).is_some_and(|tracks| *tracks != 0),
                    yes,
                    no: yes + 1,
                };
                tree[slot].1 = self.rates.get(at).copied().unwrap_or(0.0);
                open.push((self.yes[at], self.yes_leaf[at] != 0, yes));
                if place + 1 == values.len() {
                    open.push((self.no[at], self.no_leaf[at] != 0, yes + 1));
                }
                slot = yes + 1;
                if tree.len() > MOST {
                    break;
                }
            }
        }
        Ok(tree)
    }

    /// A leaf has one weight, in the place of its number.
    fn leaf(&self, id: i64) -> Result<Plain> {
        let found = u32::try_from(id)
            .ok()
            .filter(|at| (*at as usize) < self.weights.len());
        match found {
            Some(at) => Ok(Plain::Leaf(at, at + 1)),
            None => Err(Error::new(format!(
                "a child is leaf {id}, which is not there"
            ))),
        }
    }
}
