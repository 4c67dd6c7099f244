//! A value with uncertainty, or why there is none.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which patients: attribute to level. Two entries are an intersection; the centre is the attribute `site`.
pub type Group = BTreeMap<String, String>;

/// The level of patients whose level nobody knows: a group of its own in every split.
pub const UNKNOWN_LEVEL: &str = "unknown";

/// A group as a reader says it: `sex female`, `age-band 50–64, sex female`.
pub fn group_name(group: &Group) -> String {
    group
        .iter()
        .map(|(attribute, level)| format!("{attribute} {level}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Where a measure is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct At {
    /// Risk at or above which one acts, in [0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Time horizon, in the dataset's time unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<f64>,
}

impl At {
    /// At a threshold.
    pub fn threshold(threshold: f64) -> Self {
        Self {
            threshold: Some(threshold),
            horizon: None,
        }
    }
}

/// One measure for one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Id of the measure, as `keur list measures` shows it.
    pub measure: String,
    /// Threshold or horizon, for measures that have one.
    pub at: Option<At>,
    /// `None` is everyone.
    pub group: Option<Group>,
    /// The number, or why there is none.
    pub value: Value,
}

/// A number with its interval, the reason why there is none, or a mask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A finite number.
    Known {
        /// The estimate.
        point: f64,
        /// Its interval, by closed form where one exists, by bootstrap otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interval: Option<Interval>,
        /// The bootstrap interval beside a closed form, as a cross-check.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bootstrap: Option<Interval>,
    },
    /// No number exists.
    Undefined {
        /// Why.
        undefined: Undefined,
    },
    /// A number exists and would say too much about too few people.
    Masked {
        /// How few, for instance `<10`; `complement` when its neighbours would give a masked one away.
        masked: String,
    },
}

impl Value {
    /// A number without interval.
    pub fn point(point: f64) -> Self {
        Self::Known {
            point,
            interval: None,
            bootstrap: None,
        }
    }

    /// The point, when there is one.
    pub fn known(&self) -> Option<f64> {
        match self {
            Self::Known { point, .. } => Some(*point),
            _ => None,
        }
    }

    /// The interval, when there is one.
    pub fn interval(&self) -> Option<&Interval> {
        match self {
            Self::Known { interval, .. } => interval.as_ref(),
            _ => None,
        }
    }
}

/// An interval with the method that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Coverage aimed at, 0.95 unless said.
    pub level: f64,
    /// `delong-logit`, `wilson`, `wald`, `cluster-sandwich`, `bootstrap-percentile`, …
    pub method: String,
    /// Standard error on the scale of the estimate, where the method has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub se: Option<f64>,
}

/// Why a number does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undefined {
    /// The group holds no row.
    NoRows,
    /// No row had the event.
    NoEvents,
    /// Every row had the event.
    NoNonEvents,
    /// No row was at or above the threshold.
    NoPositives,
    /// Every row was at or above the threshold.
    NoNegatives,
    /// The scores add up to zero expected events.
    NoExpectedEvents,
    /// All scores are equal.
    ConstantScore,
    /// The scores separate events from non-events perfectly, so the fit runs to infinity.
    Separated,
    /// The fit did not converge.
    NotConverged,
    /// A certain prediction (0 or 1) was wrong, which makes the value infinite.
    Infinite,
    /// The reference value is zero, so no ratio exists.
    ZeroReference,
    /// The model does not give probabilities.
    NotAProbability,
    /// Too few of these patients were explained.
    TooFewExplained,
    /// The model gives every row the same, so no part of it belongs to an input.
    NothingToShare,
}

impl Undefined {
    /// The reason as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoRows => "there are no rows here",
            Self::NoEvents => "no row had the event",
            Self::NoNonEvents => "every row had the event",
            Self::NoPositives => "no row was at or above the threshold",
            Self::NoNegatives => "every row was at or above the threshold",
            Self::NoExpectedEvents => "the model expects no events at all",
            Self::ConstantScore => "all scores are equal",
            Self::Separated => {
                "the scores separate events from non-events perfectly, so no finite value exists"
            }
            Self::NotConverged => "the fit did not converge",
            Self::Infinite => "a prediction of exactly 0 or 1 was wrong, which makes this infinite",
            Self::ZeroReference => "the reference value is zero, so there is no ratio",
            Self::NotAProbability => "the model's score is not a probability",
            Self::TooFewExplained => "too few of these patients were explained",
            Self::NothingToShare => "the model leans on no input here",
        }
    }
}

/// How two groups are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// Level minus reference.
    Difference,
    /// Level divided by reference.
    Ratio,
}

/// A measure of one group against the same measure of a reference group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// Id of the measure.
    pub measure: String,
    /// Threshold or horizon.
    pub at: Option<At>,
    /// The attribute; attributes of an intersection are joined by ` × `.
    pub by: String,
    /// Difference or ratio.
    pub kind: GapKind,
    /// Level and reference, in this order.
    pub groups: [String; 2],
    /// The gap with its interval.
    pub value: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_back_as_they_were_written() {
        for (value, text) in [
            (Value::point(0.5), r#"{"point":0.5}"#),
            (
                Value::Undefined {
                    undefined: Undefined::NoEvents,
                },
                r#"{"undefined":"no-events"}"#,
            ),
            (
                Value::Masked {
                    masked: "<10".into(),
                },
                r#"{"masked":"<10"}"#,
            ),
        ] {
            let written = serde_json::to_string(&value).unwrap();
            assert_eq!(written, text);
            assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
        }
    }
}
