//! Seconds and memory of what a user waits for: loading a million rows of forty columns, and a whole `keur run`.
//!
//! `KEUR_PEER_PYTHON=/path/to/python cargo bench --bench whole`; without it the peers are not run.

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use keur::config::dataset_card;
use keur::dataset;
use keur::sheet::Sheet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROWS: usize = 1_000_000;
const NUMBERS: usize = 38;
const STUDY_ROWS: usize = 100_000;

/// Numbers in [0, 1), the same on every machine.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn wide_card(format: &str, file: &str) -> String {
    let mut card = format!(
        "name = \"wide\"\nfile = \"{file}\"\nformat = \"{format}\"\n\
         [[columns]]\nname = \"y\"\nrole = \"outcome\"\nevent = \"1\"\n\
         [[columns]]\nname = \"g\"\nrole = \"group\"\n"
    );
    for i in 0..NUMBERS {
        card.push_str(&format!("[[columns]]\nname = \"x{i}\"\nrole = \"input\"\n"));
    }
    card
}

fn make_wide(folder: &Path) -> std::io::Result<()> {
    let mut uniform = Uniform(1);
    let mut csv = BufWriter::new(File::create(folder.join("wide.csv"))?);
    let names: Vec<String> = (0..NUMBERS).map(|i| format!("x{i}")).collect();
    writeln!(csv, "y,g,{}", names.join(","))?;
    let mut columns = vec![Vec::new(); NUMBERS];
    let (mut y, mut g) = (Vec::new(), Vec::new());
    for row in 0..ROWS {
        y.push(if uniform.next() < 0.1 { "1" } else { "0" });
        g.push(["a", "b", "c"][row % 3]);
        write!(csv, "{},{}", y[row], g[row])?;
        for column in &mut columns {
            let number = (uniform.next() * 1e7).round() / 1e5;
            write!(csv, ",{number}")?;
            column.push(number);
        }
        writeln!(csv)?;
    }
    csv.flush()?;
    let mut arrays: Vec<(String, ArrayRef)> = vec![
        ("y".to_owned(), Arc::new(StringArray::from(y))),
        ("g".to_owned(), Arc::new(StringArray::from(g))),
    ];
    for (name, column) in names.into_iter().zip(columns) {
        arrays.push((name, Arc::new(Float64Array::from(column))));
    }
    let batch = RecordBatch::try_from_iter(arrays).map_err(std::io::Error::other)?;
    let file = File::create(folder.join("wide.parquet"))?;
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

/// The least of three loads of every column.
fn load(folder: &Path, format: &str) -> f64 {
    let file = format!("wide.{format}");
    let Ok(sheet) = Sheet::parse(&wide_card(format, &file), "card.toml") else {
        return f64::NAN;
    };
    let card = dataset_card::read(&sheet, "wide");
    let wanted: Vec<String> = card.columns.iter().map(|c| c.name.clone()).collect();
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let start = Instant::now();
        let rows = dataset::open(&folder.join(&file), &card, &wanted).map(|t| t.rows());
        assert_eq!(rows.ok(), Some(ROWS));
        least = least.min(start.elapsed().as_secs_f64());
    }
    least
}

const PEERS: &str = r#"
import sys, time
folder = sys.argv[1]
def least(name, work):
    seconds = 1e9
    for _ in range(3):
        start = time.perf_counter(); work(); seconds = min(seconds, time.perf_counter() - start)
    print(f"  {name}: {seconds:.2f} s", flush=True)
try:
    import pandas as pd
    least(f"pandas {pd.__version__} read_csv, correctly rounded", lambda: pd.read_csv(folder + "/wide.csv", float_precision="round_trip"))
    least(f"pandas {pd.__version__} read_csv, default", lambda: pd.read_csv(folder + "/wide.csv"))
except ImportError: pass
try:
    import pyarrow, pyarrow.csv, pyarrow.parquet
    least(f"pyarrow {pyarrow.__version__} read_csv", lambda: pyarrow.csv.read_csv(folder + "/wide.csv"))
    least(f"pyarrow {pyarrow.__version__} read_table (parquet)", lambda: pyarrow.parquet.read_table(folder + "/wide.parquet"))
