//! What the makers of shipped models share: logistic regression by iteratively reweighted least squares, and the facts that a
//! model card tells of the rows a model was made from.

use std::fmt;

/// Steps after which a fit that has not settled is given up.
const STEPS: usize = 50;

/// What is known of a model on the rows it was made from. Shown as the lines of a card's `[development]`.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Rows.
    pub n: usize,
    /// Events.
    pub events: usize,
    /// Mean of the linear predictor.
    pub lp_mean: f64,
    /// Standard deviation of the linear predictor.
    pub lp_sd: f64,
    /// AUROC, not corrected for optimism.
    pub auroc: f64,
}

impl Facts {
    /// The facts of linear predictors beside what happened.
    pub fn of(predictors: &[f64], events: &[bool]) -> Self {
        let (lp_mean, lp_sd) = mean_and_sd(predictors);
        Self {
            n: events.len(),
            events: events.iter().filter(|event| **event).count(),
            lp_mean,
            lp_sd,
            auroc: auroc(predictors, events),
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "n = {}", self.n)?;
        writeln!(f, "events = {}", self.events)?;
        writeln!(f, "lp-mean = {:.4}", self.lp_mean)?;
        writeln!(f, "lp-sd = {:.4}", self.lp_sd)?;
        writeln!(f, "auroc = {:.4}", self.auroc)
    }
}

/// Unpenalised maximum-likelihood coefficients, the intercept first, for rows of inputs and outcomes in {0, 1}.
/// Nothing when the fit does not settle (for instance because a line separates the outcomes).
pub fn fit(rows: &[Vec<f64>], events: &[bool]) -> Option<Vec<f64>> {
    let width = rows.first()?.len() + 1;
    let mut coefficients = vec![0.0; width];
    for _ in 0..STEPS {
        let mut information = vec![vec![0.0; width]; width];
        let mut score = vec![0.0; width];
        for (row, event) in rows.iter().zip(events) {
            let with_one = |i: usize| if i == 0 { 1.0 } else { row[i - 1] };
            let risk = risk(predictor(&coefficients, row));
            let weight = risk * (1.0 - risk);
            let residual = f64::from(u8::from(*event)) - risk;
            for (i, line) in information.iter_mut().enumerate() {
                score[i] += with_one(i) * residual;
                for (j, cell) in line.iter_mut().enumerate().take(i + 1) {
                    *cell += weight * with_one(i) * with_one(j);
                }
            }
        }
        let step = solve(information, score)?;
        for (coefficient, change) in coefficients.iter_mut().zip(&step) {
            *coefficient += change;
        }
        if step.iter().all(|change| change.abs() < 1e-12) {
            return Some(coefficients);
        }
    }
    None
}

/// Intercept plus coefficients times inputs.
pub fn predictor(coefficients: &[f64], row: &[f64]) -> f64 {
    coefficients[1..]
        .iter()
        .zip(row)
        .fold(coefficients[0], |sum, (c, x)| sum + c * x)
}

/// The risk that belongs to a log odds.
pub fn risk(predictor: f64) -> f64 {
    1.0 / (1.0 + (-predictor).exp())
}

/// Mean and standard deviation (n − 1).
pub fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}

/// Area under the ROC curve by mid-ranks.
fn auroc(scores: &[f64], events: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut ranks, mut before) = (0.0, 0.0);
    for tied in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let rank = before + (tied.len() as f64 + 1.0) / 2.0;
        ranks += rank * tied.iter().filter(|row| events[**row]).count() as f64;
        before += tied.len() as f64;
    }
    let n1 = events.iter().filter(|event| **event).count() as f64;
    let n0 = events.len() as f64 - n1;
    (ranks - n1 * (n1 + 1.0) / 2.0) / (n1 * n0)
}

/// Solves a positive definite system, given by its lower triangle, by Cholesky factors.
fn solve(mut lower: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let width = right.len();
    for i in 0..width {
        for j in 0..=i {
            let taken: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let left = lower[i][j] - taken;
            lower[i][j] = if i == j {
                (left > 0.0).then(|| left.sqrt())?
            } else {
                left / lower[j][j]
            };
        }
    }
    for i in 0..width {
        let taken: f64 = (0..i).map(|k| lower[i][k] * right[k]).sum();
        right[i] = (right[i] - taken) / lower[i][i];
    }
    for i in (0..width).rev() {
        let taken: f64 = (i + 1..width).map(|k| lower[k][i] * right[k]).sum();
        right[i] = (right[i] - taken) / lower[i][i];
    }
    Some(right)
}
