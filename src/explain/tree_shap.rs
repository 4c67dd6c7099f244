//! Exact Shapley values and interaction values of a forest, on the scale of its sum before any link (the margin).
//!
//! Values of a row sum to what the forest says of it minus the base; interactions of an input, its main effect among them,
//! sum to its value. With covers they are what XGBoost's `pred_contribs` and `pred_interactions` and LightGBM's `pred_contrib`
//! give, with a background what the mean of Shapley values over its rows is.
//!
//! Rows go through in blocks. Tables ([`crate::explain::table`]) of up to [`STORED`] bytes are made once; those of further trees
//! are made anew for each block, one unit at a time. A block's sums take up to [`BLOCK`] bytes and each thread has one
//! block, so memory does not grow with the rows unless the caller keeps them. Every row adds the same numbers in the same
//! order whatever its block, so any number of threads gives the same bytes.

use crate::error::{Error, Result};
use crate::explain::cells::Cells;
use crate::explain::deep::{self, Deep, Sums};
use crate::explain::duel::{Beta, Duel};
use crate::explain::game::{self, Game};
use crate::explain::legendre;
use crate::explain::question::{Answers, GROUP, Questions, Rows};
use crate::explain::table::{self, Maker, Measure, What};
use crate::explain::unit::{self, Cut, FEW, MOST, Unit};
use crate::model::forest::Forest;
use rayon::prelude::*;
use std::ops::Range;

/// Bytes of tables that are kept.
pub const STORED: usize = 96 << 20;
/// Bytes of a block's sums.
pub const BLOCK: usize = 32 << 20;
/// Rows of a block when its tables are kept, and when they are made for it.
const ROWS: [usize; 2] = [1024, 16_384];
/// Bytes of a tree's tables that stay in fast memory while groups pass.
const NEAR: usize = 256 << 10;
/// Trees whose tables are made at once.
const TOGETHER: usize = 64;

/// A forest, ready to be explained.
#[derive(Debug)]
pub struct TreeShap<'a> {
    forest: &'a Forest,
    game: &'a Game,
    what: What,
    questions: Questions,
    cells: Cells,
    background: Option<Rows<'a>>,
    base: Vec<f64>,
    most: usize,
    stored: Vec<Parts>,
    rules: Vec<Vec<(f64, f64)>>,
    beta: Beta,
}

/// A tree's units with their cells, and their tables where these are kept.
#[derive(Debug)]
struct Parts {
    cut: Cut,
    cells: Vec<Vec<usize>>,
    tables: Vec<f64>,
    starts: Vec<usize>,
}

/// What was found for some rows.
#[derive(Debug)]
pub struct Block<'a> {
    /// Which rows.
    pub rows: Range<usize>,
    cells: &'a Cells,
    sums: Vec<[f64; GROUP]>,
}

impl<'a> TreeShap<'a> {
    /// Prepares values, or values with interactions, for about so many `rows` (which decides what is worth preparing; it
    /// changes no more than the last bits). Fails when the file keeps no covers and the game needs them, when the background has
    /// other inputs than the forest, and when a row would have too many sums.
    pub fn new(forest: &'a Forest, game: &'a Game, what: What, rows: usize) -> Result<Self> {
        let cells = Cells::new(forest, what)?;
        let questions = Questions::new(forest);
        let mut background = None;
        let base = match game {
            Game::Covers => {
                if let Some(place) = forest.trees.iter().position(|tree| !game::covered(tree)) {
                    return Err(Error::new(format!(
                        "the file does not say how many rows of training came to tree {place}"
                    ))
                    .help("explain it with a background"));
                }
                covers_base(forest)
            }
            Game::Background(of) => {
                let rows = check(forest, of.columns())?;
                background = Some(questions.rows(forest, of.columns(), 0, rows));
                background_base(forest, of.columns(), of.weights())
            }
        };
        let longest = forest.trees.iter().map(|tree| tree.depth).max();
        let players = longest.unwrap_or(0).min(cells.asked());
        let most = match rows {
            8192.. => MOST,
            2048.. => MOST - 1,
            512.. => FEW + 1,
            _ => FEW,
        };
        let mut shap = Self {
            forest,
            game,
            what,
            cells,
            background,
            base,
            most,
            stored: Vec::new(),
            rules: (0..=players.div_ceil(2)).map(legendre::rule).collect(),
            beta: match game {
                Game::Covers => Beta::new(0),
                Game::Background(_) => Beta::new(players),
            },
            questions,
        };
        shap.store();
        Ok(shap)
    }

