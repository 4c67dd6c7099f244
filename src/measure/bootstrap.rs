//! Replicates: the same measures on reweighted rows, many at a time.
//!
//! Counts, order and precision are recomputed exactly for every replicate. Calibration intercept and slope take one Newton
//! step from the fit of the full sample, which has the same limit distribution as a full refit (Schucany & Wang 1991,
//! one-step bootstrapping) and costs five sums instead of an iteration.

use crate::measure::definition::{Measure, Uses};
use crate::measure::draw::Draw;
use crate::measure::fit::{Recalibration, linear_predictor};
use crate::measure::kernel::{Pass, count, weigh};
use crate::measure::sample::Binary;
use crate::measure::special::expit;
use crate::measure::tally::{Tally, surprise};
use crate::record::Undefined;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, Slice};
use rayon::prelude::*;

/// A measure at one of the sample's thresholds.
pub type Slot = (&'static Measure, Option<usize>);

/// A sample, its exact tally and its fits.
pub type Fitted<'a> = (&'a Binary, &'a Tally, &'a Recalibration);

/// Replicates computed side by side: enough that a row's features are read from memory once for many.
const BATCH: usize = 16;
/// Rows whose features and weights fit the second-level cache.
const BLOCK: usize = 1024;
/// Weighted sums a replicate needs: see [`features`].
const SUMS: usize = 10;
/// Rows up to which a replicate's total weight, at most 255 times that, surely fits 31 bits.
const COUNTABLE: usize = 1 << 23;
/// Times a replicate is drawn again when it holds one class only.
const ATTEMPTS: u64 = 20;

/// What the replicates gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replicates {
    /// For each sample, for each slot, one value a replicate; NaN where there was none.
    pub values: Vec<Vec<Vec<f64>>>,
    /// How often each replicate was drawn again.
    pub redrawn: Vec<u64>,
}

/// What is asked of the replicates.
#[derive(Clone, Copy)]
pub struct Series<'a> {
    /// Where the patients come from.
    pub draw: Draw,
    /// How many replicates.
    pub replicates: usize,
    /// Measures and places; the same for every sample.
    pub slots: &'a [Slot],
    /// How often each replicate was drawn again elsewhere; `None` to find out here, from the first sample.
    pub redrawn: Option<&'a [u64]>,
    /// Hears how many replicates were done since it last heard.
    pub done: &'a (dyn Fn(usize) + Sync),
}

