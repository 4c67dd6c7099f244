//! Networks, explained by integrating their gradient from a baseline patient.

use crate::dataset::table::Instead;
use crate::error::Result;
use crate::explain::baseline;
use crate::explain::contribution::{Contribute, Contributions};
use crate::explain::enter::Rows;
use crate::explain::explainer::INTEGRATED_GRADIENTS;
use crate::explain::gradient::{Integrated, Precision};
use crate::explain::question::Question;
use crate::explain::randomised::Shuffled;
use crate::model::gradient::Gradient;
use crate::model::scale;
use crate::random::Stream;
use crate::record::{Background, Scale, ScoreScale, Value};

/// What the method promises: the integral is refined until so much of a difference is left.
const REFINED: f64 = 0.01;

/// The patient that others are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The mean of the background; of categories their shares.
    Mean,
    /// The median of the background; of categories the most frequent.
    Median,
}

/// A network and a baseline.
pub struct ByGradient<'a> {
    question: Question<'a>,
    gradient: &'a dyn Gradient,
    shuffled: Shuffled<'a>,
    held: Held,
    baseline: Vec<f32>,
    rows: usize,
    base: f64,
    scale: Scale,
}

impl<'a> ByGradient<'a> {
    /// Prepares the explainer; `None` when keur cannot take the model's gradient.
    pub fn new(
        question: Question<'a>,
        shuffled: Shuffled<'a>,
        background: &[u32],
        held: Held,
    ) -> Result<Option<Self>> {
        let Some(gradient) = question.model.gradient() else {
            return Ok(None);
        };
        let rows = Rows::Asked(&question, background);
        let baseline = match held {
            Held::Mean => baseline::mean(gradient, rows)?,
            Held::Median => baseline::median(gradient, question.inputs, rows)?,
        };
        let base = Integrated::new(gradient, &baseline, Precision::default())?.base();
        Ok(Some(Self {
            scale: told_in(gradient, question.scale),
            question,
            gradient,
            shuffled,
            held,
            baseline,
            rows: background.len(),
            base,
        }))
    }

    fn of(&self, gradient: &dyn Gradient, numbers: &[f32]) -> Result<Contributions> {
        let told = Integrated::new(gradient, &self.baseline, Precision::default())?
            .values(Rows::Numbers(numbers))?;
        Ok(Contributions {
            base: told.base,
            score: told.margins,
            values: told.values,
        })
    }

    fn numbers(&self, rows: &[u32], instead: &[(usize, Instead<'_>)]) -> Result<Vec<f32>> {
        let named = self.question.named(instead);
        self.gradient.enter(&self.question.batch(rows).with(&named))
    }
}

/// What a network's margin is: a log odds when its score is the logistic function of it.
fn told_in(gradient: &dyn Gradient, declared: ScoreScale) -> Scale {
    let is = |of: &dyn Fn(f64) -> f64| {
        [-1.5, 0.25, 2.0]
            .iter()
            .all(|margin| (gradient.score(*margin) - of(*margin)).abs() < 1e-6)
    };
    match declared {
        ScoreScale::Points => Scale::Points,
        ScoreScale::Logit if is(&|margin| margin) => Scale::Logit,
        ScoreScale::Percent if is(&|margin| 100.0 * scale::logistic(margin)) => Scale::Logit,
        _ if is(&scale::logistic) => Scale::Logit,
        _ => Scale::Risk,
    }
}

impl Contribute for ByGradient<'_> {
    fn id(&self) -> &'static str {
        INTEGRATED_GRADIENTS.id
    }

    fn scale(&self) -> Scale {
        self.scale
    }

    fn background(&self) -> Background {
        let what = match self.held {
            Held::Mean => "the mean patient of rows of the cohort",
            Held::Median => "the median patient of rows of the cohort",
        };
        Background {
            what: what.to_owned(),
            rows: self.rows as u64,
            base: Value::point(self.base),
        }
    }

    fn tolerance(&self) -> f64 {
        REFINED
    }

    fn share(&self, rows: &[u32], instead: &[(usize, Instead<'_>)]) -> Result<Contributions> {
        self.of(self.gradient, &self.numbers(rows, instead)?)
    }

    fn randomised(&self, rows: &[u32], stream: Stream) -> Option<Result<Contributions>> {
        let model = match self.shuffled.open(stream)? {
            Ok(model) => model,
            Err(error) => return Some(Err(error)),
        };
        let gradient = model.gradient()?;
        let numbers = self.numbers(rows, &[]);
        Some(numbers.and_then(|numbers| self.of(gradient, &numbers)))
    }
}
