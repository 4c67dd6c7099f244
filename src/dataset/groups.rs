//! Who belongs together: attributes of the card, their levels, intersections.

use crate::dataset::cohort::Cohort;
use crate::dataset::table::{Category, Column, Table};
use crate::dataset::{band, role};
use crate::error::{Error, Result, shown};
use crate::record::{ColumnCard, ColumnRole, DatasetCard, Group, UNKNOWN_LEVEL};
use std::collections::BTreeMap;

/// The attribute of the site column, whatever its name.
pub const SITE: &str = "site";

/// Groups that one split may have.
const MOST_GROUPS: usize = 1_000;

/// The cohort, split by one attribute or by several at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// The attributes.
    pub by: Vec<String>,
    /// The groups that have rows, in order of levels; every row of the cohort is in one of them.
    pub groups: Vec<GroupRows>,
    /// Position in `groups` of the one that others are compared with; none when the card's reference has no row.
    pub reference: Option<usize>,
}

/// A group and its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupRows {
    /// Attribute to level.
    pub group: Group,
    /// Positions in the cohort, ascending.
    pub rows: Vec<u32>,
}

/// The attributes a card offers, in its order: a group by its name, a number with bands as `<name>-band`, the site as
/// `site`.
pub fn attributes(card: &DatasetCard) -> Vec<String> {
    let mut all = Vec::new();
    for name in card.columns.iter().flat_map(offers) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

fn offers(column: &ColumnCard) -> Vec<String> {
    let mut names = Vec::new();
    if column.roles.contains(&ColumnRole::Site) {
        names.push(SITE.to_owned());
    }
    if !column.bands.is_empty() {
        names.push(format!("{}-band", column.name));
    } else if column.roles.contains(&ColumnRole::Group) {
        names.push(column.name.clone());
    }
    names
}

fn column_of<'c>(card: &'c DatasetCard, attribute: &str) -> Result<&'c ColumnCard> {
    let mut columns = card.columns.iter();
    columns
        .find(|column| offers(column).iter().any(|name| name == attribute))
        .ok_or_else(|| {
            let known = attributes(card);
            let error = Error::new(format!("the dataset has no group `{}`", shown(attribute)))
                .suggest(attribute, known.iter().map(String::as_str));
            match error.help {
                Some(_) => error,
                None if known.is_empty() => error.help("its card declares no group"),
                None => error.help(format!("groups there: {}", known.join(", "))),
            }
        })
}

/// Everything wrong with the splits that were asked, before a row is read.
pub fn check(card: &DatasetCard, asked: &[Vec<String>]) -> Vec<Error> {
    let mut problems = Vec::new();
    for by in asked {
        for (at, attribute) in by.iter().enumerate() {
            if by[..at].contains(attribute) {
                problems.push(Error::new(format!(
                    "the group `{}` stands twice in one intersection",
                    shown(attribute)
                )));
                continue;
            }
            match column_of(card, attribute) {
                Err(error) => problems.push(error),
                Ok(column) => problems.extend(check_reference(column)),
            }
        }
    }
    problems
}

/// A reference among bands can be checked without data.
fn check_reference(column: &ColumnCard) -> Option<Error> {
    let reference = column.reference.as_deref()?;
    let labels = band::labels(&column.bands);
    if column.bands.is_empty() || labels.iter().any(|label| same(label, reference)) {
        return None;
    }
    Some(
        Error::new(format!(
            "the reference `{}` of column `{}` is none of its bands",
            shown(reference),
            shown(&column.name)
        ))
        .help(format!("bands there: {}", labels.join(", "))),
    )
}

