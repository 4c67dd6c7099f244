//! The curves that stand right behind a layer, on whole pieces at once: rectifier, bounds, swish.

use crate::model::onnx::after::After;
use crate::model::onnx::operator::lanes::{Real, wide};
use crate::model::onnx::operator::lanes_each::{Formula, Number, each, largest};
use crate::model::onnx::value::{Data, Tensor};

/// A curve that is applied in place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Curve {
    /// Nothing.
    None,
    /// Nothing below, nothing above; NaN stays.
    Clip(f64, f64),
    /// Times its own sigmoid.
    Silu,
    /// Times its own hard sigmoid (a sixth, and a half).
    HardSwish,
}

impl Curve {
    /// The last curve of what follows a node.
    pub fn of(after: &[After]) -> Self {
        let curves = after.last().map(|after| match after {
            After::Clip(low, high) => Self::Clip(*low, *high),
            After::Silu => Self::Silu,
            After::HardSwish => Self::HardSwish,
            After::Scale(..) | After::Add(_) => Self::None,
        });
        curves.unwrap_or(Self::None)
    }

    /// The curve of every number of a tensor.
    pub fn on(self, mut tensor: Tensor) -> Tensor {
        match &mut tensor.data {
            Data::F32(list) => self.single(list),
            Data::F64(list) => self.double(list),
            _ => {}
        }
        tensor
    }

    /// In 32 bits.
    pub fn single(self, list: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Clip(low, high) => each(list, Bounds(low as f32, high as f32)),
            Self::Silu => each(list, Silu),
            Self::HardSwish => each(list, HardSwish),
        }
    }

    /// In 64 bits.
    #[inline(always)]
    pub fn double(self, list: &mut [f64]) {
        match self {
            Self::None => {}
            Self::Clip(low, high) => list.iter_mut().for_each(|x| {
                let up = if *x < low { low } else { *x };
                *x = if up > high { high } else { up };
            }),
            Self::Silu => list.iter_mut().for_each(|x| *x /= 1.0 + (-*x).exp()),
            Self::HardSwish => list
                .iter_mut()
                .for_each(|x| *x *= (*x / 6.0 + 0.5).clamp(0.0, 1.0)),
        }
    }
}

/// Numbers that a curve takes.
pub trait Bent: Real {
    /// The curve over a piece, in place.
    fn bend(curve: Curve, piece: &mut [Self]);
}

impl Bent for f32 {
    fn bend(curve: Curve, piece: &mut [Self]) {
        curve.single(piece);
    }
}

impl Bent for f64 {
    fn bend(curve: Curve, piece: &mut [Self]) {
        if curve != Curve::None {
            wide(
                #[inline(always)]
                || curve.double(piece),
            );
        }
    }
}

/// Nothing below, nothing above.
#[derive(Debug, Clone, Copy)]
pub struct Bounds(pub f32, pub f32);

impl Formula for Bounds {
    #[inline(always)]
    fn of<N: Number>(self, x: N) -> N {
        let (low, high) = (x.like(self.0), x.like(self.1));
        let up = x.below(low, low, x);
        high.below(up, high, up)
    }
}

/// Times its own sigmoid.
#[derive(Debug, Clone, Copy)]
struct Silu;

impl Formula for Silu {
    #[inline(always)]
    fn of<N: Number>(self, x: N) -> N {
        x / (x.like(1.0) + exp(x.like(0.0) - x))
    }
}

/// Times its own hard sigmoid.
#[derive(Debug, Clone, Copy)]
struct HardSwish;

impl Formula for HardSwish {
    #[inline(always)]
    fn of<N: Number>(self, x: N) -> N {
        x * Bounds(0.0, 1.0).of(x * x.like(1.0 / 6.0) + x.like(0.5))
    }
}

/// The exponential function.
#[derive(Debug, Clone, Copy)]
pub struct Exp;

impl Formula for Exp {
    #[inline(always)]
    fn of<N: Number>(self, x: N) -> N {
        exp(x)
    }
}

/// `1 / (1 + exp(−x))`, without loss of small risks.
#[derive(Debug, Clone, Copy)]
pub struct Sigmoid;

impl Formula for Sigmoid {
    #[inline(always)]
    fn of<N: Number>(self, x: N) -> N {
        let (zero, one) = (x.like(0.0), x.like(1.0));
        let e = exp(zero - x.size());
        x.below(zero, e, one) / (one + e)
    }
}

/// The error function.
#[derive(Debug, Clone, Copy)]
pub struct Erf;

impl Formula for Erf {
    #[inline(always)]
    fn of<N: Number>(self, x: N) -> N {
        erf(x)
    }
}

