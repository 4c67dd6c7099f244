//! The tensors of a safetensors file: asked for by name and shape, checked before they are read. The one door to
//! `safetensors`.

use crate::error::{Error, Result, did_you_mean, shown};
use crate::model::network::numbers::Numbers;
use crate::model::network::wanted::{Sign, Wanted};
use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// Larger files are refused before they are read.
const LARGEST: u64 = 2 << 30;
/// Longer headers are refused before they are parsed.
const LONGEST_HEADER: u64 = 16 << 20;
/// So many problems of one kind are told; the others are counted.
const SHOWN: usize = 10;
/// Tensors that PyTorch keeps beside a batch norm and nobody needs.
const COUNTER: &str = "num_batches_tracked";

/// The wanted tensors, in the order in which they were asked for.
#[derive(Debug, Default)]
pub struct Weights(Vec<Option<Numbers>>);

impl Weights {
    /// Lets the numbers of each tensor be changed, in the order in which they were asked for.
    pub fn each(&mut self, change: &mut dyn FnMut(&mut [f32])) {
        let tensors = self.0.iter_mut().flatten();
        tensors.for_each(|numbers| change(numbers.all_mut()));
    }

    /// A tensor by its place in the order; it can be taken once.
    pub fn take(&mut self, slot: usize) -> Result<Numbers> {
        let found = self.0.get_mut(slot).and_then(Option::take);
        found.ok_or_else(|| Error::new("a tensor is used twice"))
    }
}

/// Reads the wanted tensors of a file as 32 bit numbers, or tells everything that is wrong with them.
pub fn read(path: &Path, wanted: &[Wanted]) -> std::result::Result<Weights, Vec<Error>> {
    let bytes = bytes(path, wanted).map_err(|error| vec![error])?;
    let stored = SafeTensors::deserialize(&bytes).map_err(|error| vec![lie(&error)])?;
    let names: BTreeSet<&str> = stored.names().into_iter().collect();
    let asked: BTreeSet<&str> = wanted
        .iter()
        .flat_map(|wanted| [Some(wanted.name.as_str()), wanted.old.as_deref()])
        .flatten()
        .collect();
    let unused: Vec<&str> = names
        .difference(&asked)
        .copied()
        .filter(|name| !name.ends_with(COUNTER))
        .collect();
    let mut problems = Vec::new();
    let mut missing = Vec::new();
    let mut weights = Weights::default();
    for want in wanted {
        let old = || want.old.as_deref().and_then(|old| stored.tensor(old).ok());
        let read = match stored.tensor(&want.name).ok().or_else(old) {
            Some(view) => weight(want, &view)
                .map_err(|error| problems.push(error))
                .ok(),
            None => {
                missing.push(want.name.as_str());
                None
            }
        };
        weights.0.push(read);
    }
    for name in missing.iter().take(SHOWN) {
        problems.push(
            Error::new(format!("the file has no tensor `{}`", shown(name)))
                .suggest(name, unused.iter().copied()),
        );
    }
    more(&mut problems, &missing, "the file has no", "");
    for name in unused.iter().take(SHOWN) {
        let error = Error::new(format!("no layer uses the tensor `{}`", shown(name)));
        problems.push(match did_you_mean(name, asked.iter().copied()) {
            Some(close) => error.help(format!("the card asks for `{}`", shown(close))),
            None => error.help("name its layer in the card, or take it out of the file"),
        });
    }
    more(&mut problems, &unused, "no layer uses", "");
    if problems.is_empty() {
        Ok(weights)
    } else {
        Err(problems)
    }
}

fn more(problems: &mut Vec<Error>, all: &[&str], before: &str, behind: &str) {
    if all.len() > SHOWN {
        let more = all.len() - SHOWN;
        problems.push(Error::new(format!("{before} {more} more tensors{behind}")));
    }
}

/// The bytes of a file that is no larger than its tensors can be.
fn bytes(path: &Path, wanted: &[Wanted]) -> Result<Vec<u8>> {
    let told = |e: std::io::Error| Error::new(format!("cannot read the file: {e}"));
    let mut file = std::fs::File::open(path).map_err(told)?;
    let size = file.metadata().map_err(told)?.len();
    let numbers = wanted
        .iter()
        .map(|wanted| {
            let sides = wanted.shape.iter();
            sides.fold(1u64, |all, side| all.saturating_mul(*side as u64))
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

/// Half precision: five bits of exponent, ten of fraction.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

fn weight(want: &Wanted, view: &TensorView<'_>) -> Result<Numbers> {
    let name = shown(&want.name);
    if !want.fits(view.shape()) {
        return Err(Error::new(format!(
            "the tensor `{name}` has the shape {:?}, and the card's layers need {:?}",
            view.shape(),
            want.shape
        )));
    }
    let data = view.data();
    let pair = |two: &[u8; 2]| u16::from_le_bytes(*two);
    let numbers: Vec<f32> = match view.dtype() {
        Dtype::F16 => data
            .as_chunks()
            .0
            .iter()
            .map(|two| half(pair(two)))
            .collect(),
        Dtype::BF16 => {
            let pairs = data.as_chunks().0.iter();
            pairs
                .map(|two| f32::from_bits(u32::from(pair(two)) << 16))
                .collect()
        }
        Dtype::F32 => data
            .as_chunks()
            .0
            .iter()
            .map(|x| f32::from_le_bytes(*x))
            .collect(),
        Dtype::F64 => {
            let eights = data.as_chunks().0.iter();
            eights.map(|x| f64::from_le_bytes(*x) as f32).collect()
        }
        other => {
            return Err(Error::new(format!(
                "the tensor `{name}` holds numbers of the kind {other}"
            ))
            .help("save it as 16, 32 or 64 bit floating point"));
        }
    };
    let odd = numbers.iter().filter(|number| !number.is_finite()).count();
    if odd > 0 {
        return Err(Error::new(format!(
            "{odd} of the {} numbers of the tensor `{name}` are not finite",
            numbers.len()
        ))
        .help("a number that is not finite, or too large for 32 bits, gives no score; train or save again"));
    }
    let wrong = |bad: fn(f32) -> bool| numbers.iter().filter(|number| bad(**number)).count();
    let (count, what) = match want.sign {
        Sign::Any => (0, ""),
        Sign::Above => (wrong(|x| x <= 0.0), "standard deviations of the tensor"),
        Sign::NotBelow => (wrong(|x| x < 0.0), "variances of the tensor"),
    };
    match (count, want.sign) {
        (0, _) => Ok(Numbers::from(numbers)),
        (_, Sign::NotBelow) => Err(Error::new(format!(
            "{count} {what} `{name}` are below zero"
        ))),
        _ => Err(Error::new(format!(
            "{count} {what} `{name}` are not above zero"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_read_exactly() {
        for (bits, number) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
            (0x8000, 0.0),
        ] {
            assert_eq!(half(bits), number, "{bits:x}");
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }
}
