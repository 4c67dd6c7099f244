//! From the blocks of a study file to studies: folders opened, questions checked, every problem kept.

use crate::config::study::StudyText;
use crate::dataset::groups;
use crate::error::{Error, shown};
use crate::model::engine::Engine;
use crate::plan::join;
use crate::plan::open::{self, OpenedDataset, OpenedModel};
use crate::plan::study::Study;
use crate::record::{ColumnRole, Conversion, DatasetCard, ScoreScale};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Makes studies of blocks and keeps the problems.
pub(super) struct Opener<'r> {
    root: &'r Path,
    allow_outside: bool,
    engine: Engine,
    models: Folders<OpenedModel>,
    datasets: Folders<OpenedDataset>,
    /// Everything found wrong so far.
    pub(super) problems: Vec<Error>,
}

impl<'r> Opener<'r> {
    pub(super) fn new(root: &'r Path, allow_outside: bool, engine: Engine) -> Self {
        Self {
            root,
            allow_outside,
            engine,
            models: Folders::new(|model| &model.card_path),
            datasets: Folders::new(|dataset| &dataset.card_path),
            problems: Vec::new(),
        }
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

    /// The cards of the datasets that opened.
    pub(super) fn cards(&self) -> impl Iterator<Item = &DatasetCard> {
        self.datasets
            .opened
            .iter()
            .flatten()
            .map(|dataset| &dataset.card)
    }

    /// What was opened, in the order of the indices that studies hold. Only whole when there were no problems.
    pub(super) fn opened(self) -> (Vec<OpenedModel>, Vec<OpenedDataset>) {
        (
            self.models.opened.into_iter().flatten().collect(),
            self.datasets.opened.into_iter().flatten().collect(),
        )
    }

    fn studies(&mut self, text: &StudyText) -> Vec<Study> {
        let models: Vec<usize> = text
            .models
            .iter()
            .map(|given| {
                let open = || open::model(self.root, given, self.allow_outside, self.engine);
                let place = &text.places.model;
                self.models.index(given, open, place, &mut self.problems)
            })
            .collect();
        let datasets: Vec<usize> = text
            .datasets
            .iter()
            .map(|given| {
                let open = || open::dataset(self.root, given, self.allow_outside);
                let place = &text.places.dataset;
                self.datasets.index(given, open, place, &mut self.problems)
            })
            .collect();
        let several = models.len() * datasets.len() > 1;
        let mut studies = Vec::new();
        for &dataset in &datasets {
            for &model in &models {
                let (Some(opened_model), Some(opened_dataset)) =
                    (&self.models.opened[model], &self.datasets.opened[dataset])
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
                    Ok((thresholds, joins, conversions)) => studies.push(Study {
                        name,
                        model,
                        dataset,
                        thresholds,
                        decision_grid: hundredths(text.decision_range),
                        groups: text.groups.clone(),
                        joins,
                        conversions,
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

/// Folders of one kind, each opened once. One that did not open stays, so that indices hold.
struct Folders<T> {
    given: Vec<String>,
    opened: Vec<Option<T>>,
    card_path: fn(&T) -> &Path,
}

impl<T> Folders<T> {
    fn new(card_path: fn(&T) -> &Path) -> Self {
        Self {
            given: Vec::new(),
            opened: Vec::new(),
            card_path,
        }
    }

    fn index(
        &mut self,
        given: &str,
        open: impl FnOnce() -> Result<T, Vec<Error>>,
        place: &str,
        problems: &mut Vec<Error>,
    ) -> usize {
        if let Some(known) = self.given.iter().position(|name| name == given) {
            return known;
        }
        let opened = open()
            .map_err(|errors| problems.extend(errors.into_iter().map(|e| e.or_at(place))))
            .ok();
        let twin = opened.as_ref().and_then(|one| self.twin(one));
        problems.extend(twin.map(|error| error.at(place)));
        self.given.push(given.to_owned());
        self.opened.push(opened);
        self.opened.len() - 1
    }

    /// Two folders of one name would be one model or dataset in the record.
    fn twin(&self, one: &T) -> Option<Error> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let name = |one| (self.card_path)(one).parent().and_then(Path::file_name);
        let mut others = self.opened.iter().flatten();
        others
            .any(|other| {
                name(other) == name(one)
                    && real((self.card_path)(other)) != real((self.card_path)(one))
            })
            .then(|| {
                Error::new(format!(
                    "two folders are called `{}`, so the record could not tell them apart",
                    shown(&name(one).unwrap_or_default().to_string_lossy())
                ))
                .help("the name of a folder is the id of what is in it: rename one")
            })
    }
}

type Questions = (Vec<f64>, BTreeMap<String, String>, Vec<Conversion>);

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
    let (joins, conversions) =
        join::inputs(&model.card, card, &text.inputs).unwrap_or_else(|errors| {
            tell(errors, &text.places.inputs);
            Default::default()
        });
    if problems.is_empty() {
        Ok((thresholds, joins, conversions))
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
