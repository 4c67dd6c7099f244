//! Unpenalised logistic regression by Newton's method (iteratively reweighted least squares).

use crate::measure::sample::Binary;
use crate::measure::special::{expit, logit};
use crate::record::Undefined;
use rayon::prelude::*;

/// Risks are kept this far from 0 and 1 where their logit is taken.
pub const CLIP: f64 = 1e-8;

/// The logit of a risk, kept finite by [`CLIP`].
pub fn linear_predictor(risk: f64) -> f64 {
    logit(risk.clamp(CLIP, 1.0 - CLIP))
}

/// Rows whose risk the clip moves.
pub(crate) fn clipped(sample: &Binary) -> usize {
    sample
        .score
        .iter()
        .filter(|p| !(CLIP..=1.0 - CLIP).contains(*p))
        .count()
}

/// A logistic regression with `P` coefficients.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic<const P: usize> {
    /// Coefficients that maximise the likelihood.
    pub coefficients: [f64; P],
    /// The inverse of the Fisher information: their model-based covariance.
    pub covariance: [[f64; P]; P],
}

/// Log-likelihood, score and information of one set of coefficients.
#[derive(Clone)]
struct Step<const P: usize> {
    likelihood: f64,
    gradient: [f64; P],
    information: [[f64; P]; P],
}

/// Rows summed before their sum is added to the others: fixed, so that any number of threads gives the same bits.
const CHUNK: usize = 8192;

/// Fits `logit P(event) = offset + design · coefficients`, starting from `start`. Fails with [`Undefined::NotConverged`]
/// when no maximum is found or the information is singular there; separation must be ruled out before.
///
/// Source: maximum likelihood as `stats::glm(family = binomial)` in R; steps that lower the likelihood are halved.
pub fn logistic<const P: usize>(
    sample: &Binary,
    start: [f64; P],
    design: impl Fn(usize) -> [f64; P] + Sync,
    offset: impl Fn(usize) -> f64 + Sync,
) -> Result<Logistic<P>, Undefined> {
    let rows = sample.rows();
    let at = |coefficients: &[f64; P]| {
        let parts: Vec<Step<P>> = (0..rows.div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let mut part = Step::zero();
                for i in chunk * CHUNK..rows.min((chunk + 1) * CHUNK) {
                    let x = design(i);
                    let eta = offset(i) + dot(&x, coefficients);
                    part.add(&x, eta, sample.outcome(i), sample.weighs(i));
                }
                part
            })
            .collect();
        parts.iter().fold(Step::zero(), Step::plus)
    };
    let mut coefficients = start;
    let mut here = at(&coefficients);
    for _ in 0..200 {
        let covariance = inverse(&here.information).ok_or(Undefined::NotConverged)?;
        let step = covariance.map(|row| dot(&row, &here.gradient));
        let mut share = 1.0;
        let (next, there) = loop {
            let mut next = coefficients;
            for (c, s) in next.iter_mut().zip(&step) {
                *c += share * s;
            }
            let there = at(&next);
            let slack = 1e-12 * (1.0 + here.likelihood.abs());
            if there.likelihood >= here.likelihood - slack {
                break (next, there);
            }
            share *= 0.5;
            if share < 1e-12 {
                return Err(Undefined::NotConverged);
            }
        };
        let moved = step
            .iter()
            .zip(&next)
            .all(|(s, c)| (share * s).abs() <= 1e-11 * (1.0 + c.abs()));
        coefficients = next;
        here = there;
        if moved {
            let covariance = inverse(&here.information).ok_or(Undefined::NotConverged)?;
            return Ok(Logistic {
                coefficients,
                covariance,
            });
        }
    }
    Err(Undefined::NotConverged)
}

impl<const P: usize> Step<P> {
    fn zero() -> Self {
        Self {
            likelihood: 0.0,
            gradient: [0.0; P],
            information: [[0.0; P]; P],
        }
    }

    fn add(&mut self, x: &[f64; P], eta: f64, outcome: f64, weight: f64) {
        let mu = expit(eta);
        let residual = weight * (outcome - mu);
        let v = weight * mu * (1.0 - mu);
        self.likelihood += weight * (outcome * eta - eta.max(0.0) - (-eta.abs()).exp().ln_1p());
        for j in 0..P {
            self.gradient[j] += residual * x[j];
            for k in 0..=j {
                self.information[j][k] += v * x[j] * x[k];
            }
        }
    }

    fn plus(mut self, other: &Self) -> Self {
        self.likelihood += other.likelihood;
        for j in 0..P {
            self.gradient[j] += other.gradient[j];
            for k in 0..P {
                self.information[j][k] += other.information[j][k];
            }
        }
        self
    }
}

pub(crate) fn dot<const P: usize>(a: &[f64; P], b: &[f64; P]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The quadratic form `aᵀ M a`.
pub(crate) fn quadratic<const P: usize>(matrix: &[[f64; P]; P], a: &[f64; P]) -> f64 {
    matrix.iter().zip(a).map(|(row, ai)| ai * dot(row, a)).sum()
}

#[expect(
    clippy::needless_range_loop,
    reason = "matrix algebra is read by its indices"
)]
/// The inverse of a symmetric positive definite matrix given by its lower triangle, by Cholesky decomposition.
pub(crate) fn inverse<const P: usize>(lower: &[[f64; P]; P]) -> Option<[[f64; P]; P]> {
    let mut l = [[0.0; P]; P];
    for j in 0..P {
        for k in 0..=j {
            let below: f64 = (0..k).map(|m| l[j][m] * l[k][m]).sum();
            let rest = lower[j][k] - below;
            if j == k {
                // relative to the diagonal: a column that others explain is singular
                if !(rest > 1e-14 * lower[j][j].abs() && rest.is_finite()) {
                    return None;
                }
                l[j][j] = rest.sqrt();
            } else {
                l[j][k] = rest / l[k][k];
            }
        }
    }
    let mut out = [[0.0; P]; P];
    for column in 0..P {
        let mut z = [0.0; P];
        for j in 0..P {
            let below: f64 = (0..j).map(|m| l[j][m] * z[m]).sum();
            z[j] = (f64::from(u8::from(j == column)) - below) / l[j][j];
        }
        for j in (0..P).rev() {
            let above: f64 = (j + 1..P).map(|m| l[m][j] * out[m][column]).sum();
            out[j][column] = (z[j] - above) / l[j][j];
        }
    }
    Some(out)
}

