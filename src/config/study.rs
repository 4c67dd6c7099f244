//! The study file: which models on which datasets, with which questions.

use crate::config::explain::{self, ExplainText};
use crate::config::study_input::{self, JoinText};
use crate::error::Error;
use crate::sheet::{Item, Section, Sheet};
use std::collections::BTreeMap;

/// The shipped `configs/default.toml`: every key, its default, and why.
pub const DEFAULT: &str = include_str!("../../configs/default.toml");

/// What a study file says. Keys that are absent hold their default.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Title of the report.
    pub title: String,
    /// Seed of every random draw.
    pub seed: u64,
    /// Bootstrap replicates; 0 gives closed forms only.
    pub replicates: u64,
    /// Smallest number of persons shown.
    pub min_cell: u64,
    /// What is explained.
    pub explain: ExplainText,
    /// Shelf names or folders of conditions.
    pub conditions: Vec<String>,
    /// `file:line` of `conditions`.
    pub conditions_place: String,
    /// The studies, in the order of the file.
    pub studies: Vec<StudyText>,
}

/// One `[[study]]` block: every model of the list on every dataset of the list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StudyText {
    /// Name, when one was given.
    pub name: Option<String>,
    /// Folders of models, relative to the repository.
    pub models: Vec<String>,
    /// Folders of datasets, relative to the repository.
    pub datasets: Vec<String>,
    /// Thresholds; the first is the decision threshold of record. Empty means the model card's.
    pub thresholds: Vec<f64>,
    /// Lowest and highest threshold of the decision curve.
    pub decision_range: [f64; 2],
    /// Attributes, and lists of attributes for intersections.
    pub groups: Vec<Vec<String>>,
    /// Model input → column, where names or units differ.
    pub inputs: BTreeMap<String, JoinText>,
    /// Where its keys stand.
    pub places: Places,
}

/// `file:line` of the keys of a `[[study]]` block; of the block where a key is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The block itself.
    pub study: String,
    /// `model` or `models`.
    pub model: String,
    /// `dataset` or `datasets`.
    pub dataset: String,
    /// `thresholds`.
    pub thresholds: String,
    /// `groups`.
    pub groups: String,
    /// `inputs`.
    pub inputs: String,
}

/// Seed unless said.
const SEED: u64 = 20_260_101;
/// Replicates unless said.
const REPLICATES: u64 = 1000;
/// More replicates than anyone needs; beyond it is a slip of the pen.
const MOST_REPLICATES: u64 = 100_000;
/// Smallest cell unless said.
const MIN_CELL: u64 = 10;
/// Range of the decision curve unless said.
const DECISION_RANGE: [f64; 2] = [0.01, 0.50];

/// Reads a study file; problems are noted in the sheet. `[[waiver]]` is left to whoever knows conditions.
pub fn read(sheet: &Sheet) -> Config {
    let top = sheet.top();
    let replicates = top.whole("replicates").unwrap_or(REPLICATES);
    if replicates > MOST_REPLICATES {
        top.problem(
            "replicates",
            Error::new(format!("`replicates` is more than {MOST_REPLICATES}"))
                .help("1000 to 10000 is usual"),
        );
    }
    let min_cell = top.whole("min-cell").unwrap_or(MIN_CELL);
    if min_cell == 0 {
        top.problem(
            "min-cell",
            Error::new("`min-cell` must be at least 1")
                .help("10 is the default; counts below it are masked in every page"),
        );
    }
    let blocks = top.sections("study");
    if blocks.is_empty() {
        top.problem(
            "study",
            Error::new("the file names no study").help(
                "add a block `[[study]]` with `model = \"models/…\"` and `dataset = \"datasets/…\"`",
            ),
        );
    }
    Config {
        title: top.need_text("title"),
        seed: top.whole("seed").unwrap_or(SEED),
        replicates,
        min_cell,
        explain: explain::read(&top),
        conditions: top
            .texts("conditions")
            .unwrap_or_else(|| vec!["house".to_owned()]),
        conditions_place: top.place("conditions"),
        studies: blocks.iter().map(study).collect(),
    }
}

