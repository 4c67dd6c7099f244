//! The hot loops: rows pass in blocks, four of them walk a tree in step, and no branch depends on a value.
//!
//! Every row adds its trees in their order, whatever the block it is in: the same bytes for any number of threads.

use crate::model::forest_layout::{ALWAYS, Hop, LANES, Layout, Real, Shape, Stage, Step};
use crate::model::tree::{Arithmetic, Tree};

/// Groups of lanes in a block: their ranks stay in the fastest memory.
const GROUPS: usize = 32;
/// Rows in a block.
const ROWS: usize = LANES * GROUPS;
/// Rows that walk in step, as many as the registers hold.
const STEP: usize = LANES / 2;
/// What a node's two bytes can point to.
const REACH: usize = (1 << 16) + LANES;

/// The ranks of eight rows, column after column, and whatever follows them: no place a node names needs a check.
type Ranks = [u16; REACH];

/// What a sum is made of.
#[derive(Debug, Clone, Copy)]
pub struct Trees<'a> {
    /// In the order they are added.
    pub all: &'a [Tree],
    /// How the origin counts.
    pub arithmetic: Arithmetic,
    /// What the sum of each output starts from.
    pub base: &'a [f64],
}

impl<A: Real> Layout<A> {
    /// The sum of every output for every row, from the base on.
    pub fn sums(&self, trees: &Trees<'_>, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let rows = columns.first().map_or(0, Vec::len);
        let mut sums = vec![Vec::with_capacity(rows); trees.base.len()];
        let widest = self.stages.iter().map(|stage| stage.columns).max();
        let mut table = vec![0_u16; widest.unwrap_or(0) * ROWS + REACH];
        let mut block: Vec<[A; ROWS]> = vec![[A::default(); ROWS]; trees.base.len()];
        for start in (0..rows).step_by(ROWS) {
            let here = (rows - start).min(ROWS);
            for (sum, base) in block.iter_mut().zip(trees.base) {
                *sum = [A::of(*base); ROWS];
            }
            for stage in &self.stages {
                stage.rank(columns, start, here, &mut table);
                stage.add(trees, columns, start, here, &table, &mut block);
            }
            for (sums, block) in sums.iter_mut().zip(&block) {
                sums.extend(block.iter().take(here).map(|sum| sum.wide()));
            }
        }
        sums
    }
}

impl<A: Real> Stage<A> {
    /// Fills the table of ranks for some rows. Rows beyond them keep what they had; nobody reads their sums.
    fn rank(&self, columns: &[Vec<f64>], start: usize, here: usize, table: &mut [u16]) {
        for feature in &self.features {
            let Some(values) = columns.get(feature.input) else {
                continue;
            };
            let values = &values[start..start + here];
            let zero = feature.guide.rank(0.0);
            for (group, chunk) in values.chunks(LANES).enumerate() {
                let mut x = [0.0; LANES];
                x[..chunk.len()].copy_from_slice(chunk);
                let found = x.map(|x| feature.guide.rank(x));
                let gaps = x.iter().any(|x| x.is_nan());
                for (column, missing) in &feature.columns {
                    let first = (group * self.columns + column) * LANES;
                    let Some(into) = table.get_mut(first..first + LANES) else {
                        continue;
                    };
                    into.copy_from_slice(&found);
                    if !gaps && missing.only_gaps() {
                        continue;
                    }
                    for (rank, x) in into.iter_mut().zip(&x) {
                        match missing.number(*x) {
                            Err(true) => *rank = 0,
                            Err(false) => *rank = ALWAYS,
                            Ok(_) if x.is_nan() => *rank = zero,
                            Ok(_) => {}
                        }
                    }
                }
            }
        }
    }

