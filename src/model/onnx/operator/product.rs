//! Products of matrices, as fast as the machine's widest registers allow.
//!
//! ```text
//! into (rows × columns) = left (rows × inner) · right (inner × columns)
//! ```
//!
//! **The law.** Every number of the result is `start`, to which the products are added one after the other in the order of
//! the inner axis, each rounded once (fused multiply-add). How rows and columns are grouped decides only which numbers are
//! made at the same time, so a row's result is the same bits whatever rows stand beside it, and on every machine.
//!
//! **How.** Columns pass in chunks, the inner axis in blocks. A block of a chunk is laid out in panels of three registers
//! and stays in the nearest cache, while groups of eight rows pass over it with 24 sums in registers. What is constant (the
//! weights of a layer) is laid out once: [`Left`] or [`Right`].
//!
//! Source of the layout: Goto and van de Geijn, Anatomy of high-performance matrix multiplication, 2008.

use crate::model::onnx::operator::lanes::{Block, REGISTERS, Real, WIDEST, groups};
use std::ops::Range;

/// Steps along the inner axis that pass at once, at most.
const DEPTH: usize = 256;
/// Panels of a chunk.
const PANELS: usize = 8;

/// A matrix that lies anywhere in a list: the number in (row, column) is `list[row * down + column * across]`.
#[derive(Debug, Clone, Copy)]
pub struct View<'a, T> {
    /// The numbers.
    pub list: &'a [T],
    /// How far apart rows lie.
    pub down: usize,
    /// How far apart columns lie.
    pub across: usize,
}

impl<'a, T> View<'a, T> {
    /// A matrix whose rows follow each other, of so many columns.
    pub fn of(list: &'a [T], columns: usize) -> Self {
        Self {
            list,
            down: columns,
            across: 1,
        }
    }
}

/// What the right side is made of, line by line.
pub trait Lines<T>: Sync {
    /// The numbers in row `inner` and these columns; `room` has space for them where they do not lie together.
    fn line<'a>(&'a self, inner: usize, columns: Range<usize>, room: &'a mut [T]) -> &'a [T];
}

impl<T: Real> Lines<T> for View<'_, T> {
    fn line<'a>(&'a self, inner: usize, columns: Range<usize>, room: &'a mut [T]) -> &'a [T] {
        let start = inner * self.down + columns.start * self.across;
        if self.across == 1 {
            return &self.list[start..start + columns.len()];
        }
        let room = &mut room[..columns.len()];
        let from = self.list[start..].iter().step_by(self.across.max(1));
        for (into, from) in room.iter_mut().zip(from) {
            *into = *from;
        }
        room
    }
}

/// The blocks of the inner axis: as even as they can be.
fn blocks(inner: usize) -> impl Iterator<Item = Range<usize>> {
    let deep = inner.div_ceil(inner.div_ceil(DEPTH).max(1)).max(1);
    (0..inner)
        .step_by(deep)
        .map(move |start| start..(start + deep).min(inner))
}

/// The left side, laid out.
#[derive(Debug, Clone)]
pub struct Left<T> {
    list: Vec<T>,
    /// How many rows.
    pub rows: usize,
    /// Length of the inner axis.
    pub inner: usize,
}

impl<T: Real> Left<T> {
    /// Lays out a matrix of so many rows and columns.
    pub fn new(view: View<'_, T>, rows: usize, inner: usize) -> Self {
        let mut list = vec![T::default(); rows * inner];
        let mut at = 0;
        for block in blocks(inner) {
            for group in groups(rows, T::group()) {
                let size = group.len();
                let into = &mut list[at..at + size * block.len()];
                at += into.len();
                for (place, row) in group.enumerate() {
                    let from = &view.list[row * view.down + block.start * view.across..];
                    let from = from.iter().step_by(view.across.max(1));
                    for (into, x) in into.chunks_exact_mut(size).zip(from) {
                        into[place] = *x;
                    }
                }
            }
        }
        Self { list, rows, inner }
    }
}

/// The right side, laid out.
#[derive(Debug, Clone)]
pub struct Right<T> {
    list: Vec<T>,
    /// Length of the inner axis.
    pub inner: usize,
    /// How many columns.
    pub columns: usize,
}

