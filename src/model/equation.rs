//! One equation: an intercept or a baseline, the terms, and a recalibration.

use crate::error::Error;
use crate::model::additive::Formula;
use crate::model::factor::Declared;
use crate::model::inputs::Values;
use crate::model::output::Link;
use crate::model::term::Term;
use crate::record::InputCard;
use crate::sheet::Section;

/// More terms are refused.
const MOST_TERMS: usize = 10_000;

/// A sum of terms on the scale of its link.
#[derive(Debug, Clone, PartialEq)]
pub struct Equation {
    start: f64,
    terms: Vec<Term>,
    recalibration: Option<[f64; 2]>,
}

/// Keys of an equation.
pub const KEYS: [&str; 5] = [
    "intercept",
    "baseline-survival",
    "lp-mean",
    "recalibration",
    "terms",
];

impl Equation {
    /// Reads the keys of an equation. None after a problem, which is noted in the sheet.
    pub fn read(section: &Section<'_>, link: Link, declared: &Declared<'_>) -> Option<Self> {
        for key in KEYS {
            section.has(key);
        }
        let start = match link {
            Link::Cox => baseline(section),
            Link::Identity | Link::Logistic => intercept(section, link),
        };
        let recalibration = section.section("recalibration").map(|inner| {
            for key in ["intercept", "slope"] {
                if !inner.has(key) {
                    inner.missing(key);
                }
            }
            Some([inner.number("intercept")?, inner.number("slope")?])
        });
        let count = section.length("terms");
        if count == 0 || count > MOST_TERMS {
            let error = Error::new(if count == 0 {
                "`terms` are missing".to_owned()
            } else {
                format!("there are {count} terms, more than the {MOST_TERMS} an equation may have")
            });
            section.problem("terms", error.help("each `[[terms]]` is one summand"));
            return None;
        }
        let terms: Vec<Option<Term>> = section
            .sections("terms")
            .iter()
            .map(|term| Term::read(term, declared))
            .collect();
        Some(Self {
            start: start?,
            terms: terms.into_iter().collect::<Option<_>>()?,
            recalibration: match recalibration {
                Some(read) => Some(read?),
                None => None,
            },
        })
    }

    /// The equation as one sum, recalibrated, for readers who know the inputs by these cards.
    pub fn formula(&self, cards: &[InputCard]) -> Formula {
        let [shift, slope] = self.recalibration.unwrap_or([0.0, 1.0]);
        let intercept = shift + slope * self.start;
        let mut start = intercept;
        let summands = self.terms.iter().map(|term| {
            let (constant, mut summand) = term.summand();
            start += slope * constant;
            summand.scale *= slope;
            summand.lines = term.lines(cards);
            let lines = summand.lines.iter_mut();
            lines.for_each(|line| line.coefficient *= slope);
            summand
        });
        Formula {
            when: String::new(),
            summands: summands.collect(),
            start,
            intercept,
        }
    }

    /// Its terms.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The numbers of its terms, to be changed; the intercept is not among them.
    pub fn numbers_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.terms.iter_mut().flat_map(Term::numbers_mut)
    }

    /// The sum for one row, recalibrated; NaN when an input is refused or has no value here.
    pub fn at(&self, columns: &[Values], row: usize) -> f64 {
        let sum = self.start
            + self
                .terms
                .iter()
                .map(|term| term.at(columns, row))
                .sum::<f64>();
        match self.recalibration {
            Some([intercept, slope]) => intercept + slope * sum,
            None => sum,
        }
    }
}

fn intercept(section: &Section<'_>, link: Link) -> Option<f64> {
    for key in ["baseline-survival", "lp-mean"] {
        if section.has(key) {
            let error = Error::new(format!("`{key}` belongs to the link `cox`"));
            section.problem(key, error.help("write `link = \"cox\"` or an `intercept`"));
        }
    }
    if link == Link::Logistic && !section.has("intercept") {
        section.problem(
            "intercept",
            Error::new("`intercept` is missing")
                .help("without it every risk is wrong; write 0 when it is zero"),
        );
    }
    match section.has("intercept") {
        true => section.number("intercept"),
        false => Some(0.0),
    }
}

/// The log cumulative hazard of a row whose terms sum to zero: `ln(−ln S0) − lp_mean`.
fn baseline(section: &Section<'_>) -> Option<f64> {
    if section.has("intercept") {
        section.problem(
            "intercept",
            Error::new("an equation with the link `cox` has no `intercept`")
                .help("its place is taken by `baseline-survival` and `lp-mean`"),
        );
    }
    for (key, help) in [
        (
            "baseline-survival",
            "the survival at the horizon of a patient at `lp-mean`",
        ),
        (
            "lp-mean",
            "write 0 when the published terms are centred already",
        ),
    ] {
        if !section.has(key) {
            let error = Error::new(format!("`{key}` is missing"));
            section.problem(key, error.help(help));
        }
    }
    let mean = section.number("lp-mean");
    let survival = section.number("baseline-survival")?;
    if !(survival > 0.0 && survival < 1.0) {
        let error = Error::new("`baseline-survival` must lie between 0 and 1");
        section.problem("baseline-survival", error);
        return None;
    }
    Some((-survival.ln()).ln() - mean?)
}
