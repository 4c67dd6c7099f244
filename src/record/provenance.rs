//! Where the numbers come from. Times, threads and the machine are the only things that differ between equal runs.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Digests, versions, seed, machine and times of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of keur.
    pub keur: String,
    /// Seed of every random draw.
    pub seed: u64,
    /// Bootstrap replicates.
    pub replicates: u64,
    /// Smallest number of persons shown.
    pub min_cell: u64,
    /// The study file, relative to the repository.
    pub study_file: String,
    /// SHA-256 of the study file.
    pub study_file_sha256: String,
    /// Digests of models, by id.
    pub models: BTreeMap<String, Digests>,
    /// Digests of datasets, by id.
    pub datasets: BTreeMap<String, Digests>,
    /// Start, in UTC (RFC 3339).
    pub started: String,
    /// Duration in seconds.
    pub seconds: f64,
    /// Threads used.
    pub threads: usize,
    /// The machine.
    #[serde(default)]
    pub machine: Machine,
}

/// SHA-256 digests of a card, of the file it names and of the files that one needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// Of `card.toml`.
    pub card_sha256: String,
    /// Of the file, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_sha256: Option<String>,
    /// Of every other file that holds a part of the model, such as weights beside an ONNX file; by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others_sha256: BTreeMap<String, String>,
    /// Name and version of the engine that scored, where a format of models has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
}

/// What the run ran on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system.
    pub os: String,
    /// Processor family.
    pub arch: String,
}
