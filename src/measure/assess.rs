//! One sample, all measures: points, intervals, groups, curves and gaps.

use crate::measure::bootstrap::{Fitted, Replicates, Series, Slot, replicates};
use crate::measure::definition::Measure;
use crate::measure::doubt::enough;
use crate::measure::draw::Draw;
use crate::measure::question::{Ask, Rows};
use crate::measure::sample::Binary;
use crate::measure::shelf;
use crate::measure::studied::Studied;
use crate::measure::{curves, fairness, notes};
use crate::record::{Curve, Estimate, Gap};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Everything that was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assessed {
    /// Every measure, for everyone and for every group.
    pub estimates: Vec<Estimate>,
    /// ROC, calibration, decision and risk-distribution curves.
    pub curves: Vec<Curve>,
    /// Groups against their reference.
    pub gaps: Vec<Gap>,
    /// What a reader must know that is no estimate.
    pub notes: Vec<String>,
}

/// Assesses a sample: every measure for everyone and every group, curves, and gaps between groups.
///
/// Cannot fail: what does not exist is [`Undefined`] with its reason. The same input gives the same bits on any number of
/// threads. `tick` hears how many replicates were done since it last heard; all calls add up to `ask.replicates`.
pub fn assess(rows: &Rows<'_>, ask: &Ask<'_>, tick: &(dyn Fn(usize) + Sync)) -> Assessed {
    let thresholds: Vec<f64> = ask
        .thresholds
        .iter()
        .copied()
        .filter(|t| t.is_finite())
        .collect();
    let whole = Binary::new(rows, &thresholds);
    let places = whole.places(rows.event.len());
    let slots = slots(thresholds.len());
    let draw = Draw::new(ask.seed, ask.stream, whole.units);
    let progress = Progress::new(1 + ask.splits.len(), tick);
    let mut out = Assessed::default();
    notes::of_rows(&whole, rows, ask, &mut out.notes);

    let mut everyone = vec![Studied::of(None, whole, &slots)];
    let drawn = resample(&mut everyone, &slots, draw, ask, None, &progress);
    let Some(everyone) = everyone.pop() else {
        return out;
    };
    notes::of_draws(&drawn, ask, &mut out.notes);
    notes::of_replicates(&everyone, &slots, &mut out.notes);
    out.estimates
        .extend(everyone.estimates(&slots, ask.min_cell));
    out.curves.extend(curves::of(&everyone, ask));

    let mut few = Vec::new();
    for split in ask.splits {
        let mut studied: Vec<Studied> = split
            .groups
            .par_iter()
            .map(|(group, positions)| {
                Studied::of(
                    Some(group.clone()),
                    everyone.sample.group(positions, &places),
                    &slots,
                )
            })
            .collect();
        resample(&mut studied, &slots, draw, ask, Some(&drawn), &progress);
        for one in &studied {
            out.estimates.extend(one.estimates(&slots, ask.min_cell));
            // of a group that will be hidden, not even this is told
            if one.sample.classes().into_iter().min() >= Some(ask.min_cell) {
                notes::of_replicates(one, &slots, &mut out.notes);
            }
        }
        let curves: Vec<Vec<Curve>> = studied.par_iter().map(|one| curves::of(one, ask)).collect();
        out.curves.extend(curves.into_iter().flatten());
        out.gaps
            .extend(fairness::gaps(split, &studied, &slots, ask.min_cell));
        few.extend(
            studied
                .into_iter()
                .filter(|one| !enough(&one.sample))
                .filter_map(|one| one.group),
        );
    }
    notes::of_few(&everyone, &few, &mut out.notes);
    out
}

/// Every measure of the shelf, at every threshold where it has one.
pub(crate) fn slots(thresholds: usize) -> Vec<Slot> {
    let (at_thresholds, plain): (Vec<&'static Measure>, Vec<_>) =
        shelf::all().partition(|measure| measure.per_threshold);
    let plain = plain.into_iter().map(|measure| (measure, None));
    let places = at_thresholds
        .into_iter()
        .flat_map(|measure| (0..thresholds).map(move |at| (measure, Some(at))));
    plain.chain(places).collect()
}

fn resample(
    studied: &mut [Studied],
    slots: &[Slot],
    draw: Draw,
    ask: &Ask<'_>,
    whole: Option<&Replicates>,
    progress: &Progress<'_>,
) -> Replicates {
    let samples: Vec<Fitted<'_>> = studied
        .iter()
        .map(|one| (&one.sample, &one.tally, &one.fit))
        .collect();
    let done = |count| progress.done(count);
    let series = Series {
        draw,
        replicates: ask.replicates,
        slots,
        redrawn: whole.map(|whole| whole.redrawn.as_slice()),
        done: &done,
    };
    let mut drawn = replicates(&samples, &series);
    for (one, values) in studied.iter_mut().zip(std::mem::take(&mut drawn.values)) {
        // with few events the bootstrap says less than it seems to
        if !enough(&one.sample) {
            continue;
        }
        for (found, values) in one.found.iter_mut().zip(values) {
            found.replicates = values;
        }
    }
    drawn
}

/// Spreads the ticks of several passes over the replicates evenly, so that they add up to the number of replicates.
struct Progress<'a> {
    passes: usize,
    done: AtomicUsize,
    tick: &'a (dyn Fn(usize) + Sync),
}

impl<'a> Progress<'a> {
    fn new(passes: usize, tick: &'a (dyn Fn(usize) + Sync)) -> Self {
        Self {
            passes,
            done: AtomicUsize::new(0),
            tick,
        }
    }

    fn done(&self, count: usize) {
        let before = self.done.fetch_add(count, Ordering::Relaxed);
        let told = before / self.passes;
        let now = (before + count) / self.passes;
        if now > told {
            (self.tick)(now - told);
        }
    }
}
