//! The attributes of a node, asked for by name. What nobody asks for is told: it might change what the node means.

use crate::error::{Error, Result, shown};
use crate::model::onnx::after::After;
use crate::model::onnx::body::{Body, Compile};
use crate::model::onnx::proto::{Graph, Node, Setting};
use crate::model::onnx::stored;
use crate::model::onnx::summed::Summed;
use crate::model::onnx::value::{Data, Tensor};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// The attributes of one node, the version of its set of operators, and how much it reads and makes.
pub struct Settings<'a> {
    node: &'a Node<'a>,
    asked: RefCell<BTreeSet<String>>,
    folder: Option<&'a Path>,
    /// Version of the set of operators the node belongs to.
    pub opset: i64,
    compile: Compile<'a>,
    /// What the node's function was called with.
    arguments: &'a [(String, &'a Setting<'a>)],
    /// What graphs inside the node read of the graph around it.
    captured: RefCell<Vec<String>>,
    known: &'a [Option<&'a Tensor>],
    after: &'a [After],
    trees: RefCell<Option<Arc<dyn Summed>>>,
}

impl<'a> Settings<'a> {
    /// The attributes of a node.
    pub fn new(
        node: &'a Node<'a>,
        opset: i64,
        folder: Option<&'a Path>,
        compile: Compile<'a>,
        arguments: &'a [(String, &'a Setting<'a>)],
        (known, after): (&'a [Option<&'a Tensor>], &'a [After]),
    ) -> Self {
        Self {
            node,
            asked: RefCell::default(),
            folder,
            opset,
            compile,
            arguments,
            captured: RefCell::default(),
            known,
            after,
            trees: RefCell::default(),
        }
    }

    /// How many inputs the node has.
    pub fn inputs(&self) -> usize {
        self.node.inputs.len()
    }

