//! Whether it leans alike for every group and centre: a heat map, and the same shares with their intervals.

use super::inputs::{shared, unknown};
use super::notice;
use crate::record::Value;
use crate::report::document::{
    Block, Body, Cell, Figure, Row, Section, Table, line, numbers, small, strong, text_of, words,
};
use crate::report::explained;
use crate::report::figure::{self, Heat, HeatRow};
use crate::report::leaning::{Leaner, Leaning};
use crate::report::view::View;
use crate::report::words::{self as say, Kind};

/// Inputs that have a column.
const COLUMNS: usize = 8;
/// Rows on one picture, so that it fits on a page.
const ROWS: usize = 26;

/// `None` when no group was explained.
pub fn groups(view: &View<'_>, leaning: &Leaning<'_>) -> Option<Section> {
    if leaning.members.is_empty() {
        return None;
    }
    let mut blocks = pictures(view, leaning);
    blocks.push(Block::Table(table(view, leaning)));
    let heading = "Group by group, centre by centre";
    Some(Section::new(view.id("leans-groups"), 4, heading, blocks))
}

/// The inputs that have a column.
fn columns(leaning: &Leaning<'_>) -> Vec<String> {
    let inputs = leaning.inputs.iter().take(COLUMNS);
    inputs.map(|i| i.input.clone()).collect()
}

/// Whether a group's share lies apart from its reference's.
struct Apart(Vec<[String; 3]>);

impl Apart {
    fn of(view: &View<'_>, leaning: &Leaning<'_>) -> Self {
        let (found, _) = leaning.differences(view);
        let key = |by: &str, level: &str, input: &str| [by, level, input].map(str::to_owned);
        Self(
            found
                .iter()
                .map(|d| key(&d.who.by, &d.who.level, d.input))
                .collect(),
        )
    }

    fn holds(&self, who: &Leaner<'_>, input: &str) -> bool {
        self.0
            .iter()
            .any(|[by, level, i]| *by == who.by && *level == who.level && i == input)
    }
}

fn is_reference(view: &View<'_>, leaning: &Leaning<'_>, who: &Leaner<'_>) -> bool {
    leaning
        .reference(view, &who.by)
        .is_some_and(|r| std::ptr::eq(r, who))
}

fn pictures(view: &View<'_>, leaning: &Leaning<'_>) -> Vec<Block> {
    let names = columns(leaning);
    let apart = Apart::of(view, leaning);
    let everyone = HeatRow::Row {
        label: "everyone".into(),
        about: say::count(&leaning.main.rows),
        overall: true,
        cells: leaning
            .inputs
            .iter()
            .take(COLUMNS)
            .map(|i| cell(Some(&i.share), false))
            .collect(),
    };
    let count = leaning.members.chunks(ROWS).len();
    let mut blocks = Vec::new();
    for (c, part) in leaning.members.chunks(ROWS).enumerate() {
        let mut rows = vec![everyone.clone()];
        let mut last = "";
        for who in part {
            if who.by != last {
                rows.push(HeatRow::Head(who.by.clone()));
                last = &who.by;
            }
            rows.push(HeatRow::Row {
                label: who.level.clone(),
                about: about(is_reference(view, leaning, who), who),
                overall: false,
                cells: names
                    .iter()
                    .map(|name| cell(who.share(name), apart.holds(who, name)))
                    .collect(),
            });
        }
        let more = if count > 1 {
            format!(" ({} of {count})", c + 1)
        } else {
            String::new()
        };
        let left = match leaning.inputs.len().saturating_sub(COLUMNS) {
            0 => String::new(),
            n => format!(
                " The first {COLUMNS} inputs are drawn; {n} more stand in record.json and are compared too."
            ),
        };
        blocks.push(Block::Figures(vec![Figure {
            id: view.id(&format!("leans-heat-{c}")),
            title: format!("Share of all {} by group{more}", explained::parts_of(leaning.main.scale)),
            reading: format!(
                "Each row adds up to 100 % over all inputs; darker is more. A frame with † marks a share whose interval does not touch that of the reference group. Hatched with ? means not known: too few people, or not explained.{left} {}",
                explained::CAUTION
            ),
            told: "The same numbers with their intervals stand in the table below.".into(),
            drawing: figure::heat(&names, &rows, &notice(view, Some(leaning.main))),
            wide: true,
        }]));
    }
    blocks
}

fn cell(share: Option<&Value>, differs: bool) -> Heat {
    match share {
        Some(Value::Known { point, .. }) => Heat::Known {
            share: *point,
            text: say::number(Kind::Share, *point),
            differs,
        },
        _ => Heat::Unknown,
    }
}

/// Rows, and what a reader must know of the group.
fn about(reference: bool, who: &Leaner<'_>) -> String {
    let rows = who
        .told
        .map_or_else(|| "not explained".into(), |a| say::count(&a.rows));
    match (reference, who.small && who.is_known()) {
        (true, _) => format!("reference, {rows}"),
        (_, true) => format!("few, {rows}"),
        _ => rows,
    }
}

fn table(view: &View<'_>, leaning: &Leaning<'_>) -> Table {
    let names = columns(leaning);
    let apart = Apart::of(view, leaning);
    let mut heads = vec![words("group"), numbers("rows")];
    heads.extend(names.iter().map(numbers));
    let mut first = vec![
        Cell::from("everyone"),
        say::count(&leaning.main.rows).into(),
    ];
    first.extend(
        leaning
            .inputs
            .iter()
            .take(COLUMNS)
            .map(|i| shared(&i.share)),
    );
    let mut bodies = vec![Body {
        head: None,
        rows: vec![Row {
            cells: first,
            strong: true,
        }],
    }];
    let mut last = None;
    for who in &leaning.members {
        let row = Row::new(cells(view, leaning, who, &names, &apart));
        match bodies.last_mut() {
            Some(body) if last == Some(&who.by) => body.rows.push(row),
            _ => bodies.push(Body {
                head: Some(line(who.by.clone())),
                rows: vec![row],
            }),
        }
        last = Some(&who.by);
    }
    Table {
        caption: format!(
            "Share of all {} by group, with intervals",
            explained::parts_of(leaning.main.scale)
        ),
        columns: heads,
        bodies,
        note: Some("† the interval does not touch that of the reference group. “few” marks groups that say little. ? is not known, which is neither zero nor the same as for everyone.".into()),
    }
}

fn cells(
    view: &View<'_>,
    leaning: &Leaning<'_>,
    who: &Leaner<'_>,
    names: &[String],
    apart: &Apart,
) -> Vec<Cell> {
    let mut name = Cell::from(who.level.as_str());
    if is_reference(view, leaning, who) {
        name.under.push(vec![small("reference")]);
    } else if who.small && who.is_known() {
        name.under.push(vec![small("few")]);
    }
    let rows = who.told.map_or_else(
        || Cell::from(vec![strong("?")]),
        |a| say::count(&a.rows).into(),
    );
    let mut cells = vec![name, rows];
    cells.extend(names.iter().map(|input| match who.share(input) {
        None => Cell::from(vec![strong("?")]).under(vec![small("not explained")]),
        Some(value @ Value::Known { .. }) => {
            let mut cell = shared(value);
            if apart.holds(who, input) {
                cell.main.push(text_of(" †"));
            }
            cell
        }
        Some(other) => unknown(other),
    }));
    cells
}
