//! A tree cut into units: the leaves below a node, together with the way to that node.
//!
//! What a unit contributes depends only on which of its questions a row answers how, and the questions on the way count as
//! one for each input: were they all met, or not? A unit with `b` such facts has `2^b` patterns, and a table holds what
//! each of them contributes ([`crate::explain::tree::table`]).

use crate::explain::tree::game;
use crate::explain::tree::question::{Answers, GROUP, Question, Questions, Rows};
use crate::model::tree::{Node, Tree};

/// Facts of a unit, whatever the number of rows.
pub const FEW: usize = 8;
/// Facts of a unit at most.
pub const MOST: usize = 11;
/// Splits inside a unit of more than [`FEW`] facts.
const INSIDE: usize = 3;

/// One question of a unit.
#[derive(Debug, Clone, Copy)]
struct Ask {
    question: Question,
    /// The bit that falls where it is not met.
    bit: u16,
    /// All bits set when going right meets it.
    flip: u16,
}

/// An input a leaf depends on.
#[derive(Debug, Clone, Copy)]
pub struct Player {
    /// Its place in [`Unit::inputs`].
    pub place: usize,
    /// The facts about it …
    pub mask: u16,
    /// … and what they must be to reach the leaf.
    pub want: u16,
    /// The share of rows of training that meet them, question by question.
    pub share: f64,
}

/// A leaf of a unit.
#[derive(Debug, Clone)]
pub struct End {
    /// Its place among the tree's leaves.
    pub leaf: usize,
    /// The inputs it depends on.
    pub players: Vec<Player>,
}

/// Leaves below a node, and the way there.
#[derive(Debug, Clone)]
pub struct Unit {
    asks: Vec<Ask>,
    /// How many facts it has.
    pub facts: usize,
    /// The inputs it asks about.
    pub inputs: Vec<u32>,
    /// Its leaves.
    pub ends: Vec<End>,
}

/// A tree as units, and what is left of it.
#[derive(Debug)]
pub struct Cut {
    /// The units.
    pub units: Vec<Unit>,
    /// For each node whether leaves below it belong to no unit; empty when all do.
    pub deep: Vec<bool>,
}

impl Unit {
    /// Its questions, each with the bit that falls where it is not met, and with all bits set when going right meets it.
    pub fn asks(&self) -> impl Iterator<Item = (Question, u16, u16)> + '_ {
        self.asks
            .iter()
            .map(|ask| (ask.question, ask.bit, ask.flip))
    }

    /// The pattern of facts of every row of a group.
    pub fn pattern(&self, rows: &Rows<'_>, group: usize) -> Answers {
        let all = ((1_u32 << self.facts) - 1) as u16;
        let mut pattern = [all; GROUP];
        let mut answers = [0; GROUP];
        for ask in &self.asks {
            rows.ask(group, ask.question, &mut answers);
            for (pattern, answer) in pattern.iter_mut().zip(&answers) {
                *pattern &= (*answer ^ ask.flip) | !ask.bit;
            }
        }
        pattern
    }
}

/// Cuts a tree into units of at most `most` facts.
pub fn cut(tree: &Tree, place: usize, questions: &Questions, most: usize) -> Cut {
    let mut splits = vec![0_usize; tree.nodes.len()];
    for (node, of) in tree.nodes.iter().enumerate().rev() {
        if let Node::Split { left, .. } = of {
            let left = *left as usize;
            splits[node] = 1 + splits[left] + splits[left + 1];
        }
    }
    let mut knife = Knife {
        tree,
        place,
        questions,
        splits,
        most: most.clamp(FEW, MOST),
        path: Vec::new(),
        asks: Vec::new(),
        units: Vec::new(),
        deep: vec![false; tree.nodes.len()],
    };
    let deep = knife.node(0);
    Cut {
        units: knife.units,
        deep: if deep { knife.deep } else { Vec::new() },
    }
}

