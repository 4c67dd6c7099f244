//! Regression equations and point scores in a readable TOML file beside the card.
//!
//! # One equation
//!
//! ```toml
//! link      = "logistic"          # or "identity", "cox"
//! intercept = -4.2
//!
//! [[terms]]                       # coefficient × age, in tens of years above 50
//! input = "age"
//! centre = 50
//! scale = 10
//! coefficient = 0.3
//!
//! [[terms]]                       # a category: what each level counts
//! input = "sex"
//! levels = { female = 0, male = 0.25 }
//!
//! [[terms]]                       # a question: 1 when it holds, else 0
//! input = "sbp"
//! below = 90
//! coefficient = 0.8
//!
//! [[terms]]                       # an interaction
//! product = [{ input = "age", transform = "log" }, { input = "sex", is = "male" }]
//! coefficient = 0.1
//!
//! [[terms]]                       # a restricted cubic spline
//! input = "bmi"
//! knots = [20, 25, 35]
//! coefficients = [-0.1, 0.2]
//! ```
//!
//! What a number goes through is said in [`crate::model::transform`], questions in [`crate::model::indicator`], splines in
//! [`crate::model::spline`].
//!
//! # Points
//!
//! With `link = "identity"` the sum itself is the score. Ranges are looked up ([`crate::model::points`]); `any` is 1 when at
//! least one of its questions holds; `[risk]` turns the total into a risk: a `table` of exact totals
//! (`{ points = 0, risk = 0.01 }`), a `table` of ranges (`{ below = 4, risk = 0.02 }`), or `intercept` and `slope` of a
//! log odds.
//!
//! ```toml
//! link = "identity"
//! [[terms]]
//! input = "urea"
//! points = [{ at-most = 7, points = 0 }, { points = 1 }]
//! [[terms]]
//! any = [{ input = "sbp", below = 90 }, { input = "dbp", at-most = 60 }]
//! coefficient = 1
//! [risk]
//! table = [{ points = 0, risk = 0.01 }, { points = 1, risk = 0.03 }, { points = 2, risk = 0.09 }]
//! ```
//!
//! # A risk at a fixed horizon
//!
//! `link = "cox"` reads `risk = 1 − S0^exp(sum − lp-mean)` with `baseline-survival` (S0 at the horizon) and `lp-mean`.
//! `recalibration = { intercept = a, slope = b }` acts on the link's scale: `a + b × log odds`, or
//! `a + b × ln(−ln(1 − risk))` for `cox`.
//!
//! # Equations by stratum
//!
//! Instead of one equation, `[[strata]]` each holds one, for the rows that answer every question of `when`. No row may
//! belong to two; a row that belongs to none is refused.
//!
//! ```toml
//! link = "cox"
//! [[strata]]
//! when = [{ input = "sex", is = "female" }]
//! baseline-survival = 0.95
//! lp-mean = 26.2
//! terms = [{ input = "age", transform = "log", coefficient = 2.3 }]
//! ```
//!
//! # Promises
//!
//! The score is on the card's scale: `probability` and `percent` with the link applied, `logit` before it. Every input
//! named must be declared in the card, and every declared one be used. A row with a refused input, or one the equation has
//! no value for (the logarithm of zero), gets NaN. `source` and `note` are free texts.

use crate::dataset::table::Batch;
use crate::error::{Error, Result, shown};
use crate::model::additive::{Additive, Formula, Margin, Place};
use crate::model::equation::{self, Equation};
use crate::model::factor::Declared;
use crate::model::file;
use crate::model::indicator::Test;
use crate::model::inputs::{self, Values};
use crate::model::output::{Link, Output};
use crate::model::predict::{Model, Opened};
use crate::model::term::{answer, questions};
use crate::record::{InputCard, ModelCard};
use crate::sheet::{Section, Sheet};
use std::path::Path;

/// More strata are refused.
const MOST_STRATA: usize = 100;

#[derive(Debug)]
struct Linear {
    inputs: Vec<InputCard>,
    strata: Vec<Stratum>,
    output: Output,
}

#[derive(Debug)]
struct Stratum {
    when: Vec<(usize, Test)>,
    equation: Equation,
}

/// Opens the TOML file of a `linear` model and tells every problem at once.
pub fn open(card: &ModelCard, folder: &Path) -> Opened {
    open_with(card, folder, &mut |_| ())
}

/// Opens it and lets `change` change the numbers of its terms (coefficients, or what levels, ranges and splines give; no
/// intercept): all of them together, once for each stratum.
pub fn open_with(card: &ModelCard, folder: &Path, change: &mut dyn FnMut(&mut [f64])) -> Opened {
    let path = file::locate(card, folder).map_err(|error| vec![error])?;
    let shown_as = format!(
        "{}/{}",
        shown(&card.id),
        shown(card.file.as_deref().unwrap_or_default())
    );
    let sheet = Sheet::read(&path, &shown_as).map_err(|error| vec![error])?;
    let declared = Declared::new(&card.inputs);
    let top = sheet.top();
    top.text("source");
    top.text("note");
    let output = Output::read(&top, card.score);
    let link = output.as_ref().map_or(Link::Identity, Output::link);
    let strata = strata(&top, link, &declared);
    let mut problems = sheet.finish();
    if problems.is_empty() {
        problems = declared
            .unused()
            .iter()
            .map(|name| {
                Error::new(format!(
                    "the input `{}` is declared in the card and never used",
                    shown(name)
                ))
                .at(shown_as.clone())
                .help("take it out of the card, or add its term")
            })
            .collect();
    }
    match (output, strata) {
        (Some(output), Some(mut strata)) if problems.is_empty() => {
            for stratum in &mut strata {
                let mut numbers: Vec<f64> = stratum.equation.numbers_mut().map(|x| *x).collect();
                change(&mut numbers);
                let pairs = stratum.equation.numbers_mut().zip(numbers);
                pairs.for_each(|(old, new)| *old = new);
            }
            Ok(Box::new(Linear {
                inputs: card.inputs.clone(),
                strata,
                output,
            }))
        }
        _ if problems.is_empty() => {
            Err(vec![Error::new("the equation cannot be read").at(shown_as)])
        }
        _ => Err(problems),
    }
}

