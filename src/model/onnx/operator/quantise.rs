//! Numbers of 8 and 16 bits that stand for others by a scale and a zero: QuantizeLinear, DequantizeLinear,
//! DynamicQuantizeLinear, MatMulInteger, QLinearMatMul.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, kinded, one};
use crate::model::onnx::narrow::Narrow;
use crate::model::onnx::operator::matrix::matmul;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, sides, strides};

/// The family.
pub const ALL: &[Operator] = &[
    kinded("DequantizeLinear", (2, 3), 1, dequantise),
    kinded("DynamicQuantizeLinear", (1, 1), 3, |_| {
        Ok(Box::new(dynamic))
    }),
    kinded("MatMulInteger", (2, 4), 1, |_| {
        Ok(Box::new(|inputs| {
            let (a, b) = (
                centred(inputs.need(0)?, inputs.get(2), true)?,
                centred(inputs.need(1)?, inputs.get(3), false)?,
            );
            one(multiplied(&a, &b, inputs)?.narrowed(Some(Narrow::I32)))
        }))
    }),
    kinded("QLinearMatMul", (8, 8), 1, |_| Ok(Box::new(product))),
    kinded("QuantizeLinear", (2, 3), 1, quantise),
];

/// How scales lie along a tensor.
#[derive(Clone, Copy)]
struct Lie {
    axis: i64,
    block: usize,
}

impl Lie {
    fn new(settings: &Settings<'_>) -> Result<Self> {
        let block = settings.int("block_size")?.unwrap_or(0);
        Ok(Self {
            axis: settings.int("axis")?.unwrap_or(1),
            block: usize::try_from(block).map_err(|_| Error::new("`block_size` is negative"))?,
        })
    }

    /// For each value of a tensor, the place of its scale.
    fn places(self, tensor: &Tensor, scale: &Tensor) -> Result<Vec<usize>> {
        let size = tensor.data.len();
        if scale.data.len() == 1 {
            return Ok(vec![0; size]);
        }
        let at = axis(self.axis, tensor.rank())?;
        let steps = strides(&tensor.shape);
        let unfit = || {
            Error::new(format!(
                "scales of the shape {} do not fit a tensor of the shape {}",
                sides(&scale.shape),
                sides(&tensor.shape)
            ))
        };
        if self.block == 0 {
            if scale.shape != [tensor.shape[at]] {
                return Err(unfit());
            }
            return Ok((0..size)
                .map(|p| p / steps[at] % tensor.shape[at])
                .collect());
        }
        let own = strides(&scale.shape);
        let side = |p: usize| match p == at {
            true => tensor.shape[p].div_ceil(self.block),
            false => tensor.shape[p],
        };
        let fits =
            scale.rank() == tensor.rank() && (0..scale.rank()).all(|p| scale.shape[p] == side(p));
        if !fits {
            return Err(unfit());
        }
        let of = |place: usize| {
            (0..own.len())
                .map(|p| {
                    let x = place / steps[p] % tensor.shape[p];
                    own[p] * if p == at { x / self.block } else { x }
                })
                .sum()
        };
        Ok((0..size).map(of).collect())
    }
}

/// The zeros of scales: as many, or none.
fn zeros(zero: Option<&Tensor>, scale: &Tensor) -> Result<Vec<f64>> {
    match zero {
        None => Ok(vec![0.0; scale.data.len()]),
        Some(zero) if zero.data.len() == scale.data.len() => zero.to_f64(),
        Some(_) => Err(Error::new("there is not one zero for each scale")),
    }
}

/// A number on a grid, held within its kind.
fn grid(x: f64, zero: f64, kind: Narrow) -> i64 {
    let (low, high) = kind.range();
    (x.round_ties_even() + zero).clamp(low as f64, high as f64) as i64
}

fn quantise(settings: &Settings<'_>) -> Result<Kernel> {
    let lie = Lie::new(settings)?;
    settings.ignore(&["saturate", "precision"]);
    let declared = settings.int("output_dtype")?.filter(|kind| *kind != 0);
    if let Some(kind) = declared
        && !matches!(kind, 2..=5)
    {
        return Err(Error::new(format!(
            "quantised numbers of the kind {kind} are not supported"
        )));
    }
    Ok(Box::new(move |inputs| {
        let (tensor, scale, zero) = (inputs.need(0)?, inputs.need(1)?, inputs.get(2));
        let kind = zero.and_then(|zero| zero.narrow);
        let kind = kind.or(declared.and_then(Narrow::of)).unwrap_or(Narrow::U8);
        let places = lie.places(tensor, scale)?;
        let zeros = zeros(zero, scale)?;
        let scales = scale.to_f32()?;
        let list = tensor.to_f32()?;
        let pairs = list.iter().zip(&places);
        let made = pairs.map(|(x, p)| grid(f64::from(x / scales[*p]), zeros[*p], kind));
        let made = Tensor::new(tensor.shape.clone(), Data::I64(made.collect()))?;
        one(made.narrowed(Some(kind)))
    }))
}

