//! What a condition is: a demand with its source, its test, its reason, its help and its own examples.

use crate::condition::bounds::Bounds;
use crate::condition::limits::{Limits, Place};
use crate::record::{AnsweredBy, Evidence, GapKind, LeanKind, Level, SourceCard, Task, Verdict};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// An ethical, legal or methodological demand that can be judged on the evidence of one study.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The file's name, in kebab case.
    pub id: String,
    /// The folder it stands in: `house`, `tripod-ai`, …
    pub framework: String,
    /// What is asked, as a statement that is true when it is met.
    pub title: String,
    /// How strongly it asks.
    pub level: Level,
    /// Who gives the answer.
    pub answered_by: AnsweredBy,
    /// Where it comes from.
    pub source: SourceCard,
    /// From when the source binds, when it says so.
    pub in_force: Option<Date>,
    /// Which studies it concerns.
    pub applies: Applies,
    /// What must hold.
    pub require: Requirement,
    /// Why it exists.
    pub why: String,
    /// What to do when it is not met.
    pub help: String,
    /// Its own tests.
    pub examples: Vec<Example>,
}

/// Which studies a condition concerns; every line that is given must fit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applies {
    /// Only these tasks; all when empty.
    pub tasks: Vec<Task>,
    /// Only data that have these attributes (`site`, `sex`, `age-band`).
    pub needs: Vec<String>,
    /// Only data about real persons.
    pub persons: bool,
    /// Only models whose score is a risk.
    pub risk: bool,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Requirement {
    /// A measure lies within bounds.
    Measure(MeasureRule),
    /// Every gap between the levels of an attribute lies within bounds.
    Gap(GapRule),
    /// There are enough of something, or few enough.
    Count(CountRule),
    /// The explanation of the model passed a test of its own.
    Explanation(ExplanationCheck),
    /// The model does not lean on an attribute of this kind.
    Lean(LeanKind),
    /// Somebody has said something in a card.
    Declared(DeclaredRule),
    /// Each of these holds.
    All(Vec<Requirement>),
    /// At least one of these holds.
    Any(Vec<Requirement>),
}

/// What is held against the bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum JudgedBy {
    /// The whole interval; the usual way.
    #[default]
    Interval,
    /// The point alone, which the finding then says.
    Point,
}

/// A measure within bounds: for everyone, or for every level of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureRule {
    /// Id of the measure.
    pub id: String,
    /// Where it is taken.
    pub at: Place,
    /// Attributes whose every level (or intersection of levels) must answer; everyone together when empty. Sorted.
    pub by: Vec<String>,
    /// What is fine.
    pub limits: Limits,
    /// Interval or point.
    pub judged_by: JudgedBy,
}

/// All gaps of an attribute within bounds; the worst decides.
#[derive(Debug, Clone, PartialEq)]
pub struct GapRule {
    /// Id of the measure.
    pub measure: String,
    /// Where it is taken.
    pub at: Place,
    /// The attributes, sorted.
    pub by: Vec<String>,
    /// Difference or ratio.
    pub kind: GapKind,
    /// What is fine; with `absolute = true` in the file already mirrored, so that it counts either way.
    pub bounds: Bounds,
    /// Interval or point.
    pub judged_by: JudgedBy,
}

/// What can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Rows scored and measured.
    Rows,
    /// Patients behind them.
    Patients,
    /// Rows with the event.
    Events,
    /// Rows without the event.
    NonEvents,
    /// Levels of the attribute `site`.
    Sites,
    /// Largest share of missing cells over the columns, in [0, 1].
    MissingShare,
    /// Share of the rows read that were left out, in [0, 1].
    ExcludedShare,
}

impl Counted {
    /// All of them with the word in a condition file.
    pub const ALL: [(&'static str, Self); 7] = [
        ("rows", Self::Rows),
        ("patients", Self::Patients),
        ("events", Self::Events),
        ("non-events", Self::NonEvents),
        ("sites", Self::Sites),
        ("missing-share", Self::MissingShare),
        ("excluded-share", Self::ExcludedShare),
    ];

    /// The word in a condition file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Patients => "patients",
            Self::Events => "events",
            Self::NonEvents => "non-events",
            Self::Sites => "sites",
            Self::MissingShare => "missing-share",
            Self::ExcludedShare => "excluded-share",
        }
    }

    /// True for what every group has a number of.
    pub fn per_group(self) -> bool {
        matches!(
            self,
            Self::Rows | Self::Patients | Self::Events | Self::NonEvents
        )
    }
}

/// A count within bounds: in all, or for every level of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct CountRule {
    /// What is counted.
    pub of: Counted,
    /// Attributes whose every level must answer; everyone together when empty. Sorted.
    pub by: Vec<String>,
    /// What is fine.
    pub bounds: Bounds,
}

