//! Matrices as a product takes them: the inner axis in blocks; rows in groups on the left, columns in panels on the right.

use crate::model::onnx::operator::lanes::{REGISTERS, Real, WIDEST, groups};
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
pub fn blocks(inner: usize) -> impl Iterator<Item = Range<usize>> {
    let deep = inner.div_ceil(inner.div_ceil(DEPTH).max(1)).max(1);
    (0..inner)
        .step_by(deep)
        .map(move |start| start..(start + deep).min(inner))
}

/// The left side, laid out.
#[derive(Debug, Clone)]
pub struct Left<T> {
    /// Its numbers, block by block.
    pub list: Vec<T>,
    /// How many rows.
    pub rows: usize,
    /// Length of the inner axis.
    pub inner: usize,
}

impl<T: Real> Left<T> {
    /// Lays out a matrix of so many rows and columns.
    pub fn new(view: View<'_, T>, rows: usize, inner: usize) -> Self {
        let mut list = T::list(rows * inner);
        let mut rest = list.as_mut_slice();
        for block in blocks(inner) {
            for group in groups(rows, T::group()) {
                let (into, behind) = rest.split_at_mut(group.len() * block.len());
                rest = behind;
                let at = (group.start, block.start);
                match group.len() {
                    8 => interleave::<T, 8>(view, at, into),
                    4 => interleave::<T, 4>(view, at, into),
                    2 => interleave::<T, 2>(view, at, into),
                    _ => interleave::<T, 1>(view, at, into),
                }
            }
        }
        Self { list, rows, inner }
    }
}

/// So many rows from a place on, column by column.
fn interleave<T: Real, const ROWS: usize>(
    view: View<'_, T>,
    (row, column): (usize, usize),
    into: &mut [T],
) {
    let (into, _) = into.as_chunks_mut::<ROWS>();
    let reach = into.len().saturating_sub(1) * view.across + 1;
    let start = |place: usize| (row + place) * view.down + column * view.across;
    let rows: [&[T]; ROWS] = std::array::from_fn(|place| &view.list[start(place)..][..reach]);
    for (k, into) in into.iter_mut().enumerate() {
        for place in 0..ROWS {
            into[place] = rows[place][k * view.across];
        }
    }
}

/// The right side, laid out.
#[derive(Debug, Clone)]
pub struct Right<T> {
    /// Its numbers, block by block.
    pub list: Vec<T>,
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
pub fn chunks<T: Real>(columns: usize) -> impl Iterator<Item = Range<usize>> {
    let wide = T::lanes() * REGISTERS * PANELS;
    (0..columns)
        .step_by(wide)
        .map(move |start| start..(start + wide).min(columns))
}

/// A block of a chunk in panels, each of three registers, the last of as many as it needs.
pub fn lay_out<T: Real>(
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
