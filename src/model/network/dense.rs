//! Dense layers, and the simple sums and products: per input, per channel, per place.

use crate::error::Result;
use crate::model::network::kernel::{Kernel, Tape};
use crate::model::network::numbers::{Numbers, View, product};

/// `x · weightᵀ + bias` over the last axis.
#[derive(Debug)]
pub struct Dense {
    /// Outputs × inputs.
    pub weight: Numbers,
    /// One for each output.
    pub bias: Option<Numbers>,
    /// Width in.
    pub inputs: usize,
    /// Width out.
    pub outputs: usize,
}

/// `rows × inner` times a matrix. One product for a whole block of single vectors; one for each row of several, so that
/// its shape does not depend on the row's neighbours.
pub fn through(
    x: &Numbers,
    rows: usize,
    inner: usize,
    weight: &Numbers,
    w: View,
    outer: usize,
) -> Result<Numbers> {
    let vectors = x.all().len() / inner.max(1);
    if vectors == rows {
        return product(x, View::new(0, rows, inner), weight, w);
    }
    let each = vectors / rows.max(1);
    let mut all = Vec::with_capacity(vectors * outer);
    for row in 0..rows {
        let part = product(x, View::new(row * each * inner, each, inner), weight, w)?;
        if rows == 1 {
            return Ok(part);
        }
        all.extend_from_slice(part.all());
    }
    Ok(Numbers::from(all))
}

/// Adds a vector to every vector of its width.
pub fn add(x: &mut Numbers, bias: &Numbers) {
    for vector in x.all_mut().chunks_exact_mut(bias.all().len().max(1)) {
        vector.iter_mut().zip(bias.all()).for_each(|(x, b)| *x += b);
    }
}

impl Kernel for Dense {
    fn forward(&self, x: Numbers, rows: usize, _: &mut Tape) -> Result<Numbers> {
        let w = View::new(0, self.outputs, self.inputs).turned();
        let mut y = through(&x, rows, self.inputs, &self.weight, w, self.outputs)?;
        if let Some(bias) = &self.bias {
            add(&mut y, bias);
        }
        Ok(y)
    }

    fn backward(&self, slope: Numbers, rows: usize, _: &mut Tape) -> Result<Numbers> {
        let w = View::new(0, self.outputs, self.inputs);
        through(&slope, rows, self.outputs, &self.weight, w, self.inputs)
    }

    fn overflows(&self) -> bool {
        true
    }
}

/// `x · scale + shift`, each pair of them for `inner` numbers in a row.
#[derive(Debug)]
pub struct Scale {
    /// One for each channel or place.
    pub scale: Vec<f32>,
    /// As many.
    pub shift: Vec<f32>,
    /// How many numbers in a row share one.
    pub inner: usize,
}

impl Scale {
    fn each(&self, x: &mut Numbers, with: impl Fn(&mut [f32], f32, f32)) {
        for row in x
            .all_mut()
            .chunks_exact_mut((self.inner * self.scale.len()).max(1))
        {
            let parts = row.chunks_exact_mut(self.inner.max(1));
            for (part, (scale, shift)) in parts.zip(self.scale.iter().zip(&self.shift)) {
                with(part, *scale, *shift);
            }
        }
    }
}

impl Kernel for Scale {
    fn forward(&self, mut x: Numbers, _: usize, _: &mut Tape) -> Result<Numbers> {
        self.each(&mut x, |part, scale, shift| {
            part.iter_mut().for_each(|x| *x = *x * scale + shift);
        });
        Ok(x)
    }

    fn backward(&self, mut slope: Numbers, _: usize, _: &mut Tape) -> Result<Numbers> {
        self.each(&mut slope, |part, scale, _| {
            part.iter_mut().for_each(|x| *x *= scale);
        });
        Ok(slope)
    }

    fn overflows(&self) -> bool {
        true
    }
}

/// `(x − mean) / sd`, each pair of them for `inner` numbers in a row.
#[derive(Debug)]
pub struct Standardise {
    /// Means and standard deviations, as `shift` and `scale`.
    pub by: Scale,
}

impl Kernel for Standardise {
    fn forward(&self, mut x: Numbers, _: usize, _: &mut Tape) -> Result<Numbers> {
        self.by.each(&mut x, |part, sd, mean| {
            part.iter_mut().for_each(|x| *x = (*x - mean) / sd);
        });
        Ok(x)
    }

    fn backward(&self, mut slope: Numbers, _: usize, _: &mut Tape) -> Result<Numbers> {
        self.by.each(&mut slope, |part, sd, _| {
            part.iter_mut().for_each(|x| *x /= sd);
        });
        Ok(slope)
    }

    fn overflows(&self) -> bool {
        true
    }
}

/// `x + parameter`, number by number of a row.
#[derive(Debug)]
pub struct Add {
    /// As many as a row has.
    pub parameter: Numbers,
}

impl Kernel for Add {
    fn forward(&self, mut x: Numbers, _: usize, _: &mut Tape) -> Result<Numbers> {
        add(&mut x, &self.parameter);
        Ok(x)
    }

    fn backward(&self, slope: Numbers, _: usize, _: &mut Tape) -> Result<Numbers> {
        Ok(slope)
    }

    fn overflows(&self) -> bool {
        true
    }
}
