//! keur
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test may stop"
    )
)]

pub mod error;
pub mod record;
pub mod sheet;

pub mod condition;
pub mod config;
pub mod dataset;
pub mod measure;
pub mod model;
pub mod report;
