//! Operators that nobody here knows, found before anything else is done: in the graph, in graphs inside its nodes, in the
//! model's own functions.

use crate::error::{Error, shown};
use crate::model::onnx::operator;
use crate::model::onnx::proto::{Function, Graph, Node, Setting};
use std::collections::{BTreeMap, BTreeSet};

/// Unsupported operators told one by one.
const SHOWN: usize = 10;

/// The set of operators by the name that this reader uses: `ai.onnx` has none.
pub fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}

/// The model's own functions: by set, name, and which of several of that name it is.
pub type Functions<'a> = BTreeMap<(&'a str, &'a str, &'a str), &'a Function<'a>>;

/// Functions in an order they are found by.
pub fn named<'a>(functions: &'a [Function<'a>]) -> Functions<'a> {
    let name = |function: &'a Function<'a>| {
        let (set, name, overload) = &function.name;
        ((domain(set), &**name, &**overload), function)
    };
    functions.iter().map(name).collect()
}

/// The function of the model that a node calls.
pub fn function_of<'a>(node: &Node<'_>, functions: &Functions<'a>) -> Option<&'a Function<'a>> {
    let key = (domain(&node.domain), &*node.operator, &*node.overload);
    functions.get(&key).copied()
}

/// Every operator that is not known, each once, with its domain and the first node that uses it.
pub fn unsupported(graph: &Graph<'_>, functions: &Functions<'_>) -> Vec<Error> {
    let mut met = BTreeSet::new();
    let mut problems = Vec::new();
    let mut waiting = vec![graph];
    let mut called = BTreeSet::new();
    while let Some(graph) = waiting.pop() {
        for (place, node) in graph.nodes.iter().enumerate() {
            for (_, setting) in &node.attributes {
                if let Setting::Graph(inner) = setting {
                    waiting.push(inner);
                }
            }
            if let Some(function) = function_of(node, functions) {
                if called.insert(&function.name) {
                    waiting.push(&function.graph);
                }
                continue;
            }
            let domain = domain(&node.domain);
            if operator::find(domain, &node.operator).is_some()
                || !met.insert((domain, node.operator.as_str()))
            {
                continue;
            }
            let shelf = if domain.is_empty() { "ai.onnx" } else { domain };
            let name = match node.name.is_empty() {
                true => format!("node number {place}"),
                false => format!("node `{}`", shown(&node.name)),
            };
            problems.push(
                Error::new(format!(
                    "the operator `{}` of `{}` is not supported",
                    shown(&node.operator),
                    shown(shelf)
                ))
                .at(name),
            );
        }
    }
    if problems.len() > SHOWN {
        let more = problems.len() - SHOWN;
        problems.truncate(SHOWN);
        problems.push(Error::new(format!(
            "{more} more operators are not supported"
        )));
    }
    problems
}
