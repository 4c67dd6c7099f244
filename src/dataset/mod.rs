//! Rows: the shelf of formats, and from a file to the rows that belong.
//!
//! | file | idea |
//! | --- | --- |
//! | [`table`] | columns, and batches of rows |
//! | [`reading`], [`growing`], [`values`] | how cells become columns, whatever the format |
//! | [`csv`], [`parquet`], [`ipc`] | the formats; [`block`] cuts text, [`arrow`] reads Arrow's columns |
//! | [`cohort`], [`flow`] | who is in, who is out, and why |
//! | [`groups`], [`band`] | who belongs together |
//! | [`profile`] | how many |

pub mod arrow;
pub mod arrow_batches;
pub mod arrow_cell;
pub mod arrow_kind;
pub mod arrow_list;
pub mod band;
pub mod behind;
pub mod block;
pub mod cohort;
pub mod csv;
pub mod family;
pub mod flow;
pub mod groups;
pub mod growing;
pub mod ipc;
pub mod parquet;
pub mod profile;
pub mod reading;
pub mod role;
pub mod table;
pub mod tensor;
pub mod tensor_growing;
pub mod unscored;
pub mod values;

use crate::error::{Error, Result, shown};
use crate::record::{ColumnCard, ColumnRole, DatasetCard, RangeRule};
use growing::Tick;
use std::path::Path;
use table::{Column, Table};

/// A file format.
#[derive(Debug)]
pub struct Format {
    /// The word in the card.
    pub id: &'static str,
    /// Endings that such files usually have.
    pub extensions: &'static [&'static str],
    /// The names of the columns, in the order of the file; reads no row.
    pub names: fn(&Path, &DatasetCard) -> Result<Vec<String>>,
    /// Reads the wanted columns.
    pub read: fn(&Path, &DatasetCard, &[String], Tick<'_>) -> Result<Table>,
}

/// Every format, in the order readers see them.
pub fn formats() -> &'static [Format] {
    &[
        Format {
            id: "csv",
            extensions: &["csv", "tsv", "txt", "data"],
            names: csv::names,
            read: csv::read,
        },
        Format {
            id: "parquet",
            extensions: &["parquet", "pq"],
            names: parquet::names,
            read: parquet::read,
        },
        Format {
            id: "arrow",
            extensions: &["arrow", "feather", "ipc", "arrows"],
            names: ipc::names,
            read: ipc::read,
        },
    ]
}

/// The names of the columns of a dataset, in the order of the file; reads no row.
pub fn names(path: &Path, card: &DatasetCard) -> Result<Vec<String>> {
    let format = format(path, card)?;
    (format.names)(path, card)
}

/// Every column of the card that is not among the names of the file, or stands there twice. Ignored ones may be absent.
pub fn check(card: &DatasetCard, names: &[String]) -> Vec<Error> {
    if let Some(error) = reading::wrong_delimiter(card, names) {
        return vec![error];
    }
    let used = |column: &&ColumnCard| !column.roles.contains(&ColumnRole::Ignore);
    let columns = card.columns.iter().filter(used);
    columns
        .filter_map(|column| {
            reading::readings(card, names, std::slice::from_ref(&column.name)).err()
        })
        .collect()
}

/// Reads the wanted columns of a dataset. Cells outside what the card allows are set aside where the card asks for it.
///
/// Columns keep their names in the file. Fails when the file is damaged, holds no row, lacks a wanted column, or has
/// something else than a number in a column of numbers.
pub fn open(path: &Path, card: &DatasetCard, wanted: &[String]) -> Result<Table> {
    open_watched(path, card, wanted, &|_| ())
}

/// The same; `tick` hears which share of the file was read.
pub fn open_watched(
    path: &Path,
    card: &DatasetCard,
    wanted: &[String],
    tick: Tick<'_>,
) -> Result<Table> {
    let format = format(path, card)?;
    let mut once: Vec<String> = Vec::with_capacity(wanted.len());
    for name in wanted {
        if !once.contains(name) {
            once.push(name.clone());
        }
    }
    let mut table = (format.read)(path, card, &once, tick)?;
    if table.rows() == 0 {
        return Err(Error::new("the file holds no row"));
    }
    set_aside(&mut table, card)?;
    Ok(table)
}

fn format(path: &Path, card: &DatasetCard) -> Result<&'static Format> {
    let found = formats().iter().find(|format| format.id == card.format);
    let Some(format) = found else {
        return Err(
            Error::new(format!("unknown format `{}`", shown(&card.format)))
                .suggest(&card.format, formats().iter().map(|format| format.id)),
        );
    };
    let about =
        std::fs::metadata(path).map_err(|e| Error::new(format!("cannot read the file: {e}")))?;
    if !about.is_file() {
        return Err(Error::new("this is no file"));
    }
    Ok(format)
}

fn set_aside(table: &mut Table, card: &DatasetCard) -> Result<()> {
    let names: Vec<String> = table.names().map(str::to_owned).collect();
    for name in names {
        let Some(column) = role::named(card, &name) else {
            continue;
        };
        if column.outside != RangeRule::Missing {
            continue;
        }
        let found = table.column(&name)?;
        let rows: Vec<u32> = match (found, found.numbers()) {
            (Column::Tensor(tensors), _) => {
                let strays = |row: &u32| {
                    let range = column.range;
                    range.is_some_and(|range| tensors.strays(*row as usize, range))
                };
                (0..).take(tensors.len()).filter(strays).collect()
            }
            (_, Some(numbers)) => {
                let strays = band::outside(column.range);
                (0..)
                    .zip(numbers.iter())
                    .filter(|(_, x)| strays(*x))
                    .map(|(row, _)| row)
                    .collect()
            }
            (Column::Category(category), None) => {
                let strays = category.strays(&role::categories(column));
                (0..)
                    .zip(&category.codes)
                    .filter(|(_, code)| strays.get(**code as usize).is_some_and(|stray| *stray))
                    .map(|(row, _)| row)
                    .collect()
            }
            (_, None) => Vec::new(),
        };
        if !rows.is_empty() {
            table.set_aside(&name, rows)?;
        }
    }
    Ok(())
}
