//! Means over rows that come in patients, with their uncertainty: closed forms from influence values summed over patients,
//! and patients drawn with replacement where no closed form exists.

use crate::explain::sampled::Sampled;
use crate::random::Stream;
use crate::record::{Interval, Undefined, Value};

/// Two-sided 95 % of a normal.
const Z: f64 = 1.959_963_984_540_054;
/// Replicates of patients for what has no closed form.
pub const REPLICATES: u64 = 200;

/// A mean and its standard error; none of fewer than two patients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The weighted mean.
    pub point: f64,
    /// Its standard error, patients independent.
    pub error: Option<f64>,
}

impl Mean {
    /// As a value of the record, its interval cut to `range`.
    pub fn value(self, range: [f64; 2]) -> Value {
        if !self.point.is_finite() {
            return undefined(Undefined::NothingToShare);
        }
        let interval = self
            .error
            .filter(|error| error.is_finite())
            .map(|error| Interval {
                low: (self.point - Z * error)
                    .clamp(range[0], range[1])
                    .min(self.point),
                high: (self.point + Z * error)
                    .clamp(range[0], range[1])
                    .max(self.point),
                level: 0.95,
                method: "influence-by-patient".to_owned(),
                se: Some(error),
            });
        Value::Known {
            point: self.point,
            interval,
            bootstrap: None,
        }
    }
}

/// An importance may have any size, and no sign.
pub const UPWARD: [f64; 2] = [0.0, f64::INFINITY];
/// A contribution may have any size and sign.
pub const EVERYWHERE: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

/// No number.
pub fn undefined(why: Undefined) -> Value {
    Value::Undefined { undefined: why }
}

/// Σ w·above ⁄ Σ w·below over some positions; by the delta method, influence summed over patients.
pub fn ratio(
    sampled: &Sampled,
    positions: &[u32],
    above: impl Fn(usize) -> f64,
    below: impl Fn(usize) -> f64,
) -> Mean {
    let (mut top, mut bottom) = (0.0, 0.0);
    for at in positions.iter().map(|at| *at as usize) {
        top += sampled.weight[at] * above(at);
        bottom += sampled.weight[at] * below(at);
    }
    let point = top / bottom;
    let mut sums = vec![0.0; sampled.patients];
    let mut seen = vec![false; sampled.patients];
    for at in positions.iter().map(|at| *at as usize) {
        let patient = sampled.patient[at] as usize;
        seen[patient] = true;
        sums[patient] += sampled.weight[at] * (above(at) - point * below(at));
    }
    let count = seen.iter().filter(|seen| **seen).count() as f64;
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    let error = (count > 1.0).then(|| (squares * count / (count - 1.0)).sqrt() / bottom.abs());
    Mean { point, error }
}

/// The weighted mean over some positions.
pub fn mean(sampled: &Sampled, positions: &[u32], value: impl Fn(usize) -> f64) -> Mean {
    ratio(sampled, positions, value, |_| 1.0)
}

/// What each row weighs in one replicate of patients drawn with replacement.
pub fn redrawn(sampled: &Sampled, key: [u64; 2], replicate: u64) -> Vec<f64> {
    let mut stream = Stream::keyed([key[0], key[1], 0x7061_7469_656e_7473, replicate]);
    let mut drawn = vec![0.0; sampled.patients];
    for _ in 0..sampled.patients {
        drawn[stream.below(sampled.patients)] += 1.0;
    }
    let rows = sampled.patient.iter().zip(&sampled.weight);
    rows.map(|(patient, weight)| weight * drawn[*patient as usize])
        .collect()
}

/// A value with the percentile interval of its replicates; replicates without a number are left out, and with fewer than
/// half of them there is no interval.
pub fn percentiles(point: f64, mut replicates: Vec<f64>, asked: u64) -> Value {
    replicates.retain(|value| value.is_finite());
    replicates.sort_by(f64::total_cmp);
    let enough = 2 * replicates.len() as u64 > asked;
    let at = |share: f64| {
        let place = share * (replicates.len() - 1) as f64;
        let (below, part) = (place.floor() as usize, place.fract());
        let above = (below + 1).min(replicates.len() - 1);
        replicates[below] * (1.0 - part) + replicates[above] * part
    };
    Value::Known {
        point,
        interval: enough.then(|| Interval {
            low: at(0.025).min(point),
            high: at(0.975).max(point),
            level: 0.95,
            method: "bootstrap-percentile".to_owned(),
            se: None,
        }),
        bootstrap: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(patient: Vec<u32>) -> Sampled {
        let patients = patient.iter().max().map_or(0, |most| *most as usize + 1);
        Sampled {
            weight: vec![1.0; patient.len()],
            patients,
            patient,
            ..Sampled::default()
        }
    }

    #[test]
    fn the_error_of_a_mean_of_single_rows_is_the_usual_one() {
        let values = [1.0, 2.0, 4.0, 9.0];
        let found = mean(&sampled(vec![0, 1, 2, 3]), &[0, 1, 2, 3], |at| values[at]);
        let variance: f64 = values.iter().map(|v| (v - 4.0_f64).powi(2)).sum::<f64>() / 3.0;
        assert!((found.point - 4.0).abs() < 1e-12);
        assert!((found.error.unwrap() - (variance / 4.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_row_that_stands_twice_in_one_patient_tells_nothing_more() {
        let values = [1.0, 2.0, 4.0, 9.0, 1.0, 2.0, 4.0, 9.0];
        let all: Vec<u32> = (0..8).collect();
        let twice = mean(&sampled(vec![0, 1, 2, 3, 0, 1, 2, 3]), &all, |at| {
            values[at]
        });
        let once = mean(&sampled(vec![0, 1, 2, 3]), &all[..4], |at| values[at]);
        assert!((twice.error.unwrap() - once.error.unwrap()).abs() < 1e-12);
        assert_eq!(mean(&sampled(vec![0]), &[0], |_| 1.0).error, None);
    }

    #[test]
    fn percentiles_are_numpys_and_few_replicates_give_no_interval() {
        // numpy.percentile([0, 1, …, 100], [2.5, 97.5])
        let value = percentiles(50.0, (0..=100).map(f64::from).collect(), 101);
        let interval = value.interval().unwrap();
        assert!((interval.low - 2.5).abs() < 1e-12 && (interval.high - 97.5).abs() < 1e-12);
        assert_eq!(
            percentiles(1.0, vec![1.0, f64::NAN, f64::NAN], 3).interval(),
            None
        );
    }
}
