//! What went wrong, where, and what to do about it.

use std::fmt;

/// A problem told to a person: what, where, and what to do.
///
/// Texts are lower case without a full stop; words of the user stand in back-ticks. A message never holds a value of a
/// patient: rows are counted, columns and files are named, cells are not quoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Error {
    /// What is wrong.
    pub what: String,
    /// File and line, study, column or tensor.
    pub at: Option<String>,
    /// What to do.
    pub help: Option<String>,
}

/// The usual result in this house.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A problem without a place yet.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            at: None,
            help: None,
        }
    }

    /// Says where it is; an inner place already told is kept behind it.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        let place = place.into();
        self.at = Some(match self.at {
            Some(inner) => format!("{place}, {inner}"),
            None => place,
        });
        self
    }

    /// Says where it is, unless that is told already.
    #[must_use]
    pub fn or_at(self, place: &str) -> Self {
        match self.at {
            Some(_) => self,
            None => self.at(place),
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean …" when one of the candidates is close to the word.
    #[must_use]
    pub fn suggest<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match did_you_mean(word, candidates) {
            Some(close) => self.help(format!("did you mean `{close}`?")),
            None => self,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        if let Some(at) = &self.at {
            write!(f, "\n  at: {at}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// The candidate closest to `word`, when one is close enough to be meant (Jaro–Winkler 0.8, `strsim`).
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(closeness, _)| *closeness >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Shortens a name that came from a file and takes out control characters, so that it fits in a message.
pub fn shown(name: &str) -> String {
    const LONGEST: usize = 60;
    let clean: String = name
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(LONGEST + 1)
        .collect();
    if clean.chars().count() > LONGEST {
        clean.chars().take(LONGEST).chain(['…']).collect()
    } else {
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_where_and_what_to_do() {
        let error = Error::new("unknown measure `aurok`")
            .at("configs/sepsis.toml:7")
            .suggest("aurok", ["auroc", "brier"]);
        assert_eq!(
            error.to_string(),
            "unknown measure `aurok`\n  at: configs/sepsis.toml:7\n  help: did you mean `auroc`?"
        );
    }

    #[test]
    fn far_words_are_not_suggested() {
        assert_eq!(did_you_mean("zebra", ["auroc", "brier"]), None);
    }

    #[test]
    fn long_names_and_control_characters_are_tamed() {
        assert_eq!(shown("a\u{1b}[31m"), "a\u{fffd}[31m");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), 61);
    }
}
