//! A graph that can run: names resolved to places, operators made ready, everything checked that can be before a row is seen.

use crate::error::{Error, Result, shown};
use crate::model::onnx::after::After;
use crate::model::onnx::body::Body;
use crate::model::onnx::fuse;
use crate::model::onnx::kernel::{ANY, Inputs, Kernel};
use crate::model::onnx::operator;
use crate::model::onnx::proto::{self, Node, Port};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::stored;
use crate::model::onnx::unknown::{domain, unsupported};
use crate::model::onnx::value::Tensor;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is alive at one time may take so many bytes.
const MOST_BYTES: usize = 1 << 30;
/// Constants that nodes make of constants may take so many bytes; the others are made anew for each block.
const FOLDED: usize = 1 << 24;
/// All nodes together may make so many bytes in one run.
const MOST_WORK: usize = 1 << 36;

/// What is joined to a node reads its inputs from this place on.
const AFTER: usize = 5;

/// What a graph is compiled against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Domain and version of each set of operators.
    pub opsets: &'a [(String, i64)],
    /// The model's folder, where data in other files may lie.
    pub folder: Option<&'a Path>,
}

impl Context<'_> {
    /// The version of `ai.onnx`.
    fn standard(&self) -> i64 {
        let own = self.opsets.iter().find(|(name, _)| domain(name).is_empty());
        own.map_or(0, |(_, version)| *version)
    }
}

/// A checked graph. Immutable; shared by all threads.
pub struct Graph {
    /// What goes in, in the file's order.
    pub inputs: Vec<Port>,
    /// What comes out, in the file's order.
    pub outputs: Vec<Port>,
    constants: Vec<Option<Tensor>>,
    steps: Vec<Step>,
    feeds: Vec<usize>,
    results: Vec<usize>,
}

struct Step {
    label: String,
    kernel: Kernel,
    inputs: Vec<Option<usize>>,
    outputs: Vec<Option<usize>>,
    /// Places nobody reads after this step.
    done: Vec<usize>,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let labels: Vec<&str> = self.steps.iter().map(|step| &*step.label).collect();
        f.debug_struct("Graph").field("steps", &labels).finish()
    }
}

fn label(node: &Node<'_>, place: usize) -> String {
    let name = match node.name.is_empty() {
        true => format!("number {place}"),
        false => format!("`{}`", shown(&node.name)),
    };
    format!("node {name} (`{}`)", shown(&node.operator))
}

impl Graph {
    /// Compiles a graph and tells every operator that is not supported, or the first thing that is wrong otherwise.
    pub fn new(
        graph: &proto::Graph<'_>,
        context: Context<'_>,
    ) -> std::result::Result<Self, Vec<Error>> {
        let problems = unsupported(graph);
        if !problems.is_empty() {
            return Err(problems);
        }
        Self::compile(graph, context).map_err(|error| vec![error])
    }

