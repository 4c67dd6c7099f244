//! What a node gets when it runs: the tensors it reads, and what the whole run may still spend.

use crate::error::{Error, Result};
use crate::model::onnx::value::{Tensor, count};
use std::cell::Cell;

/// What is alive at one time may take so many bytes.
const MOST_BYTES: usize = 1 << 30;
/// All nodes together may make so many bytes in one run.
const MOST_WORK: usize = 1 << 36;
/// A step that makes nothing counts as so many bytes, so that no loop is for ever.
const STEP: usize = 1 << 16;

/// What one run has spent, in graphs and the graphs inside them.
#[derive(Debug, Default)]
pub struct Budget {
    alive: Cell<usize>,
    peak: Cell<usize>,
    work: Cell<usize>,
}

impl Budget {
    /// So many bytes were made and are alive.
    pub fn spend(&self, bytes: usize) -> Result<()> {
        let alive = self.alive.get().saturating_add(bytes);
        self.alive.set(alive);
        self.peak.set(self.peak.get().max(alive));
        self.toil(bytes.saturating_add(STEP))?;
        if alive > MOST_BYTES {
            return Err(too_much());
        }
        Ok(())
    }

    /// Fails when so many bytes more cannot be alive: asked before they are set aside.
    pub fn room(&self, bytes: usize) -> Result<()> {
        match self.alive.get().saturating_add(bytes) > MOST_BYTES {
            true => Err(too_much()),
            false => Ok(()),
        }
    }

    /// Something took as long as making so many bytes.
    pub fn toil(&self, bytes: usize) -> Result<()> {
        let work = self.work.get().saturating_add(bytes);
        self.work.set(work);
        match work > MOST_WORK {
            true => Err(Error::new("the graph takes more steps than any model's")),
            false => Ok(()),
        }
    }

    /// How many bytes were alive at most.
    pub fn peak(&self) -> usize {
        self.peak.get()
    }

    /// So many bytes are alive no longer.
    pub fn free(&self, bytes: usize) {
        self.alive.set(self.alive.get().saturating_sub(bytes));
    }
}

fn too_much() -> Error {
    Error::new(format!(
        "the graph needs more than the {} MiB it may have for one block of rows",
        MOST_BYTES >> 20
    ))
}

/// What a node reads.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// In the node's order; None where something optional is left out.
    pub own: Vec<Option<&'a Tensor>>,
    /// What graphs inside the node read of the graph around it.
    pub outer: Vec<Option<&'a Tensor>>,
    /// What the run may still spend.
    pub budget: &'a Budget,
}

impl<'a> Inputs<'a> {
    /// An input that may be left out.
    pub fn get(&self, place: usize) -> Option<&'a Tensor> {
        self.own.get(place).copied().flatten()
    }

    /// An input that must be there.
    pub fn need(&self, place: usize) -> Result<&'a Tensor> {
        self.get(place)
            .ok_or_else(|| Error::new(format!("input {place} (counted from 0) is left out")))
    }

    /// How many numbers a shape holds, when the run has room for them, so many bytes each.
    pub fn room(&self, shape: &[usize], bytes: usize) -> Result<usize> {
        let total = count(shape)?;
        self.budget.room(total.saturating_mul(bytes))?;
        Ok(total)
    }

    /// All that are there, in order.
    pub fn all(&self) -> impl Iterator<Item = &'a Tensor> {
        self.own.iter().copied().flatten()
    }
}

/// One output.
pub fn one(tensor: Tensor) -> Result<Vec<Tensor>> {
    Ok(vec![tensor])
}
