//! Cells of Arrow arrays, as Parquet and Arrow IPC files hand them over.
//!
//! A null is missing. In a column of words a whole number is its decimal text, any other number its shortest decimal text
//! (`1.0` is `1`), a flag `true` or `false`, a date ISO 8601. In a column of numbers a flag is 1 or 0, and texts are read as in
//! delimited text.

use crate::dataset::arrow_cell::{Cell, each, stir};
use crate::dataset::arrow_list;
use crate::dataset::growing::{Growing, Numbers, Part, Words};
use crate::dataset::reading::Reading;
use crate::error::{Error, Result, shown};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a batch is read for.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'r> {
    /// The wanted columns.
    pub readings: &'r [Reading],
    /// For each of them, the positions of its columns in a batch: one, or those of numbered columns.
    pub places: &'r [Vec<usize>],
    /// True when every row gets a hash over all columns of the batch.
    pub prints: bool,
}

/// Runs a reader of files that may lie; should it stop in a panic, that is a damaged file.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(
            Error::new("the file is damaged: its content contradicts itself")
                .help("write the file again from its source"),
        )
    })
}

/// What a third-party reader said, shortened.
pub fn damaged(error: impl std::fmt::Display) -> Error {
    let text = error.to_string();
    let text = text.lines().next().unwrap_or_default();
    Error::new(format!("the file is damaged or cut short: {}", shown(text)))
        .help("write the file again from its source")
}

/// True when 32 bits hold every value of this type.
fn is_narrow(kind: &DataType) -> bool {
    use DataType as D;
    matches!(
        kind,
        D::Boolean | D::Int8 | D::Int16 | D::UInt8 | D::UInt16 | D::Float16 | D::Float32
    )
}

/// Reads a batch whose first row is row `before + 1` of the file.
pub fn gather(batch: &RecordBatch, shape: Shape<'_>, before: usize) -> Result<Part> {
    let columns = shape
        .readings
        .par_iter()
        .zip(shape.places)
        .map(|(reading, places)| {
            let mut arrays = Vec::with_capacity(places.len());
            for place in places {
                let array = batch.columns().get(*place);
                arrays.push(
                    array
                        .ok_or_else(|| damaged("a batch lacks a column"))?
                        .as_ref(),
                );
            }
            let read = match arrays.as_slice() {
                [array] => column(*array, reading, before),
                arrays => arrow_list::family(arrays, reading, before as u64).map(Growing::Lists),
            };
            read.map_err(|error| error.or_at(&format!("column `{}`", shown(&reading.name))))
        })
        .collect::<Result<_>>()?;
    let mut prints = vec![0_u64; if shape.prints { batch.num_rows() } else { 0 }];
    if shape.prints {
        for array in batch.columns() {
            let rows = arrow_list::rows(array.as_ref())?;
            let mut at = 0;
            let mut row = 0;
            each(rows.leaf, &mut |cell| {
                while rows.bounds.get(row + 1).is_some_and(|end| *end <= at) {
                    row += 1;
                }
                if let Some(print) = prints.get_mut(row) {
                    *print = stir(print.wrapping_add(cell.print()));
                }
                at += 1;
            })?;
        }
    }
    Ok(Part {
        rows: batch.num_rows(),
        columns,
        prints,
    })
}

fn column(array: &dyn Array, reading: &Reading, before: usize) -> Result<Growing> {
    let mut growing = match Growing::start(reading) {
        Growing::Numbers(_) if is_narrow(array.data_type()) => Growing::Numbers(Numbers::single()),
        other => other,
    };
    let mut row = before as u64;
    let mut text = String::new();
    let read = match &mut growing {
        Growing::Numbers(numbers) => {
            if matches!(
                array.data_type(),
                DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)
            ) {
                return Err(Error::new(format!(
                    "column `{}` holds dates where numbers are asked",
                    shown(&reading.name)
                )));
            }
            each(array, &mut |cell| {
                row += 1;
                if !number(numbers, reading, cell) {
                    numbers.strange(|| row);
                }
            })
        }
        Growing::Words(words) => each(array, &mut |cell| word(words, reading, cell, &mut text)),
        Growing::Lists(lists) => arrow_list::tensors(array, reading, row).map(|read| *lists = read),
    };
    read?;
    Ok(growing)
}

fn number(numbers: &mut Numbers, reading: &Reading, cell: Cell<'_>) -> bool {
    match cell {
        Cell::Number(x) => numbers.push(reading, x),
        Cell::Short(x) => numbers.push(reading, f64::from(x)),
        Cell::Whole(x) => numbers.push(reading, x as f64),
        Cell::Flag(flag) => numbers.push(reading, f64::from(u8::from(flag))),
        Cell::Text(text) => numbers.push_text(reading, text.as_bytes()),
        Cell::Decimal(digits, scale) => {
            let text = format!("{digits}e{}", -i32::from(scale));
            numbers.push_text(reading, text.as_bytes())
        }
        Cell::Missing | Cell::Day(_) | Cell::Moment(..) => {
            numbers.miss();
            true
        }
    }
}

fn word(words: &mut Words, reading: &Reading, cell: Cell<'_>, text: &mut String) {
    match cell {
        Cell::Missing => words.miss(),
        Cell::Text(text) => {
            words.push(reading, text.as_bytes());
        }
        _ => {
            text.clear();
            // writing to a String does not fail
            let _ = cell.write(text);
            words.push(reading, text.as_bytes());
        }
    }
}
