//! Messages → a graph that can run, everything checked that can be before a row is seen. Graphs inside nodes read the graph
//! around them; a node that calls one of the model's own functions runs that function's graph.

use crate::error::{Error, Result, shown};
use crate::model::onnx::after::After;
use crate::model::onnx::body::Body;
use crate::model::onnx::fuse;
use crate::model::onnx::graph::{Act, Context, Graph, Step};
use crate::model::onnx::inputs::{Budget, Inputs};
use crate::model::onnx::kernel::{ANY, Kernel};
use crate::model::onnx::operator;
use crate::model::onnx::proto::{self, Function, Node, Setting};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::site::{Site, Spent};
use crate::model::onnx::stored;
use crate::model::onnx::unsupported::{domain, function_of, named, unsupported};
use crate::model::onnx::value::Tensor;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Constants that nodes make of constants may take so many bytes; the others are made anew for each block.
const FOLDED: usize = 1 << 24;
/// What is joined to a node reads its inputs from this place on.
const AFTER: usize = 5;

fn label(node: &Node<'_>, place: usize) -> String {
    let name = match node.name.is_empty() {
        true => format!("number {place}"),
        false => format!("`{}`", shown(&node.name)),
    };
    format!("node {name} (`{}`)", shown(&node.operator))
}

/// The version of `ai.onnx`.
fn standard(opsets: &[(String, i64)]) -> i64 {
    let own = opsets.iter().find(|(name, _)| domain(name).is_empty());
    own.map_or(0, |(_, version)| *version)
}

fn twice(name: &str) -> Error {
    Error::new(format!("the name `{}` stands for two values", shown(name)))
}

impl Graph {
    /// Compiles a graph and tells every operator that is not supported, or the first thing that is wrong otherwise.
    pub fn new(
        graph: &proto::Graph<'_>,
        context: Context<'_>,
    ) -> std::result::Result<Self, Vec<Error>> {
        let functions = named(context.functions);
        let problems = unsupported(graph, &functions);
        if !problems.is_empty() {
            return Err(problems);
        }
        let site = Site {
            context,
            functions: &functions,
            arguments: &[],
            outer: &|_| false,
            depth: 0,
            spent: &Spent::default(),
        };
        match compile(graph, site) {
            Ok((graph, _)) => Ok(graph),
            Err(error) => Err(vec![error]),
        }
    }
}

/// A graph, and the names of what it reads of the graphs around it.
fn compile(graph: &proto::Graph<'_>, site: Site<'_>) -> Result<(Graph, Vec<String>)> {
    if graph.sparse {
        return Err(Error::new(
            "the graph has sparse tensors, which are not supported",
        ));
    }
    let mut constants = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for constant in &graph.constants {
        if places.insert(&constant.name, constants.len()).is_some() {
            return Err(twice(&constant.name));
        }
        let tensor = stored::read(constant, site.context.folder)?;
        site.constant(tensor.bytes())?;
        constants.push(Some(tensor));
    }
    let known: BTreeSet<&str> = graph.constants.iter().map(|c| c.name.as_str()).collect();
    let mut inputs = Vec::new();
    let mut feeds = Vec::new();
    for port in &graph.inputs {
        // before ONNX 1.4 every constant was an input too
        if known.contains(port.name.as_str()) {
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
    let mut captured: Vec<String> = Vec::new();
    let mut outer = Vec::new();
    let mut steps = Vec::new();
    let mut folded = 0;
    let budget = Budget::default();
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
        site.node().map_err(at)?;
        let mut find = |name: &str, constants: &mut Vec<Option<Tensor>>| -> Result<usize> {
            if let Some(place) = places.get(name) {
                return Ok(*place);
            }
            if let Some(known) = captured.iter().position(|other| other == name) {
                return Ok(outer[known]);
            }
            if made.contains(name) {
                return Err(Error::new(format!(
                    "it reads `{}` before that is made: the graph runs in a circle, or out of order",
                    shown(name)
                )));
            }
            if (site.outer)(name) {
                captured.push(name.to_owned());
                outer.push(constants.len());
                constants.push(None);
                return Ok(constants.len() - 1);
            }
            Err(
                Error::new(format!("it reads `{}`, which nothing makes", shown(name)))
                    .suggest(name, places.keys().copied()),
            )
        };
        let mut names: Vec<&str> = node.inputs.iter().map(String::as_str).collect();
        if let Some(chain) = chain {
            // what the sums read stands behind all inputs the operator can have
            names.resize(names.len().max(AFTER), "");
            names.extend(chain.reads().map(String::as_str));
        }
        let mut read = Vec::with_capacity(names.len());
        for name in names {
            read.push(match name.is_empty() {
                true => None,
                false => Some(find(name, &mut constants).map_err(at)?),
            });
        }
        let stored = |name: &str| constants.get(*places.get(name)?)?.as_ref();
        let after = match chain {
            Some(chain) => chain
                .after(AFTER, standard(site.context.opsets), stored)
                .map_err(at)?,
            None => Vec::new(),
        };
        let constant = |place: &Option<usize>| constants[(*place)?].as_ref();
        let known: Vec<Option<&Tensor>> = read.iter().map(constant).collect();
        let within = |name: &str| places.contains_key(name) || (site.outer)(name);
        let around = Site {
            outer: &within,
            ..site
        };
        let (act, reads) = act(node, around, (&known, &after)).map_err(at)?;
        let around: Vec<usize> = reads
            .iter()
            .map(|name| find(name, &mut constants).map_err(at))
            .collect::<Result<_>>()?;
        let made_here = match chain {
            Some(chain) => std::slice::from_ref(&chain.output),
            None => node.outputs.as_slice(),
        };
        let mut outputs = Vec::with_capacity(made_here.len());
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
        if (folded < FOLDED || node.operator == "Constant")
            && let Some(inputs) = fixed(&constants, &read, &around, &budget)
        {
            let results = act.run(&inputs).map_err(at)?;
            for (place, tensor) in outputs.iter().zip(results) {
                folded += tensor.bytes();
                site.constant(tensor.bytes()).map_err(at)?;
                if let Some(slot) = place.and_then(|place| constants.get_mut(place)) {
                    *slot = Some(tensor);
                }
            }
            continue;
        }
        steps.push(Step {
            label,
            act,
            inputs: read,
            outer: around,
            outputs,
            done: Vec::new(),
        });
    }
    let mut results = Vec::new();
    for port in &graph.outputs {
        let name = port.name.as_str();
        results.push(match places.get(name) {
            Some(place) => *place,
            None if (site.outer)(name) => {
                captured.push(name.to_owned());
                outer.push(constants.len());
                constants.push(None);
                constants.len() - 1
            }
            None => {
                let error = Error::new(format!(
                    "nothing makes the output `{}` of the graph",
                    shown(name)
                ));
                return Err(error.suggest(name, places.keys().copied()));
            }
        });
    }
    let mut graph = Graph {
        results,
        outputs: graph.outputs.clone(),
        inputs,
        constants,
        steps,
        feeds,
        outer,
    };
    graph.mark();
    Ok((graph, captured))
}

/// What a node reads when all of that is known before a row is seen.
fn fixed<'a>(
    constants: &'a [Option<Tensor>],
    read: &[Option<usize>],
    around: &[usize],
    budget: &'a Budget,
) -> Option<Inputs<'a>> {
    let get = |place: usize| constants.get(place).and_then(Option::as_ref);
    let own: Option<Vec<_>> = read
        .iter()
        .map(|place| match place {
            None => Some(None),
            Some(place) => get(*place).map(Some),
        })
        .collect();
    let outer: Option<Vec<_>> = around.iter().map(|place| get(*place).map(Some)).collect();
    Some(Inputs {
        own: own?,
        outer: outer?,
        budget,
    })
}