fn dequantise(settings: &Settings<'_>) -> Result<Kernel> {
    let lie = Lie::new(settings)?;
    let declared = settings.int("output_dtype")?.filter(|kind| *kind != 0);
    Ok(Box::new(move |inputs| {
        let (tensor, scale, zero) = (inputs.need(0)?, inputs.need(1)?, inputs.get(2));
        let places = lie.places(tensor, scale)?;
        let zeros = zeros(zero, scale)?;
        let scales = scale.to_f32()?;
        let list = tensor.ints()?;
        let pairs = list.iter().zip(&places);
        let made = pairs.map(|(x, p)| (*x as f64 - zeros[*p]) as f32 * scales[*p]);
        let made = Tensor::new(tensor.shape.clone(), Data::F32(made.collect()))?;
        let kind = declared.map_or(scale.narrow, Narrow::of);
        one(made.narrowed(kind))
    }))
}

fn dynamic(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let tensor = inputs.need(0)?;
    let list = tensor.to_f32()?;
    let high = list.iter().copied().fold(0.0, f32::max);
    let low = list.iter().copied().fold(0.0, f32::min);
    let scale = (high - low) / 255.0;
    let zero = if scale == 0.0 { 0.0 } else { -low / scale };
    let zero = f64::from(zero.clamp(0.0, 255.0).round_ties_even());
    let kind = Some(Narrow::U8);
    let of = |x: &f32| match scale == 0.0 {
        true => zero as i64,
        false => grid(f64::from(x / scale), zero, Narrow::U8),
    };
    let made = list.iter().map(of).collect();
    Ok(vec![
        Tensor::new(tensor.shape.clone(), Data::I64(made))?.narrowed(kind),
        Tensor::new(Vec::new(), Data::F32(vec![scale]))?,
        Tensor::new(Vec::new(), Data::I64(vec![zero as i64]))?.narrowed(kind),
    ])
}

/// Whole numbers without their zeros: one for all, or one for each row (of the first matrix) or column (of the second).
fn centred(tensor: &Tensor, zero: Option<&Tensor>, rows: bool) -> Result<Tensor> {
    let mut list = tensor.ints()?.to_vec();
    if let Some(zero) = zero {
        let zeros = zero.ints()?;
        let columns = tensor.shape.last().copied().unwrap_or(1);
        let lines = tensor.shape.iter().rev().nth(1).copied().unwrap_or(1);
        let wanted = if rows { lines } else { columns };
        if zeros.len() != 1 && zeros.len() != wanted {
            return Err(Error::new("there is not one zero for each row or column"));
        }
        for (place, x) in list.iter_mut().enumerate() {
            let at = if rows {
                place / columns % lines
            } else {
                place % columns
            };
            *x -= zeros.get(at).or(zeros.first()).copied().unwrap_or(0);
        }
    }
    Tensor::new(tensor.shape.clone(), Data::I64(list))
}

fn multiplied(a: &Tensor, b: &Tensor, inputs: &Inputs<'_>) -> Result<Tensor> {
    let both = Inputs {
        own: vec![Some(a), Some(b)],
        outer: Vec::new(),
        budget: inputs.budget,
    };
    let mut made = matmul(&both)?;
    made.pop()
        .ok_or_else(|| Error::new("the product was not made"))
}

fn product(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (a, b) = (
        centred(inputs.need(0)?, inputs.get(2), true)?,
        centred(inputs.need(3)?, inputs.get(5), false)?,
    );
    let made = multiplied(&a, &b, inputs)?;
    let (first, second, last) = (inputs.need(1)?, inputs.need(4)?, inputs.need(6)?);
    let zero = inputs.need(7)?;
    let (first, second, last) = (first.to_f32()?, second.to_f32()?, last.to_f32()?);
    let ([last], [zeros]) = (&last[..], zero.ints()?) else {
        return Err(Error::new("the result has more than one scale"));
    };
    let columns = made.shape.last().copied().unwrap_or(1).max(1);
    let lines = made.shape.iter().rev().nth(1).copied().unwrap_or(1).max(1);
    let fits = (first.len() == 1 || first.len() == lines)
        && (second.len() == 1 || second.len() == columns);
    if !fits {
        return Err(Error::new("there is not one scale for each row or column"));
    }
    let kind = zero.narrow.unwrap_or(Narrow::U8);
    let scaled = made.ints()?.iter().enumerate().map(|(place, x)| {
        let first = first.get(place / columns % lines).or(first.first());
        let second = second.get(place % columns).or(second.first());
        let scale = first.copied().unwrap_or(1.0) * second.copied().unwrap_or(1.0) / last;
        grid(*x as f64 * f64::from(scale), *zeros as f64, kind)
    });
    let list = scaled.collect();
    one(Tensor::new(made.shape.clone(), Data::I64(list))?.narrowed(Some(kind)))
}
