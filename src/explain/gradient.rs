//! Integrated gradients: what each input adds on the straight way from a baseline to a row
//! (Sundararajan, Taly and Yan 2017, PMLR 70:3319; `captum.attr::IntegratedGradients`).
//!
//! `value_k = (x_k − b_k) · ∫₀¹ ∂f/∂x_k(b + t (x − b)) dt`, on the margin scale. The values of a row add up to `f(x) − f(b)`,
//! but for what quadrature leaves: the *gap*, told for each row. The integral is taken at Gauss–Legendre points, and their
//! number doubled while the gap is too large. A network with corners (`relu`) closes it slowly.
//!
//! A value says what an input adds beside *this* baseline: the baseline is a clinical statement and belongs to the result.

use crate::error::{Error, Result};
use crate::explain::enter::{self, Rows};
use crate::explain::legendre;
use crate::model::gradient::Gradient;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::OnceLock;

/// Points of the integral, and when they are enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    /// Points that every row gets.
    pub first: usize,
    /// Doubling stops before more.
    pub most: usize,
    /// A gap up to this is closed …
    pub absolute: f64,
    /// … and so is one up to this share of |f(x) − f(b)|.
    pub relative: f64,
}

impl Default for Precision {
    fn default() -> Self {
        Self {
            first: 50,
            most: 1600,
            absolute: 1e-3,
            relative: 0.01,
        }
    }
}

impl Precision {
    /// True when a gap is closed; false for NaN.
    pub fn closes(&self, gap: f64, whole: f64) -> bool {
        gap.abs() <= self.absolute.max(self.relative * whole.abs())
    }
}

/// A network, a baseline, and the rules of the integral.
pub struct Integrated<'a> {
    gradient: &'a dyn Gradient,
    baseline: &'a [f32],
    base: f64,
    spans: Vec<Range<usize>>,
    precision: Precision,
    rules: Vec<OnceLock<Vec<(f64, f64)>>>,
}

/// Values of consecutive rows. A row without a margin has NaN throughout.
#[derive(Debug, Clone)]
pub struct Block<'a> {
    /// The rows, by their places among those asked about.
    pub rows: Range<usize>,
    /// f(x).
    pub margins: Vec<f64>,
    /// The sum of the values minus (f(x) − f(b)).
    pub gaps: Vec<f64>,
    /// Points the integral was taken at; 0 where there is no margin.
    pub points: Vec<usize>,
    spans: &'a [Range<usize>],
    values: Vec<f64>,
}

impl Block<'_> {
    /// The value of each number of a row (counted from the block's first): the pixels of an image, the categories of a word.
    pub fn numbers(&self, row: usize) -> &[f64] {
        let width = self.spans.last().map_or(0, |span| span.end);
        self.values
            .get(row * width..(row + 1) * width)
            .unwrap_or_default()
    }

    /// The value of an input of a row: the sum over its numbers.
    pub fn input(&self, row: usize, input: usize) -> f64 {
        let span = self.spans.get(input).cloned().unwrap_or_default();
        self.numbers(row).get(span).unwrap_or_default().iter().sum()
    }
}

/// Values by input.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// f(b).
    pub base: f64,
    /// For each input, one value for each row.
    pub values: Vec<Vec<f64>>,
    /// f(x).
    pub margins: Vec<f64>,
    /// The sum of the values minus (f(x) − f(b)).
    pub gaps: Vec<f64>,
    /// Points the integral was taken at; 0 where there is no margin.
    pub points: Vec<usize>,
    /// Rows whose gap is still too large, ascending; rows without a margin are among them.
    pub open: Vec<usize>,
}

impl<'a> Integrated<'a> {
    /// Ready to explain rows beside a baseline: numbers as they enter ([`crate::explain::baseline`]). Fails when it has
    /// another length, no margin, or the precision asks for no point.
    pub fn new(
        gradient: &'a dyn Gradient,
        baseline: &'a [f32],
        precision: Precision,
    ) -> Result<Self> {
        let width = enter::width(gradient)?;
        if baseline.len() != width {
            return Err(Error::new(format!(
                "the baseline has {} numbers, and a row {width}",
                baseline.len()
            )));
        }
        if precision.first == 0 || precision.most < precision.first {
            return Err(Error::new("an integral needs at least one point"));
        }
        let base = gradient.margins(baseline)?.first().copied();
        let Some(base) = base.filter(|base| base.is_finite()) else {
            return Err(Error::new("the network gives the baseline no score")
                .help("a baseline is a row that the model could see"));
        };
        let doublings = (precision.most / precision.first).ilog2() as usize;
        Ok(Self {
            gradient,
            baseline,
            base,
            spans: gradient.spans(),
            precision,
            rules: (0..=doublings).map(|_| OnceLock::new()).collect(),
        })
    }

