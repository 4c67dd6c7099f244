//! How much each input counts: bars, pairs and the table behind them.

use super::notice;
use super::pairs::{bar, pairs};
use crate::record::{Attribution, InputShare, Scale, Value};
use crate::report::document::{
    Block, Body, Cell, Column, Figure, Line, Row, Section, Table, line, numbers, small, strong,
    text_of, words,
};
use crate::report::explained;
use crate::report::figure::{self, Bar, BarPanel, BarRow};
use crate::report::leaning::{Leaning, line_of};
use crate::report::view::View;
use crate::report::words::{self as say, Kind};

/// Bars on one picture; the table holds all.
const DRAWN: usize = 20;

/// What was explained how, bars, pairs, and the table.
pub fn inputs(view: &View<'_>, leaning: &Leaning<'_>) -> Section {
    let mut pictures = vec![bars(view, leaning)];
    pictures.extend(pairs(view, leaning));
    let blocks = vec![
        Block::Facts(facts(view, leaning)),
        Block::Figures(pictures),
        Block::Table(table(leaning)),
    ];
    Section::new(view.id("leans-inputs"), 4, "Input by input", blocks)
}

fn facts(view: &View<'_>, leaning: &Leaning<'_>) -> Vec<(String, Line)> {
    let mut facts = Vec::new();
    let all = std::iter::once(leaning.main).chain(leaning.others.iter().copied());
    for (place, a) in all.enumerate() {
        let head = ["Explained by", "Beside it"][place.min(1)].to_owned();
        facts.push((head, how(view, a)));
    }
    facts.push((
        "Told in".into(),
        line(explained::scale_means(leaning.main.scale)),
    ));
    facts
}

fn how(view: &View<'_>, a: &Attribution) -> Line {
    let mut words = vec![strong(explained::explainer(&a.explainer))];
    let does = explained::explainer_does(&a.explainer);
    if !does.is_empty() {
        words.push(text_of(format!(": {does}")));
    }
    words.push(text_of(format!(" ({})", explained::scale(a.scale))));
    words.push(text_of(format!(
        "; {} {} explained",
        say::count(&a.rows),
        if a.rows == a.patients {
            view.unit()
        } else {
            "rows"
        }
    )));
    if a.rows != a.patients {
        words.push(text_of(format!(" of {} patients", say::count(&a.patients))));
    }
    if let Some(b) = &a.background {
        words.push(text_of(format!(
            ". Contributions start from {} ({}), where the model says {}",
            b.what,
            say::many(b.rows as usize, "row", "rows"),
            explained::value(a.scale, &b.base)
        )));
    }
    words.push(text_of("."));
    words
}

fn bars(view: &View<'_>, leaning: &Leaning<'_>) -> Figure {
    let permutation = leaning.permutations().first().copied();
    let mut panels = vec![BarPanel {
        title: format!(
            "share of all {}, {}",
            explained::parts_of(leaning.main.scale),
            explained::explainer(&leaning.main.explainer)
        ),
        percent: true,
    }];
    panels.extend(permutation.map(|p| BarPanel {
        title: format!("{} without it, permutation", explained::scale(p.scale)),
        percent: false,
    }));
    let rows: Vec<BarRow> = leaning
        .inputs
        .iter()
        .take(DRAWN)
        .map(|input| {
            let mut bars = vec![bar(
                &input.share,
                say::value(Kind::Share, &input.share),
                1.0,
            )];
            bars.extend(permutation.map(|p| lost(p, input)));
            BarRow {
                label: input.input.clone(),
                bars,
            }
        })
        .collect();
    let more = match leaning.inputs.len().saturating_sub(DRAWN) {
        0 => String::new(),
        n => format!(" Drawn are the first {DRAWN}; {n} more stand in the table."),
    };
    let beside = match permutation {
        Some(p) => format!(
            " Right, another question: how much worse does the model do ({}) when the input comes from another patient? {}",
            explained::scale(p.scale),
            "Inputs that say the same as others lose little there; those that move together are taken together, and where ‡ stands the bar is that of all of them."
        ),
        None => String::new(),
    };
    let told: Vec<String> = leaning
        .inputs
        .iter()
        .take(DRAWN)
        .map(|i| format!("{} {}", i.input, say::value(Kind::Share, &i.share)))
        .collect();
    Figure {
        id: view.id("leans-bars"),
        title: "How much each input counts".into(),
        reading: format!(
            "The longer the bar, the more the model leans on the input; thin lines are 95 % intervals, hatched means not known.{beside}{more} {}",
            explained::CAUTION
        ),
        told: format!("{}.", told.join("; ")),
        drawing: figure::bars(&panels, &rows, &notice(view, Some(leaning.main))),
        wide: true,
    }
}

