//! SmoothGrad: the mean gradient of the margin over rows moved by chance (Smilkov et al. 2017, arXiv:1706.03825;
//! `captum.attr::NoiseTunnel`), with the standard error of that mean. It smooths what a network does within measurement
//! noise; it does not add up to anything.

use crate::error::{Error, Result};
use crate::explain::enter::{self, Rows};
use crate::model::gradient::Gradient;
use crate::random::Stream;
use crate::record::{InputCard, InputKind};
use rayon::prelude::*;
use std::ops::Range;

/// Fewer draws are refused: their standard error says nothing.
pub const FEWEST: usize = 50;

/// A network, and how far its rows are moved.
pub struct Smooth<'a> {
    gradient: &'a dyn Gradient,
    spread: &'a [f32],
    draws: usize,
    seed: u64,
}

/// Mean gradients of consecutive rows, row behind row. A row without a gradient has NaN throughout.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The rows, by their places among those asked about.
    pub rows: Range<usize>,
    /// Mean gradient of each number.
    pub slopes: Vec<f64>,
    /// Its standard error.
    pub errors: Vec<f64>,
}

/// How far each number is moved: `share` (0.1 to 0.2) of the range its input has in these rows, of a tensor the range of
/// all its numbers. A category stays. Rows that are not finite count nowhere.
pub fn spreads(
    gradient: &dyn Gradient,
    inputs: &[InputCard],
    rows: &[f32],
    share: f64,
) -> Result<Vec<f32>> {
    let width = enter::width(gradient)?;
    let mut spread = vec![0.0; width];
    let seen = || {
        let rows = rows.chunks_exact(width);
        rows.filter(|row| row.iter().all(|x| x.is_finite()))
    };
    for (span, input) in gradient.spans().into_iter().zip(inputs) {
        if input.kind == InputKind::Category {
            continue;
        }
        let numbers = || seen().filter_map(|row| row.get(span.clone())).flatten();
        let low = numbers().copied().fold(f32::INFINITY, f32::min);
        let high = numbers().copied().fold(f32::NEG_INFINITY, f32::max);
        if high > low {
            let far = (share * (f64::from(high) - f64::from(low))) as f32;
            spread[span].fill(far);
        }
    }
    Ok(spread)
}

impl<'a> Smooth<'a> {
    /// Ready to smooth: `spread` is the standard deviation of the noise of each number ([`spreads`]), `seed` what the noise
    /// is drawn with. Fails with fewer than [`FEWEST`] draws, or when the spread is of another length or no number.
    pub fn new(
        gradient: &'a dyn Gradient,
        spread: &'a [f32],
        draws: usize,
        seed: u64,
    ) -> Result<Self> {
        let width = enter::width(gradient)?;
        if spread.len() != width || spread.iter().any(|far| !far.is_finite() || *far < 0.0) {
            return Err(Error::new(format!(
                "the noise needs a standard deviation for each of the {width} numbers of a row"
            )));
        }
        if draws < FEWEST {
            return Err(Error::new(format!(
                "{draws} draws are fewer than the {FEWEST} that a standard error needs"
            )));
        }
        Ok(Self {
            gradient,
            spread,
            draws,
            seed,
        })
    }

    /// Explains rows in blocks, in parallel, and hands each block on; what was made of them comes back in order. The noise of
    /// a row depends on the seed and its place alone.
    pub fn each<T: Send>(
        &self,
        rows: Rows<'_>,
        tell: impl Fn(&Block) -> T + Sync,
    ) -> Result<Vec<T>> {
        let count = rows.count(self.spread.len())?;
        enter::parts(self.gradient, count, self.draws)
            .into_par_iter()
            .map(|here| {
                let numbers = rows.enter(self.gradient, here.clone())?;
                Ok(tell(&self.block(here, &numbers)?))
            })
            .collect()
    }

    fn block(&self, rows: Range<usize>, numbers: &[f32]) -> Result<Block> {
        let (width, draws) = (self.spread.len(), self.draws);
        let mut sums = vec![0.0; numbers.len()];
        let mut squares = vec![0.0; numbers.len()];
        let mut first = vec![0.0; numbers.len()];
        enter::slopes(
            self.gradient,
            rows.len() * draws,
            |point, into| {
                let (row, draw) = (point / draws, point % draws);
                let mut noise = Stream::keyed([self.seed, (rows.start + row) as u64, draw as u64]);
                let x = numbers[row * width..(row + 1) * width].iter();
                into.extend(x.zip(self.spread).map(|(x, far)| match *far {
                    0.0 => *x,
                    far => x + far * noise.normal() as f32,
                }));
            },
            |point, slopes| {
                let (start, fresh) = (point / draws * width, point % draws == 0);
                for (place, slope) in (start..).zip(slopes) {
                    let slope = f64::from(*slope);
                    if fresh {
                        first[place] = slope;
                    }
                    // beside the first, so that the squares of a steady slope are small
                    sums[place] += slope - first[place];
                    squares[place] += (slope - first[place]).powi(2);
                }
            },
        )?;
        let count = draws as f64;
        let error = |(sum, square): (&f64, &f64)| {
            let variance = (square - sum * sum / count) / (count - 1.0);
            (variance.max(0.0) / count).sqrt()
        };
        let errors: Vec<f64> = sums.iter().zip(&squares).map(error).collect();
        let slopes: Vec<f64> = sums
            .iter()
            .zip(&first)
            .map(|(sum, x)| x + sum / count)
            .collect();
        let errors = errors
            .iter()
            .zip(&slopes)
            .map(|(error, slope)| match slope.is_nan() {
                true => f64::NAN,
                false => *error,
            });
        Ok(Block {
            rows,
            errors: errors.collect(),
            slopes,
        })
    }
}
