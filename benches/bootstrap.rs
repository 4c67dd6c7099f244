//! Seconds for 1,000 bootstrap replicates, beside named peers timed in the same run.
//!
//! `KEUR_PEER_PYTHON=/path/to/python cargo bench --bench bootstrap`; without it the peers are not run. `KEUR_BENCH=small`
//! leaves out a million rows. Threads: `RAYON_NUM_THREADS`.

use keur::measure::bootstrap::{Series, Slot, replicates};
use keur::measure::draw::Draw;
use keur::measure::{Ask, Binary, Recalibration, Rows, Split, Tally, all, assess, find};
use std::process::Command;
use std::time::Instant;

const REPLICATES: usize = 1000;
const THRESHOLDS: [f64; 2] = [0.1, 0.2];

struct Data {
    event: Vec<bool>,
    score: Vec<f64>,
    patient: Vec<u32>,
    weight: Option<Vec<f64>>,
}

impl Data {
    /// A moderately good model on a seeded synthetic sample.
    fn new(rows: usize) -> Self {
        let mut state = 20_260_101_u64;
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        };
        let mut data = Self {
            event: Vec::new(),
            score: Vec::new(),
            patient: (0..rows as u32).collect(),
            weight: None,
        };
        for _ in 0..rows {
            let lp = -1.5 + 1.2 * (uniform() + uniform() + uniform() + uniform() - 2.0) * 1.732;
            data.score.push(1.0 / (1.0 + (-lp).exp()));
            data.event
                .push(uniform() < 1.0 / (1.0 + (-(0.2 + 0.8 * lp)).exp()));
        }
        data
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            event: &self.event,
            score: &self.score,
            probability: true,
            weight: self.weight.as_deref(),
            patient: &self.patient,
            patients: self.patient.len(),
        }
    }
}

/// Seconds by the clock and of processor.
#[derive(Clone, Copy)]
struct Seconds {
    clock: f64,
    processor: f64,
}

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:8.3} {:8.2}", self.clock, self.processor)
    }
}

/// Processor seconds of this process so far (Linux; 0 elsewhere), in steps of a hundredth.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    fields
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// The most memory this process has held (Linux).
fn most_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |kib| kib.trim().to_owned())
}

/// The least of three runs: other work may share the machine.
fn least(mut work: impl FnMut()) -> Seconds {
    let mut least = Seconds {
        clock: f64::INFINITY,
        processor: f64::INFINITY,
    };
    for _ in 0..3 {
        let (start, used) = (Instant::now(), processor());
        work();
        least.clock = least.clock.min(start.elapsed().as_secs_f64());
        least.processor = least.processor.min(processor() - used);
    }
    least
}

fn timed(rows: usize, slots: &[Slot]) -> Seconds {
    timed_on(&Data::new(rows), slots)
}

fn timed_on(data: &Data, slots: &[Slot]) -> Seconds {
    let sample = Binary::new(&data.rows(), &THRESHOLDS);
    let fit = Recalibration::for_scores(&sample);
    let tally = Tally::of(&sample);
    let series = Series {
        draw: Draw::new(1, 2, sample.units()),
        replicates: REPLICATES,
        slots,
        redrawn: None,
        done: &|_| (),
    };
    least(|| {
        let drawn = replicates(&[(&sample, &tally, &fit)], &series);
        assert_eq!(drawn.values[0][0].len(), REPLICATES);
    })
}

/// Four attributes of three levels.
fn splits(rows: usize) -> Vec<Split> {
    (0..4_usize)
        .map(|attribute| Split {
            by: vec![format!("attribute-{attribute}")],
            groups: (0..3_usize)
                .map(|level| {
                    let member = |i: &u32| {
                        (*i as usize / 3_usize.pow(attribute as u32) + *i as usize / 7) % 3 == level
                    };
                    let group = [(format!("attribute-{attribute}"), format!("level-{level}"))];
                    (
                        group.into_iter().collect(),
                        (0..rows as u32).filter(member).collect(),
                    )
                })
                .collect(),
            reference: Some(0),
        })
        .collect()
}

