//! Tests of an explanation that ask the model again (Hedström et al. 2023, J Mach Learn Res 24:34).

use crate::dataset::table::Instead;
use crate::error::Result;
use crate::explain::contribution::{Contribute, Contributions};
use crate::explain::faithful;
use crate::explain::mean::{self, Mean, UPWARD, mean};
use crate::explain::quality::{FEWEST, check, unknown, verdict};
use crate::explain::question::Question;
use crate::explain::sampled::Sampled;
use crate::random::Stream;
use crate::record::{Check, InputCard, InputKind};

/// An explanation of a randomised model that is more like the true one does not depend on what was learned.
const ALIKE: f64 = 0.5;
/// Noise may change this part of an explanation.
const MOVED: f64 = 0.5;
/// Noise, as a part of each input's standard deviation.
const NOISE: f64 = 0.05;
/// Rows that are asked again.
const ROWS: usize = 200;
/// Random sets of inputs for each row.
const SETS: usize = 24;
/// Rows of the background that stand in for a set.
const STAND_IN: usize = 8;

/// Does an input with a large contribution change the score when it takes other values, more than one that was drawn at random
/// or than equal ones (faithfulness correlation, Bhatt et al. 2020)? `explained` holds every sampled row.
pub fn faithfulness(
    question: &Question<'_>,
    background: &[u32],
    sampled: &Sampled,
    explained: &Contributions,
    key: [u64; 2],
) -> Result<Check> {
    const ID: &str = "faithfulness";
    let inputs = explained.values.len();
    if inputs < 3 {
        return Ok(unknown(
            ID,
            "with fewer than three inputs there are too few sets of them to compare",
        ));
    }
    let asked: Vec<u32> = spread(&sampled.everyone, ROWS);
    if asked.len() < FEWEST {
        return Ok(unknown(ID, "too few rows were explained"));
    }
    let stand_in: Vec<u32> = spread(background, STAND_IN);
    let mut stream = Stream::keyed([key[0], key[1], 0x7365_7473]);
    let sets: Vec<Vec<usize>> = (0..asked.len() * SETS)
        .map(|_| {
            let mut all: Vec<usize> = (0..inputs).collect();
            stream.shuffle(&mut all);
            let size = 1 + stream.below(inputs - 1);
            all.truncate(size);
            all
        })
        .collect();
    let lost = lost(question, sampled, &asked, &sets, &stand_in)?;
    let mut against = vec![[f64::NAN; 3]; sampled.rows.len()];
    for (place, at) in asked.iter().enumerate() {
        let at = *at as usize;
        let own: Vec<f64> = explained.values.iter().map(|values| values[at]).collect();
        let mut random = own.clone();
        stream.shuffle(&mut random);
        let sets = &sets[place * SETS..][..SETS];
        let lost = &lost[place * SETS..][..SETS];
        let of = |values: &[f64]| {
            let said: Vec<f64> = sets
                .iter()
                .map(|set| set.iter().map(|input| values[*input]).sum())
                .collect();
            faithful::correlation(&said, lost)
        };
        let equal = vec![own.iter().sum::<f64>() / inputs as f64; inputs];
        if let Some(true_one) = of(&own) {
            against[at] = [
                true_one,
                of(&random).unwrap_or(0.0),
                of(&equal).unwrap_or(0.0),
            ];
        }
    }
    let told: Vec<u32> = asked
        .into_iter()
        .filter(|at| !against[*at as usize][0].is_nan())
        .collect();
    if told.len() < FEWEST {
        return Ok(unknown(
            ID,
            "the score of too few rows changes when inputs take other values",
        ));
    }
    let own = mean(sampled, &told, |at| against[at][0]);
    let ahead = |of: usize| mean(sampled, &told, |at| against[at][0] - against[at][of]);
    let lower = |mean: Mean| mean.point - 1.96 * mean.error.unwrap_or(f64::INFINITY);
    let upper = |mean: Mean| mean.point + 1.96 * mean.error.unwrap_or(f64::INFINITY);
    let (random, equal) = (ahead(1), ahead(2));
    let because = format!(
        "what sets of inputs are said to give goes with what the score loses without them (correlation {:.2}; {:.2} more than \
         contributions in a random order, {:.2} more than equal ones)",
        own.point, random.point, equal.point
    );
    let passed = lower(random) > 0.0 && lower(equal) > 0.0;
    let failed = upper(random) <= 0.05 || upper(equal) <= 0.05;
    Ok(check(
        ID,
        own.value([-1.0, 1.0]),
        0.0,
        verdict(passed, failed),
        because,
    ))
}

