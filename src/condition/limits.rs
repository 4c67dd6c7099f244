//! Where a measure is taken, and limits on it that may follow that place.

use crate::condition::ask::chosen;
use crate::condition::bounds::{Bounds, Edge};
use crate::error::Error;
use crate::sheet::Section;

/// Where a measure is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// The measure has no threshold.
    Nowhere,
    /// The study's decision threshold of record.
    DecisionThreshold,
    /// This risk.
    Threshold(f64),
}

impl Place {
    /// Where, in words with a leading blank; empty for nowhere.
    pub fn words(self) -> String {
        match self {
            Self::Nowhere => String::new(),
            Self::DecisionThreshold => " at the decision threshold".into(),
            Self::Threshold(threshold) => format!(" at threshold {threshold}"),
        }
    }
}

/// Limits as a file gives them.
#[derive(Debug, Clone, PartialEq)]
pub enum Limits {
    /// Numbers.
    Fixed(Bounds),
    /// One limit that moves with the threshold: `above = "1 - threshold"`.
    Following {
        /// True for `at-least` and `above`.
        is_low: bool,
        /// True for `at-least` and `at-most`.
        included: bool,
        /// True for `1 - threshold`, false for `threshold`.
        rest: bool,
    },
}

impl Limits {
    /// Reads numbers, or one limit that is `"threshold"` or `"1 - threshold"`.
    pub fn read(section: &Section<'_>, at: Option<Place>) -> Option<Self> {
        let ends = [
            ("at-least", true, true),
            ("above", true, false),
            ("at-most", false, true),
            ("below", false, false),
        ];
        let Some((key, is_low, included)) = ends
            .into_iter()
            .find(|(key, ..)| section.kind(key) == Some("a text"))
        else {
            return Bounds::read(section).map(Self::Fixed);
        };
        let rest = chosen(
            section,
            key,
            &[("threshold", false), ("1 - threshold", true)],
        );
        if Bounds::KEYS
            .iter()
            .any(|other| *other != key && section.has(other))
        {
            let what = format!("`{key}` follows the threshold and has to stand alone");
            section.problem(
                key,
                Error::new(what).help("join two requirements with `all`"),
            );
            return None;
        }
        if at == Some(Place::Nowhere) {
            let what = format!("`{key}` follows the threshold, and no threshold is named");
            section.problem(
                key,
                Error::new(what).help("add `at = \"decision-threshold\"`"),
            );
            return None;
        }
        Some(Self::Following {
            is_low,
            included,
            rest: rest?,
        })
    }

    /// The numbers at this threshold; none when they follow a threshold and there is none.
    pub fn at(&self, threshold: Option<f64>) -> Option<Bounds> {
        match self {
            Self::Fixed(bounds) => Some(*bounds),
            Self::Following {
                is_low,
                included,
                rest,
            } => {
                let threshold = threshold?;
                let edge = Some(Edge {
                    value: if *rest { 1.0 - threshold } else { threshold },
                    included: *included,
                });
                Some(Bounds {
                    low: edge.filter(|_| *is_low),
                    high: edge.filter(|_| !*is_low),
                })
            }
        }
    }

    /// The limits in words, without a number where they follow a threshold.
    pub fn words(&self) -> String {
        match self {
            Self::Fixed(bounds) => bounds.words(),
            Self::Following {
                is_low,
                included,
                rest,
            } => {
                let word = match (is_low, included) {
                    (true, true) => "at least",
                    (true, false) => "above",
                    (false, true) => "at most",
                    (false, false) => "below",
                };
                let follows = if *rest { "1 - threshold" } else { "threshold" };
                format!("{word} {follows}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Sheet;

    fn read(text: &str, at: Place) -> Result<Limits, String> {
        let sheet = Sheet::parse(text, "x.toml").unwrap();
        let limits = Limits::read(&sheet.top(), Some(at));
        let problems: Vec<String> = sheet.finish().iter().map(ToString::to_string).collect();
        limits.ok_or(problems.join("\n"))
    }

    #[test]
    fn a_limit_can_follow_the_threshold() {
        let limits = read("above = \"1 - threshold\"", Place::DecisionThreshold).unwrap();
        let bounds = limits.at(Some(0.2)).unwrap();
        assert!(bounds.hold(0.81) && !bounds.hold(0.8));
        assert_eq!(bounds.words(), "above 0.80");
        assert_eq!(limits.words(), "above 1 - threshold");
        assert_eq!(limits.at(None), None);
    }

    #[test]
    fn a_following_limit_needs_a_threshold_and_stands_alone() {
        for (text, at, problem) in [
            (
                "above = \"threshold\"",
                Place::Nowhere,
                "no threshold is named",
            ),
            (
                "above = \"threshold\"\nat-most = 0.9",
                Place::DecisionThreshold,
                "has to stand alone",
            ),
            (
                "above = \"treshold\"",
                Place::DecisionThreshold,
                "did you mean `threshold`?",
            ),
        ] {
            let problems = read(text, at).unwrap_err();
            assert!(problems.contains(problem), "{problems}");
        }
    }
}
