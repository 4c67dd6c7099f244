//! Texts that people write.

use keur::config::{dataset_card, model_card, study};
use keur::sheet::Sheet;

/// Reads one text as every kind of card; each must end in values or in errors.
pub fn read(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(sheet) = Sheet::parse(text, "card.toml") {
        let _ = model_card::read(&sheet, "m");
        shown(sheet);
    }
    if let Ok(sheet) = Sheet::parse(text, "card.toml") {
        let _ = dataset_card::read(&sheet, "d");
        shown(sheet);
    }
    if let Ok(sheet) = Sheet::parse(text, "study.toml") {
        let _ = study::read(&sheet);
        shown(sheet);
    }
}

fn shown(sheet: Sheet) {
    for error in sheet.finish() {
        let _ = error.to_string();
    }
}
