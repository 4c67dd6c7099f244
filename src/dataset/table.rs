//! Rows in columns, and batches of them as a model asks for them.

use crate::dataset::tensor::Tensors;
use crate::error::{Error, Result, shown};
use crate::record::Conversion;
use std::collections::BTreeMap;

/// Code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// One column. A missing number is NaN inside this room and nowhere else.
#[derive(Debug, Clone)]
pub enum Column {
    /// Numbers; NaN is missing.
    Number(Vec<f64>),
    /// Numbers that the file has in 32 bits or fewer, kept as they came; NaN is missing.
    Single(Vec<f32>),
    /// Words.
    Category(Category),
    /// Many numbers in each row.
    Tensor(Tensors),
}

impl Column {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Number(numbers) => numbers.len(),
            Self::Single(numbers) => numbers.len(),
            Self::Category(category) => category.codes.len(),
            Self::Tensor(tensors) => tensors.len(),
        }
    }

    /// True when the cell of this row is missing; of a tensor, when one of its numbers is.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Number(numbers) => numbers.get(row).is_none_or(|number| number.is_nan()),
            Self::Single(numbers) => numbers.get(row).is_none_or(|number| number.is_nan()),
            Self::Category(words) => words.codes.get(row).is_none_or(|code| *code == MISSING),
            Self::Tensor(tensors) => tensors.is_missing(row),
        }
    }

    /// It holds something else than is asked.
    fn not(&self, name: &str, asked: &str) -> Error {
        let held = match self {
            Self::Number(_) | Self::Single(_) => "numbers",
            Self::Category(_) => "categories",
            Self::Tensor(_) => "tensors",
        };
        Error::new(format!(
            "column `{}` holds {held} where {asked} are asked",
            shown(name)
        ))
    }
}

/// The numbers of a column, however they are kept.
#[derive(Debug, Clone, Copy)]
pub enum Numbers<'t> {
    /// In 64 bits.
    Double(&'t [f64]),
    /// In 32 bits.
    Single(&'t [f32]),
}

impl<'t> Numbers<'t> {
    /// The number of a row; NaN where it is missing, and behind the last row.
    pub fn get(self, row: usize) -> f64 {
        match self {
            Self::Double(all) => all.get(row).copied().unwrap_or(f64::NAN),
            Self::Single(all) => all.get(row).map_or(f64::NAN, |x| f64::from(*x)),
        }
    }

    /// Number of rows.
    pub fn len(self) -> usize {
        match self {
            Self::Double(all) => all.len(),
            Self::Single(all) => all.len(),
        }
    }

    /// True without rows.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Every number, in the order of rows.
    pub fn iter(self) -> impl Iterator<Item = f64> + 't {
        (0..self.len()).map(move |row| self.get(row))
    }
}

impl<const N: usize> PartialEq<[f64; N]> for Numbers<'_> {
    fn eq(&self, other: &[f64; N]) -> bool {
        self.iter().eq(other.iter().copied())
    }
}

impl Column {
    /// The numbers, when the column holds some.
    pub fn numbers(&self) -> Option<Numbers<'_>> {
        match self {
            Self::Number(all) => Some(Numbers::Double(all)),
            Self::Single(all) => Some(Numbers::Single(all)),
            Self::Category(_) | Self::Tensor(_) => None,
        }
    }
}

impl PartialEq for Column {
    /// Numbers are equal whatever they are kept in.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Category(a), Self::Category(b)) => a == b,
            (Self::Tensor(a), Self::Tensor(b)) => a == b,
            _ => match (self.numbers(), other.numbers()) {
                (Some(a), Some(b)) => a.iter().eq(b.iter()),
                _ => false,
            },
        }
    }
}

/// A column of words: a code for each row and the word behind each code, in order of first appearance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Category {
    /// One code a row; [`MISSING`] is missing.
    pub codes: Vec<u32>,
    /// The word of each code.
    pub levels: Vec<String>,
}

