//! What will be done: every name resolved, every card opened, every problem told at once, before the first row is read.

mod join;
mod open;
mod place;

pub use open::{OpenedDataset, OpenedModel};

use crate::condition::rule::Condition;
use crate::condition::waiver::{self, Waiver};
use crate::condition::{self};
use crate::config::study::{self, Config, StudyText};
use crate::dataset::groups;
use crate::error::{Error, shown};
use crate::measure;
use crate::record::{ColumnRole, ScoreScale};
use crate::sheet::Sheet;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything a run needs. Making one can fail; running it cannot.
pub struct Plan {
    /// Title of the report.
    pub title: String,
    /// Seed of every random draw.
    pub seed: u64,
    /// Bootstrap replicates.
    pub replicates: usize,
    /// Smallest number of persons shown.
    pub min_cell: u64,
    /// The repository.
    pub root: PathBuf,
    /// The study file, as the record names it.
    pub file: String,
    /// SHA-256 of the study file.
    pub file_sha256: String,
    /// Models, each opened once.
    pub models: Vec<OpenedModel>,
    /// Datasets, each opened once.
    pub datasets: Vec<OpenedDataset>,
    /// One for each model on each dataset, in the order of the file.
    pub studies: Vec<Study>,
    /// Conditions to judge, in report order.
    pub conditions: Vec<Condition>,
    /// Excuses.
    pub waivers: Vec<Waiver>,
}

/// One model on one dataset with its questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Unique name.
    pub name: String,
    /// Index into [`Plan::models`].
    pub model: usize,
    /// Index into [`Plan::datasets`].
    pub dataset: usize,
    /// Thresholds; the first is the decision threshold of record.
    pub thresholds: Vec<f64>,
    /// Thresholds of the decision curve.
    pub decision_grid: Vec<f64>,
    /// Attributes of each split.
    pub groups: Vec<Vec<String>>,
    /// Input → column.
    pub joins: BTreeMap<String, String>,
}

impl Plan {
    /// Plans a study file. Reads cards, models and headers, and no row.
    ///
    /// # Errors
    /// Every problem found, in order of files and lines.
    pub fn new(study_file: &Path, allow_outside: bool) -> Result<Self, Vec<Error>> {
        let root = place::root_of(study_file);
        let file = place::shown_as(&root, study_file);
        let sheet = Sheet::read(study_file, &file).map_err(|e| vec![e])?;
        let bytes = std::fs::read(study_file)
            .map_err(|e| vec![Error::new(format!("cannot read the file: {e}")).at(&*file)])?;
        let config = study::read(&sheet);
        let waivers: Vec<Waiver> = sheet
            .top()
            .sections("waiver")
            .iter()
            .filter_map(waiver::read)
            .collect();
        let mut problems = sheet.finish();
        let conditions = condition::load(&config.conditions, &root).unwrap_or_else(|errors| {
            problems.extend(errors);
            Vec::new()
        });
        problems.extend(unknown_measures(&conditions));
        let mut opener = Opener::new(&root, allow_outside);
        let mut studies: Vec<Study> = Vec::new();
        for text in &config.studies {
            for study in opener.studies(text) {
                if studies.iter().any(|s| s.name == study.name) {
                    opener.problems.push(
                        Error::new(format!("two studies are named `{}`", shown(&study.name)))
                            .at(&*text.place)
                            .help("give one of them a `name` of its own"),
                    );
                }
                studies.push(study);
            }
        }
        problems.append(&mut opener.problems);
        problems.extend(unknown_waivers(&waivers, &conditions, &studies));
        if problems.is_empty() {
            Ok(Self::of(
                config,
                opener,
                studies,
                conditions,
                waivers,
                root.clone(),
                file,
                &bytes,
            ))
        } else {
            Err(problems)
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one place puts the parts together"
    )]
    fn of(
        config: Config,
        opener: Opener<'_>,
        studies: Vec<Study>,
        conditions: Vec<Condition>,
        waivers: Vec<Waiver>,
        root: PathBuf,
        file: String,
        bytes: &[u8],
    ) -> Self {
        Self {
            title: config.title,
            seed: config.seed,
            replicates: usize::try_from(config.replicates).unwrap_or(usize::MAX),
            min_cell: config.min_cell,
            root,
            file,
            file_sha256: hex(&Sha256::digest(bytes)),
            models: opener.models.into_iter().filter_map(|(_, m)| m).collect(),
            datasets: opener.datasets.into_iter().filter_map(|(_, d)| d).collect(),
            studies,
            conditions,
            waivers,
        }
    }
}

/// Bytes as lower-case hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Opens each folder once and keeps the problems. A folder that did not open stays in the list, so that indices hold.
struct Opener<'r> {
    root: &'r Path,
    allow_outside: bool,
    models: Vec<(String, Option<OpenedModel>)>,
    datasets: Vec<(String, Option<OpenedDataset>)>,
    problems: Vec<Error>,
}

