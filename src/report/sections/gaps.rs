//! The comparisons between groups that a board reads; the record holds all that were made.

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
    let read: Vec<&Gap> = gaps.iter().filter(|gap| is_read(gap, view)).collect();
    for gap in &read {
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
        "Of {} comparisons made, {shown} leave out \u{201c}no difference\u{201d}; by chance alone about one in twenty would. \u{201c}No difference shown\u{201d} does not mean that there is none: the interval says how large it may still be.",
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
        bodies: bodies
            .into_iter()
            .map(|(by, rows)| Body {
                head: Some(line(by)),
                rows,
            })
            .collect(),
        note: Some(format!(
            "Points are percentage points. The reference is the one the dataset card names, else the largest group. Shown are {} of {} comparisons: the others, of further measures and thresholds, stand in record.json.",
            read.len(),
            gaps.len()
        )),
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

/// Measures that say who is served worse, or how much work falls on whom, where it is decided.
const READ: [&str; 9] = [
    "auroc",
    "oe-ratio",
    "calibration-intercept",
    "calibration-slope",
    "sensitivity",
    "specificity",
    "ppv",
    "alert-rate",
    "net-benefit",
];

/// One kind of gap a measure, at the decision threshold.
fn is_read(gap: &Gap, view: &View<'_>) -> bool {
    let threshold = gap.at.and_then(|at| at.threshold);
    let usual = if gap.measure == "oe-ratio" {
        GapKind::Ratio
    } else {
        GapKind::Difference
    };
    READ.contains(&gap.measure.as_str())
        && gap.kind == usual
        && (threshold.is_none() || threshold == view.decision)
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
