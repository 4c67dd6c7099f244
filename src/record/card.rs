//! What models and datasets say of themselves.

use super::layer::LayerCard;
use super::vector::TestVector;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kind of thing is predicted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// An event that happens or not.
    #[default]
    Binary,
    /// One of several classes.
    Multiclass,
    /// A number.
    Continuous,
    /// A time to an event.
    Survival,
}

/// What a score means; declared, never guessed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreScale {
    /// A risk in [0, 1].
    #[default]
    Probability,
    /// A log odds, any finite number.
    Logit,
    /// A risk in [0, 100].
    Percent,
    /// Points of a score, any finite number; carries no probability.
    Points,
}

/// A model card (`models/<id>/card.toml`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Folder name.
    pub id: String,
    /// Name for readers.
    pub name: String,
    /// Version of the model.
    pub version: String,
    /// What kind of thing is predicted.
    pub task: Task,
    /// What is predicted, in words.
    pub predicts: String,
    /// Shelf name of the format, such as `linear` or `xgboost`.
    pub format: String,
    /// File beside the card, when the format has one.
    pub file: Option<String>,
    /// Column that holds the prediction, for the format `column`.
    pub column: Option<String>,
    /// Output that holds the scores, for the format `onnx`; found by the file's own facts unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Class that is the event, for the format `onnx`; the last of two unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Inputs in the order the model reads them.
    pub inputs: Vec<InputCard>,
    /// Layers of a network, in order.
    pub layers: Vec<LayerCard>,
    /// Made-up rows and the scores they must get. Never part of a record: a row might be a person's.
    #[serde(skip)]
    pub tests: Vec<TestVector>,
    /// How many test vectors gave their score when the model was opened; absent when the card has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproduced: Option<u64>,
    /// What the score means.
    pub score: ScoreScale,
    /// Decision threshold on the risk, and where it comes from.
    pub threshold: Option<Threshold>,
    /// What it is meant for.
    pub intended_use: Option<String>,
    /// Who is meant to use it.
    pub users: Option<String>,
    /// What it was developed on.
    pub development: Option<Development>,
    /// Licence of the model.
    pub licence: Option<String>,
    /// Where it comes from.
    pub source: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// How a number is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputKind {
    /// A number.
    #[default]
    Number,
    /// One of declared categories.
    Category,
    /// Many numbers: a signal, an image, a sequence.
    Tensor,
}

/// One input of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InputCard {
    /// Name the model knows it by.
    pub name: String,
    /// Unit, when it has one.
    pub unit: Option<String>,
    /// Number, category or tensor.
    pub kind: InputKind,
    /// Lengths of a tensor's axes, without the one of the rows; empty for other kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<usize>,
    /// Lowest and highest value the model may see; for a tensor, of each number.
    pub range: Option<[f64; 2]>,
    /// Mean in the data the model was developed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Standard deviation in those data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sd: Option<f64>,
    /// Categories in the order the model codes them (0, 1, 2, …).
    pub categories: Vec<String>,
    /// What happens to a row where it is missing.
    pub missing: MissingRule,
}

/// What happens to a row with a missing input.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingRule {
    /// The row is excluded and counted.
    #[default]
    Refuse,
    /// This value stands in.
    Value(f64),
    /// This category stands in.
    Category(String),
    /// The model itself knows what to do: the row stays, and the missing value reaches the model.
    Model,
}

/// A decision threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Risk at or above which one acts.
    pub value: f64,
    /// Where it comes from; unknown when absent.
    pub from: Option<String>,
}

/// What a model was developed on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Development {
    /// Who was in it.
    pub population: Option<String>,
    /// When.
    pub period: Option<String>,
    /// Rows.
    pub n: Option<u64>,
    /// Events.
    pub events: Option<u64>,
    /// Mean of the linear predictor.
    pub lp_mean: Option<f64>,
    /// Standard deviation of the linear predictor.
    pub lp_sd: Option<f64>,
    /// Published AUROC.
    pub auroc: Option<f64>,
}

/// A dataset card (`datasets/<id>/card.toml`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DatasetCard {
    /// Folder name.
    pub id: String,
    /// Name for readers.
    pub name: String,
    /// File beside the card.
    pub file: String,
    /// Shelf name of the format: `csv`, `parquet`, `arrow`.
    pub format: String,
    /// Field separator of delimited text, `,` unless said.
    pub delimiter: Option<String>,
    /// Cell texts that mean "missing" in every column.
    pub missing: Vec<String>,
    /// True when no row describes a real person.
    pub synthetic: bool,
    /// Who answers for the data.
    pub controller: Option<String>,
    /// Ground on which it is used.
    pub ground: Option<String>,
    /// How it was pseudonymised.
    pub pseudonymisation: Option<Pseudonymisation>,
    /// From when to when.
    pub period: Option<String>,
    /// Who is in it.
    pub population: Option<String>,
    /// Licence.
    pub licence: Option<String>,
    /// Where it comes from.
    pub source: Option<String>,
    /// Columns with a role; others are ignored.
    pub columns: Vec<ColumnCard>,
    /// What to do with several rows of one patient.
    pub repeats: RepeatRule,
}

/// How identities were replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pseudonymisation {
    /// Method.
    pub method: String,
    /// Who holds the key.
    pub key_holder: Option<String>,
    /// When (ISO 8601).
    pub date: Option<String>,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnRole {
    /// Who must be resampled together.
    Patient,
    /// What happened.
    Outcome,
    /// Follow-up time.
    Time,
    /// What a model reads.
    Input,
    /// By whom results are split.
    Group,
    /// The centre.
    Site,
    /// Case weight.
    Weight,
    /// A score already in the data.
    Prediction,
    /// A date.
    Date,
    /// Read by nobody.
    Ignore,
}

/// What to do with a value outside the declared range or categories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RangeRule {
    /// The row is excluded and counted in the flow.
    #[default]
    Exclude,
    /// The cell counts as missing.
    Missing,
    /// The study stops with a message.
    Refuse,
}

/// What to do with several rows of one patient.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepeatRule {
    /// Expected; patients are resampled whole.
    #[default]
    Keep,
    /// Only the first row of a patient is kept; the others are counted in the flow.
    First,
    /// The study stops with a message.
    Refuse,
}

/// Cut points that turn a number into a group: `[0, 50, 65, 80]` gives `0–49`, `50–64`, `65–79`, `80+`.
pub type BandRule = Vec<f64>;

/// One column of a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnCard {
    /// Name in the file.
    pub name: String,
    /// All its roles, the first declared first.
    pub roles: Vec<ColumnRole>,
    /// The model input it feeds, when that has another name.
    pub input: Option<String>,
    /// Unit, when it has one.
    pub unit: Option<String>,
    /// Number, category or tensor; outcomes, groups, sites and patients are categories unless they have bands.
    pub kind: InputKind,
    /// Cell text that means the event happened (outcome).
    pub event: Option<String>,
    /// Lowest and highest value that can be true.
    pub range: Option<[f64; 2]>,
    /// Categories that can be true.
    pub categories: Vec<String>,
    /// What happens to values outside range or categories.
    pub outside: RangeRule,
    /// Cell texts that mean "missing" in this column only.
    pub missing: Vec<String>,
    /// Cut points that make the group `<name>-band`.
    pub bands: BandRule,
    /// Level that other groups are compared with; the largest one unless said.
    pub reference: Option<String>,
    /// Words for levels: `{ "0" = "male", "1" = "female" }`.
    pub labels: BTreeMap<String, String>,
}
