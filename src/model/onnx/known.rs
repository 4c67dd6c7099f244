//! What a graph itself knows of its inputs: the scaler or the trees that read them unchanged, and their names.
//!
//! Followed are the ways a column comes unchanged from the graph's inputs: casts, concatenations, picked columns, imputers.

use crate::model::known::Known;
use crate::model::onnx::proto::{Graph, Node, Setting, Stored};
use crate::model::onnx::stored;
use std::collections::BTreeMap;

/// For each of the card's inputs, what the graph knows. `fed` names each input of the graph with the places of the card's
/// inputs in its columns.
pub fn known(graph: &Graph<'_>, inputs: usize, fed: &[(&str, &[usize])]) -> Vec<Known> {
    let mut known = vec![Known::default(); inputs];
    let constants: BTreeMap<&str, &Stored<'_>> = graph
        .constants
        .iter()
        .map(|constant| (constant.name.as_str(), constant))
        .collect();
    let mut columns: BTreeMap<&str, Vec<usize>> = fed
        .iter()
        .map(|(name, places)| (*name, places.to_vec()))
        .collect();
    for node in &graph.nodes {
        let first = node
            .inputs
            .first()
            .and_then(|name| columns.get(name.as_str()));
        let through = match (node.operator.as_str(), first) {
            ("Cast" | "Identity" | "Imputer", Some(places)) => Some(places.clone()),
            ("Concat" | "FeatureVectorizer", Some(_)) => node
                .inputs
                .iter()
                .map(|name| columns.get(name.as_str()))
                .collect::<Option<Vec<_>>>()
                .map(|parts| parts.into_iter().flatten().copied().collect()),
            ("ArrayFeatureExtractor", Some(places)) => picked(node, places, &constants),
            ("Scaler", Some(places)) => {
                scaler(node, places, &mut known);
                None
            }
            ("TreeEnsembleClassifier" | "TreeEnsembleRegressor", Some(places)) => {
                trees(node, places, &mut known);
                None
            }
            _ => None,
        };
        if let (Some(places), Some(output)) = (through, node.outputs.first()) {
            columns.insert(output, places);
        }
    }
    known
}

/// Names of the columns of the one input tensor, when the file's metadata tell them: `feature_names_in_` and its like, a
/// JSON list or words between commas. A list of another length is none.
pub fn names(metadata: &[(String, String)], columns: usize) -> Option<Vec<String>> {
    const KEYS: [&str; 4] = [
        "feature_names_in_",
        "feature_names_in",
        "feature_names",
        "input_names",
    ];
    let (_, text) = metadata
        .iter()
        .find(|(key, _)| KEYS.contains(&key.as_str()))?;
    let names: Vec<String> = serde_json::from_str(text).unwrap_or_else(|_| {
        let words = text.split(',').map(|name| name.trim().to_owned());
        words.collect()
    });
    (names.len() == columns && names.iter().all(|name| !name.is_empty())).then_some(names)
}

fn setting<'n, 'a>(node: &'n Node<'a>, name: &str) -> Option<&'n Setting<'a>> {
    let mut all = node.attributes.iter();
    all.find(|(key, _)| key == name).map(|(_, setting)| setting)
}

fn picked(
    node: &Node<'_>,
    places: &[usize],
    constants: &BTreeMap<&str, &Stored<'_>>,
) -> Option<Vec<usize>> {
    let indices = constants.get(node.inputs.get(1)?.as_str())?;
    let tensor = stored::read(indices, None).ok()?;
    let list = tensor.to_f64().ok()?;
    let place = |index: &f64| places.get(*index as usize).copied();
    list.iter().map(place).collect()
}

fn scaler(node: &Node<'_>, places: &[usize], known: &mut [Known]) {
    let list = |name| match setting(node, name) {
        Some(Setting::Floats(list)) => list.as_slice(),
        _ => &[],
    };
    let (offset, scale) = (list("offset"), list("scale"));
    if offset.len() != places.len() || scale.len() != places.len() {
        return;
    }
    for ((place, mean), scale) in places.iter().zip(offset).zip(scale) {
        let sd = 1.0 / f64::from(*scale);
        if let Some(known) = known.get_mut(*place)
            && sd.is_finite()
            && sd > 0.0
        {
            known.standard = Some([f64::from(*mean), sd]);
        }
    }
}

fn trees(node: &Node<'_>, places: &[usize], known: &mut [Known]) {
    let (Some(Setting::Ints(inputs)), Some(Setting::Floats(values)), Some(Setting::Texts(modes))) = (
        setting(node, "nodes_featureids"),
        setting(node, "nodes_values"),
        setting(node, "nodes_modes"),
    ) else {
        return;
    };
    for ((input, value), mode) in inputs.iter().zip(values).zip(modes) {
        let asks = matches!(
            *mode,
            "BRANCH_LEQ" | "BRANCH_LT" | "BRANCH_GTE" | "BRANCH_GT"
        );
        let place = usize::try_from(*input).ok().and_then(|at| places.get(at));
        if let (true, Some(known)) = (asks, place.and_then(|place| known.get_mut(*place))) {
            known.threshold(f64::from(*value));
        }
    }
}
