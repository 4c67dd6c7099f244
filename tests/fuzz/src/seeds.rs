//! Seeds: the fixtures of the tests by their paths, the smallest of each kind, and small tables written here.

use arrow_array::{ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Larger fixtures are left out.
const LARGEST: u64 = 8 << 10;

const TREE: &str = r#"{"learner":{"attributes":{"best_iteration":"0"},"feature_names":["a","b"],"gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1"},"iteration_indptr":[0,1],"tree_info":[0],"trees":[{"left_children":[1,3,-1,-1,-1],"right_children":[2,4,-1,-1,-1],"split_indices":[0,1,0,0,0],"split_conditions":[0.5,0.0,1,-1E-1,2],"default_left":[1,0,0,0,0],"sum_hessian":[4,3,1,1,2],"split_type":[0,1,0,0,0],"categories":[1,70],"categories_nodes":[1],"categories_segments":[0],"categories_sizes":[2],"tree_param":{"size_leaf_vector":"1"}}],"cats":{"enc":[]}},"name":"gbtree"},"learner_model_param":{"base_score":"[5E-1]","num_class":"0","num_feature":"2","num_target":"1"},"objective":{"name":"binary:logistic"}},"version":[3,0,0]}"#;

/// Writes the seeds of a target.
pub fn write(target: &str, into: &Path) {
    fs::create_dir_all(into).expect("a folder for seeds");
    let mut count = 0;
    let mut add = |bytes: &[u8]| {
        fs::write(into.join(format!("seed-{count:03}")), bytes).expect("a seed");
        count += 1;
    };
    match target {
        "xgboost-json" => {
            add(&framed("0", TREE.as_bytes()));
            for (path, bytes) in fixtures("tests/oracle/forest", "json") {
                if path.contains("xgb-") {
                    add(&framed("1", &bytes));
                }
            }
        }
        "xgboost-ubjson" => {
            let mut trees = vec![(TREE.as_bytes().to_vec(), "0")];
            for (path, bytes) in fixtures("tests/oracle/forest", "json") {
                if path.contains("xgb-") {
                    trees.push((bytes, "1"));
                }
            }
            for (json, card) in trees {
                let value = serde_json::from_slice(&json).expect("a fixture");
                for typed in [false, true] {
                    let mut bytes = Vec::new();
                    ubjson(&value, typed, &mut bytes);
                    add(&framed(card, &bytes));
                }
            }
        }
        "lightgbm" => {
            for (_, bytes) in fixtures("tests/oracle/forest", "txt") {
                add(&framed("1", &bytes));
            }
        }
        "onnx" => {
            for (path, bytes) in fixtures("tests/oracle/onnx", "onnx") {
                let card = if path.contains("columns-") || path.contains("groups") { "5" } else { "4" };
                add(&framed(card, &bytes));
            }
        }
        "safetensors" => add(&beside("models/wdbc-mlp", "model.safetensors")),
        "linear" => {
            for name in ["synthetic-logistic", "synthetic-points", "wdbc-logistic"] {
                add(&beside(&format!("models/{name}"), "model.toml"));
            }
        }
        "cards" => {
            for shelf in ["models", "datasets"] {
                for entry in fs::read_dir(root().join(shelf)).expect("a shelf").flatten() {
                    if let Ok(bytes) = fs::read(entry.path().join("card.toml")) {
                        add(&bytes);
                    }
                }
            }
            fixtures("configs", "toml").iter().for_each(|(_, bytes)| add(bytes));
        }
        "csv" => {
            add(b"x,p,y,w\n1,\"a\",0.5,no\n-9, b ,1e3,\"ye\"\"s\"\r\n,,NA,\n1,\"a\",0.5,no\n");
            add(b"\xef\xbb\xbfx;y\n1;2\n");
            for (_, bytes) in fixtures("datasets/wdbc-validation", "csv").iter().chain(&fixtures("datasets/wdbc-validation", "data")) {
                add(&bytes[..bytes.len().min(2000)]);
            }
        }
        "parquet" | "arrow" => tables(target).iter().for_each(|bytes| add(bytes)),
        other => panic!("no seeds for {other}"),
    }
    println!("{count} seeds in {}", into.display());
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Small files of a folder with this ending, in order of their names.
fn fixtures(folder: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .filter(|path| path.metadata().is_ok_and(|about| about.len() <= LARGEST))
        .map(|path| (path.display().to_string(), fs::read(&path).expect("a fixture")))
        .collect()
}

fn framed(card: &str, file: &[u8]) -> Vec<u8> {
    [card.as_bytes(), b"\0", file].concat()
}

fn beside(folder: &str, file: &str) -> Vec<u8> {
    let folder = root().join(folder);
    let card = fs::read_to_string(folder.join("card.toml")).expect("a card");
    framed(&card, &fs::read(folder.join(file)).expect("a model"))
}

/// JSON as UBJSON; `typed` writes lists of numbers as XGBoost does, with one type and a count.
fn ubjson(value: &Value, typed: bool, out: &mut Vec<u8>) {
    let length = |length: usize, out: &mut Vec<u8>| {
        out.push(b'L');
        out.extend((length as i64).to_be_bytes());
    };
    match value {
        Value::Null => out.push(b'Z'),
        Value::Bool(flag) => out.push(if *flag { b'T' } else { b'F' }),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => {
                out.push(b'l');
                out.extend((whole as i32).to_be_bytes());
            }
            None => {
                out.push(b'd');
                out.extend((number.as_f64().unwrap_or(0.0) as f32).to_be_bytes());
            }
        },
        Value::String(text) => {
            out.push(b'S');
            length(text.len(), out);
            out.extend(text.as_bytes());
        }
        Value::Array(list) if typed && list.iter().all(Value::is_number) && !list.is_empty() => {
            let whole = list.iter().all(Value::is_i64);
            out.extend(if whole { b"[$l#" } else { b"[$d#" });
            length(list.len(), out);
            for number in list {
                match whole {
                    true => out.extend((number.as_i64().unwrap_or(0) as i32).to_be_bytes()),
                    false => out.extend((number.as_f64().unwrap_or(0.0) as f32).to_be_bytes()),
                }
            }
        }
        Value::Array(list) => {
            out.push(b'[');
            list.iter().for_each(|item| ubjson(item, typed, out));
            out.push(b']');
        }
        Value::Object(pairs) => {
            out.push(b'{');
            for (key, item) in pairs {
                length(key.len(), out);
                out.extend(key.as_bytes());
                ubjson(item, typed, out);
            }
            out.push(b'}');
        }
    }
}

fn tables(format: &str) -> Vec<Vec<u8>> {
    let x: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None, Some(-9.0), Some(1.0)]));
    let p: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("b"), None, Some("a")]));
    let y: ArrayRef = Arc::new(Float32Array::from(vec![0.5, 1.5, 99.0, 0.5]));
    let w: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 1]));
    let f: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), Some(true)]));
    let few = RecordBatch::try_from_iter([("x", x.clone()), ("p", p.clone())]).expect("a batch");
    let all = RecordBatch::try_from_iter([("x", x), ("p", p), ("y", y), ("w", w), ("f", f)]).expect("a batch");
    [few, all].iter().flat_map(|batch| files(format, batch)).collect()
}

