//! What closed-form intervals need: influence values summed over patients, and second moments of the counts at thresholds.

use crate::measure::fit::Recalibration;
use crate::measure::sample::Binary;
use crate::measure::tally::Tally;

/// Fewer events, or non-events, than this: exact intervals only.
pub const FEW: usize = 10;

/// A sample whose rows all weigh one, with what was computed from it.
pub struct Doubt<'a> {
    /// The sample.
    pub sample: &'a Binary,
    /// Its exact tally.
    pub tally: &'a Tally,
    /// Its calibration fits.
    pub fit: &'a Recalibration,
    enough: bool,
    /// Second moments at each threshold of the sample.
    moments: Vec<Moments>,
}

/// For one threshold, the counts `(events above, others above, events, others)` of each patient, multiplied pairwise and
/// summed over patients.
pub(crate) type Moments = [[f64; 4]; 4];

impl<'a> Doubt<'a> {
    /// Gathers what all closed forms share.
    pub fn new(sample: &'a Binary, tally: &'a Tally, fit: &'a Recalibration) -> Self {
        let at_stops = moments(sample, &sample.stops);
        Self {
            sample,
            tally,
            fit,
            enough: enough(sample),
            moments: sample
                .stop_of
                .iter()
                .filter_map(|&stop| at_stops.get(stop).copied())
                .collect(),
        }
    }

    /// Rows as a number.
    pub(crate) fn rows(&self) -> f64 {
        self.sample.rows() as f64
    }

    /// Whether a patient has several rows.
    pub(crate) fn repeats(&self) -> bool {
        self.sample.repeats.is_some()
    }

    /// Whether both classes have at least [`FEW`] rows.
    pub(crate) fn enough(&self) -> bool {
        self.enough
    }

    /// Sum over patients of the square of the sum of their rows' values, times `G / (G - 1)` for `G` patients.
    pub(crate) fn spread(&self, value: impl Fn(usize) -> f64) -> f64 {
        small_sample(self.sample) * patient_squares(self.sample, value)
    }

    /// The moments at a threshold.
    pub(crate) fn moments(&self, at: Option<usize>) -> Option<&Moments> {
        self.moments.get(at?)
    }
}

/// Whether both classes have at least [`FEW`] rows that weigh something.
pub(crate) fn enough(sample: &Binary) -> bool {
    sample.classes().into_iter().min() >= Some(FEW)
}

/// `G / (G - 1)` for `G` patients: makes a sum of squares around an estimated mean unbiased.
pub(crate) fn small_sample(sample: &Binary) -> f64 {
    let patients = sample.patients() as f64;
    patients / (patients - 1.0)
}

/// The sum of a value over each patient's rows.
pub(crate) fn patient_sums(sample: &Binary, value: impl Fn(usize) -> f64) -> Vec<f64> {
    match &sample.repeats {
        None => (0..sample.rows()).map(value).collect(),
        Some(repeats) => {
            let mut sums = vec![0.0; repeats.patients];
            for (i, &patient) in repeats.patient.iter().enumerate() {
                if let Some(sum) = sums.get_mut(patient as usize) {
                    *sum += value(i);
                }
            }
            sums
        }
    }
}

fn patient_squares(sample: &Binary, value: impl Fn(usize) -> f64) -> f64 {
    match sample.repeats {
        None => (0..sample.rows()).map(|i| value(i).powi(2)).sum(),
        Some(_) => patient_sums(sample, value).iter().map(|s| s * s).sum(),
    }
}

/// The second moments with the first `places[k]` rows as those above, for rising places; one pass for all.
pub(crate) fn moments(sample: &Binary, places: &[usize]) -> Vec<Moments> {
    let alone;
    let (patient, patients): (&[u32], usize) = match &sample.repeats {
        Some(repeats) => (&repeats.patient, repeats.patients),
        None => {
            alone = (0..sample.rows() as u32).collect::<Vec<_>>();
            (&alone, alone.len())
        }
    };
    let mut total = vec![[0.0_f64; 2]; patients];
    for (i, &p) in patient.iter().enumerate() {
        total[p as usize][usize::from(!sample.event(i))] += 1.0;
    }
    let mut m = [[0.0; 4]; 4];
    for t in &total {
        for (j, row) in m.iter_mut().skip(2).enumerate() {
            for (k, cell) in row.iter_mut().skip(2).enumerate() {
                *cell += t[j] * t[k];
            }
        }
    }
    let mut above = vec![[0.0_f64; 2]; patients];
    let mut row = 0;
    places
        .iter()
        .map(|&place| {
            while row < place.min(sample.rows()) {
                let class = usize::from(!sample.event(row));
                let who = patient[row] as usize;
                m[class][class] += 2.0 * above[who][class] + 1.0;
                m[0][1] += above[who][1 - class];
                m[class][2] += total[who][0];
                m[class][3] += total[who][1];
                above[who][class] += 1.0;
                row += 1;
            }
            let mut full = m;
            for j in 0..4 {
                for k in 0..j {
                    full[j][k] = m[k][j];
                }
            }
            full
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::question::Rows;

    #[test]
    fn moments_are_those_of_the_patients_counts() {
        let event = [true, false, true, false, true, false];
        let score = [0.9, 0.8, 0.7, 0.4, 0.3, 0.2];
        let patient = [0, 0, 1, 1, 0, 2];
        let rows = Rows {
            event: &event,
            score: &score,
            probability: true,
            weight: None,
            patient: &patient,
            patients: 3,
        };
        let sample = Binary::new(&rows, &[]);
        let got = moments(&sample, &[0, 2, 5]);
        for (m, place) in got.iter().zip([0, 2, 5]) {
            let mut z = [[0.0; 4]; 3];
            for i in 0..6 {
                let class = usize::from(!event[i]);
                z[patient[i] as usize][2 + class] += 1.0;
                if i < place {
                    z[patient[i] as usize][class] += 1.0;
                }
            }
            for j in 0..4 {
                for k in 0..4 {
                    let sum: f64 = z.iter().map(|z| z[j] * z[k]).sum();
                    assert_eq!(m[j][k], sum, "cell {j} {k} at {place}");
                }
            }
        }
    }
}
