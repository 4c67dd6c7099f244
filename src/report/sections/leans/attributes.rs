//! What shortcuts and sensitive attributes settle, and what changes without them.

use super::inputs::{shared, unknown};
use crate::record::{Lean, Value, Without, group_name};
use crate::report::document::{
    Block, Body, Cell, Line, Manner, Row, Section, Table, line, numbers, small, strong, text_of,
    ticked, words,
};
use crate::report::explained;
use crate::report::view::View;
use crate::report::words::{self as say, Kind};

/// Telling inputs that are named.
const NAMED: usize = 3;

/// `None` when no attribute was tested.
pub fn attributes(view: &View<'_>) -> Option<Section> {
    let leans = &view.evidence.leans;
    if leans.is_empty() {
        return None;
    }
    let intro = "A shortcut is a thing about the record or the hospital that should not tell a risk, such as the centre, the date or whether a value is missing. A sensitive attribute is a thing about the person. Either can be told through other inputs, even when the model never sees it.";
    let mut blocks = vec![
        Block::Paragraph(Manner::Aside, line(intro)),
        Block::Table(settled(leans)),
    ];
    blocks.extend(changes(leans).map(Block::Table));
    let heading = "Shortcuts and sensitive attributes";
    Some(Section::new(
        view.id("leans-attributes"),
        4,
        heading,
        blocks,
    ))
}

fn settled(leans: &[Lean]) -> Table {
    Table {
        caption: "How much of all contributions an attribute settles".into(),
        columns: vec![
            words("attribute").wide(19),
            numbers("share settled").wide(14),
            words("told most by").wide(25),
            words("verdict").wide(42),
        ],
        bodies: vec![Body {
            head: None,
            rows: leans.iter().map(row).collect(),
        }],
        note: Some(format!(
            "The share settled is each input's share of all contributions, times how much of the variance of its contributions lies between the attribute's levels; that part stands behind the inputs that tell most. {}",
            explained::CAUTION
        )),
    }
}

fn row(lean: &Lean) -> Row {
    let name = Cell::from(vec![strong(lean.attribute.clone())])
        .under(vec![small(explained::kind(lean.kind))]);
    let told: Vec<Line> = lean
        .inputs
        .iter()
        .take(NAMED)
        .map(|t| {
            vec![
                text_of(t.input.clone()),
                small(format!(" {}", short(&t.told))),
            ]
        })
        .collect();
    let mut told = told.into_iter();
    let mut by = Cell::from(told.next().unwrap_or_else(|| vec![small("no input")]));
    by.under.extend(told);
    if lean.inputs.len() > NAMED {
        let more = format!("and {} more", lean.inputs.len() - NAMED);
        by.under.push(vec![small(more)]);
    }
    let mut verdict = vec![explained::chip(lean.verdict), text_of(" ")];
    verdict.extend(ticked(&say::sentence(&lean.because)));
    Row::new(vec![name, shared(&lean.share), by, verdict.into()])
}

fn short(value: &Value) -> String {
    match value {
        Value::Known { point, .. } => say::number(Kind::Share, *point),
        other => format!("? {}", explained::absent(other)),
    }
}

/// AUROC and calibration with the attribute taken from other patients.
fn changes(leans: &[Lean]) -> Option<Table> {
    let bodies: Vec<Body> = leans
        .iter()
        .filter(|lean| !lean.without.is_empty())
        .map(|lean| Body {
            head: Some(vec![text_of("without "), strong(lean.attribute.clone())]),
            rows: rows(&lean.without),
        })
        .collect();
    (!bodies.is_empty()).then(|| Table {
        caption: "What changes when the attribute comes from other patients".into(),
        columns: vec![
            words("group"),
            words("measure"),
            numbers("with the patients' own"),
            numbers("change without"),
            words("reading"),
        ],
        bodies,
        note: Some("A model that does as well without the attribute does not need it. An interval that holds zero shows no change, and proves none.".into()),
    })
}

fn rows(all: &[Without]) -> Vec<Row> {
    all.iter()
        .map(|w| {
            let who = w
                .group
                .as_ref()
                .map_or_else(|| "everyone".to_owned(), group_name);
            Row {
                cells: vec![
                    who.into(),
                    explained::without(&w.measure).into(),
                    plain(&w.own, w.measure != "auroc"),
                    plain(&w.change, true),
                    reading(&w.change).into(),
                ],
                strong: w.group.is_none(),
            }
        })
        .collect()
}

fn plain(value: &Value, signed: bool) -> Cell {
    let Value::Known {
        point, interval, ..
    } = value
    else {
        return unknown(value);
    };
    let show = |x: f64| {
        if signed {
            say::signed(x, 3)
        } else {
            say::fixed(x, 3)
        }
    };
    let cell = Cell::from(show(*point));
    match interval {
        Some(i) => cell.under(vec![small(format!(
            "({} to {})",
            show(i.low),
            show(i.high)
        ))]),
        None => cell,
    }
}

fn reading(change: &Value) -> &'static str {
    match (change, change.interval()) {
        (Value::Known { .. }, Some(i)) if i.low > 0.0 => "rises without it",
        (Value::Known { .. }, Some(i)) if i.high < 0.0 => "falls without it",
        (Value::Known { .. }, Some(_)) => "no change shown",
        (Value::Known { .. }, None) => "no interval, so it cannot be told",
        _ => "not known",
    }
}
