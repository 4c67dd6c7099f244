//! Add, Sub, Mul, Div, Pow, Max, Min, Sum, Mean, Clip: numbers with numbers, in the arithmetic of the first one.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{ANY, Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::broadcast::zip;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor};

/// The family.
pub const ALL: &[Operator] = &[
    standard("Add", (2, 2), |_| Ok(two::<Plus>())),
    standard("Sub", (2, 2), |_| Ok(two::<Minus>())),
    standard("Mul", (2, 2), |_| Ok(two::<Times>())),
    standard("Div", (2, 2), |_| Ok(Box::new(divide))),
    standard("Pow", (2, 2), |_| Ok(Box::new(power))),
    standard("Max", (1, ANY), |_| Ok(many::<Most>())),
    standard("Min", (1, ANY), |_| Ok(many::<Least>())),
    standard("Sum", (1, ANY), |_| Ok(many::<Plus>())),
    standard("Mean", (1, ANY), |_| Ok(Box::new(mean))),
    standard("Clip", (1, 3), clip),
];

/// One operation in each arithmetic.
trait Operation: 'static {
    fn single(a: f32, b: f32) -> f32;
    fn double(a: f64, b: f64) -> f64;
    fn whole(a: i64, b: i64) -> i64;
}

macro_rules! operation {
    ($name:ident, $float:expr, $whole:expr) => {
        struct $name;
        impl Operation for $name {
            #[inline(always)]
            fn single(a: f32, b: f32) -> f32 {
                $float(a, b)
            }
            #[inline(always)]
            fn double(a: f64, b: f64) -> f64 {
                $float(a, b)
            }
            #[inline(always)]
            fn whole(a: i64, b: i64) -> i64 {
                $whole(a, b)
            }
        }
    };
}

operation!(Plus, |a, b| a + b, i64::wrapping_add);
operation!(Minus, |a, b| a - b, i64::wrapping_sub);
operation!(Times, |a, b| a * b, i64::wrapping_mul);
operation!(Over, |a, b| a / b, |a: i64, b| a
    .checked_div(b)
    .unwrap_or(0));
// NumPy's maximum and minimum: a NaN stays
operation!(Most, most, i64::max);
operation!(Least, least, i64::min);

#[inline(always)]
fn most<T: PartialOrd>(a: T, b: T) -> T {
    if a > b || a.partial_cmp(&a).is_none() {
        a
    } else {
        b
    }
}

#[inline(always)]
fn least<T: PartialOrd>(a: T, b: T) -> T {
    if a < b || a.partial_cmp(&a).is_none() {
        a
    } else {
        b
    }
}

fn apply<O: Operation>(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (shape, data) = match (&a.data, &b.data) {
        (Data::F32(x), Data::F32(y)) => {
            let (shape, list) = zip((x, &a.shape), (y, &b.shape), |x, y| O::single(*x, *y))?;
            (shape, Data::F32(list))
        }
        (Data::F64(x), Data::F64(y)) => {
            let (shape, list) = zip((x, &a.shape), (y, &b.shape), |x, y| O::double(*x, *y))?;
            (shape, Data::F64(list))
        }
        (Data::I64(x), Data::I64(y)) => {
            let (shape, list) = zip((x, &a.shape), (y, &b.shape), |x, y| O::whole(*x, *y))?;
            (shape, Data::I64(list))
        }
        (x, y) => {
            return Err(Error::new(format!(
                "a {} tensor meets a {} tensor",
                x.kind(),
                y.kind()
            )));
        }
    };
    Tensor::new(shape, data)
}

/// The sum of two tensors.
pub fn sum(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    apply::<Plus>(a, b)
}

fn two<O: Operation>() -> Kernel {
    Box::new(|inputs| one(apply::<O>(inputs.need(0)?, inputs.need(1)?)?))
}

fn folded<O: Operation>(inputs: &Inputs<'_>) -> Result<Tensor> {
    let mut all = inputs.all();
    let first = all.next().ok_or_else(|| Error::new("it has no inputs"))?;
    let mut sum = first.clone();
    for next in all {
        sum = apply::<O>(&sum, next)?;
    }
    Ok(sum)
}

fn many<O: Operation>() -> Kernel {
    Box::new(|inputs| one(folded::<O>(inputs)?))
}

fn mean(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let sum = folded::<Plus>(inputs)?;
    let count = inputs.all().count();
    let data = match sum.data {
        Data::F32(list) => Data::F32(list.iter().map(|x| x / count as f32).collect()),
        Data::F64(list) => Data::F64(list.iter().map(|x| x / count as f64).collect()),
        _ => return Err(Error::new("the mean of whole numbers is not defined")),
    };
    one(Tensor::new(sum.shape, data)?)
}

fn divide(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (a, b) = (inputs.need(0)?, inputs.need(1)?);
    if let Data::I64(list) = &b.data
        && list.contains(&0)
    {
        return Err(Error::new("a whole number is divided by zero"));
    }
    one(apply::<Over>(a, b)?)
}

fn power(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (a, b) = (inputs.need(0)?, inputs.need(1)?);
    let shapes = (&a.shape, &b.shape);
    let (shape, data) = match &a.data {
        Data::F32(x) => {
            let y = b.to_f32()?;
            let (shape, list) = zip((x, shapes.0), (&y, shapes.1), |x, y| x.powf(*y))?;
            (shape, Data::F32(list))
        }
        Data::F64(x) => {
            let y = b.to_f64()?;
            let (shape, list) = zip((x, shapes.0), (&y, shapes.1), |x, y| x.powf(*y))?;
            (shape, Data::F64(list))
        }
        Data::I64(x) => {
            let y = b.to_f64()?;
            let f = |x: &i64, y: &f64| (*x as f64).powf(*y) as i64;
            let (shape, list) = zip((x, shapes.0), (&y, shapes.1), f)?;
            (shape, Data::I64(list))
        }
        _ => return Err(a.not("numbers")),
    };
    one(Tensor::new(shape, data)?)
}

fn clip(settings: &Settings<'_>) -> Result<Kernel> {
    let (low, high) = match settings.opset {
        ..11 => (settings.float("min")?, settings.float("max")?),
        _ => (None, None),
    };
    Ok(Box::new(move |inputs| {
        let mut tensor = inputs.need(0)?.clone();
        let bound = |place: usize, unless: Option<f32>| match inputs.get(place) {
            Some(bound) => Ok(Some(bound.clone())),
            None => unless
                .map(|bound| Tensor::new(Vec::new(), Data::F32(vec![bound])))
                .transpose(),
        };
        if let Some(low) = bound(1, low)? {
            tensor = apply::<Most>(&tensor, &scalar(low)?)?;
        }
        if let Some(high) = bound(2, high)? {
            tensor = apply::<Least>(&tensor, &scalar(high)?)?;
        }
        one(tensor)
    }))
}

fn scalar(mut bound: Tensor) -> Result<Tensor> {
    if bound.data.len() != 1 {
        return Err(Error::new("a bound is not one number"));
    }
    bound.shape.clear();
    Ok(bound)
}
