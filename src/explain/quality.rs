//! Tests of an explanation (Hedström et al. 2023, J Mach Learn Res 24:34): each is passed, failed or not assessable, and
//! never passed without a number.

use crate::explain::contribution::Contributions;
use crate::explain::faithful;
use crate::explain::mean::{self, REPLICATES, percentiles};
use crate::explain::sampled::Sampled;
use crate::record::{Check, Passed, Value};
use rayon::prelude::*;

/// Rankings of the first five that have less in common are not stable.
const STABLE: f64 = 0.6;
/// Two methods whose rankings agree less do not agree.
const AGREE: f64 = 0.5;
/// Inputs at the top of a ranking.
const TOP: usize = 5;
/// Rows that bring in too little to tell.
pub const FEWEST: usize = 20;

/// A test with its number.
pub fn check(check: &str, value: Value, limit: f64, verdict: Passed, because: String) -> Check {
    Check {
        check: check.to_owned(),
        verdict,
        value: Some(value),
        limit: Some(limit),
        because,
    }
}

/// A test without a number.
pub fn unknown(check: &str, because: &str) -> Check {
    Check {
        check: check.to_owned(),
        verdict: Passed::NotAssessable,
        value: None,
        limit: None,
        because: because.to_owned(),
    }
}

/// Passed, failed, or too uncertain to tell.
pub fn verdict(passed: bool, failed: bool) -> Passed {
    match (passed, failed) {
        (true, _) => Passed::Passed,
        (_, true) => Passed::Failed,
        _ => Passed::NotAssessable,
    }
}

/// Do the contributions add up to the score?
pub fn completeness(explained: &Contributions, tolerance: f64) -> Check {
    let gap = explained.gap();
    let because = format!(
        "the contributions of a patient add up to the score within {gap:.1e}; at most {tolerance:.0e} is asked"
    );
    if !gap.is_finite() {
        let because = "the contributions of a patient are no finite numbers".to_owned();
        let verdict = Passed::Failed;
        return Check {
            check: "completeness".to_owned(),
            verdict,
            value: None,
            limit: Some(tolerance),
            because,
        };
    }
    let passed = gap <= tolerance;
    check(
        "completeness",
        Value::point(gap),
        tolerance,
        verdict(passed, !passed),
        because,
    )
}

/// Would other patients have given the same ranking?
pub fn rank_stability(sampled: &Sampled, explained: &Contributions, key: [u64; 2]) -> Check {
    const ID: &str = "rank-stability";
    let inputs = explained.values.len();
    if inputs < 3 || sampled.persons(&sampled.everyone) < FEWEST {
        return unknown(ID, "there are too few inputs or patients to rank");
    }
    let sizes = |weight: &[f64]| -> Vec<f64> {
        let of = |values: &Vec<f64>| {
            sampled
                .everyone
                .iter()
                .map(|at| weight[*at as usize] * values[*at as usize].abs())
                .sum()
        };
        explained.values.iter().map(of).collect()
    };
    let own = sizes(&sampled.weight);
    let top = TOP.min(inputs - 1);
    let drawn: Vec<(f64, f64)> = (0..REPLICATES)
        .into_par_iter()
        .map(|replicate| {
            let other = sizes(&mean::redrawn(sampled, key, replicate));
            (
                faithful::jaccard(&own, &other, top).unwrap_or(f64::NAN),
                faithful::kendall(&own, &other).unwrap_or(f64::NAN),
            )
        })
        .collect();
    let average = |of: &dyn Fn(&(f64, f64)) -> f64| {
        let known: Vec<f64> = drawn.iter().map(of).filter(|v| v.is_finite()).collect();
        known.iter().sum::<f64>() / known.len() as f64
    };
    let (common, tau) = (average(&|drawn| drawn.0), average(&|drawn| drawn.1));
    if !common.is_finite() {
        return unknown(ID, "the model leans on no input");
    }
    let because = format!(
        "with other patients drawn from these the first {top} inputs have {common:.2} in common (Jaccard; at least {STABLE} \
         is asked), Kendall's tau of the whole ranking is {tau:.2}"
    );
    let value = percentiles(
        common,
        drawn.iter().map(|drawn| drawn.0).collect(),
        REPLICATES,
    );
    check(
        ID,
        value,
        STABLE,
        verdict(common >= STABLE, common < STABLE),
        because,
    )
}

