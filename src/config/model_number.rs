//! The whole numbers of a layer: widths, sides and places, each within bounds.

use crate::error::Error;
use crate::sheet::Section;

/// No side may be longer, so that no card can ask for more memory than its weights fill.
const WIDEST: u64 = 65_536;

/// The numbers of one layer's table.
pub struct Numbers<'a> {
    /// The table.
    pub section: &'a Section<'a>,
}

/// Words for a message.
pub fn listed(words: &[&str]) -> String {
    words.join(", ")
}

impl<'a> Numbers<'a> {
    /// The numbers of a table.
    pub fn of(section: &'a Section<'a>) -> Self {
        Self { section }
    }

    /// A number from one up that must be there.
    pub fn need(&self, key: &str) -> Option<usize> {
        if !self.section.has(key) {
            self.section.missing(key);
        }
        self.within(key, self.section.whole(key)?, 1)
    }

    /// A number from one up, when it is there. Fails when it is there and wrong.
    pub fn maybe(&self, key: &str) -> Option<Option<usize>> {
        match self.section.has(key) {
            true => self.need(key).map(Some),
            false => Some(None),
        }
    }

    /// A number from one up, or the usual one.
    pub fn or(&self, key: &str, usual: usize) -> Option<usize> {
        self.maybe(key).map(|found| found.unwrap_or(usual))
    }

    /// A place, counted from zero; zero when it is not there.
    pub fn place(&self, key: &str) -> Option<usize> {
        match self.section.has(key) {
            true => self.within(key, self.section.whole(key)?, 0),
            false => Some(0),
        }
    }

    /// A list of numbers from one up that must be there and not be empty.
    pub fn need_list(&self, key: &str) -> Option<Vec<usize>> {
        self.list(key, 1)
    }

    /// A list of places, counted from zero.
    pub fn list_of_places(&self, key: &str) -> Option<Vec<usize>> {
        self.list(key, 0)
    }

    fn list(&self, key: &str, least: u64) -> Option<Vec<usize>> {
        if !self.section.has(key) {
            self.section.missing(key);
        }
        let numbers = self.section.numbers(key)?;
        if numbers.is_empty() || numbers.len() > 64 {
            self.section.problem(
                key,
                Error::new(format!(
                    "`{key}` holds 1 to 64 numbers, and here are {}",
                    numbers.len()
                )),
            );
            return None;
        }
        numbers
            .iter()
            .map(|number| {
                if number.fract() != 0.0 || *number < 0.0 {
                    self.section.problem(
                        key,
                        Error::new(format!(
                            "`{key}` must hold whole numbers of at least {least}"
                        )),
                    );
                    return None;
                }
                self.within(key, *number as u64, least)
            })
            .collect()
    }

    /// One number for each axis: `3` for all, or `[3, 5]`.
    pub fn each(&self, key: &str, axes: usize, usual: Option<usize>) -> Option<Vec<usize>> {
        let least = u64::from(key != "padding");
        match (self.section.kind(key), usual) {
            (None, Some(usual)) => Some(vec![usual; axes]),
            (Some("a list"), _) => {
                let found = self.list(key, least)?;
                if found.len() != axes {
                    self.section.problem(
                        key,
                        Error::new(format!(
                            "`{key}` holds {} numbers, and the layer moves along {axes}",
                            found.len()
                        )),
                    );
                    return None;
                }
                Some(found)
            }
            (None, None) => {
                self.section.missing(key);
                None
            }
            _ => Some(vec![
                self.within(key, self.section.whole(key)?, least)?;
                axes
            ]),
        }
    }

    /// Length of a list, one for anything else.
    pub fn axes_of(&self, key: &str) -> usize {
        match self.section.kind(key) {
            Some("a list") => self.section.length(key).clamp(1, 2),
            _ => 1,
        }
    }

    /// `epsilon`, PyTorch's 1e-5 unless said.
    pub fn epsilon(&self) -> f64 {
        let found = self.section.number("epsilon").unwrap_or(1e-5);
        if !(0.0..1.0).contains(&found) {
            self.section.problem(
                "epsilon",
                Error::new("`epsilon` is a small number from 0 to below 1"),
            );
        }
        found
    }

    fn within(&self, key: &str, number: u64, least: u64) -> Option<usize> {
        if !(least..=WIDEST).contains(&number) {
            self.section.problem(
                key,
                Error::new(format!(
                    "a layer is {least} to {WIDEST} wide, and `{key}` is {number}"
                )),
            );
            return None;
        }
        usize::try_from(number).ok()
    }
}
