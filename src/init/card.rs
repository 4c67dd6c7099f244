//! The text of a card. What nothing states is left open: an empty text or an absent key that `keur plan` refuses, with
//! `# fill in:` beside it.

use crate::init::found::{Found, Input};
use crate::record::{InputKind, ScoreScale, Task};
use std::fmt::Write;

/// What marks a place that a person must fill in.
pub const OPEN: &str = "# fill in:";

/// A text in TOML's quotes.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                write!(quoted, "\\u{:04X}", u32::from(c)).ok();
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A comment of one line.
fn remark(card: &mut String, text: &str) {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(400)
        .collect();
    // a value of the file must not look like a place to fill in
    *card += &format!(
        "# {}\n",
        clean
            .replace(OPEN, "fill in:")
            .replace("fill in:", "fill in")
    );
}

/// The whole card.
pub fn text(found: &Found) -> String {
    let mut card = String::new();
    remark(
        &mut card,
        "written by `keur init model` from what the file says; what it does not say is marked below",
    );
    for line in found.about.iter().chain(&found.declared.about) {
        remark(&mut card, line);
    }
    let declared = &found.declared;
    line(
        &mut card,
        "name",
        declared.name.as_deref(),
        "what the model is called",
    );
    line(
        &mut card,
        "version",
        declared.version.as_deref(),
        "the version that is validated",
    );
    match found.task {
        Some(Task::Binary) => card += "task = \"binary\"\n",
        _ => card += &format!("task = \"\"  {OPEN} `binary` for an event that happens or not\n"),
    }
    line(
        &mut card,
        "predicts",
        None,
        "what is predicted, of whom, by when, in words",
    );
    card += &format!(
        "format = \"{}\"\nfile = {}\n",
        found.format,
        quoted(&found.file)
    );
    match &found.score {
        Some((scale, why)) => {
            card += &format!("score = \"{}\"\n", scale_word(*scale));
            remark(&mut card, &format!("the scale of the score is sure: {why}"));
        }
        None => {
            card += &format!(
                "score = \"\"  {OPEN} `probability`, `logit`, `percent` or `points`: what the model's score is\n"
            );
        }
    }
    if found.outputs.len() > 1 {
        let names: Vec<String> = found
            .outputs
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        card += &format!(
            "output = \"\"  {OPEN} the output that holds the score: {}\n",
            one_line(&names.join(", "))
        );
    }
    if found.classes.len() > 2 {
        card += &format!(
            "class = \"\"  {OPEN} the class that is the event: {}\n",
            one_line(&found.classes.join(", "))
        );
    } else if found.classes.len() == 2 {
        remark(
            &mut card,
            &format!(
                "the classes are {}; the last is the event, unless `class = …` names the other",
                found.classes.join(", ")
            ),
        );
    }
    for (key, value) in [("licence", &declared.licence), ("source", &declared.source)] {
        match value {
            Some(value) => card += &format!("{key} = {}\n", quoted(value)),
            None => card += &format!("# {key} = \"\"\n"),
        }
    }
    card += "# intended-use = \"\"\n# users = \"\"\n# owner = \"\"\n\n# [threshold]\n# value = 0.2\n# from = \"guideline\"\n\n# [development]\n# population = \"\"\n# period = \"\"\n# n = 0\n# events = 0\n";
    for (place, input) in found.inputs.iter().enumerate() {
        card += "\n[[inputs]]\n";
        write_input(&mut card, place, input, found);
    }
    if found.inputs.is_empty() {
        card += &format!(
            "\n[[inputs]]\nname = \"\"  {OPEN} the inputs in the order of the model, one table each\n"
        );
    }
    if !found.layers.is_empty() {
        card += "\n";
        card += &found.layers;
    }
    card += "\n# made-up rows and the scores they must get, so that `keur plan` notices a wrong file or a swapped input\n# [[tests]]\n# row = {  }\n# score = 0.0\n";
    card
}

fn one_line(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean
        .take(400)
        .collect::<String>()
        .replace("fill in:", "fill in")
}

fn line(card: &mut String, key: &str, value: Option<&str>, what: &str) {
    match value.filter(|value| !value.trim().is_empty()) {
        Some(value) => *card += &format!("{key} = {}\n", quoted(value)),
        None => *card += &format!("{key} = \"\"  {OPEN} {what}\n"),
    }
}

fn write_input(card: &mut String, place: usize, input: &Input, found: &Found) {
    match &input.name {
        Some(name) => *card += &format!("name = {}\n", quoted(name)),
        None => {
            let which = match found.format {
                "safetensors" => "one column of the first layer, or the columns of one category",
                _ => "the file names none",
            };
            *card += &format!(
                "name = \"\"  {OPEN} input {} of the model; {which}\n",
                place + 1
            );
        }
    }
    match input.kind {
        InputKind::Category if input.categories.is_empty() => {
            *card += &format!(
                "kind = \"category\"\ncategories = []  {OPEN} in the order of their codes 0, 1, 2, …\n"
            );
        }
        InputKind::Category => {
            let words: Vec<String> = input.categories.iter().map(|word| quoted(word)).collect();
            *card += &format!("categories = [{}]\n", words.join(", "));
        }
        InputKind::Tensor => {
            *card += &format!(
                "kind = \"tensor\"\nshape = []  {OPEN} the lengths of its axes, without the rows'\n"
            );
        }
        InputKind::Number => {
            *card += "# unit = \"\"\n";
            match input.seen {
                Some([low, high]) => {
                    *card += &format!("# range = [{low}, {high}]  # what training saw\n")
                }
                None => *card += "# range = [0, 1]\n",
            }
        }
    }
    if let Some(note) = &input.note {
        remark(card, note);
    }
    *card += match found.format {
        "xgboost" | "lightgbm" => {
            "missing = \"refuse\"  # or \"model\": the trees know where a missing value goes\n"
        }
        _ => "missing = \"refuse\"\n",
    };
}

fn scale_word(scale: ScoreScale) -> &'static str {
    match scale {
        ScoreScale::Probability => "probability",
        ScoreScale::Logit => "logit",
        ScoreScale::Percent => "percent",
        ScoreScale::Points => "points",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_files_cannot_leave_their_quotes_or_comments() {
        let found = Found {
            format: "xgboost",
            file: "m\".json".into(),
            about: vec!["a\nscore = \"probability\" # fill in: x".into()],
            inputs: vec![Input::number("x\"\nformat = \"column\"\\\u{1b}")],
            ..Found::default()
        };
        let text = text(&found);
        let parsed: toml::Table = text.parse().unwrap();
        assert_eq!(parsed["format"].as_str(), Some("xgboost"));
        assert_eq!(parsed["score"].as_str(), Some(""));
        assert_eq!(
            parsed["inputs"][0]["name"].as_str(),
            Some("x\"\nformat = \"column\"\\\u{1b}")
        );
    }
}
