//! Carries every study through, all at once. What breaks is evidence about that study; the batch goes on.

use crate::condition::{judge, waiver};
use crate::dataset::cohort::{self, Cohort, Needs};
use crate::dataset::table::{Batch, Table};
use crate::dataset::{self, behind, groups, profile, unscored};
use crate::error::{Error, Result};
use crate::measure::{self, Ask, Rows};
use crate::model::scale;
use crate::plan::{OpenedDataset, OpenedModel, Plan, Study, hex};
use crate::progress::Watch;
use crate::record::{
    Behind, ColumnRole, DatasetCard, Digests, Evidence, FORMAT, Failure, Machine, Provenance,
    Record, ScoreScale, disclosure,
};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Rows a model scores at once, at most.
const BATCH: usize = 4096;

/// Numbers of signals and images that are copied out for one batch, at most: 16 MiB.
const BATCH_NUMBERS: usize = 4 << 20;

/// Runs a plan on the threads of the current rayon pool. The record is masked and judged, and ready to be written.
pub fn run(plan: &Plan, watch: &dyn Watch) -> Record {
    let clock = Instant::now();
    let now = jiff::Timestamp::now();
    let mut evidence: Vec<(usize, Evidence)> = (0..plan.datasets.len())
        .into_par_iter()
        .flat_map(|dataset| on_dataset(plan, dataset, watch))
        .collect();
    evidence.sort_by_key(|(study, _)| *study);
    let mut evidence: Vec<Evidence> = evidence.into_iter().map(|(_, e)| e).collect();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    waiver::apply(&plan.waivers, &mut evidence, today);
    Record {
        format: FORMAT.to_owned(),
        title: plan.title.clone(),
        provenance: Provenance {
            keur: env!("CARGO_PKG_VERSION").to_owned(),
            seed: plan.seed,
            replicates: plan.replicates as u64,
            min_cell: plan.min_cell,
            study_file: plan.file.clone(),
            study_file_sha256: plan.file_sha256.clone(),
            models: scored(plan),
            datasets: digests(plan.datasets.iter().map(|d| {
                (
                    d.card.id.as_str(),
                    d.card_path.as_path(),
                    Some(d.file.as_path()),
                    &[][..],
                )
            })),
            started: now.to_string(),
            seconds: clock.elapsed().as_secs_f64(),
            threads: rayon::current_num_threads(),
            machine: Machine {
                os: std::env::consts::OS.to_owned(),
                arch: std::env::consts::ARCH.to_owned(),
            },
        },
        evidence,
    }
}

/// Digests of the models, and which engine scored each.
fn scored(plan: &Plan) -> BTreeMap<String, Digests> {
    let mut all = digests(plan.models.iter().map(|m| {
        let (card, file) = (m.card_path.as_path(), m.file.as_deref());
        (m.card.id.as_str(), card, file, m.model.files())
    }));
    for model in &plan.models {
        if let Some(digests) = all.get_mut(&model.card.id) {
            digests.engine = model.model.engine();
        }
    }
    all
}

/// Id, card, file and the other files it needs.
type Files<'a> = (&'a str, &'a Path, Option<&'a Path>, &'a [PathBuf]);

fn digests<'a>(files: impl Iterator<Item = Files<'a>>) -> BTreeMap<String, Digests> {
    files
        .map(|(id, card, file, others)| {
            let home = card.parent().and_then(|home| home.canonicalize().ok());
            let name = |path: &Path| {
                let home = home.as_deref().unwrap_or(Path::new(""));
                path.strip_prefix(home)
                    .unwrap_or(path)
                    .display()
                    .to_string()
            };
            let others = others.iter();
            let digests = Digests {
                card_sha256: digest(card).unwrap_or_default(),
                file_sha256: file.and_then(digest),
                others_sha256: others
                    .map(|path| (name(path), digest(path).unwrap_or_default()))
                    .collect(),
                engine: None,
            };
            (id.to_owned(), digests)
        })
        .collect()
}

fn digest(path: &Path) -> Option<String> {
    let mut sha = Sha256::new();
    let mut file = std::fs::File::open(path).ok()?;
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block).ok()? {
            0 => return Some(hex(&sha.finalize())),
            read => sha.update(&block[..read]),
        }
    }
}

fn on_dataset(plan: &Plan, dataset: usize, watch: &dyn Watch) -> Vec<(usize, Evidence)> {
    let opened = &plan.datasets[dataset];
    let studies: Vec<usize> = (0..plan.studies.len())
        .filter(|s| plan.studies[*s].dataset == dataset)
        .collect();
    for &study in &studies {
        watch.begin(study, &plan.studies[study].name, plan.replicates as u64);
        watch.say(study, "reading");
    }
    let table = guarded(|| read(opened));
    studies
        .into_par_iter()
        .map(|index| {
            let study = &plan.studies[index];
            let model = &plan.models[study.model];
            let mut evidence = Evidence {
                study: study.name.clone(),
                model: model.card.clone(),
                dataset: opened.card.clone(),
                thresholds: study.thresholds.clone(),
                ..Evidence::default()
            };
            let outcome = match &table {
                Ok(table) => guarded(|| {
                    let behind = carry(plan, index, table, &mut evidence, watch)?;
                    disclosure::mask(&mut evidence, plan.min_cell, &behind);
                    Ok(())
                }),
                Err(error) => Err(error.clone()),
            };
            let how = match outcome {
                Ok(()) => "done".to_owned(),
                Err(error) => fail(&mut evidence, error),
            };
            evidence.findings = plan
                .conditions
                .iter()
                .map(|condition| judge(condition, &evidence))
                .collect();
            watch.end(index, &how);
            (index, evidence)
        })
        .collect()
}