fn lost(permutation: &Attribution, input: &InputShare) -> Bar {
    line_of(permutation, input).map_or(Bar::NotAsked, |i| {
        let others = i.together.len() > 1 || i.input != input.input;
        let sign = if others && input.together.is_empty() {
            " ‡"
        } else {
            ""
        };
        let text = format!(
            "{}{sign}",
            explained::value(permutation.scale, &i.importance)
        );
        bar(&i.importance, text, 1.0)
    })
}

fn table(leaning: &Leaning<'_>) -> Table {
    let main = leaning.main;
    let signed = leaning.inputs.iter().any(|i| i.mean.is_some());
    let mut columns: Vec<Column> = vec![
        words("input"),
        numbers(format!("importance, {}", explained::scale(main.scale))),
        numbers(format!("share of all {}", explained::parts_of(main.scale))),
    ];
    if signed {
        columns.push(numbers("mean contribution"));
    }
    columns.extend(leaning.others.iter().map(|a| {
        let by = explained::explainer(&a.explainer);
        match (a.scale, &a.background) {
            (Scale::Brier | Scale::AurocDrop, _) => {
                numbers(format!("{}, {by}", explained::scale(a.scale)))
            }
            (_, Some(b)) => numbers(format!("share by {by} from {}", b.what)),
            (_, None) => numbers(format!("share by {by}")),
        }
    }));
    let rows = leaning
        .inputs
        .iter()
        .map(|input| Row::new(cells(leaning, input, signed)))
        .collect();
    let level = leaning
        .inputs
        .iter()
        .find_map(|i| i.importance.interval())
        .map_or_else(String::new, |i| {
            format!("Brackets hold {} intervals. ", say::threshold(i.level))
        });
    Table {
        caption: "What each input contributes".into(),
        columns,
        bodies: vec![Body { head: None, rows }],
        note: Some(format!(
            "{level}Importance is the mean size of an input's contribution, whichever way it points; the mean contribution keeps the sign, so that raising and lowering cancel. Losses below zero are chance. {}",
            explained::CAUTION
        )),
    }
}

fn cells(leaning: &Leaning<'_>, input: &InputShare, signed: bool) -> Vec<Cell> {
    let scale = leaning.main.scale;
    let mut name = Cell::from(vec![strong(input.input.clone())]);
    if !input.together.is_empty() {
        let names = input.together.join(", ");
        name.under.push(vec![small(format!("together: {names}"))]);
    }
    let mut cells = vec![
        name,
        sized(scale, &input.importance, false),
        shared(&input.share),
    ];
    if signed {
        cells.push(input.mean.as_ref().map_or_else(
            || Cell::from(vec![small("–")]),
            |mean| sized(scale, mean, true),
        ));
    }
    for other in &leaning.others {
        cells.push(match line_of(other, input) {
            None => Cell::from(vec![small("not asked")]),
            Some(theirs) => {
                let mut cell = match other.scale {
                    Scale::Brier | Scale::AurocDrop => {
                        sized(other.scale, &theirs.importance, false)
                    }
                    _ => shared(&theirs.share),
                };
                if theirs.input != input.input {
                    let what = format!("of {}", theirs.input);
                    cell.under.push(vec![small(what)]);
                }
                cell
            }
        });
    }
    cells
}

/// A size with its interval under it; `?` and why when it is not known.
pub fn sized(scale: Scale, value: &Value, signed: bool) -> Cell {
    let Value::Known {
        point, interval, ..
    } = value
    else {
        return unknown(value);
    };
    let (number, whole) = if signed {
        (
            explained::signed(scale, *point),
            explained::signed_value(scale, value),
        )
    } else {
        (
            explained::amount(scale, *point),
            explained::value(scale, value),
        )
    };
    let range = whole
        .strip_prefix(&number)
        .unwrap_or_default()
        .trim()
        .to_owned();
    let cell = Cell::from(number);
    match interval {
        Some(_) => cell.under(vec![small(range)]),
        None => cell,
    }
}

/// A share with its interval under it; `?` and why when it is not known.
pub fn shared(value: &Value) -> Cell {
    let Value::Known {
        point, interval, ..
    } = value
    else {
        return unknown(value);
    };
    let i = interval.as_ref();
    let cell = Cell::from(say::point(Kind::Share, *point, i));
    match i {
        Some(i) => cell.under(vec![small(format!(
            "({})",
            say::interval(Kind::Share, *point, i)
        ))]),
        None => cell,
    }
}

/// `?` and why.
pub fn unknown(value: &Value) -> Cell {
    Cell::from(vec![strong("?")]).under(vec![small(explained::absent(value))])
}
