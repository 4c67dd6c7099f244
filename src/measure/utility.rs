//! Whether acting on the score does more good than harm.

use crate::measure::classification::{Ratio, counts};
use crate::measure::definition::{Best, Domain, Measure, Uses};
use crate::measure::doubt::{Doubt, Moments, small_sample};
use crate::measure::interval::wald;
use crate::measure::tally::{Computed, Cut, Tally};
use crate::record::{Interval, Undefined};

/// Net benefit of acting at a threshold.
pub static NET_BENEFIT: Measure = Measure {
    id: "net-benefit",
    name: "Net benefit",
    what: "Events found per person, less the false alerts weighed by what the threshold says they cost: 0.05 is worth finding 5 more events per 100 people without one false alert.",
    formula: "(TP - FP t / (1 - t)) / N, in weights",
    cautions: "compare with treating everyone and no one at the same threshold; the threshold must come from the clinic before the data are seen; not valid for case-control data",
    domain: Domain::Utility,
    best: Best::High,
    range: [f64::NEG_INFINITY, 1.0],
    source: "Vickers & Elkin 2006; dcurves::dca; interval: mean of independent terms, summed over patients when rows repeat",
    per_threshold: true,
    needs_probability: true,
    uses: Uses::Order,
    compute: |tally, at| {
        tally.risks()?;
        net_benefit(tally, tally.cut(at)?)
    },
    closed: Some(net_benefit_interval),
};

/// Net benefit of the model less that of acting on everyone.
pub static OVER_TREAT_ALL: Measure = Measure {
    id: "net-benefit-over-treat-all",
    name: "Net benefit over treating everyone",
    what: "How much more good the model does than acting on everyone: 0.02 is worth 2 more events found per 100 people without one more false alert; below 0 one had better act on everyone.",
    formula: "net benefit - (events - others t / (1 - t)) / N, in weights",
    cautions: "as net benefit; acting on nobody has net benefit 0, so a model must also have a net benefit above 0",
    domain: Domain::Utility,
    best: Best::High,
    range: [f64::NEG_INFINITY, f64::INFINITY],
    source: "Vickers & Elkin 2006; dcurves::dca (model less `all`); interval: mean of paired terms, summed over patients when rows repeat",
    per_threshold: true,
    needs_probability: true,
    uses: Uses::Order,
    compute: |tally, at| {
        tally.risks()?;
        over_treat_all(tally, tally.cut(at)?)
    },
    closed: Some(over_treat_all_interval),
};

/// Net benefit as a share of the best possible.
pub static STANDARDISED_NET_BENEFIT: Measure = Measure {
    id: "standardised-net-benefit",
    name: "Standardised net benefit",
    what: "The net benefit as a share of what a perfect model would have: 1 is all of it, 0 is none, below 0 does harm.",
    formula: "net benefit / prevalence of the same rows",
    cautions: "as net benefit; makes populations with unequal prevalence comparable, not their consequences",
    domain: Domain::Utility,
    best: Best::High,
    range: [f64::NEG_INFINITY, 1.0],
    source: "Kerr et al. 2016; standard error Marsh et al. 2020 (pmvalsampsize::pmvalsampsize); patients' sums when rows repeat",
    per_threshold: true,
    needs_probability: true,
    uses: Uses::Order,
    compute: |tally, at| {
        tally.risks()?;
        standardised(tally, tally.cut(at)?)
    },
    closed: Some(standardised_interval),
};

/// Harm of a false alert in units of a found event: the odds of the threshold.
pub(crate) fn odds(threshold: f64) -> f64 {
    threshold / (1.0 - threshold)
}

/// Net benefit per person; with nobody wrongly alerted the odds do not matter, even infinite ones.
pub(crate) fn net_benefit(tally: &Tally, cut: &Cut) -> Computed {
    let good = cut.events / tally.weight;
    if cut.others <= 0.0 {
        return Ok(good);
    }
    let net = good - odds(cut.threshold) * (cut.others / tally.weight);
    if net.is_finite() {
        Ok(net)
    } else {
        Err(Undefined::Infinite)
    }
}

fn standardised(tally: &Tally, cut: &Cut) -> Computed {
    if tally.events <= 0.0 {
        return Err(Undefined::NoEvents);
    }
    Ok(net_benefit(tally, cut)? * tally.weight / tally.events)
}

fn over_treat_all(tally: &Tally, cut: &Cut) -> Computed {
    let others = tally.others();
    let spared = odds(cut.threshold) * (others - cut.others);
    let net = (spared - (tally.events - cut.events)) / tally.weight;
    if net.is_finite() {
        Ok(net)
    } else {
        Err(Undefined::Infinite)
    }
}

/// Net benefit as a ratio of counts.
pub(crate) fn per_person(threshold: f64) -> Ratio {
    Ratio {
        over: [1.0, -odds(threshold), 0.0, 0.0],
        under: [0.0, 0.0, 1.0, 1.0],
    }
}

/// Standard error of the net benefit from the moments at its threshold.
pub(crate) fn net_benefit_se(
    doubt_sample: &crate::measure::sample::Binary,
    counts: &[f64; 4],
    threshold: f64,
    moments: &Moments,
) -> f64 {
    (per_person(threshold).variance(counts, moments) * small_sample(doubt_sample)).sqrt()
}

fn net_benefit_interval(doubt: &Doubt<'_>, at: Option<usize>) -> Option<Interval> {
    let cut = doubt.tally.cut(at).ok().filter(|_| doubt.enough())?;
    let point = net_benefit(doubt.tally, cut).ok()?;
    let se = net_benefit_se(
        doubt.sample,
        &counts(doubt.tally, cut),
        cut.threshold,
        doubt.moments(at)?,
    );
    wald(point, se, NET_BENEFIT.range, "influence")
}

fn over_treat_all_interval(doubt: &Doubt<'_>, at: Option<usize>) -> Option<Interval> {
    let cut = doubt.tally.cut(at).ok().filter(|_| doubt.enough())?;
    let point = over_treat_all(doubt.tally, cut).ok()?;
    let harm = odds(cut.threshold);
    let paired = Ratio {
        over: [1.0, -harm, -1.0, harm],
        under: [0.0, 0.0, 1.0, 1.0],
    };
    let variance = paired.variance(&counts(doubt.tally, cut), doubt.moments(at)?);
    let se = (variance * small_sample(doubt.sample)).sqrt();
    wald(point, se, OVER_TREAT_ALL.range, "influence")
}

fn standardised_interval(doubt: &Doubt<'_>, at: Option<usize>) -> Option<Interval> {
    let cut = doubt.tally.cut(at).ok().filter(|_| doubt.enough())?;
    let point = standardised(doubt.tally, cut).ok()?;
    let ratio = Ratio {
        over: [1.0, -odds(cut.threshold), 0.0, 0.0],
        under: [0.0, 0.0, 1.0, 0.0],
    };
    let mut variance = ratio.variance(&counts(doubt.tally, cut), doubt.moments(at)?);
    if doubt.repeats() {
        variance *= small_sample(doubt.sample);
    }
    wald(
        point,
        variance.sqrt(),
        STANDARDISED_NET_BENEFIT.range,
        "influence",
    )
}
