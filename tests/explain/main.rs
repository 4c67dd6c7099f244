//! Explanations against numbers made elsewhere, and the laws they keep.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod agnostic;