impl Category {
    /// For each level, true when it is not one of the known words; nothing is a stray where no word is known.
    pub fn strays(&self, known: &[&str]) -> Vec<bool> {
        self.levels
            .iter()
            .map(|level| !known.is_empty() && !known.contains(&level.as_str()))
            .collect()
    }
}

/// The columns of a dataset that someone asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    rows: usize,
    columns: BTreeMap<String, Column>,
    aside: BTreeMap<String, Vec<u32>>,
    copies: Vec<u32>,
}

impl Table {
    /// A table of `rows` rows without columns.
    pub fn new(rows: usize) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }

    /// Adds a column. Fails when its length is not the table's, or the name is taken.
    pub fn insert(&mut self, name: &str, column: Column) -> Result<()> {
        let length = column.rows();
        if length != self.rows {
            return Err(Error::new(format!(
                "column `{}` has {length} rows where the table has {}",
                shown(name),
                self.rows
            )));
        }
        if self.columns.insert(name.to_owned(), column).is_some() {
            return Err(Error::new(format!(
                "column `{}` stands twice in the file",
                shown(name)
            )));
        }
        Ok(())
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A column by its name in the file.
    pub fn column(&self, name: &str) -> Result<&Column> {
        self.columns.get(name).ok_or_else(|| {
            Error::new(format!("the dataset has no column `{}`", shown(name)))
                .suggest(name, self.columns.keys().map(String::as_str))
        })
    }

    /// A column of numbers.
    pub fn numbers(&self, name: &str) -> Result<Numbers<'_>> {
        let column = self.column(name)?;
        column.numbers().ok_or_else(|| column.not(name, "numbers"))
    }

    /// A column of words.
    pub fn category(&self, name: &str) -> Result<&Category> {
        match self.column(name)? {
            Column::Category(category) => Ok(category),
            other => Err(other.not(name, "categories")),
        }
    }

    /// A column of tensors.
    pub fn tensors(&self, name: &str) -> Result<&Tensors> {
        match self.column(name)? {
            Column::Tensor(tensors) => Ok(tensors),
            other => Err(other.not(name, "tensors")),
        }
    }

    /// Makes cells of a column missing and remembers that they held something the card does not allow.
    pub fn set_aside(&mut self, name: &str, rows: Vec<u32>) -> Result<()> {
        self.column(name)?;
        match self.columns.get_mut(name) {
            Some(Column::Number(numbers)) => {
                rows.iter()
                    .for_each(|row| numbers[*row as usize] = f64::NAN);
            }
            Some(Column::Single(numbers)) => {
                rows.iter()
                    .for_each(|row| numbers[*row as usize] = f32::NAN);
            }
            Some(Column::Category(category)) => {
                rows.iter()
                    .for_each(|row| category.codes[*row as usize] = MISSING);
            }
            Some(Column::Tensor(tensors)) => {
                rows.iter().for_each(|row| tensors.miss(*row as usize));
            }
            None => {}
        }
        self.aside.insert(name.to_owned(), rows);
        Ok(())
    }

    /// Rows, ascending, whose cell in this column was set aside.
    pub fn aside(&self, name: &str) -> &[u32] {
        self.aside.get(name).map_or(&[], Vec::as_slice)
    }

    /// Remembers the rows that repeat an earlier row of the same patient in every column of the file.
    pub fn mark_copies(&mut self, rows: Vec<u32>) {
        self.copies = rows;
    }

    /// Rows, ascending, that repeat an earlier row of the same patient in every column of the file, read or not.
    pub fn copies(&self) -> &[u32] {
        &self.copies
    }

    /// Names of the columns that were read.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }
}

