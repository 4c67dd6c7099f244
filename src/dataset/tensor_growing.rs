//! A tensor column while it is read, the same for every format.

use crate::dataset::reading::Reading;
use crate::dataset::tensor::{Tensors, WIDEST};
use crate::error::{Error, Result, shown};
use std::collections::BTreeMap;

/// Rows of numbers while they are read. The first row that is not missing says how many numbers a row has.
#[derive(Debug, Default)]
pub struct Lists {
    width: Option<usize>,
    rows: usize,
    values: Vec<f32>,
    /// How many rows that are not missing have which length.
    lengths: BTreeMap<usize, u64>,
    uneven: u64,
    strange: u64,
    first: Option<u64>,
}

/// A number as a tensor holds it; NaN for a declared missing code, none when 32 bits cannot hold it.
pub fn number(reading: &Reading, x: f64) -> Option<f32> {
    let short = x as f32;
    if x.is_nan() || reading.numbers.contains(&x) {
        Some(f32::NAN)
    } else {
        short.is_finite().then_some(short)
    }
}

/// A cell text as a tensor holds it: the nearest number of 32 bits; none when it is no such number and not missing.
pub fn text(reading: &Reading, cell: &[u8]) -> Option<f32> {
    let cell = cell.trim_ascii();
    if reading.is_code(cell) {
        return Some(f32::NAN);
    }
    let cell = std::str::from_utf8(cell).ok()?;
    let exact: f64 = cell.parse().ok()?;
    if exact.is_nan() || reading.numbers.contains(&exact) {
        return Some(f32::NAN);
    }
    cell.parse().ok().filter(|x: &f32| x.is_finite())
}

impl Lists {
    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Numbers so far.
    pub fn cells(&self) -> u64 {
        self.values.len() as u64
    }

    /// Adds a missing row.
    pub fn miss(&mut self) {
        self.rows += 1;
        let whole = self.rows.saturating_mul(self.width.unwrap_or(0));
        self.values.resize(whole, f32::NAN);
    }

    /// Counts a row whose inner lists differ in length, and adds it as missing.
    pub fn uneven(&mut self) {
        self.uneven += 1;
        self.miss();
    }

    /// Adds a row, at a line or row of the file. One of another length than the first is counted; so are numbers that 32
    /// bits cannot hold, for which infinite ones stand.
    pub fn add(&mut self, numbers: &[f32], at: impl FnOnce() -> u64) {
        let strange = numbers.iter().filter(|x| x.is_infinite()).count() as u64;
        if strange > 0 {
            self.strange += strange;
            self.first = self.first.or_else(|| Some(at()));
        }
        *self.lengths.entry(numbers.len()).or_default() += 1;
        let width = *self.width.get_or_insert(numbers.len());
        if numbers.len() != width || width == 0 {
            return self.miss();
        }
        self.values.resize(self.rows * width, f32::NAN);
        self.values.extend_from_slice(numbers);
        self.rows += 1;
    }

    /// Adds the rows of another part.
    pub fn append(&mut self, other: Self) {
        let width = self.width.or(other.width);
        self.width = width;
        self.uneven += other.uneven;
        self.strange += other.strange;
        self.first = self.first.or(other.first);
        let filled = self.rows.saturating_mul(width.unwrap_or(0));
        self.values.resize(filled, f32::NAN);
        self.rows += other.rows;
        for (length, rows) in other.lengths {
            *self.lengths.entry(length).or_default() += rows;
        }
        if other.width == width {
            self.values.extend_from_slice(&other.values);
        }
        let filled = self.rows.saturating_mul(width.unwrap_or(0));
        self.values.resize(filled, f32::NAN);
    }

    /// What is wrong with the column, when something is.
    pub fn wrong(&self, reading: &Reading, unit: &str) -> Option<String> {
        let name = shown(&reading.name);
        let width = self.width.unwrap_or(0);
        if width > WIDEST {
            return Some(format!(
                "column `{name}` has {width} numbers in a row, more than the {WIDEST} a tensor may have"
            ));
        }
        if self.lengths.contains_key(&0) {
            return Some(format!("column `{name}` is a tensor and has empty lists"));
        }
        let others = self.lengths.iter().filter(|(length, _)| **length != width);
        let uneven = self.uneven + others.map(|(_, rows)| rows).sum::<u64>();
        if uneven > 0 {
            let rows = if uneven == 1 { "row does" } else { "rows do" };
            return Some(format!(
                "column `{name}` is a tensor, and {uneven} {rows} not hold the {width} numbers that the first row has"
            ));
        }
        self.first.map(|first| {
            format!(
                "column `{name}` holds {} {} that 32 bits cannot hold, first in {unit} {first}",
                self.strange,
                if self.strange == 1 {
                    "number"
                } else {
                    "numbers"
                },
            )
        })
    }

    /// The column.
    pub fn finish(mut self) -> Result<Tensors> {
        match self.width {
            None => Ok(Tensors::nothing(self.rows)),
            Some(width) => {
                self.values.shrink_to_fit();
                let tensors = Tensors::new(width, self.values)?;
                match tensors.len() == self.rows {
                    true => Ok(tensors),
                    false => Err(Error::new("a tensor column lost rows")),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading() -> Reading {
        Reading {
            name: "ecg".into(),
            at: 0,
            family: Vec::new(),
            kind: crate::record::InputKind::Tensor,
            patient: false,
            codes: vec!["-9".into()],
            numbers: vec![-9.0],
            labels: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn rows_before_the_first_known_one_get_its_width() {
        let mut first = Lists::default();
        first.miss();
        let mut second = Lists::default();
        second.miss();
        second.add(&[1.0, 2.0], || 1);
        first.append(second);
        first.add(&[3.0, 4.0], || 1);
        first.append(Lists::default());
        assert_eq!(first.wrong(&reading(), "row"), None);
        let column = first.finish().unwrap();
        let missing = [0, 1, 2, 3].map(|row| column.is_missing(row));
        assert_eq!(missing, [true, true, false, false]);
        assert_eq!(column.row(3), [3.0, 4.0]);
    }

    #[test]
    fn rows_of_other_lengths_are_counted_within_and_across_parts() {
        let mut first = Lists::default();
        first.add(&[1.0, 2.0], || 1);
        first.add(&[1.0], || 1);
        let mut second = Lists::default();
        second.add(&[1.0, 2.0, 3.0], || 1);
        second.miss();
        first.append(second);
        let told = first.wrong(&reading(), "row").unwrap();
        assert!(told.contains("2 rows do not hold the 2 numbers"), "{told}");
    }

    #[test]
    fn declared_codes_are_missing_and_what_32_bits_cannot_hold_is_strange() {
        let reading = reading();
        assert!(text(&reading, b" -9.0 ").unwrap().is_nan());
        assert!(text(&reading, b"").unwrap().is_nan());
        assert_eq!(text(&reading, b"0.1"), Some(0.1));
        assert_eq!(text(&reading, b"1e39"), None);
        assert_eq!(text(&reading, b"abc"), None);
        assert!(number(&reading, -9.0).unwrap().is_nan());
        assert_eq!(number(&reading, 1e39), None);
    }
}
