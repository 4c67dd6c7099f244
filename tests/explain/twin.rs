//! The same numbers from their definitions: every subset of inputs, every tree walked for each. Slow, and plain to read.

use keur::model::forest::Forest;
use keur::model::tree::{Arithmetic, Missing, Node, Raw, Rule, Source, Tree};

/// A generator of numbers that anyone can repeat.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What random trees look like.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub inputs: usize,
    pub outputs: usize,
    pub depth: usize,
    /// Chance that a node above the last level splits.
    pub splits: f64,
    /// Categories and single numbers too, and all ways of missing.
    pub odd: bool,
    /// Some nodes that no row of training came by.
    pub empty: bool,
}

pub fn tree(shape: Shape, random: &mut Random) -> Tree {
    let mut nodes: Vec<(Raw, f64)> = vec![(Raw::Leaf(0.0), 1000.0)];
    let mut open = vec![(0, 0)];
    while let Some((place, depth)) = open.pop() {
        let splits = depth < shape.depth && (depth == 0 || random.unit() < shape.splits);
        if !splits {
            let values = (0..shape.outputs).map(|_| random.unit() - 0.5).collect();
            nodes[place].0 = Raw::Leaves(values);
            continue;
        }
        let rule = match random.below(if shape.odd { 4 } else { 1 }) {
            2 => Rule::Equal(random.below(5) as f64),
            3 => Rule::Among {
                set: 0,
                left: random.below(2) == 0,
            },
            _ => Rule::Below(random.below(9) as f64 / 2.0),
        };
        let missing = match random.below(if shape.odd { 5 } else { 2 }) {
            0 => Missing::Left,
            1 => Missing::Right,
            2 => Missing::Zero,
            3 => Missing::ZeroLeft,
            _ => Missing::ZeroRight,
        };
        let cover = nodes[place].1;
        let part = if shape.empty && random.below(6) == 0 {
            [0.0, 1.0][random.below(2)]
        } else {
            0.1 + 0.8 * random.unit()
        };
        let left = nodes.len();
        nodes.push((Raw::Leaf(0.0), cover * part));
        nodes.push((Raw::Leaf(0.0), cover * (1.0 - part)));
        open.extend([(left, depth + 1), (left + 1, depth + 1)]);
        let input = random.below(shape.inputs);
        nodes[place].0 = Raw::Split(input, rule, missing, left, left + 1);
    }
    let source = Source {
        count: nodes.len(),
        raw: &|place| Ok(nodes[place].0.clone()),
        cover: &|place| nodes[place].1,
    };
    Tree::build(&source, shape.inputs, vec![vec![0b1_0110]]).unwrap()
}

pub fn forest(shape: Shape, trees: usize, divisor: f64, random: &mut Random) -> Forest {
    let trees = (0..trees).map(|_| tree(shape, random)).collect();
    let base = (0..shape.outputs).map(|o| 0.3 - o as f64).collect();
    Forest::new(shape.inputs, Arithmetic::Double, base, divisor, trees).unwrap()
}

pub fn columns(inputs: usize, rows: usize, random: &mut Random) -> Vec<Vec<f64>> {
    let mut column = || {
        let mut value = || match random.below(8) {
            0 => f64::NAN,
            _ => random.below(10) as f64 / 2.0 - 0.25 * random.below(2) as f64,
        };
        (0..rows).map(|_| value()).collect()
    };
    (0..inputs).map(|_| column()).collect()
}

/// What stands in for inputs that are not known.
#[derive(Clone, Copy)]
pub enum Unknown<'a> {
    Covers,
    Background(&'a [Vec<f64>], &'a [f64]),
}

/// What a forest says of a row when the inputs of `known` (bits) are known.
pub fn says(forest: &Forest, output: usize, x: &[f64], known: u32, unknown: Unknown<'_>) -> f64 {
    let mut sum = forest.base[output];
    for tree in &forest.trees {
        sum += match unknown {
            Unknown::Covers => walk(forest, tree, output, 0, x, known),
            Unknown::Background(columns, weights) => {
                let all: f64 = weights.iter().sum();
                let rows = weights.iter().enumerate();
                let one = |(row, weight): (usize, &f64)| {
                    let leaf = tree.leaf_of(forest.arithmetic, |input| {
                        let own = known >> input & 1 == 1;
                        if own {
                            x[input as usize]
                        } else {
                            columns[input as usize][row]
                        }
                    });
                    weight / all * tree.values[leaf * tree.outputs + output - tree.first]
                };
                rows.map(one).sum()
            }
        };
    }
    sum / forest.divisor
}

fn walk(forest: &Forest, tree: &Tree, output: usize, node: usize, x: &[f64], known: u32) -> f64 {
    let cover = |place: usize| match &tree.nodes[place] {
        Node::Leaf { cover, .. } | Node::Split { cover, .. } => *cover,
    };
    match tree.nodes[node] {
        Node::Leaf { leaf, .. } => tree.values[leaf as usize * tree.outputs + output - tree.first],
        Node::Split {
            input,
            rule,
            missing,
            left,
            ..
        } => {
            let left = left as usize;
            let below = |child| walk(forest, tree, output, child, x, known);
            if known >> input & 1 == 1 {
                let goes_left = tree.goes_left(rule, missing, forest.arithmetic, x[input as usize]);
                return below(left + usize::from(!goes_left));
            }
            let whole = cover(node);
            if whole == 0.0 {
                return 0.5 * below(left) + 0.5 * below(left + 1);
            }
            cover(left) / whole * below(left) + cover(left + 1) / whole * below(left + 1)
        }
    }
}

/// Shapley values, and the matrix of interaction values with main effects on its diagonal, over all subsets.
pub fn shapley(
    forest: &Forest,
    output: usize,
    x: &[f64],
    unknown: Unknown<'_>,
) -> (Vec<f64>, Vec<f64>) {
    let m = forest.inputs;
    let game: Vec<f64> = (0..1_u32 << m)
        .map(|known| says(forest, output, x, known, unknown))
        .collect();
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let mut values = vec![0.0; m];
    let mut pairs = vec![0.0; m * m];
    for (known, value) in game.iter().enumerate() {
        let size = known.count_ones() as usize;
        for i in (0..m).filter(|i| known >> i & 1 == 0) {
            let weight = factorial(size) * factorial(m - size - 1) / factorial(m);
            values[i] += weight * (game[known | 1 << i] - value);
            for j in (0..m).filter(|j| *j != i && known >> j & 1 == 0) {
                let weight = factorial(size) * factorial(m - size - 2) / (2.0 * factorial(m - 1));
                let both = game[known | 1 << i | 1 << j];
                pairs[i * m + j] +=
                    weight * (both - game[known | 1 << i] - game[known | 1 << j] + value);
            }
        }
    }
    for i in 0..m {
        let others: f64 = (0..m).filter(|j| *j != i).map(|j| pairs[i * m + j]).sum();
        pairs[i * m + i] = values[i] - others;
    }
    (values, pairs)
}
