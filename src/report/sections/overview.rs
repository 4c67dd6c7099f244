//! All studies on one table.

use crate::record::{Count, Value};
use crate::report::document::{
    Block, Body, Cell, Inline, Manner, Row, Section, Table, Tone, line, numbers, small, strong,
    text_of, ticked, words,
};
use crate::report::view::View;
use crate::report::words::{self as say, Kind};
use crate::report::{lexicon, reading};

const MEASURES: [&str; 4] = ["auroc", "oe-ratio", "calibration-slope", "net-benefit"];

/// The table when there is more than one study; a word of explanation when there is none; nothing for one.
pub fn overview(views: &[View<'_>]) -> Option<Section> {
    let section = |blocks| Some(Section::new("overview", 2, "Overview", blocks).brief());
    match views {
        [] => section(vec![Block::Paragraph(
            Manner::Plain,
            line("The record holds no study."),
        )]),
        [_] => None,
        _ => section(vec![
            Block::Paragraph(Manner::Answer, sentence(views)),
            Block::Table(table(views)),
        ]),
    }
}

fn sentence(views: &[View<'_>]) -> Vec<Inline> {
    let broke = views
        .iter()
        .filter(|v| v.evidence.failure.is_some())
        .count();
    let open = views
        .iter()
        .filter(|v| v.evidence.failure.is_none() && v.tally().not_met > 0)
        .count();
    let unknown = views
        .iter()
        .filter(|v| v.evidence.failure.is_none() && v.tally().not_met == 0 && v.tally().unknown > 0)
        .count();
    let clear = views.len() - broke - open - unknown;
    let mut parts = Vec::new();
    let mut say_of = |n: usize, one: &str, more: &str| {
        if n > 0 {
            parts.push(format!("{n} {}", if n == 1 { one } else { more }));
        }
    };
    say_of(
        open,
        "has conditions that are not met",
        "have conditions that are not met",
    );
    say_of(
        unknown,
        "has conditions that cannot be assessed",
        "have conditions that cannot be assessed",
    );
    say_of(
        clear,
        "has every condition that is asked for met or excused",
        "have every condition that is asked for met or excused",
    );
    say_of(broke, "did not finish", "did not finish");
    vec![strong(format!(
        "Of {} studies, {}.",
        views.len(),
        say::listed(&parts)
    ))]
}

fn table(views: &[View<'_>]) -> Table {
    let mut told = views
        .iter()
        .filter(|v| v.evidence.failure.is_none())
        .map(|v| v.decision);
    let first = told.next().flatten();
    let same = told.all(|d| d == first);
    let at = views
        .first()
        .and_then(|v| v.decision)
        .filter(|_| same)
        .map(|t| format!(" at {}", say::threshold(t)));
    let mut columns = vec![words("study"), numbers("rows"), numbers("events")];
    columns.extend(MEASURES.iter().map(|m| match (*m, &at) {
        ("net-benefit", Some(at)) => numbers(format!("{}{at}", lexicon::short(m))),
        _ => numbers(lexicon::short(m)),
    }));
    columns.extend(["✗ not met", "? cannot be assessed", "✓ met"].map(numbers));
    Table {
        caption: "Studies and what they brought to light".into(),
        columns,
        bodies: vec![Body { head: None, rows: views.iter().map(|v| row(v, same)).collect() }],
        note: Some("Brackets hold 95 % intervals. Conditions counted are blockers and musts; excused ones stand under the study. There is no total score: a study is as good as its worst open condition.".into()),
    }
}

fn row(view: &View<'_>, same: bool) -> Row {
    let e = view.evidence;
    let tally = view.tally();
    let mut first = Cell::from(vec![Inline::Jump(view.own_id(), e.study.clone())]);
    first.under.push(vec![small(format!(
        "{} on {}",
        e.model.name, e.dataset.name
    ))]);
    if e.dataset.synthetic {
        first
            .under
            .push(vec![Inline::Chip(Tone::Synthetic, "SYNTHETIC".into())]);
    }
    let mut cells = vec![first];
    if let Some(failure) = &e.failure {
        let mut words = vec![
            Inline::Chip(Tone::NotMet, "did not finish".into()),
            text_of(" "),
        ];
        words.extend(ticked(&failure.what));
        cells.push(Cell {
            main: words,
            under: Vec::new(),
            span: 2 + MEASURES.len(),
        });
    } else {
        cells.push(say::count(&e.profile.rows).into());
        cells.push(events(view));
        cells.extend(MEASURES.iter().map(|m| number(view, m, same)));
    }
    cells.push(tally.not_met.to_string().into());
    cells.push(tally.unknown.to_string().into());
    let met = Cell::from(tally.met.to_string());
    cells.push(match tally.excused {
        0 => met,
        n => met.under(vec![small(format!("{n} excused"))]),
    });
    Row::new(cells)
}

fn events(view: &View<'_>) -> Cell {
    let profile = &view.evidence.profile;
    let cell = Cell::from(say::count(&profile.events));
    match (&profile.events, profile.rows.known()) {
        (Count::Known(events), Some(rows)) if rows > 0 => cell.under(vec![small(say::number(
            Kind::Share,
            *events as f64 / rows as f64,
        ))]),
        _ => cell,
    }
}

/// The point with its interval under it.
fn number(view: &View<'_>, measure: &str, same: bool) -> Cell {
    let kind = lexicon::kind(measure);
    let mut cell = match view.headline(measure, None) {
        None => Cell::from(vec![Inline::Small("not measured".into())]),
        Some(Value::Known {
            point, interval, ..
        }) => {
            let cell = Cell::from(say::point(kind, *point, interval.as_ref()));
            match interval {
                Some(i) => cell.under(vec![small(format!("({})", say::interval(kind, *point, i)))]),
                None => cell,
            }
        }
        Some(other) => Cell::from(vec![small(say::value(kind, other))]),
    };
    if measure == "net-benefit" && !same && cell.main.len() == 1 {
        let at = view.decision.map(crate::record::At::threshold);
        cell.under.push(vec![small(reading::at(at).trim_start())]);
    }
    cell
}
