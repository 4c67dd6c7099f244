//! What a report format is.

use crate::error::Result;
use crate::record::Record;

/// One kind of page: a pure function of the record. The same record gives the same bytes, on every machine and at every
/// hour; a format reads no clock, no environment and no file.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Name on the shelf and on the command line.
    pub id: &'static str,
    /// File it is written to, inside the output folder.
    pub file: &'static str,
    /// What it is good for, in one line.
    pub what: &'static str,
    /// Makes the whole file in memory; an error when the record cannot be told truthfully (a number that is not finite).
    pub render: fn(&Record) -> Result<Vec<u8>>,
}
