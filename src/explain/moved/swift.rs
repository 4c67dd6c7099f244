//! Scores of all rows when one input after another takes the values of other rows.

use crate::error::{Error, Result};
use crate::explain::moved::grove::{Grove, LEAF, Plant, Stand, Values};
use crate::explain::moved::step::{self, GROUP, Lanes, Row, Stack};
use crate::explain::permutation::Circle;
use crate::explain::question::Question;
use crate::model::predict::{Seen, Trees};
use rayon::prelude::*;
use std::ops::Range;

/// Rows whose inputs are read at once.
const BATCH: usize = 4096;
/// Rows that a thread takes at a time.
const ROWS: usize = 16 * GROUP;
/// Blocks of so many rows that are under way together.
const BLOCKS: usize = 64;
/// Trees that a row goes through before the next one does: what is collected for it stays near.
const TOGETHER: usize = 4;
/// Values that are held against a step at once: those of so many repeats but one, and the row's own.
const LANES: usize = 16;

/// A forest and rows, ready to move their inputs.
pub struct Swift<'a> {
    question: Question<'a>,
    trees: &'a dyn Trees,
    grove: Grove<'a>,
    columns: Vec<Vec<f64>>,
    margins: Vec<f64>,
}

/// What is collected for one row and one input.
#[derive(Debug, Clone)]
struct Cell {
    /// The ranks it is asked at, ascending; the highest possible where there are fewer.
    ranks: [u16; LANES],
    /// For each place among them, the height of the steps that lie below it and not below the one before.
    sums: [f64; LANES + 1],
    /// The values among them that are walked, and what each gives above rank 0 (or above the row's own where nothing has a
    /// rank).
    classes: Vec<(u16, f64)>,
}

impl Cell {
    #[inline(always)]
    fn tell(&mut self, key: u16, height: f64) {
        let below: u16 = self.ranks.iter().map(|rank| u16::from(*rank < key)).sum();
        if let Some(sum) = self.sums.get_mut(below as usize) {
            *sum += height;
        }
    }

    /// What a value gives above rank 0.
    fn at(&self, stand: Stand) -> f64 {
        match stand {
            Stand::Class(class) => {
                let own = self.classes.iter().find(|(of, _)| *of == class);
                own.map_or(0.0, |(_, sum)| *sum)
            }
            Stand::Rank(rank) => {
                let place = self.ranks.partition_point(|other| *other < rank);
                self.sums.iter().take(place + 1).sum()
            }
        }
    }
}

/// One moved input.
struct Mover<'v> {
    input: u16,
    values: &'v Values,
}

impl<'a> Swift<'a> {
    /// Reads rows (indices into the table of the question). None when the model is no sum of trees, or one that cannot be
    /// laid out. Fails when a row has no score.
    pub fn new(question: &Question<'a>, rows: &[u32]) -> Result<Option<Self>> {
        let model = question.model;
        let Some(trees) = model.trees() else {
            return Ok(None);
        };
        if trees.score(0.0).is_none() {
            return Ok(None);
        }
        let Some(grove) = Grove::new(trees.forest()) else {
            return Ok(None);
        };
        let blocks: Vec<(Seen, Vec<f64>)> = rows
            .par_chunks(BATCH)
            .map(|rows| {
                let seen = trees.rows(&question.batch(rows))?;
                let margins = trees.forest().margins(&seen.columns);
                Ok((seen, margins.into_iter().next().unwrap_or_default()))
            })
            .collect::<Result<_>>()?;
        let mut columns = vec![Vec::with_capacity(rows.len()); trees.forest().inputs];
        let mut margins = Vec::with_capacity(rows.len());
        for (seen, block) in blocks {
            if seen.refused.contains(&true) {
                return Err(Error::new(
                    "the model gives no score to a row that is to be explained",
                ));
            }
            for (column, more) in columns.iter_mut().zip(seen.columns) {
                column.extend(more);
            }
            margins.extend(block);
        }
        Ok(Some(Self {
            question: *question,
            trees,
            grove,
            columns,
            margins,
        }))
    }

