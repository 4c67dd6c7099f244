//! LightGBM models as `save_model` writes them: the text format, versions v3 and v4.
//!
//! One output: binary, cross-entropy, regression, Poisson, gamma and Tweedie objectives, boosted trees and averaged forests.
//! Everything is computed in 64 bits and in LightGBM's order. A missing value is treated as each split says: as zero, or
//! sent where training said; a missing category goes right. Linear leaves (`linear_tree`) are refused.
//!
//! When the file names its inputs, they must be the card's, in the same order; when training saw a data frame, the words of
//! its categories must be the card's, in the same order. `tree_sizes` are not read.

use crate::error::{Error, Result, shown};
use crate::model::ensemble::{Ensemble, Link};
use crate::model::forest::Forest;
use crate::model::lightgbm_file::{self, Lines};
use crate::model::predict::Opened;
use crate::model::tree::{Arithmetic, MOST_NODES, Missing, Raw, Rule, Source, Tree, WordBudget};
use crate::model::{file, named, together};
use crate::record::{InputCard, InputKind, ModelCard};
use std::path::Path;

/// Larger files are refused.
const LARGEST: u64 = 256 << 20;

/// Opens a LightGBM model and tells every problem at once.
pub fn open(card: &ModelCard, folder: &Path) -> Opened {
    file::open(card, folder, LARGEST, |bytes, _| load(card, bytes))
}

/// Reads the bytes of a model file and joins it to its card. The errors have no place yet.
pub fn load(card: &ModelCard, bytes: &[u8]) -> std::result::Result<Ensemble, Vec<Error>> {
    let one = |error: Error| vec![error];
    let text = text(bytes).map_err(one)?;
    let file = lightgbm_file::read(text).map_err(one)?;
    let head = &file.head;
    let version = head.text("version").unwrap_or_default().trim();
    if !["v3", "v4"].contains(&version) {
        let error = Error::new(format!("the format's version is `{}`", shown(version)));
        return Err(one(error.help(
            "v3 and v4 can be read; save the model with a newer LightGBM",
        )));
    }
    let objective = head.text("objective").unwrap_or_default().trim();
    let outputs: usize = head.need("num_tree_per_iteration").map_err(one)?;
    let classes: usize = head.one("num_class").map_err(one)?.unwrap_or(1);
    if outputs != 1 || classes != 1 || objective.starts_with("multiclass") {
        let error = Error::new(format!(
            "the model has several outputs (objective `{}`), and the task `binary` takes one",
            shown(objective)
        ));
        return Err(one(
            error.help("export a model of the one event the card predicts")
        ));
    }
    let link = link(objective).map_err(one)?;
    let inputs = head
        .need::<usize>("max_feature_idx")
        .map_err(one)?
        .saturating_add(1);
    let problems = inputs_differ(head, inputs, file.pandas, &card.inputs);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut budget = WordBudget::default();
    let trees = together::trees(
        &file.trees,
        |_, lines| Ok((lines, whole(lines, &mut budget)?)),
        |(lines, (leaves, sets))| tree(lines, leaves, inputs, sets),
    )
    .map_err(one)?;
    let divisor = match head.text("average_output") {
        Some(_) => trees.len().max(1) as f64,
        None => 1.0,
    };
    let forest = Forest::new(inputs, Arithmetic::Double, vec![0.0], divisor, trees).map_err(one)?;
    let ensemble = Ensemble::new(card, forest, link, objective).map_err(one)?;
    Ok(ensemble.seeing(lightgbm_file::seen(head)))
}

fn text(bytes: &[u8]) -> Result<&str> {
    let help = "save it from LightGBM with `booster.save_model(\"model.txt\")`";
    match bytes {
        [] => Err(Error::new("the file is empty").help(help)),
        [b't', b'r', b'e', b'e', b'\n' | b'\r', ..] => std::str::from_utf8(bytes)
            .map_err(|_| Error::new("the file is not UTF-8 text").help(help)),
        [b'{', ..] => {
            Err(Error::new("this is JSON or UBJSON, and LightGBM's models are text")
                .help("an XGBoost model has `format = \"xgboost\"`; save a LightGBM one with `save_model`"))
        }
        _ => Err(Error::new("this is no LightGBM text: it does not start with `tree`").help(help)),
    }
}

