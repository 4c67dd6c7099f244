//! Along one axis: ArgMax, ArgMin, CumProd, CumSum, TopK.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Kernel, Operator, kinded, one, standard};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, count, sides};
use std::cmp::Ordering;

/// The family.
pub const ALL: &[Operator] = &[
    kinded("ArgMax", (1, 1), 1, |settings| {
        extreme(settings, Ordering::Greater)
    }),
    kinded("ArgMin", (1, 1), 1, |settings| {
        extreme(settings, Ordering::Less)
    }),
    standard("CumProd", (2, 2), |settings| running(settings, true)),
    standard("CumSum", (2, 2), |settings| running(settings, false)),
    kinded("TopK", (1, 2), 2, top),
];

/// Lines along an axis: how many lie before it, how long they are, and how far apart their members lie.
struct Lines {
    before: usize,
    length: usize,
    step: usize,
}

impl Lines {
    fn new(shape: &[usize], place: usize) -> Self {
        Self {
            before: shape[..place].iter().product(),
            length: shape[place],
            step: shape[place + 1..].iter().product(),
        }
    }

    /// The first place of each line.
    fn starts(&self) -> impl Iterator<Item = usize> {
        let (length, step) = (self.length, self.step);
        (0..self.before).flat_map(move |b| (0..step).map(move |s| b * length * step + s))
    }
}

fn extreme(settings: &Settings<'_>, better: Ordering) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(0);
    let keep = settings.flag("keepdims", true)?;
    let last = settings.flag("select_last_index", false)?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let place = axis(along, tensor.rank())?;
        let lines = Lines::new(&tensor.shape, place);
        let list = tensor.to_f64()?;
        let mut shape = tensor.shape.clone();
        if keep {
            shape[place] = 1;
        } else {
            shape.remove(place);
        }
        let mut found = Vec::with_capacity(count(&shape)?);
        if lines.length == 0 && count(&shape)? > 0 {
            return Err(Error::new("an axis without members has no largest one"));
        }
        for start in lines.starts().take(count(&shape)?) {
            let mut best = 0;
            for at in 1..lines.length {
                let order =
                    list[start + at * lines.step].partial_cmp(&list[start + best * lines.step]);
                if order == Some(better) || (last && order == Some(Ordering::Equal)) {
                    best = at;
                }
            }
            found.push(best as i64);
        }
        one(Tensor::new(shape, Data::I64(found))?)
    }))
}

fn running(settings: &Settings<'_>, multiplied: bool) -> Result<Kernel> {
    let exclusive = settings.flag("exclusive", false)?;
    let reverse = settings.flag("reverse", false)?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let place = axis(inputs.need(1)?.int()?, tensor.rank())?;
        let lines = Lines::new(&tensor.shape, place);
        macro_rules! sum {
            ($list:expr, $one:expr) => {{
                let mut list = $list.clone();
                if !list.is_empty() {
                    for start in lines.starts() {
                        let mut sum = if multiplied { $one } else { Default::default() };
                        for at in 0..lines.length {
                            let at = if reverse { lines.length - 1 - at } else { at };
                            let slot = &mut list[start + at * lines.step];
                            let before = sum;
                            sum = if multiplied {
                                before * *slot
                            } else {
                                before + *slot
                            };
                            *slot = if exclusive { before } else { sum };
                        }
                    }
                }
                list
            }};
        }
        let data = match &tensor.data {
            Data::F32(list) => Data::F32(sum!(list, 1.0)),
            Data::F64(list) => Data::F64(sum!(list, 1.0)),
            Data::I64(list) => Data::I64(sum!(list, 1)),
            _ => return Err(tensor.not("numbers")),
        };
        one(Tensor::new(tensor.shape.clone(), data)?)
    }))
}

fn top(settings: &Settings<'_>) -> Result<Kernel> {
    let along = settings.int("axis")?.unwrap_or(-1);
    let fixed = match settings.opset < 10 {
        true => settings.int("k")?,
        false => None,
    };
    let largest = settings.flag("largest", true)?;
    settings.ignore(&["sorted"]);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let k = match (inputs.get(1), fixed) {
            (Some(k), _) => k.int()?,
            (None, Some(k)) => k,
            (None, None) => return Err(Settings::missing("k")),
        };
        let place = axis(along, tensor.rank())?;
        let lines = Lines::new(&tensor.shape, place);
        let k = usize::try_from(k).unwrap_or(usize::MAX);
        if k > lines.length {
            return Err(Error::new(format!(
                "the {k} best are asked of a tensor of the shape {}",
                sides(&tensor.shape)
            )));
        }
        let list = tensor.to_f64()?;
        let mut shape = tensor.shape.clone();
        shape[place] = k;
        let total = count(&shape)?;
        let mut ranks = vec![0_i64; total];
        let mut from = vec![0; total];
        for (line, start) in
            lines
                .starts()
                .enumerate()
                .take(if total == 0 { 0 } else { usize::MAX })
        {
            let value = |at: &usize| list[start + at * lines.step];
            let mut order: Vec<usize> = (0..lines.length).collect();
            // ties keep their order
            order.sort_by(|a, b| {
                let order = value(a).total_cmp(&value(b));
                if largest { order.reverse() } else { order }
            });
            let (before, side) = (line / lines.step, line % lines.step);
            for (rank, at) in order.iter().take(k).enumerate() {
                let into = (before * k + rank) * lines.step + side;
                ranks[into] = *at as i64;
                from[into] = start + at * lines.step;
            }
        }
        let data = tensor.data.at(&from);
        Ok(vec![
            Tensor::new(shape.clone(), data)?.narrowed(tensor.narrow),
            Tensor::new(shape, Data::I64(ranks))?,
        ])
    }))
}
