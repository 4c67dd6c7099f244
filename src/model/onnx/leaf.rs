//! The messages of an ONNX file that hold no others of their kind: tensors, ports, pairs of texts.

use crate::error::{Error, Result};
use crate::model::onnx::wire::Fields;

/// More nodes, tensors or attributes in one graph are refused.
const MOST: usize = 100_000;

/// An input or output of a graph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// What it is.
    pub form: Form,
    /// What a tensor holds (`TensorProto.DataType`); None when it is no tensor.
    pub kind: Option<i64>,
    /// Axes, None where open; None altogether when the file does not say.
    pub shape: Option<Vec<Option<i64>>>,
}

/// What a port carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// A tensor, or what is not said.
    #[default]
    Tensor,
    /// Tensors, one after the other.
    Sequence,
    /// Keys with their values.
    Map,
    /// What may be there or not.
    Optional,
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

/// Adds to a list that has not too many members yet.
pub fn push<T>(list: &mut Vec<T>, item: T) -> Result<()> {
    if list.len() >= MOST {
        return Err(Error::new(format!(
            "the file has more than the {MOST} nodes or tensors a graph may have"
        )));
    }
    list.push(item);
    Ok(())
}

/// A key and its value.
pub fn pair(bytes: &[u8]) -> Result<(String, String)> {
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

/// A tensor.
pub fn stored(bytes: &[u8]) -> Result<Stored<'_>> {
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

/// A port.
pub fn port(bytes: &[u8]) -> Result<Port> {
    let mut port = Port::default();
    let mut fields = Fields::new(bytes);
    while let Some((field, wire)) = fields.take()? {
        match field {
            1 => port.name = wire.text()?.to_owned(),
            2 => {
                let mut kinds = Fields::new(wire.bytes()?);
                while let Some((field, wire)) = kinds.take()? {
                    match field {
                        1 => (port.kind, port.shape) = held(wire.bytes()?)?,
                        4 => port.form = Form::Sequence,
                        5 => port.form = Form::Map,
                        9 => port.form = Form::Optional,
                        _ => {}
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