/// Replicates of some samples that share their patients: replicate `r` of each holds the same patients.
pub fn replicates(samples: &[Fitted<'_>], series: &Series<'_>) -> Replicates {
    let uses = |wanted: Uses| {
        series
            .slots
            .iter()
            .any(|(measure, _)| measure.uses == wanted)
    };
    let (precision, sums) = (uses(Uses::Precision), uses(Uses::Sums));
    let fitted: Vec<Option<Vec<Curved>>> = samples
        .iter()
        .map(|(sample, _, fit)| (sums && sample.probability).then(|| curved(sample, fit)))
        .collect();
    let widest = samples.iter().map(|s| s.0.rows()).max().unwrap_or(0);
    let batches: Vec<Replicates> = (0..series.replicates.div_ceil(BATCH))
        .into_par_iter()
        .map_init(
            || Scratch::new(series.draw.units(), widest),
            |scratch, batch| {
                let first = batch * BATCH;
                let size = BATCH.min(series.replicates - first);
                let redrawn = scratch.draw(series, samples.first().map(|s| s.0), first, size);
                let values = samples
                    .iter()
                    .zip(&fitted)
                    .map(|(sample, curved)| {
                        scratch.measure(*sample, curved.as_deref(), series.slots, precision, size)
                    })
                    .collect();
                (series.done)(size);
                Replicates { values, redrawn }
            },
        )
        .collect();
    let mut all = Replicates {
        values: vec![
            vec![Vec::with_capacity(series.replicates); series.slots.len()];
            samples.len()
        ],
        redrawn: Vec::with_capacity(series.replicates),
    };
    for batch in batches {
        for (whole, part) in all
            .values
            .iter_mut()
            .flatten()
            .zip(batch.values.into_iter().flatten())
        {
            whole.extend(part);
        }
        all.redrawn.extend(batch.redrawn);
    }
    all
}

/// What is dear to compute of a row: surprise, the mean at the intercept's fit, the mean at the line's, and the centred
/// linear predictor. The rest is made of these block by block, so that a row takes 32 bytes and not 80.
type Curved = [f64; 4];

fn curved(sample: &Binary, fit: &Recalibration) -> Vec<Curved> {
    let a0 = fit.intercept.as_ref().map_or(0.0, |f| f.coefficients[0]);
    let [a, b] = fit.line.as_ref().map_or([0.0; 2], |f| f.coefficients);
    (0..sample.rows())
        .into_par_iter()
        .map(|i| {
            let p = sample.score[i];
            let eta = linear_predictor(p);
            let x = eta - fit.centre;
            [
                surprise(p, sample.event(i)),
                expit(eta + a0),
                expit(a + b * x),
                x,
            ]
        })
        .collect()
}

/// Per row: squared error, surprise, risk; residual and variance at the intercept's fit; residual, residual × x, variance,
/// variance × x, variance × x² at the line's fit.
fn features(sample: &Binary, curved: &[Curved], from: usize, into: &mut Array2<f64>) {
    let rows = into.as_slice_mut().unwrap_or_default();
    let rows = rows.as_chunks_mut::<SUMS>().0.iter_mut().zip(from..);
    for ((row, i), &[surprise, mu0, mu, x]) in rows.zip(curved) {
        let (p, y) = (sample.score[i], sample.outcome(i));
        let (v0, v) = (mu0 * (1.0 - mu0), mu * (1.0 - mu));
        let r = y - mu;
        *row = [
            (p - y) * (p - y),
            surprise,
            p,
            y - mu0,
            v0,
            r,
            r * x,
            v,
            v * x,
            v * x * x,
        ];
    }
}

/// Memory of one thread, used again for every batch.
struct Scratch {
    /// How often each patient is drawn, one stretch a replicate.
    counts: Vec<u8>,
    units: usize,
    /// The same for each row of a sample whose rows are not the patients in order.
    gathered: Vec<u8>,
    /// The same times the rows' own weights, where they have some.
    scaled: Vec<f64>,
    widest: usize,
    block: Array2<f64>,
    features: Array2<f64>,
    pass: Pass,
}

impl Scratch {
    fn new(units: usize, widest: usize) -> Self {
        Self {
            counts: vec![0; units * BATCH],
            units,
            gathered: Vec::new(),
            scaled: Vec::new(),
            widest,
            block: Array2::zeros((BATCH, BLOCK)),
            features: Array2::zeros((BLOCK, SUMS)),
            pass: Pass::default(),
        }
    }

    /// Draws a batch; says how often each replicate was drawn again because it held one class only.
    fn draw(
        &mut self,
        series: &Series<'_>,
        whole: Option<&Binary>,
        first: usize,
        size: usize,
    ) -> Vec<u64> {
        if self.units == 0 {
            return vec![0; size];
        }
        self.counts
            .chunks_exact_mut(self.units)
            .take(size)
            .enumerate()
            .map(|(slot, counts)| {
                let replicate = first + slot;
                if let Some(known) = series.redrawn {
                    let attempt = known.get(replicate).copied().unwrap_or(0);
                    series.draw.counts(replicate as u64, attempt, counts);
                    return attempt;
                }
                let mut attempt = 0;
                loop {
                    series.draw.counts(replicate as u64, attempt, counts);
                    if attempt >= ATTEMPTS
                        || whole.is_none_or(|sample| both_classes(sample, counts))
                    {
                        return attempt;
                    }
                    attempt += 1;
                }
            })
            .collect()
    }

    fn measure(
        &mut self,
        (sample, exact, fit): Fitted<'_>,
        curved: Option<&[Curved]>,
        slots: &[Slot],
        precision: bool,
        size: usize,
    ) -> Vec<Vec<f64>> {
        let rows = sample.rows();
        let mut values = vec![Vec::with_capacity(size); slots.len()];
        if rows == 0 || self.units == 0 {
            values.iter_mut().for_each(|v| v.resize(size, f64::NAN));
            return values;
        }
        self.gather(sample, size);
        let mut tallies = vec![exact.clone(); size];
        for (slot, tally) in tallies.iter_mut().enumerate() {
            if !self.scaled.is_empty() {
                weigh(sample, &self.scaled[slot * rows..][..rows], &mut self.pass);
            } else {
                let weights = match sample.unit {
                    None => &self.counts[slot * self.units..][..rows],
                    Some(_) => &self.gathered[slot * self.widest..][..rows],
                };
                if precision {
                    count::<true>(sample, weights, &mut self.pass);
                } else {
                    count::<false>(sample, weights, &mut self.pass);
                }
            }
            tally.take(sample, &self.pass);
        }
        if let Some(curved) = curved {
            let sums = self.sums(sample, curved, size);
            for (tally, sums) in tallies.iter_mut().zip(sums.rows()) {
                if let Some(sums) = sums
                    .as_slice()
                    .and_then(|s| <&[f64; SUMS]>::try_from(s).ok())
                {
                    step(tally, fit, sums);
                }
            }
        }
        for tally in &tallies {
            for ((measure, at), values) in slots.iter().zip(&mut values) {
                values.push((measure.compute)(tally, *at).unwrap_or(f64::NAN));
            }
        }
        values
    }

    /// Carries the draws of patients over to the rows of a sample.
    fn gather(&mut self, sample: &Binary, size: usize) {
        let rows = sample.rows();
        if let Some(unit) = &sample.unit {
            self.gathered.resize(self.widest * BATCH, 0);
            for (counts, gathered) in self
                .counts
                .chunks_exact(self.units)
                .zip(self.gathered.chunks_exact_mut(self.widest))
                .take(size)
            {
                for (to, &unit) in gathered.iter_mut().zip(unit) {
                    *to = counts[unit as usize];
                }
            }
        }
        self.scaled.clear();
        let ones;
        let own = match &sample.weight {
            Some(own) => own,
            None if rows > COUNTABLE => {
                ones = vec![1.0; rows];
                &ones
            }
            None => return,
        };
        for slot in 0..size {
            let drawn = match sample.unit {
                None => &self.counts[slot * self.units..][..rows],
                Some(_) => &self.gathered[slot * self.widest..][..rows],
            };
            let scaled = drawn
                .iter()
                .zip(own)
                .map(|(&count, own)| f64::from(count) * own);
            self.scaled.extend(scaled);
        }
    }

    /// Weighted sums of the features for all replicates of the batch: a matrix product, block by block.
    fn sums(&mut self, sample: &Binary, curved: &[Curved], size: usize) -> Array2<f64> {
        let rows = sample.rows();
        let mut sums = Array2::zeros((BATCH, SUMS));
        for from in (0..rows).step_by(BLOCK) {
            let length = BLOCK.min(rows - from);
            features(
                sample,
                &curved[from..from + length],
                from,
                &mut self.features,
            );
            for (slot, mut line) in self.block.rows_mut().into_iter().take(size).enumerate() {
                let line = line.as_slice_mut().unwrap_or_default();
                if self.scaled.is_empty() {
                    let drawn = match sample.unit {
                        None => &self.counts[slot * self.units..],
                        Some(_) => &self.gathered[slot * self.widest..],
                    };
                    for (to, &count) in line.iter_mut().zip(&drawn[from..from + length]) {
                        *to = f64::from(count);
                    }
                } else {
                    line[..length].copy_from_slice(&self.scaled[slot * rows + from..][..length]);
                }
            }
            general_mat_mul(
                1.0,
                &self.block.slice_axis(Axis(1), Slice::from(..length)),
                &self.features.slice_axis(Axis(0), Slice::from(..length)),
                1.0,
                &mut sums,
            );
        }
        sums
    }
}

fn both_classes(sample: &Binary, counts: &[u8]) -> bool {
    let mut seen = [false; 2];
    for (i, &mask) in sample.mask.iter().enumerate() {
        let unit = sample.unit.as_ref().map_or(i, |unit| unit[i] as usize);
        seen[usize::from(mask & 1)] |= counts[unit] > 0 && sample.weighs(i) > 0.0;
        if seen == [true; 2] {
            return true;
        }
    }
    false
}

/// Fills a replicate's tally from its sums.
fn step(tally: &mut Tally, fit: &Recalibration, sums: &[f64; SUMS]) {
    let &[squared, surprise, expected, r0, v0, r, rx, v, vx, vxx] = sums;
    tally.squared = squared;
    tally.surprise = surprise;
    tally.expected = expected;
    let finite = |value: f64| {
        if value.is_finite() {
            Ok(value)
        } else {
            Err(Undefined::NotConverged)
        }
    };
    tally.intercept = match &fit.intercept {
        Ok(fit) => finite(fit.coefficients[0] + r0 / v0),
        Err(why) => Err(*why),
    };
    tally.slope = match &fit.line {
        Ok(fit) => finite(fit.coefficients[1] + (v * rx - vx * r) / (v * vxx - vx * vx)),
        Err(why) => Err(*why),
    };
}
