//! Files that lie or are broken: each ends in a clear message, without a panic and with bounded memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use keur::dataset::{names, open};
use keur::record::{ColumnCard, ColumnRole, DatasetCard, InputKind, RangeRule};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("data");
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn column(name: &str, kind: InputKind) -> ColumnCard {
    ColumnCard {
        name: name.into(),
        roles: vec![ColumnRole::Input],
        input: None,
        unit: None,
        kind,
        event: None,
        range: None,
        categories: Vec::new(),
        outside: RangeRule::Exclude,
        missing: Vec::new(),
        bands: Vec::new(),
        reference: None,
        labels: Default::default(),
    }
}

fn card(format: &str) -> DatasetCard {
    DatasetCard {
        format: format.into(),
        columns: vec![
            column("x", InputKind::Number),
            column("word", InputKind::Category),
        ],
        ..DatasetCard::default()
    }
}

fn wanted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What reading column `x` and `word` of these bytes says.
fn said(format: &str, bytes: &[u8]) -> String {
    let place = Place::new();
    let path = place.file(bytes);
    open(&path, &card(format), &wanted(&["x", "word"]))
        .expect_err("the file is broken")
        .to_string()
}

fn holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn text_that_is_no_table_is_told_apart() {
    holds(&said("csv", b""), &["the file is empty"]);
    holds(&said("csv", b"\n\r\n\n"), &["empty lines only"]);
    holds(&said("csv", b"\xef\xbb\xbf"), &["the file is empty"]);
    holds(&said("csv", b"x,word\n"), &["holds no row"]);
    holds(&said("csv", b"x,word"), &["holds no row"]);
    holds(&said("csv", b"x,word\n1,a\0b\n"), &["NUL", "line 2"]);
    holds(
        &said("csv", b"x,word\n1,a\n\"2,b\n3,c\n"),
        &["never closed", "line 3"],
    );
    let utf16: Vec<u8> = "\u{feff}x,word\n1,a\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    holds(&said("csv", &utf16), &["UTF-16", "UTF-8"]);
    holds(&said("csv", &utf16[2..]), &["NUL"]);
}

#[test]
fn broken_records_are_told_with_their_line_and_never_with_a_value() {
    holds(
        &said("csv", b"x,word\n1,a\n2\n"),
        &["has 1 fields where the header names 2", "line 3"],
    );
    holds(
        &said("csv", b"x,word\r\n1,a\r\n\r\n2,b,c\r\n"),
        &["has 3 fields", "line 4"],
    );
    holds(
        &said("csv", b"x,word\n1,a\n2,\xff\xfe\n"),
        &["column `word`", "not UTF-8", "line 3"],
    );
    holds(&said("csv", b"x,\xff\n1,a\n"), &["name of column number 2"]);
    holds(
        &said("csv", b"x,word,x\n1,a,2\n"),
        &["column `x` stands twice"],
    );
    let text = said("csv", b"x,word\n1,\"a\nb\"\nsecret,c\n2,d\nhidden,e\n");
    holds(
        &text,
        &[
            "column `x` holds 2 cells that are no finite number",
            "first in line 4",
        ],
    );
    assert!(!text.contains("secret") && !text.contains("hidden"));
    for cell in [
        "1e999",
        "-1e999",
        "inf",
        "-Infinity",
        "nan",
        "NaN",
        "1,5",
        "0x10",
        "1_000",
        "--1",
        "1 2",
    ] {
        let text = said("csv", format!("x,word\n\"{cell}\",a\n").as_bytes());
        holds(
            &text,
            &["column `x` holds 1 cell that is no finite number", "line 2"],
        );
    }
}

#[test]
fn cells_that_are_declared_missing_are_missing() {
    let place = Place::new();
    let mut card = card("csv");
    card.missing = wanted(&["NA", "-9", "nan", "inf"]);
    let path = place.file(b"x,word\n-9,-9\n-9.0,-9.0\n NA , NA \nNaN,b\ninf,\n,b\n\"\",b\n7,b\n");
    let table = open(&path, &card, &wanted(&["x", "word"])).unwrap();
    let known: Vec<f64> = table
        .numbers("x")
        .unwrap()
        .iter()
        .filter(|x| !x.is_nan())
        .collect();
    assert_eq!(known, [7.0]);
    let word = table.category("word").unwrap();
    assert_eq!(word.levels, ["-9.0", "b"]);
    assert_eq!(word.codes, [u32::MAX, 0, u32::MAX, 1, u32::MAX, 1, 1, 1]);
}

