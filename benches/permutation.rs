//! Processor seconds to move each of 30 inputs ten times over 100,000 rows of 500 trees, beside scikit-learn with XGBoost, with as
//! many threads, in one run.
//!
//! `KEUR_PEER_PYTHON=/path/to/python RAYON_NUM_THREADS=2 cargo bench --bench permutation [-- PEER_REPEATS]`; the model is trained on
//! the first run and kept in `target/bench-permutation`. The peer makes fewer repeats (1 unless said) and is scaled: every
//! repeat is the same work. Both find the loss of Brier's score, and the numbers are held against each other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a bench may stop"
)]

use keur::config::model_card;
use keur::dataset::table::{Column, Table};
use keur::explain::importance;
use keur::explain::permutation::{self, Circle};
use keur::explain::question::{On, Question};
use keur::model::open;
use keur::random::Stream;
use keur::sheet::Sheet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const INPUTS: usize = 30;
const REPEATS: usize = 10;

fn doubles(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes
        .chunks_exact(8)
        .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
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

fn brier(outcome: &[f64], risk: &[f64]) -> f64 {
    let sum: f64 = outcome.iter().zip(risk).map(|(y, p)| (y - p).powi(2)).sum();
    sum / outcome.len() as f64
}

fn main() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-permutation");
    std::fs::create_dir_all(&folder).unwrap();
    let threads = rayon::current_num_threads();
    let asked = std::env::args()
        .find_map(|arg| arg.parse::<usize>().ok())
        .unwrap_or(1);
    if let Ok(python) = std::env::var("KEUR_PEER_PYTHON") {
        let output = Command::new(python)
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/benches/permutation.py"
            ))
            .arg(&folder)
            .args([threads.to_string(), asked.to_string()])
            .env("OMP_NUM_THREADS", threads.to_string())
            .env("OMP_WAIT_POLICY", "PASSIVE")
            .output()
            .unwrap();
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        std::fs::write(folder.join("peer.tsv"), output.stdout).unwrap();
    }
    let peer = std::fs::read_to_string(folder.join("peer.tsv")).unwrap_or_default();
    let parts: Vec<&str> = peer.trim().split('\t').collect();
    let [name, repeats, spent] = parts.as_slice() else {
        println!("set KEUR_PEER_PYTHON: the peer trains the model");
        return;
    };
    let theirs = spent.parse::<f64>().unwrap() / repeats.parse::<f64>().unwrap() * REPEATS as f64;
    let mut card = "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='xgboost'\nfile='xgb.json'\nscore='probability'\n".to_owned();
    for input in 0..INPUTS {
        write!(card, "[[inputs]]\nname='x{input}'\nmissing='model'\n").unwrap();
    }
    let card = model_card::read(&Sheet::parse(&card, "card.toml").unwrap(), "bench");
    let model = open(&card, &folder)
        .map_err(|all| format!("{all:?}"))
        .unwrap();
    let (numbers, outcome) = (
        doubles(&folder.join("rows.f64")),
        doubles(&folder.join("outcome.f64")),
    );
    let mut table = Table::new(outcome.len());
    for input in &card.inputs {
        let place: usize = input.name[1..].parse().unwrap();
        let column = numbers
            .iter()
            .skip(place)
            .step_by(INPUTS)
            .copied()
            .collect();
        table.insert(&input.name, Column::Number(column)).unwrap();
    }
    let joins = card
        .inputs
        .iter()
        .map(|i| (i.name.clone(), i.name.clone()))
        .collect();
    let question = Question {
        model: &*model,
        table: &table,
        joins: &joins,
        conversions: &[],
        inputs: &card.inputs,
        scale: card.score,
        on: On::Risk,
    };
    let rows: Vec<u32> = (0..outcome.len() as u32).collect();
    let start = processor();
    let players = question.players();
    let circle = Circle::new(rows.len(), REPEATS, Stream::keyed([1]));
    let before = brier(&outcome, &question.scores(&rows, &[]).unwrap());
    let mut found = vec![0.0; INPUTS];
    importance::every(&question, &rows, &players, &circle, |place, scores| {
        let losses = scores.iter().map(|scores| brier(&outcome, scores) - before);
        found[place] = losses.sum::<f64>() / REPEATS as f64;
        Ok(())
    })
    .unwrap();
    let own = processor() - start;
    let wanted = doubles(&folder.join("importance.f64"));
    let pairs = found.iter().zip(&wanted);
    let worst = pairs
        .map(|(a, b)| (a - b).abs() / (0.02 * b.abs()).max(3e-4))
        .fold(0.0, f64::max);
    let start = processor();
    let again = permutation::moved(&question, &rows, &players[0], &circle, 0).unwrap();
    let once = processor() - start;
    assert_eq!(again.len(), rows.len());
    println!(
        "{threads} threads, {INPUTS} inputs × {REPEATS} repeats × {} rows, 500 trees",
        rows.len()
    );
    println!("{name} (scaled from {repeats} repeats): {theirs:.1} processor seconds");
    println!(
        "keur: {own:.2} processor seconds, {:.1} times; at most {:.0} MiB",
        theirs / own,
        memory()
    );
    println!(
        "keur, every row scored anew (scaled from one): {:.1} processor seconds",
        once * (INPUTS * REPEATS) as f64
    );
    println!("largest difference of an importance: {worst:.2} of what chance allows");
    assert!(worst < 1.0, "{found:?} {wanted:?}");
}
