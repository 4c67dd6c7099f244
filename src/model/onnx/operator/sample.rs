//! GridSample and AffineGrid: images read at places that another tensor names.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::matrix::MOST_PRODUCTS;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, count, sides};

/// The family.
pub const ALL: &[Operator] = &[
    standard("AffineGrid", (2, 2), |settings| {
        let corners = settings.flag("align_corners", false)?;
        Ok(Box::new(move |inputs| affine(corners, inputs)))
    }),
    standard("GridSample", (2, 2), grid_sample),
];

/// Between which places.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Nearest,
    Linear,
    Cubic,
}

/// What lies beside the image.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Beside {
    Zeros,
    Border,
    Reflection,
}

fn unfit(a: &Tensor, b: &Tensor) -> Error {
    Error::new(format!(
        "an image of the shape {} and a grid of {} do not fit each other",
        sides(&a.shape),
        sides(&b.shape)
    ))
}

/// Coordinates from −1 to 1 over a side.
fn steps(side: usize, corners: bool) -> Vec<f64> {
    let count = side as f64;
    let one = |place: usize| match corners {
        true if side == 1 => 0.0,
        true => -1.0 + 2.0 * place as f64 / (count - 1.0),
        false => (2.0 * place as f64 + 1.0) / count - 1.0,
    };
    (0..side).map(one).collect()
}

fn affine(corners: bool, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (theta, size) = (inputs.need(0)?, inputs.need(1)?);
    let side = |side: &i64| usize::try_from(*side).map_err(|_| unfit(theta, size));
    let shape: Vec<usize> = size.ints()?.iter().map(side).collect::<Result<_>>()?;
    let [batch, _, space @ ..] = shape.as_slice() else {
        return Err(unfit(theta, size));
    };
    let rank = space.len();
    if !(2..=3).contains(&rank) || theta.shape != [*batch, rank, rank + 1] {
        return Err(unfit(theta, size));
    }
    let mut made = vec![*batch];
    made.extend(space);
    made.push(rank);
    let total = count(&made)?;
    let list = theta.to_f64()?;
    let axes: Vec<Vec<f64>> = space.iter().map(|side| steps(*side, corners)).collect();
    let places: usize = space.iter().product();
    let mut grid = Vec::with_capacity(total);
    for theta in list.chunks_exact(rank * (rank + 1)) {
        for place in 0..places {
            // x first: the last axis of the image
            let (mut rest, mut point) = (place, Vec::with_capacity(rank + 1));
            for (side, axis) in space.iter().zip(&axes).rev() {
                point.push(axis[rest % side]);
                rest /= side;
            }
            point.push(1.0);
            for row in theta.chunks_exact(rank + 1) {
                grid.push(row.iter().zip(&point).map(|(a, b)| a * b).sum::<f64>());
            }
        }
    }
    let data = match &theta.data {
        Data::F32(_) => Data::F32(grid.iter().map(|x| *x as f32).collect()),
        _ => Data::F64(grid),
    };
    one(Tensor::new(made, data)?)
}

fn grid_sample(settings: &Settings<'_>) -> Result<Kernel> {
    let mode = match settings.text("mode")?.unwrap_or("linear") {
        "linear" | "bilinear" => Mode::Linear,
        "nearest" => Mode::Nearest,
        "cubic" | "bicubic" => Mode::Cubic,
        other => {
            return Err(Error::new("the attribute `mode` is not known")
                .suggest(other, ["linear", "nearest", "cubic"]));
        }
    };
    let beside = match settings.text("padding_mode")?.unwrap_or("zeros") {
        "zeros" => Beside::Zeros,
        "border" => Beside::Border,
        "reflection" => Beside::Reflection,
        other => {
            return Err(Error::new("the attribute `padding_mode` is not known")
                .suggest(other, ["zeros", "border", "reflection"]));
        }
    };
    let corners = settings.flag("align_corners", false)?;
    Ok(Box::new(move |inputs| {
        sample(mode, beside, corners, inputs)
    }))
}

/// A coordinate thrown back from both ends until it lies between them.
fn reflected(x: f64, low: f64, high: f64) -> f64 {
    let range = high - low;
    if range <= 0.0 || !x.is_finite() {
        return low;
    }
    let far = (x - low).rem_euclid(2.0 * range);
    low + far.min(2.0 * range - far)
}

