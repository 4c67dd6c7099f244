//! Rows of many numbers: a signal, an image, a sequence of tokens.

use crate::error::{Error, Result};

/// Numbers that one row of a tensor column may have.
pub const WIDEST: usize = 1 << 25;

/// A column whose every row holds the same count of numbers, the last axis running fastest.
///
/// Numbers have 32 bits, as networks read them: whole numbers are exact up to 16,777,216. A row is missing when its cell is
/// empty or one of its numbers is; the numbers that are missing are NaN.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tensors {
    width: usize,
    values: Vec<f32>,
    missing: Vec<bool>,
}

impl Tensors {
    /// Rows of `width` numbers each; NaN is missing. Fails when the numbers do not fill whole rows.
    pub fn new(width: usize, values: Vec<f32>) -> Result<Self> {
        if width == 0 || !values.len().is_multiple_of(width) {
            return Err(Error::new(format!(
                "{} numbers do not fill rows of {width}",
                values.len()
            )));
        }
        let missing = values
            .chunks_exact(width)
            .map(|row| row.iter().any(|x| x.is_nan()))
            .collect();
        Ok(Self {
            width,
            values,
            missing,
        })
    }

    /// So many rows, all missing, of a width nobody knows.
    pub fn nothing(rows: usize) -> Self {
        Self {
            width: 0,
            values: Vec::new(),
            missing: vec![true; rows],
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.missing.len()
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty()
    }

    /// Numbers in a row; 0 when every row is missing.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The numbers of a row; none beyond the last row.
    pub fn row(&self, row: usize) -> &[f32] {
        let start = row.saturating_mul(self.width);
        self.values
            .get(start..start.saturating_add(self.width))
            .unwrap_or(&[])
    }

    /// All numbers, row after row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// True when a number of the row is missing.
    pub fn is_missing(&self, row: usize) -> bool {
        self.missing.get(row).is_none_or(|missing| *missing)
    }

    /// Makes every number of a row missing.
    pub fn miss(&mut self, row: usize) {
        let start = row.saturating_mul(self.width);
        if let Some(numbers) = self.values.get_mut(start..start.saturating_add(self.width)) {
            numbers.fill(f32::NAN);
        }
        if let Some(missing) = self.missing.get_mut(row) {
            *missing = true;
        }
    }

    /// True when a number of the row lies outside the range, both ends belonging to it.
    pub fn strays(&self, row: usize, [low, high]: [f64; 2]) -> bool {
        self.row(row)
            .iter()
            .any(|x| f64::from(*x) < low || f64::from(*x) > high)
    }

    /// Copies of the rows in these places.
    pub fn at(&self, rows: &[u32]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * self.width);
        for row in rows {
            values.extend_from_slice(self.row(*row as usize));
        }
        Self {
            width: self.width,
            values,
            missing: rows
                .iter()
                .map(|row| self.is_missing(*row as usize))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_one_missing_number_is_missing() {
        let mut tensors = Tensors::new(2, vec![1.0, 2.0, 3.0, f32::NAN, 5.0, 6.0]).unwrap();
        assert_eq!((tensors.len(), tensors.width()), (3, 2));
        let missing = |t: &Tensors| [0, 1, 2, 3].map(|row| t.is_missing(row));
        assert_eq!(missing(&tensors), [false, true, false, true]);
        tensors.miss(2);
        assert_eq!(missing(&tensors), [false, true, true, true]);
        assert_eq!(tensors.row(0), [1.0, 2.0]);
        assert_eq!(tensors.row(usize::MAX), [0.0_f32; 0]);
        let picked = tensors.at(&[1, 0]);
        assert!(picked.is_missing(0) && picked.row(1) == [1.0, 2.0]);
    }

    #[test]
    fn a_range_holds_for_each_number() {
        let tensors = Tensors::new(2, vec![1.0, 2.0, 3.0, f32::NAN]).unwrap();
        assert!(!tensors.strays(0, [1.0, 2.0]) && !tensors.strays(1, [3.0, 3.0]));
        assert!(tensors.strays(0, [1.5, 2.0]) && tensors.strays(1, [0.0, 2.9]));
    }

    #[test]
    fn numbers_that_fill_no_whole_row_are_refused() {
        assert!(Tensors::new(2, vec![1.0]).is_err());
        assert!(Tensors::new(0, vec![]).is_err());
    }
}
