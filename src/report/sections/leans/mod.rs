//! What the model leans on: in words, input by input, group by group, along inputs, for mean patients; and whether the
//! explanation itself holds.

mod along;
mod attributes;
mod direction;
mod equation;
mod groups;
mod inputs;
mod nomogram;
mod pairs;
mod patients;
mod quality;
mod says;
mod totals;

use crate::record::{Attribution, Passed};
use crate::report::document::{Block, Line, Manner, Section, strong, text_of, ticked};
use crate::report::figure::Notice;
use crate::report::leaning::{Leaning, completeness};
use crate::report::view::View;
use crate::report::words as say;

const HEADING: &str = "What the model leans on";

/// The whole part; without an explanation one sentence that says why.
pub fn leans(view: &View<'_>) -> Section {
    let mut blocks = Vec::new();
    match Leaning::of(view) {
        None => blocks.push(Block::Paragraph(Manner::Plain, none(view))),
        Some(leaning) => {
            blocks.extend(says::says(view, &leaning));
            blocks.push(Block::Section(inputs::inputs(view, &leaning)));
            blocks.extend(groups::groups(view, &leaning).map(Block::Section));
        }
    }
    let parts = [
        equation::equation(view),
        along::along(view),
        patients::patients(view),
        attributes::attributes(view),
        quality::quality(view),
    ];
    blocks.extend(parts.into_iter().flatten().map(Block::Section));
    Section::new(view.id("leans"), 3, HEADING, blocks).brief()
}

/// Why there is no explanation: the study broke, a note says it, or nobody does.
fn none(view: &View<'_>) -> Line {
    const HEADS: [&str; 2] = ["no explanation was made", "the model was not explained"];
    let e = view.evidence;
    let mut words = vec![strong("No explanation was made: ")];
    let noted = e.notes.iter().find_map(|note| {
        let rest = HEADS.iter().find_map(|head| {
            let start = note.get(..head.len())?;
            start
                .eq_ignore_ascii_case(head)
                .then(|| note.get(head.len()..))?
        })?;
        Some(rest.trim_start_matches([':', ' ']).to_owned())
    });
    if let Some(failure) = &e.failure {
        words.push(text_of("the study did not finish. "));
        words.extend(ticked(&say::sentence(&failure.what)));
    } else if let Some(why) = noted.filter(|why| !why.trim().is_empty()) {
        words.extend(ticked(&say::sentence(&why)));
    } else if e.model.format.starts_with("treat-") {
        words.push(text_of(
            "this is a strategy to compare with, and it looks at no input.",
        ));
        return words;
    } else {
        words.push(text_of("the record holds none."));
    }
    words.push(text_of(" What the model leans on is not known."));
    words
}

/// What stands in the picture itself when the test that contributions add up failed, or could not be made.
fn warning(attribution: &Attribution) -> Option<String> {
    match completeness(attribution)? {
        Passed::Passed => None,
        Passed::Failed => Some(
            "✗ The completeness test failed: these contributions do not add up to the score. Do not rely on this picture."
                .to_owned(),
        ),
        Passed::NotAssessable => Some(
            "? Whether these contributions add up to the score could not be tested.".to_owned(),
        ),
    }
}

/// The notice of a picture of this explanation.
fn notice(view: &View<'_>, attribution: Option<&Attribution>) -> Notice {
    Notice {
        synthetic: view.evidence.dataset.synthetic,
        warning: attribution.and_then(warning),
    }
}
