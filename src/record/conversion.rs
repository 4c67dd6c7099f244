//! A declared change of unit between a column of the data and an input of the model.

use serde::{Deserialize, Serialize};

/// What happens to every value of a column before the model reads it: `value × factor + offset`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conversion {
    /// The model's input.
    pub input: String,
    /// The column that feeds it.
    pub column: String,
    /// Unit of the column, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Unit of the input, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What the value is multiplied with.
    pub factor: f64,
    /// What is added then.
    pub offset: f64,
    /// Where the numbers come from.
    pub source: String,
}

impl Conversion {
    /// The value in the unit of the input.
    pub fn apply(&self, value: f64) -> f64 {
        value * self.factor + self.offset
    }

    /// What happens, in words: `umol/L to mg/dL: × 0.01131`.
    pub fn told(&self) -> String {
        let sum = match self.offset {
            0.0 => String::new(),
            offset if offset < 0.0 => format!(" − {}", short(-offset)),
            offset => format!(" + {}", short(offset)),
        };
        let units = match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!("{from} to {to}: "),
            _ => String::new(),
        };
        format!("{units}× {}{sum}", short(self.factor))
    }
}

/// Six digits that count, without trailing zeros.
fn short(number: f64) -> String {
    let digits = (5.0 - number.abs().log10().floor()).clamp(0.0, 15.0);
    let text = format!("{number:.*}", digits as usize);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversion_is_told_with_the_digits_that_count() {
        let mut conversion = Conversion {
            from: Some("umol/L".into()),
            to: Some("mg/dL".into()),
            factor: 0.011_312,
            ..Conversion::default()
        };
        assert_eq!(conversion.told(), "umol/L to mg/dL: × 0.011312");
        (conversion.factor, conversion.offset) = (5.0 / 9.0, -160.0 / 9.0);
        assert_eq!(conversion.told(), "umol/L to mg/dL: × 0.555556 − 17.7778");
        (conversion.from, conversion.factor, conversion.offset) = (None, 1000.0, 0.0);
        assert_eq!(conversion.told(), "× 1000");
    }
}
