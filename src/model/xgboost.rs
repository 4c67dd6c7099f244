//! XGBoost models as `save_model` writes them: JSON (`model.json`) or UBJSON (`model.ubj`), told apart by their content.
//!
//! `gbtree` and `dart` with one output: logistic, regression, Poisson, gamma and Tweedie objectives. Comparisons and sums
//! are XGBoost's own, in 32 bits and in its order; the link is applied in 64, so that a high risk does not round to 1.
//!
//! * An early-stopped model (the attribute `best_iteration` in the file) is scored with the trees up to that iteration, as
//!   `XGBClassifier.predict_proba` does. `Booster.predict` without `iteration_range` takes all trees: delete the attribute
//!   (`booster.set_attr(best_iteration=None)`) if that is what was validated.
//! * A missing value goes where training said; a number XGBoost would round to infinity refuses its row.
//! * When the file names its inputs, they must be the card's, in the same order; when it holds the words of categories,
//!   they must be the card's, in the same order.

use crate::error::{Error, Result, shown};
use crate::model::ensemble::{Ensemble, Link};
use crate::model::forest::Forest;
use crate::model::predict::Opened;
use crate::model::tree::{Arithmetic, MOST_NODES, Missing, Raw, Rule, Source, Tree, WordBudget};
use crate::model::xgboost_file::{File, TreeFile, Trees, Words};
use crate::model::{file, named, together, ubjson, xgboost_file};
use crate::record::{InputKind, ModelCard};
use std::path::Path;

/// Larger files are refused.
const LARGEST: u64 = 256 << 20;
/// XGBoost knows no category above this (`xgboost::common::OutOfRangeCat`).
const LAST_CATEGORY: i64 = (1 << 24) - 1;

/// Opens an XGBoost model and tells every problem at once.
pub fn open(card: &ModelCard, folder: &Path) -> Opened {
    file::open(card, folder, LARGEST, |bytes, _| load(card, bytes))
}