impl<'r> Opener<'r> {
    fn new(root: &'r Path, allow_outside: bool) -> Self {
        Self {
            root,
            allow_outside,
            models: Vec::new(),
            datasets: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn model(&mut self, given: &str, place: &str) -> usize {
        if let Some(known) = self.models.iter().position(|(name, _)| name == given) {
            return known;
        }
        let opened = open::model(self.root, given, self.allow_outside)
            .map_err(|errors| self.keep(errors, place))
            .ok();
        self.models.push((given.to_owned(), opened));
        self.models.len() - 1
    }

    fn dataset(&mut self, given: &str, place: &str) -> usize {
        if let Some(known) = self.datasets.iter().position(|(name, _)| name == given) {
            return known;
        }
        let opened = open::dataset(self.root, given, self.allow_outside)
            .map_err(|errors| self.keep(errors, place))
            .ok();
        self.datasets.push((given.to_owned(), opened));
        self.datasets.len() - 1
    }

    fn keep(&mut self, errors: Vec<Error>, place: &str) {
        self.problems.extend(errors.into_iter().map(|e| match e.at {
            Some(_) => e,
            None => e.at(place),
        }));
    }

    fn studies(&mut self, text: &StudyText) -> Vec<Study> {
        let models: Vec<usize> = text
            .models
            .iter()
            .map(|m| self.model(m, &text.place))
            .collect();
        let datasets: Vec<usize> = text
            .datasets
            .iter()
            .map(|d| self.dataset(d, &text.place))
            .collect();
        let several = models.len() * datasets.len() > 1;
        let mut studies = Vec::new();
        let mut problems = Vec::new();
        for &dataset in &datasets {
            for &model in &models {
                let (Some(opened_model), Some(opened_dataset)) =
                    (&self.models[model].1, &self.datasets[dataset].1)
                else {
                    continue;
                };
                let made = format!("{}-at-{}", opened_model.card.id, opened_dataset.card.id);
                let name = match &text.name {
                    Some(name) if several => format!("{name}-{made}"),
                    Some(name) => name.clone(),
                    None => made,
                };
                match planned(text, opened_model, opened_dataset) {
                    Ok((thresholds, joins)) => studies.push(Study {
                        name,
                        model,
                        dataset,
                        thresholds,
                        decision_grid: hundredths(text.decision_range),
                        groups: text.groups.clone(),
                        joins,
                    }),
                    Err(errors) => problems.extend(
                        errors
                            .into_iter()
                            .map(|e| e.at(format!("{}, study `{}`", text.place, shown(&name)))),
                    ),
                }
            }
        }
        self.problems.append(&mut problems);
        studies
    }
}

type Questions = (Vec<f64>, BTreeMap<String, String>);

fn planned(
    text: &StudyText,
    model: &OpenedModel,
    dataset: &OpenedDataset,
) -> Result<Questions, Vec<Error>> {
    let mut problems = Vec::new();
    let card = &dataset.card;
    if !card
        .columns
        .iter()
        .any(|c| c.roles.contains(&ColumnRole::Outcome))
    {
        problems.push(
            Error::new(format!(
                "dataset `{}` declares no outcome column",
                shown(&card.id)
            ))
            .help("give the column `role = \"outcome\"` and `event = \"…\"` in its card"),
        );
    }
    let thresholds = match (text.thresholds.as_slice(), &model.card.threshold) {
        ([], Some(own)) => vec![own.value],
        (asked, _) => asked.to_vec(),
    };
    let bounded = model.card.score != ScoreScale::Points;
    for (i, threshold) in thresholds.iter().enumerate() {
        if bounded && !(*threshold > 0.0 && *threshold < 1.0) {
            problems.push(
                Error::new(format!(
                    "the threshold {threshold} is no risk between 0 and 1"
                ))
                .help("thresholds are risks: write 0.2 for 20 %"),
            );
        }
        if thresholds[..i].contains(threshold) {
            problems.push(Error::new(format!(
                "the threshold {threshold} is named twice"
            )));
        }
    }
    problems.extend(groups::check(card, &text.groups));
    let joins = join::inputs(&model.card, card, &text.inputs).unwrap_or_else(|errors| {
        problems.extend(errors);
        BTreeMap::new()
    });
    if problems.is_empty() {
        Ok((thresholds, joins))
    } else {
        Err(problems)
    }
}

/// Whole hundredths between two ends, each made by one division so that 0.3 is 0.3.
fn hundredths([low, high]: [f64; 2]) -> Vec<f64> {
    (1..100)
        .map(|i| f64::from(i) / 100.0)
        .filter(|t| *t >= low && *t <= high)
        .collect()
}

fn unknown_measures(conditions: &[Condition]) -> Vec<Error> {
    let known = || measure::all().map(|m| m.id);
    conditions
        .iter()
        .flat_map(|c| c.require.measures().into_iter().map(move |id| (c, id)))
        .filter(|(_, id)| measure::find(id).is_none())
        .map(|(condition, id)| {
            Error::new(format!("unknown measure `{}`", shown(id)))
                .at(format!("condition `{}`", shown(&condition.id)))
                .suggest(id, known())
        })
        .collect()
}

fn unknown_waivers(waivers: &[Waiver], conditions: &[Condition], studies: &[Study]) -> Vec<Error> {
    let mut problems = Vec::new();
    for waiver in waivers {
        if !conditions.iter().any(|c| c.id == waiver.condition) {
            problems.push(
                Error::new(format!(
                    "the waiver names `{}`, which is no condition of this file",
                    shown(&waiver.condition)
                ))
                .at(&*waiver.place)
                .suggest(&waiver.condition, conditions.iter().map(|c| c.id.as_str())),
            );
        }
        if let Some(study) = &waiver.study
            && !studies.iter().any(|s| s.name == *study)
        {
            problems.push(
                Error::new(format!(
                    "the waiver names `{}`, which is no study here",
                    shown(study)
                ))
                .at(&*waiver.place)
                .suggest(study, studies.iter().map(|s| s.name.as_str())),
            );
        }
    }
    problems
}
