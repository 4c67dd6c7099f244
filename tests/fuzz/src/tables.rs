//! Tables: the header, then every column it names.

use crate::folder;
use keur::dataset::{names, open};
use keur::record::{ColumnCard, ColumnRole, DatasetCard, InputKind, RangeRule};
use std::sync::Once;

/// Columns that are read.
const MOST: usize = 12;

/// Reads a file: words where the place is odd, one of them the patient.
pub fn read(format: &str, data: &[u8]) {
    // the readers of Parquet and Arrow may stop in a panic, which keur takes for a damaged file: only what gets out counts
    static QUIET: Once = Once::new();
    if format != "csv" {
        QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    }
    let path = folder().join(format);
    std::fs::write(&path, data).expect("a file");
    let mut card = DatasetCard {
        format: format.into(),
        missing: vec!["-9".into(), "NA".into()],
        ..DatasetCard::default()
    };
    let Ok(names) = names(&path, &card) else {
        return;
    };
    let wanted: Vec<String> = names.into_iter().take(MOST).collect();
    card.columns = wanted.iter().enumerate().map(|(at, name)| column(at, name)).collect();
    match open(&path, &card, &wanted) {
        Ok(table) => {
            assert!(table.rows() > 0);
            assert!(table.copies().iter().all(|row| (*row as usize) < table.rows()));
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
}

fn column(at: usize, name: &str) -> ColumnCard {
    ColumnCard {
        name: name.into(),
        roles: vec![if at == 1 { ColumnRole::Patient } else { ColumnRole::Input }],
        input: None,
        unit: None,
        kind: if at % 2 == 1 { InputKind::Category } else { InputKind::Number },
        event: None,
        range: (at == 2).then_some([0.0, 10.0]),
        categories: Vec::new(),
        outside: RangeRule::Missing,
        missing: Vec::new(),
        bands: Vec::new(),
        reference: None,
        labels: Default::default(),
    }
}
