//! Conv: windows of weights over signals, images and volumes, in groups or channel by channel.
//!
//! Each image is a product by itself: weights (made × window) times the image under the window (window × places), so an
//! image's result is the same bits whatever images stand beside it. A following normalisation goes into the weights when
//! the file is opened; a following sum, rectifier or swish is done while the result is near.

use crate::error::{Error, Result};
use crate::model::onnx::after::After;
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::curve::{Bent, Curve};
use crate::model::onnx::operator::image::{Image, Planes};
use crate::model::onnx::operator::lanes::Real;
use crate::model::onnx::operator::layout::{Left, View};
use crate::model::onnx::operator::matrix::MOST_PRODUCTS;
use crate::model::onnx::operator::product::{Side, Task, multiply};
use crate::model::onnx::operator::window::{Form, Move, three};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::spare::Spare;
use crate::model::onnx::value::{Data, Tensor, sides};

/// The family.
pub const ALL: &[Operator] = &[standard("Conv", (2, 3), conv)];

/// A plane with its pads may have so many numbers to be taken apart.
const MOST_PLANE: usize = 1 << 24;

/// Weights that are laid out, one part for each group.
struct Weights<T> {
    /// As they stand in the file, normalised: for windows of one channel.
    plain: Vec<T>,
    parts: Vec<Left<T>>,
    /// What each made channel starts from.
    start: Vec<T>,
}

/// The weights of one run.
enum Laid {
    F32(Weights<f32>),
    F64(Weights<f64>),
}

impl<T: Real> Weights<T> {
    fn new(list: &[T], shape: &[usize], groups: usize, start: Vec<T>, after: &[After]) -> Self {
        let (mut plain, mut start) = (list.to_vec(), start);
        let made = shape[0];
        let inner = plain.len().checked_div(made).unwrap_or(0);
        for after in after {
            let After::Scale(factors, summands) = after else {
                continue;
            };
            if start.is_empty() {
                start = vec![T::default(); made];
            }
            for channel in 0..made {
                for weight in &mut plain[channel * inner..(channel + 1) * inner] {
                    *weight = T::narrowed(T::wider(*weight) * factors[channel]);
                }
                let shifted = T::wider(start[channel]) * factors[channel] + summands[channel];
                start[channel] = T::narrowed(shifted);
            }
        }
        let rows = made / groups;
        let part = |group: usize| {
            let list = &plain[group * rows * inner..(group + 1) * rows * inner];
            Left::new(View::of(list, inner), rows, inner)
        };
        Self {
            // windows of one channel pass by themselves
            parts: if rows == 1 && shape[1] == 1 && groups > 1 {
                Vec::new()
            } else {
                (0..groups).map(part).collect()
            },
            plain,
            start,
        }
    }
}

fn lay_out(
    weights: &Tensor,
    bias: Option<&Tensor>,
    groups: usize,
    after: &[After],
) -> Result<Laid> {
    let unfit = |other: &Tensor| {
        Error::new(format!(
            "weights of the shape {} do not fit {} groups and a bias or normalisation of {}",
            sides(&weights.shape),
            groups,
            sides(&other.shape)
        ))
    };
    let made = *weights.shape.first().ok_or_else(|| unfit(weights))?;
    let scales = after.iter().all(|after| match after {
        After::Scale(factors, _) => factors.len() == made,
        _ => true,
    });
    if weights.rank() < 3 || groups == 0 || !made.is_multiple_of(groups) || !scales {
        return Err(unfit(weights));
    }
    if let Some(bias) = bias
        && bias.shape != [made]
    {
        return Err(unfit(bias));
    }
    macro_rules! laid {
        ($kind:ident, $list:expr) => {{
            let start = match bias.map(|bias| &bias.data) {
                None => Vec::new(),
                Some(Data::$kind(bias)) => bias.clone(),
                Some(_) => return Err(unfit(weights)),
            };
            Ok(Laid::$kind(Weights::new(
                $list,
                &weights.shape,
                groups,
                start,
                after,
            )))
        }};
    }
    match &weights.data {
        Data::F32(list) => laid!(F32, list),
        Data::F64(list) => laid!(F64, list),
        _ => Err(weights.not("floating-point numbers")),
    }
}

/// What stays the same from run to run.
struct Plan {
    form: Form,
    groups: usize,
    after: Vec<After>,
}

fn conv(settings: &Settings<'_>) -> Result<Kernel> {
    let form = Form::read(settings)?;
    let groups = match settings.int("group")?.unwrap_or(1) {
        groups if groups > 0 => groups as usize,
        _ => {
            return Err(Error::new(
                "the attribute `group` is not a number of groups",
            ));
        }
    };
    let plan = Plan {
        form,
        groups,
        after: settings.after().to_vec(),
    };
    let bias = settings.constant(2);
    let laid = match settings.constant(1) {
        Some(weights) if bias.is_some() || !settings.given(2) => {
            Some(lay_out(weights, bias, groups, &plan.after)?)
        }
        _ => None,
    };
    Ok(Box::new(move |inputs| match &laid {
        Some(laid) => run(&plan, laid, inputs),
        None => {
            let laid = lay_out(inputs.need(1)?, inputs.get(2), plan.groups, &plan.after)?;
            run(&plan, &laid, inputs)
        }
    }))
}

