//! `[inputs]` of a study: which column feeds which input of the model, and what happens to its unit.
//!
//! ```toml
//! [study.inputs]
//! age        = "leeftijd"                                                   # another name
//! creatinine = { column = "kreat", from = "umol/L", to = "mg/dL" }          # another unit, from keur's table
//! glucose    = { from = "mmol/L", to = "mg/dL", analyte = "glucose" }       # the column has the input's name
//! crp        = { column = "crp", factor = 10, offset = 0 }                  # any other: value × factor + offset
//! ```

use crate::error::{Error, shown};
use crate::sheet::Section;
use std::collections::BTreeMap;

/// How one input is fed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JoinText {
    /// The column; the one the cards join when absent.
    pub column: Option<String>,
    /// Unit of the column.
    pub from: Option<String>,
    /// Unit of the input.
    pub to: Option<String>,
    /// The analyte, for a change between mass and substance.
    pub analyte: Option<String>,
    /// What a value is multiplied with, in place of `from` and `to`.
    pub factor: Option<f64>,
    /// What is added then.
    pub offset: Option<f64>,
    /// `file:line`.
    pub place: String,
}

/// Reads the table of a study; problems are noted in the sheet.
pub fn read(block: &Section<'_>) -> BTreeMap<String, JoinText> {
    let Some(section) = block.section("inputs") else {
        return BTreeMap::new();
    };
    let keys = section.keys();
    keys.into_iter()
        .filter_map(|input| Some((input.to_owned(), join(&section, input)?)))
        .collect()
}

fn join(section: &Section<'_>, input: &str) -> Option<JoinText> {
    let place = section.place(input);
    if section.kind(input) != Some("a table") {
        return Some(JoinText {
            column: Some(section.text(input)?),
            place,
            ..JoinText::default()
        });
    }
    let table = section.section(input)?;
    let read = JoinText {
        column: table.text("column"),
        from: table.text("from"),
        to: table.text("to"),
        analyte: table.text("analyte"),
        factor: table.number("factor"),
        offset: table.number("offset"),
        place,
    };
    let tell = |wrong: bool, what: &str, help: &str| {
        if wrong {
            let error = Error::new(format!("the input `{}`: {what}", shown(input)));
            section.problem(input, error.help(help));
        }
    };
    tell(
        read.from.is_some() != read.to.is_some() && read.factor.is_none(),
        "a conversion needs both units",
        "`{ column = \"kreat\", from = \"umol/L\", to = \"mg/dL\" }`, or `factor` in their place",
    );
    tell(
        read.offset.is_some() && read.factor.is_none(),
        "`offset` stands without `factor`",
        "the value becomes `value × factor + offset`",
    );
    tell(
        read.analyte.is_some() && (read.factor.is_some() || read.from.is_none()),
        "`analyte` says by what `from` becomes `to`, and is of no use here",
        "leave it out, or give `from` and `to` without `factor`",
    );
    tell(
        read.factor == Some(0.0),
        "the factor is zero",
        "every value would become the same",
    );
    Some(read)
}

impl JoinText {
    /// True when the unit changes.
    pub fn converts(&self) -> bool {
        self.factor.is_some() || self.from.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Sheet;

    fn of(text: &str) -> (BTreeMap<String, JoinText>, Vec<String>) {
        let sheet = Sheet::parse(text, "s.toml").unwrap();
        let joins = read(&sheet.top());
        let problems = sheet.finish().iter().map(ToString::to_string).collect();
        (joins, problems)
    }

    #[test]
    fn a_join_is_a_name_or_a_table() {
        let (joins, problems) = of(
            "[inputs]\nage='leeftijd'\ncrea={column='kreat',from='umol/L',to='mg/dL'}\ncrp={factor=10,offset=1}",
        );
        assert_eq!(problems, [""; 0]);
        assert_eq!(joins["age"].column.as_deref(), Some("leeftijd"));
        assert!(joins["crea"].converts() && !joins["age"].converts());
        assert_eq!(
            (joins["crp"].factor, joins["crp"].offset),
            (Some(10.0), Some(1.0))
        );
    }

    #[test]
    fn half_a_conversion_is_told() {
        for (join, told) in [
            ("{from='g/L'}", "both units"),
            ("{offset=3}", "without `factor`"),
            ("{factor=0}", "zero"),
            ("{factor=2,analyte='urea'}", "no use here"),
            ("{colunm='x'}", "did you mean `column`"),
            ("3", "must be a text"),
        ] {
            let (_, problems) = of(&format!("[inputs]\na={join}"));
            assert!(problems[0].contains(told), "{join}: {problems:?}");
        }
    }
}
