//! One study: the answer first, then what it rests on.

use super::{answer, cards, cohort, conditions, figures, gaps, groups, leans, performance};
use crate::report::document::{Block, Line, Manner, Section, Tone, line, strong, text_of, ticked};
use crate::report::view::View;

/// All of a study, or what is left of it when it broke.
pub fn study(view: &View<'_>) -> Section {
    let mut blocks = Vec::new();
    if view.evidence.dataset.synthetic {
        let words = vec![
            strong("SYNTHETIC DATA: "),
            text_of("no row of this study describes a real person."),
        ];
        blocks.push(Block::Banner(Tone::Synthetic, words));
    }
    let mut parts = vec![answer::answer(view)];
    if !view.evidence.findings.is_empty() {
        parts.push(conditions::conditions(view));
    }
    parts.extend(cohort::cohort(view));
    parts.extend(performance::performance(view));
    parts.extend(figures::figures(view));
    parts.extend(performance::thresholds(view));
    parts.extend(groups::groups(view));
    parts.extend(gaps::gaps(view));
    parts.extend(groups::sites(view));
    parts.push(leans::leans(view));
    parts.extend(notes(view));
    parts.push(cards::model(view));
    parts.push(cards::dataset(view));
    let ways = parts
        .iter()
        .map(|p| (p.id.clone(), words(&p.heading)))
        .collect();
    blocks.push(Block::Contents(ways));
    blocks.extend(parts.into_iter().map(Block::Section));
    let heading = format!("Study: {}", view.evidence.study);
    Section::new(view.own_id(), 2, heading, blocks).brief()
}

fn notes(view: &View<'_>) -> Option<Section> {
    let notes: Vec<Line> = view.evidence.notes.iter().map(|n| ticked(n)).collect();
    let about = line("What a reader must know that is no number.");
    (!notes.is_empty()).then(|| {
        let blocks = vec![Block::Paragraph(Manner::Aside, about), Block::List(notes)];
        Section::new(view.id("notes"), 3, "Notes", blocks).brief()
    })
}

fn words(heading: &Line) -> String {
    use crate::report::document::Inline;
    heading
        .iter()
        .map(|piece| match piece {
            Inline::Text(t) | Inline::Strong(t) | Inline::Small(t) | Inline::Code(t) => t.as_str(),
            _ => "",
        })
        .collect()
}