fn run(plan: &Plan, laid: &Laid, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (image, weights) = (inputs.need(0)?, inputs.need(1)?);
    let unfit = || {
        Error::new(format!(
            "weights of the shape {} in {} groups do not fit an image of the shape {}",
            sides(&weights.shape),
            plan.groups,
            sides(&image.shape)
        ))
    };
    let ([batch, channels, space @ ..], [made, own, window @ ..]) =
        (image.shape.as_slice(), weights.shape.as_slice())
    else {
        return Err(unfit());
    };
    if own.saturating_mul(plan.groups) != *channels || space.len() != window.len() {
        return Err(unfit());
    }
    let moves = plan.form.over(space, Some(window))?;
    let mut shape = vec![*batch, *made];
    shape.extend(moves.iter().map(|m| m.output));
    let size = inputs.room(&shape, 4)?;
    let taps = window.iter().product::<usize>().saturating_mul(*own);
    if size.saturating_mul(taps) > MOST_PRODUCTS {
        return Err(Error::new("the convolution is larger than any model's"));
    }
    let moves = three(&moves).ok_or_else(unfit)?;
    let sizes = [*batch, *channels, *made];
    let mut add = None;
    for after in &plan.after {
        if let After::Add(place) = after {
            add = Some(inputs.need(*place)?);
        }
    }
    let apart = add.filter(|add| add.shape != shape);
    let near = add.filter(|_| apart.is_none());
    let curve = Curve::of(&plan.after);
    let soon = if apart.is_some() { Curve::None } else { curve };
    macro_rules! whole {
        ($kind:ident, $laid:expr, $list:expr) => {{
            let near = match near.map(|add| &add.data) {
                None => None,
                Some(Data::$kind(list)) => Some(list.as_slice()),
                Some(_) => return Err(unfit()),
            };
            let mut into = Spare::list(size);
            images($laid, $list, moves, sizes, near, soon, &mut into);
            Data::$kind(into)
        }};
    }
    let data = match (laid, &image.data) {
        (Laid::F32(laid), Data::F32(list)) => whole!(F32, laid, list),
        (Laid::F64(laid), Data::F64(list)) => whole!(F64, laid, list),
        _ => return Err(unfit()),
    };
    let made = Tensor::new(shape, data)?;
    match apart {
        None => one(made),
        Some(add) => one(curve.on(crate::model::onnx::operator::arithmetic::sum(&made, add)?)),
    }
}

/// All images, one by one.
fn images<T: Bent>(
    laid: &Weights<T>,
    list: &[T],
    moves: [Move; 3],
    [batch, channels, made]: [usize; 3],
    near: Option<&[T]>,
    curve: Curve,
    into: &mut [T],
) {
    let space: usize = moves.iter().map(|m| m.input).product();
    let places: usize = moves.iter().map(|m| m.output).product();
    if batch * channels * made * space * places == 0 {
        into.fill(T::default());
        return;
    }
    let pads = moves.map(|m| {
        let reach = (m.output - 1) * m.stride + (m.kernel - 1) * m.dilation + 1;
        reach.div_ceil(m.stride) * m.stride
    });
    let flat = moves[0]
        == Move {
            input: 1,
            ..Move::NONE
        };
    let plane = pads[1].saturating_mul(pads[2]) <= MOST_PLANE;
    let direct = moves
        .iter()
        .all(|m| m.kernel == 1 && m.stride == 1 && m.before + m.after == 0);
    let mut planes =
        (laid.parts.is_empty() && flat && plane).then(|| Planes::new([moves[1], moves[2]]));
    for image in 0..batch {
        let list = &list[image * channels * space..(image + 1) * channels * space];
        let into = &mut into[image * made * places..(image + 1) * made * places];
        let near = near.map(|near| &near[image * made * places..(image + 1) * made * places]);
        let finish = |row: usize, column: usize, piece: &mut [T]| {
            if let Some(near) = near {
                let at = row * places + column;
                for (x, near) in piece.iter_mut().zip(&near[at..]) {
                    *x = T::plus(*x, *near);
                }
            }
            T::bend(curve, piece);
        };
        if laid.parts.is_empty() {
            let taps = laid.plain.len() / made;
            for channel in 0..made {
                let weights = &laid.plain[channel * taps..(channel + 1) * taps];
                let start = laid.start.get(channel).copied().unwrap_or_default();
                let from = &list[channel * space..(channel + 1) * space];
                let piece = &mut into[channel * places..(channel + 1) * places];
                if let Some(planes) = &mut planes {
                    planes.pass(from, weights, start, piece);
                } else {
                    let left = Left::new(View::of(weights, taps), 1, taps);
                    let image = Image { list: from, moves };
                    let (into, down) = (&mut *piece, places);
                    let start = &[start];
                    let task = Task {
                        start,
                        into,
                        down,
                        finish: None,
                    };
                    multiply(&left, Side::Lines(&image, places), task);
                }
                finish(channel, 0, piece);
            }
            continue;
        }
        let groups = laid.parts.len();
        let (from, rows) = (channels / groups * space, made / groups);
        for (group, left) in laid.parts.iter().enumerate() {
            let list = &list[group * from..(group + 1) * from];
            let (view, image) = (View::of(list, space), Image { list, moves });
            let right: Side<'_, T> = match direct {
                true => Side::Lines(&view, places),
                false => Side::Lines(&image, places),
            };
            let first = group * rows;
            let finish = |row: usize, column: usize, piece: &mut [T]| {
                finish(first + row, column, piece);
            };
            let task = Task {
                start: laid.start.get(first..first + rows).unwrap_or_default(),
                into: &mut into[first * places..(first + rows) * places],
                down: places,
                finish: Some(&finish),
            };
            multiply(left, right, task);
        }
    }
}
