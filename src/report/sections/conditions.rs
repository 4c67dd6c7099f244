//! All conditions with their verdicts, reasons and sources.

use crate::record::{AnsweredBy, Finding, Level, SourceCard, Verdict};
use crate::report::document::{
    Block, Body, Cell, Inline, Line, Manner, Row, Section, Table, Tone, line, small, strong,
    text_of, ticked, words,
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
            let advice = group.iter().filter(|f| f.level == Level::Should).count();
            let advice = match advice {
                n if n > 0 && n < group.len() => format!(", {n} of them advice"),
                _ => String::new(),
            };
            let head = vec![
                Inline::Chip(*tone, (*head).to_owned()),
                text_of(format!(" {}{advice}", group.len())),
            ];
            bodies.push(Body {
                head: Some(head),
                rows: group.into_iter().map(row).collect(),
            });
        }
    }
    let intro = "A condition on a number is met only when the whole interval lies inside what is asked, and not met only when the whole interval lies outside; one that is judged on the point alone says so. Where there is no evidence, or it cannot tell, the condition cannot be assessed.";
    let table = Table {
        caption: format!("Conditions for {}", view.evidence.study),
        columns: vec![
            words("condition").wide(25),
            words("because").wide(30),
            words("what to do, and why it is asked").wide(28),
            words("source").wide(17),
        ],
        bodies,
        note: None,
    };
    let blocks = vec![
        Block::Paragraph(Manner::Aside, line(intro)),
        Block::Table(table),
    ];
    Section::new(view.id("conditions"), 3, "Conditions", blocks).brief()
}

const HEADS: [(Tone, &str); 6] = [
    (Tone::NotMet, "not met"),
    (Tone::Unknown, "cannot be assessed"),
    (Tone::Excused, "excused by waiver"),
    (Tone::Aside, "advice, not followed or unknown"),
    (Tone::Met, "met"),
    (Tone::Aside, "does not apply"),
];

fn place_of(f: &Finding) -> usize {
    match f.verdict {
        Verdict::NotApplicable => 5,
        Verdict::Met => 4,
        _ if f.level == Level::Should => 3,
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
    let title = Cell::from(vec![strong(f.title.clone())])
        .under(vec![small(format!("{}, {answered}", say::level(f.level)))])
        .under(vec![Inline::Code(f.condition.clone())]);
    let open = matches!(f.verdict, Verdict::NotMet | Verdict::NotAssessable);
    let mut because = Cell::from(ticked(&f.because));
    if open && f.level == Level::Should {
        let tone = if f.verdict == Verdict::NotMet {
            Tone::NotMet
        } else {
            Tone::Unknown
        };
        because
            .main
            .insert(0, Inline::Chip(tone, say::verdict(f.verdict).into()));
        because.main.insert(1, text_of(" "));
    }
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
            text_of(format!(
                "{} By {}, until {}.",
                say::sentence(&w.reason),
                w.by,
                w.until
            )),
        ]);
    }
    let why = vec![small(f.why.clone())];
    let help = if open {
        Cell::from(ticked(&f.help)).under(why)
    } else {
        Cell::from(why)
    };
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
        cell.under(vec![small("text not yet checked against the source")])
    }
}
