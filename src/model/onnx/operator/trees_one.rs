//! Trees with what they add to one target only, asking about the card's inputs.

use crate::model::onnx::operator::trees_file::{Grove, Plain};

/// Weights of training rows add up to so much of their parent's, or they mean something else: converters write ones.
const ADDS_UP: f64 = 1e-3;

/// The trees; none when one asks about a column that is not there. `places` has an input of the card for each column.
pub fn only(grove: &Grove, target: usize, places: &[usize]) -> Option<Grove> {
    let mut only = Grove::default();
    for tree in &grove.trees {
        let covered = covered(tree);
        let mut own = Vec::with_capacity(tree.len());
        for (node, cover) in tree {
            let mut node = *node;
            match &mut node {
                Plain::Leaf(from, to) => {
                    let added = grove.of(*from, *to).iter();
                    let added = added.filter(|(other, _)| *other == target);
                    *from = u32::try_from(only.weights.len()).ok()?;
                    only.weights.extend(added.map(|(_, weight)| (0, *weight)));
                    *to = u32::try_from(only.weights.len()).ok()?;
                }
                Plain::Ask { input, .. } => *input = *places.get(*input)?,
            }
            own.push((node, if covered { *cover } else { 0.0 }));
        }
        only.trees.push(own);
    }
    Some(only)
}

fn covered(tree: &[(Plain, f64)]) -> bool {
    let of = |place: usize| tree.get(place).map_or(f64::NAN, |(_, cover)| *cover);
    tree.iter().all(|(node, cover)| match node {
        Plain::Leaf(..) => true,
        Plain::Ask { yes, no, .. } => {
            *cover > 0.0 && (of(*yes) + of(*no) - cover).abs() <= ADDS_UP * cover
        }
    })
}
