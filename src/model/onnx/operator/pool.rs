//! MaxPool, AveragePool, LpPool and their global kin: one number out of each window.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, kinded, one, standard};
use crate::model::onnx::operator::curve::total_single;
use crate::model::onnx::operator::lanes::wide;
use crate::model::onnx::operator::matrix::MOST_PRODUCTS;
use crate::model::onnx::operator::window::{Form, Move, three};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, count, sides};

/// The family.
pub const ALL: &[Operator] = &[
    standard("AveragePool", (1, 1), |settings| {
        let whole = settings.flag("count_include_pad", false)?;
        pool(settings, Kind::Mean { whole })
    }),
    standard("GlobalAveragePool", (1, 1), |_| {
        global(Kind::Mean { whole: true })
    }),
    standard("GlobalLpPool", (1, 1), |settings| {
        global(Kind::Norm(power(settings)?))
    }),
    standard("GlobalMaxPool", (1, 1), |_| global(Kind::Most)),
    standard("LpPool", (1, 1), |settings| {
        pool(settings, Kind::Norm(power(settings)?))
    }),
    kinded("MaxPool", (1, 1), 2, |settings| {
        let columns = settings.int("storage_order")?.unwrap_or(0) != 0;
        if settings.outputs() < 2 {
            return Ok(alike(pool(settings, Kind::Most)?));
        }
        let form = Form::read(settings)?;
        Ok(alike(Box::new(move |inputs| {
            where_most(&form, columns, inputs)
        })))
    }),
];

/// The first result has the kind of the input; places are whole numbers.
fn alike(kernel: Kernel) -> Kernel {
    Box::new(move |inputs| {
        let narrow = inputs.need(0)?.narrow;
        let mut made = kernel(inputs)?.into_iter();
        let first = made.next().map(|first| first.narrowed(narrow));
        Ok(first.into_iter().chain(made).collect())
    })
}

/// Which number.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// The largest.
    Most,
    /// The mean; of the places in the pads as well, or not.
    Mean { whole: bool },
    /// The root of the sum of powers.
    Norm(f64),
}

fn power(settings: &Settings<'_>) -> Result<f64> {
    match settings.int("p")?.unwrap_or(2) {
        p if p > 0 => Ok(p as f64),
        _ => Err(Error::new("the attribute `p` is not above zero")),
    }
}

fn pool(settings: &Settings<'_>, kind: Kind) -> Result<Kernel> {
    let form = Form::read(settings)?;
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let [_, _, space @ ..] = tensor.shape.as_slice() else {
            return Err(no_image(tensor));
        };
        one(windows(tensor, &form.over(space, None)?, kind)?)
    }))
}

fn global(kind: Kind) -> Result<Kernel> {
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let [batch, channels, space @ ..] = tensor.shape.as_slice() else {
            return Err(no_image(tensor));
        };
        let mut shape = vec![*batch, *channels];
        shape.extend(space.iter().map(|_| 1));
        let plane: usize = space.iter().product();
        if plane == 0 {
            return Err(no_image(tensor));
        }
        let one_of = |list: &[f64]| match kind {
            Kind::Most => list.iter().copied().fold(f64::NEG_INFINITY, larger),
            Kind::Mean { .. } => total(list) / plane as f64,
            Kind::Norm(p) => list
                .iter()
                .map(|x| x.abs().powf(p))
                .sum::<f64>()
                .powf(p.recip()),
        };
        let data = match (&tensor.data, kind) {
            (Data::F32(list), Kind::Mean { .. }) => {
                let means = list.chunks_exact(plane).map(|list| {
                    let list = wide(
                        #[inline(always)]
                        || total_single(list),
                    );
                    (list / plane as f64) as f32
                });
                Data::F32(means.collect())
            }
            (Data::F32(_), _) => {
                let list = tensor.to_f64()?;
                Data::F32(list.chunks_exact(plane).map(|x| one_of(x) as f32).collect())
            }
            (Data::F64(list), _) => Data::F64(list.chunks_exact(plane).map(one_of).collect()),
            _ => return Err(tensor.not("floating-point numbers")),
        };
        one(Tensor::new(shape, data)?)
    }))
}