    fn compile(graph: &proto::Graph<'_>, context: Context<'_>) -> Result<Self> {
        if graph.sparse {
            return Err(Error::new(
                "the graph has sparse tensors, which are not supported",
            ));
        }
        let mut constants = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let twice =
            |name: &str| Error::new(format!("the name `{}` stands for two values", shown(name)));
        for constant in &graph.constants {
            if places.insert(&constant.name, constants.len()).is_some() {
                return Err(twice(&constant.name));
            }
            constants.push(Some(stored::read(constant, context.folder)?));
        }
        let stored: BTreeSet<&str> = graph.constants.iter().map(|c| c.name.as_str()).collect();
        let mut inputs = Vec::new();
        let mut feeds = Vec::new();
        for port in &graph.inputs {
            // before ONNX 1.4 every constant was an input too
            if stored.contains(port.name.as_str()) {
                continue;
            }
            if places.insert(&port.name, constants.len()).is_some() {
                return Err(twice(&port.name));
            }
            feeds.push(constants.len());
            inputs.push(port.clone());
            constants.push(None);
        }
        let made: BTreeSet<&str> = graph
            .nodes
            .iter()
            .flat_map(|node| node.outputs.iter().map(String::as_str))
            .collect();
        let mut steps = Vec::new();
        let mut folded = 0;
        let chains = fuse::chains(graph);
        for (place, node) in graph.nodes.iter().enumerate() {
            if chains.within.contains(&place) {
                continue;
            }
            let chain = chains.by_last.get(&place);
            let place = chain.map_or(place, |chain| chain.head);
            let node = graph.nodes.get(place).unwrap_or(node);
            let label = label(node, place);
            let at = |error: Error| error.at(label.clone());
            let mut names: Vec<&String> = node.inputs.iter().collect();
            let none = String::new();
            if let Some(chain) = chain {
                // what the sums read stands behind all inputs the operator can have
                names.resize(names.len().max(AFTER), &none);
                names.extend(chain.reads());
            }
            let mut read = Vec::with_capacity(names.len());
            for name in names {
                read.push(match places.get(name.as_str()) {
                    _ if name.is_empty() => None,
                    Some(place) => Some(*place),
                    None if made.contains(name.as_str()) => {
                        return Err(at(Error::new(format!(
                            "it reads `{}` before that is made: the graph runs in a circle, or out of order",
                            shown(name)
                        ))));
                    }
                    None => {
                        return Err(at(Error::new(format!(
                            "it reads `{}`, which nothing makes",
                            shown(name)
                        ))
                        .suggest(name, places.keys().copied())));
                    }
                });
            }
            let mut outputs = Vec::with_capacity(node.outputs.len());
            let made_here = match chain {
                Some(chain) => std::slice::from_ref(&chain.output),
                None => node.outputs.as_slice(),
            };
            for name in made_here {
                if name.is_empty() {
                    outputs.push(None);
                    continue;
                }
                if places.insert(name, constants.len()).is_some() {
                    return Err(at(twice(name)));
                }
                outputs.push(Some(constants.len()));
                constants.push(None);
            }
            let constant = |place: &Option<usize>| constants[(*place)?].as_ref();
            let known: Vec<Option<&Tensor>> = read.iter().map(constant).collect();
            let stored = |name: &str| constants.get(*places.get(name)?)?.as_ref();
            let after = match chain {
                Some(chain) => chain.after(AFTER, context.standard(), stored).map_err(at)?,
                None => Vec::new(),
            };
            let kernel = kernel(node, context, &known, &after).map_err(at)?;
            let fixed = read.iter().zip(&known);
            if fixed
                .into_iter()
                .all(|(read, known)| read.is_none() || known.is_some())
                && folded < FOLDED
            {
                let results = kernel(&Inputs(known)).map_err(at)?;
                for (place, tensor) in outputs.iter().zip(results) {
                    folded += tensor.data.bytes();
                    if let Some(slot) = place.and_then(|place| constants.get_mut(place)) {
                        *slot = Some(tensor);
                    }
                }
                continue;
            }
            steps.push(Step {
                label,
                kernel,
                inputs: read,
                outputs,
                done: Vec::new(),
            });
        }
        let results = graph.outputs.iter().map(|port| {
            places.get(port.name.as_str()).copied().ok_or_else(|| {
                let error = Error::new(format!(
                    "nothing makes the output `{}` of the graph",
                    shown(&port.name)
                ));
                error.suggest(&port.name, places.keys().copied())
            })
        });
        let mut graph = Self {
            results: results.collect::<Result<_>>()?,
            outputs: graph.outputs.clone(),
            inputs,
            constants,
            steps,
            feeds,
        };
        graph.mark();
        Ok(graph)
    }

    /// Keeps only what the output in this place needs.
    pub fn keep(&mut self, output: usize) {
        let Some(result) = self.results.get(output).copied() else {
            return;
        };
        self.results = vec![result];
        self.outputs = self.outputs.get(output).cloned().into_iter().collect();
        let mut needed = BTreeSet::from([result]);
        let mut steps = Vec::new();
        while let Some(step) = self.steps.pop() {
            if step
                .outputs
                .iter()
                .flatten()
                .any(|place| needed.contains(place))
            {
                needed.extend(step.inputs.iter().flatten());
                steps.push(step);
            }
        }
        steps.reverse();
        self.steps = steps;
        for (place, constant) in self.constants.iter_mut().enumerate() {
            if !needed.contains(&place) {
                *constant = None;
            }
        }
        self.mark();
    }

    /// Notes after which step nobody needs a value any more.
    fn mark(&mut self) {
        let mut needed: BTreeSet<usize> = self.results.iter().copied().collect();
        for step in self.steps.iter_mut().rev() {
            let used = step.inputs.iter().chain(&step.outputs).flatten();
            step.done = used
                .copied()
                .filter(|place| needed.insert(*place))
                .collect();
        }
    }

