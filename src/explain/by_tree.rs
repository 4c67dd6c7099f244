//! Trees, explained from the trees themselves: exact, and no model call for a contribution.

use crate::dataset::table::Instead;
use crate::error::Result;
use crate::explain::contribution::{Contribute, Contributions};
use crate::explain::explainer::TREE_SHAP;
use crate::explain::question::Question;
use crate::explain::randomised;
use crate::explain::tree::game::{self, Game};
use crate::explain::tree::shap::TreeShap;
use crate::explain::tree::table::What;
use crate::model::forest::Forest;
use crate::model::predict::Trees;
use crate::model::scale;
use crate::random::Stream;
use crate::record::{Background, Scale, ScoreScale, Value};
use rayon::prelude::*;

/// Sums in 32 bits round in the last places; 64-bit sums are held to a tenth of it.
const ROUNDING: f64 = 1e-5;
/// How far a link may miss the model's own score.
const LINKED: f64 = 1e-5;

/// A forest, what stands for not knowing, and how its sums become the score.
pub struct ByTree<'a> {
    question: Question<'a>,
    trees: &'a dyn Trees,
    game: Game,
    rows: usize,
    link: Link,
    base: f64,
}

/// Which sum, or which difference of sums, is explained.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Link {
    event: usize,
    other: Option<usize>,
    scale: Scale,
}

impl<'a> ByTree<'a> {
    /// Prepares the explainer with background rows of the table. `None` when the model is no sum of trees behind a link
    /// that is known: the identity, the logistic function, or a softmax of two. Fails when the model cannot be asked.
    pub fn new(question: Question<'a>, background: &[u32]) -> Result<Option<Self>> {
        let Some(trees) = question.model.trees() else {
            return Ok(None);
        };
        let batch = question.batch(background);
        let seen = trees.rows(&batch)?;
        let risk = question.on_risk().scores(background, &[])?;
        let margins = trees.forest().margins(&seen.columns);
        let Some(link) = link(&margins, &risk, question.scale) else {
            return Ok(None);
        };
        let game = Game::Background(game::Background::new(seen.columns, None)?);
        let sums = TreeShap::new(trees.forest(), &game, What::Values, 1)?;
        let base = link.of(sums.base());
        Ok(Some(Self {
            question,
            trees,
            rows: background.len(),
            link,
            base,
            game,
        }))
    }

    /// Mean |interaction value|, both orders together, of every pair of inputs over rows of the table, one list a pair:
    /// (first input, second input, one value a row).
    pub fn pairs(&self, rows: &[u32], among: &[usize]) -> Result<Vec<(usize, usize, Vec<f64>)>> {
        let batch = self.question.batch(rows);
        let seen = self.trees.rows(&batch)?;
        let forest = self.trees.forest();
        let shap = TreeShap::new(forest, &self.game, What::Pairs, rows.len())?;
        let wanted: Vec<(usize, usize)> = among
            .iter()
            .enumerate()
            .flat_map(|(at, a)| among[at + 1..].iter().map(move |b| (*a, *b)))
            .collect();
        let link = self.link;
        let blocks = shap.each(&seen.columns, |block| {
            let of = |(a, b): &(usize, usize)| -> Vec<f64> {
                let mut values = block.interactions(link.event, *a, *b);
                if let Some(other) = link.other {
                    let others = block.interactions(other, *a, *b);
                    values.iter_mut().zip(others).for_each(|(v, o)| *v -= o);
                }
                values.iter().map(|v| 2.0 * v).collect()
            };
            wanted.iter().map(of).collect::<Vec<Vec<f64>>>()
        })?;
        let pair = |(at, (a, b)): (usize, &(usize, usize))| {
            let values = blocks.iter().flat_map(|block| block[at].iter().copied());
            (*a, *b, values.collect())
        };
        Ok(wanted.iter().enumerate().map(pair).collect())
    }

    fn of(&self, forest: &Forest, game: &Game, columns: &[Vec<f64>]) -> Result<Contributions> {
        let rows = columns.first().map_or(0, Vec::len);
        let shap = TreeShap::new(forest, game, What::Values, rows)?;
        let values = shap.values(columns)?;
        let inputs = forest.inputs;
        let column = |output: usize, input: usize| &values[output * inputs + input];
        let values = (0..inputs)
            .into_par_iter()
            .map(|input| match self.link.other {
                None => column(self.link.event, input).clone(),
                Some(other) => {
                    let both = column(self.link.event, input)
                        .iter()
                        .zip(column(other, input));
                    both.map(|(event, other)| event - other).collect()
                }
            })
            .collect();
        let margins = forest.margins(columns);
        let score = (0..rows).map(|row| self.link.at(&margins, row)).collect();
        Ok(Contributions {
            base: self.link.of(shap.base()),
            score,
            values,
        })
    }

    fn columns(&self, rows: &[u32], instead: &[(usize, Instead<'_>)]) -> Result<Vec<Vec<f64>>> {
        let named = self.question.named(instead);
        let batch = self.question.batch(rows).with(&named);
        Ok(self.trees.rows(&batch)?.columns)
    }
}

impl Contribute for ByTree<'_> {
    fn id(&self) -> &'static str {
        TREE_SHAP.id
    }

    fn scale(&self) -> Scale {
        self.link.scale
    }

    fn background(&self) -> Background {
        Background {
            what: "rows of the cohort, as many of each outcome in each centre as its share"
                .to_owned(),
            rows: self.rows as u64,
            base: Value::point(self.base),
        }
    }

    fn tolerance(&self) -> f64 {
        ROUNDING
    }

    fn share(&self, rows: &[u32], instead: &[(usize, Instead<'_>)]) -> Result<Contributions> {
        self.of(
            self.trees.forest(),
            &self.game,
            &self.columns(rows, instead)?,
        )
    }

    fn randomised(&self, rows: &[u32], stream: Stream) -> Option<Result<Contributions>> {
        let shuffled = randomised::forest(self.trees.forest(), stream);
        Some(shuffled.and_then(|forest| self.of(&forest, &self.game, &self.columns(rows, &[])?)))
    }
}

impl Link {
    fn of(self, sums: &[f64]) -> f64 {
        sums[self.event] - self.other.map_or(0.0, |other| sums[other])
    }

    fn at(self, margins: &[Vec<f64>], row: usize) -> f64 {
        margins[self.event][row] - self.other.map_or(0.0, |other| margins[other][row])
    }
}

/// The link that makes the model's own scores of its sums, found by asking it.
fn link(margins: &[Vec<f64>], risk: &[f64], declared: ScoreScale) -> Option<Link> {
    let fits = |of: &dyn Fn(usize) -> f64| {
        (0..risk.len()).all(|row| (of(row) - risk[row]).abs() <= LINKED * risk[row].abs().max(1.0))
    };
    let identity = if declared == ScoreScale::Points {
        Scale::Points
    } else {
        Scale::Risk
    };
    for event in 0..margins.len() {
        let alone = |scale| Link {
            event,
            other: None,
            scale,
        };
        if declared != ScoreScale::Points && fits(&|row| scale::logistic(margins[event][row])) {
            return Some(alone(Scale::Logit));
        }
        if fits(&|row| margins[event][row]) {
            return Some(alone(identity));
        }
        if let [a, b] = margins
            && fits(&|row| scale::logistic([b[row] - a[row], a[row] - b[row]][1 - event]))
        {
            return Some(Link {
                event,
                other: Some(1 - event),
                scale: Scale::Logit,
            });
        }
    }
    None
}
