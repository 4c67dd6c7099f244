//! Multilayer perceptrons: the weights in a safetensors file, the layers in the card. The one door to `candle` and
//! `safetensors`.
//!
//! The inputs enter in the card's order: a number as one column, a category as one column for each of its categories, in
//! their order, 1 where it is the row's and 0 elsewhere. The widths must chain from those columns to a single output.
//! Tensors: `<name>.weight` (outputs × inputs, as PyTorch has it) and `<name>.bias` of a dense layer, `<name>.mean` and
//! `<name>.sd` of a standardising one; 16, 32 and 64 bit floating point. Computed in 32 bits; a sigmoid at the very end in
//! 64, so that a high risk does not round to 1.
//!
//! Rows pass in blocks of a fixed size (the last one filled up), because a matrix product may add in another order when
//! its shape changes: a row's score is the same bits in any batch, at any place in it, with any number of threads. Another
//! processor may round differently.

use crate::dataset::table::Batch;
use crate::error::{Error, Result, did_you_mean, shown};
use crate::model::file;
use crate::model::inputs::{self, Values};
use crate::model::layers::{self, Shapes};
use crate::model::predict::{Model, Opened};
use crate::model::scale::logistic;
use crate::record::{InputCard, LayerCard, ModelCard};
use candle_core::{D, DType, Device, Tensor};
use candle_nn::{Linear, Module};
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// Larger files are refused before they are read.
const LARGEST: u64 = 2 << 30;
/// Longer headers are refused before they are parsed.
const LONGEST_HEADER: u64 = 16 << 20;
/// Most rows in a block.
const ROWS: usize = 512;
/// From this many numbers on, candle starts threads of its own; a block has fewer.
const CROWD: usize = 65_536;

#[derive(Debug)]
enum Layer {
    Standardise { mean: Tensor, sd: Tensor },
    Dense(Linear),
    Relu,
    Gelu,
    Tanh,
    Sigmoid,
}

#[derive(Debug)]
struct Network {
    inputs: Vec<InputCard>,
    layers: Vec<Layer>,
    last_sigmoid: bool,
    columns: usize,
    rows: usize,
}

/// Opens the safetensors file of a network and tells every problem at once.
pub fn open(card: &ModelCard, folder: &Path) -> Opened {
    let columns = layers::columns(card);
    let wanted = layers::shapes(card, columns)?;
    let path = file::locate(card, folder).map_err(|error| vec![error])?;
    let shown_as = format!(
        "{}/{}",
        shown(&card.id),
        shown(card.file.as_deref().unwrap_or_default())
    );
    let at = |error: Error| error.at(shown_as.clone());
    let bytes = read(&path, &wanted).map_err(|error| vec![at(error)])?;
    let stored = SafeTensors::deserialize(&bytes).map_err(|error| vec![at(lie(&error))])?;
    let mut tensors = weights(&wanted, &stored)
        .map_err(|errors| errors.into_iter().map(at).collect::<Vec<_>>())?;
    let mut take = |name: &str, part: &str| tensors.remove(&format!("{name}.{part}"));
    let mut layers = Vec::with_capacity(card.layers.len());
    for layer in &card.layers {
        let built = match layer {
            LayerCard::Standardise { name } => match (take(name, "mean"), take(name, "sd")) {
                (Some(mean), Some(sd)) => Layer::Standardise { mean, sd },
                _ => continue,
            },
            LayerCard::Dense { name, .. } => match take(name, "weight") {
                Some(weight) => Layer::Dense(Linear::new(weight, take(name, "bias"))),
                None => continue,
            },
            LayerCard::Relu => Layer::Relu,
            LayerCard::Gelu => Layer::Gelu,
            LayerCard::Tanh => Layer::Tanh,
            LayerCard::Sigmoid => Layer::Sigmoid,
        };
        layers.push(built);
    }
    let last_sigmoid = layers
        .pop_if(|last| matches!(last, Layer::Sigmoid))
        .is_some();
    let widest = wanted.iter().flat_map(|(_, shape)| shape).copied().max();
    Ok(Box::new(Network {
        inputs: card.inputs.clone(),
        layers,
        last_sigmoid,
        columns,
        rows: block_of(widest.unwrap_or(1)),
    }))
}

/// Rows in a block: a power of two, so that no row falls into the remainder of a vector, and the same for every batch.
fn block_of(widest: usize) -> usize {
    let most = ((CROWD - 1) / widest.max(1)).clamp(1, ROWS);
    1 << most.ilog2()
}

