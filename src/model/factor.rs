//! One input inside a term: a number on its way to what it counts, or a category and what each of its levels counts.

use crate::error::{Error, shown};
use crate::model::indicator::Test;
use crate::model::inputs::Values;
use crate::model::points::Steps;
use crate::model::spline::Spline;
use crate::model::transform::{self, Transform};
use crate::record::{InputCard, InputKind};
use crate::sheet::Section;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The inputs a card declares, and which of them were asked for.
#[derive(Debug)]
pub struct Declared<'a> {
    cards: &'a [InputCard],
    used: RefCell<BTreeSet<usize>>,
}

impl<'a> Declared<'a> {
    /// The inputs of a card, none used yet.
    pub fn new(cards: &'a [InputCard]) -> Self {
        Self {
            cards,
            used: RefCell::default(),
        }
    }

    /// The place and card of the input a section names under `input`; a problem is noted when it is not declared.
    pub fn find(&self, section: &Section<'_>) -> Option<(usize, &'a InputCard)> {
        let name = section.need_text("input");
        let found = self
            .cards
            .iter()
            .enumerate()
            .find(|(_, card)| card.name == name);
        match found {
            Some((place, _)) => {
                self.used.borrow_mut().insert(place);
            }
            None if name.is_empty() => {}
            None => {
                let known = self.cards.iter().map(|card| card.name.as_str());
                section.problem(
                    "input",
                    Error::new(format!("the card declares no input `{}`", shown(&name)))
                        .help("declare it in `[[inputs]]` of the card")
                        .suggest(&name, known),
                );
            }
        }
        found
    }

    /// Names of the inputs nothing asked for.
    pub fn unused(&self) -> Vec<&'a str> {
        let used = self.used.borrow();
        self.cards
            .iter()
            .enumerate()
            .filter(|(place, _)| !used.contains(place))
            .map(|(_, card)| card.name.as_str())
            .collect()
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Number(Transform),
    Spline(Transform, Spline),
    Steps(Transform, Steps),
    Test(Transform, Test),
    Levels(Vec<f64>),
}

/// One input and what it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    input: usize,
    part: Part,
}

/// Keys of what ends the way of a number.
const ENDS: [&str; 10] = [
    "knots",
    "coefficients",
    "normalised",
    "points",
    "above",
    "at-least",
    "below",
    "at-most",
    "equals",
    "one-of",
];
/// Keys of what a category counts.
const LEVELS: [&str; 2] = ["levels", "is"];

/// Every key a factor knows, `input` among them.
pub fn keys() -> impl Iterator<Item = &'static str> {
    ["input"]
        .into_iter()
        .chain(LEVELS)
        .chain(ENDS)
        .chain(transform::KEYS)
}

impl Factor {
    /// Reads a factor. None after a problem, which is noted in the sheet.
    pub fn read(section: &Section<'_>, declared: &Declared<'_>) -> Option<Self> {
        for key in keys() {
            section.has(key);
        }
        let (input, card) = declared.find(section)?;
        let part = match card.kind {
            InputKind::Number => number(section, card)?,
            InputKind::Category => category(section, card)?,
            InputKind::Tensor => return None,
        };
        Some(Self { input, part })
    }

    /// True when its file gives a number for each range, level or basis, so that a coefficient may be left out.
    pub fn weighs_itself(&self) -> bool {
        matches!(
            self.part,
            Part::Spline(..) | Part::Steps(..) | Part::Levels(_)
        )
    }

    /// Place of its input among the card's.
    pub fn input(&self) -> usize {
        self.input
    }

    /// What the row counts; NaN when its input is refused or has no value here.
    pub fn at(&self, columns: &[Values], row: usize) -> f64 {
        let values = columns.get(self.input);
        values.map_or(f64::NAN, |values| self.of(values, row))
    }

    /// What a row of its input's values counts; NaN when it is refused or has no value here.
    pub fn of(&self, values: &Values, row: usize) -> f64 {
        let value = match (&self.part, values) {
            (Part::Levels(levels), Values::Codes(codes)) => {
                let code = codes.get(row).map(|code| *code as usize);
                code.and_then(|code| levels.get(code)).copied()
            }
            (part, Values::Numbers(numbers)) => numbers.get(row).map(|x| part.of_number(*x)),
            _ => None,
        };
        value.unwrap_or(f64::NAN)
    }

