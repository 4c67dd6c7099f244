//! What may score a graph: a wish that a person can state for a run.

/// Which engine scores models that several engines can score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// keur's own, and ONNX Runtime where it is found and faster, or the only one that knows an operator.
    #[default]
    Auto,
    /// keur's own and no other; no foreign library is loaded.
    Keur,
    /// ONNX Runtime and no other.
    OnnxRuntime,
}
