//! One sample, all measures: points, intervals, groups, curves and gaps.

use crate::measure::bootstrap::{Fitted, Replicates, Series, Slot, replicates};
use crate::measure::definition::{Computed, Measure};
use crate::measure::doubt::{Doubt, enough};
use crate::measure::draw::Draw;
use crate::measure::fit::Recalibration;
use crate::measure::interval::percentile;
use crate::measure::sample::Binary;
use crate::measure::shelf;
use crate::measure::tally::Tally;
use crate::measure::{curves, fairness, notes};
use crate::record::{At, Curve, Estimate, Gap, Group, Interval, Undefined, Value};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Outcomes, scores and who they belong to, one entry a row.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// True where the event happened.
    pub event: &'a [bool],
    /// A risk in [0, 1] when `probability`, any finite number otherwise.
    pub score: &'a [f64],
    /// Whether the score claims to be a probability.
    pub probability: bool,
    /// Case weights, when the dataset has them.
    pub weight: Option<&'a [f64]>,
    /// The patient of each row, dense from zero.
    pub patient: &'a [u32],
    /// How many patients there are.
    pub patients: usize,
}

/// One way to split the rows into groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The attribute, or the attributes of an intersection.
    pub by: Vec<String>,
    /// Each group with the positions of its rows in [`Rows`].
    pub groups: Vec<(Group, Vec<u32>)>,
    /// Which group the others are compared with.
    pub reference: Option<usize>,
}

/// What is asked of a sample.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Thresholds for the measures that need one.
    pub thresholds: &'a [f64],
    /// Thresholds of the decision curve.
    pub decision_grid: &'a [f64],
    /// Bootstrap replicates; 0 = closed forms only.
    pub replicates: usize,
    /// Seed of every draw.
    pub seed: u64,
    /// Which stream of draws, from the study's name.
    pub stream: u64,
    /// Smallest number of persons shown.
    pub min_cell: usize,
    /// The groups.
    pub splits: &'a [Split],
}

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

/// A sample with everything that was computed from it.
pub(crate) struct Studied {
    pub(crate) group: Option<Group>,
    pub(crate) sample: Binary,
    pub(crate) tally: Tally,
    pub(crate) fit: Recalibration,
    /// One for each slot.
    pub(crate) found: Vec<Found>,
}

/// One measure of one sample.
pub(crate) struct Found {
    pub(crate) point: Computed,
    pub(crate) closed: Option<Interval>,
    /// One value a replicate, NaN where there was none; empty without replicates.
    pub(crate) replicates: Vec<f64>,
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
    out.estimates.extend(everyone.estimates(&slots));
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
            out.estimates.extend(one.estimates(&slots));
        }
        let curves: Vec<Vec<Curve>> = studied.par_iter().map(|one| curves::of(one, ask)).collect();
        out.curves.extend(curves.into_iter().flatten());
        out.gaps.extend(fairness::gaps(split, &studied, &slots));
        few.extend(
            studied
                .into_iter()
                .filter(|one| !enough(&one.tally))
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
        if !enough(&one.tally) {
            continue;
        }
        for (found, values) in one.found.iter_mut().zip(values) {
            found.replicates = values;
        }
    }
    drawn
}

impl Studied {
    fn of(group: Option<Group>, sample: Binary, slots: &[Slot]) -> Self {
        let fit = Recalibration::for_scores(&sample);
        let tally = Tally::with(&sample, &fit);
        let found = {
            let doubt = sample
                .weight
                .is_none()
                .then(|| Doubt::new(&sample, &tally, &fit));
            let one = |&(measure, at): &Slot| {
                let point = (measure.compute)(&tally, at);
                let closed = match (&point, measure.closed, &doubt) {
                    (Ok(_), Some(closed), Some(doubt)) => closed(doubt, at),
                    _ => None,
                };
                Found {
                    point,
                    closed,
                    replicates: Vec::new(),
                }
            };
            slots.par_iter().map(one).collect()
        };
        Self {
            group,
            sample,
            tally,
            fit,
            found,
        }
    }

    fn estimates(&self, slots: &[Slot]) -> Vec<Estimate> {
        let infinite = self.tally.certain_wrong > 0.0;
        slots
            .iter()
            .zip(&self.found)
            .filter(|((measure, _), _)| infinite || measure.id != "log-loss-clipped")
            .map(|((measure, at), found)| Estimate {
                measure: measure.id.to_owned(),
                at: self.at(*at),
                group: self.group.clone(),
                value: found.value(),
            })
            .collect()
    }

    /// The place of a slot as the record has it.
    pub(crate) fn at(&self, at: Option<usize>) -> Option<At> {
        self.sample.thresholds.get(at?).map(|&t| At::threshold(t))
    }
}

impl Found {
    fn value(&self) -> Value {
        match self.point {
            Ok(point) => known(point, self.closed.clone(), percentile(&self.replicates)),
            Err(undefined) => Value::Undefined { undefined },
        }
    }
}

/// A value with its closed form first and the bootstrap as its cross-check, or the bootstrap alone.
pub(crate) fn known(point: f64, closed: Option<Interval>, bootstrap: Option<Interval>) -> Value {
    if !point.is_finite() {
        return Value::Undefined {
            undefined: Undefined::Infinite,
        };
    }
    match closed {
        Some(interval) => Value::Known {
            point,
            interval: Some(interval),
            bootstrap,
        },
        None => Value::Known {
            point,
            interval: bootstrap,
            bootstrap: None,
        },
    }
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
