//! Who is served worse, and about whom nothing can be said.

use crate::record::{Gap, GapKind, Value};
use crate::report::document::{Block, Line, Manner, Section, line, strong, text_of};
use crate::report::lexicon::{self, Better};
use crate::report::reading;
use crate::report::view::{Member, View, excludes_none};
use crate::report::words as say;

/// Measures whose gaps do not come from how common the event is in a group.
const FIRST_PAGE: [&str; 6] = [
    "sensitivity",
    "specificity",
    "oe-ratio",
    "calibration-intercept",
    "calibration-slope",
    "auroc",
];

/// Gaps that leave out "no difference" and groups with too few people, in words.
pub fn served(view: &View<'_>) -> Section {
    let mut blocks = Vec::new();
    let asked = !view.evidence.profile.groups.is_empty();
    if !asked {
        let words = "No groups were asked for, so nothing can be said about who is served worse.";
        blocks.push(Block::Paragraph(Manner::Plain, vec![strong(words)]));
    } else {
        blocks.extend(worse(view));
        blocks.extend(unknown(view));
    }
    Section::new(
        view.id("served"),
        4,
        "Who is served worse, or unknown",
        blocks,
    )
    .brief()
}

fn worse(view: &View<'_>) -> Vec<Block> {
    let compared: Vec<&Gap> = view
        .evidence
        .gaps
        .iter()
        .filter(|g| is_first_page(view, g))
        .collect();
    if compared.is_empty() {
        let words = "No group was compared with another, so no difference can be shown.";
        return vec![Block::Paragraph(Manner::Plain, line(words))];
    }
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for gap in compared.iter().filter(|g| excludes_none(g) == Some(true)) {
        let (who, what) = told(view, gap);
        match lines.iter_mut().find(|(w, _)| *w == who) {
            Some((_, list)) => list.push(what),
            None => lines.push((who, vec![what])),
        }
    }
    let chance = ((compared.len() as f64 / 20.0).round() as usize).max(1);
    let note = format!(
        "{} made; by chance alone about {chance} in that many would look like a difference. Measures that move with how common the event is (PPV, net benefit, alert rate) stand in the table of gaps.",
        say::many(compared.len(), "comparison was", "comparisons were")
    );
    let note = Block::Paragraph(Manner::Aside, line(note));
    if lines.is_empty() {
        let mut words = vec![strong("No difference between groups is shown. ")];
        words.push(text_of(format!(
            "That is not proof that all are served alike{}",
            widest(&compared)
        )));
        return vec![Block::Paragraph(Manner::Plain, words), note];
    }
    let items = lines
        .into_iter()
        .map(|(who, what)| vec![strong(who), text_of(what.join("; "))]);
    let items = shortened(items, "in the table of gaps");
    let intro = line(
        "Served worse, where the interval of the gap leaves out \u{201c}no difference\u{201d}:",
    );
    vec![
        Block::Paragraph(Manner::Plain, intro),
        Block::List(items),
        note,
    ]
}

fn is_first_page(view: &View<'_>, gap: &Gap) -> bool {
    let at = gap.at.and_then(|at| at.threshold);
    let twin = |g: &Gap| {
        g.kind == GapKind::Difference
            && g.measure == gap.measure
            && g.by == gap.by
            && g.at == gap.at
            && g.groups == gap.groups
    };
    FIRST_PAGE.contains(&gap.measure.as_str())
        && (at.is_none() || at == view.decision)
        && gap.value.known().is_some()
        && (gap.kind == GapKind::Difference || !view.evidence.gaps.iter().any(twin))
}

