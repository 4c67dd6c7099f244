//! Resize and its elder, Upsample: an image with more or fewer places, axis by axis.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, axis, count};

/// The family.
pub const ALL: &[Operator] = &[
    standard("Resize", (1, 4), resize),
    standard("Upsample", (1, 2), upsample),
];

/// Between which places, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Nearest,
    Linear,
    Cubic,
}

/// Everything the node says.
#[derive(Debug, Clone)]
struct Plan {
    mode: Mode,
    coordinates: String,
    nearest: String,
    steepness: f64,
    outside: bool,
    beyond: f64,
    smooth: bool,
    axes: Option<Vec<i64>>,
    policy: String,
}

const COORDINATES: [&str; 7] = [
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_half_pixel_for_nn",
    "tf_crop_and_resize",
];

fn known(settings: &Settings<'_>, name: &str, unless: &str, known: &[&str]) -> Result<String> {
    let found = settings.text(name)?.unwrap_or(unless);
    match known.contains(&found) {
        true => Ok(found.to_owned()),
        false => Err(Error::new(format!("the attribute `{name}` is not known"))
            .suggest(found, known.iter().copied())),
    }
}

fn mode(settings: &Settings<'_>) -> Result<Mode> {
    Ok(match settings.text("mode")?.unwrap_or("nearest") {
        "nearest" => Mode::Nearest,
        "linear" | "bilinear" => Mode::Linear,
        "cubic" => Mode::Cubic,
        other => {
            return Err(Error::new("the attribute `mode` is not known")
                .suggest(other, ["nearest", "linear", "cubic"]));
        }
    })
}

fn resize(settings: &Settings<'_>) -> Result<Kernel> {
    let old = settings.opset < 11;
    let unless = if old { "asymmetric" } else { "half_pixel" };
    let nearest = if old { "floor" } else { "round_prefer_floor" };
    let ways = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"];
    let policies = ["stretch", "not_larger", "not_smaller"];
    let plan = Plan {
        mode: mode(settings)?,
        coordinates: known(
            settings,
            "coordinate_transformation_mode",
            unless,
            &COORDINATES,
        )?,
        nearest: known(settings, "nearest_mode", nearest, &ways)?,
        steepness: f64::from(settings.float("cubic_coeff_a")?.unwrap_or(-0.75)),
        outside: !settings.flag("exclude_outside", false)?,
        beyond: f64::from(settings.float("extrapolation_value")?.unwrap_or(0.0)),
        smooth: settings.flag("antialias", false)?,
        axes: settings.ints("axes")?.map(<[i64]>::to_vec),
        policy: known(settings, "keep_aspect_ratio_policy", "stretch", &policies)?,
    };
    Ok(Box::new(move |inputs| {
        let (roi, scales, sizes) = match old {
            true => (None, inputs.get(1), None),
            false => (inputs.get(1), inputs.get(2), inputs.get(3)),
        };
        let full = |tensor: Option<&Tensor>| {
            tensor
                .filter(|t| !t.data.is_empty())
                .map(Tensor::to_f64)
                .transpose()
        };
        let (scales, sizes) = (full(scales)?, full(sizes)?);
        run(&plan, inputs, full(roi)?, scales, sizes)
    }))
}

fn upsample(settings: &Settings<'_>) -> Result<Kernel> {
    let plan = Plan {
        mode: mode(settings)?,
        coordinates: "asymmetric".to_owned(),
        nearest: "floor".to_owned(),
        steepness: -0.75,
        outside: true,
        beyond: 0.0,
        smooth: false,
        axes: None,
        policy: "stretch".to_owned(),
    };
    let fixed = settings
        .floats("scales")?
        .map(|list| list.iter().map(|x| f64::from(*x)).collect());
    Ok(Box::new(move |inputs: &Inputs<'_>| {
        let scales: Option<Vec<f64>> = match inputs.get(1) {
            Some(scales) => Some(scales.to_f64()?),
            None => fixed.clone(),
        };
        run(&plan, inputs, None, scales, None)
    }))
}

/// One axis: how long it gets, and by what factor.
#[derive(Debug, Clone, Copy)]
struct Along {
    input: usize,
    output: usize,
    scale: f64,
    roi: (f64, f64),
}

