//! Does the score put events above non-events?

use crate::measure::definition::{Best, Domain, Measure, Uses};
use crate::measure::doubt::Doubt;
use crate::measure::interval::{interval, wald_logit};
use crate::measure::sample::Binary;
use crate::measure::special::LEVEL;
use crate::measure::tally::{Computed, Tally};
use crate::record::Interval;

/// The area under the receiver operating characteristic curve.
pub static AUROC: Measure = Measure {
    id: "auroc",
    name: "AUROC (c-statistic)",
    what: "Of 100 pairs of one person with and one without the event, in how many the one with the event has the higher score; ties count half.",
    formula: "sum over pairs of w_event w_other [score_event > score_other, 1/2 if equal] / (W_events W_others)",
    cautions: "says nothing about whether risks are right; a narrower case-mix lowers it without the model being worse; never compare it between groups without looking at their case-mix",
    domain: Domain::Discrimination,
    best: Best::High,
    range: [0.0, 1.0],
    source: "Hanley & McNeil 1982; interval: DeLong et al. 1988 by mid-ranks (Sun & Xu 2014) on the logit scale, summed over patients when rows repeat (Obuchowski 1997); pROC::ci.auc, survival::concordance",
    per_threshold: false,
    needs_probability: false,
    uses: Uses::Order,
    compute: |tally, _| auroc(tally),
    closed: Some(delong),
};

/// The area under the precision-recall steps.
pub static AVERAGE_PRECISION: Measure = Measure {
    id: "average-precision",
    name: "Average precision",
    what: "Going down the list from the highest score and stopping at each event in turn: the average share of events among the people passed so far.",
    formula: "sum over distinct scores, high to low, of (recall_k - recall_{k-1}) precision_k; steps, never the trapezoid",
    cautions: "rises with the share of events, so compare only within one population and beside that share; ignores true negatives and the costs of decisions",
    domain: Domain::Discrimination,
    best: Best::High,
    range: [0.0, 1.0],
    source: "sklearn.metrics::average_precision_score; interval by bootstrap of patients",
    per_threshold: false,
    needs_probability: false,
    uses: Uses::Precision,
    compute: |tally, _| average_precision(tally),
    closed: None,
};

fn auroc(tally: &Tally) -> Computed {
    let [events, others] = tally.classes()?;
    // a ratio of sums may round past its bound
    Ok((tally.concordant / (events * others)).clamp(0.0, 1.0))
}

fn average_precision(tally: &Tally) -> Computed {
    let [events, _] = tally.classes()?;
    Ok((tally.precision / events).clamp(0.0, 1.0))
}

/// For each row the share of the other class it is in the right order with (DeLong's components).
pub(crate) fn components(sample: &Binary, events: f64, others: f64) -> Vec<f64> {
    let mut components = vec![0.0; sample.rows()];
    let (mut events_above, mut others_above) = (0.0, 0.0);
    for tied in sample.ties() {
        let with = tied.clone().filter(|&i| sample.event(i)).count() as f64;
        let without = tied.len() as f64 - with;
        for i in tied {
            components[i] = if sample.event(i) {
                (others - others_above - 0.5 * without) / others
            } else {
                (events_above + 0.5 * with) / events
            };
        }
        events_above += with;
        others_above += without;
    }
    components
}

/// The DeLong variance; with several rows a patient, the components are summed over patients.
pub(crate) fn delong_variance(doubt: &Doubt<'_>, area: f64) -> Option<f64> {
    let (sample, tally) = (doubt.sample, doubt.tally);
    let [n1, n0] = tally.classes().ok()?;
    let components = components(sample, n1, n0);
    if doubt.repeats() {
        return Some(
            doubt.spread(|i| (components[i] - area) / if sample.event(i) { n1 } else { n0 }),
        );
    }
    let mut squares = [0.0; 2];
    for (i, c) in components.iter().enumerate() {
        squares[usize::from(sample.event(i))] += (c - area) * (c - area);
    }
    Some(squares[1] / (n1 * (n1 - 1.0)) + squares[0] / (n0 * (n0 - 1.0)))
}

fn delong(doubt: &Doubt<'_>, _: Option<usize>) -> Option<Interval> {
    let area = auroc(doubt.tally).ok()?;
    if area == 0.0 || area == 1.0 {
        return perfect_order(doubt, area);
    }
    if !doubt.enough() {
        return None;
    }
    let se = delong_variance(doubt, area)?.sqrt();
    let method = if doubt.repeats() {
        "delong-logit-clustered"
    } else {
        "delong-logit"
    };
    wald_logit(area, se, method)
}

/// When all pairs are in the same order the variance is estimated as zero. Instead: put patients with the event and
/// without into as many separate pairs as there can be, `m`; each pair is in order with probability A, independently, so
/// seeing all of them so has probability Aᵐ, and the values of A under which that is rarer than 2.5 % are excluded, as
/// Clopper and Pearson do for `m` of `m`.
fn perfect_order(doubt: &Doubt<'_>, area: f64) -> Option<Interval> {
    let sample = doubt.sample;
    let with = |event: bool| match &sample.repeats {
        None => (0..sample.rows())
            .filter(|&i| sample.event(i) == event)
            .count(),
        Some(repeats) => {
            let mut seen = vec![false; repeats.patients];
            for (i, &p) in repeats.patient.iter().enumerate() {
                seen[p as usize] |= sample.event(i) == event;
            }
            seen.iter().filter(|s| **s).count()
        }
    };
    let pairs = with(true).min(with(false)).min(sample.patients() / 2);
    let bound = (0.5 * (1.0 - LEVEL)).powf(1.0 / pairs as f64);
    if area == 1.0 {
        interval(bound, 1.0, "exact-disjoint-pairs", None)
    } else {
        interval(0.0, 1.0 - bound, "exact-disjoint-pairs", None)
    }
}
