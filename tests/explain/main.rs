//! Explanations against their definition, the frameworks' own and golden numbers; and the laws they keep.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

mod agnostic;
mod law;
mod onnx;
mod oracle;
mod twin;
