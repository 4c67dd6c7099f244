//! The nomogram of an equation: what each value of each input counts on one scale of points, and the risk at each total.
//!
//! The input whose sum varies most over its range has 100 points; all others are on that scale, and the lowest value of each
//! counts 0.

use crate::dataset::table::MISSING;
use crate::error::{Error, Result, shown};
use crate::explain::question::Question;
use crate::model::additive::{Additive, Formula, Place};
use crate::model::inputs::Values;
use crate::record::{InputCard, InputKind};

/// Points of the input that counts most.
pub const FULL: f64 = 100.0;
/// Totals whose scores are told.
const TOTALS: usize = 21;

/// The scale of one input.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Its name.
    pub input: String,
    /// Values and what they count, ascending by value; categories in the card's order.
    pub marks: Vec<Mark>,
}

/// One value on a scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The value, as it is written.
    pub label: String,
    /// The number, where it is one.
    pub value: Option<f64>,
    /// What it counts, from 0 to [`FULL`].
    pub points: f64,
}

/// All scales, and what a total means.
#[derive(Debug, Clone, PartialEq)]
pub struct Nomogram {
    /// Whose it is; empty when it is everyone's.
    pub when: String,
    /// One for each input that counts, in the card's order.
    pub axes: Vec<Axis>,
    /// Totals, from 0 to the highest possible, and the score of each on the card's scale (NaN where the model gives none).
    pub totals: Vec<[f64; 2]>,
    /// The sum at a total of 0.
    pub start: f64,
    /// What a point adds to the sum.
    pub point: f64,
}

/// Values at which a scale is told: `ends` says the lowest and highest number of an input (by place), such as those of the
/// data or of the card; `marks` how many.
pub fn nomograms(
    question: &Question<'_>,
    ends: impl Fn(usize) -> Option<[f64; 2]>,
    marks: usize,
) -> Result<Vec<Nomogram>> {
    let Some(model) = question.model.additive() else {
        return Err(Error::new("the model is no sum of terms"));
    };
    let formulas = model.formulas();
    let told = formulas.iter().enumerate();
    told.map(|(place, formula)| draw(question, model, place, formula, &ends, marks.max(2)))
        .collect()
}

/// Values of an input, and how they are written.
fn values(
    input: &InputCard,
    ends: Option<[f64; 2]>,
    marks: usize,
) -> Result<(Values, Vec<String>)> {
    match input.kind {
        InputKind::Category => {
            let codes = (0..MISSING).take(input.categories.len()).collect();
            let words = input.categories.iter().map(|word| shown(word)).collect();
            Ok((Values::Codes(codes), words))
        }
        _ => {
            let Some([low, high]) =
                ends.filter(|[low, high]| low < high && (high - low).is_finite())
            else {
                return Err(Error::new(format!(
                    "the lowest and highest value of `{}` are not known",
                    shown(&input.name)
                )));
            };
            let step = |mark: usize| low + (high - low) * mark as f64 / (marks - 1) as f64;
            let numbers: Vec<f64> = (0..marks).map(step).collect();
            let words = numbers.iter().map(f64::to_string).collect();
            Ok((Values::Numbers(numbers), words))
        }
    }
}

fn draw(
    question: &Question<'_>,
    model: &dyn Additive,
    place: usize,
    formula: &Formula,
    ends: &impl Fn(usize) -> Option<[f64; 2]>,
    marks: usize,
) -> Result<Nomogram> {
    if formula
        .summands
        .iter()
        .any(|summand| summand.inputs.len() > 1)
    {
        return Err(Error::new(
            "an interaction has no place in a nomogram: what one input counts depends on another",
        ));
    }
    let mut curves = Vec::new();
    for (input, card) in question.inputs.iter().enumerate() {
        let own = formula.summands.iter().enumerate();
        let own: Vec<_> = own.filter(|(_, of)| of.inputs.contains(&input)).collect();
        if own.is_empty() {
            continue;
        }
        let (values, words) = values(card, ends(input), marks)?;
        let mut curve = vec![0.0; words.len()];
        for (summand, of) in own {
            let place = Place {
                formula: place,
                summand,
                input: 0,
            };
            let factor = model.factor(place, &values, words.len());
            for (sum, x) in curve.iter_mut().zip(factor) {
                *sum += of.scale * x;
            }
        }
        if curve.iter().any(|x| !x.is_finite()) {
            return Err(Error::new(format!(
                "the equation has no value somewhere between the lowest and the highest `{}`",
                shown(&card.name)
            )));
        }
        curves.push((input, values, words, curve));
    }
    let lowest = |curve: &[f64]| curve.iter().copied().fold(f64::INFINITY, f64::min);
    let reach =
        |curve: &[f64]| curve.iter().copied().fold(f64::NEG_INFINITY, f64::max) - lowest(curve);
    let most = curves
        .iter()
        .map(|curve| reach(&curve.3))
        .fold(0.0, f64::max);
    if most <= 0.0 {
        return Err(Error::new("no input changes the sum over its range"));
    }
    let point = most / FULL;
    let start = formula.start + curves.iter().map(|curve| lowest(&curve.3)).sum::<f64>();
    let highest: f64 = curves.iter().map(|curve| reach(&curve.3) / point).sum();
    let axes = curves.into_iter().map(|(input, values, words, curve)| {
        let low = lowest(&curve);
        let mark = |(at, (label, sum)): (usize, (String, f64))| Mark {
            value: match &values {
                Values::Numbers(numbers) => numbers.get(at).copied(),
                _ => None,
            },
            points: (sum - low) / point,
            label,
        };
        Axis {
            input: shown(&question.inputs[input].name),
            marks: words.into_iter().zip(curve).enumerate().map(mark).collect(),
        }
    });
    let total = |step: usize| {
        let total = highest * step as f64 / (TOTALS - 1) as f64;
        [total, model.score(start + total * point)]
    };
    Ok(Nomogram {
        when: formula.when.clone(),
        axes: axes.collect(),
        totals: (0..TOTALS).map(total).collect(),
        start,
        point,
    })
}
