//! Sines, cosines, tangents, their kin on the hyperbola, and the ways back.

use crate::model::onnx::kernel::{Operator, standard};
use crate::model::onnx::operator::unary::map;

/// The family.
pub const ALL: &[Operator] = &[
    standard("Acos", (1, 1), |_| Ok(map(f32::acos, f64::acos, None))),
    standard("Acosh", (1, 1), |_| Ok(map(f32::acosh, f64::acosh, None))),
    standard("Asin", (1, 1), |_| Ok(map(f32::asin, f64::asin, None))),
    standard("Asinh", (1, 1), |_| Ok(map(f32::asinh, f64::asinh, None))),
    standard("Atan", (1, 1), |_| Ok(map(f32::atan, f64::atan, None))),
    standard("Atanh", (1, 1), |_| Ok(map(f32::atanh, f64::atanh, None))),
    standard("Cos", (1, 1), |_| Ok(map(f32::cos, f64::cos, None))),
    standard("Cosh", (1, 1), |_| Ok(map(f32::cosh, f64::cosh, None))),
    standard("Sin", (1, 1), |_| Ok(map(f32::sin, f64::sin, None))),
    standard("Sinh", (1, 1), |_| Ok(map(f32::sinh, f64::sinh, None))),
    standard("Tan", (1, 1), |_| Ok(map(f32::tan, f64::tan, None))),
];
