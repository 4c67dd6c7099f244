//! The messages of an ONNX file as they stand in it, before anything is known to be true of them.
//!
//! Only fields that matter to scoring are kept (<https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>). Messages that may
//! hold themselves are followed to a fixed depth.

use crate::error::{Error, Result, shown};
pub use crate::model::onnx::leaf::{Form, Port, Stored};
use crate::model::onnx::leaf::{pair, port, push, stored};
use crate::model::onnx::wire::{Fields, damaged};

/// Graphs within graphs are followed so far.
const DEEPEST: usize = 4;
/// A model.
#[derive(Debug, Default)]
pub struct Model<'a> {
    /// Who wrote it: name and version.
    pub producer: (String, String),
    /// Domain and version of each set of operators.
    pub opsets: Vec<(String, i64)>,
    /// What it says of itself.
    pub metadata: Vec<(String, String)>,
    /// What it does.
    pub graph: Option<Graph<'a>>,
    /// Operators that it defines itself.
    pub functions: Vec<Function<'a>>,
}

/// An operator that a model defines itself.
#[derive(Debug, Default)]
pub struct Function<'a> {
    /// The set it belongs to, its name, and which of several of that name it is.
    pub name: (String, String, String),
    /// Names of its attributes without a default.
    pub attributes: Vec<String>,
    /// Its attributes with their defaults.
    pub defaults: Vec<(String, Setting<'a>)>,
    /// Domain and version of each set of operators in it.
    pub opsets: Vec<(String, i64)>,
    /// What it does; its ports have names only.
    pub graph: Graph<'a>,
}

/// A graph.
#[derive(Debug, Default)]
pub struct Graph<'a> {
    /// In the order they run.
    pub nodes: Vec<Node<'a>>,
    /// Constants.
    pub constants: Vec<Stored<'a>>,
    /// What goes in.
    pub inputs: Vec<Port>,
    /// What comes out.
    pub outputs: Vec<Port>,
    /// True when it has sparse constants.
    pub sparse: bool,
}

/// One operation.
#[derive(Debug, Default)]
pub struct Node<'a> {
    /// Its name, often empty.
    pub name: String,
    /// The operator.
    pub operator: String,
    /// The set the operator belongs to; empty is `ai.onnx`.
    pub domain: String,
    /// Which of several functions of that name it calls.
    pub overload: String,
    /// Names of what it reads; empty where something optional is left out.
    pub inputs: Vec<String>,
    /// Names of what it makes.
    pub outputs: Vec<String>,
    /// Its settings.
    pub attributes: Vec<(String, Setting<'a>)>,
}

/// The value of an attribute.
#[derive(Debug)]
pub enum Setting<'a> {
    /// A number.
    Float(f32),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// A tensor.
    Tensor(Stored<'a>),
    /// A graph.
    Graph(Box<Graph<'a>>),
    /// Numbers.
    Floats(Vec<f32>),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Texts.
    Texts(Vec<&'a str>),
    /// What the function around the node was called with, by name.
    Reference(String),
    /// Something no supported operator has.
    Other,
}

/// Reads a whole file.
pub fn model(bytes: &[u8]) -> Result<Model<'_>> {
    let mut model = Model::default();
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            2 => model.producer.0 = wire.text()?.to_owned(),
            3 => model.producer.1 = wire.text()?.to_owned(),
            7 => model.graph = Some(graph(wire.bytes()?, 0)?),
            8 => {
                let (domain, version) = opset(wire.bytes()?)?;
                push(&mut model.opsets, (domain, version))?;
            }
            14 => {
                let pair = pair(wire.bytes()?)?;
                push(&mut model.metadata, pair)?;
            }
            25 => push(&mut model.functions, function(wire.bytes()?)?)?,
            _ => {}
        }
    }
    Ok(model)
}

fn opset(bytes: &[u8]) -> Result<(String, i64)> {
    let (mut domain, mut version) = (String::new(), 0);
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => domain = wire.text()?.to_owned(),
            2 => version = wire.int()?,
            _ => {}
        }
    }
    Ok((domain, version))
}