/// Who fares worse against whom, and by how much.
fn told(view: &View<'_>, gap: &Gap) -> (String, String) {
    let [level, reference] = &gap.groups;
    let value = |name: &str| {
        let member = view.member(&gap.by, name)?;
        view.value(
            &gap.measure,
            gap.at.and_then(|at| at.threshold),
            Some(&member.count.group),
        )?
        .known()
    };
    let (mine, theirs) = (value(level), value(reference));
    let up = reading::is_up(gap);
    let turned = match lexicon::better(&gap.measure) {
        Better::Higher => up,
        Better::Lower => !up,
        Better::Near(best) => match (mine, theirs) {
            (Some(a), Some(b)) => (a - best).abs() < (b - best).abs(),
            _ => false,
        },
        Better::Neither => false,
    } && gap.kind == GapKind::Difference;
    let (worse, other) = if turned {
        (reference, level)
    } else {
        (level, reference)
    };
    let size = if turned {
        reading::gap_turned(gap)
    } else {
        reading::gap(gap)
    };
    let kind = lexicon::kind(&gap.measure);
    let (mine, theirs) = if turned {
        (theirs, mine)
    } else {
        (mine, theirs)
    };
    let pair = match (mine, theirs) {
        (Some(a), Some(b)) => format!(
            " {} against {}, ",
            say::number(kind, a),
            say::number(kind, b)
        ),
        _ => " ".into(),
    };
    let name = lexicon::name(&gap.measure);
    let what = format!("{name}{}{pair}gap {size}", reading::at(gap.at));
    (format!("{worse} ({}), against {other}: ", gap.by), what)
}

/// The largest gap in sensitivity that the data still allow, when sensitivity was compared.
fn widest(gaps: &[&Gap]) -> String {
    let far = |g: &Gap| {
        g.value
            .interval()
            .map_or(0.0, |i| i.low.abs().max(i.high.abs()))
    };
    let most = gaps
        .iter()
        .filter(|g| g.measure == "sensitivity" && g.kind == GapKind::Difference)
        .max_by(|a, b| far(a).total_cmp(&far(b)));
    most.map_or_else(
        || ".".into(),
        |g| {
            let [level, reference] = &g.groups;
            let points = say::fixed(far(g) * 100.0, 0);
            format!(": the data still allow a gap in sensitivity of {points} points ({} {level} against {reference}).", g.by)
        },
    )
}

fn unknown(view: &View<'_>) -> Vec<Block> {
    let members: Vec<Member<'_>> = view.groups().into_iter().chain(view.sites()).collect();
    let small: Vec<Line> = members.iter().filter(|m| m.is_small()).map(named).collect();
    let silent: Vec<Line> = members
        .iter()
        .filter(|m| !m.is_small())
        .filter_map(|m| mute(view, m))
        .collect();
    if small.is_empty() && silent.is_empty() {
        return Vec::new();
    }
    let mut words = vec![strong("Not enough data to say")];
    words.push(text_of(" how the model serves these groups (hidden, or fewer than 100 rows, 20 events or 20 without the event):"));
    vec![
        Block::Paragraph(Manner::Plain, words),
        Block::List(shortened(
            small.into_iter().chain(silent),
            "in the tables of groups and centres",
        )),
    ]
}

/// So many that a page can hold them, and a word about the others.
fn shortened(items: impl Iterator<Item = Line>, where_else: &str) -> Vec<Line> {
    const LONGEST: usize = 15;
    let mut items: Vec<Line> = items.collect();
    if items.len() > LONGEST {
        let others = items.len() - LONGEST;
        items.truncate(LONGEST);
        items.push(vec![strong(format!("and {others} more, {where_else}"))]);
    }
    items
}

fn named(m: &Member<'_>) -> Line {
    let counts = format!(
        ": {} rows, {} events",
        say::count(&m.count.rows),
        say::count(&m.count.events)
    );
    vec![strong(format!("{} {}", m.by, m.level)), text_of(counts)]
}

/// A group that is large enough and still has no number that counts.
fn mute(view: &View<'_>, m: &Member<'_>) -> Option<Line> {
    let why = FIRST_PAGE.iter().filter_map(|measure| {
        let value = view.headline(measure, Some(&m.count.group))?;
        let why = match value {
            Value::Known { .. } => return None,
            other => say::value(lexicon::kind(measure), other),
        };
        Some(format!("{} ({why})", lexicon::name(measure)))
    });
    let why: Vec<String> = why.collect();
    (!why.is_empty()).then(|| {
        vec![
            strong(format!("{} {}: ", m.by, m.level)),
            text_of(format!("no {}", say::listed(&why))),
        ]
    })
}
