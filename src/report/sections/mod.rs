//! The report in order: overview, one part for each study, then where it all comes from.

mod answer;
mod back;
mod cards;
mod cohort;
mod conditions;
mod figures;
mod gaps;
mod groups;
mod leans;
mod overview;
mod performance;
mod served;
mod study;

use crate::record::Record;
use crate::report::document::{Block, Document, Line, Manner, Tone, strong, text_of};
use crate::report::view::View;

/// The whole report.
pub fn document(record: &Record) -> Document {
    let views: Vec<View<'_>> = record
        .evidence
        .iter()
        .enumerate()
        .map(|(i, e)| View::new(e, i))
        .collect();
    let mut blocks = vec![Block::Paragraph(Manner::Aside, under_title(record))];
    blocks.extend(synthetic(&views));
    blocks.extend(overview::overview(&views).map(Block::Section));
    blocks.extend(views.iter().map(|view| Block::Section(study::study(view))));
    blocks.push(Block::Section(back::provenance(record)));
    blocks.push(Block::Section(back::glossary(&views)));
    let title = if record.title.trim().is_empty() {
        "Validation report".to_owned()
    } else {
        record.title.clone()
    };
    Document { title, blocks }
}

fn under_title(record: &Record) -> Line {
    let p = &record.provenance;
    let mut line = vec![text_of(format!(
        "Validation report for the clinical AI board, made by keur {}",
        p.keur
    ))];
    if !p.study_file.is_empty() {
        line.push(text_of(" from "));
        line.push(crate::report::document::Inline::Code(p.study_file.clone()));
    }
    line.push(text_of(". It shows evidence; the decision is the board's."));
    line
}

fn synthetic(views: &[View<'_>]) -> Option<Block> {
    let made = views
        .iter()
        .filter(|v| v.evidence.dataset.synthetic)
        .count();
    let which = match (made, views.len()) {
        (0, _) => return None,
        (m, n) if m == n => "no row in this report describes a real person.".to_owned(),
        (m, n) => format!("in {m} of {n} studies no row describes a real person; each is marked."),
    };
    let words = vec![
        strong("SYNTHETIC DATA: "),
        text_of(which),
        text_of(" Nothing follows from it for the care of anyone."),
    ];
    Some(Block::Banner(Tone::Synthetic, words))
}
