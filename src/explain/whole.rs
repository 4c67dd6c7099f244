//! Everything a study tells of what its model leans on, put together.

use crate::error::Result;
use crate::explain::along::along;
use crate::explain::archetype::{EVERYWHERE, archetypes};
use crate::explain::by_coalition::ByCoalition;
use crate::explain::by_tree::ByTree;
use crate::explain::contribution::{Contribute, Contributions};
use crate::explain::explainer::{FRIEDMAN_H, PERMUTATION};
use crate::explain::lean::{Attribute, lean};
use crate::explain::mean::{self, REPLICATES, mean, percentiles, ratio, undefined};
use crate::explain::permutation::{self, Circle};
use crate::explain::question::{On, Player, Question};
use crate::explain::sampled::{Cohort, Sampled, background};
use crate::explain::{interaction, loss, quality, together};
use crate::random::Stream;
use crate::record::{
    Archetype, Attribution, Group, InputKind, InputShare, Lean, Pair, Response, Scale, ScoreScale,
    Undefined, Value, Without,
};

/// Repeats of a permutation.
const REPEATS: usize = 5;
/// Inputs whose response is told, and whose interactions are.
const FIRST: usize = 5;
/// Rows whose interactions are computed from trees, and by asking.
const PAIRED: [usize; 2] = [500, 100];
/// Rows explained of a model that reads signals or images.
const HEAVY: usize = 100;

/// What is asked.
pub struct Ask<'a> {
    /// The model and how to ask it; explanations are told on the margin.
    pub question: Question<'a>,
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

/// What was found; every part is as the record holds it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explained {
    /// Each explainer, for everyone and for each group.
    pub attributions: Vec<Attribution>,
    /// Along the first inputs.
    pub responses: Vec<Response>,
    /// Mean patients.
    pub archetypes: Vec<Archetype>,
    /// Shortcuts and proxies.
    pub leans: Vec<Lean>,
}

/// Explains a model on a cohort. `tick` is told how many of [`STEPS`] are done. Fails when the model cannot be asked.
pub fn explain(ask: &Ask<'_>, tick: &(dyn Fn(u64) + Sync)) -> Result<Explained> {
    let heavy = ask.question.inputs.iter().any(|input| input.kind == InputKind::Tensor);
    let stream = |what: u64| Stream::keyed([ask.key[0], ask.key[1], what]);
    let rows = if heavy { ask.rows.min(HEAVY) } else { ask.rows };
    let sampled = Sampled::new(&ask.cohort, &ask.groups, rows, !heavy, stream(1));
    let stand_in = background(&ask.cohort, ask.background, stream(2));
    let by = explainer(ask, &stand_in, stream(3))?;
    tick(1);
    let mut found = Explained::default();
    let names: Vec<&str> = ask.question.inputs.iter().map(|input| input.name.as_str()).collect();
    let numbers = quality::numbers(&ask.question, &sampled.rows)?;
    let moved = Moved::new(ask, &sampled, &names, &numbers, heavy, stream(4))?;
    tick(1);
    let mut order: Vec<usize> = moved.order();
    if let Some(by) = &by {
        let few = match by.most() {
            Some(most) => Some(Sampled::new(&ask.cohort, &ask.groups, most, false, stream(1))),
            None => None,
        };
        let sampled = few.as_ref().unwrap_or(&sampled);
        let shared = by.share(&sampled.rows, &[])?;
        tick(1);
        order = by_size(&sizes(sampled, &shared));
        let mut own = attributions(by.as_ref(), sampled, &names, &shared, &order, ask.min_cell);
        if let Some(first) = own.first_mut() {
            first.pairs = by.pairs(ask, sampled, &names, &order)?;
            first.checks = checks(ask, by.as_ref(), sampled, &shared, &stand_in, &moved)?;
        }
        found.attributions = own;
        if let Some(threshold) = ask.threshold {
            let at = |row: &u32| ask.cohort.score[*row as usize] >= threshold;
            let flagged: Vec<bool> = sampled.cohort.iter().map(at).collect();
            let event: Vec<bool> =
                sampled.cohort.iter().map(|row| ask.cohort.event[*row as usize]).collect();
            let (id, scale) = (by.id(), by.scale());
            found.archetypes =
                archetypes(sampled, &event, &flagged, &names, &shared, id, scale, ask.min_cell);
        }
        for attribute in &ask.attributes {
            let told = lean(attribute, sampled, &names, &shared.values, ask.min_cell, ask.key);
            found.leans.push(told);
        }
    }
    tick(1);
    found.attributions.extend(moved.attributions(ask, &sampled));
    for (attribute, told) in ask.attributes.iter().zip(&mut found.leans) {
        told.without = without(ask, &sampled, attribute, stream(5))?;
    }
    let risk = on_risk(&ask.question);
    let scale = if risk.scale == ScoreScale::Points { Scale::Points } else { Scale::Risk };
    for input in order.into_iter().take(FIRST).filter(|_| !heavy) {
        let values = numbers[input].as_deref();
        let told = along(&risk, &sampled, input, values, scale, ask.min_cell, ask.key)?;
        found.responses.extend(told);
    }
    tick(1);
    Ok(found)
}

