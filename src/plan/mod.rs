//! What will be done: every name resolved, every card opened, every problem told at once, before the first row is read.

mod convert;
mod join;
mod open;
mod opener;
mod place;
mod study;

pub use open::{OpenedDataset, OpenedModel};
pub use study::Study;

use crate::condition;
use crate::condition::rule::Condition;
use crate::condition::waiver::{self, Waiver};
use crate::config::explain::ExplainText;
use crate::config::study as study_file;
use crate::dataset::groups;
use crate::error::{Error, shown};
use crate::measure;
use crate::model::engine::Engine;
use crate::plan::opener::Opener;
use crate::record::DatasetCard;
use crate::sheet::{self, Sheet};
use sha2::{Digest, Sha256};
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
    /// Rows explained of each study, about; 0 explains nothing.
    pub explained: usize,
    /// Rows that stand for not knowing a value.
    pub background: usize,
    /// Groups that should not tell a risk, beside the centre.
    pub shortcuts: Vec<String>,
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

impl Plan {
    /// Plans a study file. Reads cards, models and headers, and no row.
    ///
    /// # Errors
    /// Every problem found, in order of files and lines.
    pub fn new(study_file: &Path, allow_outside: bool) -> Result<Self, Vec<Error>> {
        Self::in_engine(study_file, allow_outside, Engine::Auto)
    }

    /// Plans a study file whose models are scored by the engine that is asked for, where their format has several.
    ///
    /// # Errors
    /// Every problem found, in order of files and lines.
    pub fn in_engine(
        study_file: &Path,
        allow_outside: bool,
        engine: Engine,
    ) -> Result<Self, Vec<Error>> {
        let root = place::root_of(study_file);
        let file = place::shown_as(&root, study_file);
        let text = sheet::text(study_file, &file).map_err(|e| vec![e])?;
        let sheet = Sheet::parse(&text, &file).map_err(|e| vec![e])?;
        let config = study_file::read(&sheet);
        let waivers: Vec<Waiver> = sheet
            .top()
            .sections("waiver")
            .iter()
            .filter_map(waiver::read)
            .collect();
        let mut problems = sheet.finish();
        let conditions = condition::load(&config.conditions, &root).unwrap_or_else(|errors| {
            problems.extend(
                errors
                    .into_iter()
                    .map(|e| e.or_at(&config.conditions_place)),
            );
            Vec::new()
        });
        problems.extend(unknown_measures(&conditions));
        let mut opener = Opener::new(&root, allow_outside, engine);
        let studies = opener.all(&config.studies);
        problems.append(&mut opener.problems);
        problems.extend(unknown_waivers(&waivers, &conditions, &studies));
        problems.extend(unknown_shortcuts(&config.explain, opener.cards()));
        if !problems.is_empty() {
            return Err(problems);
        }
        let (models, datasets) = opener.opened();
        Ok(Self {
            title: config.title,
            seed: config.seed,
            replicates: usize::try_from(config.replicates).unwrap_or(usize::MAX),
            min_cell: config.min_cell,
            explained: usize::try_from(config.explain.rows).unwrap_or(usize::MAX),
            background: usize::try_from(config.explain.background).unwrap_or(usize::MAX),
            shortcuts: config.explain.shortcuts,
            root,
            file,
            file_sha256: hex(&Sha256::digest(text.as_bytes())),
            models,
            datasets,
            studies,
            conditions,
            waivers,
        })
    }
}

/// Bytes as lower-case hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
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

/// A shortcut that no dataset knows; one that only some know is asked of those.
fn unknown_shortcuts<'c>(
    explain: &ExplainText,
    cards: impl Iterator<Item = &'c DatasetCard>,
) -> Vec<Error> {
    let known: Vec<String> = cards.flat_map(groups::attributes).collect();
    let unknown = |name: &&String| !known.contains(name);
    explain
        .shortcuts
        .iter()
        .filter(unknown)
        .map(|name| {
            Error::new(format!("no dataset has a group `{}`", shown(name)))
                .at(&*explain.place)
                .suggest(name, known.iter().map(String::as_str))
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
