//! What every layer does: rows of numbers in, rows of numbers out; and the way back, from what a score would gain by each
//! number that went out to what it would gain by each that came in.

use crate::error::{Error, Result};
use crate::model::network::numbers::Numbers;
use std::fmt::Debug;

/// A layer with its weights. Rows lie one behind the other; the shapes were checked when it was made.
///
/// A row's numbers are the same bits whatever rows stand beside it in a block of the same number of rows.
pub trait Kernel: Debug + Send + Sync {
    /// What the layer makes of `rows` rows.
    fn forward(&self, x: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers>;

    /// The gradient with respect to what came in, from the one with respect to what went out. The tape gives back what
    /// `forward` kept, last first.
    fn backward(&self, slope: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers>;

    /// True when finite numbers can become infinite here.
    fn overflows(&self) -> bool {
        false
    }
}

/// What the way forth keeps for the way back, and which rows are finite so far.
#[derive(Debug, Default)]
pub struct Tape {
    kept: Vec<Numbers>,
    keeps: bool,
    broken: Vec<bool>,
}

impl Tape {
    /// A tape for `rows` rows that keeps something when there is a way back.
    pub fn new(rows: usize, keeps: bool) -> Self {
        Self {
            kept: Vec::new(),
            keeps,
            broken: vec![false; rows],
        }
    }

    /// True when there is a way back.
    pub fn keeps(&self) -> bool {
        self.keeps
    }

    /// Keeps numbers when there is a way back.
    pub fn keep(&mut self, numbers: &Numbers) {
        if self.keeps {
            self.kept.push(numbers.clone());
        }
    }

    /// Keeps numbers that are needed no more on the way forth.
    pub fn hand(&mut self, numbers: Numbers) {
        if self.keeps {
            self.kept.push(numbers);
        }
    }

    /// What was kept last.
    pub fn back(&mut self) -> Result<Numbers> {
        self.kept
            .pop()
            .ok_or_else(|| Error::new("a network went back further than it went forth"))
    }

    /// Notes rows that are not finite any more: a later layer may turn an infinite number into a finite one.
    pub fn watch(&mut self, x: &Numbers) {
        let width = x.all().len() / self.broken.len().max(1);
        for (row, broken) in x.all().chunks(width.max(1)).zip(&mut self.broken) {
            // many sums side by side, which the processor adds at once
            let mut sums = [0.0f32; 16];
            let mut chunks = row.chunks_exact(16);
            for chunk in &mut chunks {
                sums.iter_mut()
                    .zip(chunk)
                    .for_each(|(sum, x)| *sum += x * 0.0);
            }
            let rest: f32 = chunks.remainder().iter().map(|x| x * 0.0).sum();
            *broken |= sums.iter().sum::<f32>() + rest != 0.0;
        }
    }

    /// True when a row once was not finite.
    pub fn broke(&self, row: usize) -> bool {
        self.broken.get(row).copied().unwrap_or(true)
    }
}

/// Layers one after another.
#[derive(Debug, Default)]
pub struct Chain(pub Vec<Box<dyn Kernel>>);

impl Kernel for Chain {
    fn forward(&self, mut x: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        for layer in &self.0 {
            x = layer.forward(x, rows, tape)?;
            if layer.overflows() {
                tape.watch(&x);
            }
        }
        Ok(x)
    }

    fn backward(&self, mut slope: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        for layer in self.0.iter().rev() {
            slope = layer.backward(slope, rows, tape)?;
        }
        Ok(slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_was_not_finite_stays_noted() {
        let mut tape = Tape::new(3, false);
        let mut x = vec![1.0; 60];
        x[20] = f32::INFINITY;
        x[59] = f32::NAN;
        tape.watch(&Numbers::from(x));
        tape.watch(&Numbers::from(vec![0.0; 3]));
        assert_eq!([0, 1, 2].map(|row| tape.broke(row)), [false, true, true]);
    }
}
