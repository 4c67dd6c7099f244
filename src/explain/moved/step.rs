//! A tree as a step function of one input, for rows that go through it side by side.

use crate::explain::moved::grove::{LEAF, Plant, bit};

/// Rows side by side.
pub const GROUP: usize = 16;
/// One number for each of them.
pub type Lanes = [u16; GROUP];
/// Right branches that are still to be taken: their key, their node, and the key above.
pub type Stack = Vec<(u16, u16, u16)>;

/// For each node, the leaf that each row would come to from there; ranks stand column by column.
#[inline(never)]
pub fn ends(plant: &Plant, ranks: &[Lanes], into: &mut Vec<Lanes>) {
    into.resize(into.len().max(plant.steps.len()), [0; GROUP]);
    for (place, step) in plant.steps.iter().enumerate().rev() {
        let (head, below) = into.split_at_mut(place + 1);
        let Some(end) = head.last_mut() else { continue };
        if step.input == LEAF {
            *end = [place as u16; GROUP];
            continue;
        }
        let from = usize::from(step.left) - place - 1;
        if let (Some([left, right]), Some(ranks)) = (
            below.get(from..from + 2),
            ranks.get(usize::from(step.column)),
        ) {
            let mut found = [0; GROUP];
            for (lane, found) in found.iter_mut().enumerate() {
                let goes_left = 0_u16.wrapping_sub(u16::from(ranks[lane] < step.key));
                *found = (left[lane] & goes_left) | (right[lane] & !goes_left);
            }
            *end = found;
        }
    }
}

/// One row of a tree.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The tree.
    pub plant: &'a Plant,
    /// Ranks of the group, column by column.
    pub ranks: &'a [Lanes],
    /// What [`ends`] told.
    pub ends: &'a [Lanes],
    /// The row's place in its group.
    pub lane: usize,
}

impl Row<'_> {
    /// The value a row comes to from a node.
    #[inline(always)]
    pub fn end(&self, from: u16) -> f64 {
        let leaf = self.ends[usize::from(from)][self.lane];
        self.plant.values[usize::from(leaf)]
    }

    /// The child that the row goes to from a question.
    #[inline(always)]
    pub fn next(&self, left: u16, column: u16, key: u16) -> u16 {
        left + u16::from(self.ranks[usize::from(column)][self.lane] >= key)
    }

    /// The value below a node when one input has other ranks.
    pub fn walk(&self, from: u16, input: u16, instead: &[u16]) -> f64 {
        let (mut at, bit) = (from, bit(input));
        while self.plant.asks[usize::from(at)] & bit != 0 {
            let step = self.plant.steps[usize::from(at)];
            at = if step.input == input {
                step.left + u16::from(instead[usize::from(step.column)] >= step.key)
            } else {
                self.next(step.left, step.column, step.key)
            };
        }
        self.end(at)
    }

    /// What stands below a node as a function of the rank of one input: returns its value at rank 0, and tells every step
    /// from the lowest on: the first rank above it, and its height.
    #[inline(always)]
    pub fn steps(
        &self,
        from: u16,
        input: u16,
        stack: &mut Stack,
        mut tell: impl FnMut(u16, f64),
    ) -> f64 {
        stack.clear();
        let (mut at, mut low, mut high) = (from, 0, u16::MAX);
        let (mut first, mut last) = (0.0, 0.0);
        let bit = bit(input);
        loop {
            if self.plant.asks[usize::from(at)] & bit == 0 {
                let value = self.end(at);
                if low == 0 {
                    first = value;
                } else {
                    tell(low, value - last);
                }
                last = value;
                let Some(next) = stack.pop() else {
                    return first;
                };
                (low, at, high) = next;
                continue;
            }
            let step = self.plant.steps[usize::from(at)];
            if step.input != input {
                at = self.next(step.left, step.column, step.key);
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
    }
}
