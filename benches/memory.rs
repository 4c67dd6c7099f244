//! The highest resident memory of one `keur run` that scores 1,000,000 rows of 40 inputs with five models (a logistic
//! regression, XGBoost, LightGBM, an ONNX pipeline, a candle perceptron), beside the size of the table in memory.
//!
//! `cargo bench --bench memory`: the bound is 1.2 times the table and 200 MiB. `KEUR_ROWS` sets the rows, `KEUR_REPLICATES`
//! the replicates, `KEUR_BIN` another keur to measure. The memory is what the kernel says of the child (`VmHWM`, Linux).
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may stop")]

mod made;

use arrow_array::{ArrayRef, Float32Array, Float64Array, RecordBatch, StringArray};
use made::Uniform;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const INPUTS: usize = 40;
/// Rows that are made at once.
const CHUNK: usize = 50_000;

fn asked(name: &str, otherwise: usize) -> usize {
    let said = std::env::var(name).ok();
    said.map_or(otherwise, |said| said.parse().unwrap())
}

/// One dataset: forty inputs, an outcome, a group of three levels, and a patient where asked.
fn dataset(folder: &Path, rows: usize, narrow: bool, patients: bool) {
    fs::create_dir_all(folder).unwrap();
    let mut uniform = Uniform(1);
    let mut writer = None;
    for start in (0..rows).step_by(CHUNK) {
        let here = CHUNK.min(rows - start);
        let mut arrays: Vec<(String, ArrayRef)> = Vec::new();
        for input in 0..INPUTS {
            let values = (0..here).map(|_| uniform.next());
            arrays.push((
                format!("x{input}"),
                match narrow {
                    true => Arc::new(Float32Array::from_iter_values(values.map(|x| x as f32))),
                    false => Arc::new(Float64Array::from_iter_values(values)),
                },
            ));
        }
        let died = (0..here).map(|_| if uniform.next() < 0.1 { "1" } else { "0" });
        arrays.push(("died".into(), Arc::new(StringArray::from_iter_values(died))));
        let ward = (0..here).map(|row| ["a", "b", "c"][row % 3]);
        arrays.push(("ward".into(), Arc::new(StringArray::from_iter_values(ward))));
        if patients {
            // nine of ten patients have one row
            let one = (start..start + here).map(|row| format!("p{:07}", row - row % 10 / 9));
            arrays.push(("id".into(), Arc::new(StringArray::from_iter_values(one))));
        }
        let batch = RecordBatch::try_from_iter(arrays).unwrap();
        let writer = writer.get_or_insert_with(|| {
            let file = File::create(folder.join("data.parquet")).unwrap();
            parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap()
        });
        writer.write(&batch).unwrap();
    }
    writer.unwrap().close().unwrap();
    let mut card = String::from(
        "name='d'\nfile='data.parquet'\nformat='parquet'\n\
         [[columns]]\nname='died'\nrole='outcome'\nevent='1'\n\
         [[columns]]\nname='ward'\nrole='group'\n",
    );
    if patients {
        card.push_str("[[columns]]\nname='id'\nrole='patient'\n");
    }
    for input in 0..INPUTS {
        card.push_str(&format!("[[columns]]\nname='x{input}'\nrole='input'\n"));
    }
    fs::write(folder.join("card.toml"), card).unwrap();
}

fn models(root: &Path) -> Vec<&'static str> {
    let write = |name: &str, format: &str, file: &[u8], missing: &str, more: &str| {
        let folder = root.join("models").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("m"), file).unwrap();
        fs::write(
            folder.join("card.toml"),
            made::card(format, "m", INPUTS, missing) + more,
        )
        .unwrap();
    };
    write(
        "logistic",
        "linear",
        made::logistic(INPUTS).as_bytes(),
        "refuse",
        "",
    );
    write(
        "xgboost",
        "xgboost",
        made::xgboost(200, 6, INPUTS).as_bytes(),
        "model",
        "",
    );
    write(
        "lightgbm",
        "lightgbm",
        made::lightgbm(200, 6, INPUTS).as_bytes(),
        "model",
        "",
    );
    write("onnx", "onnx", &made::onnx_pipeline(INPUTS), "refuse", "");
    let (file, layers) = made::perceptron(INPUTS, 32);
    write("candle", "safetensors", &file, "refuse", &layers);
    vec!["logistic", "xgboost", "lightgbm", "onnx", "candle"]
}

/// Seconds, processor seconds, and the highest resident memory in MiB of one run.
fn run(folder: &Path) -> (f64, f64, f64) {
    let keur = std::env::var("KEUR_BIN").unwrap_or(env!("CARGO_BIN_EXE_keur").to_owned());
    let start = Instant::now();
    let mut child = Command::new(keur)
        .args(["run", "study.toml", "--quiet"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let id = child.id();
    let of = |file: &str| fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
    let (mut highest, mut ticks) = (0, 0);
    let trace = std::env::var_os("KEUR_TRACE").is_some();
    let mut seen = 0;
    loop {
        let text = of("status");
        let number = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        };
        highest = highest.max(number("VmHWM:").unwrap_or(0));
        let now = number("VmRSS:").unwrap_or(0);
        if trace && now.abs_diff(seen) > 16 << 10 {
            println!(
                "    {:>6.2} s {:>6} MiB",
                start.elapsed().as_secs_f64(),
                now >> 10
            );
            seen = now;
        }
        let stat = of("stat");
        let times = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .skip(11)
            .take(2);
        let spent: u64 = times.filter_map(|word| word.parse::<u64>().ok()).sum();
        ticks = ticks.max(spent);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(
                status.code().is_some_and(|code| code < 2),
                "the run broke: {status}"
            );
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    (
        start.elapsed().as_secs_f64(),
        ticks as f64 / 100.0,
        highest as f64 / 1024.0,
    )
}

fn main() {
    // `cargo test --benches` runs this too; it is no test
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let rows = asked("KEUR_ROWS", 1_000_000);
    let replicates = asked("KEUR_REPLICATES", 1000);
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let all: Vec<String> = models(root)
        .iter()
        .map(|name| format!("'models/{name}'"))
        .collect();
    println!(
        "{rows} rows, {INPUTS} inputs, {} models, {replicates} replicates",
        all.len()
    );
    for (what, narrow, patients, groups) in [
        ("64 bit", false, false, ""),
        ("32 bit", true, false, ""),
        ("64 bit, a group", false, false, "groups=['ward']\n"),
        (
            "64 bit, a group, patients",
            false,
            true,
            "groups=['ward']\n",
        ),
    ] {
        dataset(&root.join("datasets/d"), rows, narrow, patients);
        fs::write(
            root.join("study.toml"),
            format!(
                "title='t'\nreplicates={replicates}\n[[study]]\nmodels=[{}]\ndataset='datasets/d'\nthresholds=[0.1, 0.2]\n{groups}",
                all.join(",")
            ),
        )
        .unwrap();
        let (seconds, processor, memory) = run(root);
        let table = (rows * INPUTS * if narrow { 4 } else { 8 }) as f64 / f64::from(1 << 20);
        let bound = 1.2 * table + 200.0;
        println!(
            "{what:<26} table {table:>5.0} MiB, bound {bound:>5.0} MiB, highest {memory:>5.0} MiB, {seconds:>6.1} s, {processor:>6.1} processor s{}",
            if memory > bound { "  ABOVE" } else { "" }
        );
    }
}
