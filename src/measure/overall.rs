//! How far risks lie from what happened, discrimination and calibration in one number.

use crate::measure::definition::{Best, Domain, Measure, Uses};
use crate::measure::doubt::Doubt;
use crate::measure::interval::wald;
use crate::measure::tally::{Computed, Tally, surprise};
use crate::record::{Interval, Undefined};

/// The mean squared error of the risks.
pub static BRIER: Measure = Measure {
    id: "brier",
    name: "Brier score",
    what: "The average squared distance between the risk and what happened (0 or 1); 0 is perfect, 0.25 is what a constant risk of one half gets.",
    formula: "sum w (p - y)^2 / sum w",
    cautions: "depends on how common the event is; compare only models on the same people, or read the scaled Brier score",
    domain: Domain::Overall,
    best: Best::Low,
    range: [0.0, 1.0],
    source: "Brier 1950; sklearn.metrics::brier_score_loss; interval: mean of independent terms, summed over patients when rows repeat",
    per_threshold: false,
    needs_probability: true,
    uses: Uses::Sums,
    compute: |tally, _| brier(tally),
    closed: Some(|doubt, _| brier_interval(doubt)),
};

/// The Brier score against that of a constant risk.
pub static SCALED_BRIER: Measure = Measure {
    id: "scaled-brier",
    name: "Scaled Brier score",
    what: "How much of the uncertainty is taken away compared with giving everyone the average risk: 1 is all, 0 is none, below 0 is worse than that.",
    formula: "1 - Brier / (prevalence (1 - prevalence)), prevalence of the same rows",
    cautions: "also called index of prediction accuracy; the yardstick uses the prevalence of the validation data, so a badly calibrated model can fall below 0",
    domain: Domain::Overall,
    best: Best::High,
    range: [f64::NEG_INFINITY, 1.0],
    source: "Kattan & Gerds 2018; riskRegression::Score (IPA); interval: influence values, summed over patients when rows repeat",
    per_threshold: false,
    needs_probability: true,
    uses: Uses::Sums,
    compute: |tally, _| scaled_brier(tally),
    closed: Some(|doubt, _| scaled_brier_interval(doubt)),
};

/// The mean surprise.
pub static LOG_LOSS: Measure = Measure {
    id: "log-loss",
    name: "Log-loss",
    what: "The average surprise at what happened, given the risks; 0 is perfect, 0.693 is what a constant risk of one half gets.",
    formula: "- sum w (y ln p + (1 - y) ln(1 - p)) / sum w; infinite when a risk of exactly 0 or 1 was wrong",
    cautions: "a single certain and wrong risk makes it infinite, which is meant; very small and very large risks dominate it",
    domain: Domain::Overall,
    best: Best::Low,
    range: [0.0, f64::INFINITY],
    source: "Good 1952; sklearn.metrics::log_loss, without its silent clipping; interval: mean of independent terms, summed over patients when rows repeat",
    per_threshold: false,
    needs_probability: true,
    uses: Uses::Sums,
    compute: |tally, _| log_loss(tally),
    closed: Some(|doubt, _| {
        log_loss(doubt.tally).ok()?;
        clipped_interval(doubt)
    }),
};

/// The mean surprise with certain, wrong risks softened; shown beside an infinite log-loss only.
pub static LOG_LOSS_CLIPPED: Measure = Measure {
    id: "log-loss-clipped",
    name: "Log-loss, clipped",
    what: "The log-loss with risks of exactly 0 or 1 that were wrong taken as 1e-15 off; shown only where the log-loss is infinite.",
    formula: "as log-loss, with ln(1e-15) in place of ln(0)",
    cautions: "its size depends on where one clips, so it can rank models but is no property of one",
    domain: Domain::Overall,
    best: Best::Low,
    range: [0.0, f64::INFINITY],
    source: "as log-loss; the clip is that of older sklearn.metrics::log_loss",
    per_threshold: false,
    needs_probability: true,
    uses: Uses::Sums,
    compute: |tally, _| clipped(tally),
    closed: Some(|doubt, _| clipped_interval(doubt)),
};

fn brier(tally: &Tally) -> Computed {
    tally.risks()?;
    Ok((tally.squared / tally.weight).clamp(0.0, 1.0))
}

fn scaled_brier(tally: &Tally) -> Computed {
    let brier = brier(tally)?;
    tally.classes()?;
    let prevalence = tally.prevalence()?;
    Ok(1.0 - brier / (prevalence * (1.0 - prevalence)))
}

fn clipped(tally: &Tally) -> Computed {
    tally.risks()?;
    Ok((tally.surprise / tally.weight).max(0.0))
}

fn log_loss(tally: &Tally) -> Computed {
    if tally.certain_wrong > 0.0 {
        tally.risks()?;
        return Err(Undefined::Infinite);
    }
    clipped(tally)
}

fn squared(doubt: &Doubt<'_>, i: usize) -> f64 {
    (doubt.sample.score[i] - doubt.sample.outcome(i)).powi(2)
}

fn brier_interval(doubt: &Doubt<'_>) -> Option<Interval> {
    let point = brier(doubt.tally).ok().filter(|_| doubt.enough())?;
    let se = doubt.spread(|i| squared(doubt, i) - point).sqrt() / doubt.rows();
    wald(point, se, BRIER.range, "wald")
}

fn clipped_interval(doubt: &Doubt<'_>) -> Option<Interval> {
    let point = clipped(doubt.tally).ok().filter(|_| doubt.enough())?;
    let sample = doubt.sample;
    let se = doubt
        .spread(|i| surprise(sample.score[i], sample.event(i)) - point)
        .sqrt()
        / doubt.rows();
    wald(point, se, LOG_LOSS.range, "wald")
}

fn scaled_brier_interval(doubt: &Doubt<'_>) -> Option<Interval> {
    let point = scaled_brier(doubt.tally).ok().filter(|_| doubt.enough())?;
    let brier = brier(doubt.tally).ok()?;
    let prevalence = doubt.tally.prevalence().ok()?;
    let null = prevalence * (1.0 - prevalence);
    let influence = |i: usize| {
        let of_null = (1.0 - 2.0 * prevalence) * (doubt.sample.outcome(i) - prevalence);
        -(squared(doubt, i) - brier) / null + brier * of_null / (null * null)
    };
    let se = doubt.spread(influence).sqrt() / doubt.rows();
    wald(point, se, SCALED_BRIER.range, "influence")
}
