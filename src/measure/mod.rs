//! Estimates: what a model's scores are worth on these rows, with intervals, for everyone and for each group.
//!
//! A measure is a function of a weighted sample: a group, a bootstrap replicate, a patient with many rows and a case weight
//! are all weights. [`Binary`] sorts the rows once, [`Tally`] is what one linear pass leaves, and every [`Measure`] is a card
//! and arithmetic on a tally. [`assess`] puts it together.

mod assess;
pub mod bootstrap;
mod calibration;
mod calibration_curve;
mod classification;
mod curves;
mod definition;
mod discrimination;
mod doubt;
pub mod draw;
mod fairness;
mod fit;
pub mod interval;
mod kernel;
mod loess;
mod notes;
mod overall;
mod question;
mod sample;
mod shelf;
pub mod special;
mod studied;
mod tally;
mod utility;

pub use assess::{Assessed, assess};
pub use calibration_curve::{line, spline};
pub use definition::{Best, Closed, Domain, Measure, Uses};
pub use doubt::{Doubt, FEW};
pub use fit::{CLIP, Logistic, Recalibration, linear_predictor, logistic};
pub use loess::loess;
pub use question::{Ask, Rows, Split};
pub use sample::Binary;
pub use shelf::{all, find};
pub use tally::{CERTAIN, Computed, Cut, Tally};
