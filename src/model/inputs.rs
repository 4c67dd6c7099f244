//! What a model reads of a row: values under the names, order and category codes its card declares.

use crate::dataset::table::{Batch, MISSING};
use crate::dataset::tensor::Tensors;
use crate::error::{Error, Result, shown};
use crate::record::{InputCard, InputKind, MissingRule};

/// One input for all rows of a batch, the missing rule applied.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers; NaN where the row is refused, or the model itself takes the missing value.
    Numbers(Vec<f64>),
    /// Codes in the order of the card's categories; [`MISSING`] where the row is refused, or the model itself takes it.
    Codes(Vec<u32>),
    /// Many numbers in each row, as many as the card's shape says; NaN among them where the row is refused, or the model
    /// itself takes it.
    Tensor(Tensors),
}

/// Why a model does not score a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// The input is missing and nothing stands in for it.
    Missing,
    /// The number lies outside the range the model may see.
    OutsideRange,
    /// The category is not one the model knows.
    UnknownCategory,
}

/// Reads one input. Categories are matched by their words, never by their place in the data.
///
/// Fails when no column feeds the input, or one of the other kind does.
pub fn read(input: &InputCard, batch: &Batch<'_>) -> Result<Values> {
    Ok(judge(input, batch)?.0)
}

/// Reads one input, and the rows it refuses with the reason. With [`MissingRule::Model`] a missing value refuses nothing.
pub fn judge(input: &InputCard, batch: &Batch<'_>) -> Result<(Values, Vec<(usize, Why)>)> {
    let mut refused = Vec::new();
    let values = match input.kind {
        InputKind::Number => {
            let mut numbers = batch.numbers(&input.name)?;
            let stand_in = match input.missing {
                MissingRule::Value(value) => Some(value),
                _ => None,
            };
            let [low, high] = input.range.unwrap_or([f64::MIN, f64::MAX]);
            // nearly all columns have nothing to judge, which is seen without a branch
            let within = |x: &&f64| (**x >= low) & (**x <= high);
            let several = match numbers.iter().filter(within).count() == numbers.len() {
                true => 0,
                false => numbers.len(),
            };
            for (row, number) in numbers.iter_mut().enumerate().take(several) {
                if number.is_nan() {
                    match stand_in {
                        Some(value) => *number = value,
                        None if input.missing == MissingRule::Model => {}
                        None => refused.push((row, Why::Missing)),
                    }
                } else if !(low..=high).contains(number) {
                    *number = f64::NAN;
                    refused.push((row, Why::OutsideRange));
                }
            }
            Values::Numbers(numbers)
        }
        InputKind::Category => {
            let code = |word: &str| {
                input
                    .categories
                    .iter()
                    .position(|category| category == word)
                    .and_then(|place| u32::try_from(place).ok())
            };
            let (mut codes, levels) = batch.codes(&input.name)?;
            let known: Vec<Option<u32>> = levels.iter().map(|level| code(level)).collect();
            let stand_in = match &input.missing {
                MissingRule::Category(word) => code(word),
                _ => None,
            };
            for (row, value) in codes.iter_mut().enumerate() {
                let (mapped, why) = match *value {
                    MISSING => (stand_in, Why::Missing),
                    level => (
                        known.get(level as usize).copied().flatten(),
                        Why::UnknownCategory,
                    ),
                };
                *value = mapped.unwrap_or(MISSING);
                let taken = why == Why::Missing && input.missing == MissingRule::Model;
                if mapped.is_none() && !taken {
                    refused.push((row, why));
                }
            }
            Values::Codes(codes)
        }
        InputKind::Tensor => {
            let mut tensors = batch.tensors(&input.name)?;
            let width: usize = input.shape.iter().product();
            if tensors.width() == 0 {
                // every row is missing
                tensors = Tensors::new(width, vec![f32::NAN; width.saturating_mul(batch.len())])?;
            }
            if tensors.width() != width {
                return Err(Error::new(format!(
                    "the input `{}` reads {width} numbers of a row, and {} are there",
                    shown(&input.name),
                    tensors.width()
                )));
            }
            for row in 0..tensors.len() {
                if input.range.is_some_and(|range| tensors.strays(row, range)) {
                    tensors.miss(row);
                    refused.push((row, Why::OutsideRange));
                } else if tensors.is_missing(row) && input.missing != MissingRule::Model {
                    refused.push((row, Why::Missing));
                }
            }
            Values::Tensor(tensors)
        }
    };
    Ok((values, refused))
}

