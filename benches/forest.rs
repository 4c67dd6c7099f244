//! Seconds to score 100,000 rows with 500 trees of depth 6, and with a random forest of 200 trees of depth 10 from an ONNX file,
//! over 30 inputs, beside the frameworks that trained them, timed in
//! the same run with as many threads.
//!
//! `KEUR_PEER_PYTHON=/path/to/python RAYON_NUM_THREADS=2 cargo bench --bench forest`; the models are trained on the first
//! run and kept in `target/bench-forest`. Keur and its peers take turns, and the least of all turns counts: other work may
//! share the machine. A batch has 4,096 rows, as in a study.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a bench may stop"
)]

use keur::config::model_card;
use keur::dataset::table::{Batch, Column, Table};
use keur::model::open;
use keur::model::predict::Model;
use keur::sheet::Sheet;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const INPUTS: usize = 30;
const TURNS: usize = 5;
const REPEATS: usize = 5;

fn doubles(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap();
    bytes
        .chunks_exact(8)
        .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

fn model(folder: &Path, format: &str, file: &str) -> Box<dyn Model> {
    let mut card = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='{format}'\nfile='{file}'\nscore='probability'\n"
    );
    for input in 0..INPUTS {
        write!(card, "[[inputs]]\nname='x{input}'\nmissing='model'\n").unwrap();
    }
    let sheet = Sheet::parse(&card, "card.toml").unwrap();
    let card = model_card::read(&sheet, "bench");
    open(&card, folder)
        .map_err(|all| format!("{all:?}"))
        .unwrap()
}

fn seconds<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed().as_secs_f64())
}

fn main() {
    let python = std::env::var("KEUR_PEER_PYTHON").ok();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-forest");
    if python.is_none() && !folder.join("scores.f64").exists() {
        println!("set KEUR_PEER_PYTHON: the peers train the models");
        return;
    }
    std::fs::create_dir_all(&folder).unwrap();
    let threads = rayon::current_num_threads().to_string();
    let mut best: BTreeMap<String, f64> = BTreeMap::new();
    let mut note = |name: &str, time: f64| {
        let least = best.entry(name.to_owned()).or_insert(f64::INFINITY);
        *least = least.min(time);
    };
    for _ in 0..TURNS {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/forest.py");
        if let Some(python) = &python {
            let output = Command::new(python)
                .arg(script)
                .arg(&folder)
                .args([&threads, &REPEATS.to_string()])
                .env("OMP_NUM_THREADS", &threads)
                .output()
                .unwrap();
            for line in String::from_utf8_lossy(&output.stdout).lines() {
                let (name, time) = line.split_once('\t').unwrap();
                note(name, time.parse().unwrap());
            }
        }
        let rows = doubles(&folder.join("rows.f64"));
        let wanted = doubles(&folder.join("scores.f64"));
        let count = rows.len() / INPUTS;
        let mut table = Table::new(count);
        let (mut joins, mut filled) = (BTreeMap::new(), BTreeMap::new());
        for input in 0..INPUTS {
            let column: Vec<f64> = rows.iter().skip(input).step_by(INPUTS).copied().collect();
            let whole = column.iter().map(|x| if x.is_nan() { 0.0 } else { *x });
            table
                .insert(&format!("whole-x{input}"), Column::Number(whole.collect()))
                .unwrap();
            filled.insert(format!("x{input}"), format!("whole-x{input}"));
            table
                .insert(&format!("x{input}"), Column::Number(column))
                .unwrap();
            joins.insert(format!("x{input}"), format!("x{input}"));
        }
        let all: Vec<u32> = (0..count as u32).collect();
        for (format, file, wanted) in [
            ("xgboost", "xgboost.json", &wanted[..count]),
            ("xgboost", "xgboost.ubj", &wanted[..count]),
            ("lightgbm", "lightgbm.txt", &wanted[count..2 * count]),
            ("onnx", "forest.onnx", &wanted[2 * count..]),
        ] {
            // scikit-learn's forest has no rule for missing values
            let (joins, close) = match format {
                "onnx" => (&filled, 1e-5),
                _ => (&joins, 1e-6),
            };
            let (model, time) = seconds(|| model(&folder, format, file));
            let size = std::fs::metadata(folder.join(file)).unwrap().len() as f64 / 1e6;
            note(&format!("keur opens {file} ({size:.1} MB)"), time);
            for _ in 0..REPEATS {
                let (scores, time) = seconds(|| {
                    let score = |rows: &[u32]| model.predict(&Batch::new(&table, joins, rows));
                    let batches: Vec<Vec<f64>> = all
                        .par_chunks(4096)
                        .map(|rows| score(rows).unwrap())
                        .collect();
                    batches.concat()
                });
                note(&format!("keur scores {file}"), time);
                let pairs = scores.iter().zip(wanted);
                let worst = pairs.map(|(a, b)| ((a - b) / b).abs()).fold(0.0, f64::max);
                assert!(worst < close, "{file}: {worst}");
            }
        }
    }
    println!("{threads} threads, the least of {} runs", TURNS * REPEATS);
    for (name, time) in &best {
        println!("{name:<50} {:>8.1} ms", 1000.0 * time);
    }
    let least = |part: &str| {
        let of = best.iter().filter(|(name, _)| name.contains(part));
        of.map(|(_, time)| *time).fold(f64::INFINITY, f64::min)
    };
    let xgboost = least("inplace_predict") / least("keur scores xgboost.json");
    let lightgbm = least("lightgbm 4") / least("keur scores lightgbm.txt");
    let forest = least("scikit-learn") / least("keur scores forest.onnx");
    println!("random forest {forest:.2} times scikit-learn's predict_proba");
    println!(
        "xgboost {xgboost:.2} times its inplace_predict (faster of 32 and 64 bit rows), lightgbm {lightgbm:.2} times its predict"
    );
}