/// Reads the bytes of a model file and joins it to its card. The errors have no place yet.
pub fn load(card: &ModelCard, bytes: &[u8]) -> std::result::Result<Ensemble, Vec<Error>> {
    let one = |error: Error| vec![error];
    let learner = parse(bytes).map_err(one)?.learner;
    let objective = learner.objective.name;
    let param = learner.learner_model_param;
    let booster = learner.gradient_booster;
    let trees = match booster.name.as_str() {
        "gbtree" => booster.model,
        "dart" => booster.gbtree.map(|inner| inner.model),
        other => {
            let error = Error::new(format!("the booster `{}` has no trees", shown(other)));
            return Err(one(error.help(
                "`gbtree` and `dart` can be scored; write a linear model as a `linear` equation",
            )));
        }
    };
    let trees = trees.ok_or_else(|| one(Error::new("the booster has no `model`")))?;
    let several = number(&param.num_class) > 1 || number(&param.num_target) > 1;
    if several || objective.starts_with("multi:") {
        let error = Error::new(format!(
            "the model has several outputs (objective `{}`), and the task `binary` takes one",
            shown(&objective)
        ));
        return Err(one(
            error.help("export a model of the one event the card predicts")
        ));
    }
    let link = link(&objective).map_err(one)?;
    let inputs = usize::try_from(number(&param.num_feature)).unwrap_or(usize::MAX);
    let mut problems = Vec::new();
    if learner.feature_names.is_empty() {
        problems.extend(named::count(inputs, &card.inputs));
    } else {
        problems.extend(named::differences(&learner.feature_names, &card.inputs));
        if problems.is_empty() {
            problems.extend(named::count(inputs, &card.inputs));
        }
    }
    if problems.is_empty() {
        problems = words(&trees.cats.enc, card);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    // the raw log odds take `base_score` as it stands
    let scale = match objective.as_str() {
        "binary:logitraw" => Link::Identity,
        _ => link,
    };
    let base = base(&param.base_score, scale).map_err(one)?;
    let best = learner.attributes.get("best_iteration");
    let kept = kept(&trees, best.map(String::as_str)).map_err(one)?;
    let built = forest(
        &trees,
        kept,
        &booster.weight_drop,
        booster.name == "dart",
        inputs,
    )
    .map_err(one)?;
    let forest = Forest::new(inputs, Arithmetic::Single, vec![base], 1.0, built).map_err(one)?;
    Ensemble::new(card, forest, link, &objective).map_err(one)
}

/// Takes a file apart, JSON or UBJSON.
pub fn parse(bytes: &[u8]) -> Result<File> {
    let help = "save it from XGBoost with `booster.save_model(\"model.json\")` or `\"model.ubj\"`";
    let start = bytes.trim_ascii_start();
    let told = match start {
        [b'{', b'"' | b' ' | b'\n' | b'\r' | b'\t' | b'}', ..] => {
            match serde_json::from_slice(&xgboost_file::plain(bytes)) {
                Ok(file) => return Ok(file),
                Err(e) => Error::new(format!(
                    "this is no XGBoost JSON: line {}, column {}: {}",
                    e.line(),
                    e.column(),
                    shown(&e.to_string())
                )),
            }
        }
        [b'{', ..] => match ubjson::read(bytes) {
            Ok(file) => return Ok(file),
            Err(e) => Error::new(format!("this is no XGBoost UBJSON: {}", e.what)),
        },
        [b'b', b'i', b'n', b'f', ..] => {
            Error::new("this is XGBoost's old binary format, which it no longer reads itself")
        }
        [b't', b'r', b'e', b'e', b'\n' | b'\r', ..] => {
            return Err(
                Error::new("this is a LightGBM model").help("write `format = \"lightgbm\"`")
            );
        }
        [] => Error::new("the file is empty"),
        _ => Error::new("this is neither JSON nor UBJSON"),
    };
    Err(told.help(help))
}

fn number(text: &str) -> i64 {
    match text.trim() {
        "" => 0,
        text => text.parse().unwrap_or(i64::MAX),
    }
}

/// The link of an objective (`xgboost::ObjFunction::PredTransform`).
fn link(objective: &str) -> Result<Link> {
    Ok(match objective {
        "binary:logistic" | "binary:logitraw" | "reg:logistic" => Link::Logistic(1.0),
        "reg:squarederror"
        | "reg:linear"
        | "reg:squaredlogerror"
        | "reg:pseudohubererror"
        | "reg:absoluteerror"
        | "reg:quantileerror" => Link::Identity,
        "count:poisson" | "reg:gamma" | "reg:tweedie" => Link::Exp,
        "binary:hinge" => {
            return Err(
                Error::new("the objective `binary:hinge` gives a class, not a score")
                    .help("train with `binary:logistic`"),
            );
        }
        other => {
            let error = Error::new(format!(
                "the objective `{}` gives neither a probability nor a log odds",
                shown(other)
            ));
            return Err(error.help("train with `binary:logistic`"));
        }
    })
}

/// What sums start from: the file has it on the scale of the prediction (`xgboost::ObjFunction::ProbToMargin`).
fn base(text: &str, link: Link) -> Result<f64> {
    let wrong = |why: &str| Error::new(format!("`base_score` {why}"));
    let inner = text.trim();
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    let inner = inner.strip_suffix(']').unwrap_or(inner);
    let value: f32 = inner
        .trim()
        .parse()
        .map_err(|_| wrong("is not one number"))?;
    let base = match link {
        Link::Logistic(_) if value > 0.0 && value < 1.0 => -(1.0 / value - 1.0).ln(),
        Link::Logistic(_) => return Err(wrong("lies outside (0, 1)")),
        Link::Exp if value > 0.0 => value.ln(),
        Link::Exp => return Err(wrong("is not above zero")),
        _ => value,
    };
    if base.is_finite() {
        Ok(f64::from(base))
    } else {
        Err(wrong("is no finite number"))
    }
}

/// How many trees count: all, or those up to the best iteration.
fn kept(trees: &Trees, best: Option<&str>) -> Result<usize> {
    let all = trees.trees.len();
    let Some(best) = best else {
        return Ok(all);
    };
    let wrong = || Error::new("the attribute `best_iteration` names no iteration of the model");
    let best: usize = best.trim().parse().map_err(|_| wrong())?;
    let kept = match trees.iteration_indptr.get(best.saturating_add(1)) {
        Some(end) => usize::try_from(*end).map_err(|_| wrong())?,
        None if !trees.iteration_indptr.is_empty() => return Err(wrong()),
        None => {
            let parallel = number(&trees.gbtree_model_param.num_parallel_tree).max(1);
            let parallel = usize::try_from(parallel).unwrap_or(usize::MAX);
            best.saturating_add(1).saturating_mul(parallel)
        }
    };
    if kept == 0 || kept > all {
        return Err(wrong());
    }
    Ok(kept)
}

fn forest(
    trees: &Trees,
    kept: usize,
    weights: &[f32],
    dart: bool,
    inputs: usize,
) -> Result<Vec<Tree>> {
    if dart && weights.len() != trees.trees.len() {
        return Err(Error::new(format!(
            "`weight_drop` has {} numbers for {} trees",
            weights.len(),
            trees.trees.len()
        )));
    }
    if trees.tree_info.iter().any(|output| *output != 0) {
        return Err(Error::new(
            "a tree adds to an output that the model does not have",
        ));
    }
    let mut budget = WordBudget::default();
    together::trees(
        trees.trees.iter().take(kept),
        |place, file| {
            let weight = if dart {
                weights.get(place).copied()
            } else {
                None
            };
            Ok((file, weight.unwrap_or(1.0), whole(file, &mut budget)?))
        },
        |(file, weight, sets)| tree(file, weight, inputs, sets),
    )
}

/// Holds the arrays of a tree against each other and collects its sets of categories.
fn whole(file: &TreeFile, budget: &mut WordBudget) -> Result<Sets> {
    let count = file.left_children.len();
    let lengths = [
        ("right_children", file.right_children.len(), true),
        ("split_indices", file.split_indices.len(), true),
        ("split_conditions", file.split_conditions.len(), true),
        ("default_left", file.default_left.len(), true),
        ("sum_hessian", file.sum_hessian.len(), false),
        ("split_type", file.split_type.len(), false),
    ];
    for (name, length, needed) in lengths {
        if length != count && (needed || length > 0) {
            return Err(Error::new(format!(
                "`left_children` has {count} items and `{name}` has {length}"
            )));
        }
    }
    if number(&file.tree_param.size_leaf_vector) > 1 {
        return Err(Error::new("a leaf has several values")
            .help("train with `multi_strategy=\"one_output_per_tree\"`"));
    }
    sets(file, count, budget)
}

fn tree(file: &TreeFile, weight: f32, inputs: usize, (sets, set_of): Sets) -> Result<Tree> {
    let raw = |place: usize| {
        let odd = || Error::new(format!("node {place} is not whole"));
        let at = |list: &[i32]| list.get(place).copied().ok_or_else(odd);
        let (left, right) = (at(&file.left_children)?, at(&file.right_children)?);
        let condition = file.split_conditions.get(place).ok_or_else(odd)?.0;
        if left == -1 && right == -1 {
            return Ok(Raw::Leaf(f64::from(weight * condition)));
        }
        let child = |child: i32| {
            usize::try_from(child)
                .map_err(|_| Error::new(format!("node {place} has a child before the first node")))
        };
        let rule = if file.split_type.get(place).is_some_and(|kind| *kind == 1) {
            let set = set_of.get(place).copied().flatten();
            let set = set.ok_or_else(|| {
                Error::new(format!("node {place} asks about categories and names none"))
            })?;
            Rule::Among { set, left: false }
        } else {
            Rule::Below(f64::from(condition))
        };
        let missing = match file.default_left.get(place).ok_or_else(odd)?.0 {
            true => Missing::Left,
            false => Missing::Right,
        };
        let input = *file.split_indices.get(place).ok_or_else(odd)?;
        let input = usize::try_from(input).unwrap_or(usize::MAX);
        Ok(Raw::Split(
            input,
            rule,
            missing,
            child(left)?,
            child(right)?,
        ))
    };
    let cover = |place: usize| file.sum_hessian.get(place).map_or(0.0, |h| f64::from(h.0));
    let source = Source {
        count: file.left_children.len(),
        raw: &raw,
        cover: &cover,
    };
    Tree::build(&source, inputs, sets)
}

type Sets = (Vec<Vec<u64>>, Vec<Option<u32>>);

/// The sets of categories of a tree, and the set of each node that has one.
fn sets(file: &TreeFile, count: usize, budget: &mut WordBudget) -> Result<Sets> {
    let nodes = &file.categories_nodes;
    if nodes.is_empty() || count > MOST_NODES {
        return Ok((Vec::new(), Vec::new()));
    }
    if nodes.len() != file.categories_segments.len() || nodes.len() != file.categories_sizes.len() {
        return Err(Error::new(
            "`categories_nodes`, `categories_segments` and `categories_sizes` differ in length",
        ));
    }
    let mut set_of = vec![None; count];
    let mut sets = Vec::with_capacity(nodes.len());
    let spans = file.categories_segments.iter().zip(&file.categories_sizes);
    for (node, (start, size)) in nodes.iter().zip(spans) {
        let span = || {
            let start = usize::try_from(*start).ok()?;
            let end = start.checked_add(usize::try_from(*size).ok()?)?;
            file.categories.get(start..end)
        };
        let lies = || {
            Error::new(format!(
                "the categories of node {node} lie outside `categories`"
            ))
        };
        let categories = span().ok_or_else(lies)?;
        if categories.iter().any(|c| !(0..=LAST_CATEGORY).contains(c)) {
            return Err(Error::new(format!(
                "node {node} asks about a category outside 0 to {LAST_CATEGORY}"
            )));
        }
        let words = categories.iter().max().map_or(0, |c| *c as usize / 64 + 1);
        let mut set = budget.words(words)?;
        for category in categories {
            set[*category as usize / 64] |= 1 << (*category as usize % 64);
        }
        let slot = usize::try_from(*node)
            .ok()
            .and_then(|node| set_of.get_mut(node));
        let slot = slot.ok_or_else(|| {
            Error::new(format!(
                "categories belong to node {node}, and the tree has {count} nodes"
            ))
        })?;
        *slot = Some(sets.len() as u32);
        sets.push(set);
    }
    Ok((sets, set_of))
}

/// Holds the words of categories in the file against the card's.
fn words(file: &[Words], card: &ModelCard) -> Vec<Error> {
    let pairs = file.iter().zip(&card.inputs);
    pairs
        .filter(|(words, input)| !words.values.is_empty() && input.kind == InputKind::Category)
        .filter_map(|(words, input)| named::categories(&texts(words)?, input))
        .collect()
}

/// The words of one input, in the order of their codes.
pub fn texts(words: &Words) -> Option<Vec<String>> {
    if words.offsets.is_empty() {
        return Some(words.values.iter().map(ToString::to_string).collect());
    }
    let text = |pair: &[i64]| {
        let [start, end] = pair else { return None };
        let span = usize::try_from(*start).ok()?..usize::try_from(*end).ok()?;
        let bytes = words.values.get(span)?.iter().map(|byte| *byte as u8);
        String::from_utf8(bytes.collect()).ok()
    };
    words.offsets.windows(2).map(text).collect()
}