/// Does another method rank the inputs alike? Importances of the same inputs, or groups of inputs, by both; `drawn` holds the
/// same for patients drawn with replacement.
pub fn agreement(own: &[f64], other: &[f64], drawn: &[(Vec<f64>, Vec<f64>)], with: &str) -> Check {
    const ID: &str = "agreement";
    if own.len() < 4 {
        return unknown(
            ID,
            "with fewer than four inputs that move alone two rankings agree by chance",
        );
    }
    let Some(tau) = faithful::kendall(own, other) else {
        return unknown(ID, "one of the two methods gives every input the same");
    };
    let taus = drawn
        .iter()
        .map(|(own, other)| faithful::kendall(own, other).unwrap_or(f64::NAN));
    let value = percentiles(tau, taus.collect(), drawn.len() as u64);
    let (low, high) = value
        .interval()
        .map_or((f64::NEG_INFINITY, f64::INFINITY), |i| (i.low, i.high));
    let because = format!(
        "Kendall's tau with the ranking by {with} is {tau:.2} ({low:.2} to {high:.2} for other patients drawn from these); at \
         least {AGREE} is asked"
    );
    check(
        ID,
        value,
        AGREE,
        verdict(low >= AGREE, high < AGREE),
        because,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn sampled(rows: u32) -> Sampled {
        let all: Vec<u32> = (0..rows).collect();
        Sampled {
            cohort: all.clone(),
            rows: all.clone(),
            patient: all.clone(),
            patients: all.len(),
            weight: vec![1.0; all.len()],
            everyone: all,
            groups: Vec::new(),
        }
    }

    #[test]
    fn contributions_that_do_not_add_up_fail() {
        let explained = |extra: f64| Contributions {
            base: 0.1,
            score: vec![0.6],
            values: vec![vec![0.2], vec![0.3 + extra]],
        };
        assert_eq!(completeness(&explained(0.0), 1e-6).verdict, Passed::Passed);
        assert_eq!(completeness(&explained(0.01), 1e-6).verdict, Passed::Failed);
        assert_eq!(
            completeness(&explained(f64::NAN), 1e-6).verdict,
            Passed::Failed
        );
    }

    #[test]
    fn rankings_of_noise_are_unstable_and_clear_ones_are_not() {
        let mut stream = Stream::keyed([9]);
        let mut of = |strength: f64| Contributions {
            base: 0.0,
            score: vec![0.0; 60],
            values: (0..12)
                .map(|input| {
                    (0..60)
                        .map(|_| stream.normal() * (1.0 + strength * f64::from(input)))
                        .collect()
                })
                .collect(),
        };
        assert_eq!(
            rank_stability(&sampled(60), &of(1.0), [1, 2]).verdict,
            Passed::Passed
        );
        assert_eq!(
            rank_stability(&sampled(60), &of(0.0), [1, 2]).verdict,
            Passed::Failed
        );
        let few = rank_stability(&sampled(5), &of(1.0), [1, 2]);
        assert_eq!((few.verdict, few.value), (Passed::NotAssessable, None));
    }

    #[test]
    fn methods_that_rank_the_other_way_round_do_not_agree() {
        let own = [4.0, 3.0, 2.0, 1.0];
        let of = |other: [f64; 4]| {
            let drawn = vec![(own.to_vec(), other.to_vec()); 50];
            agreement(&own, &other, &drawn, "x").verdict
        };
        assert_eq!(of(own), Passed::Passed);
        assert_eq!(of([1.0, 2.0, 3.0, 4.0]), Passed::Failed);
        assert_eq!(of([1.0; 4]), Passed::NotAssessable);
        assert_eq!(
            agreement(&own[..3], &own[..3], &[], "x").verdict,
            Passed::NotAssessable
        );
        assert_eq!(
            agreement(&own, &own, &[], "x").verdict,
            Passed::NotAssessable
        );
    }
}
