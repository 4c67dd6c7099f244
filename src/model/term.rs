//! One summand of an equation: a coefficient times one factor, a product of factors, or "any of these holds".

use crate::error::Error;
use crate::model::factor::{self, Declared, Factor};
use crate::model::indicator::Test;
use crate::model::inputs::Values;
use crate::sheet::Section;

/// An interaction of more inputs is refused.
const MOST_FACTORS: usize = 20;

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
    match columns.get(input)? {
        values if values.refuses(row) => None,
        Values::Numbers(numbers) => numbers.get(row).map(|x| test.holds(*x)),
        Values::Codes(codes) => codes.get(row).map(|code| test.holds_code(*code)),
        Values::Tensor(_) => None,
    }
}
