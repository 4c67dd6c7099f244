//! How the cells of a column are read: kind, missing codes and labels, the same for every format.

use crate::dataset::{family, role};
use crate::error::{Error, Result, shown};
use crate::record::{ColumnRole, DatasetCard, InputKind};
use std::collections::BTreeMap;

/// How one wanted column is read.
///
/// An empty cell (a null) is missing without being declared. A cell is missing as well when its text is one of the
/// declared codes or, in a column of numbers, when it is the same number as one of them (`-9` covers `-9.0`).
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Name in the file.
    pub name: String,
    /// Position in the file, from 0.
    pub at: usize,
    /// Positions of the columns of a tensor that stands in numbered columns, in the order of its numbers; empty otherwise.
    pub family: Vec<usize>,
    /// Numbers, words or tensors.
    pub kind: InputKind,
    /// True for the column that says who the patient is.
    pub patient: bool,
    /// Texts that mean "missing".
    pub codes: Vec<String>,
    /// Those of them that are numbers.
    pub numbers: Vec<f64>,
    /// Words for cell texts; none for an outcome, which is compared with the event as it stands.
    pub labels: BTreeMap<String, String>,
}

/// Finds the wanted columns among the names of a file. A column without an entry in the card is read as numbers.
///
/// Fails when a wanted column is not in the file, or stands there twice.
pub fn readings(card: &DatasetCard, names: &[String], wanted: &[String]) -> Result<Vec<Reading>> {
    if let Some(error) = wrong_delimiter(card, names) {
        return Err(error);
    }
    wanted
        .iter()
        .map(|name| {
            let column = role::named(card, name);
            let kind = column.map_or(InputKind::Number, |c| c.kind);
            let family = match kind {
                InputKind::Tensor if family::is_family(name) && !names.contains(name) => {
                    family::places(name, names)?
                }
                _ => Vec::new(),
            };
            let at = match family.first() {
                Some(first) => *first,
                None => place(names, name)?,
            };
            let codes: Vec<String> = card
                .missing
                .iter()
                .chain(column.into_iter().flat_map(|c| &c.missing))
                .map(|code| code.trim().to_owned())
                .collect();
            let outcome = column.is_some_and(|c| c.roles.contains(&ColumnRole::Outcome));
            Ok(Reading {
                name: name.clone(),
                at,
                family,
                kind,
                patient: column.is_some_and(|c| c.roles.contains(&ColumnRole::Patient)),
                numbers: codes.iter().filter_map(|code| code.parse().ok()).collect(),
                codes,
                labels: match column {
                    Some(column) if !outcome => column.labels.clone(),
                    _ => BTreeMap::new(),
                },
            })
        })
        .collect()
}

/// A text file whose header is one name that holds another separator: told once, and not for each column.
pub fn wrong_delimiter(card: &DatasetCard, names: &[String]) -> Option<Error> {
    let ([only], "csv") = (names, card.format.as_str()) else {
        return None;
    };
    if card.columns.iter().any(|column| column.name == *only) {
        return None;
    }
    let found = [";", "\t", "|", ","]
        .into_iter()
        .find(|d| only.contains(d))?;
    let (what, write) = match found {
        "\t" => ("tabs".to_owned(), "tab"),
        mark => (format!("`{mark}`"), mark),
    };
    let error = Error::new(format!("the file has one column only, `{}`", shown(only)));
    Some(error.help(format!(
        "its header holds {what}: write `delimiter = \"{write}\"` in the card"
    )))
}

fn place(names: &[String], wanted: &str) -> Result<usize> {
    let mut places = (0..names.len()).filter(|at| names[*at] == wanted);
    let Some(at) = places.next() else {
        let error = Error::new(format!("the file has no column `{}`", shown(wanted)))
            .suggest(wanted, names.iter().map(String::as_str));
        return Err(match names {
            _ if error.help.is_some() => error,
            [_] => {
                error.help("the file has one column only: does the card say the right `delimiter`?")
            }
            _ => {
                let some: Vec<String> = names.iter().take(12).map(|name| shown(name)).collect();
                let more = if names.len() > 12 { ", …" } else { "" };
                error.help(format!("columns there: {}{more}", some.join(", ")))
            }
        });
    };
    match places.next() {
        Some(_) => Err(Error::new(format!(
            "column `{}` stands twice in the file",
            shown(wanted)
        ))
        .help("give every column a name of its own")),
        None => Ok(at),
    }
}

impl Reading {
    /// The position of every column it reads.
    pub fn places(&self) -> &[usize] {
        match self.family.as_slice() {
            [] => std::slice::from_ref(&self.at),
            family => family,
        }
    }

    /// True when the text means that nothing is known.
    pub fn is_code(&self, cell: &[u8]) -> bool {
        cell.is_empty() || self.codes.iter().any(|code| code.as_bytes() == cell)
    }
}

/// True when rows that repeat an earlier row of the same patient are looked for: when the patient is read.
pub fn wants_prints(readings: &[Reading]) -> bool {
    readings.iter().any(|reading| reading.patient)
}
