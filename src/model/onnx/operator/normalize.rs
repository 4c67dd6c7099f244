//! Normalisations: by constants (BatchNormalization), or by the mean and spread of what is there (InstanceNormalization,
//! LayerNormalization, GroupNormalization, RMSNormalization). Dropout, which does nothing when a model is used.
//!
//! Means and spreads are summed in 64 bits.

use crate::error::{Error, Result};
use crate::model::onnx::after::After;
use crate::model::onnx::kernel::{Kernel, Operator, one, standard};
use crate::model::onnx::operator::broadcast::spread;
use crate::model::onnx::operator::curve::{Curve, total_single};
use crate::model::onnx::operator::lanes::wide;
use crate::model::onnx::operator::pool::total;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, sides};

/// The family.
pub const ALL: &[Operator] = &[
    Operator {
        outputs: 5,
        ..standard("BatchNormalization", (5, 5), batch)
    },
    Operator {
        outputs: 2,
        ..standard("Dropout", (1, 3), dropout)
    },
    standard("GroupNormalization", (3, 3), group),
    standard("InstanceNormalization", (3, 3), instance),
    Operator {
        outputs: 3,
        ..standard("LayerNormalization", (2, 3), layer)
    },
    standard("RMSNormalization", (2, 2), root_mean_square),
];

fn unfit(tensor: &Tensor, other: &Tensor) -> Error {
    Error::new(format!(
        "{} and {} do not fit each other in a normalisation",
        sides(&tensor.shape),
        sides(&other.shape)
    ))
}

fn batch(settings: &Settings<'_>) -> Result<Kernel> {
    let epsilon = settings.float("epsilon")?.unwrap_or(1e-5);
    settings.ignore(&["momentum", "consumed_inputs", "is_test"]);
    if !settings.flag("spatial", true)? {
        return Err(Error::new(
            "a normalisation of each place by itself is not supported",
        ));
    }
    if settings.flag("training_mode", false)? || settings.outputs() > 1 {
        return Err(
            Error::new("a model that is still in training is not supported")
                .help("export it in evaluation mode"),
        );
    }
    let curve = Curve::of(settings.after());
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let channels = tensor.shape.get(1).copied().unwrap_or(1);
        let given = [
            inputs.need(1)?,
            inputs.need(2)?,
            inputs.need(3)?,
            inputs.need(4)?,
        ];
        let (factors, summands) = match After::norm(given, epsilon) {
            Some(After::Scale(factors, summands)) if factors.len() == channels => {
                (factors, summands)
            }
            _ => return Err(unfit(tensor, given[0])),
        };
        let plane = tensor.shape.iter().skip(2).product::<usize>().max(1);
        macro_rules! scaled {
            ($kind:ident, $list:expr, $type:ident, $bend:ident) => {{
                let mut list = $list.clone();
                for (place, piece) in list.chunks_mut(plane).enumerate() {
                    let channel = place % channels.max(1);
                    let (a, b) = (factors[channel] as $type, summands[channel] as $type);
                    wide(
                        #[inline(always)]
                        || {
                            piece.iter_mut().for_each(|x| *x = x.mul_add(a, b));
                            curve.$bend(piece);
                        },
                    );
                }
                Data::$kind(list)
            }};
        }
        let data = match &tensor.data {
            Data::F32(list) => scaled!(F32, list, f32, single),
            Data::F64(list) => scaled!(F64, list, f64, double),
            _ => return Err(tensor.not("floating-point numbers")),
        };
        one(Tensor::new(tensor.shape.clone(), data)?)
    }))
}

fn dropout(settings: &Settings<'_>) -> Result<Kernel> {
    settings.ignore(&["ratio", "seed", "is_test"]);
    let two = settings.outputs() > 1;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let training = inputs.get(2).map(Tensor::truths).transpose()?;
        if training.is_some_and(|training| training.contains(&true)) {
            return Err(
                Error::new("a model that is still in training is not supported")
                    .help("export it in evaluation mode"),
            );
        }
        let mut made = vec![tensor.clone()];
        if two {
            let all = vec![true; tensor.data.len()];
            made.push(Tensor::new(tensor.shape.clone(), Data::Bool(all))?);
        }
        Ok(made)
    }))
}

