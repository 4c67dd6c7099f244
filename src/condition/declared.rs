//! What the cards declare, by dotted path: `model.intended-use`, `dataset.pseudonymisation.key-holder`.

use crate::error::{Error, Result, shown};
use crate::record::{
    ColumnCard, ColumnRole, DatasetCard, Development, Evidence, InputCard, InputKind, ModelCard,
    Pseudonymisation, RangeRule, Threshold,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Texts that fill a field without declaring anything, in lower case and without dots and blanks.
const EMPTY_WORDS: [&str; 14] = [
    "unknown", "todo", "tbd", "tba", "na", "n/a", "none", "null", "xxx", "onbekend", "geen", "nvt",
    "fixme", "notknown",
];

/// What stands at a path. An empty text, list or table, a text that says that nothing is known (`unknown`, `todo`,
/// `n/a`, `-`), and a path that is not there are no evidence, and give `None`. On a path through a list every item must
/// have something.
pub fn look(evidence: &Evidence, field: &str) -> Option<Value> {
    look_in(&cards(evidence), &field.replace('-', "_"))
}

fn look_in(value: &Value, path: &str) -> Option<Value> {
    if let Value::Array(items) = value
        && !path.is_empty()
    {
        let found: Option<Vec<Value>> = items.iter().map(|item| look_in(item, path)).collect();
        return found.filter(|found| !found.is_empty()).map(Value::Array);
    }
    if path.is_empty() {
        return (!is_empty(value)).then(|| value.clone());
    }
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    look_in(value.get(key)?, rest)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => {
            let word: String = text
                .to_lowercase()
                .chars()
                .filter(|c| !c.is_whitespace() && *c != '.')
                .collect();
            !word.chars().any(char::is_alphanumeric) || EMPTY_WORDS.contains(&word.as_str())
        }
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(map) => map.values().all(is_empty),
    }
}

/// What stands at a path, as a short text for a finding.
pub fn said(value: &Value) -> String {
    match value {
        Value::String(text) => format!("“{}”", shown(text.trim())),
        Value::Array(items) if items.len() == 1 => "1 entry".into(),
        Value::Array(items) => format!("{} entries", items.len()),
        Value::Object(_) => "filled in".into(),
        other => other.to_string(),
    }
}

/// The card and the key in it, as a reader says them: `the model card`, `intended-use`.
pub fn card_and_key(field: &str) -> (String, &str) {
    let (card, key) = field.split_once('.').unwrap_or(("", field));
    (format!("the {card} card"), key)
}

/// Checks a path and gives it in kebab case. Fails for a path that no card has, and for one that has a value even when
/// nobody declared it (`model.task`), because that could be met without evidence.
pub fn check(field: &str) -> Result<String> {
    let kebab = field.replace('_', "-");
    let known = paths();
    if !known.contains(&kebab) {
        return Err(
            Error::new(format!("no card has a field `{}`", shown(field))).suggest(
                &kebab,
                known
                    .iter()
                    .map(String::as_str)
                    .filter(|known| is_declarable(known)),
            ),
        );
    }
    if !is_declarable(&kebab) {
        return Err(Error::new(format!(
            "`{kebab}` has a value even when nobody declared it, so it is no evidence"
        )));
    }
    Ok(kebab)
}

fn is_declarable(field: &str) -> bool {
    let in_list = [".inputs.", ".columns."].iter().any(|l| field.contains(l));
    let without_declaration = if in_list { full() } else { Evidence::default() };
    look(&without_declaration, field).is_none()
}

/// Puts words at a path; for lists of inputs or columns each word is a name.
pub fn set(evidence: &mut Evidence, field: &str, words: &[String]) -> Result<()> {
    let path = field.replace('-', "_");
    let wrong = || Error::new(format!("`{field}` cannot hold this"));
    let mut texts = cards(evidence);
    let mut numbers = texts.clone();
    let template = cards(&full());
    put(&mut texts, &template, &path, words, false).ok_or_else(wrong)?;
    put(&mut numbers, &template, &path, words, true).ok_or_else(wrong)?;
    for cards in [texts, numbers] {
        let Value::Object(mut cards) = cards else {
            continue;
        };
        let mut take = |card: &str| cards.remove(card).unwrap_or_default();
        let model = serde_json::from_value::<ModelCard>(take("model"));
        let dataset = serde_json::from_value::<DatasetCard>(take("dataset"));
        if let (Ok(model), Ok(dataset)) = (model, dataset) {
            evidence.model = model;
            evidence.dataset = dataset;
            return Ok(());
        }
    }
    Err(wrong())
}

