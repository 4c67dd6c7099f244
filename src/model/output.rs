//! From the sum of an equation to a score on the card's scale: the link, and for point scores the table of risks.

use crate::error::Error;
use crate::model::points::Steps;
use crate::model::scale::logistic;
use crate::record::ScoreScale;
use crate::sheet::Section;

/// How the sum becomes a risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It stays what it is.
    Identity,
    /// A log odds.
    Logistic,
    /// The log of a cumulative hazard at the horizon: `risk = 1 − exp(−exp(sum))`.
    Cox,
}

#[derive(Debug, Clone, PartialEq)]
enum Risk {
    Ranges(Steps),
    Exact(Vec<(f64, f64)>),
    Logistic { intercept: f64, slope: f64 },
}

/// Link, table of risks and scale, known to fit each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    link: Link,
    risk: Option<Risk>,
    scale: ScoreScale,
}

impl Output {
    /// Reads `link` and `[risk]`, and holds them against the scale of the card. None after a problem, which is noted in the
    /// sheet.
    pub fn read(top: &Section<'_>, scale: ScoreScale) -> Option<Self> {
        if !top.has("link") {
            let error = Error::new("`link` is missing");
            top.problem("link", error.help("one of `identity`, `logistic`, `cox`"));
        }
        let risk = top.section("risk").map(|section| Risk::read(&section));
        let link = match top
            .one_of("link", &["identity", "logistic", "cox"])?
            .as_str()
        {
            "logistic" => Link::Logistic,
            "cox" => Link::Cox,
            _ => Link::Identity,
        };
        let clash = match (link, &risk, scale) {
            (Link::Logistic | Link::Cox, Some(_), _) => {
                Some("`[risk]` turns points into a risk, and the link does so already")
            }
            (Link::Logistic | Link::Cox, _, ScoreScale::Points) => {
                Some("the link gives a risk, and the card declares `points`")
            }
            (Link::Cox, _, ScoreScale::Logit) => {
                Some("the link `cox` gives a risk, and the card declares a `logit`")
            }
            (Link::Identity, Some(_), ScoreScale::Points | ScoreScale::Logit) => {
                Some("`[risk]` gives a risk, and the card declares another scale")
            }
            _ => None,
        };
        if let Some(clash) = clash {
            top.problem(
                "link",
                Error::new(clash)
                    .help("write `link = \"identity\"`, or `score = \"probability\"` in the card"),
            );
        }
        let risk = match risk {
            Some(read) => Some(read?),
            None => None,
        };
        Some(Self { link, risk, scale })
    }

    /// The link.
    pub fn link(&self) -> Link {
        self.link
    }

    /// The score on the card's scale; NaN when the table of risks holds no such sum.
    pub fn score(&self, sum: f64) -> f64 {
        let risk = match (self.link, &self.risk) {
            (Link::Logistic, _) if self.scale == ScoreScale::Logit => return sum,
            (Link::Logistic, _) => logistic(sum),
            (Link::Cox, _) => -(-sum.exp()).exp_m1(),
            (Link::Identity, Some(risk)) => risk.at(sum),
            (Link::Identity, None) => return sum,
        };
        match self.scale {
            ScoreScale::Percent => 100.0 * risk,
            _ => risk,
        }
    }
}

/// Sums of decimal points are held equal within this.
const SAME: f64 = 1e-9;

impl Risk {
    fn read(section: &Section<'_>) -> Option<Self> {
        let intercept = section.number("intercept");
        let slope = section.number("slope");
        if !section.has("table") {
            for key in ["intercept", "slope"] {
                if !section.has(key) {
                    let error = Error::new(format!("`{key}` is missing in `[risk]`"));
                    section.problem(
                        key,
                        error.help("give a `table`, or `intercept` and `slope`"),
                    );
                }
            }
            return Some(Self::Logistic {
                intercept: intercept?,
                slope: slope?,
            });
        }
        if section.has("intercept") || section.has("slope") {
            let error = Error::new("`[risk]` has a `table` and an equation at once");
            section.problem("table", error.help("keep one of them"));
        }
        let exact = section.length("table") > 0
            && section.length("table") <= 1_000
            && section
                .sections("table")
                .iter()
                .any(|row| row.has("points"));
        let read = if exact {
            Self::Exact(exactly(section)?)
        } else {
            Self::Ranges(Steps::read(section, "table", "risk")?)
        };
        let risks: Vec<f64> = match &read {
            Self::Ranges(steps) => steps.values().collect(),
            Self::Exact(rows) => rows.iter().map(|row| row.1).collect(),
            Self::Logistic { .. } => Vec::new(),
        };
        if risks.iter().any(|risk| !(0.0..=1.0).contains(risk)) {
            let error = Error::new("a risk of the table lies outside [0, 1]");
            section.problem("table", error.help("write 5 % as 0.05"));
        }
        Some(read)
    }

    fn at(&self, sum: f64) -> f64 {
        match self {
            Self::Ranges(steps) => steps.at(sum),
            Self::Exact(rows) => rows
                .iter()
                .find(|(points, _)| (points - sum).abs() <= SAME)
                .map_or(f64::NAN, |(_, risk)| *risk),
            Self::Logistic { intercept, slope } => logistic(intercept + slope * sum),
        }
    }
}

fn exactly(section: &Section<'_>) -> Option<Vec<(f64, f64)>> {
    let mut rows: Vec<(f64, f64)> = Vec::new();
    let mut good = true;
    for row in section.sections("table") {
        for key in ["points", "risk"] {
            if !row.has(key) {
                let error = Error::new(format!("`{key}` is missing in a row of the table"));
                row.problem(key, error.help("`{ points = 3, risk = 0.05 }`"));
            }
        }
        let (Some(points), Some(risk)) = (row.number("points"), row.number("risk")) else {
            good = false;
            continue;
        };
        if rows
            .iter()
            .any(|(before, _)| (before - points).abs() <= SAME)
        {
            row.problem(
                "points",
                Error::new(format!("{points} points stand twice in the table")),
            );
            good = false;
        }
        rows.push((points, risk));
    }
    good.then_some(rows)
}
