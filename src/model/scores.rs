//! Models that need no file: a prediction column of the data, and the two reference strategies.

use crate::dataset::table::Batch;
use crate::error::{Error, Result};
use crate::model::predict::{Model, Opened};
use crate::record::ModelCard;
use std::path::Path;

/// Predictions that stand in the data under the name of `card.column`.
#[derive(Debug)]
struct Given {
    column: String,
}

impl Model for Given {
    fn predict(&self, batch: &Batch<'_>) -> Result<Vec<f64>> {
        batch.numbers(&self.column)
    }
}

/// The same score for everyone.
#[derive(Debug)]
struct Same(f64);

impl Model for Same {
    fn predict(&self, batch: &Batch<'_>) -> Result<Vec<f64>> {
        Ok(vec![self.0; batch.len()])
    }
}

/// Opens the format `column`: the batch joins a pseudo-input named exactly like `card.column`.
pub fn column(card: &ModelCard, _folder: &Path) -> Opened {
    match &card.column {
        Some(column) if !column.is_empty() => Ok(Box::new(Given {
            column: column.clone(),
        })),
        _ => {
            Err(vec![Error::new("a `column` model needs `column`").help(
                "name the column of the data that holds the prediction",
            )])
        }
    }
}

/// Opens `treat-all`: the risk 1 for everyone, above every threshold.
pub fn treat_all(_card: &ModelCard, _folder: &Path) -> Opened {
    Ok(Box::new(Same(1.0)))
}

/// Opens `treat-none`: the risk 0 for everyone, below every threshold.
pub fn treat_none(_card: &ModelCard, _folder: &Path) -> Opened {
    Ok(Box::new(Same(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::table::{Column, Table};
    use std::collections::BTreeMap;

    #[test]
    fn a_column_is_handed_through_and_strategies_score_everyone_alike() {
        let mut table = Table::new(3);
        table
            .insert("their-risk", Column::Number(vec![0.1, f64::NAN, 0.3]))
            .unwrap();
        let joins = BTreeMap::from([("risk".to_owned(), "their-risk".to_owned())]);
        let batch = Batch::new(&table, &joins, &[2, 0]);
        let card = ModelCard {
            column: Some("risk".into()),
            ..ModelCard::default()
        };
        let folder = Path::new(".");
        let model = column(&card, folder).unwrap();
        assert_eq!(model.predict(&batch).unwrap(), [0.3, 0.1]);
        let all = treat_all(&card, folder).unwrap();
        assert_eq!(all.predict(&batch).unwrap(), [1.0, 1.0]);
        let none = treat_none(&card, folder).unwrap();
        assert_eq!(none.predict(&batch).unwrap(), [0.0, 0.0]);
        assert!(column(&ModelCard::default(), folder).is_err());
    }
}
