//! A tree on its way to its sums: cut into units, with tables that are kept or made anew.

use crate::explain::tree::cells::Cells;
use crate::explain::tree::deep::Sums;
use crate::explain::tree::near::{self, Near, Scratch};
use crate::explain::tree::question::{Answers, GROUP, Questions, Rows};
use crate::explain::tree::table::{self, Maker, Measure, What};
use crate::explain::tree::unit::{self, Unit};
use crate::model::tree::Tree;

/// A tree's units and where their columns are added.
#[derive(Debug)]
pub struct Parts {
    /// For each node whether leaves below it belong to no unit; empty when all do.
    pub deep: Vec<bool>,
    units: Vec<Unit>,
    cells: Vec<Vec<usize>>,
    kept: Kept,
}

/// What is there of the tables.
#[derive(Debug)]
enum Kept {
    Nothing,
    Near(Near),
    Far { table: Vec<f64>, starts: Vec<usize> },
}

/// What stands in for inputs that are not known: the shares of the tree itself, or weighted rows.
#[derive(Debug)]
pub struct StandIn<'a>(pub Option<(Rows<'a>, &'a [f64])>);

impl StandIn<'_> {
    /// Appends the table of a unit.
    fn table(&self, maker: &mut Maker, unit: &Unit, tree: &Tree, into: &mut Vec<f64>) {
        let Some((rows, weights)) = &self.0 else {
            return maker.make(unit, tree, Measure::Shares, into);
        };
        let mut seen = vec![0.0; 1 << unit.facts];
        for (group, weights) in weights.chunks(GROUP).enumerate() {
            for (pattern, weight) in unit.pattern(rows, group).iter().zip(weights) {
                seen[*pattern as usize] += weight;
            }
        }
        maker.make(unit, tree, Measure::Patterns(&seen), into);
    }
}

impl Parts {
    /// Cuts a tree into units of at most `most` facts.
    pub fn new(
        tree: &Tree,
        place: usize,
        questions: &Questions,
        cells: &Cells,
        what: What,
        most: usize,
    ) -> Self {
        let cut = unit::cut(tree, place, questions, most);
        let of = |unit: &Unit| {
            let pairs = match what {
                What::Values => Vec::new(),
                What::Pairs => table::pairs(unit),
            };
            let number = |place: usize| cells.number(unit.inputs[place] as usize).unwrap_or(0);
            let mut all = Vec::new();
            for output in tree.first..tree.first + tree.outputs {
                all.extend(unit.inputs.iter().map(|input| cells.value(output, *input)));
                let pair = |(a, b): &(usize, usize)| cells.pair(output, number(*a), number(*b));
                all.extend(pairs.iter().map(pair));
            }
            all
        };
        Self {
            deep: cut.deep,
            cells: cut.units.iter().map(of).collect(),
            units: cut.units,
            kept: Kept::Nothing,
        }
    }

    /// How many numbers its tables have.
    pub fn size(&self) -> usize {
        let units = self.units.iter().zip(&self.cells);
        units.map(|(unit, cells)| cells.len() << unit.facts).sum()
    }

    /// Makes its tables and keeps them.
    pub fn keep(&mut self, maker: &mut Maker, tree: &Tree, stand_in: &StandIn<'_>) {
        let mut table = Vec::with_capacity(self.size());
        let mut starts = Vec::with_capacity(self.units.len() + 1);
        for unit in &self.units {
            starts.push(table.len());
            stand_in.table(maker, unit, tree, &mut table);
        }
        self.kept = if near::fits(&self.units, table.len()) {
            let near = Near::new(&self.units, &self.cells, &starts, table);
            (self.units, self.cells) = (Vec::new(), Vec::new());
            Kept::Near(near)
        } else {
            Kept::Far { table, starts }
        };
    }

    /// Adds what its units say of some rows; the sums have `width` cells for each group.
    pub fn add(
        &self,
        maker: &mut Maker,
        tree: &Tree,
        stand_in: &StandIn<'_>,
        (rows, width): (&Rows<'_>, usize),
        sums: &mut Sums,
        scratch: &mut Scratch,
    ) {
        if let Kept::Near(near) = &self.kept {
            for (group, sums) in sums.chunks_exact_mut(width.max(1)).enumerate() {
                near.add(rows, group, scratch, sums);
            }
            return;
        }
        let mut fresh = Vec::new();
        for (place, (unit, cells)) in self.units.iter().zip(&self.cells).enumerate() {
            let own = match &self.kept {
                Kept::Far { table, starts } => &table[starts[place]..],
                _ => {
                    fresh.clear();
                    stand_in.table(maker, unit, tree, &mut fresh);
                    &fresh
                }
            };
            for (group, sums) in sums.chunks_exact_mut(width.max(1)).enumerate() {
                let pattern = unit.pattern(rows, group);
                add(unit.facts, &pattern, own, cells, sums);
            }
        }
    }
}

fn add(facts: usize, pattern: &Answers, table: &[f64], cells: &[usize], sums: &mut Sums) {
    match facts {
        1 => gather::<2>(pattern, table, cells, sums),
        2 => gather::<4>(pattern, table, cells, sums),
        3 => gather::<8>(pattern, table, cells, sums),
        4 => gather::<16>(pattern, table, cells, sums),
        5 => gather::<32>(pattern, table, cells, sums),
        6 => gather::<64>(pattern, table, cells, sums),
        7 => gather::<128>(pattern, table, cells, sums),
        8 => gather::<256>(pattern, table, cells, sums),
        9 => gather::<512>(pattern, table, cells, sums),
        10 => gather::<1024>(pattern, table, cells, sums),
        _ => gather::<2048>(pattern, table, cells, sums),
    }
}

/// Adds one number of each column of a table for every row.
#[inline(never)]
fn gather<const N: usize>(pattern: &Answers, table: &[f64], cells: &[usize], sums: &mut Sums) {
    for (column, cell) in table.as_chunks::<N>().0.iter().zip(cells) {
        if let Some(sums) = sums.get_mut(*cell) {
            for (sum, pattern) in sums.iter_mut().zip(pattern) {
                *sum += column[*pattern as usize & (N - 1)];
            }
        }
    }
}