/// A test of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplanationCheck {
    /// Contributions add up to the score.
    Completeness,
    /// Inputs with large contributions change the score.
    Faithfulness,
    /// Another model has another explanation.
    Randomisation,
    /// Small noise changes little.
    NoiseStability,
    /// Other patients give the same ranking.
    RankStability,
    /// Another method gives the same ranking.
    Agreement,
}

impl ExplanationCheck {
    /// Its id in the record.
    pub fn id(self) -> &'static str {
        match self {
            Self::Completeness => "completeness",
            Self::Faithfulness => "faithfulness",
            Self::Randomisation => "randomisation",
            Self::NoiseStability => "noise-stability",
            Self::RankStability => "rank-stability",
            Self::Agreement => "agreement",
        }
    }

    /// As a reader says it.
    pub fn words(self) -> String {
        self.id().replace('-', " ")
    }
}

/// Something said in a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredRule {
    /// Dotted path in kebab case: `model.intended-use`.
    pub field: String,
    /// The answers that are fine; any when empty.
    pub one_of: Vec<String>,
}

/// One example in a condition's file: evidence given, verdict expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The verdict expected.
    pub then: Verdict,
    /// The evidence given.
    pub given: Evidence,
    /// File and line, for messages.
    pub place: String,
}

impl Requirement {
    /// The word in a condition file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Measure(_) => "measure",
            Self::Gap(_) => "gap",
            Self::Count(_) => "count",
            Self::Explanation(_) => "explanation",
            Self::Lean(_) => "lean",
            Self::Declared(_) => "declared",
            Self::All(_) => "all",
            Self::Any(_) => "any",
        }
    }

    /// This requirement and everything inside it, outermost first.
    pub fn parts(&self) -> Vec<&Self> {
        let mut parts = vec![self];
        if let Self::All(inner) | Self::Any(inner) = self {
            parts.extend(inner.iter().flat_map(Self::parts));
        }
        parts
    }

    /// Ids of the measures it looks at, so that a plan can tell unknown ones.
    pub fn measures(&self) -> BTreeSet<&str> {
        self.parts()
            .into_iter()
            .filter_map(|part| match part {
                Self::Measure(rule) => Some(rule.id.as_str()),
                Self::Gap(rule) => Some(rule.measure.as_str()),
                _ => None,
            })
            .collect()
    }

    /// What is asked, in words.
    pub fn words(&self) -> String {
        let joined = |inner: &[Self], word: &str| {
            let words: Vec<String> = inner.iter().map(Self::words).collect();
            words.join(word)
        };
        match self {
            Self::Measure(rule) => format!(
                "{}{}{} {}{}",
                name(&rule.id),
                rule.at.words(),
                for_every(&rule.by),
                rule.limits.words(),
                rule.judged_by.words()
            ),
            Self::Gap(rule) => format!(
                "{} of {}{} between the levels of {} {}{}",
                kind_word(rule.kind),
                name(&rule.measure),
                rule.at.words(),
                rule.by.join(" × "),
                rule.bounds.words(),
                rule.judged_by.words()
            ),
            Self::Count(rule) => format!(
                "{}{} {}",
                rule.of.word(),
                for_every(&rule.by),
                rule.bounds.whole_words()
            ),
            Self::Explanation(check) => {
                format!("the explanation passes its test of {}", check.words())
            }
            Self::Lean(LeanKind::Shortcut) => "the model leans on no shortcut".to_owned(),
            Self::Lean(LeanKind::Sensitive) => {
                "no input stands for a group that the model is not told".to_owned()
            }
            Self::Declared(rule) if rule.one_of.is_empty() => {
                format!("`{}` is declared", rule.field)
            }
            Self::Declared(rule) => {
                format!("`{}` is one of {}", rule.field, rule.one_of.join(", "))
            }
            Self::All(inner) => joined(inner, "; and "),
            Self::Any(inner) => format!("at least one of: {}", joined(inner, "; or ")),
        }
    }
}

impl JudgedBy {
    /// What a finding adds when it was not the interval that was judged.
    pub fn words(self) -> &'static str {
        match self {
            Self::Interval => "",
            Self::Point => ", judged on the point alone",
        }
    }
}

fn for_every(by: &[String]) -> String {
    if by.is_empty() {
        String::new()
    } else {
        format!(" for every {}", by.join(" × "))
    }
}

/// How a reader says a kind of gap.
pub fn kind_word(kind: GapKind) -> &'static str {
    match kind {
        GapKind::Difference => "difference",
        GapKind::Ratio => "ratio",
    }
}

/// A measure's id as a reader says it: `oe-ratio` is `O:E ratio`.
pub fn name(id: &str) -> String {
    match id {
        "auroc" | "ppv" | "npv" | "ici" | "e50" | "e90" => id.to_uppercase(),
        "brier" => "Brier score".into(),
        "scaled-brier" => "scaled Brier score".into(),
        "oe-ratio" => "O:E ratio".into(),
        _ => id.replace('-', " "),
    }
}
