//! A tree as a step function of one input, for one row.

use crate::explain::moved::grove::{LEAF, Plant};

/// Right branches that are still to be taken: their key, their node, and the key above.
pub type Stack = Vec<(u16, u32, u16)>;

/// Follows a row's ranks to a leaf, and notes the questions on the way.
#[inline(always)]
pub fn path(plant: &Plant, ranks: &[u16], into: &mut Vec<u32>) -> f64 {
    into.clear();
    let mut at = 0_u32;
    while let Some(step) = plant.steps.get(at as usize) {
        if step.input == LEAF {
            break;
        }
        into.push(at);
        at = step.left + u32::from(ranks[step.column as usize] >= step.key);
    }
    plant.values.get(at as usize).copied().unwrap_or(0.0)
}

/// The leaf below a node when one input has other ranks.
#[inline(always)]
pub fn walk(plant: &Plant, from: u32, ranks: &[u16], input: u16, instead: &[u16]) -> f64 {
    let mut at = from;
    while let Some(step) = plant.steps.get(at as usize) {
        if step.input == LEAF {
            break;
        }
        let ranks = if step.input == input { instead } else { ranks };
        at = step.left + u32::from(ranks[step.column as usize] >= step.key);
    }
    plant.values.get(at as usize).copied().unwrap_or(0.0)
}

/// What stands below a node as a function of the rank of one input: returns its value at rank 0, and tells every step from
/// the lowest on: the first rank above it, and its height.
#[inline(always)]
pub fn steps(
    plant: &Plant,
    from: u32,
    ranks: &[u16],
    input: u16,
    stack: &mut Stack,
    mut tell: impl FnMut(u16, f64),
) -> f64 {
    stack.clear();
    let (mut at, mut low, mut high) = (from, 0, u16::MAX);
    let (mut first, mut last) = (0.0, 0.0);
    while let Some(step) = plant.steps.get(at as usize) {
        if step.input == LEAF {
            let value = plant.values[at as usize];
            if low == 0 {
                first = value;
            } else {
                tell(low, value - last);
            }
            last = value;
            let Some(next) = stack.pop() else { break };
            (low, at, high) = next;
        } else if step.input != input {
            at = step.left + u32::from(ranks[step.column as usize] >= step.key);
        } else if step.key <= low {
            at = step.left + 1;
        } else if step.key >= high {
            at = step.left;
        } else {
            stack.push((step.key, step.left + 1, high));
            high = step.key;
            at = step.left;
        }
    }
    first
}