fn put(
    value: &mut Value,
    template: &Value,
    path: &str,
    words: &[String],
    numbers: bool,
) -> Option<()> {
    if path.is_empty() {
        let one = |word: &String| match word.parse::<f64>() {
            Ok(_) if numbers => serde_json::from_str(word).unwrap_or_default(),
            _ => Value::String(word.clone()),
        };
        *value = match (template, words) {
            (Value::Array(items), _) => words
                .iter()
                .map(|word| match items.first() {
                    Some(Value::Object(item)) => {
                        let mut item = item.clone();
                        item.insert("name".into(), one(word));
                        Value::Object(item)
                    }
                    _ => one(word),
                })
                .collect(),
            (_, [word]) => one(word),
            _ => return None,
        };
        return Some(());
    }
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    let template = template.get(key)?;
    let inner = value.get_mut(key)?;
    if inner.is_null() && !rest.is_empty() {
        *inner = template.clone();
    }
    put(inner, template, rest, words, numbers)
}

fn cards(evidence: &Evidence) -> Value {
    json!({ "model": evidence.model, "dataset": evidence.dataset })
}

/// All paths of both cards in kebab case.
fn paths() -> Vec<String> {
    let mut paths = Vec::new();
    if let Value::Object(cards) = cards(&full()) {
        walk(&cards, "", &mut paths);
    }
    paths.retain(|path| path.contains('.'));
    paths
}

fn walk(map: &Map<String, Value>, above: &str, paths: &mut Vec<String>) {
    for (key, value) in map {
        let path = if above.is_empty() {
            key.clone()
        } else {
            format!("{above}.{}", key.replace('_', "-"))
        };
        paths.push(path.clone());
        match value {
            Value::Object(inner) => walk(inner, &path, paths),
            Value::Array(items) => {
                if let Some(Value::Object(inner)) = items.first() {
                    walk(inner, &path, paths);
                }
            }
            _ => {}
        }
    }
}

/// Cards with every optional table opened, and nothing declared in it.
fn full() -> Evidence {
    Evidence {
        model: ModelCard {
            threshold: Some(Threshold {
                value: 0.5,
                from: None,
            }),
            development: Some(Development::default()),
            inputs: vec![InputCard::default()],
            reproduced: Some(0),
            ..ModelCard::default()
        },
        dataset: DatasetCard {
            pseudonymisation: Some(Pseudonymisation::default()),
            columns: vec![ColumnCard {
                name: String::new(),
                roles: vec![ColumnRole::Ignore],
                input: None,
                unit: None,
                kind: InputKind::Number,
                event: None,
                range: None,
                categories: Vec::new(),
                outside: RangeRule::Exclude,
                missing: Vec::new(),
                bands: Vec::new(),
                reference: None,
                labels: BTreeMap::new(),
            }],
            ..DatasetCard::default()
        },
        ..Evidence::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declaring(field: &str, word: &str) -> Evidence {
        let mut evidence = Evidence::default();
        set(&mut evidence, field, &[word.to_owned()]).unwrap();
        evidence
    }

    #[test]
    fn empty_words_declare_nothing() {
        for word in [
            "", "  ", "-", "…", "?", "TODO", "n.v.t.", "N/A", "unknown", "None",
        ] {
            let evidence = declaring("model.intended-use", word);
            assert_eq!(look(&evidence, "model.intended-use"), None, "{word:?}");
        }
    }

    #[test]
    fn nothing_is_declared_by_default() {
        let evidence = Evidence::default();
        let fields: Vec<String> = paths().into_iter().filter(|p| is_declarable(p)).collect();
        assert!(fields.len() > 25, "{fields:?}");
        for field in fields {
            assert_eq!(look(&evidence, &field), None, "{field}");
            assert_eq!(check(&field), Ok(field.clone()));
        }
    }

    #[test]
    fn values_that_stand_there_undeclared_are_no_evidence() {
        for field in [
            "model.task",
            "model.score",
            "dataset.synthetic",
            "dataset.repeats",
            "dataset.columns.kind",
        ] {
            let problem = check(field).unwrap_err();
            assert!(problem.what.contains("nobody declared"), "{problem}");
        }
    }

    #[test]
    fn unknown_fields_get_did_you_mean() {
        let problem = check("model.intended_uses").unwrap_err();
        assert_eq!(
            problem.help.as_deref(),
            Some("did you mean `model.intended-use`?")
        );
    }

    #[test]
    fn kebab_and_snake_case_are_the_same_path() {
        let evidence = declaring("dataset.pseudonymisation.key_holder", "a trusted party");
        assert_eq!(
            look(&evidence, "dataset.pseudonymisation.key-holder"),
            look(&evidence, "dataset.pseudonymisation.key_holder")
        );
        assert_eq!(
            check("model.intended_use"),
            Ok("model.intended-use".to_owned())
        );
    }

    #[test]
    fn nested_tables_numbers_and_lists_can_be_declared() {
        let evidence = declaring("model.threshold.from", "a guideline");
        assert_eq!(
            look(&evidence, "model.threshold.from"),
            Some("a guideline".into())
        );
        let evidence = declaring("model.development.n", "1200");
        assert_eq!(look(&evidence, "model.development.n"), Some(json!(1200)));
        let evidence = declaring("model.inputs", "age");
        assert_eq!(look(&evidence, "model.inputs.name"), Some(json!(["age"])));
        assert_eq!(look(&evidence, "model.inputs.unit"), None);
    }
}
