//! Explanations are exact: against their definition, the frameworks' own, and golden numbers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

mod law;
mod oracle;
mod twin;
