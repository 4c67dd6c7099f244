//! The contract at the door: what a card promises is held against the model's file, its test vectors and the data.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

mod init;
mod repository;
mod units;
mod vectors;
