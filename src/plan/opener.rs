//! From the blocks of a study file to studies: folders opened, questions checked, every problem kept.

use crate::config::study::StudyText;
use crate::dataset::groups;
use crate::error::{Error, shown};
use crate::plan::join;
use crate::plan::open::{self, OpenedDataset, OpenedModel};
use crate::plan::study::Study;
use crate::record::{ColumnRole, ScoreScale};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Opens each folder once and keeps the problems. A folder that did not open stays in the list, so that indices hold.
pub(super) struct Opener<'r> {
    root: &'r Path,
    allow_outside: bool,
    models: Vec<(String, Option<OpenedModel>)>,
    datasets: Vec<(String, Option<OpenedDataset>)>,
    /// Everything found wrong so far.
    pub(super) problems: Vec<Error>,
}

impl<'r> Opener<'r> {
    pub(super) fn new(root: &'r Path, allow_outside: bool) -> Self {
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
        self.problems
            .extend(errors.into_iter().map(|e| e.or_at(place)));
    }

    /// Every model of a block on every dataset of it, in the order of the file.
    pub(super) fn all(&mut self, blocks: &[StudyText]) -> Vec<Study> {
        let mut names = BTreeSet::new();
        let mut all = Vec::new();
        for text in blocks {
            for study in self.studies(text) {
                if !names.insert(study.name.clone()) {
                    self.problems.push(
                        Error::new(format!("two studies are named `{}`", shown(&study.name)))
                            .at(&*text.places.study)
                            .help("give one of them a `name` of its own"),
                    );
                }
                all.push(study);
            }
        }
        all
    }

    /// What was opened, in the order of the indices that studies hold. Only whole when there were no problems.
    pub(super) fn opened(self) -> (Vec<OpenedModel>, Vec<OpenedDataset>) {
        (
            self.models.into_iter().filter_map(|(_, m)| m).collect(),
            self.datasets.into_iter().filter_map(|(_, d)| d).collect(),
        )
    }

    fn studies(&mut self, text: &StudyText) -> Vec<Study> {
        let models: Vec<usize> = text
            .models
            .iter()
            .map(|m| self.model(m, &text.places.model))
            .collect();
        let datasets: Vec<usize> = text
            .datasets
            .iter()
            .map(|d| self.dataset(d, &text.places.dataset))
            .collect();
        let several = models.len() * datasets.len() > 1;
        let mut studies = Vec::new();
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
                    Err(errors) => self.problems.extend(errors.into_iter().map(|mut e| {
                        let place = e.at.unwrap_or_else(|| text.places.study.clone());
                        e.at = Some(format!("{place}, study `{}`", shown(&name)));
                        e
                    })),
                }
            }
        }
        studies
    }
}

type Questions = (Vec<f64>, BTreeMap<String, String>);

fn planned(
    text: &StudyText,
    model: &OpenedModel,
    dataset: &OpenedDataset,
) -> Result<Questions, Vec<Error>> {
    let card = &dataset.card;
    let mut problems = Vec::new();
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
            .at(&*text.places.dataset)
            .help("give the column `role = \"outcome\"` and `event = \"…\"` in its card"),
        );
    }
    let thresholds = match (text.thresholds.as_slice(), &model.card.threshold) {
        ([], Some(own)) => vec![own.value],
        (asked, _) => asked.to_vec(),
    };
    let mut tell = |errors: Vec<Error>, place: &str| {
        problems.extend(errors.into_iter().map(|e| e.at(place)));
    };
    tell(
        wrong_thresholds(&thresholds, model.card.score),
        &text.places.thresholds,
    );
    tell(groups::check(card, &text.groups), &text.places.groups);
    let joins = join::inputs(&model.card, card, &text.inputs).unwrap_or_else(|errors| {
        tell(errors, &text.places.inputs);
        BTreeMap::new()
    });
    if problems.is_empty() {
        Ok((thresholds, joins))
    } else {
        Err(problems)
    }
}

fn wrong_thresholds(thresholds: &[f64], scale: ScoreScale) -> Vec<Error> {
    let mut problems = Vec::new();
    for (i, threshold) in thresholds.iter().enumerate() {
        if scale != ScoreScale::Points && !(*threshold > 0.0 && *threshold < 1.0) {
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
    problems
}

/// Whole hundredths between two ends, each made by one division so that 0.3 is 0.3.
fn hundredths([low, high]: [f64; 2]) -> Vec<f64> {
    (1..100)
        .map(|i| f64::from(i) / 100.0)
        .filter(|t| *t >= low && *t <= high)
        .collect()
}
