//! A network on paper: shapes and tensors as the layers ask for them, every problem noted, nothing read yet.

use crate::error::{Error, Result, shown};
use crate::model::network::kernel::Kernel;
use crate::model::network::wanted::{Sign, Wanted};
use crate::model::network::weights::Weights;
use std::collections::BTreeSet;

/// Most numbers a layer may make of a row (256 MiB).
const LARGEST: usize = 1 << 26;
/// Most numbers all layers may make of a row.
const ALL: usize = 1 << 28;
/// Most multiplications for a row.
const WORK: f64 = 1e12;
/// Most layers, those inside others included.
const LAYERS: usize = 4096;

/// Sides of what a layer reads or gives, without the rows.
pub type Shape = Vec<usize>;

/// Makes the layer once the tensors are read.
pub type Make = Box<dyn FnOnce(&mut Weights) -> Result<Box<dyn Kernel>>>;

/// What is wanted, and what is wrong.
#[derive(Debug, Default)]
pub struct Draft {
    /// Tensors in the order asked for.
    pub wanted: Vec<Wanted>,
    /// Problems found.
    pub problems: Vec<Error>,
    /// Most numbers a layer makes of a row.
    pub widest: usize,
    names: BTreeSet<String>,
    all: usize,
    work: f64,
    layers: usize,
}

impl Draft {
    /// Asks for a tensor and gives its place in the order.
    pub fn want(&mut self, name: String, shape: &[usize]) -> usize {
        self.ask(Wanted {
            name,
            shape: shape.to_vec(),
            ..Wanted::default()
        })
    }

    /// Asks for a tensor whose numbers have a sign.
    pub fn want_signed(&mut self, name: String, shape: &[usize], sign: Sign) -> usize {
        self.ask(Wanted {
            name,
            shape: shape.to_vec(),
            sign,
            ..Wanted::default()
        })
    }

    /// Asks for a tensor before whose shape sides of one may stand.
    pub fn want_loose(&mut self, name: String, shape: &[usize]) -> usize {
        self.ask(Wanted {
            name,
            shape: shape.to_vec(),
            loose: true,
            ..Wanted::default()
        })
    }

    fn ask(&mut self, mut wanted: Wanted) -> usize {
        // torchvision's DenseNet wrote `norm.1` before PyTorch 0.4
        if wanted.name.contains(".denselayer") {
            let mut old = wanted.name.clone();
            for part in ["norm1", "norm2", "conv1", "conv2"] {
                let (word, number) = part.split_at(4);
                old = old.replace(&format!(".{part}."), &format!(".{word}.{number}."));
            }
            wanted.old = Some(old);
        }
        if !self.names.insert(wanted.name.clone()) {
            let name = wanted
                .name
                .rsplit_once('.')
                .map_or(&*wanted.name, |(name, _)| name);
            let error = Error::new(format!("two layers have the name `{}`", shown(name)));
            if !self.problems.contains(&error) {
                self.problems.push(error);
            }
        }
        self.wanted.push(wanted);
        self.wanted.len() - 1
    }

    /// Counts a layer. Fails when there are too many.
    pub fn count(&mut self) -> Result<()> {
        self.layers += 1;
        if self.layers > LAYERS {
            return Err(Error::new(format!(
                "the network has more than {LAYERS} layers"
            )));
        }
        Ok(())
    }

    /// Makes room for what a layer gives, and more that it needs on the way. Fails when that is too much.
    pub fn room(&mut self, place: &str, shape: &[usize], beside: usize) -> Result<usize> {
        let size = shape
            .iter()
            .try_fold(1usize, |all, side| all.checked_mul(*side))
            .and_then(|size| size.checked_add(beside));
        let told = size.map_or("too many".to_owned(), |size| size.to_string());
        match size {
            Some(size) if size <= LARGEST && self.all + size <= ALL => {
                self.all += size;
                self.widest = self.widest.max(size);
                Ok(size - beside)
            }
            Some(size) if size <= LARGEST => Err(Error::new(format!(
                "{place} is where the layers together make more than {ALL} numbers of a row"
            ))),
            _ => Err(Error::new(format!(
                "{place} would make {told} numbers of a row, more than the {LARGEST} a layer may"
            ))
            .help("a row is one patient, one signal or one image")),
        }
    }

    /// Notes multiplications. Fails when they are too many.
    pub fn work(&mut self, place: &str, sides: &[usize]) -> Result<()> {
        self.work += sides.iter().map(|side| *side as f64).product::<f64>();
        if self.work > WORK {
            return Err(Error::new(format!(
                "{place} is where the layers together take more than {WORK:.0} multiplications for a row"
            )));
        }
        Ok(())
    }
}

/// A layer on paper, and what it gives.
pub type Lowered = Result<(Option<Make>, Shape)>;

/// A layer that needs no tensor.
pub fn ready(kernel: impl Kernel + 'static) -> Option<Make> {
    Some(Box::new(move |_| Ok(Box::new(kernel))))
}

/// The numbers of a shape.
pub fn size(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// `12 × 1000`.
pub fn sides(shape: &[usize]) -> String {
    let sides: Vec<String> = shape.iter().map(ToString::to_string).collect();
    sides.join(" × ")
}

/// Axes that a layer reads, or what it says when others arrive.
pub fn axes(place: &str, shape: &[usize], wanted: usize, what: &str) -> Result<()> {
    if shape.len() == wanted {
        return Ok(());
    }
    Err(Error::new(format!(
        "{place} reads {what}, and {} arrives",
        sides(shape)
    ))
    .help("a `reshape`, `transpose` or `flatten` layer before it shapes what arrives"))
}

/// A problem of a layer.
pub fn wrong<T>(place: &str, what: impl std::fmt::Display) -> Result<T> {
    Err(Error::new(format!("{place} {what}")))
}

/// Channels, and how many numbers each has.
pub fn channels(shape: &[usize]) -> (usize, usize) {
    match shape.split_first() {
        Some((channels, places)) => (*channels, size(places)),
        None => (1, 1),
    }
}