    /// The scores when each of these inputs moves alone: for each input, for each repeat, for each row, on the scale of the
    /// question. An input that has to be asked anew (more than 64 different values of a category), or that was named
    /// before, gets none.
    ///
    /// In blocks, in parallel; the same bytes for any number of threads. Sums are taken in 64 bits, so that a score may
    /// differ from the model's own in its last digits where that adds in 32; a row whose value does not change keeps its score.
    pub fn scores(&self, inputs: &[usize], circle: &Circle) -> Result<Vec<Option<Vec<Vec<f64>>>>> {
        let stands: Vec<Option<Values>> = inputs
            .par_iter()
            .enumerate()
            .map(|(place, input)| match inputs[..place].contains(input) {
                true => None,
                false => self.grove.stand(*input, self.columns.get(*input)?),
            })
            .collect();
        let fits = || inputs.iter().zip(&stands);
        let movers: Vec<Mover<'_>> = fits()
            .filter_map(|(input, values)| {
                Some(Mover {
                    input: *input as u16,
                    values: values.as_ref()?,
                })
            })
            .collect();
        let rows = self.margins.len();
        let mut told: Vec<Vec<Vec<f64>>> = movers
            .iter()
            .map(|_| vec![Vec::with_capacity(rows); circle.repeats()])
            .collect();
        let donors: Vec<Vec<u32>> = (0..circle.repeats()).map(|k| circle.donors(k)).collect();
        for (chunk, donors) in donors.chunks(LANES - 1).enumerate() {
            for start in (0..rows).step_by(ROWS * BLOCKS) {
                let end = rows.min(start + ROWS * BLOCKS);
                let blocks: Vec<Vec<f64>> = (0..(end - start).div_ceil(ROWS))
                    .into_par_iter()
                    .map(|block| {
                        let start = start + block * ROWS;
                        self.block(start..end.min(start + ROWS), &movers, donors)
                    })
                    .collect();
                for block in blocks {
                    let size = block.len() / (movers.len() * donors.len()).max(1);
                    let mut parts = block.chunks_exact(size.max(1));
                    for scores in &mut told {
                        let repeats = scores.iter_mut().skip(chunk * (LANES - 1));
                        for (into, part) in repeats.take(donors.len()).zip(&mut parts) {
                            into.extend_from_slice(part);
                        }
                    }
                }
            }
        }
        let finite = told.iter().flatten().flatten().all(|score| !score.is_nan());
        if !finite {
            return Err(Error::new(
                "the model gives no score to a row whose inputs come from several rows",
            ));
        }
        let mut told = told.into_iter();
        Ok(fits()
            .map(|(_, values)| values.as_ref().and_then(|_| told.next()))
            .collect())
    }

    /// The scores of some rows: for each mover, for each repeat, row behind row.
    fn block(&self, rows: Range<usize>, movers: &[Mover<'_>], donors: &[Vec<u32>]) -> Vec<f64> {
        let size = rows.len();
        let mut scores = vec![0.0; movers.len() * donors.len() * size];
        let mut walker = Walker::new(self.grove.columns, self.columns.len(), movers);
        for start in rows.clone().step_by(GROUP) {
            let here = start..rows.end.min(start + GROUP);
            walker.enter(self, here.clone(), donors);
            for plants in self.grove.plants.chunks(TOGETHER) {
                for (plant, ends) in plants.iter().zip(&mut walker.ends) {
                    step::ends(plant, &walker.ranks, ends);
                }
                for lane in 0..here.len() {
                    for (place, plant) in plants.iter().enumerate() {
                        walker.tell(plant, place, lane);
                    }
                }
            }
            for (row, at) in here.enumerate() {
                for (number, mover) in movers.iter().enumerate() {
                    let cell = &walker.cells[row * movers.len() + number];
                    let own = cell.at(mover.values.stand[at]);
                    for (repeat, donors) in donors.iter().enumerate() {
                        let other = cell.at(mover.values.stand[donors[at] as usize]);
                        let moved = self.margins[at] + (other - own) / self.trees.forest().divisor;
                        let place = (number * walker.repeats + repeat) * size + at - rows.start;
                        scores[place] = self.trees.score(moved).unwrap_or(f64::NAN);
                    }
                }
            }
        }
        self.question.translate(&mut scores);
        scores
    }
}

/// What a thread needs to walk a group of rows.
struct Walker<'m> {
    movers: &'m [Mover<'m>],
    /// For each input, its place among the movers.
    slot: Vec<Option<u16>>,
    repeats: usize,
    /// Column by column.
    ranks: Vec<Lanes>,
    /// Of the trees that are walked one after another.
    ends: [Vec<Lanes>; TOGETHER],
    /// Row by row, for each mover.
    cells: Vec<Cell>,
    stack: Stack,
}

