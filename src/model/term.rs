//! One summand of an equation: a coefficient times one factor, a product of factors, or "any of these holds".

use crate::error::{Error, shown};
use crate::model::additive::{Line, Summand};
use crate::model::factor::{self, Declared, Factor};
use crate::model::indicator::Test;
use crate::model::inputs::Values;
use crate::record::InputCard;
use crate::sheet::Section;

/// An interaction of more inputs is refused.
const MOST_FACTORS: usize = 20;
/// More lines of a product are not told.
const MOST_LINES: usize = 1_000;

#[derive(Debug, Clone, PartialEq)]
enum Body {
    Product(Vec<Factor>),
    Any(Vec<(usize, Test)>),
}

/// One summand.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    coefficient: f64,
    body: Body,
}

impl Term {
    /// Reads one of `[[terms]]`. None after a problem, which is noted in the sheet.
    pub fn read(section: &Section<'_>, declared: &Declared<'_>) -> Option<Self> {
        let coefficient = section.number("coefficient");
        let several: Vec<&str> = ["product", "any"]
            .into_iter()
            .filter(|key| section.has(key))
            .collect();
        let (body, weighs_itself) = match several.as_slice() {
            [] => {
                let factor = Factor::read(section, declared)?;
                let weighs_itself = factor.weighs_itself();
                (Body::Product(vec![factor]), weighs_itself)
            }
            [key] => {
                let misplaced = factor::keys().filter(|key| section.has(key)).last();
                if let Some(misplaced) = misplaced {
                    let error = Error::new(format!("`{misplaced}` stands beside `{key}`"));
                    section.problem(misplaced, error.help(format!("write it inside `{key}`")));
                }
                let length = section.length(key);
                if length == 0 || length > MOST_FACTORS {
                    let error = Error::new(format!(
                        "`{key}` must be a list of 1 to {MOST_FACTORS} tables"
                    ));
                    section.problem(
                        key,
                        error.help("`[{ input = \"age\" }, { input = \"sex\", is = \"male\" }]`"),
                    );
                    return None;
                }
                let parts = section.sections(key);
                let body = if *key == "any" {
                    Body::Any(questions(&parts, declared)?)
                } else {
                    let read: Vec<_> = parts
                        .iter()
                        .map(|part| Factor::read(part, declared))
                        .collect();
                    Body::Product(read.into_iter().collect::<Option<_>>()?)
                };
                (body, false)
            }
            _ => {
                section.problem("any", Error::new("`product` and `any` are given at once"));
                return None;
            }
        };
        if coefficient.is_none() && !weighs_itself {
            if !section.has("coefficient") {
                section.problem("coefficient", Error::new("`coefficient` is missing"));
            }
            return None;
        }
        Some(Self {
            coefficient: coefficient.unwrap_or(1.0),
            body,
        })
    }

    /// What it adds to every row, and its summand without the words (`constant + scale · Π factors`).
    pub fn summand(&self) -> (f64, Summand) {
        let (constant, scale, inputs): (f64, f64, Vec<usize>) = match &self.body {
            Body::Product(factors) => (
                0.0,
                self.coefficient,
                factors.iter().map(Factor::input).collect(),
            ),
            // one of them holds: not none of them
            Body::Any(questions) => (
                self.coefficient,
                -self.coefficient,
                questions.iter().map(|(input, _)| *input).collect(),
            ),
        };
        let mut once = Vec::with_capacity(inputs.len());
        for input in inputs {
            if !once.contains(&input) {
                once.push(input);
            }
        }
        let summand = Summand {
            scale,
            inputs: once,
            lines: Vec::new(),
        };
        (constant, summand)
    }

    /// The factor of one input in [`summand`](Self::summand), at a row of its values.
    pub fn factor(&self, input: usize, values: &Values, row: usize) -> f64 {
        match &self.body {
            Body::Product(factors) => {
                let own = factors.iter().filter(|factor| factor.input() == input);
                own.map(|factor| factor.of(values, row)).product()
            }
            Body::Any(questions) => {
                let own = questions.iter().filter(|(of, _)| *of == input);
                let none = |(_, test): &(usize, Test)| match holds(values, test, row) {
                    Some(holds) => f64::from(u8::from(!holds)),
                    None => f64::NAN,
                };
                own.map(none).product()
            }
        }
    }

