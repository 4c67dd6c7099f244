//! ConvTranspose: each number of a signal, image or volume spreads a window of weights over a larger one.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::lanes::Real;
use crate::model::onnx::operator::layout::{Left, View};
use crate::model::onnx::operator::matrix::MOST_PRODUCTS;
use crate::model::onnx::operator::product::{Side, Task, multiply};
use crate::model::onnx::operator::window::{Form, Move, three};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, count, sides};

/// The family.
pub const ALL: &[Operator] = &[standard("ConvTranspose", (2, 3), spread)];

struct Plan {
    form: Form,
    groups: usize,
    extra: Option<Vec<i64>>,
    wanted: Option<Vec<i64>>,
}

fn spread(settings: &Settings<'_>) -> Result<Kernel> {
    let groups = match settings.int("group")?.unwrap_or(1) {
        groups if groups > 0 => groups as usize,
        _ => {
            return Err(Error::new(
                "the attribute `group` is not a number of groups",
            ));
        }
    };
    let plan = Plan {
        form: Form::read(settings)?,
        groups,
        extra: settings.ints("output_padding")?.map(<[i64]>::to_vec),
        wanted: settings.ints("output_shape")?.map(<[i64]>::to_vec),
    };
    Ok(Box::new(move |inputs| run(&plan, inputs)))
}

fn run(plan: &Plan, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (image, weights, bias) = (inputs.need(0)?, inputs.need(1)?, inputs.get(2));
    let unfit = || {
        Error::new(format!(
            "weights of the shape {} in {} groups do not fit an image of the shape {}",
            sides(&weights.shape),
            plan.groups,
            sides(&image.shape)
        ))
    };
    let ([batch, channels, space @ ..], [own, each, window @ ..]) =
        (image.shape.as_slice(), weights.shape.as_slice())
    else {
        return Err(unfit());
    };
    if own != channels || !channels.is_multiple_of(plan.groups) || space.len() != window.len() {
        return Err(unfit());
    }
    let made = each.saturating_mul(plan.groups);
    if bias.is_some_and(|bias| bias.shape != [made]) {
        return Err(unfit());
    }
    let (extra, wanted) = (plan.extra.as_deref(), plan.wanted.as_deref());
    let moves = plan.form.back(space, window, extra, wanted)?;
    let mut shape = vec![*batch, made];
    shape.extend(moves.iter().map(|m| m.input));
    let size = inputs.room(&shape, 4)?;
    // what one image spreads in one group, before it is added up
    let taps = window.iter().product::<usize>();
    let places = space.iter().product::<usize>();
    let spread = count(&[each.saturating_mul(taps), places])?;
    if spread.saturating_mul(batch.saturating_mul(*channels)) > MOST_PRODUCTS {
        return Err(Error::new("the convolution is larger than any model's"));
    }
    let moves = three(&moves).ok_or_else(unfit)?;
    let sizes = [*batch, *channels, *each, plan.groups, taps, places];
    macro_rules! whole {
        ($kind:ident, $list:expr, $weights:expr) => {{
            let mut into = vec![Default::default(); size];
            match bias.map(|bias| &bias.data) {
                None => {}
                Some(Data::$kind(bias)) => {
                    let plane = size / (batch * made).max(1);
                    for (place, piece) in into.chunks_mut(plane.max(1)).enumerate() {
                        piece.fill(bias[place % made]);
                    }
                }
                Some(_) => return Err(unfit()),
            }
            images($list, $weights, moves, sizes, spread, &mut into);
            Data::$kind(into)
        }};
    }
    let data = match (&image.data, &weights.data) {
        (Data::F32(list), Data::F32(weights)) => whole!(F32, list, weights),
        (Data::F64(list), Data::F64(weights)) => whole!(F64, list, weights),
        _ => return Err(unfit()),
    };
    one(Tensor::new(shape, data)?)
}

fn images<T: Real>(
    list: &[T],
    weights: &[T],
    moves: [Move; 3],
    [batch, channels, each, groups, taps, places]: [usize; 6],
    spread: usize,
    into: &mut [T],
) {
    let plane: usize = moves.iter().map(|m| m.input).product();
    if batch * channels * each * places * plane == 0 {
        return;
    }
    let (own, rows) = (channels / groups, each * taps);
    let parts: Vec<Left<T>> = weights
        .chunks_exact(own * rows)
        .map(|list| {
            let (down, across) = (1, rows);
            Left::new(View { list, down, across }, rows, own)
        })
        .collect();
    let mut room = vec![T::default(); spread];
    let images = list.chunks_exact(channels * places);
    for (list, into) in images.zip(into.chunks_exact_mut(groups * each * plane)) {
        let lists = list.chunks_exact(own * places);
        let intos = into.chunks_exact_mut(each * plane);
        for ((left, list), into) in parts.iter().zip(lists).zip(intos) {
            let task = Task {
                start: &[],
                into: &mut room,
                down: places,
                finish: None,
            };
            multiply(left, Side::Lines(&View::of(list, places), places), task);
            for (row, from) in room.chunks_exact(places).enumerate() {
                let channel = row / taps;
                let into = &mut into[channel * plane..(channel + 1) * plane];
                add(from, row % taps, &moves, into);
            }
        }
    }
}

/// Adds what one place of the window spreads.
fn add<T: Real>(from: &[T], tap: usize, [deep, high, across]: &[Move; 3], into: &mut [T]) {
    let (rest, tap_x) = (tap / across.kernel, tap % across.kernel);
    let (tap_z, tap_y) = (rest / high.kernel, rest % high.kernel);
    for (row, from) in from.chunks_exact(across.output).enumerate() {
        let (z, y) = (row / high.output, row % high.output);
        if let (Some(z), Some(y)) = (deep.under(z, tap_z), high.under(y, tap_y)) {
            let line = &mut into[(z * high.input + y) * across.input..][..across.input];
            for (x, from) in from.iter().enumerate() {
                if let Some(x) = across.under(x, tap_x) {
                    line[x] = T::plus(line[x], *from);
                }
            }
        }
    }
}
