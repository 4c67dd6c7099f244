//! What a study asks of the explainers.

use crate::explain::lean::Attribute;
use crate::explain::question::Question;
use crate::explain::randomised::Shuffled;
use crate::explain::sampled::Cohort;
use crate::record::{Archetype, Attribution, EquationCard, Group, InputKind, Lean, Response};

/// What is asked.
pub struct Ask<'a> {
    /// The model and how to ask it; explanations are told on the margin.
    pub question: Question<'a>,
    /// Where the model can be opened with its numbers in another order.
    pub shuffled: Shuffled<'a>,
    /// Who it is about.
    pub cohort: Cohort<'a>,
    /// Groups (positions in the cohort) that are told apart.
    pub groups: Vec<(Group, &'a [u32])>,
    /// Shortcuts and sensitive attributes.
    pub attributes: Vec<Attribute>,
    /// The decision threshold of record.
    pub threshold: Option<f64>,
    /// Smallest number of persons shown.
    pub min_cell: usize,
    /// Seed and stream of every draw.
    pub key: [u64; 2],
    /// Rows that are explained, about.
    pub rows: usize,
    /// Rows that stand for not knowing a value.
    pub background: usize,
}

impl Ask<'_> {
    /// True for a model that reads signals or images, which takes its time.
    pub fn is_heavy(&self) -> bool {
        let mut inputs = self.question.inputs.iter();
        inputs.any(|input| input.kind == InputKind::Tensor)
    }
}

/// What was found; every part is as the record holds it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explained {
    /// Each explainer, for everyone and for each group.
    pub attributions: Vec<Attribution>,
    /// The equation, when the model is one.
    pub equation: Option<EquationCard>,
    /// Along the first inputs.
    pub responses: Vec<Response>,
    /// Mean patients.
    pub archetypes: Vec<Archetype>,
    /// Shortcuts and proxies.
    pub leans: Vec<Lean>,
}
