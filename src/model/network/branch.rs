//! Layers that hold layers: residual blocks, concatenations and gates.

use crate::error::Result;
use crate::model::network::dense::add;
use crate::model::network::kernel::{Chain, Kernel, Tape};
use crate::model::network::numbers::Numbers;

/// What the layers give plus what the way past gives.
#[derive(Debug)]
pub struct Residual {
    /// The layers.
    pub layers: Chain,
    /// The way past; empty for what arrived itself.
    pub past: Chain,
}

impl Kernel for Residual {
    fn forward(&self, x: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        let mut y = self.layers.forward(x.clone(), rows, tape)?;
        add(&mut y, &self.past.forward(x, rows, tape)?);
        Ok(y)
    }

    fn backward(&self, slope: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        let mut back = self.past.backward(slope.clone(), rows, tape)?;
        add(&mut back, &self.layers.backward(slope, rows, tape)?);
        Ok(back)
    }

    fn overflows(&self) -> bool {
        true
    }
}

/// What arrived, and behind it what the layers give.
#[derive(Debug)]
pub struct Concat {
    /// The layers.
    pub layers: Chain,
    /// Numbers of a row that arrive, and that the layers give.
    pub widths: [usize; 2],
}

impl Kernel for Concat {
    fn forward(&self, x: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        let made = self.layers.forward(x.clone(), rows, tape)?;
        let [arrived, behind] = self.widths;
        let pairs = x
            .all()
            .chunks_exact(arrived)
            .zip(made.all().chunks_exact(behind));
        let y: Vec<f32> = pairs.flat_map(|(x, made)| [x, made].concat()).collect();
        Ok(Numbers::from(y))
    }

    fn backward(&self, slope: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        let [arrived, behind] = self.widths;
        let part = |from: usize, to: usize| -> Vec<f32> {
            let rows = slope.all().chunks_exact(arrived + behind);
            rows.flat_map(|row| row[from..to].iter().copied()).collect()
        };
        let made = Numbers::from(part(arrived, arrived + behind));
        let mut back = self.layers.backward(made, rows, tape)?;
        add(&mut back, &Numbers::from(part(0, arrived)));
        Ok(back)
    }
}

/// What arrived times what the layers give.
#[derive(Debug)]
pub struct Gate {
    /// The layers.
    pub layers: Chain,
    /// How many numbers in a row share one factor.
    pub inner: usize,
}

impl Kernel for Gate {
    fn forward(&self, mut x: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        let factors = self.layers.forward(x.clone(), rows, tape)?;
        tape.keep(&x);
        for (part, factor) in x.all_mut().chunks_exact_mut(self.inner).zip(factors.all()) {
            part.iter_mut().for_each(|x| *x *= factor);
        }
        tape.hand(factors);
        Ok(x)
    }

    fn backward(&self, mut slope: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        let (factors, x) = (tape.back()?, tape.back()?);
        let parts = slope.all().chunks_exact(self.inner);
        let gained: Vec<f32> = parts
            .zip(x.all().chunks_exact(self.inner))
            .map(|(slope, x)| slope.iter().zip(x).map(|(s, x)| s * x).sum())
            .collect();
        for (part, factor) in slope
            .all_mut()
            .chunks_exact_mut(self.inner)
            .zip(factors.all())
        {
            part.iter_mut().for_each(|slope| *slope *= factor);
        }
        add(
            &mut slope,
            &self.layers.backward(Numbers::from(gained), rows, tape)?,
        );
        Ok(slope)
    }

    fn overflows(&self) -> bool {
        true
    }
}