/// How many steps [`explain`] tells.
pub const STEPS: u64 = 5;

fn on_risk<'a>(question: &Question<'a>) -> Question<'a> {
    Question {
        on: On::Risk,
        ..*question
    }
}

/// An explainer, and what only some can do.
enum By<'a> {
    Tree(ByTree<'a>),
    Coalition(ByCoalition<'a>),
}

impl<'a> std::ops::Deref for By<'a> {
    type Target = dyn Contribute + 'a;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Tree(by) => by,
            Self::Coalition(by) => by,
        }
    }
}

fn explainer<'a>(ask: &Ask<'a>, stand_in: &[u32], stream: Stream) -> Result<Option<By<'a>>> {
    if let Some(by) = ByTree::new(ask.question, stand_in)? {
        return Ok(Some(By::Tree(by)));
    }
    Ok(ByCoalition::new(ask.question, stand_in, stream)?.map(By::Coalition))
}

impl By<'_> {
    fn as_ref(&self) -> &dyn Contribute {
        &**self
    }

    /// Pairs of the first inputs that act together, the strongest first.
    fn pairs(
        &self,
        ask: &Ask<'_>,
        sampled: &Sampled,
        names: &[&str],
        order: &[usize],
    ) -> Result<Vec<Pair>> {
        let few = |most: usize| -> Vec<u32> {
            sampled.everyone.iter().copied().take(most).collect()
        };
        let mut pairs: Vec<(f64, Pair)> = match self {
            Self::Tree(by) => {
                let asked = few(PAIRED[0]);
                let rows: Vec<u32> = asked.iter().map(|at| sampled.rows[*at as usize]).collect();
                let first: Vec<usize> = order.iter().copied().take(FIRST).collect();
                let mut place = vec![0; sampled.rows.len()];
                asked.iter().enumerate().for_each(|(row, at)| place[*at as usize] = row);
                by.pairs(&rows, &first)?
                    .into_iter()
                    .map(|(a, b, values)| {
                        let strength = mean(sampled, &asked, |at| values[place[at]].abs());
                        (strength.point, pair(names, a, b, "shapley-interaction", strength.value(UPWARD)))
                    })
                    .collect()
            }
            Self::Coalition(_) => friedman(ask, sampled, names, order, &few(PAIRED[1]))?,
        };
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        Ok(pairs.into_iter().map(|(_, pair)| pair).collect())
    }
}

/// An importance may have any size, and no sign.
const UPWARD: [f64; 2] = [0.0, f64::INFINITY];

fn pair(names: &[&str], a: usize, b: usize, measure: &str, value: Value) -> Pair {
    Pair {
        inputs: [names[a].to_owned(), names[b].to_owned()],
        measure: measure.to_owned(),
        value,
    }
}