impl Values {
    /// True when the row is refused.
    pub fn refuses(&self, row: usize) -> bool {
        match self {
            Self::Numbers(numbers) => numbers.get(row).is_none_or(|number| number.is_nan()),
            Self::Codes(codes) => codes.get(row).is_none_or(|code| *code == MISSING),
            Self::Tensor(tensors) => tensors.is_missing(row),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::table::{Category, Column, Table};
    use std::collections::BTreeMap;

    fn table() -> Table {
        let mut table = Table::new(4);
        let ages = vec![30.0, f64::NAN, 200.0, 50.0];
        table.insert("age", Column::Number(ages)).unwrap();
        let sex = Category {
            codes: vec![1, 0, MISSING, 2],
            levels: vec!["male".into(), "female".into(), "unknown".into()],
        };
        table.insert("sex", Column::Category(sex)).unwrap();
        table
    }

    fn joins() -> BTreeMap<String, String> {
        BTreeMap::from([("age".into(), "age".into()), ("sex".into(), "sex".into())])
    }

    fn age(missing: MissingRule) -> InputCard {
        InputCard {
            name: "age".into(),
            range: Some([18.0, 110.0]),
            missing,
            ..InputCard::default()
        }
    }

    fn sex(missing: MissingRule) -> InputCard {
        InputCard {
            name: "sex".into(),
            kind: InputKind::Category,
            categories: vec!["female".into(), "male".into()],
            missing,
            ..InputCard::default()
        }
    }

    #[test]
    fn categories_are_matched_by_word_and_missing_rules_are_kept() {
        let (table, joins) = (table(), joins());
        let batch = Batch::new(&table, &joins, &[0, 1, 2, 3]);
        let codes = |rule| match read(&sex(rule), &batch).unwrap() {
            Values::Codes(codes) => codes,
            _ => panic!("a category"),
        };
        assert_eq!(codes(MissingRule::Refuse), [0, 1, MISSING, MISSING]);
        assert_eq!(
            codes(MissingRule::Category("male".into())),
            [0, 1, 1, MISSING]
        );
        match read(&age(MissingRule::Value(60.0)), &batch).unwrap() {
            Values::Numbers(ages) => {
                assert_eq!((ages[0], ages[1], ages[3]), (30.0, 60.0, 50.0));
                assert!(ages[2].is_nan());
            }
            _ => panic!("a number"),
        }
    }

    #[test]
    fn every_refused_row_has_its_reason() {
        let (table, joins) = (table(), joins());
        let batch = Batch::new(&table, &joins, &[3, 2, 1, 0]);
        let refused = |input| judge(&input, &batch).unwrap().1;
        assert_eq!(
            refused(age(MissingRule::Refuse)),
            [(1, Why::OutsideRange), (2, Why::Missing)]
        );
        assert_eq!(
            refused(sex(MissingRule::Refuse))[0],
            (0, Why::UnknownCategory)
        );
    }

    #[test]
    fn a_model_that_takes_missing_values_gets_them_and_nothing_else_passes() {
        let (table, joins) = (table(), joins());
        let batch = Batch::new(&table, &joins, &[0, 1, 2, 3]);
        let (values, refused) = judge(&age(MissingRule::Model), &batch).unwrap();
        assert!(values.refuses(1), "the value stays missing");
        assert_eq!(refused, [(2, Why::OutsideRange)]);
        let (_, refused) = judge(&sex(MissingRule::Model), &batch).unwrap();
        assert_eq!(refused, [(3, Why::UnknownCategory)]);
    }

    #[test]
    fn a_row_with_a_missing_number_or_one_outside_the_range_is_refused() {
        let mut table = Table::new(3);
        let numbers = vec![0.0, 1.0, 2.0, f32::NAN, 9.0, 1.0];
        let tensors = Tensors::new(2, numbers).unwrap();
        table.insert("ecg", Column::Tensor(tensors)).unwrap();
        let joins = BTreeMap::from([("ecg".to_owned(), "ecg".to_owned())]);
        let batch = Batch::new(&table, &joins, &[2, 1, 0]);
        let ecg = |missing, shape| InputCard {
            name: "ecg".into(),
            kind: InputKind::Tensor,
            shape,
            range: Some([0.0, 5.0]),
            missing,
            ..InputCard::default()
        };
        let (values, refused) = judge(&ecg(MissingRule::Refuse, vec![2]), &batch).unwrap();
        assert_eq!(refused, [(0, Why::OutsideRange), (1, Why::Missing)]);
        let Values::Tensor(tensors) = &values else {
            panic!("a tensor")
        };
        assert_eq!(tensors.row(2), [0.0, 1.0]);
        assert!(values.refuses(0) && values.refuses(1) && !values.refuses(2));
        let (_, refused) = judge(&ecg(MissingRule::Model, vec![2, 1]), &batch).unwrap();
        assert_eq!(refused, [(0, Why::OutsideRange)]);
        let told = judge(&ecg(MissingRule::Refuse, vec![3]), &batch).unwrap_err();
        assert!(told.what.contains("reads 3 numbers"), "{told}");
    }

    #[test]
    fn a_column_of_the_other_kind_is_an_error() {
        let table = table();
        let joins = BTreeMap::from([("age".to_owned(), "sex".to_owned())]);
        let batch = Batch::new(&table, &joins, &[0]);
        assert!(read(&age(MissingRule::Refuse), &batch).is_err());
        assert!(read(&sex(MissingRule::Refuse), &batch).is_err());
    }
}
