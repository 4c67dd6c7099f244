//! Normalisation of numbers of a row to mean 0 and variance 1.

use crate::error::Result;
use crate::model::network::kernel::{Kernel, Tape};
use crate::model::network::numbers::Numbers;

/// `(x − mean) / √(variance + epsilon)` within groups of neighbouring numbers; the variance is that of a population.
#[derive(Debug)]
pub struct Normalise {
    /// Numbers in a group.
    pub size: usize,
    /// Added to the variance.
    pub epsilon: f64,
}

impl Normalise {
    /// The mean, and one over the spread.
    fn about(&self, group: &[f32]) -> (f64, f64) {
        let count = group.len() as f64;
        let mean = group.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
        let squares = group.iter().map(|x| (f64::from(*x) - mean).powi(2));
        (
            mean,
            1.0 / (squares.sum::<f64>() / count + self.epsilon).sqrt(),
        )
    }
}

impl Kernel for Normalise {
    fn forward(&self, mut x: Numbers, _: usize, tape: &mut Tape) -> Result<Numbers> {
        tape.keep(&x);
        for group in x.all_mut().chunks_exact_mut(self.size) {
            let (mean, sharp) = self.about(group);
            group
                .iter_mut()
                .for_each(|x| *x = ((f64::from(*x) - mean) * sharp) as f32);
        }
        Ok(x)
    }

    fn backward(&self, mut slope: Numbers, _: usize, tape: &mut Tape) -> Result<Numbers> {
        let x = tape.back()?;
        let groups = slope.all_mut().chunks_exact_mut(self.size);
        for (slope, group) in groups.zip(x.all().chunks_exact(self.size)) {
            let (mean, sharp) = self.about(group);
            let y = |x: f32| (f64::from(x) - mean) * sharp;
            let count = group.len() as f64;
            let flat = slope.iter().map(|s| f64::from(*s)).sum::<f64>() / count;
            let pairs = slope.iter().zip(group);
            let tilt = pairs.map(|(s, x)| f64::from(*s) * y(*x)).sum::<f64>() / count;
            for (slope, x) in slope.iter_mut().zip(group) {
                *slope = (sharp * (f64::from(*slope) - flat - y(*x) * tilt)) as f32;
            }
        }
        Ok(slope)
    }

    fn overflows(&self) -> bool {
        true
    }
}
