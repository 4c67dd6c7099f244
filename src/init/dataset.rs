//! The skeleton of a dataset's card: the names of its columns, and nothing of a row. The card is written beside the data,
//! which are never copied.

use crate::dataset;
use crate::error::{Error, Result};
use crate::init::card::{OPEN, quoted};
use crate::record::DatasetCard;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// Separators a line of names may have.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// The first line of delimited text is looked for within this.
const HEAD: u64 = 1 << 20;

/// The text of the card of a file of data.
///
/// # Errors
/// A file that cannot be read, and delimited text whose first line looks like a row: it is not told, for it may be a
/// patient's.
pub fn text(path: &Path) -> Result<String> {
    let told = |e: std::io::Error| Error::new(format!("cannot read the file: {e}"));
    let mut head = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .map_err(told)?;
    let format = match head.as_slice() {
        [b'P', b'A', b'R', b'1', ..] => "parquet",
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => "arrow",
        _ => "csv",
    };
    let delimiter = match format {
        "csv" => delimiter(&head),
        _ => ',',
    };
    let card = DatasetCard {
        format: format.to_owned(),
        delimiter: (delimiter != ',').then(|| delimiter.to_string()),
        ..DatasetCard::default()
    };
    let names = dataset::names(path, &card)?;
    if format == "csv" && !are_names(&names) {
        return Err(
            Error::new("the first line looks like a row, not like the names of columns")
                .help("write a line of names above the data"),
        );
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let mut text = String::from(
        "# written by `keur init dataset` from the names of the columns; nothing of a row was read\n",
    );
    text += &format!(
        "name = \"\"  {OPEN} what the dataset is called\nfile = {}\nformat = \"{format}\"\n",
        quoted(&file)
    );
    match delimiter {
        ',' => {}
        '\t' => text += "delimiter = \"tab\"\n",
        other => text += &format!("delimiter = \"{other}\"\n"),
    }
    text += "# missing = [\"\", \"NA\"]\n# controller = \"\"\n# ground = \"\"\n# period = \"\"\n# population = \"\"\n# licence = \"\"\n# source = \"\"\n\n# [pseudonymisation]\n# method = \"\"\n# key-holder = \"\"\n# date = 2026-01-01\n";
    for name in &names {
        text += &format!(
            "\n[[columns]]\nname = {}\nrole = \"\"  {OPEN} patient, outcome, input, group, site, weight, prediction, date or ignore\n# unit = \"\"\n",
            quoted(name.trim())
        );
    }
    text += "\n# the outcome also says which cells are events: event = \"1\"\n";
    Ok(text)
}

/// The separator that stands most often in the first line.
fn delimiter(head: &[u8]) -> char {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |c: &char| line.iter().filter(|byte| char::from(**byte) == *c).count();
    let most = DELIMITERS.iter().rev().max_by_key(|c| count(c));
    most.copied().unwrap_or(',')
}

/// True when no name is a number or a date, empty, or there twice.
fn are_names(names: &[String]) -> bool {
    let mut seen = BTreeSet::new();
    names.iter().all(|name| {
        let name = name.trim();
        let figures = name.chars().filter(char::is_ascii_digit).count();
        name.parse::<f64>().is_err()
            && figures * 2 < name.chars().count()
            && seen.insert(name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(data: &str) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.csv");
        std::fs::write(&path, data).unwrap();
        text(&path)
    }

    #[test]
    fn columns_are_named_and_rows_are_not_told() {
        let card = of("patient;age;died\nSECRET;71;1\n").unwrap();
        for name in ["\"patient\"", "\"age\"", "\"died\"", "delimiter = \";\""] {
            assert!(card.contains(name), "{card}");
        }
        assert!(!card.contains("SECRET") && !card.contains("71"));
        assert!(card.parse::<toml::Table>().is_ok());
    }

    #[test]
    fn a_row_in_place_of_names_is_refused_and_not_told() {
        for data in ["SECRET,71,1\nOTHER,60,0\n", "a,2001-01-05\n", "a,a\n"] {
            let error = of(data).unwrap_err();
            assert!(error.what.contains("looks like a row"), "{error}");
            assert!(!error.to_string().contains("SECRET"));
        }
    }
}
