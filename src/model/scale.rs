//! From a score to a risk: every score is held against the scale its card declares; nothing is guessed, nothing clipped.

use crate::error::Error;
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

    /// What is wrong when more than one in ten scores lie outside the declared scale: then it is the card that is wrong, and
    /// the scores that happen to lie inside mean something else too. `rows` counts all scores. None with fewer scores than
    /// tell anything.
    pub fn contradiction(&self, scale: ScoreScale, rows: usize) -> Option<Error> {
        let finite = rows.saturating_sub(self.not_finite.len());
        if finite < ENOUGH || self.outside.len() * 10 <= finite {
            return None;
        }
        let error = Error::new(format!(
            "the card declares the scores as `{}`, and {} of them lie outside that scale",
            word(scale),
            match self.outside.len() * 2 > finite {
                true => "most",
                false => "more than one in ten",
            }
        ));
        Some(match &self.hint {
            Some(hint) => error.help(hint.clone()),
            None => error.help("correct `score` in the model's card, or the model"),
        })
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
    let first = finite().next();
    if finite().all(|s| Some(s) == first) {
        return Some(
            "the model gives every row the same score: are its inputs joined to the right columns?"
                .to_owned(),
        );
    }
    if scale != ScoreScale::Points && finite().all(|s| s == 0.0 || s == 1.0) {
        return Some(
            "every score is exactly 0 or 1: that is a class and no risk, and thresholds and calibration say nothing about it"
                .to_owned(),
        );
    }
    let below = finite().any(|s| s < 0.0);
    let inside = share(0.0, 1.0);
    let like = match scale {
        ScoreScale::Probability if inside < 0.9 && !below && share(0.0, 100.0) == 1.0 => {
            "they look like `percent` or `points`"
        }
        ScoreScale::Probability if inside < 0.9 && below && share(-30.0, 30.0) == 1.0 => {
            "they look like a `logit`"
        }
        ScoreScale::Probability if inside < 0.9 => "they look like `points`",
        ScoreScale::Percent if inside == 1.0 && finite().any(|s| s.fract() != 0.0) => {
            "they all lie in [0, 1] and look like a `probability`"
        }
        ScoreScale::Percent if share(0.0, 100.0) < 0.9 => "they look like a `logit` or `points`",
        ScoreScale::Logit if inside == 1.0 => {
            "they all lie in [0, 1] and look like a `probability`"
        }
        ScoreScale::Logit if share(0.0, 100.0) == 1.0 && finite().any(|s| s > 30.0) => {
            "they look like `percent` or `points`"
        }
        _ => return None,
    };
    let declared = word(scale);
    Some(format!(
        "the card declares the scores as `{declared}`, but {like}; the scale is declared in the card and never converted \
         by guess"
    ))
}

/// The word of a scale in a card.
fn word(scale: ScoreScale) -> &'static str {
    match scale {
        ScoreScale::Probability => "probability",
        ScoreScale::Logit => "logit",
        ScoreScale::Percent => "percent",
        ScoreScale::Points => "points",
    }
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

    #[test]
    fn scores_that_contradict_the_card_are_an_error() {
        let told = |scale, of: fn(usize) -> f64| {
            let mut scores: Vec<f64> = (0..100).map(of).collect();
            let refused = to_risk(scale, &mut scores);
            refused.contradiction(scale, 100).map(|e| e.to_string())
        };
        let logit: fn(usize) -> f64 = |i| i as f64 / 25.0 - 3.0;
        let low: fn(usize) -> f64 = |i| i as f64 / 50.0;
        let slight: fn(usize) -> f64 = |i| i as f64 / 100.0 - 0.05;
        let found = told(ScoreScale::Probability, logit).unwrap();
        assert!(
            found.contains("most") && found.contains("`logit`"),
            "{found}"
        );
        let found = told(ScoreScale::Probability, low).unwrap();
        assert!(
            found.contains("one in ten") && found.contains("`percent`"),
            "{found}"
        );
        assert_eq!(told(ScoreScale::Probability, slight), None);
        assert_eq!(told(ScoreScale::Logit, logit), None);
    }

    #[test]
    fn classes_and_constants_are_no_risks() {
        let hint = |of: fn(usize) -> f64| {
            let mut scores: Vec<f64> = (0..100).map(of).collect();
            to_risk(ScoreScale::Probability, &mut scores)
                .hint
                .unwrap_or_default()
        };
        assert!(hint(|i| (i % 2) as f64).contains("a class and no risk"));
        assert!(hint(|_| 0.3).contains("the same score"));
    }
}
