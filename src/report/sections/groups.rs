//! Groups and centres: forest plots, and the same numbers as tables.

use super::performance::with_interval;
use crate::record::Value;
use crate::report::document::{
    Block, Body, Cell, Figure, Line, Manner, Row, Section, Table, line, numbers, small, strong,
    text_of, words,
};
use crate::report::figure::{self, Entry, Mark, Panel, Scale};
use crate::report::lexicon::{self, Better};
use crate::report::reading;
use crate::report::view::{Member, View};
use crate::report::words::{self as say, Kind};

/// Pairs of measures that share one picture.
const PAIRS: [[&str; 2]; 2] = [["auroc", "oe-ratio"], ["sensitivity", "net-benefit"]];
/// Columns of the table.
const COLUMNS: [&str; 8] = [
    "auroc",
    "oe-ratio",
    "calibration-slope",
    "sensitivity",
    "specificity",
    "ppv",
    "alert-rate",
    "net-benefit",
];
/// Rows on one picture, so that it fits on a page.
const ROWS: usize = 30;

/// Everyone and every group that is no centre.
pub fn groups(view: &View<'_>) -> Option<Section> {
    let members = view.groups();
    (!members.is_empty()).then(|| {
        let intro = "A difference between groups is a reason to look, not a proof of unfairness: where the event is rarer, PPV and net benefit are lower even when every risk is right.";
        let mut blocks = vec![Block::Paragraph(Manner::Aside, line(intro))];
        blocks.extend(pictures(view, &members, "groups"));
        blocks.push(Block::Table(table(view, &members, "Groups and their measures")));
        Section::new(view.id("groups"), 3, "Groups", blocks).brief()
    })
}

/// Everyone and every centre.
pub fn sites(view: &View<'_>) -> Option<Section> {
    let members = view.sites();
    (!members.is_empty()).then(|| {
        let mut blocks: Vec<Block> = spread(view, &members).into_iter().collect();
        blocks.extend(pictures(view, &members, "sites"));
        blocks.push(Block::Table(table(
            view,
            &members,
            "Centres and their measures",
        )));
        Section::new(view.id("sites"), 3, "Centres", blocks).brief()
    })
}

/// From the lowest to the highest centre, in words.
fn spread(view: &View<'_>, members: &[Member<'_>]) -> Option<Block> {
    let mut parts = Vec::new();
    for measure in ["auroc", "oe-ratio"] {
        let kind = lexicon::kind(measure);
        let known: Vec<(f64, &str)> = members
            .iter()
            .filter_map(|m| {
                Some((
                    view.headline(measure, Some(&m.count.group))?.known()?,
                    m.level.as_str(),
                ))
            })
            .collect();
        let low = known.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
        let high = known.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
        parts.push(format!(
            "{} runs from {} ({}) to {} ({})",
            lexicon::name(measure),
            say::number(kind, low.0),
            low.1,
            say::number(kind, high.0),
            high.1
        ));
    }
    let words = format!(
        "{} over {}; part of that is chance.",
        say::listed(&parts),
        say::many(members.len(), "centre", "centres")
    );
    Some(Block::Paragraph(Manner::Plain, line(words)))
}

fn pictures(view: &View<'_>, members: &[Member<'_>], name: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (p, pair) in PAIRS.iter().enumerate() {
        let measured: Vec<&str> = pair
            .iter()
            .copied()
            .filter(|m| {
                members
                    .iter()
                    .any(|g| view.headline(m, Some(&g.count.group)).is_some())
            })
            .collect();
        if measured.is_empty() {
            continue;
        }
        let parts = members.chunks(ROWS);
        let count = parts.len();
        for (c, part) in parts.enumerate() {
            let titles: Vec<String> = measured.iter().map(|m| titled(view, m)).collect();
            let more = if count > 1 {
                format!(" ({} of {count})", c + 1)
            } else {
                String::new()
            };
            let panels: Vec<Panel> = measured.iter().map(|m| panel(view, m)).collect();
            let rows = entries(view, part, &measured);
            blocks.push(Block::Figures(vec![Figure {
                id: view.id(&format!("forest-{name}-{p}-{c}")),
                title: format!("{} by {}{more}", say::listed(&titles), if name == "sites" { "centre" } else { "group" }),
                reading: "Squares grow with the number of events; lines are 95 % intervals, arrows where they run on; the diamond and the dashed line are everyone. An open square with † differs from its reference group: the interval of the gap leaves out \u{201c}no difference\u{201d}. The same numbers stand in the table below.".into(),
                told: String::new(),
                drawing: figure::forest(&panels, &rows, view.evidence.dataset.synthetic),
                wide: true,
            }]));
        }
    }
    blocks
}

/// The measure's name with its threshold, when it has one.
fn titled(view: &View<'_>, measure: &str) -> String {
    let plain = view
        .evidence
        .estimates
        .iter()
        .any(|e| e.measure == measure && e.at.is_none());
    let at = view
        .decision
        .filter(|_| !plain)
        .map(crate::record::At::threshold);
    format!("{}{}", lexicon::short(measure), reading::at(at))
}

