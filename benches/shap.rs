//! Processor seconds to explain 500 trees over 30 inputs, beside the frameworks that trained them and shap, with as many
//! threads, in one run.
//!
//! `KEUR_PEER_PYTHON=/path/to/python RAYON_NUM_THREADS=2 cargo bench --bench shap [-- ROWS …]`; the models are trained on the first
//! run and kept in `target/bench-shap`. The peers explain fewer rows and are scaled by rows: their work does not depend on
//! how many there are. Processor seconds, because other work may share the machine. What peers found is held against
//! keur's numbers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a bench may stop"
)]

use keur::config::model_card;
use keur::explain::tree::game::{Background, Game};
use keur::explain::tree::shap::TreeShap;
use keur::explain::tree::table::What;
use keur::model::open;
use keur::model::predict::Model;
use keur::model::tree::Arithmetic;
use keur::sheet::Sheet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const INPUTS: usize = 30;

fn doubles(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes
        .chunks_exact(8)
        .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

fn model(folder: &Path, file: &str) -> Box<dyn Model> {
    let format = if file.ends_with("json") {
        "xgboost"
    } else {
        "lightgbm"
    };
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

/// Processor seconds of this process so far, in ticks of a hundredth (Linux).
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks = rest.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// Largest memory so far, in MiB (Linux).
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

fn main() {
    let python = std::env::var("KEUR_PEER_PYTHON").ok();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-shap");
    std::fs::create_dir_all(&folder).unwrap();
    let threads = rayon::current_num_threads();
    let mut peers: Vec<(String, f64)> = Vec::new();
    if let Some(python) = &python {
        let output = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/shap.py"))
            .arg(&folder)
            .arg(threads.to_string())
            .env("OMP_NUM_THREADS", threads.to_string())
            .env("OMP_WAIT_POLICY", "PASSIVE")
            .output()
            .unwrap();
        std::fs::write(folder.join("peers.tsv"), output.stdout).unwrap();
    }
    for line in std::fs::read_to_string(folder.join("peers.tsv"))
        .unwrap_or_default()
        .lines()
    {
        let parts: Vec<&str> = line.split('\t').collect();
        let [rows, time] = [1, 2].map(|place| parts[place].parse::<f64>().unwrap());
        peers.push((parts[0].to_owned(), time / rows));
    }
    if peers.is_empty() {
        println!("set KEUR_PEER_PYTHON: the peers train the models");
        return;
    }
    let rows = doubles(&folder.join("rows.f64"));
    let sizes: Vec<usize> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![10_000, 100_000]
    } else {
        sizes
    };
    println!("{threads} threads; peers scaled by rows");
    println!(
        "{:<60} {:>8} {:>10} {:>10} {:>8} {:>9} {:>8}",
        "keur against", "rows", "peer s", "keur s", "times", "most MiB", "differ"
    );
    for (peer, each) in &peers {
        let (file, what, of) = match peer.as_str() {
            name if name.contains("pred_interactions") => ("xgb-6.json", What::Pairs, "pairs"),
            name if name.contains("interventional") => ("xgb-6.json", What::Values, "background"),
            name if name.contains("depth 12") => ("xgb-12.json", What::Values, "values"),
            name if name.contains("lgb-6") => ("lgb-6.txt", What::Values, "values"),
            name if name.contains("lgb-leafwise") => ("lgb-leafwise.txt", What::Values, "values"),
            _ => ("xgb-6.json", What::Values, "values"),
        };
        let model = model(&folder, file);
        let forest = model.trees().unwrap().forest();
        let found = doubles(&folder.join(file).with_extension(of));
        for size in &sizes {
            let column = |input: usize| {
                let all = rows.iter().skip(input).step_by(INPUTS).take(*size);
                match forest.arithmetic {
                    Arithmetic::Single => all.map(|x| f64::from(*x as f32)).collect(),
                    Arithmetic::Double => all.copied().collect::<Vec<f64>>(),
                }
            };
            let columns: Vec<Vec<f64>> = (0..INPUTS).map(column).collect();
            let game = if of == "background" {
                let sample = columns.iter().map(|column| column[1000..1100].to_vec());
                Game::Background(Background::new(sample.collect(), None).unwrap())
            } else {
                Game::Covers
            };
            let start = processor();
            let shap = TreeShap::new(forest, &game, what, *size).unwrap();
            let first = shap.each(&columns, |block| {
                // as a later step will: sums of absolute values, and the first rows to compare
                let mut sums = 0.0;
                let mut first = Vec::new();
                for input in 0..INPUTS {
                    sums += block.values(0, input).map(f64::abs).sum::<f64>();
                    first.push(block.values(0, input).take(10).collect::<Vec<f64>>());
                }
                if what == What::Pairs {
                    first = (0..INPUTS)
                        .flat_map(|a| (0..INPUTS).map(move |b| (a, b)))
                        .map(|(a, b)| block.interactions(0, a, b))
                        .map(|pairs| pairs.into_iter().take(10).collect())
                        .collect();
                }
                assert!(sums.is_finite());
                first
            });
            let own = processor() - start;
            let first = first.unwrap().swap_remove(0);
            let mut worst = 0.0_f64;
            for row in 0..10 {
                let at = |cell: usize| match of {
                    "pairs" => {
                        row * (INPUTS + 1) * (INPUTS + 1)
                            + cell / INPUTS * (INPUTS + 1)
                            + cell % INPUTS
                    }
                    "background" => row * INPUTS + cell,
                    _ => row * (INPUTS + 1) + cell,
                };
                for (cell, column) in first.iter().enumerate() {
                    worst = worst.max((column[row] - found[at(cell)]).abs());
                }
            }
            let theirs = each * *size as f64;
            println!(
                "{peer:<60} {size:>8} {theirs:>10.1} {own:>10.2} {:>8.1} {:>9.0} {worst:>8.0e}",
                theirs / own,
                memory()
            );
            assert!(worst < 1e-4, "{worst}");
        }
    }
}
