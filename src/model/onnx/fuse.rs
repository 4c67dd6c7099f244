//! Which nodes are joined to the one before them, so that a result is finished while it is near.
//!
//! Joined are, behind a convolution: a normalisation by constants, a sum with something else, and a rectifier, bounds or
//! swish; behind a normalisation: a rectifier. A node is joined only when nothing else reads what it takes in, so no result
//! that anybody sees is lost. The nodes of a chain run where its last one stands.

use crate::error::{Error, Result, shown};
use crate::model::onnx::after::After;
use crate::model::onnx::proto::{Graph, Node, Setting};
use crate::model::onnx::value::Tensor;
use std::collections::{BTreeMap, BTreeSet};

/// What a node that is joined does to the result.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// A normalisation: the names of its four constants, and what is added to the variance.
    Norm([String; 4], f32),
    /// The sum with another value.
    Add(String),
    /// Bounds: the names of constants, or none; the numbers before opset 11.
    Clip([Option<String>; 2], [Option<f32>; 2]),
    /// Nothing below zero.
    Relu,
    /// Times its own sigmoid.
    Silu,
    /// Times its own hard sigmoid.
    HardSwish,
}

/// What becomes of a node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chain {
    /// The node that starts it.
    pub head: usize,
    /// What follows, in order.
    pub links: Vec<Link>,
    /// The name of what comes out.
    pub output: String,
}

/// The chains of a graph by the place of their last node, and the places of all other nodes in them.
#[derive(Debug, Default)]
pub struct Chains {
    /// By the place of the last node.
    pub by_last: BTreeMap<usize, Chain>,
    /// Nodes that run with the last one.
    pub within: BTreeSet<usize>,
}

fn plain(node: &Node<'_>, operator: &str) -> bool {
    matches!(node.domain.as_str(), "" | "ai.onnx") && node.operator == operator
}

fn float(node: &Node<'_>, name: &str) -> Option<f32> {
    let found = node.attributes.iter().find(|(key, _)| key == name);
    match found {
        Some((_, Setting::Float(value))) => Some(*value),
        _ => None,
    }
}

/// Finds the chains. A graph with graphs inside its nodes has none: they may read what would be lost.
pub fn chains(graph: &Graph<'_>) -> Chains {
    let mut chains = Chains::default();
    let mut readers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut makers: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, node) in graph.nodes.iter().enumerate() {
        if node
            .attributes
            .iter()
            .any(|(_, value)| matches!(value, Setting::Graph(_)))
        {
            return chains;
        }
        for name in node.inputs.iter().filter(|name| !name.is_empty()) {
            readers.entry(name).or_default().push(place);
        }
        for name in &node.outputs {
            *makers.entry(name).or_default() += 1;
        }
    }
    let seen: BTreeSet<&str> = graph
        .outputs
        .iter()
        .map(|port| port.name.as_str())
        .collect();
    let mut fixed: BTreeSet<&str> = graph.constants.iter().map(|c| c.name.as_str()).collect();
    for node in &graph.nodes {
        if plain(node, "Constant") {
            fixed.extend(node.outputs.iter().map(String::as_str));
        }
    }
    let view = View {
        graph,
        readers,
        makers,
        seen,
        fixed,
    };
    for place in 0..graph.nodes.len() {
        if let Some((chain, members)) = view.chain(place, &chains) {
            let Some((last, others)) = members.split_last() else {
                continue;
            };
            chains.within.extend(others);
            chains.by_last.insert(*last, chain);
        }
    }
    chains
}

impl Chain {
    /// What the head does to its result, when the names of constants are known; the places that the sums read are counted
    /// on from `free`, in the order of [`Chain::reads`].
    pub fn after<'a>(
        &self,
        mut free: usize,
        opset: i64,
        constant: impl Fn(&str) -> Option<&'a Tensor>,
    ) -> Result<Vec<After>> {
        let need = |name: &str| {
            constant(name)
                .ok_or_else(|| Error::new(format!("the constant `{}` is missing", shown(name))))
        };
        let mut all = Vec::with_capacity(self.links.len());
        for link in &self.links {
            all.push(match link {
                Link::Norm([a, b, c, d], epsilon) => {
                    let given = [need(a)?, need(b)?, need(c)?, need(d)?];
                    After::norm(given, *epsilon).ok_or_else(|| {
                        Error::new("the constants of the normalisation are not of one length")
                    })?
                }
                Link::Add(_) => {
                    free += 1;
                    After::Add(free - 1)
                }
                Link::Clip(names, numbers) => {
                    let bound = |at: usize, unless: f64| -> Result<f64> {
                        match (&names[at], numbers[at]) {
                            (Some(name), _) => match need(name)?.to_f64()?.as_slice() {
                                [bound] => Ok(*bound),
                                _ => Err(Error::new("a bound is not one number")),
                            },
                            (None, Some(number)) if opset < 11 => Ok(f64::from(number)),
                            _ => Ok(unless),
                        }
                    };
                    After::Clip(bound(0, f64::NEG_INFINITY)?, bound(1, f64::INFINITY)?)
                }
                Link::Relu => After::Clip(0.0, f64::INFINITY),
                Link::Silu => After::Silu,
                Link::HardSwish => After::HardSwish,
            });
        }
        Ok(all)
    }

    /// The names of what the sums read.
    pub fn reads(&self) -> impl Iterator<Item = &String> {
        self.links.iter().filter_map(|link| match link {
            Link::Add(name) => Some(name),
            _ => None,
        })
    }
}

