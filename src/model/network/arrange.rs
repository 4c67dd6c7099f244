//! Layers that put numbers elsewhere: another order of axes, one place of an axis, a first step, words for numbers.

use crate::error::Result;
use crate::model::network::kernel::{Kernel, Tape};
use crate::model::network::numbers::Numbers;

/// Numbers of a row in another order.
#[derive(Debug)]
pub struct Order {
    /// For each place out, the place in.
    pub from: Vec<u32>,
    /// Numbers in a row that comes in.
    pub width: usize,
}

impl Order {
    /// The axes of a shape in another order.
    pub fn transpose(shape: &[usize], axes: &[usize]) -> Self {
        let width: usize = shape.iter().product();
        let mut from = vec![0u32];
        for axis in axes {
            let step: usize = shape[axis + 1..].iter().product();
            from = from
                .iter()
                .flat_map(|base| (0..shape[*axis]).map(move |i| base + (i * step) as u32))
                .collect();
        }
        Self { from, width }
    }

    /// One place of an axis.
    pub fn pick(shape: &[usize], axis: usize, index: usize) -> Self {
        let inner: usize = shape[axis + 1..].iter().product();
        let outer: usize = shape[..axis].iter().product();
        let step = shape[axis] * inner;
        let from = (0..outer)
            .flat_map(|o| (0..inner).map(move |i| (o * step + index * inner + i) as u32))
            .collect();
        Self {
            from,
            width: outer * step,
        }
    }

    /// The last state of each direction of `steps × (directions × width)`: the last step forwards, the first backwards.
    pub fn last_states(steps: usize, directions: usize, width: usize) -> Self {
        let all = directions * width;
        let from = (0..all)
            .map(|i| {
                if i < width {
                    ((steps - 1) * all + i) as u32
                } else {
                    i as u32
                }
            })
            .collect();
        Self {
            from,
            width: steps * all,
        }
    }
}

impl Kernel for Order {
    fn forward(&self, x: Numbers, rows: usize, _: &mut Tape) -> Result<Numbers> {
        let mut y = Vec::with_capacity(rows * self.from.len());
        for row in x.all().chunks_exact(self.width) {
            y.extend(self.from.iter().map(|from| row[*from as usize]));
        }
        Ok(Numbers::from(y))
    }

    fn backward(&self, slope: Numbers, rows: usize, _: &mut Tape) -> Result<Numbers> {
        let mut back = vec![0.0; rows * self.width];
        let lines = slope.all().chunks_exact(self.from.len());
        for (row, slope) in back.chunks_exact_mut(self.width).zip(lines) {
            for (from, slope) in self.from.iter().zip(slope) {
                row[*from as usize] += slope;
            }
        }
        Ok(Numbers::from(back))
    }
}

/// The mean or the largest over an axis.
#[derive(Debug)]
pub struct Along {
    /// Length of the axis.
    pub length: usize,
    /// Numbers behind it.
    pub inner: usize,
    /// True for the largest, false for the mean.
    pub largest: bool,
}

impl Kernel for Along {
    fn forward(&self, x: Numbers, _: usize, tape: &mut Tape) -> Result<Numbers> {
        let mut y = Vec::with_capacity(x.all().len() / self.length);
        for part in x.all().chunks_exact(self.length * self.inner) {
            for i in 0..self.inner {
                let line = part[i..].iter().step_by(self.inner);
                y.push(if self.largest {
                    line.fold(f32::NEG_INFINITY, |top, x| {
                        if *x > top || x.is_nan() { *x } else { top }
                    })
                } else {
                    let sum: f64 = line.map(|x| f64::from(*x)).sum();
                    (sum / self.length as f64) as f32
                });
            }
        }
        if self.largest {
            tape.hand(x);
        }
        Ok(Numbers::from(y))
    }

    fn backward(&self, slope: Numbers, _: usize, tape: &mut Tape) -> Result<Numbers> {
        let mut back = vec![0.0; slope.all().len() * self.length];
        let lines = slope.all().chunks_exact(self.inner);
        if self.largest {
            let x = tape.back()?;
            let parts = x.all().chunks_exact(self.length * self.inner);
            let backs = back.chunks_exact_mut(self.length * self.inner);
            for ((part, back), slope) in parts.zip(backs).zip(lines) {
                for (i, slope) in slope.iter().enumerate() {
                    let (mut best, mut top) = (i, f32::NEG_INFINITY);
                    for at in (i..part.len()).step_by(self.inner) {
                        if part[at] > top {
                            (best, top) = (at, part[at]);
                        }
                    }
                    back[best] = *slope;
                }
            }
        } else {
            let share = 1.0 / self.length as f32;
            for (back, slope) in back.chunks_exact_mut(self.length * self.inner).zip(lines) {
                for line in back.chunks_exact_mut(self.inner) {
                    line.iter_mut().zip(slope).for_each(|(b, s)| *b = s * share);
                }
            }
        }
        Ok(Numbers::from(back))
    }
}

/// A learned step before the first.
#[derive(Debug)]
pub struct Ahead {
    /// The step.
    pub token: Numbers,
}

impl Kernel for Ahead {
    fn forward(&self, x: Numbers, rows: usize, _: &mut Tape) -> Result<Numbers> {
        let width = x.all().len() / rows.max(1);
        let mut y = Vec::with_capacity(x.all().len() + rows * self.token.all().len());
        for row in x.all().chunks_exact(width) {
            y.extend_from_slice(self.token.all());
            y.extend_from_slice(row);
        }
        Ok(Numbers::from(y))
    }

    fn backward(&self, slope: Numbers, rows: usize, _: &mut Tape) -> Result<Numbers> {
        let width = slope.all().len() / rows.max(1);
        let mut back = Vec::with_capacity(slope.all().len());
        for row in slope.all().chunks_exact(width) {
            back.extend_from_slice(&row[self.token.all().len()..]);
        }
        Ok(Numbers::from(back))
    }
}

/// A vector of a table for each number, which must be a whole one from zero to below the table's length.
#[derive(Debug)]
pub struct Embedding {
    /// Vectors one behind the other.
    pub table: Numbers,
    /// Length of a vector.
    pub width: usize,
}

impl Kernel for Embedding {
    fn forward(&self, x: Numbers, _: usize, _: &mut Tape) -> Result<Numbers> {
        let mut y = Vec::with_capacity(x.all().len() * self.width);
        for word in x.all() {
            let known = *word >= 0.0 && word.fract() == 0.0;
            let vector = known
                .then(|| {
                    self.table
                        .all()
                        .chunks_exact(self.width)
                        .nth(*word as usize)
                })
                .flatten();
            match vector {
                Some(vector) => y.extend_from_slice(vector),
                // a word the model does not know: its row gives no score
                None => y.extend(std::iter::repeat_n(f32::NAN, self.width)),
            }
        }
        Ok(Numbers::from(y))
    }

    fn backward(&self, slope: Numbers, _: usize, _: &mut Tape) -> Result<Numbers> {
        // a word is no quantity: nothing changes with a little more of it
        Ok(Numbers::from(vec![0.0; slope.all().len() / self.width]))
    }

    fn overflows(&self) -> bool {
        true
    }
}