/// A study that broke keeps its cards and its reason, and no number.
fn fail(evidence: &mut Evidence, error: Error) -> String {
    let how = format!("failed: {}", error.what);
    *evidence = Evidence {
        study: std::mem::take(&mut evidence.study),
        model: std::mem::take(&mut evidence.model),
        dataset: std::mem::take(&mut evidence.dataset),
        thresholds: std::mem::take(&mut evidence.thresholds),
        failure: Some(Failure {
            what: error.what,
            at: error.at,
            help: error.help,
        }),
        ..Evidence::default()
    };
    how
}

/// Runs work that must not take the batch down with it. What a panic says is dropped: it might quote a value.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::new("keur itself broke in this study; its numbers are not given")
            .help("this is a fault of keur: please report it with the study file and the cards, without data"))
    })
}

fn read(dataset: &OpenedDataset) -> Result<Table> {
    let wanted: Vec<String> = dataset
        .card
        .columns
        .iter()
        .filter(|c| c.roles.iter().any(|r| *r != ColumnRole::Ignore))
        .map(|c| c.name.clone())
        .collect();
    dataset::open(&dataset.file, &dataset.card, &wanted).map_err(|e| {
        e.at(format!(
            "dataset `{}`, {}",
            dataset.card.id, dataset.card.file
        ))
    })
}

fn carry(
    plan: &Plan,
    index: usize,
    table: &Table,
    evidence: &mut Evidence,
    watch: &dyn Watch,
) -> Result<Behind> {
    let study = &plan.studies[index];
    let model = &plan.models[study.model];
    let card = &plan.datasets[study.dataset].card;
    let needs = Needs {
        inputs: match model.card.column {
            Some(_) => Vec::new(),
            None => model.card.inputs.clone(),
        },
        joins: study.joins.clone(),
        prediction: model.card.column.clone(),
    };
    let cohort = cohort::admit(table, card, &needs)?;
    watch.say(index, "scoring");
    let (cohort, scores, hint) = score(model, study, table, card, cohort)?;
    let splits = groups::split(table, &cohort, card, &study.groups)?;
    evidence.profile = profile::profile(&cohort, &splits);
    let behind = behind::behind(&cohort, &splits);
    watch.say(index, "measuring");
    let splits: Vec<measure::Split> = splits
        .into_iter()
        .map(|split| measure::Split {
            by: split.by,
            groups: split
                .groups
                .into_iter()
                .map(|g| (g.group, g.rows))
                .collect(),
            reference: split.reference,
        })
        .collect();
    let rows = Rows {
        event: &cohort.event,
        score: &scores,
        probability: model.card.score != ScoreScale::Points,
        weight: cohort.weight.as_deref(),
        patient: &cohort.patient,
        patients: cohort.patients,
    };
    let ask = Ask {
        thresholds: &study.thresholds,
        decision_grid: &study.decision_grid,
        replicates: plan.replicates,
        seed: plan.seed,
        stream: stream(&study.name),
        min_cell: usize::try_from(plan.min_cell).unwrap_or(usize::MAX),
        splits: &splits,
    };
    let tick = |done: usize| watch.step(index, done as u64);
    let assessed = measure::assess(&rows, &ask, &tick);
    evidence.estimates = assessed.estimates;
    evidence.curves = assessed.curves;
    evidence.gaps = assessed.gaps;
    evidence.notes = assessed.notes;
    evidence.notes.extend(hint);
    Ok(behind)
}

/// Scores the cohort in batches, in parallel. Rows without a usable score leave it and are counted in its flow; the last
/// value tells when the scores look like another scale than the declared one.
fn score(
    model: &OpenedModel,
    study: &Study,
    table: &Table,
    card: &DatasetCard,
    cohort: Cohort,
) -> Result<(Cohort, Vec<f64>, Option<String>)> {
    let inputs = model.card.inputs.iter();
    let numbers: usize = inputs
        .map(|input| input.shape.iter().product::<usize>())
        .sum();
    let batches: Vec<Vec<f64>> = cohort
        .rows
        .par_chunks((BATCH_NUMBERS / numbers.max(1)).clamp(1, BATCH))
        .map(|rows| model.model.predict(&Batch::new(table, &study.joins, rows)))
        .collect::<Result<_>>()
        .map_err(|e| e.at(format!("model `{}`", model.card.id)))?;
    let mut scores = batches.concat();
    let refused = scale::to_risk(model.card.score, &mut scores);
    if refused.is_empty() {
        return Ok((cohort, scores, refused.hint));
    }
    let reasons = [
        (
            "score outside the scale that the model's card declares".to_owned(),
            refused.outside,
        ),
        (
            "the model gave no finite score".to_owned(),
            refused.not_finite,
        ),
    ];
    let cohort =
        unscored::leave(cohort, &reasons, table, card).map_err(|e| match refused.hint.clone() {
            Some(hint) => e.help(hint),
            None => e,
        })?;
    scores.retain(|score| score.is_finite());
    Ok((cohort, scores, refused.hint))
}

/// The random stream of a study: the same for the same name, whatever else runs beside it.
fn stream(name: &str) -> u64 {
    Sha256::digest(name.as_bytes())
        .iter()
        .take(8)
        .fold(0, |stream, byte| stream << 8 | u64::from(*byte))
}
