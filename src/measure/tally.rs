//! The sufficient statistics of one weighting of a sample. Every measure is arithmetic on a tally.

use crate::measure::fit::Recalibration;
use crate::measure::kernel::{Pass, weigh};
use crate::measure::sample::Binary;
use crate::record::Undefined;

/// A finite number, or why there is none.
pub type Computed = Result<f64, Undefined>;

/// What all measures are computed from: made exactly for a point estimate, and once for each bootstrap replicate.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Whether the scores claim to be probabilities.
    pub probability: bool,
    /// Weight of all rows.
    pub weight: f64,
    /// Weight of the rows with the event.
    pub events: f64,
    /// Weight of the pairs (event, non-event) in the right order; ties count one half.
    pub concordant: f64,
    /// Sum over events of the share of events at or above their score.
    pub precision: f64,
    /// Sum of risks.
    pub expected: f64,
    /// Sum of squared differences between risk and outcome.
    pub squared: f64,
    /// Sum of `-ln` of the risk given to what happened; a certain risk that was wrong counts as `-ln(1e-15)`.
    pub surprise: f64,
    /// Weight of certain risks (0 or 1) that were wrong.
    pub certain_wrong: f64,
    /// Counts at each threshold.
    pub cuts: Vec<Cut>,
    /// Calibration intercept: exact, or one Newton step in a replicate.
    pub intercept: Computed,
    /// Calibration slope: the same.
    pub slope: Computed,
}

/// Who stands at or above a threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cut {
    /// The threshold.
    pub threshold: f64,
    /// Weight of events at or above it.
    pub events: f64,
    /// Weight of non-events at or above it.
    pub others: f64,
}

/// Rows summed before their sum is added to the others.
const STRETCH: usize = 1024;

/// What `-ln` of zero is replaced by, so that a sum stays finite.
pub const CERTAIN: f64 = 1e-15;

impl Tally {
    /// The exact tally of a sample, fits iterated to convergence.
    pub fn of(sample: &Binary) -> Self {
        Self::with(sample, &Recalibration::for_scores(sample))
    }

    /// The exact tally with fits already made.
    pub(crate) fn with(sample: &Binary, fit: &Recalibration) -> Self {
        let ones;
        let weights = match &sample.weight {
            Some(weight) => weight.as_slice(),
            None => {
                ones = vec![1.0; sample.rows()];
                &ones
            }
        };
        let mut pass = Pass::default();
        weigh(sample, weights, &mut pass);
        let mut tally = Self {
            probability: sample.probability,
            weight: 0.0,
            events: 0.0,
            concordant: 0.0,
            precision: 0.0,
            expected: 0.0,
            squared: 0.0,
            surprise: 0.0,
            certain_wrong: 0.0,
            cuts: sample
                .thresholds
                .iter()
                .map(|&threshold| Cut {
                    threshold,
                    ..Cut::default()
                })
                .collect(),
            intercept: fit
                .intercept
                .as_ref()
                .map(|f| f.coefficients[0])
                .map_err(|why| *why),
            slope: fit
                .line
                .as_ref()
                .map(|f| f.coefficients[1])
                .map_err(|why| *why),
        };
        tally.take(sample, &pass);
        if sample.probability {
            // summed in stretches, so that rounding does not grow with the number of rows
            for (chunk, weights) in weights.chunks(STRETCH).enumerate() {
                let mut sums = [0.0; 4];
                for (i, &weight) in (chunk * STRETCH..).zip(weights) {
                    let (p, y) = (sample.score[i], sample.outcome(i));
                    sums[0] += weight * p;
                    sums[1] += weight * (p - y) * (p - y);
                    sums[2] += weight * surprise(p, sample.event(i));
                    sums[3] += weight * f64::from(u8::from((p - y).abs() == 1.0));
                }
                tally.expected += sums[0];
                tally.squared += sums[1];
                tally.surprise += sums[2];
                tally.certain_wrong += sums[3];
            }
        }
        tally
    }

    /// Takes over what a pass has found.
    pub(crate) fn take(&mut self, sample: &Binary, pass: &Pass) {
        self.weight = pass.events + pass.others;
        self.events = pass.events;
        self.concordant = pass.concordant;
        self.precision = pass.precision;
        for (cut, &stop) in self.cuts.iter_mut().zip(&sample.stop_of) {
            [cut.events, cut.others] = pass.stops.get(stop).copied().unwrap_or_default();
        }
    }

    /// Weight of the rows without the event.
    pub fn others(&self) -> f64 {
        self.weight - self.events
    }

    /// Share of events, when there are rows.
    pub fn prevalence(&self) -> Computed {
        share(self.events, self.weight, Undefined::NoRows)
    }

    /// The two classes' weights, when both have some.
    pub fn classes(&self) -> Result<[f64; 2], Undefined> {
        if self.weight <= 0.0 {
            Err(Undefined::NoRows)
        } else if self.events <= 0.0 {
            Err(Undefined::NoEvents)
        } else if self.others() <= 0.0 {
            Err(Undefined::NoNonEvents)
        } else {
            Ok([self.events, self.others()])
        }
    }

    /// Fails for scores that are no probabilities, and without rows.
    pub fn risks(&self) -> Result<(), Undefined> {
        if !self.probability {
            Err(Undefined::NotAProbability)
        } else if self.weight <= 0.0 {
            Err(Undefined::NoRows)
        } else {
            Ok(())
        }
    }

    /// The counts at a threshold; the threshold's index must come with it.
    pub fn cut(&self, at: Option<usize>) -> Result<&Cut, Undefined> {
        if self.weight <= 0.0 {
            return Err(Undefined::NoRows);
        }
        at.and_then(|at| self.cuts.get(at)).ok_or(Undefined::NoRows)
    }
}

/// `-ln` of the risk given to what happened, see [`Tally::surprise`].
pub(crate) fn surprise(p: f64, event: bool) -> f64 {
    let right = if event { p.ln() } else { (-p).ln_1p() };
    if right.is_finite() {
        -right
    } else {
        -CERTAIN.ln()
    }
}

/// `part / whole`, or why not when the whole is nothing.
pub(crate) fn share(part: f64, whole: f64, why: Undefined) -> Computed {
    if whole > 0.0 {
        Ok(part / whole)
    } else {
        Err(why)
    }
}
