//! What a LightGBM text file says: lines `key=value`, first about the model, then about each tree. Nothing is checked here
//! beyond the form.

use crate::error::{Error, Result, shown};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Lines of the model or of one tree.
#[derive(Debug, Default)]
pub struct Lines<'t>(BTreeMap<&'t str, &'t str>);

/// The whole file.
#[derive(Debug, Default)]
pub struct File<'t> {
    /// About the model.
    pub head: Lines<'t>,
    /// About each tree.
    pub trees: Vec<Lines<'t>>,
    /// Words of categories as JSON, when training saw a data frame.
    pub pandas: Option<&'t str>,
}

/// Takes the text apart. Parameters and importances at its end are not read.
pub fn read(text: &str) -> Result<File<'_>> {
    let mut file = File::default();
    let mut ended = false;
    for (place, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if let Some(words) = line.strip_prefix("pandas_categorical:") {
            file.pandas = Some(words);
        }
        if ended || line.is_empty() || (place == 0 && line == "tree") {
            continue;
        }
        if line == "end of trees" {
            ended = true;
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if key == "Tree" {
            file.trees.push(Lines::default());
            continue;
        }
        let lines = file.trees.last_mut().unwrap_or(&mut file.head);
        if lines.0.insert(key, value).is_some() {
            return Err(Error::new(format!(
                "line {}: `{}` stands twice",
                place + 1,
                shown(key)
            )));
        }
    }
    if ended {
        Ok(file)
    } else {
        Err(Error::new("the file is cut off: `end of trees` is missing"))
    }
}

impl<'t> Lines<'t> {
    /// The text behind a key.
    pub fn text(&self, key: &str) -> Option<&'t str> {
        self.0.get(key).copied()
    }

    /// One value; none when the key is not there.
    pub fn one<T: FromStr>(&self, key: &str) -> Result<Option<T>> {
        self.text(key)
            .map(|text| text.trim().parse().map_err(|_| odd(key)))
            .transpose()
    }

    /// One value that must be there.
    pub fn need<T: FromStr>(&self, key: &str) -> Result<T> {
        self.one(key)?
            .ok_or_else(|| Error::new(format!("`{key}` is missing")))
    }

    /// So many values, or none when the key is not there or empty.
    pub fn list<T: FromStr>(&self, key: &str, count: usize) -> Result<Option<Vec<T>>> {
        let Some(text) = self.text(key).filter(|text| !text.trim().is_empty()) else {
            return Ok(None);
        };
        let values = text
            .split_ascii_whitespace()
            .map(|word| word.parse().map_err(|_| odd(key)))
            .collect::<Result<Vec<T>>>()?;
        if values.len() == count {
            Ok(Some(values))
        } else {
            Err(Error::new(format!(
                "`{key}` has {} values where {count} are needed",
                values.len()
            )))
        }
    }

    /// So many values that must be there.
    pub fn needed<T: FromStr>(&self, key: &str, count: usize) -> Result<Vec<T>> {
        match self.list(key, count)? {
            Some(values) => Ok(values),
            None if count == 0 => Ok(Vec::new()),
            None => Err(Error::new(format!("`{key}` is missing"))),
        }
    }
}

/// Lowest and highest value of each number that training saw (`feature_infos=[0.1:3.2] none 1:2`); none for a category.
pub fn seen(head: &Lines<'_>) -> Vec<Option<[f64; 2]>> {
    let span = |word: &str| {
        let (low, high) = word.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
        let (low, high): (f64, f64) = (low.parse().ok()?, high.parse().ok()?);
        (low.is_finite() && high.is_finite() && low <= high).then_some([low, high])
    };
    let infos = head.text("feature_infos").unwrap_or_default();
    infos.split_ascii_whitespace().map(span).collect()
}

fn odd(key: &str) -> Error {
    Error::new(format!("`{key}` holds something that is no number"))
}
