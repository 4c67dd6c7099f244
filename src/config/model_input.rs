//! The inputs a model card declares (`[[inputs]]`), in the order the model reads them.

use crate::error::{Error, shown};
use crate::record::{InputCard, InputKind, MissingRule};
use crate::sheet::Section;
use std::collections::BTreeSet;

/// Reads every `[[inputs]]` of a card. Problems are noted in the sheet.
///
/// `kind` may be left out: an input with `categories` is a category, another a number. `missing` is `"refuse"` (the row
/// is excluded and counted; the rule unless said), `"model"` (the model knows what to do), a number, or a category
/// (`"female"` or `{ category = "female" }`; a category named `model` needs the table).
pub fn read(top: &Section<'_>) -> Vec<InputCard> {
    let mut names = BTreeSet::new();
    top.sections("inputs")
        .iter()
        .map(|section| {
            let input = input(section);
            if !input.name.is_empty() && !names.insert(input.name.clone()) {
                section.problem(
                    "name",
                    Error::new(format!(
                        "the input `{}` is declared twice",
                        shown(&input.name)
                    )),
                );
            }
            input
        })
        .collect()
}

fn input(section: &Section<'_>) -> InputCard {
    let name = section.need_text("name");
    let unit = section.text("unit");
    let categories = section.texts("categories").unwrap_or_default();
    let kind = match section.one_of("kind", &["number", "category"]).as_deref() {
        Some("number") => InputKind::Number,
        Some(_) => InputKind::Category,
        None if section.has("categories") => InputKind::Category,
        None => InputKind::Number,
    };
    let range = section.range("range");
    match kind {
        InputKind::Number if section.has("categories") => section.problem(
            "categories",
            Error::new(format!(
                "`{}` is a number and has `categories`",
                shown(&name)
            )),
        ),
        InputKind::Category if categories.is_empty() => section.problem(
            "categories",
            Error::new(format!(
                "`{}` is a category without `categories`",
                shown(&name)
            ))
            .help("name them in the order the model codes them: `categories = [\"female\", \"male\"]`"),
        ),
        InputKind::Category if section.has("range") => section.problem(
            "range",
            Error::new(format!("`{}` is a category and has a `range`", shown(&name))),
        ),
        _ => {}
    }
    let distinct: BTreeSet<&String> = categories.iter().collect();
    if distinct.len() < categories.len() {
        section.problem("categories", Error::new("a category stands twice"));
    }
    let missing = missing(section, kind, range, &categories);
    InputCard {
        name,
        unit,
        kind,
        range,
        categories,
        missing,
    }
}

fn missing(
    section: &Section<'_>,
    kind: InputKind,
    range: Option<[f64; 2]>,
    categories: &[String],
) -> MissingRule {
    let category = match section.kind("missing") {
        None => return MissingRule::Refuse,
        Some("a text") => match section.text("missing") {
            Some(text) if text == "model" => return MissingRule::Model,
            Some(text) if text != "refuse" => text,
            _ => return MissingRule::Refuse,
        },
        Some("a table") => match section.section("missing") {
            Some(inner) => inner.need_text("category"),
            None => return MissingRule::Refuse,
        },
        Some(_) => {
            let Some(value) = section.number("missing") else {
                return MissingRule::Refuse;
            };
            if kind == InputKind::Category {
                section.problem(
                    "missing",
                    Error::new("a number stands in for a missing category")
                        .help("name one of the categories, or write `missing = \"refuse\"`"),
                );
            } else if range.is_some_and(|[low, high]| value < low || value > high) {
                section.problem(
                    "missing",
                    Error::new(
                        "the number that stands in for a missing one lies outside the `range`",
                    ),
                );
            }
            return MissingRule::Value(value);
        }
    };
    if !categories.contains(&category) {
        let error = match kind {
            InputKind::Category => Error::new(format!(
                "`missing` names the unknown category `{}`",
                shown(&category)
            ))
            .suggest(&category, categories.iter().map(String::as_str)),
            InputKind::Number => Error::new(format!(
                "`missing` is neither `refuse`, `model` nor a number, but `{}`",
                shown(&category)
            ))
            .suggest(&category, ["refuse", "model"]),
        };
        section.problem("missing", error);
    }
    MissingRule::Category(category)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Sheet;

    fn of(text: &str) -> (Vec<InputCard>, Vec<String>) {
        let sheet = Sheet::parse(text, "card.toml").unwrap();
        let inputs = read(&sheet.top());
        let problems = sheet.finish().iter().map(ToString::to_string).collect();
        (inputs, problems)
    }

    #[test]
    fn the_kind_follows_from_the_categories() {
        let (inputs, problems) =
            of("[[inputs]]\nname='a'\n[[inputs]]\nname='b'\ncategories=['x','y']");
        assert_eq!(problems, [""; 0]);
        assert_eq!(inputs[0].kind, InputKind::Number);
        assert_eq!(inputs[1].kind, InputKind::Category);
        assert_eq!(inputs[1].missing, MissingRule::Refuse);
    }

    #[test]
    fn what_stands_in_for_a_missing_value_must_fit() {
        for (input, told) in [
            ("range=[0,9]\nmissing=10", "outside the `range`"),
            ("missing='refus'", "did you mean `refuse`"),
            ("categories=['x']\nmissing=3", "missing category"),
            (
                "categories=['female']\nmissing='femal'",
                "did you mean `female`",
            ),
            ("missing={kategory='x'}", "`category` is missing"),
            ("missing=true", "finite number"),
        ] {
            let (_, problems) = of(&format!("[[inputs]]\nname='a'\n{input}"));
            assert!(problems[0].contains(told), "{input}: {problems:?}");
        }
    }

    #[test]
    fn names_and_categories_stand_once() {
        let (_, problems) = of(
            "[[inputs]]\nname='a'\n[[inputs]]\nname='a'\n[[inputs]]\nname='b'\ncategories=['x','x']",
        );
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
}
