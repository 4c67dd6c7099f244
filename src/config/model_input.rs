//! The inputs a model card declares (`[[inputs]]`), in the order the model reads them.

use crate::error::{Error, shown};
use crate::record::{InputCard, InputKind, MissingRule};
use crate::sheet::Section;
use std::collections::BTreeSet;

/// Numbers that one row of a tensor may have, as in `dataset::tensor`.
const WIDEST: f64 = 33_554_432.0;
/// Axes that a tensor may have.
const DEEPEST: usize = 8;

/// Reads every `[[inputs]]` of a card. Problems are noted in the sheet.
///
/// `kind` may be left out: an input with `categories` is a category, another a number. `missing` is `"refuse"` (the row
/// is excluded and counted; the rule unless said), `"model"` (the model knows what to do), a number, or a category
/// (`"female"` or `{ category = "female" }`; a category named `model` needs the table). A tensor (`kind = "tensor"`) has a
/// `shape`, the lengths of its axes without the one of the rows.
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
    let kind = match section
        .one_of("kind", &["number", "category", "tensor"])
        .as_deref()
    {
        Some("number") => InputKind::Number,
        Some("tensor") => InputKind::Tensor,
        Some(_) => InputKind::Category,
        None if section.has("shape") => InputKind::Tensor,
        None if section.has("categories") => InputKind::Category,
        None => InputKind::Number,
    };
    let shape = shape(section, kind, &name);
    let range = section.range("range");
    match kind {
        InputKind::Number | InputKind::Tensor if section.has("categories") => section.problem(
            "categories",
            Error::new(format!(
                "`{}` is a {} and has `categories`",
                shown(&name),
                if kind == InputKind::Number { "number" } else { "tensor" }
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
    let (mean, sd) = (section.number("mean"), section.number("sd"));
    if kind == InputKind::Category && (section.has("mean") || section.has("sd")) {
        section.problem(
            "mean",
            Error::new(format!("`{}` is a category and has a `mean`", shown(&name))),
        );
    }
    if sd.is_some_and(|sd| sd <= 0.0) {
        section.problem("sd", Error::new("`sd` must be more than zero"));
    }
    InputCard {
        name,
        unit,
        kind,
        shape,
        range,
        mean,
        sd,
        categories,
        missing,
    }
}

/// The lengths of a tensor's axes; empty after a problem.
fn shape(section: &Section<'_>, kind: InputKind, name: &str) -> Vec<usize> {
    if kind != InputKind::Tensor {
        if section.has("shape") {
            let error = Error::new(format!("`{}` is no tensor and has a `shape`", shown(name)));
            section.problem(
                "shape",
                error.help("write `kind = \"tensor\"`, or leave it out"),
            );
        }
        return Vec::new();
    }
    if !section.has("shape") {
        let error = Error::new(format!("`{}` is a tensor without `shape`", shown(name)));
        section.problem(
            "shape",
            error.help("write the lengths of its axes for one row: `shape = [12, 1000]`"),
        );
        return Vec::new();
    }
    let Some(sides) = section.numbers("shape") else {
        return Vec::new();
    };
    let whole = |side: &f64| side.fract() == 0.0 && (1.0..=WIDEST).contains(side);
    if sides.is_empty() || sides.len() > DEEPEST || !sides.iter().all(whole) {
        let error = Error::new(format!(
            "`shape` has 1 to {DEEPEST} lengths, each a whole number from 1 to {WIDEST}"
        ));
        section.problem("shape", error.help("leave the axis of the rows out"));
        return Vec::new();
    }
    if sides.iter().product::<f64>() > WIDEST {
        let error = Error::new(format!(
            "the shape has more than the {WIDEST} numbers that a row may have"
        ));
        section.problem("shape", error);
        return Vec::new();
    }
    sides.iter().map(|side| *side as usize).collect()
}

fn missing(
    section: &Section<'_>,
    kind: InputKind,
    range: Option<[f64; 2]>,
    categories: &[String],
) -> MissingRule {
    if kind == InputKind::Tensor {
        return match section.one_of("missing", &["refuse", "model"]).as_deref() {
            Some("model") => MissingRule::Model,
            _ => MissingRule::Refuse,
        };
    }
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
            _ => Error::new(format!(
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
    fn a_tensor_has_a_shape_and_nothing_of_a_category() {
        let (inputs, problems) =
            of("[[inputs]]\nname='ecg'\nkind='tensor'\nshape=[12, 1000]\nmissing='model'");
        assert_eq!(problems, [""; 0]);
        assert_eq!(inputs[0].shape, [12, 1000]);
        assert_eq!(inputs[0].missing, MissingRule::Model);
        for (input, told) in [
            ("kind='tensor'", "without `shape`"),
            ("kind='number'\nshape=[2]", "is no tensor"),
            ("shape=[]", "1 to 8 lengths"),
            ("shape=[2.5]", "1 to 8 lengths"),
            ("shape=[-1, 3]", "1 to 8 lengths"),
            ("shape=[1,1,1,1,1,1,1,1,1]", "1 to 8 lengths"),
            ("shape=[1000000000000000]", "1 to 8 lengths"),
            (
                "shape=[33554432, 33554432]",
                "more than the 33554432 numbers",
            ),
            (
                "shape=[2]\ncategories=['x']",
                "is a tensor and has `categories`",
            ),
            ("shape=[2]\nmissing=0", "missing"),
            ("shape=[2]\nmissing='zero'", "missing"),
        ] {
            let (_, problems) = of(&format!("[[inputs]]\nname='a'\n{input}"));
            assert!(
                problems.len() == 1 && problems[0].contains(told),
                "{input}: {problems:?}"
            );
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
