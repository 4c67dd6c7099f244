//! What every pattern of a unit contributes, exactly.
//!
//! A leaf with value `v` is a product over its inputs: `v · Π (known and met, or what stands in for it meets)`. Put in place
//! of each "known" a chance `t`, and the leaf is a polynomial in `t`; the Shapley value of an input is the integral over `t` from 0 to 1 of
//! its derivative by that input's own chance (Owen 1972), the interaction of two inputs that of the second derivative
//! (Grabisch and Roubens 1999). The polynomial has no higher degree than the leaf has inputs, so a Gauss–Legendre rule of half
//! as many points is exact. What stands in enters as a measure over patterns: a product of shares with covers, the counted
//! patterns of its rows with a background, turned into chances by a transform of `2^n` steps for each input.
//!
//! That a tree's explanation is an integral of low degree is the idea of Linear TreeSHAP (Yu et al. 2022); that few patterns
//! occur, and can be told beforehand, that of FastTreeSHAP (Yang 2021).

use crate::explain::legendre;
use crate::explain::tree::unit::{End, MOST, Unit};
use crate::model::tree::Tree;

/// What stands in for what is not known.
#[derive(Debug, Clone, Copy)]
pub enum Measure<'a> {
    /// The players' shares.
    Shares,
    /// Weights of the patterns of the unit.
    Patterns(&'a [f64]),
}

/// Which numbers of a unit are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// One for each input.
    Values,
    /// One for each input, and one for each pair.
    Pairs,
}

/// Makes tables; holds what it needs meanwhile.
#[derive(Debug)]
pub struct Maker {
    rules: Vec<Vec<(f64, f64)>>,
    what: What,
    chances: Vec<f64>,
    first: Vec<f64>,
    weights: Vec<f64>,
    seen: Vec<u16>,
    sums: Vec<f64>,
}