    /// An input that is the same in every run.
    pub fn constant(&self, place: usize) -> Option<&'a Tensor> {
        self.known.get(place).copied().flatten()
    }

    /// True when the node has an input in this place.
    pub fn given(&self, place: usize) -> bool {
        self.node
            .inputs
            .get(place)
            .is_some_and(|name| !name.is_empty())
    }

    /// Leaves the trees that the node adds up.
    pub fn leave(&self, trees: Arc<dyn Summed>) {
        *self.trees.borrow_mut() = Some(trees);
    }

    /// The trees that the node adds up.
    pub fn trees(&self) -> Option<Arc<dyn Summed>> {
        self.trees.borrow().clone()
    }

    /// What the node does to its result: the nodes behind it that were joined to it.
    pub fn after(&self) -> &'a [After] {
        self.after
    }

    /// How many outputs the node has.
    pub fn outputs(&self) -> usize {
        self.node.outputs.len()
    }

    /// Makes a graph inside this node ready.
    pub fn compile(&self, graph: &Graph<'_>) -> Result<Body> {
        let mut body = (self.compile)(graph)?;
        let mut captured = self.captured.borrow_mut();
        for name in &body.captured {
            let known = captured.iter().position(|other| other == name);
            body.outer.push(known.unwrap_or(captured.len()));
            if known.is_none() {
                captured.push(name.clone());
            }
        }
        Ok(body)
    }

    /// Names of what graphs inside the node read of the graph around it.
    pub fn captured(&self) -> Vec<String> {
        self.captured.borrow().clone()
    }

    /// The model's folder.
    pub fn folder(&self) -> Option<&'a Path> {
        self.folder
    }

    fn find(&self, name: &str) -> Option<&'a Setting<'a>> {
        self.asked.borrow_mut().insert(name.to_owned());
        let mut all = self.node.attributes.iter();
        match all.find(|(key, _)| key == name).map(|(_, value)| value) {
            Some(Setting::Reference(of)) => {
                let mut given = self.arguments.iter();
                given.find(|(key, _)| key == of).map(|(_, value)| *value)
            }
            found => found,
        }
    }

    fn wrong(&self, name: &str, found: &Setting<'_>, wanted: &str) -> Error {
        let kind = match found {
            Setting::Float(_) => "a number",
            Setting::Int(_) => "a whole number",
            Setting::Text(_) => "a text",
            Setting::Tensor(_) => "a tensor",
            Setting::Graph(_) => "a graph",
            Setting::Floats(_) => "a list of numbers",
            Setting::Ints(_) => "a list of whole numbers",
            Setting::Texts(_) => "a list of texts",
            Setting::Reference(_) | Setting::Other => "something unknown",
        };
        Error::new(format!(
            "the attribute `{}` is {kind} where {wanted} is asked",
            shown(name)
        ))
    }

    /// A number.
    pub fn float(&self, name: &str) -> Result<Option<f32>> {
        match self.find(name) {
            None => Ok(None),
            Some(Setting::Float(value)) => Ok(Some(*value)),
            Some(other) => Err(self.wrong(name, other, "a number")),
        }
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Result<Option<i64>> {
        match self.find(name) {
            None => Ok(None),
            Some(Setting::Int(value)) => Ok(Some(*value)),
            Some(other) => Err(self.wrong(name, other, "a whole number")),
        }
    }

    /// A whole number that means yes or no.
    pub fn flag(&self, name: &str, unless: bool) -> Result<bool> {
        Ok(self.int(name)?.map_or(unless, |value| value != 0))
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>> {
        match self.find(name) {
            None => Ok(None),
            Some(Setting::Text(value)) => Ok(Some(value)),
            Some(other) => Err(self.wrong(name, other, "a text")),
        }
    }

    /// Numbers.
    pub fn floats(&self, name: &str) -> Result<Option<&'a [f32]>> {
        match self.find(name) {
            None => Ok(None),
            Some(Setting::Floats(list)) => Ok(Some(list)),
            Some(other) => Err(self.wrong(name, other, "a list of numbers")),
        }
    }

    /// Whole numbers.
    pub fn ints(&self, name: &str) -> Result<Option<&'a [i64]>> {
        match self.find(name) {
            None => Ok(None),
            Some(Setting::Ints(list)) => Ok(Some(list)),
            Some(other) => Err(self.wrong(name, other, "a list of whole numbers")),
        }
    }

    /// Texts.
    pub fn texts(&self, name: &str) -> Result<Option<&'a [&'a str]>> {
        match self.find(name) {
            None => Ok(None),
            Some(Setting::Texts(list)) => Ok(Some(list)),
            Some(other) => Err(self.wrong(name, other, "a list of texts")),
        }
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Result<Option<Tensor>> {
        match self.find(name) {
            None => Ok(None),
            Some(Setting::Tensor(value)) => stored::read(value, self.folder).map(Some),
            Some(other) => Err(self.wrong(name, other, "a tensor")),
        }
    }

    /// A graph.
    pub fn graph(&self, name: &str) -> Result<Option<&'a Graph<'a>>> {
        match self.find(name) {
            None => Ok(None),
            Some(Setting::Graph(value)) => Ok(Some(value)),
            Some(other) => Err(self.wrong(name, other, "a graph")),
        }
    }

    /// The first of some lists that is there: of texts, whole numbers, numbers, or a tensor.
    pub fn list(&self, names: &[&str]) -> Result<Option<Data>> {
        let mut found = None;
        for name in names {
            let list = match self.find(name) {
                None => continue,
                Some(Setting::Floats(list)) => Data::F32(list.clone()),
                Some(Setting::Ints(list)) => Data::I64(list.clone()),
                Some(Setting::Texts(list)) => {
                    Data::Text(list.iter().map(|t| Arc::from(*t)).collect())
                }
                Some(Setting::Tensor(value)) => stored::read(value, self.folder)?.data,
                Some(other) => return Err(self.wrong(name, other, "a list")),
            };
            if !list.is_empty() && found.is_none() {
                found = Some(list);
            }
        }
        Ok(found)
    }

    /// Says that an attribute is known and not needed.
    pub fn ignore(&self, names: &[&str]) {
        for name in names {
            self.find(name);
        }
    }

    /// It is missing.
    pub fn missing(name: &str) -> Error {
        Error::new(format!("the attribute `{name}` is missing"))
    }

    /// An attribute nobody asked for.
    pub fn unasked(&self) -> Result<()> {
        let asked = self.asked.borrow();
        match self
            .node
            .attributes
            .iter()
            .find(|(name, _)| !asked.contains(name))
        {
            None => Ok(()),
            Some((name, _)) => Err(Error::new(format!(
                "the attribute `{}` is not known",
                shown(name)
            ))
            .suggest(name, asked.iter().map(String::as_str))),
        }
    }
}
