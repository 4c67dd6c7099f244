//! Curves as plain points, for pages and for whoever checks them.

use super::{Count, Group};
use serde::{Deserialize, Serialize};

/// One line or set of marks of one picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// `roc`, `calibration`, `decision`, `risk-distribution`.
    pub curve: String,
    /// Which of the picture's lines: `model`, `treat-all`, `treat-none`; `smooth`, `grouped`; `events`, `non-events`.
    pub series: String,
    /// `None` is everyone.
    pub group: Option<Group>,
    /// How it was made: `loess-degree-2-span-0.75`, `rcs-3-knots`, `logistic`, `deciles`, `step`, `bins`.
    pub method: String,
    /// Points in order of `x`.
    pub points: Vec<CurvePoint>,
}

/// A point; what `x` and `y` are depends on the curve.
///
/// | curve | x | y | n |
/// | --- | --- | --- | --- |
/// | `roc` | 1 − specificity | sensitivity | – |
/// | `calibration` | predicted risk | observed share | persons behind a grouped point |
/// | `decision` | threshold | net benefit | – |
/// | `risk-distribution` | left edge of the bin | share of that outcome's rows | persons in the bin |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Horizontal place.
    pub x: f64,
    /// Vertical place.
    pub y: f64,
    /// Lower end of the 95 % interval, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// Rows behind this point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<Count>,
}

impl CurvePoint {
    /// A bare point.
    pub fn new(x: f64, y: f64) -> Self {
        Self {
            x,
            y,
            low: None,
            high: None,
            n: None,
        }
    }
}