    /// f(b).
    pub fn base(&self) -> f64 {
        self.base
    }

    /// Explains rows in blocks, in parallel, and hands each block on; what was made of them comes back in order. The same
    /// bytes for any number of threads; memory holds a block for each thread, and what was made.
    pub fn each<T: Send>(
        &self,
        rows: Rows<'_>,
        tell: impl Fn(&Block<'_>) -> T + Sync,
    ) -> Result<Vec<T>> {
        let count = rows.count(enter::width(self.gradient)?)?;
        enter::parts(self.gradient, count, self.precision.first)
            .into_par_iter()
            .map(|here| {
                let numbers = rows.enter(self.gradient, here.clone())?;
                Ok(tell(&self.block(here, &numbers)?))
            })
            .collect()
    }

    /// The values of each input for every row.
    pub fn values(&self, rows: Rows<'_>) -> Result<Told> {
        let mut told = Told {
            base: self.base,
            values: vec![Vec::new(); self.spans.len()],
            ..Told::default()
        };
        let blocks = self.each(rows, |block| {
            let of = |input| (0..block.rows.len()).map(move |row| block.input(row, input));
            let values = (0..self.spans.len()).map(|input| of(input).collect());
            let values: Vec<Vec<f64>> = values.collect();
            let Block {
                margins,
                gaps,
                points,
                ..
            } = block.clone();
            (values, margins, gaps, points)
        })?;
        for (values, margins, gaps, points) in blocks {
            for (all, values) in told.values.iter_mut().zip(values) {
                all.extend(values);
            }
            told.margins.extend(margins);
            told.gaps.extend(gaps);
            told.points.extend(points);
        }
        let gaps = told.gaps.iter().zip(&told.margins).enumerate();
        told.open = gaps
            .filter(|(_, (gap, margin))| !self.precision.closes(**gap, **margin - self.base))
            .map(|(row, _)| row)
            .collect();
        Ok(told)
    }

    fn block(&self, rows: Range<usize>, numbers: &[f32]) -> Result<Block<'_>> {
        let width = self.baseline.len();
        let margins = self.gradient.margins(numbers)?;
        let mut block = Block {
            gaps: vec![f64::NAN; rows.len()],
            points: vec![0; rows.len()],
            values: vec![f64::NAN; numbers.len()],
            spans: &self.spans,
            rows,
            margins,
        };
        let margins = block.margins.iter().enumerate();
        let mut open: Vec<usize> = margins
            .filter(|(_, margin)| margin.is_finite())
            .map(|(row, _)| row)
            .collect();
        for (doubling, rule) in self.rules.iter().enumerate() {
            if open.is_empty() {
                break;
            }
            let points = self.precision.first << doubling;
            let rule = rule.get_or_init(|| legendre::rule(points));
            let slopes = self.mean(numbers, &open, rule)?;
            let mut still = Vec::new();
            for (row, slopes) in open.iter().zip(slopes.chunks_exact(width)) {
                let span = row * width..(row + 1) * width;
                let whole = block.margins[*row] - self.base;
                let mut sum = 0.0;
                let places = numbers[span.clone()].iter().zip(self.baseline);
                for ((value, slope), (x, b)) in
                    block.values[span].iter_mut().zip(slopes).zip(places)
                {
                    *value = (f64::from(*x) - f64::from(*b)) * slope;
                    sum += *value;
                }
                block.points[*row] = points;
                block.gaps[*row] = sum - whole;
                if !self.precision.closes(sum - whole, whole) {
                    still.push(*row);
                }
            }
            open = still;
        }
        Ok(block)
    }

    /// The mean gradient on the way to some rows, row behind row.
    fn mean(&self, numbers: &[f32], rows: &[usize], rule: &[(f64, f64)]) -> Result<Vec<f64>> {
        let (width, points) = (self.baseline.len(), rule.len());
        let mut sums = vec![0.0; rows.len() * width];
        enter::slopes(
            self.gradient,
            rows.len() * points,
            |point, into| {
                let start = rows[point / points] * width;
                let t = rule[point % points].0 as f32;
                let row = numbers[start..start + width].iter().zip(self.baseline);
                into.extend(row.map(|(x, b)| b + t * (x - b)));
            },
            |point, slopes| {
                let start = point / points * width;
                let weight = rule[point % points].1;
                for (sum, slope) in sums[start..start + width].iter_mut().zip(slopes) {
                    *sum += weight * f64::from(*slope);
                }
            },
        )?;
        Ok(sums)
    }
}
