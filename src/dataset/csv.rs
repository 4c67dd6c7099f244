//! Delimited text.
//!
//! UTF-8 with or without byte order mark, either line end, fields quoted with `"` where needed. Cells are trimmed of
//! surrounding blanks; numbers are read as the nearest number of 64 bits. Blocks of records are parsed in parallel while the
//! next ones are read, so that the text is never in memory as a whole.

use crate::dataset::block::{Block, Blocks};
use crate::dataset::growing::{Growing, Growth, Part, Tick};
use crate::dataset::reading::{Reading, readings, wants_prints};
use crate::dataset::table::Table;
use crate::dataset::tensor_growing;
use crate::error::{Error, Result, shown};
use crate::record::DatasetCard;
use ::csv::{ByteRecord, Reader, ReaderBuilder};
use rayon::prelude::*;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

/// Columns that a file may have.
pub const MOST_COLUMNS: usize = 100_000;

/// Blocks that are parsed together; a constant, so that memory does not grow with the machine.
const TOGETHER: usize = 16;

/// The names of the columns; reads no row.
pub fn names(path: &Path, card: &DatasetCard) -> Result<Vec<String>> {
    Ok(Text::open(path, card)?.names)
}

/// Reads the wanted columns.
pub fn read(path: &Path, card: &DatasetCard, wanted: &[String], tick: Tick<'_>) -> Result<Table> {
    let size = path.metadata().map_or(1, |about| about.len().max(1));
    let mut text = Text::open(path, card)?;
    let readings = readings(card, &text.names, wanted)?;
    let shape = Shape {
        delimiter: text.delimiter,
        width: text.names.len(),
        prints: wants_prints(&readings),
        readings: &readings,
    };
    let mut growth = Growth::start(&readings, 0);
    let mut bytes = 0_u64;
    let mut ready = vec![text.first];
    while !ready.is_empty() {
        let (next, parts) = rayon::join(
            || text.blocks.several(TOGETHER),
            || {
                ready
                    .par_iter()
                    .map(|block| parse(block, shape))
                    .collect::<Vec<_>>()
            },
        );
        for part in parts {
            growth.append(part?)?;
        }
        bytes += ready
            .iter()
            .map(|block| block.bytes.len() as u64)
            .sum::<u64>();
        tick((bytes as f64 / size as f64).min(1.0));
        ready = next?;
    }
    growth.finish("line")
}

/// An open file behind its header.
struct Text {
    delimiter: u8,
    names: Vec<String>,
    first: Block,
    blocks: Blocks<File>,
}

impl Text {
    fn open(path: &Path, card: &DatasetCard) -> Result<Self> {
        let delimiter = delimiter(card)?;
        let file =
            File::open(path).map_err(|e| Error::new(format!("cannot read the file: {e}")))?;
        let mut blocks = Blocks::new(file, delimiter);
        let Some(mut first) = blocks.next_block()? else {
            return Err(Error::new("the file is empty"));
        };
        let mut header = ByteRecord::new();
        let mut reader = reader(&first.bytes, delimiter);
        if !reader.read_byte_record(&mut header).map_err(broken)? {
            return Err(Error::new("the file holds empty lines only"));
        }
        let behind = usize::try_from(reader.position().byte()).unwrap_or(first.bytes.len());
        let line = first.line_of(0);
        if header.len() > MOST_COLUMNS {
            return Err(Error::new(format!(
                "the header names {} columns, more than the {MOST_COLUMNS} a dataset may have",
                header.len()
            ))
            .at(format!("line {line}")));
        }
        let names = header
            .iter()
            .enumerate()
            .map(|(at, name)| match std::str::from_utf8(name) {
                Ok(name) => Ok(name.trim().to_owned()),
                Err(_) => Err(Error::new(format!(
                    "the name of column number {} is not UTF-8",
                    at + 1
                ))
                .at(format!("line {line}"))
                .help("export the file as CSV in UTF-8")),
            })
            .collect::<Result<_>>()?;
        first.line += first.bytes[..behind]
            .iter()
            .filter(|b| **b == b'\n')
            .count() as u64;
        first.bytes.drain(..behind);
        Ok(Self {
            delimiter,
            names,
            first,
            blocks,
        })
    }
}

fn delimiter(card: &DatasetCard) -> Result<u8> {
    match card.delimiter.as_deref().map(str::as_bytes) {
        None => Ok(b','),
        Some([one]) if one.is_ascii() && !matches!(one, b'"' | b'\r' | b'\n' | 0) => Ok(*one),
        Some(_) => Err(Error::new("`delimiter` must be one character, such as `;`")),
    }
}

fn reader(bytes: &[u8], delimiter: u8) -> Reader<&[u8]> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(1 << 16)
        .from_reader(bytes)
}

fn broken(error: ::csv::Error) -> Error {
    Error::new(format!(
        "cannot read the records: {}",
        shown(&error.to_string())
    ))
}

/// What a record looks like and what is wanted of it.
#[derive(Clone, Copy)]
struct Shape<'r> {
    delimiter: u8,
    width: usize,
    prints: bool,
    readings: &'r [Reading],
}

fn parse(block: &Block, shape: Shape<'_>) -> Result<Part> {
    let mut part = Part::start(shape.readings);
    let mut reader = reader(&block.bytes, shape.delimiter);
    let mut record = ByteRecord::new();
    let mut numbers = Vec::new();
    while reader.read_byte_record(&mut record).map_err(broken)? {
        let line = || {
            let start = record.position().map_or(0, ::csv::Position::byte);
            block.line_of(usize::try_from(start).unwrap_or(usize::MAX))
        };
        if record.len() != shape.width {
            return Err(Error::new(format!(
                "a record has {} fields where the header names {}",
                record.len(),
                shape.width
            ))
            .at(format!("line {}", line()))
            .help("is the separator also inside a text without quotes, or was the file cut?"));
        }
        for (column, reading) in part.columns.iter_mut().zip(shape.readings) {
            let cell = &record[reading.at];
            match column {
                Growing::Numbers(numbers) => {
                    if !numbers.push_text(reading, cell) {
                        numbers.strange(line);
                    }
                }
                Growing::Words(words) => {
                    if !words.push(reading, cell) {
                        return Err(Error::new(format!(
                            "a cell of column `{}` is not UTF-8",
                            shown(&reading.name)
                        ))
                        .at(format!("line {}", line()))
                        .help("export the file as CSV in UTF-8"));
                    }
                }
                Growing::Lists(lists) => {
                    let cells = reading.places().iter().map(|at| &record[*at]);
                    let held = |cell| tensor_growing::text(reading, cell);
                    numbers.clear();
                    numbers.extend(cells.map(|cell| held(cell).unwrap_or(f32::INFINITY)));
                    lists.add(&numbers, line);
                }
            }
        }
        if shape.prints {
            part.prints.push(print(&record));
        }
        part.rows += 1;
    }
    Ok(part)
}

/// A hash of the whole record, the same in every run.
fn print(record: &ByteRecord) -> u64 {
    let mut hasher = DefaultHasher::new();
    for field in record {
        hasher.write(field);
        hasher.write_u8(0xff);
    }
    hasher.finish()
}
