//! Reads a record back from `record.json`.

use crate::error::{Error, Result, did_you_mean, shown};
use crate::record::{FORMAT, Record};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Larger files are refused before they are read, in bytes.
const LARGEST: u64 = 512 * 1024 * 1024;

/// The tag alone, so that a record of another version is called that and not "missing field".
#[derive(serde::Deserialize)]
struct Tag {
    format: Option<String>,
}

/// The record in a file that `keur run` wrote. Errors: not a file, too large, not JSON, not a record of this format; each
/// with the file and, where there is one, the line.
pub fn read_record(path: &Path) -> Result<Record> {
    let place = path.display().to_string();
    let text = text_of(path).map_err(|e| e.at(place.clone()))?;
    let wrong = |e: &serde_json::Error| {
        Error::new(format!("this is not a record: {}", told(e)))
            .at(format!("{place}:{}", e.line()))
            .help("give the `record.json` that `keur run` wrote")
    };
    let tag: Tag = serde_json::from_str(&text).map_err(|e| wrong(&e))?;
    match tag.format.as_deref() {
        Some(FORMAT) => serde_json::from_str(&text).map_err(|e| wrong(&e)),
        Some(other) => {
            let known = did_you_mean(other, [FORMAT]).is_some();
            Err(Error::new(format!(
                "this version of keur reads `{FORMAT}`, the file says `{}`",
                shown(other)
            ))
            .at(place)
            .help(if known {
                "read it with the version of keur that wrote it, or run the study again"
            } else {
                "give the `record.json` that `keur run` wrote"
            }))
        }
        None => Err(Error::new(format!(
            "this is not a record: it does not say `\"format\": \"{FORMAT}\"`"
        ))
        .at(place)
        .help("give the `record.json` that `keur run` wrote")),
    }
}

fn text_of(path: &Path) -> Result<String> {
    let unreadable = |e: std::io::Error| Error::new(format!("the record cannot be read: {e}"));
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err(
            Error::new("this is not a file").help("give the `record.json` inside the folder")
        );
    }
    let too_large = || {
        Error::new(format!(
            "the file is larger than {} MiB, so it is not read",
            LARGEST / 1024 / 1024
        ))
        .help("a record holds no rows of patients and stays far smaller; is this another file?")
    };
    if about.len() > LARGEST {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|_| Error::new("the file is not UTF-8 text"))
}

/// serde_json's own words without its place, which is told apart.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    shown(text.split(" at line ").next().unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Error {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        std::fs::write(&path, text).unwrap();
        read_record(&path).unwrap_err()
    }

    #[test]
    fn a_broken_record_is_told_with_its_line() {
        let error = read("{\n  \"format\": \"keur-record/1\",\n  \"title\": oops\n}");
        assert!(error.at.unwrap().ends_with("record.json:3"));
        let error = read("{\n  \"format\": \"keur-record/1\",\n  \"title\": 5\n}");
        assert!(error.what.contains("invalid type"), "{error}");
    }

    #[test]
    fn a_record_of_another_version_is_called_that() {
        let error = read(r#"{"format": "keur-record/2"}"#);
        assert!(error.what.contains("`keur-record/2`"), "{error}");
        assert!(read("{}").what.contains("keur-record/1"));
        assert!(read("[1]").what.contains("not a record"));
    }

    #[test]
    fn a_folder_and_a_missing_file_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            read_record(folder.path())
                .unwrap_err()
                .what
                .contains("not a file")
        );
        assert!(
            read_record(&folder.path().join("none"))
                .unwrap_err()
                .what
                .contains("cannot be read")
        );
    }
}
