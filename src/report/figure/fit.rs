//! Words made to fit: shortened to a width, or broken into lines.

use super::svg::width_of;
use crate::report::words;

/// The text, shortened to a width.
pub fn fitted(text: &str, width: f64, size: f64) -> String {
    let mut longest = text.chars().count().min(400);
    while longest > 1 && width_of(&words::clip(text, longest), size) > width {
        longest -= 1;
    }
    words::clip(text, longest)
}

/// The text in at most so many lines, broken after spaces, hyphens and underscores; what does not fit ends in `…`.
pub fn wrapped(text: &str, width: f64, size: f64, lines: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for piece in pieces(text) {
        let full = out.len() >= lines.max(1);
        match out.last_mut() {
            Some(line) if full || width_of(&format!("{line}{piece}"), size) <= width => {
                line.push_str(&piece);
            }
            _ => out.push(piece),
        }
    }
    out.iter()
        .map(|line| fitted(line.trim(), width, size))
        .collect()
}

/// The text cut after every space, hyphen and underscore; nothing is lost.
fn pieces(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    for c in text.chars().take(400) {
        if let Some(last) = out.last_mut() {
            last.push(c);
        }
        if matches!(c, ' ' | '-' | '_' | '/') {
            out.push(String::new());
        }
    }
    out.retain(|piece| !piece.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_shortened_and_long_texts_broken() {
        assert_eq!(fitted("short", 100.0, 12.0), "short");
        assert!(fitted(&"x".repeat(9000), 100.0, 12.0).ends_with('…'));
        assert_eq!(
            wrapped("respiratory rate", 80.0, 12.0, 3),
            ["respiratory", "rate"]
        );
        let lines = wrapped(
            "a-very-long name of an input that never ends",
            60.0,
            12.0,
            2,
        );
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'));
        assert!(wrapped("", 60.0, 12.0, 2).is_empty());
    }
}
