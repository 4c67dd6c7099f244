//! Pictures as SVG: each takes plain points and gives a drawing. No picture tells anything by colour alone.

mod axis;
mod calibration;
mod decision;
mod flow;
mod forest;
mod frame;
mod people;
mod risk;
mod roc;
mod svg;

pub use calibration::calibration;
pub use decision::{Utility, decision};
pub use flow::flow;
pub use forest::{Entry, Mark, Panel, Scale, forest};
pub use people::people;
pub use risk::risk;
pub use roc::{Operating, roc};
