//! YAML as plain values. The one door to `saphyr-parser`, a YAML 1.2 parser in Rust alone that gives events, so that depth,
//! size and aliases are guarded here and nothing is ever expanded.

use crate::error::{Error, Result, shown};
use saphyr_parser::{Event, Parser};

/// Larger texts are refused.
const LARGEST: usize = 1 << 20;
/// Values nested deeper are refused.
const DEEPEST: usize = 32;
/// More values are refused.
const MOST: usize = 100_000;

/// A value. Texts, numbers and truths are all texts: whoever asks knows what they mean.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Anything that is no list and no table.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// Keys and values in the order of the file.
    Table(Vec<(String, Value)>),
}

impl Value {
    /// The value of a key, when this is a table.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Table(pairs) => pairs.iter().find(|(k, _)| k == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, when this is one and says something.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !["", "~", "null"].contains(&text.trim()) => Some(text.trim()),
            _ => None,
        }
    }

    /// The items of a list; a single value counts as a list of one.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            other => std::slice::from_ref(other),
        }
    }
}

enum Open {
    List(Vec<Value>),
    Table(Vec<(String, Value)>, Option<String>),
}

/// Reads the first document of a text.
///
/// # Errors
/// A text that is too large, no YAML, nested too deep, or uses aliases: a few of them can stand for any number of values.
pub fn read(text: &str) -> Result<Value> {
    if text.len() > LARGEST {
        return Err(Error::new("the YAML is larger than any such file"));
    }
    let mut open: Vec<Open> = Vec::new();
    let mut count = 0;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|e| {
            Error::new(format!(
                "this is no YAML: line {}: {}",
                e.marker().line(),
                shown(e.info())
            ))
        })?;
        count += 1;
        if count > MOST {
            return Err(Error::new("the YAML holds more values than any such file"));
        }
        let done = match event {
            Event::Alias(_) => {
                return Err(
                    Error::new("the YAML uses aliases (`*name`), which are not followed")
                        .help("write the value itself"),
                );
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Table(Vec::new(), None));
                None
            }
            Event::Scalar(text, ..) => Some(Value::Text(text.into_owned())),
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items)) => Some(Value::List(items)),
                Some(Open::Table(pairs, _)) => Some(Value::Table(pairs)),
                None => None,
            },
            Event::DocumentEnd | Event::StreamEnd => break,
            _ => None,
        };
        if open.len() > DEEPEST {
            return Err(Error::new(format!(
                "the YAML is nested more than {DEEPEST} deep"
            )));
        }
        let Some(value) = done else { continue };
        match open.last_mut() {
            None => return Ok(value),
            Some(Open::List(items)) => items.push(value),
            Some(Open::Table(pairs, key)) => match (key.take(), value) {
                (Some(key), value) => pairs.push((key, value)),
                (None, Value::Text(text)) => *key = Some(text),
                (None, _) => return Err(Error::new("a key of the YAML is no text")),
            },
        }
    }
    Ok(Value::Table(Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_lists_and_texts_are_read() {
        let value = read("a: 1\nb: [x, 'y z']\nc:\n  d: |\n    two\n    lines\n").unwrap();
        assert_eq!(value.get("a").unwrap().text(), Some("1"));
        let b = value.get("b").unwrap().items();
        assert_eq!(b[1].text(), Some("y z"));
        let d = value.get("c").unwrap().get("d").unwrap();
        assert_eq!(d.text(), Some("two\nlines"));
        assert_eq!(read("").unwrap(), Value::Table(Vec::new()));
    }

    #[test]
    fn bombs_are_refused() {
        let aliases = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
        assert!(read(aliases).unwrap_err().what.contains("aliases"));
        for deep in [
            "[".repeat(100_000),
            "- ".repeat(100_000),
            "{a: ".repeat(100_000),
            "? ".repeat(100_000),
        ] {
            assert!(read(&deep).is_err());
        }
        assert!(read(&"- x\n".repeat(300_000)).is_err());
        assert!(read("a: b: c").is_err() && read("\u{0}").is_err() && read("{a: b").is_err());
    }
}
