//! A question about one input that is answered yes or no.
//!
//! Numbers: `above`, `at-least`, `below`, `at-most` (two of them make an interval), `equals = 0`, `one-of = [1, 2]`.
//! Categories: `is = "female"` or `is = ["black", "other"]`.

use crate::error::{Error, shown};
use crate::record::{InputCard, InputKind};
use crate::sheet::Section;

/// A yes or no question.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A number in an interval.
    Between {
        /// Lower bound.
        low: f64,
        /// The bound itself counts.
        holds_low: bool,
        /// Upper bound.
        high: f64,
        /// The bound itself counts.
        holds_high: bool,
    },
    /// One of these numbers.
    Among(Vec<f64>),
    /// One of the model's categories: yes or no for each code.
    Codes(Vec<bool>),
}

/// Keys of questions about numbers.
const NUMBER_KEYS: [&str; 6] = ["above", "at-least", "below", "at-most", "equals", "one-of"];

impl Test {
    /// Reads the question about `input`. None when there is none, or a wrong one (noted in the sheet).
    pub fn read(section: &Section<'_>, input: &InputCard) -> Option<Self> {
        match input.kind {
            InputKind::Number => Self::of_number(section),
            InputKind::Category => Self::of_category(section, input),
            InputKind::Tensor => None,
        }
    }

    fn of_number(section: &Section<'_>) -> Option<Self> {
        let [above, at_least, below, at_most, equals] =
            ["above", "at-least", "below", "at-most", "equals"].map(|key| section.number(key));
        let among = section.numbers("one-of");
        if section.has("is") {
            let error = Error::new("`is` asks for a category, and the input is a number");
            section.problem("is", error.help("write `equals = …` or `one-of = […]`"));
            return None;
        }
        let given: Vec<&str> = NUMBER_KEYS
            .into_iter()
            .filter(|key| section.has(key))
            .collect();
        let clash = (above.is_some() && at_least.is_some())
            || (below.is_some() && at_most.is_some())
            || (given.len() > 1 && (given.contains(&"equals") || given.contains(&"one-of")));
        if clash {
            let error = Error::new(format!("`{}` do not go together", given.join("`, `")));
            section.problem(given.first()?, error);
            return None;
        }
        if let Some(among) = equals.map(|number| vec![number]).or(among) {
            if among.is_empty() {
                section.problem("one-of", Error::new("`one-of` is empty"));
                return None;
            }
            return Some(Self::Among(among));
        }
        let low = above.or(at_least);
        let high = below.or(at_most);
        if low.is_none() && high.is_none() {
            return None;
        }
        let test = Self::Between {
            low: low.unwrap_or(f64::NEG_INFINITY),
            holds_low: above.is_none(),
            high: high.unwrap_or(f64::INFINITY),
            holds_high: below.is_none(),
        };
        let empty = match (low, high) {
            (Some(low), Some(high)) => low > high || (low == high && !test.holds(low)),
            _ => false,
        };
        if empty {
            section.problem(
                given.first()?,
                Error::new("no number can pass this question"),
            );
            return None;
        }
        Some(test)
    }

    fn of_category(section: &Section<'_>, input: &InputCard) -> Option<Self> {
        if let Some(key) = NUMBER_KEYS.into_iter().find(|key| section.has(key)) {
            let error = Error::new(format!(
                "`{key}` asks for a number, and `{}` is a category",
                shown(&input.name)
            ));
            section.problem(
                key,
                error.help("write `is = \"…\"` with one of its categories"),
            );
            return None;
        }
        let words = section.texts("is")?;
        let mut good = !words.is_empty();
        for word in &words {
            if !input.categories.contains(word) {
                let error = Error::new(format!(
                    "`{}` has no category `{}`",
                    shown(&input.name),
                    shown(word)
                ));
                let known = input.categories.iter().map(String::as_str);
                section.problem("is", error.suggest(word, known));
                good = false;
            }
        }
        if words.is_empty() {
            section.problem("is", Error::new("`is` is empty"));
        }
        let codes = input.categories.iter().map(|known| words.contains(known));
        good.then(|| Self::Codes(codes.collect()))
    }

    /// The answer for a number; no for NaN.
    pub fn holds(&self, x: f64) -> bool {
        match self {
            Self::Between {
                low,
                holds_low,
                high,
                holds_high,
            } => {
                (x > *low || (*holds_low && x == *low))
                    && (x < *high || (*holds_high && x == *high))
            }
            Self::Among(numbers) => numbers.contains(&x),
            Self::Codes(_) => false,
        }
    }

    /// The answer for a code of the model's categories; no for an unknown one.
    pub fn holds_code(&self, code: u32) -> bool {
        match self {
            Self::Codes(codes) => codes.get(code as usize).copied().unwrap_or(false),
            _ => false,
        }
    }

