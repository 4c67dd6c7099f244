//! Text from files made harmless: for XML (HTML, SVG and JUnit alike) and for Markdown.

/// Characters that may be shown: no control character, nothing XML 1.0 forbids, and nothing that turns the direction of
/// reading (which could make a page say something other than its bytes). Others become `�`.
pub fn visible(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// Text for XML, in an element or in an attribute; line ends survive inside attributes.
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars().map(visible) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
    out
}

/// Text for a line or a table cell of Markdown: no mark-up, no HTML, no line end.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars().map(visible) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '!' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The address, when it is one a reader may follow: `https://` or `http://`, without spaces or control characters.
pub fn link(address: &str) -> Option<&str> {
    let lower = address.get(..8)?.to_ascii_lowercase();
    let web = lower.starts_with("https://") || lower.starts_with("http://");
    let plain = !address
        .chars()
        .any(|c| c.is_whitespace() || visible(c) != c || "<>\"'`()\\".contains(c));
    (web && plain).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_becomes_mark_up() {
        assert_eq!(
            xml("<script>alert('x')</script> ]]> & \"q\""),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; ]]&gt; &amp; &quot;q&quot;"
        );
        assert_eq!(markdown("a|b`c`\n<i>*d*"), "a\\|b\\`c\\` &lt;i&gt;\\*d\\*");
    }

    #[test]
    fn characters_that_xml_forbids_or_that_turn_reading_round_are_replaced() {
        assert_eq!(
            xml("a\u{0}b\u{1b}c\u{202e}d\u{ffff}"),
            "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}"
        );
    }

    #[test]
    fn only_web_addresses_are_links() {
        assert_eq!(
            link("https://eur-lex.europa.eu/x?y=1"),
            Some("https://eur-lex.europa.eu/x?y=1")
        );
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "https://a b",
            "x",
            "https://a\"b",
            "é:::::::::",
        ] {
            assert_eq!(link(bad), None, "{bad}");
        }
    }
}
