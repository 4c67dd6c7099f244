//! Which engine scores a graph, and its scores whichever it is.
//!
//! keur's own engine scores every graph whose operators it knows. ONNX Runtime is used where its library is found and the
//! graph is a network, which it scores faster, or has an operator that only it knows; a person may ask for either.
//!
//! Both get the same tensors and give the same outputs. ONNX Runtime gets every block filled up to one size with its last
//! row, so that the size of a batch changes nothing; the number of threads does not either. In a few graphs its last bits
//! depend on where in the block a row stands (measured: 5e-7 at most), so another order of rows may change them.

use crate::error::{Error, Result};
use crate::model::onnx::elsewhere;
use crate::model::onnx::graph::Graph;
use crate::model::onnx::proto::{self, Port, Setting};
use crate::model::onnx::runtime::{Runtime, Sessions};
use crate::model::onnx::stored;
use crate::model::onnx::value::{Data, Tensor, each};
use std::collections::BTreeSet;
use std::path::Path;

/// So many numbers go into ONNX Runtime at once, when a row is not larger.
const NUMBERS: usize = 1 << 17;
/// Operators of networks.
const NETWORK: &[&str] = &[
    "Attention",
    "BatchNormalization",
    "Conv",
    "ConvTranspose",
    "GRU",
    "LSTM",
    "LayerNormalization",
    "MaxPool",
    "RNN",
    "Resize",
];

/// A graph that is ready, in one of the engines.
#[derive(Debug)]
pub enum Runner {
    /// keur's own.
    Keur(Graph),
    /// ONNX Runtime.
    Foreign(Foreign),
}

/// A graph in ONNX Runtime.
#[derive(Debug)]
pub struct Foreign {
    sessions: Sessions,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// The order of labels that each output's `ZipMap` declares; the library sorts them.
    labels: Vec<Option<Data>>,
    block: usize,
}

/// True when the graph is a network: what ONNX Runtime scores faster.
pub fn network(graph: &proto::Graph<'_>, functions: &[proto::Function<'_>]) -> bool {
    let inner = functions.iter().flat_map(|function| &function.graph.nodes);
    let mut nodes = graph.nodes.iter().chain(inner);
    nodes.any(|node| NETWORK.contains(&node.operator.as_str()))
}

impl Foreign {
    /// Gives the model to ONNX Runtime, after everything in the file that could lead elsewhere was checked.
    ///
    /// # Errors
    /// A constant is not as long as it says or stands outside the folder; the library does not take the model.
    pub fn new(
        runtime: &'static Runtime,
        bytes: &[u8],
        graph: &proto::Graph<'_>,
        folder: Option<&Path>,
        largest: u64,
    ) -> Result<Self> {
        if graph.sparse {
            return Err(Error::new(
                "the graph has sparse tensors, which are not supported",
            ));
        }
        let files = elsewhere::files(bytes, folder, largest)?;
        for constant in &graph.constants {
            // kinds that are not read here: the library holds them against their bytes itself
            if !matches!(constant.kind, 17..) {
                stored::read(constant, folder)?;
            }
        }
        let stored: BTreeSet<&str> = graph.constants.iter().map(|c| c.name.as_str()).collect();
        let inputs = graph.inputs.iter();
        let inputs: Vec<Port> = inputs
            .filter(|port| !stored.contains(port.name.as_str()))
            .cloned()
            .collect();
        Ok(Self {
            sessions: Sessions::new(runtime, bytes, files, inputs.clone())?,
            inputs,
            labels: graph
                .outputs
                .iter()
                .map(|port| labels(graph, port))
                .collect(),
            outputs: graph.outputs.clone(),
            block: 1,
        })
    }

    /// Sets how many rows pass at once, at most so many, by what one row takes.
    pub fn fit(&mut self, row: &[Tensor], most: usize) -> usize {
        let numbers: usize = row.iter().map(|tensor| tensor.data.len()).sum();
        self.block = (NUMBERS / numbers.max(1)).clamp(1, most);
        self.block
    }
}

/// The labels that the `ZipMap` behind an output declares.
fn labels(graph: &proto::Graph<'_>, port: &Port) -> Option<Data> {
    let makes = |node: &&proto::Node<'_>| node.outputs.contains(&port.name);
    let node = graph.nodes.iter().find(makes)?;
    if node.operator != "ZipMap" {
        return None;
    }
    let mut settings = node.attributes.iter().map(|(_, setting)| setting);
    settings.find_map(|setting| match setting {
        Setting::Ints(list) => Some(Data::I64(list.clone())),
        Setting::Texts(list) => Some(Data::Text(list.iter().map(|word| (*word).into()).collect())),
        _ => None,
    })
}

