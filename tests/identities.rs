//! Identities that particular measures must keep, and cards that must be filled in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use keur::measure::{Binary, Computed, Measure, Tally, all};
use keur::record::Undefined;
use std::collections::BTreeSet;
use support::Sample;

const THRESHOLD: f64 = 0.3;

fn taken(measure: &Measure, sample: &Sample) -> Computed {
    let at = measure.per_threshold.then_some(0);
    (measure.compute)(&Tally::of(&Binary::new(&sample.rows(), &[THRESHOLD])), at)
}

/// Samples with ties, without, small and large.
fn samples() -> Vec<Sample> {
    let mut samples: Vec<Sample> = [(1, 40), (2, 300), (3, 1500)]
        .map(|(s, n)| Sample::synthetic(s, n))
        .into();
    let mut tied = Sample::synthetic(4, 400);
    tied.score
        .iter_mut()
        .for_each(|p| *p = ((*p * 20.0).round() / 20.0).clamp(0.05, 0.95));
    samples.push(tied);
    samples
}

fn value(id: &str, sample: &Sample) -> f64 {
    taken(keur::measure::find(id).unwrap(), sample).unwrap()
}

fn on_logit(sample: &Sample, change: impl Fn(f64) -> f64) -> Sample {
    let mut changed = sample.clone();
    for p in &mut changed.score {
        *p = 1.0 / (1.0 + (-change((*p / (1.0 - *p)).ln())).exp());
    }
    changed
}

#[test]
fn turning_the_score_round_turns_the_auroc_round() {
    for sample in samples() {
        let mut turned = sample.clone();
        turned.score.iter_mut().for_each(|p| *p = -*p);
        turned.probability = false;
        assert!((value("auroc", &sample) + value("auroc", &turned) - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_constant_on_the_log_odds_moves_the_intercept_and_nothing_of_the_order() {
    for sample in samples() {
        let moved = on_logit(&sample, |x| x + 0.7);
        for id in ["auroc", "calibration-slope"] {
            assert!(
                (value(id, &sample) - value(id, &moved)).abs() < 1e-8,
                "{id}"
            );
        }
        let shift =
            value("calibration-intercept", &sample) - value("calibration-intercept", &moved);
        assert!((shift - 0.7).abs() < 1e-8);
    }
}

#[test]
fn a_recalibrated_model_has_slope_one_and_intercept_zero() {
    for sample in samples() {
        let slope = value("calibration-slope", &sample);
        let sloped = on_logit(&sample, |x| slope * x);
        let intercept = value("calibration-intercept", &sloped);
        let right = on_logit(&sloped, |x| x + intercept);
        assert!((value("calibration-slope", &right) - 1.0).abs() < 1e-7);
        assert!(value("calibration-intercept", &right).abs() < 1e-7);
        assert!((value("oe-ratio", &right) - 1.0).abs() < 1e-7);
    }
}

#[test]
fn a_model_that_alerts_for_everyone_has_the_net_benefit_of_treating_all() {
    for mut sample in samples() {
        sample.score.iter_mut().for_each(|p| *p = 0.99);
        let prevalence =
            sample.event.iter().filter(|e| **e).count() as f64 / sample.event.len() as f64;
        let want = prevalence - THRESHOLD / (1.0 - THRESHOLD) * (1.0 - prevalence);
        assert!((value("net-benefit", &sample) - want).abs() < 1e-12);
    }
}

#[test]
fn every_card_is_filled_in_and_every_id_its_own() {
    let ids: BTreeSet<&str> = all().map(|m| m.id).collect();
    assert_eq!(ids.len(), all().count());
    for m in all() {
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(m.id.chars().all(kebab), "{}", m.id);
        for text in [m.name, m.what, m.formula, m.cautions, m.source] {
            assert!(text.len() > 2 && !text.contains("TODO"), "{}: {text}", m.id);
        }
        assert!(m.what.ends_with('.') && m.what.len() > 60, "{}", m.id);
        assert!(m.range[0] < m.range[1]);
        assert!(m.source.contains("::"), "{}", m.id);
        assert_eq!(keur::measure::find(m.id).map(|m| m.id), Some(m.id));
    }
    assert!(keur::measure::find("accuracy").is_none());
}

#[test]
fn a_score_that_is_no_probability_has_an_order_and_nothing_else() {
    let mut sample = Sample::synthetic(9, 300);
    sample.score.iter_mut().for_each(|p| *p *= 2.0);
    sample.probability = false;
    for measure in all() {
        let value = taken(measure, &sample);
        if measure.needs_probability {
            assert_eq!(value, Err(Undefined::NotAProbability), "{}", measure.id);
        } else {
            assert!(value.is_ok(), "{}", measure.id);
        }
    }
}