fn table(rows: usize) -> Seconds {
    let data = Data::new(rows);
    let splits = splits(rows);
    let grid: Vec<f64> = (1..100).map(|t| f64::from(t) / 100.0).collect();
    let ask = Ask {
        thresholds: &THRESHOLDS,
        decision_grid: &grid,
        replicates: REPLICATES,
        seed: 1,
        stream: 2,
        min_cell: 10,
        splits: &splits,
    };
    least(|| {
        assert!(!assess(&data.rows(), &ask, &|_| ()).estimates.is_empty());
    })
}

/// Lines `name rows seconds` from the peers' script.
fn peers(sizes: &[usize]) -> Vec<(String, usize, f64)> {
    let Ok(python) = std::env::var("KEUR_PEER_PYTHON") else {
        return Vec::new();
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers.py");
    let sizes = sizes.iter().map(ToString::to_string);
    match Command::new(python).arg(script).args(sizes).output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| {
                let mut words = line.split('\t');
                Some((
                    words.next()?.to_owned(),
                    words.next()?.parse().ok()?,
                    words.next()?.parse().ok()?,
                ))
            })
            .collect(),
        Err(error) => {
            println!("peers did not run: {error}");
            Vec::new()
        }
    }
}

fn main() {
    // `cargo test --benches` runs this too; it is no test
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let small = std::env::var("KEUR_BENCH").is_ok_and(|v| v == "small");
    let sizes: &[usize] = if small {
        &[100_000]
    } else {
        &[100_000, 1_000_000]
    };
    let auroc: Vec<Slot> = find("auroc").map(|m| (m, None)).into_iter().collect();
    let twelve: Vec<Slot> = all()
        .filter(|m| {
            !matches!(
                m.id,
                "log-loss-clipped"
                    | "alert-rate"
                    | "npv"
                    | "standardised-net-benefit"
                    | "net-benefit-over-treat-all"
            )
        })
        .map(|m| (m, m.per_threshold.then_some(0)))
        .collect();
    let peers = peers(sizes);
    println!(
        "{REPLICATES} replicates on {} threads; seconds by the clock and of processor, least of three",
        rayon::current_num_threads()
    );
    for &rows in sizes {
        let one = timed(rows, &auroc);
        let all = timed(rows, &twelve);
        let [more, by] = [all.clock / one.clock, all.processor / one.processor];
        println!("{rows:>9} rows  AUROC       {one}");
        println!(
            "{rows:>9} rows  {} measures {all}   {more:.1} and {by:.1} x AUROC",
            twelve.len()
        );
        let theirs: Vec<_> = peers.iter().filter(|p| p.1 == rows).collect();
        if theirs.is_empty() {
            println!("{rows:>9} rows  AUROC, peers: not run");
        }
        for (name, _, seconds) in theirs {
            let times = seconds / one.processor;
            println!("{rows:>9} rows  AUROC, {name}: {seconds:.2} of processor, {times:.1} x keur");
        }
    }
    let mut hard = Data::new(100_000);
    hard.score
        .iter_mut()
        .for_each(|p| *p = (*p * 1000.0).round() / 1000.0);
    println!(
        "   100000 rows  same, risks of 3 digits {}",
        timed_on(&hard, &twelve)
    );
    hard.score
        .iter_mut()
        .for_each(|p| *p = (*p * 10.0).round() / 10.0);
    println!(
        "   100000 rows  same, risks of 1 digit  {}",
        timed_on(&hard, &twelve)
    );
    let mut hard = Data::new(100_000);
    hard.patient
        .iter_mut()
        .for_each(|p| *p = *p * 7919 % 33_333);
    println!(
        "   100000 rows  same, 3 rows a patient  {}",
        timed_on(&hard, &twelve)
    );
    let mut hard = Data::new(100_000);
    hard.weight = Some((0..100_000).map(|i| 0.5 + f64::from(i % 9)).collect());
    println!(
        "   100000 rows  same, case weights      {}",
        timed_on(&hard, &twelve)
    );
    println!(
        "   100000 rows  12 groups, all measures, curves and gaps {}",
        table(100_000)
    );
    println!("most memory held: {}", most_memory());
}
