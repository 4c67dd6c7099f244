//! The tests of the explanation: passed, failed, or not assessable.

use crate::record::{Attribution, Check};
use crate::report::document::{
    Block, Body, Cell, Manner, Row, Section, Table, numbers, small, strong, text_of, ticked, words,
};
use crate::report::explained;
use crate::report::view::View;
use crate::report::words as say;

/// One row for each test of each explanation; `None` when there is no explanation.
pub fn quality(view: &View<'_>) -> Option<Section> {
    let all = &view.evidence.attributions;
    let tested: Vec<&Attribution> = all.iter().filter(|a| !a.checks.is_empty()).collect();
    if all.is_empty() {
        return None;
    }
    let made = |id: &str| all.iter().any(|a| a.checks.iter().any(|c| c.check == id));
    let missing: Vec<String> = explained::CHECKS
        .iter()
        .filter(|id| !made(id))
        .map(|id| explained::check(id).0.to_owned())
        .collect();
    let missing = if missing.is_empty() {
        String::new()
    } else {
        format!("Not made: {}. ", say::listed(&missing))
    };
    let blocks = if tested.is_empty() {
        let none = "No test of the explanation was made, so nothing says that it shows what the model does.";
        vec![Block::Paragraph(Manner::Plain, vec![strong(none)])]
    } else {
        let table = Table {
            caption: "Tests of the explanation".into(),
            columns: vec![
                words("test").wide(36),
                numbers("measured").wide(13),
                numbers("limit").wide(11),
                words("verdict").wide(40),
            ],
            bodies: tested.iter().map(|a| body(a, tested.len() > 1)).collect(),
            note: Some(format!(
                "{missing}A test that cannot be assessed is never a pass. A passed test does not make the model right: it says that the pictures show what the model does."
            )),
        };
        vec![Block::Table(table)]
    };
    let heading = "Is the explanation reliable?";
    Some(Section::new(view.id("leans-quality"), 4, heading, blocks).brief())
}

fn body(a: &Attribution, named: bool) -> Body {
    let name = || {
        let mut words = vec![text_of(explained::explainer(&a.explainer))];
        if let Some(b) = &a.background {
            words.push(text_of(format!(", from {}", b.what)));
        }
        words
    };
    Body {
        head: named.then(name),
        rows: a.checks.iter().map(row).collect(),
    }
}

fn row(check: &Check) -> Row {
    let (name, asks) = explained::check(&check.check);
    let mut test = Cell::from(vec![strong(name)]);
    if !asks.is_empty() {
        test.under.push(vec![small(asks)]);
    }
    let measured = match &check.value {
        None => Cell::from(vec![small("–")]),
        Some(value) => match (value.known(), value.interval()) {
            (Some(x), Some(i)) => Cell::from(explained::plain(x)).under(vec![small(format!(
                "({} to {})",
                explained::plain(i.low),
                explained::plain(i.high)
            ))]),
            (Some(x), None) => explained::plain(x).into(),
            (None, _) => super::inputs::unknown(value),
        },
    };
    let limit = check.limit.map_or_else(
        || Cell::from(vec![small("–")]),
        |x| explained::plain(x).into(),
    );
    let mut verdict = vec![explained::chip(check.verdict), text_of(" ")];
    verdict.extend(ticked(&say::sentence(&check.because)));
    Row::new(vec![test, measured, limit, verdict.into()])
}
