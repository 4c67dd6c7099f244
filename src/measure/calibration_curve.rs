//! Predicted against observed risk: a smooth curve with its band, and groups of equal size beside it.

use crate::measure::doubt::small_sample;
use crate::measure::fit::{Logistic, Recalibration, dot, linear_predictor, logistic, quadratic};
use crate::measure::interval::wilson;
use crate::measure::loess::loess;
use crate::measure::question::Ask;
use crate::measure::sample::Binary;
use crate::measure::special::{Z, expit, quantile};
use crate::measure::studied::Studied;
use crate::record::{Count, Curve, CurvePoint};

/// Rows up to which the smoother is loess.
const LOESS_ROWS: usize = 5000;
/// Events, and non-events, from which on a flexible curve is drawn.
const FLEXIBLE: usize = 100;
/// Points of a curve.
const POINTS: usize = 60;

/// The smooth curve and the grouped points of a sample whose scores are probabilities.
pub(crate) fn curves(one: &Studied, ask: &Ask<'_>) -> Vec<Curve> {
    let curve = |series: &str, method: &str, points: Vec<CurvePoint>| Curve {
        curve: "calibration".to_owned(),
        series: series.to_owned(),
        group: one.group.clone(),
        method: method.to_owned(),
        points,
    };
    let smooth = smooth(one, ask.min_cell).map(|(method, points)| curve("smooth", method, points));
    let grouped = curve("grouped", "deciles", grouped(&one.sample, ask.min_cell));
    smooth.into_iter().chain([grouped]).collect()
}

fn smooth(one: &Studied, min_cell: usize) -> Option<(&'static str, Vec<CurvePoint>)> {
    let sample = &one.sample;
    let grid = grid(sample, min_cell)?;
    if sample.classes().into_iter().min() >= Some(FLEXIBLE) {
        if sample.rows() <= LOESS_ROWS && sample.weight.is_none() {
            if let Some(fits) = loess(sample, &grid) {
                let points = grid.iter().zip(fits).map(|(&x, [y, se])| {
                    let shown = |y: f64| y.clamp(0.0, 1.0);
                    banded(x, shown(y), Some([shown(y - Z * se), shown(y + Z * se)]))
                });
                return Some(("loess-degree-2-span-0.75", points.collect()));
            }
        } else if let Some(points) = spline(sample, &grid) {
            return Some(("rcs-3-knots", points));
        }
    }
    line(sample, &one.fit, &grid).map(|points| ("logistic", points))
}

fn banded(x: f64, y: f64, band: Option<[f64; 2]>) -> CurvePoint {
    CurvePoint {
        low: band.map(|b| b[0]),
        high: band.map(|b| b[1]),
        ..CurvePoint::new(x, y)
    }
}

/// Places between which at least `min_cell` rows lie beyond either end, so that no end shows a person: round numbers,
/// denser towards 0 and 1.
fn grid(sample: &Binary, min_cell: usize) -> Option<Vec<f64>> {
    let last = sample.rows().checked_sub(1 + min_cell)?;
    let (high, low) = (*sample.score.get(min_cell)?, *sample.score.get(last)?);
    if low >= high {
        return None;
    }
    let step = 10_f64.powf((high - low).log10().floor() - 2.0);
    let (low, high) = ((low / step).ceil() * step, (high / step).floor() * step);
    let angle = |p: f64| p.clamp(0.0, 1.0).sqrt().asin();
    let (from, to) = (angle(low), angle(high));
    let place = |k: usize| {
        let share = k as f64 / (POINTS - 1) as f64;
        (from + share * (to - from)).sin().powi(2)
    };
    let mut places: Vec<f64> = (0..POINTS).map(place).collect();
    places.dedup();
    Some(places)
}

/// Logistic regression on a restricted cubic spline of the linear predictor with three knots (10th, 50th and 90th
/// centile), with a Wald band on the logit (Harrell 2015; `rms::lrm(y ~ rcs(lp, 3))`). `None` when knots coincide or there
/// is no fit.
pub fn spline(sample: &Binary, places: &[f64]) -> Option<Vec<CurvePoint>> {
    let rising: Vec<f64> = sample
        .score
        .iter()
        .rev()
        .map(|&p| linear_predictor(p))
        .collect();
    let [a, b, c] = [
        quantile(&rising, 0.1)?,
        quantile(&rising, 0.5)?,
        quantile(&rising, 0.9)?,
    ];
    if a >= b || b >= c {
        return None;
    }
    let cube = |x: f64| x.max(0.0).powi(3);
    let basis = move |x: f64| {
        let bend = cube(x - a) - cube(x - b) * (c - a) / (c - b) + cube(x - c) * (b - a) / (c - b);
        [1.0, x - b, bend / ((c - a) * (c - a))]
    };
    let design = |i: usize| basis(linear_predictor(sample.score[i]));
    let fit = logistic(sample, [0.0; 3], design, |_| 0.0).ok()?;
    Some(predicted(sample, &fit, design, places, basis))
}

/// The logistic recalibration line with its Wald band: what little data can support.
pub fn line(sample: &Binary, fit: &Recalibration, places: &[f64]) -> Option<Vec<CurvePoint>> {
    let basis = |x: f64| [1.0, x - fit.centre];
    let design = |i: usize| basis(linear_predictor(sample.score[i]));
    let line = fit.line.as_ref().ok()?;
    Some(predicted(sample, line, design, places, basis))
}

