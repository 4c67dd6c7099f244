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

mod section;

pub use section::{Item, Section};

use crate::error::{Error, Result, shown};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Larger files are refused before they are read.
const LARGEST: u64 = 4 << 20;

/// The text of a file of at most 4 MiB. A pipe or device is refused: it might never end.
pub fn text(path: &Path, shown_as: &str) -> Result<String> {
    let trouble = |e: std::io::Error| Error::new(format!("cannot read the file: {e}")).at(shown_as);
    let about = std::fs::metadata(path).map_err(trouble)?;
    if !about.is_file() {
        let what = if about.is_dir() {
            "this is a folder, not a file"
        } else {
            "this is no regular file"
        };
        return Err(Error::new(what).at(shown_as));
    }
    let size = about.len();
    if size > LARGEST {
        return Err(Error::new(format!(
            "the file has {size} bytes, more than the {LARGEST} a settings file may have"
        ))
        .at(shown_as));
    }
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        .map_err(|e| match e.kind() {
            ErrorKind::InvalidData => Error::new("the file is no text in UTF-8").at(shown_as),
            _ => trouble(e),
        })?;
    Ok(text)
}

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

    /// The kind, told so that a wrong number is recognised.
    fn told(&self) -> &'static str {
        match self {
            Self::Whole(whole) if *whole < 0 => "a negative number",
            Self::Number(number) if !number.is_finite() => {
                "a number that is not finite or too large"
            }
            other => other.kind(),
        }
    }
}

impl Sheet {
    /// Reads a file. `shown_as` is how messages name it.
    pub fn read(path: &Path, shown_as: &str) -> Result<Self> {
        Self::parse(&text(path, shown_as)?, shown_as)
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
        Section::new(self, &self.root)
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
    fn a_wrong_number_is_called_what_it_is() {
        let sheet = Sheet::parse(
            "a = -1\nb = 99999999999999999999\nc = [nan]\nd = [\"x\", 3]",
            "x.toml",
        )
        .unwrap();
        let top = sheet.top();
        top.whole("a");
        top.whole("b");
        top.numbers("c");
        top.texts("d");
        let told: Vec<String> = sheet.finish().into_iter().map(|e| e.what).collect();
        assert_eq!(
            told,
            [
                "`a` must be a whole number of at least zero, and is a negative number",
                "`b` must be a whole number of at least zero, and is a number that is not finite or too large",
                "`c` must be a list of finite numbers, and holds a number that is not finite or too large",
                "`d` must be a list of texts, and holds a whole number",
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_device_or_folder_is_no_file() {
        for path in ["/dev/zero", "/dev/null", "/tmp"] {
            assert!(Sheet::read(Path::new(path), "x.toml").is_err());
        }
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
