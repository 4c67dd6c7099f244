//! Equations and points, explained exactly from their terms.

use crate::dataset::table::Instead;
use crate::error::Result;
use crate::explain::contribution::{Contribute, Contributions};
use crate::explain::explainer::LINEAR;
use crate::explain::linear::Sums;
use crate::explain::question::Question;
use crate::model::additive::Margin;
use crate::random::Stream;
use crate::record::{Background, Scale, Value};

/// Sums are taken in 64 bits.
const ROUNDING: f64 = 1e-9;

/// An equation and what stands for not knowing a value.
pub struct ByEquation<'a> {
    question: Question<'a>,
    background: Vec<u32>,
    scale: Scale,
    base: f64,
}

impl<'a> ByEquation<'a> {
    /// Prepares the explainer; `None` when the model is no sum of terms, or has another equation for each of several strata.
    pub fn new(question: Question<'a>, background: &[u32]) -> Result<Option<Self>> {
        let Some(model) = question.model.additive() else {
            return Ok(None);
        };
        let sums = Sums::new(&question, background)?;
        if sums.formulas().len() != 1 {
            return Ok(None);
        }
        let told = sums.values(background)?;
        let Some(base) = told.base.iter().copied().find(|base| base.is_finite()) else {
            return Ok(None);
        };
        let scale = match model.margin() {
            Margin::Odds => Scale::Logit,
            Margin::Hazard => Scale::LogHazard,
            Margin::Points => Scale::Points,
        };
        Ok(Some(Self {
            question,
            background: background.to_vec(),
            scale,
            base,
        }))
    }

    /// True when two inputs stand in one term, so that they can act together.
    pub fn has_products(&self) -> bool {
        let formulas = self.question.model.additive().map(|model| model.formulas());
        let summands = formulas
            .iter()
            .flatten()
            .flat_map(|formula| &formula.summands);
        summands.into_iter().any(|summand| summand.inputs.len() > 1)
    }

    fn of(&self, question: &Question<'_>, rows: &[u32]) -> Result<Contributions> {
        let told = Sums::new(question, &self.background)?.values(rows)?;
        Ok(Contributions {
            base: told
                .base
                .iter()
                .copied()
                .find(|base| base.is_finite())
                .unwrap_or(f64::NAN),
            score: told.margins,
            values: told.values,
        })
    }
}

impl Contribute for ByEquation<'_> {
    fn id(&self) -> &'static str {
        LINEAR.id
    }

    fn scale(&self) -> Scale {
        self.scale
    }

    fn background(&self) -> Background {
        Background {
            what: "rows of the cohort, as many of each outcome in each centre as its share"
                .to_owned(),
            rows: self.background.len() as u64,
            base: Value::point(self.base),
        }
    }

    fn tolerance(&self) -> f64 {
        ROUNDING
    }

    fn share(&self, rows: &[u32], instead: &[(usize, Instead<'_>)]) -> Result<Contributions> {
        if instead.is_empty() {
            return self.of(&self.question, rows);
        }
        let sums = Sums::new(&self.question, &self.background)?;
        let told = sums.values_with(rows, instead)?;
        Ok(Contributions {
            base: self.base,
            score: told.margins,
            values: told.values,
        })
    }

    /// Never: the contributions are the equation itself, and coefficients of one sign and size stay alike in any order.
    fn randomised(&self, _: &[u32], _: Stream) -> Option<Result<Contributions>> {
        None
    }
}