fn friedman(
    ask: &Ask<'_>,
    sampled: &Sampled,
    names: &[&str],
    order: &[usize],
    asked: &[u32],
) -> Result<Vec<(f64, Pair)>> {
    let first: Vec<usize> = order.iter().copied().take(3).collect();
    if asked.len() < 20 {
        return Ok(Vec::new());
    }
    let rows: Vec<u32> = asked.iter().map(|at| sampled.rows[*at as usize]).collect();
    let alone: Vec<Vec<f64>> = first
        .iter()
        .map(|input| interaction::response(&ask.question, &rows, &[*input]))
        .collect::<Result<_>>()?;
    let mut pairs = Vec::new();
    for a in 0..first.len() {
        for b in a + 1..first.len() {
            let both = interaction::response(&ask.question, &rows, &[first[a], first[b]])?;
            let of = |weight: &[f64]| {
                interaction::squared(&both, &alone[a], &alone[b], |row| weight[asked[row] as usize])
            };
            let Some(point) = of(&sampled.weight) else { continue };
            let drawn = (0..REPLICATES)
                .map(|replicate| of(&mean::redrawn(sampled, ask.key, replicate)).unwrap_or(f64::NAN));
            let value = percentiles(point, drawn.collect(), REPLICATES);
            pairs.push((point, pair(names, first[a], first[b], FRIEDMAN_H.id, value)));
        }
    }
    Ok(pairs)
}

/// Mean |contribution| of each input over everyone.
fn sizes(sampled: &Sampled, shared: &Contributions) -> Vec<f64> {
    let of = |values: &Vec<f64>| mean(sampled, &sampled.everyone, |at| values[at].abs()).point;
    shared.values.iter().map(of).collect()
}

fn by_size(sizes: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]).then(a.cmp(b)));
    order
}

fn attributions(
    by: &dyn Contribute,
    sampled: &Sampled,
    names: &[&str],
    shared: &Contributions,
    order: &[usize],
    min_cell: usize,
) -> Vec<Attribution> {
    let values = &shared.values;
    let all = |at: usize| -> f64 { values.iter().map(|values| values[at].abs()).sum() };
    let one = |group: Option<&Group>, positions: &[u32]| {
        let few = sampled.persons(positions) < min_cell.max(2);
        let told = |mean: mean::Mean, range: [f64; 2]| match few {
            true => undefined(Undefined::TooFewExplained),
            false => mean.value(range),
        };
        let input = |input: &usize| {
            let values = &values[*input];
            InputShare {
                input: names[*input].to_owned(),
                together: Vec::new(),
                importance: told(mean(sampled, positions, |at| values[at].abs()), UPWARD),
                share: told(ratio(sampled, positions, |at| values[at].abs(), all), [0.0, 1.0]),
                mean: Some(told(mean(sampled, positions, |at| values[at]), EVERYWHERE)),
            }
        };
        Attribution {
            explainer: by.id().to_owned(),
            scale: by.scale(),
            group: group.cloned(),
            rows: positions.len().into(),
            patients: sampled.persons(positions).into(),
            background: Some(by.background()),
            inputs: order.iter().map(input).collect(),
            pairs: Vec::new(),
            checks: Vec::new(),
        }
    };
    let everyone = one(None, &sampled.everyone);
    let groups = sampled.groups.iter().map(|(group, rows)| one(Some(group), rows));
    std::iter::once(everyone).chain(groups).collect()
}

