//! Verdicts put together, and the sentence a board reads.

use crate::condition::bounds::{Bounds, Lies, fixed};
use crate::condition::rule::JudgedBy;
use crate::record::{Value, Verdict};

/// How many groups a sentence names before it says "and 3 more".
const NAMED: usize = 6;

/// Confidence below which an interval is too bold to judge on.
const LEVEL: f64 = 0.95;

/// A verdict with its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in numbers.
    pub because: String,
}

impl Answer {
    /// There is no evidence, for this reason.
    pub fn none(because: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::NotAssessable,
            because: because.into(),
        }
    }
}

/// What one number, of everyone or of one group, says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Whose number; empty for everyone.
    pub who: String,
    /// What it means for the condition.
    pub verdict: Verdict,
    /// The number; empty when there is none.
    pub number: String,
    /// Why it cannot be judged; empty when it can.
    pub reason: String,
}

impl Item {
    /// A number that does not exist or may not be seen.
    pub fn missing(who: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            who: who.into(),
            verdict: Verdict::NotAssessable,
            number: String::new(),
            reason: reason.into(),
        }
    }

    /// Holds a value against bounds. Met needs the interval (or the point, when the rule says so) wholly inside; an
    /// interval of less than 95 % is no evidence.
    pub fn hold(who: String, value: &Value, bounds: &Bounds, judged_by: JudgedBy) -> Self {
        let (point, interval) = match value {
            Value::Undefined { undefined } => return Self::missing(who, undefined.sentence()),
            Value::Masked { masked } => return Self::missing(who, hidden(masked)),
            Value::Known { point, .. } if !point.is_finite() => {
                return Self::missing(who, "the number is not finite");
            }
            Value::Known {
                point,
                interval,
                bootstrap,
            } => (*point, interval.as_ref().or(bootstrap.as_ref())),
        };
        let number = match interval {
            Some(i) => {
                let digits = bounds.digits(&[point, i.low, i.high]);
                let [point, low, high] = [point, i.low, i.high].map(|n| fixed(n, digits));
                format!("{point} ({low} to {high})")
            }
            None => fixed(point, bounds.digits(&[point])),
        };
        let (verdict, reason) = match (judged_by, interval) {
            (JudgedBy::Point, _) if bounds.hold(point) => (Verdict::Met, ""),
            (JudgedBy::Point, _) => (Verdict::NotMet, ""),
            (JudgedBy::Interval, None) => (
                Verdict::NotAssessable,
                "a number without an interval is no evidence",
            ),
            (JudgedBy::Interval, Some(i)) if i.level < LEVEL - 1e-9 || !i.level.is_finite() => (
                Verdict::NotAssessable,
                "the interval covers less than 95 %, which is too bold",
            ),
            (JudgedBy::Interval, Some(i)) => {
                match (bounds.place(i.low, i.high), bounds.hold(point)) {
                    (Lies::Inside, true) => (Verdict::Met, ""),
                    (Lies::Outside, false) => (Verdict::NotMet, ""),
                    _ => (Verdict::NotAssessable, "the data cannot tell"),
                }
            }
        };
        Self {
            who,
            verdict,
            number,
            reason: reason.into(),
        }
    }

    fn words(&self) -> String {
        let said = [&self.who, &self.number].map(String::as_str);
        let said: Vec<&str> = said.into_iter().filter(|s| !s.is_empty()).collect();
        match self.reason.as_str() {
            "" => said.join(" "),
            reason => format!("{}, {reason}", said.join(" ")),
        }
    }
}

/// Why a masked number cannot be judged.
pub fn hidden(masked: &str) -> String {
    match masked.strip_prefix('<') {
        Some(few) => format!("hidden, because fewer than {few} persons stand behind it"),
        None if masked == "complement" => {
            "hidden, because it would give away a hidden neighbour".into()
        }
        None => "hidden".into(),
    }
}

/// What a sentence is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The measure or count: `O:E ratio`.
    pub name: String,
    /// Where it is taken, with a leading blank, or empty.
    pub at: String,
    /// The attribute, when there is one number for each of its levels.
    pub by: Option<String>,
    /// The limits in words.
    pub asked: String,
}