/// How a line of numbers is brought to a common size.
#[derive(Debug, Clone, Copy)]
struct Common {
    /// Whether the mean is taken away.
    centred: bool,
    epsilon: f64,
}

/// Brings each line of this length to mean zero and spread one, and tells both.
fn lines(tensor: &Tensor, length: usize, common: Common) -> Result<(Tensor, Vec<f64>, Vec<f64>)> {
    let mut made = tensor.clone();
    let (mut means, mut rates) = (Vec::new(), Vec::new());
    macro_rules! each {
        ($list:expr, $type:ident, $total:ident) => {
            for line in $list.chunks_mut(length.max(1)) {
                wide(
                    #[inline(always)]
                    || {
                        let count = line.len() as f64;
                        let mean = if common.centred {
                            $total(line) / count
                        } else {
                            0.0
                        };
                        let mut squares = [0.0; 8];
                        let (eights, rest) = line.as_chunks::<8>();
                        for eight in eights {
                            for place in 0..8 {
                                let x = f64::from(eight[place]) - mean;
                                squares[place] += x * x;
                            }
                        }
                        for (sum, x) in squares.iter_mut().zip(rest) {
                            let x = f64::from(*x) - mean;
                            *sum += x * x;
                        }
                        let spread = squares.iter().sum::<f64>() / count;
                        let rate = 1.0 / (spread + common.epsilon).sqrt();
                        let (low, fast) = (mean as $type, rate as $type);
                        for x in line {
                            *x = (*x - low) * fast;
                        }
                        means.push(mean);
                        rates.push(rate);
                    },
                );
            }
        };
    }
    match &mut made.data {
        Data::F32(list) => each!(list, f32, total_single),
        Data::F64(list) => each!(list, f64, total),
        _ => return Err(tensor.not("floating-point numbers")),
    }
    Ok((made, means, rates))
}

/// Multiplies by one tensor and adds another, each repeated to the shape.
fn scaled(
    mut made: Tensor,
    scale: &Tensor,
    shift: Option<&Tensor>,
    as_: &[usize],
) -> Result<Tensor> {
    let shift = match shift {
        Some(shift) => shift.clone(),
        None => Tensor::new(Vec::new(), Data::F64(vec![0.0]))?,
    };
    let own = |tensor: &Tensor| match tensor.rank() == 1 && !as_.is_empty() {
        true => as_.to_vec(),
        false => tensor.shape.clone(),
    };
    let shape = made.shape.clone();
    let (scale_shape, shift_shape) = (
        own(scale),
        if shift.rank() == 0 {
            Vec::new()
        } else {
            own(&shift)
        },
    );
    for (tensor, own) in [(scale, &scale_shape), (&shift, &shift_shape)] {
        let fits = own.len() <= shape.len()
            && own.iter().product::<usize>() == tensor.data.len()
            && own
                .iter()
                .rev()
                .zip(shape.iter().rev())
                .all(|(a, b)| *a == 1 || a == b);
        if !fits {
            return Err(unfit(&made, tensor));
        }
    }
    // the last axes of both are whole: lines that repeat
    let whole = |own: &[usize]| shape.ends_with(own) && !own.is_empty();
    macro_rules! apply {
        ($list:expr, $to:ident) => {{
            let (a, b) = (scale.$to()?, shift.$to()?);
            if whole(&scale_shape)
                && !a.is_empty()
                && (b.len() == a.len() || shift_shape.is_empty())
            {
                let none = vec![b.first().copied().unwrap_or_default(); a.len()];
                let b = if b.len() == a.len() { &b } else { &none };
                for line in $list.chunks_mut(a.len()) {
                    for (x, (a, b)) in line.iter_mut().zip(a.iter().zip(b)) {
                        *x = *x * a + b;
                    }
                }
            } else {
                let (a, b) = (
                    spread(&a, &scale_shape, &shape),
                    spread(&b, &shift_shape, &shape),
                );
                for (x, (a, b)) in $list.iter_mut().zip(a.iter().zip(b)) {
                    *x = *x * a + b;
                }
            }
        }};
    }
    match &mut made.data {
        Data::F32(list) => apply!(list, to_f32),
        Data::F64(list) => apply!(list, to_f64),
        _ => {}
    }
    Ok(made)
}

