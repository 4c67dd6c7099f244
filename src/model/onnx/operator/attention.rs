//! Attention: how much each place of one sequence heeds each place of another, and what it takes from there.
//!
//! Sums in 32 bits, in the order of the columns, so a row's result does not depend on the rows beside it.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, standard};
use crate::model::onnx::operator::broadcast::{places, together};
use crate::model::onnx::operator::matrix::{product, transposed};
use crate::model::onnx::operator::stack::joined;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, count, sides};

/// The family.
pub const ALL: &[Operator] = &[Operator {
    outputs: 4,
    ..standard("Attention", (3, 7), build)
}];

/// More products in one layer are refused.
const MOST_PRODUCTS: usize = 1 << 36;

struct Attention {
    causal: bool,
    /// How many places before and behind its own are heeded at most.
    window: (Option<i64>, Option<i64>),
    scale: Option<f32>,
    cap: f32,
    /// Heads of questions and of answers, when heads have no axis of their own.
    heads: (usize, usize),
    /// Which form of the scores is told: 0 products, 1 masked, 2 capped, 3 shares.
    told: i64,
    outputs: usize,
}

fn build(settings: &Settings<'_>) -> Result<Kernel> {
    settings.ignore(&["softmax_precision"]);
    let side =
        |name: &str| -> Result<Option<i64>> { Ok(settings.int(name)?.filter(|size| *size >= 0)) };
    let heads = |name: &str| -> Result<usize> {
        let heads = settings.int(name)?.unwrap_or(0);
        usize::try_from(heads).map_err(|_| Error::new(format!("`{name}` is negative")))
    };
    let attention = Attention {
        causal: settings.flag("is_causal", false)?,
        window: (side("left_window_size")?, side("right_window_size")?),
        scale: settings.float("scale")?,
        cap: settings.float("softcap")?.unwrap_or(0.0),
        heads: (heads("q_num_heads")?, heads("kv_num_heads")?),
        told: settings.int("qk_matmul_output_mode")?.unwrap_or(0),
        outputs: settings.outputs(),
    };
    Ok(Box::new(move |inputs| attention.run(inputs)))
}

/// Rows × heads × steps × size.
fn parted(tensor: &Tensor, heads: usize) -> Result<Tensor> {
    match tensor.shape.as_slice() {
        [_, _, _, _] => Ok(tensor.clone()),
        &[rows, steps, width] if heads > 0 && width % heads == 0 => {
            let size = width / heads;
            let list = tensor.to_f32()?;
            let mut turned = Vec::with_capacity(list.len());
            for row in 0..rows {
                for head in 0..heads {
                    for step in 0..steps {
                        let start = (row * steps + step) * width + head * size;
                        turned.extend_from_slice(&list[start..start + size]);
                    }
                }
            }
            let turned = Tensor::new(vec![rows, heads, steps, size], Data::F32(turned))?;
            Ok(turned.narrowed(tensor.narrow))
        }
        shape => Err(Error::new(format!(
            "a sequence has the shape {}",
            sides(shape)
        ))),
    }
}

/// Softmax of one line; a line without anything to heed is zero.
fn shares(line: &mut [f32]) {
    let most = line.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if most == f32::NEG_INFINITY {
        line.fill(0.0);
        return;
    }
    let mut sum = 0.0;
    for x in line.iter_mut() {
        *x = (*x - most).exp();
        sum += *x;
    }
    line.iter_mut().for_each(|x| *x /= sum);
}