fn function(bytes: &[u8]) -> Result<Function<'_>> {
    let mut function = Function::default();
    let named = |name: &str| Port {
        name: name.to_owned(),
        ..Port::default()
    };
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => function.name.1 = wire.text()?.to_owned(),
            4 => push(&mut function.graph.inputs, named(wire.text()?))?,
            5 => push(&mut function.graph.outputs, named(wire.text()?))?,
            6 => push(&mut function.attributes, wire.text()?.to_owned())?,
            7 => push(&mut function.graph.nodes, node(wire.bytes()?, 0)?)?,
            9 => push(&mut function.opsets, opset(wire.bytes()?)?)?,
            10 => function.name.0 = wire.text()?.to_owned(),
            11 => push(&mut function.defaults, attribute(wire.bytes()?, 0)?)?,
            13 => function.name.2 = wire.text()?.to_owned(),
            _ => {}
        }
    }
    Ok(function)
}

fn graph(bytes: &[u8], depth: usize) -> Result<Graph<'_>> {
    if depth > DEEPEST {
        return Err(Error::new(format!(
            "graphs stand within graphs more than {DEEPEST} deep"
        )));
    }
    let mut graph = Graph::default();
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => push(&mut graph.nodes, node(wire.bytes()?, depth)?)?,
            5 => push(&mut graph.constants, stored(wire.bytes()?)?)?,
            11 => push(&mut graph.inputs, port(wire.bytes()?)?)?,
            12 => push(&mut graph.outputs, port(wire.bytes()?)?)?,
            15 => graph.sparse = true,
            _ => {}
        }
    }
    Ok(graph)
}

fn node(bytes: &[u8], depth: usize) -> Result<Node<'_>> {
    let mut node = Node::default();
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => push(&mut node.inputs, wire.text()?.to_owned())?,
            2 => push(&mut node.outputs, wire.text()?.to_owned())?,
            3 => node.name = wire.text()?.to_owned(),
            4 => node.operator = wire.text()?.to_owned(),
            5 => {
                let found = attribute(wire.bytes()?, depth)?;
                push(&mut node.attributes, found)?;
            }
            7 => node.domain = wire.text()?.to_owned(),
            8 => node.overload = wire.text()?.to_owned(),
            _ => {}
        }
    }
    Ok(node)
}

fn attribute(bytes: &[u8], depth: usize) -> Result<(String, Setting<'_>)> {
    let mut name = String::new();
    let mut declared = 0;
    let (mut float, mut int, mut text) = (0.0, 0, &[][..]);
    let (mut floats, mut ints, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut tensor, mut inner, mut other, mut seen) = (None, None, false, 0);
    let mut reference = String::new();
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => name = wire.text()?.to_owned(),
            2 => float = wire.float()?,
            3 => int = wire.int()?,
            4 => text = wire.bytes()?,
            5 => tensor = Some(stored(wire.bytes()?)?),
            6 => inner = Some(graph(wire.bytes()?, depth + 1)?),
            7 => {
                wire.floats(&mut floats)?;
                fields.floats(7, &mut floats);
            }
            8 => {
                wire.ints(&mut ints)?;
                fields.ints(8, &mut ints)?;
            }
            9 => texts.push(words(wire.bytes()?)?),
            20 => declared = wire.int()?,
            21 => reference = wire.text()?.to_owned(),
            10 | 11 | 14 | 15 | 22 | 23 => other = true,
            _ => continue,
        }
        if (2..=9).contains(&field) {
            seen = field;
        }
    }
    // files from before ONNX 1.0 do not say the type: the field that is there says it
    let kind = match (declared, seen) {
        (0, 2) => 1,
        (0, 3) => 2,
        (0, 4) => 3,
        (0, 5) => 4,
        (0, 6) => 5,
        (0, 7) => 6,
        (0, 8) => 7,
        (0, 9) => 8,
        (declared, _) => declared,
    };
    let setting = match kind {
        _ if !reference.is_empty() => Setting::Reference(reference),
        _ if other => Setting::Other,
        1 => Setting::Float(float),
        2 => Setting::Int(int),
        3 => Setting::Text(words(text)?.to_owned()),
        4 => Setting::Tensor(tensor.ok_or_else(|| empty(&name))?),
        5 => Setting::Graph(Box::new(inner.ok_or_else(|| empty(&name))?)),
        6 => Setting::Floats(floats),
        7 => Setting::Ints(ints),
        8 => Setting::Texts(texts),
        _ => Setting::Other,
    };
    Ok((name, setting))
}

fn empty(name: &str) -> Error {
    damaged(&format!("the attribute `{}` is empty", shown(name)))
}

fn words(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| damaged("a text is not UTF-8"))
}

/// Reads a tensor that stands alone in a file.
pub fn tensor(bytes: &[u8]) -> Result<Stored<'_>> {
    stored(bytes)
}
