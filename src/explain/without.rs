//! What a model does for each group without an attribute's own values.

use crate::error::Result;
use crate::explain::ask::Ask;
use crate::explain::lean::Attribute;
use crate::explain::loss;
use crate::explain::lost::REPEATS;
use crate::explain::mean::{self, mean, undefined};
use crate::explain::permutation::{self, Circle};
use crate::explain::question::Player;
use crate::explain::sampled::Sampled;
use crate::random::Stream;
use crate::record::{Group, ScoreScale, Undefined, Without};

/// What changes for each group when an attribute that is an input comes from other patients.
pub fn without(
    ask: &Ask<'_>,
    sampled: &Sampled,
    attribute: &Attribute,
    stream: Stream,
) -> Result<Vec<Without>> {
    if attribute.inputs.is_empty() {
        return Ok(Vec::new());
    }
    let risk = ask.question.on_risk();
    let player = Player {
        name: attribute.name.clone(),
        inputs: attribute.inputs.clone(),
    };
    let circle = Circle::new(sampled.rows.len(), REPEATS, stream);
    let scores: Vec<Vec<f64>> = (0..circle.repeats())
        .map(|repeat| permutation::moved(&risk, &sampled.rows, &player, &circle, repeat))
        .collect::<Result<_>>()?;
    let own = sampled.pick(ask.cohort.score);
    let event = sampled.pick(ask.cohort.event);
    let mut found = Vec::new();
    let of_attribute = |group: &Group| group.len() == 1 && group.contains_key(&attribute.name);
    let groups = sampled
        .groups
        .iter()
        .filter(|(group, _)| of_attribute(group));
    let groups = groups.map(|(group, rows)| (Some(group), rows));
    for (group, positions) in std::iter::once((None, &sampled.everyone)).chain(groups) {
        let few = sampled.few_of_an_outcome(positions, &event, ask.min_cell);
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
                scores
                    .iter()
                    .map(|scores| scores[at] - own[at])
                    .sum::<f64>()
                    / scores.len() as f64
            };
            let change = mean(sampled, positions, moved);
            found.push(told(
                "calibration-in-the-large",
                Some(level),
                Some(change),
                [-1.0, 1.0],
            ));
        }
    }
    Ok(found)
}