impl Runner {
    /// What goes in, in the file's order.
    pub fn inputs(&self) -> &[Port] {
        match self {
            Self::Keur(graph) => &graph.inputs,
            Self::Foreign(foreign) => &foreign.inputs,
        }
    }

    /// What comes out, in the file's order.
    pub fn outputs(&self) -> &[Port] {
        match self {
            Self::Keur(graph) => &graph.outputs,
            Self::Foreign(foreign) => &foreign.outputs,
        }
    }

    /// Its name and version, as a record tells them.
    pub fn name(&self) -> String {
        match self {
            Self::Keur(_) => concat!("keur ", env!("CARGO_PKG_VERSION")).to_owned(),
            Self::Foreign(foreign) => foreign.sessions.engine().to_owned(),
        }
    }

    /// Keeps only what the output in this place needs.
    pub fn keep(&mut self, output: usize) {
        match self {
            Self::Keur(graph) => graph.keep(output),
            Self::Foreign(foreign) => {
                foreign.outputs = foreign.outputs.get(output).cloned().into_iter().collect();
                foreign.labels = foreign.labels.get(output).cloned().into_iter().collect();
            }
        }
    }

    /// Runs the graph on so many rows: one tensor for each input, in order; one for each output.
    pub fn run(&self, feeds: Vec<Tensor>, rows: usize) -> Result<Vec<Tensor>> {
        let foreign = match self {
            Self::Keur(graph) => return graph.run(feeds),
            Self::Foreign(foreign) => foreign,
        };
        let block = foreign.block.max(rows);
        let feeds = feeds.into_iter().map(|feed| resized(feed, rows, block));
        let names: Vec<&str> = foreign.outputs.iter().map(|port| &*port.name).collect();
        let made = foreign
            .sessions
            .run(feeds.collect::<Result<_>>()?, &names)?;
        let made = made.into_iter().zip(&foreign.labels);
        made.map(|(tensor, labels)| {
            let tensor = match tensor.shape.first() == Some(&block) {
                true => resized(tensor, block, rows)?,
                false => tensor,
            };
            match labels {
                Some(labels) => ordered(tensor, labels),
                None => Ok(tensor),
            }
        })
        .collect()
    }
}

/// A tensor with another number of rows: cut off, or filled up with its last one.
fn resized(tensor: Tensor, rows: usize, wanted: usize) -> Result<Tensor> {
    if rows == wanted || rows == 0 {
        return Ok(tensor);
    }
    fn resize<T: Clone>(mut list: Vec<T>, width: usize, wanted: usize) -> Vec<T> {
        let last = list.len().saturating_sub(width);
        list.reserve((wanted * width).saturating_sub(list.len()));
        while list.len() < wanted * width {
            list.extend_from_within(last..last + width);
        }
        list.truncate(wanted * width);
        list
    }
    let width = tensor.data.len() / rows;
    let mut shape = tensor.shape;
    if let Some(side) = shape.first_mut() {
        *side = wanted;
    }
    let data = each!(tensor.data, list => resize(list, width, wanted));
    let mut resized = Tensor::new(shape, data)?;
    resized.labels = tensor.labels;
    Ok(resized)
}

/// Columns in the order of these labels.
fn ordered(tensor: Tensor, wanted: &Data) -> Result<Tensor> {
    let (rows, columns) = tensor.rows();
    let own = tensor.labels.as_ref().map(|labels| labels.words());
    let own = own.unwrap_or_default();
    let places: Option<Vec<usize>> = wanted
        .words()
        .iter()
        .map(|word| own.iter().position(|own| own == word))
        .collect();
    let Some(places) = places.filter(|places| places.len() == columns) else {
        return Err(Error::new(
            "the scores have other labels than the graph declares",
        ));
    };
    let all: Vec<usize> = (0..rows)
        .flat_map(|row| places.iter().map(move |place| row * columns + place))
        .collect();
    let mut ordered = Tensor::new(tensor.shape, tensor.data.at(&all))?;
    ordered.labels = Some(std::sync::Arc::new(wanted.clone()));
    Ok(ordered)
}
