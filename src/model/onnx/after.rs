//! What a node does to its result before it lets go of it: the nodes behind it that were joined to it.

use crate::model::onnx::value::Tensor;

/// One step behind a node.
#[derive(Debug, Clone)]
pub enum After {
    /// Multiplied by one number for each channel, and another added: a batch normalisation.
    Scale(Vec<f64>, Vec<f64>),
    /// The input in this place is added.
    Add(usize),
    /// Nothing below, nothing above.
    Clip(f64, f64),
    /// Times its own sigmoid.
    Silu,
    /// Times its own hard sigmoid.
    HardSwish,
}

impl After {
    /// A batch normalisation as one factor and one summand for each channel, in 64 bits; none when the four lists are not of
    /// one length.
    pub fn norm([scale, shift, mean, variance]: [&Tensor; 4], epsilon: f32) -> Option<Self> {
        let list = |tensor: &Tensor| tensor.to_f64().ok();
        let (scale, shift, mean, variance) =
            (list(scale)?, list(shift)?, list(mean)?, list(variance)?);
        let count = scale.len();
        if [shift.len(), mean.len(), variance.len()] != [count; 3] {
            return None;
        }
        let root = |variance: &f64| (variance + f64::from(epsilon)).sqrt();
        let factors: Vec<f64> = scale
            .iter()
            .zip(&variance)
            .map(|(scale, variance)| scale / root(variance))
            .collect();
        let moved = shift.iter().zip(mean.iter().zip(&factors));
        let summands = moved.map(|(shift, (mean, factor))| shift - mean * factor);
        Some(Self::Scale(factors.clone(), summands.collect()))
    }
}
