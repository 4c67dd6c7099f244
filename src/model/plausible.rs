//! Data held against what card and file know of each input, before anything is scored: is a column in another unit?
//!
//! | known | from | doubt | what happens |
//! | --- | --- | --- | --- |
//! | `range` | card | no value lies inside | the study stops |
//! | `range` | card | more than half lie outside | note |
//! | `mean`, `sd` | card, or the scaler in the file | the median lies more than 3 sd away, or a usual change of unit brings it from more than 1 to within ½ | note |
//! | range in training | file (LightGBM) | the median lies outside | note |
//! | thresholds of 5 or more splits | file (trees) | 99 % of the values but 0 lie on one side of all of them | note |
//!
//! In any distribution the median lies within one sd of the mean, so the development data themselves never raise the
//! second. A note tells the ratio and the change of unit it looks like, and nothing of a row: medians are of at least
//! `min-cell` rows, and of at most some ten thousand, evenly spread. Nothing is converted.

use crate::dataset::table::{Column, Table};
use crate::error::{Error, Result, shown};
use crate::model::conversion::{self, Pair};
use crate::model::known::Known;
use crate::model::unit;
use crate::record::{Conversion, InputCard, InputKind, ModelCard};
use std::collections::BTreeMap;

/// Fewer values tell nothing.
const ENOUGH: usize = 20;
/// More values are thinned out before they are sorted.
const MOST: usize = 10_000;
/// Fewer splits say little about where the values lie.
const SPLITS: usize = 5;

/// Everything doubtful about the inputs of a model on a table. `known` are the file's own facts, in the order of the
/// card's inputs, or none.
///
/// # Errors
/// An input of which no value lies in the `range` of the card.
pub fn check(
    card: &ModelCard,
    known: &[Known],
    table: &Table,
    joins: &BTreeMap<String, String>,
    conversions: &[Conversion],
    min_cell: usize,
) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for (place, input) in card.inputs.iter().enumerate() {
        let column = joins.get(&input.name).map(|name| table.column(name));
        let (InputKind::Number, Some(Ok(Column::Number(column)))) = (input.kind, column) else {
            continue;
        };
        let conversion = conversions.iter().find(|c| c.input == input.name);
        let of = |value: &f64| conversion.map_or(*value, |c| c.apply(*value));
        let values = || column.iter().filter(|value| value.is_finite()).map(of);
        let count = values().count();
        if count < min_cell.max(ENOUGH) {
            continue;
        }
        let mut some: Vec<f64> = values().step_by(count.div_ceil(MOST)).collect();
        some.sort_unstable_by(f64::total_cmp);
        let facts = known.get(place).copied().unwrap_or_default();
        if let Some([low, high]) = input.range {
            let inside = values().filter(|x| (low..=high).contains(x)).count();
            let median = middle(&some);
            let looks = fitting(input, median, |x| (low..=high).contains(&x));
            if inside == 0 {
                return Err(none_inside(input, [low, high], looks.as_ref()));
            }
            if inside * 2 < count {
                notes.push(told(
                    input,
                    &format!("more than half of the values lie outside {low} to {high}, for which the model is meant"),
                    looks.as_ref(),
                ));
                continue;
            }
        }
        notes.extend(doubt(input, &facts, &some));
    }
    Ok(notes)
}

