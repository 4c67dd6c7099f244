//! Columns while they are read, the same for every format.
//!
//! A file is read part by part; parts are read in any order and appended in the order of the file, so that a table does
//! not depend on the number of threads.

use crate::dataset::reading::Reading;
use crate::dataset::table::{Category, Column, MISSING, Table};
use crate::dataset::tensor_growing::Lists;
use crate::dataset::values::Values;
use crate::error::{Error, Result, shown};
use crate::record::InputKind;
use std::collections::{HashMap, HashSet};

/// Rows are numbered with 32 bits, and [`MISSING`] is taken.
pub const MOST_ROWS: u64 = u32::MAX as u64 - 1;

/// Cells that a table may have: 16 GiB of numbers. Binary formats can promise such a table in a few bytes.
pub const MOST_CELLS: u64 = 2 << 30;

fn too_many_rows() -> Error {
    Error::new(format!(
        "the file has more rows than the {MOST_ROWS} a dataset may have"
    ))
}

/// Fails when a table of this size is more than keur reads.
pub fn fits(rows: u64, columns: usize) -> Result<()> {
    if rows > MOST_ROWS {
        return Err(too_many_rows());
    }
    if rows.saturating_mul(columns as u64) > MOST_CELLS {
        return Err(Error::new(format!(
            "the file promises {rows} rows in {columns} columns, more than the {MOST_CELLS} cells a dataset may have"
        )));
    }
    Ok(())
}

/// Hears which share of a file was read so far, from 0 to 1.
pub type Tick<'a> = &'a (dyn Fn(f64) + Sync);

/// Fails when so many numbers are more than keur reads.
pub fn fits_cells(cells: u64) -> Result<()> {
    if cells > MOST_CELLS {
        return Err(Error::new(format!(
            "the file holds {cells} numbers or more, more than the {MOST_CELLS} cells a dataset may have"
        )));
    }
    Ok(())
}

/// A column while it is read.
#[derive(Debug)]
pub enum Growing {
    /// Numbers; NaN is missing.
    Numbers(Numbers),
    /// Words.
    Words(Words),
    /// Tensors.
    Lists(Lists),
}

impl Growing {
    /// An empty column of the right kind.
    pub fn start(reading: &Reading) -> Self {
        match reading.kind {
            InputKind::Number => Self::Numbers(Numbers::default()),
            InputKind::Category => Self::Words(Words::default()),
            InputKind::Tensor => Self::Lists(Lists::default()),
        }
    }
}

/// Numbers while they are read.
#[derive(Debug, Default)]
pub struct Numbers {
    values: Values,
    strange: u64,
    first: Option<u64>,
}

impl Numbers {
    /// Numbers that all are whole in 32 bits.
    pub fn single() -> Self {
        Self {
            values: Values::single(),
            ..Self::default()
        }
    }

    /// Adds a missing cell.
    pub fn miss(&mut self) {
        self.values.push(f64::NAN);
    }

    /// Adds a number; false when it is neither finite nor declared missing.
    pub fn push(&mut self, reading: &Reading, number: f64) -> bool {
        let missing = |code: &f64| *code == number || (code.is_nan() && number.is_nan());
        if reading.numbers.iter().any(missing) {
            self.miss();
            return true;
        }
        let finite = number.is_finite();
        self.values.push(if finite { number } else { f64::NAN });
        finite
    }

    /// Adds a cell text, read as the nearest number of 64 bits; false when it is no finite number and not missing.
    pub fn push_text(&mut self, reading: &Reading, cell: &[u8]) -> bool {
        let cell = cell.trim_ascii();
        let number = std::str::from_utf8(cell).ok().and_then(|t| t.parse().ok());
        match number {
            Some(number) => self.push(reading, number),
            None => {
                self.miss();
                reading.is_code(cell)
            }
        }
    }

    /// Counts a cell that is no number, at a line or row of the file.
    pub fn strange(&mut self, at: impl FnOnce() -> u64) {
        self.strange += 1;
        if self.first.is_none() {
            self.first = Some(at());
        }
    }
}

