//! The curves that stand right behind a layer, on whole pieces at once: rectifier, bounds, swish.

use crate::model::onnx::after::After;
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
    #[inline(always)]
    pub fn single(self, list: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Clip(low, high) => {
                let (low, high) = (low as f32, high as f32);
                list.iter_mut().for_each(|x| {
                    let up = if *x < low { low } else { *x };
                    *x = if up > high { high } else { up };
                });
            }
            Self::Silu => list.iter_mut().for_each(|x| *x *= sigmoid(*x)),
            Self::HardSwish => list
                .iter_mut()
                .for_each(|x| *x *= (*x * (1.0 / 6.0) + 0.5).clamp(0.0, 1.0)),
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

/// `exp` in 32 bits, to about 1 unit in the last place, in a form that passes many numbers at once: the nearest power of two
/// times a polynomial of what is left.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let kept = if x.is_nan() {
        0.0
    } else {
        x.clamp(-104.0, 89.0)
    };
    // adding and taking away 1.5 · 2²³ rounds to a whole number
    let power = (kept * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0;
    let rest = power.mul_add(-0.693_359_4, kept);
    let rest = power.mul_add(2.121_944_4e-4, rest);
    // what is left of 1 + rest, fitted between −½ ln 2 and ½ ln 2 with a largest relative error of 6e-11
    let sum = rest.mul_add(1.979_031_5e-4, 1.394_474e-3);
    let sum = sum.mul_add(rest, 8.333_497e-3);
    let sum = sum.mul_add(rest, 4.166_629_4e-2);
    let sum = sum.mul_add(rest, 1.666_666_6e-1);
    let sum = sum.mul_add(rest, 0.5);
    let value = (sum * rest).mul_add(rest, rest) + 1.0;
    // two halves of the power, so that neither leaves the range
    let whole = power as i32;
    let half = whole >> 1;
    let two = |power: i32| f32::from_bits(((power + 127) << 23) as u32);
    let value = value * two(half) * two(whole - half);
    if x.is_nan() { x } else { value }
}

/// `1 / (1 + exp(−x))` in 32 bits.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The error function in 32 bits, to about 2e-7: below 0.9 a polynomial of the square, above one of the logarithm of its
/// complement, both fitted to `math.erf`.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let square = x * x;
    let near = square.mul_add(8.538_842e-5, -8.181_928e-4);
    let near = near.mul_add(square, 5.204_436e-3);
    let near = near.mul_add(square, -2.686_075_3e-2);
    let near = near.mul_add(square, 1.128_372e-1);
    let near = near.mul_add(square, -3.761_263_5e-1);
    let near = near.mul_add(square, 1.283_791_7e-1);
    let near = near.mul_add(x, x);
    let t = x.abs().min(4.0);
    let far = t.mul_add(-7.375_008_5e-7, -1.131_075_4e-5);
    let far = far.mul_add(t, 3.788_462_7e-4);
    let far = far.mul_add(t, -3.994_09e-3);
    let far = far.mul_add(t, 2.477_449e-2);
    let far = far.mul_add(t, -1.078_581_9e-1);
    let far = far.mul_add(t, -6.336_633e-1);
    let far = far.mul_add(t, -1.129_381_8);
    let far = far.mul_add(t, 1.506_123e-4);
    let far = (1.0 - exp(far)).copysign(x);
    if x.abs() < 0.9 || x.is_nan() {
        near
    } else {
        far
    }
}

/// Softmax of one line, in place.
#[inline(always)]
pub fn softmax(line: &mut [f32]) {
    let most = line.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    line.iter_mut().for_each(|x| *x = exp(*x - most));
    let (eights, rest) = line.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for (sum, x) in sums.iter_mut().zip(eight) {
            *sum += f64::from(*x);
        }
    }
    let rest: f64 = rest.iter().map(|x| f64::from(*x)).sum();
    let share = 1.0 / (sums.iter().sum::<f64>() + rest);
    line.iter_mut()
        .for_each(|x| *x = (f64::from(*x) * share) as f32);
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
