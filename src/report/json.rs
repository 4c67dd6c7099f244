//! `record.json`: the record itself, from which every other page can be made again.

use crate::error::{Error, Result};
use crate::record::Record;
use crate::report::finite;
use crate::report::format::Format;

/// The record as JSON.
pub const FORMAT: Format = Format {
    id: "json",
    file: "record.json",
    what: "the whole record, for machines; every page can be made again from it",
    render,
};

/// Pretty JSON in the order of the record's fields, with a line end at the end. Refuses numbers that are not finite, and
/// reads itself back, so that what lies in the folder is surely the record.
fn render(record: &Record) -> Result<Vec<u8>> {
    finite::check(record)?;
    let trouble =
        |e: serde_json::Error| Error::new(format!("the record cannot be written as json: {e}"));
    let mut bytes = serde_json::to_vec_pretty(record).map_err(trouble)?;
    let again: Record = serde_json::from_slice(&bytes).map_err(trouble)?;
    if again != *record {
        return Err(
            Error::new("the record does not read back from json as it was written")
                .help("this is a fault of keur; please report it with the study file"),
        );
    }
    bytes.push(b'\n');
    Ok(bytes)
}