impl Attention {
    fn run(&self, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
        let flat = inputs.need(0)?.rank() == 3;
        let q = parted(inputs.need(0)?, self.heads.0)?;
        let mut k = parted(inputs.need(1)?, self.heads.1)?;
        let mut v = parted(inputs.need(2)?, self.heads.1)?;
        let past = inputs
            .get(4)
            .map_or(0, |past| past.shape.get(2).copied().unwrap_or(0));
        for (own, place) in [(&mut k, 4), (&mut v, 5)] {
            if let Some(past) = inputs.get(place) {
                if past.rank() != 4 {
                    return Err(past.not("what was before"));
                }
                *own = joined(&[past, own], 2)?;
            }
        }
        let (&[rows, heads, steps, size], &[_, own, length, _], &[_, _, _, width]) =
            (q.shape.as_slice(), k.shape.as_slice(), v.shape.as_slice())
        else {
            return Err(Error::new("a sequence has not four axes"));
        };
        let fits = k.shape == [rows, own, length, size]
            && v.shape == [rows, own, length, width]
            && heads.checked_rem(own) == Some(0);
        if !fits {
            return Err(Error::new(format!(
                "sequences of the shapes {}, {} and {} do not fit each other",
                sides(&q.shape),
                sides(&k.shape),
                sides(&v.shape)
            )));
        }
        let all = count(&[rows, heads, steps, length])?;
        count(&[rows, heads, steps, width])?;
        if all.saturating_mul(size.max(width)) > MOST_PRODUCTS {
            return Err(Error::new("the attention is larger than any model's"));
        }
        let scale = self.scale.unwrap_or(1.0 / (size as f32).sqrt()).sqrt();
        let scaled = |tensor: &Tensor| -> Result<Vec<f32>> {
            Ok(tensor.to_f32()?.iter().map(|x| x * scale).collect())
        };
        let (asked, keys, values) = (scaled(&q)?, scaled(&k)?, v.to_f32()?);
        let bias = self.bias(inputs, [rows, heads, steps, length], past)?;
        let mut told = vec![0.0; if self.outputs > 3 { all } else { 0 }];
        let mut made = vec![0.0; rows * heads * steps * width];
        let group = heads / own.max(1);
        for block in 0..rows * heads {
            let other = block / heads * own + block % heads / group.max(1);
            let key = &keys[other * length * size..(other + 1) * length * size];
            let span = block * steps * length..(block + 1) * steps * length;
            let mut scores = vec![0.0; steps * length];
            let turned = transposed(key, length, size);
            let question = &asked[block * steps * size..(block + 1) * steps * size];
            product(question, &turned, size, length, &mut scores);
            let mut tell = |mode: i64, scores: &[f32]| {
                if self.told == mode
                    && let Some(told) = told.get_mut(span.clone())
                {
                    told.copy_from_slice(scores);
                }
            };
            tell(0, &scores);
            if self.cap > 0.0 {
                let cap = self.cap;
                scores.iter_mut().for_each(|x| *x = cap * (*x / cap).tanh());
            }
            tell(1, &scores);
            if let Some(bias) = &bias {
                scores
                    .iter_mut()
                    .zip(&bias[span.clone()])
                    .for_each(|(x, b)| *x += b);
            }
            tell(2, &scores);
            scores.chunks_exact_mut(length.max(1)).for_each(shares);
            tell(3, &scores);
            let value = &values[other * length * width..(other + 1) * length * width];
            let into = &mut made[block * steps * width..(block + 1) * steps * width];
            product(&scores, value, length, width, into);
        }
        let mut shape = vec![rows, heads, steps, width];
        if flat {
            // heads beside each other again
            let mut turned = Vec::with_capacity(made.len());
            for row in 0..rows {
                for step in 0..steps {
                    for head in 0..heads {
                        let start = ((row * heads + head) * steps + step) * width;
                        turned.extend_from_slice(&made[start..start + width]);
                    }
                }
            }
            made = turned;
            shape = vec![rows, steps, heads * width];
        }
        let mut outputs = vec![Tensor::new(shape, Data::F32(made))?];
        if self.outputs > 1 {
            outputs.extend([k, v]);
        }
        if self.outputs > 3 {
            outputs.push(Tensor::new(
                vec![rows, heads, steps, length],
                Data::F32(told),
            )?);
        }
        Ok(outputs)
    }

    /// What is added to the scores, and −∞ where nothing may be heeded.
    fn bias(
        &self,
        inputs: &Inputs<'_>,
        shape: [usize; 4],
        past: usize,
    ) -> Result<Option<Vec<f32>>> {
        let [rows, heads, steps, length] = shape;
        let (mask, known) = (inputs.get(3), inputs.get(6));
        if mask.is_none() && known.is_none() && !self.causal && self.window == (None, None) {
            return Ok(None);
        }
        let all = count(&shape)?;
        let mut bias = vec![0.0; all];
        if let Some(mask) = mask {
            let wide = mask.shape.last().copied().unwrap_or(1);
            let mut own = shape.to_vec();
            // a shorter mask ends before the keys do: what lies behind it is not heeded
            own[3] = if wide == 1 { length } else { wide.min(length) };
            if wide > length || together(&mask.shape, &own)? != own {
                return Err(Error::new("the mask does not fit the sequences"));
            }
            let list: Vec<f32> = match &mask.data {
                Data::Bool(list) => list
                    .iter()
                    .map(|on| if *on { 0.0 } else { f32::NEG_INFINITY })
                    .collect(),
                _ => mask.to_f32()?,
            };
            let from = places(&mask.shape, &own);
            let lines = from
                .chunks(own[3].max(1))
                .zip(bias.chunks_exact_mut(length.max(1)));
            for (from, line) in lines {
                line.iter_mut().zip(from).for_each(|(x, at)| *x = list[*at]);
                line[from.len()..].fill(f32::NEG_INFINITY);
            }
        }
        let known = known.map(Tensor::ints).transpose()?;
        if known.is_some_and(|known| known.len() != rows) {
            return Err(Error::new("there is not one length for each row"));
        }
        for (at, line) in bias.chunks_exact_mut(length.max(1)).enumerate() {
            let (row, step) = (at / steps.max(1) / heads.max(1), (at % steps.max(1)) as i64);
            let valid = known.and_then(|known| known.get(row)).copied();
            let offset = match valid {
                Some(valid) if past == 0 => valid.saturating_sub(steps as i64),
                _ => past as i64,
            };
            let own = step.saturating_add(offset);
            let first = self.window.0.map(|left| own.saturating_sub(left));
            let last = match (self.causal, self.window.1) {
                (true, _) => Some(own),
                (false, right) => right.map(|right| own.saturating_add(right)),
            };
            for (key, x) in (0_i64..).zip(line.iter_mut()) {
                let out = last.is_some_and(|last| key > last)
                    || first.is_some_and(|first| key < first)
                    || valid.is_some_and(|valid| key >= valid);
                if out {
                    *x = f32::NEG_INFINITY;
                }
            }
        }
        Ok(Some(bias))
    }
}
