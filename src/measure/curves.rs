//! Curves of a sample: ROC, calibration, decision, and risks by outcome.

use crate::measure::calibration_curve;
use crate::measure::doubt::{enough, moments};
use crate::measure::question::Ask;
use crate::measure::special::Z;
use crate::measure::studied::Studied;
use crate::measure::tally::Cut;
use crate::measure::utility::{net_benefit, net_benefit_se, odds};
use crate::record::{Count, Curve, CurvePoint};

/// Most points of a ROC curve.
const ROC_POINTS: usize = 100;
/// Bins of the risk distribution.
const BINS: usize = 20;

/// The curves of everyone, or of a group (calibration and decision only), when rows, events and non-events each number at
/// least `min_cell`.
pub(crate) fn of(one: &Studied, ask: &Ask<'_>) -> Vec<Curve> {
    let fewest = one.sample.classes().into_iter().min();
    if fewest < Some(ask.min_cell.max(1)) || one.tally.classes().is_err() {
        return Vec::new();
    }
    let everyone = one.group.is_none();
    let mut curves = Vec::new();
    if everyone {
        curves.push(curve(one, "roc", "model", "step", roc(one, ask.min_cell)));
    }
    if one.tally.probability {
        curves.extend(calibration_curve::curves(one, ask));
        curves.extend(decision(one, ask));
        if everyone {
            curves.extend(risk_distribution(one));
        }
    }
    curves
}

fn curve(one: &Studied, curve: &str, series: &str, method: &str, points: Vec<CurvePoint>) -> Curve {
    Curve {
        curve: curve.to_owned(),
        series: series.to_owned(),
        group: one.group.clone(),
        method: method.to_owned(),
        points,
    }
}

/// At least `min_cell` persons lie between a point and the next.
fn roc(one: &Studied, min_cell: usize) -> Vec<CurvePoint> {
    let (sample, tally) = (&one.sample, &one.tally);
    let step = min_cell.max(sample.rows().div_ceil(ROC_POINTS - 2)).max(1);
    let mut points = vec![CurvePoint::new(0.0, 0.0)];
    let (mut events, mut others, mut since) = (0.0, 0.0, 0);
    for tied in sample.ties() {
        since += tied.len();
        let left = sample.rows() - tied.end;
        for i in tied {
            let weight = sample.weighs(i);
            events += weight * sample.outcome(i);
            others += weight * (1.0 - sample.outcome(i));
        }
        if since >= step && left >= step {
            points.push(CurvePoint::new(
                others / tally.others(),
                events / tally.events,
            ));
            since = 0;
        }
    }
    points.push(CurvePoint::new(1.0, 1.0));
    points
}

/// Net benefit of acting on the model, on everyone and on no one. From two points the events and non-events between them
/// can be worked out, so at least `min_cell` rows, or none, lie between a point of the model's line and the next, and beyond
/// either end; other thresholds are left out.
fn decision(one: &Studied, ask: &Ask<'_>) -> Vec<Curve> {
    let (sample, tally) = (&one.sample, &one.tally);
    let mut grid: Vec<f64> = ask
        .decision_grid
        .iter()
        .copied()
        .filter(|t| (0.0..1.0).contains(t))
        .collect();
    grid.sort_unstable_by(|a, b| b.total_cmp(a));
    let places: Vec<usize> = grid
        .iter()
        .map(|&t| sample.score.partition_point(|&s| s >= t))
        .collect();
    let banded = sample.weight.is_none() && enough(sample);
    let moments = if banded {
        moments(sample, &places)
    } else {
        Vec::new()
    };
    let (mut model, mut all, mut none) = (Vec::new(), Vec::new(), Vec::new());
    let (mut events, mut others, mut row) = (0.0, 0.0, 0);
    let mut told = 0;
    for (k, (&threshold, &place)) in grid.iter().zip(&places).enumerate() {
        while row < place {
            let weight = sample.weighs(row);
            events += weight * sample.outcome(row);
            others += weight * (1.0 - sample.outcome(row));
            row += 1;
        }
        let cut = Cut {
            threshold,
            events,
            others,
        };
        let prevalence = tally.events / tally.weight;
        all.push(CurvePoint::new(
            threshold,
            prevalence - odds(threshold) * (1.0 - prevalence),
        ));
        none.push(CurvePoint::new(threshold, 0.0));
        let few = |count: usize| count > 0 && count < ask.min_cell;
        let Ok(y) = net_benefit(tally, &cut) else {
            continue;
        };
        if few(place - told) || few(sample.rows() - place) {
            continue;
        }
        told = place;
        let half = moments.get(k).map(|moments| {
            let counts = [events, others, tally.events, tally.others()];
            Z * net_benefit_se(sample, &counts, threshold, moments)
        });
        model.push(CurvePoint {
            low: half.map(|half| y - half),
            high: half.map(|half| y + half),
            ..CurvePoint::new(threshold, y)
        });
    }
    [("model", model), ("treat-all", all), ("treat-none", none)]
        .into_iter()
        .map(|(series, mut points)| {
            points.reverse();
            curve(one, "decision", series, "step", points)
        })
        .collect()
}

/// For events and for non-events, the share of their rows in each bin of risk.
fn risk_distribution(one: &Studied) -> Vec<Curve> {
    let sample = &one.sample;
    let totals = [one.tally.events, one.tally.others()];
    ["events", "non-events"]
        .into_iter()
        .zip(totals)
        .enumerate()
        .map(|(class, (series, total))| {
            let mut bins = [(0.0, 0_usize); BINS];
            for i in (0..sample.rows()).filter(|&i| sample.event(i) == (class == 0)) {
                let bin = ((sample.score[i] * BINS as f64) as usize).min(BINS - 1);
                bins[bin].0 += sample.weighs(i);
                bins[bin].1 += 1;
            }
            let point = |(bin, (weight, rows)): (usize, (f64, usize))| CurvePoint {
                n: Some(Count::from(rows)),
                ..CurvePoint::new(bin as f64 / BINS as f64, weight / total)
            };
            let points = bins.into_iter().enumerate().map(point).collect();
            curve(one, "risk-distribution", series, "bins", points)
        })
        .collect()
}
