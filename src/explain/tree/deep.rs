//! Trees too deep for tables, with covers: the leaf polynomials of [`crate::explain::tree::table`] kept as their values at the points of
//! the quadrature while a walk goes through the tree (Yu et al. 2022, in another basis), for many rows in step.
//!
//! On the way down each question multiplies; on the way up the sums below a question give its input's contribution. An
//! input that is asked again replaces its factor, and takes back what its earlier question counts for the leaves below.
//! All factors are positive, so nothing cancels.

use crate::explain::tree::cells::Cells;
use crate::explain::tree::game;
use crate::explain::tree::question::{Answers, GROUP, Questions, Rows};
use crate::explain::tree::table::What;
use crate::model::tree::{Node, Tree};

/// Rows that walk in step.
const LANES: usize = 32;
type Lanes = [f64; LANES];

/// Where the sums go: a group's cells.
pub type Sums = [[f64; GROUP]];

/// A tree of which some leaves belong to no unit.
#[derive(Debug, Clone, Copy)]
pub struct Deep<'a> {
    /// Place of the tree.
    pub place: usize,
    /// The tree.
    pub tree: &'a Tree,
    /// For each node, whether such leaves are below it.
    pub marks: &'a [bool],
    /// Points and weights, enough for the inputs on its paths.
    pub rule: &'a [(f64, f64)],
    /// All questions.
    pub questions: &'a Questions,
    /// All cells.
    pub cells: &'a Cells,
}

/// How many different inputs the longest marked path has.
pub fn players(tree: &Tree, marks: &[bool]) -> usize {
    fn walk(tree: &Tree, marks: &[bool], node: usize, path: &mut Vec<u32>) -> usize {
        if !marks.get(node).copied().unwrap_or(false) {
            return 0;
        }
        match tree.nodes.get(node) {
            Some(Node::Split { input, left, .. }) => {
                let new = !path.contains(input);
                if new {
                    path.push(*input);
                }
                let left = *left as usize;
                let most = walk(tree, marks, left, path).max(walk(tree, marks, left + 1, path));
                if new {
                    path.pop();
                }
                most
            }
            _ => path.len(),
        }
    }
    walk(tree, marks, 0, &mut Vec::new())
}

/// An input that is taken as known, or as not known, whatever the others.
#[derive(Debug, Clone, Copy)]
struct Fixed {
    input: u32,
    known: bool,
}

/// A question on the way.
#[derive(Debug, Clone, Copy)]
struct Step {
    input: u32,
    /// The share of all questions about this input so far.
    share: f64,
    /// The level below the question.
    level: usize,
}

struct Walk<'a, 'r> {
    deep: Deep<'a>,
    rows: &'a Rows<'r>,
    group: usize,
    lanes: usize,
    output: usize,
    fixed: Option<Fixed>,
    path: Vec<Step>,
    /// For each level: answers of the group.
    answers: Vec<Answers>,
    /// For each level: 1 where the questions about this input are met so far.
    met: Vec<Lanes>,
    /// For each level, for each point.
    down: Vec<Lanes>,
    up: Vec<Lanes>,
    /// For each input that is asked about.
    found: Vec<Lanes>,
}

impl Deep<'_> {
    /// Adds what the marked leaves contribute to a group.
    pub fn add(&self, rows: &Rows<'_>, group: usize, what: What, into: &mut Sums) {
        let levels = self.tree.depth + 1;
        let points = self.rule.len();
        let mut inputs: Vec<u32> = Vec::new();
        if what == What::Pairs {
            inputs.extend(self.tree.nodes.iter().filter_map(|node| match node {
                Node::Split { input, .. } => Some(*input),
                Node::Leaf { .. } => None,
            }));
            inputs.sort_unstable();
            inputs.dedup();
        }
        let zero = [0.0; LANES];
        let mut walk = Walk {
            deep: *self,
            rows,
            group,
            lanes: 0,
            output: 0,
            fixed: None,
            path: Vec::with_capacity(levels),
            answers: vec![[0; GROUP]; levels],
            met: vec![zero; levels],
            down: vec![zero; levels * points],
            up: vec![zero; levels * points],
            found: vec![zero; self.cells.asked()],
        };
        for output in 0..self.tree.outputs {
            walk.output = output;
            let output = self.tree.first + output;
            for lanes in (0..rows.within(group)).step_by(LANES) {
                walk.lanes = lanes;
                walk.all(None);
                for input in 0..self.cells.asked() {
                    let found = walk.found[input];
                    // numbers of inputs rise with their places, so the first cell's neighbours follow
                    let cell = self.cells.first(output) + input;
                    pour(&found, 1.0, lanes, &mut into[cell]);
                }
                for input in &inputs {
                    let Some(own) = self.cells.number(*input as usize) else {
                        continue;
                    };
                    for (known, sign) in [(true, 1.0), (false, -1.0)] {
                        walk.all(Some(Fixed {
                            input: *input,
                            known,
                        }));
                        for other in 0..own {
                            let found = walk.found[other];
                            let cell = self.cells.pair(output, other, own);
                            pour(&found, sign, lanes, &mut into[cell]);
                        }
                    }
                }
            }
        }
    }
}