/// Words while they are read: a code for each row, codes in order of first appearance.
#[derive(Debug, Default)]
pub struct Words {
    codes: Vec<u32>,
    index: HashMap<Vec<u8>, u32>,
    known: u32,
    last: Option<(Vec<u8>, u32)>,
}

impl Words {
    /// Adds a missing cell.
    pub fn miss(&mut self) {
        self.codes.push(MISSING);
    }

    /// Adds a cell; false when it is not UTF-8.
    pub fn push(&mut self, reading: &Reading, cell: &[u8]) -> bool {
        let cell = cell.trim_ascii();
        if let Some((word, code)) = &self.last
            && word == cell
        {
            self.codes.push(*code);
            return true;
        }
        let code = match self.index.get(cell) {
            Some(code) => *code,
            None if reading.is_code(cell) => self.learn(cell, MISSING),
            None if std::str::from_utf8(cell).is_ok() => self.learn(cell, self.known),
            None => return false,
        };
        match &mut self.last {
            Some((word, last)) => {
                word.clear();
                word.extend_from_slice(cell);
                *last = code;
            }
            None => self.last = Some((cell.to_vec(), code)),
        }
        self.codes.push(code);
        true
    }

    fn learn(&mut self, word: &[u8], code: u32) -> u32 {
        self.index.insert(word.to_vec(), code);
        if code != MISSING {
            self.known += 1;
        }
        code
    }

    /// Adds the rows of another part; words get their labels here.
    fn append(&mut self, reading: &Reading, other: Self, room: usize) {
        let codes: Vec<u32> = other
            .levels()
            .into_iter()
            .map(|word| {
                let word = reading.labels.get(&word).cloned().unwrap_or(word);
                match self.index.get(word.as_bytes()) {
                    Some(code) => *code,
                    None => self.learn(word.as_bytes(), self.known),
                }
            })
            .collect();
        if self.codes.is_empty() {
            self.codes.try_reserve_exact(room).ok();
        }
        self.codes.extend(
            other
                .codes
                .iter()
                .map(|code| codes.get(*code as usize).copied().unwrap_or(MISSING)),
        );
    }

    fn levels(&self) -> Vec<String> {
        let mut levels = vec![String::new(); self.known as usize];
        for (word, code) in &self.index {
            if let Some(level) = levels.get_mut(*code as usize) {
                *level = String::from_utf8_lossy(word).into_owned();
            }
        }
        levels
    }
}

/// Consecutive rows of a file.
#[derive(Debug)]
pub struct Part {
    /// Number of rows.
    pub rows: usize,
    /// One for each [`Reading`], in the same order.
    pub columns: Vec<Growing>,
    /// A hash of each whole row, when copies of rows are looked for.
    pub prints: Vec<u64>,
}

impl Part {
    /// No rows yet.
    pub fn start(readings: &[Reading]) -> Self {
        Self {
            rows: 0,
            columns: readings.iter().map(Growing::start).collect(),
            prints: Vec::new(),
        }
    }
}

/// A table while its parts arrive.
#[derive(Debug)]
pub struct Growth<'r> {
    readings: &'r [Reading],
    part: Part,
    room: usize,
}

impl<'r> Growth<'r> {
    /// No rows yet, and room for so many as soon as the first come.
    pub fn start(readings: &'r [Reading], room: usize) -> Self {
        Self {
            readings,
            part: Part::start(readings),
            room,
        }
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.part.rows
    }

