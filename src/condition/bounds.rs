//! The limits a condition sets, where a number or an interval lies against them, and how both are said.

use crate::error::Error;
use crate::record::GapKind;
use crate::sheet::Section;

/// The numbers that are fine. One end may be open to infinity, never both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Lower end, when there is one.
    pub low: Option<Edge>,
    /// Upper end, when there is one.
    pub high: Option<Edge>,
}

/// One end of [`Bounds`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Where it is.
    pub value: f64,
    /// True when the value itself is fine (`at-least`, `at-most`, `within`), false for `above` and `below`.
    pub included: bool,
}

/// Where an interval lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    /// Wholly inside the bounds.
    Inside,
    /// Wholly outside them, on one side.
    Outside,
    /// Partly inside and partly outside, or on both sides at once.
    Across,
}

impl Bounds {
    /// The keys that [`Bounds::read`] asks for.
    pub const KEYS: [&str; 5] = ["within", "at-least", "at-most", "above", "below"];

    /// Reads `within = [a, b]`, or one of `at-least` and `above`, `at-most` and `below`, or one of each.
    pub fn read(section: &Section<'_>) -> Option<Self> {
        let [within, at_least, at_most, above, below] = Self::KEYS.map(|key| section.has(key));
        let clash = if within && (at_least || at_most || above || below) {
            Some("`within` cannot stand beside a one-sided limit")
        } else if at_least && above {
            Some("`at-least` and `above` cannot stand together")
        } else if at_most && below {
            Some("`at-most` and `below` cannot stand together")
        } else {
            None
        };
        if !(within || at_least || at_most || above || below) {
            section.problem(
                "",
                Error::new("no limit is given")
                    .help(format!("give one of {}", Self::KEYS.join(", "))),
            );
            return None;
        }
        let range = section.range("within").filter(|_| within);
        let edge = |key: &str, included| {
            section
                .number(key)
                .map(|value| Edge { value, included })
                .filter(|_| section.has(key))
        };
        let low = edge("at-least", true).or(edge("above", false));
        let high = edge("at-most", true).or(edge("below", false));
        if let Some(clash) = clash {
            section.problem("within", Error::new(clash).help("keep one of the two"));
            return None;
        }
        if let (Some(low), Some(high)) = (low, high)
            && low.value > high.value
        {
            section.problem(
                if at_least { "at-least" } else { "above" },
                Error::new("the lower limit lies above the upper one"),
            );
            return None;
        }
        let included = |value| Edge {
            value,
            included: true,
        };
        match (within, range) {
            (true, Some([low, high])) => Some(Self {
                low: Some(included(low)),
                high: Some(included(high)),
            }),
            (true, None) => None,
            _ if low.is_none() && high.is_none() => None,
            _ => Some(Self { low, high }),
        }
    }

    /// True when the number itself is fine. Never for a number that is not finite.
    pub fn hold(&self, number: f64) -> bool {
        number.is_finite()
            && self.low.is_none_or(|edge| edge.lets_up(number))
            && self.high.is_none_or(|edge| edge.lets_down(number))
    }

    /// Where the interval from `low` to `high` lies. Ends that are not finite, or in the wrong order, lie across.
    pub fn place(&self, low: f64, high: f64) -> Lies {
        if !(low.is_finite() && high.is_finite() && low <= high) {
            return Lies::Across;
        }
        if self.hold(low) && self.hold(high) {
            Lies::Inside
        } else if self.low.is_some_and(|edge| !edge.lets_up(high))
            || self.high.is_some_and(|edge| !edge.lets_down(low))
        {
            Lies::Outside
        } else {
            Lies::Across
        }
    }

    /// The same limit on a gap whichever way it goes: at most 0.1 becomes −0.1 to 0.1 for a difference, at most 1.25
    /// becomes 0.8 to 1.25 for a ratio. None when there is no upper limit above "no gap", or the lower one asks for a
    /// gap.
    pub fn either_way(&self, kind: GapKind) -> Option<Self> {
        let (none, mirrored): (f64, fn(f64) -> f64) = match kind {
            GapKind::Difference => (0.0, |x| -x),
            GapKind::Ratio => (1.0, f64::recip),
        };
        let high = self.high.filter(|edge| edge.value > none)?;
        if self.low.is_some_and(|edge| edge.value > none) {
            return None;
        }
        Some(Self {
            low: Some(Edge {
                value: mirrored(high.value),
                ..high
            }),
            high: Some(high),
        })
    }

    /// The limits in words: `0.80 to 1.20`, `at least 100`, `above 0`.
    pub fn words(&self) -> String {
        let digits = self
            .ends()
            .map(needed_digits)
            .fold(DIGITS_AT_LEAST, usize::max);
        self.said(|number| {
            if number == 0.0 {
                "0".into()
            } else {
                fixed(number, digits)
            }
        })
    }

    /// The limits on a count in words, without decimals unless they have some.
    pub fn whole_words(&self) -> String {
        self.said(|number| number.to_string())
    }

