//! Trees too deep for tables, with a background: every row against every row of the background.
//!
//! A leaf counts when each input on its path is met by the row or by the other. Inputs that only the row meets must be known,
//! those that only the other meets must not; the integral over the chance of being known is then a Beta function of how many
//! there are of each (the closed form of Lundberg et al. 2020).

use crate::explain::tree::cells::Cells;
use crate::explain::tree::deep::Sums;
use crate::explain::tree::game::Background;
use crate::explain::tree::question::{GROUP, Rows};
use crate::explain::tree::table::What;
use crate::model::forest::Forest;
use crate::model::tree::{Node, Tree};

/// A tree of which some leaves belong to no unit.
#[derive(Debug, Clone, Copy)]
pub struct Duel<'a> {
    /// The forest.
    pub forest: &'a Forest,
    /// The tree.
    pub tree: &'a Tree,
    /// For each node, whether such leaves are below it.
    pub marks: &'a [bool],
    /// What stands in.
    pub background: &'a Background,
    /// All cells.
    pub cells: &'a Cells,
}

/// Integrals of `t^a (1 − t)^b` from 0 to 1.
#[derive(Debug)]
pub struct Beta {
    side: usize,
    table: Vec<f64>,
}

impl Beta {
    /// For exponents up to a number.
    pub fn new(most: usize) -> Self {
        let side = most + 1;
        let mut table = vec![0.0; side * side];
        for b in 0..side {
            let mut value = 1.0 / (b as f64 + 1.0);
            for a in 0..side {
                if a > 0 {
                    value *= a as f64 / (a + b + 1) as f64;
                }
                table[a * side + b] = value;
            }
        }
        Self { side, table }
    }

    fn of(&self, a: usize, b: usize) -> f64 {
        self.table.get(a * self.side + b).copied().unwrap_or(0.0)
    }
}

struct Fight<'a> {
    duel: Duel<'a>,
    beta: &'a Beta,
    what: What,
    /// Side of each input: 0 open, 1 the row's, 2 the other's.
    taken: Vec<u8>,
    /// Inputs that the two meet differently, and whether the row meets them.
    apart: Vec<(u32, bool)>,
    mine: usize,
    weight: f64,
    row: usize,
    lane: usize,
}

impl Duel<'_> {
    /// Adds what the marked leaves contribute to a group.
    pub fn add(&self, rows: &Rows<'_>, group: usize, what: What, beta: &Beta, into: &mut Sums) {
        let mut fight = Fight {
            duel: *self,
            beta,
            what,
            taken: vec![0; self.forest.inputs],
            apart: Vec::new(),
            mine: 0,
            weight: 0.0,
            row: 0,
            lane: 0,
        };
        for lane in 0..rows.within(group) {
            fight.lane = lane;
            fight.row = rows.start + group * GROUP + lane;
            for (other, weight) in self.background.weights().iter().enumerate() {
                fight.weight = *weight;
                if *weight > 0.0 {
                    fight.node(rows, other, 0, into);
                }
            }
        }
    }
}

impl Fight<'_> {
    /// Goes through the tree (paths have at most 1,024 questions).
    fn node(&mut self, rows: &Rows<'_>, other: usize, node: usize, into: &mut Sums) {
        if !self.duel.marks[node] {
            return;
        }
        let tree = self.duel.tree;
        match tree.nodes.get(node) {
            Some(Node::Leaf { leaf, .. }) => self.leaf(*leaf as usize, into),
            Some(Node::Split {
                input,
                rule,
                missing,
                left,
                ..
            }) => {
                let arithmetic = self.duel.forest.arithmetic;
                let (place, left) = (*input as usize, *left as usize);
                let side = |columns: &[Vec<f64>], row: usize| {
                    let x = columns[place][row];
                    left + usize::from(!tree.goes_left(*rule, *missing, arithmetic, x))
                };
                let taken = self.taken[place];
                let mine = side(rows.columns, self.row);
                let theirs = side(self.duel.background.columns(), other);
                if taken == 1 || mine == theirs {
                    self.node(rows, other, mine, into);
                } else if taken == 2 {
                    self.node(rows, other, theirs, into);
                } else {
                    for (own, child) in [(true, mine), (false, theirs)] {
                        self.taken[place] = if own { 1 } else { 2 };
                        self.apart.push((*input, own));
                        self.mine += usize::from(own);
                        self.node(rows, other, child, into);
                        self.mine -= usize::from(own);
                        self.apart.pop();
                    }
                    self.taken[place] = 0;
                }
            }
            None => {}
        }
    }

    fn leaf(&self, leaf: usize, into: &mut Sums) {
        let (tree, cells) = (self.duel.tree, self.duel.cells);
        let (mine, theirs) = (self.mine, self.apart.len() - self.mine);
        for output in 0..tree.outputs {
            let value = self.weight * tree.values[leaf * tree.outputs + output];
            let output = tree.first + output;
            for (input, own) in &self.apart {
                let x = match own {
                    true => self.beta.of(mine - 1, theirs),
                    false => -self.beta.of(mine, theirs - 1),
                };
                into[cells.value(output, *input)][self.lane] += value * x;
            }
            if self.what == What::Values {
                continue;
            }
            for (i, (a, first)) in self.apart.iter().enumerate() {
                for (b, second) in &self.apart[i + 1..] {
                    let x = match (first, second) {
                        (true, true) => self.beta.of(mine - 2, theirs),
                        (false, false) => self.beta.of(mine, theirs - 2),
                        _ => -self.beta.of(mine - 1, theirs - 1),
                    };
                    let number = |input: &u32| cells.number(*input as usize).unwrap_or(0);
                    let cell = cells.pair(output, number(a), number(b));
                    into[cell][self.lane] += value * x;
                }
            }
        }
    }
}
