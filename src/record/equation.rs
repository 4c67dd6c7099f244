//! An equation as a reader sees it, and its nomogram.

use super::Scale;
use serde::{Deserialize, Serialize};

/// The equation of a model that is nothing but a sum of terms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EquationCard {
    /// What the sum is: `logit`, `log-hazard` or `points`.
    pub scale: Scale,
    /// Its lines, the intercept first; with strata one after another.
    pub lines: Vec<EquationLine>,
    /// What each value of each input counts, and the score of each total; one for each stratum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nomograms: Vec<NomogramCard>,
}

/// A line of an equation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EquationLine {
    /// Whose equation it is; empty when it is everyone's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// Inputs it reads; empty for the intercept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
    /// What is multiplied, in words: `(age − 50) / 10`, `sex = male`, `intercept`.
    pub what: String,
    /// By what.
    pub coefficient: f64,
    /// The odds ratio, or the hazard ratio, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
}

/// A nomogram: scales of points from 0 to 100, and what a total means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NomogramCard {
    /// Whose it is; empty when it is everyone's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// One for each input that counts.
    pub axes: Vec<NomogramAxis>,
    /// Totals and the score of each, ascending by total.
    pub totals: Vec<NomogramTotal>,
}

/// The scale of one input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NomogramAxis {
    /// The input.
    pub input: String,
    /// Its unit, when the card declares one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Values and what they count.
    pub marks: Vec<NomogramMark>,
}

/// A value on a scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NomogramMark {
    /// The value, as it is written.
    pub label: String,
    /// What it counts, from 0 to 100.
    pub points: f64,
}

/// What a total means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NomogramTotal {
    /// The sum of points.
    pub points: f64,
    /// The score there, on the model's scale: a risk in [0, 1], or points.
    pub score: f64,
}
