//! What every explainer asks: the model's score of rows whose inputs take other values.

use crate::dataset::table::{Batch, Instead, Table};
use crate::error::{Error, Result};
use crate::model::predict::Model;
use crate::model::scale;
use crate::record::{Conversion, InputCard, ScoreScale};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Rows a model scores at once.
const BATCH: usize = 4096;

/// The scale an explanation is told on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The risk in [0, 1]; points as they are.
    Risk,
    /// The log odds of the risk; points as they are.
    Margin,
}

/// Inputs that move together: one input, or several that are strongly correlated or code one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// What a reader calls it.
    pub name: String,
    /// Places of its inputs among the card's.
    pub inputs: Vec<usize>,
}

/// A model and the rows it is asked about.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// The rows, all of them admitted and scored before.
    pub table: &'a Table,
    /// Input → column.
    pub joins: &'a BTreeMap<String, String>,
    /// Inputs whose columns have another unit.
    pub conversions: &'a [Conversion],
    /// What the model reads.
    pub inputs: &'a [InputCard],
    /// What its score means.
    pub scale: ScoreScale,
    /// What explanations are told on.
    pub on: On,
}

impl<'a> Question<'a> {
    /// The same question, told on the risk.
    #[must_use]
    pub fn on_risk(&self) -> Question<'a> {
        Question {
            on: On::Risk,
            ..*self
        }
    }

    /// One player for each input.
    pub fn players(&self) -> Vec<Player> {
        let alone = self.inputs.iter().enumerate().map(|(place, input)| Player {
            name: input.name.clone(),
            inputs: vec![place],
        });
        alone.collect()
    }

    /// Rows (indices into the table) as the model reads them.
    pub fn batch<'b>(&'b self, rows: &'b [u32]) -> Batch<'b> {
        Batch::new(self.table, self.joins, rows).converting(self.conversions)
    }

    /// Inputs that take other values, by the names the model knows them by.
    pub fn named<'b>(&'b self, instead: &[(usize, Instead<'b>)]) -> Vec<(&'b str, Instead<'b>)> {
        let name = |(place, other): &(usize, Instead<'b>)| {
            self.inputs
                .get(*place)
                .map(|input| (input.name.as_str(), *other))
        };
        instead.iter().filter_map(name).collect()
    }

    /// The scores of rows (indices into the table) when some inputs (by place) take other values; one for each row.
    ///
    /// Computed in blocks, in parallel; the same for any number of threads. Fails when the model gives a row no score.
    pub fn scores(&self, rows: &[u32], instead: &[(usize, Instead<'_>)]) -> Result<Vec<f64>> {
        let blocks: Vec<Vec<f64>> = (0..rows.len().div_ceil(BATCH))
            .into_par_iter()
            .map(|block| {
                let here = block * BATCH..rows.len().min((block + 1) * BATCH);
                let parts = instead.iter().map(|(place, other)| (*place, other.part(here.clone())));
                let named = self.named(&parts.collect::<Vec<_>>());
                let batch = self.batch(&rows[here]).with(&named);
                let mut scores = self.model.predict(&batch)?;
                self.translate(&mut scores);
                if scores.iter().any(|score| score.is_nan()) {
                    return Err(Error::new(
                        "the model gives no score to a row whose inputs come from several rows",
                    )
                    .help(
                        "inputs that only make sense together (a group of dummy columns, a value and its flag) can be \
                         explained as one",
                    ));
                }
                Ok(scores)
            })
            .collect::<Result<_>>()?;
        Ok(blocks.concat())
    }

    /// Scores of the model, in place, on the scale explanations are told on.
    pub fn translate(&self, scores: &mut [f64]) {
        match (self.on, self.scale) {
            (_, ScoreScale::Points) | (On::Margin, ScoreScale::Logit) => {}
            (On::Risk, _) => {
                scale::to_risk(self.scale, scores);
            }
            (On::Margin, _) => {
                scale::to_risk(self.scale, scores);
                scores.iter_mut().for_each(|risk| *risk = log_odds(*risk));
            }
        }
    }
}

/// The log odds of a risk; a certain risk is moved by 2⁻⁵³, so that it stays finite.
fn log_odds(risk: f64) -> f64 {
    let risk = risk.clamp(f64::EPSILON / 2.0, 1.0 - f64::EPSILON / 2.0);
    risk.ln() - (-risk).ln_1p()
}
