//! Questions that every part of a condition's file is asked.

use crate::error::Error;
use crate::sheet::Section;

/// The value that a word of a list stands for.
pub fn chosen<T: Copy>(section: &Section<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let given = section.one_of(key, &known)?;
    words
        .iter()
        .find(|(word, _)| *word == given)
        .map(|(_, value)| *value)
}

/// One of the words, which must be there.
pub fn needed<T: Copy>(section: &Section<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
    if !section.has(key) {
        section.missing(key);
    }
    chosen(section, key, words)
}

/// A text for readers: there, and without markup or control characters.
pub fn plain(section: &Section<'_>, key: &str) -> String {
    let text = section.need_text(key);
    let opens_a_tag = |after: char| after.is_ascii_alphabetic() || "/!?".contains(after);
    let markup = text
        .split('<')
        .skip(1)
        .any(|after| after.starts_with(opens_a_tag));
    if markup {
        section.problem(
            key,
            Error::new(format!("`{key}` holds markup")).help("write plain words"),
        );
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        section.problem(key, Error::new(format!("`{key}` holds control characters")));
    }
    text
}

/// True for small letters, digits and single hyphens between them.
pub fn is_kebab_case(word: &str) -> bool {
    word.split('-').all(|part| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}
