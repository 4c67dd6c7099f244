//! The way through a tree whose tables stay in fast memory: all its questions are asked once, every unit finds its pattern, and
//! each sum collects what the units that share it add.

use crate::explain::tree::deep::Sums;
use crate::explain::tree::question::{Answers, GROUP, Question, Rows};
use crate::explain::tree::unit::{FEW, Unit};
use std::collections::BTreeMap;

/// Patterns that a byte can name.
const REACH: usize = 1 << FEW;
/// Bytes of tables that count as near.
const LARGEST: usize = 512 << 10;

type Bytes = [u8; GROUP];

/// A fact of a unit: which answer, and the bit that falls where it is not met.
#[derive(Debug, Clone, Copy)]
struct Fact {
    answer: u32,
    bit: u8,
    flip: u8,
}

/// A column of a table: whose pattern chooses in it, and where it starts.
#[derive(Debug, Clone, Copy)]
struct Term {
    unit: u32,
    start: u32,
}

/// A tree's tables, ready to be read.
#[derive(Debug)]
pub struct Near {
    questions: Vec<Question>,
    units: Vec<(u8, Vec<Fact>)>,
    /// Cells, and how many terms each has.
    cells: Vec<(usize, usize)>,
    terms: Vec<Term>,
    /// The tables, and so much more that a byte can point nowhere else.
    table: Vec<f64>,
}

/// What a pass needs meanwhile.
#[derive(Debug, Default)]
pub struct Scratch {
    answers: Vec<Bytes>,
    patterns: Vec<Bytes>,
}

/// True when a tree of these units and so many numbers can be read this way.
pub fn fits(units: &[Unit], numbers: usize) -> bool {
    units.iter().all(|unit| unit.facts <= FEW) && numbers * size_of::<f64>() <= LARGEST
}

impl Near {
    /// Takes the units of a tree, the cells of their columns, and their tables behind each other from `starts` on.
    pub fn new(
        units: &[Unit],
        cells: &[Vec<usize>],
        starts: &[usize],
        mut table: Vec<f64>,
    ) -> Self {
        let mut questions: Vec<Question> = Vec::new();
        let mut facts = Vec::new();
        for unit in units {
            let asks = unit.asks().map(|(question, bit, flip)| {
                let place = questions.iter().position(|of| *of == question);
                let answer = place.unwrap_or_else(|| {
                    questions.push(question);
                    questions.len() - 1
                });
                Fact {
                    answer: answer as u32,
                    bit: bit as u8,
                    flip: flip as u8,
                }
            });
            let asks: Vec<Fact> = asks.collect();
            facts.push((((1_u32 << unit.facts) - 1) as u8, asks));
        }
        let mut found: BTreeMap<usize, Vec<Term>> = BTreeMap::new();
        for (place, ((unit, cells), start)) in units.iter().zip(cells).zip(starts).enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                found.entry(*cell).or_default().push(Term {
                    unit: place as u32,
                    start: (start + (column << unit.facts)) as u32,
                });
            }
        }
        table.resize(table.len() + REACH, 0.0);
        Self {
            questions,
            units: facts,
            cells: found
                .iter()
                .map(|(cell, terms)| (*cell, terms.len()))
                .collect(),
            terms: found.into_values().flatten().collect(),
            table,
        }
    }

    /// Adds what the tree says of a group.
    pub fn add(&self, rows: &Rows<'_>, group: usize, scratch: &mut Scratch, sums: &mut Sums) {
        let mut answers: Answers = [0; GROUP];
        scratch.answers.resize(self.questions.len(), [0; GROUP]);
        for (question, bytes) in self.questions.iter().zip(&mut scratch.answers) {
            rows.ask(group, *question, &mut answers);
            for (byte, answer) in bytes.iter_mut().zip(&answers) {
                *byte = *answer as u8;
            }
        }
        scratch.patterns.resize(self.units.len(), [0; GROUP]);
        for ((all, facts), pattern) in self.units.iter().zip(&mut scratch.patterns) {
            *pattern = [*all; GROUP];
            for fact in facts {
                if let Some(answers) = scratch.answers.get(fact.answer as usize) {
                    for (pattern, answer) in pattern.iter_mut().zip(answers) {
                        *pattern &= (*answer ^ fact.flip) | !fact.bit;
                    }
                }
            }
        }
        let mut terms = self.terms.as_slice();
        for (cell, count) in &self.cells {
            let (own, rest) = terms.split_at(*count);
            terms = rest;
            if let Some(sums) = sums.get_mut(*cell) {
                self.collect(own, &scratch.patterns, sums);
            }
        }
    }

    /// Adds up to six terms in one pass, as many as the registers hold, and then the next.
    fn collect(&self, terms: &[Term], patterns: &[Bytes], sums: &mut [f64; GROUP]) {
        let none = (&[0.0; REACH], &[0; GROUP]);
        for some in terms.chunks(6) {
            let mut all = [none; 6];
            for (of, term) in all.iter_mut().zip(some) {
                let column = self.table.get(term.start as usize..);
                let column = column.and_then(|column| column.first_chunk::<REACH>());
                if let (Some(column), Some(pattern)) = (column, patterns.get(term.unit as usize)) {
                    *of = (column, pattern);
                }
            }
            match some.len() {
                1 => pass::<1>(&all, sums),
                2 => pass::<2>(&all, sums),
                3 => pass::<3>(&all, sums),
                4 => pass::<4>(&all, sums),
                5 => pass::<5>(&all, sums),
                _ => pass::<6>(&all, sums),
            }
        }
    }
}

#[inline(never)]
fn pass<const N: usize>(terms: &[(&[f64; REACH], &Bytes); 6], sums: &mut [f64; GROUP]) {
    for (row, sum) in sums.iter_mut().enumerate() {
        let mut add = 0.0;
        for (column, pattern) in terms.iter().take(N) {
            add += column[pattern[row] as usize];
        }
        *sum += add;
    }
}