/// Makes a graph inside a node ready.
fn body(graph: &proto::Graph<'_>, site: Site<'_>) -> Result<Body> {
    let (graph, captured) = compile(graph, site.deeper()?).map_err(|error| error.at("its body"))?;
    Ok(Body {
        inputs: graph.inputs.len(),
        outputs: graph.outputs.len(),
        captured,
        outer: Vec::new(),
        run: Box::new(move |feeds, outer, budget| graph.run_within(feeds, outer, budget)),
    })
}

/// Makes a call of one of the model's own functions ready.
fn call(node: &Node<'_>, function: &Function<'_>, site: Site<'_>) -> Result<Kernel> {
    let ports = &function.graph;
    if node.inputs.len() > ports.inputs.len() || node.outputs.len() > ports.outputs.len() {
        return Err(Error::new(
            "it has other inputs or outputs than the function it calls",
        ));
    }
    let mut arguments: Vec<(String, &Setting<'_>)> = Vec::new();
    let defaults = function.defaults.iter();
    let names = defaults.map(|(name, value)| (name, Some(value)));
    for (name, default) in names.chain(function.attributes.iter().map(|name| (name, None))) {
        let own = node.attributes.iter().find(|(key, _)| key == name);
        let given = match own.map(|(_, value)| value) {
            Some(Setting::Reference(of)) => {
                let mut known = site.arguments.iter();
                known.find(|(key, _)| key == of).map(|(_, value)| *value)
            }
            found => found,
        };
        if let Some(value) = given.or(default) {
            arguments.push((name.clone(), value));
        }
    }
    let opsets = match function.opsets.is_empty() {
        true => site.context.opsets,
        false => &function.opsets,
    };
    let deeper = Site {
        context: Context {
            opsets,
            ..site.context
        },
        functions: site.functions,
        arguments: &arguments,
        outer: &|_| false,
        depth: site.depth,
        spent: site.spent,
    };
    let body = body(ports, deeper)?;
    Ok(Box::new(move |inputs| {
        let mut feeds: Vec<Option<Cow<'_, Tensor>>> = inputs
            .own
            .iter()
            .map(|tensor| tensor.map(Cow::Borrowed))
            .collect();
        feeds.resize_with(body.inputs, || None);
        body.call(feeds, inputs)
    }))
}

/// Makes the operator of a node ready; with the names of what graphs inside it read of the graphs around it.
fn act(
    node: &Node<'_>,
    site: Site<'_>,
    known: (&[Option<&Tensor>], &[After]),
) -> Result<(Act, Vec<String>)> {
    let own = domain(&node.domain);
    if let Some(function) = function_of(node, site.functions) {
        let kernel = call(node, function, site)?;
        let act = Act {
            kernel,
            own_kinds: true,
            sequences: true,
            trees: None,
        };
        return Ok((act, Vec::new()));
    }
    let Some(operator) = operator::find(own, &node.operator) else {
        return Err(Error::new("the operator is not supported"));
    };
    let mut opsets = site.context.opsets.iter();
    let opset = match opsets.find(|(name, _)| domain(name) == own) {
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
    let compile = |graph: &proto::Graph<'_>| body(graph, site);
    let folder = site.context.folder;
    let settings = Settings::new(node, opset, folder, &compile, site.arguments, known);
    let kernel = (operator.build)(&settings)?;
    settings.unasked()?;
    let act = Act {
        kernel,
        own_kinds: operator.own_kinds,
        sequences: operator.sequences,
        trees: settings.trees(),
    };
    Ok((act, settings.captured()))
}
