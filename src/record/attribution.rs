//! What a model leans on: shares of its inputs, how the score moves along them, and whether the explanation itself holds.
//! Everything here describes the model, not the disease and not a cause.

use super::{Count, Group, Value};
use serde::{Deserialize, Serialize};

/// What one explainer says of the model for one group of patients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// Id of the explainer, as `keur list explainers` shows it.
    pub explainer: String,
    /// What the importances are told in: `logit`, `risk`, `points`, `log-hazard`; `brier` and `auroc-drop` for permutation.
    pub scale: Scale,
    /// `None` is everyone.
    pub group: Option<Group>,
    /// Rows that were explained.
    pub rows: Count,
    /// Patients they belong to.
    pub patients: Count,
    /// What an unknown value is replaced by, where the explainer replaces one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Background>,
    /// The inputs, or groups of inputs that move together, the most important first (in the order for everyone).
    pub inputs: Vec<InputShare>,
    /// Pairs of inputs that act together, the strongest first; for everyone only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<Pair>,
    /// Tests of this explanation; for everyone only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
}

/// What an importance is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Mean |contribution| to the log odds of the risk.
    Logit,
    /// Mean |contribution| to the risk.
    Risk,
    /// Mean |contribution| in points of the score.
    Points,
    /// Mean |contribution| to the logarithm of the cumulative hazard at the horizon.
    LogHazard,
    /// How much the Brier score rises when the input comes from another patient.
    Brier,
    /// How much the AUROC falls when the input comes from another patient.
    AurocDrop,
}

/// The rows, or the row, that stand for not knowing a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Background {
    /// `rows of the cohort, stratified by outcome and centre`, `the mean patient`, `the median patient`, …
    pub what: String,
    /// How many rows it is.
    pub rows: u64,
    /// What the model says of it, on the scale of the attribution: where the contributions start from.
    pub base: Value,
}

/// The share of one input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputShare {
    /// The input's name, or what a group of inputs is called.
    pub input: String,
    /// The inputs of a group that move together; empty when it is one input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<String>,
    /// Its importance, on the attribution's scale: mean |contribution|, or the mean loss.
    pub importance: Value,
    /// Its part of the importance of all inputs, in [0, 1]; negative importances count as none.
    pub share: Value,
    /// Its mean contribution with its sign, where the explainer has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Value>,
}

/// Two inputs that act together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The two inputs.
    pub inputs: [String; 2],
    /// `shapley-interaction` (mean |interaction value| of both orders, on the attribution's scale) or `friedman-h` (the share
    /// of the pair's joint effect that neither has alone, in [0, 1]).
    pub measure: String,
    /// How strong.
    pub value: Value,
}

/// How a test of an explanation, of a shortcut or of a proxy came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passed {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed,
    /// Cannot be told, and that is never a pass.
    NotAssessable,
}

/// A test of an explanation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// `completeness`, `faithfulness`, `randomisation`, `noise-stability`, `rank-stability`, `agreement`.
    pub check: String,
    /// How it came out.
    pub verdict: Passed,
    /// What was measured, where something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The limit it was held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// One sentence: what was found.
    pub because: String,
}

/// How the score moves along one input, everything else as it is (accumulated local effects, Apley and Zhu 2020).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The input.
    pub input: String,
    /// Its unit, when the card declares one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `ale` for numbers, `partial-dependence` for categories.
    pub method: String,
    /// What the effect is told in.
    pub scale: Scale,
    /// `None` is everyone.
    pub group: Option<Group>,
    /// Along the input, ascending; for categories in the card's order.
    pub points: Vec<ResponsePoint>,
}

/// A place along an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponsePoint {
    /// The value, for numbers: the mean of at least `min-cell` patients' values around the end of a bin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<f64>,
    /// The category, for categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The effect, centred over the rows.
    pub effect: Value,
    /// Rows in the bin that ends here; for categories the rows that have it. Absent at the first end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<Count>,
}

/// The mean patient of a part of the cohort, explained: never one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Archetype {
    /// `events-flagged`, `events-missed`, `non-events-flagged`, `non-events-not-flagged`.
    pub archetype: String,
    /// The explainer behind it.
    pub explainer: String,
    /// What the contributions are told in.
    pub scale: Scale,
    /// Patients behind it.
    pub patients: Count,
    /// Where the contributions start.
    pub base: f64,
    /// Where they end: the mean score on that scale.
    pub end: Value,
    /// Mean contributions, the largest first; what is left of many stands last as `all others`.
    pub parts: Vec<Part>,
}

/// A mean contribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The input.
    pub input: String,
    /// Its mean contribution with sign.
    pub mean: Value,
}

/// How much of what the model leans on is settled by one attribute: a shortcut (centre, device, date, whether a value is
/// missing) or a sensitive attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lean {
    /// The attribute.
    pub attribute: String,
    /// Why it is asked.
    pub kind: LeanKind,
    /// The part of all contributions that the attribute settles: the shares of the inputs, each times how much of the
    /// variance of its contribution lies between the attribute's levels.
    pub share: Value,
    /// The inputs that say most of it, the most telling first.
    pub inputs: Vec<Told>,
    /// What changes for each group when the attribute, where it is an input itself, comes from other patients.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Without>,
    /// How the test came out.
    pub verdict: Passed,
    /// One sentence.
    pub because: String,
}

/// Why an attribute is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeanKind {
    /// A thing about the record or the hospital that should not tell a risk.
    Shortcut,
    /// A thing about the person that should not be told through other inputs without a reason.
    Sensitive,
}

/// How much of an input's contribution an attribute settles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The input.
    pub input: String,
    /// Its share of all contributions.
    pub share: Value,
    /// The part of the variance of its contribution that lies between the attribute's levels (η²), in [0, 1].
    pub told: Value,
}

/// A group's result when an attribute comes from other patients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Without {
    /// `None` is everyone.
    pub group: Option<Group>,
    /// `auroc` or `calibration-in-the-large` (mean risk minus share of events).
    pub measure: String,
    /// With the patients' own values.
    pub own: Value,
    /// How much it changes without them.
    pub change: Value,
}
