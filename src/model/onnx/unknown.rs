//! Which operators a graph asks for that nobody here knows.

use crate::error::{Error, shown};
use crate::model::onnx::operator;
use crate::model::onnx::proto;
use std::collections::BTreeSet;

/// Unsupported operators told one by one.
const SHOWN: usize = 10;

/// The name of a set of operators, empty for `ai.onnx`.
pub fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}

/// Operators that this reader does not know, each with its domain and the first node that uses it.
pub fn unsupported(graph: &proto::Graph<'_>) -> Vec<Error> {
    let mut met = BTreeSet::new();
    let mut problems = Vec::new();
    for (place, node) in graph.nodes.iter().enumerate() {
        let domain = domain(&node.domain);
        if operator::find(domain, &node.operator).is_none()
            && met.insert((domain, node.operator.as_str()))
        {
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
