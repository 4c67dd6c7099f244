//! What each input's own values are worth: losses when they come from other patients, as a record tells them.

use crate::error::Result;
use crate::explain::ask::Ask;
use crate::explain::explainer::PERMUTATION;
use crate::explain::mean::{self, mean, undefined};
use crate::explain::permutation::Circle;
use crate::explain::question::Player;
use crate::explain::sampled::Sampled;
use crate::explain::shares::by_size;
use crate::explain::{importance, loss, together};
use crate::random::Stream;
use crate::record::{Attribution, InputShare, Scale, ScoreScale, Undefined, Value};

/// Repeats of a permutation.
pub const REPEATS: usize = 5;

/// The scores of the sampled rows when each player's inputs come from other patients.
pub struct Moved {
    /// Inputs that move together.
    pub players: Vec<Player>,
    own: Vec<f64>,
    /// For each player, for each repeat, one score a row.
    scores: Vec<Vec<Vec<f64>>>,
    event: Vec<bool>,
    /// For each player, how much more each row is missed by.
    more: Vec<Vec<f64>>,
    /// What each player's absence costs everyone: in squared error, or in ranking for points.
    pub sizes: Vec<f64>,
    points: bool,
}

impl Moved {
    /// Asks for all scores.
    pub fn new(
        ask: &Ask<'_>,
        sampled: &Sampled,
        names: &[&str],
        numbers: &[Option<Vec<f64>>],
        heavy: bool,
        stream: Stream,
    ) -> Result<Self> {
        let risk = ask.question.on_risk();
        let players = together::players(names, numbers);
        let circle = Circle::new(sampled.rows.len(), if heavy { 1 } else { REPEATS }, stream);
        let mut scores = vec![Vec::new(); players.len()];
        importance::every(&risk, &sampled.rows, &players, &circle, |player, told| {
            scores[player] = told;
            Ok(())
        })?;
        let own = sampled.pick(ask.cohort.score);
        let event = sampled.pick(ask.cohort.event);
        let mut moved = Self {
            players,
            own,
            scores,
            event,
            more: Vec::new(),
            sizes: Vec::new(),
            points: risk.scale == ScoreScale::Points,
        };
        moved.more = (0..moved.players.len())
            .map(|player| moved.more(player))
            .collect();
        moved.sizes = (0..moved.players.len())
            .map(|player| {
                let lost = match moved.points {
                    true => moved.auroc(sampled, player, &sampled.everyone),
                    false => Some(moved.brier(sampled, player, &sampled.everyone)),
                };
                lost.map_or(0.0, |mean| mean.point)
            })
            .collect();
        Ok(moved)
    }

    /// Inputs, those of the costliest player first.
    pub fn order(&self) -> Vec<usize> {
        let players = by_size(&self.sizes);
        players
            .iter()
            .flat_map(|player| self.players[*player].inputs.clone())
            .collect()
    }

    /// What each player's absence costs patients drawn with replacement; for points what it costs these, since ranking has no
    /// such sum.
    pub fn drawn(&self, sampled: &Sampled, key: [u64; 2], replicate: u64) -> Vec<f64> {
        if self.points {
            return self.sizes.clone();
        }
        let weight = mean::redrawn(sampled, key, replicate);
        let of = |more: &Vec<f64>| -> f64 {
            sampled
                .everyone
                .iter()
                .map(|at| weight[*at as usize] * more[*at as usize])
                .sum()
        };
        self.more.iter().map(of).collect()
    }

    fn brier(&self, sampled: &Sampled, player: usize, positions: &[u32]) -> mean::Mean {
        mean(sampled, positions, |at| self.more[player][at])
    }

    /// How much more each row is missed by, squared, in the mean of the repeats.
    fn more(&self, player: usize) -> Vec<f64> {
        let own = loss::brier(&self.event, &self.own);
        let mut more = vec![0.0; own.len()];
        for scores in &self.scores[player] {
            for ((more, lost), own) in more
                .iter_mut()
                .zip(loss::brier(&self.event, scores))
                .zip(&own)
            {
                *more += (lost - own) / self.scores[player].len() as f64;
            }
        }
        more
    }

    fn auroc(&self, sampled: &Sampled, player: usize, positions: &[u32]) -> Option<mean::Mean> {
        loss::auroc_drop(
            sampled,
            positions,
            &self.event,
            &self.own,
            &self.scores[player],
        )
    }

    /// As the record tells it, for everyone: in Brier score, where scores are risks, and in AUROC.
    pub fn attributions(&self, ask: &Ask<'_>, sampled: &Sampled) -> Vec<Attribution> {
        if self.scores.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        let order = by_size(&self.sizes);
        let mut all = Vec::new();
        for scale in [Scale::Brier, Scale::AurocDrop] {
            if scale == Scale::Brier && self.points {
                continue;
            }
            all.push(self.attribution(ask, sampled, scale, &order));
        }
        all
    }

    fn attribution(
        &self,
        ask: &Ask<'_>,
        sampled: &Sampled,
        scale: Scale,
        order: &[usize],
    ) -> Attribution {
        let positions = &sampled.everyone;
        let few = sampled.few_of_an_outcome(positions, &self.event, ask.min_cell);
        let lost: Vec<Option<mean::Mean>> = order
            .iter()
            .map(|player| match (few, scale) {
                (true, _) => None,
                (_, Scale::Brier) => Some(self.brier(sampled, *player, positions)),
                _ => self.auroc(sampled, *player, positions),
            })
            .collect();
        let sum: f64 = lost.iter().flatten().map(|lost| lost.point.max(0.0)).sum();
        let name = |input: &usize| ask.question.inputs[*input].name.clone();
        let input = |(player, lost): (&usize, &Option<mean::Mean>)| {
            let player = &self.players[*player];
            let share = |lost: mean::Mean| match sum > 0.0 {
                true => Value::point(lost.point.max(0.0) / sum),
                false => undefined(Undefined::NothingToShare),
            };
            let none = || undefined(Undefined::TooFewExplained);
            InputShare {
                input: player.name.clone(),
                together: match player.inputs.len() {
                    1 => Vec::new(),
                    _ => player.inputs.iter().map(name).collect(),
                },
                importance: lost.map_or_else(none, |lost| lost.value([-1.0, 1.0])),
                share: lost.map_or_else(none, share),
                mean: None,
            }
        };
        Attribution {
            explainer: PERMUTATION.id.to_owned(),
            scale,
            group: None,
            rows: positions.len().into(),
            patients: sampled.persons(positions).into(),
            background: None,
            inputs: order.iter().zip(&lost).map(input).collect(),
            pairs: Vec::new(),
            checks: Vec::new(),
        }
    }
}
