//! Test vectors: the model must give every made-up row of its card the score the card declares, before any row of a
//! patient is read.
//!
//! A score is reproduced when it lies within `tolerance` of the declared one. Unless the card says another: a millionth of
//! a risk (`probability`, `percent`); a millionth, or a millionth of the score where that is more, of `logit` and
//! `points`. That is what 32 bits hold; a score that was rounded when it was written down needs a `tolerance`.
//!
//! For a vector that fails the usual mistakes are tried, one at a time: another scale, two inputs swapped, one input in
//! another unit. The first that gives the declared score is named.

use crate::dataset::table::{Batch, Category, Column, MISSING, Table};
use crate::dataset::tensor::Tensors;
use crate::error::{Error, Result, shown};
use crate::model::conversion;
use crate::model::predict::Model;
use crate::model::scale::logistic;
use crate::record::{InputCard, InputKind, ModelCard, ScoreScale, TestCell, TestVector};
use std::collections::BTreeMap;

/// As close as 32 bits are.
const MILLIONTH: f64 = 1e-6;
/// Models with more inputs are not searched for a mistake.
const MOST_INPUTS: usize = 60;
/// Failures told one by one.
const SHOWN: usize = 10;

/// Scores every test vector of a card. Gives how many there are, all of which reproduce; none when the card has none.
///
/// # Errors
/// One for each vector that does not reproduce, with what was expected, what was found and what usually causes it.
pub fn reproduce(
    card: &ModelCard,
    model: &dyn Model,
) -> std::result::Result<Option<u64>, Vec<Error>> {
    if card.tests.is_empty() {
        return Ok(None);
    }
    let rows: Vec<&Row> = card.tests.iter().map(|test| &test.row).collect();
    let scores = scored(card, model, &rows).map_err(|error| vec![error])?;
    let mut problems = Vec::new();
    let mut failed = 0;
    for (place, (test, score)) in card.tests.iter().zip(scores).enumerate() {
        if fits(card.score, test, score) {
            continue;
        }
        failed += 1;
        if problems.len() < SHOWN {
            problems.push(told(card, model, place, test, score));
        }
    }
    if failed > problems.len() {
        let more = failed - problems.len();
        problems.push(Error::new(format!(
            "{more} more test vectors do not reproduce"
        )));
    }
    match problems.is_empty() {
        true => Ok(Some(card.tests.len() as u64)),
        false => Err(problems),
    }
}

type Row = BTreeMap<String, TestCell>;

/// True when the score lies within the tolerance of the declared one.
fn fits(scale: ScoreScale, test: &TestVector, score: f64) -> bool {
    let usual = match scale {
        ScoreScale::Probability | ScoreScale::Percent => MILLIONTH * test.score.abs(),
        ScoreScale::Logit | ScoreScale::Points => MILLIONTH * test.score.abs().max(1.0),
    };
    (score - test.score).abs() <= test.tolerance.unwrap_or(usual).max(f64::MIN_POSITIVE)
}

fn scored(card: &ModelCard, model: &dyn Model, rows: &[&Row]) -> Result<Vec<f64>> {
    let mut table = Table::new(rows.len());
    let mut joins = BTreeMap::new();
    for input in &card.inputs {
        let cell = |row: &&Row| row.get(&input.name).cloned();
        let cells = rows
            .iter()
            .map(|row| cell(row).unwrap_or(TestCell::Missing));
        let column = match input.kind {
            InputKind::Category => Column::Category(words(cells)),
            InputKind::Tensor => Column::Tensor(lists(input, cells)?),
            InputKind::Number => Column::Number(
                cells
                    .map(|cell| match cell {
                        TestCell::Number(number) => Ok(number),
                        TestCell::List(_) => Err(Error::new(format!(
                            "a test vector gives the input `{}` a list, and it takes one number",
                            shown(&input.name)
                        ))),
                        TestCell::Missing | TestCell::Word(_) => Ok(f64::NAN),
                    })
                    .collect::<Result<_>>()?,
            ),
        };
        table.insert(&input.name, column)?;
        joins.insert(input.name.clone(), input.name.clone());
    }
    let places: Vec<u32> = (0..).take(rows.len()).collect();
    let scores = model.predict(&Batch::new(&table, &joins, &places))?;
    if scores.len() == rows.len() {
        Ok(scores)
    } else {
        Err(Error::new(
            "the model gives another number of scores than the card has test vectors",
        ))
    }
}

