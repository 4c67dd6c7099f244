//! The last pages: where the numbers come from, and what the words mean.

use crate::record::{Digests, Record};
use crate::report::document::{
    Block, Body, Cell, Inline, Line, Manner, Row, Section, Table, line, small, text_of, words,
};
use crate::report::view::View;
use crate::report::words as say;
use crate::report::{explained, lexicon};
use std::collections::BTreeMap;

/// Versions, seed and digests. No times, threads or machine: they are in `record.json`, and equal runs give equal pages.
pub fn provenance(record: &Record) -> Section {
    let p = &record.provenance;
    let code = |text: &str| -> Line {
        if text.is_empty() {
            vec![Inline::Absent("not recorded".into())]
        } else {
            vec![Inline::Code(text.to_owned())]
        }
    };
    let replicates = match p.replicates {
        0 => "none: only intervals with a closed form".to_owned(),
        n => format!(
            "{} bootstrap replicates, patients drawn whole",
            say::whole(n)
        ),
    };
    let facts = vec![
        (
            "keur".into(),
            line(format!(
                "version {}, record format {}",
                p.keur, record.format
            )),
        ),
        ("Study file".into(), code(&p.study_file)),
        ("Its SHA-256".into(), code(&p.study_file_sha256)),
        ("Seed".into(), line(p.seed.to_string())),
        ("Resampling".into(), line(replicates)),
        (
            "Smallest number shown".into(),
            line(format!(
                "{} people; smaller ones, and those that would give them away, are hidden",
                p.min_cell
            )),
        ),
    ];
    let mut blocks = vec![Block::Facts(facts)];
    for (what, digests) in [("model", &p.models), ("dataset", &p.datasets)] {
        if !digests.is_empty() {
            blocks.push(Block::Table(table(what, digests)));
        }
    }
    let again = "Every page can be made again from record.json, without model or data: keur report record.json. Start, duration and machine stand there too.";
    blocks.push(Block::Paragraph(Manner::Aside, line(again)));
    Section::new("provenance", 2, "Where the numbers come from", blocks)
}

fn table(what: &str, digests: &BTreeMap<String, Digests>) -> Table {
    let rows = digests.iter().map(|(id, d)| {
        let file = d.file_sha256.as_ref().map_or_else(
            || vec![small("no file")],
            |sha| vec![Inline::Code(sha.clone())],
        );
        let mut digest = Cell::from(vec![small("card "), Inline::Code(d.card_sha256.clone())]);
        let mut under: Line = vec![small("file ")];
        under.extend(file);
        digest.under.push(under);
        for (name, sha) in &d.others_sha256 {
            digest.under.push(vec![
                small("file "),
                Inline::Code(name.clone()),
                small(" "),
                Inline::Code(sha.clone()),
            ]);
        }
        if let Some(engine) = &d.engine {
            digest
                .under
                .push(vec![small("scored by "), text_of(engine.clone())]);
        }
        Row::new(vec![Cell::from(vec![text_of(id.clone())]), digest])
    });
    Table {
        caption: format!("SHA-256 of every {what}"),
        columns: vec![words(what), words("SHA-256")],
        bodies: vec![Body {
            head: None,
            rows: rows.collect(),
        }],
        note: None,
    }
}

/// Measures that the record holds and the words around them.
pub fn glossary(views: &[View<'_>]) -> Section {
    let mut seen: Vec<&str> = Vec::new();
    for estimate in views.iter().flat_map(|v| &v.evidence.estimates) {
        if !seen.contains(&estimate.measure.as_str()) {
            seen.push(&estimate.measure);
        }
    }
    let mut facts: Vec<(String, Line)> = lexicon::TERMS
        .iter()
        .map(|(term, meaning)| ((*term).to_owned(), line(*meaning)))
        .collect();
    facts.extend(
        seen.into_iter()
            .filter_map(lexicon::find)
            .map(|e| (e.name.to_owned(), line(e.meaning))),
    );
    if views.iter().any(|v| !v.evidence.attributions.is_empty()) {
        let terms = explained::TERMS.iter();
        facts.extend(terms.map(|(term, meaning)| ((*term).to_owned(), line(*meaning))));
    }
    Section::new("glossary", 2, "Words", vec![Block::Facts(facts)])
}