/// The answer of all items: one not met → not met; else one not assessable → not assessable; else met. No item at all
/// is no evidence.
pub fn answer(subject: &Subject, items: &[Item]) -> Answer {
    let Subject {
        name,
        at,
        by,
        asked,
    } = subject;
    let verdict = all(items.iter().map(|item| item.verdict));
    let because = match (items, by) {
        ([], _) => format!("{name}{at} was not computed; asked: {asked}"),
        ([item], None) if item.number.is_empty() => {
            let who = if item.who.is_empty() { "" } else { " " };
            format!(
                "{name}{who}{}{at}: {}; asked: {asked}",
                item.who, item.reason
            )
        }
        ([item], None) => {
            let who = if item.who.is_empty() { "" } else { ", " };
            let reason = if item.reason.is_empty() { "" } else { ": " };
            format!(
                "{name}{who}{} {}{at}, asked: {asked}{reason}{}",
                item.who, item.number, item.reason
            )
        }
        _ => {
            let by = by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
            format!("{name}{by}{at}, asked: {asked}; {}", listed(items, verdict))
        }
    };
    Answer { verdict, because }
}

fn listed(items: &[Item], verdict: Verdict) -> String {
    let of = |verdict| -> Vec<&Item> { items.iter().filter(|i| i.verdict == verdict).collect() };
    let deciding = of(verdict);
    let mut words: Vec<String> = deciding.iter().take(NAMED).map(|i| i.words()).collect();
    if deciding.len() > NAMED {
        words.push(format!("and {} more", deciding.len() - NAMED));
    }
    let words = words.join("; ");
    let total = items.len();
    match verdict {
        Verdict::NotMet => {
            let unknown = of(Verdict::NotAssessable).len();
            let rest = match unknown {
                0 => String::new(),
                _ => format!("; not assessable for another {unknown}"),
            };
            format!("not met for {} of {total}: {words}{rest}", deciding.len())
        }
        Verdict::Met => format!("met for all {total}: {words}"),
        _ => format!("not assessable for {} of {total}: {words}", deciding.len()),
    }
}

/// Kleene's *and*: one not met → not met; else one not assessable → not assessable; else met. Nothing is not assessable.
pub fn all(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    prevailing(verdicts, Verdict::NotMet, Verdict::Met)
}

/// Kleene's *or*: one met → met; else one not assessable → not assessable; else not met. Nothing is not assessable.
pub fn any(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    prevailing(verdicts, Verdict::Met, Verdict::NotMet)
}

/// One of `strong` decides; only `weak` all over gives `weak`; anything else, and nothing, is not assessable.
fn prevailing(
    verdicts: impl IntoIterator<Item = Verdict>,
    strong: Verdict,
    weak: Verdict,
) -> Verdict {
    let verdicts: Vec<Verdict> = verdicts.into_iter().collect();
    if verdicts.contains(&strong) {
        strong
    } else if !verdicts.is_empty() && verdicts.iter().all(|verdict| *verdict == weak) {
        weak
    } else {
        Verdict::NotAssessable
    }
}

/// The answers that decide, in one sentence.
pub fn joined(answers: &[Answer], verdict: Verdict) -> Answer {
    let mut deciding: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.verdict == verdict)
        .map(|answer| answer.because.as_str())
        .collect();
    if deciding.is_empty() {
        deciding.push("nothing is asked");
    }
    Answer {
        verdict,
        because: deciding.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Met, NotAssessable, NotMet};

    #[test]
    fn and_and_or_follow_kleene() {
        let three = [Met, NotMet, NotAssessable];
        for a in three {
            for b in three {
                let and = match (a, b) {
                    _ if a == NotMet || b == NotMet => NotMet,
                    (Met, Met) => Met,
                    _ => NotAssessable,
                };
                let not = |v| match v {
                    Met => NotMet,
                    NotMet => Met,
                    other => other,
                };
                assert_eq!(all([a, b]), and);
                assert_eq!(any([not(a), not(b)]), not(and), "{a:?} {b:?}");
            }
        }
        assert_eq!(all([]), NotAssessable);
        assert_eq!(any([]), NotAssessable);
    }

    #[test]
    fn long_lists_name_a_few_and_count_the_rest() {
        let items: Vec<Item> = (0..9)
            .map(|i| Item {
                who: format!("S{i}"),
                verdict: if i == 8 { NotAssessable } else { NotMet },
                number: "0.50 (0.40 to 0.60)".into(),
                reason: String::new(),
            })
            .collect();
        let subject = Subject {
            name: "calibration slope".into(),
            at: String::new(),
            by: Some("site".into()),
            asked: "0.80 to 1.20".into(),
        };
        let answer = answer(&subject, &items);
        assert_eq!(answer.verdict, NotMet);
        assert!(answer.because.contains("not met for 8 of 9: S0 0.50"));
        assert!(
            answer
                .because
                .contains("and 2 more; not assessable for another 1")
        );
    }

    #[test]
    fn no_items_are_no_evidence() {
        let subject = Subject {
            name: "AUROC".into(),
            at: String::new(),
            by: None,
            asked: "above 0.50".into(),
        };
        assert_eq!(answer(&subject, &[]).verdict, NotAssessable);
    }
}
