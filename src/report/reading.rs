//! One line for each number: what it says, and no more.

use crate::record::{At, Gap, GapKind, Interval, Value};
use crate::report::lexicon::{self, Better};
use crate::report::view::excludes_none;
use crate::report::words::{self, Kind};

/// What an estimate of everyone says in plain words; empty where the number speaks for itself.
pub fn estimate(measure: &str, value: &Value, prevalence: Option<f64>) -> String {
    let Value::Known {
        point, interval, ..
    } = value
    else {
        return String::new();
    };
    let i = interval.as_ref();
    let hundred = |x: f64| format!("{:.0}", x * 100.0);
    match measure {
        "auroc" => format!(
            "ranks a pair, one with and one without the event, rightly {} times in 100",
            hundred(*point)
        ),
        "average-precision" => prevalence.map_or_else(String::new, |p| {
            format!(
                "a model that knows nothing scores {}",
                words::number(Kind::Index, p)
            )
        }),
        "brier" => prevalence.map_or_else(String::new, |p| {
            format!(
                "giving everyone the average risk scores {}",
                words::number(Kind::Index, p * (1.0 - p))
            )
        }),
        "log-loss" => prevalence.map_or_else(String::new, |p| {
            let chance = -(p * p.ln() + (1.0 - p) * (1.0 - p).ln());
            if chance.is_finite() {
                format!(
                    "giving everyone the average risk scores {}",
                    words::number(Kind::Index, chance)
                )
            } else {
                String::new()
            }
        }),
        "scaled-brier" | "ipa-t" if *point <= 0.0 => {
            "no better than giving everyone the average risk".into()
        }
        "scaled-brier" | "ipa-t" => {
            format!(
                "{} % less error than giving everyone the average risk",
                hundred(*point)
            )
        }
        "oe-ratio" => expected(*point, i),
        "calibration-intercept" => side(
            *point,
            i,
            0.0,
            [
                "risks are too low on average",
                "risks are too high on average",
                "risks are right on average, as far as the data can tell",
            ],
        ),
        "calibration-slope" => side(
            *point,
            i,
            1.0,
            [
                "risks are too timid: high ones too low, low ones too high",
                "risks are too extreme: high ones too high, low ones too low",
                "risks are spread rightly, as far as the data can tell",
            ],
        ),
        "ici" => format!("risks are off by {} on average", points(*point)),
        "e50" => format!(
            "for half of the people the risk is off by less than {}",
            points(*point)
        ),
        "e90" => format!(
            "for nine in ten the risk is off by less than {}",
            points(*point)
        ),
        _ => String::new(),
    }
}

/// A gap as a reader says it: `−12 points (−16 to −8)`, `0.84 times (0.79 to 0.90)`.
pub fn gap(gap: &Gap) -> String {
    sized(&gap.measure, gap.kind, &gap.value)
}

/// A difference seen from the reference group; a ratio as it is.
pub fn gap_turned(gap: &Gap) -> String {
    let flip = |i: &Interval| Interval {
        low: -i.high,
        high: -i.low,
        ..i.clone()
    };
    let value = match (&gap.value, gap.kind) {
        (
            Value::Known {
                point, interval, ..
            },
            GapKind::Difference,
        ) => Value::Known {
            point: -point,
            interval: interval.as_ref().map(flip),
            bootstrap: None,
        },
        (other, _) => other.clone(),
    };
    sized(&gap.measure, gap.kind, &value)
}

/// What a gap says about the group, in few words.
pub fn gap_says(gap: &Gap) -> String {
    match &gap.value {
        Value::Masked { masked } if masked == "complement" => {
            "would give a small group away".into()
        }
        Value::Masked { .. } => "too few people to show".into(),
        Value::Undefined { undefined } => undefined.sentence().into(),
        Value::Known { interval: None, .. } => "no interval, so the data cannot tell".into(),
        Value::Known { .. } if excludes_none(gap) == Some(false) => "no difference shown".into(),
        Value::Known { .. } => {
            let up = is_up(gap);
            let way = if up { "higher" } else { "lower" };
            if lexicon::moves_with_events(&gap.measure) {
                return format!("{way}: may come from how common the event is");
            }
            match (lexicon::better(&gap.measure), up) {
                (Better::Higher, true) | (Better::Lower, false) => format!("{way}: better"),
                (Better::Higher, false) | (Better::Lower, true) => format!("{way}: worse"),
                _ => format!("{way}: differs"),
            }
        }
    }
}

/// Whether the group's value lies above the reference's.
pub fn is_up(gap: &Gap) -> bool {
    let none = if gap.kind == GapKind::Ratio { 1.0 } else { 0.0 };
    gap.value.known().is_some_and(|x| x > none)
}

/// ` at 20 %`, ` at 5`, or nothing.
pub fn at(at: Option<At>) -> String {
    let at = at.unwrap_or_default();
    let mut text = String::new();
    if let Some(t) = at.threshold {
        text.push_str(&format!(" at {}", words::threshold(t)));
    }
    if let Some(h) = at.horizon {
        text.push_str(&format!(" by time {h}"));
    }
    text
}