    /// Its summands in words, each with its weight.
    pub fn lines(&self, cards: &[InputCard]) -> Vec<(String, f64)> {
        let Some(card) = cards.get(self.input) else {
            return Vec::new();
        };
        let name = shown(&card.name);
        match &self.part {
            Part::Number(transform) => vec![(transform.words(&name), 1.0)],
            Part::Spline(transform, spline) => spline.lines(&transform.words(&name)),
            Part::Steps(transform, steps) => steps.lines(&transform.words(&name)),
            Part::Test(transform, test) => vec![(test.words(&transform.words(&name), &[]), 1.0)],
            Part::Levels(levels) => {
                let words = card.categories.iter().map(|word| shown(word));
                let lines = words.zip(levels);
                lines
                    .map(|(word, level)| (format!("{name} = {word}"), *level))
                    .collect()
            }
        }
    }

    /// The numbers of a file that a factor which [weighs itself](Self::weighs_itself) holds, to be changed.
    pub fn numbers_mut(&mut self) -> Vec<&mut f64> {
        match &mut self.part {
            Part::Spline(_, spline) => spline.weights_mut().collect(),
            Part::Steps(_, steps) => steps.values_mut().collect(),
            Part::Levels(levels) => levels.iter_mut().collect(),
            Part::Number(_) | Part::Test(..) => Vec::new(),
        }
    }
}

impl Part {
    fn of_number(&self, x: f64) -> f64 {
        match self {
            Self::Number(transform) => transform.apply(x),
            Self::Spline(transform, spline) => spline.at(transform.apply(x)),
            Self::Steps(transform, steps) => steps.at(transform.apply(x)),
            Self::Test(transform, test) => match transform.apply(x) {
                x if x.is_nan() => x,
                x => f64::from(u8::from(test.holds(x))),
            },
            Self::Levels(_) => f64::NAN,
        }
    }
}

fn number(section: &Section<'_>, card: &InputCard) -> Option<Part> {
    let transform = Transform::read(section);
    if section.has("levels") {
        let error = Error::new(format!(
            "`levels` are for a category, and the card declares `{}` as a number",
            shown(&card.name)
        ));
        let help =
            "give the input `categories` in the card, or look numbers up with `points = […]`";
        section.problem("levels", error.help(help));
    }
    let spline = Spline::read(section);
    let steps = Steps::read(section, "points", "points");
    let asks = [
        "above", "at-least", "below", "at-most", "equals", "one-of", "is",
    ];
    let asked = asks.iter().any(|key| section.has(key));
    let test = Test::read(section, card);
    let ends = [section.has("knots"), section.has("points"), asked];
    if ends.iter().filter(|end| **end).count() > 1 {
        section.problem(
            "input",
            Error::new("a spline, a table of points and a question are given at once")
                .help("one term has one of them; write a term for each"),
        );
    }
    match ends {
        [true, ..] => spline.map(|spline| Part::Spline(transform, spline)),
        [_, true, _] => steps.map(|steps| Part::Steps(transform, steps)),
        [_, _, true] => test.map(|test| Part::Test(transform, test)),
        _ => Some(Part::Number(transform)),
    }
}

fn category(section: &Section<'_>, card: &InputCard) -> Option<Part> {
    let name = shown(&card.name);
    let asks = ENDS.iter().chain(&transform::KEYS);
    if let Some(key) = asks.into_iter().find(|key| section.has(key)) {
        let error = Error::new(format!(
            "`{key}` asks for a number, and `{name}` is a category"
        ));
        section.problem(
            key,
            error.help("say what each category counts with `levels`, or ask with `is`"),
        );
        return None;
    }
    if section.has("levels") && section.has("is") {
        section.problem(
            "is",
            Error::new("`levels` and `is` are given at once").help("keep one of them"),
        );
        return None;
    }
    if section.has("is") {
        let test = Test::read(section, card)?;
        let codes = 0..u32::try_from(card.categories.len()).ok()?;
        let levels = codes.map(|code| f64::from(u8::from(test.holds_code(code))));
        return Some(Part::Levels(levels.collect()));
    }
    if !section.has("levels") {
        section.problem(
            "input",
            Error::new(format!("what the categories of `{name}` count is missing")).help(format!(
                "write a number for each: `levels = {{ {} = 0 }}`",
                card.categories
                    .iter()
                    .map(|word| shown(word))
                    .collect::<Vec<_>>()
                    .join(" = 0, ")
            )),
        );
        return None;
    }
    let levels = section.section("levels")?;
    let read: Vec<Option<f64>> = card
        .categories
        .iter()
        .map(|word| {
            if !levels.has(word) {
                section.problem(
                    "levels",
                    Error::new(format!("`levels` say nothing of `{}`", shown(word)))
                        .help("a category that counts nothing gets 0"),
                );
            }
            levels.number(word)
        })
        .collect();
    read.into_iter()
        .collect::<Option<Vec<f64>>>()
        .map(Part::Levels)
}