fn strata(top: &Section<'_>, link: Link, declared: &Declared<'_>) -> Option<Vec<Stratum>> {
    if !top.has("strata") {
        return Some(vec![Stratum {
            when: Vec::new(),
            equation: Equation::read(top, link, declared)?,
        }]);
    }
    for key in equation::KEYS {
        if top.has(key) {
            let error = Error::new(format!("`{key}` stands beside `[[strata]]`"));
            top.problem(
                key,
                error.help("each stratum has its own equation; write it there"),
            );
        }
    }
    let count = top.length("strata");
    if count == 0 || count > MOST_STRATA {
        let error = Error::new(format!(
            "`strata` must be a list of 1 to {MOST_STRATA} tables"
        ));
        top.problem("strata", error);
        return None;
    }
    let sections = top.sections("strata");
    let read: Vec<Option<Stratum>> = sections
        .iter()
        .map(|section| {
            let asked = section.sections("when");
            if asked.is_empty() {
                let error = Error::new("`when` is missing");
                let help = "say who belongs here: `when = [{ input = \"sex\", is = \"female\" }]`";
                section.problem("when", error.help(help));
            }
            let when = questions(&asked, declared);
            let equation = Equation::read(section, link, declared);
            Some(Stratum {
                when: when?,
                equation: equation?,
            })
        })
        .collect();
    let strata: Vec<Stratum> = read.into_iter().collect::<Option<_>>()?;
    let mut earlier: &[Stratum] = &[];
    for (place, (stratum, section)) in strata.iter().zip(&sections).enumerate() {
        if !earlier.iter().all(|other| stratum.excludes(other)) {
            let error = Error::new("a row could belong to this stratum and to an earlier one");
            section.problem(
                "when",
                error.help("ask both about the same input, with answers that exclude each other"),
            );
        }
        earlier = strata.get(..=place).unwrap_or_default();
    }
    Some(strata)
}

impl Stratum {
    fn excludes(&self, other: &Self) -> bool {
        self.when.iter().any(|(input, test)| {
            other
                .when
                .iter()
                .any(|(same, others)| input == same && test.excludes(others))
        })
    }

    fn holds(&self, columns: &[Values], row: usize) -> bool {
        self.when
            .iter()
            .all(|(input, test)| answer(columns, *input, test, row) == Some(true))
    }
}

impl Model for Linear {
    fn predict(&self, batch: &Batch<'_>) -> Result<Vec<f64>> {
        let columns = self.enter(batch)?;
        let score = |row: usize| {
            let formula = self.formula_of(&columns, row);
            match formula.and_then(|place| self.strata.get(place)) {
                Some(stratum) => self.output.score(stratum.equation.at(&columns, row)),
                None => f64::NAN,
            }
        };
        Ok((0..batch.len()).map(score).collect())
    }

    fn additive(&self) -> Option<&dyn Additive> {
        Some(self)
    }
}

impl Additive for Linear {
    fn margin(&self) -> Margin {
        match self.output.link() {
            Link::Logistic => Margin::Odds,
            Link::Cox => Margin::Hazard,
            Link::Identity => Margin::Points,
        }
    }

    fn formulas(&self) -> Vec<Formula> {
        let words = |(input, test): &(usize, Test)| match self.inputs.get(*input) {
            Some(card) => test.words(&shown(&card.name), &card.categories),
            None => String::new(),
        };
        let formula = |stratum: &Stratum| Formula {
            when: stratum
                .when
                .iter()
                .map(words)
                .collect::<Vec<_>>()
                .join(", "),
            ..stratum.equation.formula(&self.inputs)
        };
        self.strata.iter().map(formula).collect()
    }

    fn enter(&self, batch: &Batch<'_>) -> Result<Vec<Values>> {
        let inputs = self.inputs.iter();
        inputs.map(|input| inputs::read(input, batch)).collect()
    }

    fn formula_of(&self, columns: &[Values], row: usize) -> Option<usize> {
        if columns.iter().any(|column| column.refuses(row)) {
            return None;
        }
        let mut strata = self.strata.iter();
        strata.position(|stratum| stratum.holds(columns, row))
    }

    fn factor(&self, place: Place, values: &Values, rows: usize) -> Vec<f64> {
        let stratum = self.strata.get(place.formula);
        let term = stratum.and_then(|stratum| stratum.equation.terms().get(place.summand));
        let input = term.and_then(|term| term.summand().1.inputs.get(place.input).copied());
        match term.zip(input) {
            Some((term, input)) => (0..rows)
                .map(|row| term.factor(input, values, row))
                .collect(),
            None => vec![f64::NAN; rows],
        }
    }

    fn score(&self, margin: f64) -> f64 {
        self.output.score(margin)
    }
}