/// Predictions of a logistic fit; the band is from the model's covariance, or from the sandwich over patients when rows
/// repeat, and there is none with case weights.
fn predicted<const P: usize>(
    sample: &Binary,
    fit: &Logistic<P>,
    design: impl Fn(usize) -> [f64; P],
    places: &[f64],
    basis: impl Fn(f64) -> [f64; P],
) -> Vec<CurvePoint> {
    let covariance = match (&sample.weight, &sample.repeats) {
        (Some(_), _) => None,
        (None, None) => Some(fit.covariance),
        (None, Some(repeats)) => {
            let mut scores = vec![[0.0; P]; repeats.patients];
            for (i, &patient) in repeats.patient.iter().enumerate() {
                let x = design(i);
                let residual = sample.outcome(i) - expit(dot(&x, &fit.coefficients));
                for (sum, x) in scores[patient as usize].iter_mut().zip(&x) {
                    *sum += x * residual;
                }
            }
            let mut sandwich = [[0.0; P]; P];
            for score in &scores {
                let influence = fit.covariance.map(|row| dot(&row, score));
                for (row, a) in sandwich.iter_mut().zip(&influence) {
                    for (cell, b) in row.iter_mut().zip(&influence) {
                        *cell += small_sample(sample) * a * b;
                    }
                }
            }
            Some(sandwich)
        }
    };
    places
        .iter()
        .map(|&place| {
            let x = basis(linear_predictor(place));
            let eta = dot(&x, &fit.coefficients);
            let band = covariance.as_ref().map(|covariance| {
                let half = Z * quadratic(covariance, &x).max(0.0).sqrt();
                [expit(eta - half), expit(eta + half)]
            });
            banded(place, expit(eta), band)
        })
        .collect()
}

/// Ten groups of neighbouring risks, fewer when there are few rows; equal risks stay together and no group holds fewer
/// than `min_cell` events or non-events, which size and share together would tell.
fn grouped(sample: &Binary, min_cell: usize) -> Vec<CurvePoint> {
    let rows = sample.rows();
    let groups = (rows / min_cell.max(1)).clamp(1, 10);
    let mut bounds = vec![rows];
    let (mut seen, mut open, mut events) = (0, 0, 0);
    // rows stand from the highest risk down; walk up
    let ties: Vec<_> = sample.ties().collect();
    for tied in ties.iter().rev() {
        seen += tied.len();
        open += tied.len();
        events += tied.clone().filter(|i| sample.event(*i)).count();
        let enough = events >= min_cell && open - events >= min_cell;
        if enough && seen * groups >= bounds.len() * rows {
            bounds.push(rows - seen);
            (open, events) = (0, 0);
        }
    }
    // what is left over joins the highest group
    if let Some(last) = bounds.last_mut().filter(|last| **last != 0) {
        *last = 0;
    }
    bounds
        .windows(2)
        .filter(|pair| pair[1] < pair[0])
        .map(|pair| {
            let (mut weight, mut risk, mut events) = (0.0, 0.0, 0.0);
            for i in pair[1]..pair[0] {
                weight += sample.weighs(i);
                risk += sample.weighs(i) * sample.score[i];
                events += sample.weighs(i) * sample.outcome(i);
            }
            let band = if sample.weight.is_none() {
                wilson(events, weight)
            } else {
                None
            };
            CurvePoint {
                n: Some(Count::from(pair[0] - pair[1])),
                ..banded(
                    risk / weight,
                    events / weight,
                    band.map(|b| [b.low, b.high]),
                )
            }
        })
        .filter(|point| point.x.is_finite() && point.y.is_finite())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::question::Rows;

    fn sample(score: &[f64]) -> Binary {
        let event: Vec<bool> = (0..score.len()).map(|i| i % 3 == 0).collect();
        let patient: Vec<u32> = (0..score.len() as u32).collect();
        let rows = Rows {
            event: &event,
            score,
            probability: true,
            weight: None,
            patient: &patient,
            patients: score.len(),
        };
        Binary::new(&rows, &[])
    }

    #[test]
    fn grouped_points_hold_enough_rows_and_never_split_ties() {
        let score: Vec<f64> = (0..95).map(|i| f64::from(i / 4) / 100.0).collect();
        let points = grouped(&sample(&score), 10);
        let counts: Vec<u64> = points
            .iter()
            .filter_map(|p| p.n.as_ref()?.known())
            .collect();
        assert_eq!(counts.iter().sum::<u64>(), 95);
        let few = |p: &CurvePoint| {
            let n = p.n.as_ref().and_then(Count::known).unwrap() as f64;
            (p.y * n).round() < 10.0 || ((1.0 - p.y) * n).round() < 10.0
        };
        assert!(!points.iter().any(few), "{counts:?}");
        assert!(points.windows(2).all(|w| w[0].x < w[1].x));
        assert_eq!(grouped(&sample(&[0.5; 30]), 10).len(), 1);
    }

    #[test]
    fn a_curve_stays_where_enough_rows_lie_beyond_its_ends() {
        let score: Vec<f64> = (0..200)
            .map(|i| 0.123_456 + f64::from(i) / 1000.0)
            .collect();
        let grid = grid(&sample(&score), 10).unwrap();
        assert!(score.iter().filter(|&&p| p <= grid[0]).count() >= 10);
        assert!(score.iter().filter(|&&p| p >= grid[grid.len() - 1]).count() >= 10);
        assert!(grid.len() <= 60);
    }
}
