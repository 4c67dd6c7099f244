//! Every comparison between groups that was made.

use crate::record::{Gap, GapKind, Value};
use crate::report::document::{
    Block, Body, Cell, Inline, Line, Manner, Row, Section, Table, line, numbers, strong, words,
};
use crate::report::view::{View, excludes_none};
use crate::report::{lexicon, reading};

/// One table, an attribute at a time; `None` when no groups were compared.
pub fn gaps(view: &View<'_>) -> Option<Section> {
    let gaps = &view.evidence.gaps;
    if gaps.is_empty() {
        return None;
    }
    let mut bodies: Vec<(String, Vec<Row>)> = Vec::new();
    for gap in gaps {
        match bodies.iter_mut().find(|(by, _)| *by == gap.by) {
            Some((_, rows)) => rows.push(row(gap)),
            None => bodies.push((gap.by.clone(), vec![row(gap)])),
        }
    }
    let shown = gaps
        .iter()
        .filter(|g| excludes_none(g) == Some(true))
        .count();
    let intro = format!(
        "Of {} comparisons, {shown} leave out \u{201c}no difference\u{201d}; by chance alone about one in twenty would. \u{201c}No difference shown\u{201d} does not mean that there is none: the interval says how large it may still be.",
        gaps.len()
    );
    let table = Table {
        caption: "Gaps between groups".into(),
        columns: vec![
            words("group, against").wide(27),
            words("measure").wide(20),
            numbers("gap (95 % interval)").wide(27),
            words("reading").wide(26),
        ],
        bodies: bodies.into_iter().map(|(by, rows)| Body { head: Some(line(by)), rows }).collect(),
        note: Some("Points are percentage points. The reference is the one the dataset card names, else the largest group.".into()),
    };
    let blocks = vec![
        Block::Paragraph(Manner::Aside, line(intro)),
        Block::Table(table),
    ];
    Some(Section::new(
        view.id("gaps"),
        3,
        "Gaps between groups",
        blocks,
    ))
}

fn row(gap: &Gap) -> Row {
    let [level, reference] = &gap.groups;
    let says = reading::gap_says(gap);
    let reading: Line = match excludes_none(gap) {
        Some(true) => vec![strong(format!("{says} †"))],
        _ => line(says),
    };
    let measure = format!("{}{}", lexicon::short(&gap.measure), reading::at(gap.at));
    let kind = if gap.kind == GapKind::Ratio {
        ", ratio"
    } else {
        ""
    };
    Row::new(vec![
        Cell::from(vec![
            Inline::Text(level.clone()),
            Inline::Small(format!(" against {reference}")),
        ]),
        format!("{measure}{kind}").into(),
        match gap.value {
            Value::Undefined { .. } => Cell::from("–"),
            _ => reading::gap(gap).into(),
        },
        reading.into(),
    ])
}
