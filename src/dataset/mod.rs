//! Rows.
pub mod table;
