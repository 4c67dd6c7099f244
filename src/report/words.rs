//! Numbers and verdicts as a reader sees them: sensible digits, hidden values hidden, missing numbers explained.

use crate::record::{Count, Interval, Level, Undefined, Value, Verdict};

/// How a number is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A share of people, shown in percent.
    Share,
    /// A number between 0 and 1 where the third digit matters.
    Index,
    /// A ratio or slope around 1.
    Ratio,
    /// A number around 0, with its sign.
    Signed,
    /// Small and around 0: net benefit.
    Small,
}

/// No-break space, between a number and its sign.
const NBSP: char = '\u{a0}';

/// `0.873`, `1.04`, `−0.21`, `12 %`.
pub fn number(kind: Kind, x: f64) -> String {
    digits(kind, x, decimals(kind, x, None))
}

/// `0.851 to 0.889`; the same decimals as the point it belongs to.
pub fn interval(kind: Kind, point: f64, i: &Interval) -> String {
    let d = decimals(kind, point, Some(i));
    let bare = |x| digits(kind, x, d).replace([NBSP, '%'], "");
    format!("{} to {}", bare(i.low), bare(i.high))
}

/// `0.873 (0.851 to 0.889)`, `<10 (hidden)`, or why there is no number.
pub fn value(kind: Kind, value: &Value) -> String {
    match value {
        Value::Known {
            point,
            interval: Some(i),
            ..
        } => {
            format!(
                "{} ({})",
                digits(kind, *point, decimals(kind, *point, Some(i))),
                interval(kind, *point, i)
            )
        }
        Value::Known { point, .. } => number(kind, *point),
        Value::Undefined { undefined } => undefined.sentence().to_owned(),
        Value::Masked { masked } => hidden(masked),
    }
}

/// The point alone, with the decimals its interval asks for.
pub fn point(kind: Kind, point: f64, interval: Option<&Interval>) -> String {
    digits(kind, point, decimals(kind, point, interval))
}

/// What stands in place of a number that would say too much: `<10 (hidden)`.
pub fn hidden(masked: &str) -> String {
    match masked {
        "complement" => "hidden".to_owned(),
        few => format!("{few} (hidden)"),
    }
}

/// `20,000`, `<10`, `hidden`.
pub fn count(count: &Count) -> String {
    count.known().map_or_else(|| count.to_string(), whole)
}

/// Thousands separated: `1,234,567`.
pub fn whole(n: u64) -> String {
    let plain = n.to_string();
    let mut out = String::with_capacity(plain.len() + plain.len() / 3);
    for (i, c) in plain.chars().enumerate() {
        if i > 0 && (plain.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A threshold on the risk: `20 %`, `12.5 %`.
pub fn threshold(t: f64) -> String {
    let percent = format!("{:.4}", t * 100.0);
    let short = percent.trim_end_matches('0').trim_end_matches('.');
    format!("{short}{NBSP}%")
}

/// A fixed number of decimals with a true minus sign and never `−0.00`.
pub fn fixed(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text,
    }
}

/// The number with an explicit sign: `+0.12`, `−0.12`, `0.00`.
pub fn signed(x: f64, decimals: usize) -> String {
    let text = fixed(x, decimals);
    let zero = text.chars().all(|c| c == '0' || c == '.');
    if x > 0.0 && !zero {
        format!("+{text}")
    } else {
        text
    }
}

/// The first `longest` characters, with `…` when more was there.
pub fn clip(text: &str, longest: usize) -> String {
    let mut chars = text.chars();
    let head: String = chars.by_ref().take(longest).collect();
    match chars.next() {
        None => head,
        Some(_) => head
            .chars()
            .take(longest.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

/// `1 condition`, `2 conditions`.
pub fn many(n: usize, one: &str, more: &str) -> String {
    format!("{} {}", whole(n as u64), if n == 1 { one } else { more })
}

/// A text from a file as a sentence: ends in a full stop.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', '…']) || text.is_empty() {
        return text.to_owned();
    }
    format!("{text}.")
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// The verdict in words.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::NotMet => "not met",
        Verdict::NotAssessable => "cannot be assessed",
        Verdict::NotApplicable => "does not apply",
    }
}

/// The level in words.
pub fn level(level: Level) -> &'static str {
    match level {
        Level::Blocker => "blocker",
        Level::Must => "must",
        Level::Should => "should",
    }
}

/// Why there is no number, short enough for a picture.
pub fn briefly(undefined: Undefined) -> &'static str {
    match undefined {
        Undefined::NoRows => "no rows",
        Undefined::NoEvents => "no events",
        Undefined::NoNonEvents => "only events",
        Undefined::NoPositives => "nobody alerted",
        Undefined::NoNegatives => "everyone alerted",
        Undefined::NoExpectedEvents => "no events expected",
        Undefined::ConstantScore => "all scores equal",
        Undefined::Separated => "perfectly separated",
        Undefined::NotConverged => "fit failed",
        Undefined::Infinite => "infinite",
        Undefined::ZeroReference => "reference is zero",
        Undefined::NotAProbability => "not a probability",
        Undefined::TooFewExplained => "too few were explained",
        Undefined::NothingToShare => "leans on nothing here",
    }
}

