//! One formula for a number by itself and for a register full of them, with the same bits either way.
//!
//! Every step is one operation of IEEE 754 or acts on bits, and so does not depend on how many numbers pass at once.

use pulp::{Arch, Simd, WithSimd};
use std::ops::{Add, Div, Mul, Sub};

/// Adding and taking away 1.5 · 2²³ rounds to a whole number, which then stands in the lowest bits.
const ROUNDING: f32 = 12_582_912.0;

/// A number of 32 bits, or a register of them.
pub trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// This number in every place.
    fn like(self, x: f32) -> Self;
    /// `self * factor + summand`, rounded once.
    fn fused(self, factor: Self, summand: Self) -> Self;
    /// The first where `self` is below the limit, the second elsewhere (and for NaN).
    fn below(self, limit: Self, yes: Self, no: Self) -> Self;
    /// Two to the power of a whole number between −126 and 127.
    fn power_of_two(self) -> Self;
    /// Without its sign.
    fn size(self) -> Self;
    /// The size of `self` with the sign of another.
    fn signed(self, other: Self) -> Self;

    /// The nearest whole number, of numbers up to 2²².
    #[inline(always)]
    fn whole(self) -> Self {
        let rounding = self.like(ROUNDING);
        (self + rounding) - rounding
    }
}

impl Number for f32 {
    #[inline(always)]
    fn like(self, x: f32) -> Self {
        x
    }
    #[inline(always)]
    fn fused(self, factor: Self, summand: Self) -> Self {
        self.mul_add(factor, summand)
    }
    #[inline(always)]
    fn below(self, limit: Self, yes: Self, no: Self) -> Self {
        if self < limit { yes } else { no }
    }
    #[inline(always)]
    fn power_of_two(self) -> Self {
        let bits = (self + ROUNDING).to_bits() << 23;
        Self::from_bits(bits.wrapping_add(127 << 23))
    }
    #[inline(always)]
    fn size(self) -> Self {
        self.abs()
    }
    #[inline(always)]
    fn signed(self, other: Self) -> Self {
        self.copysign(other)
    }
}

/// A register.
#[derive(Clone, Copy)]
struct Lane<S: Simd> {
    simd: S,
    x: S::f32s,
}

macro_rules! operation {
    ($name:ident, $method:ident, $simd:ident) => {
        impl<S: Simd> $name for Lane<S> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                let x = self.simd.$simd(self.x, other.x);
                Self { x, ..self }
            }
        }
    };
}
operation!(Add, add, add_f32s);
operation!(Sub, sub, sub_f32s);
operation!(Mul, mul, mul_f32s);
operation!(Div, div, div_f32s);

impl<S: Simd> Number for Lane<S> {
    #[inline(always)]
    fn like(self, x: f32) -> Self {
        let x = self.simd.splat_f32s(x);
        Self { x, ..self }
    }
    #[inline(always)]
    fn fused(self, factor: Self, summand: Self) -> Self {
        let x = self.simd.mul_add_f32s(self.x, factor.x, summand.x);
        Self { x, ..self }
    }
    #[inline(always)]
    fn below(self, limit: Self, yes: Self, no: Self) -> Self {
        let mask = self.simd.less_than_f32s(self.x, limit.x);
        let x = self.simd.select_f32s(mask, yes.x, no.x);
        Self { x, ..self }
    }
    #[inline(always)]
    fn power_of_two(self) -> Self {
        let simd = self.simd;
        let bits = simd.transmute_u32s_f32s((self + self.like(ROUNDING)).x);
        let bits = simd.wrapping_dyn_shl_u32s(bits, simd.splat_u32s(23));
        let bits = simd.add_u32s(bits, simd.splat_u32s(127 << 23));
        let x = simd.transmute_f32s_u32s(bits);
        Self { simd, x }
    }
    #[inline(always)]
    fn size(self) -> Self {
        let x = self.simd.abs_f32s(self.x);
        Self { x, ..self }
    }
    #[inline(always)]
    fn signed(self, other: Self) -> Self {
        let simd = self.simd;
        let sign = simd.and_f32s(other.x, simd.splat_f32s(-0.0));
        let x = simd.or_f32s(simd.abs_f32s(self.x), sign);
        Self { simd, x }
    }
}

/// A function of one number.
pub trait Formula: Copy {
    /// Its value.
    fn of<N: Number>(self, x: N) -> N;
}

/// Every number of a list becomes the formula's value.
pub fn each<F: Formula>(list: &mut [f32], formula: F) {
    struct Job<'a, F>(&'a mut [f32], F);
    impl<F: Formula> WithSimd for Job<'_, F> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Self(list, formula) = self;
            let (many, rest) = S::as_mut_simd_f32s(list);
            for x in many {
                *x = formula.of(Lane { simd, x: *x }).x;
            }
            if !rest.is_empty() {
                let x = simd.partial_load_f32s(rest);
                simd.partial_store_f32s(rest, formula.of(Lane { simd, x }).x);
            }
        }
    }
    Arch::new().dispatch(Job(list, formula));
}

/// The largest number of a list, NaN left out; minus infinity of none.
pub fn largest(list: &[f32]) -> f32 {
    struct Job<'a>(&'a [f32]);
    impl WithSimd for Job<'_> {
        type Output = f32;
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f32 {
            let (many, rest) = S::as_simd_f32s(self.0);
            let x = simd.splat_f32s(f32::NEG_INFINITY);
            let mut most = Lane { simd, x };
            for x in many {
                let x = Lane { simd, x: *x };
                most = most.below(x, x, most);
            }
            rest.iter()
                .copied()
                .fold(simd.reduce_max_f32s(most.x), f32::max)
        }
    }
    Arch::new().dispatch(Job(list))
}
