//! What happens at a stated threshold: people at or above it are called positive.

use crate::measure::definition::{Best, Domain, Measure, Uses};
use crate::measure::doubt::{Doubt, Moments};
use crate::measure::fit::{dot, quadratic};
use crate::measure::interval::{clopper_pearson, wald_logit, wilson};
use crate::measure::tally::{Computed, Cut, Tally};
use crate::record::{Interval, Undefined};

/// A ratio of two sums of the counts (events above, others above, events, others). Its variance follows from the counts
/// of each patient by linearisation, whatever the ratio.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ratio {
    pub(crate) over: [f64; 4],
    pub(crate) under: [f64; 4],
}

impl Ratio {
    /// Numerator and denominator.
    pub(crate) fn parts(&self, counts: &[f64; 4]) -> [f64; 2] {
        [dot(&self.over, counts), dot(&self.under, counts)]
    }

    /// The variance by linearisation (infinitesimal jackknife over patients).
    pub(crate) fn variance(&self, counts: &[f64; 4], moments: &Moments) -> f64 {
        let [over, under] = self.parts(counts);
        let mut slope = [0.0; 4];
        for (s, (o, u)) in slope.iter_mut().zip(self.over.iter().zip(&self.under)) {
            *s = (o - over / under * u) / under;
        }
        quadratic(moments, &slope).max(0.0)
    }
}

/// The counts at a threshold.
pub(crate) fn counts(tally: &Tally, cut: &Cut) -> [f64; 4] {
    [cut.events, cut.others, tally.events, tally.others()]
}

struct Share {
    ratio: Ratio,
    nobody: Undefined,
}

const SENSITIVE: Share = Share {
    ratio: Ratio {
        over: [1.0, 0.0, 0.0, 0.0],
        under: [0.0, 0.0, 1.0, 0.0],
    },
    nobody: Undefined::NoEvents,
};
const SPECIFIC: Share = Share {
    ratio: Ratio {
        over: [0.0, -1.0, 0.0, 1.0],
        under: [0.0, 0.0, 0.0, 1.0],
    },
    nobody: Undefined::NoNonEvents,
};
const POSITIVE: Share = Share {
    ratio: Ratio {
        over: [1.0, 0.0, 0.0, 0.0],
        under: [1.0, 1.0, 0.0, 0.0],
    },
    nobody: Undefined::NoPositives,
};
const NEGATIVE: Share = Share {
    ratio: Ratio {
        over: [0.0, -1.0, 0.0, 1.0],
        under: [-1.0, -1.0, 1.0, 1.0],
    },
    nobody: Undefined::NoNegatives,
};
const ALERTED: Share = Share {
    ratio: Ratio {
        over: [1.0, 1.0, 0.0, 0.0],
        under: [0.0, 0.0, 1.0, 1.0],
    },
    nobody: Undefined::NoRows,
};

impl Share {
    fn parts(&self, tally: &Tally, at: Option<usize>) -> Result<[f64; 2], Undefined> {
        let [over, under] = self.ratio.parts(&counts(tally, tally.cut(at)?));
        // weights that add up to the total may leave a rounding error behind
        let nothing = under <= 1e-12 * tally.weight;
        if nothing {
            Err(self.nobody)
        } else {
            Ok([over.clamp(0.0, under), under])
        }
    }

    fn compute(&self, tally: &Tally, at: Option<usize>) -> Computed {
        self.parts(tally, at).map(|[over, under]| over / under)
    }

    fn closed(&self, doubt: &Doubt<'_>, at: Option<usize>) -> Option<Interval> {
        let tally = doubt.tally;
        let [over, under] = self.parts(tally, at).ok()?;
        if !doubt.repeats() {
            return if doubt.enough() {
                wilson(over, under)
            } else {
                clopper_pearson(over, under)
            };
        }
        if !doubt.enough() {
            return None;
        }
        let point = over / under;
        if over == 0.0 || over == under {
            let patients = self.patients(doubt, at)?;
            return wilson(point * patients, patients).map(|i| Interval {
                method: "wilson-patients".to_owned(),
                ..i
            });
        }
        let counts = counts(tally, tally.cut(at).ok()?);
        let variance = self.ratio.variance(&counts, doubt.moments(at)?)
            * crate::measure::doubt::small_sample(doubt.sample);
        wald_logit(point, variance.sqrt(), "logit-cluster-sandwich")
    }

