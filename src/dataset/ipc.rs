//! Arrow IPC: files (also called Feather version 2) and streams.
//!
//! A file holds a stream between two marks, and is read as that stream. Before anything is decoded the messages are walked
//! once, so that no length in a message can ask for more than the file has.

use crate::dataset::arrow::{damaged, guarded};
use crate::dataset::arrow_batches::Picked;
use crate::dataset::growing::{Tick, fits};
use crate::dataset::reading::readings;
use crate::dataset::table::Table;
use crate::error::{Error, Result};
use crate::record::DatasetCard;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::{MessageHeader, RecordBatch, root_as_message};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// First and last bytes of an IPC file; at the start zeros follow, up to a multiple of 8 that the writer chooses.
const MARK: &[u8; 6] = b"ARROW1";

/// Writers align to 64 bytes at most.
const WIDEST_PADDING: u64 = 64;

/// What a compressed buffer may unpack to: numbers for 268 million rows.
const LARGEST_BUFFER: i64 = 2 << 30;

/// The names of the columns; reads no row.
pub fn names(path: &Path, _: &DatasetCard) -> Result<Vec<String>> {
    guarded(|| {
        let mut file = open(path)?;
        let start = start(&mut file)?;
        Ok(columns(&stream(file, start, None)?))
    })
}

/// Reads the wanted columns; all of them pass by when copies of a patient's rows are looked for.
pub fn read(path: &Path, card: &DatasetCard, wanted: &[String], tick: Tick<'_>) -> Result<Table> {
    guarded(|| {
        let mut file = open(path)?;
        let start = start(&mut file)?;
        let rows = walk(&mut file, start)?;
        let whole = stream(open(path)?, start, None)?;
        let readings = readings(card, &columns(&whole), wanted)?;
        let picked = Picked::new(&readings, whole.schema().fields());
        fits(rows, picked.roots.len())?;
        let batches = stream(file, start, Some(picked.roots.clone()))?;
        let bytes = path.metadata().map_or(0, |about| about.len());
        picked.gather(rows, bytes, tick, batches)?.finish("row")
    })
}

type Source = BufReader<File>;

fn open(path: &Path) -> Result<Source> {
    let file = File::open(path).map_err(|e| Error::new(format!("cannot read the file: {e}")))?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

fn stream(mut file: Source, start: u64, roots: Option<Vec<usize>>) -> Result<StreamReader<Source>> {
    file.seek(SeekFrom::Start(start)).map_err(damaged)?;
    StreamReader::try_new(file, roots).map_err(damaged)
}

fn columns(stream: &StreamReader<Source>) -> Vec<String> {
    let schema = stream.schema();
    let fields = schema.fields();
    fields.iter().map(|f| f.name().trim().to_owned()).collect()
}

/// Where the stream begins: behind the mark of a file and its padding, or at once. A file whose last mark is gone was cut.
fn start(file: &mut Source) -> Result<u64> {
    let mut first = [0; 8];
    file.read_exact(&mut first).map_err(damaged)?;
    if !first.starts_with(MARK) {
        return Ok(0);
    }
    let mut last = [0; 6];
    file.seek(SeekFrom::End(-6))
        .and_then(|_| file.read_exact(&mut last))
        .map_err(damaged)?;
    if &last != MARK {
        return Err(damaged("its end mark is not there"));
    }
    let mut start = file.seek(SeekFrom::Start(8)).map_err(damaged)?;
    while start < WIDEST_PADDING {
        file.read_exact(&mut first).map_err(damaged)?;
        if first != [0; 8] {
            return Ok(start);
        }
        start += 8;
    }
    Ok(start)
}

/// Goes from message to message and believes none of their lengths. Gives the number of rows they promise.
fn walk(file: &mut Source, start: u64) -> Result<u64> {
    let size = file.seek(SeekFrom::End(0)).map_err(damaged)?;
    let mut at = file.seek(SeekFrom::Start(start)).map_err(damaged)?;
    let mut rows = 0_u64;
    loop {
        let mut length = four(file)?;
        at += 4;
        if length == u32::MAX {
            length = four(file)?;
            at += 4;
        }
        if length == 0 {
            return Ok(rows);
        }
        at += u64::from(length);
        if at > size {
            return Err(damaged("a message is longer than the file"));
        }
        let mut bytes = vec![0; length as usize];
        file.read_exact(&mut bytes).map_err(damaged)?;
        let message = root_as_message(&bytes).map_err(damaged)?;
        let batch = match message.header_type() {
            MessageHeader::RecordBatch => message.header_as_record_batch(),
            MessageHeader::DictionaryBatch => {
                message.header_as_dictionary_batch().and_then(|d| d.data())
            }
            _ => None,
        };
        let body = u64::try_from(message.bodyLength()).ok();
        let Some(end) = body
            .and_then(|body| at.checked_add(body))
            .filter(|end| *end <= size)
        else {
            return Err(damaged("a message is longer than the file"));
        };
        if let Some(batch) = batch {
            rows = rows.saturating_add(u64::try_from(batch.length()).unwrap_or(u64::MAX));
            if batch.compression().is_some() {
                sizes(file, batch, at)?;
            }
        }
        at = file.seek(SeekFrom::Start(end)).map_err(damaged)?;
    }
}

/// Compressed buffers begin with the size they unpack to, as 64 bits; −1 means that they are not compressed.
fn sizes(file: &mut Source, batch: RecordBatch<'_>, body: u64) -> Result<()> {
    for buffer in batch.buffers().into_iter().flatten() {
        if buffer.length() < 8 {
            continue;
        }
        let place = u64::try_from(buffer.offset())
            .ok()
            .and_then(|at| body.checked_add(at));
        let place = place.ok_or_else(|| damaged("a buffer lies outside its message"))?;
        let mut unpacked = [0; 8];
        file.seek(SeekFrom::Start(place))
            .and_then(|_| file.read_exact(&mut unpacked))
            .map_err(damaged)?;
        if i64::from_le_bytes(unpacked) > LARGEST_BUFFER {
            return Err(damaged(format!(
                "a part unpacks to more than {LARGEST_BUFFER} bytes"
            )));
        }
    }
    Ok(())
}

fn four(file: &mut Source) -> Result<u32> {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes)
        .map_err(|_| damaged("its end mark is not there"))?;
    Ok(u32::from_le_bytes(bytes))
}
