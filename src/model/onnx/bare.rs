//! Graphs that are nothing but trees behind a link: which of the card's inputs the trees read, and those trees.
//!
//! Before the trees stand casts and joined columns at most, behind them what changes no number. A scaler or an imputer
//! before them makes the graph something else.

use crate::dataset::table::Batch;
use crate::error::{Error, Result};
use crate::model::forest::Forest;
use crate::model::onnx::door::Door;
use crate::model::onnx::proto::{Graph, Node, Port, Setting};
use crate::model::onnx::stored;
use crate::model::onnx::summed::{Reads, Summed};
use crate::model::predict::{Seen, Trees};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

const SINGLE: i64 = 1;
const DOUBLE: i64 = 11;
const TREES: [&str; 3] = [
    "TreeEnsemble",
    "TreeEnsembleClassifier",
    "TreeEnsembleRegressor",
];

/// The trees of a graph, made when somebody asks for them.
pub struct Bare {
    trees: Arc<dyn Summed>,
    column: usize,
    reads: Reads,
    sight: OnceLock<Option<Sight>>,
}

/// The trees of the score.
struct Sight {
    trees: Arc<dyn Summed>,
    door: Arc<Door>,
    forest: Forest,
    rounded: bool,
}

impl std::fmt::Debug for Bare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bare").field("reads", &self.reads).finish()
    }
}

impl Bare {
    /// The trees of a column of what the graph's one node of trees gives.
    pub fn new(trees: Arc<dyn Summed>, column: usize, reads: Reads) -> Self {
        Self {
            trees,
            column,
            reads,
            sight: OnceLock::new(),
        }
    }

    /// The trees, when the column is their sum behind a link.
    pub fn trees(&self, door: &Arc<Door>) -> Option<&dyn Trees> {
        let sight = self.sight.get_or_init(|| {
            Some(Sight {
                trees: Arc::clone(&self.trees),
                door: Arc::clone(door),
                forest: self.trees.column(self.column, &self.reads)?,
                rounded: self.reads.rounded,
            })
        });
        sight.as_ref().map(|sight| sight as &dyn Trees)
    }
}

impl Trees for Sight {
    fn forest(&self) -> &Forest {
        &self.forest
    }

    fn score(&self, margin: f64) -> Option<f64> {
        Some(self.trees.score(margin))
    }

    fn rows(&self, batch: &Batch<'_>) -> Result<Seen> {
        let (mut columns, refused) = self
            .door
            .read(batch)?
            .numbers()
            .ok_or_else(|| Error::new("trees read numbers only"))?;
        if self.rounded {
            for x in columns.iter_mut().flatten() {
                *x = f64::from(*x as f32);
            }
        }
        Ok(Seen { columns, refused })
    }
}

/// What the trees before an output read, when nothing but trees stands between it and the graph's inputs. `fed` has the
/// places of the card's inputs in each input of the graph.
pub fn reads(
    graph: &Graph<'_>,
    output: &str,
    ports: &[Port],
    fed: &[&[usize]],
    inputs: usize,
) -> Option<Reads> {
    let mut known: BTreeMap<&str, Reads> = BTreeMap::new();
    for (port, places) in ports.iter().zip(fed) {
        let wide = match port.kind? {
            SINGLE | 2..=7 | 12 | 13 => false,
            DOUBLE => true,
            _ => return None,
        };
        let reads = Reads {
            places: places.to_vec(),
            inputs,
            rounded: !wide,
            wide,
        };
        known.insert(&port.name, reads);
    }
    let makes = |name: &str| {
        let made = |node: &&Node<'_>| node.outputs.iter().any(|made| made == name);
        graph.nodes.iter().find(made)
    };
    // from the score back to the trees; a graph has no circle, and no chain of nothing is long
    let mut name = output;
    let mut node = makes(name)?;
    for _ in 0..8 {
        if TREES.contains(&node.operator.as_str()) {
            break;
        }
        let same = match node.operator.as_str() {
            "Identity" | "ZipMap" => true,
            "Cast" => [SINGLE, DOUBLE].contains(&int(node, "to")?),
            // what onnxmltools puts behind LightGBM's trees
            "Mul" => ones(graph, node.inputs.get(1)?),
            _ => false,
        };
        name = node.inputs.first().filter(|_| same)?;
        node = makes(name)?;
    }
    let scores = usize::from(node.operator == "TreeEnsembleClassifier");
    let bare = TREES.contains(&node.operator.as_str())
        && node.domain == "ai.onnx.ml"
        && node.outputs.get(scores).is_some_and(|made| made == name);
    let wanted = node.inputs.first().filter(|_| bare)?;
    // from the inputs on to what the trees read
    for node in &graph.nodes {
        let parts = node.inputs.iter().map(|name| known.get(name.as_str()));
        let Some(parts) = parts.collect::<Option<Vec<_>>>() else {
            continue;
        };
        let Some(first) = parts.first() else { continue };
        let mut made = (*first).clone();
        match node.operator.as_str() {
            "Identity" => {}
            "Cast" => match int(node, "to") {
                Some(SINGLE) => (made.rounded, made.wide) = (true, false),
                Some(DOUBLE) => made.wide = true,
                _ => continue,
            },
            "Concat" if matches!(int(node, "axis"), Some(1 | -1)) => {
                let alike = |part: &&Reads| (part.rounded, part.wide) == (made.rounded, made.wide);
                if !parts.iter().all(alike) {
                    continue;
                }
                made.places = parts.iter().flat_map(|part| part.places.clone()).collect();
            }
            _ => continue,
        }
        if let Some(output) = node.outputs.first() {
            known.insert(output, made);
        }
    }
    known.remove(wanted.as_str())
}

/// True for a constant of ones.
fn ones(graph: &Graph<'_>, name: &str) -> bool {
    let mut all = graph.constants.iter();
    let found = all.find(|constant| constant.name == name);
    let list = found.and_then(|constant| stored::read(constant, None).ok()?.to_f64().ok());
    list.is_some_and(|list| list.iter().all(|x| *x == 1.0))
}

fn int(node: &Node<'_>, name: &str) -> Option<i64> {
    let mut all = node.attributes.iter();
    all.find_map(|(key, setting)| match setting {
        Setting::Int(value) if key == name => Some(*value),
        _ => None,
    })
}