/// The bytes of a file that is no larger than its tensors can be.
fn read(path: &Path, wanted: &Shapes) -> Result<Vec<u8>> {
    let told = |e: std::io::Error| Error::new(format!("cannot read the file: {e}"));
    let mut file = std::fs::File::open(path).map_err(told)?;
    let size = file.metadata().map_err(told)?.len();
    let numbers = wanted
        .iter()
        .map(|(_, shape)| {
            shape
                .iter()
                .fold(1u64, |all, side| all.saturating_mul(*side as u64))
        })
        .fold(0u64, u64::saturating_add);
    let most = numbers
        .saturating_mul(8)
        .saturating_add(LONGEST_HEADER + 8)
        .min(LARGEST);
    if size > most {
        return Err(Error::new(format!(
            "the file has {size} bytes, more than the {most} its layers can fill"
        )));
    }
    let mut head = [0; 8];
    file.read_exact(&mut head)
        .map_err(|_| Error::new("the file is cut off before its header"))?;
    let header = u64::from_le_bytes(head);
    if header > LONGEST_HEADER || header.saturating_add(8) > size {
        return Err(Error::new(format!(
            "the header claims {header} bytes in a file of {size}"
        ))
        .help("the file is damaged, or no safetensors file"));
    }
    let mut bytes = head.to_vec();
    file.take(most).read_to_end(&mut bytes).map_err(told)?;
    Ok(bytes)
}

/// What is wrong with a header, in words.
fn lie(error: &SafeTensorError) -> Error {
    use SafeTensorError as E;
    let what = match error {
        E::InvalidHeader(_) | E::InvalidHeaderDeserialization(_) | E::JsonError(_) => {
            "the header cannot be read".to_owned()
        }
        E::InvalidOffset(name) => format!(
            "the bytes of the tensor `{}` overlap others or leave a hole",
            shown(name)
        ),
        E::TensorInvalidInfo => "the shape of a tensor does not fit its bytes".to_owned(),
        E::ValidationOverflow => "the shape of a tensor is larger than any memory".to_owned(),
        E::MetadataIncompleteBuffer => {
            "the file is longer or shorter than its header says".to_owned()
        }
        _ => "the header contradicts itself".to_owned(),
    };
    Error::new(what).help("the file is damaged, or no safetensors file; save the weights again")
}

/// The wanted tensors as 32 bit numbers, or everything that is wrong with them.
fn weights(
    wanted: &Shapes,
    stored: &SafeTensors<'_>,
) -> std::result::Result<BTreeMap<String, Tensor>, Vec<Error>> {
    let names: BTreeSet<&str> = stored.names().into_iter().collect();
    let asked: BTreeSet<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    let unused: Vec<&str> = names.difference(&asked).copied().collect();
    let mut problems = Vec::new();
    let mut tensors = BTreeMap::new();
    for (name, shape) in wanted {
        match weight(name, shape, stored) {
            Some(Ok(tensor)) => {
                tensors.insert(name.clone(), tensor);
            }
            Some(Err(error)) => problems.push(error),
            None => problems.push(
                Error::new(format!("the file has no tensor `{}`", shown(name)))
                    .suggest(name, unused.iter().copied()),
            ),
        }
    }
    const SHOWN: usize = 10;
    for name in unused.iter().take(SHOWN) {
        let error = Error::new(format!("no layer uses the tensor `{}`", shown(name)));
        problems.push(match did_you_mean(name, asked.iter().copied()) {
            Some(close) => error.help(format!("the card asks for `{}`", shown(close))),
            None => error.help("name its layer in the card, or take it out of the file"),
        });
    }
    if unused.len() > SHOWN {
        let more = unused.len() - SHOWN;
        problems.push(Error::new(format!("no layer uses {more} more tensors")));
    }
    if problems.is_empty() {
        Ok(tensors)
    } else {
        Err(problems)
    }
}