    fn said(&self, number: impl Fn(f64) -> String) -> String {
        let low = |edge: Edge| {
            let word = if edge.included { "at least" } else { "above" };
            format!("{word} {}", number(edge.value))
        };
        let high = |edge: Edge| {
            let word = if edge.included { "at most" } else { "below" };
            format!("{word} {}", number(edge.value))
        };
        match (self.low, self.high) {
            (Some(a), Some(b)) if a.included && b.included => {
                format!("{} to {}", number(a.value), number(b.value))
            }
            (Some(a), Some(b)) => format!("{} and {}", low(a), high(b)),
            (Some(a), None) => low(a),
            (None, Some(b)) => high(b),
            (None, None) => "nothing".into(),
        }
    }

    fn ends(&self) -> impl Iterator<Item = f64> {
        [self.low, self.high].into_iter().flatten().map(|e| e.value)
    }

    /// How many decimals show these numbers truly: at least two, and so many that none looks as if it lay on a limit
    /// that it only comes near.
    pub fn digits(&self, numbers: &[f64]) -> usize {
        (DIGITS_AT_LEAST..DIGITS_AT_MOST)
            .find(|digits| {
                self.ends().all(|end| {
                    numbers
                        .iter()
                        .all(|n| *n == end || fixed(*n, *digits) != fixed(end, *digits))
                })
            })
            .unwrap_or(DIGITS_AT_MOST)
    }
}

const DIGITS_AT_LEAST: usize = 2;
const DIGITS_AT_MOST: usize = 6;

impl Edge {
    fn lets_up(self, number: f64) -> bool {
        number > self.value || (self.included && number == self.value)
    }

    fn lets_down(self, number: f64) -> bool {
        number < self.value || (self.included && number == self.value)
    }
}

fn needed_digits(number: f64) -> usize {
    (DIGITS_AT_LEAST..=4)
        .find(|digits| fixed(number, *digits).parse() == Ok(number))
        .unwrap_or(DIGITS_AT_LEAST)
}

/// A number with so many decimals, never `-0.00`.
pub fn fixed(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| b == b'0' || b == b'.') => rest.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(low: f64, high: f64) -> Bounds {
        let edge = |value| {
            Some(Edge {
                value,
                included: true,
            })
        };
        Bounds {
            low: edge(low),
            high: edge(high),
        }
    }

    fn above(value: f64) -> Bounds {
        Bounds {
            low: Some(Edge {
                value,
                included: false,
            }),
            high: None,
        }
    }

    #[test]
    fn an_interval_lies_inside_outside_or_across() {
        let bounds = within(0.8, 1.2);
        for (low, high, lies) in [
            (0.8, 1.2, Lies::Inside),
            (0.9, 0.9, Lies::Inside),
            (0.5, 0.79, Lies::Outside),
            (1.21, 3.0, Lies::Outside),
            (0.7, 0.8, Lies::Across),
            (0.1, 9.0, Lies::Across),
        ] {
            assert_eq!(bounds.place(low, high), lies, "{low} to {high}");
        }
    }

    #[test]
    fn an_excluded_limit_does_not_hold_itself() {
        assert!(!above(0.5).hold(0.5));
        assert_eq!(above(0.5).place(0.5, 0.5), Lies::Outside);
        assert_eq!(above(0.5).place(0.5, 0.6), Lies::Across);
        assert_eq!(above(0.5).place(0.51, 0.6), Lies::Inside);
    }

    #[test]
    fn numbers_that_are_not_finite_never_lie_inside_or_outside() {
        let bounds = above(0.0);
        assert!(!bounds.hold(f64::NAN) && !bounds.hold(f64::INFINITY));
        for (low, high) in [
            (f64::NAN, 1.0),
            (1.0, f64::NAN),
            (1.0, f64::INFINITY),
            (2.0, 1.0),
        ] {
            assert_eq!(bounds.place(low, high), Lies::Across);
        }
    }

    #[test]
    fn enough_decimals_are_shown_to_tell_a_number_from_its_limit() {
        let bounds = within(0.8, 1.2);
        assert_eq!(bounds.digits(&[0.93, 0.88]), 2);
        assert_eq!(bounds.digits(&[0.7996]), 4);
        assert_eq!(bounds.digits(&[0.8]), 2);
        assert_eq!(fixed(-0.0004, 2), "0.00");
    }

    #[test]
    fn limits_are_said_in_words() {
        assert_eq!(within(0.8, 1.25).words(), "0.80 to 1.25");
        assert_eq!(above(0.0).words(), "above 0");
        assert_eq!(within(0.0, 0.125).words(), "0 to 0.125");
        assert_eq!(within(5.0, 100.0).whole_words(), "5 to 100");
    }

    #[test]
    fn a_gap_counts_the_same_either_way() {
        let both = |kind, high| within(0.0, high).either_way(kind).unwrap();
        assert_eq!(both(GapKind::Difference, 0.1), within(-0.1, 0.1));
        assert_eq!(both(GapKind::Ratio, 1.25), within(0.8, 1.25));
        assert_eq!(both(GapKind::Ratio, 1.25).place(0.0, 0.5), Lies::Outside);
        assert_eq!(within(0.0, 0.9).either_way(GapKind::Ratio), None);
        assert_eq!(within(0.1, 0.2).either_way(GapKind::Difference), None);
        assert_eq!(above(0.0).either_way(GapKind::Difference), None);
    }
}