/// The link of an objective (`LightGBM::ObjectiveFunction::ConvertOutput`).
fn link(objective: &str) -> Result<Link> {
    let mut words = objective.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    let mut slope = 1.0;
    let mut root = false;
    for word in words {
        if let Some(number) = word.strip_prefix("sigmoid:") {
            slope = number
                .parse()
                .ok()
                .filter(|slope: &f64| slope.is_finite() && *slope > 0.0)
                .ok_or_else(|| Error::new("the `sigmoid` of the objective is no number above 0"))?;
        }
        root |= word == "sqrt";
    }
    Ok(match name {
        "" | "custom" | "none" => Link::Unknown,
        "binary" => Link::Logistic(slope),
        "cross_entropy" | "xentropy" => Link::Logistic(1.0),
        "regression" if root => Link::Square,
        "regression" | "regression_l1" | "huber" | "fair" | "quantile" | "mape" => Link::Identity,
        "poisson" | "gamma" | "tweedie" => Link::Exp,
        other => {
            let error = Error::new(format!(
                "the objective `{}` gives neither a probability nor a log odds",
                shown(other)
            ));
            return Err(error.help("train with `binary`"));
        }
    })
}

fn inputs_differ(
    head: &Lines<'_>,
    count: usize,
    pandas: Option<&str>,
    inputs: &[InputCard],
) -> Vec<Error> {
    let names: Vec<String> = head
        .text("feature_names")
        .unwrap_or_default()
        .split(' ')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let made_up = names
        .iter()
        .enumerate()
        .all(|(place, name)| *name == format!("Column_{place}"));
    let declared = inputs
        .iter()
        .enumerate()
        .all(|(place, input)| input.name == format!("Column_{place}"));
    let mut problems = Vec::new();
    if !made_up || declared {
        problems = named::differences(&names, inputs);
    }
    if problems.is_empty() {
        problems.extend(named::count(count, inputs));
    }
    let Some(words) = pandas.map(str::trim).filter(|words| !words.is_empty()) else {
        return problems;
    };
    let Ok(words) = serde_json::from_str::<Option<Vec<Vec<serde_json::Value>>>>(words) else {
        problems.push(Error::new("`pandas_categorical` cannot be read"));
        return problems;
    };
    let words = words.unwrap_or_default();
    let categories: Vec<&InputCard> = inputs
        .iter()
        .filter(|input| input.kind == InputKind::Category)
        .collect();
    if !problems.is_empty() || words.is_empty() {
        return problems;
    }
    if words.len() != categories.len() {
        problems.push(
            Error::new(format!(
                "the file was trained with {} categories among its inputs, and the card declares {}",
                words.len(),
                categories.len()
            ))
            .help("give each of them its `categories`, in the order of training"),
        );
    }
    problems.extend(words.iter().zip(categories).filter_map(|(words, input)| {
        let texts: Vec<String> = words
            .iter()
            .map(|word| match word {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            })
            .collect();
        named::categories(&texts, input)
    }));
    problems
}

/// Bits of `decision_type` (`LightGBM::Tree::GetDecisionType`, `GetMissingType`).
const CATEGORICAL: i8 = 1;
const DEFAULT_LEFT: i8 = 2;

/// How many leaves a tree has, and its sets of categories.
fn whole(lines: &Lines<'_>, budget: &mut WordBudget) -> Result<(usize, Vec<Vec<u64>>)> {
    if lines.one::<u8>("is_linear")?.unwrap_or(0) != 0 {
        return Err(
            Error::new("the leaves are linear equations, which cannot be scored")
                .help("train without `linear_tree`"),
        );
    }
    let leaves: usize = lines.need("num_leaves")?;
    if leaves == 0 || leaves > MOST_NODES {
        return Err(Error::new(format!("`num_leaves` is {leaves}")));
    }
    Ok((leaves, sets(lines, budget)?))
}

