//! Activations: one number in, one out.

use crate::error::Result;
use crate::model::network::kernel::{Kernel, Tape};
use crate::model::network::numbers::{Numbers, erf};
use std::f32::consts::{FRAC_1_SQRT_2, PI};

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `max(0, x)`.
    Relu,
    /// `x · Φ(x)`.
    Gelu,
    /// The same with Φ approximated by a hyperbolic tangent.
    GeluTanh,
    /// Hyperbolic tangent.
    Tanh,
    /// Logistic function.
    Sigmoid,
    /// `x · sigmoid(x)`.
    Silu,
    /// `x`, or this times `x` below zero.
    LeakyRelu(f32),
    /// `x · min(max(x + 3, 0), 6) / 6`.
    HardSwish,
    /// `min(max(x + 3, 0), 6) / 6`.
    HardSigmoid,
    /// `x`, or this times `exp(x) − 1` below zero.
    Elu(f32),
}

/// `1 / (1 + exp(−x))`.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn normal(x: f32) -> f32 {
    0.5 * (1.0 + erf(x * FRAC_1_SQRT_2))
}

/// The tangent by which `GeluTanh` replaces `2Φ − 1`, and its derivative.
fn tangent(x: f32) -> (f32, f32) {
    let scale = (2.0 / PI).sqrt();
    let t = (scale * (x + 0.044715 * x * x * x)).tanh();
    (t, (1.0 - t * t) * scale * (1.0 + 3.0 * 0.044715 * x * x))
}

impl Activation {
    /// Its value. Every arm is a loop of its own where the function is called in one.
    fn run(self, x: Numbers) -> Numbers {
        match self {
            Self::Relu => x.map(|x| if x > 0.0 { x } else { 0.0 }),
            Self::Gelu => x.map(|x| x * normal(x)),
            Self::GeluTanh => x.map(|x| 0.5 * x * (1.0 + tangent(x).0)),
            Self::Tanh => x.map(f32::tanh),
            Self::Sigmoid => x.map(sigmoid),
            Self::Silu => x.map(|x| x * sigmoid(x)),
            Self::LeakyRelu(slope) => x.map(|x| if x > 0.0 { x } else { slope * x }),
            Self::HardSwish => x.map(|x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0),
            Self::HardSigmoid => x.map(|x| (x + 3.0).clamp(0.0, 6.0) / 6.0),
            Self::Elu(alpha) => x.map(|x| if x > 0.0 { x } else { alpha * x.exp_m1() }),
        }
    }

    /// Its derivative.
    fn steep(self, x: Numbers) -> Numbers {
        match self {
            Self::Relu => x.map(|x| if x > 0.0 { 1.0 } else { 0.0 }),
            Self::Gelu => x.map(|x| normal(x) + x * (-0.5 * x * x).exp() / (2.0 * PI).sqrt()),
            Self::GeluTanh => x.map(|x| {
                let (t, steep) = tangent(x);
                0.5 * (1.0 + t + x * steep)
            }),
            Self::Tanh => x.map(|x| 1.0 - x.tanh() * x.tanh()),
            Self::Sigmoid => x.map(|x| sigmoid(x) * (1.0 - sigmoid(x))),
            Self::Silu => x.map(|x| sigmoid(x) * (1.0 + x * (1.0 - sigmoid(x)))),
            Self::LeakyRelu(slope) => x.map(|x| if x > 0.0 { 1.0 } else { slope }),
            Self::HardSwish => x.map(|x| match x {
                x if x <= -3.0 => 0.0,
                x if x >= 3.0 => 1.0,
                x => x / 3.0 + 0.5,
            }),
            Self::HardSigmoid => x.map(|x| if x.abs() < 3.0 { 1.0 / 6.0 } else { 0.0 }),
            Self::Elu(alpha) => x.map(|x| if x > 0.0 { 1.0 } else { alpha * x.exp() }),
        }
    }
}

impl Kernel for Activation {
    fn forward(&self, x: Numbers, _: usize, tape: &mut Tape) -> Result<Numbers> {
        tape.keep(&x);
        Ok(self.run(x))
    }

    fn backward(&self, slope: Numbers, _: usize, tape: &mut Tape) -> Result<Numbers> {
        let mut steep = self.steep(tape.back()?);
        let pairs = steep.all_mut().iter_mut().zip(slope.all());
        pairs.for_each(|(steep, slope)| *steep *= slope);
        Ok(steep)
    }
}

/// Softmax over vectors of this width.
#[derive(Debug)]
pub struct Softmax {
    /// Length of the last axis.
    pub width: usize,
}

/// Turns a vector into shares that sum to one.
pub fn softmax(x: &mut [f32]) {
    let top = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    x.iter_mut().for_each(|x| *x = (*x - top).exp());
    let sum: f32 = x.iter().sum();
    x.iter_mut().for_each(|x| *x /= sum);
}

/// The gradient of what went into a softmax, from the shares and the gradient of them, which it replaces.
pub fn softmax_back(shares: &[f32], slope: &mut [f32]) {
    let mean: f32 = shares
        .iter()
        .zip(&*slope)
        .map(|(share, slope)| share * slope)
        .sum();
    slope
        .iter_mut()
        .zip(shares)
        .for_each(|(slope, share)| *slope = share * (*slope - mean));
}

impl Kernel for Softmax {
    fn forward(&self, mut x: Numbers, _: usize, tape: &mut Tape) -> Result<Numbers> {
        x.all_mut().chunks_exact_mut(self.width).for_each(softmax);
        tape.keep(&x);
        Ok(x)
    }

    fn backward(&self, mut slope: Numbers, _: usize, tape: &mut Tape) -> Result<Numbers> {
        let shares = tape.back()?;
        let vectors = slope.all_mut().chunks_exact_mut(self.width);
        for (slope, shares) in vectors.zip(shares.all().chunks_exact(self.width)) {
            softmax_back(shares, slope);
        }
        Ok(slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_derivative_is_what_small_steps_say() {
        use Activation as A;
        let points = [-4.5f32, -2.9, -1.3, -0.4, 0.3, 0.9, 2.7, 3.6];
        for activation in [
            A::Relu,
            A::Gelu,
            A::GeluTanh,
            A::Tanh,
            A::Sigmoid,
            A::Silu,
            A::LeakyRelu(0.1),
            A::HardSwish,
            A::HardSigmoid,
            A::Elu(0.7),
        ] {
            let at = |step: f32| {
                activation
                    .run(points.map(|x| x + step).to_vec().into())
                    .into_vec()
            };
            let (above, below) = (at(0.005), at(-0.005));
            let steep = activation.steep(points.to_vec().into()).into_vec();
            for i in 0..points.len() {
                let wanted = (above[i] - below[i]) / 0.01;
                assert!(
                    (steep[i] - wanted).abs() < 2e-4,
                    "{activation:?} at {}",
                    points[i]
                );
            }
        }
    }
}
