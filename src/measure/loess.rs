//! Locally weighted quadratic regression of the outcome on the risk, evaluated directly at each place.
//!
//! Source: Cleveland & Devlin 1988; `stats::loess(degree = 2, span = 0.75, surface = "direct")` in R, with which fit,
//! residual scale and standard errors agree to 1e-6.

use crate::measure::doubt::{patient_sums, small_sample};
use crate::measure::fit::inverse;
use crate::measure::sample::Binary;
use rayon::prelude::*;

/// Share of the rows that make up a neighbourhood.
const SPAN: f64 = 0.75;

/// Rows of equal risk.
struct Spot {
    risk: f64,
    rows: f64,
    events: f64,
}

/// A local fit: the weight of a row at scaled distance `u` is `tricube(u) · (c₀ + c₁ u + c₂ u²)`.
struct Local {
    place: f64,
    width: f64,
    c: [f64; 3],
    fit: f64,
    /// Sum of the squared weights of all rows.
    square: f64,
}

struct Loess {
    /// Rising risks, one a row.
    risks: Vec<f64>,
    spots: Vec<Spot>,
    nearest: usize,
}

/// The smoothed share of events and its standard error at each place; `None` when the fit leaves no residual freedom.
/// Rows must weigh one. With several rows a patient the standard error sums influence over patients; otherwise it is
/// the residual scale times the length of the operator's row.
pub fn loess(sample: &Binary, places: &[f64]) -> Option<Vec<[f64; 2]>> {
    let risks: Vec<f64> = sample.score.iter().rev().copied().collect();
    let mut spots: Vec<Spot> = sample
        .ties()
        .map(|tied| Spot {
            risk: sample.score[tied.start],
            rows: tied.len() as f64,
            events: tied.filter(|&i| sample.event(i)).count() as f64,
        })
        .collect();
    spots.reverse();
    let nearest =
        ((risks.len() as f64 * SPAN + 1e-5).floor() as usize).clamp(1, risks.len().max(1));
    let loess = Loess {
        risks,
        spots,
        nearest,
    };
    let fits: Vec<Local> = loess
        .spots
        .par_iter()
        .map(|spot| loess.local(spot.risk))
        .collect::<Option<_>>()?;
    let grid: Vec<Local> = places
        .par_iter()
        .map(|&x| loess.local(x))
        .collect::<Option<_>>()?;
    if sample.repeats.is_some() {
        let mut residual = Vec::with_capacity(sample.rows());
        for (tied, fit) in sample.ties().zip(fits.iter().rev()) {
            residual.extend(tied.map(|i| sample.outcome(i) - fit.fit));
        }
        let se = |local: &Local| {
            let sums = patient_sums(sample, |i| local.weight(sample.score[i]) * residual[i]);
            (small_sample(sample) * sums.iter().map(|s| s * s).sum::<f64>()).sqrt()
        };
        return Some(
            grid.par_iter()
                .map(|local| [local.fit, se(local)])
                .collect(),
        );
    }
    let (mut squares, mut freedom) = (0.0, 0.0);
    for (spot, local) in loess.spots.iter().zip(&fits) {
        squares +=
            spot.events * (1.0 - local.fit).powi(2) + (spot.rows - spot.events) * local.fit.powi(2);
        // trace of (I - L)ᵀ(I - L) = n - 2 tr L + |L|²; at its own place a row weighs c₀
        freedom += spot.rows * (1.0 - 2.0 * local.c[0] + local.square);
    }
    let scale = (freedom > 1e-6).then(|| (squares / freedom).sqrt())?;
    Some(
        grid.iter()
            .map(|local| [local.fit, scale * local.square.sqrt()])
            .collect(),
    )
}

