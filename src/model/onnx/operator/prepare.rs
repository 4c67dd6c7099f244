//! What stands before a model: Scaler, Imputer, Normalizer, Binarizer, FeatureVectorizer.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{ANY, Inputs, Kernel, Operator, learned, one};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, count, sides};

/// The family.
pub const ALL: &[Operator] = &[
    learned("Binarizer", (1, 1), 1, binarizer),
    learned("FeatureVectorizer", (1, ANY), 1, |settings| {
        settings.ignore(&["inputdimensions"]);
        Ok(Box::new(side_by_side))
    }),
    learned("Imputer", (1, 1), 1, imputer),
    learned("Normalizer", (1, 1), 1, normalizer),
    learned("Scaler", (1, 1), 1, scaler),
];

/// Fails unless a list has one number for each column, or one for all.
fn fits<T>(name: &str, list: &[T], tensor: &Tensor) -> Result<usize> {
    let columns = tensor.shape.last().copied().unwrap_or(1);
    if list.len() == 1 || list.len() == columns {
        return Ok(columns.max(1));
    }
    Err(Error::new(format!(
        "`{name}` has {} numbers for a tensor of the shape {}",
        list.len(),
        sides(&tensor.shape)
    )))
}

fn scaler(settings: &Settings<'_>) -> Result<Kernel> {
    let list = |name: &str, unless: f32| -> Result<Vec<f32>> {
        let list = settings.floats(name)?.unwrap_or_default();
        Ok(if list.is_empty() {
            vec![unless]
        } else {
            list.to_vec()
        })
    };
    let (offset, scale) = (list("offset", 0.0)?, list("scale", 1.0)?);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let columns = fits("offset", &offset, tensor)?;
        fits("scale", &scale, tensor)?;
        let pairs = || {
            let of = |list: &[f32], at: usize| list[if list.len() == 1 { 0 } else { at }];
            (0..columns)
                .map(|at| (of(&offset, at), of(&scale, at)))
                .collect::<Vec<_>>()
        };
        let pairs = pairs();
        let scaled = match &tensor.data {
            Data::F64(list) => list
                .chunks(columns)
                .flat_map(|row| row.iter().zip(&pairs))
                .map(|(x, (o, s))| ((x - f64::from(*o)) * f64::from(*s)) as f32)
                .collect(),
            _ => tensor
                .to_f32()?
                .chunks(columns)
                .flat_map(|row| row.iter().zip(&pairs))
                .map(|(x, (o, s))| (x - o) * s)
                .collect(),
        };
        one(Tensor::new(tensor.shape.clone(), Data::F32(scaled))?)
    }))
}

fn imputer(settings: &Settings<'_>) -> Result<Kernel> {
    let floats = settings
        .floats("imputed_value_floats")?
        .unwrap_or_default()
        .to_vec();
    let ints = settings
        .ints("imputed_value_int64s")?
        .unwrap_or_default()
        .to_vec();
    let replaced = settings.float("replaced_value_float")?.unwrap_or(0.0);
    let replaced_int = settings.int("replaced_value_int64")?.unwrap_or(0);
    if floats.is_empty() && ints.is_empty() {
        return Err(Settings::missing("imputed_value_floats"));
    }
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let at = |length: usize, place: usize| if length == 1 { 0 } else { place };
        macro_rules! fill {
            ($list:expr, $with:expr, $gone:expr, $cast:expr) => {{
                let columns = fits("the imputed values", $with, tensor)?;
                let places = (0..columns).cycle();
                let all = $list.iter().zip(places);
                all.map(|(x, place)| match $gone(*x) {
                    true => $cast($with[at($with.len(), place)]),
                    false => *x,
                })
                .collect()
            }};
        }
        let data = match &tensor.data {
            Data::F32(list) => Data::F32(fill!(
                list,
                &floats,
                |x: f32| x == replaced || (x.is_nan() && replaced.is_nan()),
                |x: f32| x
            )),
            Data::F64(list) => Data::F64(fill!(
                list,
                &floats,
                |x: f64| x == f64::from(replaced) || (x.is_nan() && replaced.is_nan()),
                |x: f32| f64::from(x)
            )),
            Data::I64(list) => {
                Data::I64(fill!(list, &ints, |x: i64| x == replaced_int, |x: i64| x))
            }
            _ => return Err(tensor.not("numbers")),
        };
        one(Tensor::new(tensor.shape.clone(), data)?)
    }))
}

fn normalizer(settings: &Settings<'_>) -> Result<Kernel> {
    let norm: fn(&[f32]) -> f32 = match settings.text("norm")?.unwrap_or("MAX") {
        "MAX" => |row| row.iter().copied().fold(f32::NEG_INFINITY, f32::max),
        "L1" => |row| row.iter().map(|x| x.abs()).sum(),
        "L2" => |row| row.iter().map(|x| x * x).sum::<f32>().sqrt(),
        _ => {
            return Err(Error::new(
                "the attribute `norm` is none of `MAX`, `L1`, `L2`",
            ));
        }
    };
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let (_, columns) = tensor.rows();
        let mut list = tensor.to_f32()?;
        for row in list.chunks_mut(columns.max(1)) {
            let by = norm(row);
            // a row of zeros stays one
            if by != 0.0 {
                row.iter_mut().for_each(|x| *x /= by);
            }
        }
        one(Tensor::new(tensor.shape.clone(), Data::F32(list))?)
    }))
}

fn binarizer(settings: &Settings<'_>) -> Result<Kernel> {
    let threshold = settings.float("threshold")?.unwrap_or(0.0);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let data = match &tensor.data {
            Data::F32(list) => Data::F32(
                list.iter()
                    .map(|x| f32::from(u8::from(*x > threshold)))
                    .collect(),
            ),
            Data::F64(list) => {
                let threshold = f64::from(threshold);
                Data::F64(
                    list.iter()
                        .map(|x| f64::from(u8::from(*x > threshold)))
                        .collect(),
                )
            }
            Data::I64(list) => Data::I64(
                list.iter()
                    .map(|x| i64::from(*x as f32 > threshold))
                    .collect(),
            ),
            _ => return Err(tensor.not("numbers")),
        };
        one(Tensor::new(tensor.shape.clone(), data)?)
    }))
}

fn side_by_side(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let mut rows = None;
    let mut width = 0;
    for tensor in inputs.all() {
        let (here, columns) = tensor.rows();
        if *rows.get_or_insert(here) != here {
            return Err(Error::new("the inputs have different numbers of rows"));
        }
        width += columns;
    }
    count(&[rows.unwrap_or(0), width])?;
    let parts: Vec<(Vec<f32>, usize)> = inputs
        .all()
        .map(|tensor| Ok((tensor.to_f32()?, tensor.rows().1)))
        .collect::<Result<_>>()?;
    let rows = rows.unwrap_or(0);
    let mut joined = Vec::with_capacity(rows * width);
    for row in 0..rows {
        for (list, columns) in &parts {
            joined.extend_from_slice(&list[row * columns..(row + 1) * columns]);
        }
    }
    one(Tensor::new(vec![rows, width], Data::F32(joined))?)
}
