//! Steps: a number looked up in ranges, as point scores do.
//!
//! ```toml
//! points = [ { below = 50, points = 0 }, { at-most = 65, points = 2 }, { points = 4 } ]
//! ```
//!
//! The first range that holds the value counts, so every bound must lie above the one before it; the last range has no
//! bound and takes the rest.

use crate::error::Error;
use crate::sheet::Section;

/// More ranges are refused.
const MOST: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    high: f64,
    holds_high: bool,
    gives: f64,
}

/// Ranges in rising order that together hold every number.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps(Vec<Step>);

impl Steps {
    /// Reads the list of tables under `key`; each gives its value under `gives`. None without `key`; problems are noted in
    /// the sheet.
    pub fn read(section: &Section<'_>, key: &str, gives: &str) -> Option<Self> {
        let ranges = section.sections(key);
        if ranges.is_empty() {
            if section.kind(key) == Some("a list") {
                section.problem(key, Error::new(format!("`{key}` is empty")));
            }
            return None;
        }
        if ranges.len() > MOST {
            let error = Error::new(format!("`{key}` has more than {MOST} ranges"));
            section.problem(key, error);
            return None;
        }
        let last = ranges.len() - 1;
        let mut good = true;
        let mut steps: Vec<Step> = Vec::with_capacity(ranges.len());
        for (place, range) in ranges.iter().enumerate() {
            let mut tell = |key: &str, error: Error| {
                range.problem(key, error);
                good = false;
            };
            if !range.has(gives) {
                tell(gives, Error::new(format!("`{gives}` is missing")));
            }
            let value = range.number(gives);
            let (below, at_most) = (range.number("below"), range.number("at-most"));
            let bound = match (below, at_most) {
                (Some(_), Some(_)) => {
                    let error = Error::new("`below` and `at-most` are given at once");
                    tell("at-most", error.help("keep one of them"));
                    None
                }
                (Some(high), None) => Some((high, false)),
                (None, Some(high)) => Some((high, true)),
                (None, None) => None,
            };
            if place == last && (range.has("below") || range.has("at-most")) {
                let error = Error::new(format!("the last of `{key}` has a bound"));
                let help = format!("end with what all other values get: `{{ {gives} = … }}`");
                tell("below", error.help(help));
            }
            if place < last && bound.is_none() && !range.has("below") && !range.has("at-most") {
                let error = Error::new("only the last range may be without a bound");
                tell(gives, error.help("write `below = …` or `at-most = …`"));
            }
            let (high, holds_high) = bound.unwrap_or((f64::INFINITY, true));
            let rises = steps.last().is_none_or(|before| {
                before.high < high || (before.high == high && !before.holds_high && holds_high)
            });
            if !rises {
                tell(
                    "below",
                    Error::new("the bounds must rise from one range to the next"),
                );
            }
            steps.push(Step {
                high,
                holds_high,
                gives: value.unwrap_or(f64::NAN),
            });
        }
        (good && steps.iter().all(|step| !step.gives.is_nan())).then_some(Self(steps))
    }

    /// What the range of `x` gives; NaN for NaN.
    pub fn at(&self, x: f64) -> f64 {
        self.0
            .iter()
            .find(|step| x < step.high || (step.holds_high && x == step.high))
            .map_or(f64::NAN, |step| step.gives)
    }

    /// Each range in words, about what is called `name`, and what it gives: `7 < urea ≤ 14`.
    pub fn lines(&self, name: &str) -> Vec<(String, f64)> {
        let mut before: Option<&Step> = None;
        let mut lines = Vec::with_capacity(self.0.len());
        for step in &self.0 {
            let at = |holds: bool| if holds { '≤' } else { '<' };
            let text = match (before, step.high.is_finite()) {
                (None, true) => format!("{name} {} {}", at(step.holds_high), step.high),
                (None, false) => format!("any {name}"),
                (Some(low), true) => format!(
                    "{} {} {name} {} {}",
                    low.high,
                    at(!low.holds_high),
                    at(step.holds_high),
                    step.high
                ),
                (Some(low), false) => {
                    let turned = if low.holds_high { '>' } else { '≥' };
                    format!("{name} {turned} {}", low.high)
                }
            };
            lines.push((text, step.gives));
            before = Some(step);
        }
        lines
    }

    /// What the ranges give, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.0.iter_mut().map(|step| &mut step.gives)
    }

    /// Everything the ranges give.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.0.iter().map(|step| step.gives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Sheet;

    fn of(text: &str) -> (Option<Steps>, usize) {
        let sheet = Sheet::parse(text, "m").unwrap();
        let steps = Steps::read(&sheet.top(), "points", "points");
        (steps, sheet.finish().len())
    }

    #[test]
    fn a_bound_belongs_to_the_range_that_says_so() {
        let (steps, problems) =
            of("points=[{below=7,points=0},{at-most=14,points=1},{below=20,points=2},{points=3}]");
        assert_eq!(problems, 0);
        let steps = steps.unwrap();
        let given = [-1e9, 6.999, 7.0, 14.0, 14.001, 20.0, f64::INFINITY].map(|x| steps.at(x));
        assert_eq!(given, [0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 3.0]);
        assert!(steps.at(f64::NAN).is_nan());
        let lines: Vec<String> = steps.lines("x").into_iter().map(|line| line.0).collect();
        assert_eq!(lines, ["x < 7", "7 ≤ x ≤ 14", "14 < x < 20", "x ≥ 20"]);
    }

    #[test]
    fn holes_and_overlaps_are_told() {
        for text in [
            "points=[]",
            "points=[{below=7,points=0},{below=7,points=1},{points=2}]",
            "points=[{below=7,points=0},{below=8,points=1}]",
            "points=[{points=0},{points=1}]",
            "points=[{below=7},{points=1}]",
            "points=[{below=7,at-most=8,points=0},{points=1}]",
            "points=[{below=7,point=0},{points=1}]",
        ] {
            let (steps, problems) = of(text);
            assert!(steps.is_none() && problems >= 1, "{text}");
        }
        assert!(of("").0.is_none());
    }
}
