//! The equation of a model and its nomogram, as a record tells them.

use crate::explain::along;
use crate::explain::ask::Ask;
use crate::explain::linear;
use crate::explain::nomogram::{self, Nomogram};
use crate::explain::sampled::Sampled;
use crate::record::{
    EquationCard, EquationLine, NomogramAxis, NomogramCard, NomogramMark, NomogramTotal, Scale,
};

/// Values told on a scale.
const MARKS: usize = 6;
/// Significant digits of a value on a scale: nobody's own value is told.
const DIGITS: f64 = 3.0;

/// The equation; `None` when the model is none. `numbers` are the values of numeric inputs of the sampled rows. A nomogram
/// is left out when the values of an input are not known well enough.
pub fn sheet(
    ask: &Ask<'_>,
    sampled: &Sampled,
    numbers: &[Option<Vec<f64>>],
    scale: Scale,
) -> Option<EquationCard> {
    let lines = linear::equation(&ask.question)?;
    let ends = |input: usize| {
        let values = numbers.get(input)?.as_ref()?;
        let own: Vec<f64> = sampled
            .everyone
            .iter()
            .map(|at| values[*at as usize])
            .collect();
        let [low, high] =
            along::span(&own, ask.min_cell)?.map(|end| rounded(end, high_digits(&own)));
        (low < high).then_some([low, high])
    };
    let drawn = nomogram::nomograms(&ask.question, ends, MARKS).unwrap_or_default();
    Some(EquationCard {
        scale,
        lines: lines
            .into_iter()
            .map(|line| EquationLine {
                when: line.when,
                inputs: line.inputs,
                what: line.what,
                coefficient: line.coefficient,
                ratio: line.ratio,
            })
            .collect(),
        nomograms: drawn.into_iter().map(|one| card(ask, one)).collect(),
    })
}

fn card(ask: &Ask<'_>, drawn: Nomogram) -> NomogramCard {
    let unit = |name: &str| {
        let mut inputs = ask.question.inputs.iter();
        inputs
            .find(|input| input.name == name)
            .and_then(|input| input.unit.clone())
    };
    NomogramCard {
        when: drawn.when,
        axes: drawn
            .axes
            .into_iter()
            .map(|axis| NomogramAxis {
                unit: unit(&axis.input),
                input: axis.input,
                marks: axis
                    .marks
                    .into_iter()
                    .map(|mark| NomogramMark {
                        label: match mark.value {
                            Some(value) => rounded(value, digits_of(value)).to_string(),
                            None => mark.label,
                        },
                        points: mark.points,
                    })
                    .collect(),
            })
            .collect(),
        totals: drawn
            .totals
            .into_iter()
            .filter(|[_, score]| score.is_finite())
            .map(|[points, score]| NomogramTotal { points, score })
            .collect(),
    }
}

/// Decimals of the largest of some values.
fn high_digits(values: &[f64]) -> f64 {
    digits_of(
        values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .fold(0.0, |a: f64, b| a.max(b.abs())),
    )
}

fn digits_of(value: f64) -> f64 {
    match value == 0.0 {
        true => 0.0,
        false => DIGITS - 1.0 - value.abs().log10().floor(),
    }
}

fn rounded(value: f64, decimals: f64) -> f64 {
    let unit = 10_f64.powf(decimals.clamp(-300.0, 300.0));
    (value * unit).round() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_on_a_scale_have_three_digits() {
        assert_eq!(rounded(13.372_4, digits_of(13.372_4)), 13.4);
        assert_eq!(rounded(0.095_904, digits_of(0.095_904)), 0.0959);
        assert_eq!(rounded(1234.0, digits_of(1234.0)), 1230.0);
        assert_eq!(rounded(0.0, digits_of(0.0)), 0.0);
    }
}