#[test]
fn names_are_taken_as_they_are_and_shown_shortened() {
    let place = Place::new();
    let script = "<script>alert(1)</script>";
    let long = "n".repeat(10_000);
    let path = place.file(format!("{script},{long},\"a\nb\"\n1,2,3\n").as_bytes());
    let mut card = card("csv");
    card.columns.clear();
    assert_eq!(names(&path, &card).unwrap(), [script, &long, "a\nb"]);
    assert_eq!(
        open(&path, &card, &wanted(&[script]))
            .unwrap()
            .numbers(script)
            .unwrap(),
        [1.0]
    );
    let error = open(&path, &card, &wanted(&["zebra"]))
        .unwrap_err()
        .to_string();
    assert!(error.len() < 600 && error.contains("n…"), "{error}");
}

#[test]
fn a_million_columns_are_refused() {
    let mut bytes: Vec<u8> = Vec::new();
    for row in 0..2 {
        for column in 0..1_000_000 {
            write!(bytes, "{}{column},", if row == 0 { "c" } else { "" }).unwrap();
        }
        bytes.push(b'\n');
    }
    holds(
        &said("csv", &bytes),
        &["1000001 columns", "100000", "line 1"],
    );
}

#[test]
fn an_endless_line_is_refused_before_it_is_read() {
    let place = Place::new();
    for start in ["x,word\n1,", "x,word\n1,\"", ""] {
        let path = place.file(start.as_bytes());
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap();
        for _ in 0..64 {
            file.write_all(&[b'z'; 1 << 20]).unwrap();
        }
        let time = Instant::now();
        let error = open(&path, &card("csv"), &wanted(&["x", "word"]))
            .unwrap_err()
            .to_string();
        holds(&error, &["longer than 16 MiB", "line "]);
        assert!(time.elapsed().as_secs() < 5);
    }
    let path = place.file(b"x,word\n");
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(1 << 30).unwrap();
    let error = open(&path, &card("csv"), &wanted(&["x", "word"]))
        .unwrap_err()
        .to_string();
    holds(&error, &["NUL", "line 2"]);
}

#[test]
fn a_folder_and_a_file_that_is_not_there_are_told() {
    let place = Place::new();
    for format in ["csv", "parquet", "arrow"] {
        let error = open(place.folder.path(), &card(format), &wanted(&["x"])).unwrap_err();
        assert_eq!(error.what, "this is no file");
        let path = place.folder.path().join("not-there");
        let error = open(&path, &card(format), &wanted(&["x"])).unwrap_err();
        holds(
            &error.to_string(),
            &["cannot read the file", "No such file"],
        );
    }
    let error = open(&place.file(b"x"), &card("parket"), &wanted(&["x"])).unwrap_err();
    assert_eq!(error.help.as_deref(), Some("did you mean `parquet`?"));
}

fn batch(rows: i64) -> RecordBatch {
    let x: ArrayRef = Arc::new(Float64Array::from_iter_values(
        (0..rows).map(|i| i as f64 / 7.0),
    ));
    let word: ArrayRef = Arc::new(StringArray::from_iter_values(
        (0..rows).map(|i| format!("w{}", i % 5)),
    ));
    let id: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    RecordBatch::try_from_iter([("x", x), ("word", word), ("id", id)]).unwrap()
}

fn parquet_bytes(batch: &RecordBatch) -> Vec<u8> {
    use parquet::basic::Compression;
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(700))
        .build();
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn ipc_bytes(batch: &RecordBatch, compressed: bool, stream: bool) -> Vec<u8> {
    use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
    let packed = compressed.then_some(arrow_ipc::CompressionType::LZ4_FRAME);
    let options = IpcWriteOptions::default()
        .try_with_compression(packed)
        .unwrap();
    let mut bytes = Vec::new();
    if stream {
        let mut writer =
            StreamWriter::try_new_with_options(&mut bytes, &batch.schema(), options).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
    } else {
        let mut writer =
            FileWriter::try_new_with_options(&mut bytes, &batch.schema(), options).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
    }
    bytes
}