/// One number for each channel, in the shape that repeats it over batch and space.
fn by_channel(tensor: &Tensor) -> Vec<usize> {
    let mut shape = vec![1; tensor.rank().saturating_sub(1)];
    if let (Some(first), Some(channels)) = (shape.first_mut(), tensor.shape.get(1)) {
        *first = *channels;
    }
    shape
}

fn instance(settings: &Settings<'_>) -> Result<Kernel> {
    let epsilon = f64::from(settings.float("epsilon")?.unwrap_or(1e-5));
    settings.ignore(&["consumed_inputs"]);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let plane = tensor.shape.iter().skip(2).product();
        let common = Common {
            centred: true,
            epsilon,
        };
        let (made, ..) = lines(tensor, plane, common)?;
        one(scaled(
            made,
            inputs.need(1)?,
            inputs.get(2),
            &by_channel(tensor),
        )?)
    }))
}

fn group(settings: &Settings<'_>) -> Result<Kernel> {
    let epsilon = f64::from(settings.float("epsilon")?.unwrap_or(1e-5));
    let groups = settings
        .int("num_groups")?
        .and_then(|groups| usize::try_from(groups).ok())
        .filter(|groups| *groups > 0)
        .ok_or_else(|| Settings::missing("num_groups"))?;
    settings.ignore(&["stash_type"]);
    Ok(Box::new(move |inputs| {
        let (tensor, scale) = (inputs.need(0)?, inputs.need(1)?);
        let channels = tensor.shape.get(1).copied().unwrap_or(0);
        if channels == 0 || !channels.is_multiple_of(groups) {
            return Err(unfit(tensor, scale));
        }
        let own = channels / groups;
        let plane = tensor.shape.iter().skip(2).product::<usize>() * own;
        let common = Common {
            centred: true,
            epsilon,
        };
        let (made, ..) = lines(tensor, plane, common)?;
        // up to opset 20 one number for each group
        let each = |tensor: &Tensor| -> Result<Tensor> {
            let places: Vec<usize> = (0..channels)
                .map(|channel| {
                    if tensor.data.len() == channels {
                        channel
                    } else {
                        channel / own
                    }
                })
                .collect();
            if tensor.data.len() != channels && tensor.data.len() != groups {
                return Err(unfit(scale, tensor));
            }
            Tensor::new(vec![channels], tensor.data.at(&places))
        };
        let shift = inputs.get(2).map(each).transpose()?;
        one(scaled(
            made,
            &each(scale)?,
            shift.as_ref(),
            &by_channel(tensor),
        )?)
    }))
}

fn layer(settings: &Settings<'_>) -> Result<Kernel> {
    let epsilon = f64::from(settings.float("epsilon")?.unwrap_or(1e-5));
    let along = settings.int("axis")?.unwrap_or(-1);
    let outputs = settings.outputs();
    settings.ignore(&["stash_type"]);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let at = axis(along, tensor.rank())?;
        let length = tensor.shape[at..].iter().product();
        let common = Common {
            centred: true,
            epsilon,
        };
        let (made, means, rates) = lines(tensor, length, common)?;
        let mut made = vec![scaled(made, inputs.need(1)?, inputs.get(2), &[])?];
        if outputs > 1 {
            let mut shape = tensor.shape.clone();
            shape[at..].fill(1);
            for list in [means, rates] {
                let list = list.iter().map(|x| *x as f32).collect();
                made.push(Tensor::new(shape.clone(), Data::F32(list))?);
            }
        }
        Ok(made)
    }))
}

fn root_mean_square(settings: &Settings<'_>) -> Result<Kernel> {
    let epsilon = f64::from(settings.float("epsilon")?.unwrap_or(1e-5));
    let along = settings.int("axis")?.unwrap_or(-1);
    settings.ignore(&["stash_type"]);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let at = axis(along, tensor.rank())?;
        let length = tensor.shape[at..].iter().product();
        let common = Common {
            centred: false,
            epsilon,
        };
        let (made, ..) = lines(tensor, length, common)?;
        one(scaled(made, inputs.need(1)?, None, &[])?)
    }))
}
