//! What can be typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// keur validates clinical AI models on pseudonymised datasets, in parallel, and writes reports that a clinical AI board
/// can decide from. It runs inside your own walls: no server, no network, and nothing about a single patient in what it
/// writes.
#[derive(Debug, Parser)]
#[command(
    name = "keur",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
#[command(after_help = "Exit codes:
  0  every must and blocker condition is met or validly waived
  1  at least one is not met
  2  the request is wrong; nothing was computed
  3  something is not assessable, or a study failed

Start here:
  keur run configs/demo.toml            run the shipped demonstration
  keur init model sent/model.json       make the card of a model
  keur plan my-study.toml               see every problem before a row is read
  keur explain calibration-slope        what a measure is, its formula, its cautions")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Validate every model on every dataset of a study file and write the reports
    Run(RunAsked),
    /// Say what would be done, and every problem; reads no outcome
    Plan(PlanAsked),
    /// Write the skeleton of a card for a file that someone sent
    Init(InitAsked),
    /// Make the pages again from a record, without model or data
    Report(ReportAsked),
    /// Show a shelf: measures, models, datasets, conditions, explainers or formats
    List(ListAsked),
    /// Say what a measure or condition is: formula, source, cautions
    Explain(ExplainAsked),
    /// Write a completion script for your shell
    Completions(CompletionsAsked),
}

/// `keur run`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  keur run configs/demo.toml --out reports/demo --threads 8 --formats html,json,junit

Paths in the study file are relative to the folder that holds `models/` or `datasets/`.
ONNX Runtime is looked for in the system's library folders; KEUR_ONNXRUNTIME names its library
or folder, or says off. A library is code: name only one that you would run. The record says which
engine scored each model.
The reports appear all at once when the run is done: a run that is stopped leaves nothing behind.")]
pub struct RunAsked {
    /// The study file (TOML)
    pub study: PathBuf,
    /// Folder for the reports [default: reports/<name of the study file>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Threads to use [default: all cores]; the numbers do not depend on it
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Pages to write, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub formats: Vec<String>,
    /// Let paths in the study file leave the repository
    #[arg(long)]
    pub allow_outside: bool,
    /// What scores ONNX models [default: auto]
    #[arg(
        long,
        value_enum,
        default_value_t,
        hide_default_value = true,
        value_name = "ENGINE"
    )]
    pub engine: Scorer,
    /// Show no progress and no summary
    #[arg(long, short)]
    pub quiet: bool,
}

/// `keur plan`.
#[derive(Debug, Args)]
pub struct PlanAsked {
    /// The study file (TOML)
    pub study: PathBuf,
    /// Let paths in the study file leave the repository
    #[arg(long)]
    pub allow_outside: bool,
    /// What scores ONNX models [default: auto]
    #[arg(
        long,
        value_enum,
        default_value_t,
        hide_default_value = true,
        value_name = "ENGINE"
    )]
    pub engine: Scorer,
}

/// What can score ONNX models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Scorer {
    /// keur's own; ONNX Runtime where its library is found and it is faster or alone knows an operator
    #[default]
    Auto,
    /// keur's own; no foreign library is loaded
    Keur,
    /// ONNX Runtime
    Onnxruntime,
}

/// `keur init`.
#[derive(Debug, Args)]
pub struct InitAsked {
    /// Of what
    #[command(subcommand)]
    pub what: InitWhat,
}

/// What a card can be made of.
#[derive(Debug, Subcommand)]
pub enum InitWhat {
    /// A model: an XGBoost, LightGBM, ONNX, safetensors or equation file, an MLflow or Hugging Face folder
    Model(InitModelAsked),
    /// A dataset: the names of its columns; the card is written beside the data
    Dataset(InitDatasetAsked),
}

/// `keur init dataset`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  keur init dataset datasets/sepsis-2024/data.csv

Only the names of the columns are read, and the data are not copied.")]
pub struct InitDatasetAsked {
    /// The file: delimited text, Parquet or Arrow
    pub file: PathBuf,
    /// Write over a card that is there
    #[arg(long)]
    pub force: bool,
}

/// `keur init model`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  keur init model sent/model.json --out models/sepsis

The format is recognised by content, never by name; a pickle is never opened. The card says what the file
says; every place that it leaves open is marked `# fill in:`, and `keur plan` refuses the card until it is
filled. A copy of the file lies beside the card.")]
pub struct InitModelAsked {
    /// The file or folder
    pub file: PathBuf,
    /// Folder for the card and a copy of the file [default: models/<name of the file>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write over a card that is there
    #[arg(long)]
    pub force: bool,
}

/// `keur report`.
#[derive(Debug, Args)]
pub struct ReportAsked {
    /// A `record.json` that keur wrote
    pub record: PathBuf,
    /// Folder for the pages [default: the folder of the record]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Pages to write, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub formats: Vec<String>,
}

/// `keur list`.
#[derive(Debug, Args)]
pub struct ListAsked {
    /// Which shelf
    pub shelf: Shelf,
    /// Write JSON, for machines
    #[arg(long)]
    pub json: bool,
}

/// The shelves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shelf {
    /// What is measured
    Measures,
    /// Formats of models
    Models,
    /// Formats of datasets
    Datasets,
    /// Conditions that studies are judged by
    Conditions,
    /// Ways to explain a model
    Explainers,
    /// Formats of reports
    Formats,
}

/// `keur explain`.
#[derive(Debug, Args)]
pub struct ExplainAsked {
    /// Id of a measure, condition or explainer, as `keur list` shows it
    pub id: String,
}

/// `keur completions`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  keur completions bash > ~/.local/share/bash-completion/completions/keur")]
pub struct CompletionsAsked {
    /// Your shell
    pub shell: clap_complete::Shell,
}

fn threads(text: &str) -> Result<usize, String> {
    const MOST: usize = 1024;
    match text.parse() {
        Ok(n) if (1..=MOST).contains(&n) => Ok(n),
        _ => Err(format!("a whole number from 1 to {MOST}")),
    }
}