impl Loess {
    /// The distance to the `nearest`-th closest row.
    fn width(&self, place: f64) -> f64 {
        let (q, n) = (self.nearest, self.risks.len());
        // the first window of q rows that would not gain by moving right
        let (mut low, mut high) = (0, n - q);
        while low < high {
            let middle = low + (high - low) / 2;
            if place - self.risks[middle] > self.risks[middle + q] - place {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (place - self.risks[low]).max(self.risks[low + q - 1] - place)
    }

    fn local(&self, place: f64) -> Option<Local> {
        let width = self.width(place);
        let from = self.spots.partition_point(|s| s.risk < place - width);
        let to = self.spots.partition_point(|s| s.risk <= place + width);
        let near = self.spots.get(from..to)?;
        let scale = if width > 0.0 { 1.0 / width } else { 0.0 };
        // sums of w uᵏ, w² uᵏ and w uᵏ y
        let (mut one, mut two, mut with) = ([0.0; 5], [0.0; 5], [0.0; 3]);
        let mut places = 0;
        for spot in near {
            let u = (spot.risk - place) * scale;
            let w = tricube(u);
            if w == 0.0 {
                continue;
            }
            places += 1;
            let mut power = 1.0;
            for k in 0..5 {
                one[k] += spot.rows * w * power;
                two[k] += spot.rows * w * w * power;
                if let Some(sum) = with.get_mut(k) {
                    *sum += spot.events * w * power;
                }
                power *= u;
            }
        }
        let c = solve(&one, places)?;
        let mut square = 0.0;
        for j in 0..3 {
            for k in 0..3 {
                square += c[j] * c[k] * two[j + k];
            }
        }
        Some(Local {
            place,
            width,
            c,
            fit: c.iter().zip(with).map(|(c, s)| c * s).sum(),
            square: square.max(0.0),
        })
    }
}

/// The first row of the inverse of the moment matrix; with too few places a lower degree.
fn solve(m: &[f64; 5], places: usize) -> Option<[f64; 3]> {
    if places >= 3
        && let Some(i) = inverse(&[[m[0], 0.0, 0.0], [m[1], m[2], 0.0], [m[2], m[3], m[4]]])
    {
        return Some(i[0]);
    }
    if places >= 2
        && let Some(i) = inverse(&[[m[0], 0.0], [m[1], m[2]]])
    {
        return Some([i[0][0], i[0][1], 0.0]);
    }
    (m[0] > 0.0).then(|| [1.0 / m[0], 0.0, 0.0])
}

impl Local {
    fn weight(&self, risk: f64) -> f64 {
        let u = if self.width > 0.0 {
            (risk - self.place) / self.width
        } else {
            0.0
        };
        if self.width == 0.0 && risk != self.place {
            return 0.0;
        }
        tricube(u) * (self.c[0] + u * (self.c[1] + u * self.c[2]))
    }
}

/// `(1 - |u|³)³`, flat very near the centre and nothing from the edge on, as the reference implementation has it.
fn tricube(u: f64) -> f64 {
    let d = u.abs();
    if d <= 0.001 {
        1.0
    } else if d < 0.999 {
        (1.0 - d * d * d).powi(3)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::question::Rows;

    #[test]
    fn a_quadratic_world_is_found_again_and_ties_do_no_harm() {
        // events in exact proportion to risk squared within every group of equal risks
        let (mut event, mut score) = (Vec::new(), Vec::new());
        for step in 1..=10 {
            for row in 0..100 {
                score.push(f64::from(step) / 10.0);
                event.push(row < step * step);
            }
        }
        let patient: Vec<u32> = (0..event.len() as u32).collect();
        let rows = Rows {
            event: &event,
            score: &score,
            probability: true,
            weight: None,
            patient: &patient,
            patients: event.len(),
        };
        let sample = Binary::new(&rows, &[]);
        for (place, [fit, se]) in [0.2, 0.5, 0.9]
            .into_iter()
            .zip(loess(&sample, &[0.2, 0.5, 0.9]).unwrap())
        {
            assert!((fit - place * place).abs() < 1e-10, "{place}: {fit}");
            assert!(se > 0.0 && se < 0.05);
        }
    }
}