fn pour(from: &Lanes, sign: f64, lanes: usize, into: &mut [f64; GROUP]) {
    for (to, from) in into[lanes..].iter_mut().zip(from) {
        *to += sign * from;
    }
}

impl Walk<'_, '_> {
    fn all(&mut self, fixed: Option<Fixed>) {
        self.fixed = fixed;
        self.found.fill([0.0; LANES]);
        let points = self.deep.rule.len();
        self.down[..points].fill([1.0; LANES]);
        self.up[..points].fill([0.0; LANES]);
        self.node(0, 0);
    }

    /// Goes through the tree (paths have at most 1,024 questions).
    fn node(&mut self, node: usize, level: usize) {
        let points = self.deep.rule.len();
        let here = level * points..(level + 1) * points;
        match self.deep.tree.nodes.get(node) {
            Some(Node::Leaf { leaf, .. }) => {
                let tree = self.deep.tree;
                let value = tree.values[*leaf as usize * tree.outputs + self.output];
                let pairs = self.up[here.clone()].iter_mut().zip(&self.down[here]);
                for (up, down) in pairs {
                    for (up, down) in up.iter_mut().zip(down) {
                        *up = value * down;
                    }
                }
            }
            Some(Node::Split { input, left, .. }) => {
                let left = *left as usize;
                let Some(question) = self.deep.questions.of(self.deep.place, node) else {
                    return;
                };
                self.rows
                    .ask(self.group, question, &mut self.answers[level]);
                let shares = game::shares(self.deep.tree, node, left);
                for (side, share) in shares.into_iter().enumerate() {
                    if self.deep.marks[left + side] {
                        self.side(left + side, level, side == 0, *input, share);
                    }
                }
            }
            None => {}
        }
    }

    fn side(&mut self, child: usize, level: usize, left: bool, input: u32, share: f64) {
        let points = self.deep.rule.len();
        let flip = if left { 0 } else { u16::MAX };
        let mut met = [0.0; LANES];
        for (met, answer) in met.iter_mut().zip(&self.answers[level][self.lanes..]) {
            *met = f64::from((answer ^ flip) & 1);
        }
        let (above, below) = self.down.split_at_mut((level + 1) * points);
        let down = above[level * points..].iter().zip(below.iter_mut());
        self.up[(level + 1) * points..(level + 2) * points].fill([0.0; LANES]);
        if let Some(fixed) = self.fixed
            && fixed.input == input
        {
            for (from, to) in down {
                for ((from, to), met) in from.iter().zip(to).zip(&met) {
                    *to = from * if fixed.known { *met } else { share };
                }
            }
            self.node(child, level + 1);
            self.raise(level);
            return;
        }
        let before = self
            .path
            .iter()
            .rev()
            .find(|step| step.input == input)
            .copied();
        let old = before.map(|before| self.met[before.level]);
        let whole = share * before.map_or(1.0, |before| before.share);
        if let Some(old) = old {
            met.iter_mut().zip(&old).for_each(|(met, old)| *met *= old);
        }
        match (before, &old) {
            (Some(before), Some(old)) => {
                for ((from, to), (t, _)) in down.zip(self.deep.rule) {
                    let over = 1.0 / (before.share * (1.0 - t) + t);
                    let (once, again) = (whole * (1.0 - t) * over - share, t * over);
                    for (((from, to), old), met) in from.iter().zip(to).zip(old).zip(&met) {
                        *to = from * (share + old * once + met * again);
                    }
                }
            }
            _ => {
                for ((from, to), (t, _)) in down.zip(self.deep.rule) {
                    let none = share * (1.0 - t);
                    for ((from, to), met) in from.iter().zip(to).zip(&met) {
                        *to = from * (none + met * t);
                    }
                }
            }
        }
        self.met[level + 1] = met;
        self.path.push(Step {
            input,
            share: whole,
            level: level + 1,
        });
        self.node(child, level + 1);
        self.path.pop();
        let Some(number) = self.deep.cells.number(input as usize) else {
            return;
        };
        // the derivative's share of a question that is met, and of one that is not
        let mut some = [0.0; LANES];
        let mut more = [0.0; LANES];
        let up = &self.up[(level + 1) * points..(level + 2) * points];
        for (up, (t, w)) in up.iter().zip(self.deep.rule) {
            let unmet = -w / (1.0 - t);
            let yes = w * (1.0 - whole) / (whole * (1.0 - t) + t);
            let was = before.map_or(0.0, |b| w * (1.0 - b.share) / (b.share * (1.0 - t) + t));
            let (a, b) = (unmet - was, yes - unmet);
            for ((some, more), up) in some.iter_mut().zip(&mut more).zip(up) {
                *some += up * a;
                *more += up * b;
            }
        }
        let old = old.unwrap_or([1.0; LANES]);
        let met = &self.met[level + 1];
        let parts = some.iter().zip(&old).zip(more.iter().zip(met));
        for (found, ((some, old), (more, met))) in self.found[number].iter_mut().zip(parts) {
            *found += some * old + more * met;
        }
        self.raise(level);
    }

    /// Adds the sums below a question to those of its node.
    fn raise(&mut self, level: usize) {
        let points = self.deep.rule.len();
        let (above, below) = self.up.split_at_mut((level + 1) * points);
        for (to, from) in above[level * points..].iter_mut().zip(below) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += *from);
        }
    }
}