impl<'m> Walker<'m> {
    fn new(columns: usize, inputs: usize, movers: &'m [Mover<'m>]) -> Self {
        let mut slot = vec![None; inputs];
        for (number, mover) in (0_u16..).zip(movers) {
            if let Some(slot) = slot.get_mut(mover.input as usize) {
                *slot = Some(number);
            }
        }
        Self {
            movers,
            slot,
            repeats: 0,
            ranks: vec![[0; GROUP]; columns],
            ends: std::array::from_fn(|_| Vec::new()),
            cells: Vec::new(),
            stack: Vec::new(),
        }
    }

    fn enter(&mut self, swift: &Swift<'_>, rows: Range<usize>, donors: &[Vec<u32>]) {
        self.repeats = donors.len();
        self.cells.clear();
        for (lane, at) in rows.enumerate() {
            for (input, column) in swift.columns.iter().enumerate() {
                let ranks = &mut self.ranks;
                let tell = |column: usize, rank| ranks[column][lane] = rank;
                swift.grove.rank(input, column[at], tell);
            }
            for mover in self.movers {
                let mut ranks = [u16::MAX; LANES];
                let mut classes: Vec<(u16, f64)> = Vec::new();
                let rows = donors.iter().map(|donors| donors[at] as usize).chain([at]);
                for (rank, row) in ranks.iter_mut().zip(rows) {
                    match mover.values.stand[row] {
                        Stand::Rank(found) => *rank = found,
                        Stand::Class(class) if classes.iter().all(|(of, _)| *of != class) => {
                            classes.push((class, 0.0));
                        }
                        Stand::Class(_) => {}
                    }
                }
                ranks.sort_unstable();
                self.cells.push(Cell {
                    ranks,
                    sums: [0.0; LANES + 1],
                    classes,
                });
            }
        }
    }

    /// Adds what a tree says of a row.
    #[inline(always)]
    fn tell(&mut self, plant: &Plant, place: usize, lane: usize) {
        let row = Row {
            plant,
            ranks: &self.ranks,
            ends: &self.ends[place],
            lane,
        };
        let cells = &mut self.cells[lane * self.movers.len()..(lane + 1) * self.movers.len()];
        let mut at = 0_u16;
        while let Some(step) = plant.steps.get(usize::from(at)) {
            if step.input == LEAF {
                break;
            }
            let here = at;
            at = row.next(step.left, step.column, step.key);
            if !step.first {
                continue;
            }
            let Some(number) = self.slot[usize::from(step.input)] else {
                continue;
            };
            let (cell, mover) = (
                &mut cells[usize::from(number)],
                &self.movers[usize::from(number)],
            );
            let base = if mover.values.odd {
                row.end(here)
            } else if step.alone {
                let low = row.end(step.left);
                cell.tell(step.key, row.end(step.left + 1) - low);
                low
            } else {
                let tell = |key, height| cell.tell(key, height);
                row.steps(here, step.input, &mut self.stack, tell)
            };
            for (class, sum) in &mut cell.classes {
                let instead = &mover.values.classes[usize::from(*class)];
                *sum += row.walk(here, step.input, instead) - base;
            }
        }
    }
}