fn middle(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn none_inside(input: &InputCard, [low, high]: [f64; 2], looks: Option<&Pair>) -> Error {
    let unit = input
        .unit
        .as_deref()
        .map(|unit| format!(" {}", shown(unit)));
    let error = Error::new(format!(
        "no value of the input `{}` lies in {low} to {high}{}, for which the model is meant",
        shown(&input.name),
        unit.unwrap_or_default()
    ));
    error.help(match looks {
        Some(pair) => format!(
            "it looks like a column in {}, and the model reads {} (factor {}): declare the conversion under `[study.inputs]`, \
             or correct the card that is wrong",
            pair.from,
            pair.to,
            two_digits(pair.factor)
        ),
        None => "is the right column joined, and in the model's unit?".to_owned(),
    })
}

/// The first doubt about an input, if any.
fn doubt(input: &InputCard, known: &Known, sorted: &[f64]) -> Option<String> {
    let median = middle(sorted);
    let declared = input.mean.zip(input.sd).map(|(mean, sd)| [mean, sd]);
    let standards = [
        (declared, "the model's card"),
        (known.standard, "the model's file"),
    ];
    for (standard, whose) in standards {
        let Some([mean, sd]) = standard.filter(|[mean, sd]| mean.is_finite() && *sd > 0.0) else {
            continue;
        };
        let away = |x: f64| (x - mean).abs() / sd;
        let looks = fitting(input, median, |x| away(x) <= 0.5);
        if away(median) > 3.0 || (away(median) > 1.0 && looks.is_some()) {
            let how = match median / mean {
                ratio if ratio.is_finite() && ratio > 0.0 && !(0.5..2.0).contains(&ratio) => {
                    format!(
                        "the median of the data is about {} times the mean in development that {whose} tells",
                        two_digits(ratio)
                    )
                }
                _ => format!(
                    "the median of the data lies about {} standard deviations from the mean in development that {whose} tells",
                    two_digits(away(median))
                ),
            };
            let spread = sorted
                .get(sorted.len() * 3 / 4)
                .zip(sorted.get(sorted.len() / 4));
            let standardised = away(0.0) > 1.0
                && median.abs() < 0.5
                && spread.is_some_and(|(high, low)| (0.7..2.2).contains(&(high - low)));
            return Some(match standardised && looks.is_none() {
                true => format!(
                    "input `{}`: {how}; the column looks standardised already, and the model reads the values themselves",
                    shown(&input.name)
                ),
                false => told(input, &how, looks.as_ref()),
            });
        }
    }
    if let Some([low, high]) = known.seen.filter(|[low, high]| low < high)
        && !(low..=high).contains(&median)
    {
        let looks = fitting(input, median, |x| (low..=high).contains(&x));
        let side = if median < low { "below" } else { "above" };
        let how = format!(
            "the median of the data lies {side} every value that training saw, as the model's file tells"
        );
        return Some(told(input, &how, looks.as_ref()));
    }
    if let Some([low, high]) = known.split.filter(|_| known.splits >= SPLITS) {
        // zero is zero in every unit
        let count =
            |of: &dyn Fn(f64) -> bool| sorted.iter().filter(|x| **x != 0.0 && of(**x)).count();
        let some = count(&|_| true);
        let most = some * 99 / 100;
        if some >= ENOUGH && (count(&|x| x < low) > most || count(&|x| x >= high) > most) {
            let looks = fitting(input, median, |x| (low..=high).contains(&x));
            let how =
                "the splits of the model on it send nearly every row of the data the same way";
            return Some(told(input, how, looks.as_ref()));
        }
    }
    None
}

fn told(input: &InputCard, how: &str, looks: Option<&Pair>) -> String {
    let name = shown(&input.name);
    match looks {
        Some(pair) => format!(
            "input `{name}`: {how}; it looks like a column in {} where the model reads {} (factor {}); nothing was \
             converted: check the unit, and declare a conversion in the study file if it is so",
            pair.from,
            pair.to,
            two_digits(pair.factor)
        ),
        None => format!("input `{name}`: {how}; other patients, another unit or another column?"),
    }
}

/// The usual change of unit that makes a median fit, the most common first.
fn fitting(input: &InputCard, median: f64, fits: impl Fn(f64) -> bool) -> Option<Pair> {
    if fits(median) {
        return None;
    }
    let mut all = conversion::pairs(&input.name);
    if let Some(unit) = &input.unit
        && all.iter().any(|pair| unit::same(&pair.to, unit))
    {
        all.retain(|pair| unit::same(&pair.to, unit));
    }
    let nameless = all.is_empty();
    all.extend(conversion::tens());
    if nameless {
        all.extend(conversion::usual());
    }
    all.into_iter().find(|pair| fits(pair.apply(median)))
}

/// A number with two digits that count: a ratio, never a value.
fn two_digits(number: f64) -> String {
    if !number.is_finite() || number == 0.0 {
        return "0".to_owned();
    }
    let digits = 1.0 - number.abs().log10().floor();
    if digits <= 0.0 {
        let step = 10f64.powf(-digits);
        return format!("{}", (number / step).round() * step);
    }
    let text = format!("{number:.*}", digits.min(12.0) as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(input: InputCard, known: Known, value: impl Fn(usize) -> f64) -> Result<Vec<String>> {
        let mut table = Table::new(500);
        let values = (0..500).map(value).collect();
        table.insert("c", Column::Number(values)).unwrap();
        let joins = BTreeMap::from([(input.name.clone(), "c".to_owned())]);
        let card = ModelCard {
            inputs: vec![input],
            ..ModelCard::default()
        };
        check(&card, &[known], &table, &joins, &[], 10)
    }

    fn input(name: &str) -> InputCard {
        InputCard {
            name: name.into(),
            ..InputCard::default()
        }
    }

    /// Between 0.5 and 2.5, median 1: creatinine in mg/dL.
    fn creatinine(row: usize) -> f64 {
        0.5 + 2.0 * (row as f64 / 500.0).powi(2)
    }

    #[test]
    fn another_unit_is_told_by_mean_scaler_training_range_and_splits() {
        let declared = InputCard {
            mean: Some(1.1),
            sd: Some(0.6),
            ..input("creatinine")
        };
        let known = Known::default();
        let scaler = Known {
            standard: Some([1.1, 0.6]),
            ..known
        };
        let seen = Known {
            seen: Some([0.2, 9.0]),
            ..known
        };
        let split = Known {
            split: Some([0.6, 3.0]),
            splits: 40,
            ..known
        };
        for (input, known) in [
            (declared, known),
            (input("creatinine"), scaler),
            (input("creatinine"), seen),
            (input("creatinine"), split),
        ] {
            let good = notes(input.clone(), known, creatinine).unwrap();
            assert_eq!(good, [""; 0]);
            let bad = notes(input.clone(), known, |row| 88.4 * creatinine(row)).unwrap();
            assert!(
                bad[0].contains("umol/L") && bad[0].contains("mg/dL"),
                "{bad:?}"
            );
            assert!(bad[0].contains("0.011"), "the factor: {bad:?}");
        }
    }

    #[test]
    fn a_small_change_of_unit_is_told_when_it_explains_the_median() {
        let weight = InputCard {
            mean: Some(78.0),
            sd: Some(16.0),
            ..input("weight")
        };
        let kilograms = |row: usize| 50.0 + 60.0 * row as f64 / 500.0;
        assert_eq!(
            notes(weight.clone(), Known::default(), kilograms).unwrap(),
            [""; 0]
        );
        let pounds = notes(weight, Known::default(), |row| {
            kilograms(row) / 0.453_592_37
        })
        .unwrap();
        assert!(
            pounds[0].contains("in lb where the model reads kg"),
            "{pounds:?}"
        );
        let temperature = InputCard {
            mean: Some(37.0),
            sd: Some(0.8),
            ..input("temperature")
        };
        let fahrenheit = notes(temperature, Known::default(), |row| {
            97.0 + row as f64 / 125.0
        });
        assert!(fahrenheit.unwrap()[0].contains("°F"));
    }

    #[test]
    fn no_value_in_range_stops_the_study_and_half_of_them_is_a_note() {
        let ranged = InputCard {
            unit: Some("mg/dL".into()),
            range: Some([0.1, 20.0]),
            ..input("creatinine")
        };
        let error = notes(ranged.clone(), Known::default(), |row| {
            88.4 * creatinine(row)
        })
        .unwrap_err();
        assert!(error.what.contains("no value of the input `creatinine`"));
        assert!(error.help.unwrap().contains("umol/L"));
        let half = |row: usize| if row.is_multiple_of(3) { 1.0 } else { 88.4 };
        assert!(notes(ranged, Known::default(), half).unwrap()[0].contains("more than half"));
    }

    #[test]
    fn standardised_columns_are_recognised() {
        let age = InputCard {
            mean: Some(61.0),
            sd: Some(14.0),
            ..input("age")
        };
        let found = notes(age, Known::default(), |row| (row as f64 - 250.0) / 200.0).unwrap();
        assert!(found[0].contains("standardised already"), "{found:?}");
    }

    #[test]
    fn few_values_tell_nothing() {
        let age = InputCard {
            range: Some([18.0, 110.0]),
            ..input("age")
        };
        let found = notes(age, Known::default(), |row| {
            if row < 15 { 700.0 } else { f64::NAN }
        });
        assert_eq!(found.unwrap(), [""; 0]);
    }
}