impl<T: Real> Right<T> {
    /// Lays out a matrix of so many rows and columns.
    pub fn new(lines: &dyn Lines<T>, inner: usize, columns: usize) -> Self {
        let lanes = T::lanes();
        let mut list = Vec::with_capacity(columns.div_ceil(lanes) * lanes * inner);
        let mut part = Vec::new();
        for chunk in chunks::<T>(columns) {
            for block in blocks(inner) {
                lay_out(lines, block, chunk.clone(), &mut part);
                list.extend_from_slice(&part);
            }
        }
        Self {
            list,
            inner,
            columns,
        }
    }
}

/// The chunks of the columns.
fn chunks<T: Real>(columns: usize) -> impl Iterator<Item = Range<usize>> {
    let wide = T::lanes() * REGISTERS * PANELS;
    (0..columns)
        .step_by(wide)
        .map(move |start| start..(start + wide).min(columns))
}

/// A block of a chunk in panels, each of three registers, the last of as many as it needs.
fn lay_out<T: Real>(
    lines: &dyn Lines<T>,
    block: Range<usize>,
    chunk: Range<usize>,
    into: &mut Vec<T>,
) {
    let (deep, lanes) = (block.len(), T::lanes());
    let width = lanes * REGISTERS;
    let padded = chunk.len().div_ceil(lanes) * lanes;
    // what a panel is filled up with is never read, so it need not be made anew
    into.resize(deep * padded, T::default());
    let mut room = [T::default(); WIDEST * REGISTERS * PANELS];
    for (k, inner) in block.enumerate() {
        let line = lines.line(inner, chunk.clone(), &mut room);
        for (panel, line) in line.chunks(width).enumerate() {
            let own = width.min(padded - panel * width);
            let at = panel * width * deep + k * own;
            into[at..at + line.len()].copy_from_slice(line);
        }
    }
}

/// The right side of a product: laid out before, or when it is needed.
#[derive(Clone, Copy)]
pub enum Side<'a, T> {
    /// Before.
    Ready(&'a Right<T>),
    /// When it is needed; of so many columns.
    Lines(&'a dyn Lines<T>, usize),
}

/// What is done with a piece of a finished row: its row, its first column, its numbers.
pub type Finish<'a, T> = &'a dyn Fn(usize, usize, &mut [T]);

/// Where a product starts and ends.
pub struct Task<'a, T> {
    /// The number each row starts from: as many as rows, or none for zero.
    pub start: &'a [T],
    /// The result.
    pub into: &'a mut [T],
    /// How far apart rows of the result lie.
    pub down: usize,
    /// What is done with each piece of a row as soon as it is finished, while it is near.
    pub finish: Option<Finish<'a, T>>,
}