    /// The question in words, about what is called `name` and has these categories: `20 < age ≤ 50`.
    pub fn words(&self, name: &str, categories: &[String]) -> String {
        match self {
            Self::Between {
                low,
                holds_low,
                high,
                holds_high,
            } => {
                let at = |holds: &bool| if *holds { '≤' } else { '<' };
                let turned = if *holds_low { '≥' } else { '>' };
                match (low.is_finite(), high.is_finite()) {
                    (true, true) => {
                        format!("{low} {} {name} {} {high}", at(holds_low), at(holds_high))
                    }
                    (true, false) => format!("{name} {turned} {low}"),
                    _ => format!("{name} {} {high}", at(holds_high)),
                }
            }
            Self::Among(numbers) => {
                let all: Vec<String> = numbers.iter().map(f64::to_string).collect();
                format!("{name} = {}", all.join(" or "))
            }
            Self::Codes(codes) => {
                let all = codes.iter().zip(categories).filter(|(holds, _)| **holds);
                let all: Vec<String> = all.map(|(_, word)| shown(word)).collect();
                format!("{name} = {}", all.join(" or "))
            }
        }
    }

    /// True when no value can pass both questions about the same input.
    pub fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Codes(a), Self::Codes(b)) => !a.iter().zip(b).any(|(a, b)| *a && *b),
            (Self::Among(numbers), test) | (test, Self::Among(numbers)) => {
                !numbers.iter().any(|number| test.holds(*number))
            }
            (Self::Between { .. }, Self::Between { .. }) => {
                let apart = |a: &Self, b: &Self| match (a, b) {
                    (
                        Self::Between {
                            high, holds_high, ..
                        },
                        Self::Between { low, holds_low, .. },
                    ) => high < low || (high == low && !(*holds_high && *holds_low)),
                    _ => false,
                };
                apart(self, other) || apart(other, self)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Sheet;

    fn number() -> InputCard {
        InputCard::default()
    }

    fn category() -> InputCard {
        InputCard {
            name: "sex".into(),
            kind: InputKind::Category,
            categories: vec!["female".into(), "male".into()],
            ..InputCard::default()
        }
    }

    fn of(text: &str, input: &InputCard) -> (Option<Test>, usize) {
        let sheet = Sheet::parse(text, "m").unwrap();
        let test = Test::read(&sheet.top(), input);
        (test, sheet.finish().len())
    }

    fn good(text: &str) -> Test {
        of(text, &number()).0.unwrap()
    }

    #[test]
    fn bounds_count_as_their_words_say() {
        let test = good("above=20\nat-most=50");
        assert_eq!(
            [20.0, 20.1, 50.0, 50.1].map(|x| test.holds(x)),
            [false, true, true, false]
        );
        assert!(!test.holds(f64::NAN));
        let test = good("at-least=75");
        assert!(test.holds(75.0) && !test.holds(74.9));
        assert!(good("one-of=[1,2]").holds(2.0) && !good("equals=1").holds(2.0));
        let female = of("is='female'", &category()).0.unwrap();
        assert!(female.holds_code(0) && !female.holds_code(1) && !female.holds_code(9));
    }

    #[test]
    fn questions_that_exclude_each_other_are_found() {
        assert!(good("below=70").excludes(&good("at-least=70")));
        assert!(!good("at-most=70").excludes(&good("at-least=70")));
        assert!(good("equals=1").excludes(&good("one-of=[0,2]")));
        assert!(good("equals=1").excludes(&good("above=1")));
        assert!(!good("equals=1").excludes(&good("below=5")));
        let [female, male] = ["is='female'", "is='male'"].map(|t| of(t, &category()).0.unwrap());
        assert!(female.excludes(&male) && !female.excludes(&female));
    }

    #[test]
    fn questions_are_told_in_words() {
        for (text, words) in [
            ("above=20\nat-most=50", "20 < x ≤ 50"),
            ("at-least=75", "x ≥ 75"),
            ("below=7", "x < 7"),
            ("one-of=[1,2.5]", "x = 1 or 2.5"),
        ] {
            assert_eq!(good(text).words("x", &[]), words);
        }
        let sex = category();
        let female = of("is='female'", &sex).0.unwrap();
        assert_eq!(female.words("sex", &sex.categories), "sex = female");
    }

    #[test]
    fn wrong_questions_are_told() {
        for text in [
            "above=1\nat-least=2",
            "equals=1\nbelow=3",
            "above=3\nbelow=3",
            "is='x'",
            "one-of=[]",
        ] {
            assert_eq!(of(text, &number()), (None, 1), "{text}");
        }
        for text in ["above=1", "is='femal'", "is=[]"] {
            assert_eq!(of(text, &category()), (None, 1), "{text}");
        }
        assert_eq!(of("", &number()), (None, 0));
    }
}