/// Where an input takes its values from instead of the batch's own rows.
#[derive(Debug, Clone, Copy)]
pub enum Instead<'a> {
    /// From these rows of the table: one for each row of the batch.
    Rows(&'a [u32]),
    /// These numbers, in the model's unit: one for each row of the batch.
    Numbers(&'a [f64]),
}

impl<'a> Instead<'a> {
    /// The part for some rows of the batch.
    pub fn part(self, rows: std::ops::Range<usize>) -> Self {
        match self {
            Self::Rows(list) => Self::Rows(&list[rows]),
            Self::Numbers(list) => Self::Numbers(&list[rows]),
        }
    }
}

/// The rows as a range, where each follows the one before.
fn run(rows: &[u32]) -> Option<std::ops::Range<usize>> {
    let first = *rows.first()?;
    let astray = |(row, at): (&u32, u32)| row.wrapping_sub(first) ^ at;
    let all = rows.iter().zip(0..).map(astray).fold(0, |a, b| a | b);
    let first = first as usize;
    (all == 0).then_some(first..first + rows.len())
}

/// Some rows of a table under the names a model knows its inputs by. Values are copied out per batch, never the table.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    table: &'a Table,
    joins: &'a BTreeMap<String, String>,
    conversions: &'a [Conversion],
    rows: &'a [u32],
    instead: &'a [(&'a str, Instead<'a>)],
}

impl<'a> Batch<'a> {
    /// The rows (indices into the table) under the names of `joins` (input → column).
    pub fn new(table: &'a Table, joins: &'a BTreeMap<String, String>, rows: &'a [u32]) -> Self {
        Self {
            table,
            joins,
            conversions: &[],
            rows,
            instead: &[],
        }
    }

    /// The same rows with inputs in the model's units.
    #[must_use]
    pub fn converting(self, conversions: &'a [Conversion]) -> Self {
        Self {
            conversions,
            ..self
        }
    }

    /// The same rows, with other values for some inputs: what an explainer asks of a model.
    #[must_use]
    pub fn with(self, instead: &'a [(&'a str, Instead<'a>)]) -> Self {
        Self { instead, ..self }
    }

    fn instead(&self, input: &str) -> Instead<'a> {
        let other = self.instead.iter().find(|(name, _)| *name == input);
        other.map_or(Instead::Rows(self.rows), |(_, instead)| *instead)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn column(&self, input: &str) -> Result<&'a str> {
        self.joins.get(input).map(String::as_str).ok_or_else(|| {
            Error::new(format!("no column feeds the input `{}`", shown(input)))
                .suggest(input, self.joins.keys().map(String::as_str))
        })
    }

    /// The values of a numeric input in the model's unit, NaN where missing.
    pub fn numbers(&self, input: &str) -> Result<Vec<f64>> {
        let numbers = self.table.numbers(self.column(input)?)?;
        let rows = match self.instead(input) {
            Instead::Rows(rows) => rows,
            Instead::Numbers(others) => return Ok(others.to_vec()),
        };
        let run = run(rows);
        let rows = rows.iter().map(|row| *row as usize);
        let mut values: Vec<f64> = match (numbers, run) {
            (Numbers::Double(all), Some(run)) => all[run].to_vec(),
            (Numbers::Double(all), None) => rows.map(|row| all[row]).collect(),
            (Numbers::Single(all), _) => rows.map(|row| f64::from(all[row])).collect(),
        };
        if let Some(conversion) = self.conversions.iter().find(|c| c.input == input) {
            values
                .iter_mut()
                .for_each(|value| *value = conversion.apply(*value));
        }
        Ok(values)
    }

    /// The codes of a categorical input ([`MISSING`] where missing) and the words behind the codes.
    pub fn codes(&self, input: &str) -> Result<(Vec<u32>, &'a [String])> {
        let category = self.table.category(self.column(input)?)?;
        let Instead::Rows(rows) = self.instead(input) else {
            return Err(Error::new(format!(
                "the input `{}` is a category, and numbers stand in for it",
                shown(input)
            )));
        };
        let codes = rows.iter().map(|row| category.codes[*row as usize]);
        Ok((codes.collect(), &category.levels))
    }

    /// The numbers of a tensor input, row after row, NaN where missing.
    pub fn tensors(&self, input: &str) -> Result<Tensors> {
        let tensors = self.table.tensors(self.column(input)?)?;
        match self.instead(input) {
            Instead::Rows(rows) => Ok(tensors.at(rows)),
            Instead::Numbers(_) => Err(Error::new(format!(
                "the input `{}` is a tensor, and numbers stand in for it",
                shown(input)
            ))),
        }
    }
}
