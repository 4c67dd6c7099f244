//! Who is in, who is out and why, and what is missing among those who stayed.

use crate::report::document::{
    Block, Body, Cell, Figure, Manner, Row, Section, Table, line, numbers, ticked, words,
};
use crate::report::figure;
use crate::report::view::View;
use crate::report::words::{self as say, Kind};

/// The participant flow and the missing values; nothing when neither is known.
pub fn cohort(view: &View<'_>) -> Option<Section> {
    let profile = &view.evidence.profile;
    let mut blocks = Vec::new();
    if !profile.flow.is_empty() {
        blocks.push(Block::Figures(vec![drawn(view)]));
        blocks.push(Block::Table(flow(view)));
    }
    if profile.missing.values().any(|n| n.known() != Some(0)) {
        blocks.push(Block::Table(missing(view)));
    } else if view.evidence.failure.is_none() {
        blocks.push(Block::Paragraph(
            Manner::Plain,
            line("No value is missing among the rows that were kept."),
        ));
    }
    (!profile.flow.is_empty() || !profile.missing.is_empty())
        .then(|| Section::new(view.id("cohort"), 3, "Who is in, who is out", blocks))
}

fn drawn(view: &View<'_>) -> Figure {
    let steps = &view.evidence.profile.flow;
    let told: Vec<String> = steps
        .iter()
        .map(|s| {
            format!(
                "{}, {}: {} rows of {} patients",
                s.step,
                s.reason,
                say::count(&s.rows),
                say::count(&s.patients)
            )
        })
        .collect();
    Figure {
        id: view.id("flow"),
        title: "From the rows that were read to the rows that were measured".into(),
        reading: "The same numbers stand in the table below.".into(),
        told: format!("{}.", told.join("; ")),
        drawing: figure::flow(steps, view.evidence.dataset.synthetic),
        wide: true,
    }
}

fn flow(view: &View<'_>) -> Table {
    let rows = view.evidence.profile.flow.iter().map(|s| {
        let kept = s.step != "excluded";
        let cells = vec![
            s.step.as_str().into(),
            Cell::from(ticked(&s.reason)),
            say::count(&s.rows).into(),
            say::count(&s.patients).into(),
        ];
        Row {
            cells,
            strong: kept,
        }
    });
    Table {
        caption: "Participant flow".into(),
        columns: vec![
            words("step"),
            words("who"),
            numbers("rows"),
            numbers("patients"),
        ],
        bodies: vec![Body {
            head: None,
            rows: rows.collect(),
        }],
        note: None,
    }
}

fn missing(view: &View<'_>) -> Table {
    let profile = &view.evidence.profile;
    let some = profile.missing.iter().filter(|(_, n)| n.known() != Some(0));
    let rows = some.map(|(column, count)| {
        let share = match (count.known(), profile.rows.known().filter(|n| *n > 0)) {
            (Some(n), Some(rows)) => say::number(Kind::Share, n as f64 / rows as f64),
            _ => "hidden".into(),
        };
        Row::new(vec![
            Cell::from(column.as_str()),
            say::count(count).into(),
            share.into(),
        ])
    });
    Table {
        caption: "Missing values among the rows that were kept".into(),
        columns: vec![
            words("column"),
            numbers("missing"),
            numbers("share of rows"),
        ],
        bodies: vec![Body {
            head: None,
            rows: rows.collect(),
        }],
        note: Some("No other column has missing values. What stands in for a missing value is said in the model card.".into()),
    }
}
