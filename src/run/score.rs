//! Rows that belong → their scores, in batches.

use crate::dataset::cohort::Cohort;
use crate::dataset::table::{Batch, Table};
use crate::dataset::unscored;
use crate::error::{Error, Result};
use crate::model::scale;
use crate::plan::{OpenedModel, Study};
use crate::record::DatasetCard;
use rayon::prelude::*;

/// Rows a model scores at once, at most.
const BATCH: usize = 4096;
/// Numbers of signals and images that are copied out for one batch, at most: 16 MiB.
const BATCH_NUMBERS: usize = 4 << 20;

/// Scores the cohort in batches, in parallel. Rows without a usable score leave it and are counted in its flow; the last
/// value tells when the scores look like another scale than the declared one.
pub fn score(
    model: &OpenedModel,
    study: &Study,
    table: &Table,
    card: &DatasetCard,
    cohort: Cohort,
    tick: &(dyn Fn(usize) + Sync),
) -> Result<(Cohort, Vec<f64>, Option<String>)> {
    let mut scores = vec![0.0; cohort.rows.len()];
    let one = |(rows, into): (&[u32], &mut [f64])| {
        let batch = Batch::new(table, &study.joins, rows).converting(&study.conversions);
        let found = model.model.predict(&batch)?;
        if found.len() != into.len() {
            return Err(Error::new(
                "the model gave another number of scores than rows",
            ));
        }
        into.copy_from_slice(&found);
        tick(rows.len());
        Ok(())
    };
    let inputs = model.card.inputs.iter();
    let numbers: usize = inputs
        .map(|input| input.shape.iter().product::<usize>())
        .sum();
    let batch = (BATCH_NUMBERS / numbers.max(1)).clamp(1, BATCH);
    let batches = cohort.rows.par_chunks(batch);
    let wrong = batches
        .zip(scores.par_chunks_mut(batch))
        .find_map_first(|batch| one(batch).err());
    if let Some(error) = wrong {
        return Err(error.at(format!("model `{}`", model.card.id)));
    }
    let mut refused = scale::to_risk(model.card.score, &mut scores);
    if model.card.format.starts_with("treat-") {
        refused.hint = None;
    }
    if let Some(wrong) = refused.contradiction(model.card.score, scores.len()) {
        return Err(wrong.at(format!("model `{}`", model.card.id)));
    }
    if refused.is_empty() {
        return Ok((cohort, scores, refused.hint));
    }
    let reasons = [
        (
            "score outside the scale that the model's card declares".to_owned(),
            refused.outside,
        ),
        (
            "the model gave no finite score".to_owned(),
            refused.not_finite,
        ),
    ];
    let cohort =
        unscored::leave(cohort, &reasons, table, card).map_err(|e| match refused.hint.clone() {
            Some(hint) => e.help(hint),
            None => e,
        })?;
    scores.retain(|score| score.is_finite());
    Ok((cohort, scores, refused.hint))
}
