//! keur validates clinical AI models on pseudonymised datasets, in parallel, and writes reports that a clinical AI board
//! can decide from.
//!
//! ```no_run
//! use keur::{plan::Plan, progress::Quiet, report, run};
//! use std::path::Path;
//!
//! let plan = Plan::new(Path::new("configs/demo.toml"), false).expect("a request that is right");
//! let record = run::run(&plan, &Quiet);
//! let pages: Vec<_> = report::all().iter().collect();
//! report::write(&record, Path::new("reports/demo"), &pages).expect("a folder that can be written");
//! std::process::exit(record.outcome().code().into());
//! ```
//!
//! # The map
//!
//! A row travels down a corridor and never turns back. Rooms are listed in the order of that trip; `tests/house.rs` keeps
//! the floors.
//!
//! | room | what it turns into what |
//! | --- | --- |
//! | `cli` | what was typed → a plan, a run, pages, an exit code |
//! | `init` | a file that someone sent → the skeleton of its card |
//! | `config` | study files and cards → plain values; names stay names |
//! | `plan` | names → opened cards, models and headers; every problem at once, before the first row is read |
//! | `run` | a plan → a record; what breaks is evidence about that study |
//! | `progress` | events of a run → bars, lines or nothing |
//! | `dataset` | files → rows, cohorts, groups |
//! | `model` | rows → scores |
//! | `explain` | a model and rows → what it leans on |
//! | `measure` | outcomes and scores → estimates with intervals, curves, gaps |
//! | `condition` | evidence → findings |
//! | `record` | all of it as one value; masked once, before it is judged and written |
//! | `report` | a record → pages |
//! | `sheet` | TOML that people write → values with their lines |
//! | `random` | a key → random numbers, the same on any thread |
//! | `error` | what, where, and what to do |
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test may stop"
    )
)]

pub mod cli;
pub mod config;
pub mod init;
pub mod plan;
pub mod run;

pub mod progress;

pub mod dataset;
pub mod explain;
pub mod model;

pub mod measure;

pub mod condition;

pub mod record;

pub mod report;

pub mod error;
pub mod random;
pub mod sheet;
