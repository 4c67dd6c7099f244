//! Numbers for everyone: measures without a threshold, and all thresholds side by side.

use crate::record::{Estimate, Interval, Value};
use crate::report::document::{
    Block, Body, Cell, Inline, Manner, Row, Section, Table, line, numbers, small, strong, text_of,
    words,
};
use crate::report::view::View;
use crate::report::words::{self as say, Kind};
use crate::report::{lexicon, reading};

/// Columns of the table of thresholds, in this order; others that were measured follow.
const AT: [&str; 6] = [
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "alert-rate",
    "net-benefit",
];

/// Every measure of everyone that needs no threshold; `None` when nothing was measured.
pub fn performance(view: &View<'_>) -> Option<Section> {
    let all: Vec<&Estimate> = overall(view)
        .filter(|e| e.at.and_then(|at| at.threshold).is_none())
        .collect();
    if all.is_empty() {
        return None;
    }
    let rows = all.iter().map(|e| row(view, e)).collect();
    let table = Table {
        caption: format!("Measures over all {}", view.unit()),
        columns: vec![
            words("measure").wide(23),
            numbers("value").wide(9),
            numbers("95 % interval").wide(17),
            words("what it says").wide(35),
            words("method").wide(16),
        ],
        bodies: vec![Body { head: None, rows }],
        note: Some("Where the interval has a closed form, the bootstrap stands under it as a check: they should agree.".into()),
    };
    Some(
        Section::new(
            view.id("performance"),
            3,
            "How well it works",
            vec![Block::Table(table)],
        )
        .brief(),
    )
}

fn overall<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Estimate> {
    view.evidence.estimates.iter().filter(|e| e.group.is_none())
}

fn row(view: &View<'_>, e: &Estimate) -> Row {
    let kind = lexicon::kind(&e.measure);
    let name = Cell::from(vec![strong(format!(
        "{}{}",
        lexicon::name(&e.measure),
        reading::at(e.at)
    ))]);
    let says = reading::estimate(&e.measure, &e.value, view.prevalence());
    let Value::Known {
        point,
        interval,
        bootstrap,
    } = &e.value
    else {
        let why = Cell {
            main: line(say::value(kind, &e.value)),
            under: Vec::new(),
            span: 4,
        };
        return Row::new(vec![name, why]);
    };
    let mut range = match interval {
        Some(i) => Cell::from(say::interval(kind, *point, i)),
        None => Cell::from(vec![small("none")]),
    };
    let mut method = Cell::from(vec![small(
        interval.as_ref().map_or("", |i| &i.method).to_owned(),
    )]);
    if let Some(i) = bootstrap
        .as_ref()
        .filter(|b| Some(&b.method) != interval.as_ref().map(|i| &i.method))
    {
        range
            .under
            .push(vec![small(say::interval(kind, *point, i))]);
        method.under.push(vec![small(i.method.clone())]);
    }
    if let Some(i) = interval.as_ref().filter(|i| i.level != 0.95) {
        range.under.push(vec![small(format!(
            "level {}",
            say::number(Kind::Share, i.level)
        ))]);
    }
    Row::new(vec![
        name,
        say::point(kind, *point, interval.as_ref()).into(),
        range,
        says.into(),
        method,
    ])
}

/// Sensitivity, specificity, predictive values, alerts and net benefit at every threshold that was asked for.
pub fn thresholds(view: &View<'_>) -> Option<Section> {
    let mut places: Vec<f64> = view.evidence.thresholds.clone();
    for t in overall(view).filter_map(|e| e.at?.threshold) {
        if !places.contains(&t) {
            places.push(t);
        }
    }
    let mut measures: Vec<&str> = AT
        .iter()
        .copied()
        .filter(|m| {
            places
                .iter()
                .any(|t| view.value(m, Some(*t), None).is_some())
        })
        .collect();
    for e in overall(view).filter(|e| e.at.and_then(|at| at.threshold).is_some()) {
        if !measures.contains(&e.measure.as_str()) {
            measures.push(&e.measure);
        }
    }
    if measures.is_empty() {
        return None;
    }
    let mut sorted = places;
    sorted.sort_by(f64::total_cmp);
    let rows = sorted.iter().map(|t| at(view, *t, &measures)).collect();
    let mut columns = vec![words("threshold")];
    columns.extend(measures.iter().map(|m| numbers(lexicon::short(m))));
    let table = Table {
        caption: "What happens at every threshold asked for".into(),
        columns,
        bodies: vec![Body { head: None, rows }],
        note: Some("Brackets hold 95 % intervals. A person is alerted for when the risk is at or above the threshold.".into()),
    };
    let intro = "A threshold is chosen by what a missed event and a needless alert weigh, before the data are seen; the best-looking row below is no reason to choose it.";
    let blocks = vec![
        Block::Paragraph(Manner::Aside, line(intro)),
        Block::Table(table),
    ];
    Some(Section::new(view.id("thresholds"), 3, "Thresholds", blocks).brief())
}

fn at(view: &View<'_>, t: f64, measures: &[&str]) -> Row {
    let decides = Some(t) == view.decision;
    let mut head = Cell::from(vec![text_of(say::threshold(t))]);
    if decides {
        head.under.push(vec![small("decision threshold")]);
    }
    let mut cells = vec![head];
    cells.extend(
        measures
            .iter()
            .map(|m| with_interval(lexicon::kind(m), view.value(m, Some(t), None))),
    );
    Row {
        cells,
        strong: decides,
    }
}

/// A number with its interval under it, what hides it, why there is none, or a dash when it was not asked for.
pub fn with_interval(kind: Kind, value: Option<&Value>) -> Cell {
    match value {
        None => Cell::from(vec![Inline::Small("–".into())]),
        Some(Value::Known {
            point, interval, ..
        }) => {
            let cell = Cell::from(say::point(kind, *point, interval.as_ref()));
            let under = |i: &Interval| vec![small(format!("({})", say::interval(kind, *point, i)))];
            match interval {
                Some(i) => cell.under(under(i)),
                None => cell,
            }
        }
        Some(Value::Undefined { undefined }) => Cell::from(vec![small(say::briefly(*undefined))]),
        Some(other) => Cell::from(vec![small(say::value(kind, other))]),
    }
}