/// The two calibration fits of a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalibration {
    /// Intercept with the linear predictor as offset.
    pub intercept: Result<Logistic<1>, Undefined>,
    /// Intercept and slope; the linear predictor is counted from `centre`.
    pub line: Result<Logistic<2>, Undefined>,
    /// Mean linear predictor, subtracted before the fit of the line so that it is well conditioned.
    pub centre: f64,
}

impl Recalibration {
    /// Fits both when the scores are probabilities; [`Undefined::NotAProbability`] otherwise.
    pub fn for_scores(sample: &Binary) -> Self {
        if sample.probability {
            return Self::of(sample);
        }
        let why = Undefined::NotAProbability;
        Self {
            intercept: Err(why),
            line: Err(why),
            centre: 0.0,
        }
    }

    /// Fits both. Rows that weigh nothing do not count.
    pub fn of(sample: &Binary) -> Self {
        let seen = || (0..sample.rows()).filter(|&i| sample.weighs(i) > 0.0);
        let (mut weight, mut events, mut centre) = (0.0, 0.0, 0.0);
        // highest and lowest linear predictor, for rows without and with the event
        let mut ends = [[f64::NEG_INFINITY, f64::INFINITY]; 2];
        for i in seen() {
            let x = linear_predictor(sample.score[i]);
            weight += sample.weighs(i);
            events += sample.weighs(i) * sample.outcome(i);
            centre += sample.weighs(i) * x;
            let end = &mut ends[usize::from(sample.event(i))];
            *end = [end[0].max(x), end[1].min(x)];
        }
        let undefined = |why| Self {
            intercept: Err(why),
            line: Err(why),
            centre: 0.0,
        };
        if weight == 0.0 {
            return undefined(Undefined::NoRows);
        }
        let [without, with] = ends;
        if with[0] < with[1] {
            return undefined(Undefined::NoEvents);
        }
        if without[0] < without[1] {
            return undefined(Undefined::NoNonEvents);
        }
        centre /= weight;
        let prior = logit(events / weight);
        let x = |i: usize| linear_predictor(sample.score[i]);
        let intercept = logistic(sample, [prior - centre], |_| [1.0], x);
        let line = if with[0].max(without[0]) == with[1].min(without[1]) {
            Err(Undefined::ConstantScore)
        } else if without[0] <= with[1] || with[0] <= without[1] {
            Err(Undefined::Separated)
        } else {
            logistic(sample, [prior, 0.0], |i| [1.0, x(i) - centre], |_| 0.0)
        };
        Self {
            intercept,
            line,
            centre,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::question::Rows;

    fn fit(event: &[bool], score: &[f64]) -> Recalibration {
        let patient: Vec<u32> = (0..event.len() as u32).collect();
        let rows = Rows {
            event,
            score,
            probability: true,
            weight: None,
            patient: &patient,
            patients: event.len(),
        };
        Recalibration::of(&Binary::new(&rows, &[]))
    }

    #[test]
    fn separation_and_constant_scores_are_told_apart() {
        let line = |event: &[bool], score: &[f64]| fit(event, score).line.map(|_| ());
        assert_eq!(
            line(&[false, true], &[0.4, 0.4]),
            Err(Undefined::ConstantScore)
        );
        assert_eq!(
            line(&[false, false, true], &[0.1, 0.4, 0.4]),
            Err(Undefined::Separated)
        );
        assert_eq!(
            line(&[true, true, false], &[0.1, 0.2, 0.4]),
            Err(Undefined::Separated)
        );
        assert_eq!(
            line(&[true, true], &[0.1, 0.2]),
            Err(Undefined::NoNonEvents)
        );
        assert_eq!(line(&[], &[]), Err(Undefined::NoRows));
        assert_eq!(
            line(&[false, true, false, true], &[0.1, 0.2, 0.3, 0.4]),
            Ok(())
        );
    }

    #[test]
    fn a_wildly_wrong_model_still_has_an_intercept() {
        let score = [1e-8, 1e-8, 0.5, 1.0];
        let a = fit(&[true, false, true, false], &score).intercept.unwrap();
        let expected: f64 = score
            .iter()
            .map(|&p| expit(linear_predictor(p) + a.coefficients[0]))
            .sum();
        assert!((expected - 2.0).abs() < 1e-9);
    }

    #[test]
    #[expect(
        clippy::needless_range_loop,
        reason = "a matrix product is read by its indices"
    )]
    fn inverses_undo_their_matrix() {
        let m = [[4.0, 0.0, 0.0], [2.0, 5.0, 0.0], [1.0, 3.0, 6.0]];
        let inv = inverse(&m).unwrap();
        let full = [[4.0, 2.0, 1.0], [2.0, 5.0, 3.0], [1.0, 3.0, 6.0]];
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| full[i][k] * inv[k][j]).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-14);
            }
        }
        assert!(inverse(&[[1.0, 0.0], [1.0, 1.0]]).is_none());
    }
}
