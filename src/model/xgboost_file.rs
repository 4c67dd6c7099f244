//! What an XGBoost file says, JSON and UBJSON alike (the schema XGBoost documents under "Introduction to Model IO"). Nothing
//! is checked here beyond types.

use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The whole file.
#[derive(Debug, serde::Deserialize)]
pub struct File {
    /// All there is to score.
    pub learner: Learner,
    /// Version of XGBoost: major, minor, patch.
    #[serde(default)]
    pub version: Vec<u64>,
}

/// The model.
#[derive(Debug, serde::Deserialize)]
pub struct Learner {
    /// Names of the inputs; empty when training saw none.
    #[serde(default)]
    pub feature_names: Vec<String>,
    /// What each input holds: `float`, `int`, `i`, `q`, `c` for a category; empty when training saw no types.
    #[serde(default)]
    pub feature_types: Vec<String>,
    /// What the trainer noted, such as `best_iteration`.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The trees.
    pub gradient_booster: Booster,
    /// Numbers about the model, as texts.
    pub learner_model_param: Param,
    /// What was optimised.
    pub objective: Objective,
}

/// Numbers about the model.
#[derive(Debug, serde::Deserialize)]
pub struct Param {
    /// What sums start from, on the scale of the prediction: `5E-1`, in newer files `[5E-1]`.
    pub base_score: String,
    /// Classes of a multi-class model, otherwise 0.
    #[serde(default)]
    pub num_class: String,
    /// Number of inputs.
    pub num_feature: String,
    /// Number of targets.
    #[serde(default)]
    pub num_target: String,
}

/// What was optimised.
#[derive(Debug, serde::Deserialize)]
pub struct Objective {
    /// Such as `binary:logistic`.
    pub name: String,
}

/// The trees, or whatever else the booster is.
#[derive(Debug, serde::Deserialize)]
pub struct Booster {
    /// `gbtree`, `dart` or `gblinear`.
    pub name: String,
    /// Of `gbtree`.
    pub model: Option<Trees>,
    /// Of `dart`.
    pub gbtree: Option<Inner>,
    /// Of `dart`: what each tree counts.
    #[serde(default)]
    pub weight_drop: Vec<f32>,
}

/// The trees inside `dart`.
#[derive(Debug, serde::Deserialize)]
pub struct Inner {
    /// The trees.
    pub model: Trees,
}

/// All trees.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Trees {
    /// In the order of training.
    pub trees: Vec<TreeFile>,
    /// The output each tree adds to.
    pub tree_info: Vec<i64>,
    /// Where the trees of each iteration start, in newer files.
    pub iteration_indptr: Vec<i64>,
    /// Numbers about all trees.
    pub gbtree_model_param: ForestParam,
    /// Words of categories, in newer files trained on a data frame.
    pub cats: Cats,
}

/// Numbers about all trees.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ForestParam {
    /// Trees of an iteration, as a text.
    pub num_parallel_tree: String,
}

/// Words of categories.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Cats {
    /// One for each input.
    pub enc: Vec<Words>,
}

/// The words of one input; empty for a number.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Words {
    /// Where each word starts, and the end of the last one; empty when the categories are numbers.
    pub offsets: Vec<i64>,
    /// Bytes of all words, or the categories themselves when they are numbers.
    pub values: Vec<f64>,
}

/// One tree as arrays over its nodes.
#[derive(Debug, serde::Deserialize)]
pub struct TreeFile {
    /// Left children, −1 at a leaf.
    pub left_children: Vec<i32>,
    /// Right children, −1 at a leaf.
    pub right_children: Vec<i32>,
    /// Inputs.
    pub split_indices: Vec<i64>,
    /// Thresholds, no number where the question is about categories; at a leaf its value.
    pub split_conditions: Vec<Real>,
    /// True where a missing value goes left.
    pub default_left: Vec<Flag>,
    /// Weight of the training rows.
    #[serde(default)]
    pub sum_hessian: Vec<Real>,
    /// 1 where the question is about categories.
    #[serde(default)]
    pub split_type: Vec<i64>,
    /// Categories that go right, of all nodes behind each other.
    #[serde(default)]
    pub categories: Vec<i64>,
    /// Nodes that ask about categories.
    #[serde(default)]
    pub categories_nodes: Vec<i64>,
    /// Where the categories of such a node start.
    #[serde(default)]
    pub categories_segments: Vec<i64>,
    /// How many it has.
    #[serde(default)]
    pub categories_sizes: Vec<i64>,
    /// Numbers about the tree.
    #[serde(default)]
    pub tree_param: TreeParam,
}

/// Numbers about a tree.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct TreeParam {
    /// Values of a leaf, as a text; more than 1 for trees with several outputs.
    pub size_leaf_vector: String,
}

/// A truth that may be written as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, 1 or 0")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(value))
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Flag, E> {
                match value {
                    0 | 1 => Ok(Flag(value == 1)),
                    _ => Err(E::invalid_value(Unexpected::Signed(value), &self)),
                }
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Flag, E> {
                self.visit_i64(i64::try_from(value).unwrap_or(i64::MAX))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A number that may be none: XGBoost writes `NaN` where a threshold has no meaning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Real(pub f32);

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Real;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_unit<E>(self) -> Result<Real, E> {
                Ok(Real(f32::NAN))
            }

            fn visit_f32<E>(self, value: f32) -> Result<Real, E> {
                Ok(Real(value))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Real, E> {
                Ok(Real(value as f32))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Real, E> {
                Ok(Real(value as f32))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Real, E> {
                Ok(Real(value as f32))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// JSON has no word for what is no number, and XGBoost writes `NaN` and `Infinity` all the same: outside texts they become
/// `null`.
pub fn plain(json: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];
    let capital = |chunk: &[u8]| {
        let capitals = chunk.iter().map(|byte| matches!(byte, b'N' | b'I'));
        capitals.fold(false, |some, one| some | one)
    };
    if !json.chunks(4096).any(capital) {
        return Cow::Borrowed(json);
    }
    let mut plain = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    let mut inside = false;
    while let Some(byte) = json.get(at) {
        let rest = json.get(at..).unwrap_or_default();
        match byte {
            b'\\' if inside => at += 1,
            b'"' => inside = !inside,
            b'N' | b'I' | b'-' if !inside => {
                if let Some(word) = WORDS.iter().find(|word| rest.starts_with(word)) {
                    plain.extend_from_slice(json.get(copied..at).unwrap_or_default());
                    plain.extend_from_slice(b"null");
                    at += word.len() - 1;
                    copied = at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    plain.extend_from_slice(json.get(copied..).unwrap_or_default());
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_no_number_become_null_outside_texts_only() {
        let of = |text: &str| String::from_utf8(plain(text.as_bytes()).into_owned()).unwrap();
        assert_eq!(
            of(r#"["NaN\"NaN",NaN,-1,-Infinity,Infinity]"#),
            r#"["NaN\"NaN",null,-1,null,null]"#
        );
        assert_eq!(of("[1,2]"), "[1,2]");
    }
}
