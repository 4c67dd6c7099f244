//! Numbers in a row, and the products of matrices that lie in them. The one door to `candle`.

use crate::error::{Error, Result};
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, Layout, Shape};

/// Single-precision numbers, one after another.
#[derive(Debug, Clone)]
pub struct Numbers(CpuStorage);

/// A matrix that lies in numbers: where it starts, its sides, and the steps from row to row and from column to column.
#[derive(Debug, Clone, Copy)]
pub struct View {
    start: usize,
    sides: [usize; 2],
    steps: [usize; 2],
}

impl View {
    /// A matrix whose rows lie one behind the other.
    pub fn new(start: usize, rows: usize, columns: usize) -> Self {
        Self::strided(start, rows, columns, columns)
    }

    /// A matrix whose rows lie `step` numbers apart.
    pub fn strided(start: usize, rows: usize, columns: usize, step: usize) -> Self {
        Self {
            start,
            sides: [rows, columns],
            steps: [step, 1],
        }
    }

    /// Rows become columns.
    pub fn turned(mut self) -> Self {
        self.sides.swap(0, 1);
        self.steps.swap(0, 1);
        self
    }

    /// True when the last number of the matrix lies within.
    fn fits(&self, length: usize) -> bool {
        let last = |axis: usize| {
            self.sides[axis]
                .checked_sub(1)?
                .checked_mul(self.steps[axis])
        };
        let end = last(0)
            .zip(last(1))
            .and_then(|(down, along)| self.start.checked_add(down)?.checked_add(along));
        end.is_some_and(|end| end < length)
    }

    fn layout(&self) -> Layout {
        Layout::new(
            Shape::from(&self.sides[..]),
            self.steps.to_vec(),
            self.start,
        )
    }
}

impl From<Vec<f32>> for Numbers {
    fn from(numbers: Vec<f32>) -> Self {
        Self(CpuStorage::F32(numbers))
    }
}

impl Numbers {
    /// The numbers.
    pub fn all(&self) -> &[f32] {
        match &self.0 {
            CpuStorage::F32(numbers) => numbers,
            _ => &[],
        }
    }

    /// The numbers, to be changed where they lie.
    pub fn all_mut(&mut self) -> &mut [f32] {
        match &mut self.0 {
            CpuStorage::F32(numbers) => numbers,
            _ => &mut [],
        }
    }

    /// The numbers themselves.
    pub fn into_vec(self) -> Vec<f32> {
        match self.0 {
            CpuStorage::F32(numbers) => numbers,
            _ => Vec::new(),
        }
    }

    /// Numbers made of these one by one.
    pub fn map(mut self, each: impl Fn(f32) -> f32) -> Self {
        self.all_mut().iter_mut().for_each(|x| *x = each(*x));
        self
    }
}

/// The product of two matrices, row by row. Fails when they do not lie within their numbers, or their sides do not meet.
pub fn product(left: &Numbers, a: View, right: &Numbers, b: View) -> Result<Numbers> {
    let ([rows, inner], [meets, columns]) = (a.sides, b.sides);
    if inner != meets || !a.fits(left.all().len()) || !b.fits(right.all().len()) {
        return Err(Error::new(format!(
            "a product of {rows} × {inner} and {meets} × {columns} numbers cannot be made"
        )));
    }
    left.0
        .matmul(
            &right.0,
            (1, rows, columns, inner),
            &a.layout(),
            &b.layout(),
        )
        .map(Numbers)
        .map_err(|error| Error::new(format!("a product of matrices cannot be made: {error}")))
}

/// The error function.
pub fn erf(x: f32) -> f32 {
    candle_core::cpu::erf::erf_f32(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_taken_of_views_and_of_turned_ones() {
        let a = Numbers::from(vec![9.0, 1.0, 2.0, 9.0, 3.0, 4.0]);
        let b = Numbers::from(vec![1.0, 0.0, 2.0, 5.0]);
        let view = View::strided(1, 2, 2, 3);
        let plain = product(&a, view, &b, View::new(0, 2, 2)).unwrap();
        assert_eq!(plain.all(), [5.0, 10.0, 11.0, 20.0]);
        let turned = product(&a, view.turned(), &b, View::new(0, 2, 2).turned()).unwrap();
        assert_eq!(turned.all(), [1.0, 17.0, 2.0, 24.0]);
    }

    #[test]
    fn a_view_beyond_its_numbers_is_refused() {
        let a = Numbers::from(vec![0.0; 6]);
        for view in [
            View::new(1, 2, 3),
            View::new(usize::MAX, 2, 3),
            View::strided(0, 2, 3, usize::MAX),
            View::new(0, 0, 3),
        ] {
            assert!(product(&a, view, &a, View::new(0, 3, 2)).is_err());
        }
        assert!(product(&a, View::new(0, 2, 3), &a, View::new(0, 2, 3)).is_err());
    }
}
