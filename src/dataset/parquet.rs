//! Parquet files.

use crate::dataset::arrow::{damaged, guarded};
use crate::dataset::arrow_batches::Picked;
use crate::dataset::growing::{Tick, fits, fits_cells};
use crate::dataset::reading::readings;
use crate::dataset::table::Table;
use crate::error::{Error, Result};
use crate::record::DatasetCard;
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::path::Path;

type Builder = ParquetRecordBatchReaderBuilder<File>;

/// Cells that are read at once: 8 MiB of numbers.
const BATCH_CELLS: usize = 1 << 20;

/// The names of the columns; reads no row.
pub fn names(path: &Path, _: &DatasetCard) -> Result<Vec<String>> {
    guarded(|| Ok(columns(&open(path)?)))
}

/// Reads the wanted columns; all of them pass by when copies of a patient's rows are looked for.
pub fn read(path: &Path, card: &DatasetCard, wanted: &[String], tick: Tick<'_>) -> Result<Table> {
    guarded(|| {
        let file = open(path)?;
        let readings = readings(card, &columns(&file), wanted)?;
        let picked = Picked::new(&readings, file.schema().fields());
        let roots = &picked.roots;
        let rows = promised(&file, roots.len())?;
        let cells = cells(&file, roots);
        fits_cells(cells)?;
        let mask = ProjectionMask::roots(file.parquet_schema(), roots.iter().copied());
        let wide = usize::try_from(cells / rows.max(1)).unwrap_or(usize::MAX);
        let batch = match wide > roots.len() {
            true => (BATCH_CELLS / wide).clamp(1, 65_536),
            false => (BATCH_CELLS / roots.len().max(1)).clamp(64, 65_536),
        };
        let batches = file
            .with_projection(mask)
            .with_batch_size(batch)
            .build()
            .map_err(damaged)?;
        let bytes = path.metadata().map_or(0, |about| about.len());
        let growth = picked.gather(rows, bytes, tick, batches)?;
        if growth.rows() as u64 != rows {
            return Err(damaged(format!(
                "{} of {rows} rows are there",
                growth.rows()
            )));
        }
        growth.finish("row")
    })
}

fn open(path: &Path) -> Result<Builder> {
    let file = File::open(path).map_err(|e| Error::new(format!("cannot read the file: {e}")))?;
    Builder::try_new(file).map_err(damaged)
}

fn columns(file: &Builder) -> Vec<String> {
    let fields = file.schema().fields();
    fields.iter().map(|f| f.name().trim().to_owned()).collect()
}

/// The number of values the file says it has in these columns; more than cells where they hold lists.
fn cells(file: &Builder, roots: &[usize]) -> u64 {
    let schema = file.parquet_schema();
    let groups = file.metadata().row_groups().iter();
    groups
        .flat_map(|group| group.columns().iter().enumerate())
        .filter(|(leaf, _)| roots.contains(&schema.get_column_root_idx(*leaf)))
        .fold(0, |sum: u64, (_, column)| {
            sum.saturating_add(u64::try_from(column.num_values()).unwrap_or(u64::MAX))
        })
}

/// The number of rows the file says it has, when a table of that size can be read.
fn promised(file: &Builder, columns: usize) -> Result<u64> {
    let groups = file.metadata().row_groups();
    let rows = groups.iter().try_fold(0_u64, |sum, group| {
        sum.checked_add(u64::try_from(group.num_rows()).ok()?)
    });
    let Some(rows) =
        rows.filter(|n| i64::try_from(*n) == Ok(file.metadata().file_metadata().num_rows()))
    else {
        return Err(damaged("its counts of rows contradict each other"));
    };
    fits(rows, columns)?;
    Ok(rows)
}
