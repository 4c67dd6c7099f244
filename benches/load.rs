//! Processor milliseconds to open a model file of 10 MB, in every format that holds trees.
//!
//! `cargo bench --bench load`: at most 50 ms each. The time is what the kernel says this thread ran
//! (`/proc/thread-self/schedstat`, Linux): the least of all turns counts, because other work may share the machine.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may stop")]

mod made;

use keur::config::model_card;
use keur::model::open;
use keur::sheet::Sheet;

const INPUTS: usize = 30;
const DEPTH: u32 = 6;
const BYTES: usize = 10_000_000;
const TURNS: usize = 9;

/// Seconds this thread ran on a processor.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
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
        std::fs::write(folder.path().join("m"), &file).unwrap();
        let sheet = Sheet::parse(&made::card(format, "m", INPUTS, "model"), "card.toml").unwrap();
        let card = model_card::read(&sheet, "bench");
        let mut least = f64::INFINITY;
        for _ in 0..TURNS {
            let start = processor();
            let model = open(&card, folder.path())
                .map_err(|all| format!("{all:?}"))
                .unwrap();
            least = least.min(processor() - start);
            drop(model);
        }
        println!(
            "{what:<28} {:>5.1} MB, {trees:>5} trees of depth {DEPTH}: {:>6.1} ms",
            file.len() as f64 / 1e6,
            1000.0 * least
        );
    }
}