    /// Runs the graph: one tensor for each input, in order; one for each output.
    pub fn run(&self, feeds: Vec<Tensor>) -> Result<Vec<Tensor>> {
        self.measured(feeds).map(|(made, _)| made)
    }

    /// Runs the graph and tells how many bytes were alive at most.
    pub fn measured(&self, feeds: Vec<Tensor>) -> Result<(Vec<Tensor>, usize)> {
        let mut values: Vec<Option<Tensor>> = Vec::new();
        values.resize_with(self.constants.len(), || None);
        let mut alive = 0;
        for (place, tensor) in self.feeds.iter().zip(feeds) {
            alive += tensor.data.bytes();
            values[*place] = Some(tensor);
        }
        let (mut work, mut most) = (0, alive);
        for step in &self.steps {
            let get = |place: &Option<usize>| {
                let place = (*place)?;
                values[place].as_ref().or(self.constants[place].as_ref())
            };
            let inputs = Inputs(step.inputs.iter().map(get).collect());
            let made = (step.kernel)(&inputs).map_err(|error| error.at(step.label.clone()))?;
            for (place, tensor) in step.outputs.iter().zip(made) {
                alive += tensor.data.bytes();
                work += tensor.data.bytes();
                if let Some(place) = place {
                    values[*place] = Some(tensor);
                }
            }
            most = most.max(alive);
            if alive > MOST_BYTES || work > MOST_WORK {
                return Err(Error::new(format!(
                    "the graph needs more than the {} MiB it may have for one block of rows",
                    MOST_BYTES >> 20
                ))
                .at(step.label.clone()));
            }
            for place in &step.done {
                if let Some(tensor) = values[*place].take() {
                    alive = alive.saturating_sub(tensor.data.bytes());
                }
            }
        }
        let results = self.results.iter().zip(&self.outputs).map(|(place, port)| {
            let value = values[*place].as_ref().or(self.constants[*place].as_ref());
            value.cloned().ok_or_else(|| {
                Error::new(format!("the output `{}` was not made", shown(&port.name)))
            })
        });
        Ok((results.collect::<Result<_>>()?, most))
    }
}

/// Makes a graph inside a node ready.
fn body(graph: &proto::Graph<'_>, context: Context<'_>) -> Result<Body> {
    let graph = Graph::new(graph, context).map_err(|problems| {
        let first = problems.into_iter().next();
        first
            .unwrap_or_else(|| Error::new("the body cannot run"))
            .at("its body")
    })?;
    Ok(Body {
        inputs: graph.inputs.len(),
        outputs: graph.outputs.len(),
        run: Box::new(move |feeds| graph.run(feeds)),
    })
}

/// Makes the operator of a node ready.
fn kernel(
    node: &Node<'_>,
    context: Context<'_>,
    known: &[Option<&Tensor>],
    after: &[After],
) -> Result<Kernel> {
    let own = domain(&node.domain);
    let Some(operator) = operator::find(own, &node.operator) else {
        return Err(Error::new("the operator is not supported"));
    };
    let opset = context.opsets.iter().find(|(name, _)| domain(name) == own);
    let opset = match opset {
        Some((_, version)) => *version,
        None => {
            let set = if own.is_empty() { "ai.onnx" } else { own };
            return Err(Error::new(format!("the file names no opset of `{set}`")));
        }
    };
    let (fewest, most) = operator.inputs;
    let given = node.inputs.len();
    if given < fewest || given > most {
        let most = match most {
            ANY => "more".to_owned(),
            most => most.to_string(),
        };
        return Err(Error::new(format!(
            "it has {given} inputs where {fewest} to {most} are asked"
        )));
    }
    if let Some(place) = node.inputs.iter().take(fewest).position(String::is_empty) {
        return Err(Error::new(format!(
            "input {place} (counted from 0) is left out"
        )));
    }
    if node.outputs.is_empty() || node.outputs.len() > operator.outputs {
        return Err(Error::new(format!(
            "it has {} outputs where 1 to {} are asked",
            node.outputs.len(),
            operator.outputs
        )));
    }
    let compile = |graph: &proto::Graph<'_>| body(graph, context);
    let settings = Settings::new(node, opset, context.folder, &compile, (known, after));
    let kernel = (operator.build)(&settings)?;
    settings.unasked()?;
    Ok(kernel)
}
