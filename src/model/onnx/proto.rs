//! The messages of an ONNX file as they stand in it, before anything is known to be true of them.
//!
//! Only fields that matter to scoring are kept (<https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>). Messages that may
//! hold themselves are followed to a fixed depth.

use crate::error::{Error, Result, shown};
use crate::model::onnx::wire::{Fields, damaged};

/// Graphs within graphs are followed so far.
const DEEPEST: usize = 4;
/// More nodes, tensors or attributes in one graph are refused.
const MOST: usize = 100_000;

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
    Texts(Vec<String>),
    /// Something no supported operator has.
    Other,
}

/// An input or output of a graph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// What a tensor holds (`TensorProto.DataType`); None when it is no tensor.
    pub kind: Option<i64>,
    /// Axes, None where open; None altogether when the file does not say.
    pub shape: Option<Vec<Option<i64>>>,
}

/// A tensor as it is stored.
#[derive(Debug, Default)]
pub struct Stored<'a> {
    /// Its name.
    pub name: String,
    /// What it holds (`TensorProto.DataType`).
    pub kind: i64,
    /// The length of each axis.
    pub dims: Vec<i64>,
    /// Little-endian bytes.
    pub raw: Option<&'a [u8]>,
    /// 32 bit numbers.
    pub floats: Vec<f32>,
    /// 64 bit numbers.
    pub doubles: Vec<f64>,
    /// Whole numbers of any width.
    pub ints: Vec<i64>,
    /// Words.
    pub texts: Vec<&'a [u8]>,
    /// Key and value of everything said about data in another file.
    pub external: Vec<(String, String)>,
    /// True when the data stand in another file.
    pub elsewhere: bool,
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
            _ => {}
        }
    }
    Ok(model)
}

fn push<T>(list: &mut Vec<T>, item: T) -> Result<()> {
    if list.len() >= MOST {
        return Err(Error::new(format!(
            "the file has more than the {MOST} nodes or tensors a graph may have"
        )));
    }
    list.push(item);
    Ok(())
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

fn pair(bytes: &[u8]) -> Result<(String, String)> {
    let (mut key, mut value) = (String::new(), String::new());
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => key = wire.text()?.to_owned(),
            2 => value = wire.text()?.to_owned(),
            _ => {}
        }
    }
    Ok((key, value))
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
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => name = wire.text()?.to_owned(),
            2 => float = wire.float()?,
            3 => int = wire.int()?,
            4 => text = wire.bytes()?,
            5 => tensor = Some(stored(wire.bytes()?)?),
            6 => inner = Some(graph(wire.bytes()?, depth + 1)?),
            7 => wire.floats(&mut floats)?,
            8 => wire.ints(&mut ints)?,
            9 => texts.push(words(wire.bytes()?)?),
            20 => declared = wire.int()?,
            10 | 11 | 14 | 15 | 21 | 22 | 23 => other = true,
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
        _ if other => Setting::Other,
        1 => Setting::Float(float),
        2 => Setting::Int(int),
        3 => Setting::Text(words(text)?),
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

fn words(bytes: &[u8]) -> Result<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(damaged("a text is not UTF-8")),
    }
}

fn stored(bytes: &[u8]) -> Result<Stored<'_>> {
    let mut tensor = Stored::default();
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => wire.ints(&mut tensor.dims)?,
            2 => tensor.kind = wire.int()?,
            3 => return Err(Error::new("a tensor is stored in segments")),
            4 => wire.floats(&mut tensor.floats)?,
            5 | 7 | 11 => wire.ints(&mut tensor.ints)?,
            6 => tensor.texts.push(wire.bytes()?),
            8 => tensor.name = wire.text()?.to_owned(),
            9 => tensor.raw = Some(wire.bytes()?),
            10 => wire.doubles(&mut tensor.doubles)?,
            13 => {
                let pair = pair(wire.bytes()?)?;
                push(&mut tensor.external, pair)?;
            }
            14 => tensor.elsewhere = wire.int()? == 1,
            _ => {}
        }
    }
    Ok(tensor)
}

/// Reads a tensor that stands alone in a file.
pub fn tensor(bytes: &[u8]) -> Result<Stored<'_>> {
    stored(bytes)
}

fn port(bytes: &[u8]) -> Result<Port> {
    let mut port = Port::default();
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => port.name = wire.text()?.to_owned(),
            2 => {
                let mut kinds = Fields::new(wire.bytes()?);
                while let Some((field, wire)) = kinds.take()? {
                    if field == 1 {
                        (port.kind, port.shape) = held(wire.bytes()?)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(port)
}

/// What a tensor of a type holds, and its axes.
#[expect(clippy::type_complexity, reason = "two parts of one port")]
fn held(bytes: &[u8]) -> Result<(Option<i64>, Option<Vec<Option<i64>>>)> {
    let (mut kind, mut shape) = (None, None);
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => kind = Some(wire.int()?),
            2 => {
                let mut axes = Vec::new();
                let mut dims = Fields::new(wire.bytes()?);
                while let Some((field, wire)) = dims.take()? {
                    if field == 1 {
                        let mut side = None;
                        let mut dim = Fields::new(wire.bytes()?);
                        while let Some((field, wire)) = dim.take()? {
                            if field == 1 {
                                // 0 and below: written by converters for an open axis
                                side = Some(wire.int()?).filter(|side| *side > 0);
                            }
                        }
                        push(&mut axes, side)?;
                    }
                }
                shape = Some(axes);
            }
            _ => {}
        }
    }
    Ok((kind, shape))
}