fn study(block: &Section<'_>) -> StudyText {
    if block.has("horizon") {
        block.problem(
            "horizon",
            Error::new("`horizon` is for time-to-event studies, which this version does not run"),
        );
    }
    StudyText {
        name: block.has("name").then(|| block.need_text("name")),
        models: one_or_many(block, "model", "models"),
        datasets: one_or_many(block, "dataset", "datasets"),
        thresholds: block.numbers("thresholds").unwrap_or_default(),
        decision_range: decision_range(block),
        groups: groups(block),
        inputs: study_input::read(block),
        places: places(block),
    }
}

fn places(block: &Section<'_>) -> Places {
    let one_or_many = |one: &str, many: &str| match block.has(one) {
        true => block.place(one),
        false => block.place(many),
    };
    Places {
        study: block.place(""),
        model: one_or_many("model", "models"),
        dataset: one_or_many("dataset", "datasets"),
        thresholds: block.place("thresholds"),
        groups: block.place("groups"),
        inputs: block.place("inputs"),
    }
}

fn one_or_many(block: &Section<'_>, one: &str, many: &str) -> Vec<String> {
    match (block.text(one), block.texts(many)) {
        (Some(_), Some(_)) => {
            block.problem(
                many,
                Error::new(format!("both `{one}` and `{many}` are given"))
                    .help(format!("put them all in `{many}`")),
            );
            Vec::new()
        }
        (Some(only), None) => vec![only],
        (None, Some(all)) if !all.is_empty() => all,
        _ if block.has(one) => Vec::new(),
        _ => {
            block.missing(one);
            Vec::new()
        }
    }
}

fn decision_range(block: &Section<'_>) -> [f64; 2] {
    let range = block.range("decision-range").unwrap_or(DECISION_RANGE);
    if range[0] <= 0.0 || range[1] >= 1.0 || range[0] >= range[1] {
        block.problem(
            "decision-range",
            Error::new("`decision-range` must lie between 0 and 1, without either end")
                .help("name the thresholds that make sense in the clinic, such as [0.05, 0.40]"),
        );
        return DECISION_RANGE;
    }
    range
}

fn groups(block: &Section<'_>) -> Vec<Vec<String>> {
    if !block.has("groups") {
        return Vec::new();
    }
    let mut seen = Vec::new();
    for item in block.items("groups").unwrap_or_default() {
        let attributes = match item {
            Item::One(attribute) => vec![attribute],
            Item::Several(attributes) => attributes,
        };
        if attributes.is_empty() || seen.contains(&attributes) {
            block.problem(
                "groups",
                Error::new("`groups` holds an empty list or names the same group twice"),
            );
        } else {
            seen.push(attributes);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_models_and_datasets_and_intersections_are_read() {
        let text = r#"
            title = "t"
            [[study]]
            models = ["models/a", "models/b"]
            dataset = "datasets/d"
            thresholds = [0.1, 0.2]
            groups = ["sex", ["sex", "age-band"]]
            [study.inputs]
            age = "leeftijd"
        "#;
        let sheet = Sheet::parse(text, "s.toml").unwrap();
        let config = read(&sheet);
        assert_eq!(sheet.finish(), []);
        let study = &config.studies[0];
        assert_eq!(study.models, ["models/a", "models/b"]);
        assert_eq!(study.groups, [vec!["sex"], vec!["sex", "age-band"]]);
        assert_eq!(study.inputs["age"].column.as_deref(), Some("leeftijd"));
        assert_eq!((config.replicates, config.min_cell), (1000, 10));
    }

    #[test]
    fn a_file_without_anything_tells_all_that_is_missing() {
        let sheet = Sheet::parse("min-cell = 0\nreplicate = 5", "s.toml").unwrap();
        read(&sheet);
        let told: Vec<String> = sheet.finish().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 4, "{told:#?}");
        assert!(
            told.iter()
                .any(|t| t.contains("did you mean `replicates`?"))
        );
    }

    #[test]
    fn the_shipped_defaults_are_the_defaults() {
        let sheet = Sheet::parse(DEFAULT, "configs/default.toml").unwrap();
        let config = read(&sheet);
        assert_eq!(config.seed, SEED);
        assert_eq!(config.replicates, REPLICATES);
        assert_eq!(config.min_cell, MIN_CELL);
        assert_eq!(
            ExplainText {
                place: String::new(),
                ..config.explain
            },
            ExplainText::default()
        );
        assert_eq!(config.studies[0].decision_range, DECISION_RANGE);
    }
}