#[test]
fn garbage_under_a_good_name_is_told() {
    let garbage: Vec<u8> = (0..10_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for bytes in [
        &b""[..],
        b"x,word\n1,a\n",
        b"PAR1",
        b"PAR1PAR1",
        b"ARROW1\0\0ARROW1",
        &garbage,
    ] {
        for format in ["parquet", "arrow"] {
            holds(&said(format, bytes), &["damaged"]);
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_told() {
    let batch = batch(2_000);
    for (format, bytes) in [
        ("parquet", parquet_bytes(&batch)),
        ("arrow", ipc_bytes(&batch, false, false)),
        ("arrow", ipc_bytes(&batch, true, false)),
        ("arrow", ipc_bytes(&batch, true, true)),
    ] {
        for part in (0..97)
            .map(|i| bytes.len() * i / 97)
            .chain([bytes.len() - 1])
        {
            holds(&said(format, &bytes[..part]), &["damaged"]);
        }
    }
}

#[test]
fn no_flipped_byte_makes_the_reader_panic() {
    let batch = batch(300);
    let place = Place::new();
    for (format, bytes) in [
        ("parquet", parquet_bytes(&batch)),
        ("arrow", ipc_bytes(&batch, true, false)),
        ("arrow", ipc_bytes(&batch, false, true)),
    ] {
        for step in 0..600 {
            let mut bytes = bytes.clone();
            let at = (step * 7_919) % bytes.len();
            bytes[at] ^= [0xff, 0x80, 0x01][step % 3];
            let path = place.file(&bytes);
            // a flipped value may be read as another value; all else is an error
            if let Ok(table) = open(&path, &card(format), &wanted(&["x", "word"])) {
                assert_eq!(table.rows(), 300);
            }
        }
    }
}

#[test]
fn an_arrow_buffer_that_claims_to_unpack_to_terabytes_is_refused() {
    let place = Place::new();
    let bytes = ipc_bytes(&batch(5_000), true, true);
    let frame = [0x04, 0x22, 0x4d, 0x18];
    let at = (8..bytes.len())
        .find(|at| bytes[*at..].starts_with(&frame))
        .unwrap();
    let path = place.file(&bytes);
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(at as u64 - 8)).unwrap();
    file.write_all(&(1_i64 << 45).to_le_bytes()).unwrap();
    let error = open(&path, &card("arrow"), &wanted(&["x"]))
        .unwrap_err()
        .to_string();
    holds(&error, &["unpacks to more than"]);
}

#[test]
fn a_parquet_file_with_a_piece_cut_out_is_told() {
    let batch = batch(1_000);
    let bytes = parquet_bytes(&batch);
    let text = said(
        "parquet",
        &[&bytes[..bytes.len() - 40], &bytes[bytes.len() - 20..]].concat(),
    );
    holds(&text, &["damaged"]);
}

#[test]
fn types_that_are_no_cells_are_told() {
    let place = Place::new();
    let binary: ArrayRef = Arc::new(arrow_array::BinaryArray::from_iter_values([b"ab", b"cd"]));
    let day: ArrayRef = Arc::new(arrow_array::Date32Array::from(vec![0, 1]));
    let batch = RecordBatch::try_from_iter([("word", binary), ("x", day)]).unwrap();
    let path = place.file(&parquet_bytes(&batch));
    let card = card("parquet");
    let error = open(&path, &card, &wanted(&["word"]))
        .unwrap_err()
        .to_string();
    holds(&error, &["Binary cannot be read", "column `word`"]);
    let error = open(&path, &card, &wanted(&["x"])).unwrap_err().to_string();
    holds(&error, &["column `x` holds dates where numbers are asked"]);
    let bytes = {
        let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::INFINITY, f64::NAN]));
        parquet_bytes(&RecordBatch::try_from_iter([("x", x.clone()), ("word", x)]).unwrap())
    };
    holds(
        &said("parquet", &bytes),
        &["holds 2 cells that are no finite number, first in row 2"],
    );
}

#[test]
fn a_wide_and_long_file_is_read_in_the_order_of_its_rows() {
    let place = Place::new();
    let path = place.folder.path().join("data");
    let mut file = BufWriter::new(std::fs::File::create(&path).unwrap());
    file.write_all(b"\xef\xbb\xbfx;word;\"free text\"\r\n")
        .unwrap();
    for i in 0..200_000 {
        let text = if i % 1_000 == 0 {
            "\"line\r\n two; \"\"quoted\"\"\""
        } else {
            "plain"
        };
        write!(file, " {i} ;w{};{text}\r\n", i % 3).unwrap();
    }
    file.flush().unwrap();
    let mut card = card("csv");
    card.delimiter = Some(";".into());
    let table = open(&path, &card, &wanted(&["word", "x", "x"])).unwrap();
    let expected: Vec<f64> = (0..200_000).map(f64::from).collect();
    let found: Vec<f64> = table.numbers("x").unwrap().iter().collect();
    assert_eq!(found, expected);
    let word = table.category("word").unwrap();
    assert_eq!(word.levels, ["w0", "w1", "w2"]);
    assert!(
        (0_u32..)
            .zip(&word.codes)
            .all(|(row, code)| row % 3 == *code)
    );
    assert_eq!(table.names().count(), 2);
}