fn files(format: &str, batch: &RecordBatch) -> Vec<Vec<u8>> {
    use arrow_ipc::CompressionType;
    use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
    use parquet::basic::{Compression, ZstdLevel};
    use parquet::file::properties::WriterProperties;
    let mut files = Vec::new();
    if format == "parquet" {
        for compression in [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::ZSTD(ZstdLevel::default()),
        ] {
            for dictionary in [true, false] {
                let properties = WriterProperties::builder()
                    .set_compression(compression)
                    .set_dictionary_enabled(dictionary)
                    .build();
                let mut out = Vec::new();
                let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, batch.schema(), Some(properties))
                    .expect("a writer");
                writer.write(batch).expect("a table");
                writer.close().expect("a file");
                files.push(out);
            }
        }
        return files;
    }
    for compression in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
        let options = || {
            IpcWriteOptions::default()
                .try_with_compression(compression)
                .expect("options")
        };
        let mut out = Vec::new();
        let mut writer = FileWriter::try_new_with_options(&mut out, &batch.schema(), options()).expect("a writer");
        writer.write(batch).expect("a table");
        writer.finish().expect("a file");
        drop(writer);
        files.push(out);
        let mut out = Vec::new();
        let mut writer = StreamWriter::try_new_with_options(&mut out, &batch.schema(), options()).expect("a writer");
        writer.write(batch).expect("a table");
        writer.finish().expect("a file");
        drop(writer);
        files.push(out);
    }
    files
}