fn checks(
    ask: &Ask<'_>,
    by: &dyn Contribute,
    sampled: &Sampled,
    shared: &Contributions,
    stand_in: &[u32],
    moved: &Moved,
) -> Result<Vec<crate::record::Check>> {
    let question = match by.scale() {
        Scale::Risk => on_risk(&ask.question),
        _ => ask.question,
    };
    let numbers = quality::numbers(&question, &sampled.rows)?;
    let own: Vec<f64> = moved
        .players
        .iter()
        .map(|player| {
            let sum = |at: usize| -> f64 { player.inputs.iter().map(|i| shared.values[*i][at]).sum() };
            mean(sampled, &sampled.everyone, |at| sum(at).abs()).point
        })
        .collect();
    Ok(vec![
        quality::completeness(shared, by.tolerance()),
        quality::faithfulness(&question, stand_in, sampled, shared, ask.key)?,
        quality::randomisation(by, sampled, shared, ask.key)?,
        quality::noise(by, &question, sampled, shared, &numbers, ask.key)?,
        quality::rank_stability(sampled, shared, ask.key),
        quality::agreement(&own, &moved.sizes, "permutation"),
    ])
}

/// The scores of the sampled rows when each player's inputs come from other patients.
struct Moved {
    players: Vec<Player>,
    own: Vec<f64>,
    /// For each player, for each repeat, one score a row.
    scores: Vec<Vec<Vec<f64>>>,
    event: Vec<bool>,
    /// What each player's absence costs everyone: in squared error, or in ranking for points.
    sizes: Vec<f64>,
    points: bool,
}

