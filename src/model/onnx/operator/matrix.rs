//! MatMul and Gemm. Products of a row are added in the order of the columns, so a row's result does not depend on the rows
//! beside it.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::broadcast::{places, spread, together};
use crate::model::onnx::operator::lanes::{Real, wide};
use crate::model::onnx::operator::layout::{Left, Right, View};
use crate::model::onnx::operator::product::{Side, Task, multiply};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::spare::Spare;
use crate::model::onnx::value::{Data, Tensor, sides};
use std::ops::{AddAssign, Mul};

/// The family.
pub const ALL: &[Operator] = &[
    standard("Gemm", (2, 3), gemm),
    standard("MatMul", (2, 2), ready),
];

/// More products in one multiplication are refused.
pub const MOST_PRODUCTS: usize = 1 << 36;
/// Rows that are laid out at once.
const SLAB: usize = 128;
/// So few rows are multiplied without laying anything out.
const FEW: usize = 2;

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

/// The right side of a product that is the same in every run, laid out when the file is opened.
enum Constant {
    F32(Right<f32>),
    F64(Right<f64>),
}

impl Constant {
    /// A matrix of the weights, columns and rows exchanged when it is turned.
    fn new(tensor: &Tensor, turned: bool) -> Option<Self> {
        let [outer @ .., rows, columns] = tensor.shape.as_slice() else {
            return None;
        };
        if outer.iter().any(|side| *side != 1) || rows * columns == 0 {
            return None;
        }
        let (inner, wide, down, across) = match turned {
            false => (*rows, *columns, *columns, 1),
            true => (*columns, *rows, 1, *columns),
        };
        macro_rules! right {
            ($list:expr) => {
                Right::new(
                    &View {
                        list: $list,
                        down,
                        across,
                    },
                    inner,
                    wide,
                )
            };
        }
        match &tensor.data {
            Data::F32(list) => Some(Self::F32(right!(list))),
            Data::F64(list) => Some(Self::F64(right!(list))),
            _ => None,
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

/// A matrix times another, in slabs of rows. Which way a row takes never changes its bits: see `product`.
fn times<T: Real>(
    a: View<'_, T>,
    b: View<'_, T>,
    ready: Option<&Right<T>>,
    [rows, inner, columns]: [usize; 3],
    into: &mut [T],
) {
    if rows * columns == 0 {
        return;
    }
    if rows <= FEW && ready.is_none() && b.across == 1 {
        for (row, into) in into.chunks_exact_mut(columns).enumerate() {
            let line = |k: usize| (a.list[row * a.down + k * a.across], &b.list[k * b.down..]);
            wide(
                #[inline(always)]
                || {
                    into.fill(T::default());
                    for k in 0..inner {
                        let (one, line) = line(k);
                        for (into, b) in into.iter_mut().zip(line) {
                            *into = T::fused(one, *b, *into);
                        }
                    }
                },
            );
        }
        return;
    }
    let made;
    let ready = match ready {
        None if rows > SLAB => {
            made = Right::new(&b, inner, columns);
            Some(&made)
        }
        ready => ready,
    };
    for (slab, into) in into.chunks_mut(SLAB * columns).enumerate() {
        let from = View {
            list: a.list.get(slab * SLAB * a.down..).unwrap_or_default(),
            ..a
        };
        let left = Left::new(from, into.len() / columns, inner);
        let right = ready.map_or(Side::Lines(&b, columns), Side::Ready);
        let task = Task {
            start: &[],
            into,
            down: columns,
            finish: None,
        };
        multiply(&left, right, task);
        T::give(left.list);
    }
}

/// The product of two tensors' last two axes, as NumPy's `matmul`.
pub fn matmul(inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    matrices(inputs, None)
}

fn ready(settings: &Settings<'_>) -> Result<Kernel> {
    let ready = settings.constant(1).and_then(|b| Constant::new(b, false));
    Ok(Box::new(move |inputs| matrices(inputs, ready.as_ref())))
}

fn matrices(inputs: &Inputs<'_>, ready: Option<&Constant>) -> Result<Vec<Tensor>> {
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
    let size = inputs.room(&shape, a.data.width())?;
    if size.saturating_mul(inner) > MOST_PRODUCTS {
        return Err(too_large());
    }
    // one matrix on the right: what stands above each other on the left is one long matrix
    let single = outer_right.iter().all(|side| *side == 1);
    let (lefts, rights, rows) = match single && outer_left.len() >= outer_right.len() {
        true => (vec![0], vec![0], outer.iter().product::<usize>() * rows),
        false => (
            places(outer_left, &outer),
            places(outer_right, &outer),
            rows,
        ),
    };
    macro_rules! multiply {
        ($kind:ident, $x:expr, $y:expr, $times:expr) => {{
            let mut into = Spare::list(size);
            if rows * columns > 0 {
                let blocks = into.chunks_exact_mut(rows * columns);
                for ((into, l), r) in blocks.zip(&lefts).zip(&rights) {
                    let x = &$x[l * rows * inner..(l + 1) * rows * inner];
                    let y = &$y[r * inner * columns..(r + 1) * inner * columns];
                    $times(x, y, into);
                }
            }
            Data::$kind(into)
        }};
    }
    macro_rules! floating {
        ($kind:ident, $x:expr, $y:expr) => {{
            let ready = match ready {
                Some(Constant::$kind(ready)) => Some(ready),
                _ => None,
            };
            multiply!($kind, $x, $y, |x, y, into: &mut [_]| times(
                View::of(x, inner),
                View::of(y, columns),
                ready,
                [rows, inner, columns],
                into
            ))
        }};
    }
    let data = match (&a.data, &b.data) {
        (Data::F32(x), Data::F32(y)) => floating!(F32, x, y),
        (Data::F64(x), Data::F64(y)) => floating!(F64, x, y),
        (Data::I64(x), Data::I64(y)) => {
            multiply!(I64, x, y, |x, y, into: &mut [i64]| product(
                x, y, inner, columns, into
            ))
        }
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

fn too_large() -> Error {
    Error::new("the product of two matrices is larger than any model's")
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
    let ready = settings
        .constant(1)
        .filter(|b| b.rank() == 2)
        .and_then(|b| Constant::new(b, turn_b));
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
        let size = inputs.room(&shape, a.data.width())?;
        if size.saturating_mul(inner) > MOST_PRODUCTS {
            return Err(too_large());
        }
        if let Some(c) = c
            && together(&c.shape, &shape)? != shape
        {
            return Err(unfit(b, c));
        }
        macro_rules! multiply {
            ($kind:ident, $x:expr, $y:expr, $alpha:expr, $beta:expr) => {{
                let mut x = View::of($x, ac);
                let mut y = View::of($y, bc);
                if turn_a {
                    (x.down, x.across) = (1, ac);
                }
                if turn_b {
                    (y.down, y.across) = (1, bc);
                }
                let ready = match &ready {
                    Some(Constant::$kind(ready)) => Some(ready),
                    _ => None,
                };
                let mut into = Spare::list(size);
                times(x, y, ready, [rows, inner, columns], &mut into);
                let (alpha, beta) = ($alpha, $beta);
                if alpha != 1.0 {
                    into.iter_mut().for_each(|x| *x *= alpha);
                }
                match c.map(|c| (&c.data, c)) {
                    None => {}
                    Some((Data::$kind(list), c)) => {
                        let line = list.len() == columns && c.shape.last() == Some(&columns);
                        let added = match line {
                            true => list.clone(),
                            false => spread(list, &c.shape, &shape),
                        };
                        for line in into.chunks_mut(added.len().max(1)) {
                            for (x, c) in line.iter_mut().zip(&added) {
                                *x += c * beta;
                            }
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