/// Pairs of places in a unit whose inputs meet in a leaf, in order.
pub fn pairs(unit: &Unit) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for end in &unit.ends {
        for (i, a) in end.players.iter().enumerate() {
            for b in end.players.iter().skip(i + 1) {
                pairs.push((a.place.min(b.place), a.place.max(b.place)));
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

impl Maker {
    /// A maker of tables with values, or values and pairs.
    pub fn new(what: What) -> Self {
        Self {
            rules: (0..=MOST).map(|n| legendre::rule(n.div_ceil(2))).collect(),
            what,
            chances: Vec::new(),
            first: Vec::new(),
            weights: Vec::new(),
            seen: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// Appends the table of a unit: for each output, for each of its inputs (and then each of its [`pairs`]), what every
    /// pattern adds.
    pub fn make(&mut self, unit: &Unit, tree: &Tree, measure: Measure<'_>, into: &mut Vec<f64>) {
        let pairs = match self.what {
            What::Values => Vec::new(),
            What::Pairs => pairs(unit),
        };
        let patterns = 1_usize << unit.facts;
        let columns = unit.inputs.len() + pairs.len();
        let start = into.len();
        into.resize(start + tree.outputs * columns * patterns, 0.0);
        let table = &mut into[start..];
        for end in &unit.ends {
            self.see(end, patterns);
            self.leaf(end, measure);
            let whole = 1 << end.players.len();
            let mut sums = self.sums.chunks_exact(whole);
            let mut add = |column: usize| {
                let Some(sums) = sums.next() else { return };
                for output in 0..tree.outputs {
                    let value = tree.values[end.leaf * tree.outputs + output];
                    let first = (output * columns + column) * patterns;
                    for (to, seen) in table[first..first + patterns].iter_mut().zip(&self.seen) {
                        *to += value * sums[*seen as usize];
                    }
                }
            };
            for player in &end.players {
                add(player.place);
            }
            if self.what == What::Pairs {
                for (i, a) in end.players.iter().enumerate() {
                    for b in end.players.iter().skip(i + 1) {
                        let pair = (a.place.min(b.place), a.place.max(b.place));
                        let place = pairs.binary_search(&pair).unwrap_or(0);
                        add(unit.inputs.len() + place);
                    }
                }
            }
        }
    }

    /// For each pattern of the unit, which players of the leaf it meets.
    fn see(&mut self, end: &End, patterns: usize) {
        self.seen.clear();
        self.seen.resize(patterns, 0);
        for (bit, player) in end.players.iter().enumerate() {
            for (pattern, seen) in self.seen.iter_mut().enumerate() {
                *seen |= u16::from(pattern as u16 & player.mask == player.want) << bit;
            }
        }
    }

    /// For each player (and then each pair), for each set of players that are met: the integral for a leaf of value 1.
    fn leaf(&mut self, end: &End, measure: Measure<'_>) {
        let players = end.players.len();
        let whole = 1_usize << players;
        let columns = match self.what {
            What::Values => players,
            What::Pairs => players + players * players.saturating_sub(1) / 2,
        };
        self.sums.clear();
        self.sums.resize(columns * whole, 0.0);
        if let Measure::Patterns(of) = measure {
            self.weights.clear();
            self.weights.resize(whole, 0.0);
            for (seen, weight) in self.seen.iter().zip(of) {
                self.weights[*seen as usize] += weight;
            }
        }
        for (t, w) in &self.rules[players] {
            self.chances.clear();
            match measure {
                Measure::Shares => {
                    self.chances.push(1.0);
                    for player in &end.players {
                        let half = self.chances.len();
                        self.chances.extend_from_within(..);
                        let (unmet, met) = self.chances.split_at_mut(half);
                        let none = player.share * (1.0 - t);
                        unmet.iter_mut().for_each(|x| *x *= none);
                        met.iter_mut().for_each(|x| *x *= none + t);
                    }
                }
                Measure::Patterns(_) => {
                    self.chances.extend_from_slice(&self.weights);
                    for bit in 0..players {
                        for both in self.chances.chunks_exact_mut(2 << bit) {
                            let (unmet, met) = both.split_at_mut(1 << bit);
                            for (unmet, met) in unmet.iter_mut().zip(met) {
                                let (no, yes) = (*unmet, *met);
                                *unmet = (1.0 - t) * yes;
                                *met = t * no + yes;
                            }
                        }
                    }
                }
            }
            let mut sums = self.sums.chunks_exact_mut(whole);
            for bit in 0..players {
                if let Some(sum) = sums.next() {
                    derive(&self.chances, bit, *t, |place, x| sum[place] += w * x);
                }
            }
            if self.what == What::Pairs {
                for a in 0..players {
                    self.first.clear();
                    self.first.resize(whole, 0.0);
                    derive(&self.chances, a, *t, |place, x| self.first[place] = x);
                    for b in a + 1..players {
                        if let Some(sum) = sums.next() {
                            derive(&self.first, b, *t, |place, x| sum[place] += w * x);
                        }
                    }
                }
            }
        }
    }
}

/// The derivative by one player's chance, for each set of met players. With the others fixed, a met player's factor is
/// `t · no + yes` and an unmet one's `(1 − t) · yes`, with the weights `no` and `yes` of what stands in for it; the derivatives
/// are `no` and `−yes`.
#[inline(always)]
fn derive(chances: &[f64], bit: usize, t: f64, mut to: impl FnMut(usize, f64)) {
    let half = 1 << bit;
    let (over, rest) = (1.0 / t, 1.0 / (1.0 - t));
    for (block, both) in chances.chunks_exact(2 * half).enumerate() {
        let (unmet, met) = both.split_at(half);
        for (place, (unmet, met)) in unmet.iter().zip(met).enumerate() {
            let yes = unmet * rest;
            let place = block * 2 * half + place;
            to(place, -yes);
            to(place + half, (met - yes) * over);
        }
    }
}
