//! The test vectors a model card holds (`[[tests]]`): made-up rows and the scores they must get.
//!
//! ```toml
//! [[tests]]
//! name      = "a woman of 63"                    # optional, for messages
//! row       = { age = 63, sex = "female", creatinine = "missing" }
//! score     = 0.13706321                         # on the scale the card declares
//! tolerance = 0.00001                            # optional, on the same scale
//! ```
//!
//! A row names every input of the card, in the card's units; an input that is a tensor gets a list; `"missing"` is no value.
//! Rows must be made up: a row of a person would be a disclosure, and the card travels with the model. Neither record nor
//! pages ever show one.

use crate::error::{Error, shown};
use crate::record::{InputCard, InputKind, TestCell, TestVector};
use crate::sheet::Section;
use std::collections::BTreeMap;

/// More test vectors prove nothing more.
const MOST: usize = 1_000;

/// Reads every `[[tests]]` of a card and holds it against the card's inputs. Problems are noted in the sheet.
pub fn read(top: &Section<'_>, inputs: &[InputCard]) -> Vec<TestVector> {
    let sections = top.sections("tests");
    if sections.len() > MOST {
        top.problem(
            "tests",
            Error::new(format!("the card has more than {MOST} test vectors")),
        );
        return Vec::new();
    }
    sections
        .iter()
        .filter_map(|section| vector(section, inputs))
        .collect()
}

fn vector(section: &Section<'_>, inputs: &[InputCard]) -> Option<TestVector> {
    let name = section.text("name");
    for key in ["row", "score"] {
        if !section.has(key) {
            section.missing(key);
        }
    }
    let tolerance = section.number("tolerance");
    if tolerance.is_some_and(|tolerance| tolerance < 0.0) {
        let error = Error::new("`tolerance` must be at least zero");
        section.problem("tolerance", error);
    }
    let score = section.number("score");
    let row = row(&section.section("row")?, inputs);
    Some(TestVector {
        name,
        row: row?,
        score: score?,
        tolerance,
    })
}

fn row(section: &Section<'_>, inputs: &[InputCard]) -> Option<BTreeMap<String, TestCell>> {
    let known = || inputs.iter().map(|input| input.name.as_str());
    let given = section.keys();
    let mut whole = true;
    for key in given
        .iter()
        .filter(|key| !known().any(|name| name == **key))
    {
        section.has(key);
        let open = known().filter(|name| !given.contains(name));
        section.problem(
            key,
            Error::new(format!(
                "the row names `{}`, which is no input of the card",
                shown(key)
            ))
            .suggest(key, open),
        );
        whole = false;
    }
    let mut row = BTreeMap::new();
    for input in inputs {
        match cell(section, input) {
            Some(cell) => {
                row.insert(input.name.clone(), cell);
            }
            None => whole = false,
        }
    }
    whole.then_some(row)
}

fn cell(section: &Section<'_>, input: &InputCard) -> Option<TestCell> {
    let key = input.name.as_str();
    let wrong = |what: String, help: &str| {
        section.problem(key, Error::new(what).help(help));
        None
    };
    let name = shown(key);
    let Some(kind) = section.kind(key) else {
        return wrong(
            format!("the row has no value for the input `{name}`"),
            "give every input a value; write \"missing\" for one that is missing",
        );
    };
    if kind == "a text" {
        let word = section.text(key)?;
        let known = input.categories.contains(&word);
        return match (known, word.as_str()) {
            (true, _) => Some(TestCell::Word(word)),
            (false, "missing") => Some(TestCell::Missing),
            (false, _) if input.kind == InputKind::Category => {
                let known = input.categories.iter().map(String::as_str);
                let what = format!("`{}` is no category of `{name}`", shown(&word));
                section.problem(key, Error::new(what).suggest(&word, known));
                None
            }
            _ => wrong(
                format!("`{name}` is a number, and the row gives a text"),
                "write the number, or \"missing\"",
            ),
        };
    }
    if input.kind == InputKind::Category {
        return wrong(
            format!("`{name}` is a category, and the row gives {kind}"),
            "write the category's word",
        );
    }
    match kind {
        "a list" => Some(TestCell::List(section.numbers(key)?)),
        _ => Some(TestCell::Number(section.number(key)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Sheet;

    fn of(tests: &str) -> (Vec<TestVector>, Vec<String>) {
        let inputs = [
            InputCard {
                name: "age".into(),
                ..InputCard::default()
            },
            InputCard {
                name: "sex".into(),
                kind: InputKind::Category,
                categories: vec!["female".into(), "male".into()],
                ..InputCard::default()
            },
        ];
        let sheet = Sheet::parse(tests, "card.toml").unwrap();
        let read = read(&sheet.top(), &inputs);
        let problems = sheet.finish().iter().map(ToString::to_string).collect();
        (read, problems)
    }

    #[test]
    fn rows_are_read_by_the_names_of_inputs() {
        let (vectors, problems) = of(
            "[[tests]]\nrow = { sex = 'male', age = 63 }\nscore = 0.137\n[[tests]]\nname='b'\nrow = { age = 'missing', sex = 'missing' }\nscore = 1\ntolerance = 0.1",
        );
        assert_eq!(problems, [""; 0]);
        assert_eq!(vectors[0].row["age"], TestCell::Number(63.0));
        assert_eq!(vectors[0].row["sex"], TestCell::Word("male".into()));
        assert_eq!(vectors[1].row["sex"], TestCell::Missing);
        assert_eq!(vectors[1].tolerance, Some(0.1));
    }

    #[test]
    fn every_slip_of_a_test_vector_is_told() {
        for (test, told) in [
            (
                "row = { age = 63 }\nscore = 0",
                "no value for the input `sex`",
            ),
            (
                "row = { ages = 63, sex = 'male' }\nscore = 0",
                "did you mean `age`",
            ),
            (
                "row = { age = 63, sex = 'mal' }\nscore = 0",
                "did you mean `male`",
            ),
            (
                "row = { age = '63', sex = 'male' }\nscore = 0",
                "is a number",
            ),
            ("row = { age = 63, sex = 1 }\nscore = 0", "is a category"),
            ("row = { age = 63, sex = 'male' }", "`score` is missing"),
            ("score = 0", "`row` is missing"),
            (
                "row = { age = 63, sex = 'male' }\nscore = 0\ntolerance = -1",
                "at least zero",
            ),
            (
                "row = { age = 63, sex = 'male' }\nscore = 0\ntolerence = 1",
                "did you mean `tolerance`",
            ),
        ] {
            let (_, problems) = of(&format!("[[tests]]\n{test}"));
            assert!(
                problems.iter().any(|p| p.contains(told)),
                "{test}: {problems:?}"
            );
        }
    }
}
