//! Carries every study through, all at once. What breaks is evidence about that study; the batch goes on.

mod digest;
mod explain;
mod score;

use crate::condition::{judge, waiver};
use crate::dataset::cohort::{self, Cohort, Needs};
use crate::dataset::growing::Tick;
use crate::dataset::table::Table;
use crate::dataset::{self, behind, groups, profile};
use crate::error::{Error, Result};
use crate::measure::{self, Ask, Rows};
use crate::model::plausible;
use crate::plan::{OpenedDataset, Plan};
use crate::progress::Watch;
use crate::record::{
    Behind, ColumnRole, Digests, Evidence, FORMAT, Failure, Machine, Provenance, Record,
    ScoreScale, disclosure,
};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Bytes of data files that are read at one time; a larger file is read alone.
const FILES_AT_ONCE: u64 = 64 << 20;
/// Rows that studies measured at one time have together; a study of more is measured alone. A row takes about 100 bytes.
const MEASURED_AT_ONCE: usize = 1 << 20;

/// Runs a plan on the threads of the current rayon pool. The record is masked and judged, and ready to be written.
pub fn run(plan: &Plan, watch: &dyn Watch) -> Record {
    let clock = Instant::now();
    let now = jiff::Timestamp::now();
    let mut evidence: Vec<(usize, Evidence)> = Vec::with_capacity(plan.studies.len());
    for turn in in_turn(plan) {
        let found = turn.into_par_iter();
        evidence.par_extend(found.flat_map(|dataset| on_dataset(plan, dataset, watch)));
    }
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
            models: digests(plan),
            datasets: digest::digests(plan.datasets.iter().map(|d| {
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
fn digests(plan: &Plan) -> BTreeMap<String, Digests> {
    let mut all = digest::digests(plan.models.iter().map(|m| {
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

/// Datasets one after another, small ones together, so that few large tables are in memory at one time.
fn in_turn(plan: &Plan) -> Vec<Vec<usize>> {
    let mut turns: Vec<(u64, Vec<usize>)> = Vec::new();
    for (dataset, opened) in plan.datasets.iter().enumerate() {
        let size = opened.file.metadata().map_or(0, |about| about.len());
        match turns.last_mut() {
            Some((taken, turn)) if taken.saturating_add(size) <= FILES_AT_ONCE => {
                *taken += size;
                turn.push(dataset);
            }
            _ => turns.push((size, vec![dataset])),
        }
    }
    turns.into_iter().map(|(_, turn)| turn).collect()
}

fn on_dataset(plan: &Plan, dataset: usize, watch: &dyn Watch) -> Vec<(usize, Evidence)> {
    let opened = &plan.datasets[dataset];
    let studies: Vec<usize> = (0..plan.studies.len())
        .filter(|s| plan.studies[*s].dataset == dataset)
        .collect();
    for &study in &studies {
        watch.begin(study, &plan.studies[study].name);
        watch.go_on(study, "percent of the file read", 100);
    }
    let told = AtomicU64::new(0);
    let tick = |share: f64| {
        let now = (100.0 * share) as u64;
        let more = now.saturating_sub(told.fetch_max(now, Ordering::Relaxed));
        studies.iter().for_each(|study| watch.step(*study, more));
    };
    let mut table = guarded(|| read(opened, &tick)).map(Some);
    let rows = table
        .as_ref()
        .map_or(0, |t| t.as_ref().map_or(0, Table::rows));
    // a study has the numbers of its rows to itself while it is measured: of large tables few at one time
    let at_once = (MEASURED_AT_ONCE / rows.max(1)).max(1);
    let mut found = Vec::with_capacity(studies.len());
    for (turn, some) in studies.chunks(at_once).enumerate() {
        let scored: Vec<(usize, Evidence, Result<Scored>)> = some
            .par_iter()
            .map(|&index| {
                let study = &plan.studies[index];
                let mut evidence = Evidence {
                    study: study.name.clone(),
                    model: plan.models[study.model].card.clone(),
                    dataset: opened.card.clone(),
                    thresholds: study.thresholds.clone(),
                    conversions: study.conversions.clone(),
                    ..Evidence::default()
                };
                let scored = match &table {
                    Ok(Some(table)) => guarded(|| scored(plan, index, table, &mut evidence, watch)),
                    Ok(None) => Err(Error::new("the table is not there")),
                    Err(error) => Err(error.clone()),
                };
                (index, evidence, scored)
            })
            .collect();
        if (turn + 1) * at_once >= studies.len() {
            // nobody asks for the rows again
            table = table.map(|_| None);
        }
        found.par_extend(scored.into_par_iter().map(|(index, mut evidence, scored)| {
            let outcome = scored.and_then(|scored| {
                guarded(|| {
                    measured(plan, index, &scored, &mut evidence, watch);
                    disclosure::mask(&mut evidence, plan.min_cell, &scored.behind);
                    Ok(())
                })
            });
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
        }));
    }
    found
}

/// A study that broke keeps its cards and its reason, and no number.
fn fail(evidence: &mut Evidence, error: Error) -> String {
    let how = format!("failed: {}", error.what);
    *evidence = Evidence {
        study: std::mem::take(&mut evidence.study),
        model: std::mem::take(&mut evidence.model),
        dataset: std::mem::take(&mut evidence.dataset),
        thresholds: std::mem::take(&mut evidence.thresholds),
        conversions: std::mem::take(&mut evidence.conversions),
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

fn read(dataset: &OpenedDataset, tick: Tick<'_>) -> Result<Table> {
    let wanted: Vec<String> = dataset
        .card
        .columns
        .iter()
        .filter(|c| c.roles.iter().any(|r| *r != ColumnRole::Ignore))
        .map(|c| c.name.clone())
        .collect();
    dataset::open_watched(&dataset.file, &dataset.card, &wanted, tick).map_err(|e| {
        e.at(format!(
            "dataset `{}`, {}",
            dataset.card.id, dataset.card.file
        ))
    })
}

/// What measuring needs of a study, and nothing of the table.
struct Scored {
    cohort: Cohort,
    scores: Vec<f64>,
    splits: Vec<measure::Split>,
    behind: Behind,
    notes: Vec<String>,
    hint: Option<String>,
}

fn scored(
    plan: &Plan,
    index: usize,
    table: &Table,
    evidence: &mut Evidence,
    watch: &dyn Watch,
) -> Result<Scored> {
    let study = &plan.studies[index];
    let model = &plan.models[study.model];
    let card = &plan.datasets[study.dataset].card;
    let needs = Needs {
        inputs: match model.card.column {
            Some(_) => Vec::new(),
            None => model.card.inputs.clone(),
        },
        joins: study.joins.clone(),
        conversions: study.conversions.clone(),
        prediction: model.card.column.clone(),
    };
    let doubts = plausible::check(
        &model.card,
        &model.model.known(),
        table,
        &study.joins,
        &study.conversions,
        usize::try_from(plan.min_cell).unwrap_or(usize::MAX),
    )?;
    let cohort = cohort::admit(table, card, &needs)?;
    watch.go_on(index, "rows scored", cohort.rows.len() as u64);
    let tick = |rows: usize| watch.step(index, rows as u64);
    let (cohort, scores, hint) = score::score(model, study, table, card, cohort, &tick)?;
    let splits = groups::split(table, &cohort, card, &study.groups)?;
    evidence.profile = profile::profile(&cohort, &splits);
    let behind = behind::behind(&cohort, &splits);
    let mut notes = doubts;
    match guarded(|| explain::explained(plan, index, table, &cohort, &scores, &splits, watch)) {
        Ok(explained) => {
            evidence.attributions = explained.attributions;
            evidence.equation = explained.equation;
            evidence.responses = explained.responses;
            evidence.archetypes = explained.archetypes;
            evidence.leans = explained.leans;
        }
        Err(error) => notes.push(format!("the model was not explained: {}", error.what)),
    }
    let splits = splits
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
    Ok(Scored {
        cohort,
        scores,
        splits,
        behind,
        notes,
        hint,
    })
}

fn measured(
    plan: &Plan,
    index: usize,
    scored: &Scored,
    evidence: &mut Evidence,
    watch: &dyn Watch,
) {
    let study = &plan.studies[index];
    let cohort = &scored.cohort;
    let rows = Rows {
        event: &cohort.event,
        score: &scored.scores,
        probability: plan.models[study.model].card.score != ScoreScale::Points,
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
        splits: &scored.splits,
    };
    watch.go_on(index, "replicates measured", plan.replicates as u64);
    let tick = |done: usize| watch.step(index, done as u64);
    let assessed = measure::assess(&rows, &ask, &tick);
    evidence.estimates = assessed.estimates;
    evidence.curves = assessed.curves;
    evidence.gaps = assessed.gaps;
    evidence.notes = assessed.notes;
    evidence.notes.extend(scored.notes.clone());
    evidence.notes.extend(scored.hint.clone());
}

/// The random stream of a study: the same for the same name, whatever else runs beside it.
fn stream(name: &str) -> u64 {
    Sha256::digest(name.as_bytes())
        .iter()
        .take(8)
        .fold(0, |stream, byte| stream << 8 | u64::from(*byte))
}
