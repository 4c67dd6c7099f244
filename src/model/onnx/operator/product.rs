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

use crate::model::onnx::operator::lanes::{Block, Real, groups, wide};
use crate::model::onnx::operator::layout::{Left, Lines, Right, blocks, chunks, lay_out};

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
    if columns == 1 {
        one_column(left, right, start, into, down);
        if let Some(finish) = finish {
            for row in 0..left.rows {
                finish(row, 0, &mut into[row * down..row * down + 1]);
            }
        }
        return;
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

/// A product with one column: the rows of a group stand side by side.
fn one_column<T: Real>(
    left: &Left<T>,
    right: Side<'_, T>,
    start: &[T],
    into: &mut [T],
    down: usize,
) {
    let mut room = [T::default()];
    let column = (0..left.inner).map(|at| match right {
        Side::Lines(lines, _) => lines.line(at, 0..1, &mut room)[0],
        Side::Ready(right) => right.list[at * T::lanes()],
    });
    let column: Vec<T> = column.collect();
    let mut sums = vec![T::default(); left.rows];
    for (sum, start) in sums.iter_mut().zip(start) {
        *sum = *start;
    }
    for block in blocks(left.inner) {
        let list = &left.list[block.start * left.rows..block.end * left.rows];
        let column = &column[block.clone()];
        for group in groups(left.rows, T::group()) {
            let list = &list[group.start * block.len()..group.end * block.len()];
            let sums = &mut sums[group];
            wide(
                #[inline(always)]
                || match sums.len() {
                    8 => side_by_side::<T, 8>(list, column, sums),
                    4 => side_by_side::<T, 4>(list, column, sums),
                    2 => side_by_side::<T, 2>(list, column, sums),
                    _ => side_by_side::<T, 1>(list, column, sums),
                },
            );
        }
    }
    for (row, sum) in sums.iter().enumerate() {
        into[row * down] = *sum;
    }
}

/// Adds the products of a group of rows to their sums.
#[inline(always)]
fn side_by_side<T: Real, const ROWS: usize>(list: &[T], column: &[T], sums: &mut [T]) {
    let mut own: [T; ROWS] = std::array::from_fn(|place| sums[place]);
    for (left, x) in list.as_chunks::<ROWS>().0.iter().zip(column) {
        for place in 0..ROWS {
            own[place] = T::fused(left[place], *x, own[place]);
        }
    }
    sums.copy_from_slice(&own);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::onnx::operator::layout::View;

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
