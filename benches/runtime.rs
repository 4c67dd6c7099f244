//! Processor seconds of one thread to score networks: keur's own engine and ONNX Runtime inside keur, beside Python's
//! onnxruntime in the same run.
//!
//! `KEUR_PEER_PYTHON=/path/to/python KEUR_ONNXRUNTIME=/path/to/libonnxruntime.so cargo bench --bench runtime`; the models
//! are made by benches/runtime.py in `target/bench-runtime`. Keur's time is that of `predict`: from columns of a table to
//! scores; Python's starts from a ready matrix, and once more from the same columns of 64 bits (`columns`). The peers take turns, and the least of all turns counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a bench may stop"
)]

use keur::config::model_card;
use keur::dataset::table::{Batch, Column, Table};
use keur::model::engine::Engine;
use keur::model::open_in;
use keur::sheet::Sheet;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const TURNS: usize = 2;
const REPEATS: usize = 30;
/// Repeats of keur take so many seconds together.
const ENOUGH: f64 = 1.0;

fn doubles(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap();
    let number = |bytes: &[u8; 8]| f64::from_le_bytes(*bytes);
    bytes.as_chunks().0.iter().map(number).collect()
}

/// Seconds this thread was on a processor (Linux).
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn main() {
    let Ok(python) = std::env::var("KEUR_PEER_PYTHON") else {
        println!("set KEUR_PEER_PYTHON: a Python with onnxruntime and onnx makes the models");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-runtime");
    std::fs::create_dir_all(&folder).unwrap();
    let mut best: BTreeMap<(String, String), f64> = BTreeMap::new();
    let mut names = Vec::new();
    for _ in 0..TURNS {
        let mut peer = Command::new(&python);
        peer.arg("benches/runtime.py")
            .arg(&folder)
            .arg(REPEATS.to_string());
        let done = peer.output().unwrap();
        let said = String::from_utf8(done.stdout).unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        for line in said.lines() {
            let [name, time, from, inputs, rows] = line.split('\t').collect::<Vec<_>>()[..] else {
                println!("{line}");
                continue;
            };
            if !names.contains(&name.to_owned()) {
                names.push(name.to_owned());
            }
            let mut note = |who: &str, time: f64| {
                let key = (name.to_owned(), who.to_owned());
                let least = best.entry(key).or_insert(f64::INFINITY);
                *least = least.min(time);
            };
            note("python", time.parse().unwrap());
            note("columns", from.parse().unwrap());
            let (inputs, rows): (usize, usize) = (inputs.parse().unwrap(), rows.parse().unwrap());
            for (who, engine) in [("keur", Engine::Keur), ("inside", Engine::OnnxRuntime)] {
                if let Some(time) = keur(&folder, name, inputs, rows, engine) {
                    note(who, time);
                }
            }
        }
    }
    println!(
        "{:<12} {:>10} {:>10} {:>10} {:>10} {:>14} {:>15}",
        "ms", "python", "columns", "inside", "keur", "python/inside", "columns/inside"
    );
    for name in names {
        let of = |who: &str| best.get(&(name.clone(), who.to_owned())).copied();
        let ms = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{:.3}", x * 1e3));
        let (python, inside) = (of("python"), of("inside"));
        let ratio = |of: Option<f64>| of.zip(inside).map_or(f64::NAN, |(p, i)| p / i);
        let columns = of("columns");
        println!(
            "{name:<12} {:>10} {:>10} {:>10} {:>10} {:>14.2} {:>15.2}",
            ms(python),
            ms(columns),
            ms(inside),
            ms(of("keur")),
            ratio(python),
            ratio(columns)
        );
    }
}

/// The mean seconds of all repeats; None where the engine does not take the model.
fn keur(folder: &Path, name: &str, inputs: usize, rows: usize, engine: Engine) -> Option<f64> {
    let mut card = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='onnx'\nfile='{name}.onnx'\nscore='probability'\n"
    );
    let names: Vec<String> = (0..inputs).map(|input| format!("x{input}")).collect();
    for name in &names {
        writeln!(card, "[[inputs]]\nname='{name}'").unwrap();
    }
    let sheet = Sheet::parse(&card, "card.toml").unwrap();
    let card = model_card::read(&sheet, "bench");
    let model = open_in(&card, folder, engine).ok()?;
    let values = doubles(&folder.join(format!("{name}.rows")));
    let mut table = Table::new(rows);
    for (place, name) in names.iter().enumerate() {
        let column = values.iter().skip(place).step_by(inputs).copied();
        table
            .insert(name, Column::Number(column.collect()))
            .unwrap();
    }
    let joins = names
        .iter()
        .map(|name| (name.clone(), name.clone()))
        .collect();
    let all: Vec<u32> = (0..rows as u32).collect();
    let batch = Batch::new(&table, &joins, &all);
    let wanted = doubles(&folder.join(format!("{name}.scores")));
    // the processor's clock goes on in steps of some milliseconds: many repeats, and their mean
    let (start, mut repeats) = (processor(), 0.0);
    while processor() - start < ENOUGH {
        let scores = model.predict(&batch).unwrap();
        repeats += 1.0;
        let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-5;
        assert!(scores.iter().zip(&wanted).all(near), "{name}");
    }
    Some((processor() - start) / repeats)
}