    /// What the forest says of a row of which nothing is known: one number for each output.
    pub fn base(&self) -> &[f64] {
        &self.base
    }

    /// Explains rows block by block, blocks in parallel; gives what `with` makes of each, in order of the rows. `columns` holds
    /// one column for each input as the forest sees them. Fails when there are fewer columns than inputs or they differ in length.
    pub fn each<T: Send>(
        &self,
        columns: &[Vec<f64>],
        with: impl Fn(&Block<'_>) -> T + Sync,
    ) -> Result<Vec<T>> {
        let rows = check(self.forest, columns)?;
        let kept = self.stored.len() == self.forest.trees.len();
        let bytes = 8 * self.cells.count() + self.questions.bytes() + 1;
        let share = rows.div_ceil(rayon::current_num_threads());
        let most = share.min(ROWS[usize::from(!kept)]).min(BLOCK / bytes);
        let size = most.next_multiple_of(GROUP).max(GROUP);
        let starts: Vec<usize> = (0..rows).step_by(size).collect();
        Ok(starts
            .into_par_iter()
            .map(|start| with(&self.block(columns, start, size.min(rows - start))))
            .collect())
    }

    /// The values of all rows: one column for each input, and these for each output.
    pub fn values(&self, columns: &[Vec<f64>]) -> Result<Vec<Vec<f64>>> {
        let wanted: Vec<(usize, usize)> = (0..self.forest.outputs)
            .flat_map(|output| (0..self.forest.inputs).map(move |input| (output, input)))
            .collect();
        let blocks = self.each(columns, |block| {
            let of = |(output, input): &(usize, usize)| block.values(*output, *input).collect();
            wanted.iter().map(of).collect::<Vec<Vec<f64>>>()
        })?;
        let mut all = vec![Vec::new(); wanted.len()];
        for block in blocks {
            for (all, block) in all.iter_mut().zip(block) {
                all.extend(block);
            }
        }
        Ok(all)
    }

    fn store(&mut self) {
        let mut left = STORED / size_of::<f64>();
        let trees: Vec<usize> = (0..self.forest.trees.len()).collect();
        for chunk in trees.chunks(TOGETHER) {
            let cut: Vec<(usize, Parts)> = chunk.par_iter().map(|t| (*t, self.parts(*t))).collect();
            let maker = Maker::new(self.what);
            let mut kept = Vec::new();
            for (place, parts) in cut {
                let outputs = self.forest.trees[place].outputs;
                let units = parts.cut.units.iter();
                let size: usize = units.map(|unit| maker.size(unit, outputs)).sum();
                if size > left {
                    break;
                }
                left -= size;
                kept.push((place, parts));
            }
            let whole = kept.len() == chunk.len();
            let made = kept.into_par_iter().map_init(
                || Maker::new(self.what),
                |maker, (place, mut parts)| {
                    for unit in &parts.cut.units {
                        parts.starts.push(parts.tables.len());
                        self.table(maker, unit, place, &mut parts.tables);
                    }
                    parts.starts.push(parts.tables.len());
                    parts
                },
            );
            let made: Vec<Parts> = made.collect();
            self.stored.extend(made);
            if !whole {
                break;
            }
        }
    }

    fn parts(&self, place: usize) -> Parts {
        let tree = &self.forest.trees[place];
        let cut = unit::cut(tree, place, &self.questions, self.most);
        let cells = cut.units.iter().map(|unit| {
            let pairs = match self.what {
                What::Values => Vec::new(),
                What::Pairs => table::pairs(unit),
            };
            let number = |place: usize| self.cells.number(unit.inputs[place] as usize).unwrap_or(0);
            let mut cells = Vec::new();
            for output in tree.first..tree.first + tree.outputs {
                cells.extend(unit.inputs.iter().map(|input| self.cells.value(output, *input)));
                let pair = |(a, b): &(usize, usize)| self.cells.pair(output, number(*a), number(*b));
                cells.extend(pairs.iter().map(pair));
            }
            cells
        });
        Parts {
            cells: cells.collect(),
            cut,
            tables: Vec::new(),
            starts: Vec::new(),
        }
    }

    fn table(&self, maker: &mut Maker, unit: &Unit, place: usize, into: &mut Vec<f64>) {
        let tree = &self.forest.trees[place];
        let (Some(rows), Game::Background(background)) = (&self.background, self.game) else {
            return maker.make(unit, tree, Measure::Shares, into);
        };
        let mut seen = vec![0.0; 1 << unit.facts];
        for (group, weights) in background.weights().chunks(GROUP).enumerate() {
            for (pattern, weight) in unit.pattern(rows, group).iter().zip(weights) {
                seen[*pattern as usize] += weight;
            }
        }
        maker.make(unit, tree, Measure::Patterns(&seen), into);
    }

    fn block(&self, columns: &[Vec<f64>], start: usize, count: usize) -> Block<'_> {
        let rows = self.questions.rows(self.forest, columns, start, count);
        let width = self.cells.count();
        let mut sums = vec![[0.0; GROUP]; rows.groups() * width];
        let mut maker = Maker::new(self.what);
        let mut scratch = Vec::new();
        for place in 0..self.forest.trees.len() {
            let fresh;
            let parts = match self.stored.get(place) {
                Some(parts) => parts,
                None => {
                    fresh = self.parts(place);
                    &fresh
                }
            };
            let kept = !parts.starts.is_empty();
            if kept && parts.tables.len() * size_of::<f64>() <= NEAR {
                for (group, sums) in sums.chunks_exact_mut(width.max(1)).enumerate() {
                    for (unit, of) in parts.cut.units.iter().enumerate() {
                        let table = &parts.tables[parts.starts[unit]..parts.starts[unit + 1]];
                        let pattern = of.pattern(&rows, group);
                        add(of.facts, &pattern, table, &parts.cells[unit], sums);
                    }
                }
            } else {
                for (unit, of) in parts.cut.units.iter().enumerate() {
                    let table = if kept {
                        &parts.tables[parts.starts[unit]..parts.starts[unit + 1]]
                    } else {
                        scratch.clear();
                        self.table(&mut maker, of, place, &mut scratch);
                        &scratch
                    };
                    for (group, sums) in sums.chunks_exact_mut(width.max(1)).enumerate() {
                        let pattern = of.pattern(&rows, group);
                        add(of.facts, &pattern, table, &parts.cells[unit], sums);
                    }
                }
            }
            if !parts.cut.deep.is_empty() {
                self.deep(place, &parts.cut.deep, &rows, &mut sums);
            }
        }
        for sum in sums.iter_mut().flatten() {
            *sum /= self.forest.divisor;
        }
        Block {
            rows: start..start + count,
            cells: &self.cells,
            sums,
        }
    }

