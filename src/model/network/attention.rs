//! Multi-head self-attention.

use crate::error::Result;
use crate::model::network::activation::{softmax, softmax_back};
use crate::model::network::dense::Dense;
use crate::model::network::kernel::{Kernel, Tape};
use crate::model::network::numbers::{Numbers, View, product};

/// Self-attention over `steps × width`, all heads at once.
#[derive(Debug)]
pub struct Attention {
    /// To queries, keys and values, one behind the other.
    pub into: Dense,
    /// From the heads' outputs side by side.
    pub out: Dense,
    /// Heads.
    pub heads: usize,
    /// Steps.
    pub steps: usize,
}

impl Attention {
    /// Where query, key or value of a head of a row lies.
    fn part(&self, row: usize, head: usize, which: usize) -> View {
        let width = self.into.inputs;
        let size = width / self.heads;
        let start = row * self.steps * 3 * width + which * width + head * size;
        View::strided(start, self.steps, size, 3 * width)
    }

    /// Where the output of a head of a row lies.
    fn outlet(&self, row: usize, head: usize) -> (usize, View) {
        let width = self.into.inputs;
        let size = width / self.heads;
        let start = row * self.steps * width + head * size;
        (start, View::strided(start, self.steps, size, width))
    }

    fn scale(&self) -> f32 {
        1.0 / ((self.into.inputs / self.heads) as f32).sqrt()
    }

    /// Copies lines of a head into lines of all heads.
    fn lay(&self, part: &Numbers, start: usize, step: usize, all: &mut [f32]) {
        let size = self.into.inputs / self.heads;
        for (line, numbers) in part.all().chunks_exact(size).enumerate() {
            let at = start + line * step;
            all[at..at + size].copy_from_slice(numbers);
        }
    }
}

impl Kernel for Attention {
    fn forward(&self, x: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        let (steps, width) = (self.steps, self.into.inputs);
        let asked = self.into.forward(x, rows, tape)?;
        let mut mixed = vec![0.0; rows * steps * width];
        let mut all = Vec::new();
        for row in 0..rows {
            for head in 0..self.heads {
                let [q, k, v] = [0, 1, 2].map(|which| self.part(row, head, which));
                let scale = self.scale();
                let mut shares = product(&asked, q, &asked, k.turned())?.map(|x| x * scale);
                shares.all_mut().chunks_exact_mut(steps).for_each(softmax);
                let made = product(&shares, View::new(0, steps, steps), &asked, v)?;
                self.lay(&made, self.outlet(row, head).0, width, &mut mixed);
                if tape.keeps() {
                    all.extend_from_slice(shares.all());
                }
            }
        }
        tape.hand(asked);
        tape.hand(Numbers::from(all));
        self.out.forward(Numbers::from(mixed), rows, tape)
    }

    fn backward(&self, slope: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        let (steps, width) = (self.steps, self.into.inputs);
        let slope = self.out.backward(slope, rows, tape)?;
        let (all, asked) = (tape.back()?, tape.back()?);
        let mut back = vec![0.0; rows * steps * 3 * width];
        for row in 0..rows {
            for head in 0..self.heads {
                let [q, k, v] = [0, 1, 2].map(|which| self.part(row, head, which));
                let start = (row * self.heads + head) * steps * steps;
                let shares = View::new(start, steps, steps);
                let made = self.outlet(row, head).1;
                let values = product(&all, shares.turned(), &slope, made)?;
                let scale = self.scale();
                let mut inner = product(&slope, made, &asked, v.turned())?;
                let lines = inner.all_mut().chunks_exact_mut(steps);
                for (slope, shares) in lines.zip(all.all()[start..].chunks_exact(steps)) {
                    softmax_back(shares, slope);
                }
                let inner = inner.map(|x| x * scale);
                let square = View::new(0, steps, steps);
                let queries = product(&inner, square, &asked, k)?;
                let keys = product(&inner, square.turned(), &asked, q)?;
                for (which, part) in [&queries, &keys, &values].into_iter().enumerate() {
                    let size = width / self.heads;
                    let start = row * steps * 3 * width + which * width + head * size;
                    self.lay(part, start, 3 * width, &mut back);
                }
            }
        }
        self.into.backward(Numbers::from(back), rows, tape)
    }

    fn overflows(&self) -> bool {
        true
    }
}
