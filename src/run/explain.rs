//! What a study's model leans on: the rows and questions of the study, handed to the explainers.

use crate::dataset::cohort::Cohort;
use crate::dataset::groups::{self, SITE, Split};
use crate::dataset::table::Table;
use crate::error::{Error, Result};
use crate::explain::ask::{Ask, Explained};
use crate::explain::lean::Attribute;
use crate::explain::question::{On, Question};
use crate::explain::randomised::Shuffled;
use crate::explain::sampled;
use crate::explain::whole::{STEPS, explain};
use crate::plan::Plan;
use crate::progress::Watch;
use crate::record::{ColumnRole, DatasetCard, Group, LeanKind};
use std::path::Path;

/// Explains the model of a study on its cohort, with `scores` for each row of it. Nothing when nothing is asked, and for
/// reference strategies. Fails when the model cannot be asked.
pub fn explained(
    plan: &Plan,
    index: usize,
    table: &Table,
    cohort: &Cohort,
    scores: &[f64],
    splits: &[Split],
    watch: &dyn Watch,
) -> Result<Explained> {
    let study = &plan.studies[index];
    let model = &plan.models[study.model];
    let card = &plan.datasets[study.dataset].card;
    let reference = model.card.format.starts_with("treat-");
    let nothing = model.card.inputs.is_empty() && model.card.column.is_none();
    if plan.explained == 0 || reference || nothing {
        return Ok(Explained::default());
    }
    if model.card.column.is_some() {
        return Err(Error::new(
            "the data bring its predictions along, so nobody can ask it",
        ));
    }
    watch.go_on(index, "steps of explaining", STEPS);
    let site = match card
        .columns
        .iter()
        .any(|c| c.roles.contains(&ColumnRole::Site))
    {
        true => groups::split(table, cohort, card, &[vec![SITE.to_owned()]])?.pop(),
        false => None,
    };
    let rows = cohort.rows.len();
    let site_of = site.as_ref().map(|site| levels(site, rows));
    let asked: Vec<(Group, &[u32])> = splits
        .iter()
        .flat_map(|split| &split.groups)
        .map(|group| (group.group.clone(), group.rows.as_slice()))
        .collect();
    let ask = Ask {
        question: Question {
            model: model.model.as_ref(),
            table,
            joins: &study.joins,
            conversions: &study.conversions,
            inputs: &model.card.inputs,
            scale: model.card.score,
            on: On::Margin,
        },
        shuffled: Shuffled {
            card: &model.card,
            folder: model.card_path.parent().unwrap_or(Path::new(".")),
        },
        cohort: sampled::Cohort {
            rows: &cohort.rows,
            event: &cohort.event,
            score: scores,
            patient: &cohort.patient,
            patients: cohort.patients,
            weight: cohort.weight.as_deref(),
            site: site_of.as_deref(),
        },
        groups: asked,
        attributes: attributes(plan, index, table, cohort, card, splits)?,
        threshold: study.thresholds.first().copied(),
        min_cell: usize::try_from(plan.min_cell).unwrap_or(usize::MAX),
        key: [plan.seed, super::stream(&study.name)],
        rows: plan.explained,
        background: plan.background,
    };
    explain(&ask, &|steps| watch.step(index, steps))
}

/// The level of each row, from zero.
fn levels(split: &Split, rows: usize) -> Vec<u32> {
    let mut level = vec![0; rows];
    for (number, group) in (0_u32..).zip(&split.groups) {
        group
            .rows
            .iter()
            .for_each(|row| level[*row as usize] = number);
    }
    level
}

/// The centre, the shortcuts that the study file names and whether an input is missing; then the groups of the study.
fn attributes(
    plan: &Plan,
    index: usize,
    table: &Table,
    cohort: &Cohort,
    card: &DatasetCard,
    splits: &[Split],
) -> Result<Vec<Attribute>> {
    let study = &plan.studies[index];
    let inputs = &plan.models[study.model].card.inputs;
    let offered = groups::attributes(card);
    let mut names: Vec<(String, LeanKind)> = Vec::new();
    let mut add = |name: &str, kind| {
        if offered.iter().any(|one| one == name) && !names.iter().any(|(one, _)| one == name) {
            names.push((name.to_owned(), kind));
        }
    };
    add(SITE, LeanKind::Shortcut);
    plan.shortcuts
        .iter()
        .for_each(|name| add(name, LeanKind::Shortcut));
    for split in splits {
        if let [name] = split.by.as_slice() {
            add(name, LeanKind::Sensitive);
        }
    }
    let rows = cohort.rows.len();
    let mut found = Vec::new();
    for (name, kind) in names {
        let asked = vec![vec![name.clone()]];
        let columns = groups::columns_for(card, &asked);
        let reads = |place: &usize| {
            let column = study.joins.get(&inputs[*place].name);
            column.is_some_and(|column| columns.contains(column))
        };
        if let Some(split) = groups::split(table, cohort, card, &asked)?.pop() {
            found.push(Attribute {
                level: levels(&split, rows),
                inputs: (0..inputs.len()).filter(reads).collect(),
                name,
                kind,
            });
        }
    }
    let mut seen: Vec<&String> = Vec::new();
    for column in inputs
        .iter()
        .filter_map(|input| study.joins.get(&input.name))
    {
        if seen.contains(&column) {
            continue;
        }
        seen.push(column);
        let cells = table.column(column)?;
        let missing = |row: &u32| u32::from(cells.is_missing(*row as usize));
        let level: Vec<u32> = cohort.rows.iter().map(missing).collect();
        let few = |wanted: u32| {
            let mut people: Vec<u32> = cohort
                .patient
                .iter()
                .zip(&level)
                .filter(|(_, l)| **l == wanted)
                .map(|(p, _)| *p)
                .collect();
            people.sort_unstable();
            people.dedup();
            (people.len() as u64) < plan.min_cell.max(2)
        };
        if !few(0) && !few(1) {
            found.push(Attribute {
                name: format!("missing {column}"),
                kind: LeanKind::Shortcut,
                level,
                inputs: Vec::new(),
            });
        }
    }
    Ok(found)
}