fn panel(view: &View<'_>, measure: &str) -> Panel {
    let neutral = match lexicon::better(measure) {
        Better::Near(x) => Some(x),
        _ if measure == "net-benefit" => Some(0.0),
        _ => None,
    };
    let ratio = lexicon::kind(measure) == Kind::Ratio;
    let limits = match lexicon::kind(measure) {
        Kind::Ratio => [0.1, 10.0],
        Kind::Share | Kind::Index => [0.0, 1.0],
        Kind::Signed | Kind::Small => [-10.0, 10.0],
    };
    Panel {
        title: titled(view, measure),
        scale: if ratio {
            Scale::Logarithmic
        } else {
            Scale::Linear
        },
        limits,
        neutral,
        percent: lexicon::kind(measure) == Kind::Share,
    }
}

fn entries(view: &View<'_>, members: &[Member<'_>], measures: &[&str]) -> Vec<Entry> {
    let profile = &view.evidence.profile;
    let most = members
        .iter()
        .filter_map(|m| m.count.events.known())
        .max()
        .unwrap_or(1)
        .max(1) as f64;
    let mut entries = vec![Entry::Row {
        label: "everyone".into(),
        rows: say::count(&profile.rows),
        events: say::count(&profile.events),
        overall: true,
        marks: measures
            .iter()
            .map(|m| mark(m, view.headline(m, None), 1.0, false))
            .collect(),
    }];
    let mut last = "";
    let several = members.iter().any(|m| m.by != "site");
    for member in members {
        if several && member.by != last {
            entries.push(Entry::Head(member.by.clone()));
            last = &member.by;
        }
        let weight = member.count.events.known().map_or(0.0, |n| n as f64 / most);
        let marks = measures.iter().map(|m| {
            mark(
                m,
                view.headline(m, Some(&member.count.group)),
                weight,
                view.differs(m, member),
            )
        });
        entries.push(Entry::Row {
            label: member.level.clone(),
            rows: say::count(&member.count.rows),
            events: say::count(&member.count.events),
            overall: false,
            marks: marks.collect(),
        });
    }
    entries
}

fn mark(measure: &str, value: Option<&Value>, weight: f64, differs: bool) -> Mark {
    let kind = lexicon::kind(measure);
    match value {
        None => Mark::None("not measured".into()),
        Some(Value::Known {
            point, interval, ..
        }) => Mark::Known {
            point: *point,
            interval: interval.as_ref().map(|i| [i.low, i.high]),
            text: value.map_or_else(String::new, |v| say::value(kind, v)),
            weight,
            differs,
        },
        Some(Value::Undefined { undefined }) => Mark::None(say::briefly(*undefined).into()),
        Some(Value::Masked { masked }) if masked == "complement" => Mark::None("hidden".into()),
        Some(Value::Masked { masked }) => Mark::None(say::hidden(masked)),
    }
}

fn table(view: &View<'_>, members: &[Member<'_>], caption: &str) -> Table {
    let measures: Vec<&str> = COLUMNS
        .into_iter()
        .filter(|m| {
            members
                .iter()
                .any(|g| view.headline(m, Some(&g.count.group)).is_some())
        })
        .collect();
    let mut columns = vec![words("group"), numbers("rows"), numbers("events")];
    columns.extend(measures.iter().map(|m| numbers(lexicon::short(m))));
    let everyone = Row {
        cells: everyone(view, &measures),
        strong: true,
    };
    let mut bodies = vec![Body {
        head: None,
        rows: vec![everyone],
    }];
    for member in members {
        let head: Line = vec![text_of(member.by.clone())];
        let row = Row::new(cells(view, member, &measures));
        match bodies.last_mut() {
            Some(body) if body.head.as_ref().is_some_and(|h| same(h, &member.by)) => {
                body.rows.push(row)
            }
            _ => bodies.push(Body {
                head: Some(head),
                rows: vec![row],
            }),
        }
    }
    let note = "Brackets hold 95 % intervals. † differs from its reference group. “few” marks fewer than 100 rows, 20 events or 20 without the event: read these numbers as hints.";
    let at = view.decision.map_or_else(String::new, |t| {
        format!("; those with a threshold at {}", say::threshold(t))
    });
    Table {
        caption: format!("{caption}{at}"),
        columns,
        bodies,
        note: Some(note.into()),
    }
}

fn same(head: &Line, by: &str) -> bool {
    matches!(head.first(), Some(crate::report::document::Inline::Text(t)) if t == by)
}

fn everyone(view: &View<'_>, measures: &[&str]) -> Vec<Cell> {
    let profile = &view.evidence.profile;
    let mut cells = vec![
        Cell::from("everyone"),
        say::count(&profile.rows).into(),
        say::count(&profile.events).into(),
    ];
    cells.extend(
        measures
            .iter()
            .map(|m| with_interval(lexicon::kind(m), view.headline(m, None))),
    );
    cells
}

fn cells(view: &View<'_>, member: &Member<'_>, measures: &[&str]) -> Vec<Cell> {
    let mut name = Cell::from(member.level.as_str());
    if member.is_small() && member.count.rows.known().is_some() {
        name.under.push(vec![small("few")]);
    }
    let mut cells = vec![
        name,
        say::count(&member.count.rows).into(),
        say::count(&member.count.events).into(),
    ];
    cells.extend(measures.iter().map(|m| {
        let mut cell = with_interval(
            lexicon::kind(m),
            view.headline(m, Some(&member.count.group)),
        );
        if view.differs(m, member) {
            cell.main.push(strong(" †"));
        }
        cell
    }));
    cells
}
