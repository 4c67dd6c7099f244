//! MatMul and Gemm. Products of a row are added in the order of the columns, so a row's result does not depend on the rows
//! beside it.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::broadcast::{places, spread, together};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, count, sides};
use std::ops::{AddAssign, Mul};

/// The family.
pub const ALL: &[Operator] = &[
    standard("Gemm", (2, 3), gemm),
    standard("MatMul", (2, 2), |_| Ok(Box::new(matmul))),
];

/// More products in one multiplication are refused.
const MOST_PRODUCTS: usize = 1 << 36;

/// A number that can be multiplied.
pub trait Number: Copy + Default + Mul<Output = Self> + AddAssign {}
impl Number for f32 {}
impl Number for f64 {}
impl Number for i64 {}

/// `a` (rows × inner) times `b` (inner × columns), added to `into` (rows × columns).
pub fn product<T: Number>(a: &[T], b: &[T], inner: usize, columns: usize, into: &mut [T]) {
    if inner == 0 || columns == 0 {
        return;
    }
    for (a, into) in a.chunks_exact(inner).zip(into.chunks_exact_mut(columns)) {
        for (a, b) in a.iter().zip(b.chunks_exact(columns)) {
            for (into, b) in into.iter_mut().zip(b) {
                *into += *a * *b;
            }
        }
    }
}

/// Rows become columns.
pub fn transposed<T: Copy>(list: &[T], rows: usize, columns: usize) -> Vec<T> {
    let mut turned = Vec::with_capacity(list.len());
    for column in 0..columns {
        turned.extend((0..rows).map(|row| list[row * columns + column]));
    }
    turned
}

fn unfit(a: &Tensor, b: &Tensor) -> Error {
    Error::new(format!(
        "the shapes {} and {} cannot be multiplied",
        sides(&a.shape),
        sides(&b.shape)
    ))
}

/// The product of two tensors' last two axes, as NumPy's `matmul`.
pub fn matmul(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let (a, b) = (inputs.need(0)?, inputs.need(1)?);
    if a.rank() == 0 || b.rank() == 0 {
        return Err(unfit(a, b));
    }
    let mut left = a.shape.clone();
    let mut right = b.shape.clone();
    if a.rank() == 1 {
        left.insert(0, 1);
    }
    if b.rank() == 1 {
        right.push(1);
    }
    let (outer_left, [rows, inner]) = split(&left).ok_or_else(|| unfit(a, b))?;
    let (outer_right, [deep, columns]) = split(&right).ok_or_else(|| unfit(a, b))?;
    if inner != deep {
        return Err(unfit(a, b));
    }
    let outer = together(outer_left, outer_right)?;
    let mut shape = outer.clone();
    shape.extend([rows, columns]);
    let size = count(&shape)?;
    if size.saturating_mul(inner) > MOST_PRODUCTS {
        return Err(Error::new(
            "the product of two matrices is larger than any model's",
        ));
    }
    let lefts = places(outer_left, &outer);
    let rights = places(outer_right, &outer);
    macro_rules! multiply {
        ($kind:ident, $x:expr, $y:expr) => {{
            let mut into = vec![Default::default(); size];
            if rows * columns > 0 {
                let blocks = into.chunks_exact_mut(rows * columns);
                for ((into, l), r) in blocks.zip(&lefts).zip(&rights) {
                    let x = &$x[l * rows * inner..(l + 1) * rows * inner];
                    let y = &$y[r * inner * columns..(r + 1) * inner * columns];
                    product(x, y, inner, columns, into);
                }
            }
            Data::$kind(into)
        }};
    }
    let data = match (&a.data, &b.data) {
        (Data::F32(x), Data::F32(y)) => multiply!(F32, x, y),
        (Data::F64(x), Data::F64(y)) => multiply!(F64, x, y),
        (Data::I64(x), Data::I64(y)) => multiply!(I64, x, y),
        _ => return Err(unfit(a, b)),
    };
    if b.rank() == 1 {
        shape.pop();
    }
    if a.rank() == 1 {
        let place = outer.len();
        shape.remove(place);
    }
    one(Tensor::new(shape, data)?)
}

fn split(shape: &[usize]) -> Option<(&[usize], [usize; 2])> {
    shape
        .split_last_chunk::<2>()
        .map(|(outer, last)| (outer, *last))
}

fn gemm(settings: &Settings<'_>) -> Result<Kernel> {
    let alpha = settings.float("alpha")?.unwrap_or(1.0);
    let beta = settings.float("beta")?.unwrap_or(1.0);
    let (turn_a, turn_b) = (
        settings.flag("transA", false)?,
        settings.flag("transB", false)?,
    );
    Ok(Box::new(move |inputs| {
        let (a, b, c) = (inputs.need(0)?, inputs.need(1)?, inputs.get(2));
        let (&[ar, ac], &[br, bc]) = (a.shape.as_slice(), b.shape.as_slice()) else {
            return Err(unfit(a, b));
        };
        let (rows, inner) = if turn_a { (ac, ar) } else { (ar, ac) };
        let (deep, columns) = if turn_b { (bc, br) } else { (br, bc) };
        if inner != deep {
            return Err(unfit(a, b));
        }
        let shape = vec![rows, columns];
        let size = count(&shape)?;
        if size.saturating_mul(inner) > MOST_PRODUCTS {
            return Err(Error::new(
                "the product of two matrices is larger than any model's",
            ));
        }
        if let Some(c) = c
            && together(&c.shape, &shape)? != shape
        {
            return Err(unfit(b, c));
        }
        macro_rules! multiply {
            ($kind:ident, $x:expr, $y:expr, $alpha:expr, $beta:expr) => {{
                let (xs, ys);
                let mut x = $x;
                let mut y = $y;
                if turn_a {
                    xs = transposed(x, ar, ac);
                    x = &xs;
                }
                if turn_b {
                    ys = transposed(y, br, bc);
                    y = &ys;
                }
                let mut into = vec![Default::default(); size];
                product(x, y, inner, columns, &mut into);
                let (alpha, beta) = ($alpha, $beta);
                if alpha != 1.0 {
                    into.iter_mut().for_each(|x| *x *= alpha);
                }
                match c.map(|c| (&c.data, c)) {
                    None => {}
                    Some((Data::$kind(list), c)) => {
                        let added = spread(list, &c.shape, &shape);
                        for (x, c) in into.iter_mut().zip(added) {
                            *x += c * beta;
                        }
                    }
                    Some((_, c)) => return Err(unfit(a, c)),
                }
                Data::$kind(into)
            }};
        }
        let data = match (&a.data, &b.data) {
            (Data::F32(x), Data::F32(y)) => multiply!(F32, x, y, alpha, beta),
            (Data::F64(x), Data::F64(y)) => {
                multiply!(F64, x, y, f64::from(alpha), f64::from(beta))
            }
            _ => return Err(unfit(a, b)),
        };
        one(Tensor::new(shape, data)?)
    }))
}