fn tree(lines: &Lines<'_>, leaves: usize, inputs: usize, sets: Vec<Vec<u64>>) -> Result<Tree> {
    let splits = leaves - 1;
    let value: Vec<f64> = lines.needed("leaf_value", leaves)?;
    let input: Vec<usize> = lines.needed("split_feature", splits)?;
    let threshold: Vec<f64> = lines.needed("threshold", splits)?;
    let decision: Vec<i8> = lines.needed("decision_type", splits)?;
    let left: Vec<i64> = lines.needed("left_child", splits)?;
    let right: Vec<i64> = lines.needed("right_child", splits)?;
    let leaf_count: Option<Vec<f64>> = lines.list("leaf_count", leaves)?;
    let split_count: Option<Vec<f64>> = lines.list("internal_count", splits)?;
    let known = sets.len() as f64;
    let child = |child: i64| {
        // a leaf is written as −1 − its number
        let place = if child < 0 {
            child
                .checked_add(1)
                .and_then(|leaf| (splits as i64).checked_sub(leaf))
        } else if child < splits as i64 {
            Some(child)
        } else {
            None
        };
        place
            .and_then(|place| usize::try_from(place).ok())
            .ok_or_else(|| {
                Error::new(format!(
                    "a child is {child}, and the tree has {leaves} leaves"
                ))
            })
    };
    let raw = |place: usize| {
        let odd = || Error::new(format!("node {place} is not whole"));
        if let Some(leaf) = place.checked_sub(splits) {
            return value.get(leaf).copied().map(Raw::Leaf).ok_or_else(odd);
        }
        let decision = *decision.get(place).ok_or_else(odd)?;
        let threshold = *threshold.get(place).ok_or_else(odd)?;
        let goes_left = decision & DEFAULT_LEFT != 0;
        let (rule, missing) = if decision & CATEGORICAL != 0 {
            let set = (threshold >= 0.0 && threshold < known)
                .then_some(threshold as u32)
                .ok_or_else(|| {
                    Error::new(format!(
                        "node {place} asks about a set of categories that is not there"
                    ))
                })?;
            (Rule::Among { set, left: true }, Missing::Right)
        } else {
            let missing = match (decision >> 2 & 3, goes_left) {
                (0, _) => Missing::Zero,
                (1, true) => Missing::ZeroLeft,
                (1, false) => Missing::ZeroRight,
                (2, true) => Missing::Left,
                (2, false) => Missing::Right,
                _ => {
                    return Err(Error::new(format!(
                        "node {place} treats missing values in an unknown way"
                    )));
                }
            };
            // `x <= t` is `x < next(t)`
            (Rule::Below(threshold.next_up()), missing)
        };
        let input = *input.get(place).ok_or_else(odd)?;
        let left = child(*left.get(place).ok_or_else(odd)?)?;
        let right = child(*right.get(place).ok_or_else(odd)?)?;
        Ok(Raw::Split(input, rule, missing, left, right))
    };
    let cover = |place: usize| {
        let (counts, place) = match place.checked_sub(splits) {
            Some(leaf) => (&leaf_count, leaf),
            None => (&split_count, place),
        };
        let count = counts.as_ref().and_then(|counts| counts.get(place));
        count.copied().unwrap_or(0.0)
    };
    let source = Source {
        count: splits + leaves,
        raw: &raw,
        cover: &cover,
    };
    Tree::build(&source, inputs, sets)
}

fn sets(lines: &Lines<'_>, budget: &mut WordBudget) -> Result<Vec<Vec<u64>>> {
    let count: usize = lines.one("num_cat")?.unwrap_or(0);
    if count == 0 {
        return Ok(Vec::new());
    }
    let bounds: Vec<usize> = lines.needed("cat_boundaries", count.saturating_add(1))?;
    let last = bounds.last().copied().unwrap_or(0);
    let words: Vec<u32> = lines.needed("cat_threshold", last)?;
    bounds
        .windows(2)
        .map(|pair| {
            let span = match pair {
                [start, end] => words.get(*start..*end),
                _ => None,
            };
            let span = span
                .ok_or_else(|| Error::new("`cat_boundaries` do not rise from one to the next"))?;
            let mut set = budget.words(span.len().div_ceil(2))?;
            for (place, word) in span.iter().enumerate() {
                set[place / 2] |= u64::from(*word) << (place % 2 * 32);
            }
            Ok(set)
        })
        .collect()
}
