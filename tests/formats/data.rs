//! The same table in every format is the same table; numbers keep every bit.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int8Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
    StringViewArray, TimestampMillisecondArray, UInt64Array,
};
use keur::config::dataset_card;
use keur::dataset::table::Table;
use keur::dataset::{names, open};
use keur::record::DatasetCard;
use keur::sheet::Sheet;
use std::path::Path;
use std::sync::Arc;

fn card(text: &str) -> DatasetCard {
    let text = format!("name = \"t\"\nfile = \"t\"\nformat = \"csv\"\n{text}");
    let sheet = Sheet::parse(&text, "card.toml").unwrap();
    let card = dataset_card::read(&sheet, "t");
    assert_eq!(sheet.finish(), []);
    card
}

/// Writes the batch as Parquet, IPC file and IPC stream and reads each.
fn through_every_binary_format(
    batch: &RecordBatch,
    card: &DatasetCard,
    wanted: &[String],
) -> Vec<Table> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    let write = |kind: &str| {
        let file = std::fs::File::create(&path).unwrap();
        match kind {
            "parquet" => {
                let mut writer =
                    parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
                writer.write(batch).unwrap();
                writer.close().unwrap();
            }
            "file" => {
                let mut writer =
                    arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
                for start in (0..batch.num_rows()).step_by(2) {
                    writer
                        .write(&batch.slice(start, 2.min(batch.num_rows() - start)))
                        .unwrap();
                }
                writer.finish().unwrap();
            }
            _ => {
                let mut writer =
                    arrow_ipc::writer::StreamWriter::try_new(file, &batch.schema()).unwrap();
                writer.write(batch).unwrap();
                writer.finish().unwrap();
            }
        }
    };
    ["parquet", "file", "stream"]
        .into_iter()
        .map(|kind| {
            write(kind);
            let mut card = card.clone();
            card.format = if kind == "parquet" {
                "parquet"
            } else {
                "arrow"
            }
            .into();
            read(&path, &card, wanted)
        })
        .collect()
}

fn read(path: &Path, card: &DatasetCard, wanted: &[String]) -> Table {
    let fields = names(path, card).unwrap();
    assert!(wanted.iter().all(|name| fields.contains(name)));
    open(path, card, wanted).unwrap()
}

fn from_text(text: &str, card: &DatasetCard, wanted: &[String]) -> Table {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    std::fs::write(&path, text).unwrap();
    read(&path, card, wanted)
}

fn all(card: &DatasetCard) -> Vec<String> {
    card.columns.iter().map(|c| c.name.clone()).collect()
}

/// Tables are equal when missing numbers are; NaN is not itself.
fn assert_same(left: &Table, right: &Table) {
    assert_eq!(format!("{left:?}"), format!("{right:?}"));
}

#[test]
fn the_same_table_is_read_from_every_format() {
    let card = card(
        r#"
        missing = ["NA", "-9"]
        [[columns]]
        name = "id"
        role = "patient"
        [[columns]]
        name = "died"
        role = "outcome"
        event = "true"
        [[columns]]
        name = "sex"
        role = "group"
        labels = { "1" = "male", "0" = "female" }
        [[columns]]
        name = "site"
        role = "site"
        [[columns]]
        name = "age"
        role = "input"
        range = [0, 120]
        outside = "missing"
        [[columns]]
        name = "risk"
        role = "prediction"
        missing = ["-1"]
        [[columns]]
        name = "day"
        role = "date"
        "#,
    );
    let text = "other,id,died,sex,site,age,risk,day\n\
                9,a,true,1,x,61,0.1,2024-02-29\n\
                9,a,true,1,x,61,0.1,2024-02-29\n\
                9,a,false,0,,-9,-1,1969-12-31\n\
                9,b,,,NA,130,,\n\
                8,c,false,-9,y,0,0.30000000000000004,1970-01-01\n";
    let sites: DictionaryArray<Int32Type> = [Some("x"), Some("x"), None, Some("NA"), Some("y")]
        .into_iter()
        .collect();
    let columns: [(&str, ArrayRef); 8] = [
        ("other", Arc::new(Int8Array::from(vec![9, 9, 9, 9, 8]))),
        (
            "id",
            Arc::new(StringArray::from(vec!["a", "a", "a", "b", "c"])),
        ),
        (
            "died",
            Arc::new(BooleanArray::from(vec![
                Some(true),
                Some(true),
                Some(false),
                None,
                Some(false),
            ])),
        ),
        (
            "sex",
            Arc::new(Int64Array::from(vec![
                Some(1),
                Some(1),
                Some(0),
                None,
                Some(-9),
            ])),
        ),
        ("site", Arc::new(sites)),
        (
            "age",
            Arc::new(UInt64Array::from(vec![
                Some(61),
                Some(61),
                None,
                Some(130),
                Some(0),
            ])),
        ),
        (
            "risk",
            Arc::new(Float64Array::from(vec![
                Some(0.1),
                Some(0.1),
                Some(-1.0),
                None,
                Some(0.1 + 0.2),
            ])),
        ),
        (
            "day",
            Arc::new(Date32Array::from(vec![
                Some(19_782),
                Some(19_782),
                Some(-1),
                None,
                Some(0),
            ])),
        ),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true))).unwrap();
    let wanted = all(&card);
    let table = from_text(text, &card, &wanted);
    assert_eq!(table.copies(), [1]);
    assert_eq!(table.aside("age"), [3]);
    assert_eq!(table.category("sex").unwrap().levels, ["male", "female"]);
    assert_eq!(table.category("died").unwrap().levels, ["true", "false"]);
    for other in through_every_binary_format(&batch, &card, &wanted) {
        assert_same(&table, &other);
    }
    let few = vec!["risk".to_owned(), "sex".to_owned()];
    let table = from_text(text, &card, &few);
    assert_eq!(table.names().collect::<Vec<_>>(), ["risk", "sex"]);
    for other in through_every_binary_format(&batch, &card, &few) {
        assert_same(&table, &other);
    }
}

