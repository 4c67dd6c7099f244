//! Which way the score goes along the first inputs.

use crate::record::Response;
use crate::report::document::{Inline, Line, Tone, strong, text_of};
use crate::report::leaning::Leaning;
use crate::report::view::View;
use crate::report::words as say;

/// Inputs that are told.
const FIRST: usize = 5;

/// A question, the short answer as a chip, and room for words.
pub fn item(question: &str, tone: Tone, short: &str) -> Line {
    vec![
        strong(format!("{question} ")),
        Inline::Chip(tone, short.to_owned()),
        text_of(" "),
    ]
}

/// Which way the score goes along the first inputs; whether that is right is for clinicians.
pub fn plausible(view: &View<'_>, leaning: &Leaning<'_>) -> Line {
    let mut words = item("Is that plausible?", Tone::Aside, "for clinicians to judge");
    let mut ways: [Vec<String>; 5] = Default::default();
    for input in leaning.inputs.iter().take(FIRST) {
        let response = view
            .evidence
            .responses
            .iter()
            .find(|r| r.group.is_none() && r.input == input.input);
        if let Some(way) = response.and_then(way) {
            ways[way as usize].push(input.input.clone());
        }
    }
    const SAYS: [&str; 5] = [
        "rises with",
        "falls with",
        "goes up and down along",
        "depends on the category of",
        "does not clearly move with",
    ];
    let told: Vec<String> = SAYS
        .iter()
        .zip(&ways)
        .filter(|(_, inputs)| !inputs.is_empty())
        .map(|(says, inputs)| format!("{says} {}", say::listed(inputs)))
        .collect();
    words.push(text_of(if told.is_empty() {
        "Along its first inputs the score was not followed.".to_owned()
    } else {
        format!("The score {}.", say::listed(&told))
    }));
    words
}

#[derive(Clone, Copy)]
enum Way {
    Rises,
    Falls,
    Both,
    Levels,
    Flat,
}

/// Which way a response goes, by its points; `Flat` when every interval holds zero, or nothing moves.
fn way(response: &Response) -> Option<Way> {
    let known: Vec<(f64, bool)> = response
        .points
        .iter()
        .filter_map(|p| {
            let effect = p.effect.known()?;
            let clear = p
                .effect
                .interval()
                .is_none_or(|i| i.low > 0.0 || i.high < 0.0);
            Some((effect, clear))
        })
        .collect();
    if known.len() < 2 {
        return None;
    }
    let (low, high) = known
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (y, _)| {
            (low.min(*y), high.max(*y))
        });
    if known.iter().all(|(_, clear)| !clear) || high <= low {
        return Some(Way::Flat);
    }
    if response.points.iter().any(|p| p.level.is_some()) {
        return Some(Way::Levels);
    }
    // A step back of less than a twentieth of the whole is no turn.
    let slack = (high - low) / 20.0;
    let steps = || known.windows(2).map(|w| w[1].0 - w[0].0);
    Some(
        match (steps().all(|d| d >= -slack), steps().all(|d| d <= slack)) {
            (true, false) => Way::Rises,
            (false, true) => Way::Falls,
            _ => Way::Both,
        },
    )
}
