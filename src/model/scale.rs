//! From a score to a risk: every score is held against the scale its card declares; nothing is guessed, nothing clipped.

use crate::record::ScoreScale;

/// Rows whose scores were refused, by reason, and a hint when the declared scale looks wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    /// Positions of scores outside the declared scale, ascending.
    pub outside: Vec<usize>,
    /// Positions of scores that are no finite number, ascending; rows the model could not score are here.
    pub not_finite: Vec<usize>,
    /// Which scale the scores look like, when that is another one. Told, never acted on.
    pub hint: Option<String>,
}

impl Refused {
    /// True when no score was refused.
    pub fn is_empty(&self) -> bool {
        self.outside.is_empty() && self.not_finite.is_empty()
    }
}

/// Turns scores into risks in place: a log odds by the logistic function, a percentage by a hundredth; probabilities and
/// points stay. A refused score becomes NaN and its position is returned.
pub fn to_risk(scale: ScoreScale, scores: &mut [f64]) -> Refused {
    let mut refused = Refused {
        hint: hint(scale, scores),
        ..Refused::default()
    };
    for (row, score) in scores.iter_mut().enumerate() {
        if !score.is_finite() {
            refused.not_finite.push(row);
            *score = f64::NAN;
            continue;
        }
        *score = match scale {
            ScoreScale::Probability if (0.0..=1.0).contains(score) => *score,
            ScoreScale::Percent if (0.0..=100.0).contains(score) => *score / 100.0,
            ScoreScale::Logit => logistic(*score),
            ScoreScale::Points => *score,
            ScoreScale::Probability | ScoreScale::Percent => {
                refused.outside.push(row);
                f64::NAN
            }
        };
    }
    refused
}

/// `1 / (1 + exp(−x))` without overflow and without loss of small risks (`stats::plogis`).
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// Fewer scores say nothing of their scale.
const ENOUGH: usize = 20;

fn hint(scale: ScoreScale, scores: &[f64]) -> Option<String> {
    let finite = || scores.iter().copied().filter(|score| score.is_finite());
    let all = finite().count();
    if all < ENOUGH {
        return None;
    }
    let share = |low: f64, high: f64| {
        finite().filter(|s| (low..=high).contains(s)).count() as f64 / all as f64
    };
    let like = match scale {
        ScoreScale::Probability if share(0.0, 1.0) <= 0.1 => {
            if share(0.0, 100.0) == 1.0 {
                "they look like `percent` or `points`"
            } else if finite().any(|s| s < 0.0) && share(-30.0, 30.0) == 1.0 {
                "they look like a `logit`"
            } else {
                "they look like `points`"
            }
        }
        ScoreScale::Percent if share(0.0, 1.0) == 1.0 && finite().any(|s| s.fract() != 0.0) => {
            "they all lie in [0, 1] and look like a `probability`"
        }
        ScoreScale::Percent if share(0.0, 100.0) <= 0.1 => "they look like a `logit` or `points`",
        ScoreScale::Logit if share(0.0, 1.0) == 1.0 => {
            "they all lie in [0, 1] and look like a `probability`"
        }
        ScoreScale::Logit if share(0.0, 100.0) == 1.0 && finite().any(|s| s > 30.0) => {
            "they look like `percent` or `points`"
        }
        _ => return None,
    };
    let declared = match scale {
        ScoreScale::Probability => "probability",
        ScoreScale::Logit => "logit",
        ScoreScale::Percent => "percent",
        ScoreScale::Points => "points",
    };
    Some(format!(
        "the card declares the scores as `{declared}`, but {like}; the scale is declared in the card and never converted \
         by guess"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scale_becomes_a_risk() {
        let mut scores = [0.0, 50.0, 100.0];
        assert!(to_risk(ScoreScale::Percent, &mut scores).is_empty());
        assert_eq!(scores, [0.0, 0.5, 1.0]);
        let mut scores = [0.0, -800.0, 800.0, -40.0];
        assert!(to_risk(ScoreScale::Logit, &mut scores).is_empty());
        assert_eq!(scores[..3], [0.5, 0.0, 1.0]);
        assert!((scores[3] / (-40f64).exp() - 1.0).abs() < 1e-15);
        let mut scores = [-3.0, 12.0];
        assert!(to_risk(ScoreScale::Points, &mut scores).is_empty());
        assert_eq!(scores, [-3.0, 12.0]);
    }

    #[test]
    fn refusals_are_counted_by_reason_and_leave_no_number_behind() {
        let mut scores = [0.0, 1.0, 1.0 + 1e-12, -0.1, f64::NAN, f64::INFINITY, 0.5];
        let refused = to_risk(ScoreScale::Probability, &mut scores);
        assert_eq!(refused.outside, [2, 3]);
        assert_eq!(refused.not_finite, [4, 5]);
        assert!(scores[2..6].iter().all(|score| score.is_nan()));
        assert_eq!(scores[6], 0.5);
    }

    #[test]
    fn a_wrong_scale_is_hinted_at_and_never_converted() {
        let hint = |scale, of: fn(usize) -> f64| {
            let mut scores: Vec<f64> = (0..100).map(of).collect();
            to_risk(scale, &mut scores).hint.unwrap_or_default()
        };
        let percent: fn(usize) -> f64 = |i| i as f64 + 0.5;
        let logit: fn(usize) -> f64 = |i| i as f64 / 5.0 - 10.0;
        let risk: fn(usize) -> f64 = |i| i as f64 / 100.0;
        assert!(hint(ScoreScale::Probability, percent).contains("`percent`"));
        assert!(hint(ScoreScale::Probability, logit).contains("`logit`"));
        assert!(hint(ScoreScale::Percent, risk).contains("`probability`"));
        assert!(hint(ScoreScale::Logit, risk).contains("`probability`"));
        assert_eq!(hint(ScoreScale::Probability, risk), "");
        assert_eq!(hint(ScoreScale::Logit, logit), "");
        assert_eq!(hint(ScoreScale::Points, percent), "");
    }
}