    fn add(
        &self,
        trees: &Trees<'_>,
        columns: &[Vec<f64>],
        start: usize,
        here: usize,
        table: &[u16],
        block: &mut [[A; ROWS]],
    ) {
        for (place, shape) in &self.trees {
            let Some(tree) = trees.all.get(*place) else {
                continue;
            };
            let into = &mut block[tree.first..tree.first + tree.outputs];
            let stride = self.columns * LANES;
            let ranks = (0..here.div_ceil(LANES))
                .filter_map(|group| table.get(group * stride..)?.first_chunk::<REACH>());
            match shape {
                Shape::Perfect { nodes, leaves } => match nodes.len() {
                    1 => perfect::<1, A>(nodes, leaves, ranks, into),
                    2 => perfect::<2, A>(nodes, leaves, ranks, into),
                    4 => perfect::<4, A>(nodes, leaves, ranks, into),
                    8 => perfect::<8, A>(nodes, leaves, ranks, into),
                    16 => perfect::<16, A>(nodes, leaves, ranks, into),
                    32 => perfect::<32, A>(nodes, leaves, ranks, into),
                    64 => perfect::<64, A>(nodes, leaves, ranks, into),
                    128 => perfect::<128, A>(nodes, leaves, ranks, into),
                    256 => perfect::<256, A>(nodes, leaves, ranks, into),
                    512 => perfect::<512, A>(nodes, leaves, ranks, into),
                    _ => perfect::<1024, A>(nodes, leaves, ranks, into),
                },
                Shape::Chain { hops, leaves } => chain(hops, leaves, ranks, into),
                Shape::Walk => {
                    for row in 0..here {
                        let leaf = tree.leaf_of(trees.arithmetic, |input| {
                            columns[input as usize][start + row]
                        });
                        for (output, sums) in into.iter_mut().enumerate() {
                            sums[row] += A::of(tree.values[leaf * tree.outputs + output]);
                        }
                    }
                }
            }
        }
    }
}

/// Walks a perfect tree of `N` leaves: from node `i` to `2i + 1` on the left, to `2i` on the right. The tree is walked once,
/// however many outputs it adds to.
#[inline(never)]
fn perfect<'a, const N: usize, A: Real>(
    nodes: &[Step],
    leaves: &[A],
    groups: impl Iterator<Item = &'a Ranks>,
    into: &mut [[A; ROWS]],
) {
    let Some(nodes) = nodes.first_chunk::<N>() else {
        return;
    };
    let walk = |ranks: &Ranks, half: usize| {
        let mut at = [1_usize; STEP];
        for _ in 0..N.ilog2() {
            for (lane, at) in at.iter_mut().enumerate() {
                let step = &nodes[*at & (N - 1)];
                let left = ranks[step.place as usize + half % 2 * STEP + lane] < step.key;
                *at = *at + *at + usize::from(left);
            }
        }
        at
    };
    if let ([sums], Some(leaves)) = (&mut *into, leaves.first_chunk::<N>()) {
        for (sums, ranks) in sums.as_chunks_mut::<LANES>().0.iter_mut().zip(groups) {
            for (half, sums) in sums.as_chunks_mut::<STEP>().0.iter_mut().enumerate() {
                for (sum, at) in sums.iter_mut().zip(walk(ranks, half)) {
                    *sum += leaves[at & (N - 1)];
                }
            }
        }
        return;
    }
    let mut ends = [[0_u16; LANES]; GROUPS];
    for (ends, ranks) in ends.iter_mut().zip(groups) {
        for (half, ends) in ends.as_chunks_mut::<STEP>().0.iter_mut().enumerate() {
            *ends = walk(ranks, half).map(|at| (at & (N - 1)) as u16);
        }
    }
    gather(ends.as_flattened(), leaves, N, into);
}

/// Walks a tree whose nodes name their left child, the right one behind it, until every row has come to rest.
#[inline(never)]
fn chain<'a, A: Real>(
    hops: &[Hop],
    leaves: &[A],
    groups: impl Iterator<Item = &'a Ranks>,
    into: &mut [[A; ROWS]],
) {
    const STRIDE: usize = 4;
    let mut ends = [[0_u16; LANES]; GROUPS];
    for (ends, ranks) in ends.iter_mut().zip(groups) {
        let mut at = [0_u16; LANES];
        let mut moved = true;
        while moved {
            let before = at;
            for _ in 0..STRIDE {
                for (lane, at) in at.iter_mut().enumerate() {
                    let hop = &hops[*at as usize];
                    let right = ranks[hop.place as usize + lane] >= hop.key;
                    *at = hop.left + u16::from(right);
                }
            }
            moved = before != at;
        }
        *ends = at;
    }
    gather(ends.as_flattened(), leaves, hops.len(), into);
}

/// Adds to every output what stands where each row ended; `leaves` has `count` places for each output.
fn gather<A: Real>(ends: &[u16], leaves: &[A], count: usize, into: &mut [[A; ROWS]]) {
    for (sums, leaves) in into.iter_mut().zip(leaves.chunks_exact(count)) {
        for (sum, end) in sums.iter_mut().zip(ends) {
            *sum += leaves[usize::from(*end)];
        }
    }
}
