//! A forest as a model: the card's inputs in, scores on the card's scale out.
//!
//! Inputs enter in the card's order: a number as it is, a category as its place (0, 1, 2, …) among the card's categories,
//! which must be the codes the model was trained with. With `missing = "model"` in the card a missing value enters as
//! missing, and every split sends it where training said.
//!
//! `score = "probability"` is what the framework's own prediction gives: the link of the objective is applied.
//! `score = "logit"` is the sum of the trees before the link, where the link is a logistic one.

use crate::dataset::table::{Batch, MISSING};
use crate::error::{Error, Result, shown};
use crate::model::forest::Forest;
use crate::model::inputs::{self, Values};
use crate::model::known::{self, Known};
use crate::model::predict::{Model, Seen, Trees};
use crate::model::scale::logistic;
use crate::model::tree::Arithmetic;
use crate::record::{InputCard, ModelCard, ScoreScale};

/// From the sum of the trees to what the framework predicts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Link {
    /// It stays what it is.
    Identity,
    /// The objective is not in the file: it stays what it is, and the card alone says what that means.
    Unknown,
    /// A log odds after multiplication with a slope.
    Logistic(f64),
    /// The logarithm of a mean.
    Exp,
    /// The square root of a mean, with its sign.
    Square,
}

/// A forest behind a card.
#[derive(Debug)]
pub struct Ensemble {
    inputs: Vec<InputCard>,
    forest: Forest,
    link: Link,
    scale: ScoreScale,
    seen: Vec<Option<[f64; 2]>>,
}

impl Ensemble {
    /// Joins a forest to a card. `objective` is what the file calls its link. Fails when the card asks for a scale that the
    /// objective does not give.
    pub fn new(card: &ModelCard, forest: Forest, link: Link, objective: &str) -> Result<Self> {
        let wrong = match (card.score, link) {
            (ScoreScale::Probability, _) => None,
            (ScoreScale::Logit, Link::Logistic(_) | Link::Unknown) => None,
            (ScoreScale::Logit, _) => Some("gives no log odds, and the card declares a `logit`"),
            (ScoreScale::Percent, _) => {
                Some("gives no percentage, and the card declares `percent`")
            }
            (ScoreScale::Points, _) => Some("gives no points, and the card declares `points`"),
        };
        if let Some(wrong) = wrong {
            return Err(
                Error::new(format!("the objective `{}` {wrong}", shown(objective)))
                    .help("write `score = \"probability\"` in the card"),
            );
        }
        Ok(Self {
            inputs: card.inputs.clone(),
            forest,
            link,
            scale: card.score,
            seen: Vec::new(),
        })
    }

    /// Adds the lowest and highest value of each input that training saw, when the file tells.
    #[must_use]
    pub fn seeing(self, seen: Vec<Option<[f64; 2]>>) -> Self {
        Self { seen, ..self }
    }
}

impl Trees for Ensemble {
    fn forest(&self) -> &Forest {
        &self.forest
    }

    fn score(&self, margin: f64) -> Option<f64> {
        Some(match (self.link, self.scale) {
            (Link::Logistic(slope), ScoreScale::Logit) => slope * margin,
            (Link::Logistic(slope), _) => logistic(slope * margin),
            (Link::Exp, _) => margin.exp(),
            (Link::Square, _) => margin.signum() * margin * margin,
            (Link::Identity | Link::Unknown, _) => margin,
        })
    }

    fn rows(&self, batch: &Batch<'_>) -> Result<Seen> {
        let mut refused = vec![false; batch.len()];
        let mut columns = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let (values, rows) = inputs::judge(input, batch)?;
            rows.iter().for_each(|(row, _)| refused[*row] = true);
            let mut column = match values {
                Values::Numbers(numbers) => numbers,
                Values::Codes(codes) => codes.into_iter().map(code).collect(),
                Values::Tensor(_) => return Err(Error::new("trees read no tensors")),
            };
            if self.forest.arithmetic == Arithmetic::Single {
                for (x, refused) in column.iter_mut().zip(&mut refused) {
                    *x = f64::from(*x as f32);
                    *refused |= x.is_infinite();
                }
            }
            columns.push(column);
        }
        Ok(Seen { columns, refused })
    }
}

impl Model for Ensemble {
    fn known(&self) -> Vec<Known> {
        let mut known = known::of_forest(&self.forest);
        for (known, seen) in known.iter_mut().zip(&self.seen) {
            known.seen = *seen;
        }
        known
    }

    fn predict(&self, batch: &Batch<'_>) -> Result<Vec<f64>> {
        let Seen { columns, refused } = self.rows(batch)?;
        let margins = self.forest.margins(&columns);
        let margins = margins.into_iter().next().unwrap_or_default();
        let scores = margins.into_iter().zip(refused);
        Ok(scores
            .map(|(margin, refused)| {
                let score = (!refused).then(|| self.score(margin)).flatten();
                score.unwrap_or(f64::NAN)
            })
            .collect())
    }

    fn trees(&self) -> Option<&dyn Trees> {
        Some(self)
    }
}

fn code(code: u32) -> f64 {
    if code == MISSING {
        f64::NAN
    } else {
        f64::from(code)
    }
}
