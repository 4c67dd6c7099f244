//! Processor seconds of integrated gradients at 50 points, beside captum on the same networks, rows and threads, in one run.
//!
//! `KEUR_PEER_PYTHON=/path/to/python RAYON_NUM_THREADS=2 cargo bench --bench gradient`; networks, rows and what captum found are kept in
//! `target/bench-gradient`. captum gets the best of three batch sizes; the least of three runs counts for both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a bench may stop"
)]

use keur::config::model_card;
use keur::explain::enter::Rows;
use keur::explain::gradient::{Integrated, Precision};
use keur::model::open;
use keur::record::{InputCard, InputKind};
use keur::sheet::Sheet;
use std::path::{Path, PathBuf};
use std::process::Command;

const STEPS: usize = 50;
const REPEATS: usize = 3;

const IMAGE: &str = "
[[layers]]
kind='conv2d'\nname='stem'\noutputs=16\nkernel=7\nstride=2\npadding=3
[[layers]]
kind='relu'
[[layers]]
kind='max-pool'\nkernel=3\nstride=2\npadding=1
";

fn block(name: &str, outputs: usize) -> String {
    let norm = |n: &str| format!("[[layers.layers]]\nkind='batch-norm'\nname='{name}.{n}'\n");
    format!(
        "[[layers]]\nkind='residual'\n\
         [[layers.layers]]\nkind='conv2d'\nname='{name}.a'\noutputs={outputs}\nkernel=3\nstride=2\npadding=1\nbias=false\n{}\
         [[layers.layers]]\nkind='relu'\n\
         [[layers.layers]]\nkind='conv2d'\nname='{name}.b'\noutputs={outputs}\nkernel=3\npadding=1\nbias=false\n{}\
         [[layers.projection]]\nkind='conv2d'\nname='{name}.c'\noutputs={outputs}\nkernel=1\nstride=2\n\
         [[layers]]\nkind='relu'\n",
        norm("na"),
        norm("nb")
    )
}

fn singles(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
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

fn main() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-gradient");
    std::fs::create_dir_all(&folder).unwrap();
    let threads = rayon::current_num_threads();
    if let Ok(python) = std::env::var("KEUR_PEER_PYTHON") {
        let output = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/gradient.py"))
            .arg(&folder)
            .args([threads, REPEATS, STEPS].map(|x| x.to_string()))
            .env("OMP_WAIT_POLICY", "PASSIVE")
            .output()
            .unwrap();
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        std::fs::write(folder.join("peer.tsv"), output.stdout).unwrap();
    }
    let peer = std::fs::read_to_string(folder.join("peer.tsv")).unwrap_or_default();
    if peer.is_empty() {
        println!("set KEUR_PEER_PYTHON: the peer makes the networks");
    }
    let image = [IMAGE, &block("one", 32), &block("two", 64)].concat()
        + "[[layers]]\nkind='global-average-pool'\n[[layers]]\nkind='dense'\nname='fc'\noutputs=1\n[[layers]]\nkind='sigmoid'\n";
    for line in peer.lines() {
        let (name, theirs) = line.split_once('\t').unwrap();
        let theirs: f64 = theirs.parse().unwrap();
        let (shape, head, layers) = match name {
            "mlp" => (vec![30], "architecture={name='mlp',widths=[128,64]}\n", ""),
            "signal" => (
                vec![12, 1000],
                "architecture={name='cnn1d',widths=[16,32,64]}\n",
                "",
            ),
            _ => (vec![1, 224, 224], "", image.as_str()),
        };
        let text = format!(
            "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='safetensors'\nfile='{name}.safetensors'\nscore='probability'\n\
             {head}[[inputs]]\nname='x'\n{layers}"
        );
        let mut card = model_card::read(&Sheet::parse(&text, "card.toml").unwrap(), "bench");
        card.inputs = vec![InputCard {
            name: "x".into(),
            kind: InputKind::Tensor,
            shape: shape.clone(),
            ..InputCard::default()
        }];
        let model = open(&card, &folder)
            .map_err(|all| format!("{all:?}"))
            .unwrap();
        let rows = singles(&folder.join(format!("{name}.rows")));
        let wanted = singles(&folder.join(format!("{name}.values")));
        let baseline = vec![0.0; shape.iter().product()];
        let precision = Precision {
            first: STEPS,
            most: STEPS,
            ..Precision::default()
        };
        let mut own = f64::INFINITY;
        let mut found = Vec::new();
        for _ in 0..REPEATS {
            let start = processor();
            let asked = Integrated::new(model.gradient().unwrap(), &baseline, precision).unwrap();
            let blocks = asked.each(Rows::Numbers(&rows), |block| {
                let rows = 0..block.rows.len();
                rows.flat_map(|row| block.numbers(row).to_vec())
                    .collect::<Vec<f64>>()
            });
            own = own.min(processor() - start);
            found = blocks.unwrap().concat();
        }
        let size = wanted
            .iter()
            .map(|x| f64::from(x.abs()))
            .fold(0.0, f64::max);
        let pairs = found.iter().zip(&wanted);
        let worst = pairs
            .map(|(a, b)| (a - f64::from(*b)).abs())
            .fold(0.0, f64::max);
        println!(
            "{threads} threads, {name}: {} rows × {STEPS} points: captum {theirs:.2} processor seconds, keur {own:.2}, {:.2} times; differ {:.0e}",
            rows.len() / baseline.len(),
            theirs / own,
            worst / size
        );
        // captum computes in 32 bits too: a point beside a corner falls to either side of it
        assert!(
            found.len() == wanted.len() && worst < 1e-2 * size,
            "{worst} {size}"
        );
    }
}
