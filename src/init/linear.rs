//! What the TOML file of an equation says: every input it names, and the words of categories.

use crate::error::{Error, Result};
use crate::init::found::{Found, Input};
use crate::record::{InputKind, ScoreScale};
use crate::sheet::{Section, Sheet};

/// Tables are followed so far; the equation has no deeper ones.
const DEEPEST: usize = 8;

/// Reads an equation.
pub fn read(bytes: &[u8]) -> Result<Found> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::new("the file is not UTF-8 text"))?;
    let sheet = Sheet::parse(text, "the equation")?;
    let top = sheet.top();
    let mut inputs = Vec::new();
    visit(&top, 0, &mut inputs);
    let link = match top.kind("link") {
        Some("a text") => top.text("link").unwrap_or_default(),
        _ => String::new(),
    };
    let risk = top.has("risk");
    let score = match link.as_str() {
        "logistic" | "cox" => Some(format!("the link is `{link}`")),
        _ if risk => Some("`[risk]` turns points into a risk".to_owned()),
        _ => None,
    };
    Ok(Found {
        format: "linear",
        score: score.map(|why| (ScoreScale::Probability, why)),
        inputs,
        about: vec![format!("an equation with the link `{link}`")],
        ..Found::default()
    })
}

fn visit(section: &Section<'_>, depth: usize, inputs: &mut Vec<Input>) {
    if depth > DEEPEST {
        return;
    }
    if let Some("a text") = section.kind("input")
        && let Some(name) = section.text("input")
    {
        let words = words(section);
        let kind = match words.is_empty() {
            true => InputKind::Number,
            false => InputKind::Category,
        };
        let place = inputs
            .iter()
            .position(|input| input.name.as_deref() == Some(&name));
        let place = place.unwrap_or_else(|| {
            inputs.push(Input {
                kind,
                ..Input::number(&name)
            });
            inputs.len() - 1
        });
        if let Some(input) = inputs.get_mut(place) {
            for word in words {
                if !input.categories.contains(&word) {
                    input.categories.push(word);
                }
            }
            if input.kind == InputKind::Category {
                input.note = Some(
                    "these are the words the equation names; add those that count nothing"
                        .to_owned(),
                );
            }
        }
    }
    for key in section.keys() {
        match section.kind(key) {
            Some("a table") if key != "levels" => {
                if let Some(inner) = section.section(key) {
                    visit(&inner, depth + 1, inputs);
                }
            }
            Some("a list") if section.texts(key).is_none() => {
                section
                    .sections(key)
                    .iter()
                    .for_each(|inner| visit(inner, depth + 1, inputs));
            }
            _ => {}
        }
    }
}

fn words(section: &Section<'_>) -> Vec<String> {
    let levels = match section.kind("levels") {
        Some("a table") => section.section("levels"),
        _ => None,
    };
    let levels = levels.map(|levels| levels.keys()).unwrap_or_default();
    let mut words: Vec<String> = levels.into_iter().map(str::to_owned).collect();
    if matches!(section.kind("is"), Some("a text" | "a list")) {
        words.extend(section.texts("is").unwrap_or_default());
    }
    words
}
