//! Pages: every format is a pure function of the record.
//!
//! | step | file |
//! | --- | --- |
//! | read a record back | `read.rs` |
//! | refuse what no page may show | `finite.rs` |
//! | look things up | `view.rs`, `leaning.rs` |
//! | say it in words | `words.rs`, `lexicon.rs`, `explained.rs`, `reading.rs`, `frequency.rs` |
//! | draw it | `figure/` |
//! | put it in order | `sections/` → `document.rs` |
//! | render it | `html.rs`, `markdown.rs`, `json.rs`, `junit.rs` |
//! | keep it | `shelve.rs` |

mod document;
mod escape;
mod explained;
mod figure;
mod finite;
mod format;
mod frequency;
mod html;
mod json;
mod junit;
mod leaning;
mod lexicon;
mod markdown;
mod read;
mod reading;
mod sections;
mod shelve;
mod view;
mod words;

pub use format::Format;
pub use read::read_record;
pub use shelve::{clean_up, parts, try_out, write};

/// Every format, in the order in which they are shown and written.
pub fn all() -> &'static [Format] {
    const ALL: &[Format] = &[html::FORMAT, json::FORMAT, junit::FORMAT, markdown::FORMAT];
    ALL
}

/// The format of that name.
pub fn find(id: &str) -> Option<&'static Format> {
    all().iter().find(|format| format.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_and_files_are_unique_and_described() {
        let ids: BTreeSet<_> = all().iter().map(|f| f.id).collect();
        let files: BTreeSet<_> = all().iter().map(|f| f.file).collect();
        assert_eq!((ids.len(), files.len()), (all().len(), all().len()));
        assert!(all().iter().all(|f| !f.what.is_empty()));
        assert_eq!(find("json").map(|f| f.file), Some("record.json"));
        assert!(find("pdf").is_none());
    }
}
