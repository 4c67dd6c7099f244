//! Any model, explained by asking it about rows whose inputs come from two patients.

use crate::dataset::table::Instead;
use crate::error::{Error, Result};
use crate::explain::contribution::{Contribute, Contributions};
use crate::explain::explainer::KERNEL_SHAP;
use crate::explain::question::{Player, Question};
use crate::explain::shapley::{self, EXACT};
use crate::random::Stream;
use crate::record::{Background, Scale, ScoreScale, Value};
use rayon::prelude::*;

/// Scores that one explanation may ask for.
const SCORES: usize = 2_000_000;
/// Rows of the background: each coalition asks for so many scores.
const BACKGROUND: usize = 20;
/// Fewer rows explained say nothing about anyone.
const FEWEST: usize = 50;
/// Coalitions sampled beyond [`EXACT`] players.
const SAMPLED: usize = 2048;
/// Coalitions are solved for in 64 bits.
const ROUNDING: f64 = 1e-6;

/// A model, its inputs as players, and a small background.
pub struct ByCoalition<'a> {
    question: Question<'a>,
    players: Vec<Player>,
    background: Vec<u32>,
    most: usize,
    stream: Stream,
    base: f64,
}

impl<'a> ByCoalition<'a> {
    /// Prepares the explainer; `None` when so many inputs ask for more scores than it may ask, and when there are fewer than two.
    pub fn new(question: Question<'a>, background: &[u32], stream: Stream) -> Result<Option<Self>> {
        let players = question.players();
        let size = players.len();
        let coalitions = match size {
            0 | 1 => return Ok(None),
            _ if size <= EXACT => 1 << size,
            _ => SAMPLED + 2 * size,
        };
        let step = background.len().div_ceil(BACKGROUND).max(1);
        let background: Vec<u32> = background
            .iter()
            .skip(step / 2)
            .step_by(step)
            .copied()
            .collect();
        let most = SCORES / (coalitions * background.len().max(1));
        if most < FEWEST || background.is_empty() {
            return Ok(None);
        }
        let scores = question.scores(&background, &[])?;
        Ok(Some(Self {
            base: scores.iter().sum::<f64>() / scores.len() as f64,
            question,
            players,
            background,
            most,
            stream,
        }))
    }
}

impl Contribute for ByCoalition<'_> {
    fn id(&self) -> &'static str {
        KERNEL_SHAP.id
    }

    fn scale(&self) -> Scale {
        match self.question.scale {
            ScoreScale::Points => Scale::Points,
            _ => Scale::Logit,
        }
    }

    fn background(&self) -> Background {
        Background {
            what: "rows of the cohort, as many of each outcome in each centre as its share"
                .to_owned(),
            rows: self.background.len() as u64,
            base: Value::point(self.base),
        }
    }

    fn most(&self) -> Option<usize> {
        Some(self.most)
    }

    fn tolerance(&self) -> f64 {
        ROUNDING
    }

    fn share(&self, rows: &[u32], instead: &[(usize, Instead<'_>)]) -> Result<Contributions> {
        if !instead.is_empty() {
            return Err(Error::new("coalitions are asked of rows as they are"));
        }
        let shares: Vec<shapley::Shares> = rows
            .par_iter()
            .map(|row| {
                let mut stream = self.stream;
                let stream = Stream::keyed([stream.bits(), u64::from(*row)]);
                let (background, players) = (&self.background, &self.players);
                shapley::shares(&self.question, *row, background, players, SAMPLED, stream)
            })
            .collect::<Result<_>>()?;
        let input = |input: usize| shares.iter().map(|row| row.values[input]).collect();
        Ok(Contributions {
            base: self.base,
            score: shares.iter().map(|row| row.score).collect(),
            values: (0..self.players.len()).map(input).collect(),
        })
    }

    fn randomised(&self, _: &[u32], _: Stream) -> Option<Result<Contributions>> {
        None
    }
}
