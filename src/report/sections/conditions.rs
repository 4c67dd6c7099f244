//! All conditions with their verdicts, reasons and sources.

use crate::record::{AnsweredBy, Finding, SourceCard, Verdict};
use crate::report::document::{
    Block, Body, Cell, Inline, Line, Manner, Row, Section, Table, Tone, line, small, strong,
    text_of, words,
};
use crate::report::view::View;
use crate::report::words as say;

/// One table, open ones first, excused ones with reason, name and date.
pub fn conditions(view: &View<'_>) -> Section {
    let findings = &view.evidence.findings;
    let mut bodies: Vec<Body> = Vec::new();
    for (place, (tone, head)) in HEADS.iter().enumerate() {
        let mut group: Vec<&Finding> = findings.iter().filter(|f| place_of(f) == place).collect();
        group.sort_by_key(|f| f.level);
        if !group.is_empty() {
            let head = vec![
                Inline::Chip(*tone, (*head).to_owned()),
                text_of(format!(" {}", group.len())),
            ];
            bodies.push(Body {
                head: Some(head),
                rows: group.into_iter().map(row).collect(),
            });
        }
    }
    let intro = "A condition is met only when the whole interval lies inside what is asked, and not met only when the whole interval lies outside. Everything else cannot be assessed.";
    let table = Table {
        caption: format!("Conditions for {}", view.evidence.study),
        columns: ["condition", "because", "what to do", "source"]
            .map(words)
            .to_vec(),
        bodies,
        note: None,
    };
    let blocks = vec![
        Block::Paragraph(Manner::Aside, line(intro)),
        Block::Table(table),
    ];
    Section::new(view.id("conditions"), 3, "Conditions", blocks).brief()
}

const HEADS: [(Tone, &str); 5] = [
    (Tone::NotMet, "not met"),
    (Tone::Unknown, "cannot be assessed"),
    (Tone::Excused, "excused by waiver"),
    (Tone::Met, "met"),
    (Tone::Aside, "does not apply"),
];

fn place_of(f: &Finding) -> usize {
    match f.verdict {
        Verdict::NotApplicable => 4,
        Verdict::Met => 3,
        _ if f.waived.is_some() => 2,
        Verdict::NotAssessable => 1,
        Verdict::NotMet => 0,
    }
}

fn row(f: &Finding) -> Row {
    let answered = match f.answered_by {
        AnsweredBy::Measured => "measured",
        AnsweredBy::Declared => "declared",
        AnsweredBy::Judged => "judged by a person",
    };
    let title = Cell::from(vec![strong(f.title.clone())]).under(vec![
        small(format!("{} · {answered} · ", say::level(f.level))),
        Inline::Code(f.condition.clone()),
    ]);
    let mut because = Cell::from(f.because.clone());
    if let Some(w) = &f.waived {
        let verdict = say::verdict(f.verdict);
        because.under.push(vec![
            strong(format!(
                "Excused although it {}: ",
                if f.verdict == Verdict::NotMet {
                    "is not met"
                } else {
                    verdict
                }
            )),
            small(format!("{} By {}, until {}.", w.reason, w.by, w.until)),
        ]);
    }
    let mut help = Cell::default();
    if !matches!(f.verdict, Verdict::Met | Verdict::NotApplicable) {
        help = Cell::from(f.help.clone());
    }
    if !f.why.trim().is_empty() {
        help.under
            .push(vec![small(format!("Why it is asked: {}", f.why))]);
    }
    Row::new(vec![title, because, help, source(&f.source)])
}

fn source(source: &SourceCard) -> Cell {
    let mut name = source.name.clone();
    if let Some(item) = &source.item {
        name.push_str(&format!(", {item}"));
    }
    let main: Line = match &source.link {
        Some(link) => vec![Inline::Link(link.clone(), name)],
        None => line(name),
    };
    let cell = Cell::from(main);
    if source.verified {
        cell
    } else {
        cell.under(vec![Inline::Absent(
            "not yet checked against the source".into(),
        )])
    }
}
