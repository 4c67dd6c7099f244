//! Exact Shapley values and interaction values of a forest, on the scale of its sum before any link (the margin).
//!
//! Values of a row sum to what the forest says of it minus the base; interactions of an input, its main effect among them,
//! sum to its value. With covers they are what XGBoost's `pred_contribs` and `pred_interactions` and LightGBM's `pred_contrib`
//! give, with a background what the mean of Shapley values over its rows is.
//!
//! Rows go through in blocks. Tables ([`crate::explain::tree::table`]) of up to [`STORED`] bytes are made once; those of further trees
//! are made anew for each block, one unit at a time. A block's sums take up to [`BLOCK`] bytes and each thread has one
//! block, so memory does not grow with the rows unless the caller keeps them. Every row adds the same numbers in the same
//! order whatever its block, so any number of threads gives the same bytes.

use crate::error::{Error, Result};
use crate::explain::legendre;
use crate::explain::tree::block::Block;
use crate::explain::tree::cells::Cells;
use crate::explain::tree::deep::{self, Deep, Sums};
use crate::explain::tree::duel::{Beta, Duel};
use crate::explain::tree::game::{self, Game};
use crate::explain::tree::near::Scratch;
use crate::explain::tree::parts::{Parts, StandIn};
use crate::explain::tree::question::{GROUP, Questions, Rows};
use crate::explain::tree::table::{Maker, What};
use crate::explain::tree::unit::{FEW, MOST};
use crate::model::forest::Forest;
use rayon::prelude::*;

/// Bytes of tables that are kept.
pub const STORED: usize = 96 << 20;
/// Bytes of a block's sums.
pub const BLOCK: usize = 32 << 20;
/// Rows of a block when its tables are kept, and when they are made for it.
const ROWS: [usize; 2] = [1024, 16_384];
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
    stand_in: StandIn<'a>,
    base: Vec<f64>,
    most: usize,
    stored: Vec<Parts>,
    rules: Vec<Vec<(f64, f64)>>,
    beta: Beta,
}

impl<'a> TreeShap<'a> {
    /// Prepares values, or values with interactions, for about so many `rows` (which decides what is worth preparing; it
    /// changes no more than the last bits). Fails when the file keeps no covers and the game needs them, when the background has
    /// other inputs than the forest, and when a row would have too many sums.
    pub fn new(forest: &'a Forest, game: &'a Game, what: What, rows: usize) -> Result<Self> {
        let cells = Cells::new(forest, what)?;
        let questions = Questions::new(forest);
        let mut stand_in = StandIn(None);
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
                let rows = questions.rows(forest, of.columns(), 0, rows);
                stand_in = StandIn(Some((rows, of.weights())));
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
            stand_in,
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
        let places: Vec<usize> = (0..self.forest.trees.len()).collect();
        for chunk in places.chunks(TOGETHER) {
            let cut: Vec<(usize, Parts)> = chunk.par_iter().map(|t| (*t, self.parts(*t))).collect();
            let fit = cut.into_iter().take_while(|(_, parts)| {
                let size = parts.size();
                let fits = size <= left;
                left = left.saturating_sub(size);
                fits
            });
            let fit: Vec<(usize, Parts)> = fit.collect();
            let whole = fit.len() == chunk.len();
            let made = fit.into_par_iter().map_init(
                || Maker::new(self.what),
                |maker, (place, mut parts)| {
                    parts.keep(maker, &self.forest.trees[place], &self.stand_in);
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
        Parts::new(
            tree,
            place,
            &self.questions,
            &self.cells,
            self.what,
            self.most,
        )
    }

    fn block(&self, columns: &[Vec<f64>], start: usize, count: usize) -> Block<'_> {
        let rows = self.questions.rows(self.forest, columns, start, count);
        let width = self.cells.count();
        let mut sums = vec![[0.0; GROUP]; rows.groups() * width];
        let mut maker = Maker::new(self.what);
        let mut scratch = Scratch::default();
        for (place, tree) in self.forest.trees.iter().enumerate() {
            let fresh;
            let parts = match self.stored.get(place) {
                Some(parts) => parts,
                None => {
                    fresh = self.parts(place);
                    &fresh
                }
            };
            let to = (&rows, width);
            parts.add(
                &mut maker,
                tree,
                &self.stand_in,
                to,
                &mut sums,
                &mut scratch,
            );
            if !parts.deep.is_empty() {
                self.deep(place, &parts.deep, &rows, &mut sums);
            }
        }
        for sum in sums.iter_mut().flatten() {
            *sum /= self.forest.divisor;
        }
        Block::new(start..start + count, &self.cells, sums)
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
            slots
                .zip(values)
                .for_each(|(slot, value)| *slot += weight * value);
        }
    }
    base.iter_mut().for_each(|base| *base /= forest.divisor);
    base
}