    /// The term in words: what is multiplied, and by what. Products of levels and ranges are multiplied out; those that
    /// count nothing are left out.
    pub fn lines(&self, cards: &[InputCard]) -> Vec<Line> {
        let all = match &self.body {
            Body::Any(questions) => {
                let words = questions
                    .iter()
                    .map(|(input, test)| match cards.get(*input) {
                        Some(card) => test.words(&shown(&card.name), &card.categories),
                        None => String::new(),
                    });
                let words: Vec<String> = words.collect();
                vec![(words.join(", or "), 1.0)]
            }
            Body::Product(factors) => {
                let mut all = vec![(String::new(), 1.0)];
                for factor in factors {
                    let lines = factor.lines(cards);
                    let several = factors.len() > 1;
                    let pairs = all.iter().flat_map(|(before, weight)| {
                        let kept = lines.iter().filter(|line| !several || line.1 != 0.0);
                        kept.map(move |(text, by)| match before.is_empty() {
                            true => (text.clone(), weight * by),
                            false => (format!("{before} × {text}"), weight * by),
                        })
                    });
                    all = pairs.take(MOST_LINES).collect();
                }
                all
            }
        };
        let line = |(what, weight)| Line {
            what,
            coefficient: self.coefficient * weight,
        };
        all.into_iter().map(line).collect()
    }

    /// Its numbers of the file, to be changed: the coefficient, or what its levels, ranges or basis give where there is none.
    pub fn numbers_mut(&mut self) -> Vec<&mut f64> {
        match &mut self.body {
            Body::Product(factors) if self.coefficient == 1.0 && factors.len() == 1 => {
                let own = factors.iter().all(Factor::weighs_itself);
                match factors.first_mut() {
                    Some(factor) if own => factor.numbers_mut(),
                    _ => vec![&mut self.coefficient],
                }
            }
            _ => vec![&mut self.coefficient],
        }
    }

    /// What the row adds to the sum; NaN when an input is refused or has no value here.
    pub fn at(&self, columns: &[Values], row: usize) -> f64 {
        let value = match &self.body {
            Body::Product(factors) => factors
                .iter()
                .map(|factor| factor.at(columns, row))
                .product(),
            Body::Any(questions) => {
                let answers = questions
                    .iter()
                    .map(|(input, test)| answer(columns, *input, test, row));
                match answers.collect::<Option<Vec<bool>>>() {
                    Some(answers) => f64::from(u8::from(answers.contains(&true))),
                    None => f64::NAN,
                }
            }
        };
        self.coefficient * value
    }
}

/// Reads a list of questions, each about one input. None after a problem, which is noted in the sheet.
pub fn questions(parts: &[Section<'_>], declared: &Declared<'_>) -> Option<Vec<(usize, Test)>> {
    let read: Vec<_> = parts.iter().map(|part| question(part, declared)).collect();
    read.into_iter().collect()
}

fn question(section: &Section<'_>, declared: &Declared<'_>) -> Option<(usize, Test)> {
    let keys = [
        "above", "at-least", "below", "at-most", "equals", "one-of", "is",
    ];
    let asks = keys.into_iter().filter(|key| section.has(key)).count();
    let (input, card) = declared.find(section)?;
    if asks == 0 {
        section.problem(
            "input",
            Error::new("the question is missing").help(format!("one of {}", keys.join(", "))),
        );
    }
    Test::read(section, card).map(|test| (input, test))
}

/// The answer of a row to a question; none when its input is refused.
pub fn answer(columns: &[Values], input: usize, test: &Test, row: usize) -> Option<bool> {
    holds(columns.get(input)?, test, row)
}

/// The answer of a row of values to a question; none when it is refused.
fn holds(values: &Values, test: &Test, row: usize) -> Option<bool> {
    match values {
        values if values.refuses(row) => None,
        Values::Numbers(numbers) => numbers.get(row).map(|x| test.holds(*x)),
        Values::Codes(codes) => codes.get(row).map(|code| test.holds_code(*code)),
        Values::Tensor(_) => None,
    }
}
