//! How many, and who is missing.

use super::Group;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a number hidden to protect its neighbours says.
pub const COMPLEMENT: &str = "complement";

/// A number of rows or patients; small ones are masked before anything is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Count {
    /// The number.
    Known(u64),
    /// Too few to show.
    Masked {
        /// How few, for instance `<10`; `complement` when a neighbour would give a masked one away.
        masked: String,
    },
}

impl Count {
    /// The number, when it may be seen.
    pub fn known(&self) -> Option<u64> {
        match self {
            Self::Known(n) => Some(*n),
            Self::Masked { .. } => None,
        }
    }

    /// A masked number; `word` is `<10` or [`COMPLEMENT`].
    pub fn masked(word: &str) -> Self {
        Self::Masked {
            masked: word.to_owned(),
        }
    }

    /// True for a visible number from 1 to `k` − 1.
    pub fn is_small(&self, k: u64) -> bool {
        self.known().is_some_and(|n| n > 0 && n < k)
    }
}

impl From<u64> for Count {
    fn from(n: u64) -> Self {
        Self::Known(n)
    }
}

impl From<usize> for Count {
    fn from(n: usize) -> Self {
        Self::Known(n as u64)
    }
}

impl Default for Count {
    fn default() -> Self {
        Self::Known(0)
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(n) => write!(f, "{n}"),
            Self::Masked { masked } if masked == COMPLEMENT => write!(f, "hidden"),
            Self::Masked { masked } => write!(f, "{masked}"),
        }
    }
}

/// Who the numbers are about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Rows scored and measured.
    pub rows: Count,
    /// Patients behind those rows.
    pub patients: Count,
    /// Rows with the event.
    pub events: Count,
    /// Missing cells per column among the rows that were kept.
    pub missing: BTreeMap<String, Count>,
    /// Participant flow: who was read, who left and why, who stayed.
    pub flow: Vec<FlowStep>,
    /// Rows, patients and events per group, intersection and site.
    #[serde(default)]
    pub groups: Vec<GroupCount>,
}

/// One step of the participant flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowStep {
    /// `read`, `excluded`, `noted` (the rows stay, with a cell that counts as missing) or `kept`.
    pub step: String,
    /// Why rows left, in words; for `read` and `kept` what they are.
    pub reason: String,
    /// Rows at this step.
    pub rows: Count,
    /// Patients behind those rows.
    pub patients: Count,
}

/// How many people stand behind a group's numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupCount {
    /// Which group.
    pub group: Group,
    /// Rows.
    pub rows: Count,
    /// Patients.
    pub patients: Count,
    /// Rows with the event.
    pub events: Count,
}
