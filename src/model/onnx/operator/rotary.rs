//! RotaryEmbedding: pairs of numbers in each head turned by an angle that grows with the place in the sequence.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, sides};

/// The family.
pub const ALL: &[Operator] = &[standard("RotaryEmbedding", (3, 4), build)];

struct Rotary {
    heads: usize,
    turned: usize,
    interleaved: bool,
}

fn build(settings: &Settings<'_>) -> Result<Kernel> {
    let natural = |name: &str| -> Result<usize> {
        usize::try_from(settings.int(name)?.unwrap_or(0))
            .map_err(|_| Error::new(format!("`{name}` is negative")))
    };
    let rotary = Rotary {
        heads: natural("num_heads")?,
        turned: natural("rotary_embedding_dim")?,
        interleaved: settings.flag("interleaved", false)?,
    };
    Ok(Box::new(move |inputs| rotary.run(inputs)))
}

impl Rotary {
    fn run(&self, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
        let (tensor, cosines, sines) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
        let unfit = || {
            Error::new(format!(
                "angles of the shape {} do not fit a tensor of the shape {}",
                sides(&cosines.shape),
                sides(&tensor.shape)
            ))
        };
        // rows, steps, heads, size; and how far apart steps and heads lie
        let (rows, steps, heads, size, far) = match *tensor.shape.as_slice() {
            [rows, heads, steps, size] => (rows, steps, heads, size, (size, steps * size)),
            [rows, steps, width] if self.heads > 0 && width % self.heads == 0 => (
                rows,
                steps,
                self.heads,
                width / self.heads,
                (width, width / self.heads),
            ),
            _ => return Err(unfit()),
        };
        let turned = if self.turned == 0 { size } else { self.turned };
        let half = turned / 2;
        if turned > size || turned % 2 != 0 || cosines.shape != sines.shape {
            return Err(unfit());
        }
        let (cos, sin) = (cosines.to_f32()?, sines.to_f32()?);
        let line = |row: usize, step: usize| -> Result<usize> {
            Ok(match inputs.get(3) {
                Some(places) => {
                    let (&[many, width], list) = (cosines.shape.as_slice(), places.ints()?) else {
                        return Err(unfit());
                    };
                    let own = list.get(row * steps + step).filter(|_| width == half);
                    axis(*own.ok_or_else(unfit)?, many)?
                }
                None if cosines.shape == [rows, steps, half] => row * steps + step,
                None => return Err(unfit()),
            })
        };
        let Data::F32(list) = &tensor.data else {
            return Err(tensor.not("numbers of 32 bits"));
        };
        let mut list = list.clone();
        for row in 0..rows {
            for step in 0..steps {
                let angles = line(row, step)? * half;
                for head in 0..heads {
                    let start = row * steps * heads * size + step * far.0 + head * far.1;
                    for k in 0..half {
                        let (a, b) = match self.interleaved {
                            true => (start + 2 * k, start + 2 * k + 1),
                            false => (start + k, start + half + k),
                        };
                        let (x, y) = (list[a], list[b]);
                        let (c, s) = (cos[angles + k], sin[angles + k]);
                        list[a] = c * x - s * y;
                        list[b] = s * x + c * y;
                    }
                }
            }
        }
        one(Tensor::new(tensor.shape.clone(), Data::F32(list))?)
    }
}
