//! What was found for some rows.

use crate::explain::tree::cells::Cells;
use crate::explain::tree::question::GROUP;
use std::ops::Range;

/// Values of some rows, and interactions when they were asked for.
#[derive(Debug)]
pub struct Block<'a> {
    /// Which rows.
    pub rows: Range<usize>,
    cells: &'a Cells,
    sums: Vec<[f64; GROUP]>,
}

impl<'a> Block<'a> {
    /// Takes sums: for each group of rows, for each cell.
    pub fn new(rows: Range<usize>, cells: &'a Cells, sums: Vec<[f64; GROUP]>) -> Self {
        Self { rows, cells, sums }
    }
}

impl Block<'_> {
    fn cell(&self, cell: usize) -> impl Iterator<Item = f64> + '_ {
        let groups = self.sums.chunks_exact(self.cells.count().max(1));
        let rows = groups.filter_map(move |group| group.get(cell)).flatten();
        rows.copied().take(self.rows.len())
    }

    /// The value of an input for each row; 0 for an input that no tree asks about.
    pub fn values(&self, output: usize, input: usize) -> impl Iterator<Item = f64> + '_ {
        let number = self.cells.number(input);
        let cell = number.map(|number| self.cells.first(output) + number);
        let none = if cell.is_none() { self.rows.len() } else { 0 };
        let some = cell.map(|cell| self.cell(cell)).into_iter().flatten();
        some.chain(std::iter::repeat_n(0.0, none))
    }

    /// Half the interaction of two inputs for each row, as it stands on either side of the diagonal; for an input with itself
    /// its main effect: its value less all its interactions.
    pub fn interactions(&self, output: usize, a: usize, b: usize) -> Vec<f64> {
        let (Some(one), Some(two)) = (self.cells.number(a), self.cells.number(b)) else {
            return vec![0.0; self.rows.len()];
        };
        if one != two {
            let pair = self.cell(self.cells.pair(output, one, two));
            return pair.map(|x| 0.5 * x).collect();
        }
        let mut main: Vec<f64> = self.values(output, a).collect();
        for other in (0..self.cells.asked()).filter(|other| *other != one) {
            let pair = self.cell(self.cells.pair(output, one, other));
            main.iter_mut()
                .zip(pair)
                .for_each(|(main, x)| *main -= 0.5 * x);
        }
        main
    }
}