    /// Patients with a row in the denominator.
    fn patients(&self, doubt: &Doubt<'_>, at: Option<usize>) -> Option<f64> {
        let sample = doubt.sample;
        let threshold = *sample.thresholds.get(at?)?;
        let sums = crate::measure::doubt::patient_sums(sample, |i| {
            let [above, event] = [sample.score[i] >= threshold, sample.event(i)];
            let row = [above && event, above && !event, event, !event];
            dot(&self.ratio.under, &row.map(|b| f64::from(u8::from(b))))
        });
        Some(sums.iter().filter(|s| **s > 0.5).count() as f64)
    }
}

const WILSON: &str = "interval: Wilson 1927 (Hmisc::binconf); Clopper-Pearson (stats::binom.test) when a class has fewer than 10 rows; logit with sandwich over patients when rows repeat";

/// Share of events found.
pub static SENSITIVITY: Measure = Measure {
    id: "sensitivity",
    name: "Sensitivity",
    what: "Of 100 people with the event, how many are at or above the threshold; the others are missed.",
    formula: "sum w [score >= t] y / sum w y",
    cautions: "belongs to one threshold and one case-mix; a gap between groups may come from their risks rather than from the model",
    domain: Domain::Classification,
    best: Best::High,
    range: [0.0, 1.0],
    source: WILSON,
    per_threshold: true,
    needs_probability: false,
    uses: Uses::Order,
    compute: |tally, at| SENSITIVE.compute(tally, at),
    closed: Some(|doubt, at| SENSITIVE.closed(doubt, at)),
};

/// Share of non-events left alone.
pub static SPECIFICITY: Measure = Measure {
    id: "specificity",
    name: "Specificity",
    what: "Of 100 people without the event, how many are below the threshold; the others get a false alert.",
    formula: "sum w [score < t] (1 - y) / sum w (1 - y)",
    cautions: "belongs to one threshold and one case-mix",
    domain: Domain::Classification,
    best: Best::High,
    range: [0.0, 1.0],
    source: WILSON,
    per_threshold: true,
    needs_probability: false,
    uses: Uses::Order,
    compute: |tally, at| SPECIFIC.compute(tally, at),
    closed: Some(|doubt, at| SPECIFIC.closed(doubt, at)),
};

/// Share of alerts that are right.
pub static PPV: Measure = Measure {
    id: "ppv",
    name: "Positive predictive value",
    what: "Of 100 people at or above the threshold, how many have the event.",
    formula: "sum w [score >= t] y / sum w [score >= t]",
    cautions: "falls where the event is rarer, with the same model; not valid for case-control data",
    domain: Domain::Classification,
    best: Best::High,
    range: [0.0, 1.0],
    source: WILSON,
    per_threshold: true,
    needs_probability: false,
    uses: Uses::Order,
    compute: |tally, at| POSITIVE.compute(tally, at),
    closed: Some(|doubt, at| POSITIVE.closed(doubt, at)),
};

/// Share of all-clears that are right.
pub static NPV: Measure = Measure {
    id: "npv",
    name: "Negative predictive value",
    what: "Of 100 people below the threshold, how many stay without the event.",
    formula: "sum w [score < t] (1 - y) / sum w [score < t]",
    cautions: "is high for any model where the event is rare; not valid for case-control data",
    domain: Domain::Classification,
    best: Best::High,
    range: [0.0, 1.0],
    source: WILSON,
    per_threshold: true,
    needs_probability: false,
    uses: Uses::Order,
    compute: |tally, at| NEGATIVE.compute(tally, at),
    closed: Some(|doubt, at| NEGATIVE.closed(doubt, at)),
};

/// Share of people with an alert.
pub static ALERT_RATE: Measure = Measure {
    id: "alert-rate",
    name: "Alert rate",
    what: "Of 100 people, how many are at or above the threshold and ask for someone's time.",
    formula: "sum w [score >= t] / sum w",
    cautions: "is workload, not quality; equal rates in groups with unequal need are not fair",
    domain: Domain::Classification,
    best: Best::Neither,
    range: [0.0, 1.0],
    source: WILSON,
    per_threshold: true,
    needs_probability: false,
    uses: Uses::Order,
    compute: |tally, at| ALERTED.compute(tally, at),
    closed: Some(|doubt, at| ALERTED.closed(doubt, at)),
};