fn weight(name: &str, shape: &[usize], stored: &SafeTensors<'_>) -> Option<Result<Tensor>> {
    let view = stored.tensor(name).ok()?;
    let divides = name.ends_with(".sd");
    let name = shown(name);
    if view.shape() != shape {
        return Some(Err(Error::new(format!(
            "the tensor `{name}` has the shape {:?}, and the card's layers need {shape:?}",
            view.shape()
        ))));
    }
    let dtype = match view.dtype() {
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        Dtype::F32 => DType::F32,
        Dtype::F64 => DType::F64,
        other => {
            return Some(Err(Error::new(format!(
                "the tensor `{name}` holds numbers of the kind {other}"
            ))
            .help("save it as 16, 32 or 64 bit floating point")));
        }
    };
    let load = || -> candle_core::Result<(Tensor, Vec<f32>)> {
        let tensor = Tensor::from_raw_buffer(view.data(), dtype, shape, &Device::Cpu)?
            .to_dtype(DType::F32)?;
        let numbers = tensor.flatten_all()?.to_vec1()?;
        Ok((tensor, numbers))
    };
    Some(match load() {
        Err(error) => Err(Error::new(format!(
            "the tensor `{name}` cannot be read: {error}"
        ))),
        Ok((tensor, numbers)) => {
            let odd = numbers.iter().filter(|number| !number.is_finite()).count();
            let flat = numbers.iter().filter(|number| **number <= 0.0).count();
            if odd > 0 {
                Err(Error::new(format!(
                    "{odd} of the {} numbers of the tensor `{name}` are not finite",
                    numbers.len()
                ))
                .help("a number that is not finite, or too large for 32 bits, gives no score; train or save again"))
            } else if divides && flat > 0 {
                Err(Error::new(format!(
                    "{flat} standard deviations of the tensor `{name}` are not above zero"
                )))
            } else {
                Ok(tensor)
            }
        }
    })
}

impl Network {
    /// Scores of one block: `rows × columns` numbers in, `rows` scores out.
    fn forward(&self, block: Vec<f32>) -> candle_core::Result<Vec<f32>> {
        let mut x = Tensor::from_vec(block, (self.rows, self.columns), &Device::Cpu)?;
        // relu turns NaN into 0: a row that once left the finite numbers is marked here and stays NaN
        let mut mark = Tensor::zeros((self.rows, 1), DType::F32, &Device::Cpu)?;
        for layer in &self.layers {
            x = match layer {
                Layer::Standardise { mean, sd } => x.broadcast_sub(mean)?.broadcast_div(sd)?,
                Layer::Dense(linear) => linear.forward(&x)?,
                Layer::Relu => x.relu()?,
                Layer::Gelu => x.gelu_erf()?,
                Layer::Tanh => x.tanh()?,
                Layer::Sigmoid => candle_nn::ops::sigmoid(&x)?,
            };
            if matches!(layer, Layer::Standardise { .. } | Layer::Dense(_)) {
                mark = (mark + (&x * 0.0)?.sum_keepdim(D::Minus1)?)?;
            }
        }
        (x + mark)?.flatten_all()?.to_vec1()
    }
}

impl Model for Network {
    fn predict(&self, batch: &Batch<'_>) -> Result<Vec<f64>> {
        let read: Vec<Values> = self
            .inputs
            .iter()
            .map(|input| inputs::read(input, batch))
            .collect::<Result<_>>()?;
        let mut scores = Vec::with_capacity(batch.len());
        for start in (0..batch.len()).step_by(self.rows) {
            let here = start..batch.len().min(start + self.rows);
            let mut block = Vec::with_capacity(self.rows * self.columns);
            for row in here.clone() {
                for (values, card) in read.iter().zip(&self.inputs) {
                    enter(&mut block, values, card, row);
                }
            }
            block.resize(self.rows * self.columns, 0.0);
            let out = self
                .forward(block)
                .map_err(|e| Error::new(format!("the network cannot be computed: {e}")))?;
            scores.extend(here.zip(out).map(|(row, score)| {
                if read.iter().any(|values| values.refuses(row)) {
                    f64::NAN
                } else if self.last_sigmoid {
                    logistic(f64::from(score))
                } else {
                    f64::from(score)
                }
            }));
        }
        Ok(scores)
    }
}

/// Appends the columns of one input of one row. A number beyond 32 bits becomes infinite, and its row NaN.
fn enter(block: &mut Vec<f32>, values: &Values, card: &InputCard, row: usize) {
    match values {
        Values::Numbers(numbers) => {
            block.push(numbers.get(row).map_or(0.0, |number| *number as f32));
        }
        Values::Codes(codes) => {
            let code = codes.get(row).map(|code| *code as usize);
            let columns = 0..card.categories.len();
            block.extend(columns.map(|column| if code == Some(column) { 1.0 } else { 0.0 }));
        }
        Values::Tensor(tensors) => block.extend_from_slice(tensors.row(row)),
    }
}