/// The columns of the file that the splits need. Unknown attributes are left out; [`check`] tells them.
pub fn columns_for(card: &DatasetCard, asked: &[Vec<String>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in asked
        .iter()
        .flatten()
        .filter_map(|name| column_of(card, name).ok())
    {
        if !names.contains(&column.name) {
            names.push(column.name.clone());
        }
    }
    names
}

/// Splits a cohort, once for each list of attributes asked; a list of several is their intersection.
///
/// Levels stand in order: bands ascending, declared categories as declared, others sorted (numbers by size), `unknown` last.
/// The reference is the card's; without one the largest group whose levels are all known, the first of equals.
/// Fails on an unknown attribute, and on one with more than 1,000 groups.
pub fn split(
    table: &Table,
    cohort: &Cohort,
    card: &DatasetCard,
    asked: &[Vec<String>],
) -> Result<Vec<Split>> {
    if let Some(problem) = check(card, asked).into_iter().next() {
        return Err(problem);
    }
    asked
        .iter()
        .map(|by| one(table, cohort, card, by))
        .collect()
}

/// An attribute: its levels in order, and the position of each row's level.
struct Levels {
    names: Vec<String>,
    rows: Vec<u32>,
}

fn one(table: &Table, cohort: &Cohort, card: &DatasetCard, by: &[String]) -> Result<Split> {
    let columns: Vec<&ColumnCard> = by
        .iter()
        .map(|name| column_of(card, name))
        .collect::<Result<_>>()?;
    let all: Vec<Levels> = columns
        .iter()
        .zip(by)
        .map(|(column, name)| levels(table.column(&column.name)?, column, cohort, name))
        .collect::<Result<_>>()?;
    let mut found: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
    for row in 0..cohort.rows.len() {
        let key = all.iter().map(|levels| levels.rows[row]).collect();
        found.entry(key).or_default().extend(u32::try_from(row));
    }
    if found.len() > MOST_GROUPS {
        return Err(Error::new(format!(
            "the split by {} has {} groups, more than the {MOST_GROUPS} that can be told apart",
            by.join(" and "),
            found.len()
        ))
        .help("does one of these columns name persons rather than groups?"));
    }
    let name = |key: &[u32]| -> Vec<&str> {
        let names = key.iter().zip(&all);
        names
            .map(|(at, levels)| levels.names[*at as usize].as_str())
            .collect()
    };
    let declared = match columns.as_slice() {
        [column] => column
            .reference
            .as_deref()
            .map(|text| role::word(column, text)),
        _ => None,
    };
    let reference = match declared {
        Some(word) => found.keys().position(|key| same(name(key)[0], word)),
        None => largest(&found, |key| name(key).contains(&UNKNOWN_LEVEL)),
    };
    let groups = found
        .iter()
        .map(|(key, rows)| GroupRows {
            group: by
                .iter()
                .cloned()
                .zip(name(key).into_iter().map(str::to_owned))
                .collect(),
            rows: rows.clone(),
        })
        .collect();
    Ok(Split {
        by: by.to_vec(),
        groups,
        reference,
    })
}

fn largest(
    found: &BTreeMap<Vec<u32>, Vec<u32>>,
    unknown: impl Fn(&[u32]) -> bool,
) -> Option<usize> {
    let mut best: Option<(usize, (bool, usize))> = None;
    for (at, (key, rows)) in found.iter().enumerate() {
        let rank = (!unknown(key), rows.len());
        if best.is_none_or(|(_, highest)| rank > highest) {
            best = Some((at, rank));
        }
    }
    best.map(|(at, _)| at)
}

/// Levels are equal when they differ in the dash only, which few keyboards have.
fn same(level: &str, word: &str) -> bool {
    level.replace('–', "-") == word.trim().replace('–', "-")
}

fn levels(column: &Column, card: &ColumnCard, cohort: &Cohort, name: &str) -> Result<Levels> {
    match (column, column.numbers()) {
        (_, Some(numbers)) if !card.bands.is_empty() => {
            let mut names = band::labels(&card.bands);
            let unknown = names.len() as u32;
            names.push(UNKNOWN_LEVEL.to_owned());
            let rows = cohort.rows.iter().map(|row| {
                band::of(numbers.get(*row as usize), &card.bands)
                    .map_or(unknown, |band| band as u32)
            });
            Ok(Levels {
                rows: rows.collect(),
                names,
            })
        }
        (Column::Category(words), _) => Ok(word_levels(words, card, cohort)),
        (Column::Tensor(_), _) => Err(Error::new(format!(
            "the group `{}` holds tensors",
            shown(name)
        ))
        .help("groups are made of words, or of numbers with `bands`")),
        _ => Err(Error::new(format!(
            "the group `{}` holds numbers and has no `bands`",
            shown(name)
        ))
        .help("add `bands = [..]` to the column in the dataset card")),
    }
}

fn word_levels(words: &Category, card: &ColumnCard, cohort: &Cohort) -> Levels {
    let declared = role::categories(card);
    let rank = |word: &str| {
        let known = declared.iter().position(|category| *category == word);
        match known {
            _ if word == UNKNOWN_LEVEL => (usize::MAX, 0.0),
            Some(at) => (at, 0.0),
            None => (declared.len(), word.parse().unwrap_or(f64::INFINITY)),
        }
    };
    let mut order: Vec<&str> = words.levels.iter().map(String::as_str).collect();
    if !order.contains(&UNKNOWN_LEVEL) {
        order.push(UNKNOWN_LEVEL);
    }
    order.sort_by(|a, b| {
        let (first, second) = (rank(a), rank(b));
        first
            .0
            .cmp(&second.0)
            .then(first.1.total_cmp(&second.1))
            .then(a.cmp(b))
    });
    let places: BTreeMap<&str, u32> = order.iter().copied().zip(0..).collect();
    let unknown = places[UNKNOWN_LEVEL];
    let position: Vec<u32> = words
        .levels
        .iter()
        .map(|word| places.get(word.as_str()).copied().unwrap_or(unknown))
        .collect();
    let rows = cohort.rows.iter().map(|row| {
        let code = words.codes[*row as usize];
        position.get(code as usize).copied().unwrap_or(unknown)
    });
    Levels {
        rows: rows.collect(),
        names: order.into_iter().map(str::to_owned).collect(),
    }
}