/// The lists of a tensor input; a number where the input has one of them is a list of one.
fn lists(input: &InputCard, cells: impl Iterator<Item = TestCell>) -> Result<Tensors> {
    let width: usize = input.shape.iter().product();
    let mut values = Vec::new();
    for cell in cells {
        let list = match cell {
            TestCell::List(list) => list,
            TestCell::Number(number) => vec![number],
            TestCell::Missing | TestCell::Word(_) => vec![f64::NAN; width],
        };
        if list.len() != width {
            return Err(Error::new(format!(
                "a test vector gives the input `{}` {} numbers, and it takes {width}",
                shown(&input.name),
                list.len()
            )));
        }
        values.extend(list.into_iter().map(|number| number as f32));
    }
    Tensors::new(width, values)
}

fn words(cells: impl Iterator<Item = TestCell>) -> Category {
    let mut category = Category::default();
    for cell in cells {
        let code = match cell {
            TestCell::Word(word) => match category.levels.iter().position(|w| *w == word) {
                Some(known) => known,
                None => {
                    category.levels.push(word);
                    category.levels.len() - 1
                }
            },
            _ => MISSING as usize,
        };
        category.codes.push(code as u32);
    }
    category
}

fn told(card: &ModelCard, model: &dyn Model, place: usize, test: &TestVector, score: f64) -> Error {
    let name = match &test.name {
        Some(name) => format!("test vector {} (`{}`)", place + 1, shown(name)),
        None => format!("test vector {}", place + 1),
    };
    if !score.is_finite() {
        return Error::new(format!(
            "{name} does not reproduce: the card expects {}, and the model refuses the row",
            test.score
        ))
        .help("is a value outside its `range`, or missing where the card says `missing = \"refuse\"`?");
    }
    let error = Error::new(format!(
        "{name} does not reproduce: the card expects {}, and the model gives {score}",
        test.score
    ));
    let near = (score - test.score).abs() <= 1e-3 * test.score.abs().max(1e-3);
    error.help(match mistake(card, model, test, score) {
        Some(mistake) => mistake,
        None if near => {
            "they are close: was the score rounded when it was written down, or made by another version? \
             `tolerance = …` says how far it may lie off"
                .to_owned()
        }
        None => "usual causes: inputs in another order, a value in another unit, another version of the model, a score \
                 on another scale"
            .to_owned(),
    })
}

/// The one usual mistake that explains a difference.
fn mistake(card: &ModelCard, model: &dyn Model, test: &TestVector, score: f64) -> Option<String> {
    let same = |found: f64| fits(card.score, test, found);
    let scales = [
        (
            logistic(score),
            "the logistic function of the model's score is the declared one: does the card's `score` name the scale of the model?",
        ),
        (
            (score / (1.0 - score)).ln(),
            "the log odds of the model's score is the declared one: does the card's `score` name the scale of the model?",
        ),
        (
            100.0 * score,
            "a hundred times the model's score is the declared one: is one of them in `percent`?",
        ),
        (
            score / 100.0,
            "a hundredth of the model's score is the declared one: is one of them in `percent`?",
        ),
        (
            1.0 - score,
            "one minus the model's score is the declared one: which of the two classes is the event?",
        ),
    ];
    if let Some((_, told)) = scales.iter().find(|(other, _)| same(*other)) {
        return Some((*told).to_owned());
    }
    let numbers: Vec<(&String, f64)> = test
        .row
        .iter()
        .filter_map(|(name, cell)| match cell {
            TestCell::Number(number) => Some((name, *number)),
            _ => None,
        })
        .collect();
    if numbers.len() > MOST_INPUTS {
        return None;
    }
    let mut tried: Vec<(Row, String)> = Vec::new();
    for (at, (one, first)) in numbers.iter().enumerate() {
        for (other, second) in numbers.iter().skip(at + 1).filter(|(_, x)| x != first) {
            let mut row = test.row.clone();
            row.insert((*one).clone(), TestCell::Number(*second));
            row.insert((*other).clone(), TestCell::Number(*first));
            let (one, other) = (shown(one), shown(other));
            tried.push((row, format!("with `{one}` and `{other}` swapped the model gives the declared score: are the inputs in the model's order?")));
        }
        for pair in conversion::pairs(one) {
            let mut row = test.row.clone();
            row.insert((*one).clone(), TestCell::Number(pair.apply(*first)));
            tried.push((row, format!(
                "with `{}` changed from {} to {} the model gives the declared score: which unit does the model read?",
                shown(one), pair.from, pair.to
            )));
        }
    }
    let rows: Vec<&Row> = tried.iter().map(|(row, _)| row).collect();
    let scores = scored(card, model, &rows).ok()?;
    let mut found = tried.iter().zip(scores).filter(|(_, score)| same(*score));
    found.next().map(|((_, told), _)| told.clone())
}
