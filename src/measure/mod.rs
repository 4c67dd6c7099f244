//! measure
mod assess;
pub use assess::{Ask, Assessed, Rows, Split, assess};