fn sized(measure: &str, kind: GapKind, value: &Value) -> String {
    let shown = match (value, kind, lexicon::kind(measure)) {
        (
            Value::Known {
                point, interval, ..
            },
            GapKind::Difference,
            Kind::Share,
        ) => with_range(
            *point,
            interval.as_ref(),
            |x| words::signed(x * 100.0, 1),
            " points",
        ),
        (
            Value::Known {
                point, interval, ..
            },
            GapKind::Difference,
            k,
        ) => {
            let d = match k {
                Kind::Ratio | Kind::Signed => 2,
                Kind::Small => 4,
                Kind::Index | Kind::Share => 3,
            };
            with_range(*point, interval.as_ref(), |x| words::signed(x, d), "")
        }
        (
            Value::Known {
                point, interval, ..
            },
            GapKind::Ratio,
            _,
        ) => with_range(*point, interval.as_ref(), |x| words::fixed(x, 2), " times"),
        (other, _, k) => words::value(k, other),
    };
    shown.replace(' ', "\u{a0}").replace("\u{a0}(", " (")
}

fn with_range(
    point: f64,
    interval: Option<&Interval>,
    show: impl Fn(f64) -> String,
    unit: &str,
) -> String {
    let range = interval.map_or_else(String::new, |i| {
        format!(" ({} to {})", show(i.low), show(i.high))
    });
    format!("{}{unit}{range}", show(point))
}

fn expected(point: f64, interval: Option<&Interval>) -> String {
    let share = (point - 1.0).abs() * 100.0;
    let off = if share < 9.95 {
        words::fixed(share, 1)
    } else {
        words::fixed(share, 0)
    };
    side(
        point,
        interval,
        1.0,
        [
            &format!("risks are too low on average: {off} % more events than expected"),
            &format!("risks are too high on average: {off} % fewer events than expected"),
            "as many events as expected, as far as the data can tell",
        ],
    )
}

/// Above, below, or not to be told from the neutral value.
fn side(
    point: f64,
    interval: Option<&Interval>,
    neutral: f64,
    [above, below, same]: [&str; 3],
) -> String {
    let (low, high) = interval.map_or((point, point), |i| (i.low, i.high));
    let text = if low > neutral {
        above
    } else if high < neutral {
        below
    } else {
        same
    };
    text.to_owned()
}

fn points(x: f64) -> String {
    format!("{} percentage points", words::fixed(x * 100.0, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(point: f64, low: f64, high: f64) -> Value {
        let interval = Interval {
            low,
            high,
            level: 0.95,
            method: "wilson".into(),
            se: None,
        };
        Value::Known {
            point,
            interval: Some(interval),
            bootstrap: None,
        }
    }

    fn sensitivity_gap(value: Value, kind: GapKind) -> Gap {
        Gap {
            measure: "sensitivity".into(),
            at: Some(At::threshold(0.2)),
            by: "sex".into(),
            kind,
            groups: ["female".into(), "male".into()],
            value,
        }
    }

    #[test]
    fn a_reading_says_more_than_the_data_only_when_they_do() {
        assert!(estimate("oe-ratio", &known(1.2, 1.1, 1.3), None).contains("20 % more events"));
        assert!(
            estimate("oe-ratio", &known(1.2, 0.9, 1.5), None)
                .contains("as far as the data can tell")
        );
        assert!(estimate("calibration-slope", &known(0.8, 0.7, 0.9), None).contains("too extreme"));
        assert_eq!(
            estimate(
                "auroc",
                &Value::Masked {
                    masked: "<10".into()
                },
                None
            ),
            ""
        );
    }

    #[test]
    fn gaps_of_shares_are_told_in_points_and_ratios_in_times() {
        let difference = sensitivity_gap(known(-0.12, -0.16, -0.08), GapKind::Difference);
        assert_eq!(
            gap(&difference),
            "−12.0\u{a0}points (−16.0\u{a0}to\u{a0}−8.0)"
        );
        assert_eq!(
            gap_turned(&difference),
            "+12.0\u{a0}points (+8.0\u{a0}to\u{a0}+16.0)"
        );
        assert_eq!(gap_says(&difference), "lower: worse");
        let ratio = sensitivity_gap(known(1.02, 0.9, 1.1), GapKind::Ratio);
        assert_eq!(gap(&ratio), "1.02\u{a0}times (0.90\u{a0}to\u{a0}1.10)");
        assert_eq!(gap_says(&ratio), "no difference shown");
    }

    #[test]
    fn a_gap_without_interval_or_with_hidden_people_claims_nothing() {
        assert!(
            gap_says(&sensitivity_gap(Value::point(0.3), GapKind::Difference))
                .contains("cannot tell")
        );
        let hidden = sensitivity_gap(
            Value::Masked {
                masked: "<10".into(),
            },
            GapKind::Difference,
        );
        assert!(gap_says(&hidden).contains("too few people"));
        assert_eq!(gap(&hidden), "<10 (hidden)");
    }
}
