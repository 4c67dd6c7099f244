//! A condition, judged.

use serde::{Deserialize, Serialize};

/// How strongly a condition asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Without it nothing else may be read.
    Blocker,
    /// Asked for.
    Must,
    /// Advised.
    Should,
}

/// Who gave the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnsweredBy {
    /// A number of this run.
    Measured,
    /// A card or a declaration.
    Declared,
    /// A person.
    Judged,
}

/// The answer to a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The evidence lies wholly inside what is asked.
    Met,
    /// The evidence lies wholly outside.
    NotMet,
    /// There is no evidence, or it cannot tell.
    NotAssessable,
    /// The condition does not concern this study.
    NotApplicable,
}

/// Where a condition comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCard {
    /// Law, guideline or protocol.
    pub name: String,
    /// Article or item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// False when nobody has yet checked the text against the source.
    pub verified: bool,
}

/// A condition judged on one study's evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the condition.
    pub condition: String,
    /// Its title.
    pub title: String,
    /// How strongly it asks.
    pub level: Level,
    /// Who gave the answer.
    pub answered_by: AnsweredBy,
    /// The answer.
    pub verdict: Verdict,
    /// Why, in numbers.
    pub because: String,
    /// Why the condition exists.
    pub why: String,
    /// What to do.
    pub help: String,
    /// Where it comes from.
    pub source: SourceCard,
    /// The excuse, when a valid one was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waived>,
}

/// An excuse with a reason, a name and a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waived {
    /// Why it is excused.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Until which day (ISO 8601), included.
    pub until: String,
}
