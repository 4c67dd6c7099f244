//! Every study file that ships runs, and gives the same bytes whatever the number of threads.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

use keur::plan::Plan;
use keur::progress::Quiet;
use keur::record::{Machine, Record, Verdict};
use keur::report;
use std::path::{Path, PathBuf};

fn configs() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("configs");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 2);
    files
}

fn run(file: &Path, threads: usize) -> Record {
    let mut plan = Plan::new(file, false)
        .unwrap_or_else(|e| panic!("{}", e.iter().map(|e| format!("{e}\n")).collect::<String>()));
    plan.replicates = 100;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let mut record = pool.install(|| keur::run::run(&plan, &Quiet));
    record.provenance.started.clear();
    record.provenance.seconds = 0.0;
    record.provenance.threads = 0;
    record.provenance.machine = Machine::default();
    record
}

#[test]
fn every_config_runs_and_no_study_breaks() {
    for file in configs() {
        let record = run(&file, 2);
        for evidence in &record.evidence {
            assert_eq!(
                evidence.failure,
                None,
                "{}: {}",
                file.display(),
                evidence.study
            );
            assert!(evidence.estimates.iter().any(|e| e.value.known().is_some()));
            assert!(!evidence.findings.is_empty());
        }
    }
}

#[test]
fn one_thread_and_eight_write_the_same_bytes() {
    for file in configs() {
        let (one, eight) = (run(&file, 1), run(&file, 8));
        for format in report::all() {
            let (one, eight) = (
                (format.render)(&one).unwrap(),
                (format.render)(&eight).unwrap(),
            );
            assert!(one == eight, "{} of {}", format.file, file.display());
        }
    }
}

#[test]
fn every_number_of_a_small_group_is_hidden_in_the_demo() {
    for file in configs() {
        let record = run(&file, 2);
        let small = record.provenance.min_cell;
        for evidence in &record.evidence {
            for group in &evidence.profile.groups {
                for count in [&group.rows, &group.patients, &group.events] {
                    assert!(count.known().is_none_or(|n| n >= small), "{group:?}");
                }
            }
            for step in &evidence.profile.flow {
                assert!(
                    step.rows.known().is_none_or(|n| n == 0 || n >= small),
                    "{step:?}"
                );
            }
            for (column, count) in &evidence.profile.missing {
                assert!(
                    count.known().is_none_or(|n| n == 0 || n >= small),
                    "{column}"
                );
            }
        }
    }
}

#[test]
fn the_demo_shows_what_it_was_made_to_show() {
    let demo = configs()
        .into_iter()
        .find(|p| p.ends_with("demo.toml"))
        .unwrap();
    let record = run(&demo, 2);
    let vendor = record
        .evidence
        .iter()
        .find(|e| e.study.contains("vendor"))
        .unwrap();
    assert!(vendor.dataset.synthetic);
    let verdict = |id: &str| {
        vendor
            .findings
            .iter()
            .find(|f| f.condition == id)
            .map(|f| f.verdict)
    };
    assert_eq!(verdict("calibration-at-every-site"), Some(Verdict::NotMet));
    let gap = vendor
        .gaps
        .iter()
        .find(|g| g.measure == "sensitivity" && g.by == "sex" && g.groups[0] == "female")
        .unwrap();
    let interval = gap.value.interval().unwrap();
    assert!(
        interval.high < 0.0,
        "the vendor's model misses more women: {interval:?}"
    );
}
