//! The `[explain]` table of a study file: how much is explained, and what should not tell a risk.

use crate::error::Error;
use crate::sheet::Section;

/// Rows explained unless said.
const ROWS: u64 = 2000;
/// Rows that stand for not knowing a value, unless said.
const BACKGROUND: u64 = 100;
/// More rows than this are a slip of the pen.
const MOST: u64 = 10_000_000;

/// What a study file says of explanations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainText {
    /// Rows explained of each study, about; 0 explains nothing.
    pub rows: u64,
    /// Rows that stand for not knowing a value.
    pub background: u64,
    /// Groups of the dataset that should not tell a risk, beside the centre.
    pub shortcuts: Vec<String>,
    /// `file:line` of `shortcuts`.
    pub place: String,
}

impl Default for ExplainText {
    fn default() -> Self {
        Self {
            rows: ROWS,
            background: BACKGROUND,
            shortcuts: Vec::new(),
            place: String::new(),
        }
    }
}

/// Reads `[explain]`, or `explain = false`.
pub fn read(top: &Section<'_>) -> ExplainText {
    let usual = ExplainText::default();
    if !top.has("explain") {
        return usual;
    }
    if top.kind("explain") == Some("true or false") {
        let rows = if top.flag("explain") == Some(false) {
            0
        } else {
            ROWS
        };
        return ExplainText { rows, ..usual };
    }
    let Some(section) = top.section("explain") else {
        return usual;
    };
    let rows = section.whole("rows").unwrap_or(ROWS);
    if rows > MOST {
        section.problem(
            "rows",
            Error::new(format!("`rows` is more than {MOST}"))
                .help("2000 tells an importance to about 3 %"),
        );
    }
    let background = section.whole("background").unwrap_or(BACKGROUND);
    if !(10..=10_000).contains(&background) {
        section.problem(
            "background",
            Error::new("`background` must lie between 10 and 10000").help("100 is usual"),
        );
    }
    ExplainText {
        rows,
        background,
        shortcuts: section.texts("shortcuts").unwrap_or_default(),
        place: section.place("shortcuts"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Sheet;

    fn of(text: &str) -> (ExplainText, Vec<Error>) {
        let sheet = Sheet::parse(text, "s.toml").unwrap();
        let found = read(&sheet.top());
        (found, sheet.finish())
    }

    #[test]
    fn explanations_are_made_unless_said_otherwise() {
        assert_eq!(of("").0.rows, ROWS);
        assert_eq!(of("explain = false").0.rows, 0);
        assert_eq!(of("explain = true").0.rows, ROWS);
        let (found, problems) = of("[explain]\nrows = 500\nshortcuts = [\"device\"]");
        assert_eq!(
            (found.rows, found.shortcuts, problems.len()),
            (500, vec!["device".to_owned()], 0)
        );
    }

    #[test]
    fn nonsense_is_told_all_at_once() {
        let (_, problems) = of("[explain]\nrow = 5\nbackground = 3\nrows = 99999999999");
        assert_eq!(problems.len(), 3, "{problems:#?}");
    }
}