/// For each place of the result: the places it is made of with their weights; none where it lies beyond the image.
type Recipe = Vec<Option<Vec<(usize, f64)>>>;

fn run(
    plan: &Plan,
    inputs: &Inputs<'_>,
    roi: Option<Vec<f64>>,
    scales: Option<Vec<f64>>,
    sizes: Option<Vec<f64>>,
) -> Result<Vec<Tensor>> {
    let tensor = inputs.need(0)?;
    let rank = tensor.rank();
    let axes: Vec<usize> = match &plan.axes {
        None => (0..rank).collect(),
        Some(axes) => axes.iter().map(|a| axis(*a, rank)).collect::<Result<_>>()?,
    };
    let given = scales.as_ref().or(sizes.as_ref()).map(Vec::len);
    if given != Some(axes.len()) || roi.as_ref().is_some_and(|roi| roi.len() != 2 * axes.len()) {
        return Err(Error::new("there is not one scale or size for each axis"));
    }
    let mut all: Vec<Along> = tensor
        .shape
        .iter()
        .map(|side| Along {
            input: *side,
            output: *side,
            scale: 1.0,
            roi: (0.0, 1.0),
        })
        .collect();
    let wrong = || Error::new("a scale or size is not above zero, or larger than any image's");
    let ratio = |at: usize, size: f64| size / (tensor.shape[at].max(1)) as f64;
    let common = sizes.as_ref().and_then(|sizes| {
        let each = axes.iter().zip(sizes).map(|(at, size)| ratio(*at, *size));
        match plan.policy.as_str() {
            "not_larger" => each.reduce(f64::min),
            "not_smaller" => each.reduce(f64::max),
            _ => None,
        }
    });
    for (place, at) in axes.iter().enumerate() {
        let along = &mut all[*at];
        let input = along.input as f64;
        let length = match (&scales, &sizes, common) {
            (Some(scales), _, _) => {
                along.scale = scales[place];
                // 32 bit scales such as 1.0 / 3.0 must not lose the last place
                (input * along.scale + 1e-6).floor()
            }
            (None, _, Some(scale)) => {
                along.scale = scale;
                (scale * input + 0.5).floor()
            }
            (None, Some(sizes), None) => {
                along.scale = ratio(*at, sizes[place]);
                sizes[place]
            }
            _ => return Err(wrong()),
        };
        let fits = along.scale > 0.0 && (0.0..=1e9).contains(&length);
        if !fits {
            return Err(wrong());
        }
        along.output = length as usize;
        if let Some(roi) = &roi {
            along.roi = (roi[place], roi[axes.len() + place]);
        }
    }
    let shape: Vec<usize> = all.iter().map(|along| along.output).collect();
    count(&shape)?;
    let mut made = tensor.clone();
    for (at, along) in all.iter().enumerate() {
        let crop = plan.coordinates == "tf_crop_and_resize" && axes.contains(&at) && roi.is_some();
        if along.input == along.output && along.scale == 1.0 && !crop {
            continue;
        }
        // the places its numbers come from, and the numbers
        let mut next = made.shape.clone();
        next[at] = along.output;
        inputs.room(&next, 8 + tensor.data.width())?;
        let recipe = recipe(plan, along)?;
        made = apply(&made, at, &recipe, plan)?;
    }
    one(made)
}

/// The place of the image that a place of the result comes from.
fn origin(plan: &Plan, along: &Along, place: usize) -> f64 {
    let (x, input) = (place as f64, along.input as f64);
    // as long as the scale says, before it was cut to a whole number
    let output = along.scale * input;
    let half = (x + 0.5) / along.scale - 0.5;
    match plan.coordinates.as_str() {
        "align_corners" if output <= 1.0 => 0.0,
        "align_corners" => x * (input - 1.0) / (output - 1.0),
        "asymmetric" => x / along.scale,
        "tf_half_pixel_for_nn" => (x + 0.5) / along.scale,
        "pytorch_half_pixel" if output <= 1.0 => 0.0,
        "half_pixel_symmetric" => {
            let adjusted = along.output as f64 / output;
            input / 2.0 * (1.0 - adjusted) + half
        }
        "tf_crop_and_resize" if output > 1.0 => {
            along.roi.0 * (input - 1.0)
                + x * (along.roi.1 - along.roi.0) * (input - 1.0) / (output - 1.0)
        }
        "tf_crop_and_resize" => 0.5 * (along.roi.0 + along.roi.1) * (input - 1.0),
        _ => half,
    }
}

