//! A sample with every measure computed from it.

use crate::measure::bootstrap::Slot;
use crate::measure::doubt::Doubt;
use crate::measure::fit::Recalibration;
use crate::measure::interval::percentile;
use crate::measure::sample::Binary;
use crate::measure::tally::{Computed, Tally};
use crate::record::{At, Estimate, Group, Interval, Undefined, Value};
use rayon::prelude::*;

/// A sample with everything that was computed from it.
pub(crate) struct Studied {
    pub(crate) group: Option<Group>,
    pub(crate) sample: Binary,
    pub(crate) tally: Tally,
    pub(crate) fit: Recalibration,
    /// One for each slot.
    pub(crate) found: Vec<Found>,
}

/// One measure of one sample.
pub(crate) struct Found {
    pub(crate) point: Computed,
    pub(crate) closed: Option<Interval>,
    /// One value a replicate, NaN where there was none; empty without replicates.
    pub(crate) replicates: Vec<f64>,
}

impl Studied {
    pub(crate) fn of(group: Option<Group>, sample: Binary, slots: &[Slot]) -> Self {
        let fit = Recalibration::for_scores(&sample);
        let tally = Tally::with(&sample, &fit);
        let found = {
            let doubt = sample
                .weight
                .is_none()
                .then(|| Doubt::new(&sample, &tally, &fit));
            let one = |&(measure, at): &Slot| {
                let point = (measure.compute)(&tally, at);
                let closed = match (&point, measure.closed, &doubt) {
                    (Ok(_), Some(closed), Some(doubt)) => closed(doubt, at),
                    _ => None,
                };
                Found {
                    point,
                    closed,
                    replicates: Vec::new(),
                }
            };
            slots.par_iter().map(one).collect()
        };
        Self {
            group,
            sample,
            tally,
            fit,
            found,
        }
    }

    pub(crate) fn estimates(&self, slots: &[Slot], min_cell: usize) -> Vec<Estimate> {
        let infinite = self.tally.certain_wrong > 0.0;
        slots
            .iter()
            .zip(&self.found)
            .filter(|((measure, _), _)| infinite || measure.id != "log-loss-clipped")
            .map(|(slot, found)| Estimate {
                measure: slot.0.id.to_owned(),
                at: self.at(slot.1),
                group: self.group.clone(),
                value: match self.is_of_few(slot, min_cell) {
                    true => few(min_cell),
                    false => found.value(),
                },
            })
            .collect()
    }

    /// True for a predictive value of some rows, but fewer than `min_cell`, whatever they weigh.
    pub(crate) fn is_of_few(&self, (measure, at): &Slot, min_cell: usize) -> bool {
        let Some(threshold) = at.and_then(|at| self.sample.thresholds.get(at)) else {
            return false;
        };
        let above = self.sample.score.partition_point(|s| s >= threshold);
        let rows = match measure.id {
            "ppv" => above,
            "npv" => self.sample.rows() - above,
            _ => return false,
        };
        rows > 0 && rows < min_cell
    }

    /// The place of a slot as the record has it.
    pub(crate) fn at(&self, at: Option<usize>) -> Option<At> {
        self.sample.thresholds.get(at?).map(|&t| At::threshold(t))
    }
}

impl Found {
    fn value(&self) -> Value {
        match self.point {
            Ok(point) => known(point, self.closed.clone(), percentile(&self.replicates)),
            Err(undefined) => Value::Undefined { undefined },
        }
    }
}

/// A value that would say too much about too few.
pub(crate) fn few(min_cell: usize) -> Value {
    Value::Masked {
        masked: format!("<{min_cell}"),
    }
}

/// A value with its closed form first and the bootstrap as its cross-check, or the bootstrap alone.
pub(crate) fn known(point: f64, closed: Option<Interval>, bootstrap: Option<Interval>) -> Value {
    if !point.is_finite() {
        return Value::Undefined {
            undefined: Undefined::Infinite,
        };
    }
    match closed {
        Some(interval) => Value::Known {
            point,
            interval: Some(interval),
            bootstrap,
        },
        None => Value::Known {
            point,
            interval: bootstrap,
            bootstrap: None,
        },
    }
}
