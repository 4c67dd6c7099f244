//! Pictures as SVG: each takes plain points and gives a drawing. No picture tells anything by colour alone.

mod axis;
mod bars;
mod calibration;
mod decision;
mod fit;
mod flow;
mod forest;
mod frame;
mod heat;
mod moves;
mod nomogram;
mod notice;
mod people;
mod risk;
mod roc;
mod svg;
mod waterfall;

pub use axis::Axis;
pub use bars::{Bar, BarPanel, BarRow, bars};
pub use calibration::calibration;
pub use decision::{Utility, decision};
pub use flow::flow;
pub use forest::{Entry, Mark, Panel, Scale, forest};
pub use heat::{Heat, HeatRow, heat};
pub use moves::{Move, People, Place, Spot, moves};
pub use nomogram::{Nomogram, NomogramLine, nomogram, unwritten};
pub use notice::Notice;
pub use people::people;
pub use risk::risk;
pub use roc::{Operating, roc};
pub use waterfall::{Step, Waterfall, ends, waterfall};
