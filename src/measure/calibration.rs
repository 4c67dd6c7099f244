//! Do the risks come true as often as they say?

use crate::measure::definition::{Best, Domain, Measure, Uses};
use crate::measure::doubt::Doubt;
use crate::measure::fit::linear_predictor;
use crate::measure::interval::{clopper_pearson, interval, wald, wald_log};
use crate::measure::special::expit;
use crate::measure::tally::{Computed, Tally, share};
use crate::record::{Interval, Undefined};

/// Observed over expected events.
pub static OE_RATIO: Measure = Measure {
    id: "oe-ratio",
    name: "O:E ratio",
    what: "How many people had the event for each one the model expected: 1.2 means 120 where 100 were foretold.",
    formula: "sum w y / sum w p",
    cautions: "a model can be right in total and wrong for every single risk level; look at the calibration curve too",
    domain: Domain::Calibration,
    best: Best::At(1.0),
    range: [0.0, f64::INFINITY],
    source: "Debray et al. 2017; interval: binomial delta method on the logarithm, taking the risks as fixed (metamisc::oecalc); influence values summed over patients when rows repeat; Clopper-Pearson when events are few",
    per_threshold: false,
    needs_probability: true,
    uses: Uses::Sums,
    compute: |tally, _| oe_ratio(tally),
    closed: Some(|doubt, _| oe_interval(doubt)),
};

/// Calibration in the large.
pub static CALIBRATION_INTERCEPT: Measure = Measure {
    id: "calibration-intercept",
    name: "Calibration intercept",
    what: "How far all risks together lie too low (above 0) or too high (below 0), on the log-odds scale; 0 is right.",
    formula: "a in logit P(y) = a + logit p, the slope held at 1 (offset); logit of p kept within [1e-8, 1 - 1e-8]",
    cautions: "not the intercept of the fit that also estimates a slope; right on average does not mean right for each",
    domain: Domain::Calibration,
    best: Best::At(0.0),
    range: [f64::NEG_INFINITY, f64::INFINITY],
    source: "Van Calster et al. 2016; stats::glm(offset = qlogis(p)); interval: Wald, sandwich CR1 over patients when rows repeat (sandwich::vcovCL)",
    per_threshold: false,
    needs_probability: true,
    uses: Uses::Sums,
    compute: |tally, _| tally.risks().and(tally.intercept),
    closed: Some(|doubt, _| intercept_interval(doubt)),
};

/// Whether risks are too extreme.
pub static CALIBRATION_SLOPE: Measure = Measure {
    id: "calibration-slope",
    name: "Calibration slope",
    what: "Whether risks are spread too far (below 1: high ones too high, low ones too low) or not far enough (above 1); 1 is right.",
    formula: "b in logit P(y) = a + b logit p, unpenalised maximum likelihood; logit of p kept within [1e-8, 1 - 1e-8]",
    cautions: "a slope of 1 says nothing about the level of the risks; needs about 100 events; a penalised fit, as some software does by default, gives another number",
    domain: Domain::Calibration,
    best: Best::At(1.0),
    range: [f64::NEG_INFINITY, f64::INFINITY],
    source: "Cox 1958; Van Calster et al. 2016; stats::glm; interval: Wald, sandwich CR1 over patients when rows repeat (sandwich::vcovCL)",
    per_threshold: false,
    needs_probability: true,
    uses: Uses::Sums,
    compute: |tally, _| tally.risks().and(tally.slope),
    closed: Some(|doubt, _| slope_interval(doubt)),
};

fn oe_ratio(tally: &Tally) -> Computed {
    tally.risks()?;
    share(tally.events, tally.expected, Undefined::NoExpectedEvents)
}

fn oe_interval(doubt: &Doubt<'_>) -> Option<Interval> {
    let (tally, sample) = (doubt.tally, doubt.sample);
    let ratio = oe_ratio(tally).ok()?;
    if !doubt.enough() {
        if doubt.repeats() {
            return None;
        }
        let exact = clopper_pearson(tally.events, tally.weight)?;
        let scale = tally.weight / tally.expected;
        return interval(exact.low * scale, exact.high * scale, &exact.method, None);
    }
    if doubt.repeats() {
        let influence =
            |i: usize| sample.outcome(i) / tally.events - sample.score[i] / tally.expected;
        return wald_log(ratio, ratio * doubt.spread(influence).sqrt(), "influence");
    }
    let prevalence = tally.prevalence().ok()?;
    wald_log(
        ratio,
        ratio * ((1.0 - prevalence) / tally.events).sqrt(),
        "wald-log",
    )
}

fn intercept_interval(doubt: &Doubt<'_>) -> Option<Interval> {
    let fit = doubt
        .fit
        .intercept
        .as_ref()
        .ok()
        .filter(|_| doubt.enough())?;
    let ([a], [[v]]) = (fit.coefficients, fit.covariance);
    let sample = doubt.sample;
    if !doubt.repeats() {
        return wald(a, v.sqrt(), CALIBRATION_INTERCEPT.range, "wald");
    }
    let influence =
        |i: usize| v * (sample.outcome(i) - expit(a + linear_predictor(sample.score[i])));
    let se = doubt.spread(influence).sqrt();
    wald(a, se, CALIBRATION_INTERCEPT.range, "cluster-sandwich")
}

fn slope_interval(doubt: &Doubt<'_>) -> Option<Interval> {
    let fit = doubt.fit.line.as_ref().ok().filter(|_| doubt.enough())?;
    let ([a, b], v) = (fit.coefficients, fit.covariance);
    let sample = doubt.sample;
    if !doubt.repeats() {
        return wald(b, v[1][1].sqrt(), CALIBRATION_SLOPE.range, "wald");
    }
    let influence = |i: usize| {
        let x = linear_predictor(sample.score[i]) - doubt.fit.centre;
        (v[1][0] + v[1][1] * x) * (sample.outcome(i) - expit(a + b * x))
    };
    let se = doubt.spread(influence).sqrt();
    wald(b, se, CALIBRATION_SLOPE.range, "cluster-sandwich")
}