/// `exp` in 32 bits, to about 1 unit in the last place: the nearest power of two times a polynomial of what is left.
#[inline(always)]
pub fn exp<N: Number>(x: N) -> N {
    let kept = Bounds(-104.0, 89.0).of(x);
    let power = (kept * x.like(std::f32::consts::LOG2_E)).whole();
    let rest = power.fused(x.like(-0.693_359_4), kept);
    let rest = power.fused(x.like(2.121_944_4e-4), rest);
    // what is left of 1 + rest, fitted between −½ ln 2 and ½ ln 2 with a largest relative error of 6e-11
    let sum = rest.fused(x.like(1.979_031_5e-4), x.like(1.394_474e-3));
    let sum = sum.fused(rest, x.like(8.333_497e-3));
    let sum = sum.fused(rest, x.like(4.166_629_4e-2));
    let sum = sum.fused(rest, x.like(1.666_666_6e-1));
    let sum = sum.fused(rest, x.like(0.5));
    let value = (sum * rest).fused(rest, rest) + x.like(1.0);
    // two halves of the power, so that neither leaves the range
    let half = (power * x.like(0.5)).whole();
    value * half.power_of_two() * (power - half).power_of_two()
}

/// The error function in 32 bits, to about 2e-7: below 0.9 a polynomial of the square, above one of the logarithm of its
/// complement, both fitted to `math.erf`.
#[inline(always)]
pub fn erf<N: Number>(x: N) -> N {
    let square = x * x;
    let near = square.fused(x.like(8.538_842e-5), x.like(-8.181_928e-4));
    let near = near.fused(square, x.like(5.204_436e-3));
    let near = near.fused(square, x.like(-2.686_075_3e-2));
    let near = near.fused(square, x.like(1.128_372e-1));
    let near = near.fused(square, x.like(-3.761_263_5e-1));
    let near = near.fused(square, x.like(1.283_791_7e-1));
    let near = near.fused(x, x);
    let t = Bounds(0.0, 4.0).of(x.size());
    let far = t.fused(x.like(-7.375_008_5e-7), x.like(-1.131_075_4e-5));
    let far = far.fused(t, x.like(3.788_462_7e-4));
    let far = far.fused(t, x.like(-3.994_09e-3));
    let far = far.fused(t, x.like(2.477_449e-2));
    let far = far.fused(t, x.like(-1.078_581_9e-1));
    let far = far.fused(t, x.like(-6.336_633e-1));
    let far = far.fused(t, x.like(-1.129_381_8));
    let far = far.fused(t, x.like(1.506_123e-4));
    let far = (x.like(1.0) - exp(far)).signed(x);
    x.like(0.9).below(x.size(), far, near)
}

/// Softmax of one line, in place.
pub fn softmax(line: &mut [f32]) {
    each(line, Away(largest(line)));
    wide(
        #[inline(always)]
        || {
            let share = 1.0 / total_single(line);
            for x in line {
                *x = (f64::from(*x) * share) as f32;
            }
        },
    );
}

/// The exponential of what is left of a number.
#[derive(Debug, Clone, Copy)]
struct Away(f32);

impl Formula for Away {
    #[inline(always)]
    fn of<N: Number>(self, x: N) -> N {
        exp(x - x.like(self.0))
    }
}

/// The sum in 64 bits, in eight sums that are added at the end.
#[inline(always)]
pub fn total_single(list: &[f32]) -> f64 {
    let (eights, rest) = list.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for place in 0..8 {
            sums[place] += f64::from(eight[place]);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|x| f64::from(*x)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::onnx::operator::unary;

    #[test]
    fn the_error_function_in_32_bits_follows_the_one_in_64() {
        for step in -60_000..60_000 {
            let x = step as f32 * 1e-4;
            let wanted = unary::erf(f64::from(x));
            assert!(
                (f64::from(erf(x)) - wanted).abs() <= 2e-7 * wanted.abs(),
                "{x}"
            );
        }
        assert_eq!((erf(f32::INFINITY), erf(f32::NEG_INFINITY)), (1.0, -1.0));
        assert!(erf(f32::NAN).is_nan());
    }

    #[test]
    fn the_exponential_is_right_to_the_last_places_and_at_its_ends() {
        // below −87 the result has fewer places
        for step in -17_400..17_000 {
            let x = step as f32 * 0.005;
            let (made, wanted) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((made / wanted - 1.0).abs() < 2e-7, "{x}: {made} {wanted}");
        }
        assert_eq!((exp(0.0), exp(f32::NEG_INFINITY)), (1.0, 0.0));
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert!(exp(f32::NAN).is_nan());
        assert!((exp(-100.0) - 3.8e-44).abs() < 2e-45);
    }

    #[test]
    fn a_bound_leaves_nan_as_it_is() {
        let mut list = [f32::NAN, -1.0, 7.0];
        Curve::Clip(0.0, 6.0).single(&mut list);
        assert!(list[0].is_nan());
        assert_eq!(list[1..], [0.0, 6.0]);
    }
}
