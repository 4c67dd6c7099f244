//! Explanations against their definition, the frameworks' own and golden numbers; and the laws they keep.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

mod agnostic;
mod gradient;
mod law;
mod linear;
mod moved;
mod onnx;
mod oracle;
mod study;
mod twin;
