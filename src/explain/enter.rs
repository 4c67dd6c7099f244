//! Rows as a network takes them, made block by block; and the slopes at many points made from them.

use crate::error::{Error, Result};
use crate::explain::question::Question;
use crate::model::gradient::Gradient;
use std::ops::Range;

/// Blocks that many rows are cut into, so that threads find work; more rows make more blocks.
const PARTS: usize = 16;

/// Rows that a network is asked about.
#[derive(Clone, Copy)]
pub enum Rows<'a> {
    /// Numbers as they enter, row behind row.
    Numbers(&'a [f32]),
    /// Rows (indices into its table) of a question.
    Asked(&'a Question<'a>, &'a [u32]),
}

/// Numbers in a row of a network. Fails when it reads none.
pub fn width(gradient: &dyn Gradient) -> Result<usize> {
    let width = gradient.spans().last().map_or(0, |span| span.end);
    match width {
        0 => Err(Error::new("the network reads no numbers")),
        width => Ok(width),
    }
}

impl Rows<'_> {
    /// How many there are. Fails when the numbers are no whole rows.
    pub fn count(&self, width: usize) -> Result<usize> {
        match self {
            Self::Numbers(numbers) if !numbers.len().is_multiple_of(width) => Err(Error::new(
                format!("{} numbers are no rows of {width}", numbers.len()),
            )),
            Self::Numbers(numbers) => Ok(numbers.len() / width),
            Self::Asked(_, rows) => Ok(rows.len()),
        }
    }

    /// The numbers of some of them.
    pub fn enter(&self, gradient: &dyn Gradient, here: Range<usize>) -> Result<Vec<f32>> {
        let width = width(gradient)?;
        match self {
            Self::Numbers(numbers) => {
                let span = here.start * width..here.end * width;
                Ok(numbers.get(span).unwrap_or_default().to_vec())
            }
            Self::Asked(question, rows) => gradient.enter(&question.batch(&rows[here])),
        }
    }
}

/// Where `count` rows are cut when each is asked about at `points` points: whole blocks of the network where there are many.
/// The same for any number of threads.
pub fn parts(gradient: &dyn Gradient, count: usize, points: usize) -> Vec<Range<usize>> {
    let block = gradient.block().max(1);
    let even = block / common(block, points.max(1));
    let rows = even.min(count.div_ceil(PARTS)).max(1);
    (0..count)
        .step_by(rows)
        .map(|start| start..count.min(start + rows))
        .collect()
}

fn common(a: usize, b: usize) -> usize {
    match b {
        0 => a,
        b => common(b, a % b),
    }
}

/// The slopes at `count` points: `make` appends the numbers of a point, `take` gets its slopes. Holds one block of the
/// network at a time.
pub fn slopes(
    gradient: &dyn Gradient,
    count: usize,
    mut make: impl FnMut(usize, &mut Vec<f32>),
    mut take: impl FnMut(usize, &[f32]),
) -> Result<()> {
    let (width, most) = (width(gradient)?, gradient.block().max(1));
    let mut points = Vec::with_capacity(most.min(count) * width);
    for start in (0..count).step_by(most) {
        let here = start..count.min(start + most);
        points.clear();
        here.clone().for_each(|point| make(point, &mut points));
        let found = gradient.slopes(&points)?;
        for (point, slopes) in here.zip(found.slopes.chunks_exact(width)) {
            take(point, slopes);
        }
    }
    Ok(())
}