impl Moved {
    fn new(
        ask: &Ask<'_>,
        sampled: &Sampled,
        names: &[&str],
        numbers: &[Option<Vec<f64>>],
        heavy: bool,
        stream: Stream,
    ) -> Result<Self> {
        let risk = on_risk(&ask.question);
        let players = together::players(names, numbers);
        let circle = Circle::new(sampled.rows.len(), if heavy { 1 } else { REPEATS }, stream);
        let score = |player: &Player| -> Result<Vec<Vec<f64>>> {
            let repeats = 0..circle.repeats();
            repeats
                .map(|repeat| permutation::moved(&risk, &sampled.rows, player, &circle, repeat))
                .collect()
        };
        let scores = players.iter().map(score).collect::<Result<Vec<_>>>()?;
        let own: Vec<f64> =
            sampled.cohort.iter().map(|row| ask.cohort.score[*row as usize]).collect();
        let event: Vec<bool> =
            sampled.cohort.iter().map(|row| ask.cohort.event[*row as usize]).collect();
        let mut moved = Self {
            players,
            own,
            scores,
            event,
            sizes: Vec::new(),
            points: risk.scale == ScoreScale::Points,
        };
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
    fn order(&self) -> Vec<usize> {
        let players = by_size(&self.sizes);
        players.iter().flat_map(|player| self.players[*player].inputs.clone()).collect()
    }

    fn brier(&self, sampled: &Sampled, player: usize, positions: &[u32]) -> mean::Mean {
        let own = loss::brier(&self.event, &self.own);
        let mut more = vec![0.0; own.len()];
        for scores in &self.scores[player] {
            for ((more, lost), own) in more.iter_mut().zip(loss::brier(&self.event, scores)).zip(&own) {
                *more += (lost - own) / self.scores[player].len() as f64;
            }
        }
        mean(sampled, positions, |at| more[at])
    }

    fn auroc(&self, sampled: &Sampled, player: usize, positions: &[u32]) -> Option<mean::Mean> {
        loss::auroc_drop(sampled, positions, &self.event, &self.own, &self.scores[player])
    }

    fn attributions(&self, ask: &Ask<'_>, sampled: &Sampled) -> Vec<Attribution> {
        if self.scores.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        let order = by_size(&self.sizes);
        let mut all = Vec::new();
        for scale in [Scale::Brier, Scale::AurocDrop] {
            if scale == Scale::Brier && self.points {
                continue;
            }
            let groups = sampled.groups.iter().map(|(group, rows)| (Some(group), rows));
            for (group, positions) in std::iter::once((None, &sampled.everyone)).chain(groups) {
                all.push(self.attribution(ask, sampled, scale, &order, group, positions));
            }
        }
        all
    }

    fn attribution(
        &self,
        ask: &Ask<'_>,
        sampled: &Sampled,
        scale: Scale,
        order: &[usize],
        group: Option<&Group>,
        positions: &[u32],
    ) -> Attribution {
        let few = self.few(ask, sampled, positions);
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
            group: group.cloned(),
            rows: positions.len().into(),
            patients: sampled.persons(positions).into(),
            background: None,
            inputs: order.iter().zip(&lost).map(input).collect(),
            pairs: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Losses depend on outcomes: both must be there in enough patients.
    fn few(&self, ask: &Ask<'_>, sampled: &Sampled, positions: &[u32]) -> bool {
        let of = |happened: bool| -> Vec<u32> {
            let rows = positions.iter().copied();
            rows.filter(|at| self.event[*at as usize] == happened).collect()
        };
        [of(true), of(false)].iter().any(|rows| sampled.persons(rows) < ask.min_cell.max(2))
    }
}

/// What changes for each group when an attribute that is an input comes from other patients.
fn without(
    ask: &Ask<'_>,
    sampled: &Sampled,
    attribute: &Attribute,
    stream: Stream,
) -> Result<Vec<Without>> {
    if attribute.inputs.is_empty() {
        return Ok(Vec::new());
    }
    let risk = on_risk(&ask.question);
    let player = Player {
        name: attribute.name.clone(),
        inputs: attribute.inputs.clone(),
    };
    let circle = Circle::new(sampled.rows.len(), REPEATS, stream);
    let scores: Vec<Vec<f64>> = (0..circle.repeats())
        .map(|repeat| permutation::moved(&risk, &sampled.rows, &player, &circle, repeat))
        .collect::<Result<_>>()?;
    let own: Vec<f64> = sampled.cohort.iter().map(|row| ask.cohort.score[*row as usize]).collect();
    let event: Vec<bool> =
        sampled.cohort.iter().map(|row| ask.cohort.event[*row as usize]).collect();
    let mut found = Vec::new();
    let of_attribute = |group: &Group| group.len() == 1 && group.contains_key(&attribute.name);
    let groups = sampled.groups.iter().filter(|(group, _)| of_attribute(group));
    let groups = groups.map(|(group, rows)| (Some(group), rows));
    for (group, positions) in std::iter::once((None, &sampled.everyone)).chain(groups) {
        let few = {
            let of = |happened: bool| -> Vec<u32> {
                positions.iter().copied().filter(|at| event[*at as usize] == happened).collect()
            };
            [of(true), of(false)].iter().any(|rows| sampled.persons(rows) < ask.min_cell.max(2))
        };
        let told = |measure: &str, own: Option<mean::Mean>, change: Option<mean::Mean>, range| {
            let value = |mean: Option<mean::Mean>, range| match mean.filter(|_| !few) {
                Some(mean) => mean.value(range),
                None => undefined(Undefined::TooFewExplained),
            };
            Without {
                group: group.cloned(),
                measure: measure.to_owned(),
                own: value(own, range),
                change: value(change, [-1.0, 1.0]),
            }
        };
        let area = loss::auroc_drop(sampled, positions, &event, &own, &[]);
        let drop = loss::auroc_drop(sampled, positions, &event, &own, &scores);
        let drop = drop.map(|mean| mean::Mean {
            point: -mean.point,
            ..mean
        });
        found.push(told("auroc", area, drop, [0.0, 1.0]));
        if risk.scale != ScoreScale::Points {
            let happened = |at: usize| f64::from(u8::from(event[at]));
            let level = mean(sampled, positions, |at| own[at] - happened(at));
            let moved = |at: usize| {
                scores.iter().map(|scores| scores[at] - own[at]).sum::<f64>() / scores.len() as f64
            };
            let change = mean(sampled, positions, moved);
            found.push(told("calibration-in-the-large", Some(level), Some(change), [-1.0, 1.0]));
        }
    }
    Ok(found)
}
