//! Files that come in batches: which of their columns are read, and the batches gathered while the next one is fetched.

use crate::dataset::arrow::{Shape, damaged, gather};
use crate::dataset::arrow_kind::is_plain;
use crate::dataset::growing::{Growth, Tick};
use crate::dataset::reading::{Reading, wants_prints};
use crate::error::Result;
use arrow_array::RecordBatch;
use arrow_schema::Fields;
use std::fmt::Display;

/// Cells that a byte of a file may well hold: words that repeat take little.
const CELLS_PER_BYTE: u64 = 16;

/// The columns of a file that pass by.
pub struct Picked<'r> {
    /// Their positions in the file, ascending: the wanted ones, or all when copies of a patient's rows are looked for.
    pub roots: Vec<usize>,
    readings: &'r [Reading],
    places: Vec<Vec<usize>>,
    prints: bool,
}

impl<'r> Picked<'r> {
    /// Picks the columns of the readings from the fields of a file.
    pub fn new(readings: &'r [Reading], fields: &Fields) -> Self {
        let prints = wants_prints(readings) && fields.iter().all(|f| is_plain(f.data_type()));
        let mut roots: Vec<usize> = match prints {
            true => (0..fields.len()).collect(),
            false => readings.iter().flat_map(Reading::places).copied().collect(),
        };
        roots.sort_unstable();
        roots.dedup();
        let place = |at: &usize| roots.partition_point(|root| root < at);
        let places = readings
            .iter()
            .map(|reading| reading.places().iter().map(place).collect())
            .collect();
        Self {
            roots,
            readings,
            places,
            prints,
        }
    }

    /// Gathers every batch, the next one being fetched meanwhile. Fails on the first batch that cannot be read.
    ///
    /// `promised` is how many rows the file says it has, `bytes` how large it is: room is set aside for rows that so many
    /// bytes may well hold.
    pub fn gather<E: Display + Send>(
        &self,
        promised: u64,
        bytes: u64,
        tick: Tick<'_>,
        mut batches: impl Iterator<Item = std::result::Result<RecordBatch, E>> + Send,
    ) -> Result<Growth<'r>> {
        let shape = Shape {
            readings: self.readings,
            places: &self.places,
            prints: self.prints,
        };
        let likely = bytes.saturating_mul(CELLS_PER_BYTE) / self.roots.len().max(1) as u64;
        let room = usize::try_from(promised.min(likely)).unwrap_or(0);
        let mut growth = Growth::start(self.readings, room);
        let mut ready = batches.next();
        while let Some(batch) = ready {
            let batch = batch.map_err(damaged)?;
            let before = growth.rows();
            let (next, part) = rayon::join(|| batches.next(), || gather(&batch, shape, before));
            growth.append(part?)?;
            tick(growth.rows() as f64 / promised.max(1) as f64);
            ready = next;
        }
        Ok(growth)
    }
}