struct View<'a> {
    graph: &'a Graph<'a>,
    readers: BTreeMap<&'a str, Vec<usize>>,
    makers: BTreeMap<&'a str, usize>,
    seen: BTreeSet<&'a str>,
    fixed: BTreeSet<&'a str>,
}

impl View<'_> {
    fn chain(&self, head: usize, chains: &Chains) -> Option<(Chain, Vec<usize>)> {
        let node = self.graph.nodes.get(head)?;
        let convolution = plain(node, "Conv");
        if !convolution && !plain(node, "BatchNormalization") {
            return None;
        }
        let [output] = node.outputs.as_slice() else {
            return None;
        };
        let weights = node.inputs.iter().skip(1);
        let mut members = vec![head];
        let mut chain = Chain {
            head,
            links: Vec::new(),
            output: output.clone(),
        };
        let constant = weights
            .clone()
            .all(|name| self.fixed.contains(name.as_str()));
        while let Some((link, nodes, output)) = self.next(&chain, convolution, constant) {
            let taken =
                |place: &usize| chains.within.contains(place) || chains.by_last.contains_key(place);
            if nodes.iter().any(taken) {
                break;
            }
            let ends = !matches!(link, Link::Norm(..) | Link::Add(_));
            members.extend(nodes);
            chain.links.push(link);
            chain.output = output;
            if ends {
                break;
            }
        }
        (members.len() > 1).then_some((chain, members))
    }

    /// What may be joined next, the nodes it stands for, and the name of what they make.
    fn next(
        &self,
        chain: &Chain,
        convolution: bool,
        constant: bool,
    ) -> Option<(Link, Vec<usize>, String)> {
        let name = chain.output.as_str();
        if self.seen.contains(name) || self.makers.get(name) != Some(&1) {
            return None;
        }
        let readers = self.readers.get(name)?;
        let node = |place: &usize| self.graph.nodes.get(*place);
        if let [first, second] = readers.as_slice() {
            // x · sigmoid(x)
            let (gate, product) = (node(first)?, node(second)?);
            let [inner] = gate.outputs.as_slice() else {
                return None;
            };
            let alone = self
                .readers
                .get(inner.as_str())
                .is_some_and(|all| all == &[*second])
                && !self.seen.contains(inner.as_str());
            let fits = plain(gate, "Sigmoid") && plain(product, "Mul") && alone;
            let [output] = product.outputs.as_slice() else {
                return None;
            };
            return fits.then(|| (Link::Silu, vec![*first, *second], output.clone()));
        }
        let [place] = readers.as_slice() else {
            return None;
        };
        let next = node(place)?;
        let [output] = next.outputs.as_slice() else {
            return None;
        };
        let fixed = |name: &String| self.fixed.contains(name.as_str());
        let summed = chain.links.iter().any(|link| matches!(link, Link::Add(_)));
        let link =
            match next.inputs.as_slice() {
                [own, parts @ ..] if plain(next, "BatchNormalization") && convolution => {
                    let training = next.attributes.iter().any(|(key, value)| {
                        !matches!(
                            (key.as_str(), value),
                            ("epsilon" | "momentum", Setting::Float(_))
                                | ("training_mode", Setting::Int(0))
                                | ("spatial", Setting::Int(1))
                        )
                    });
                    let [a, b, c, d] = parts else { return None };
                    let names = [a.clone(), b.clone(), c.clone(), d.clone()];
                    let usable = own == name && constant && !summed && !training;
                    (usable && names.iter().all(fixed))
                        .then(|| Link::Norm(names, float(next, "epsilon").unwrap_or(1e-5)))
                }
                [a, b] if (plain(next, "Add") || plain(next, "Sum")) && convolution && !summed => {
                    let other = if a == name { b } else { a };
                    (other != name && !fixed(other)).then(|| Link::Add(other.clone()))
                }
                [_] if plain(next, "Relu") => Some(Link::Relu),
                [_] if plain(next, "HardSwish") => Some(Link::HardSwish),
                [own, bounds @ ..] if plain(next, "Clip") && own == name && bounds.len() <= 2 => {
                    let bound = |at: usize| bounds.get(at).filter(|name| !name.is_empty()).cloned();
                    let names = [bound(0), bound(1)];
                    names.iter().flatten().all(fixed).then(|| {
                        Link::Clip(names.clone(), [float(next, "min"), float(next, "max")])
                    })
                }
                _ => None,
            }?;
        Some((link, vec![*place], output.clone()))
    }
}