except ImportError: pass
try:
    import polars as pl
    least(f"polars {pl.__version__} read_csv", lambda: pl.read_csv(folder + "/wide.csv"))
    least(f"polars {pl.__version__} read_parquet", lambda: pl.read_parquet(folder + "/wide.parquet"))
except ImportError: pass
"#;

fn peers(folder: &Path) {
    let Ok(python) = std::env::var("KEUR_PEER_PYTHON") else {
        println!("  peers: not run");
        return;
    };
    let ran = Command::new(python)
        .args(["-c", PEERS])
        .arg(folder)
        .status();
    if let Err(error) = ran {
        println!("  peers did not run: {error}");
    }
}

/// One prediction column, four attributes of three levels, a thousand replicates, everything written.
fn make_study(folder: &Path) -> std::io::Result<()> {
    let dataset = folder.join("datasets/d");
    let model = folder.join("models/m");
    fs::create_dir_all(&dataset)?;
    fs::create_dir_all(&model)?;
    let mut uniform = Uniform(2);
    let mut csv = BufWriter::new(File::create(dataset.join("data.csv"))?);
    writeln!(csv, "p,a,b,c,d,y")?;
    for _ in 0..STUDY_ROWS {
        let lp = -2.0 + 4.0 * (uniform.next() + uniform.next() + uniform.next() - 1.5);
        let risk = 1.0 / (1.0 + (-lp).exp());
        let levels: Vec<&str> = (0..4)
            .map(|_| ["low", "mid", "high"][(uniform.next() * 3.0) as usize])
            .collect();
        let event = u8::from(uniform.next() < risk);
        writeln!(csv, "{risk},{},{event}", levels.join(","))?;
    }
    csv.flush()?;
    let mut card = String::from(
        "name = \"d\"\nfile = \"data.csv\"\nformat = \"csv\"\n\
         [[columns]]\nname = \"p\"\nrole = \"prediction\"\n\
         [[columns]]\nname = \"y\"\nrole = \"outcome\"\nevent = \"1\"\n",
    );
    for name in ["a", "b", "c", "d"] {
        card.push_str(&format!(
            "[[columns]]\nname = \"{name}\"\nrole = \"group\"\n"
        ));
    }
    fs::write(dataset.join("card.toml"), card)?;
    fs::write(
        model.join("card.toml"),
        "name = \"m\"\nversion = \"1\"\ntask = \"binary\"\npredicts = \"the event\"\n\
         format = \"column\"\ncolumn = \"p\"\nscore = \"probability\"\n",
    )?;
    fs::write(
        folder.join("study.toml"),
        "title = \"t\"\nreplicates = 1000\n[[study]]\nmodel = \"models/m\"\ndataset = \"datasets/d\"\n\
         thresholds = [0.1, 0.2]\ngroups = [\"a\", \"b\", \"c\", \"d\"]\n",
    )
}

/// Seconds and the highest resident memory in MiB of a whole run; the memory is read while it runs (Linux).
fn whole(folder: &Path) -> std::io::Result<(f64, u64)> {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_keur"))
        .args(["run", "study.toml", "--quiet"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut highest = 0;
    while child.try_wait()?.is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kib = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok());
        highest = highest.max(kib.unwrap_or(0) / 1024);
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok((start.elapsed().as_secs_f64(), highest))
}

fn main() -> std::io::Result<()> {
    // `cargo test --benches` runs this too; it is no test
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    make_study(folder.path())?;
    let runs: Vec<(f64, u64)> = (0..3)
        .map(|_| whole(folder.path()))
        .collect::<Result<_, _>>()?;
    let seconds = runs.iter().map(|r| r.0).fold(f64::INFINITY, f64::min);
    let memory = runs.iter().map(|r| r.1).max().unwrap_or(0);
    println!(
        "keur run, {STUDY_ROWS} rows, 12 groups, 1000 replicates, all pages: {seconds:.2} s, {memory} MiB"
    );
    make_wide(folder.path())?;
    println!("load {ROWS} x {}:", NUMBERS + 2);
    for format in ["csv", "parquet"] {
        println!("  keur {format}: {:.2} s", load(folder.path(), format));
    }
    peers(folder.path());
    Ok(())
}
