//! Tensors that lie: list columns, shapes of a card, data in other files. Each ends in one clear message.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use arrow_array::types::{Float32Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, FixedSizeListArray, Float32Array, ListArray, RecordBatch,
};
use arrow_schema::{DataType, Field};
use keur::config::{dataset_card, model_card};
use keur::dataset::open;
use keur::dataset::table::{Batch, Column, Table};
use keur::dataset::tensor::Tensors;
use keur::model;
use keur::sheet::Sheet;
use std::path::Path;
use std::sync::Arc;

fn told(array: ArrayRef) -> Vec<String> {
    let batch = RecordBatch::try_from_iter_with_nullable([("ecg", array, true)]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    ["parquet", "arrow"]
        .iter()
        .filter_map(|format| {
            let file = std::fs::File::create(&path).unwrap();
            if *format == "parquet" {
                let mut writer =
                    parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
                writer.write(&batch).ok()?;
                writer.close().ok()?;
            } else {
                let mut writer =
                    arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
                writer.write(&batch).unwrap();
                writer.finish().unwrap();
            }
            Some(said(&path, format))
        })
        .collect()
}

fn said(path: &Path, format: &str) -> String {
    let card = format!(
        "name='t'\nfile='t'\nformat='{format}'\n[[columns]]\nname='ecg'\nrole='input'\nkind='tensor'\n"
    );
    let sheet = Sheet::parse(&card, "card.toml").unwrap();
    let card = dataset_card::read(&sheet, "t");
    match open(path, &card, &["ecg".into()]) {
        Ok(table) => format!("read: {}", table.tensors("ecg").unwrap().width()),
        Err(error) => error.to_string(),
    }
}

/// Lists in lists, so many deep.
fn deep(levels: usize) -> ArrayRef {
    let mut array: ArrayRef = Arc::new(Float32Array::from(vec![1.0]));
    for _ in 0..levels {
        let field = Arc::new(Field::new("item", array.data_type().clone(), true));
        array = Arc::new(FixedSizeListArray::new(field, 1, array, None));
    }
    array
}

#[test]
fn lists_in_lists_are_followed_so_far_only() {
    assert_eq!(told(deep(8)), ["read: 1", "read: 1"]);
    for said in told(deep(12)) {
        assert!(said.contains("nested deeper than 8"), "{said}");
    }
}

#[test]
fn lists_of_things_that_are_no_numbers_are_refused_without_a_panic() {
    let words = DictionaryArray::<Int32Type>::from_iter(["a", "b", "a"]);
    let field = Arc::new(Field::new("item", words.data_type().clone(), true));
    let lists = FixedSizeListArray::new(field, 3, Arc::new(words), None);
    for said in told(Arc::new(lists)) {
        assert!(said.contains("a tensor has numbers"), "{said}");
    }
    let nothing = ListArray::new_null(Arc::new(Field::new("item", DataType::Null, true)), 3);
    for said in told(Arc::new(nothing)) {
        assert!(said.starts_with("read: 0"), "{said}");
    }
    let empty =
        ListArray::from_iter_primitive::<Float32Type, _, _>(vec![
            Some(Vec::<Option<f32>>::new());
            3
        ]);
    for said in told(Arc::new(empty)) {
        assert!(said.contains("empty lists"), "{said}");
    }
    let zero = FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(
        vec![Some(Vec::<Option<f32>>::new()); 3],
        0,
    );
    for said in told(Arc::new(zero)) {
        assert!(!said.starts_with("read: 1"), "{said}");
    }
}

#[test]
fn changed_parquet_files_with_lists_never_panic() {
    let rows =
        (0..40).map(|row| (row % 7 != 0).then(|| (0..9).map(move |at| Some((row * at) as f32))));
    let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(rows));
    let batch = RecordBatch::try_from_iter_with_nullable([("ecg", lists, true)]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let good = std::fs::read(&path).unwrap();
    let mut state = 7_u64;
    let mut draw = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let rounds: usize = std::env::var("KEUR_FUZZ").map_or(400, |n| n.parse().unwrap());
    let mut read = 0;
    for _ in 0..rounds {
        let mut bad = good.clone();
        for _ in 0..=draw() % 3 {
            let at = draw() % bad.len();
            bad[at] = if draw() % 2 == 0 {
                draw() as u8
            } else {
                bad[at] ^ (1 << (draw() % 8))
            };
        }
        std::fs::write(&path, &bad).unwrap();
        read += usize::from(said(&path, "parquet").starts_with("read: "));
    }
    println!("{read} of {rounds} changed files could be read");
    assert!(read < rounds);
}

#[test]
fn shapes_of_petabytes_are_refused_in_the_card() {
    for shape in [
        "[9223372036854775807]",
        "[33554432, 33554432, 33554432]",
        "[1e300]",
        "[0]",
        "[-12, 1000]",
        "[12.5]",
        "['a']",
        "12",
        "[nan]",
        "[inf]",
    ] {
        let text = format!(
            "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='onnx'\nfile='m.onnx'\nscore='probability'\n\
             [[inputs]]\nname='ecg'\nkind='tensor'\nshape={shape}\n"
        );
        let sheet = Sheet::parse(&text, "card.toml").unwrap();
        let card = model_card::read(&sheet, "m");
        let problems = sheet.finish();
        assert_eq!(problems.len(), 1, "{shape}: {problems:?}");
        assert!(card.inputs[0].shape.is_empty());
    }
}

#[test]
fn other_formats_read_no_tensors() {
    for format in ["linear", "lightgbm", "xgboost"] {
        let text = format!(
            "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='{format}'\nfile='m'\nscore='probability'\n\
             [[inputs]]\nname='ecg'\nkind='tensor'\nshape=[4]\n[[inputs]]\nname='b'\nkind='tensor'\nshape=[4]\n"
        );
        let sheet = Sheet::parse(&text, "card.toml").unwrap();
        let card = model_card::read(&sheet, "m");
        assert_eq!(sheet.finish(), []);
        let folder = tempfile::tempdir().unwrap();
        let problems = model::open(&card, folder.path()).err().unwrap();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(
            problems[0].what.contains("reads no tensors"),
            "{problems:?}"
        );
    }
}

/// Networks of the oracle, each with a few bytes changed: whatever opens must also score without a panic.
#[test]
fn changed_networks_never_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/network");
    let scratch = tempfile::tempdir().unwrap();
    let rounds = std::env::var("KEUR_FUZZ").map_or(4, |n| n.parse().unwrap());
    let mut state = 3_u64;
    let mut draw = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let (mut opened, mut scored) = (0, 0);
    for oracle in ["torch.json", "keras.json"] {
        let Ok(text) = std::fs::read_to_string(folder.join(oracle)) else {
            println!("{oracle} is not there");
            continue;
        };
        let oracle: serde_json::Value = serde_json::from_str(&text).unwrap();
        for case in oracle["cases"].as_array().unwrap() {
            let good = std::fs::read(folder.join(case["file"].as_str().unwrap())).unwrap();
            let mut text = String::from(
                "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='onnx'\nfile='m.onnx'\nscore='probability'\n",
            );
            let mut table = Table::new(2);
            let mut joins = std::collections::BTreeMap::new();
            for input in oracle["rows"][case["network"].as_str().unwrap()]
                .as_array()
                .unwrap()
            {
                let name = input["name"].as_str().unwrap();
                text.push_str(&format!(
                    "[[inputs]]\nname='{name}'\nkind='tensor'\nshape={}\n",
                    input["shape"]
                ));
                let shape = input["shape"].as_array().unwrap().iter();
                let width = shape.map(|side| side.as_u64().unwrap() as usize).product();
                let tensors = Tensors::new(width, vec![1.0; 2 * width]).unwrap();
                table.insert(name, Column::Tensor(tensors)).unwrap();
                joins.insert(name.to_owned(), name.to_owned());
            }
            let sheet = Sheet::parse(&text, "card.toml").unwrap();
            let card = model_card::read(&sheet, "m");
            assert_eq!(sheet.finish(), []);
            for _ in 0..rounds {
                let mut bad = good.clone();
                for _ in 0..=draw() % 3 {
                    let at = draw() % bad.len();
                    bad[at] = match draw() % 4 {
                        0 => draw() as u8,
                        1 => bad[at] ^ (1 << (draw() % 8)),
                        2 => 0xff,
                        _ => bad[at].wrapping_add(1),
                    };
                }
                std::fs::write(scratch.path().join("m.onnx"), &bad).unwrap();
                if let Ok(model) = model::open(&card, scratch.path()) {
                    opened += 1;
                    scored +=
                        usize::from(model.predict(&Batch::new(&table, &joins, &[0, 1])).is_ok());
                }
            }
        }
    }
    println!("{opened} opened, {scored} scored");
    assert!(scored > 10);
}