/// What each row's score loses when a set of inputs takes the values of the stand-ins (mean).
fn lost(
    question: &Question<'_>,
    sampled: &Sampled,
    asked: &[u32],
    sets: &[Vec<usize>],
    stand_in: &[u32],
) -> Result<Vec<f64>> {
    let own: Vec<u32> = asked.iter().map(|at| sampled.rows[*at as usize]).collect();
    let own = question.scores(&own, &[])?;
    let many = stand_in.len();
    let inputs = question.inputs.len();
    let mut rows = Vec::with_capacity(sets.len() * many);
    for at in asked {
        rows.extend(std::iter::repeat_n(sampled.rows[*at as usize], SETS * many));
    }
    let lent: Vec<Vec<u32>> = (0..inputs)
        .map(|input| {
            let mut lent = rows.clone();
            for (set, lent) in sets.iter().zip(lent.chunks_mut(many)) {
                if set.contains(&input) {
                    lent.copy_from_slice(stand_in);
                }
            }
            lent
        })
        .collect();
    let instead: Vec<(usize, Instead<'_>)> = lent
        .iter()
        .enumerate()
        .map(|(input, rows)| (input, Instead::Rows(rows)))
        .collect();
    let scores = question.scores(&rows, &instead)?;
    let without = scores
        .chunks(many)
        .map(|some| some.iter().sum::<f64>() / many as f64);
    let own = own.iter().flat_map(|own| std::iter::repeat_n(*own, SETS));
    Ok(own
        .zip(without)
        .map(|(own, without)| own - without)
        .collect())
}

/// Does the explanation change when what the model learned is put in a random order (Adebayo et al. 2018)?
pub fn randomisation(
    by: &dyn Contribute,
    sampled: &Sampled,
    explained: &Contributions,
    key: [u64; 2],
) -> Result<Check> {
    const ID: &str = "randomisation";
    let asked = spread(&sampled.everyone, ROWS);
    let rows: Vec<u32> = asked.iter().map(|at| sampled.rows[*at as usize]).collect();
    let stream = Stream::keyed([key[0], key[1], 0x6c65_6176]);
    let Some(other) = by.randomised(&rows, stream) else {
        return Ok(unknown(
            ID,
            "putting what was learned in a random order would say nothing of this kind of model, or cannot be done",
        ));
    };
    let other = other?;
    if explained.values.len() < 3 || asked.len() < FEWEST {
        return Ok(unknown(ID, "there are too few inputs or rows to compare"));
    }
    let mut alike = vec![f64::NAN; sampled.rows.len()];
    for (place, at) in asked.iter().enumerate() {
        let at = *at as usize;
        let own: Vec<f64> = explained.values.iter().map(|values| values[at]).collect();
        let random: Vec<f64> = other.values.iter().map(|values| values[place]).collect();
        alike[at] = faithful::correlation(&own, &random).unwrap_or(0.0);
    }
    let found = mean(sampled, &asked, |at| alike[at]);
    let half = 1.96 * found.error.unwrap_or(f64::INFINITY);
    let because = format!(
        "with what was learned in a random order the contributions of a patient correlate {:.2} with the true ones; below \
         {ALIKE} is asked",
        found.point
    );
    let (passed, failed) = (found.point + half < ALIKE, found.point - half >= ALIKE);
    Ok(check(
        ID,
        found.value([-1.0, 1.0]),
        ALIKE,
        verdict(passed, failed),
        because,
    ))
}

/// How much does noise of 5 % of each number's standard deviation move the contributions?
pub fn noise(
    by: &dyn Contribute,
    question: &Question<'_>,
    sampled: &Sampled,
    explained: &Contributions,
    numbers: &[Option<Vec<f64>>],
    key: [u64; 2],
) -> Result<Check> {
    const ID: &str = "noise-stability";
    if by.most().is_some() {
        return Ok(unknown(
            ID,
            "asking again about rows with noise would take too many scores",
        ));
    }
    let asked = spread(&sampled.everyone, ROWS);
    let rows: Vec<u32> = asked.iter().map(|at| sampled.rows[*at as usize]).collect();
    let mut stream = Stream::keyed([key[0], key[1], 0x6e6f_6973]);
    let mut noisy: Vec<(usize, Vec<f64>)> = Vec::new();
    for (input, values) in numbers.iter().enumerate() {
        let Some(values) = values else { continue };
        let all: Vec<f64> = sampled
            .everyone
            .iter()
            .map(|at| values[*at as usize])
            .filter(|v| !v.is_nan())
            .collect();
        let middle = all.iter().sum::<f64>() / all.len().max(1) as f64;
        let square =
            all.iter().map(|v| (v - middle).powi(2)).sum::<f64>() / all.len().max(1) as f64;
        let [low, high] = question.inputs[input]
            .range
            .unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        let whole = all.iter().all(|v| v.fract() == 0.0) && square.sqrt() < 2.0;
        if whole || square <= 0.0 {
            continue;
        }
        let moved = |at: &u32| {
            (values[*at as usize] + NOISE * square.sqrt() * stream.normal()).clamp(low, high)
        };
        noisy.push((input, asked.iter().map(moved).collect()));
    }
    if noisy.is_empty() || asked.len() < FEWEST {
        return Ok(unknown(
            ID,
            "no input is a number that could be measured with noise, or too few rows were explained",
        ));
    }
    let instead: Vec<(usize, Instead<'_>)> = noisy
        .iter()
        .map(|(input, values)| (*input, Instead::Numbers(values)))
        .collect();
    let other = by.share(&rows, &instead)?;
    let mut moved = vec![(0.0, 0.0); sampled.rows.len()];
    for (place, at) in asked.iter().enumerate() {
        let at = *at as usize;
        let both = explained.values.iter().zip(&other.values);
        moved[at] = both.fold((0.0, 0.0), |(moved, all), (own, other)| {
            (moved + (own[at] - other[place]).abs(), all + own[at].abs())
        });
    }
    let told: Vec<u32> = asked
        .into_iter()
        .filter(|at| moved[*at as usize].0.is_finite())
        .collect();
    let found = mean::ratio(sampled, &told, |at| moved[at].0, |at| moved[at].1);
    if !found.point.is_finite() {
        return Ok(unknown(ID, "the model leans on no input"));
    }
    let half = 1.96 * found.error.unwrap_or(f64::INFINITY);
    let because = format!(
        "noise of {:.0} % of each number's standard deviation moves {:.0} % of the contributions; at most {:.0} % is asked",
        100.0 * NOISE,
        100.0 * found.point,
        100.0 * MOVED
    );
    let (passed, failed) = (found.point + half <= MOVED, found.point - half > MOVED);
    Ok(check(
        ID,
        found.value(UPWARD),
        MOVED,
        verdict(passed, failed),
        because,
    ))
}

/// About so many of a list, evenly.
fn spread(all: &[u32], most: usize) -> Vec<u32> {
    let wanted = most.min(all.len());
    (0..wanted)
        .map(|at| all[(2 * at + 1) * all.len() / (2 * wanted)])
        .collect()
}

/// The values of numeric inputs for some rows of the table, in the model's unit, NaN where missing; `None` for other kinds.
pub fn numbers(question: &Question<'_>, rows: &[u32]) -> Result<Vec<Option<Vec<f64>>>> {
    let batch = question.batch(rows);
    let input = |input: &InputCard| match input.kind {
        InputKind::Number => batch.numbers(&input.name).map(Some),
        _ => Ok(None),
    };
    question.inputs.iter().map(input).collect()
}