/// The product of a left and a right side of the same inner length; `task.into` is written over.
pub fn multiply<T: Real>(left: &Left<T>, right: Side<'_, T>, task: Task<'_, T>) {
    let columns = match right {
        Side::Ready(right) => right.columns,
        Side::Lines(_, columns) => columns,
    };
    if left.rows == 0 || columns == 0 {
        return;
    }
    let Task {
        start,
        into,
        down,
        finish,
    } = task;
    if left.inner == 0 {
        for row in 0..left.rows {
            let value = start.get(row).copied().unwrap_or_default();
            into[row * down..row * down + columns].fill(value);
        }
    }
    let mut laid_out = T::room();
    let mut ready = 0;
    for chunk in chunks::<T>(columns) {
        let padded = chunk.len().div_ceil(T::lanes()) * T::lanes();
        for block in blocks(left.inner) {
            let size = block.len() * padded;
            let right = match right {
                Side::Ready(right) => {
                    ready += size;
                    &right.list[ready - size..ready]
                }
                Side::Lines(lines, _) => {
                    lay_out(lines, block.clone(), chunk.clone(), &mut laid_out);
                    &laid_out
                }
            };
            T::block(Block {
                left: &left.list[block.start * left.rows..block.end * left.rows],
                right,
                deep: block.len(),
                rows: left.rows,
                columns: chunk.len(),
                start: (block.start == 0).then_some(start),
                into: &mut into[chunk.start..],
                down,
            });
        }
        if let Some(finish) = finish {
            for row in 0..left.rows {
                let at = row * down;
                finish(
                    row,
                    chunk.start,
                    &mut into[at + chunk.start..at + chunk.end],
                );
            }
        }
    }
    T::give_back(laid_out);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream of numbers in −1 to 1 without a pattern.
    fn numbers(count: usize, mut seed: u64) -> Vec<f64> {
        let mut next = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / 8_388_608.0 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    /// Each number by itself, its products in order, each rounded once.
    fn plain<T: Real>(a: &[T], b: &[T], rows: usize, inner: usize, columns: usize) -> Vec<T> {
        let one = |row: usize, column: usize| {
            (0..inner).fold(T::default(), |sum, k| {
                T::fused(a[row * inner + k], b[k * columns + column], sum)
            })
        };
        let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        cells.map(|(row, column)| one(row, column)).collect()
    }

    fn whole<T: Real + PartialEq + std::fmt::Debug>(make: fn(f64) -> T) {
        for (rows, inner, columns) in [
            (1, 1, 1),
            (3, 5, 7),
            (8, 300, 48),
            (15, 257, 400),
            (2, 600, 17),
            (33, 64, 49),
            (7, 0, 3),
        ] {
            let a: Vec<T> = numbers(rows * inner, 1).into_iter().map(make).collect();
            let b: Vec<T> = numbers(inner * columns, 2).into_iter().map(make).collect();
            let wanted = plain(&a, &b, rows, inner, columns);
            let (down, across) = (inner, 1);
            let left = Left::new(
                View {
                    list: &a,
                    down,
                    across,
                },
                rows,
                inner,
            );
            let view = View {
                list: &b,
                down: columns,
                across: 1,
            };
            let mut turned = vec![T::default(); b.len()];
            for k in 0..inner {
                for column in 0..columns {
                    turned[column * inner + k] = b[k * columns + column];
                }
            }
            let turned = View {
                list: &turned,
                down: 1,
                across: inner,
            };
            let ready = Right::new(&view, inner, columns);
            for side in [
                Side::Lines(&view, columns),
                Side::Lines(&turned, columns),
                Side::Ready(&ready),
            ] {
                let mut into = vec![make(9.0); rows * columns];
                let task = Task {
                    start: &[],
                    into: &mut into,
                    down: columns,
                    finish: None,
                };
                multiply(&left, side, task);
                assert_eq!(into, wanted, "{rows} × {inner} × {columns}");
            }
        }
    }

    #[test]
    fn every_number_is_its_products_added_in_order_whatever_stands_beside_it() {
        whole::<f32>(|x| x as f32);
        whole::<f64>(|x| x);
    }

    #[test]
    fn rows_start_from_their_number_and_are_finished_once() {
        let (rows, inner, columns) = (5, 260, 500);
        let a: Vec<f32> = numbers(rows * inner, 3)
            .into_iter()
            .map(|x| x as f32)
            .collect();
        let b: Vec<f32> = numbers(inner * columns, 4)
            .into_iter()
            .map(|x| x as f32)
            .collect();
        let left = Left::new(
            View {
                list: &a,
                down: inner,
                across: 1,
            },
            rows,
            inner,
        );
        let view = View {
            list: &b,
            down: columns,
            across: 1,
        };
        let start = [1.0_f32, 2.0, 3.0, 4.0, 5.0];
        let mut into = vec![0.0; rows * columns];
        let finish = |row: usize, _: usize, piece: &mut [f32]| {
            piece.iter_mut().for_each(|x| *x = -*x + row as f32);
        };
        let task = Task {
            start: &start,
            into: &mut into,
            down: columns,
            finish: Some(&finish),
        };
        multiply(&left, Side::Lines(&view, columns), task);
        for row in 0..rows {
            for column in 0..columns {
                let sum = (0..inner).fold(start[row], |sum, k| {
                    a[row * inner + k].mul_add(b[k * columns + column], sum)
                });
                assert_eq!(into[row * columns + column], -sum + row as f32);
            }
        }
    }
}
