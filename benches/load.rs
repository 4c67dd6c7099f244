//! Milliseconds to open a model file of 10 MB, in every format that holds trees: on the clock, and of all processors together.
//!
//! `cargo bench --bench load [-- WORD]`: at most 50 ms each. Processor time is what the kernel says all threads ran
//! (`/proc/self/task/*/schedstat`, Linux). The least of all turns counts, because other work may share the machine.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may stop")]

mod made;

use keur::config::model_card;
use keur::model::open;
use keur::sheet::Sheet;
use std::time::Instant;

const INPUTS: usize = 30;
const DEPTH: u32 = 6;
const BYTES: usize = 10_000_000;
const TURNS: usize = 15;

/// Seconds all threads ran on a processor.
fn processor() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let seconds = tasks.map(|task| {
        let text = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
    });
    seconds.sum()
}

/// As many trees as give the size, made from how much few of them take.
fn sized(make: impl Fn(usize) -> Vec<u8>) -> (Vec<u8>, usize) {
    let trees = BYTES * 20 / make(20).len();
    (make(trees), trees)
}

fn main() {
    // `cargo test --benches` runs this too; it is no test
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let word = std::env::args()
        .nth(1)
        .filter(|word| !word.starts_with('-'));
    let folder = tempfile::tempdir().unwrap();
    let json = |trees| made::xgboost(trees, DEPTH, INPUTS);
    for (what, format, (file, trees)) in [
        ("XGBoost JSON", "xgboost", sized(|n| json(n).into_bytes())),
        (
            "XGBoost UBJSON",
            "xgboost",
            sized(|n| made::ubjson(&json(n))),
        ),
        (
            "LightGBM text",
            "lightgbm",
            sized(|n| made::lightgbm(n, DEPTH, INPUTS).into_bytes()),
        ),
        (
            "ONNX TreeEnsembleClassifier",
            "onnx",
            sized(|n| made::onnx_forest(n, DEPTH, INPUTS)),
        ),
    ] {
        if word
            .as_ref()
            .is_some_and(|word| !what.contains(word.as_str()))
        {
            continue;
        }
        std::fs::write(folder.path().join("m"), &file).unwrap();
        let sheet = Sheet::parse(&made::card(format, "m", INPUTS, "model"), "card.toml").unwrap();
        let card = model_card::read(&sheet, "bench");
        let (mut clock, mut least) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..TURNS {
            let from = Instant::now();
            let start = processor();
            let model = open(&card, folder.path())
                .map_err(|all| format!("{all:?}"))
                .unwrap();
            clock = clock.min(from.elapsed().as_secs_f64());
            least = least.min(processor() - start);
            drop(model);
        }
        println!(
            "{what:<28} {:>5.1} MB, {trees:>5} trees of depth {DEPTH}: {:>6.1} ms, {:>6.1} ms of processors",
            file.len() as f64 / 1e6,
            1000.0 * clock,
            1000.0 * least
        );
    }
}