/// The places along one axis that a coordinate is made of, with their weights; none where they lie beside the image.
fn parts(
    x: f64,
    side: usize,
    mode: Mode,
    beside: Beside,
    corners: bool,
) -> Vec<(Option<usize>, f64)> {
    let length = side as f64;
    let last = length - 1.0;
    let (low, high) = if corners {
        (0.0, last)
    } else {
        (-0.5, last + 0.5)
    };
    let x = match corners {
        true => (x + 1.0) / 2.0 * last,
        false => ((x + 1.0) * length - 1.0) / 2.0,
    };
    let x = if mode == Mode::Nearest {
        x.round_ties_even()
    } else {
        x
    };
    let x = match beside {
        _ if (low..=high).contains(&x) => x,
        Beside::Zeros => x,
        Beside::Border => x.clamp(0.0, last),
        Beside::Reflection => reflected(x, low, high),
    };
    let at = |place: f64| {
        let place = match beside {
            Beside::Zeros => place,
            Beside::Border => place.clamp(0.0, last),
            Beside::Reflection if (0.0..=last).contains(&place) => place,
            Beside::Reflection => reflected(place, low, high).trunc(),
        };
        (0.0..=last).contains(&place).then_some(place as usize)
    };
    let floor = x.floor();
    let far = x - floor;
    match mode {
        Mode::Nearest => vec![(at(x.round_ties_even()), 1.0)],
        Mode::Linear => vec![(at(floor), 1.0 - far), (at(floor + 1.0), far)],
        Mode::Cubic => {
            let a = -0.75;
            let near = |x: f64| ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
            let wide = |x: f64| ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a;
            let weights = [wide(far + 1.0), near(far), near(1.0 - far), wide(2.0 - far)];
            let each = weights.iter().enumerate();
            each.map(|(step, weight)| (at(floor + step as f64 - 1.0), *weight))
                .collect()
        }
    }
}

fn sample(mode: Mode, beside: Beside, corners: bool, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (image, grid) = (inputs.need(0)?, inputs.need(1)?);
    let ([batch, channels, space @ ..], Some((rank, [grids, places @ ..]))) =
        (image.shape.as_slice(), grid.shape.split_last())
    else {
        return Err(unfit(image, grid));
    };
    let rank = *rank;
    if grids != batch || rank != space.len() || rank != places.len() || !(1..=3).contains(&rank) {
        return Err(unfit(image, grid));
    }
    let mut shape = vec![*batch, *channels];
    shape.extend(places);
    let total = count(&shape)?;
    if total.saturating_mul(64) > MOST_PRODUCTS || space.contains(&0) {
        return Err(unfit(image, grid));
    }
    let (list, points) = (image.to_f64()?, grid.to_f64()?);
    let (plane, places): (usize, usize) = (space.iter().product(), places.iter().product());
    let mut made = vec![0.0; total];
    for (place, point) in points.chunks_exact(rank.max(1)).enumerate() {
        let (image, place) = (place / places, place % places);
        // where in a plane, and how much of it; x comes first
        let mut mix: Vec<(Option<usize>, f64)> = vec![(Some(0), 1.0)];
        for (side, x) in space.iter().zip(point.iter().rev()) {
            let own = parts(*x, *side, mode, beside, corners);
            let each = |(from, weight): &(Option<usize>, f64)| {
                let (from, weight) = (*from, *weight);
                let one = move |(at, own): &(Option<usize>, f64)| {
                    (
                        from.zip(*at).map(|(from, at)| from * side + at),
                        weight * own,
                    )
                };
                own.iter().map(one).collect::<Vec<_>>()
            };
            mix = mix.iter().flat_map(each).collect();
        }
        for channel in 0..*channels {
            let first = (image * channels + channel) * plane;
            let one = |(at, weight): &(Option<usize>, f64)| {
                at.map_or(0.0, |at| weight * list[first + at])
            };
            made[(image * channels + channel) * places + place] = mix.iter().map(one).sum();
        }
    }
    let data = match &image.data {
        Data::F32(_) => Data::F32(made.iter().map(|x| *x as f32).collect()),
        Data::F64(_) => Data::F64(made),
        _ => return Err(image.not("floating-point numbers")),
    };
    one(Tensor::new(shape, data)?)
}
