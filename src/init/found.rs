//! What a model file says of itself.

use crate::record::{InputKind, ScoreScale, Task};
use std::path::{Path, PathBuf};

/// What stands in a file. What it does not say is absent.
#[derive(Debug, Default)]
pub struct Found {
    /// Shelf name of the format.
    pub format: &'static str,
    /// Name of the model file beside the card.
    pub file: String,
    /// What is copied: from where, under which name.
    pub copies: Vec<(PathBuf, String)>,
    /// What is predicted, as the file states for sure.
    pub task: Option<Task>,
    /// The scale of the score, and why that is sure.
    pub score: Option<(ScoreScale, String)>,
    /// Inputs in the order of the file.
    pub inputs: Vec<Input>,
    /// `[[layers]]` of a network, as text.
    pub layers: String,
    /// Name of the output that holds the scores, and the others, when there are several.
    pub outputs: Vec<String>,
    /// Class labels.
    pub classes: Vec<String>,
    /// What else it says: producer, version, objective.
    pub about: Vec<String>,
    /// What the folder around it declares.
    pub declared: Declared,
}

/// One input.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Input {
    /// Its name, when the file has one.
    pub name: Option<String>,
    /// Number or category, when the file tells.
    pub kind: InputKind,
    /// Categories in the order of their codes.
    pub categories: Vec<String>,
    /// Lowest and highest value that training saw.
    pub seen: Option<[f64; 2]>,
    /// Something a reader should know.
    pub note: Option<String>,
}

/// What a folder declares of its model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declared {
    /// Name of the model.
    pub name: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Licence.
    pub licence: Option<String>,
    /// Where it comes from.
    pub source: Option<String>,
    /// Inputs of a signature, in order.
    pub inputs: Vec<Input>,
    /// What else it says, a line each.
    pub about: Vec<String>,
}

impl Input {
    /// A number with a name.
    pub fn number(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// So many numbers without names.
    pub fn unnamed(count: usize) -> Vec<Self> {
        vec![Self::default(); count]
    }
}

impl Found {
    /// Takes in what the folder declares. Names of a signature fill inputs without names; two lists of names that differ
    /// are told in the card, and the file's own stand.
    pub fn take(&mut self, declared: Declared) {
        let named: Vec<&str> = names(&self.inputs);
        let signed: Vec<&str> = names(&declared.inputs);
        if named.is_empty() && declared.inputs.len() == self.inputs.len() {
            self.inputs.clone_from(&declared.inputs);
        } else if !named.is_empty() && !signed.is_empty() && named != signed {
            let mut sorted = (named.clone(), signed.clone());
            sorted.0.sort_unstable();
            sorted.1.sort_unstable();
            self.about.push(match sorted.0 == sorted.1 {
                true => "careful: the signature names the inputs in another order than the model file; the file's order stands below".to_owned(),
                false => "careful: the signature names other inputs than the model file; the file's names stand below".to_owned(),
            });
        }
        self.declared = declared;
    }
}

fn names(inputs: &[Input]) -> Vec<&str> {
    inputs
        .iter()
        .filter_map(|input| input.name.as_deref())
        .collect()
}

/// A folder name made of a file's: small letters, figures and hyphens.
pub fn id(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let stem = match path.is_dir() {
        true => whole.file_name(),
        false => whole.file_stem(),
    };
    let mut id = String::new();
    for c in stem
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase()
        .chars()
    {
        match c.is_ascii_alphanumeric() {
            true => id.push(c),
            false if id.ends_with('-') => {}
            false => id.push('-'),
        }
    }
    match id.trim_matches('-') {
        "" => "model".to_owned(),
        id => id.to_owned(),
    }
}