    fn deep(&self, place: usize, marks: &[bool], rows: &Rows<'_>, sums: &mut Sums) {
        let (tree, cells) = (&self.forest.trees[place], &self.cells);
        let groups = sums.chunks_exact_mut(cells.count().max(1)).enumerate();
        match self.game {
            Game::Covers => {
                let points = deep::players(tree, marks).div_ceil(2);
                let deep = Deep {
                    place,
                    tree,
                    marks,
                    rule: &self.rules[points],
                    questions: &self.questions,
                    cells,
                };
                groups.for_each(|(group, sums)| deep.add(rows, group, self.what, sums));
            }
            Game::Background(background) => {
                let duel = Duel {
                    forest: self.forest,
                    tree,
                    marks,
                    background,
                    cells,
                };
                groups.for_each(|(group, sums)| duel.add(rows, group, self.what, &self.beta, sums));
            }
        }
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
            main.iter_mut().zip(pair).for_each(|(main, x)| *main -= 0.5 * x);
        }
        main
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

fn check(forest: &Forest, columns: &[Vec<f64>]) -> Result<usize> {
    if columns.len() != forest.inputs {
        return Err(Error::new(format!(
            "{} columns come, and the forest has {} inputs",
            columns.len(),
            forest.inputs
        )));
    }
    let rows = columns.first().map_or(0, Vec::len);
    if columns.iter().any(|column| column.len() != rows) {
        return Err(Error::new("the columns differ in length"));
    }
    Ok(rows)
}

fn covers_base(forest: &Forest) -> Vec<f64> {
    let mut base = forest.base.clone();
    for tree in &forest.trees {
        for (base, mean) in base.iter_mut().skip(tree.first).zip(game::mean(tree)) {
            *base += mean;
        }
    }
    base.iter_mut().for_each(|base| *base /= forest.divisor);
    base
}

fn background_base(forest: &Forest, columns: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let mut base = forest.base.clone();
    for tree in &forest.trees {
        for (row, weight) in weights.iter().enumerate() {
            let leaf = tree.leaf_of(forest.arithmetic, |input| columns[input as usize][row]);
            let values = tree.values.iter().skip(leaf * tree.outputs);
            let slots = base.iter_mut().skip(tree.first).take(tree.outputs);
            slots.zip(values).for_each(|(slot, value)| *slot += weight * value);
        }
    }
    base.iter_mut().for_each(|base| *base /= forest.divisor);
    base
}