#[test]
fn every_kind_of_array_has_a_number_or_a_word() {
    let card = card(
        &[
            "view", "large", "decimal", "moment", "whole", "flag", "short",
        ]
        .map(|name| {
            format!("[[columns]]\nname = \"{name}\"\nrole = \"input\"\nkind = \"category\"\n")
        })
        .concat(),
    );
    let columns: [(&str, ArrayRef); 9] = [
        (
            "view",
            Arc::new(StringViewArray::from(vec![
                "a",
                " a ",
                "a longer text than fits",
            ])),
        ),
        (
            "large",
            Arc::new(LargeStringArray::from(vec!["a", "", "b"])),
        ),
        (
            "decimal",
            Arc::new(
                Decimal128Array::from(vec![-5, 150, 12_345])
                    .with_precision_and_scale(9, 2)
                    .unwrap(),
            ),
        ),
        (
            "moment",
            Arc::new(TimestampMillisecondArray::from(vec![0, 1_500, -1]).with_timezone("UTC")),
        ),
        ("whole", Arc::new(Float64Array::from(vec![1.0, -0.5, 1e21]))),
        (
            "flag",
            Arc::new(BooleanArray::from(vec![true, false, true])),
        ),
        ("short", Arc::new(Float32Array::from(vec![0.1, 2.0, 3.0]))),
        (
            "number",
            Arc::new(
                Decimal128Array::from(vec![-5, 150, 12_345])
                    .with_precision_and_scale(9, 2)
                    .unwrap(),
            ),
        ),
        (
            "binary",
            Arc::new(BooleanArray::from(vec![true, false, true])),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut wanted = all(&card);
    wanted.extend(["number".to_owned(), "binary".to_owned()]);
    for table in through_every_binary_format(&batch, &card, &wanted) {
        let levels = |name: &str| table.category(name).unwrap().levels.clone();
        assert_eq!(levels("view"), ["a", "a longer text than fits"]);
        assert_eq!(table.category("large").unwrap().codes, [0, u32::MAX, 1]);
        assert_eq!(levels("decimal"), ["-0.05", "1.50", "123.45"]);
        assert_eq!(
            levels("moment"),
            [
                "1970-01-01T00:00:00Z",
                "1970-01-01T00:00:01.500Z",
                "1969-12-31T23:59:59.999Z"
            ]
        );
        assert_eq!(levels("whole"), ["1", "-0.5", "1000000000000000000000"]);
        assert_eq!(levels("flag"), ["true", "false"]);
        assert_eq!(levels("short"), ["0.1", "2", "3"]);
        assert_eq!(table.numbers("number").unwrap(), [-0.05, 1.5, 123.45]);
        assert_eq!(table.numbers("binary").unwrap(), [1.0, 0.0, 1.0]);
    }
}

#[test]
fn numbers_keep_every_bit() {
    let mut bits = 0x0123_4567_89ab_cdef_u64;
    let mut numbers: Vec<f64> = vec![
        0.0,
        -0.0,
        f64::MIN_POSITIVE,
        5e-324,
        f64::MAX,
        f64::EPSILON,
        9_007_199_254_740_993.0,
        0.1 + 0.2,
    ];
    while numbers.len() < 20_000 {
        bits = bits
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let number = f64::from_bits(bits);
        numbers.extend(number.is_finite().then_some(number));
    }
    let card = card("[[columns]]\nname = \"x\"\nrole = \"input\"\n");
    let text: String = numbers.iter().map(|x| format!("{x:e},{x}\n")).collect();
    let table = from_text(&format!("x,y\n{text}"), &card, &["x".into(), "y".into()]);
    let same = |name: &str| {
        let read = table.numbers(name).unwrap();
        read.iter()
            .zip(&numbers)
            .all(|(a, b)| a.to_bits() == b.to_bits())
    };
    assert!(same("x") && same("y"));
    let table = from_text(
        "x,y\n0.29999999999999999,1e23\n9007199254740993,2.2250738585072011e-308\n",
        &card,
        &["x".into(), "y".into()],
    );
    assert_eq!(table.numbers("x").unwrap(), [0.3, 9_007_199_254_740_992.0]);
    assert_eq!(
        table.numbers("y").unwrap().get(1).to_bits(),
        0x000f_ffff_ffff_ffff
    );
}

#[test]
fn any_number_of_threads_reads_the_same_table() {
    let card = card(
        "[[columns]]\nname = \"w\"\nrole = \"group\"\n[[columns]]\nname = \"id\"\nrole = \"patient\"\n[[columns]]\nname = \"x\"\nrole = \"input\"\n",
    );
    let rows: String = (0..150_000)
        .map(|i| format!("{},p{},w{}\n", f64::from(i) / 3.0, i / 2, (i * 7) % 11))
        .collect();
    let text = format!("x,id,w\n{rows}");
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| from_text(&text, &card, &all(&card)))
    };
    let one = with(1);
    assert_eq!(one.rows(), 150_000);
    assert!(one == with(8));
}