/// The sum of 64 bit numbers in eight sums that are added at the end.
#[inline(always)]
pub fn total(list: &[f64]) -> f64 {
    let (eights, rest) = list.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for (sum, x) in sums.iter_mut().zip(eight) {
            *sum += x;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

fn no_image(tensor: &Tensor) -> Error {
    Error::new(format!(
        "a tensor of the shape {} is no batch of images",
        sides(&tensor.shape)
    ))
}

/// NumPy's maximum: a NaN stays.
#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

fn windows(tensor: &Tensor, moves: &[Move], kind: Kind) -> Result<Tensor> {
    let mut shape = tensor.shape[..2].to_vec();
    shape.extend(moves.iter().map(|m| m.output));
    let size = count(&shape)?;
    let taps = moves
        .iter()
        .fold(1, |all: usize, m| all.saturating_mul(m.kernel));
    if size.saturating_mul(taps) > MOST_PRODUCTS {
        return Err(Error::new("the pooling is larger than any model's"));
    }
    let moves = three(moves).ok_or_else(|| no_image(tensor))?;
    macro_rules! floats {
        ($kind:ident, $list:expr, $type:ident) => {{
            let mut into = vec![0.0; size];
            match kind {
                Kind::Most => {
                    let most = |a: $type, b| if a > b || a.is_nan() { a } else { b };
                    rows($list, &moves, &mut into, $type::NEG_INFINITY, most);
                }
                Kind::Mean { whole } => {
                    rows($list, &moves, &mut into, 0.0, |a, b| a + b);
                    let [deep, high, wide] = moves.map(|m| met(&m, whole));
                    let mut places = into.iter_mut();
                    while !places.as_slice().is_empty() {
                        for deep in &deep {
                            for high in &high {
                                for (wide, x) in wide.iter().zip(places.by_ref()) {
                                    *x /= (deep * high * wide).max(1) as $type;
                                }
                            }
                        }
                    }
                }
                Kind::Norm(p) => {
                    let p = p as $type;
                    rows($list, &moves, &mut into, 0.0, |a, b: $type| {
                        a + b.abs().powf(p)
                    });
                    into.iter_mut().for_each(|x| *x = x.powf(p.recip()));
                }
            }
            Data::$kind(into)
        }};
    }
    let data = match (&tensor.data, kind) {
        (Data::F32(list), _) => floats!(F32, list, f32),
        (Data::F64(list), _) => floats!(F64, list, f64),
        (Data::I64(list), Kind::Most) => {
            let mut into = vec![0; size];
            rows(list, &moves, &mut into, i64::MIN, i64::max);
            Data::I64(into)
        }
        _ => return Err(tensor.not("floating-point numbers")),
    };
    Tensor::new(shape, data)
}

/// How many places of the window lie on the image, or on the image and its pads, wherever it stands along one axis.
fn met(m: &Move, whole: bool) -> Vec<usize> {
    let end = m.before + m.input + m.after;
    let on = |output: usize, tap: usize| match whole {
        true => output * m.stride + tap * m.dilation < end,
        false => m.under(output, tap).is_some(),
    };
    let all = 0..m.output;
    all.map(|output| (0..m.kernel).filter(|tap| on(output, *tap)).count())
        .collect()
}

/// Folds the numbers under each window, in the window's order.
fn rows<T: Copy>(
    list: &[T],
    moves: &[Move; 3],
    into: &mut [T],
    start: T,
    fold: impl Fn(T, T) -> T + Copy,
) {
    let [deep, high, across] = moves;
    let plane = high.input * across.input;
    let space = deep.input * plane;
    let places = deep.output * high.output * across.output;
    if space * places == 0 {
        into.fill(start);
        return;
    }
    for (list, into) in list.chunks_exact(space).zip(into.chunks_exact_mut(places)) {
        for (row, into) in into.chunks_exact_mut(across.output).enumerate() {
            into.fill(start);
            let (z, y) = (row / high.output, row % high.output);
            for tap_z in 0..deep.kernel {
                let Some(z) = deep.under(z, tap_z) else {
                    continue;
                };
                for tap_y in 0..high.kernel {
                    let Some(y) = high.under(y, tap_y) else {
                        continue;
                    };
                    let from = &list[z * plane + y * across.input..][..across.input];
                    for tap in 0..across.kernel {
                        along(from, across, tap, into, fold);
                    }
                }
            }
        }
    }
}

/// One place of the window along one row.
#[inline]
fn along<T: Copy>(from: &[T], m: &Move, tap: usize, into: &mut [T], fold: impl Fn(T, T) -> T) {
    let shift = tap * m.dilation;
    let first = m.before.saturating_sub(shift).div_ceil(m.stride);
    let last = (m.input + m.before)
        .saturating_sub(shift)
        .div_ceil(m.stride)
        .min(m.output);
    if first >= last {
        return;
    }
    let from = &from[first * m.stride + shift - m.before..];
    let into = &mut into[first..last];
    if m.stride == 1 {
        for (into, from) in into.iter_mut().zip(from) {
            *into = fold(*into, *from);
        }
    } else {
        for (into, from) in into.iter_mut().zip(from.iter().step_by(m.stride)) {
            *into = fold(*into, *from);
        }
    }
}

/// The largest number of each window, and where it stands in the whole tensor.
fn where_most(form: &Form, columns: bool, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let tensor = inputs.need(0)?;
    let [_, _, space @ ..] = tensor.shape.as_slice() else {
        return Err(no_image(tensor));
    };
    let moves = form.over(space, None)?;
    let most = windows(tensor, &moves, Kind::Most)?;
    let [deep, high, across] = three(&moves).ok_or_else(|| no_image(tensor))?;
    let [length, height, width] = [deep.input, high.input, across.input];
    let list = tensor.to_f64()?;
    let space = (length * height * width).max(1);
    let mut places = Vec::with_capacity(most.data.len());
    for (channel, list) in list.chunks_exact(space).enumerate() {
        for z in 0..deep.output {
            for y in 0..high.output {
                for x in 0..across.output {
                    let mut best = (f64::NEG_INFINITY, 0);
                    for tap in 0..deep.kernel * high.kernel * across.kernel {
                        let (rest, tap_x) = (tap / across.kernel, tap % across.kernel);
                        let (tap_z, tap_y) = (rest / high.kernel, rest % high.kernel);
                        let at = (
                            deep.under(z, tap_z),
                            high.under(y, tap_y),
                            across.under(x, tap_x),
                        );
                        if let (Some(z), Some(y), Some(x)) = at
                            && list[(z * height + y) * width + x] > best.0
                        {
                            let own = match columns {
                                false => (z * height + y) * width + x,
                                true => (x * height + y) * length + z,
                            };
                            let own = match (columns, length) {
                                (true, 1) => x * height + y,
                                _ => own,
                            };
                            best = (list[(z * height + y) * width + x], channel * space + own);
                        }
                    }
                    places.push(best.1 as i64);
                }
            }
        }
    }
    let shape = most.shape.clone();
    Ok(vec![most, Tensor::new(shape, Data::I64(places))?])
}