/// The weight of a neighbour so far away.
fn weight(plan: &Plan, far: f64) -> f64 {
    let (x, a) = (far.abs(), plan.steepness);
    match plan.mode {
        Mode::Linear => (1.0 - x).max(0.0),
        _ if x <= 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
        _ if x < 2.0 => ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a,
        _ => 0.0,
    }
}

fn recipe(plan: &Plan, along: &Along) -> Result<Recipe> {
    if along.input == 0 && along.output > 0 {
        return Err(Error::new("an empty image cannot be made larger"));
    }
    let last = along.input.saturating_sub(1) as f64;
    let crop = plan.coordinates == "tf_crop_and_resize";
    let squeeze = if plan.smooth {
        along.scale.min(1.0)
    } else {
        1.0
    };
    let radius = if plan.mode == Mode::Cubic { 2.0 } else { 1.0 };
    let start = (-radius / squeeze).floor() as i64 + 1;
    let one = |place: usize| {
        let x = origin(plan, along, place);
        if crop && !(0.0..=last).contains(&x) {
            return None;
        }
        if plan.mode == Mode::Nearest {
            let near = match plan.nearest.as_str() {
                "floor" => x.floor(),
                "ceil" => x.ceil(),
                "round_prefer_ceil" => (x + 0.5).floor(),
                _ => (x - 0.5).ceil(),
            };
            return Some(vec![(near.clamp(0.0, last) as usize, 1.0)]);
        }
        let floor = x.floor();
        let mut parts = Vec::new();
        let mut sum = 0.0;
        for step in start..=1 - start {
            let near = floor + step as f64;
            let weight = weight(plan, (near - x) * squeeze);
            if weight == 0.0 || (!plan.outside && !(0.0..=last).contains(&near)) {
                continue;
            }
            sum += weight;
            parts.push((near.clamp(0.0, last) as usize, weight));
        }
        if sum != 0.0 {
            parts.iter_mut().for_each(|(_, weight)| *weight /= sum);
        }
        Some(parts)
    };
    Ok((0..along.output).map(one).collect())
}

fn apply(tensor: &Tensor, at: usize, recipe: &Recipe, plan: &Plan) -> Result<Tensor> {
    let mut shape = tensor.shape.clone();
    let input = shape[at];
    shape[at] = recipe.len();
    let inner: usize = shape[at + 1..].iter().product();
    let total = count(&shape)?;
    if plan.mode == Mode::Nearest && recipe.iter().all(Option::is_some) {
        let mut places = Vec::with_capacity(total);
        for outer in 0..shape[..at].iter().product::<usize>() {
            for part in recipe.iter().flatten().flatten() {
                let from = (outer * input + part.0) * inner;
                places.extend(from..from + inner);
            }
        }
        return Tensor::new(shape, tensor.data.at(&places));
    }
    macro_rules! mixed {
        ($kind:ident, $list:expr, $type:ident) => {{
            let mut into = vec![0.0; total];
            let lines = into.chunks_mut((recipe.len() * inner).max(1));
            for (from, into) in $list.chunks((input * inner).max(1)).zip(lines) {
                for (parts, into) in recipe.iter().zip(into.chunks_mut(inner.max(1))) {
                    match parts {
                        None => into.fill(plan.beyond as $type),
                        Some(parts) => {
                            for (place, weight) in parts {
                                let weight = *weight as $type;
                                let from = &from[place * inner..(place + 1) * inner];
                                for (into, from) in into.iter_mut().zip(from) {
                                    *into += weight * from;
                                }
                            }
                        }
                    }
                }
            }
            Data::$kind(into)
        }};
    }
    let data = match &tensor.data {
        Data::F32(list) => mixed!(F32, list, f32),
        Data::F64(list) => mixed!(F64, list, f64),
        _ => {
            return Err(Error::new(
                "resizing whole numbers between places is not supported",
            ));
        }
    };
    Tensor::new(shape, data)
}
