//! TOML files that people write, read key by key: every problem is collected with its line, unknown keys get "did you
//! mean". The one door to the `toml` crate.
//!
//! ```
//! use keur::sheet::Sheet;
//! let sheet = Sheet::parse("titel = \"Sepsis\"\nseed = 1", "configs/sepsis.toml").unwrap();
//! let top = sheet.top();
//! assert_eq!(top.whole("seed"), Some(1));
//! top.text("title");
//! let problems = sheet.finish();
//! assert!(problems[0].to_string().contains("did you mean `title`?"));
//! ```

use crate::error::{Error, Result, shown};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Larger files are refused before they are read.
const LARGEST: u64 = 4 << 20;

/// One file, its values and the problems found in it so far.
#[derive(Debug)]
pub struct Sheet {
    file: String,
    root: Table,
    problems: RefCell<Vec<(usize, Error)>>,
    asked: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

#[derive(Debug, Default)]
struct Table {
    line: usize,
    cells: BTreeMap<String, Cell>,
}

#[derive(Debug)]
struct Cell {
    line: usize,
    value: Given,
}

#[derive(Debug)]
enum Given {
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
    Date(String),
    List(Vec<Cell>),
    Table(Table),
}

impl Given {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Whole(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

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

impl Sheet {
    /// Reads a file of at most 4 MiB. `shown_as` is how messages name it.
    pub fn read(path: &Path, shown_as: &str) -> Result<Self> {
        let size = std::fs::metadata(path)
            .map_err(|e| Error::new(format!("cannot read the file: {e}")).at(shown_as))?
            .len();
        if size > LARGEST {
            return Err(Error::new(format!(
                "the file has {size} bytes, more than the {LARGEST} a settings file may have"
            ))
            .at(shown_as));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::new(format!("cannot read the file: {e}")).at(shown_as))?;
        Self::parse(&text, shown_as)
    }

    /// Parses TOML text. Fails on syntax only.
    pub fn parse(text: &str, shown_as: &str) -> Result<Self> {
        let lines: Vec<usize> = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let line = |at: usize| lines.partition_point(|start| *start <= at);
        let parsed = DeTable::parse(text).map_err(|e| {
            let place = match e.span() {
                Some(span) => format!("{shown_as}:{}", line(span.start)),
                None => shown_as.to_owned(),
            };
            Error::new(format!(
                "this is not valid TOML: {}",
                shown(e.message().lines().next().unwrap_or_default())
            ))
            .at(place)
        })?;
        Ok(Self {
            file: shown_as.to_owned(),
            root: table(parsed.get_ref(), 1, &line),
            problems: RefCell::default(),
            asked: RefCell::default(),
        })
    }

    /// The outermost table.
    pub fn top(&self) -> Section<'_> {
        Section {
            sheet: self,
            table: &self.root,
            path: String::new(),
        }
    }

    /// How messages name the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// All problems in order of lines, unknown keys included. Every table that was visited is checked.
    pub fn finish(self) -> Vec<Error> {
        let mut problems = self.problems.into_inner();
        let asked = self.asked.into_inner();
        unknown_keys(&self.root, "", &asked, &self.file, &mut problems);
        problems.sort_by_key(|(line, _)| *line);
        problems.into_iter().map(|(_, error)| error).collect()
    }
}

fn unknown_keys(
    table: &Table,
    path: &str,
    asked: &BTreeMap<String, BTreeSet<String>>,
    file: &str,
    problems: &mut Vec<(usize, Error)>,
) {
    let Some(known) = asked.get(path) else { return };
    for (key, cell) in &table.cells {
        if !known.contains(key) {
            let mut error = Error::new(format!("unknown key `{}`", shown(key)))
                .at(format!("{file}:{}", cell.line))
                .suggest(key, known.iter().map(String::as_str));
            if error.help.is_none() {
                let all: Vec<&str> = known.iter().map(String::as_str).collect();
                error = error.help(format!("known here: {}", all.join(", ")));
            }
            problems.push((cell.line, error));
        } else {
            match &cell.value {
                Given::Table(inner) => {
                    unknown_keys(inner, &join(path, key), asked, file, problems);
                }
                Given::List(items) => {
                    for (i, item) in items.iter().enumerate() {
                        if let Given::Table(inner) = &item.value {
                            let path = format!("{}[{i}]", join(path, key));
                            unknown_keys(inner, &path, asked, file, problems);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn table(read: &DeTable<'_>, at: usize, line: &impl Fn(usize) -> usize) -> Table {
    Table {
        line: at,
        cells: read
            .iter()
            .map(|(key, value)| {
                let at = line(key.span().start);
                (
                    key.get_ref().to_string(),
                    Cell {
                        line: at,
                        value: given(value.get_ref(), at, line),
                    },
                )
            })
            .collect(),
    }
}

fn given(value: &DeValue<'_>, at: usize, line: &impl Fn(usize) -> usize) -> Given {
    match value {
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Integer(whole) => match i64::from_str_radix(whole.as_str(), whole.radix()) {
            Ok(whole) => Given::Whole(whole),
            Err(_) => Given::Number(f64::INFINITY),
        },
        DeValue::Float(number) => Given::Number(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Given::Flag(*flag),
        DeValue::Datetime(date) => Given::Date(date.to_string()),
        DeValue::Array(items) => Given::List(
            items
                .iter()
                .map(|item| {
                    let at = line(item.span().start);
                    Cell {
                        line: at,
                        value: given(item.get_ref(), at, line),
                    }
                })
                .collect(),
        ),
        DeValue::Table(inner) => Given::Table(table(inner, at, line)),
    }
}

impl<'s> Section<'s> {
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
                cell.value.kind()
            )),
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
    /// True when the key holds a text; for keys that take a word or a number. Counts as asked.
    pub fn is_text(&self, key: &str) -> bool {
        self.cell(key)
            .is_some_and(|cell| matches!(cell.value, Given::Text(_)))
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
                    _ => self.wrong(key, item, "a list of texts"),
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
                        _ => self.wrong(key, word, "a list of texts"),
                    })
                    .collect::<Option<Vec<_>>>()
                    .map(Item::Several),
                _ => self.wrong(key, item, "a list of texts or of lists of texts"),
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
                None => self.wrong(key, item, "a list of finite numbers"),
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
                _ => self.wrong(key, item, "a list of tables"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_problems_come_at_once_in_order_of_lines() {
        let sheet = Sheet::parse(
            "name = 3\nrange = [2, 1]\n[[columns]]\nrolle = \"input\"\n",
            "card.toml",
        )
        .unwrap();
        let top = sheet.top();
        top.need_text("name");
        top.range("range");
        for column in top.sections("columns") {
            column.one_of("role", &["input", "outcome"]);
        }
        let problems: Vec<String> = sheet.finish().iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 3);
        assert!(problems[0].contains("card.toml:1"));
        assert!(problems[1].contains("card.toml:2"));
        assert!(problems[2].contains("card.toml:4") && problems[2].contains("`role`"));
    }

    #[test]
    fn broken_toml_says_its_line() {
        let error = Sheet::parse("a = 1\nb = ", "x.toml").unwrap_err();
        assert_eq!(error.at.as_deref(), Some("x.toml:2"));
    }

    #[test]
    fn endless_nesting_is_refused() {
        let bomb = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Sheet::parse(&bomb, "bomb.toml").is_err());
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        let sheet = Sheet::parse("x = nan\ny = inf", "x.toml").unwrap();
        assert_eq!(sheet.top().number("x"), None);
        assert_eq!(sheet.top().number("y"), None);
        assert_eq!(sheet.finish().len(), 2);
    }
}