struct Knife<'a> {
    tree: &'a Tree,
    place: usize,
    questions: &'a Questions,
    /// Splits at and below each node.
    splits: Vec<usize>,
    most: usize,
    /// Inputs on the way and their shares.
    path: Vec<(u32, f64)>,
    asks: Vec<Ask>,
    units: Vec<Unit>,
    deep: Vec<bool>,
}

/// An input's share before a question, or none when it was not on the way.
type Before = (usize, Option<f64>);

impl Knife<'_> {
    /// Goes through the tree (paths have at most 1,024 questions); true when leaves are left.
    fn node(&mut self, node: usize) -> bool {
        let inside = self.splits[node];
        let facts = self.path.len() + inside;
        if facts <= FEW || inside <= INSIDE && facts <= self.most {
            if facts > 0 {
                self.unit(node);
            }
            return false;
        }
        let mut deep = true;
        if let Some(Node::Split { input, left, .. }) = self.tree.nodes.get(node) {
            let left = *left as usize;
            let shares = game::shares(self.tree, node, left);
            let question = self.questions.of(self.place, node);
            deep = false;
            for (side, share) in shares.into_iter().enumerate() {
                let before = self.meet(*input, share);
                self.asks.extend(question.map(|question| Ask {
                    question,
                    bit: 1_u16.checked_shl(before.0 as u32).unwrap_or(0),
                    flip: if side == 0 { 0 } else { u16::MAX },
                }));
                deep |= self.node(left + side);
                self.asks.pop();
                self.leave(before);
            }
        }
        self.deep[node] = deep;
        deep
    }

    fn meet(&mut self, input: u32, share: f64) -> Before {
        match self.path.iter().position(|(of, _)| *of == input) {
            Some(slot) => {
                let old = self.path[slot].1;
                self.path[slot].1 *= share;
                (slot, Some(old))
            }
            None => {
                self.path.push((input, share));
                (self.path.len() - 1, None)
            }
        }
    }

    fn leave(&mut self, (slot, old): Before) {
        match old {
            Some(old) => self.path[slot].1 = old,
            None => self.path.truncate(slot),
        }
    }

    fn unit(&mut self, root: usize) {
        let mut unit = Unit {
            asks: self.asks.clone(),
            facts: self.path.len(),
            inputs: self.path.iter().map(|(input, _)| *input).collect(),
            ends: Vec::new(),
        };
        let players = self.path.iter().enumerate();
        let players = players.map(|(place, (_, share))| Player {
            place,
            mask: 1 << place,
            want: 1 << place,
            share: *share,
        });
        // at most `FEW` splits deep
        let mut open = vec![(root, players.collect::<Vec<_>>())];
        while let Some((node, players)) = open.pop() {
            match self.tree.nodes.get(node) {
                Some(Node::Split { input, left, .. }) => {
                    let place = unit.inputs.iter().position(|of| of == input);
                    let place = place.unwrap_or_else(|| {
                        unit.inputs.push(*input);
                        unit.inputs.len() - 1
                    });
                    let bit = 1 << unit.facts;
                    unit.facts += 1;
                    let question = self.questions.of(self.place, node);
                    unit.asks.extend(question.map(|question| Ask {
                        question,
                        bit,
                        flip: 0,
                    }));
                    let left = *left as usize;
                    let shares = game::shares(self.tree, node, left);
                    for (side, share) in shares.into_iter().enumerate().rev() {
                        let mut players = players.clone();
                        let want = if side == 0 { bit } else { 0 };
                        match players.iter_mut().find(|player| player.place == place) {
                            Some(player) => {
                                player.mask |= bit;
                                player.want |= want;
                                player.share *= share;
                            }
                            None => players.push(Player {
                                place,
                                mask: bit,
                                want,
                                share,
                            }),
                        }
                        open.push((left + side, players));
                    }
                }
                Some(Node::Leaf { leaf, .. }) => unit.ends.push(End {
                    leaf: *leaf as usize,
                    players,
                }),
                None => {}
            }
        }
        self.units.push(unit);
    }
}
