//! A table of a file, asked key by key.

use super::{Cell, Given, Sheet, Table, join};
use crate::error::{Error, shown};
use std::collections::BTreeMap;

/// A table inside a file, asked key by key.
#[derive(Debug, Clone)]
pub struct Section<'s> {
    sheet: &'s Sheet,
    table: &'s Table,
    path: String,
}

/// An item of a mixed list, such as `groups = ["sex", ["sex", "age-band"]]`.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A text.
    One(String),
    /// A list of texts.
    Several(Vec<String>),
}

impl<'s> Section<'s> {
    pub(super) fn new(sheet: &'s Sheet, table: &'s Table) -> Self {
        Self {
            sheet,
            table,
            path: String::new(),
        }
    }

    fn cell(&self, key: &str) -> Option<&'s Cell> {
        self.sheet
            .asked
            .borrow_mut()
            .entry(self.path.clone())
            .or_default()
            .insert(key.to_owned());
        self.table.cells.get(key)
    }

    fn note(&self, line: usize, error: Error) {
        let error = error.at(format!("{}:{line}", self.sheet.file));
        self.sheet.problems.borrow_mut().push((line, error));
    }

    fn wrong<T>(&self, key: &str, cell: &Cell, wanted: &str) -> Option<T> {
        self.note(
            cell.line,
            Error::new(format!(
                "`{key}` must be {wanted}, and is {}",
                cell.value.told()
            )),
        );
        None
    }

    fn wrong_item<T>(&self, key: &str, item: &Cell, wanted: &str) -> Option<T> {
        let held = item.value.told();
        self.note(
            item.line,
            Error::new(format!("`{key}` must be {wanted}, and holds {held}")),
        );
        None
    }

    /// Notes a problem of this section, at the key's line when the key is there.
    pub fn problem(&self, key: &str, error: Error) {
        let line = self
            .table
            .cells
            .get(key)
            .map_or(self.table.line, |c| c.line);
        self.note(line, error);
    }

    /// `file:line` of this section's start, or of a key in it.
    pub fn place(&self, key: &str) -> String {
        let line = self
            .table
            .cells
            .get(key)
            .map_or(self.table.line, |c| c.line);
        format!("{}:{line}", self.sheet.file)
    }

    /// True when the key is there, whatever it holds. Counts as asked.
    pub fn has(&self, key: &str) -> bool {
        self.cell(key).is_some()
    }

    /// The kind of value a key holds, in words: `a text`, `a number`, `a table`. Counts as asked.
    pub fn kind(&self, key: &str) -> Option<&'static str> {
        self.cell(key).map(|cell| cell.value.kind())
    }

    /// Number of items of a list, 0 for anything else. Counts as asked; the items do not count as visited.
    pub fn length(&self, key: &str) -> usize {
        match self.cell(key).map(|cell| &cell.value) {
            Some(Given::List(items)) => items.len(),
            _ => 0,
        }
    }

    /// All keys of this section. They still count as unknown until asked.
    pub fn keys(&self) -> Vec<&'s str> {
        self.table.cells.keys().map(String::as_str).collect()
    }

    /// A text.
    pub fn text(&self, key: &str) -> Option<String> {
        let cell = self.cell(key)?;
        match &cell.value {
            Given::Text(text) => Some(text.clone()),
            _ => self.wrong(key, cell, "a text"),
        }
    }

    /// A text that must be there and not be empty; a problem is noted otherwise.
    pub fn need_text(&self, key: &str) -> String {
        if !self.has(key) {
            self.missing(key);
        }
        match self.text(key) {
            Some(text) if text.trim().is_empty() => {
                self.problem(key, Error::new(format!("`{key}` is empty")));
                String::new()
            }
            text => text.unwrap_or_default(),
        }
    }

    /// Notes that a key is missing.
    pub fn missing(&self, key: &str) {
        let here = if self.path.is_empty() {
            String::new()
        } else {
            format!(" in `[{}]`", self.path)
        };
        self.note(
            self.table.line,
            Error::new(format!("`{key}` is missing{here}")),
        );
    }

    /// One of the given words; others are a problem with "did you mean".
    pub fn one_of(&self, key: &str, words: &[&str]) -> Option<String> {
        let text = self.text(key)?;
        if words.contains(&text.as_str()) {
            return Some(text);
        }
        let mut error = Error::new(format!("unknown {key} `{}`", shown(&text)))
            .suggest(&text, words.iter().copied());
        if error.help.is_none() {
            error = error.help(format!("known here: {}", words.join(", ")));
        }
        self.problem(key, error);
        None
    }

    /// A finite number, whole numbers included.
    pub fn number(&self, key: &str) -> Option<f64> {
        let cell = self.cell(key)?;
        match number(&cell.value) {
            Some(number) => Some(number),
            None => self.wrong(key, cell, "a finite number"),
        }
    }

    /// A whole number of at least zero.
    pub fn whole(&self, key: &str) -> Option<u64> {
        let cell = self.cell(key)?;
        match &cell.value {
            Given::Whole(whole) if *whole >= 0 => Some(whole.unsigned_abs()),
            _ => self.wrong(key, cell, "a whole number of at least zero"),
        }
    }

    /// True or false.
    pub fn flag(&self, key: &str) -> Option<bool> {
        let cell = self.cell(key)?;
        match &cell.value {
            Given::Flag(flag) => Some(*flag),
            _ => self.wrong(key, cell, "true or false"),
        }
    }

    /// A date, `2026-11-21`, with or without quotes.
    pub fn date(&self, key: &str) -> Option<jiff::civil::Date> {
        let cell = self.cell(key)?;
        let text = match &cell.value {
            Given::Date(text) | Given::Text(text) => text,
            _ => return self.wrong(key, cell, "a date such as 2026-11-21"),
        };
        match text.parse() {
            Ok(date) => Some(date),
            Err(_) => {
                self.problem(
                    key,
                    Error::new(format!("`{key}` is no date of the form 2026-11-21")),
                );
                None
            }
        }
    }

    /// A list of texts; a single text counts as a list of one.
    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        let cell = self.cell(key)?;
        match &cell.value {
            Given::Text(text) => Some(vec![text.clone()]),
            Given::List(items) => items
                .iter()
                .map(|item| match &item.value {
                    Given::Text(text) => Some(text.clone()),
                    _ => self.wrong_item(key, item, "a list of texts"),
                })
                .collect(),
            _ => self.wrong(key, cell, "a list of texts"),
        }
    }

    /// A list of texts and lists of texts.
    pub fn items(&self, key: &str) -> Option<Vec<Item>> {
        let cell = self.cell(key)?;
        let Given::List(items) = &cell.value else {
            return self.wrong(key, cell, "a list");
        };
        items
            .iter()
            .map(|item| match &item.value {
                Given::Text(text) => Some(Item::One(text.clone())),
                Given::List(inner) => inner
                    .iter()
                    .map(|word| match &word.value {
                        Given::Text(text) => Some(text.clone()),
                        _ => self.wrong_item(key, word, "a list of texts"),
                    })
                    .collect::<Option<Vec<_>>>()
                    .map(Item::Several),
                _ => self.wrong_item(key, item, "a list of texts or of lists of texts"),
            })
            .collect()
    }

    /// A list of finite numbers.
    pub fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        let cell = self.cell(key)?;
        let Given::List(items) = &cell.value else {
            return self.wrong(key, cell, "a list of numbers");
        };
        items
            .iter()
            .map(|item| match number(&item.value) {
                Some(number) => Some(number),
                None => self.wrong_item(key, item, "a list of finite numbers"),
            })
            .collect()
    }

    /// Two numbers in order: `[low, high]`.
    pub fn range(&self, key: &str) -> Option<[f64; 2]> {
        match self.numbers(key)?.as_slice() {
            [low, high] if low <= high => Some([*low, *high]),
            _ => {
                self.problem(
                    key,
                    Error::new(format!("`{key}` must be two numbers, the lower first")),
                );
                None
            }
        }
    }

    /// A table of texts: `{ a = "x", b = "y" }`.
    pub fn pairs(&self, key: &str) -> Option<BTreeMap<String, String>> {
        let section = self.section(key)?;
        section
            .keys()
            .into_iter()
            .map(|key| Some((key.to_owned(), section.text(key)?)))
            .collect()
    }

    /// A table inside this one.
    pub fn section(&self, key: &str) -> Option<Section<'s>> {
        let cell = self.cell(key)?;
        let path = join(&self.path, key);
        match &cell.value {
            Given::Table(table) => Some(self.inner(table, path)),
            _ => self.wrong(key, cell, "a table"),
        }
    }

    /// A list of tables (`[[columns]]`); none when the key is absent.
    pub fn sections(&self, key: &str) -> Vec<Section<'s>> {
        let Some(cell) = self.cell(key) else {
            return Vec::new();
        };
        let Given::List(items) = &cell.value else {
            self.wrong::<()>(key, cell, "a list of tables");
            return Vec::new();
        };
        items
            .iter()
            .enumerate()
            .filter_map(|(i, item)| match &item.value {
                Given::Table(table) => {
                    Some(self.inner(table, format!("{}[{i}]", join(&self.path, key))))
                }
                _ => self.wrong_item(key, item, "a list of tables"),
            })
            .collect()
    }

    fn inner(&self, table: &'s Table, path: String) -> Section<'s> {
        self.sheet
            .asked
            .borrow_mut()
            .entry(path.clone())
            .or_default();
        Section {
            sheet: self.sheet,
            table,
            path,
        }
    }
}

fn number(given: &Given) -> Option<f64> {
    match given {
        Given::Whole(whole) => Some(*whole as f64),
        Given::Number(number) if number.is_finite() => Some(*number),
        _ => None,
    }
}
