//! The evidence of a run as one value. Plain values that every room speaks; this room imports nothing of ours.

mod attribution;
mod behind;
mod card;
mod conversion;
mod curve;
pub mod disclosure;
mod elimination;
mod equation;
mod estimate;
mod finding;
mod flow;
mod layer;
mod profile;
mod provenance;
mod reasons;
mod suppression;
mod vector;

pub use attribution::{
    Archetype, Attribution, Background, Check, InputShare, Lean, LeanKind, Pair, Part, Passed,
    Response, ResponsePoint, Scale, Told, Without,
};
pub use behind::{Behind, Outcomes};
pub use card::{
    BandRule, ColumnCard, ColumnRole, DatasetCard, Development, InputCard, InputKind, MissingRule,
    ModelCard, Pseudonymisation, RangeRule, RepeatRule, ScoreScale, Task, Threshold,
};
pub use conversion::Conversion;
pub use curve::{Curve, CurvePoint};
pub use equation::{
    EquationCard, EquationLine, NomogramAxis, NomogramCard, NomogramMark, NomogramTotal,
};
pub use estimate::{
    At, Estimate, Gap, GapKind, Group, Interval, UNKNOWN_LEVEL, Undefined, Value, group_name,
};
pub use finding::{AnsweredBy, Finding, Level, SourceCard, Verdict, Waived};
pub use layer::{Architecture, CellKind, LayerCard, PoolRule, StepRule, Window};
pub use profile::{COMPLEMENT, Count, FlowStep, GroupCount, Profile};
pub use provenance::{Digests, Machine, Provenance};
pub use vector::{TestCell, TestVector};

use serde::{Deserialize, Serialize};

/// The format this version writes.
pub const FORMAT: &str = "keur-record/1";

/// Everything one run brought to light. Written as `record.json`; every page is a pure function of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Always [`FORMAT`].
    pub format: String,
    /// The title of the study file.
    pub title: String,
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// One for each study, in the order of the study file.
    pub evidence: Vec<Evidence>,
}

/// What one study (one model on one dataset) brought to light.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The study's name.
    pub study: String,
    /// What the model says of itself.
    pub model: ModelCard,
    /// What the dataset says of itself.
    pub dataset: DatasetCard,
    /// Thresholds asked for; the first is the decision threshold of record.
    #[serde(default)]
    pub thresholds: Vec<f64>,
    /// Changes of unit that the study file declares, made before scoring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversions: Vec<Conversion>,
    /// Rows, patients, events, missing values, flow.
    pub profile: Profile,
    /// Measures with uncertainty: overall, per group, per intersection, per site.
    pub estimates: Vec<Estimate>,
    /// Curves: `roc`, `calibration`, `decision`, `risk-distribution`.
    pub curves: Vec<Curve>,
    /// Differences and ratios between groups.
    pub gaps: Vec<Gap>,
    /// What the model leans on: each explainer, for everyone and for each group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributions: Vec<Attribution>,
    /// The equation itself, of a model that is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equation: Option<EquationCard>,
    /// How the score moves along the most important inputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Response>,
    /// Mean patients of parts of the cohort, explained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub archetypes: Vec<Archetype>,
    /// What shortcuts and sensitive attributes settle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leans: Vec<Lean>,
    /// Conditions judged.
    pub findings: Vec<Finding>,
    /// Things a reader must know that are no estimate: what was clipped, what has no interval, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why this study broke, when it did; a broken study is evidence too.
    pub failure: Option<Failure>,
}

/// Why a study broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What happened.
    pub what: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// How a run ends: the exit code of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0: every *must* and *blocker* condition is met or validly waived.
    AllMet,
    /// 1: at least one is not met.
    NotMet,
    /// 2: the request is wrong; nothing was computed.
    RequestWrong,
    /// 3: something is not assessable, or a study failed.
    NotAssessable,
}

impl Outcome {
    /// The number the process exits with.
    pub fn code(self) -> u8 {
        match self {
            Self::AllMet => 0,
            Self::NotMet => 1,
            Self::RequestWrong => 2,
            Self::NotAssessable => 3,
        }
    }
}

impl Record {
    /// The outcome of the run; *not met* wins over *not assessable*. Conditions of level *should* do not count, and a
    /// waived finding counts as excused only when it was *not met* or *not assessable* and the waiver is valid.
    pub fn outcome(&self) -> Outcome {
        let asked = || {
            self.evidence
                .iter()
                .flat_map(|e| &e.findings)
                .filter(|f| f.level != Level::Should && f.waived.is_none())
        };
        if asked().any(|f| f.verdict == Verdict::NotMet) {
            Outcome::NotMet
        } else if asked().any(|f| f.verdict == Verdict::NotAssessable)
            || self.evidence.iter().any(|e| e.failure.is_some())
        {
            Outcome::NotAssessable
        } else {
            Outcome::AllMet
        }
    }
}

impl Evidence {
    /// The estimate of a measure at a place for a group, when it was computed.
    pub fn estimate(
        &self,
        measure: &str,
        at: Option<&At>,
        group: Option<&Group>,
    ) -> Option<&Estimate> {
        self.estimates
            .iter()
            .find(|e| e.measure == measure && e.at.as_ref() == at && e.group.as_ref() == group)
    }
}