fn decimals(kind: Kind, point: f64, interval: Option<&Interval>) -> usize {
    match kind {
        Kind::Index => 3,
        Kind::Ratio | Kind::Signed => 2,
        Kind::Share => {
            let narrow = interval.is_some_and(|i| i.high - i.low < 0.01);
            usize::from(narrow || !(0.0995..=0.99).contains(&point))
        }
        Kind::Small => 4,
    }
}

fn digits(kind: Kind, x: f64, decimals: usize) -> String {
    match kind {
        Kind::Share => percent(x, decimals),
        Kind::Signed => signed(x, decimals),
        Kind::Index | Kind::Ratio | Kind::Small => fixed(x, decimals),
    }
}

/// Nothing that happened is shown as 0 %, nothing that failed to happen as 100 %.
fn percent(x: f64, decimals: usize) -> String {
    let d = (decimals..=3)
        .find(|d| {
            let shown = (x * 100.0 * 10f64.powi(*d as i32)).round();
            let all = 100.0 * 10f64.powi(*d as i32);
            !(shown == 0.0 && x > 0.0 || shown == all && x < 1.0)
        })
        .unwrap_or(decimals);
    format!("{}{NBSP}%", fixed(x * 100.0, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(point: f64, low: f64, high: f64) -> Value {
        let interval = Interval {
            low,
            high,
            level: 0.95,
            method: "wilson".into(),
            se: None,
        };
        Value::Known {
            point,
            interval: Some(interval),
            bootstrap: None,
        }
    }

    #[test]
    fn digits_are_sensible() {
        assert_eq!(
            value(Kind::Index, &known(0.8731, 0.8512, 0.8889)),
            "0.873 (0.851 to 0.889)"
        );
        assert_eq!(
            value(Kind::Ratio, &known(1.0444, 0.95, 1.149)),
            "1.04 (0.95 to 1.15)"
        );
        assert_eq!(
            value(Kind::Share, &known(0.7231, 0.68, 0.755)),
            "72\u{a0}% (68 to 76)"
        );
        assert_eq!(
            value(Kind::Share, &known(0.0831, 0.08, 0.09)),
            "8.3\u{a0}% (8.0 to 9.0)"
        );
        assert_eq!(
            value(Kind::Small, &known(0.0312, 0.0299, 0.0331)),
            "0.0312 (0.0299 to 0.0331)"
        );
        assert_eq!(number(Kind::Signed, -0.214), "\u{2212}0.21");
        assert_eq!(number(Kind::Signed, -0.001), "0.00");
    }

    #[test]
    fn rare_is_not_never_and_common_is_not_always() {
        assert_eq!(number(Kind::Share, 0.0004), "0.04\u{a0}%");
        assert_eq!(number(Kind::Share, 0.0), "0.0\u{a0}%");
        assert_eq!(number(Kind::Share, 0.9999), "99.99\u{a0}%");
        assert_eq!(number(Kind::Share, 1.0), "100.0\u{a0}%");
    }

    #[test]
    fn hidden_values_stay_hidden_and_missing_ones_say_why() {
        assert_eq!(
            value(
                Kind::Index,
                &Value::Masked {
                    masked: "<10".into()
                }
            ),
            "<10 (hidden)"
        );
        let none = Value::Undefined {
            undefined: Undefined::NoEvents,
        };
        assert_eq!(value(Kind::Index, &none), "no row had the event");
    }

    #[test]
    fn thousands_thresholds_and_lists_read_well() {
        assert_eq!(whole(1_234_567), "1,234,567");
        assert_eq!(whole(999), "999");
        assert_eq!(threshold(0.2), "20\u{a0}%");
        assert_eq!(threshold(0.125), "12.5\u{a0}%");
        assert_eq!(threshold(0.07), "7\u{a0}%");
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(clip("abcdef", 4), "abc…");
    }
}