    /// Adds the next rows of the file. Fails when there are more rows than a table can number.
    pub fn append(&mut self, next: Part) -> Result<()> {
        self.part.rows += next.rows;
        if self.part.rows as u64 > MOST_ROWS {
            return Err(too_many_rows());
        }
        if self.part.prints.is_empty() && !next.prints.is_empty() {
            self.part.prints.try_reserve_exact(self.room).ok();
        }
        self.part.prints.extend(next.prints);
        let columns = self.part.columns.iter_mut().zip(next.columns);
        for ((mine, new), reading) in columns.zip(self.readings) {
            match (mine, new) {
                (Growing::Numbers(mine), Growing::Numbers(new)) => {
                    mine.values.append(new.values, self.room);
                    mine.strange += new.strange;
                    mine.first = mine.first.or(new.first);
                }
                (Growing::Words(mine), Growing::Words(new)) => {
                    mine.append(reading, new, self.room);
                }
                (Growing::Lists(mine), Growing::Lists(new)) => {
                    fits_cells(mine.cells().saturating_add(new.cells()))?;
                    mine.append(new);
                }
                _ => {
                    return Err(Error::new(
                        "two parts of a file disagree on a column's kind",
                    ));
                }
            }
        }
        Ok(())
    }

    /// The table. `unit` is what `first` counts: `line` or `row`. Fails when a column of numbers holds something else.
    pub fn finish(self, unit: &str) -> Result<Table> {
        let strange: Vec<String> = self
            .readings
            .iter()
            .zip(&self.part.columns)
            .filter_map(|(reading, column)| match column {
                Growing::Numbers(Numbers {
                    strange,
                    first: Some(first),
                    ..
                }) => Some(format!(
                    "column `{}` holds {strange} {} that {} no finite number, first in {unit} {first}",
                    shown(&reading.name),
                    if *strange == 1 { "cell" } else { "cells" },
                    if *strange == 1 { "is" } else { "are" },
                )),
                Growing::Lists(lists) => lists.wrong(reading, unit),
                _ => None,
            })
            .collect();
        if !strange.is_empty() {
            return Err(Error::new(strange.join("; ")).help(
                "if such a cell means that nothing is known, declare it in `missing`; if the column holds words, give it \
                 `categories` or `kind = \"category\"`; decimals have a point",
            ));
        }
        let rows = self.part.rows;
        let mut table = Table::new(rows);
        for (reading, column) in self.readings.iter().zip(self.part.columns) {
            let column = match column {
                Growing::Numbers(numbers) => numbers.values.finish(),
                Growing::Words(mut words) => {
                    words.codes.shrink_to_fit();
                    Column::Category(Category {
                        levels: words.levels(),
                        codes: words.codes,
                    })
                }
                Growing::Lists(lists) => Column::Tensor(lists.finish()?),
            };
            table.insert(&reading.name, column)?;
        }
        let patient = self.readings.iter().find(|reading| reading.patient);
        if let Some(patient) = patient
            && self.part.prints.len() == rows
        {
            let copies = copies(table.category(&patient.name)?, &self.part.prints);
            table.mark_copies(copies);
        }
        Ok(table)
    }
}

/// Rows whose patient and whole content occurred before. A hash of 64 bits is compared among the rows of one patient
/// only, so that two different rows are taken for one with a chance below 1 in 10¹⁵ for a patient with 100 rows.
fn copies(patient: &Category, prints: &[u64]) -> Vec<u32> {
    let mut often = vec![0_u32; patient.levels.len()];
    for code in &patient.codes {
        if let Some(times) = often.get_mut(*code as usize) {
            *times = times.saturating_add(1);
        }
    }
    let mut seen = HashSet::new();
    (0_u32..)
        .zip(patient.codes.iter().zip(prints))
        .filter(|(_, (code, print))| {
            often.get(**code as usize).is_some_and(|times| *times > 1)
                && !seen.insert((**code, **print))
        })
        .map(|(row, _)| row)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_of_too_many_rows_or_cells_are_refused() {
        assert!(fits(10_000_000, 200).is_ok());
        assert!(fits(10_000_000, 300).is_err());
        assert!(fits(MOST_ROWS + 1, 0).is_err());
        assert!(fits(u64::MAX, usize::MAX).is_err());
        assert!(fits_cells(MOST_CELLS).is_ok() && fits_cells(u64::MAX).is_err());
    }
}
