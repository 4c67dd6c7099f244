//! Processor milliseconds of one thread for networks on images and signals, beside ONNX Runtime and tract on the same files.
//!
//! `KEUR_PEER_PYTHON=/path/to/python cargo bench --bench network [-- NAME…]`; the networks are made on the first run and kept
//! in `target/bench-network`. Keur and its peers take turns, and the least of all turns counts: other work may share the
//! machine. Keur passes rows in blocks, as in a study.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a bench may stop"
)]

use keur::model::onnx::graph::{Context, Graph};
use keur::model::onnx::proto;
use keur::model::onnx::value::{Data, Tensor};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const NAMES: [&str; 7] = [
    "resnet18",
    "resnet50",
    "densenet121",
    "efficientnet-b0",
    "unet",
    "vit-tiny",
    "ecg-cnn",
];
const BATCHES: [usize; 2] = [1, 32];
const TURNS: usize = 3;
const REPEATS: usize = 3;
/// Keur and ONNX Runtime may lie so far apart, relative to the largest number. The U-Net's steep end shows rounding most:
/// from its value in 64 bits keur lies 2.2e-5 away at most, ONNX Runtime 0.7e-5, and 1.3e-5 when it optimises nothing.
const APART: f32 = 4e-5;
/// Memory the rows of a block take together, as in a study.
const ROOM: usize = 16 << 20;

fn numbers(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

/// Seconds this thread has been on a processor, or that have passed where the system does not say.
fn spent(since: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| since.elapsed().as_secs_f64(), |x| x * 1e-9)
}

fn keur(folder: &Path, name: &str, batch: usize, note: &mut dyn FnMut(&str, f64)) {
    let since = Instant::now();
    let bytes = std::fs::read(folder.join(format!("{name}.onnx"))).unwrap();
    let model = proto::model(&bytes).unwrap();
    let whole = model.graph.as_ref().unwrap();
    let start = spent(since);
    let context = Context {
        opsets: &model.opsets,
        folder: None,
        functions: &model.functions,
    };
    let mut graph = Graph::new(whole, context).unwrap();
    graph.keep(0);
    note(&format!("{name} opened"), spent(since) - start);
    let rows = numbers(&folder.join(format!("{name}.{batch}.in")));
    let wanted = numbers(&folder.join(format!("{name}.{batch}.out")));
    let sides = whole.inputs[0].shape.clone().unwrap();
    let sides: Vec<usize> = sides.iter().flatten().map(|side| *side as usize).collect();
    let row: usize = sides.iter().product();
    let tensor = |rows: &[f32]| {
        let mut shape = vec![rows.len() / row];
        shape.extend(&sides);
        Tensor::new(shape, Data::F32(rows.to_vec())).unwrap()
    };
    let (_, bytes) = graph.measured(vec![tensor(&rows[..row])]).unwrap();
    let block = (ROOM / bytes).clamp(1, 1024) * row;
    for _ in 0..REPEATS {
        let start = spent(since);
        let mut scores = Vec::with_capacity(wanted.len());
        for rows in rows.chunks(block) {
            match &graph.run(vec![tensor(rows)]).unwrap()[0].data {
                Data::F32(list) => scores.extend_from_slice(list),
                other => unreachable!("{}", other.kind()),
            }
        }
        note(&format!("{name} {batch} keur"), spent(since) - start);
        let pairs = || scores.iter().zip(&wanted);
        let size = wanted.iter().map(|x| x.abs()).fold(0.0, f32::max);
        let worst = pairs().map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / size;
        assert!(
            scores.len() == wanted.len() && worst < APART,
            "{name}: {worst}"
        );
    }
}

fn main() {
    let python = std::env::var("KEUR_PEER_PYTHON").ok();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-network");
    if python.is_none() && !folder.join("ecg-cnn.32.out").exists() {
        println!("set KEUR_PEER_PYTHON: the networks are made by benches/network.py");
        return;
    }
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let mut best: BTreeMap<String, f64> = BTreeMap::new();
    let mut note = |name: &str, time: f64| {
        let least = best.entry(name.to_owned()).or_insert(f64::INFINITY);
        *least = least.min(time);
    };
    for _ in 0..TURNS {
        if let Some(python) = &python {
            let output = Command::new(python)
                .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/network.py"))
                .arg(&folder)
                .arg(REPEATS.to_string())
                .args(BATCHES.map(|batch| batch.to_string()))
                .output()
                .unwrap();
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
            for line in String::from_utf8_lossy(&output.stdout).lines() {
                let (name, time) = line.split_once('\t').unwrap();
                note(name, time.parse().unwrap());
            }
        }
        for name in NAMES {
            if asked.is_empty() || asked.iter().any(|asked| asked == name) {
                for batch in BATCHES {
                    keur(&folder, name, batch, &mut note);
                }
            }
        }
    }
    println!(
        "one thread, processor milliseconds, the least of {} runs",
        TURNS * REPEATS
    );
    println!(
        "{:<24} {:>8} {:>12} {:>8} {:>10} {:>12} {:>8}",
        "network", "batch", "onnxruntime", "tract", "keur", "of tract", "opened"
    );
    for name in NAMES {
        for batch in BATCHES {
            let of = |what: &str| {
                best.get(&format!("{name} {batch} {what}"))
                    .copied()
                    .unwrap_or(f64::NAN)
            };
            let opened = best
                .get(&format!("{name} opened"))
                .copied()
                .unwrap_or(f64::NAN);
            println!(
                "{name:<24} {batch:>8} {:>12.2} {:>8.2} {:>10.2} {:>11.2}x {:>8.1}",
                1e3 * of("onnxruntime"),
                1e3 * of("tract"),
                1e3 * of("keur"),
                of("tract") / of("keur"),
                1e3 * opened
            );
        }
    }
}
